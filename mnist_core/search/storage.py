"""The database that holds studies: opened for workers, or for reading only; errors as messages."""

import os
import re
import sqlite3
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import optuna
from optuna.exceptions import StorageInternalError
from optuna.storages import RDBStorage, RetryHeartbeatStaleTrialCallback
from sqlalchemy import Connection, event, make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from mnist_core.errors import MnistCoreError

STORAGE_ERRORS = (StorageInternalError, SQLAlchemyError)
HEARTBEAT_SECONDS = 5
_WRITE_TIMEOUT = 30
"""Seconds to wait for another worker's transaction."""
READ_TIMEOUT = 2.0
"""Seconds to wait for a writer before a page or a command says that it is locked."""
_NO_ACCESS = (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_FULL)
"""The low byte of SQLite's codes is the kind of error, the others say more."""


def storage_path(root: Path) -> Path:
    """Return the default database of the sweeps with runs in this folder."""
    return root / "sweep.db"


def storage_url(root: Path) -> str:
    """Return the URL of the default database."""
    return f"sqlite:///{storage_path(root)}"


class WorkerStorage(RDBStorage):
    """Optuna's storage with heartbeats, in which two workers never take the same trial.

    `heartbeat` are the seconds between two; a trial without one for three times as long is retried.
    """

    def __init__(self, url: str, heartbeat: int = HEARTBEAT_SECONDS) -> None:
        super().__init__(
            url,
            # reconnects when the server was restarted between two epochs
            engine_kwargs={"pool_pre_ping": True},
            heartbeat_interval=heartbeat,
            grace_period=3 * heartbeat,
            heartbeat_stale_trial_callback=RetryHeartbeatStaleTrialCallback(),
        )
        if self.engine.dialect.name == "sqlite":
            self.engine.dispose()  # connections opened before the listeners exist
            event.listen(self.engine, "connect", _disable_implicit_begin)
            event.listen(self.engine, "begin", _begin_immediate)

    def record_heartbeat(self, trial_id: int) -> None:
        """Record a heartbeat; a failure is left to the next one, or to the trial's next report."""
        try:
            super().record_heartbeat(trial_id)
        except STORAGE_ERRORS:
            return


def open_storage(url: str, heartbeat: int = HEARTBEAT_SECONDS) -> WorkerStorage:
    """Open a database for a worker, with its tables created. Raises any error of its driver.

    An SQLite file is created, but not its folder: workers share it, and a path that is mistyped, or
    on a disk that is not mounted, would be a database that no other worker sees.
    """
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    # heartbeats are marked experimental; the version is pinned
    warnings.filterwarnings("ignore", category=optuna.exceptions.ExperimentalWarning)
    if path := _sqlite_path(url):
        _check_regular(path)
        if not os.path.isdir(path.parent):
            raise MnistCoreError(
                f"storage {url}: there is no folder {path.parent}; create it, or give another URL "
                "(sqlite:///sweep.db is in the current folder, sqlite:////data/sweep.db in /data)"
            )
    return WorkerStorage(url, heartbeat)


@contextmanager
def open_read_only(root: Path) -> Iterator[RDBStorage | None]:
    """Open a folder's default database without changing anything; None if there is none.

    Raises MnistCoreError if it is damaged, locked by a writer or not a database; also for
    errors in the block.
    """
    path = storage_path(root)
    optuna.logging.set_verbosity(optuna.logging.ERROR)  # what is wrong is raised
    with explained_errors(storage_url(root)):
        if not path.exists():
            yield None
            return
        _check_regular(path)
        storage = RDBStorage(
            f"sqlite:///file:{quote(str(path.resolve()))}?mode=ro&uri=true",
            engine_kwargs={"connect_args": {"timeout": READ_TIMEOUT}},
            skip_compatibility_check=True,
            skip_table_creation=True,
        )
        try:
            yield storage
        finally:
            storage.remove_session()
            storage.engine.dispose()


@contextmanager
def explained_errors(url: str) -> Iterator[None]:
    """Turn every error of a block that works with a study into a message, also unexpected ones.

    A damaged database raises errors of many types: of the driver, of JSON, of Optuna's parsing.
    """
    try:
        yield
    except MnistCoreError:
        raise
    except Exception as error:
        raise MnistCoreError(_explain(url, error)) from error


def _explain(url: str, error: Exception) -> str:
    cause = _storage_error(error) or error
    original = getattr(cause, "orig", None) or cause
    text = str(original).strip().partition("\n")[0]
    code = getattr(original, "sqlite_errorcode", 0)
    if "no such table" in text:
        message = f"contains no sweeps yet ({text})"
    elif code & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        message = "locked by another process; it is read again later"
    elif code & 0xFF in _NO_ACCESS or code == sqlite3.SQLITE_IOERR_WRITE:
        message = f"cannot be used ({text}); check the permissions and the free space of its folder"
    elif _sqlite_path(url):
        message = (
            f"cannot be used ({type(cause).__name__}: {text}); it may be damaged. "
            "Move it away to start again: the runs are kept"
        )
    else:
        message = (
            f"cannot be used ({type(cause).__name__}: {text}). If the server does not respond, run "
            "the same command again later to continue; otherwise give a database URL such as "
            "sqlite:///sweep.db, or postgresql+psycopg://user@host/name with psycopg installed"
        )
    # without the passwords of URLs
    return re.sub(r"(://[^:/@\s]*):[^@\s]*@", r"\1:***@", f"storage {url}: {message}")


def _storage_error(error: BaseException | None) -> BaseException | None:
    """Return the innermost storage error among an error and its causes."""
    found = None
    while error is not None:
        found = error if isinstance(error, STORAGE_ERRORS) else found
        error = error.__cause__ or error.__context__
    return found


def _sqlite_path(url: str) -> Path | None:
    try:
        parsed = make_url(url)
    except ArgumentError:
        return None
    is_file = parsed.get_backend_name() == "sqlite" and parsed.database
    return Path(str(parsed.database)) if is_file else None


def _check_regular(path: Path) -> None:
    # SQLite would wait for a writer of a FIFO
    if path.exists() and not path.is_file():
        raise MnistCoreError(f"storage {path}: not a regular file; move it away to start again")


def _disable_implicit_begin(connection: sqlite3.Connection, _record: object) -> None:
    connection.isolation_level = None
    connection.execute(f"PRAGMA busy_timeout = {1000 * _WRITE_TIMEOUT}")


def _begin_immediate(connection: Connection) -> None:
    # SQLite has no SELECT ... FOR UPDATE: without this, two workers that look at a waiting trial at
    # the same moment both take it. Source: SQLAlchemy, SQLite dialect, "Serializable isolation".
    connection.exec_driver_sql("BEGIN IMMEDIATE")
