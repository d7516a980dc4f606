"""What tests share: a real PostgreSQL with the newest schema, a database of its own for each test, the recordings."""

import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import hypothesis
import pytest
from sqlalchemy import create_engine, make_url, text
from sqlalchemy.pool import NullPool
from upath import UPath

from prescient_dagster.store import migrate
from prescient_dagster.store.database import Database, connect
from prescient_dagster.store.market.capture_folders import CaptureFolder
from prescient_dagster.store.server import postgres
from tests.object_stores import ObjectStore, forget_connections, served
from tests.processes import new_home

# How long one example takes says how busy the machine is, and nothing of what is tested.
hypothesis.settings.register_profile("unhurried", deadline=None)
hypothesis.settings.load_profile("unhurried")

RECORDINGS = Path(__file__).parents[2] / "shared" / "data" / "polymarket"
# The tests' server may lose everything in a crash, and is faster for it.
IN_A_FOLDER, IN_A_STORE = "folder", "store"
CARELESS = ("fsync", "synchronous_commit", "full_page_writes")


@pytest.fixture(autouse=True)
def no_settings_of_the_tester(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("PRESCIENT_")]:
        monkeypatch.delenv(name)


@pytest.fixture
def home() -> Iterator[Path]:
    """An empty home that PostgreSQL's own account can reach, also where the tests run as root."""
    with new_home() as home:
        yield home


@pytest.fixture(scope="session")
def template_url() -> Iterator[str]:
    """A migrated, empty database on a server of this test process."""
    with new_home() as home:
        url = postgres.start(home)
        on_server(url, *(f"ALTER SYSTEM SET {name} = off" for name in CARELESS), "SELECT pg_reload_conf()")
        database = connect(url)
        migrate.upgrade(database)
        database.close()
        yield url


@pytest.fixture
def database_url(template_url: str) -> Iterator[str]:
    """The URL of a migrated, empty database that this test has for itself."""
    with cloned(template_url) as url:
        yield url


@contextmanager
def cloned(url: str) -> Iterator[str]:
    """The URL of a copy of a database that nobody is connected to; the copy goes with the block."""
    name, template = f"test_{uuid.uuid4().hex}", make_url(url).database
    on_server(url, f"CREATE DATABASE {name} TEMPLATE {template}")
    yield url.replace(f"/{template}?", f"/{name}?")
    on_server(url, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """A migrated, empty database that this test has for itself."""
    database = connect(database_url)
    yield database
    database.close()


@pytest.fixture
def captures_folder(request: pytest.FixtureRequest, tmp_path: Path) -> CaptureFolder:
    """Where captures are kept: in a folder, and in modules that say `EVERYWHERE`, in an object store as well.

    `--everywhere` says it for all modules.
    """
    if getattr(request, "param", None) == IN_A_STORE:
        return request.getfixturevalue("bucket") / "captures"
    return tmp_path / "captures"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--everywhere", action="store_true", help="keep captures in an object store as well, in all tests")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    everywhere = metafunc.config.getoption("--everywhere") or getattr(metafunc.module, "EVERYWHERE", False)
    if everywhere and "captures_folder" in metafunc.fixturenames:
        local = metafunc.definition.get_closest_marker("in_a_folder") is not None
        places = [IN_A_FOLDER] if local else [IN_A_FOLDER, IN_A_STORE]
        metafunc.parametrize("captures_folder", places, indirect=True)


@pytest.fixture(scope="session")
def object_store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ObjectStore]:
    """An object store of this test process."""
    with served(tmp_path_factory.mktemp("object-store") / "log") as store:
        yield store


@pytest.fixture
def bucket(object_store: ObjectStore, monkeypatch: pytest.MonkeyPatch) -> Iterator[UPath]:
    """An empty place that this test has for itself, and in the environment the keys to it."""
    for name, value in object_store.environment().items():
        monkeypatch.setenv(name, value)
    forget_connections()
    yield object_store.bucket()
    forget_connections()


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The recorded answers of Polymarket, which are not part of the project."""
    if not RECORDINGS.is_dir():
        pytest.skip(f"the recordings are not here: {RECORDINGS}")
    return RECORDINGS


def on_server(url: str, *statements: str) -> None:
    """Run statements on the server of a database, outside of any transaction."""
    maintenance = url.replace(f"/{make_url(url).database}?", "/postgres?")
    engine = create_engine(maintenance, poolclass=NullPool, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        for statement in statements:
            connection.execute(text(statement))
