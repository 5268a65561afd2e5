"""What `python -m model explain` and `export` do.

Prints; the work is in `explain`, `export` and `exporting`.
"""

from __future__ import annotations

import json
from argparse import Namespace
from dataclasses import asdict
from pathlib import Path

from data_cleaning.datasets.dataset import Dataset, Item
from data_cleaning.errors import DatasetError
from data_cleaning.files import sha256_of_file
from data_cleaning.imaging.limits import DISK_LIMITS
from model.recognition.explain import Explanation, explain
from model.recognition.registry import Registry


def run_explain(args: Namespace) -> int:
    """Say why a picture gets its answer, and draw where it comes from."""
    bundle = Registry(args.artifacts).load(args.name, args.version)
    found = explain(bundle, args.picture.read_bytes(), args.region, DISK_LIMITS)
    files = {item.sha256: item.path for item in _items(args.data)} if args.data else {}
    if args.out:
        args.out.write_bytes(found.heatmap)
    if args.json:
        print(json.dumps(_as_json(args, found, files), ensure_ascii=False))
        return 0
    print(found.sentence)
    for one in found.nearest:
        where = files.get(one.sha256, f"picture {one.sha256[:12]}")
        print(
            f"  {one.label:<24} similarity {one.similarity:5.2f}  distance {one.distance:5.2f} "
            f" {where}"
        )
    if args.out:
        print(f"The heat map ({found.method}) is in {args.out}.")
    return 0


def run_export(args: Namespace) -> int:
    """Write a model as one ONNX file, and on wish a smaller one."""
    from model.export.write_onnx import export, quantise

    bundle = Registry(args.artifacts).load(args.name, args.version)
    if args.int8 and not args.data:
        raise DatasetError(
            "--int8 needs --data DIR: pictures that the ranges of the smaller numbers are taken"
            " from."
        )
    items = _items(args.data) if args.data else []
    done = export(bundle, args.onnx, items)
    small = quantise(bundle, done, items) if args.int8 else None
    if args.json:
        plain = {"export": asdict(done), "int8": asdict(small) if small else None}
        print(json.dumps(plain, default=str))
        return 0
    print(
        f"Wrote {done.path}, {done.bytes / 1e6:.1f} MB, input {done.input}: differs from the served"
        f" answers by at most {done.difference:.1g} over {done.checked} crops."
    )
    if small:
        print(
            f"Wrote {small.path}, {small.bytes / 1e6:.1f} MB. On {small.pictures} pictures, float"
            " against 8-bit:"
        )
        print(
            f"  accuracy     {small.accuracy[0]:.3f}  {small.accuracy[1]:.3f}  same class for"
            f" {small.agreement:.1%}"
        )
        print(f"  milliseconds {small.milliseconds[0]:.1f}  {small.milliseconds[1]:.1f}")
    return 0


def _as_json(args: Namespace, found: Explanation, files: dict[str, Path]) -> dict:
    plain = found.to_json()
    for one in plain["nearest"]:
        one["file"] = str(files[one["sha256"]]) if one["sha256"] in files else None
    return {"picture": str(args.picture), **plain, "out": str(args.out) if args.out else None}


def _items(root: Path) -> list[Item]:
    """Every picture under the label of its folder."""
    return [Item(path, label, sha256_of_file(path)) for path, label in Dataset(root).paths()]
