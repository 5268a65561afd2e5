"""One table: which error gives which HTTP status, code and title (RFC 9457). Nothing else."""

from __future__ import annotations

from data_cleaning import errors as ours
from server.errors import (
    BodyTooLarge,
    Busy,
    Conflict,
    CutOff,
    Forbidden,
    MissingField,
    NeedsKey,
    NoDataset,
    NoSpace,
    NotBase64,
    NotFound,
    NotReady,
    QuotaReached,
    RequestError,
    StoreDown,
    TooSlow,
)

# The first line whose class fits decides: special before general.
TABLE: tuple[tuple[type[BaseException], int, str, str], ...] = (
    (MissingField, 400, "missing-field", "A field is missing"),
    (NotBase64, 400, "not-base64", "Not base64"),
    (BodyTooLarge, 413, "body-too-large", "The body is too large"),
    (NotFound, 404, "not-found", "Not found"),
    (NoDataset, 409, "no-dataset", "There is no such data set yet"),
    (Conflict, 409, "conflict", "Does not fit the present state"),
    (NeedsKey, 401, "needs-key", "A key is needed"),
    (Forbidden, 403, "forbidden", "This key may not do that"),
    (ours.FetchRefused, 400, "fetch-refused", "The address was not fetched"),
    (QuotaReached, 507, "quota-reached", "No more pictures are allowed"),
    (RequestError, 422, "invalid-request", "The request does not fit its description"),
    (ours.EmptyPicture, 400, "empty-picture", "The picture is empty"),
    (ours.NotAPicture, 415, "not-a-picture", "Not a picture"),
    (ours.BrokenPicture, 400, "broken-picture", "The picture is damaged"),
    (ours.PictureTooSmall, 400, "picture-too-small", "The picture is too small"),
    (ours.PictureTooLarge, 413, "picture-too-large", "The picture is too large"),
    (ours.PictureError, 400, "picture-error", "The picture cannot be used"),
    (ours.DatasetError, 409, "dataset-error", "The data set cannot be used"),
    (ours.InputError, 400, "invalid-input", "The input cannot be used"),
    (ours.BundleMissing, 404, "model-missing", "There is no such model"),
    (ours.BundleBroken, 409, "model-broken", "The model is broken"),
    (ours.GoldenMismatch, 409, "model-broken", "The model is broken"),
    (ours.WeightsMissing, 409, "weights-missing", "A pretrained file is missing"),
    (ours.WeightsBroken, 409, "weights-missing", "A pretrained file is broken"),
    (Busy, 429, "busy", "Too many requests"),
    (TooSlow, 503, "too-slow", "The picture took too long"),
    (CutOff, 502, "cut-off", "This server does not reach the database"),
    (NotReady, 503, "not-ready", "Not ready to answer"),
    (StoreDown, 503, "store-down", "The database is away"),
    (NoSpace, 507, "no-space", "Nothing can be stored"),
)
BY_STATUS = {
    400: ("bad-request", "The request cannot be read"),
    404: ("not-found", "Not found"),
    405: ("method-not-allowed", "The method is not allowed here"),
    413: ("body-too-large", "The body is too large"),
    415: ("wrong-content-type", "The content type is not accepted here"),
}


def lookup(error: BaseException) -> tuple[int, str, str] | None:
    """Status, code and title, or None for an error that is not ours."""
    for kind, status, code, title in TABLE:
        if isinstance(error, kind):
            return status, code, title
    return None


def refusals() -> list[tuple[int, str, str]]:
    """Status, code and title of everything that can be refused, sorted."""
    by_error = {(status, code, title) for _, status, code, title in TABLE}
    return sorted(by_error | {(status, *words) for status, words in BY_STATUS.items()})
