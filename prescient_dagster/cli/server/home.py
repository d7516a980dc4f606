"""The home of this command: its settings, its database, and Dagster's folder in it.

An embedded server belongs to its home. Its address in `PRESCIENT_DATABASE_URL`, as `prescient env` prints it, is
therefore not taken for one that somebody chose: the server of `PRESCIENT_HOME` counts, and is started on demand.
"""

import os
import re
from importlib import resources
from pathlib import Path
from urllib.parse import unquote

from prescient_dagster.domain.errors import InvalidInput
from prescient_dagster.settings import Settings, VenueName, load_settings
from prescient_dagster.store import migrate, private_folders
from prescient_dagster.store.backup.broken_off import require_complete
from prescient_dagster.store.database import Database, connect
from prescient_dagster.store.server import postgres

EMBEDDED = re.compile(
    r"postgresql\+psycopg2://postgres@:5432/prescient\?host=(/.*/postgres|/tmp/prescient-[0-9a-f]{16})"
)

PUBLIC = "-csearch_path=public"


def read_settings() -> Settings:
    """The settings of this command; `database_url` is empty where the embedded server of the home is meant."""
    settings = load_settings()
    if EMBEDDED.fullmatch(unquote(settings.database_url)):
        return settings.model_copy(update={"database_url": ""})
    return settings


def open_database(settings: Settings) -> Database:
    """The database; an embedded one is started if it does not run, and gets its tables if it has none.

    Raises:
        StoreError: its tables are of another version than this program is for.
    """
    database = reach_database(settings)
    if not settings.database_url and not database.has_tables():
        migrate.upgrade(database)
    database.require_newest()
    return database


def reach_database(settings: Settings) -> Database:
    """The database, whatever its tables are, for who is about to upgrade them.

    Raises:
        StoreError: a restore into this home was broken off.
    """
    require_complete(settings.home)
    return database_to_fill(settings)


def database_to_fill(settings: Settings) -> Database:
    """The database, also where a restore into it is not complete."""
    return connect(settings.database_url or postgres.start(settings.home))


def environment(settings: Settings, database: Database) -> dict[str, str]:
    """What `dagster` and its processes need in their environment to work on this home, from any folder."""
    given = {name: getattr(settings, name) for name in settings.model_fields_set}
    given |= {"home": settings.home, "database_url": _for_dagster(settings, database), "venue": _venue(settings)}
    if settings.captures:
        given["captures"] = settings.captures_folder
    if settings.pages:
        given["pages"] = settings.pages_folder
    named = {f"PRESCIENT_{name.upper()}": _text(value) for name, value in sorted(given.items())}
    return {**named, "DAGSTER_HOME": str(dagster_home(settings))}


def _for_dagster(settings: Settings, database: Database) -> str:
    """The address of the database, as Dagster needs it: its tables go to `public`, whatever its user is called.

    For a user `prescient` they would go to our schema, where Alembic would take our migrations for Dagster's.
    """
    if not settings.database_url:  # the user of an embedded server is called otherwise
        return database.url
    url = database.engine.url
    options = str(url.query.get("options", ""))
    if "search_path" in options:
        return database.url
    found = url.update_query_dict({"options": f"{options} {PUBLIC}".strip()})
    return found.render_as_string(hide_password=False)


def _venue(settings: Settings) -> str:
    recorded = settings.venue_name is VenueName.RECORDED
    return f"{VenueName.RECORDED}:{settings.recordings}" if recorded else settings.venue


def _text(value: object) -> str:
    return str(int(value)) if isinstance(value, bool) else str(value)


def dagster_home(settings: Settings) -> Path:
    """Dagster's folder in the home."""
    return settings.home / "dagster"


def lay_dagster_home(settings: Settings) -> Path:
    """Make Dagster's folder and lay our `dagster.yaml` into it; one that somebody else wrote stays.

    What others could look into before is closed to them, where it is ours.

    Raises:
        InvalidInput: the home cannot be written.
    """
    ours = project_file("dagster.yaml").read_text()
    laid = dagster_home(settings) / "dagster.yaml"
    try:
        private_folders.make_home(settings.home)
        private_folders.make(laid.parent)
        there = laid.read_text() if laid.exists() else ours
        is_ours = there.splitlines()[:1] in ([], ours.splitlines()[:1])
        if is_ours:
            private_folders.close(laid.parent)
            private_folders.close(settings.home / "captures")
        if is_ours and not (laid.exists() and there == ours):
            aside = laid.with_name(f".{laid.name}.{os.getpid()}")
            aside.write_text(ours)
            aside.rename(laid)
    except OSError as error:
        raise InvalidInput(f"PRESCIENT_HOME: {error.filename} cannot be written: {error.strerror}") from error
    return laid.parent


def project_file(name: str) -> Path:
    """A file of the project's root, which is part of the package too, so that an installed one has it."""
    return Path(str(resources.files("prescient_dagster") / name))
