"""The site that nginx is given: made from the settings, and made anew where they change."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from likeness.cli import likeness, run
from likeness.serving.nginx_site import Site, gunicorn_at, limits, refreshed, render, site_config
from server.settings import Settings

pytestmark = pytest.mark.nginx


def test_both_sides_have_the_same_limits() -> None:
    settings, site = Settings(), Site(ui=Path("ui"), app="127.0.0.1:1")
    assert site.max_body == settings.form_bytes
    assert site.max_batch == settings.batch_bytes
    assert site.timeout > settings.picture_seconds


RAISED = Settings(
    picture_bytes=50_000_000, batch_bytes=500_000_000, picture_seconds=120, bind="127.0.0.1:9000"
)
RAISED_FILE = """# raised
LIKENESS_PICTURE_BYTES=50000000
LIKENESS_BATCH_BYTES="500000000"
LIKENESS_PICTURE_SECONDS=120
LIKENESS_BIND=127.0.0.1:9000
"""


def has_raised_limits(text: str) -> bool:
    found = [int(number) for number in re.findall(r"client_max_body_size ([1-9]\d*);", text)]
    return (
        found == [RAISED.form_bytes, RAISED.batch_bytes]
        and f"datasets/) {RAISED.batch_bytes}; default {RAISED.form_bytes}; }}" in text
        and "proxy_read_timeout 255s;" in text
        and "within 255 seconds" in text
        and "server 127.0.0.1:9000 fail_timeout=0;" in text
    )


Print = Callable[..., int]


@pytest.fixture
def print_site(monkeypatch: pytest.MonkeyPatch) -> Print:
    """`likeness nginx-site` with a file of settings; its exit status."""
    monkeypatch.setattr(os, "environ", dict(os.environ))

    def start(environment: Path, *options: str) -> int:
        return run(
            likeness, "likeness", ["--environment", str(environment), "nginx-site", *options]
        )

    return start


def test_a_site_has_the_limits_of_the_settings_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], print_site: Print
) -> None:
    (tmp_path / "likeness.env").write_text(RAISED_FILE)
    assert print_site(tmp_path / "likeness.env") == 0
    assert has_raised_limits(capsys.readouterr().out)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("LIKENESS_QUEUE=many", "LIKENESS_QUEUE is 'many'; it must be a whole number."),
        ("LIKENESS_QUEUE", "Line 1 of "),
        ("LIKENESS_UI=/a$b", "nginx cannot take quotes"),
    ],
)
def test_a_settings_file_that_cannot_be_used_gives_a_sentence(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    print_site: Print,
    content: str,
    message: str,
) -> None:
    (tmp_path / "likeness.env").write_text(content)
    assert print_site(tmp_path / "likeness.env") == 2
    captured = capsys.readouterr()
    assert captured.err.startswith("likeness: ") and message in captured.err
    assert captured.out == ""


# What certbot and a person with a balancer make of a site.
CHANGES = [
    ("    listen 80;\n", "    listen 443 ssl; # managed by Certbot\n"),
    ("    server_name _;", "    server_name faces.example.org;\n    set_real_ip_from 10.0.0.0/16;"),
    ("X-Forwarded-Proto $scheme;", "X-Forwarded-Proto https;"),
    ("rate=30r/s", "rate=90r/s"),
]


def test_raised_limits_leave_the_rest_of_a_changed_site_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], print_site: Print
) -> None:
    site = site_config(Site(ui=Path("/opt/ui"), app="127.0.0.1:8000"))
    raised = site_config(Site(ui=Path("/opt/ui"), app=gunicorn_at(RAISED), **limits(RAISED)))
    for old, new in CHANGES:
        assert old in site
        site, raised = site.replace(old, new), raised.replace(old, new)
    site, raised = (
        f"{text}\nserver {{\n    listen 80;\n    return 404; # managed by Certbot\n}}\n"
        for text in (site, raised)
    )
    (tmp_path / "likeness.env").write_text(RAISED_FILE)
    (tmp_path / "site").write_text(site)
    assert print_site(tmp_path / "likeness.env", "--refresh", str(tmp_path / "site")) == 0
    assert capsys.readouterr().out == raised
    assert has_raised_limits(raised) and not has_raised_limits(site)


def test_a_site_without_our_lines_is_not_refreshed() -> None:
    site = Site(ui=Path("/opt/ui"), app="127.0.0.1:8000")
    with pytest.raises(ValueError, match=r"no line like 'proxy_read_timeout 75s;' any more"):
        refreshed(site_config(site).replace("proxy_read_timeout", "proxy_send_timeout"), site)


def test_a_site_is_the_same_for_every_release(
    print_site: Print, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """So that nginx need not begin anew at an upgrade, and shows the page of what runs."""
    (tmp_path / "likeness.env").write_text("")
    link, sites = tmp_path / "current", []
    for release in ("one", "two"):
        (tmp_path / release / "ui").mkdir(parents=True)
        link.unlink(missing_ok=True)
        link.symlink_to(release)
        assert print_site(tmp_path / "likeness.env", "--ui", str(link / "ui")) == 0
        sites.append(capsys.readouterr().out)
    assert sites[0] == sites[1]
    assert f'root "{link}/ui";' in sites[0]


@pytest.mark.parametrize(
    ("bind", "found"),
    [
        ("127.0.0.1:8000", "127.0.0.1:8000"),
        ("unix:/run/likeness/app.sock, 127.0.0.1:8000", "unix:/run/likeness/app.sock"),
        ("0.0.0.0:8000", "127.0.0.1:8000"),
        ("[::]:8000", "[::1]:8000"),
        ("8000", "127.0.0.1:8000"),
    ],
)
def test_nginx_finds_gunicorn_by_the_setting(bind: str, found: str) -> None:
    assert gunicorn_at(Settings(bind=bind)) == found


@pytest.mark.parametrize(
    ("template", "words", "message"),
    [
        ("root @UI@;", {}, "nothing to fill @UI@ with"),
        ("root @UI@;", {"UI": 'a"; evil "'}, "cannot take quotes"),
        ("root @UI@;", {"UI": "$host"}, "cannot take quotes"),
    ],
)
def test_a_template_is_filled_or_refused(
    template: str, words: dict[str, str], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        render(template, words)


def test_a_filled_template_has_no_word_left() -> None:
    assert not re.findall(
        r"@[A-Z_]+@", site_config(Site(ui=Path("/srv/ui"), app="unix:/run/a.sock"))
    )
