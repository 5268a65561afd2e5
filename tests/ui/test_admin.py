"""The admin corner and what a key adds to the page, in a real browser against the real application."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from data_cleaning.imaging.limits import Limits
from server.datasets.managed_datasets import Datasets
from tests.support.browsing import Live, picture
from tests.support.patches import Patches
from tests.support.started import no_runner

pytestmark = pytest.mark.browser
Start = Callable[..., Live]
ADA = picture({"ada_lovelace": (40, 60, 80, 100)})
VIEWS = {"train": ["models", "datasets", "training"]}
VIEWS["admin"] = [*VIEWS["train"], "answers", "keys", "rights"]


@pytest.fixture(params=[390, 1280], ids=["phone", "desktop"])
def page(request: pytest.FixtureRequest, browser: Any) -> Iterator[Any]:
    context = browser.new_context(viewport={"width": request.param, "height": 860})
    made = context.new_page()
    wrong: list[str] = []
    made.on("pageerror", lambda error: wrong.append(str(error)))
    made.on(
        "console",
        lambda said: wrong.append(said.text) if "Content Security Policy" in said.text else None,
    )
    yield made
    context.close()
    assert not wrong


def key_of(live: Live, role: str) -> str:
    key, _ = live.app.extensions["likeness"].keys.create(f"the {role}", role)
    return str(key)


def signed_in(page: Any, live: Live, role: str, where: str = "/admin.html") -> None:
    page.goto(live.url + where)
    page.click("#gate-sign-in" if "admin" in where else "#sign-in")
    page.fill("#key", key_of(live, role))
    page.click("#sign-in-form [type=submit]")
    page.wait_for_selector("#sign-out:not([hidden])")


def at(page: Any, live: Live, view: str, words: str) -> None:
    page.goto(f"{live.url}/admin.html#{view}")
    page.wait_for_selector(f"#view h1:has-text('{words}')")


def test_without_a_key_there_is_only_a_way_in(page: Any, live: Start) -> None:
    server = live()
    page.goto(f"{server.url}/admin.html")
    page.wait_for_selector("#gate:not([hidden])")
    assert page.locator("#tabs").is_hidden()
    page.click("#gate-sign-in")
    page.fill("#key", "lk_wrong_key")
    page.click("#sign-in-form [type=submit]")
    page.wait_for_selector("#sign-in-note:has-text('The key is not valid')")


@pytest.mark.parametrize("role", ["train", "admin"])
def test_a_role_sees_what_it_may_use(page: Any, live: Start, role: str) -> None:
    server = live()
    signed_in(page, server, role)
    page.wait_for_selector("#view h1")
    tabs = page.eval_on_selector_all(
        "#tabs a:not([hidden])", "all => all.map((tab) => tab.hash.slice(1))"
    )
    assert tabs == VIEWS[role]
    for view in tabs:
        page.goto(f"{server.url}/admin.html#{view}")
        page.wait_for_selector("#view h1")
        page.wait_for_selector("#view[aria-busy=false]")
        assert page.locator("#trouble").is_hidden(), view
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), view
    page.click("#sign-out")
    page.wait_for_selector("#gate:not([hidden])")
    assert page.locator("#view").inner_text() == ""


def test_a_data_set_is_made_filled_and_emptied(page: Any, live: Start) -> None:
    server = live()
    signed_in(page, server, "train")
    at(page, server, "datasets", "Data sets")
    page.fill("input[aria-label='Create data set']", "friends")
    page.click("button:has-text('Create')")
    page.wait_for_selector("h2:has-text('friends')")
    page.fill("input[aria-label='Add class to friends']", "ada_lovelace")
    page.click("button:has-text('Add class')")
    page.wait_for_selector(".class-row:has-text('Ada Lovelace')")
    files = [
        {
            "name": f"{n}.png",
            "mimeType": "image/png",
            "buffer": picture({"stranger": (n, 9, 40, 40)}),
        }
        for n in range(9)
    ]
    wrong = {"name": "notes.txt", "mimeType": "text/plain", "buffer": b"no picture"}
    page.locator(".class-row input[type=file]").set_input_files([*files, wrong])
    page.wait_for_selector(".done:has-text('9 pictures added to Ada Lovelace.')")
    assert "notes.txt: This is not a picture" in page.inner_text(".done")
    page.click("summary:has-text('See the pictures')")
    page.wait_for_selector(".thumbnails img >> nth=8")
    page.locator(".thumbnails li").first.get_by_role("button", name="Delete").click()
    page.wait_for_selector(".thumbnails img >> nth=8", state="detached")
    page.click("button:has-text('Delete data set')")
    page.click("#sure-dialog button:has-text('Back')")
    page.click("button:has-text('Delete data set')")
    page.click("#sure-yes")
    page.wait_for_selector("#view:has-text('No data set yet.')")


def filled(live: Live, name: str, *classes: str) -> None:
    """A data set with one picture in each class; a class named "empty" gets none."""
    made = Datasets(live.app.extensions["likeness"].settings.datasets)
    made.create(name)
    for number, label in enumerate(classes):
        made.create_class(name, label)
        if label != "empty":
            made.add(name, label, picture({"stranger": (number, 9, 40, 40)}), Limits())


def test_a_training_that_cannot_start_says_why(page: Any, live: Start) -> None:
    server = live()
    filled(server, "letters", "a", "b", "empty")
    signed_in(page, server, "train")
    at(page, server, "datasets", "Data sets")
    page.click("button:has-text('Start training')")
    page.wait_for_selector("#trouble:not([hidden])")
    assert "no pictures: empty" in page.inner_text("#trouble")


def test_what_is_wished_of_a_training_is_asked_for_and_shown(page: Any, live: Start) -> None:
    server = live()
    server.app.extensions["likeness"].jobs.start_runner = no_runner
    filled(server, "letters", "a", "b")
    signed_in(page, server, "train")
    at(page, server, "datasets", "Data sets")
    page.click("summary:has-text('More choices')")
    page.select_option(
        "label:has-text('Strangers who may get a name') select",
        label="1 in 1000, whatever it costs",
    )
    page.check("label:has-text('A picture may show several classes') input")
    page.select_option("label:has-text('Recipe') select", "auto")
    page.click("button:has-text('Start training')")
    page.wait_for_selector("#trouble:not([hidden])")
    assert "a recipe other than auto" in page.inner_text("#trouble")
    page.select_option("label:has-text('Recipe') select", "object-classic")
    page.click("button:has-text('Start training')")
    page.wait_for_selector("#view h1:has-text('Training')")
    page.wait_for_selector(
        "h2:has-text('object-classic, several classes a picture, at most 0.001 of strangers named')"
    )
    [job] = server.app.extensions["likeness"].jobs.all()
    assert job.arguments == {
        "dataset": "letters", "model": "letters", "recipe": "object-classic", "fpir": 0.001, "multi_label": True,
    }  # fmt: skip


def test_a_training_is_followed_through_refusals_and_breaks(
    page: Any, live: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At first too many others follow, then the stream ends again and again before the job does."""
    monkeypatch.setattr("server.training.views.FOLLOWED", 0.2)
    monkeypatch.setattr("server.training.views.RETRY", 50)
    server = live()
    service = server.app.extensions["likeness"]
    service.jobs.start_runner = no_runner
    job = service.jobs.add("train", {"dataset": "d", "model": "letters", "recipe": None}, "me").id
    taken = 0
    while service.streams.acquire(blocking=False):
        taken += 1
    signed_in(page, server, "train")
    with page.expect_response(
        lambda answer: answer.url.endswith("/events") and answer.status == 429
    ):
        at(page, server, "training", "Training")
    service.streams.release(taken)
    for done in (1, 2, 3):
        progress = {"stage": "crops", "done": done, "total": 3, "message": "Looking"}
        with page.expect_request(f"**/{job}/events"):
            service.jobs.change(job, state="running", progress=progress)
        page.wait_for_selector(f"#view:has-text('Looking: {done} of 3')")


def test_a_version_that_waits_says_why_and_what_to_do(page: Any, live: Start) -> None:
    server = live()
    jobs = server.app.extensions["likeness"].jobs
    jobs.start_runner = no_runner
    made = jobs.add("train", {"dataset": "letters", "model": "letters", "recipe": None}, "me").id
    jobs.take()
    jobs.change(
        made,
        state="done",
        result={"version": 2, "waits": "Version 1, which answers, also knows ada_lovelace."},
    )
    signed_in(page, server, "train")
    at(page, server, "training", "Training")
    card = page.locator(f"[data-job='{made}']")
    assert (
        "does not answer yet. Version 1, which answers, also knows Ada Lovelace. Somebody with the"
        " role admin can" in (card.inner_text())
    )
    assert card.locator("a:has-text('Ask it')").count() == 0


def test_the_first_timer_is_led_from_nothing_to_a_training(page: Any, live: Start) -> None:
    server = live()
    server.registry.bundles.clear()
    filled(server, "half", "a", "empty")
    signed_in(page, server, "admin")
    at(page, server, "training", "Training")
    page.click("#view a:has-text('a data set')")
    page.wait_for_selector("#view h1:has-text('Data sets')")
    assert "fill two at least" in page.inner_text("#view")
    assert page.locator("button:has-text('Start training')").count() == 0
    at(page, server, "models", "Models")
    page.click("#view a:has-text('a data set')")
    page.wait_for_selector("#view h1:has-text('Data sets')")
    page.click("a:has-text('Ask')")
    page.wait_for_selector("#headline:has-text('No model is trained yet.')")


def test_the_keyboard_stays_where_it_was(page: Any, live: Start) -> None:
    server = live()
    filled(server, "letters", "a")
    signed_in(page, server, "admin")
    at(page, server, "datasets", "Data sets")
    page.focus("input[aria-label='Add class to letters']")
    for label in ("b", "c"):
        page.keyboard.type(label)
        page.keyboard.press("Enter")
        page.wait_for_selector(f"#done:has-text('{label.upper()} was added.')")
        page.wait_for_selector(f".class-row strong:text-is('{label.upper()}')")
        assert (
            page.evaluate("document.activeElement.getAttribute('aria-label')")
            == "Add class to letters"
        )
    page.focus("button[aria-label='Delete class C of letters']")
    page.keyboard.press("Enter")
    page.focus("#sure-yes")
    page.keyboard.press("Enter")
    page.wait_for_selector("#done:has-text('C was deleted')")
    page.wait_for_selector(".class-row strong:text-is('C')", state="detached")
    assert page.evaluate("document.activeElement.id") == "done"


def test_pictures_dropped_on_a_class_are_added_and_counted_once(page: Any, live: Start) -> None:
    server = live()
    filled(server, "letters", "a", "b")
    signed_in(page, server, "train")
    at(page, server, "datasets", "Data sets")
    drop = """([base64, where]) => {
        const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
        const transfer = new DataTransfer();
        transfer.items.add(new File([bytes], "a.png", { type: "image/png" }));
        const event = new DragEvent("drop", { bubbles: true, cancelable: true, dataTransfer: transfer });
        return document.querySelector(where).dispatchEvent(event);
    }"""
    data = base64.b64encode(ADA).decode()
    assert (
        page.evaluate(drop, [data, "main"]) is False
    )  # or the browser would leave for the picture
    assert page.evaluate(drop, [data, ".class-row"]) is False
    page.wait_for_selector("#done:has-text('One picture added to A.')")
    page.evaluate(drop, [data, ".class-row"])
    page.wait_for_selector("#done:has-text('No pictures added to A. There already: 1.')")


def test_on_a_phone_no_table_is_cut_off(page: Any, live: Start) -> None:
    server = live()
    signed_in(page, server, "admin")
    key_of(server, "predict")
    at(page, server, "keys", "Keys")
    for button in page.get_by_role("button", name="Revoke the key").all():
        box = button.bounding_box()
        assert box["x"] >= 0 and box["x"] + box["width"] <= page.viewport_size["width"]
    dates = page.locator("[aria-label=Keys] td[data-head=Made]").all()
    assert dates and all(each.bounding_box()["height"] < 60 for each in dates)


def test_a_correction_is_kept_and_shown(page: Any, live: Start) -> None:
    server = live()
    signed_in(page, server, "admin", "/")
    page.set_input_files("#file", {"name": "a.png", "mimeType": "image/png", "buffer": ADA})
    page.wait_for_selector("#answer[data-tone=good]")
    page.select_option(".corrections select", label="Grace Hopper")
    page.wait_for_selector("#details:has-text('Thank you')")
    assert "The picture is now in colours as grace_hopper" in page.inner_text("#details")
    at(page, server, "answers", "Answers")
    row = page.locator("[aria-label=Corrections] tbody tr").first
    row.wait_for()
    assert row.locator("td").all_inner_texts()[1:5] == [
        "Ada Lovelace",
        "is Grace Hopper",
        "colours",
        "yes",
    ]
    page.wait_for_selector("[aria-label=Answers] tbody tr:has-text('Ada Lovelace 88 %')")
    page.wait_for_selector(".tile:has-text('pictures') strong:has-text('1')")


def test_a_kept_picture_can_be_seen_from_the_log(page: Any, live: Start) -> None:
    server = live(keep_pictures_days=1)
    signed_in(page, server, "admin", "/")
    page.set_input_files("#file", {"name": "a.png", "mimeType": "image/png", "buffer": ADA})
    page.wait_for_selector("#answer[data-tone=good]")
    while not list(server.app.extensions["likeness"].settings.state.rglob("pictures/*/*.jpg")):
        page.wait_for_timeout(50)
    at(page, server, "answers", "Answers")
    link = page.locator("[aria-label=Answers] tbody tr").first.get_by_role(
        "link", name="See the picture"
    )
    with page.context.expect_page() as opened:
        link.click()
    shown = opened.value
    assert shown.evaluate("document.contentType") == "image/jpeg"
    assert shown.evaluate("document.images[0].naturalWidth") == 400


def test_of_several_the_part_that_shows_one_teaches(page: Any, live: Start) -> None:
    """And what a word that teaches nothing was good for is said, too."""
    server = live()
    signed_in(page, server, "admin", "/")
    both = picture({"ada_lovelace": (40, 60, 80, 100), "grace_hopper": (260, 60, 80, 100)})
    page.set_input_files("#file", {"name": "a.png", "mimeType": "image/png", "buffer": both})
    page.wait_for_selector("#answer[data-tone=good]")
    page.wait_for_selector(".keep:has-text('the part of the picture that shows this face')")
    page.click(".corrections button:has-text('Yes, Ada Lovelace')")
    page.wait_for_selector("#details:has-text('Thank you, the next training learns from it.')")
    assert (
        "The part of the picture that shows this one is now in colours as ada_lovelace"
        in page.inner_text("#details")
    )
    at(page, server, "answers", "Answers")
    row = page.locator("[aria-label=Corrections] tbody tr").first
    row.wait_for()
    assert row.locator("td").all_inner_texts()[1:5] == [
        "Ada Lovelace",
        "is Ada Lovelace",
        "colours",
        "yes",
    ]
    page.goto(server.url)
    page.wait_for_selector("#cards .card")
    others = picture({"ada_lovelace": (20, 60, 80, 100), "grace_hopper": (260, 60, 80, 100)})
    page.set_input_files("#file", {"name": "a.png", "mimeType": "image/png", "buffer": others})
    page.wait_for_selector("#answer[data-tone=good]")
    page.click(".corrections button:has-text('Not a face')")
    page.wait_for_selector(
        "#details:has-text('learns nothing from it. The picture shows others as well')"
    )


def test_without_the_role_nobody_is_asked_for_corrections(page: Any, live: Start) -> None:
    page.goto(live().url)
    page.wait_for_selector("#cards .card")
    page.set_input_files("#file", {"name": "a.png", "mimeType": "image/png", "buffer": ADA})
    page.wait_for_selector("#answer[data-tone=good]")
    assert page.locator(".corrections").count() == 0
    assert page.locator("#manage").is_hidden()


def test_a_server_that_asks_for_a_key_gets_one(page: Any, live: Start) -> None:
    server = live(local_role="none")
    page.goto(server.url)
    page.wait_for_selector("#answer[data-tone=trouble]")
    assert page.inner_text("#headline") == "This server asks for a key."
    page.click("#remedies button")
    page.fill("#key", key_of(server, "predict"))
    page.click("#sign-in-form [type=submit]")
    page.wait_for_selector("#cards .card")
    assert page.inner_text("#headline") == "Who is it?"
    page.set_input_files("#file", {"name": "a.png", "mimeType": "image/png", "buffer": ADA})
    page.wait_for_selector("#answer[data-tone=good]")


def test_a_key_is_shown_once_and_can_be_revoked(page: Any, live: Start) -> None:
    server = live()
    signed_in(page, server, "admin")
    at(page, server, "keys", "Keys")
    page.fill("input[placeholder='for whom or what']", "phone")
    page.click("button:has-text('Make a key')")
    page.wait_for_selector("code.key")
    shown = page.inner_text("code.key")
    assert server.app.extensions["likeness"].keys.check(shown).role == "predict"
    row = page.locator("[aria-label=Keys] tbody tr:has-text('phone')")
    row.get_by_role("button", name="Revoke").click()
    page.click("#sure-yes")
    page.wait_for_selector("tr:has-text('phone'):has-text('revoked')")
    assert server.app.extensions["likeness"].keys.check(shown) is None
    assert page.locator("code.key").count() == 0


def test_forgetting_somebody_nobody_knows_says_so(page: Any, live: Start) -> None:
    server = live()
    signed_in(page, server, "admin")
    at(page, server, "rights", "Forgetting")
    page.fill("form input", "nobody_here")
    page.click("button:has-text('Forget')")
    page.click("#sure-yes")
    page.wait_for_selector("#trouble:has-text('nobody_here')")


def test_who_was_forgotten_is_told_in_words(page: Any, live: Start) -> None:
    server = live()
    filled(server, "friends", "old_friend", "b")
    signed_in(page, server, "admin")
    at(page, server, "rights", "Forgetting")
    assert "old_friend" in page.locator("datalist option").evaluate_all(
        "all => all.map((each) => each.value)"
    )
    page.fill("form input", "old_friend")
    page.click("button:has-text('Forget')")
    page.click("#sure-yes")
    page.wait_for_selector("h2:has-text('Old Friend is forgotten')")
    said = page.inner_text("[aria-label=Removed]")
    assert "friends" in said and "[" not in said


def test_a_model_that_cannot_forget_by_itself_is_told_apart_from_what_was_removed(
    page: Any, live: Start
) -> None:
    server = live()
    signed_in(page, server, "admin")
    at(page, server, "rights", "Forgetting")
    page.fill("form input", "ada_lovelace")
    page.click("button:has-text('Forget')")
    page.click("#sure-yes")
    page.wait_for_selector("h2:has-text('Ada Lovelace is forgotten')")
    assert "colours" not in page.inner_text("[aria-label=Removed]")
    told = page.inner_text("#view .remark")
    assert told.startswith("Model colours: The pictures that it was trained on are not here")
    assert "on the page under Models" in told


def test_models_show_what_is_known_about_them(page: Any, live: Start) -> None:
    facts = {
        "pictures": {"ada_lovelace": 12},
        "trials": [{"name": "svm", "score": 0.9333333}],
        "holds": "No pictures.",
    }
    server = live(Patches(facts=facts))
    signed_in(page, server, "admin")
    at(page, server, "models", "Models")
    page.click("summary:has-text('What is known')")
    text = page.inner_text("dl.facts >> nth=0")
    assert "12" in text and "0.9333" in text and "No pictures." in text
    page.click("button:has-text('Load again')")
    page.wait_for_selector(".done:has-text('colours answers with version 1.')")
    assert page.locator("button:has-text('Answer with this version')").is_disabled()
    assert page.locator("button:has-text('Roll back')").is_disabled()


def test_a_model_is_deleted_after_a_question(page: Any, live: Start) -> None:
    server = live(Patches(), Patches(name="other"))
    signed_in(page, server, "admin")
    at(page, server, "models", "Models")
    card = page.locator(".panel:has(h2:text-is('other'))")
    assert card.locator("button:has-text('Delete this version')").count() == 0, "there is but one"
    card.locator("button:has-text('Delete model')").click()
    assert "The data set stays" in page.inner_text("#sure-dialog")
    page.click("#sure-yes")
    page.wait_for_selector(".done:has-text('other was deleted.')")
    card.wait_for(state="detached")  # it is said before the models are drawn again
    assert page.locator(".panel h2").all_inner_texts() == ["colours"]
    assert list(server.registry.bundles) == ["colours"]
