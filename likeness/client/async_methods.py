"""A method for each route of the API.

Made by `python -m tests.likeness.client_source`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Literal, cast

import httpx

from likeness.client import schemas as t
from likeness.client.calls import Call, Picture, place


class AsyncMethods(ABC):
    """What the API can do; sending is another class's."""

    @abstractmethod
    async def _send(self, call: Call) -> httpx.Response: ...

    async def classify_image(
        self,
        picture: Picture,
        *,
        model: str | None = None,
        unknown: Literal["0", "1"] | None = None,
    ) -> list[t.LegacyRegion]:
        """The tutorial's route: one entry a face, its class and the percent for every class."""
        call = Call(
            "POST",
            "/api/classify_image",
            query={"model": model, "unknown": unknown},
            field="image_data",
            pictures=[picture],
            repeatable=True,
        )
        return cast("list[t.LegacyRegion]", (await self._send(call)).json())

    async def predict(
        self,
        picture: Picture,
        *,
        model: str | None = None,
        top_k: int | None = None,
        explain: bool | None = None,
        region: int | None = None,
        camera: str | None = None,
        logged: bool | None = None,
    ) -> t.Answer:
        """What is in one picture: multipart field `image`, raw body, or JSON."""
        call = Call(
            "POST",
            "/api/predict",
            query={
                "model": model,
                "top_k": top_k,
                "explain": explain,
                "region": region,
                "camera": camera,
                "logged": logged,
            },
            field="image",
            pictures=[picture],
            repeatable=True,
        )
        return cast("t.Answer", (await self._send(call)).json())

    async def predict_batch(
        self,
        pictures: Sequence[Picture],
        *,
        model: str | None = None,
        top_k: int | None = None,
        explain: bool | None = None,
        region: int | None = None,
        camera: str | None = None,
        logged: bool | None = None,
    ) -> t.BatchAnswer:
        """Several pictures: each has its answer or its problem, in the order they came."""
        call = Call(
            "POST",
            "/api/predict/batch",
            query={
                "model": model,
                "top_k": top_k,
                "explain": explain,
                "region": region,
                "camera": camera,
                "logged": logged,
            },
            field="image",
            pictures=pictures,
            repeatable=True,
        )
        return cast("t.BatchAnswer", (await self._send(call)).json())

    async def sample(self) -> bytes:
        """A portrait to try with: an astronaut (NASA, public domain)."""
        call = Call("GET", "/api/sample", repeatable=True)
        return (await self._send(call)).content

    async def list_models(self) -> t.ModelList:
        """Every model with its labels; one that cannot be loaded is listed as broken."""
        call = Call("GET", "/api/models", repeatable=True)
        return cast("t.ModelList", (await self._send(call)).json())

    async def show_model(self, name: str) -> t.ModelDetail:
        """One model: labels, recipe, versions and the facts of its training."""
        call = Call("GET", place("/api/models/{}", name), repeatable=True)
        return cast("t.ModelDetail", (await self._send(call)).json())

    async def discard_model(self, name: str) -> t.Discarded:
        """Delete a model with all its versions and reports; its data set stays. What is trained
        now ends first.
        """
        call = Call("DELETE", place("/api/models/{}", name))
        return cast("t.Discarded", (await self._send(call)).json())

    async def show_report(self, name: str, *, version: int | None = None) -> str:
        """The report of the training, one HTML page; for those who may see data sets with small
        pictures of its mistakes, and links to the pictures that it names.
        """
        call = Call(
            "GET", place("/api/models/{}/report", name), query={"version": version}, repeatable=True
        )
        return (await self._send(call)).text

    async def show_report_sheet(self, name: str, *, version: int | None = None) -> str:
        """The same on one page of paper, without any picture."""
        call = Call(
            "GET",
            place("/api/models/{}/report.pdf", name),
            query={"version": version},
            repeatable=True,
        )
        return (await self._send(call)).text

    async def show_card(self, name: str, *, version: int | None = None) -> t.ResultCard:
        """What a training came to: how often it is right, strangers, the weakest class, what
        changed since the version before, and what would help most.
        """
        call = Call(
            "GET", place("/api/models/{}/card", name), query={"version": version}, repeatable=True
        )
        return cast("t.ResultCard", (await self._send(call)).json())

    async def list_versions(self, name: str) -> t.VersionTable:
        """The versions of a model side by side: how often right, strangers, time, size, data."""
        call = Call("GET", place("/api/models/{}/versions", name), repeatable=True)
        return cast("t.VersionTable", (await self._send(call)).json())

    async def show_confusion(self, name: str, *, version: int | None = None) -> t.Confusion:
        """Whom a version took for whom, on pictures that it had not seen, with the pictures of
        its worst mistakes where the data set has them.
        """
        call = Call(
            "GET",
            place("/api/models/{}/confusion", name),
            query={"version": version},
            repeatable=True,
        )
        return cast("t.Confusion", (await self._send(call)).json())

    async def list_predictions(
        self,
        *,
        label: str | None = None,
        reason: Literal["known", "unknown", "nothing_found"] | None = None,
        model: str | None = None,
        since: int | str | None = None,
        until: int | str | None = None,
        before: str | None = None,
        limit: int | None = None,
        camera: str | None = None,
    ) -> t.PredictionList:
        """Answers, newest first; as pages of JSON, or all of them as CSV."""
        call = Call(
            "GET",
            "/api/predictions",
            query={
                "label": label,
                "reason": reason,
                "model": model,
                "since": since,
                "until": until,
                "before": before,
                "limit": limit,
                "camera": camera,
            },
            repeatable=True,
        )
        return cast("t.PredictionList", (await self._send(call)).json())

    async def show_prediction(self, id: str) -> t.PredictionRow:
        """One answer."""
        call = Call("GET", place("/api/predictions/{}", id), repeatable=True)
        return cast("t.PredictionRow", (await self._send(call)).json())

    async def show_asked_picture(self, id: str, *, size: int | None = None) -> bytes:
        """The picture that was asked about, as a fresh JPEG, where the service keeps it."""
        call = Call(
            "GET", place("/api/predictions/{}/picture", id), query={"size": size}, repeatable=True
        )
        return (await self._send(call)).content

    async def stats_over_time(
        self, *, span: Literal["hour", "day", "month"] | None = None
    ) -> t.Activity:
        """How many answers of which kind, and how quick they were, stretch by stretch until
        now.
        """
        call = Call("GET", "/api/stats/over-time", query={"span": span}, repeatable=True)
        return cast("t.Activity", (await self._send(call)).json())

    async def stats(
        self,
        *,
        days: int | None = None,
        since: int | str | None = None,
        until: int | str | None = None,
    ) -> t.Stats:
        """Counts and times of the last days, or of the time between `since` and `until`."""
        call = Call(
            "GET",
            "/api/stats",
            query={"days": days, "since": since, "until": until},
            repeatable=True,
        )
        return cast("t.Stats", (await self._send(call)).json())

    async def forget_class(self, label: str) -> t.Forgotten:
        """Forget a person everywhere: pictures, answers and decisions now, models by
        retraining. What was removed.
        """
        call = Call("DELETE", place("/api/classes/{}", label))
        return cast("t.Forgotten", (await self._send(call)).json())

    async def list_corrections(self) -> t.CorrectionList:
        """The newest 500, each with what the model had said before."""
        call = Call("GET", "/api/corrections", repeatable=True)
        return cast("t.CorrectionList", (await self._send(call)).json())

    async def create_correction(self, body: t.CorrectionBody) -> t.Taught:
        """Say that an answer was wrong, or right: the data set keeps it for the next training."""
        call = Call("POST", "/api/corrections", json=body)
        return cast("t.Taught", (await self._send(call)).json())

    async def undo_correction(self, id: str) -> t.Correction:
        """Take a correction back: what it added to the data set goes, what it decided is
        withdrawn.
        """
        call = Call("DELETE", place("/api/corrections/{}", id))
        return cast("t.Correction", (await self._send(call)).json())

    async def list_strangers(
        self, *, offset: int | None = None, limit: int | None = None
    ) -> t.StrangerList:
        """Faces that were refused, in groups of one person each. Faces nobody has looked at yet
        are looked at, for a second a request; ask again while `waiting` is more than 0.
        """
        call = Call(
            "GET", "/api/strangers", query={"offset": offset, "limit": limit}, repeatable=True
        )
        return cast("t.StrangerList", (await self._send(call)).json())

    async def show_face(self, prediction: str, position: int, *, size: int | None = None) -> bytes:
        """One face as a fresh JPEG, cut out of the picture that was asked about."""
        call = Call(
            "GET",
            place("/api/strangers/faces/{}/{}", prediction, position),
            query={"size": size},
            repeatable=True,
        )
        return (await self._send(call)).content

    async def name_stranger(self, id: str, body: t.NameStrangerBody) -> t.StrangerDecided:
        """Say who a group is: its best pictures become training pictures of that class, at most
        12.
        """
        call = Call("POST", place("/api/strangers/{}/name", id), json=body)
        return cast("t.StrangerDecided", (await self._send(call)).json())

    async def ignore_stranger(self, id: str, body: t.IgnoreStrangerBody) -> t.StrangerDecided:
        """Never be told of a group again: its best pictures train as a stranger's, and later
        faces of the same person are not shown.
        """
        call = Call("POST", place("/api/strangers/{}/ignore", id), json=body)
        return cast("t.StrangerDecided", (await self._send(call)).json())

    async def undo_stranger(self, id: str) -> t.StrangerUndone:
        """Take back that a group was named or ignored, with what it taught."""
        call = Call("POST", place("/api/strangers/{}/undo", id))
        return cast("t.StrangerUndone", (await self._send(call)).json())

    async def merge_strangers(self, body: t.MergeStrangersBody) -> t.StrangersMerged:
        """Say that several groups are one person."""
        call = Call("POST", "/api/strangers/merge", json=body)
        return cast("t.StrangersMerged", (await self._send(call)).json())

    async def take_out_faces(self, id: str, body: t.TakeOutFacesBody) -> t.FacesTakenOut:
        """Say that faces of a group are somebody else's: they become a group of their own."""
        call = Call("POST", place("/api/strangers/{}/take-out", id), json=body)
        return cast("t.FacesTakenOut", (await self._send(call)).json())

    async def list_datasets(self) -> t.DatasetList:
        """Every data set with its classes."""
        call = Call("GET", "/api/datasets", repeatable=True)
        return cast("t.DatasetList", (await self._send(call)).json())

    async def create_dataset(self, body: t.DatasetBody) -> t.DatasetRow:
        """An empty data set."""
        call = Call("POST", "/api/datasets", json=body)
        return cast("t.DatasetRow", (await self._send(call)).json())

    async def show_dataset(self, dataset: str) -> t.DatasetRow:
        """One data set."""
        call = Call("GET", place("/api/datasets/{}", dataset), repeatable=True)
        return cast("t.DatasetRow", (await self._send(call)).json())

    async def delete_dataset(self, dataset: str) -> t.DatasetRow:
        """Delete a data set with all its pictures; what it was."""
        call = Call("DELETE", place("/api/datasets/{}", dataset))
        return cast("t.DatasetRow", (await self._send(call)).json())

    async def create_class(self, dataset: str, body: t.DatasetBody) -> t.DatasetRow:
        """An empty class; `_unknown` and `_none` are the special ones."""
        call = Call("POST", place("/api/datasets/{}/classes", dataset), json=body)
        return cast("t.DatasetRow", (await self._send(call)).json())

    async def delete_class(self, dataset: str, label: str) -> t.DatasetRow:
        """Delete a class of one data set, its pictures and the decisions that they show it;
        what is left.
        """
        call = Call("DELETE", place("/api/datasets/{}/classes/{}", dataset, label))
        return cast("t.DatasetRow", (await self._send(call)).json())

    async def list_pictures(self, dataset: str, label: str) -> t.PictureList:
        """File names of a class."""
        call = Call(
            "GET", place("/api/datasets/{}/classes/{}/pictures", dataset, label), repeatable=True
        )
        return cast("t.PictureList", (await self._send(call)).json())

    async def add_pictures(
        self,
        dataset: str,
        label: str,
        pictures: Sequence[Picture],
        *,
        subject: Literal["auto", "face", "person", "object"] | None = None,
        marks: bool | None = None,
    ) -> t.UploadAnswer:
        """Add pictures to a class: each is stored, with marks of what may be wrong with it, or
        has its problem, in the order they came.
        """
        call = Call(
            "POST",
            place("/api/datasets/{}/classes/{}/pictures", dataset, label),
            query={"subject": subject, "marks": marks},
            field="image",
            pictures=pictures,
        )
        return cast("t.UploadAnswer", (await self._send(call)).json())

    async def show_picture(
        self, dataset: str, label: str, file: str, *, size: int | None = None
    ) -> bytes:
        """One picture as a fresh JPEG."""
        call = Call(
            "GET",
            place("/api/datasets/{}/classes/{}/pictures/{}", dataset, label, file),
            query={"size": size},
            repeatable=True,
        )
        return (await self._send(call)).content

    async def delete_picture(self, dataset: str, label: str, file: str) -> t.PictureList:
        """Delete one picture; those that are left. For an hour it can be brought back."""
        call = Call(
            "DELETE", place("/api/datasets/{}/classes/{}/pictures/{}", dataset, label, file)
        )
        return cast("t.PictureList", (await self._send(call)).json())

    async def restore_picture(self, dataset: str, label: str, file: str) -> t.PictureList:
        """Bring a picture back that was deleted within the hour; all that there are."""
        call = Call(
            "POST", place("/api/datasets/{}/classes/{}/pictures/{}/restore", dataset, label, file)
        )
        return cast("t.PictureList", (await self._send(call)).json())

    async def review_pictures(
        self,
        dataset: str,
        *,
        subject: Literal["auto", "face", "person", "object"] | None = None,
        mark: str | None = None,
        label: str | None = None,
        decision: str | None = None,
        picture: str | None = None,
        file: str | None = None,
        order: Literal["doubtful", "name"] | None = None,
        offset: int | None = None,
        limit: int | None = None,
    ) -> t.ReviewPage:
        """Pictures with their marks, the doubtful first. Those that nobody has looked at yet
        are looked at, for a second a request; ask again while `looked` is less than `all`.
        """
        call = Call(
            "GET",
            place("/api/datasets/{}/pictures", dataset),
            query={
                "subject": subject,
                "mark": mark,
                "label": label,
                "decision": decision,
                "picture": picture,
                "file": file,
                "order": order,
                "offset": offset,
                "limit": limit,
            },
            repeatable=True,
        )
        return cast("t.ReviewPage", (await self._send(call)).json())

    async def show_reviewed(self, dataset: str, sha256: str, *, size: int | None = None) -> bytes:
        """One picture as a fresh JPEG, by its sha256."""
        call = Call(
            "GET",
            place("/api/datasets/{}/pictures/{}", dataset, sha256),
            query={"size": size},
            repeatable=True,
        )
        return (await self._send(call)).content

    async def decide(self, dataset: str, body: t.DecisionsBody) -> t.Decided:
        """Decide about pictures, all at once or none: keep (it is right as it is), reject (do
        not train on it), move (it shows `to`), not (it is not who its class says: it trains
        as a stranger).
        """
        call = Call("POST", place("/api/datasets/{}/decisions", dataset), json=body)
        return cast("t.Decided", (await self._send(call)).json())

    async def undo_decisions(self, dataset: str, id: str) -> t.Undone:
        """Undo what was decided together; what was cut out for it goes, too."""
        call = Call("POST", place("/api/datasets/{}/decisions/{}/undo", dataset, id))
        return cast("t.Undone", (await self._send(call)).json())

    async def choose_region(
        self,
        dataset: str,
        sha256: str,
        body: t.ChooseBody,
        *,
        subject: Literal["auto", "face", "person", "object"] | None = None,
    ) -> t.Chosen:
        """Say which of several is meant: it is cut out into its class, and the picture is left
        out.
        """
        call = Call(
            "POST",
            place("/api/datasets/{}/pictures/{}/choose", dataset, sha256),
            query={"subject": subject},
            json=body,
        )
        return cast("t.Chosen", (await self._send(call)).json())

    async def list_jobs(self) -> t.JobList:
        """The newest hundred."""
        call = Call("GET", "/api/jobs", repeatable=True)
        return cast("t.JobList", (await self._send(call)).json())

    async def start_training(self, body: t.JobBody) -> t.Job:
        """Train a model from a data set; it waits its turn in the queue."""
        call = Call("POST", "/api/jobs", json=body)
        return cast("t.Job", (await self._send(call)).json())

    async def show_job(self, id: str) -> t.Job:
        """One job: its state, how far it is, what came of it."""
        call = Call("GET", place("/api/jobs/{}", id), repeatable=True)
        return cast("t.Job", (await self._send(call)).json())

    async def cancel_job(self, id: str) -> t.Job:
        """Stop it; a training that is stopped leaves nothing behind."""
        call = Call("POST", place("/api/jobs/{}/cancel", id))
        return cast("t.Job", (await self._send(call)).json())

    async def show_collecting(self) -> t.Collecting:
        """Whether pictures can be collected here, and who can be searched."""
        call = Call("GET", "/api/collecting", repeatable=True)
        return cast("t.Collecting", (await self._send(call)).json())

    async def start_collecting(self, dataset: str, label: str, body: t.CollectBody) -> t.Job:
        """Search for pictures and add them to a class, as a job that waits its turn in the
        queue.
        """
        call = Call("POST", place("/api/datasets/{}/classes/{}/collect", dataset, label), json=body)
        return cast("t.Job", (await self._send(call)).json())

    async def list_keys(self) -> t.KeyList:
        """Every key there was, without its secret."""
        call = Call("GET", "/api/keys", repeatable=True)
        return cast("t.KeyList", (await self._send(call)).json())

    async def create_key(self, body: t.KeyBody) -> t.NewKey:
        """Make a key; it is shown this once."""
        call = Call("POST", "/api/keys", json=body)
        return cast("t.NewKey", (await self._send(call)).json())

    async def revoke_key(self, id: str) -> t.KeyRow:
        """End a key now."""
        call = Call("DELETE", place("/api/keys/{}", id))
        return cast("t.KeyRow", (await self._send(call)).json())

    async def rotate_key(self, id: str) -> t.NewKey:
        """A new key of the same name, role and end; the old one ends now. It is shown this
        once.
        """
        call = Call("POST", place("/api/keys/{}/rotate", id))
        return cast("t.NewKey", (await self._send(call)).json())

    async def reload_model(self, name: str) -> t.ModelDetail:
        """Load the active version again, in every process. A broken one is refused and the old
        one goes on.
        """
        call = Call("POST", place("/api/models/{}/reload", name))
        return cast("t.ModelDetail", (await self._send(call)).json())

    async def reload_default(self) -> t.ModelDetail:
        """The same for the default model."""
        call = Call("POST", "/model/reload")
        return cast("t.ModelDetail", (await self._send(call)).json())

    async def discard_version(self, name: str, version: int) -> t.Discarded:
        """Delete one version of a model, but not the one that answers."""
        call = Call("DELETE", place("/api/models/{}/versions/{}", name, version))
        return cast("t.Discarded", (await self._send(call)).json())

    async def promote(self, name: str, body: t.VersionBody) -> t.ModelDetail:
        """Answer with another version from now on. One that cannot be loaded is refused."""
        call = Call("POST", place("/api/models/{}/promote", name), json=body)
        return cast("t.ModelDetail", (await self._send(call)).json())

    async def roll_back(self, name: str) -> t.ModelDetail:
        """Answer with the version before."""
        call = Call("POST", place("/api/models/{}/rollback", name))
        return cast("t.ModelDetail", (await self._send(call)).json())

    async def claim_key(self, body: t.ClaimBody) -> t.NewKey:
        """The first admin key, for the link that the first start prints: once, within an hour."""
        call = Call("POST", "/api/claim", json=body)
        return cast("t.NewKey", (await self._send(call)).json())

    async def show_session(self) -> t.SessionInfo:
        """What the caller may do: role none, predict, train or admin."""
        call = Call("GET", "/api/session", repeatable=True)
        return cast("t.SessionInfo", (await self._send(call)).json())

    async def log_in(self, body: t.LoginBody) -> t.SessionInfo:
        """Show a key once and go on with a cookie: for the page."""
        call = Call("POST", "/api/session", json=body)
        return cast("t.SessionInfo", (await self._send(call)).json())

    async def log_out(self, *, everywhere: bool | None = None) -> t.SessionInfo:
        """End this session at once; with `everywhere` all sessions of its key."""
        call = Call("DELETE", "/api/session", query={"everywhere": everywhere})
        return cast("t.SessionInfo", (await self._send(call)).json())

    async def show_access(self) -> t.SessionInfo:
        """Whether the caller may ask for predictions: for a proxy, before it takes a large
        body.
        """
        call = Call("GET", "/api/access", repeatable=True)
        return cast("t.SessionInfo", (await self._send(call)).json())

    async def metrics(self) -> str:
        """Numbers for Prometheus; they name no person."""
        call = Call("GET", "/metrics", repeatable=True)
        return (await self._send(call)).text

    async def ping(self) -> str:
        """SageMaker's question whether the container can answer."""
        call = Call("GET", "/ping", repeatable=True)
        return (await self._send(call)).text

    async def invocations(
        self,
        picture: Picture,
        *,
        model: str | None = None,
        top_k: int | None = None,
        explain: bool | None = None,
        region: int | None = None,
        camera: str | None = None,
        logged: bool | None = None,
    ) -> t.Answer:
        """SageMaker's name for predict."""
        call = Call(
            "POST",
            "/invocations",
            query={
                "model": model,
                "top_k": top_k,
                "explain": explain,
                "region": region,
                "camera": camera,
                "logged": logged,
            },
            field="image",
            pictures=[picture],
        )
        return cast("t.Answer", (await self._send(call)).json())

    async def alive(self) -> t.Status:
        """The process lives."""
        call = Call("GET", "/healthz", repeatable=True)
        return cast("t.Status", (await self._send(call)).json())

    async def ready(self) -> t.Ready:
        """The default model is loaded, its golden answer was given again, and no thread hangs."""
        call = Call("GET", "/readyz", repeatable=True)
        return cast("t.Ready", (await self._send(call)).json())

    async def condition(self) -> t.Health:
        """How it is: answers go on while the database is away, and wait for it in the journal."""
        call = Call("GET", "/health", repeatable=True)
        return cast("t.Health", (await self._send(call)).json())
