"""`likeness serve`, and what installing a service needs besides: `prepare` and `nginx-site`."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

import click

from likeness.endings import ServiceCommand
from likeness.options import FilePath, into
from likeness.serving.addresses import Wording, port_number
from likeness.serving.nginx_site import (
    SECURE,
    Https,
    Site,
    gunicorn_at,
    limits,
    refreshed,
    site_config,
)
from likeness.serving.preparation import prepare as bring_missing
from likeness.serving.processes import CannotRun
from likeness.serving.run import ServeOptions, find_nginx
from likeness.serving.run import serve as run
from likeness.serving.shipped_models import models_folder
from server.errors import SettingError
from server.settings import load


class Port(click.ParamType[int]):
    """A port, refused in the words of the person who typed it."""

    name = "port"

    def convert(
        self, value: str | int, param: click.Parameter | None, ctx: click.Context | None
    ) -> int:
        try:
            return port_number(str(value), wording(ctx))
        except ValueError as error:
            self.fail(str(error), param, ctx)


def wording(ctx: click.Context | None) -> Wording:
    found = ctx.find_object(Wording) if ctx else None
    return found or Wording()


@click.command(cls=ServiceCommand, epilog="Example: likeness serve --port 9000 --host 0.0.0.0")
@click.option("--port", type=Port(), default=8080, help="where people reach it")
@click.option("--host", default="localhost", help="0.0.0.0 = every address of this machine")
@click.option("--no-nginx", is_flag=True, help="gunicorn alone, even where nginx is installed")
@click.pass_context
def serve(ctx: click.Context, port: int, host: str, no_nginx: bool) -> int:
    """Serve the page and the API on this machine, until Ctrl-C.

    The first start fetches what is missing: the page's jQuery, and the pretrained files, which it
    can do without. nginx stands before it where it is installed. Settings: likeness settings.
    """
    words = wording(ctx)
    if words == Wording():  # `make run` has done so
        bring_missing()
    models_folder()
    options = ServeOptions(host, port, None if no_nginx else find_nginx(), words)
    try:
        run(options)
    except (CannotRun, SettingError) as error:
        print(f"{words.command}: {error}", file=sys.stderr)
        return 1
    return 0


@click.command(cls=ServiceCommand)
def prepare() -> int:
    """Fetch what is missing: the page's jQuery, and, tried once, the pretrained files."""
    return bring_missing()


@dataclass(frozen=True, kw_only=True)
class SiteOptions:
    refresh: Path | None
    ui: Path | None
    app: str | None
    listen: tuple[str, ...]
    server_name: str
    rate: int
    https: Path | None

    def site(self) -> Site:
        settings = load()
        return Site(
            # A link stays one: an installation's leads to the release that runs, whichever that is.
            ui=(self.ui or settings.ui).absolute(),
            app=self.app or gunicorn_at(settings),
            listen=self.listen or (SECURE if self.https else Site.listen),
            https=Https.of(self.https) if self.https else None,
            server_name=self.server_name,
            rate=self.rate,
            **limits(settings),
        )


@click.command(
    "nginx-site",
    cls=ServiceCommand,
    epilog="Example: likeness nginx-site --server-name faces.example.org > likeness.conf",
)
@click.option(
    "--refresh",
    type=FilePath(),
    metavar="SITE",
    help="print this site with what settings say made anew",
)
@click.option(
    "--ui", type=FilePath(), metavar="DIR", help="folder of the page's files (default: LIKENESS_UI)"
)
@click.option(
    "--app",
    help="where gunicorn listens: host:port or unix:/path, several joined by commas (default:"
    " LIKENESS_UPSTREAMS, else LIKENESS_BIND)",
)
@click.option(
    "--listen",
    multiple=True,
    help="address and port; may be given several times (default: 80 and [::]:80, or 443)",
)
@click.option(
    "--https",
    type=FilePath(),
    metavar="DIR",
    help="speak https: the folder of fullchain.pem, privkey.pem, challenges/ and site.d/",
)
@click.option("--server-name", default="_", help="host names, separated by spaces; _ is any")
@click.option("--rate", type=int, default=30, help="requests a second and address")
@into(SiteOptions)
def nginx_site(options: SiteOptions) -> int:
    """Print a site for an nginx of yours, with the limits that the settings have.

    So both refuse the same things.
    """
    try:
        site = options.site()
        text = refreshed(options.refresh.read_text(), site) if options.refresh else ""
        sys.stdout.write(text or site_config(site))
    except (ValueError, OSError) as error:
        click.echo(f"likeness: {error}", err=True)
        return 2
    return 0
