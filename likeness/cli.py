"""The command `likeness`, and the older `python -m model`, `data_cleaning` and `server`.

The commands stand in tables; their files are loaded when one is asked for.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import click

from data_cleaning.errors import LikenessError
from likeness import __version__
from likeness.endings import TrainingCommand, say
from likeness.lazy_group import Entry, LazyGroup
from likeness.options import FilePath
from server.process.environment_file import read

_HELP = {
    "help_option_names": ["-h", "--help"],
    "max_content_width": 100,
    "show_default": True,
}


def _entries(file: str, **summaries: str) -> dict[str, Entry]:
    return {
        name: Entry(f"likeness.commands.{file}:{name}", text) for name, text in summaries.items()
    }


TRAINING = _entries(
    "training",
    train="train on <class>/<picture> folders and save the next version",
    crossval="score every picture by a model that never saw it",
    evaluate="score a saved model on <class>/<picture> folders",
)
ASKING = _entries(
    "asking",
    predict="name what is in pictures",
    explain="say and draw why a picture gets its answer",
) | _entries("recognising", recognise="name everybody in a folder of pictures, into a table")
EXPORT = _entries("export", export="write a model as one ONNX file")
CHECKING = _entries(
    "checking",
    labels="say which pictures are probably in the wrong class",
    verify="same person or not: the LFW protocol on a pairs file",
)
RUNS = _entries("runs", runs="list and compare trainings: what went in, and what came of it")
RUNS |= _entries("report", report="write the report of a version again, without any picture")
WEIGHTS = _entries("pretrained", weights="get, check and list the pretrained files")
MODELS = {
    "list": Entry("likeness.commands.models:list_", "list the versions of a model, or of all"),
    **_entries(
        "models",
        inspect="show all that a version says about itself",
        compare="two versions side by side",
        promote="make a version the active one, unless it is worse",
        rollback="make the version before the active one active",
        forget="train again without a class and remove what knows it",
    ),
}
DATASETS = {
    **_entries("datasets", crop="cut the faces out: <class>/<picture>.png for each picture of SRC"),
    **_entries("cleaning", clean="look for problems and write a contact sheet to review"),
    **_entries("datasets", duplicates="list exact and near copies, those across classes marked"),
    **_entries("cleaning", review="list what is open, or append decisions for training to obey"),
    **_entries(
        "collecting",
        collect="bring pictures into a class: files, searches, pages, stores, videos, cameras",
    ),
}
EXCHANGE = {
    "label-studio": Entry(
        "likeness.commands.exchange:label_studio",
        "hand pictures to Label Studio to label, and take what was chosen there",
    ),
    **_entries("exchange", npz="write a data set as one file of numpy arrays"),
}
WATCHING = _entries(
    "watching",
    watch="look at a camera again and again, and say who comes",
    frigate="say who the people are that Frigate tracks",
)
SERVE = _entries("serve", serve="serve the page and the API on this machine, until Ctrl-C")
BACKUP = _entries(
    "backup",
    backup="write all that cannot be made again into a file",
    restore="put a backup back in the place of what is here",
)
DOCTOR = _entries("doctor", doctor="look at everything that the service needs")
SETTINGS = _entries("service", settings="every setting, its value and where that came from")
DATABASE = _entries(
    "service",
    keys="make, list or revoke keys",
    migrate="bring the database to the present form",
)
INTERNAL = {
    **_entries("serve", prepare="fetch what is missing"),
    "nginx-site": Entry("likeness.commands.serve:nginx_site", "print a site for an nginx of yours"),
    "api": Entry("likeness.api_document:api", "the page of the documentation about the API"),
    **_entries(
        "service",
        work="do the jobs that wait, then end",
        store="keep the models in step with the object store",
    ),
}
COMPLETION = {
    "completion": Entry(
        "likeness.completion:completion", "print what makes a shell complete likeness"
    )
}


def _environment(ctx: click.Context, param: click.Parameter, file: Path | None) -> None:
    """Settings out of a file, before any command looks at them."""
    if file is None or ctx.resilient_parsing:
        return
    try:
        os.environ.update(read(file))
    except LikenessError as error:
        say(str(error))
        ctx.exit(2)


environment = click.Option(
    ["--environment"],
    type=FilePath(),
    metavar="FILE",
    expose_value=False,
    is_eager=True,
    callback=_environment,
    help="a file of settings, as /etc/likeness.env",
)


def _group(text: str, table: Mapping[str, Entry], *params: click.Parameter) -> LazyGroup:
    return LazyGroup(help=text, table=table, params=list(params), context_settings=_HELP)


models = _group("List, compare, promote and forget the saved versions of your models.", MODELS)
likeness = _group(
    """Train your own picture recognition, and serve it.

    Put pictures in folders, one folder a class, and call `likeness train`; then `likeness serve`
    answers on a page and an API.

    \b
    Examples:
      likeness collect people ada ~/Pictures/ada
      likeness clean people
      likeness train people --name family --recipe face-modern
      likeness predict family holiday.jpg
      likeness serve
    """,
    TRAINING
    | ASKING
    | EXPORT
    | CHECKING
    | RUNS
    | WEIGHTS
    | {"models": Entry("likeness.cli:models", "list, inspect, compare, promote, roll back, forget")}
    | DATASETS
    | EXCHANGE
    | SERVE
    | WATCHING
    | DATABASE
    | BACKUP
    | DOCTOR
    | SETTINGS
    | COMPLETION
    | {name: replace(entry, hidden=True) for name, entry in INTERNAL.items()},
    environment,
)
click.version_option(__version__, prog_name="likeness", message="%(prog)s %(version)s")(likeness)
model = _group(
    "Train, try and look after models. The same as `likeness`.",
    TRAINING | ASKING | EXPORT | CHECKING | RUNS | WEIGHTS | MODELS,
)
data_cleaning = _group(
    "Make a folder of pictures fit to train on. No command changes or deletes a picture.",
    DATASETS,
)
server = _group(
    "Likeness' service, at the machine itself.",
    SETTINGS | DATABASE | BACKUP | DOCTOR | INTERNAL,
    environment,
)


def run(
    group: click.Group, name: str, arguments: Sequence[str] | None = None, obj: object = None
) -> int:
    """Run a command; its exit status.

    Raises SystemExit with 2, after a sentence, where it was typed wrongly.
    """
    try:
        status = group.main(arguments, prog_name=name, standalone_mode=False, obj=obj)
    except click.ClickException as error:
        error.show()
        raise SystemExit(error.exit_code) from None
    except click.Abort:
        click.echo(TrainingCommand.stopped, err=True)
        return 130
    return int(status or 0)


def entry(group: click.Group, name: str) -> Callable[..., int]:
    """`run` of one group, for a `__main__.py`."""

    def start(arguments: Sequence[str] | None = None) -> int:
        return run(group, name, arguments)

    return start


main = entry(likeness, "likeness")
