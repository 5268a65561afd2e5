"""Being forgotten."""

from __future__ import annotations

from flask_openapi3.blueprint import APIBlueprint

from server.context import caller, current
from server.corrections.views import RIGHTS
from server.erasure.erase_class import erase_class
from server.erasure.schemas import Forgotten, LabelPath
from server.web.api_docs.openapi import needs, operation_ids

erasure = APIBlueprint(
    "erasure", __name__, operation_id_callback=operation_ids("records"), abp_security=needs("admin")
)


@erasure.delete("/api/classes/<label>", tags=[RIGHTS], responses={200: Forgotten})
def forget_class(path: LabelPath) -> dict[str, object]:
    """Forget a person everywhere: pictures, answers and decisions now, models by retraining. What
    was removed.
    """
    return erase_class(current(), path.label, caller().by).model_dump()
