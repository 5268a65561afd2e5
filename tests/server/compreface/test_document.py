"""The document and the page of CompreFace's routes: every route is in both, and examples fit."""

from __future__ import annotations

import re

import jsonschema_rs

from tests.support.making import Make
from tests.support.paths import ROOT


def test_every_route_has_a_row_on_the_page_and_an_example_that_fits(make: Make) -> None:
    spec = make(compreface=True).test_client().get("/api/openapi.json").get_json()
    operations = {
        (method.upper(), path): operation
        for path, item in spec["paths"].items()
        for method, operation in item.items()
        if operation["tags"] == ["CompreFace"]
    }
    page = (ROOT / "docs" / "compreface.md").read_text("utf-8")
    assert set(re.findall(r"^\| ([A-Z]+) \| `(/api/v1[^`]+)` \|", page, re.M)) == set(operations)
    for place, operation in operations.items():
        if "static" not in place[1]:
            assert list(operation["security"][0]) == ["model_key"]
        parts = [operation.get("requestBody", {}), *operation["responses"].values()]
        for content in [kind for part in parts for kind in part.get("content", {}).items()]:
            if "json" in content[0]:
                whole = {**content[1]["schema"], "components": spec["components"]}
                jsonschema_rs.Draft202012Validator(whole).validate(content[1]["example"])
