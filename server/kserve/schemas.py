"""What comes in and what goes out by the Open Inference Protocol, in its own words."""

from __future__ import annotations

from pydantic import BaseModel, Field

from data_cleaning.json_types import JsonObject
from server.web.schemas import Name, Out


class InferenceError(Out):
    error: str


STATUSES = (400, 401, 403, 404, 405, 409, 413, 415, 422, 429, 500, 503, 507)
REFUSED: dict[str | int, type[BaseModel] | JsonObject | None] = dict.fromkeys(
    STATUSES, InferenceError
)


class NamePath(BaseModel):
    name: Name


class VersionedPath(NamePath):
    version: str = Field(description="The version that answers; another one is not loaded.")


class ServerMetadata(Out):
    name: str
    version: str
    extensions: list[str]


class ServerLive(Out):
    live: bool


class ServerReady(Out):
    ready: bool


class ModelReady(ServerReady):
    name: str


class TensorMetadata(Out):
    name: str
    datatype: str
    shape: list[int] = Field(description="-1 is any number of pictures.")


class ModelMetadata(Out):
    name: str
    versions: list[str]
    platform: str
    inputs: list[TensorMetadata]
    outputs: list[TensorMetadata]


class OutputTensor(TensorMetadata):
    data: list[float | str]


class InferAnswer(Out):
    model_name: str
    model_version: str
    id: str | None = None
    outputs: list[OutputTensor]


class InferInput(BaseModel):
    name: str
    datatype: str
    shape: list[int]
    parameters: dict[str, object] = Field(default_factory=dict)
    data: list[object] | None = None


class WantedOutput(BaseModel):
    name: str
    parameters: dict[str, object] = Field(default_factory=dict)


class InferBody(BaseModel):
    """One input `image` of datatype BYTES, shape [n] or [n, 1]: n pictures as base64."""

    id: str | None = None
    parameters: dict[str, object] = Field(default_factory=dict)
    inputs: list[InferInput]
    outputs: list[WantedOutput] | None = None
