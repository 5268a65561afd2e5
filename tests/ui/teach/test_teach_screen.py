"""The screen Teach, in a browser: from nothing to an answer, and marks before any training."""

from __future__ import annotations

import base64
import re
from pathlib import Path
from typing import Any

import pytest

from model.recognition.registry import Registry
from tests.support.browsing import CHROMIUM, CHROMIUM_ARGUMENTS, Live
from tests.support.live import Serve
from tests.support.started import no_runner
from tests.ui.admin_page import Start, filled
from tests.ui.asking import PHONE
from tests.ui.teach.faces import WATCH, bad, jpeg, person, put, signed_in, two_people

pytestmark = pytest.mark.browser


@pytest.fixture
def trained_shapes(live: Start, shapes_artifacts: Path) -> Live:
    """A service that has no data set; its trainings are ended by the test, as the one that made the
    model `shapes` ended.
    """
    server = live()
    service = server.app.extensions["likeness"]
    service.models.registry = Registry(shapes_artifacts)
    service.jobs.start_runner = no_runner
    return server


def end_training(server: Live) -> None:
    jobs = server.app.extensions["likeness"].jobs
    job = jobs.take()
    progress = {"stage": "folds", "done": 1, "total": 4, "message": "Answering unseen pictures"}
    jobs.change(job.id, progress=progress)
    jobs.change(job.id, state="done", result={"name": "shapes", "version": 1, "waits": ""})


def test_from_nothing_to_an_answer(
    desk: Any, trained_shapes: Live, nginx: Serve, drawn_shapes: Path
) -> None:
    """A folder with a folder for each class, a training, a picture: each is one click."""
    url = nginx(f"127.0.0.1:{trained_shapes.port}")
    signed_in(desk, trained_shapes, "/teach", url)
    desk.evaluate(WATCH)
    desk.wait_for_selector("#first:not([hidden])")
    with desk.expect_file_chooser() as folder:
        desk.click("#first-folder")
    folder.value.set_files(drawn_shapes)
    for label in ("square", "cross", "disc"):
        desk.wait_for_selector(f"[data-label={label}] .sending:has-text('12 pictures added')")
    desk.wait_for_selector("#train-pane .primary:not(:disabled)")
    desk.click("#train-pane button:has-text('Train')")
    desk.wait_for_selector(".progress-line")
    end_training(trained_shapes)
    desk.wait_for_selector(".result[data-version='1'] .result-figure")
    card = desk.inner_text(".result")
    assert "of 36 pictures that it had not seen" in card
    assert "With new pictures like these, expect" in card
    with desk.expect_file_chooser() as picture:
        desk.click("#try-pane button:has-text('Choose a picture')")
    picture.value.set_files(drawn_shapes / "disc" / "3.png")
    desk.wait_for_selector("#try-pane .answers:has-text('Disc')")
    assert desk.evaluate("window.clicks") <= 8


def test_names_may_be_typed(desk: Any, live: Start, orl_faces: Path) -> None:
    server = live()
    signed_in(desk, server, "/teach")
    for name in ("Ada", "Grace Hopper"):
        desk.fill("#class-name", name)
        desk.keyboard.press("Enter")
        desk.wait_for_selector(f".class-card h3:text-is('{name}')")
        assert desk.evaluate("document.activeElement.id") == "class-name"
    assert desk.locator("#train-pane .primary").is_disabled()
    assert "Too few pictures of Ada and Grace Hopper" in desk.inner_text("#train-pane")
    files = [jpeg(person(orl_faces, 1, n), f"{n}.jpg") for n in (1, 4)]
    for label in ("ada", "grace_hopper"):
        desk.locator(f"[data-label={label}] input[type=file]").set_input_files(files)
        desk.wait_for_selector(f"[data-label={label}] .sending:has-text('2 pictures added')")
    notes = {"name": "a.jpg", "mimeType": "image/jpeg", "buffer": b"no picture"}
    desk.locator("[data-label=ada] input[type=file]").set_input_files([files[0], notes])
    desk.wait_for_selector("[data-label=ada] .sending:has-text('One was there already.')")
    assert "a.jpg: That is not a picture" in desk.inner_text("[data-label=ada] .refused")


def test_twenty_pictures_of_which_six_are_bad(desk: Any, live: Start, orl_faces: Path) -> None:
    """Each is marked before anything is trained, with what to do."""
    server = live()
    server.registry.bundles.clear()  # nothing was ever trained here
    wrong = bad(orl_faces)
    fine = wrong.pop("")
    put(server, "team", "grace", person(orl_faces, 2, 1), person(orl_faces, 2, 2))
    put(server, "team", "ada")
    good = [fine, *(person(orl_faces, 1, n) for n in (3, 4, 5, 6, 7, 8, 9, 10))]
    good += [person(orl_faces, 5, n) for n in (1, 3, 5, 7, 9)]
    files = [jpeg(image, f"{n}.jpg") for n, image in enumerate([*good, *wrong.values()])]
    assert len(files) == 20
    signed_in(desk, server, "/teach?dataset=team")
    desk.wait_for_selector("[data-label=ada] h3")
    desk.locator("[data-label=ada] input[type=file]").set_input_files(files)
    desk.wait_for_selector(
        "[data-label=ada] .sending:has-text('20 pictures added.')", timeout=60000
    )
    for words in wrong:
        found = desk.locator("[data-label=ada] .issue", has_text=words)
        assert found.count() >= 1, words
        assert found.first.locator(".actions button:has-text('Leave it out')").count() == 1
        assert len(found.first.locator("p").inner_text()) > 20
    assert "need a look first" in desk.inner_text("#train-advice")


def test_one_of_several_is_chosen_and_undone(phone: Any, live: Start, orl_faces: Path) -> None:
    server = live()
    put(server, "team", "ada", two_people(orl_faces), person(orl_faces, 1, 1))
    signed_in(phone, server, "/teach?dataset=team")
    faces = phone.locator("[data-label=ada] .issue button.region")
    faces.first.wait_for()
    assert faces.count() == 2
    faces.nth(1).tap()
    phone.wait_for_selector(".toast:has-text('That face was cut out')")
    phone.wait_for_selector("[data-label=ada] .issue button.region", state="detached")
    assert "2 pictures" in phone.inner_text("[data-label=ada] header")
    phone.tap(".toast button:has-text('Undo')")
    faces.first.wait_for()


def test_a_name_is_text_however_it_is_written(desk: Any, live: Start, orl_faces: Path) -> None:
    server = live()
    names = ["<img src=x onerror=alert(1)>", "W" * 60, "שלום עולם"]
    for name in names:
        put(server, "<b>bold", name, two_people(orl_faces))
    signed_in(desk, server, "/teach?dataset=%3Cb%3Ebold")
    desk.wait_for_selector(".class-card >> nth=2")
    desk.wait_for_selector(".issue")
    assert desk.locator("#screen img[src=x], #screen b").count() == 0
    titles = desk.locator(".class-card h3").all_inner_texts()
    assert {title.lower() for title in titles} == {name.lower() for name in names}
    assert desk.evaluate("document.documentElement.scrollWidth") <= 1280
    desk.goto(f"{server.url}/review?dataset=%3Cb%3Ebold")
    desk.wait_for_selector(".shot >> nth=2")
    assert desk.locator("#screen img[src=x], #screen b").count() == 0
    assert desk.evaluate("document.documentElement.scrollWidth") <= 1280


def test_a_held_button_photographs_twice_a_second(browser: Any, live: Start) -> None:
    pretended = ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"]
    started = browser.browser_type.launch(
        executable_path=CHROMIUM, args=[*CHROMIUM_ARGUMENTS, *pretended]
    )
    try:
        server = live()
        put(server, "team", "ada")
        page = started.new_page(viewport=PHONE)
        signed_in(page, server, "/teach?dataset=team")
        page.click("[data-label=ada] button:has-text('Camera')")
        hold = page.locator("[data-label=ada] .shots .primary:not([disabled])")
        hold.wait_for()
        hold.focus()
        page.keyboard.down("Enter")
        # A number stands for half a second, so a busy machine may not see each.
        page.locator(".shots", has_text=re.compile(r"([3-9]|\d\d) pictures taken")).wait_for()
        page.keyboard.up("Enter")
        page.wait_for_selector("[data-label=ada] .issue:has-text('No face found')")
        page.click("button:has-text('Close the camera')")
        assert page.locator("video").count() == 0
    finally:
        started.close()


def test_a_folder_is_dropped_and_a_picture_pasted(desk: Any, live: Start, orl_faces: Path) -> None:
    server = live()
    put(server, "team", "ada")
    signed_in(desk, server, "/teach?dataset=team")
    desk.wait_for_selector("[data-label=ada] h3")
    give = """([base64, kind, where]) => {
        const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
        const transfer = new DataTransfer();
        transfer.items.add(new File([bytes], `${kind}.jpg`, { type: "image/jpeg" }));
        const options = { bubbles: true, cancelable: true };
        const event = kind === "drop"
            ? new DragEvent("drop", { ...options, dataTransfer: transfer })
            : new ClipboardEvent("paste", { ...options, clipboardData: transfer });
        return document.querySelector(where).dispatchEvent(event);
    }"""
    data = base64.b64encode(jpeg(person(orl_faces, 1, 1), "")["buffer"]).decode()
    other = base64.b64encode(jpeg(person(orl_faces, 1, 5), "")["buffer"]).decode()
    # Nowhere in particular: the browser must not leave for it, and the page asks where to.
    assert desk.evaluate(give, [data, "drop", "h1"]) is False
    desk.wait_for_selector("#trouble:has-text('To which class')")
    assert desk.evaluate(give, [data, "drop", "[data-label=ada]"]) is False
    desk.wait_for_selector("[data-label=ada] .sending:has-text('One picture added.')")
    desk.focus("[data-label=ada] button >> nth=0")
    desk.evaluate(give, [other, "paste", "body"])
    desk.wait_for_selector("[data-label=ada] header:has-text('2 pictures')")


def test_what_is_wished_of_a_training_is_asked_for(desk: Any, live: Start) -> None:
    server = live()
    jobs = server.app.extensions["likeness"].jobs
    jobs.start_runner = no_runner
    filled(server, "letters", "a", "b")
    signed_in(desk, server, "/teach?dataset=letters")
    desk.click("summary:has-text('More choices')")
    desk.select_option(
        "label:has-text('Strangers who may get a name') select",
        label="1 in 1000, whatever it costs",
    )
    desk.check("label:has-text('A picture may show several classes') input")
    desk.select_option("label:has-text('Recipe') select", "object-classic")
    desk.click("#train-pane .primary")
    desk.wait_for_selector("#train-pane .progress-line")
    [job] = jobs.all()
    assert job.arguments == {
        "dataset": "letters", "model": "letters", "recipe": "object-classic", "fpir": 0.001,
            "multi_label": True,
    }  # fmt: skip
    jobs.change(jobs.take().id, state="failed", message="Too few pictures of a: 1.")
    desk.wait_for_selector("#train-pane:has-text('Too few pictures of a: 1.')")
    desk.reload()
    desk.wait_for_selector("#train-pane:has-text('Too few pictures of a: 1.')")


def test_an_answer_that_comes_late_does_not_hide_the_training_asked_for_meanwhile(
    desk: Any, live: Start
) -> None:
    server = live()
    jobs = server.app.extensions["likeness"].jobs
    jobs.start_runner = no_runner
    filled(server, "letters", "a", "b")
    signed_in(desk, server, "/teach")
    held: list[Any] = []

    def hold(route: Any) -> None:
        if route.request.method == "GET" and not held:
            held.append(route)
        else:
            route.continue_()

    desk.route("**/api/jobs", hold)
    with desk.expect_request("**/api/jobs"):
        desk.goto(f"{server.url}/teach?dataset=letters")
    desk.click("#train-pane .primary:not([disabled])")
    desk.wait_for_selector("#train-pane .progress-line")
    with desk.expect_response("**/api/jobs"):
        held[0].continue_()
    jobs.change(jobs.take().id, state="failed", message="Too few pictures of a: 1.")
    desk.wait_for_selector("#train-pane:has-text('Too few pictures of a: 1.')")


def tabbed_to(page: Any, where: str) -> None:
    """As somebody gets there who has no mouse."""
    for _ in range(80):
        page.keyboard.press("Tab")
        if page.evaluate(f"document.activeElement.matches({where!r})"):
            return
    raise AssertionError(f"the keyboard does not reach {where}")


def test_by_keys_alone_a_class_is_taught(desk: Any, live: Start, orl_faces: Path) -> None:
    server = live()
    jobs = server.app.extensions["likeness"].jobs
    jobs.start_runner = no_runner
    put(server, "team", "ada", two_people(orl_faces), person(orl_faces, 1, 1))
    put(server, "team", "grace", person(orl_faces, 2, 1), person(orl_faces, 2, 5))
    signed_in(desk, server, "/teach?dataset=team")
    desk.wait_for_selector(".issue button.region")
    desk.wait_for_selector("#train-pane .primary:not(:disabled)")
    tabbed_to(desk, "button.region")
    desk.keyboard.press("Enter")
    desk.wait_for_selector(".toast:has-text('That face was cut out')")
    tabbed_to(desk, "#train-pane .primary")
    desk.keyboard.press("Enter")
    desk.wait_for_selector("#train-pane .progress-line")
    assert [job.dataset for job in jobs.all()] == ["team"]


def test_a_training_is_followed_through_breaks_and_stopped(
    desk: Any, live: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The stream ends again and again before the job does."""
    monkeypatch.setattr("server.training.views.FOLLOWED", 0.2)
    monkeypatch.setattr("server.training.views.RETRY", 50)
    server = live()
    jobs = server.app.extensions["likeness"].jobs
    jobs.start_runner = no_runner
    filled(server, "letters", "a", "b")
    arguments = {"dataset": "letters", "model": "letters", "recipe": None}
    job = jobs.add("train", arguments, "me").id
    jobs.take()
    signed_in(desk, server, "/teach?dataset=letters")
    whole = {"whole_seconds_left": 130, "waiting": True}
    for stage, part in (("crops", 0.1), ("folds", 0.6), ("save", 0.97)):
        progress = {"stage": stage, "done": 1, "total": 2, "message": "x", "part": part, **whole}
        with desk.expect_request(f"**/{job}/events"):
            jobs.change(job, progress=progress)
        desk.wait_for_selector(f"#train-pane [aria-valuenow='{round(100 * part)}']")
        words = "about 2 minutes left · waiting for the processor"
        assert words in desk.inner_text("#train-pane")
    desk.click("#train-pane button:has-text('Stop training')")
    desk.click("#sure-yes")
    desk.wait_for_selector("#train-pane button:has-text('Stop training'):disabled")
    jobs.change(job, state="cancelled")
    desk.wait_for_selector("#train-pane:has-text('The training was stopped.')")


def test_a_version_that_waits_can_be_let_answer(
    desk: Any, trained_shapes: Live, orl_faces: Path
) -> None:
    filled(trained_shapes, "letters", "a", "b")
    jobs = trained_shapes.app.extensions["likeness"].jobs
    jobs.add("train", {"dataset": "letters", "model": "shapes", "recipe": None}, "me")
    waits = "Version 0, which answers, also knows ada."
    jobs.change(jobs.take().id, state="done", result={"version": 1, "waits": waits})
    signed_in(desk, trained_shapes, "/teach?dataset=letters")
    desk.wait_for_selector(f".result:has-text('{waits}')")
    assert "Somebody with the role admin" in desk.inner_text(".result")
    assert desk.locator("#try-pane .primary").is_disabled()


def test_class_and_data_set_are_deleted(desk: Any, live: Start) -> None:
    server = live()
    filled(server, "letters", "a", "b")
    signed_in(desk, server, "/teach?dataset=letters")
    desk.click("button[aria-label='Delete the class B']")
    desk.click("#sure-dialog button:has-text('Back')")
    desk.click("button[aria-label='Delete the class B']")
    desk.click("#sure-yes")
    desk.wait_for_selector("[data-label=b]", state="detached")
    desk.click("#delete-dataset")
    desk.click("#sure-yes")
    desk.wait_for_selector("#first:not([hidden])")
