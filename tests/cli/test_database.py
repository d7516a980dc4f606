"""The database from the command line: whether the books balance."""

import pytest
from sqlalchemy import text

from prescient_dagster.store.database import Database
from tests.cli.commands import Prescient

TOUCH = '{"fill_model": "touch"}'


@pytest.fixture
def traded(prescient: Prescient) -> Prescient:
    """Two portfolios that have traded one capture."""
    prescient("capture")
    for slug in ("bold", "calm"):
        prescient("portfolio", "create", slug, "--strategy", "momentum", "--balance", 10_000, "--config", TOUCH)
    done = prescient("cycle", "--all", "--json").json
    assert all(result["trades_executed"] for result in done["results"])
    return prescient


def tamper(database: Database, statement: str) -> None:
    with database.begin() as connection:
        assert connection.execute(text(statement)).rowcount == 1


def test_books_that_balance_are_told_in_a_line(traded: Prescient) -> None:
    done = traded("db", "reconcile")
    assert (done.code, done.out) == (0, "the books of 2 portfolios balance\n")
    assert traded("db", "reconcile", "--json").json == {"portfolios": 2, "balanced": True, "differences": {}}


def test_a_balance_that_is_a_cent_off_is_found(traded: Prescient, database: Database) -> None:
    tamper(database, "UPDATE prescient.portfolios SET balance = balance + 0.01 WHERE slug = 'calm'")
    done = traded("db", "reconcile")
    assert done.code == 1
    (line,) = done.out.splitlines()
    assert line.startswith("calm: balance is ")
    document = traded("db", "reconcile", "--json")
    assert (document.code, document.json["balanced"], list(document.json["differences"])) == (1, False, ["calm"])


def test_a_position_that_its_trades_do_not_explain_is_found(traded: Prescient, database: Database) -> None:
    market_id = traded("positions", "bold", "--json").json[0]["market_id"]
    bold = "portfolio_id = (SELECT portfolio_id FROM prescient.portfolios WHERE slug = 'bold')"
    tamper(database, f"UPDATE prescient.positions SET shares = shares + 1 WHERE market_id = '{market_id}' AND {bold}")
    done = traded("db", "reconcile")
    assert (done.code, len(done.out.splitlines())) == (1, 1)
    assert done.out.startswith(f"bold: position {market_id} ")


def test_a_position_that_is_missing_is_found_in_every_portfolio_it_is_missing_from(
    traded: Prescient, database: Database
) -> None:
    with database.begin() as connection:
        connection.execute(text("DELETE FROM prescient.positions"))
    done = traded("db", "reconcile")
    assert (done.code, [line.partition(":")[0] for line in done.out.splitlines()]) == (1, ["bold", "calm"])
    assert "is nothing, its trades add up to" in done.out


def test_no_portfolio_at_all_balances(prescient: Prescient) -> None:
    assert prescient("db", "reconcile", "--json").json["portfolios"] == 0
