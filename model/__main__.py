"""`python -m model`: the commands and their options. What they do is in `commands`."""

from __future__ import annotations

import argparse
import signal
import sys
from pathlib import Path

from data_cleaning.errors import InputError, LikenessError
from model import commands, labels, upkeep, weights
from model.classifiers import CLASSIFIERS
from model.recipe import RECIPES

_PRIVATE = "use no classifier that keeps training examples, and show no pictures in the report"


def parser() -> argparse.ArgumentParser:
    """The command line, as data."""
    top = argparse.ArgumentParser(prog="python -m model", description="Train, try and look after models.")
    sub = top.add_subparsers(dest="command", required=True, metavar="COMMAND")

    train = _command(sub, "train", commands.train, "train on <class>/<picture> folders and save the next version")
    train.add_argument("data", type=Path, metavar="DATA", help="folder with one folder of pictures a class")
    train.add_argument("--name", required=True, help="name of the model: a-z, 0-9, - and _")
    train.add_argument("--private", action="store_true", help=_PRIVATE)
    _how(train)
    _artifacts(train)

    crossval = _command(sub, "crossval", commands.crossval, "score every picture by a model that never saw it")
    crossval.add_argument("data", type=Path, metavar="DATA")
    crossval.add_argument("--folds", type=_folds, default=5, help="2 to 20 (default %(default)s)")
    _how(crossval)
    _judging(crossval, _PRIVATE)

    evaluate = _command(sub, "evaluate", commands.evaluate, "score a saved model on <class>/<picture> folders")
    _model(evaluate)
    evaluate.add_argument("data", type=Path, metavar="DATA")
    _judging(evaluate, "show no pictures in the report")

    check = _command(sub, "labels", labels.command, "say which pictures are probably in the wrong class")
    check.add_argument("data", type=Path, metavar="DATA")
    check.add_argument("--recipe", default="face-classic", choices=sorted(RECIPES), help="default %(default)s")

    sub.add_parser("weights", help="get, check and list the pretrained files", add_help=False)

    verify = _command(sub, "verify", commands.verify, "same person or not: the LFW protocol on a pairs file")
    verify.add_argument("pairs", type=Path, metavar="PAIRS.txt", help="in the format of LFW's pairs.txt")
    verify.add_argument("pictures", type=Path, metavar="PICTURES", help="folder of <name>/<name>_0001.jpg")
    verify.add_argument("--recipe", default="face-modern", choices=sorted(RECIPES), help="default %(default)s")

    predict = _command(sub, "predict", commands.predict, "name what is in pictures")
    _model(predict)
    predict.add_argument("pictures", type=Path, nargs="+", metavar="PICTURE")
    _upkeep(sub)
    return top


def _upkeep(sub: argparse._SubParsersAction) -> None:
    """Commands that look after saved versions."""
    each = _command(sub, "list", upkeep.list_versions, "list the versions of a model, or of all")
    each.add_argument("name", nargs="?", metavar="NAME")
    _artifacts(each)

    inspect = _command(sub, "inspect", upkeep.inspect, "show all that a version says about itself")
    _model(inspect)

    compare = _command(sub, "compare", upkeep.compare, "two versions side by side")
    compare.add_argument("name", metavar="NAME")
    compare.add_argument("a", type=int, metavar="A")
    compare.add_argument("b", type=int, metavar="B")
    compare.add_argument("data", type=Path, nargs="?", metavar="DATA", help="pictures to judge both on")
    _artifacts(compare)

    promote = _command(sub, "promote", upkeep.promote, "make a version the active one, unless it is worse")
    promote.add_argument("name", metavar="NAME")
    promote.add_argument("number", type=int, metavar="VERSION")
    promote.add_argument("--data", type=Path, metavar="DATA", help="pictures to judge both versions on")
    promote.add_argument("--force", action="store_true", help="promote it even if it is worse")
    _artifacts(promote)

    rollback = _command(sub, "rollback", upkeep.rollback, "make the version before the active one active")
    rollback.add_argument("name", metavar="NAME")
    _artifacts(rollback)

    forget = _command(sub, "forget", upkeep.forget_class, "train again without a class and remove what knows it")
    forget.add_argument("name", metavar="NAME")
    forget.add_argument("label", metavar="CLASS")
    forget.add_argument("--data", type=Path, metavar="DATASET", help="the data set to train on, without them")
    forget.add_argument(
        "--datasets", type=Path, metavar="DIR", help="instead: the folder in which the data set of its name lies"
    )
    forget.add_argument("--delete-pictures", action="store_true", help="delete their pictures in DATASET too")
    _artifacts(forget)


def _command(sub: argparse._SubParsersAction, name: str, run, text: str) -> argparse.ArgumentParser:
    one = sub.add_parser(name, help=text, description=text[0].upper() + text[1:] + ".")
    one.set_defaults(run=run)
    one.add_argument("--json", action="store_true", help="print JSON on standard output")
    one.add_argument("--progress-json", action="store_true", help="progress as JSON lines on standard error")
    return one


def _judging(one: argparse.ArgumentParser, private: str) -> None:
    one.add_argument("--strangers", type=Path, metavar="DIR", help="pictures of people who must not be named")
    one.add_argument("--report", type=Path, metavar="FILE.html", help="also write the report as one HTML page")
    one.add_argument("--private", action="store_true", help=private)


def _how(one: argparse.ArgumentParser) -> None:
    one.add_argument("--recipe", default="face-classic", choices=sorted(RECIPES), help="default %(default)s")
    one.add_argument(
        "--classifiers",
        type=_classifiers,
        default=tuple(CLASSIFIERS),
        metavar="A,B",
        help=f"which to compare (default {','.join(CLASSIFIERS)})",
    )
    one.add_argument(
        "--fpir",
        type=_share,
        help="part of strangers that may be named, held to whatever it costs "
        "(default 0.01, given up where it would refuse too many known ones)",
    )


def _artifacts(one: argparse.ArgumentParser) -> None:
    one.add_argument("--artifacts", type=Path, default=Path("artifacts"), metavar="DIR", help="default %(default)s")


def _model(one: argparse.ArgumentParser) -> None:
    one.add_argument("name", metavar="NAME", help="name of the model")
    one.add_argument("--version", type=int, help="default: the active one")
    _artifacts(one)


def _folds(text: str) -> int:
    number = int(text)
    if not 2 <= number <= 20:
        raise argparse.ArgumentTypeError(f"{number} folds; 2 to 20 are allowed")
    return number


def _classifiers(text: str) -> tuple[str, ...]:
    names = tuple(text.split(","))
    for name in names:
        if name not in CLASSIFIERS:
            raise argparse.ArgumentTypeError(f"there is no classifier {name!r}; there are {', '.join(CLASSIFIERS)}")
    return names


def _share(text: str) -> float:
    number = float(text)
    if not 0 <= number <= 1:
        raise argparse.ArgumentTypeError(f"{number}; a share from 0 to 1 is allowed")
    return number


def main(argv: list[str] | None = None) -> int:
    """Run a command; errors of ours become one line and an exit status."""
    signal.signal(signal.SIGTERM, _terminated)
    given = sys.argv[1:] if argv is None else argv
    try:
        if given[:1] == ["weights"]:
            return weights.main(given[1:])
        args = parser().parse_args(given)
        return args.run(args)
    except LikenessError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2 if isinstance(error, InputError) else 1
    except BrokenPipeError:  # the reader, say `head`, has seen enough
        sys.stderr.close()
        return 0
    except KeyboardInterrupt:
        print("stopped; nothing was saved", file=sys.stderr)
        return 130


def _terminated(*_: object) -> None:
    raise SystemExit(143)


if __name__ == "__main__":
    sys.exit(main())
