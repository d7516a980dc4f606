"""Arbitrage: buy sets of outcomes that must pay more than they cost.

Whichever outcome wins, the set pays the same; so it is bought whole or not at all, with equal shares on every leg.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Annotated

import numpy as np

from prescient_dagster.domain import money
from prescient_dagster.domain.cycle.bundles import BundleId, BundleKind, bundle_id
from prescient_dagster.domain.market.markets import Capture, Mask, Rows
from prescient_dagster.domain.market.quotes import quote
from prescient_dagster.domain.strategy.candidates import MICROSECONDS_PER_DAY, Selection, filters
from prescient_dagster.domain.strategy.configs import (
    EventMinLiquidity,
    EventMinVolume,
    MarketMinLiquidity,
    MarketMinVolume,
    MaxPositions,
    StrategyConfig,
    TradeAmount,
    setting,
)
from prescient_dagster.domain.strategy.rules import AT_LEAST, Rule, Step, steps_of
from prescient_dagster.domain.strategy.signals import Signal
from prescient_dagster.domain.strategy.strategies import Strategy, View
from strategy_assets.arbitrage import ways
from strategy_assets.arbitrage.exclusive_groups import companies, exclusive_groups
from strategy_assets.arbitrage.legs import event_legs
from strategy_assets.arbitrage.nested import nested_pairs
from strategy_assets.arbitrage.sets import FEWEST_LEGS, PayingSet, paying_sets

LEAST_SPENT = Decimal(2)  # USD: the venue's least order is 1 USD, and no set has fewer than two legs
FLOAT_NOISE = 1e-9
KINDS = {BundleKind.YES_SET: "YES set", BundleKind.NO_SET: "NO set", BundleKind.NESTED: "nested pair"}


class ArbitrageConfig(StrategyConfig):
    """Settings of the arbitrage strategy."""

    event_min_liquidity: EventMinLiquidity = 500_000
    event_min_volume: EventMinVolume = 1_000_000
    market_min_liquidity: MarketMinLiquidity = 100_000
    market_min_volume: MarketMinVolume = 200_000
    max_positions: MaxPositions = 8
    trade_amount: TradeAmount = 150
    min_profit_margin: Annotated[
        float, setting("least guaranteed profit on cost, fees included, 0.05 = 5 %", "return", ge=0, le=100)
    ] = 0.05
    include_nested: Annotated[
        bool, setting("also pairs of questions of which one contains the other; a void can make them lose", "yes or no")
    ] = False

    def least_spent(self) -> Decimal:
        return LEAST_SPENT

    def least_margin(self) -> Decimal:
        return money.exact(self.min_profit_margin)


def select(capture: Capture, config: StrategyConfig) -> Selection:
    """All tradable markets that are judged: of those that may be in one set at least two pass all filters.

    A filter removes an exclusive group, or what is beside it in an event, as a whole, when fewer than two are left, and
    never a single leg.
    """
    candidates = capture.columns["tradable"]
    funnel = [("tradable", int(len(candidates) - candidates.sum()))]
    notes: list[str] = []
    for rule, _, judged in _judged(capture, config):
        left = candidates & judged
        funnel.append((rule.name, int(candidates.sum() - left.sum())))
        notes += [f"{rule.name}: {rule.note}"] if rule.note else []
        candidates = left
    return Selection(np.flatnonzero(candidates), tuple(funnel), tuple(notes))


def _judged(capture: Capture, config: StrategyConfig) -> Iterator[tuple[Rule, Rows, Mask]]:
    """After each filter, per market: how many of those it may be in a set with still pass, and whether it is judged."""
    company, known = companies(capture)
    passing = capture.columns["tradable"].copy()
    two = Rule("at_least_two_in_event", AT_LEAST, FEWEST_LEGS, _together(company, passing).astype(float), passing)
    for rule in (two, *filters(capture, config)):
        passing &= rule.passes
        count = _together(company, passing)
        yield rule, count, known & (count >= FEWEST_LEGS)


def _together(company: Rows, passing: Mask) -> Rows:
    """Of each market, how many of those it may be in a set with pass, itself included."""
    return np.bincount(company[passing], minlength=int(company.max(initial=-1)) + 1)[company]


def decide(view: View, config: ArbitrageConfig) -> list[Signal]:
    """Buy every judged set with a margin of at least `min_profit_margin`; confidence = margin."""
    exclusive = view.column("neg_risk")
    least = config.min_profit_margin - FLOAT_NOISE
    found = list(paying_sets(exclusive_groups(view.capture, view.rows[exclusive]), least))
    if config.include_nested:
        found += nested_pairs(event_legs(view.capture, view.rows[~exclusive]), least)
    return [signal for paying_set in found for signal in _signals(view, config, paying_set)]


@dataclass(frozen=True, slots=True)
class Terms:
    """What one share of each leg of a set costs with fees, and what they pay together at least, in USD."""

    cost: Decimal
    payout: Decimal

    @property
    def margin(self) -> Decimal:
        return self.payout / self.cost - 1


def _signals(view: View, config: ArbitrageConfig, found: PayingSet) -> list[Signal]:
    terms = _terms(view.capture, found)
    if terms.margin <= 0 or terms.margin < config.least_margin():
        return []
    amount = money.usd(config.trade_amount)
    legs = replace(view, rows=np.array(found.rows, dtype=np.intp))
    reason = _reason(view, found, terms)
    wishes = [
        legs.entry(leg, side, config.trade_amount, float(terms.margin), reason) for leg, side in enumerate(found.sides)
    ]
    bundle = bundle_id(found.kind, len(wishes), found.name, view.captured_at)
    shares = money.shares_down(amount / terms.cost)
    smallest = min(wish.liquidity for wish in wishes)
    return [replace(wish, liquidity=smallest, bundle=bundle, shares=shares) for wish in wishes]


def _terms(capture: Capture, found: PayingSet) -> Terms:
    """The exact terms of a set that was found in floats."""
    cost = money.ZERO
    for row, side in zip(found.rows, found.sides, strict=True):
        leg = quote(capture, capture.texts["market_id"][row], side)
        assert leg is not None  # every leg of a set that was found has an ask and a known fee
        assert leg.ask is not None
        assert leg.fees is not None
        cost += leg.ask + leg.fees.per_share(leg.ask)
    return Terms(cost, BundleId(found.kind, len(found.rows), "").payout)


def _reason(view: View, found: PayingSet, terms: Terms) -> str:
    told = (
        f"{KINDS[found.kind]} of {len(found.rows)}: pays at least {terms.payout:f} "
        f"for {money.usd(terms.cost).normalize():f} with fees, "
        f"margin {terms.margin:.4%}, {_horizon(view, found, terms)}"
    )
    if found.kind is BundleKind.NESTED:
        return f"{told}; a void can pay as little as 0.5, a loss of {1 - money.exact('0.5') / terms.cost:.1%}"
    return told


def _horizon(view: View, found: PayingSet, terms: Terms) -> str:
    end = view.capture.columns["event_end_date"][found.rows[0]]
    if np.isnat(end):
        return "no end date"
    now = np.datetime64(view.captured_at.replace(tzinfo=None), "us")
    days = (end - now).astype("int64") / MICROSECONDS_PER_DAY
    if days <= 0:
        return "past its end date"
    return f"{days:.1f} days to the end, {float(terms.margin) * 365 / days:.2%} a year"


def steps(view: View, config: ArbitrageConfig, row: int) -> Iterator[Step]:
    """What a market makes of the filters, which judge its set, and of each way to be in a set that pays."""
    yield from _filter_steps(view.capture, config, row)
    failed = []
    for way in ways.ways(view.capture, row, nested=config.include_nested):
        told = [*way.steps, *_margin_steps(view.capture, config, way.found)]
        yield from (replace(step, part=KINDS[way.kind], decides=False) for step in told)
        failed += [f"{KINDS[way.kind]}: {step.rule}" for step in told if not step.passed][:1]
    legs = event_legs(view.capture, np.array([row], dtype=np.intp))
    own = replace(view, rows=np.intersect1d(view.rows, legs.rows, assume_unique=True))
    bought = [wish for wish in decide(own, config) if wish.market_id == view.capture.texts["market_id"][row]]
    yield Step("in a set that pays", bool(bought), note="" if bought else "; ".join(failed))


def _filter_steps(capture: Capture, config: ArbitrageConfig, row: int) -> Iterator[Step]:
    yield Step("tradable", bool(capture.columns["tradable"][row]))
    for rule, count, judged in _judged(capture, config):
        (step,) = steps_of([rule], row)
        note = f"{count[row]} of its set pass, 2 must"
        yield replace(step, passed=bool(judged[row]), note=f"{note}; {step.note}" if step.note else note)


def _margin_steps(capture: Capture, config: ArbitrageConfig, found: PayingSet | None) -> Iterator[Step]:
    if found is not None:
        margin = _terms(capture, found).margin
        good = margin > 0 and margin >= config.least_margin()
        yield Step("min_profit_margin", good, AT_LEAST, config.min_profit_margin, margin)


STRATEGY = Strategy(
    name="arbitrage",
    title="Arbitrage",
    description="Buys complete sets of outcomes, whole and with equal shares, that must pay more than they cost.",
    config=ArbitrageConfig,
    decide=decide,
    select=select,
    steps=steps,
)
