"""`prescient compare`: portfolios side by side on the command line."""

from pathlib import Path

import pytest

from prescient_dagster.store.database import Database
from tests.cli.commands import Prescient
from tests.store.histories import Books


@pytest.fixture
def books(database: Database, tmp_path: Path) -> Books:
    return Books(database, tmp_path / "captures")


def two_weeks(books: Books) -> None:
    """One gains a dollar a day by what it holds, the other does nothing."""
    one, other = books.portfolio("one"), books.portfolio("other", 500)
    books.buy(one, 0)
    for day in range(14):
        mark = {"7:yes": [f"{0.808 + 0.008 * day:.6f}", "bid"]}
        books.snapshot(one, 24 * day, 1_001 + day, trade_count=1, marks=mark)
        books.snapshot(other, 24 * day, 500)


def test_the_difference_its_interval_and_what_made_it(prescient: Prescient, books: Books) -> None:
    two_weeks(books)
    told = prescient("compare", "other", "one", "--json").json
    assert (told["baseline"], told["window"]["captures"]) == ("other", 14)
    assert [each["profit"] for each in told["portfolios"]] == [0, 14]
    (found,) = told["comparisons"]
    assert (found["slug"], found["days"], found["days_ahead"], found["days_behind"]) == ("one", 14, 14, 0)
    assert found["difference"] == pytest.approx(0.014)
    assert 0 < found["interval"]["low"] < found["mean_daily_difference"] < found["interval"]["high"]
    (market,) = found["markets"]
    assert (market["market_id"], market["entered_by"], market["profit"], market["baseline_profit"]) == (
        "7",
        "one",
        14,
        0,
    )


def test_people_read_a_verdict_and_the_markets(prescient: Prescient, books: Books) -> None:
    two_weeks(books)
    told = prescient("compare", "other", "one").out
    assert "one did better than other day by day" in told
    assert "Rain?" in told
    assert "+1.40%" in told


def test_a_single_portfolio_is_refused(prescient: Prescient, books: Books) -> None:
    books.portfolio("one")
    assert "two or more different portfolios" in prescient("compare", "one").complaint


def test_replays_are_compared_among_themselves(prescient: Prescient, shared_data: Path) -> None:
    for most in (5, 1):
        config = f'{{"fill_model": "touch", "max_positions": {most}}}'
        prescient("replay", "--strategy", "momentum", "--config", config, "--captures", shared_data / "events")
    told = prescient("compare", "--replay", 1, "--replay", 2, "--json").json
    assert (told["baseline"], told["window"]["captures"], told["window"]["first_capture_id"]) == ("replay:1", 3, None)
    wide, narrow = told["portfolios"]
    assert wide["profit"] == pytest.approx(9_992.84817 - 10_000)
    assert (wide["markets_entered"], narrow["markets_entered"]) == (5, 1)
    (found,) = told["comparisons"]
    assert sum(market["difference"] for market in found["markets"]) == pytest.approx(found["difference"])
    assert "3 captures that all have seen: 2025" in prescient("compare", "--replay", 1, "--replay", 2).out
    assert "two or more different portfolios" in prescient("compare", "--replay", 1, "--replay", 1).complaint
    assert "there is no replay 3" in prescient("compare", "--replay", 1, "--replay", 3).complaint


def test_real_cycles_on_the_recordings(on_recordings: Prescient) -> None:
    """Two momentum portfolios, one of which may hold a single position."""
    for slug, config in (
        ("wide", '{"fill_model": "touch"}'),
        ("narrow", '{"fill_model": "touch", "max_positions": 1}'),
    ):
        on_recordings(*("portfolio", "create", slug, "--strategy", "momentum", "--balance", 10_000, "--config", config))
    for _ in range(3):
        on_recordings("capture")
        assert on_recordings("cycle", "--all").code == 0
    told = on_recordings("compare", "narrow", "wide", "--json").json
    narrow, wide = told["portfolios"]
    assert wide["profit"] == pytest.approx(9_992.84817 - 10_000)
    assert (narrow["markets_entered"], wide["markets_entered"], told["window"]["captures"]) == (1, 5, 3)
    (found,) = told["comparisons"]
    assert sum(market["difference"] for market in found["markets"]) == pytest.approx(found["difference"])
    assert {market["entered_by"] for market in found["markets"]} == {"wide"}
    assert found["interval"] is None
