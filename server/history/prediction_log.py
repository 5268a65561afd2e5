"""What was asked and what was answered: writing it, finding it, counting it, and forgetting it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, delete, func, or_, select
from sqlalchemy.exc import DataError, IntegrityError

from data_cleaning.files import sha256_of_bytes
from server.storage.database import Store, new_id, now
from server.storage.journal import Record, log
from server.storage.tables import corrections, further_labels, predictions, regions

DAY = 24 * 3600 * 1000
NAMES = [column.name for column in predictions.columns]


@dataclass(frozen=True)
class Filter:
    """Which predictions: all of what is given must hold. before: an id, for the next page.

    Times in milliseconds.
    """

    label: str | None = None
    reason: str | None = None
    model: str | None = None
    since: int | None = None
    until: int | None = None
    before: str | None = None


def record(
    bundle: Any, recognition: Any, data: bytes, client: str | None, key: str | None
) -> Record:
    """One answer as the journal keeps it: no picture, only its sha256."""
    return {
        "id": new_id(),
        "time": now(),
        "model": bundle.name,
        "version": bundle.version,
        "digest": sha256_of_bytes(data),
        "width": recognition.width,
        "height": recognition.height,
        "label": recognition.label,
        "reason": recognition.reason,
        "seconds": sum(recognition.seconds.values()),
        "stages": dict(recognition.seconds),
        "client": client,
        "key": key,
        "regions": [
            _region(position, each) for position, each in enumerate(recognition.predictions)
        ],
    }


def _region(position: int, prediction: Any) -> dict[str, Any]:
    box = prediction.detection
    return {
        "position": position,
        "label": prediction.label,
        "further": list(prediction.labels[1:]),
        "best": prediction.best,
        "probability": float(prediction.probability),
        "similarity": None if prediction.similarity is None else float(prediction.similarity),
        "reason": prediction.reason,
        "box": [box.x, box.y, box.width, box.height],
    }


class History:
    def __init__(self, store: Store) -> None:
        self.store = store

    def insert(self, records: list[Record]) -> None:
        """Each record once, however often it comes. Raises StoreDown."""
        for start in range(0, len(records), 200):
            some = records[start : start + 200]
            try:
                self._insert(some)
            except (DataError, IntegrityError):
                for each in some:
                    self._insert_alone(each)

    def _insert_alone(self, each: Record) -> None:
        try:
            self._insert([each])
        except (
            DataError,
            IntegrityError,
        ) as error:  # one bad row must not keep all later ones waiting
            log.error(
                "an answer does not fit the database and is left out: %s", type(error).__name__
            )

    def _insert(self, records: list[Record]) -> None:
        with self.store.write() as connection:
            ids = [each["id"] for each in records]
            there = set(
                connection.scalars(select(predictions.c.id).where(predictions.c.id.in_(ids)))
            )
            fresh = {each["id"]: each for each in records if each["id"] not in there}
            if not fresh:
                return
            rows = [{name: each[name] for name in NAMES} for each in fresh.values()]
            connection.execute(predictions.insert(), rows)
            parts = [
                {"prediction": each["id"], **part}
                for each in fresh.values()
                for part in each["regions"]
            ]
            more = [name for part in parts for name in _further(part)]
            if parts:
                connection.execute(regions.insert(), parts)
            if more:
                connection.execute(further_labels.insert(), more)

    def find(self, prediction: str) -> dict[str, Any] | None:
        """One prediction with its regions, or None. Raises StoreDown."""
        with self.store.read() as connection:
            row = (
                connection.execute(select(predictions).where(predictions.c.id == prediction))
                .mappings()
                .first()
            )
            if row is None:
                return None
            return _shown(dict(row), _regions(connection, [prediction])[prediction])

    def page(self, wanted: Filter, limit: int) -> list[dict[str, Any]]:
        """The newest `limit` that fit, newest first."""
        with self.store.read() as connection:
            query = _filtered(wanted).order_by(predictions.c.id.desc()).limit(limit)
            rows = [dict(row) for row in connection.execute(query).mappings()]
            found = _regions(connection, [row["id"] for row in rows])
        return [_shown(row, found[row["id"]]) for row in rows]

    def every(self, wanted: Filter) -> Iterator[dict[str, Any]]:
        """All that fit, newest first, a page at a time: the database is never held open for a slow
        reader.
        """
        while True:
            rows = self.page(wanted, 500)
            yield from rows
            if len(rows) < 500:
                return
            wanted = Filter(**{**vars(wanted), "before": rows[-1]["id"]})

    def stats(self, since: int, until: int | None = None) -> dict[str, Any]:
        """Counts and times of the predictions from `since` on and before `until`, both in
        milliseconds.
        """

        def within(time: ColumnElement[int]) -> ColumnElement[bool]:
            return time >= since if until is None else and_(time >= since, time < until)

        recent = within(predictions.c.time)
        with self.store.read() as connection:
            total, mean, slowest = connection.execute(
                select(
                    func.count(), func.avg(predictions.c.seconds), func.max(predictions.c.seconds)
                ).where(recent)
            ).one()

            def counted(column: Any) -> dict[str, int]:
                rows = connection.execute(
                    select(column, func.count()).where(recent).group_by(column)
                )
                return {str(value): int(count) for value, count in rows if value is not None}

            return {
                "predictions": int(total),
                "by_reason": counted(predictions.c.reason),
                "by_label": counted(predictions.c.label),
                "by_model": counted(predictions.c.model),
                "mean_seconds": None if mean is None else round(float(mean), 6),
                "slowest_seconds": None if slowest is None else round(float(slowest), 6),
                "corrections": int(
                    connection.scalar(select(func.count()).where(within(corrections.c.time))) or 0
                ),
            }

    def forget(self, label: str) -> tuple[list[str], int]:
        """Remove every prediction and correction in which the label occurs, or of which a person
        said that it is who is seen: (ids of predictions, corrections)."""
        with self.store.write() as connection:
            named = select(regions.c.prediction).where(
                or_(regions.c.label == label, regions.c.best == label)
            )
            more = select(further_labels.c.prediction).where(further_labels.c.label == label)
            said = select(corrections.c.prediction).where(
                corrections.c.action == "is", corrections.c.label == label
            )
            wanted = or_(
                predictions.c.label == label,
                *(predictions.c.id.in_(each) for each in (named, more, said)),
            )
            ids = list(connection.scalars(select(predictions.c.id).where(wanted)))
            every = select(
                corrections.c.id,
                corrections.c.label,
                corrections.c.before,
                corrections.c.prediction,
            )
            gone = [
                row.id
                for row in connection.execute(every)
                if _names(row, label) or row.prediction in set(ids)
            ]
            for some in _portions(gone):
                connection.execute(delete(corrections).where(corrections.c.id.in_(some)))
            for some in _portions(ids):
                connection.execute(
                    delete(further_labels).where(further_labels.c.prediction.in_(some))
                )
                connection.execute(delete(regions).where(regions.c.prediction.in_(some)))
                connection.execute(delete(predictions).where(predictions.c.id.in_(some)))
        return ids, len(gone)

    def expire(self, days: int) -> int:
        """Remove predictions older than so many days; how many it were. 0 days keeps everything."""
        if not days:
            return 0
        limit = now() - days * DAY
        with self.store.write() as connection:
            old = select(predictions.c.id).where(predictions.c.time < limit)
            connection.execute(delete(further_labels).where(further_labels.c.prediction.in_(old)))
            connection.execute(delete(regions).where(regions.c.prediction.in_(old)))
            return int(
                connection.execute(delete(predictions).where(predictions.c.time < limit)).rowcount
            )


def _names(row: Any, label: str) -> bool:
    return row.label == label or label in (row.before.get("label"), row.before.get("best"))


def _portions(ids: list[str]) -> Iterator[list[str]]:
    for start in range(0, len(ids), 500):
        yield ids[start : start + 500]


def _filtered(wanted: Filter) -> Select[Any]:
    conditions: list[ColumnElement[bool]] = []
    if wanted.label is not None:
        named = select(regions.c.prediction).where(regions.c.label == wanted.label)
        more = select(further_labels.c.prediction).where(further_labels.c.label == wanted.label)
        conditions.append(or_(predictions.c.id.in_(named), predictions.c.id.in_(more)))
    if wanted.reason is not None:
        conditions.append(predictions.c.reason == wanted.reason)
    if wanted.model is not None:
        conditions.append(predictions.c.model == wanted.model)
    if wanted.since is not None:
        conditions.append(predictions.c.time >= wanted.since)
    if wanted.until is not None:
        conditions.append(predictions.c.time < wanted.until)
    if wanted.before is not None:
        conditions.append(predictions.c.id < wanted.before)
    return select(predictions).where(and_(True, *conditions))


def _further(part: dict[str, Any]) -> list[dict[str, Any]]:
    """The rows of the labels that a region has beside its first; it is left without them.

    Older records have none.
    """
    labels = part.pop("further", [])
    where = {"prediction": part["prediction"], "position": part["position"]}
    return [{**where, "rank": rank, "label": label} for rank, label in enumerate(labels, 1)]


def _regions(connection: Connection, ids: list[str]) -> dict[str, list[dict[str, Any]]]:
    """The regions of predictions, in order, each with all its labels."""
    found: dict[str, list[dict[str, Any]]] = {each: [] for each in ids}
    for part in connection.execute(
        select(regions).where(regions.c.prediction.in_(ids)).order_by(regions.c.position)
    ).mappings():
        labels = [] if part["label"] is None else [part["label"]]
        found[part["prediction"]].append({**part, "labels": labels})
    more = (
        select(further_labels)
        .where(further_labels.c.prediction.in_(ids))
        .order_by(further_labels.c.rank)
    )
    for row in connection.execute(more).mappings():
        next(p for p in found[row["prediction"]] if p["position"] == row["position"])[
            "labels"
        ].append(row["label"])
    return found


def _shown(row: dict[str, Any], parts: list[dict[str, Any]]) -> dict[str, Any]:
    for part in parts:
        part.pop("prediction")
    return {**row, "regions": parts}
