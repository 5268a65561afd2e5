"""An address that does not exist: a page for people, a problem for programs."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from tests.support.making import ONE_DATABASE

BROWSER = (
    "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,"
    "*/*;q=0.8"
)


def test_a_browser_gets_a_page(client: FlaskClient) -> None:
    for path in ("/nope", "/deep/er/nope"):
        answer = client.get(path, headers={"Accept": BROWSER})
        assert (answer.status_code, answer.mimetype) == (404, "text/html")
        assert "There is nothing at this address." in answer.text


@ONE_DATABASE
@pytest.mark.parametrize("accept", [None, "*/*", "application/json", "image/png,*/*"])
def test_a_program_gets_a_problem(client: FlaskClient, accept: str | None) -> None:
    answer = client.get("/nope", headers={"Accept": accept} if accept else {})
    assert (answer.status_code, answer.mimetype) == (404, "application/problem+json")
    assert client.get("/api/nope", headers={"Accept": BROWSER}).mimetype.endswith("problem+json")


def test_what_is_hidden_stays_so(client: FlaskClient) -> None:
    assert client.get("/.git/config", headers={"Accept": BROWSER}).status_code == 404
