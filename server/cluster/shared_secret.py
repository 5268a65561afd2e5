"""The secret that signs the page's cookies, the same for all servers of one database.

Whoever reads the database gets nothing by it: a cookie holds a token besides, and of those the
database has hashes alone.
"""

from __future__ import annotations

from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError

from server.storage.database import Store
from server.storage.tables import shared_values

SECRET = "secret"


def shared_secret(store: Store, ours: bytes) -> bytes:
    """The one that the servers share: ours, where there was none. Raises StoreDown."""
    if not store.is_shared:
        return ours
    try:
        with store.write() as connection:
            query = select(shared_values.c.value).where(shared_values.c.name == SECRET)
            found = connection.execute(query).scalar()
            if found is None:
                row = {"name": SECRET, "value": ours.hex()}
                connection.execute(insert(shared_values), row)
            return bytes.fromhex(found) if found else ours
    except IntegrityError:  # another server was quicker
        return shared_secret(store, ours)
