"""Pages that are not served by this very address: behind another proxy, of a listed origin, and
of a site that means ill.
"""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from tests.support.making import ONE_DATABASE, Make, data_url, make_picture

PREDICT = {"image_data": data_url(make_picture())}
PUBLIC = "http://faces.example"  # what the browser shows, while the proxy asks 127.0.0.1
SHOP = "https://shop.example"


@ONE_DATABASE
@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Origin": PUBLIC, "X-Requested-With": "XMLHttpRequest"}, 200),
        ({"Origin": PUBLIC, "Sec-Fetch-Site": "same-origin"}, 200),
        ({"Origin": PUBLIC}, 403),
        ({"Origin": PUBLIC, "Sec-Fetch-Site": "cross-site"}, 403),
        (
            {
                "Origin": PUBLIC,
                "Sec-Fetch-Site": "cross-site",
                "X-Requested-With": "XMLHttpRequest",
            },
            403,
        ),
    ],
    ids=[
        "jQuery's own site",
        "the browser's word",
        "nobody's word",
        "cross site",
        "a contradiction",
    ],
)
@pytest.mark.parametrize("route", ["/classify_image", "/api/classify_image"])
def test_the_tutorials_page_behind_a_proxy_that_passes_no_host(
    client: FlaskClient, route: str, headers: dict[str, str], status: int
) -> None:
    headers = {"Host": "127.0.0.1:8000", **headers}
    assert client.post(route, data=PREDICT, headers=headers).status_code == status


def test_no_other_site_is_allowed_the_header_that_tells_ones_own(make: Make) -> None:
    """A browser asks before it sends that header to another site; nobody is told yes."""
    client = make(cors_origins=SHOP).test_client()
    for origin in (SHOP, PUBLIC):
        headers = {"Origin": origin, "Access-Control-Request-Headers": "x-requested-with"}
        answer = client.options("/api/predict", headers=headers)
        allowed = answer.headers.get("Access-Control-Allow-Headers", "")
        assert "x-requested-with" not in allowed.lower()


def test_a_listed_origin_may_ask_from_the_machine_itself_and_no_more(make: Make) -> None:
    """The person at the machine may be an admin without a key; a page that they look at is none."""
    client = make(cors_origins=SHOP, local_role="admin").test_client()
    headers = {"Origin": SHOP, "Sec-Fetch-Site": "cross-site"}
    answer = client.post("/api/classify_image", data=PREDICT, headers=headers)
    assert answer.status_code == 200
    assert answer.headers["Access-Control-Allow-Origin"] == SHOP
    assert client.get("/api/models", headers=headers).status_code == 200
    assert client.get("/api/keys", headers=headers).status_code == 401
    assert client.post("/api/datasets", json={"name": "x"}, headers=headers).status_code == 401
    assert client.get("/api/keys").status_code == 200
    other = {"Origin": PUBLIC, "Sec-Fetch-Site": "cross-site"}
    assert client.post("/api/classify_image", data=PREDICT, headers=other).status_code == 403
