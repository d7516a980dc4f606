"""What a strategy decides, also where there is little to decide on."""

from collections.abc import Iterable
from itertools import product

import pytest

from prescient_dagster.domain.books.ledger import opened
from prescient_dagster.domain.cycle.bundles import BundleId
from prescient_dagster.domain.market.history import PriceHistory
from prescient_dagster.domain.market.markets import Capture
from prescient_dagster.domain.market.sides import Side
from prescient_dagster.domain.past.explanation import strategy_steps
from prescient_dagster.domain.strategy.signals import Signal
from tests.builders import D, a_position, decided, execute
from tests.strategies import probes
from tests.strategies.contract.subject import Subject

LONGEST_REASON = 300
SOME = 15


def finds_something_with_its_defaults(subject: Subject) -> None:
    """On a simulated venue its defaults trade at one time or another."""
    assert any(subject.wishes(capture) for capture in probes.probes())


def selects_tradable_markets(subject: Subject) -> None:
    """Candidates are tradable, each once and in order; the funnel counts what every filter removed."""
    for capture in probes.probes():
        selection = subject.strategy.select(capture, subject.config())
        rows = selection.rows.tolist()
        assert rows == sorted(set(rows))
        assert capture.columns["tradable"][selection.rows].all()
        assert all(isinstance(name, str) and removed >= 0 for name, removed in selection.funnel)


def wishes_for_candidates_only(subject: Subject) -> None:
    """Every signal buys a candidate, at most once besides bundles, at its listed price, for 1 USD to `trade_amount`."""
    config = subject.config(trade_amount=37.5)
    for capture in probes.probes():
        rows = subject.strategy.select(capture, config).rows
        wishes = subject.wishes(capture, config, rows)
        candidates = {capture.texts["market_id"][row]: int(row) for row in rows}
        single = [wish.market_id for wish in wishes if wish.bundle is None]
        assert len(single) == len(set(single))
        for wish in wishes:
            assert wish.action.is_entry
            assert wish.market_id in candidates
            assert 1 <= wish.amount <= D("37.5")
            column = "yes_price" if wish.action.side is Side.YES else "no_price"
            assert float(wish.target_price) == pytest.approx(capture.columns[column][candidates[wish.market_id]])


def gives_reasons(subject: Subject) -> None:
    """Every signal has a reason on one line and a confidence above 0."""
    for wish in _all_wishes(subject):
        assert wish.reason.strip()
        assert "\n" not in wish.reason
        assert len(wish.reason) <= LONGEST_REASON
        assert wish.confidence > 0
        assert wish.confidence.is_finite()
        assert wish.liquidity >= 0


def tells_its_rules(subject: Subject) -> None:
    """Where it tells them, it wishes for the candidates that pass all of its rules and for no other market."""
    strategy = subject.strategy
    for capture, config in product(probes.probes(), (subject.config(), subject.wide())):
        view, ids = subject.view(capture, strategy.select(capture, config).rows), capture.texts["market_id"]
        wished = {wish.market_id for wish in subject.wishes(capture, config)}
        if strategy.rules is not None:
            assert {ids[row] for row in view.rows[view.passing(strategy.rules(view, config))]} == wished
        if strategy.rules is not None or strategy.steps is not None:
            for row in _some_rows(capture, wished):
                told = strategy_steps(strategy, view, config, row)
                passes = all(step.passed for step in told if step.decides)
                assert passes == (ids[row] in wished), (ids[row], told)


def _some_rows(capture: Capture, wished: Iterable[str]) -> set[int]:
    """Rows that tell something: of some markets that are wished for, and of some others across the capture."""
    some = {capture.row_of[market_id] for market_id in sorted(wished)[:SOME]}
    return some | set(range(0, len(capture.markets), len(capture.markets) // SOME))


def bundles_whole(subject: Subject) -> None:
    """The legs of a bundle agree in everything but market and side, and are as many as its name says."""
    for capture in probes.probes():
        legs_of: dict[str, list[Signal]] = {}
        for wish in subject.wishes(capture, subject.wide()):
            if wish.bundle is not None:
                legs_of.setdefault(wish.bundle, []).append(wish)
        for bundle, legs in legs_of.items():
            assert len(legs) == len({leg.market_id for leg in legs}) == BundleId.parse(bundle).legs >= 2
            assert len({(leg.amount, leg.shares, leg.confidence, leg.liquidity) for leg in legs}) == 1
            assert legs[0].shares
            assert subject.wide().least_margin() is not None


def trades_in_a_cycle(subject: Subject) -> None:
    """A portfolio can trade it: what it wishes for fills or is refused, and cash never goes below 0."""
    config, account = subject.config(fill_model="touch"), opened(D(300))
    for capture in probes.probes():
        history = PriceHistory(probes.TellingPast())
        signals = decided(subject.strategy, capture, account, config, history=history).signals
        _, account = execute(signals, account, capture, config, {})
        assert account.balance >= 0


def lives_with_an_empty_venue(subject: Subject) -> None:
    """On a capture without markets, or without one that can be traded, it finds nothing and does not fail."""
    for capture in (probes.empty(), probes.closed_for_the_day()):
        for config in (subject.config(), subject.wide()):
            assert subject.strategy.select(capture, config).rows.tolist() == []
            assert subject.wishes(capture, config) == []


def lives_with_missing_numbers(subject: Subject) -> None:
    """Every number a venue may leave out may be missing; its signals still have finite numbers."""
    for capture in probes.probes():
        for wish in subject.wishes(probes.with_missing_numbers(capture), subject.wide()):
            assert wish.confidence.is_finite()
            assert wish.target_price.is_finite()


def lives_with_what_is_held(subject: Subject) -> None:
    """It can be asked while positions are held, also in markets that are no longer listed."""
    held = (a_position("gone"), a_position(probes.probes()[0].texts["market_id"][0]))
    for capture in probes.probes():
        rows = subject.strategy.select(capture, subject.config()).rows
        list(subject.strategy.decide(subject.view(capture, rows, held), subject.config()))


def _all_wishes(subject: Subject) -> Iterable[Signal]:
    return (wish for capture in probes.probes() for wish in subject.wishes(capture, subject.wide()))
