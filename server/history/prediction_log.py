"""The log of answers in the database: writing, finding, and removing them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace

from sqlalchemy import ColumnElement, Connection, Select, and_, delete, or_, select, update
from sqlalchemy.exc import DataError, IntegrityError

from server.history.logged_answers import LoggedAnswer, LoggedRegion
from server.storage.database import Store, now
from server.storage.journal import Record, log
from server.storage.tables import (
    corrections,
    decided_strangers,
    further_labels,
    predictions,
    regions,
    stranger_faces,
)

DAY = 24 * 3600 * 1000  # milliseconds
AT_A_TIME = 200  # records in one transaction
PAGE = 500


@dataclass(frozen=True)
class Filter:
    """Which answers: all of what is given must hold. before: an id, for the next page.

    Times in milliseconds. camera: its name; `*` is any.
    """

    label: str | None = None
    reason: str | None = None
    model: str | None = None
    since: int | None = None
    until: int | None = None
    before: str | None = None
    camera: str | None = None


class PredictionLog:
    """The answers in the database."""

    def __init__(self, store: Store) -> None:
        self.store = store

    def insert(self, records: list[Record]) -> None:
        """Each record once, however often it comes. Raises StoreDown."""
        for start in range(0, len(records), AT_A_TIME):
            portion = records[start : start + AT_A_TIME]
            try:
                self._insert(portion)
            except (DataError, IntegrityError):
                for record in portion:
                    self._insert_alone(record)

    def _insert_alone(self, record: Record) -> None:
        """One bad record must not keep all later ones waiting."""
        try:
            self._insert([record])
        except (DataError, IntegrityError) as error:
            log.error(
                "an answer does not fit the database and is left out: %s", type(error).__name__
            )

    def _insert(self, records: list[Record]) -> None:
        answers = {record["id"]: LoggedAnswer.from_record(record) for record in records}
        with self.store.write() as connection:
            query = select(predictions.c.id).where(predictions.c.id.in_(answers))
            for known in connection.scalars(query).all():
                del answers[known]
            if answers:
                _insert_fresh(connection, list(answers.values()))

    def find(self, prediction: str) -> LoggedAnswer | None:
        """One answer with its regions, or None. Raises StoreDown."""
        with self.store.read() as connection:
            found = _answers(connection, select(predictions).where(predictions.c.id == prediction))
        return found[0] if found else None

    def newest(self, wanted: Filter, limit: int) -> list[LoggedAnswer]:
        """The newest `limit` that fit, newest first."""
        query = _filtered(wanted).order_by(predictions.c.id.desc()).limit(limit)
        with self.store.read() as connection:
            return _answers(connection, query)

    def all(self, wanted: Filter) -> Iterator[LoggedAnswer]:
        """All that fit, newest first.

        A page at a time: the database is never held open for a slow reader.
        """
        while True:
            page = self.newest(wanted, PAGE)
            yield from page
            if len(page) < PAGE:
                return
            wanted = replace(wanted, before=page[-1].id)

    def erase_class(self, label: str) -> tuple[list[str], int]:
        """Remove every answer and correction in which the label occurs, or of which a person said
        that it is who is seen.

        Ids of the answers, number of corrections.
        """
        with self.store.write() as connection:
            ids = _naming(connection, label)
            outdated = _corrections_naming(connection, label, set(ids))
            for portion in _portions(outdated):
                connection.execute(delete(corrections).where(corrections.c.id.in_(portion)))
            noted = corrections.c.note.contains(label, autoescape=True)
            connection.execute(update(corrections).where(noted).values(note=None))
            for portion in _portions(ids):
                _delete(connection, predictions.c.id.in_(portion))
        return ids, len(outdated)

    def known(self, ids: list[str]) -> set[str]:
        """Those that are in the log. Raises StoreDown."""
        with self.store.read() as connection:
            query = select(predictions.c.id).where(predictions.c.id.in_(ids))
            return set(connection.scalars(query))

    def labels(self) -> set[str]:
        """Every label that an answer or a correction holds."""
        answered = (predictions.c.label, regions.c.label, regions.c.best, further_labels.c.label)
        columns = (*answered, corrections.c.label)
        with self.store.read() as connection:
            found = [connection.scalars(select(column).distinct()) for column in columns]
            return {label for rows in found for label in rows if label}

    def expire(self, days: int) -> int:
        """Remove answers older than so many days; how many it were. 0 days keeps everything."""
        if not days:
            return 0
        with self.store.write() as connection:
            return _delete(connection, predictions.c.time < now() - days * DAY)


def _insert_fresh(connection: Connection, answers: list[LoggedAnswer]) -> None:
    """Answers that are not there yet, with their regions and the labels after the first."""
    rows = [asdict(answer) for answer in answers]
    parts = [{"prediction": row["id"], **part} for row in rows for part in row.pop("regions")]
    further = [
        {
            "prediction": part["prediction"],
            "position": part["position"],
            "rank": rank,
            "label": label,
        }
        for part in parts
        for rank, label in enumerate(part.pop("labels")[1:], 1)
    ]
    connection.execute(predictions.insert(), rows)
    for table, values in ((regions, parts), (further_labels, further)):
        if values:
            connection.execute(table.insert(), values)


def _answers(connection: Connection, query: Select[tuple[object, ...]]) -> list[LoggedAnswer]:
    rows = connection.execute(query).mappings().all()
    found = _regions(connection, [row["id"] for row in rows])
    return [LoggedAnswer(**row, regions=found[row["id"]]) for row in rows]


def _regions(connection: Connection, ids: list[str]) -> dict[str, list[LoggedRegion]]:
    """The regions of answers, in order, each with all its labels."""
    further: dict[tuple[str, int], list[str]] = {}
    for row in connection.execute(
        select(further_labels)
        .where(further_labels.c.prediction.in_(ids))
        .order_by(further_labels.c.rank)
    ):
        further.setdefault((row.prediction, row.position), []).append(row.label)
    found: dict[str, list[LoggedRegion]] = {id_: [] for id_ in ids}
    for part in connection.execute(
        select(regions).where(regions.c.prediction.in_(ids)).order_by(regions.c.position)
    ).mappings():
        values = {**part}
        prediction = values.pop("prediction")
        first = [] if part["label"] is None else [part["label"]]
        labels = [*first, *further.get((prediction, part["position"]), [])]
        found[prediction].append(LoggedRegion(**values, labels=labels))
    return found


def _naming(connection: Connection, label: str) -> list[str]:
    """Ids of the answers that name somebody, or of which a person said that it is them: of the
    answer itself, or of a group of faces that nobody knew.
    """
    named = select(regions.c.prediction).where(
        or_(regions.c.label == label, regions.c.best == label)
    )
    further = select(further_labels.c.prediction).where(further_labels.c.label == label)
    corrected = select(corrections.c.prediction).where(
        corrections.c.action == "is", corrections.c.label == label
    )
    grouped = (
        select(stranger_faces.c.prediction)
        .join(decided_strangers, decided_strangers.c.id == stranger_faces.c.stranger)
        .where(decided_strangers.c.label == label)
    )
    wanted = or_(
        predictions.c.label == label,
        *(predictions.c.id.in_(query) for query in (named, further, corrected, grouped)),
    )
    return list(connection.scalars(select(predictions.c.id).where(wanted)))


def _corrections_naming(connection: Connection, label: str, answers: set[str]) -> list[str]:
    """Ids of the corrections that name somebody, before or after, or are about those answers."""
    columns = corrections.c
    every = select(columns.id, columns.label, columns.before, columns.prediction)
    return [
        row.id
        for row in connection.execute(every)
        if row.prediction in answers
        or label in (row.label, row.before.get("label"), row.before.get("best"))
    ]


def _delete(connection: Connection, which: ColumnElement[bool]) -> int:
    """Delete answers with their regions; how many it were."""
    ids = select(predictions.c.id).where(which)
    for table in (stranger_faces, further_labels, regions):
        connection.execute(delete(table).where(table.c.prediction.in_(ids)))
    return int(connection.execute(delete(predictions).where(which)).rowcount)


def _portions(ids: list[str]) -> Iterator[list[str]]:
    for start in range(0, len(ids), PAGE):
        yield ids[start : start + PAGE]


def _filtered(wanted: Filter) -> Select[tuple[object, ...]]:
    columns = predictions.c
    conditions = [
        column == value
        for column, value in ((columns.reason, wanted.reason), (columns.model, wanted.model))
        if value is not None
    ]
    if wanted.label is not None:
        conditions.append(_shows(wanted.label))
    if wanted.camera is not None:
        any_camera = wanted.camera == "*"
        conditions.append(
            columns.camera.is_not(None) if any_camera else columns.camera == wanted.camera
        )
    if wanted.since is not None:
        conditions.append(columns.time >= wanted.since)
    if wanted.until is not None:
        conditions.append(columns.time < wanted.until)
    if wanted.before is not None:
        conditions.append(columns.id < wanted.before)
    return select(predictions).where(and_(True, *conditions))


def _shows(label: str) -> ColumnElement[bool]:
    """Whether a region of an answer has the label, as its first or a further one."""
    tables = (regions, further_labels)
    found = [select(table.c.prediction).where(table.c.label == label) for table in tables]
    return or_(*(predictions.c.id.in_(query) for query in found))
