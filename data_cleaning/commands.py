"""What the commands of `python -m data_cleaning` do. Prints; decides nothing about pictures."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from argparse import Namespace
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from data_cleaning.collecting import collect as collecting
from data_cleaning.collecting.sources import CollectOptions
from data_cleaning.datasets import audit as cleaning
from data_cleaning.datasets import contact_sheet as sheet
from data_cleaning.datasets import crop_folder as cropping
from data_cleaning.datasets import review
from data_cleaning.datasets.dataset import Dataset
from data_cleaning.detection import batch_detection as finding
from data_cleaning.errors import DatasetError
from data_cleaning.files import write
from data_cleaning.imaging.limits import Limits
from data_cleaning.progress import Progress

_NAMED = 8  # files that a summary names before it says "and N more"
_RECIPES = {"haar_face": "face-classic", "yunet_face": "face-modern", "whole": "object-modern"}


def crop(args: Namespace) -> int:
    """Crop every picture of a folder into another one; exit status 1 where a file could not be
    read.
    """
    progress = Progress(args.progress_json)
    find = finding.load_detector(args.detector, args.weights)
    options = cropping.CropOptions(
        args.size, args.margin, args.all_faces, args.any_face, args.smallest, args.overwrite
    )
    results = cropping.crop_folder(
        args.source,
        args.target,
        find,
        options,
        lambda done, total: progress("crops", done, total, "Cropping"),
    )
    progress.close()
    table = cropping.summary(results)
    if args.json:
        pictures = [
            {
                "picture": str(r.path),
                "result": r.result,
                "crops": [str(c) for c in r.crops],
                "note": r.note,
            }
            for r in results
        ]
        print(json.dumps({"classes": table, "pictures": pictures}, ensure_ascii=False))
    else:
        _print_crops(args, results, table)
    return int(any(r.result == "unreadable" for r in results))


def _print_crops(
    args: Namespace, results: Sequence[cropping.CropResult], table: dict[str, dict[str, int]]
) -> None:
    for label, row in table.items():
        good = row["cropped"] + row["kept"]
        print(f"  {label:<28} {good:>5} of {sum(row.values()):<5} pictures have a crop")
    for result, (words, advice) in cropping.RESULTS.items():
        some = [r for r in results if r.result == result]
        if not some or result == "cropped":
            continue
        print(f"{len(some)} {words}" + (f" ({advice})" if advice else "") + ":")
        _print_names(
            [f"{r.path.relative_to(args.source)}{': ' + r.note if r.note else ''}" for r in some]
        )
    crops = sum(len(r.crops) for r in results if r.result == "cropped")
    cropped = sum(r.result == "cropped" for r in results)
    print(f"{crops} crops of {cropped} of {len(results)} pictures are in {args.target}.")


def _print_names(names: Sequence[str]) -> None:
    for name in names[:_NAMED]:
        print(f"  {name}")
    if len(names) > _NAMED:
        print(f"  and {len(names) - _NAMED} more (--json lists all)")


def duplicates(args: Namespace) -> int:
    """Exact and near copies, as groups; changes nothing."""
    seen = _seen(args, lambda _: [])
    found = [f for f in cleaning.find_problems(args.data, seen) if f.group is not None]
    groups = _groups(found)
    if args.json:
        print(json.dumps({"pictures": len(seen), "groups": groups}, ensure_ascii=False))
        return 0
    for group in groups:
        flag = "  ACROSS CLASSES" if group["across_classes"] else ""
        print(f"{'the same file' if group['exact'] else 'near copies'}{flag}")
        for picture in group["pictures"]:
            print(f"  {picture}")
    across = sum(g["across_classes"] for g in groups)
    print(
        f"{len(groups)} groups among {len(seen)} pictures, {across} of them across classes. Nothing"
        " was changed; training keeps copies on one side of every test."
    )
    _say_unreadable(seen)
    return 0


def _groups(found: Sequence[cleaning.Finding]) -> list[dict[str, Any]]:
    members: dict[tuple[str, int | None], list[str]] = defaultdict(list)
    for one in found:
        members[one.kind, one.group].append(one.picture)
    return [
        {
            "exact": kind.startswith("copies"),
            "across_classes": kind.endswith("across"),
            "pictures": pictures,
        }
        for (kind, _), pictures in members.items()
    ]


def _say_unreadable(seen: Sequence[cleaning.InspectedPicture]) -> None:
    bad = [f"{one.item.path}: {one.error}" for one in seen if one.error]
    if bad:
        print(f"{len(bad)} files could not be read:")
        _print_names(bad)


def clean(args: Namespace) -> int:
    """Score every picture, write the contact sheet and the findings beside it; change nothing."""
    name = finding.best_face_detector() if args.detector == "auto" else args.detector
    find = finding.load_detector(name, args.weights)
    out = args.out or args.data / review.FOLDER
    Dataset(args.data).check()
    _must_be_writable(out)
    seen = _seen(args, find)
    doubts, note = _doubts(args, name)
    found = cleaning.find_problems(args.data, seen, doubts)
    report = {
        "data": str(args.data),
        "detector": name,
        "labels": note,
        **cleaning.audit_report(seen, found),
    }
    page = sheet.render_sheet(sheet.Sheet(args.data, report, found, note, args.most))
    try:
        write(
            out / review.FINDINGS,
            (json.dumps(report, indent=1, ensure_ascii=False) + "\n").encode(),
        )
        write(out / "sheet.html", page.encode())
    except OSError as error:
        raise DatasetError(
            f"{out} cannot be written ({error.strerror}). Name another folder with --out DIR."
        ) from error
    if args.json:
        print(json.dumps(report, ensure_ascii=False))
    else:
        _print_problems(report, note)
        print(
            f"Look at them and decide: {out / 'sheet.html'} (opens in a browser; it holds small"
            " copies of the pictures)"
        )
    return 0


def _must_be_writable(out: Path) -> None:
    """Said before the work, not after it."""
    try:
        out.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=out).close()
    except OSError as error:
        raise DatasetError(
            f"{out} cannot be written ({error.strerror}). Name another folder with --out DIR."
        ) from error


def _print_problems(report: dict[str, Any], note: str) -> None:
    for kind, count in report["problems"].items():
        if count:
            print(f"  {count:>5}  {cleaning.KINDS[kind][0]}")
    print(
        f"{report['flagged']} of {report['pictures']} pictures are worth a look. Nothing was"
        " changed."
    )
    print(note)


def _seen(args: Namespace, find: finding.Detect) -> list[cleaning.InspectedPicture]:
    progress = Progress(args.progress_json)
    items = Dataset(args.data).items()
    seen = cleaning.inspect_dataset(
        items, find, lambda done, total: progress("look", done, total, "Looking at pictures")
    )
    progress.close()
    return seen


def _doubts(args: Namespace, detector: str) -> tuple[list[dict[str, Any]], str]:
    """What `python -m model labels` says, from its file or by running it; and a sentence on it.

    See docs/adr/0008.
    """
    if args.no_labels:
        return [], "Labels were not checked, as you asked."
    if args.labels is not None:
        try:
            return _read_doubts(args.labels.read_text("utf-8", errors="replace"))
        except OSError as error:
            raise DatasetError(f"{args.labels} cannot be read: {error.strerror}.") from error
    recipe = args.recipe or _RECIPES.get(detector)
    if recipe is None:
        return [], f"Labels were not checked: name a --recipe that goes with {detector}."
    status, answer, complaint = _model_labels(args, recipe)
    if status != 0:
        why = complaint.removeprefix("error: ").rstrip(".")
        return [], f"Labels were not checked: {why}. All other checks were made."
    return _read_doubts(answer)


def _model_labels(args: Namespace, recipe: str) -> tuple[int, str, str]:
    """Exit status, output and last complaint of the stair above, run as a child; its progress is
    shown as ours.
    """
    command = [
        sys.executable,
        "-m",
        "model",
        "labels",
        str(args.data),
        "--json",
        "--progress-json",
        "--recipe",
        recipe,
    ]
    progress, complaint = Progress(args.progress_json), ""
    with tempfile.TemporaryFile("w+") as answer:
        child = subprocess.Popen(command, stdout=answer, stderr=subprocess.PIPE, text=True)
        try:
            for line in child.stderr or ():
                try:
                    progress(**json.loads(line))
                except (ValueError, TypeError):
                    complaint = line.strip() or complaint
            status = child.wait()
        except BaseException:
            child.terminate()
            child.wait()
            raise
        finally:
            progress.close()
            if child.stderr:
                child.stderr.close()
        answer.seek(0)
        return status, answer.read(), complaint


def _read_doubts(text: str) -> tuple[list[dict[str, Any]], str]:
    try:
        data = json.loads(text)
        doubts = list(data["doubts"])
        for one in doubts:
            if one["kind"] not in ("wrong_label", "unlike"):
                raise ValueError(f"there is no kind {one['kind']!r}")
            _ = one["sha256"], one["label"], one["note"], float(one["score"]), one["suggestion"]
        note = (
            f"{len(doubts)} of {data['pictures']} labels are doubtful to models that had not seen"
            f" the picture; they agree with {data['agreement']:.0%} of all labels, so expect"
            " mistakes of theirs too."
        )
    except (ValueError, KeyError, TypeError) as error:
        raise DatasetError(
            f"This is no output of `python -m model labels --json`: {error}."
        ) from error
    return doubts, note


def review_(args: Namespace) -> int:
    """Append decisions from a file and from the command line; without any, list what is open."""
    data = Dataset(args.data)
    data.check()
    checked = review.read_file(data, args.file) if args.file else review.CheckedDecisions(())
    single = [review.decision_about(data, p, "reject") for p in args.reject] + [
        review.decision_about(data, p, "keep") for p in args.keep
    ]
    single += [review.decision_about(data, picture, "move", to) for picture, to in args.move]
    single += [
        review.decision_about(data, words[0], "not", words[1] if len(words) > 1 else None)
        for words in args.no
    ]
    new = [*checked.new, *single]
    if new:
        data.decide(*new)
    if args.json:
        print(
            json.dumps(
                {
                    "applied": len(new),
                    "known": checked.known,
                    "decided": review.count_actions(data.decisions()),
                }
            )
        )
        return 0
    if args.file or single:
        again = f"; {checked.known} were there already" if checked.known else ""
        print(
            f"{len(new)} decisions appended to {data.root / 'decisions.jsonl'}{again}. Training"
            " obeys them from now on."
        )
        return 0
    return _list_open(data, args.findings or data.root / review.FOLDER / review.FINDINGS)


def _list_open(data: Dataset, report: Path) -> int:
    decided = review.count_actions(data.decisions())
    print(
        "Decided: " + (", ".join(f"{n} {action}" for action, n in decided.items()) or "nothing yet")
    )
    found = review.open_findings(data, report)
    for kind, (title, _) in cleaning.KINDS.items():
        some = [f for f in found if f["kind"] == kind]
        if some:
            print(f"{title}: {len(some)} open")
            _print_names([f"{f['picture']}  {f['note']}" for f in some])
    if not found:
        print("Nothing is open.")
    return 0


def collect(args: Namespace) -> int:
    """Bring pictures into a class; exit status 1 where some could not be got or read."""
    limits = Limits(pixels=args.pixels * 1_000_000, bytes=args.megabytes * 1024 * 1024)
    options = CollectOptions(limits, network=args.allow_network)
    progress = Progress(args.progress_json)
    brought = []
    try:
        for one in collecting.collect(args.data, args.label, args.sources, options):
            brought.append(one)
            progress("collect", len(brought), max(len(brought), 1), "Bringing pictures")
    finally:
        progress.close()
        _print_brought(args, brought)
    return int(any(b.result in ("unreadable", "too_large", "failed") for b in brought))


def _print_brought(args: Namespace, brought: Sequence[collecting.CollectedEntry]) -> None:
    counts = {result: sum(b.result == result for b in brought) for result in collecting.RESULTS}
    if args.json:
        rows = [
            {
                "name": b.name,
                "result": b.result,
                "path": str(b.path) if b.path else None,
                "note": b.note,
            }
            for b in brought
        ]
        print(json.dumps({"counts": counts, "entries": rows}, ensure_ascii=False))
        return
    for result, words in collecting.RESULTS.items():
        some = [b for b in brought if b.result == result]
        if some and result not in ("added", "already"):
            print(f"{len(some)} {words}:")
            _print_names([f"{b.name}{': ' + b.note if b.note else ''}" for b in some])
    print(
        f"{counts['added']} pictures added to {args.data / args.label}, {counts['already']} were"
        " there already."
    )
