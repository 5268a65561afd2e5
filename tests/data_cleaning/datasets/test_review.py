"""The command review, and decisions that are made on the contact sheet."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from data_cleaning.datasets.class_names import UNKNOWN
from data_cleaning.datasets.dataset import Dataset
from data_cleaning.datasets.decisions import DECISIONS
from data_cleaning.files import sha256_of_file
from tests.data_cleaning.commands import run
from tests.support.pictures import scene, tree, write


class TestReview:
    @pytest.fixture
    def root(self, tmp_path) -> Path:
        for number, label in enumerate(("a", "a", "b", "b")):
            write(tmp_path / "set" / label / f"{number}.png", scene(number))
        return tmp_path / "set"

    def line(self, root: Path, picture: str, action: str, **more) -> str:
        values = {
            "sha256": sha256_of_file(root / picture),
            "action": action,
            "time": "2026-01-01T00:00:00+00:00",
        } | more
        return json.dumps(values) + "\n"

    def test_a_file_is_applied_once(self, root, tmp_path, capsys):
        file = tmp_path / "decisions.jsonl"
        file.write_text(
            self.line(root, "a/0.png", "reject") + "\n" + self.line(root, "a/1.png", "move", to="b")
        )
        assert json.loads(run(capsys, "review", root, file, "--json")[1])["applied"] == 2
        again = json.loads(run(capsys, "review", root, file, "--json")[1])
        assert (again["applied"], again["known"]) == (0, 2)
        assert {i.path.stem: i.label for i in Dataset(root).items()} == {
            "1": "b",
            "2": "b",
            "3": "b",
        }

    @pytest.mark.parametrize(
        ("bad", "says"),
        [
            ("not json\n", "is not a decision"),
            ('{"sha256": "' + "0" * 64 + '", "action": "reject"}\n', "No picture of"),
            ("MOVE", "no class 'nobody'"),
            ("DELETE", "no decision 'delete'"),
        ],
    )
    def test_one_wrong_line_and_nothing_is_applied(self, root, tmp_path, capsys, bad, says):
        bad = self.line(root, "a/1.png", "move", to="nobody") if bad == "MOVE" else bad
        bad = self.line(root, "a/1.png", "delete") if bad == "DELETE" else bad
        file = tmp_path / "decisions.jsonl"
        file.write_text(self.line(root, "a/0.png", "reject") + bad)
        status, _, complaint = run(capsys, "review", root, file)
        assert (
            status == 2
            and says in complaint
            and "line 2" in complaint
            and "Nothing was applied" in complaint
        )
        assert not (root / DECISIONS).exists()

    def test_single_decisions_by_path(self, root, capsys):
        words = (
            "--reject",
            "a/0.png",
            "--move",
            "a/1.png",
            "b",
            "--not",
            "b/2.png",
            "--keep",
            root / "b" / "3.png",
        )
        assert run(capsys, "review", root, *words)[0] == 0
        assert {i.path.stem: i.label for i in Dataset(root).items()} == {
            "1": "b",
            "2": UNKNOWN,
            "3": "b",
        }

    def test_listing_tells_what_is_open(self, messy, capsys):
        run(capsys, "clean", messy, "--detector", "whole", "--no-labels")
        run(capsys, "review", messy, "--reject", "cats/broken.png")
        _, out, _ = run(capsys, "review", messy)
        assert (
            "Decided: 1 reject" in out and "Too dark: 1 open" in out and "Cannot be read" not in out
        )
        assert Dataset(messy).classes() == ["cats", "cups"], "the folder of findings is no class"


CHROMIUM = Path("/usr/bin/chromium")


def decide_in_browser(page_file: Path, downloads: Path) -> list[str]:
    """Open the sheet, decide about five pictures, reload, save; what the browser complained of."""
    from playwright.sync_api import sync_playwright

    complaints: list[str] = []
    flags = [
        "--no-sandbox",
        "--disable-gpu",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-sync",
    ]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=flags)
        page = browser.new_page(viewport={"width": 390, "height": 800})
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(page_file.as_uri())

        def card(name: str):
            return page.locator("article", has=page.locator(f"p.file[title='{name}']"))

        card("cats/dark.png").get_by_role("button", name="Keep").click()
        card("cats/blurred.png").get_by_role("button", name="Reject").click()
        card("cats/bright.png").get_by_role("button", name="Not cats").click()
        card("cats/small.png").get_by_label("Move to").select_option("cups")
        card("cups/copy_across.png").get_by_role("button", name="Keep").click()
        card("cats/near_across.jpg").get_by_role("button", name="Reject").click()
        card("cats/near_across.jpg").get_by_role(
            "button", name="Reject"
        ).click()  # a second click takes it back
        page.reload()
        if not page.locator("#state").inner_text().startswith("5 of"):
            complaints.append(f"after reloading: {page.locator('#state').inner_text()}")
        if page.evaluate("document.documentElement.scrollWidth") > 390:
            complaints.append("the page is wider than a phone")
        with page.expect_download() as download:
            page.get_by_role("button", name="Save decisions").click()
        download.value.save_as(downloads / download.value.suggested_filename)
        browser.close()
    return complaints


@pytest.mark.browser
@pytest.mark.skipif(
    not CHROMIUM.exists(), reason=f"no browser at {CHROMIUM}: apt-get install chromium"
)
def test_what_is_decided_on_the_sheet_is_what_training_reads(messy, tmp_path, capsys):
    out = tmp_path / "out"
    run(capsys, "clean", messy, "--out", out, "--detector", "whole", "--no-labels")
    before = tree(messy)
    with ThreadPoolExecutor(
        1
    ) as pool:  # a thread of its own: another test's browser may be open in this one
        assert pool.submit(decide_in_browser, out / "sheet.html", tmp_path).result() == []
    status, output, complaint = run(capsys, "review", messy, tmp_path / "decisions.jsonl")
    assert status == 0, complaint
    assert "5 decisions appended" in output
    labels = {i.path.relative_to(messy).as_posix(): i.label for i in Dataset(messy).items()}
    assert "cats/blurred.png" not in labels
    changed = {k: v for k, v in labels.items() if v != k.split("/")[0]}
    assert changed == {
        "cats/bright.png": UNKNOWN,
        "cats/small.png": "cups",
        "cats/copy_across.png": "cups",
    }
    after = tree(messy)
    after.pop(DECISIONS)
    assert after == before
