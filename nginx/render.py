"""Fills the nginx templates. Standard library alone: the installer runs it before anything of ours is set up.

python nginx/render.py --ui /opt/likeness/ui --app unix:/run/likeness/app.sock --listen 80 > likeness.conf
"""

from __future__ import annotations

import argparse
import getpass
import grp
import os
import re
import sys
from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).parent
WORD = re.compile(r"@([A-Z_]+)@")
MAX_BODY = 22_505_062  # bytes: the service's own default for one picture of 15 MiB as escaped base64
MAX_BATCH = 64 * 1024 * 1024  # bytes: the service's own default for a batch or an upload of many
BATCH_ROUTES = "/api/(predict/batch|datasets/)"


@dataclass(frozen=True)
class Site:
    """What differs from one machine to the next.

    listen: values of nginx's listen directive. app: host:port or unix:/path of gunicorn. max_body, max_batch: bytes.
    timeout: seconds nginx waits for an answer. rate, burst: requests a second, and at once, from one
    address that is not the machine itself.
    """

    ui: Path
    app: str
    listen: tuple[str, ...] = ("80", "[::]:80")
    server_name: str = "_"
    max_body: int = MAX_BODY
    max_batch: int = MAX_BATCH
    timeout: int = 75
    rate: int = 30
    burst: int = 150


@dataclass(frozen=True)
class Standalone:
    """A whole nginx whose every file lies in `state`."""

    state: Path
    site: Site = field(repr=False)


def render(template: str, words: dict[str, str]) -> str:
    """The template with every @WORD@ filled. Raises ValueError for an unknown word or an unsafe value."""
    for name, value in words.items():
        if any(letter in value for letter in "\"'$\\@\0"):
            raise ValueError(f"{name} is {value!r}: nginx cannot take quotes, $, @ or backslashes there")

    def fill(match: re.Match[str]) -> str:
        if match[1] not in words:
            raise ValueError(f"nothing to fill {match[0]} with; known are {sorted(words)}")
        return words[match[1]]

    return WORD.sub(fill, template)


def site_config(site: Site) -> str:
    """The http-level configuration: upstream, limits and one server block."""
    words = {
        "LISTEN": "\n".join(f"    listen {where};" for where in site.listen),
        "SERVER_NAME": site.server_name,
        "UI": str(site.ui),
        "APP": site.app,
        "MAX_BODY": str(site.max_body),
        "MAX_BATCH": str(site.max_batch),
        "BATCH_ROUTES": BATCH_ROUTES,
        "TIMEOUT": str(site.timeout),
        "RATE": str(site.rate),
        "BURST": str(site.burst),
    }
    return render((HERE / "likeness.conf.template").read_text(), words)


def write_standalone(nginx: Standalone) -> Path:
    """Make the folder and its configuration; the path of nginx.conf."""
    nginx.state.mkdir(parents=True, exist_ok=True)
    (nginx.state / "likeness.conf").write_text(site_config(nginx.site))
    (nginx.state / "mime.types").write_text((HERE / "mime.types").read_text())
    words = {"STATE": str(nginx.state), "USER": user_line()}
    config = nginx.state / "nginx.conf"
    config.write_text(render((HERE / "standalone.conf.template").read_text(), words))
    return config


def user_line() -> str:
    """Started by root, nginx would hand its workers to a user who cannot read root's files: name ourselves."""
    if os.geteuid() != 0:
        return ""
    return f"user {getpass.getuser()} {grp.getgrgid(os.getegid()).gr_name};"


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--ui", type=Path, required=True, help="folder of the page's files")
    parser.add_argument("--app", required=True, help="where gunicorn listens: host:port or unix:/path")
    parser.add_argument("--listen", action="append", help="may be given several times (default: 80 and [::]:80)")
    parser.add_argument("--server-name", default="_", help="host names, separated by spaces (default: any)")
    parser.add_argument("--max-body", type=int, default=MAX_BODY, help="bytes (default: %(default)s)")
    parser.add_argument("--max-batch", type=int, default=MAX_BATCH, help="bytes (default: %(default)s)")
    parser.add_argument("--rate", type=int, default=30, help="requests a second and address (default: %(default)s)")
    asked = parser.parse_args(arguments)
    site = Site(
        ui=asked.ui.resolve(),
        app=asked.app,
        listen=tuple(asked.listen or Site.listen),
        server_name=asked.server_name,
        max_body=asked.max_body,
        max_batch=asked.max_batch,
        rate=asked.rate,
    )
    sys.stdout.write(site_config(site))
    return 0


if __name__ == "__main__":
    sys.exit(main())
