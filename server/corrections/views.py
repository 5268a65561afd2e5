"""What people say about answers: sending it and reading it."""

from __future__ import annotations

from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.tag import Tag

from server.context import caller, current
from server.corrections.corrections import correct, take_back
from server.corrections.next_training import with_waiting
from server.corrections.schemas import Correction, CorrectionBody, CorrectionList, Taught
from server.web.api_docs.openapi import needs, operation_ids
from server.web.schemas import IdPath

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


@corrections.delete("/api/corrections/<id>", tags=[RIGHTS], responses={200: Correction})
def undo_correction(path: IdPath) -> dict[str, object]:
    """Take a correction back: what it added to the data set goes, what it decided is withdrawn."""
    return take_back(current(), path.id).model_dump()


@corrections.get("/api/corrections", tags=[RIGHTS], responses={200: CorrectionList})
def list_corrections() -> dict[str, object]:
    """The newest 500, each with what the model had said before."""
    return CorrectionList(corrections=with_waiting(current())).model_dump()
