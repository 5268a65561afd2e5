"""The database: SQLite in one file by default, PostgreSQL by LIKENESS_DATABASE_URL.

Opening, migrating, transactions.

What is asked of it lives with those who ask (history, keys, jobs, corrections).
"""

from __future__ import annotations

import fcntl
import logging
import secrets
import shlex
import sqlite3
import sys
import time
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, Engine, create_engine, event, inspect
from sqlalchemy.engine import make_url
from sqlalchemy.exc import (
    ArgumentError,
    DatabaseError,
    DBAPIError,
    InterfaceError,
    NoSuchModuleError,
    OperationalError,
)

from server.errors import SettingError, StoreDamaged, StoreDown
from server.locations import CODE
from server.storage.tables import metadata

log = logging.getLogger("likeness.database")
MIGRATIONS = Path(__file__).parent / "migrations"
AWAY = (
    "The database cannot be reached now. Answers go on; what is asked of the database has to wait."
)


LOCK_SECONDS = 10  # for which a table that is in use is waited for
LARGE = 512 * 1024 * 1024  # bytes of a file that is not looked through at every start
MIGRATING = 7_391_405  # our own number among PostgreSQL's advisory locks
READONLY, FULL = "readonly database", "disk is full"  # how SQLite says so


def now() -> int:
    """Milliseconds since 1970, UTC."""
    return time.time_ns() // 1_000_000


def new_id() -> str:
    """32 hexadecimal digits that sort by time: 14 for the microseconds, 18 random ones."""
    return f"{time.time_ns() // 1000:014x}{secrets.token_hex(9)}"


class Store:
    """url: SQLAlchemy address. Connections are made when first needed and belong to one process.

    They are closed by `close`, and where nothing refers to the store any longer.
    """

    def __init__(self, url: str) -> None:
        self.damaged = False  # whether somebody has come upon damage in SQLite's file
        try:
            parsed = make_url(_with_driver(url))
            self.engine = _engine(str(parsed.render_as_string(hide_password=False)))
        except ModuleNotFoundError as error:
            raise SettingError(_missing(error.name or "psycopg")) from None
        except (ArgumentError, NoSuchModuleError, ImportError) as error:
            raise SettingError(
                f"LIKENESS_DATABASE_URL cannot be used ({type(error).__name__}); write"
                " sqlite:///FILE or postgresql://USER:PASSWORD@HOST/NAME."
            ) from None
        # Python 3.13 warns of a connection to SQLite that nobody closed.
        weakref.finalize(self, self.engine.dispose).atexit = False

    @property
    def is_shared(self) -> bool:
        """Whether servers on several machines may use it at once: SQLite's file is one server's."""
        return self.engine.dialect.name != "sqlite"

    def clock(self, connection: Connection) -> int:
        """Milliseconds since 1970 by the clock that all who share the database can see."""
        if not self.is_shared:
            return now()
        seconds = connection.exec_driver_sql("SELECT extract(epoch FROM clock_timestamp())")
        return int(seconds.scalar_one() * 1000)

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A connection to look with. Raises StoreDown, StoreDamaged."""
        with self._telling(), self.engine.connect() as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A transaction, committed at the end of the block. Raises StoreDown, StoreDamaged."""
        with (
            self._telling(),
            self.engine.connect().execution_options(writes=True) as connection,
            connection.begin(),
        ):
            yield connection

    @contextmanager
    def _telling(self) -> Iterator[None]:
        """What the database's driver raises, as our own errors."""
        try:
            yield
        except (OperationalError, InterfaceError) as error:
            raise _as_ours(error) from error
        except DatabaseError as error:
            if type(error.orig) is not sqlite3.DatabaseError:  # a statement of ours that is wrong
                raise
            self.damaged = True
            raise StoreDamaged(self._damage(str(error.orig))) from error

    def _damage(self, found: str) -> str:
        """The sentence for a damaged file, with the way out."""
        file = self.engine.url.database
        return (
            f"The database {file} is damaged ({found}). Nothing was changed. Stop the service,"
            f" restore the backup of that file and remove {file}-wal and {file}-shm beside it"
            " (docs/deploy.md, Backup). Without a backup, `sqlite3 FILE .recover | sqlite3 NEW`"
            " saves what can be read; a new file, made where the old one was moved away, has no"
            " keys, answers and corrections. Models and data sets are not in it and are safe."
        )

    def check_file(self) -> None:
        """Look through SQLite's file for damage, where that takes seconds at most.

        Raises StoreDown, StoreDamaged.
        """
        file = Path(self.engine.url.database or "")
        if self.engine.dialect.name != "sqlite" or not file.is_file():
            return
        if file.stat().st_size > LARGE:
            return
        with self.read() as connection:
            found = connection.exec_driver_sql("PRAGMA quick_check(1)").scalar()
        if found != "ok":
            raise StoreDamaged(self._damage(str(found).splitlines()[-1]))

    def migrate(self) -> tuple[str | None, str | None]:
        """Bring the tables to the present form; a no-op when they have it.

        The form before (None: new) and after.

        Raises StoreDown; SettingError for a database of a newer version, whose form is not known
        here.
        """
        self._make_folder()
        with self.write() as connection:
            if self.is_shared:  # one server at a time, until the transaction ends
                connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({MIGRATING})")
            before = _form(connection)
            if before != _newest_form():
                _upgrade(connection, before)
            return before, _form(connection)

    def _make_folder(self) -> None:
        """Where SQLite's file is to lie. Raises SettingError."""
        database = self.engine.url.database
        if self.engine.dialect.name == "sqlite" and database:
            try:
                Path(database).parent.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise SettingError(
                    f"The folder of LIKENESS_DATABASE_URL cannot be made: {error}."
                ) from None

    def ping(self) -> None:
        """Raises StoreDown when the database does not answer, StoreDamaged when it is damaged."""
        with self.read() as connection:
            connection.exec_driver_sql("SELECT id FROM keys LIMIT 1")

    def compact(self) -> None:
        """Leave nothing of what was deleted in the database's files, if nobody reads now.

        SQLite keeps copies of rows where it has moved them, and in its log of changes until that is
        written back. PostgreSQL leaves their bytes in pages that it counts as free, so that each
        table is written anew; its log of changes keeps them until it is recycled.
        """
        try:
            if self.engine.dialect.name == "sqlite":
                self._compact_file()
            else:
                self._compact_tables()
        except (DBAPIError, sqlite3.Error) as error:  # somebody reads, or there is no room
            log.warning("the database was not compacted: %s", type(error).__name__)

    def _compact_file(self) -> None:
        with self.engine.connect() as connection:
            cursor = connection.connection.cursor()
            cursor.execute("VACUUM")
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def _compact_tables(self) -> None:
        engine = self.engine.execution_options(isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.exec_driver_sql(f"SET lock_timeout = '{LOCK_SECONDS}s'")
            for table in metadata.tables:
                connection.exec_driver_sql(f'VACUUM FULL "{table}"')
            connection.exec_driver_sql("RESET lock_timeout")

    def after_fork(self) -> None:
        """Leave the parent's connections to the parent."""
        self.engine.dispose(close=False)

    def close(self) -> None:
        self.engine.dispose()


@contextmanager
def lock(path: Path, wait: bool = True) -> Iterator[bool]:
    """An exclusive lock between processes, freed by the kernel even when its holder is killed.

    Yields whether held.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError:
            yield False
            return
        yield True


def _as_ours(error: DBAPIError) -> StoreDown:
    """What went wrong, where SQLite says it, or else that the database is away."""
    found = str(error.orig)
    if FULL in found:
        return StoreDown("The disk of the database is full. Answers go on; nothing else is stored.")
    if READONLY in found:
        return StoreDown("The database may not be written. Answers go on; nothing else is stored.")
    return StoreDown(AWAY)


def _form(connection: Connection) -> str | None:
    """The last migration that a database has gone through; None for an empty one."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    form = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()
    return None if form is None else str(form)


def _newest_form() -> str:
    """The last migration that there is: their files begin with their numbers."""
    return max(file.name for file in (MIGRATIONS / "versions").glob("[0-9]*.py"))[:4]


def _upgrade(connection: Connection, before: str | None) -> None:
    """Go through the migrations that are missing. Raises SettingError for an unknown form."""
    import alembic.command  # with all that it brings a sixth of a start; seldom needed
    import alembic.config
    from alembic.util import CommandError

    config = alembic.config.Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    try:
        alembic.command.upgrade(config, "head")
    except CommandError:
        raise SettingError(
            f"The database was made by a newer version of Likeness: its form, {before}, is"
            " not known here. Install that version again, or restore the backup that was"
            " taken before upgrading."
        ) from None


def _missing(package: str) -> str:
    """The sentence for a driver that is not installed; PostgreSQL's is installed by those who use
    it.
    """
    if package != "psycopg":
        return (
            f"LIKENESS_DATABASE_URL needs the package {package}, which is not installed; write "
            "postgresql://USER:PASSWORD@HOST/NAME for the one that Likeness knows."
        )
    install = shlex.join(
        [sys.executable, "-m", "pip", "install", "-r", str(CODE / "requirements-postgres.txt")]
    )
    return (
        "LIKENESS_DATABASE_URL needs the package psycopg, which is not installed. Install it:"
        f" {install}"
    )


def _with_driver(url: str) -> str:
    for short in ("postgres://", "postgresql://"):
        if url.startswith(short):
            return "postgresql+psycopg://" + url.removeprefix(short)
    return url


def _engine(url: str) -> Engine:
    if not url.startswith("sqlite"):
        return create_engine(
            url,
            pool_pre_ping=True,
            pool_size=4,
            max_overflow=16,
            connect_args={"connect_timeout": 5},
        )
    engine = create_engine(url, connect_args={"timeout": 10})
    event.listen(engine, "connect", _on_connect)
    event.listen(engine, "begin", _on_begin)
    return engine


def _on_connect(connection: sqlite3.Connection, _: object) -> None:
    connection.isolation_level = (
        None  # transactions begin where _on_begin says, not where the driver guesses
    )
    # FULL: in WAL mode NORMAL waits for the disk only now and then, and a power cut would bring
    # revoked keys back.
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "secure_delete=ON"):
        connection.execute(f"PRAGMA {pragma}")


def _on_begin(connection: Connection) -> None:
    # A transaction that reads first and writes later cannot wait for another writer in WAL mode:
    # take the lock at once.
    immediate = connection.get_execution_options().get("writes")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")
