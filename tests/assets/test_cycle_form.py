"""A portfolio's cycle from its form: the strategy's own run, whose result the form's run tells."""

from typing import Any

import dagster as dg
import pytest
from sqlalchemy import text

from prescient_dagster.assets.runs.run_tags import PROCESS_TAG
from prescient_dagster.store.books import portfolios
from prescient_dagster.store.books.cycles import Stage
from tests.assets.conftest import Platform
from tests.assets.filled_forms import Filled, fill_in
from tests.assets.worlds import a_listing, favourites


@pytest.fixture
def bold(platform: Platform) -> Platform:
    """A portfolio that three markets wait for."""
    platform.capture(a_listing(*favourites(3)))
    platform.portfolio("bold")
    return platform


def cycle(platform: Platform, **fields: Any) -> Filled:
    return fill_in(platform, "run_portfolio_cycle", {"portfolio": "bold", **fields})


def runs(platform: Platform) -> list[dg.DagsterRun]:
    """The runs of the strategy's job."""
    return list(platform.instance.get_runs(dg.RunsFilter(job_name="momentum")))


def test_a_cycle_is_a_run_of_the_strategy_and_the_form_tells_what_came_of_it(bold: Platform) -> None:
    done = cycle(bold)

    assert done.success
    assert (done.told["status"], done.told["signals_generated"], done.told["trades_executed"]) == ("ok", 3, 3)
    (run,) = runs(bold)
    assert run.is_success
    assert (done.told["run"], PROCESS_TAG in run.tags) == (run.run_id, True)
    assert len(bold.rows("trades", "bold")) == 3
    for stage in Stage:
        assert bold.instance.get_materialized_partitions(dg.AssetKey(["momentum", stage])) == {"bold"}


def test_a_second_cycle_on_a_capture_trades_nothing(bold: Platform) -> None:
    cycle(bold)
    before = bold.books()

    assert cycle(bold).told["status"] == "already_traded"
    assert bold.books() == before


def test_a_cycle_from_the_form_leaves_the_same_books_as_one_of_the_strategy(bold: Platform) -> None:
    bold.portfolio("other")

    cycle(bold)
    bold.run(["other"])

    books = [[row["cash_delta"] for row in bold.rows("trades", slug)] for slug in ("bold", "other")]
    assert books[0] == books[1] != []


def test_a_dry_run_makes_signals_and_trades_nothing(bold: Platform) -> None:
    done = cycle(bold, dry_run=True)

    assert (done.told["status"], done.told["signals_generated"], done.told["trades_executed"]) == ("ok", 3, 0)
    assert [row["status"] for row in bold.rows("signals", "bold")] == ["pending"] * 3
    assert not bold.rows("trades", "bold")


def test_overrides_hold_for_this_run_alone_and_null_overrides_nothing(bold: Platform) -> None:
    cycle(bold, overrides={"max_positions": 1, "trade_frequency": "low", "trade_amount": None})

    config = bold.config("bold")
    assert (config["max_positions"], config["trade_frequency"], config["trade_amount"]) == (1, "low", 100)
    assert portfolios.get(bold.database, "bold").strategy_config == {"fill_model": "touch"}


def test_a_given_capture_is_traded(bold: Platform) -> None:
    first = bold.rows("portfolios", "bold") and 1
    bold.capture(a_listing(*favourites(1), hours=1))

    assert cycle(bold, capture_id=first).told["capture_id"] == first


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"portfolio": "nobody"}, "there is no portfolio 'nobody'"),
        ({"capture_id": 99}, "99"),
        ({"overrides": {"max_position": 1}}, "did you mean max_positions?"),
        ({"overrides": {"min_rise": "one"}}, "min_rise must be a number"),
        ({"overrides": {"min_confidence": 0.9}}, "can never trade"),
    ],
    ids=str,
)
def test_what_cannot_be_done_is_refused_before_a_run_begins(
    fields: dict[str, Any], reason: str, bold: Platform
) -> None:
    done = cycle(bold, **fields)

    assert not done.success
    assert reason in done.failure
    assert runs(bold) == []


def test_a_portfolio_that_cannot_trade_is_told_with_its_reason_and_its_run(bold: Platform) -> None:
    with bold.database.begin() as connection:
        broken = """UPDATE prescient.portfolios SET strategy_config = '{"nonsense": 1}' WHERE slug = 'bold'"""
        connection.execute(text(broken))

    done = cycle(bold)

    assert not done.success
    assert "nonsense" in done.failure
    assert done.told["run"] == runs(bold)[0].run_id
    assert bold.failed_partitions(Stage.TRADES) == {"bold"}


def test_a_paused_portfolio_is_valued_and_a_closed_one_is_told(bold: Platform) -> None:
    portfolios.pause(bold.database, "bold")
    assert cycle(bold).told["status"] == "paused"
    portfolios.close(bold.database, "bold")
    assert cycle(bold).told["status"] == "closed"
    assert (len(runs(bold)), len(bold.rows("snapshots", "bold"))) == (1, 1)


def test_a_portfolio_whose_partition_is_not_there_yet_gets_it(bold: Platform) -> None:
    bold.instance.delete_dynamic_partition("momentum_portfolios", "bold")

    assert cycle(bold).told["status"] == "ok"
