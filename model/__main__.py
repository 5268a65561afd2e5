"""`python -m model`: the commands and their options. What they do is in `commands`."""

from __future__ import annotations

import argparse
import signal
import sys
from collections.abc import Callable
from pathlib import Path

from data_cleaning.errors import InputError, LikenessError, RecipeError
from model import commands, commands_explain, commands_many, upkeep
from model.evaluation import label_errors as labels
from model.recipes.augmentation import ALTERATIONS, COPIES, Augmentation
from model.recipes.presets import RECIPES
from model.recognition.registry import Registry
from model.training.classifiers import CLASSIFIERS
from model.weights import catalogue as weights
from model.workflows.compare_recipes import AUTO

_PRIVATE = "use no classifier that keeps training examples, and show no pictures in the report"


def parser() -> argparse.ArgumentParser:
    """The command line, as data."""
    top = argparse.ArgumentParser(
        prog="python -m model", description="Train, try and look after models."
    )
    sub = top.add_subparsers(dest="command", required=True, metavar="COMMAND")

    run = _either(commands.train, commands_many.train)
    train = _command(
        sub, "train", run, "train on <class>/<picture> folders and save the next version"
    )
    train.add_argument(
        "data", type=Path, metavar="DATA", help="folder with one folder of pictures a class"
    )
    train.add_argument("--name", required=True, help="name of the model: a-z, 0-9, - and _")
    train.add_argument("--private", action="store_true", help=_PRIVATE)
    train.add_argument(
        "--careful",
        action="store_true",
        help=(
            "let the version that answers go on where the new one knows fewer classes or is clearly"
            " worse"
        ),
    )
    train.add_argument(
        "--without",
        type=lambda text: tuple(text.split(",")),
        default=(),
        metavar="SHA256,...",
        help="sha256 of names of classes that --careful does not miss",
    )
    _how(train)
    _artifacts(train)

    run = _either(commands.crossval, commands_many.crossval)
    crossval = _command(sub, "crossval", run, "score every picture by a model that never saw it")
    crossval.add_argument("data", type=Path, metavar="DATA")
    crossval.add_argument("--folds", type=_folds, default=5, help="2 to 20 (default %(default)s)")
    _how(crossval)
    _judging(crossval, _PRIVATE)

    evaluate = _command(
        sub, "evaluate", _evaluate, "score a saved model on <class>/<picture> folders"
    )
    _model(evaluate)
    evaluate.add_argument("data", type=Path, metavar="DATA")
    _judging(evaluate, "show no pictures in the report")

    check = _command(
        sub, "labels", labels.command, "say which pictures are probably in the wrong class"
    )
    check.add_argument("data", type=Path, metavar="DATA")
    check.add_argument(
        "--recipe", default="face-classic", choices=sorted(RECIPES), help="default %(default)s"
    )

    sub.add_parser("weights", help="get, check and list the pretrained files", add_help=False)

    verify = _command(
        sub, "verify", commands.verify, "same person or not: the LFW protocol on a pairs file"
    )
    verify.add_argument(
        "pairs", type=Path, metavar="PAIRS.txt", help="in the format of LFW's pairs.txt"
    )
    verify.add_argument(
        "pictures", type=Path, metavar="PICTURES", help="folder of <name>/<name>_0001.jpg"
    )
    verify.add_argument(
        "--recipe", default="face-modern", choices=sorted(RECIPES), help="default %(default)s"
    )

    predict = _command(sub, "predict", commands.predict, "name what is in pictures")
    _model(predict)
    predict.add_argument(
        "--top-k",
        type=_positive,
        metavar="N",
        help="show the N most probable classes of each region",
    )
    predict.add_argument("pictures", type=Path, nargs="+", metavar="PICTURE")
    _explain(sub)
    _export(sub)
    _upkeep(sub)
    return top


def _explain(sub: argparse._SubParsersAction) -> None:
    one = _command(
        sub, "explain", commands_explain.run_explain, "say and draw why a picture gets its answer"
    )
    _model(one)
    one.add_argument("picture", type=Path, metavar="PICTURE")
    one.add_argument("-o", "--out", type=Path, metavar="PNG", help="write the heat map there")
    one.add_argument(
        "--region",
        type=int,
        default=0,
        metavar="I",
        help="which region, as predict lists them, from 0",
    )
    one.add_argument(
        "--data",
        type=Path,
        metavar="DIR",
        help="training pictures, to name the files of the nearest ones",
    )


def _export(sub: argparse._SubParsersAction) -> None:
    one = _command(sub, "export", commands_explain.run_export, "write a model as one ONNX file")
    _model(one)
    one.add_argument("--onnx", type=Path, required=True, metavar="FILE", help="file to write")
    one.add_argument(
        "--int8",
        action="store_true",
        help="also write FILE with 8-bit numbers (.int8), and compare",
    )
    one.add_argument(
        "--data",
        type=Path,
        metavar="DIR",
        help="labelled pictures to check, calibrate and compare on",
    )


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
    compare.add_argument(
        "data", type=Path, nargs="?", metavar="DATA", help="pictures to judge both on"
    )
    _artifacts(compare)

    promote = _command(
        sub, "promote", upkeep.promote, "make a version the active one, unless it is worse"
    )
    promote.add_argument("name", metavar="NAME")
    promote.add_argument("number", type=int, metavar="VERSION")
    promote.add_argument(
        "--data", type=Path, metavar="DATA", help="pictures to judge both versions on"
    )
    promote.add_argument("--force", action="store_true", help="promote it even if it is worse")
    _artifacts(promote)

    rollback = _command(
        sub, "rollback", upkeep.rollback, "make the version before the active one active"
    )
    rollback.add_argument("name", metavar="NAME")
    _artifacts(rollback)

    forget = _command(
        sub, "forget", upkeep.forget_class, "train again without a class and remove what knows it"
    )
    forget.add_argument("name", metavar="NAME")
    forget.add_argument("label", metavar="CLASS")
    forget.add_argument(
        "--data", type=Path, metavar="DATASET", help="the data set to train on, without them"
    )
    forget.add_argument(
        "--datasets",
        type=Path,
        metavar="DIR",
        help="instead: the folder in which the data set of its name lies",
    )
    forget.add_argument(
        "--delete-pictures", action="store_true", help="delete their pictures in DATASET too"
    )
    _artifacts(forget)


def _command(sub: argparse._SubParsersAction, name: str, run, text: str) -> argparse.ArgumentParser:
    one = sub.add_parser(name, help=text, description=text[0].upper() + text[1:] + ".")
    one.set_defaults(run=run)
    one.add_argument("--json", action="store_true", help="print JSON on standard output")
    one.add_argument(
        "--progress-json", action="store_true", help="progress as JSON lines on standard error"
    )
    return one


def _either(one: Callable[[argparse.Namespace], int], many: Callable[[argparse.Namespace], int]):
    """The command for pictures of one class each, or for pictures that may carry several."""
    return lambda args: (many if args.multi_label else one)(args)


def _evaluate(args: argparse.Namespace) -> int:
    """The same, as the saved model says."""
    bundle = Registry(args.artifacts).load(args.name, args.version)
    return (commands_many if bundle.multi_label else commands).evaluate(args, bundle)


def _judging(one: argparse.ArgumentParser, private: str) -> None:
    one.add_argument(
        "--strangers", type=Path, metavar="DIR", help="pictures of people who must not be named"
    )
    one.add_argument(
        "--report", type=Path, metavar="FILE.html", help="also write the report as one HTML page"
    )
    one.add_argument("--private", action="store_true", help=private)


def _how(one: argparse.ArgumentParser) -> None:
    one.add_argument(
        "--recipe",
        default="face-classic",
        choices=[*sorted(RECIPES), AUTO],
        help="default %(default)s; auto tries those that fit and keeps the cheapest of the best",
    )
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
        help=(
            "part of strangers that may be named, held to whatever it costs "
            "(default 0.01, given up where it would refuse too many known ones)"
        ),
    )
    one.add_argument(
        "--multi-label",
        action="store_true",
        help="a picture may carry several classes: it lies in the folder of each",
    )
    one.add_argument(
        "--augment",
        type=_augment,
        default=Augmentation(),
        metavar="HOW",
        help=(
            f"train on altered crops too: any of {', '.join(ALTERATIONS)}, joined by commas; "
            f"with how many of each picture after a colon (default {COPIES}): flip,zoom:4"
        ),
    )


def _artifacts(one: argparse.ArgumentParser) -> None:
    one.add_argument(
        "--artifacts",
        type=Path,
        default=Path("artifacts"),
        metavar="DIR",
        help="default %(default)s",
    )


def _model(one: argparse.ArgumentParser) -> None:
    one.add_argument("name", metavar="NAME", help="name of the model")
    one.add_argument("--version", type=int, help="default: the active one")
    _artifacts(one)


def _folds(text: str) -> int:
    number = int(text)
    if not 2 <= number <= 20:
        raise argparse.ArgumentTypeError(f"{number} folds; 2 to 20 are allowed")
    return number


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{number}; at least 1 is allowed")
    return number


def _augment(text: str) -> Augmentation:
    try:
        return Augmentation.parse(text)
    except RecipeError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def _classifiers(text: str) -> tuple[str, ...]:
    names = tuple(text.split(","))
    for name in names:
        if name not in CLASSIFIERS:
            raise argparse.ArgumentTypeError(
                f"there is no classifier {name!r}; there are {', '.join(CLASSIFIERS)}"
            )
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
