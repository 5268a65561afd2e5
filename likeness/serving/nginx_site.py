"""Fills the nginx templates from the service's settings, so that both refuse the same things.

The templates lie in nginx/.
"""

from __future__ import annotations

import getpass
import grp
import os
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypedDict

from server.locations import shipped
from server.settings import Settings

HERE = shipped("nginx")

WORD = re.compile(r"@([A-Z_]+)@")
FROM_SETTINGS = {"APP", "MAX_BODY", "MAX_BATCH", "BATCH_ROUTES", "TIMEOUT"}
BATCH_ROUTES = "/api/(predict/batch|datasets/)"
PREDICT_ROUTES = "/(api/)?(predict|classify_image)"
ALONE = "{} fail_timeout=0"  # there is nobody else to ask
ONE_OF_SEVERAL = "{} max_fails=2 fail_timeout=5s"
PLAIN, SECURE = ("80", "[::]:80"), ("443", "[::]:443")
# With forward secrecy and authenticated encryption; TLS 1.3 has a list of its own.
CIPHERS = (
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:"
    "ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305"
)


class SiteLimits(TypedDict):
    """Bytes of a body, bytes of a batch, seconds of an answer."""

    max_body: int
    max_batch: int
    timeout: int


def limits(settings: Settings) -> SiteLimits:
    """The limits of a `Site` that belong to the service's: a little more patience, and the same
    sizes.
    """
    return {
        "max_body": settings.form_bytes,
        "max_batch": settings.batch_bytes,
        "timeout": int(settings.batch_seconds) + 15,
    }


def gunicorn_at(settings: Settings) -> str:
    """Where nginx finds gunicorn: on all servers that are named, or at the first address that this
    one listens on.
    """
    if settings.upstreams:
        return settings.upstreams
    first = settings.bind.split(",")[0].strip()
    if first.startswith("unix:"):
        return first
    host, _, port = first.rpartition(":")
    everywhere = {"": "127.0.0.1", "0.0.0.0": "127.0.0.1", "[::]": "[::1]"}
    return f"{everywhere.get(host, host)}:{port}"


DEFAULTS = limits(Settings())


@dataclass(frozen=True)
class Https:
    """How a site speaks https; plain http is redirected to it.

    certificate, key: files in PEM. challenges: the folder in which certbot answers, by plain http.
    further: a folder of nginx's directives for the site (*.conf), as that of HSTS.
    """

    certificate: Path
    key: Path
    challenges: Path
    further: Path

    @classmethod
    def of(cls, folder: Path) -> Https:
        """As the installation lays them out, in one folder."""
        return cls(
            certificate=folder / "fullchain.pem",
            key=folder / "privkey.pem",
            challenges=folder / "challenges",
            further=folder / "site.d",
        )


@dataclass(frozen=True)
class Site:
    """What differs from one machine to the next.

    listen: values of nginx's listen directive. app: host:port or unix:/path of gunicorn, or several
    of them, joined by commas. max_body,
    max_batch: bytes. timeout: seconds nginx waits for an answer. rate, burst: requests a second,
    and at once, from one address that is not the machine itself.
    """

    ui: Path
    app: str
    listen: tuple[str, ...] = PLAIN
    server_name: str = "_"
    max_body: int = DEFAULTS["max_body"]
    max_batch: int = DEFAULTS["max_batch"]
    timeout: int = DEFAULTS["timeout"]
    rate: int = 30
    burst: int = 150
    https: Https | None = None


@dataclass(frozen=True)
class Standalone:
    """A whole nginx whose every file lies in `state`."""

    state: Path
    site: Site = field(repr=False)


def render(template: str, words: dict[str, str]) -> str:
    """The template with every @WORD@ filled.

    Raises ValueError for an unknown word or an unsafe value.
    """
    for name, value in words.items():
        if any(letter in value for letter in "\"'$\\@\0"):
            raise ValueError(
                f"{name} is {value!r}: nginx cannot take quotes, $, @ or backslashes there"
            )

    def fill(match: re.Match[str]) -> str:
        if match[1] not in words:
            raise ValueError(f"nothing to fill {match[0]} with; known are {sorted(words)}")
        return words[match[1]]

    return WORD.sub(fill, template)


def words(site: Site) -> dict[str, str]:
    """What the words of the template stand for."""
    return {
        "LISTEN": "\n".join(_listening(site)),
        "SERVER_NAME": site.server_name,
        "UI": str(site.ui),
        "APP": upstreams(site.app),
        "MAX_BODY": str(site.max_body),
        "MAX_BATCH": str(site.max_batch),
        "BATCH_ROUTES": BATCH_ROUTES,
        "PREDICT_ROUTES": PREDICT_ROUTES,
        "TIMEOUT": str(site.timeout),
        "RATE": str(site.rate),
        "BURST": str(site.burst),
    }


def upstreams(app: str) -> str:
    """What follows `server` in nginx's upstream: one address, or all, each with when to pass over
    it.
    """
    found = [address.strip() for address in app.split(",") if address.strip()]
    form = ONE_OF_SEVERAL if len(found) > 1 else ALONE
    return "; server ".join(form.format(address) for address in found)


def _listening(site: Site) -> Iterator[str]:
    """The lines that say where a site is reached, and how it speaks there."""
    if site.https is None:
        yield from (f"    listen {where};" for where in site.listen)
        return
    yield from (f"    listen {where} ssl;" for where in site.listen)
    yield f"    ssl_certificate {site.https.certificate};"
    yield f"    ssl_certificate_key {site.https.key};"
    yield "    ssl_protocols TLSv1.2 TLSv1.3;"
    yield f"    ssl_ciphers {CIPHERS};"
    yield "    ssl_prefer_server_ciphers off;"
    yield "    ssl_session_cache shared:likeness_tls:5m;"
    yield "    ssl_session_timeout 1d;"
    yield "    ssl_session_tickets off;"
    yield f"    include {site.https.further}/*.conf;"


def _redirect(site: Site, challenges: Path) -> str:
    """A server block for plain http."""
    filled = {
        "LISTEN": "\n".join(f"    listen {where};" for where in PLAIN),
        "SERVER_NAME": site.server_name,
        "CHALLENGES": str(challenges),
    }
    return render((HERE / "redirect.conf.template").read_text(), filled)


def site_template() -> str:
    return (HERE / "likeness.conf.template").read_text()


def site_config(site: Site) -> str:
    """The http-level configuration: upstream, limits and a server block; with https one more."""
    text = render(site_template(), words(site))
    return text if site.https is None else text + _redirect(site, site.https.challenges)


def refreshed(text: str, site: Site) -> str:
    """A site as it is, whoever has changed it since (certbot, a person): only what settings say is
    written anew.

    Raises ValueError when a line of the template that must change is not there any more.
    """
    filled, place = words(site), 0
    for line in site_template().splitlines():
        if not FROM_SETTINGS & set(WORD.findall(line)):
            continue
        pattern = WORD.sub(".+?", re.escape(line.strip())) + r"(?=\s*(#.*)?$)"
        found = re.compile(pattern, re.MULTILINE).search(text, place)
        if not found:
            raise ValueError(f"the site has no line like {render(line.strip(), filled)!r} any more")
        new = render(line.strip(), filled)
        text, place = text[: found.start()] + new + text[found.end() :], found.start() + len(new)
    return text


def write_standalone(nginx: Standalone) -> Path:
    """Make the folder and its configuration; the path of nginx.conf."""
    nginx.state.mkdir(parents=True, exist_ok=True)
    for folder in ("body", "proxy"):  # pictures of requests that a kill has left there
        shutil.rmtree(nginx.state / folder, ignore_errors=True)
    (nginx.state / "likeness.conf").write_text(site_config(nginx.site))
    (nginx.state / "mime.types").write_text((HERE / "mime.types").read_text())
    filled = {"STATE": str(nginx.state), "USER": user_line()}
    config = nginx.state / "nginx.conf"
    config.write_text(render((HERE / "standalone.conf.template").read_text(), filled))
    return config


def user_line() -> str:
    """Started by root, nginx would hand its workers to a user who cannot read root's files: name
    ourselves.
    """
    if os.geteuid() != 0:
        return ""
    return f"user {getpass.getuser()} {grp.getgrgid(os.getegid()).gr_name};"
