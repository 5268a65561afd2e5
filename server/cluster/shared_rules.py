"""Who is not to be named any more, for all servers of one database: the truth behind their files.

Each change counts the epoch up; a server says in its row up to which epoch it obeys.
"""

from __future__ import annotations

from sqlalchemy import Connection, delete, insert, select, update

from server.storage.database import Store
from server.storage.tables import erased_names, shared_values

EPOCH = "epoch"
RuleRow = tuple[str, int, str]  # model, version, digest of the label


class SharedRules:
    """The table of rules. Every method raises StoreDown."""

    def __init__(self, store: Store) -> None:
        self.store = store

    def epoch(self) -> int:
        """How often the rules have changed."""
        with self.store.read() as connection:
            return _epoch(connection)

    def read(self) -> tuple[int, set[RuleRow]]:
        """The epoch and the rules that it has: never fewer than those of that epoch."""
        with self.store.read() as connection:
            epoch = _epoch(connection)
            columns = erased_names.c
            rows = connection.execute(select(columns.model, columns.version, columns.digest))
            return epoch, {(row.model, row.version, row.digest) for row in rows}

    def change(self, more: set[RuleRow], less: set[RuleRow]) -> int:
        """Add and remove rules; the new epoch."""
        with self.store.write() as connection:
            epoch = _next_epoch(connection)
            for model, version, digest in more | less:
                columns = erased_names.c
                same = (
                    (columns.model == model)
                    & (columns.version == version)
                    & (columns.digest == digest)
                )
                connection.execute(delete(erased_names).where(same))
            for model, version, digest in more - less:
                row = {"model": model, "version": version, "digest": digest}
                connection.execute(insert(erased_names), row)
            return epoch


def _epoch(connection: Connection) -> int:
    query = select(shared_values.c.value).where(shared_values.c.name == EPOCH)
    return int(connection.execute(query).scalar() or 0)


def _next_epoch(connection: Connection) -> int:
    """Counted up; its row is ours until the transaction ends, so changes come one after another."""
    mine = shared_values.c.name == EPOCH
    query = select(shared_values.c.value).where(mine).with_for_update()
    found = connection.execute(query).scalar()
    epoch = int(found or 0) + 1
    if found is None:
        connection.execute(insert(shared_values), {"name": EPOCH, "value": str(epoch)})
    else:
        connection.execute(update(shared_values).where(mine).values(value=str(epoch)))
    return epoch
