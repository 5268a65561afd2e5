"""`python -m data_cleaning`: the commands and their options. What they do is in `commands`."""

from __future__ import annotations

import argparse
import signal
import sys
from collections.abc import Callable
from pathlib import Path

from data_cleaning import commands
from data_cleaning.detection.detectors import DETECTORS
from data_cleaning.errors import InputError, LikenessError


def parser() -> argparse.ArgumentParser:
    """The command line, as data."""
    top = argparse.ArgumentParser(
        prog="python -m data_cleaning",
        description=(
            "Make a folder of pictures fit to train on. No command changes or deletes a picture."
        ),
    )
    sub = top.add_subparsers(dest="command", required=True, metavar="COMMAND")
    _crop(sub)
    _clean(sub)

    duplicates = _command(
        sub,
        "duplicates",
        commands.duplicates,
        "list exact and near copies, those across classes marked",
    )
    duplicates.add_argument(
        "data", type=Path, metavar="DATA", help="folder with one folder of pictures a class"
    )

    _review(sub)
    _collect(sub)
    return top


def _crop(sub: argparse._SubParsersAction) -> None:
    one = _command(
        sub,
        "crop",
        commands.crop,
        "cut the faces out: <class>/<picture>.png for each picture of SRC",
    )
    one.add_argument(
        "source", type=Path, metavar="SRC", help="folder with one folder of pictures a class"
    )
    one.add_argument(
        "target", type=Path, metavar="DST", help="folder for the crops; made if it is not there"
    )
    _detector(one, "haar_face", sorted(DETECTORS))
    one.add_argument(
        "--size", type=_between(8, 4096), help="pixels a side (default: as large as in the picture)"
    )
    one.add_argument(
        "--margin",
        type=_share,
        default=0.0,
        help="added all round, as a part of the side (default 0)",
    )
    one.add_argument(
        "--smallest",
        type=_between(1, 4096),
        default=24,
        help="least side of a face, pixels (default 24)",
    )
    one.add_argument("--all-faces", action="store_true", help="every face, not the largest alone")
    one.add_argument(
        "--any", dest="any_face", action="store_true", help="also faces without two visible eyes"
    )
    one.add_argument(
        "--overwrite", action="store_true", help="make crops again that are there already"
    )


def _clean(sub: argparse._SubParsersAction) -> None:
    one = _command(
        sub, "clean", commands.clean, "look for problems and write a contact sheet to review"
    )
    one.add_argument(
        "data", type=Path, metavar="DATA", help="folder with one folder of pictures a class"
    )
    one.add_argument(
        "--out",
        type=Path,
        metavar="DIR",
        help="where sheet.html and findings.json go (default DATA/_cleaning)",
    )
    _detector(one, "auto", ["auto", *sorted(DETECTORS)])
    one.add_argument(
        "--most",
        type=_between(1, 100_000),
        default=300,
        help="pictures shown of each problem (default 300)",
    )
    labels = one.add_mutually_exclusive_group()
    labels.add_argument(
        "--labels", type=Path, metavar="FILE", help="output of `python -m model labels DATA --json`"
    )
    labels.add_argument(
        "--recipe",
        help="recipe to check labels with (default: the one that goes with the detector)",
    )
    labels.add_argument("--no-labels", action="store_true", help="do not check labels")


def _review(sub: argparse._SubParsersAction) -> None:
    one = _command(
        sub,
        "review",
        commands.review_,
        "list what is open, or append decisions for training to obey",
    )
    one.add_argument("data", type=Path, metavar="DATA")
    one.add_argument(
        "file",
        type=Path,
        nargs="?",
        metavar="FILE",
        help="decisions.jsonl, as the contact sheet saves it",
    )
    one.add_argument(
        "--keep", action="append", default=[], metavar="PICTURE", help="it is what its folder says"
    )
    one.add_argument(
        "--reject", action="append", default=[], metavar="PICTURE", help="do not train on it"
    )
    one.add_argument(
        "--move",
        action="append",
        default=[],
        nargs=2,
        metavar=("PICTURE", "CLASS"),
        help="it shows CLASS",
    )
    one.add_argument(
        "--not", dest="no", action="append", default=[], nargs="+", metavar="PICTURE",
        help="PICTURE [CLASS]: it does not show CLASS (default: its folder's); it trains as a stranger",
    )  # fmt: skip
    one.add_argument(
        "--findings",
        type=Path,
        metavar="FILE",
        help="findings.json to list from (default in DATA/_cleaning)",
    )


def _collect(sub: argparse._SubParsersAction) -> None:
    one = _command(
        sub,
        "collect",
        commands.collect,
        "bring pictures into a class from folders, archives and address lists",
    )
    one.add_argument(
        "data", type=Path, metavar="DATA", help="the data set; made if it is not there"
    )
    one.add_argument("label", metavar="CLASS")
    one.add_argument(
        "sources",
        nargs="+",
        metavar="SOURCE",
        help="folder, zip, tar, picture, or .txt of addresses",
    )
    one.add_argument(
        "--allow-network", action="store_true", help="ask the addresses that a list names"
    )
    one.add_argument(
        "--megabytes", type=_between(1, 1024), default=15, help="most of one file (default 15)"
    )
    one.add_argument(
        "--pixels",
        type=_between(1, 400),
        default=40,
        metavar="MILLIONS",
        help="most of one picture (default 40)",
    )


def _command(
    sub: argparse._SubParsersAction, name: str, run: Callable, text: str
) -> argparse.ArgumentParser:
    one = sub.add_parser(name, help=text, description=text[0].upper() + text[1:] + ".")
    one.set_defaults(run=run)
    one.add_argument("--json", action="store_true", help="print JSON on standard output")
    one.add_argument(
        "--progress-json", action="store_true", help="progress as JSON lines on standard error"
    )
    return one


def _detector(one: argparse.ArgumentParser, default: str, names: list[str]) -> None:
    one.add_argument("--detector", default=default, choices=names, help="default %(default)s")
    one.add_argument(
        "--weights",
        type=Path,
        metavar="FILE",
        help="pretrained file of the detector, or the folder of such files",
    )


def _between(low: int, high: int) -> Callable[[str], int]:
    def number(text: str) -> int:
        value = int(text)
        if not low <= value <= high:
            raise argparse.ArgumentTypeError(f"{value}; {low} to {high} is allowed")
        return value

    return number


def _share(text: str) -> float:
    value = float(text)
    if not 0 <= value <= 2:
        raise argparse.ArgumentTypeError(f"{value}; 0 to 2 is allowed")
    return value


def main(argv: list[str] | None = None) -> int:
    """Run a command; errors of ours become one line and an exit status."""
    signal.signal(signal.SIGTERM, _terminated)
    args = parser().parse_args(argv)
    try:
        return args.run(args)
    except LikenessError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2 if isinstance(error, InputError) else 1
    except BrokenPipeError:  # the reader, say `head`, has seen enough
        sys.stderr.close()
        return 0
    except KeyboardInterrupt:
        print(
            "stopped; what was written is whole, and running it again goes on from there",
            file=sys.stderr,
        )
        return 130


def _terminated(*_: object) -> None:
    raise SystemExit(143)


if __name__ == "__main__":
    sys.exit(main())
