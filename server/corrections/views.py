"""What people say about answers: sending it and reading it."""

from __future__ import annotations

from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.tag import Tag

from server.context import caller, current
from server.corrections.corrections import correct, newest_corrections
from server.corrections.schemas import CorrectionBody, CorrectionList, Taught
from server.web.api_docs.openapi import needs, operation_ids

corrections = APIBlueprint(
    "corrections",
    __name__,
    operation_id_callback=operation_ids("feedback"),
    abp_security=needs("train"),
)
RIGHTS = Tag(name="people", description="Corrections, and being forgotten.")


@corrections.post("/api/corrections", tags=[RIGHTS], responses={201: Taught})
def create_correction(body: CorrectionBody) -> tuple[dict[str, object], int]:
    """Say that an answer was wrong, or right: the data set keeps it for the next training."""
    return correct(current(), body, caller().by).model_dump(), 201


@corrections.get("/api/corrections", tags=[RIGHTS], responses={200: CorrectionList})
def list_corrections() -> dict[str, object]:
    """The newest 500, each with what the model had said before."""
    return CorrectionList(corrections=newest_corrections(current().store)).model_dump()
