"""Who may do what: every route of the document with every kind of key,
and what a caller might forge."""

from __future__ import annotations

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient

from server.access.authorisation import client_address
from server.service import service_of
from server.settings import ROLES
from server.storage.database import now
from tests.support.making import ONE_DATABASE, Make, data_url, make_picture

ELSEWHERE = {"REMOTE_ADDR": "203.0.113.9"}
FILL = {
    "name": "nobody",
    "id": "0" * 32,
    "dataset": "none",
    "label": "nobody",
    "file": "none.jpg",
    "version": "1",
    "sha256": "0" * 64,
    "prediction": "0" * 32,
    "position": "0",
}


def operations(app: Flask) -> list[tuple[str, str, str | None]]:
    """(method, path with its places filled, role or None) for every operation of the document."""
    spec = app.api_doc  # type: ignore[attr-defined]
    found = []
    for path, item in spec["paths"].items():
        filled = re.sub(r"{(\w+)}", lambda match: FILL[match[1]], path)
        for method, operation in item.items():
            security = operation.get("security")
            found.append(
                (method.upper(), filled, next(iter(security[0].values()))[0] if security else None)
            )
    return found


def headers_for(app: Flask, kind: str) -> dict[str, str]:
    keys = service_of(app).keys
    if kind == "none":
        return {}
    if kind == "wrong":
        return {"Authorization": "Bearer lk_000000000000_nonsense"}
    if kind == "expired":
        return {"Authorization": f"Bearer {keys.create('old', 'admin', now() - 1)[0]}"}
    if kind == "revoked":
        key, row = keys.create("gone", "admin")
        keys.create("stays", "admin")
        keys.revoke(row.id)
        return {"Authorization": f"Bearer {key}"}
    return {"X-API-Key": keys.create(kind, kind)[0]}


@pytest.mark.parametrize(
    "kind", ["none", "wrong", "expired", "revoked", "predict", "train", "admin"]
)
def test_every_route_with_every_key(app: Flask, kind: str) -> None:
    """Refused exactly where the document says so: 401 without a valid key, 403 with one of too low
    a role.
    """
    client = app.test_client()
    headers = headers_for(app, kind)
    listed = operations(app)
    assert len(listed) > 40
    for method, path, role in listed:
        answer = client.open(path, method=method, headers=headers, environ_base=ELSEWHERE)
        status = answer.status_code
        answer.close()
        if role is None:
            assert status not in (401, 403) or path == "/api/session", (method, path, status)
        elif kind not in ROLES or kind == "none":
            assert status == 401, (method, path, status)
        elif ROLES.index(kind) < ROLES.index(role):
            assert status == 403, (method, path, status)
        else:
            assert status not in (401, 403), (method, path, status)


def test_every_route_of_the_application_is_in_the_document(app: Flask) -> None:
    spec = app.api_doc  # type: ignore[attr-defined]
    undocumented = {
        rule.rule
        for rule in app.url_map.iter_rules()
        if re.sub(r"<([^<:]+:)?", "{", rule.rule).replace(">", "}") not in spec["paths"]
    }
    assert undocumented == {"/", "/<file:name>", "/api/docs", "/api/docs.css", "/api/openapi.json"}


def test_only_these_routes_are_open_to_all(app: Flask) -> None:
    """By method: a path of two blueprints once lost the methods of one, which nothing guarded."""
    needed = service_of(app).access.needed
    ours = [rule for rule in app.url_map.iter_rules() if rule.rule.startswith("/api/")]
    free = {
        f"{method} {rule.rule}"
        for rule in ours
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
        if (rule.endpoint, method) not in needed
    }
    documents = {"GET /api/docs", "GET /api/docs.css", "GET /api/openapi.json"}
    sessions = {"POST /api/session", "GET /api/session", "DELETE /api/session"}
    claim = {"POST /api/claim"}
    assert free == documents | sessions | claim


PREDICT = {"image_data": data_url(make_picture())}


@ONE_DATABASE
@pytest.mark.parametrize(
    ("peer", "headers", "proxy", "status"),
    [
        pytest.param("127.0.0.1", {}, "", 200, id="this machine"),
        pytest.param("::1", {}, "", 200, id="this machine, IPv6"),
        pytest.param("::ffff:127.0.0.1", {}, "", 200, id="this machine, mapped"),
        pytest.param("203.0.113.9", {}, "", 401, id="another machine"),
        pytest.param("192.168.1.2", {}, "", 401, id="a neighbour"),
        pytest.param(
            "203.0.113.9",
            {"X-Forwarded-For": "127.0.0.1"},
            "",
            401,
            id="a stranger's claim, no proxy",
        ),
        pytest.param(
            "203.0.113.9",
            {"X-Forwarded-For": "127.0.0.1"},
            "127.0.0.1",
            401,
            id="a stranger's claim past the proxy",
        ),
        pytest.param(
            "203.0.113.9", {"X-Real-IP": "127.0.0.1"}, "127.0.0.1", 401, id="another header"
        ),
        pytest.param(
            "203.0.113.9",
            {"Forwarded": "for=127.0.0.1"},
            "127.0.0.1",
            401,
            id="the standard header",
        ),
        pytest.param(
            "127.0.0.1",
            {"X-Forwarded-For": "203.0.113.9"},
            "127.0.0.1",
            401,
            id="through the proxy, from outside",
        ),
        pytest.param(
            "127.0.0.1",
            {"X-Forwarded-For": "127.0.0.1, 203.0.113.9"},
            "127.0.0.1",
            401,
            id="forged, the proxy appended",
        ),
        pytest.param(
            "127.0.0.1",
            {"X-Forwarded-For": "127.0.0.1"},
            "127.0.0.1",
            200,
            id="through the proxy, from this machine",
        ),
        pytest.param(
            "127.0.0.1",
            {"X-Forwarded-For": "203.0.113.9, 127.0.0.1"},
            "127.0.0.1",
            401,
            id="outside, two proxies here",
        ),
        pytest.param(
            "127.0.0.1",
            {"X-Forwarded-For": "127.0.0.1"},
            "",
            401,
            id="a proxy that nobody configured",
        ),
        pytest.param(
            "127.0.0.1", {"Via": "1.1 somebody"}, "", 401, id="another proxy that nobody configured"
        ),
        pytest.param(
            "127.0.0.1", {"X-Forwarded-Proto": "https"}, "", 401, id="a proxy that only says how"
        ),
        pytest.param("127.0.0.1", {}, "127.0.0.1", 401, id="a proxy that does not say for whom"),
        pytest.param(
            "127.0.0.1", {"X-Forwarded-For": "localhost"}, "127.0.0.1", 401, id="no address"
        ),
        pytest.param("127.0.0.1", {"X-Forwarded-For": ""}, "127.0.0.1", 401, id="an empty header"),
        pytest.param(
            "10.1.2.3",
            {"X-Forwarded-For": "127.0.0.1"},
            "10.0.0.0/8",
            200,
            id="a network of proxies",
        ),
        pytest.param("", {"X-Forwarded-For": "127.0.0.1"}, "unix", 200, id="a socket of our proxy"),
        pytest.param(
            "",
            {"X-Forwarded-For": "203.0.113.9"},
            "unix",
            401,
            id="a socket of our proxy, from outside",
        ),
        pytest.param("", {}, "", 401, id="a socket that nobody configured"),
        pytest.param(
            "127.0.0.1", {"Host": "evil.example"}, "", 401, id="a name that was made to point here"
        ),
        pytest.param("127.0.0.1", {"Host": "localhost:8080"}, "", 200, id="a port in the name"),
    ],
)
def test_the_clients_own_address(
    make: Make, peer: str, headers: dict[str, str], proxy: str, status: int
) -> None:
    client = make(trusted_proxy=proxy).test_client()
    answer = client.post(
        "/api/classify_image", data=PREDICT, headers=headers, environ_base={"REMOTE_ADDR": peer}
    )
    assert answer.status_code == status, answer.get_json()


def test_an_address_in_the_log_is_the_clients(app: Flask) -> None:
    """What is logged as client is never what a stranger wrote."""
    import ipaddress

    with app.test_request_context(
        environ_base=ELSEWHERE, headers={"X-Forwarded-For": "1.2.3.4"}
    ) as context:
        assert (
            client_address(context.request, [ipaddress.ip_network("127.0.0.1")], False)[0]
            == "203.0.113.9"
        )


def test_open_to_all_and_closed_even_here(make: Make) -> None:
    assert make(open=True).test_client().post(
        "/api/classify_image", data=PREDICT, environ_base=ELSEWHERE
    ).status_code == 200  # fmt: skip
    assert make(open=True).test_client().get("/api/keys", environ_base=ELSEWHERE).status_code == 401
    assert (
        make(local_role="none").test_client().post("/api/classify_image", data=PREDICT).status_code
        == 401
    )
    assert make(local_role="admin").test_client().get("/api/keys").status_code == 200


@ONE_DATABASE
@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"Origin": "http://localhost"}, 200),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-origin"}, 200),
    ],
)
def test_a_page_of_another_site_cannot_use_this_machine(
    client: FlaskClient, headers: dict[str, str], status: int
) -> None:
    assert client.post("/api/classify_image", data=PREDICT, headers=headers).status_code == status


def test_cors_only_for_listed_origins(make: Make) -> None:
    client = make(cors_origins="https://shop.example", open=True).test_client()
    ours = {"Origin": "https://shop.example"}
    good = client.post("/api/classify_image", data=PREDICT, headers=ours, environ_base=ELSEWHERE)
    assert (good.status_code, good.headers["Access-Control-Allow-Origin"]) == (
        200,
        "https://shop.example",
    )
    asked = client.options("/api/predict", headers=ours)
    assert "POST" in asked.headers["Access-Control-Allow-Methods"]
    other = client.get("/api/models", headers={"Origin": "https://evil.example"})
    assert "Access-Control-Allow-Origin" not in other.headers
    silent = make().test_client().get("/api/models", headers=ours)
    assert "Access-Control-Allow-Origin" not in silent.headers
