"""The document describes what the service does: it is valid, and thousands of made-up requests
agree with it.
"""

from __future__ import annotations

import os
import re
from typing import Any

import jsonschema_rs
import pytest
import schemathesis
import schemathesis.specs.openapi.checks
from flask import Flask
from hypothesis import HealthCheck, Phase, given, seed
from hypothesis import settings as hypothesis_settings
from schemathesis import GenerationMode

from server.__main__ import main
from server.service import service_of
from server.settings import Settings
from server.web.problems import TABLE
from tests.support.paths import ROOT
from tests.support.started import started_idle
from tests.support.tiny_models import TinyRegistry

# Whether a request is right is decided by the picture too, of which the document cannot tell; and a
# wrong second key beside the right one that this test sends is no wrong request (test_access.py has
# all kinds of keys).
CHECKS = schemathesis.specs.openapi.checks
EXCLUDED = [CHECKS.positive_data_acceptance, CHECKS.ignored_auth]
EACH = int(os.environ.get("LIKENESS_TEST_EXAMPLES", "8"))  # examples an operation and mode


@pytest.fixture(scope="module")
def own_app(tmp_path_factory: pytest.TempPathFactory) -> Flask:
    folder = tmp_path_factory.mktemp("openapi")
    registry = TinyRegistry(folder / "artifacts")
    registry.add("colours", 1)
    registry.add("colours", 2)
    settings = Settings(
        state=folder / "var", datasets=folder / "datasets", artifacts=folder / "artifacts"
    )
    return started_idle(settings, registry)


def test_document_is_openapi_31(own_app: Flask) -> None:
    spec = own_app.test_client().get("/api/openapi.json").get_json()
    assert spec["openapi"].startswith("3.1")
    for name, schema in spec["components"]["schemas"].items():
        jsonschema_rs.meta.validate({**schema, "components": spec["components"]})
        assert "$defs" not in schema, name
    for path, item in spec["paths"].items():
        for method, operation in item.items():
            assert operation["summary"], (method, path)
            assert operation["operationId"]
            refused = operation["responses"]["400"]["content"]
            (kind,) = refused
            others = operation["tags"][0] in ("CompreFace", "inference protocol")
            assert kind == ("application/json" if others else "application/problem+json")


def test_operation_ids_are_unique_and_references_lead_somewhere(own_app: Flask) -> None:
    spec = own_app.test_client().get("/api/openapi.json").get_json()
    ids = [
        operation["operationId"] for item in spec["paths"].values() for operation in item.values()
    ]
    assert len(ids) == len(set(ids))

    def references(part: Any) -> set[str]:
        if isinstance(part, dict):
            own = {part["$ref"]} if isinstance(part.get("$ref"), str) else set()
            return own.union(*(references(child) for child in part.values()), set())
        return (
            set().union(*(references(child) for child in part), set())
            if isinstance(part, list)
            else set()
        )

    names = {reference.rsplit("/", 1)[-1] for reference in references(spec)}
    assert names <= set(spec["components"]["schemas"])


def test_every_json_has_an_example_that_fits(own_app: Flask) -> None:
    """What comes in, what goes out and every refusal; and what is said of a refusal is what its
    status means.
    """
    spec = own_app.test_client().get("/api/openapi.json").get_json()
    seen = 0
    for path, item in spec["paths"].items():
        for method, operation in item.items():
            parts = [("body", operation.get("requestBody", {})), *operation["responses"].items()]
            for where, part in parts:
                for kind, content in part.get("content", {}).items():
                    if "json" not in kind:
                        continue
                    assert "example" in content, (method, path, where)
                    whole = {**content["schema"], "components": spec["components"]}
                    jsonschema_rs.Draft202012Validator(whole).validate(content["example"])
                    if "problem" in kind:
                        assert str(content["example"]["status"]) == where
                        documented = {(status, code, title) for _, status, code, title in TABLE}
                        assert (
                            tuple(content["example"][name] for name in ("status", "code", "title"))
                            in documented
                        )
                    seen += 1
    assert seen > 400


def test_docs_page_is_whole_and_local(own_app: Flask) -> None:
    page = own_app.test_client().get("/api/docs").get_data(as_text=True)
    spec = own_app.test_client().get("/api/openapi.json").get_json()
    for path in spec["paths"]:
        assert f"<code>{path}</code>" in page
    assert not re.search(r'(src|href|action)="(?!#|/[^/])', page)
    assert "<script>" not in page, "a script of its own would need another policy"


def test_the_docs_page_is_the_document(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["api"]) == 0
    assert (ROOT / "docs" / "api.md").read_text() == capsys.readouterr().out


def test_made_up_requests_agree_with_the_document(own_app: Flask) -> None:
    """No 5xx, no answer that its schema does not allow, no wrong request that is taken for a right
    one.
    """
    headers = {"X-API-Key": service_of(own_app).keys.create("tester", "admin")[0]}
    schema = schemathesis.openapi.from_wsgi("/api/openapi.json", own_app)
    done = 0
    for result in schema.get_all_operations():
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
            done += try_out(result.ok(), mode, headers)
    assert done >= EACH * len(list(schema.get_all_operations()))
    print(f"{done} cases")


def try_out(operation: Any, mode: GenerationMode, headers: dict[str, str]) -> int:
    """Send made-up requests to one operation; how many it were."""
    if mode is GenerationMode.NEGATIVE and not (
        list(operation.iter_parameters()) or operation.body
    ):
        return 0  # nothing that could be wrong
    count = 0

    @seed(20)
    @hypothesis_settings(
        max_examples=EACH,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.generate],
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def check(case: Any) -> None:
        nonlocal count
        count += 1
        case.call_and_validate(headers=headers, excluded_checks=EXCLUDED)

    check()
    return count
