"""Every choice of how the service runs, in one table: default, help and limits.

Nothing here can change an answer.

A value comes from the environment (`LIKENESS_` and the name in capitals) or is the default; `python
-m server settings` prints both. A value that cannot be used stops the start with a sentence.
"""

# ruff: noqa: RUF009 - `setting` only makes a field; the frozen defaults it is given are safe to
# share.
from __future__ import annotations

import dataclasses
import ipaddress
import math
import os
import re
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeVar, get_args

from data_cleaning.objectstore.store import SCHEMES, is_store
from server.errors import SettingError
from server.locations import home, shipped

T = TypeVar("T")
PREFIX = "LIKENESS_"
NOT_OURS = (
    "LIKENESS_TEST_",
    "LIKENESS_REQUIRE_ALL",
    "LIKENESS_WEIGHTS",
)  # read by the tests and by model.weights
YES = {
    "1": True,
    "true": True,
    "yes": True,
    "on": True,
    "0": False,
    "false": False,
    "no": False,
    "off": False,
}
KeyRole = Literal["predict", "train", "admin"]  # what a key may do
ROLES = ("none", *get_args(KeyRole))  # each may do what the ones before it may


def setting(default: T, help: str, **checks: object) -> T:
    """A field of `Settings`. checks: low and high (inclusive, for numbers), choices, shown (default
    in the docs).
    """
    return dataclasses.field(default=default, metadata={"help": help, **checks})


@dataclass(frozen=True)
class Settings:
    """The table. Paths are relative to the folder the service is started in."""

    bind: str = setting(
        "127.0.0.1:8000", "Address and port, or unix:PATH, that gunicorn listens on."
    )
    artifacts: Path = setting(
        home() / "artifacts",
        "Folder of the trained models. An object store, as s3://bucket/models, is"
        " LIKENESS_ARTIFACTS_STORE with a folder in the state folder.",
        shown="`artifacts`",
    )
    artifacts_store: str = setting(
        "",
        "Object store that the folder of models is kept in step with, as s3://bucket/models: new"
        " versions, promotions and deletions go both ways.",
    )
    artifacts_seconds: float = setting(
        10.0, "Seconds between two looks at that object store.", low=1, high=3600
    )
    weights: str = setting(
        "",
        "Folder of the pretrained files, read by the models; empty means"
        " ~/.cache/likeness/weights.",
    )
    datasets: Path = setting(
        home() / "datasets", "Folder of the data sets that the API manages.", shown="`datasets`"
    )
    state: Path = setting(
        home() / "var",
        "Folder of the database, journal, secrets, job logs and kept pictures.",
        shown="`var`",
    )
    ui: Path = setting(
        shipped("ui"), "Folder of the page's files.", shown="ui, beside the server's code"
    )
    database_url: str = setting(
        "",
        "SQLAlchemy address of the database; empty means the SQLite file likeness.db in the state"
        " folder.",
    )
    model: str = setting(
        "",
        "Model that answers when a request names none; empty means the shipped celebrities, or the"
        " first.",
    )

    upstreams: str = setting(
        "",
        "For nginx before several servers: where each of them listens, comma separated, as"
        " 10.0.0.5:8000,10.0.0.6:8000; empty means this one alone.",
    )

    workers: int = setting(0, "Processes of gunicorn; 0 means one a core.", low=0, high=64)
    threads: int = setting(
        0, "Threads a process; 0 means enough for the queue and 8 more.", low=0, high=256
    )
    at_once: int = setting(
        0, "Pictures looked at together in one process; 0 means cores / workers.", low=0, high=64
    )
    queue: int = setting(
        16, "Pictures that may wait in one process; the next one gets a 429.", low=0, high=1000
    )
    recycle: int = setting(
        20000, "Requests after which a process is replaced by a fresh one; 0 = never.", low=0
    )
    log_level: str = setting(
        "info", "Least grave message to log.", choices=("debug", "info", "warning", "error")
    )

    picture_bytes: int = setting(
        15 * 1024 * 1024,
        "Largest picture file, in bytes (base64 may be longer).",
        low=1024,
        high=1 << 30,
    )
    picture_pixels: int = setting(
        40_000_000, "Most pixels, width x height, read from the header.", low=64, high=400_000_000
    )
    batch_pictures: int = setting(32, "Most pictures in one batch or upload.", low=1, high=1000)
    batch_bytes: int = setting(
        64 * 1024 * 1024, "Largest body of a batch or upload, in bytes.", low=1024, high=1 << 32
    )
    bodies_bytes: int = setting(
        192 * 1024 * 1024,
        "Most bytes of large bodies that one process takes in at once, half of it from one client;"
        " never less than one batch.",
        low=1024,
        high=1 << 36,
    )
    picture_seconds: float = setting(
        30.0, "Longest time for one picture, waiting included.", low=0.1, high=600
    )

    open: bool = setting(False, "Let anybody ask for predictions without a key.")
    local_role: str = setting(
        "predict", "What a client on this machine may do without a key.", choices=ROLES
    )
    trusted_proxy: str = setting(
        "",
        "Addresses or networks of your own proxy, comma separated, or unix; only their"
        " X-Forwarded-For is believed.",
    )
    cors_origins: str = setting(
        "", "Origins, comma separated, whose pages may call the API, as https://shop.example."
    )
    public_url: str = setting(
        "",
        "Address at which people reach the page, as https://faces.example.org, for the link to the"
        " first admin key; empty means this machine.",
    )
    session_hours: float = setting(
        12.0, "Hours after which the page asks for the key again.", low=0.1, high=720
    )
    session_idle_minutes: float = setting(
        60.0,
        "Minutes without a request after which the page asks for the key again.",
        low=1,
        high=43200,
    )

    fetch_urls: bool = setting(False, 'Accept {"url": ...} and fetch the picture from there.')
    fetch_ports: str = setting("80,443", "Ports that a fetched address may have, comma separated.")
    fetch_seconds: float = setting(
        10.0, "Longest time for one fetch, redirects included.", low=0.1, high=120
    )

    fetch_interval: float = setting(
        0.0,
        "Least seconds between two fetches of one process from the same host.",
        low=0,
        high=120,
    )
    fetch_robots: bool = setting(
        False, "Fetch nothing that the robots.txt of its site does not want to be asked."
    )
    compreface: bool = setting(
        False, "Answer the routes of CompreFace below /api/v1 (docs/compreface.md)."
    )
    enrol_train_seconds: float = setting(
        60.0,
        "Seconds after the last change of a collection of CompreFace until its model is trained"
        " again; 0 never trains.",
        low=0,
        high=86400,
    )

    collect: bool = setting(
        False, "Let admins collect pictures from the web on the page: hosts are asked then."
    )
    collect_interval: float = setting(
        1.0, "Least seconds between two requests of collecting to a host.", low=0, high=3600
    )
    collect_providers: str = setting(
        "",
        "Providers at another address than their own, comma separated, as"
        " openverse=https://pictures.example.",
    )
    collect_private: bool = setting(
        False, "Let what a search finds lead into this network: for a picture server of your own."
    )

    mqtt: str = setting(
        "",
        "Broker of MQTT that `likeness watch` tells of who was seen, as"
        " mqtt://user:password@host:1883 or mqtts://host?ca=FILE; empty means none.",
    )
    mqtt_prefix: str = setting("likeness", "First level of its topics.")
    mqtt_names: str = setting(
        "payload",
        "Where names of people may stand: topics (and messages), payload (messages alone), none.",
        choices=("none", "payload", "topics"),
    )
    mqtt_discovery: str = setting(
        "homeassistant",
        "Prefix of Home Assistant's discovery, which is told of each camera; empty means none.",
    )
    webhook: str = setting(
        "", "Address that `likeness watch` sends events to, as JSON; empty means none."
    )
    webhook_secret: str = setting(
        "",
        "What they are signed with (Standard Webhooks): 16 letters or more, or whsec_ and base64.",
    )

    keep_pictures_days: int = setting(
        0, "Days for which asked pictures are kept; 0 keeps none.", low=0, high=3650
    )
    keep_predictions_days: int = setting(
        365, "Days for which answers are kept; 0 means for ever.", low=0, high=36500
    )

    dataset_pictures: int = setting(
        50_000, "Most pictures of one data set; 0 is no limit.", low=0, high=1 << 31
    )
    dataset_bytes: int = setting(
        10 * 1024**3, "Most bytes of pictures of one data set; 0 is no limit.", low=0, high=1 << 50
    )
    datasets_pictures: int = setting(
        200_000, "Most pictures of all data sets together; 0 is no limit.", low=0, high=1 << 31
    )
    datasets_bytes: int = setting(
        40 * 1024**3,
        "Most bytes of pictures of all data sets together; 0 is no limit.",
        low=0,
        high=1 << 50,
    )

    train_memory_mb: int = setting(
        4096, "Address space that training may use, in MiB.", low=512, high=1 << 20
    )
    train_nice: int = setting(
        10,
        "How far training steps back for answering (nice value); at 19 it may starve.",
        low=0,
        high=19,
    )
    train_minutes: int = setting(
        240, "Longest time for one training, in minutes.", low=1, high=10080
    )

    @property
    def database(self) -> str:
        """The SQLAlchemy address in force."""
        return self.database_url or f"sqlite:///{(self.state / 'likeness.db').resolve()}"

    @property
    def enrolled(self) -> Path:
        """Folder of whom models were told of since their training, shared as they are."""
        return self.artifacts / ".enrolled"

    @property
    def form_bytes(self) -> int:
        """Largest body for one picture: base64 adds a third, escaping a sixteenth more, and the
        rest is names.
        """
        return int(self.picture_bytes * 4 / 3 * 1.07) + 64 * 1024

    @property
    def batch_seconds(self) -> float:
        """Longest time for all pictures of a batch or upload; nginx waits a little longer."""
        return 2 * self.picture_seconds

    @property
    def process_count(self) -> int:
        return self.workers or os.cpu_count() or 1

    @property
    def pictures_at_once(self) -> int:
        return self.at_once or max(1, (os.cpu_count() or 1) // self.process_count)

    @property
    def thread_count(self) -> int:
        return self.threads or self.pictures_at_once + self.queue + 8

    @property
    def proxies(self) -> tuple[str, ...]:
        return _listed(self.trusted_proxy)

    @property
    def origins(self) -> tuple[str, ...]:
        return _listed(self.cors_origins)

    @property
    def providers(self) -> tuple[str, ...]:
        return _listed(self.collect_providers)

    @property
    def ports(self) -> tuple[int, ...]:
        return tuple(int(port) for port in _listed(self.fetch_ports))


FIELDS = dataclasses.fields(Settings)


def load(environ: Mapping[str, str] | None = None) -> Settings:
    """The settings in force.

    Raises SettingError with the name, the value and what is allowed, also for a LIKENESS_ name that
    does not exist.
    """
    environ = os.environ if environ is None else environ
    known = {variable(field.name): field for field in FIELDS}
    for name in environ:
        if name.startswith(PREFIX) and name not in known and not name.startswith(NOT_OURS):
            raise SettingError(
                f"There is no setting {name}. `python -m server settings` lists those that exist."
            )
    values: dict[str, Any] = {  # each of its field's type
        field.name: _parsed(field, environ[name])
        for name, field in known.items()
        if name in environ
    }
    settings = dataclasses.replace(Settings(), **values)
    if is_store(artifacts := environ.get(variable("artifacts"), "")):
        place = settings.artifacts_store or artifacts
        folder = settings.state / "models"
        settings = dataclasses.replace(settings, artifacts=folder, artifacts_store=place)
    check(settings)
    return settings


def variable(name: str) -> str:
    """The environment variable of a setting."""
    return PREFIX + name.upper()


def origin(field: dataclasses.Field[object], environ: Mapping[str, str]) -> str:
    """Where a setting's value came from."""
    name = variable(field.name)
    return f"environment {name}" if name in environ else "default"


def check(settings: Settings) -> None:
    """Raises SettingError for a value out of its limits."""
    for field in FIELDS:
        value = getattr(settings, field.name)
        low, high = field.metadata.get("low"), field.metadata.get("high")
        if (low is not None and value < low) or (high is not None and value > high):
            allowed = f"between {low} and {high}" if high is not None else f"at least {low}"
            raise SettingError(f"{variable(field.name)} is {value}; it must be {allowed}.")
        choices = field.metadata.get("choices")
        if choices and value not in choices:
            raise SettingError(
                f"{variable(field.name)} is {value!r}; it must be one of {', '.join(choices)}."
            )
    _check_lists(settings)


def check_model(settings: Settings, names: Sequence[str]) -> None:
    """Raises SettingError where there are models (names) and the chosen one is none of them; it may
    be the first.
    """
    if settings.model and names and settings.model not in names:
        raise SettingError(
            f"{variable('model')} is {settings.model!r}; the models here are {', '.join(names)}."
        )


def _check_lists(settings: Settings) -> None:
    _check_proxies(settings)
    _check_database(settings)
    _check_bind(settings)
    _check_upstreams(settings)
    _check_ports(settings)
    _check_origins(settings)
    _check_store(settings)
    _check_providers(settings)
    _check_topics(settings)
    if settings.public_url and not re.match(r"https?://[^\s\"'<>#]+$", settings.public_url):
        raise SettingError(
            f"{variable('public_url')} is {settings.public_url!r}; write an address like"
            " https://faces.example.org."
        )


def _check_proxies(settings: Settings) -> None:
    for proxy in settings.proxies:
        if proxy == "unix":
            continue
        try:
            ipaddress.ip_network(proxy, strict=False)
        except ValueError:
            raise SettingError(
                f"{variable('trusted_proxy')} holds {proxy!r}; write addresses like 127.0.0.1, "
                "networks like 10.0.0.0/8, or unix."
            ) from None


def _check_database(settings: Settings) -> None:
    known = r"(sqlite|postgres(ql)?(\+\w+)?)://"
    if settings.database_url and not re.match(known, settings.database_url):
        raise SettingError(
            f"{variable('database_url')} does not name a database that is known here; write"
            " sqlite:///FILE or postgresql://USER:PASSWORD@HOST/NAME."
        )


def _check_bind(settings: Settings) -> None:
    for place in _listed(settings.bind):
        if not (place.startswith("unix:") and len(place) > len("unix:")) and not _is_port(place):
            raise SettingError(
                f"{variable('bind')} holds {place!r}; write 127.0.0.1:8000 or"
                " unix:/run/likeness/app.sock."
            )


def _check_upstreams(settings: Settings) -> None:
    for place in _listed(settings.upstreams):
        if not (place.startswith("unix:/") or re.fullmatch(r"[\w.\[\]:-]+:\d{1,5}", place)):
            raise SettingError(
                f"{variable('upstreams')} holds {place!r}; write host:port for each server, joined"
                " by commas."
            )


def _is_port(place: str) -> bool:
    """Whether it is a port of this machine, with or without an address before it."""
    port = place.rpartition(":")[2]
    return re.fullmatch(r"(\S*:)?\d{1,5}", place) is not None and int(port) <= 65535


def _check_ports(settings: Settings) -> None:
    for port in _listed(settings.fetch_ports):
        if not (port.isascii() and port.isdigit() and 1 <= int(port) <= 65535):
            raise SettingError(
                f"{variable('fetch_ports')} holds {port!r}; write ports between 1 and 65535."
            )


def _check_origins(settings: Settings) -> None:
    for origin in settings.origins:
        if not origin.startswith(("http://", "https://")) or origin.count("/") != 2:
            raise SettingError(
                f"{variable('cors_origins')} holds {origin!r}; write origins like"
                " https://shop.example."
            )


def _check_store(settings: Settings) -> None:
    place = settings.artifacts_store
    if place and not is_store(place):
        raise SettingError(
            f"{variable('artifacts_store')} is {place!r}; write an address like s3://bucket/models"
            f" ({', '.join(SCHEMES)})."
        )


def _check_providers(settings: Settings) -> None:
    for provider in settings.providers:
        if not re.fullmatch(r"[a-z]+=https?://[^\s,]+", provider):
            raise SettingError(
                f"{variable('collect_providers')} holds {provider!r}; write"
                " openverse=https://pictures.example."
            )


def _check_topics(settings: Settings) -> None:
    for name in ("mqtt_prefix", "mqtt_discovery"):
        value = getattr(settings, name)
        if not re.fullmatch(r"[\w-]+", value) and (value or name == "mqtt_prefix"):
            raise SettingError(
                f"{variable(name)} is {value!r}; write letters, digits, - and _ alone."
            )


def make_state(settings: Settings) -> Path:
    """The state folder, made where it is not there yet.

    Raises SettingError when nothing can be written there.
    """
    folder = settings.state.resolve()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return folder
    except OSError as error:
        raise SettingError(
            f"{variable('state')} is {settings.state}: nothing can be written there"
            f" ({error.strerror}). The database, the journal and the sessions' secret need it."
        ) from None


def _parsed(field: dataclasses.Field[object], text: str) -> object:
    """The value that a text stands for. Raises SettingError."""
    name = variable(field.name)
    if field.type == "Path":
        if not text.strip():
            raise SettingError(f"{name} is empty; it must name a folder.")
        return Path(text)
    parse, wanted = PARSERS[str(field.type)]
    try:
        return parse(text.strip())
    except (KeyError, ValueError):
        raise SettingError(f"{name} is {text!r}; it must be {wanted}.") from None


def _truth(text: str) -> bool:
    return YES[text.lower()]


def _whole_number(text: str) -> int:
    if not re.fullmatch(r"-?[0-9]+", text):
        raise ValueError
    return int(text)


def _number(text: str) -> float:
    value = float(text)
    if math.isnan(value):
        raise ValueError
    return value


# By the type that the table gives a setting: how its text is read, and what it must be.
PARSERS: dict[str, tuple[Callable[[str], object], str]] = {
    "bool": (_truth, "1 or 0"),
    "int": (_whole_number, "a whole number"),
    "float": (_number, "a number"),
    "str": (str, "text"),
}


def _listed(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())
