"""Frames of a real video file and of a camera that answers as cameras do."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import pytest

from data_cleaning.errors import DatasetError, PictureTooLarge
from data_cleaning.imaging.image import Image
from data_cleaning.imaging.limits import Limits
from data_cleaning.imaging.video import FILES_ONLY, Video
from tests.data_cleaning.commands import run
from tests.support.pictures import scene
from tests.support.rtsp import camera
from tests.support.sites import page, running

RATE = 10
SCENES = (1, 2, 3, 1)  # two seconds each; the last one was there already


def shot(seed: int) -> Image:
    return scene(seed, 160, 128)


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("film") / "holiday.mp4"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"mp4v"), RATE, (160, 128))
    for seed in SCENES:
        for _ in range(2 * RATE):
            writer.write(shot(seed))
    writer.release()
    return path


def collected(
    root: Path, capsys: pytest.CaptureFixture[str], source: object, *more: object
) -> dict[str, dict[str, int]]:
    code, out, told = run(capsys, "collect", root, "a", source, "--json", *more)
    assert code == 0, told
    found = json.loads(out)
    assert isinstance(found, dict)
    return found


def test_a_frame_every_so_often_near_copies_left_out(
    film: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    report = collected(tmp_path, capsys, film, "--every", 0.5)
    assert report["found"] == 16, "eight seconds"
    assert report["counts"]["added"] == 3 and report["counts"]["left_out"] == 13
    lines = (tmp_path / "sources.jsonl").read_text().splitlines()
    names = [json.loads(line)["name"] for line in lines]
    assert names == ["holiday.mp4#0.00", "holiday.mp4#2.00", "holiday.mp4#4.00"]
    report = collected(tmp_path, capsys, film, "--every", 0.5)
    assert report["counts"]["added"] == 0, "a second run brings nothing new"


def test_a_frame_a_scene(film: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    report = collected(tmp_path, capsys, film, "--scenes")
    assert (report["found"], report["counts"]["added"]) == (4, 3)


def test_a_camera(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with camera(lambda number: shot(number // 4)) as seen:
        source = f"rtsp://user:secret@127.0.0.1:{seen.port}/live"
        report = collected(tmp_path, capsys, source, "--every", 0.5, "--frames", 4)
    assert report["found"] == 4 and report["counts"]["added"] >= 3, report
    noted = (tmp_path / "sources.jsonl").read_text()
    assert f"rtsp://127.0.0.1:{seen.port}/live" in noted and "secret" not in noted


@pytest.mark.parametrize("source", ["rtsp://127.0.0.1:1/live", "/dev/video99"])
def test_a_camera_that_does_not_answer(
    source: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, _, told = run(capsys, "collect", tmp_path / "set", "a", source)
    assert code == 2 and "The camera does not answer" in told
    assert not (tmp_path / "set").exists()


def test_what_is_no_video(tmp_path: Path) -> None:
    (tmp_path / "x.mp4").write_bytes(b"no video" * 99)
    with pytest.raises(DatasetError, match="no video"):
        Video(tmp_path / "x.mp4")


def test_too_large_a_picture(film: Path) -> None:
    with pytest.raises(PictureTooLarge):
        Video(film, Limits(pixels=1000))


def test_a_video_file_that_names_an_address_asks_nobody(tmp_path: Path) -> None:
    """A playlist under a video's name would have FFmpeg fetch what it lists."""
    with running({"/a.ts": page(b"inside")}) as inside:
        address = f"http://127.0.0.1:{inside.server_port}/a.ts"
        playlist = f"#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\n{address}\n#EXT-X-ENDLIST\n"
        (tmp_path / "x.mp4").write_text(playlist)
        with pytest.raises(DatasetError):
            Video(tmp_path / "x.mp4")
        assert not inside.asked and "http" not in FILES_ONLY
