"""Arbitrage in the simulated venue, where mispricings are planted and known: it finds these and no others."""

from collections.abc import Sequence
from typing import Any

from prescient_dagster.domain.market.markets import Capture
from prescient_dagster.domain.strategy.signals import Signal
from prescient_dagster.domain.strategy.strategies import View
from prescient_dagster.venue.simulation.profiles import Plant
from strategy_assets.arbitrage import STRATEGY, ArbitrageConfig
from tests.builders import a_config
from tests.venue.simulations import HOUR, Clock, a_venue, planted

EVERYTHING: dict[str, Any] = {
    "event_min_liquidity": None,
    "event_min_volume": None,
    "market_min_liquidity": None,
    "market_min_volume": None,
    "include_nested": True,
}
KINDS = {
    Plant.YES_SET: "yes_set",
    Plant.SURVIVORS: "yes_set",
    Plant.NO_SET: "no_set",
    Plant.NESTED_DATES: "nested",
    Plant.NESTED_THRESHOLDS: "nested",
}


def simulated(seed: int, hour: int) -> Capture:
    clock = Clock()
    clock.forward(hours=hour)
    listing = a_venue(clock, seed=seed).next_listing(None)
    assert listing is not None
    return Capture(1, listing.captured_at, listing.events, listing.markets)


def wishes(capture: Capture, **settings: Any) -> list[Signal]:
    config = a_config(ArbitrageConfig, **settings)
    return list(STRATEGY.decide(View(capture, STRATEGY.select(capture, config).rows), config))


def bundles(signals: Sequence[Signal]) -> dict[tuple[str, str], set[str]]:
    """The markets of every bundle by its kind and event."""
    found: dict[tuple[str, str], set[str]] = {}
    for signal in signals:
        assert signal.bundle is not None
        found.setdefault((signal.bundle.partition(":")[0], signal.event_id), set()).add(signal.market_id)
    return found


def test_in_the_simulated_venue_exactly_the_planted_sets_are_found() -> None:
    kinds = set()
    for seed, hour in [(seed, hour) for seed in (1, 2, 3) for hour in range(5, 200, 12)]:
        live = planted(seed, 60, hour * HOUR)
        found = bundles(wishes(simulated(seed, hour), **EVERYTHING))
        assert found.keys() == {(KINDS[each.kind], each.event_id) for each in live}
        for each in live:
            legs = found[KINDS[each.kind], each.event_id]
            assert legs <= set(each.market_ids)
            assert legs == set(each.market_ids) or each.kind is Plant.NO_SET  # dear legs make a NO set worse
        kinds |= {each.kind for each in live}
    assert kinds == set(KINDS)


def test_nothing_else_in_the_simulated_venue_earns_anything_at_all() -> None:
    for hour in range(5, 200, 24):
        everything = wishes(simulated(7, hour), **EVERYTHING, min_profit_margin=0.0)
        assert bundles(everything).keys() == {(KINDS[each.kind], each.event_id) for each in planted(7, 60, hour * HOUR)}
