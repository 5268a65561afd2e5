"""The rows about faces that nobody knows: which there are, in which groups, and what was decided.

Looks at no picture. A row is deleted with its answer, or when its picture may not be kept longer.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Literal

from sqlalchemy import ColumnElement, Connection, and_, delete, func, insert, select, true, update
from sqlalchemy.exc import IntegrityError

from server.errors import NotFound
from server.history.prediction_log import DAY
from server.storage.database import Store, now
from server.storage.tables import decided_strangers, predictions, regions, stranger_faces

NAMED: Literal["named"] = "named"
IGNORED: Literal["ignored"] = "ignored"
MOST = 2000  # faces that are looked at and compared, the newest
COLUMNS = ("prediction", "position", "time", "stranger", "apart", "embedding", "vector")
Face = tuple[str, int]  # id of the answer, and which of its regions


@dataclass(frozen=True)
class RefusedFace:
    """A region that was refused. size: of the picture that was asked about, in pixels."""

    prediction: str
    position: int
    time: int
    model: str
    digest: str
    size: tuple[int, int]
    box: list[int]
    best: str
    similarity: float | None
    stranger: str = ""
    apart: str | None = None
    embedding: str | None = None
    vector: bytes | None = None

    @property
    def face(self) -> Face:
        return self.prediction, self.position


@dataclass(frozen=True)
class DecidedStranger:
    """A group that was decided about. names: whom the model had taken its faces for."""

    id: str
    time: int
    decision: str
    label: str | None
    names: list[str]
    embedding: str | None
    vector: bytes | None
    faces: int
    by: str
    corrections: list[str]


class StrangerRows:
    """Every method raises StoreDown."""

    def __init__(self, store: Store) -> None:
        self.store = store

    def unseen(self, days: int) -> list[RefusedFace]:
        """Of the newest MOST refused faces those that nobody has looked at, newest first."""
        return [one for one in self._refused(days) if not one.stranger]

    def open(self, stranger: str | None = None) -> list[RefusedFace]:
        """The newest MOST faces that nothing was decided about, newest first; of one group."""
        with self.store.read() as connection:
            column = stranger_faces.c.stranger
            mine = true() if stranger is None else column == stranger
            return _faces(connection, and_(mine, column.not_in(select(decided_strangers.c.id))))

    def find(self, face: Face) -> RefusedFace:
        """One face. Raises NotFound."""
        prediction, position = face
        same = stranger_faces.c.prediction == prediction
        with self.store.read() as connection:
            found = _faces(connection, and_(same, stranger_faces.c.position == position))
        if not found:
            raise NotFound("There is no such face, or its picture is not kept any more.")
        return found[0]

    def add(self, faces: Sequence[RefusedFace]) -> None:
        """Faces that were looked at; one that another server was quicker with is left out."""
        for one in faces:
            row = {name: getattr(one, name) for name in COLUMNS}
            try:
                with self.store.write() as connection:
                    connection.execute(insert(stranger_faces), row)
            except IntegrityError:  # or its answer was deleted meanwhile
                continue

    def move(self, into: Mapping[str, str]) -> None:
        """Put all faces of some groups into others: {old group: new group}."""
        with self.store.write() as connection:
            for old, new in into.items():
                for column in (stranger_faces.c.stranger, stranger_faces.c.apart):
                    changed = update(stranger_faces).where(column == old)
                    connection.execute(changed.values({column.name: new}))
            alone = update(stranger_faces).where(
                stranger_faces.c.apart == stranger_faces.c.stranger
            )
            connection.execute(alone.values(apart=None))

    def take_out(self, faces: Collection[Face], old: str, new: str) -> int:
        """Put faces of a group into a new one, which is kept apart from it; how many."""
        moved = 0
        with self.store.write() as connection:
            for prediction, position in faces:
                columns = stranger_faces.c
                one = (columns.prediction == prediction) & (columns.position == position)
                change = update(stranger_faces).where(one & (columns.stranger == old))
                moved += connection.execute(change.values(stranger=new, apart=old)).rowcount
        return moved

    def decide(self, decided: DecidedStranger) -> None:
        with self.store.write() as connection:
            connection.execute(insert(decided_strangers), asdict(decided))

    def decided(self, decision: str | None = None) -> list[DecidedStranger]:
        """The groups that were decided about, newest first."""
        query = select(decided_strangers).order_by(decided_strangers.c.time.desc())
        if decision is not None:
            query = query.where(decided_strangers.c.decision == decision)
        with self.store.read() as connection:
            return [DecidedStranger(**row) for row in connection.execute(query).mappings()]

    def undecide(self, stranger: str) -> DecidedStranger:
        """Take a decision back: the faces that are still there are open again. Raises NotFound."""
        mine = decided_strangers.c.id == stranger
        with self.store.write() as connection:
            row = connection.execute(select(decided_strangers).where(mine)).mappings().first()
            connection.execute(delete(decided_strangers).where(mine))
        if row is None:
            raise NotFound("There is nothing to undo: it was undone already, or never decided.")
        return DecidedStranger(**row)

    def counts(self) -> dict[str, int]:
        """How many faces each group has."""
        column = stranger_faces.c.stranger
        query = select(column, func.count()).group_by(column)
        with self.store.read() as connection:
            return {row[0]: row[1] for row in connection.execute(query)}

    def _refused(self, days: int) -> list[RefusedFace]:
        """The newest MOST refused faces of the time for which pictures are kept."""
        wanted = and_(
            regions.c.reason == "unknown",
            regions.c.label.is_(None),
            predictions.c.time >= now() - days * DAY,
        )
        with self.store.read() as connection:
            return _rows(connection, wanted, inner=False)


def remove_old_faces(store: Store, days: int) -> int:
    """Delete the faces whose pictures are older than they may be kept, and what was said about
    groups of which none is left; how many faces. An anchor stays until it is undone.
    """
    with store.write() as connection:
        old = delete(stranger_faces).where(stranger_faces.c.time < now() - days * DAY)
        gone = int(connection.execute(old).rowcount)
        left = select(stranger_faces.c.stranger)
        named = decided_strangers.c.decision == NAMED
        empty = delete(decided_strangers).where(named, decided_strangers.c.id.not_in(left))
        connection.execute(empty)
    return gone


def erase_decisions(store: Store, label: str) -> None:
    """Delete what was decided about groups of a person, or of people whom the model had taken for
    that person; with it their anchors.
    """
    with store.write() as connection:
        rows = connection.execute(select(decided_strangers)).mappings().all()
        theirs = [row["id"] for row in rows if label == row["label"] or label in row["names"]]
        for stranger in theirs:
            connection.execute(delete(decided_strangers).where(decided_strangers.c.id == stranger))


def _faces(connection: Connection, wanted: ColumnElement[bool]) -> list[RefusedFace]:
    return _rows(connection, wanted, inner=True)


def _rows(connection: Connection, wanted: ColumnElement[bool], inner: bool) -> list[RefusedFace]:
    """inner: only those that somebody has looked at."""
    columns = stranger_faces.c
    same = and_(columns.prediction == regions.c.prediction, columns.position == regions.c.position)
    about = predictions.c
    query = (
        select(
            regions,
            *(about.time, about.model, about.digest, about.width, about.height),
            *(columns.stranger, columns.apart, columns.embedding, columns.vector),
        )
        .join(predictions, about.id == regions.c.prediction)
        .join(stranger_faces, same, isouter=not inner)
        .where(wanted)
        .order_by(about.id.desc(), regions.c.position)
        .limit(MOST)
    )
    return [
        RefusedFace(
            prediction=row["prediction"],
            position=row["position"],
            time=row["time"],
            model=row["model"],
            digest=row["digest"],
            size=(row["width"], row["height"]),
            box=row["box"],
            best=row["best"],
            similarity=row["similarity"],
            stranger=row["stranger"] or "",
            apart=row["apart"],
            embedding=row["embedding"],
            vector=row["vector"],
        )
        for row in connection.execute(query).mappings()
    ]
