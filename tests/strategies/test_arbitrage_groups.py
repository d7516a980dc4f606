"""Arbitrage where an event is more than one set: what it buys pays what its reason promised, whatever happens."""

import re
from collections import defaultdict
from typing import Any

import pytest
from hypothesis import given, settings

from prescient_dagster.domain.cycle.bundles import BundleId
from prescient_dagster.domain.market.markets import Capture
from prescient_dagster.domain.strategy.signals import Signal
from prescient_dagster.domain.strategy.strategies import View
from strategy_assets.arbitrage import STRATEGY, ArbitrageConfig
from tests.builders import a_capture, a_config
from tests.strategies.mixed_events import MixedEvent, mixed_worlds
from tests.venue.gamma import Record, a_market, an_event, listed

EVERYTHING: dict[str, Any] = {
    **dict.fromkeys(["event_min_liquidity", "event_min_volume", "market_min_liquidity", "market_min_volume"]),
    "min_profit_margin": 0.0,
    "include_nested": True,
}


def bundles(capture: Capture, **changed: Any) -> dict[str, list[Signal]]:
    """The legs of every set that is wished for, by the set's name."""
    config = a_config(ArbitrageConfig, **(EVERYTHING | changed))
    found = defaultdict(list)
    for leg in STRATEGY.decide(View(capture, STRATEGY.select(capture, config).rows), config):
        assert leg.bundle is not None
        found[leg.bundle].append(leg)
    return found


def promised(leg: Signal) -> int:
    """What a share of each leg pays at least, in the words of its reason."""
    told = re.search(r"pays at least (\d+) for", leg.reason)
    assert told is not None
    return int(told[1])


@settings(max_examples=400)
@given(mixed_worlds())
def test_whatever_happens_a_bundle_pays_at_least_what_its_reason_promised(world: list[MixedEvent]) -> None:
    events = {event.event_id: event for event in world}
    capture = a_capture(*[market for event in world for market in event.listed()])
    for bundle, legs in bundles(capture).items():
        event = events[legs[0].event_id]
        assert len(legs) == BundleId.parse(bundle).legs
        worst = min(
            sum(event.payout(happened, leg.market_id, leg.action.side) for leg in legs) for happened in event.possible()
        )
        assert worst >= promised(legs[0]), (bundle, legs[0].reason)


def a_fixture(market_id: str, bid: float, ask: float, group: str = "0x9c", **fields: Any) -> Record:
    """A market of a match as the venue sends it, as liquid as the defaults ask."""
    money = {"liquidity": "250000", "volume": "900000", "outcomePrices": f'["{ask}", "{round(1 - ask, 3)}"]'}
    named = {"negRisk": True, "negRiskMarketID": group}
    return a_market(market_id, **(money | {"bestBid": bid, "bestAsk": ask} | named | fields))


def a_match(*markets: Record, **fields: Any) -> Capture:
    """A capture of one match that its event calls exclusive, whatever its markets say."""
    event = {"negRisk": True, "negRiskAugmented": False, "liquidity": 900_000, "volume": 4_000_000}
    listing = listed(an_event("m", *markets, **(event | fields)))
    return Capture(1, listing.captured_at, listing.events, listing.markets)


THREE = [a_fixture("71", 0.47, 0.49), a_fixture("72", 0.29, 0.31), a_fixture("73", 0.22, 0.24)]
"""Home, draw, away: YES asks 1.04, NO asks 0.53 + 0.71 + 0.78 = 2.02; nothing to earn."""
SEEMING = {
    "a market beside the set": [
        *THREE,
        a_fixture("74", 0.66, 0.68, negRisk=False, negRiskMarketID=None, outcomes='["Lund", "Malmö"]'),
    ],
    "a market of another group": [*THREE, a_fixture("75", 0.66, 0.68, "0x9d"), a_fixture("76", 0.30, 0.33, "0x9d")],
    "a market that lists No first": [*THREE[:2], a_fixture("73", 0.76, 0.78, outcomes='["No", "Yes"]')],
    "no names, and a market beside the set": [
        *(market | {"negRiskMarketID": None} for market in THREE),
        a_fixture("74", 0.66, 0.68, negRisk=False, negRiskMarketID=None),
    ],
    "a market that was put to it later": [*THREE, a_fixture("77", 0.66, 0.68, startDate="2026-02-20T08:00:00Z")],
    "a market that is in no group": [*THREE, a_fixture("78", 0.66, 0.68, negRiskMarketID=None)],
}


@pytest.mark.parametrize("markets", SEEMING.values(), ids=list(SEEMING))
def test_nothing_is_bought_because_of(markets: list[Record]) -> None:
    assert not bundles(a_match(*markets))


def test_of_two_groups_in_an_event_each_pays_for_itself() -> None:
    first = [a_fixture("71", 0.60, 0.62), a_fixture("72", 0.50, 0.52)]
    second = [a_fixture("81", 0.62, 0.64, "0x9d"), a_fixture("82", 0.51, 0.53, "0x9d")]
    found = bundles(a_match(*first, *second))
    assert {name.rsplit(":", 1)[0]: [leg.market_id for leg in legs] for name, legs in found.items()} == {
        "no_set:2:m-71": ["71", "72"],
        "no_set:2:m-81": ["81", "82"],
    }
    assert {leg.reason.partition(" with")[0] for legs in found.values() for leg in legs} == {
        "NO set of 2: pays at least 1 for 0.9",
        "NO set of 2: pays at least 1 for 0.87",
    }


def test_a_group_of_which_one_market_passes_the_filters_is_not_judged_beside_another() -> None:
    thin = {"liquidity": "10"}
    first = [a_fixture("71", 0.60, 0.62), a_fixture("72", 0.50, 0.52)]
    second = [a_fixture("81", 0.62, 0.64, "0x9d"), a_fixture("82", 0.51, 0.53, "0x9d", **thin)]
    found = bundles(a_match(*first, *second), market_min_liquidity=100)
    assert [name.partition(":2:")[2].partition(":")[0] for name in found] == ["m-71"]


def test_questions_beside_a_set_may_nest_and_its_own_do_not() -> None:
    def asked(market_id: str, bid: float, number: int, **fields: Any) -> Record:
        question = f"Will they score at least {number} points?"
        return a_fixture(market_id, bid, round(bid + 0.02, 3), question=question, **fields)

    beside = {"negRisk": False, "negRiskMarketID": None}
    apart = [asked("91", 0.50, 3, **beside), asked("92", 0.60, 5, **beside)]
    assert [name.partition(":")[0] for name in bundles(a_match(*THREE, *apart))] == ["nested"]
    assert not bundles(a_match(asked("91", 0.45, 3), asked("92", 0.54, 5)))
