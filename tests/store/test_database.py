"""Whatever goes wrong with the database arrives as one of our errors, in one line."""

from decimal import Decimal

import pytest
from sqlalchemy import insert, make_url, select, text

from prescient_dagster.domain.errors import DatabaseUnavailable, InvalidInput, StoreError
from prescient_dagster.store.database import Database, connect
from prescient_dagster.store.tables import world


def run(database: Database, statement: str) -> None:
    with database.begin() as connection:
        connection.execute(text(statement))


@pytest.mark.parametrize("scheme", ["postgresql", "postgres", "postgresql+psycopg2"])
def test_any_postgres_url_is_read_as_psycopg2(scheme: str) -> None:
    assert connect(f"{scheme}://me:secret@somewhere/books").url == "postgresql+psycopg2://me:secret@somewhere/books"


@pytest.mark.parametrize("url", ["", "somewhere", "mysql://somewhere/books", "postgresql+asyncpg://somewhere/books"])
def test_any_other_url_is_refused(url: str) -> None:
    with pytest.raises(InvalidInput, match="PRESCIENT_DATABASE_URL"):
        connect(url)


def test_an_unreachable_database_is_told_in_one_line_without_the_password() -> None:
    with pytest.raises(DatabaseUnavailable) as caught:
        run(connect("postgresql://me:secret@127.0.0.1:9/books"), "SELECT 1")
    message = str(caught.value)
    assert "no database answers at postgresql+psycopg2://me:***@127.0.0.1:9/books" in message
    assert "\n" not in message
    assert "secret" not in message


def test_a_database_that_does_not_exist_is_unavailable(database_url: str) -> None:
    with pytest.raises(DatabaseUnavailable, match='database "nowhere" does not exist'):
        run(connect(str(make_url(database_url).set(database="nowhere"))), "SELECT 1")


def test_missing_tables_ask_for_an_upgrade(database: Database) -> None:
    for missing in ("SELECT * FROM prescient.nothing", "SELECT nothing FROM prescient.trades"):
        with pytest.raises(StoreError, match="run `prescient db upgrade`"):
            run(database, missing)


def test_a_connection_that_was_cut_is_replaced(database: Database) -> None:
    other = connect(database.url)
    run(database, "SELECT 1")
    others = "FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname = current_database()"
    run(other, f"SELECT pg_terminate_backend(pid) {others}")
    run(database, "SELECT 1")
    other.close()


def test_a_connection_cut_during_a_transaction_is_unavailable(database: Database) -> None:
    with pytest.raises(DatabaseUnavailable):
        run(database, "SELECT pg_terminate_backend(pg_backend_pid())")


@pytest.mark.parametrize("error", [InvalidInput("stop"), KeyError("stop")])
def test_an_error_rolls_the_transaction_back_and_passes_through(database: Database, error: Exception) -> None:
    def break_off() -> None:
        with database.begin() as connection:
            connection.execute(insert(world).values(venue="simulated", started_at=text("now()"), parameters={}))
            raise error

    with pytest.raises(type(error), match="stop"):
        break_off()
    with database.begin() as connection:
        assert connection.execute(select(world)).all() == []


def test_decimals_in_json_stay_exact(database: Database) -> None:
    with database.begin() as connection:
        values = {"price": Decimal("0.811881"), "text": "räin"}
        connection.execute(insert(world).values(venue="simulated", started_at=text("now()"), parameters=values))
        assert connection.scalar(select(world.c.parameters)) == {"price": "0.811881", "text": "räin"}


@pytest.mark.parametrize("value", [float("nan"), float("inf"), Decimal("NaN"), object()])
def test_what_is_no_json_is_refused(database: Database, value: object) -> None:
    with pytest.raises(StoreError), database.begin() as connection:
        connection.execute(insert(world).values(venue="simulated", started_at=text("now()"), parameters={"x": value}))
