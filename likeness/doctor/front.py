"""Looks at how people reach the service: itself, nginx's limits, the certificate, the name."""

from __future__ import annotations

import json
import re
import socket
import ssl
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path
from urllib.parse import urlsplit

from likeness.doctor.findings import Finding, bad, doubtful, good
from likeness.serving.nginx_site import Site, gunicorn_at, limits, refreshed
from server.settings import Settings

SITE = Path("/etc/nginx/sites-available/likeness")
PATIENCE = 5.0  # seconds
SOON = 21 * 24 * 3600  # seconds: Let's Encrypt renews 30 days before the end
AGAIN = "sudo deploy/install-ubuntu.sh, again"
SECURE = re.compile(r"listen \[?[\d.:\]]*\b(\d+) ssl;")


def service(settings: Settings) -> Finding:
    """/readyz, as nginx reaches it."""
    where = gunicorn_at(settings)
    if where.startswith("unix:"):
        return good("service", f"listens on {where}, which is not asked here")
    try:
        with urllib.request.urlopen(f"http://{where}/readyz", timeout=PATIENCE) as answer:
            ready = json.load(answer)
    except urllib.error.HTTPError as error:
        return bad("service", f"is not ready: {_detail(error)}", "See models and pretrained files.")
    except (OSError, ValueError) as error:
        todo = "systemctl status likeness; journalctl -u likeness -n 50"
        report = bad if SITE.exists() else doubtful  # likeness serve listens elsewhere
        return report("service", f"does not answer on {where} ({error})", todo)
    return good("service", f"answers on {where}, with {ready['model']} {ready['version']}")


def _detail(error: urllib.error.HTTPError) -> str:
    try:
        return str(json.load(error)["detail"])
    except (ValueError, KeyError):
        return str(error)


def nginx(settings: Settings, path: Path = SITE) -> Finding:
    """Whether the site has the limits that the service has."""
    if not path.exists():
        return good("nginx", f"there is no {path}; likeness serve brings its own")
    text = path.read_text()
    site = Site(ui=settings.ui, app=gunicorn_at(settings), **limits(settings))
    try:
        same = refreshed(text, site) == text
    except ValueError as error:
        return doubtful("nginx", f"{path}: {error}", AGAIN)
    if not same:
        return bad("nginx", f"{path} has other limits than the service", "sudo likeness apply")
    return good("nginx", "has the limits of the service")


def certificate(settings: Settings, path: Path = SITE) -> Finding:
    """What the site shows to a browser, and for how long."""
    found = SECURE.search(path.read_text()) if path.exists() else None
    if found is None:
        if settings.public_url.startswith("https://"):
            return good("certificate", "https is spoken by somebody before this machine")
        seen = "no https here: browsers give pages no camera, and keys go in the open"
        return doubtful("certificate", seen, f"{AGAIN}, with --domain or --self-signed")
    host = urlsplit(settings.public_url).hostname or "localhost"
    try:
        shown = _shown(int(found[1]), host)
    except (OSError, ValueError, subprocess.SubprocessError) as error:
        todo = "nginx -t; systemctl status nginx"
        return bad("certificate", f"nothing speaks https on this machine ({error})", todo)
    left = ssl.cert_time_to_seconds(shown["notAfter"]) - time.time()
    seen = f"{shown['subject']}, until {shown['notAfter']}"
    if left < 0:
        return bad("certificate", f"{seen}: it has ended", f"certbot renew, or {AGAIN}")
    if left < SOON:
        return doubtful("certificate", f"{seen}: soon", f"certbot renew --dry-run, or {AGAIN}")
    return good("certificate", seen)


def _shown(port: int, host: str) -> dict[str, str]:
    """subject and notAfter of the certificate that this machine shows for a name."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with (
        socket.create_connection(("127.0.0.1", port), PATIENCE) as plain,
        context.wrap_socket(plain, server_hostname=host) as secure,
    ):
        raw = secure.getpeercert(binary_form=True) or b""
    command = ["openssl", "x509", "-inform", "DER", "-noout", "-subject", "-enddate"]
    done = subprocess.run(command, input=raw, capture_output=True, timeout=PATIENCE, check=True)
    lines = done.stdout.decode().splitlines()
    return dict(line.split("=", 1) for line in lines)


def name(settings: Settings) -> Finding:
    """Whether LIKENESS_PUBLIC_URL leads here, seen from this machine."""
    page = settings.public_url.rstrip("/")
    host = urlsplit(page).hostname
    if not host:
        return good("name", "LIKENESS_PUBLIC_URL is not set: links name this machine")
    if host == "localhost" or host.endswith(".localhost"):
        return good(
            "name", f"LIKENESS_PUBLIC_URL is {page}: its links lead here on this machine alone"
        )
    try:
        socket.getaddrinfo(host, None)
    except OSError as error:
        todo = f"An A record for {host} at your name server, or another LIKENESS_PUBLIC_URL."
        return bad("name", f"{host} leads nowhere ({error})", todo)
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    try:
        urllib.request.urlopen(f"{page}/healthz", timeout=PATIENCE, context=context).close()
    except (OSError, ValueError) as error:
        todo = "Ports 80 and 443 open in the firewall? Many networks hide a machine from itself."
        return doubtful("name", f"{page} does not answer from here ({error})", todo)
    return good("name", f"{page} answers")
