"""`likeness watch` as it is typed: every kind of source, a real server and a real broker."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from data_cleaning.imaging.decoding import decode
from server.history.prediction_log import Filter, PredictionLog
from server.service import service_of
from tests.support.browsing import Live
from tests.support.cameras import (
    ADA,
    STRANGER,
    film,
    jpeg,
    rtsp_server,
    stream,
    video_file,
    watching,
)
from tests.support.mosquitto import broker, listening, wait_until
from tests.support.sites import page, running, status
from tests.ui.asking import Start


def logged(server: Live) -> list[tuple[str | None, str | None]]:
    service = service_of(server.app)
    service.keeper.settle()
    found = PredictionLog(service.store).newest(Filter(), 500)
    return [(answer.camera, answer.label) for answer in found]


def test_a_film_is_told_as_events_and_only_those_are_logged(live: Start, tmp_path: Path) -> None:
    server = live()
    frames = [*([{}] * 10), *([ADA] * 40), *([{}] * 10), *([STRANGER] * 50)]
    path = video_file(tmp_path / "day.mp4", frames)
    words = [path, "--camera", "door", "--every", 0.5, "--server", server.url]
    with watching(tmp_path / "w", *words) as seen:
        assert seen.wait() == 0, seen.said
        first, second = seen.events
    assert (first["name"], first["camera"], first["known"]) == ("ada_lovelace", "door", True)
    assert (second["name"], second["known"]) == (None, False)
    assert first["width"] == 400 and abs(first["box"][0] - 40) < 6
    assert sorted(logged(server), key=str) == [("door", "ada_lovelace"), ("door", None)]
    assert {first["prediction_id"], second["prediction_id"]} == ids_of(server)
    assert "37 frames looked at" in seen.said, seen.said


def ids_of(server: Live) -> set[str]:
    log = PredictionLog(service_of(server.app).store)
    return {answer.id for answer in log.newest(Filter(camera="*"), 500)}


def test_a_model_of_this_machine_answers_without_a_service(
    shapes_artifacts: Path, drawn_shapes: Path, tmp_path: Path
) -> None:
    picture = next((drawn_shapes / "disc").iterdir()).read_bytes()
    with running({"/snap.jpg": page(picture, kind="image/png")}) as camera:
        source = f"http://127.0.0.1:{camera.server_port}/snap.jpg"
        words = [source, "--local", "--model", "shapes", "--artifacts", shapes_artifacts]
        with watching(tmp_path / "w", *words, "--every", 0.2, "--settle", 0.5) as seen:
            wait_until(lambda: seen.events)
            assert seen.end() == 0
    (event,) = seen.events
    assert (event["name"], event["model"], event["prediction_id"]) == ("disc", "shapes", None)


def test_a_stream_of_jpegs_is_seen_and_the_password_is_not_shown(
    live: Start, tmp_path: Path
) -> None:
    with running({"/video": stream([ADA])}) as camera:
        source = f"http://me:geheim@127.0.0.1:{camera.server_port}/video"
        words = [source, "--server", live().url, "--every", 0.2, "--settle", 0]
        with watching(tmp_path / "w", *words) as seen:
            wait_until(lambda: seen.events)
            assert seen.end() == 0
        assert camera.headers[0]["Authorization"].startswith("Basic ")
    assert "geheim" not in seen.said and "127.0.0.1" in seen.said


def test_without_motion_nothing_is_asked(live: Start, tmp_path: Path) -> None:
    moving = [{"ada_lovelace": (40 + 8 * n, 60, 80, 100)} for n in range(20)]
    path = video_file(tmp_path / "day.mp4", [*([ADA] * 50), *moving, *([moving[-1]] * 50)])
    with watching(tmp_path / "w", path, "--motion", "--every", 0.2, "--server", live().url) as seen:
        assert seen.wait() == 0, seen.said
    (looks,) = re.findall(r"(\d+) frames looked at", seen.said)
    assert 15 <= int(looks) <= 50, "of 120"


def test_a_camera_that_goes_and_comes_back(live: Start, tmp_path: Path) -> None:
    server, available = live(), "likeness/cameras/door/availability"
    frames = film(tmp_path / "film", [*([ADA] * 20), *([STRANGER] * 20)])
    with (
        broker(tmp_path / "broker") as mosquitto,
        listening(mosquitto.port, "likeness/#") as listener,
        rtsp_server(frames) as camera,
    ):
        words = [camera.url(), "--camera", "door", "--every", 0.2, "--settle", 0.5, "--gap", 1]
        with watching(tmp_path / "w", *words, "--server", server.url, mqtt=mosquitto.url) as seen:
            listener.wait(lambda: listener.of("likeness/matches/known"))
            listener.wait(lambda: listener.last("likeness/cameras/door/person") == b"1")
            assert listener.last(available) == b"online"
            camera.end()
            listener.wait(lambda: listener.last(available) == b"offline")
            before = len(listener.of("likeness/matches/known"))
            camera.begin()
            listener.wait(lambda: listener.last(available) == b"online")
            listener.wait(lambda: len(listener.of("likeness/matches/known")) > before)
            assert seen.end() == 0
            listener.wait(lambda: listener.last(available) == b"offline")
        told = [json.loads(said) for said in listener.of("likeness/cameras/door")]
        assert [event["id"] for event in told] == [event["id"] for event in seen.events]
        image = listener.last("likeness/cameras/door/image")
        assert image and decode(image).shape == (304, 400, 3)
    assert "camera lost 1 times" in seen.said


def test_a_service_that_is_away_costs_frames_and_nothing_else(live: Start, tmp_path: Path) -> None:
    server = live()
    with running({"/video": stream([ADA])}) as camera:
        source = f"http://127.0.0.1:{camera.server_port}/video"
        words = [source, "--server", server.url, "--every", 0.1, "--settle", 0, "--gap", 1]
        with watching(tmp_path / "w", *words) as seen:
            wait_until(lambda: len(seen.events) == 1)
            server.stop()
            wait_until(lambda: "4 frames had no answer" in seen.said)  # longer than the gap
            server.start()
            wait_until(lambda: len(seen.events) == 2)
            assert seen.end() == 0
    (dropped,) = re.findall(r"(\d+) dropped", seen.said)
    assert int(dropped) > 0, "frames that came while nobody answered are not looked at later"


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["nothing-there"], "is no source"),
        (["rtsp://127.0.0.1:1/x", "--camera", "Front Door"], "a camera's name has"),
        (["rtsp://127.0.0.1:1/x", "--local"], "--local needs --model"),
    ],
)
def test_what_is_typed_wrongly(words: list[str], sentence: str, tmp_path: Path) -> None:
    with watching(tmp_path / "w", *words) as seen:
        assert seen.wait() == 2 and sentence in seen.said, seen.said


def test_a_key_that_is_refused_ends_it(live: Start, tmp_path: Path) -> None:
    server = live(local_role="none")
    with running({"/snap": page(jpeg(ADA), kind="image/jpeg")}) as camera:
        words = [f"http://127.0.0.1:{camera.server_port}/snap", "--server", server.url]
        with watching(tmp_path / "w", *words, "--key", "lk_wrong") as seen:
            assert seen.wait() == 2 and "The service refuses" in seen.said


def test_a_camera_by_http_is_not_followed_elsewhere(live: Start, tmp_path: Path) -> None:
    with running({"/snap": status(302, Location="http://127.0.0.1:9/")}) as camera:
        words = [f"http://127.0.0.1:{camera.server_port}/snap", "--server", live().url]
        with watching(tmp_path / "w", *words) as seen:
            wait_until(lambda: "answers with status 302" in seen.said)
            assert seen.end() == 0
