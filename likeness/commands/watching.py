"""`likeness watch` and `likeness frigate`: who is seen by cameras, to wherever it is wanted."""

from __future__ import annotations

import logging
import signal
import sys
import threading
from dataclasses import dataclass
from pathlib import Path

import click

from data_cleaning.errors import InputError
from likeness.delivery.broker import Address, Broker
from likeness.delivery.event import Event, camera_name
from likeness.delivery.outbox import Outbox
from likeness.delivery.topics import Topics
from likeness.delivery.ways import Ways
from likeness.delivery.webhook import Webhook
from likeness.endings import TrainingCommand
from likeness.options import Decorator, FilePath, Parsed, into, options
from likeness.serving.shipped_models import models_folder
from likeness.watching.answering import Answers, ModelAnswers, ServiceAnswers
from likeness.watching.frames import Wanted
from likeness.watching.frigate import TOPIC, Bridge
from likeness.watching.sightings import Pace, Sightings
from likeness.watching.watch import Watch
from server.settings import Settings, load
from server.storage.outboxes import outbox_file

log = logging.getLogger("likeness.watch")
FRIGATE = "frigate"  # the name of its process, where a camera's would stand


class WatchingCommand(TrainingCommand):
    """Watches until it is stopped; what was seen by then is delivered, now or at the next start."""

    stopped = "stopped"


asking: Decorator = options(
    click.option(
        "--server",
        default="http://localhost:8080",
        envvar="WATCH_SERVER",
        metavar="URL",
        help="the service that answers",
    ),
    click.option(
        "--key",
        default="",
        show_default=False,
        envvar="WATCH_KEY",
        help="its key, of role predict (or WATCH_KEY)",
    ),
    click.option(
        "--model",
        default="",
        show_default=False,
        metavar="NAME",
        help="which model answers; default: the service's own",
    ),
    click.option("--local", is_flag=True, help="ask --model of this machine, without a service"),
    click.option(
        "--artifacts",
        type=FilePath(),
        metavar="DIR",
        help="with --local: the folder of the models  [default: artifacts]",
    ),
    click.option("--quiet", is_flag=True, help="print no events"),
)


@dataclass(frozen=True, kw_only=True)
class AskingOptions:
    server: str
    key: str
    model: str
    local: bool
    artifacts: Path | None
    quiet: bool

    def __post_init__(self) -> None:
        if self.local and not self.model:
            raise click.UsageError("--local needs --model NAME.")

    def answers(self) -> Answers:
        if self.local:
            return ModelAnswers(self.artifacts or models_folder(), self.model)
        return ServiceAnswers(self.server, self.key, self.model)

    def show(self, event: Event) -> None:
        """A line of JSON an event."""
        if not self.quiet:
            print(event.to_json(), flush=True)


@dataclass(frozen=True, kw_only=True)
class WatchOptions(AskingOptions):
    source: str
    camera: str
    every: float
    motion: bool
    settle: float
    gap: float


@click.command(
    cls=WatchingCommand,
    epilog="Example: likeness watch rtsp://192.168.1.20/sub --camera door --key lk_...",
)
@click.argument("source", metavar="SOURCE", envvar="WATCH_SOURCE")
@click.option(
    "--camera",
    type=Parsed("name", camera_name),
    default="camera",
    metavar="NAME",
    help="its name in events",
)
@click.option(
    "--every",
    type=click.FloatRange(0.1, 3600),
    default=1.0,
    metavar="SECONDS",
    help="between two looks",
)
@click.option("--motion", is_flag=True, help="look only while something moves")
@click.option(
    "--settle",
    type=click.FloatRange(0, 60),
    default=2.0,
    metavar="SECONDS",
    help="from the first look at somebody to the event; the best frame of them is taken",
)
@click.option(
    "--gap",
    type=click.FloatRange(1, 3600),
    default=30.0,
    metavar="SECONDS",
    help="without somebody, after which they have gone and may come again",
)
@asking
@into(WatchOptions)
def watch(options: WatchOptions) -> None:
    """Look at a camera again and again, and say who comes.

    SOURCE is an rtsp or http address (a stream of JPEGs, or a picture that is fetched again and
    again), a device as /dev/video0, or a video file. WATCH_SOURCE names it where others may see
    what is typed. An event is a line of JSON; LIKENESS_MQTT and LIKENESS_WEBHOOK send it on.
    """
    settings, topics = _settings()
    ways = _ways(settings, topics, options.camera, topics.availability(options.camera))
    ending = _until_terminated()
    with ways.running():
        Watch(
            options.camera,
            options.answers(),
            Sightings(Pace(options.settle, options.gap)),
            ways,
            told=options.show,
            ending=ending,
        ).run(options.source, Wanted(options.every, options.motion))


@dataclass(frozen=True, kw_only=True)
class FrigateOptions(AskingOptions):
    url: str
    topic: str


@click.command(
    cls=WatchingCommand,
    epilog="Example: LIKENESS_MQTT=mqtt://localhost likeness frigate http://localhost:5000",
)
@click.argument("url", metavar="URL", envvar="WATCH_SOURCE")
@click.option("--topic", default="frigate", metavar="PREFIX", help="of Frigate's own topics")
@asking
@into(FrigateOptions)
def frigate(options: FrigateOptions) -> None:
    """Say who the people are that Frigate tracks.

    URL is Frigate's own address. Its events come by the broker of LIKENESS_MQTT, its pictures from
    URL and from nowhere else; events go out as those of likeness watch.
    """
    settings, topics = _settings()
    ways = _ways(settings, topics, FRIGATE, f"{topics.prefix}/{FRIGATE}/availability")
    if ways.broker is None:
        raise InputError("Frigate is heard by MQTT: set LIKENESS_MQTT, as mqtt://localhost.")
    ending = _until_terminated()
    bridge = Bridge(options.url, options.answers(), ways, told=options.show, ending=ending)
    ways.broker.listen_until_done(f"{options.topic}/{TOPIC}", bridge.hear)
    with ways.running():
        bridge.run()


def _settings() -> tuple[Settings, Topics]:
    settings = load()
    _log_to_terminal(settings.log_level)
    return settings, Topics(settings.mqtt_prefix, settings.mqtt_names)


def _ways(settings: Settings, topics: Topics, name: str, available: str) -> Ways:
    """What the settings name. Raises InputError."""
    outbox = Outbox(outbox_file(settings.state, name))
    broker = webhook = None
    if settings.mqtt:
        address = Address.of(settings.mqtt)
        broker = Broker(address, f"{topics.prefix}-{name}", outbox, available)
    if settings.webhook:
        webhook = Webhook(settings.webhook, settings.webhook_secret, outbox)
    return Ways(outbox, topics, available, broker, webhook, settings.mqtt_discovery)


def _until_terminated() -> threading.Event:
    """Set by Ctrl-C and by systemd's wish to end."""
    ending = threading.Event()
    for wish in (signal.SIGTERM, signal.SIGINT):
        signal.signal(wish, lambda *_: ending.set())
    return ending


def _log_to_terminal(level: str) -> None:
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("likeness: %(message)s"))
    ours = logging.getLogger("likeness")
    ours.handlers[:] = [handler]
    ours.setLevel(level.upper())
