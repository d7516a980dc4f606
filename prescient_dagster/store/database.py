"""The door to the database: transactions that speak our errors, JSON that has no NaN.

SQLAlchemy's and psycopg2's errors end here. `postgresql://` is read as psycopg2, whatever SQLAlchemy's default is.
"""

import json
import re
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from decimal import Decimal

from sqlalchemy import URL, Connection, Engine, create_engine, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, SQLAlchemyError

from prescient_dagster.domain.errors import DatabaseUnavailable, InvalidInput, StoreError
from prescient_dagster.store.versions import hold_newest, version_of

CONNECT_TIMEOUT_SECONDS = 10
# SQLSTATEs of PostgreSQL, appendix A of its manual.
SCHEMA_MISSING = ("3F000", "42P01", "42703")
LOCKED = "55P03"
FORM = "postgresql://USER:PASSWORD@HOST:PORT/DATABASE"
ESCAPED = "in a password, @ is written %40, : %3A, / %2F, ? %3F, # %23 and % itself %25"
HINTS = {
    "password authentication failed": "correct user and password in PRESCIENT_DATABASE_URL",
    "no password supplied": "PRESCIENT_DATABASE_URL lacks the password",
    "unsupported startup parameter": "PgBouncer needs `ignore_startup_parameters = options,extra_float_digits`",
}
OTHERWISE = "`prescient dev` starts the embedded one, PRESCIENT_DATABASE_URL names another"
UNSTORABLE = re.compile("[\0\ud800-\udfff]")
SERVER_GOING = ("57P01", "57P02", "57P03")


class Database:
    """A pool of connections to one database.

    Several processes share the server, so each keeps few connections and tests one before it is used again.
    """

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    @property
    def url(self) -> str:
        """The address with its password."""
        return self.engine.url.render_as_string(hide_password=False)

    def begin(self) -> AbstractContextManager[Connection]:
        """One transaction: committed at the end, rolled back by any error.

        It looks at the version of the tables first, and so holds off an upgrade until its end: a process that goes on
        while another upgrades is refused from then on.

        Raises:
            DatabaseUnavailable: nothing answers.
            StoreError: it refuses, or its tables are of another version.
        """
        return self._transaction(self.engine, guarded=True)

    def view(self) -> AbstractContextManager[Connection]:
        """One consistent view: all its queries see the same moment, whatever others commit meanwhile.

        Raises:
            DatabaseUnavailable: nothing answers.
            StoreError: it refuses, or its tables are of another version.
        """
        return self._transaction(self._repeatable, guarded=True)

    def unguarded_view(self) -> AbstractContextManager[Connection]:
        """One consistent view whatever the version of the tables is.

        Raises:
            DatabaseUnavailable: nothing answers.
            StoreError: it refuses.
        """
        return self._transaction(self._repeatable, guarded=False)

    def unguarded(self) -> AbstractContextManager[Connection]:
        """One transaction whatever the version of the tables is, for who is about to change it.

        Raises:
            DatabaseUnavailable: nothing answers.
            StoreError: it refuses.
        """
        return self._transaction(self.engine, guarded=False)

    @property
    def _repeatable(self) -> Engine:
        return self.engine.execution_options(isolation_level="REPEATABLE READ")

    @contextmanager
    def _transaction(self, engine: Engine, *, guarded: bool) -> Iterator[Connection]:
        with translated(self.engine.url), engine.begin() as connection:
            if guarded:
                hold_newest(connection)
            yield connection

    def require_newest(self) -> None:
        """Raise `StoreError` unless the tables are of the version that this program is for."""
        with self.begin():
            pass

    def has_tables(self) -> bool:
        """Whether a migration has ever been applied."""
        with self.unguarded() as connection:
            return version_of(connection) is not None

    def close(self) -> None:
        """Let go of the connections."""
        self.engine.dispose()


def connect(url: str) -> Database:
    """The database at a `postgresql://` URL; it is not asked anything yet.

    Raises:
        InvalidInput: no such URL.
    """
    return Database(
        create_engine(
            driver_url(url),
            json_serializer=to_json,
            pool_size=2,
            max_overflow=18,
            pool_pre_ping=True,
            connect_args={
                "connect_timeout": CONNECT_TIMEOUT_SECONDS,
                "application_name": "prescient",
                "options": "-c timezone=UTC -c search_path=public",
            },
        )
    )


def driver_url(url: str) -> URL:
    """The URL with its driver named, since Dagster's event log fails under SQLAlchemy's own choice."""
    if url.count("@") > 1:  # read on, a part of the password would be taken for a host, and told as one
        raise InvalidInput(f"PRESCIENT_DATABASE_URL: more than one @; {ESCAPED}")
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):  # the latter quotes what stands in the place of a port
        raise InvalidInput(f"PRESCIENT_DATABASE_URL is not a URL: use {FORM}; {ESCAPED}") from None
    if parsed.drivername not in ("postgres", "postgresql", "postgresql+psycopg2"):
        raise InvalidInput(f"PRESCIENT_DATABASE_URL: {parsed.drivername} is not supported, use postgresql://")
    return parsed.set(drivername="postgresql+psycopg2")


def told(url: URL) -> str:
    """The address of a database as it may be shown to anybody: without a password, wherever that stands in it."""
    given = {name: "***" for name in url.query if "password" in name.lower()}
    return url.update_query_dict(given).render_as_string()


def to_json(value: object) -> str:
    """JSON for a JSONB column: decimals as strings, so that they stay exact; NaN and infinity are refused."""
    return json.dumps(value, allow_nan=False, separators=(",", ":"), ensure_ascii=False, default=_decimal)


def storable(text: str) -> str:
    """A stranger's text as PostgreSQL can keep it: NUL and half surrogates, which it refuses, become U+FFFD."""
    return UNSTORABLE.sub("\ufffd", text)


def _decimal(value: object) -> str:
    if isinstance(value, Decimal) and value.is_finite():
        return str(value)
    raise TypeError(f"{value!r} cannot be kept as JSON")


@contextmanager
def translated(url: URL) -> Iterator[None]:
    """Turn SQLAlchemy's errors into ours."""
    try:
        yield
    except SQLAlchemyError as error:
        raise _explained(error, url) from error


def _explained(error: SQLAlchemyError, url: URL) -> StoreError:
    cause = getattr(error, "orig", None) or error
    state = getattr(cause, "pgcode", None)
    reason = (str(cause).strip().splitlines() or [type(cause).__name__])[0]
    if isinstance(error, DBAPIError) and (
        error.connection_invalidated or state in SERVER_GOING or _not_connected(error)
    ):
        hint = next((hint for sign, hint in HINTS.items() if sign in reason), OTHERWISE)
        return DatabaseUnavailable(f"no database answers at {told(url)}: {reason}; {hint}")
    if state == LOCKED:
        return StoreError(f"the database is busy ({reason}): stop what runs on it, and try again")
    if state in SCHEMA_MISSING:
        return StoreError(f"the database lacks tables of this version ({reason}): run `prescient db upgrade`")
    return StoreError(f"the database refuses: {reason}")


def _not_connected(error: DBAPIError) -> bool:
    return error.statement is None and getattr(error.orig, "pgcode", None) is None
