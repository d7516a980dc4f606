"""`prescient performance`: the figures on the command line."""

import re
from dataclasses import fields
from datetime import timedelta
from decimal import Decimal
from itertools import accumulate
from pathlib import Path
from typing import Any

import pytest

from prescient_dagster.domain.figures.calibration import Calibration
from prescient_dagster.domain.figures.figure import Section, in_table
from prescient_dagster.domain.figures.performance import FIGURES, PARTS
from prescient_dagster.domain.figures.profit_split import ProfitSplit
from prescient_dagster.store.database import Database
from tests.builders import D
from tests.cli.commands import Prescient
from tests.store.histories import Books
from tests.store.listings import NOON

TOLD_APART = (ProfitSplit, Calibration)
NAMES = (
    *(each.name for part in PARTS if part not in TOLD_APART for each in fields(part)),
    *("profit", "calibration", "by_tag", "by_category"),
)


@pytest.fixture
def books(database: Database, tmp_path: Path) -> Books:
    return Books(database, tmp_path / "captures")


def thirty_days(books: Books) -> None:
    """A billion USD, so that its millionths do not show, which grows by 1 % and falls by half a per cent in turns."""
    rates = [D("0.01"), D("-0.005")] * 15
    equity = [*accumulate(rates, lambda before, rate: before * (1 + rate), initial=Decimal(10**9))]
    one = books.portfolio("bold", 10**9)
    for day, amount in enumerate(equity[1:]):
        books.snapshot(one, 24 * day, round(amount, 6))


def one_of(prescient: Prescient, *arguments: str) -> dict[str, Any]:
    (only,) = prescient("performance", *arguments, "--json").json["portfolios"]
    return dict(only)


def test_the_worked_example_to_the_ninth_decimal(prescient: Prescient, books: Books) -> None:
    thirty_days(books)
    found = one_of(prescient, "bold")
    worked = {
        "total_return": 0.0768787768,
        "cagr": 1.4624246581,
        "volatility": 0.1457368318,
        "sharpe": 6.2612861062,
        "sortino": 13.5092560861,
        "max_drawdown": -0.005,
    }
    assert {name: found[name] for name in worked} == pytest.approx(worked, abs=1e-9)
    assert found["days"] == 30
    last = (NOON + timedelta(days=29)).date()
    assert found["valued_on"] == last.isoformat()


def test_every_figure_has_its_name_for_portfolios_and_strategies(prescient: Prescient, books: Books) -> None:
    books.portfolio("one")
    books.portfolio("two")
    told = prescient("performance", "--json").json
    assert [tuple(each) for each in told["portfolios"]] == [("slug", "strategy_type", *NAMES)] * 2
    (strategy,) = told["strategies"]
    assert tuple(strategy) == ("strategy_type", "portfolios", *NAMES)
    assert (strategy["strategy_type"], strategy["portfolios"], strategy["initial_balance"]) == ("momentum", 2, 2_000)


def test_the_page_defines_every_figure(prescient: Prescient, books: Books) -> None:
    one = books.portfolio("bold")
    books.buy(one, 0)
    books.resolution("7", 5, "yes")
    found = one_of(prescient)
    parts = [*found["profit"], *found["calibration"], "from", "to"]
    page = (Path(__file__).parents[2] / "docs" / "performance.md").read_text(encoding="utf-8")
    assert {*FIGURES, *parts} <= set(re.findall("`([a-z_]+)`", page))


def test_the_command_shows_every_figure_that_has_a_table(prescient: Prescient, books: Books) -> None:
    books.portfolio("bold")
    told = prescient("performance", "--full").out
    headings = set(re.findall("[a-z%0-9]+", told))  # a narrow table breaks them into words
    shown = {name for table in Section for name in in_table(table, FIGURES)}
    assert {word for name in shown for word in name.split("_")} - headings == {"low", "high"}  # the interval


def test_what_says_nothing_is_null_and_the_rest_is_exact(prescient: Prescient, books: Books) -> None:
    one = books.portfolio("bold")
    books.buy(one, 0)
    books.settle(one, 5)
    books.snapshot(one, 5, 1_025, trade_count=2)
    found = one_of(prescient)
    assert (found["total_return"], found["win_rate"], found["expectancy"]) == (0.025, 1, 25)
    assert found["profit"] == {"spread": -1.25, "fees": 0, "price_move": 0, "settlement": 26.25}
    assert [found[name] for name in ("cagr", "sharpe", "profit_factor", "calmar")] == [None] * 4


def test_calibration_is_told_by_price(prescient: Prescient, books: Books) -> None:
    one = books.portfolio("bold")
    books.buy(one, 0)
    books.settle(one, 5)
    books.resolution("7", 5, "yes")
    calibration = one_of(prescient)["calibration"]
    (bucket,) = calibration["by_price"]
    assert (bucket["from"], bucket["to"], bucket["entries"]) == (0.8, 0.9, 1)
    assert calibration["edge"] == bucket["edge"] == pytest.approx(0.2)
    assert "0.8 to 0.9" in prescient("performance", "bold", "--full").out


def test_the_best_stands_first_and_strategies_last(prescient: Prescient, books: Books) -> None:
    for slug, equity in (("behind", 990), ("ahead", 1_010)):
        books.snapshot(books.portfolio(slug), 0, equity)
    told = prescient("performance").out
    assert told.index("ahead") < told.index("behind") < told.index("all momentum")
    assert "1.00%" in told
    assert "-1.00%" in told


def test_it_is_one_table_that_fits_80_columns(prescient: Prescient, books: Books) -> None:
    books.snapshot(books.portfolio("aggressive-momentum", 50_000), 0, 37_654.32)
    told = prescient("performance").out.rstrip()
    assert max(len(line.rstrip()) for line in told.splitlines()) <= 80
    heading = told.splitlines()[1]
    assert heading.split() == ["name", "return", "profit", "drawdown", "equity", "open"]
    assert ["aggressive-momentum", "-24.69%", "-12,345.68", "-24.69%", "37,654.32", "0"] in map(
        str.split, told.splitlines()
    )


def test_only_the_named_portfolios_count(prescient: Prescient, books: Books) -> None:
    numbers = {slug: books.portfolio(slug) for slug in ("one", "two", "three")}
    told = prescient("performance", "three", numbers["one"], "--json").json
    assert [each["slug"] for each in told["portfolios"]] == ["three", "one"]
    assert [each["portfolios"] for each in told["strategies"]] == [2]


def test_an_unknown_portfolio_is_one_line(prescient: Prescient) -> None:
    assert "prescient portfolio list" in prescient("performance", "nobody").complaint


def test_without_a_portfolio_it_says_how_to_make_one(prescient: Prescient) -> None:
    assert "prescient portfolio create" in prescient("performance").out
    assert prescient("performance", "--json").json == {"portfolios": [], "strategies": []}


def test_real_cycles_on_the_recordings_add_up(on_recordings: Prescient) -> None:
    """Momentum with 10,000 USD, whose equity after three recordings is worked by hand."""
    created = on_recordings(
        *("portfolio", "create", "one", "--strategy", "momentum", "--balance", "10000"),
        *("--config", '{"fill_model": "touch"}'),
    )
    assert created.code == 0, created
    for _ in range(3):
        assert on_recordings("capture").code == 0
        assert on_recordings("cycle", "one").code == 0
    found = one_of(on_recordings, "one")
    assert (found["equity"], found["days"], found["fills"]) == (9992.84817, 6, 5)
    assert sum(found["profit"].values()) == pytest.approx(found["total_profit_loss"], abs=1e-9)
    assert found["max_drawdown"] == pytest.approx(9979.5184 / 10_000 - 1, abs=1e-9)
    assert found["max_drawdown_days"] == 6
    assert found["equity_at_mid"] > found["equity"]
