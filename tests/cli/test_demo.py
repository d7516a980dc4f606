"""What `prescient dev` brings to watch."""

from pathlib import Path

from prescient_dagster.catalog import load_strategy
from prescient_dagster.cli.demo import HALTED, demo_forecasts
from prescient_dagster.domain.market.forecasts import Forecasts
from prescient_dagster.domain.market.markets import Capture
from prescient_dagster.domain.strategy.configs import validated
from prescient_dagster.domain.strategy.strategies import View
from prescient_dagster.venue.forecast_files import in_folder, said
from tests.venue.simulations import Clock, a_venue


def test_the_forecaster_of_the_demo_is_read_whole_and_finds_something_to_buy(tmp_path: Path) -> None:
    listing = a_venue(Clock()).next_listing(None)
    assert listing is not None
    demo_forecasts(tmp_path, listing)
    (file,) = in_folder(tmp_path / "forecasts")
    found = said(file)
    assert (found.rows, found.refused) == (listing.tradable_markets, [])
    strategy, capture = load_strategy("forecasts"), Capture(1, listing.captured_at, listing.events, listing.markets)
    config = validated(strategy.config, {})
    rows = strategy.select(capture, config).rows
    assert strategy.decide(View(capture, rows, forecasters=Forecasts(lambda: found.forecasts)), config)


def test_the_portfolio_that_is_to_be_halted_enters_enough_to_lose_its_spread() -> None:
    listing = a_venue(Clock()).next_listing(None)
    assert listing is not None
    strategy, capture = load_strategy("momentum"), Capture(1, listing.captured_at, listing.events, listing.markets)
    config = validated(strategy.config, HALTED)
    assert len(strategy.decide(View(capture, strategy.select(capture, config).rows), config)) >= 5
