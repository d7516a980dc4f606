"""A try of settings: both are played, the difference is told, and nothing live is touched."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from prescient_dagster.domain.errors import InvalidInput
from prescient_dagster.domain.past.trials import NEW, NOW, Trial
from prescient_dagster.store.books import portfolio_log, portfolios
from prescient_dagster.store.past import replays
from prescient_dagster.usecases.change_portfolio import told_change
from prescient_dagster.usecases.replay import captures_within, tried
from tests.assets.replays import CAPTURES, World

SLUG = "momentum-plain"


@pytest.fixture
def world(lived_world: World, tmp_path: Path) -> Iterator[World]:
    with lived_world.copy(tmp_path / "captures") as world:
        yield world


def a_try(world: World, days: float = 30, **config: Any) -> Trial:
    there = portfolios.get(world.database, SLUG)
    return tried(world.database, there, config, days, captures_within(world.database, world.folder, days))


def test_a_try_plays_both_and_tells_which_trades_would_have_differed(world: World) -> None:
    before = world.lived(SLUG)
    trial = a_try(world, max_positions=2)
    assert trial.captures == CAPTURES
    now, new = (world.replayed(number) for number in trial.replays)
    assert len(new.trades) < len(now.trades) == len(before.trades)
    missing = [each for each in trial.differing if each["shares_new"] is None and each["kind"] == "buy"]
    bought = {trade.trade.market_id for trade in now.trades} - {trade.trade.market_id for trade in new.trades}
    assert bought <= {each["market_id"] for each in missing}
    assert trial.returns.keys() == {NOW, NEW}
    assert trial.verdict == "new settings and settings now: too few days to tell which is better"
    assert world.lived(SLUG) == before
    assert portfolios.get(world.database, SLUG).strategy_config == {}


def test_the_same_settings_differ_in_nothing(world: World) -> None:
    trial = a_try(world)
    assert (trial.differing, trial.comparison.difference) == ([], 0)


def test_a_try_goes_over_the_days_that_are_asked_for(world: World) -> None:
    trial = a_try(world, days=0.25, max_positions=2)
    assert trial.captures == 7  # an hour apart, both ends count
    assert [replays.get(world.database, number).portfolio for number in trial.replays] == [SLUG, SLUG]


@pytest.mark.parametrize("days", [0, -1])
def test_a_try_over_no_days_is_refused(world: World, days: float) -> None:
    with pytest.raises(InvalidInput, match="a try goes over some days"):
        captures_within(world.database, world.folder, days)


def test_the_log_keeps_what_a_try_had_said(world: World) -> None:
    trial = a_try(world, max_positions=2)
    there = portfolios.change(world.database, SLUG, strategy_config={"max_positions": 2}, by="who", tried=trial.entry())
    (entry,) = portfolio_log.entries(world.database, there.portfolio_id)
    assert (entry["what"], entry["by"]) == ("config", "who")
    assert entry["details"] == {"before": {}, "after": {"max_positions": 2}, "try": trial.entry()}
    assert told_change(entry["details"]) == f"max_positions (default) -> 2; tried: {trial.verdict}"
