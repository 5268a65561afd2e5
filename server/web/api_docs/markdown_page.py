"""docs/api.md, made from the OpenAPI document: `python -m server api > docs/api.md`."""

from __future__ import annotations

from typing import Any

# What nginx refuses before it asks the application; its texts are in nginx/likeness.conf.template.
NGINX = (
    (400, "bad-request", "The request cannot be read"),
    (404, "not-found", "Not found"),
    (405, "method-not-allowed", "The method is not allowed here"),
    (408, "upload-too-slow", "The upload stood still"),
    (413, "body-too-large", "The body is too large"),
    (414, "address-too-long", "The address is too long"),
    (429, "too-many-requests", "Too many requests"),
    (431, "headers-too-large", "The headers are too large"),
    (502, "away", "The service is away"),
    (504, "too-slow", "The answer took too long"),
)
HEAD = """# The API

Every route, made from the OpenAPI 3.1 document that the running service gives at `/api/openapi.json` (to read:
`/api/docs`). This page is made by `python -m server api`; a test keeps them equal.

## Asking

```sh
curl -F image=@photo.jpg http://localhost:8080/api/predict
curl --data-binary @photo.jpg -H 'Content-Type: image/jpeg' 'http://localhost:8080/api/predict?top_k=3'
curl -H 'Content-Type: application/json' -d '{"image": "<base64>"}' http://localhost:8080/api/predict
curl -F image=@a.jpg -F image=@b.jpg http://localhost:8080/api/predict/batch
```

An answer names the model and its version, the picture's size, every region with its `box` ([x, y, width, height] in
pixels of the upright picture), `label` (null: nobody known), `probability`, `similarity` and `reason`, and for the
picture `label`, `predictions`, `reason` and `note`. `labels` of a region has more than one name only where the model
was trained for several classes a picture; a correction then is about one of them. Nothing found is an answer too: 200,
no regions, and a reason. `POST /api/classify_image` is the route that clients of the well-known tutorial use; its list
has one entry a face with `class`, `class_probability` (percent) and `class_dictionary`, and leaves strangers out unless
`?unknown=1`.

`prediction_id` is there when the answer was logged, and from then on is not lost. Give it to `POST /api/corrections`,
with the picture again (`image`) where the service does not keep it. Its answer says whether the next training learns
from it (`learned`) and why (`why`). A picture of one region goes to the data set as it is; of several, the part around
the one that is meant, if the model finds exactly that one there: so it did for all 155 faces that it had found in group
pictures, and for 73 of 96 in crowds. "Not a face" about one of several changes nothing, for the others are faces; it
only leaves a part out that was added before.

| action | what the data set learns |
|---|---|
| `is` | it shows `label`; `why` says when that is a class that the data set did not have |
| `is_not` | it shows a stranger: it trains as `_unknown` |
| `not_a_face` | nothing is to be learned from it |

So `is_not` is about the name that the answer gave, or about any where it gave none; of somebody known say `is`. Of a
model for several classes a picture, `is` and `is_not` are about one class and leave the others as they were answered.

What the data set has already, under whatever name, is not stored again: the word is about the file that is there, also
where the picture does not come along, and the last word counts. Uploads are encoded anew and found again by the sha256
of what was sent. Where nothing can be learned, nothing is made.

A data set that has not all classes of the model, as where its pictures lie elsewhere, makes a model of fewer classes;
`why` says so.

`DELETE` of a class of a data set deletes its folder and takes back what was decided to show it: pictures in other
folders are again what those say. One in its folder that was decided to show another class moves there.

## Keys

A client on the machine itself may predict without a key. Others send one: `Authorization: Bearer KEY` or
`X-API-Key: KEY`. Roles are predict, train and admin; each may do what the ones before it may. The first start prints
an admin key once; `python -m server keys create NAME --role predict` makes more, as does `POST /api/keys`. The page
shows its key once to `POST /api/session` and goes on with a cookie; whatever changes something then needs the header
`X-CSRF-Token` with the token of `GET /api/session`.

## Following a training

`GET /api/jobs/{id}/events` is a stream of server-sent events; the data of each is the job. `job` comes whenever
something changed, `end` when the job has ended. After ten minutes the last event is `again`: connect anew, as a
browser's EventSource does by itself, after the `retry` that came first. Without a stream, ask `GET /api/jobs/{id}`.

## The log

`GET /api/predictions` has what was asked and answered, newest first. Times are milliseconds since 1970 in UTC;
`since` and `until`, here and at `/api/stats`, may also be a date (`2026-01-31`) or a time (`2026-01-31T09:30+01:00`;
UTC where no zone is given): what came at `since` or later and before `until`. With `format=csv` all that fit come as a
table for a spreadsheet, with `when` (ISO 8601, UTC) beside `time`, and one entry of `regions` and of `probabilities` a
region. Where a row is `kept`, `GET /api/predictions/{id}/picture` gives the picture; LIKENESS_KEEP_PICTURES_DAYS says
for how long.

## Refusals

Every refusal is `application/problem+json` (RFC 9457): `type` and `code` are stable, `detail` says what was wrong and
what is allowed, `limits` holds the limit that was broken, `request_id` finds the line in the log. With 429 and 503
comes `Retry-After`.

| status | code | title |
|---|---|---|
"""


BESIDE = """
What nginx refuses before it asks the service has the same shape:

| status | code | title |
|---|---|---|
"""


def page(document: dict[str, Any], problems: list[tuple[int, str, str]]) -> str:
    """The page as Markdown. problems: status, code, title of everything that can be refused."""
    rows = "".join(map(_refusal, sorted(set(problems))))
    groups: dict[str, list[str]] = {}
    for path, item in document["paths"].items():
        for method, operation in item.items():
            groups.setdefault(operation["tags"][0], []).append(_row(method, path, operation))
    parts = [HEAD + rows + BESIDE + "".join(map(_refusal, NGINX))]
    for tag, lines in groups.items():
        head = f"\n## {tag[0].upper()}{tag[1:]}\n\n| route | role | what it does |\n|---|---|---|\n"
        parts.append(head + "".join(lines))
    return "".join(parts)


def _refusal(problem: tuple[int, str, str]) -> str:
    status, code, title = problem
    return f"| {status} | `{code}` | {title} |\n"


def _row(method: str, path: str, operation: dict[str, Any]) -> str:
    security = operation.get("security")
    role = next(iter(security[0].values()))[0] if security else "open to all"
    query = [each["name"] for each in operation.get("parameters", []) if each["in"] == "query"]
    asked = f" (`?{'=&'.join(query)}=`)" if query else ""
    return f"| `{method.upper()} {path}`{asked} | {role} | {operation['summary']} |\n"
