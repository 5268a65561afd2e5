"""The command collect: folders, archives and addresses, and what is not brought."""

from __future__ import annotations

import contextlib
import http.server
import io
import json
import re
import tarfile
import threading
import zipfile
from pathlib import Path

import numpy as np
import PIL.Image
import pytest

from data_cleaning.collecting import collect
from data_cleaning.datasets.dataset import Dataset
from data_cleaning.datasets.decisions import Decision
from data_cleaning.datasets.delete_class import SOURCES
from data_cleaning.files import sha256_of_file
from data_cleaning.imaging import encoding
from data_cleaning.imaging.image import Image
from tests.data_cleaning.commands import run
from tests.support.pictures import pillow, png, saved, scene, tree, write


def with_place(image: Image) -> bytes:
    """A JPEG that says where it was taken, and that it is to be turned by a quarter."""
    exif = PIL.Image.Exif()
    exif[0x0112] = 6  # orientation
    exif.get_ifd(0x8825).update({1: "N", 2: (51.0, 30.0, 26.0)})  # GPS
    return saved(pillow(image), "JPEG", exif=exif)


class TestCollect:
    def names(self, root: Path) -> dict[str, bytes]:
        return {k: v for k, v in tree(root).items() if k != SOURCES}

    def test_folders_archives_and_files(self, tmp_path, capsys):
        pictures = [encoding.encode(scene(n)) for n in range(4)]
        folder = tmp_path / "in"
        folder.mkdir()
        (folder / "notes.txt.png").write_bytes(b"not a picture" * 9)
        (folder / "a.png").write_bytes(pictures[0])
        with zipfile.ZipFile(tmp_path / "z.zip", "w") as archive:
            archive.writestr("../../escape.png", pictures[1])
            archive.writestr("/etc/absolute.png", pictures[0])
        with tarfile.open(tmp_path / "t.tar.gz", "w:gz") as archive:
            add(archive, "../up.png", pictures[2])
            link = tarfile.TarInfo("link.png")
            link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
            archive.addfile(link)
        (tmp_path / "one.bin").write_bytes(pictures[3])
        sources = [folder, tmp_path / "z.zip", tmp_path / "t.tar.gz", tmp_path / "one.bin"]
        before = {p.name for p in tmp_path.iterdir()}
        status, out, _ = run(capsys, "collect", tmp_path / "set", "alice", *sources)
        assert status == 1 and "notes.txt.png: This is not a picture" in out
        assert sorted(self.names(tmp_path / "set").values()) == sorted(pictures)
        assert all(
            re.fullmatch(r"alice/[0-9a-f]{24}\.png", name) for name in self.names(tmp_path / "set")
        )
        assert {p.name for p in tmp_path.iterdir()} == before | {"set"}
        status, out, _ = run(capsys, "collect", tmp_path / "set", "alice", *sources[1:])
        assert status == 0 and "0 pictures added" in out and "4 were there already" in out

    def test_without_metadata_no_place_comes_along(self, tmp_path, capsys):
        came = tmp_path / "in.jpg"
        came.write_bytes(with_place(scene(1, 160, 120)))
        for folder, options in (("as-it-came", []), ("bare", ["--without-metadata"])):
            for result in ("added", "already"):
                command = ("collect", tmp_path / folder, "alice", came, "--json", *options)
                _, out, _ = run(capsys, *command)
                assert [e["result"] for e in json.loads(out)["entries"]] == [result]
        (kept,) = (tmp_path / "as-it-came" / "alice").glob("*.jpg")
        assert kept.read_bytes() == came.read_bytes()
        (bare,) = (tmp_path / "bare" / "alice").glob("*.jpg")
        assert b"Exif" not in bare.read_bytes() and b"Exif" in came.read_bytes()
        with PIL.Image.open(bare) as picture:
            assert picture.size == (120, 160) and not picture.getexif()  # turned upright

    def test_copies_in_another_class_and_rejected_ones_are_not_brought(self, tmp_path, capsys):
        first, second = write(tmp_path / "1.png", scene(1)), write(tmp_path / "2.png", scene(2))
        run(capsys, "collect", tmp_path / "set", "alice", first, second)
        Dataset(tmp_path / "set").decide(Decision(sha256_of_file(second), "reject"))
        _, out, _ = run(capsys, "collect", tmp_path / "set", "bob", first, second, "--json")
        assert [(e["result"], e["note"]) for e in json.loads(out)["entries"]] == [
            ("elsewhere", "alice"),
            ("rejected", ""),
        ]

    def test_bombs_and_damage_are_said_and_cost_no_memory(self, tmp_path, capsys):
        with zipfile.ZipFile(tmp_path / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("bomb.png", bytes(40 * 1024 * 1024))
            archive.writestr("wide.png", png(10_000, 5_000))
            archive.writestr("good.png", encoding.encode(scene(1)))
        whole = io.BytesIO()
        with tarfile.open(fileobj=whole, mode="w:gz") as archive:
            for n in range(30):
                add(
                    archive,
                    f"{n}.png",
                    np.random.default_rng(n).bytes(3000) + encoding.encode(scene(n)),
                )
        (tmp_path / "cut.tar.gz").write_bytes(whole.getvalue()[: len(whole.getvalue()) // 2])
        words = (
            "collect",
            tmp_path / "set",
            "a",
            tmp_path / "bomb.zip",
            tmp_path / "cut.tar.gz",
            "--megabytes",
            1,
        )
        status, out, _ = run(capsys, *words, "--json")
        report = json.loads(out)
        assert status == 1 and report["counts"]["added"] == 1 and report["counts"]["too_large"] == 2
        assert any(e["result"] == "failed" and "damaged" in e["note"] for e in report["entries"])

    def test_limits_of_a_source(self, tmp_path):
        for n in range(5):
            write(tmp_path / "in" / f"{n}.png", scene(n))
        done = list(
            collect.collect(
                tmp_path / "set", "a", [str(tmp_path / "in")], collect.CollectOptions(entries=3)
            )
        )
        assert [b.result for b in done] == ["added"] * 3 + ["too_large"]
        done = list(
            collect.collect(
                tmp_path / "set", "b", [str(tmp_path / "in")], collect.CollectOptions(total=10)
            )
        )
        assert [b.result for b in done] == ["too_large"]

    def test_a_locked_archive_is_said(self, tmp_path, capsys):
        with zipfile.ZipFile(tmp_path / "z.zip", "w") as archive:
            archive.writestr("a.png", encoding.encode(scene(1)))
        data = bytearray((tmp_path / "z.zip").read_bytes())
        data[data.index(b"PK\x01\x02") + 8] |= 1  # the flag that says: encrypted
        data[6] |= 1
        (tmp_path / "z.zip").write_bytes(data)
        status, out, _ = run(capsys, "collect", tmp_path / "set", "a", tmp_path / "z.zip")
        assert status == 1 and "password" in out

    def test_addresses_need_leave_and_have_limits(self, tmp_path, capsys, site):
        base, asked = site
        listed = tmp_path / "list.txt"
        paths = ("good.png", "missing.png", "huge.png", "text.png", "once", "loop", "elsewhere")
        listed.write_text("# pictures\n" + "\n".join(f"{base}/{p}" for p in paths) + "\n\n")
        status, _, complaint = run(capsys, "collect", tmp_path / "set", "a", listed)
        assert status == 2 and "--allow-network" in complaint and not asked
        words = (
            "collect",
            tmp_path / "set",
            "a",
            listed,
            "--allow-network",
            "--megabytes",
            1,
            "--interval",
            0,
            "--json",
        )
        results = {
            e["name"].rsplit("/", 1)[1]: e["result"]
            for e in json.loads(run(capsys, *words)[1])["entries"]
        }
        assert results == {
            "good.png": "added",
            "missing.png": "failed",
            "huge.png": "too_large",
            "text.png": "unreadable",
            "once": "already",
            "loop": "failed",
            "elsewhere": "failed",
        }
        asked.clear()
        run(capsys, *words)
        assert asked[:2] == ["/robots.txt", "/missing.png"], "what is known is not asked again"


def add(archive: tarfile.TarFile, name: str, data: bytes) -> None:
    info = tarfile.TarInfo(name)
    info.size = len(data)
    archive.addfile(info, io.BytesIO(data))


@pytest.fixture
def site():
    """A small web server on loopback: a picture, a missing one, one without end, redirects."""
    asked: list[str] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            target = {
                "/once": "/good.png",
                "/loop": "/loop",
                "/elsewhere": "file:///etc/passwd",
            }.get(self.path)
            self.send_response(302 if target else 404 if self.path == "/missing.png" else 200)
            if target:
                self.send_header("Location", target)
            self.end_headers()
            body = {
                "/good.png": encoding.encode(scene(1)),
                "/text.png": b"text" * 99,
                "/huge.png": bytes(3 * 1024**2),
            }
            with contextlib.suppress(ConnectionError):
                self.wfile.write(body.get(self.path, b""))

        def log_message(self, *words: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", asked
    server.shutdown()
    thread.join()
    server.server_close()
