"""Limits: what they refuse, and that an explanation tells of it what the cycle does, however a limit is changed."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from random import Random
from typing import Any
from unittest.mock import patch

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from prescient_dagster.domain.books.ledger import Account
from prescient_dagster.domain.books.portfolios import PortfolioStatus
from prescient_dagster.domain.cycle import engine, limits
from prescient_dagster.domain.cycle.engine import Act, Decision, Selections
from prescient_dagster.domain.cycle.limit import Circumstances, Entry, Limit
from prescient_dagster.domain.cycle.order_books import NoBook
from prescient_dagster.domain.cycle.players import Moment, Player
from prescient_dagster.domain.past.explanation import Explanation, explain
from prescient_dagster.domain.strategy.configs import TradeFrequency
from prescient_dagster.domain.strategy.rules import Step
from prescient_dagster.domain.strategy.signals import RejectReason, Signal
from tests.builders import (
    NO,
    NOON,
    YES,
    D,
    a_bundle,
    a_capture,
    a_config,
    a_market,
    a_position,
    a_strategy,
    a_wish,
    an_account,
)

KINDS = ("STANDING", "DOORS", "RATIONS")
LIMITS: Sequence[type[Limit]] = (*limits.STANDING, *limits.DOORS, *limits.RATIONS)
MARKETS = [str(number) for number in range(1, 11)]
CAPTURE = a_capture(*(a_market(market, event_id=f"event-{int(market) // 3}") for market in MARKETS))
SETTINGS = st.fixed_dictionaries(
    {
        "max_positions": st.integers(1, 6),
        "max_positions_per_event": st.sampled_from([None, 1, 2]),
        "reentry_hours": st.sampled_from([0, 2, 24]),
        "trade_frequency": st.sampled_from(list(TradeFrequency)),
        "stop_loss": st.sampled_from([None, 0.05]),
    }
)
STATUSES = st.sampled_from([PortfolioStatus.ACTIVE] * 4 + [PortfolioStatus.CLOSING, PortfolioStatus.PAUSED])
SINCE_THE_LAST = st.sampled_from([None, timedelta(minutes=5), timedelta(hours=7), timedelta(days=1)])


def changed(limit: type[Limit], seed: int) -> type[Limit]:
    """The limit with other answers: some of what it lets pass it refuses, and the other way round."""

    class Changed(limit):  # type: ignore[misc, valid-type]
        def of_all(self) -> Iterator[Step]:
            # What is asked of all alike may depend on nothing but the portfolio, and is only ever stricter.
            yield from (replace(step, passed=step.passed and seed % 3 != 0) for step in super().of_all())

        def of_one(self, entry: Entry) -> Iterator[Step]:
            flip = Random(f"{seed} {sorted(entry.markets)}").random() < 0.4
            # A market that two wishes may enter has no one explanation, so that limit is only ever stricter, too.
            kept = limit is limits.OneWish
            yield from (
                replace(step, passed=step.passed and not flip if kept else step.passed != flip)
                for step in super().of_one(entry)
            )

    return Changed


@dataclass(frozen=True)
class Case:
    """Wishes and books made from a seed, and what a portfolio does with them."""

    at: Circumstances
    decision: Decision
    act: Act

    @classmethod
    def of(cls, seed: int, status: PortfolioStatus, since: timedelta | None, config: dict[str, Any]) -> "Case":
        dice = Random(seed)
        account = _account(dice)
        player = Player(a_strategy(*_wishes(dice)), a_config(**config), account.initial_balance, status)
        moment = Moment(CAPTURE, True, None if since is None else NOON - since)
        decision = engine.decide(player, account, moment, Selections())
        return cls(Circumstances(player, account, moment), decision, engine.act(decision, account, moment, {}))

    def explained(self, market_id: str) -> Explanation:
        return explain(self.at, market_id)

    def entered(self, market_id: str) -> set[Signal]:
        mine = (signal for signal in self.decision.signals if signal.market_id == market_id)
        return {signal for signal in mine if signal.action.is_entry}


def _wishes(dice: Random) -> list[Signal]:
    single = [
        a_wish(market, dice.choice((YES, NO)), 50, event_id=f"event-{int(market) // 3}", confidence=D(dice.random()))
        for market in MARKETS
        if dice.random() < 0.7
    ]
    legs = [(market, NO) for market in dice.sample(MARKETS, 2)]
    return [*single, *(a_bundle(*legs, confidence=D(dice.random())) if dice.random() < 0.8 else ())]


def _account(dice: Random) -> Account:
    held = [a_position(market, cost=dice.choice((100, 120))) for market in MARKETS if dice.random() < 0.2]
    stopped = {market: NOON - timedelta(hours=dice.randint(1, 30)) for market in MARKETS if dice.random() < 0.2}
    return replace(an_account(10_000, *held), stopped=stopped)


def check(case: Case) -> None:
    """The explanation tells of each market what the cycle has done in it, and refuses what it left alone."""
    for market_id in MARKETS:
        told = case.explained(market_id)
        wished = {signal for signal in told.wish if signal.market_id == market_id}
        assert case.entered(market_id) == (wished if told.refusal is None else set()), (market_id, told.steps)


QUICK: dict[str, Any] = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow]}
SEEDS = st.integers(0, 2**32)


@settings(max_examples=60, **QUICK)
@given(SEEDS, STATUSES, SINCE_THE_LAST, SETTINGS)
def test_an_explanation_never_disagrees_with_the_cycle(
    seed: int, status: PortfolioStatus, since: timedelta | None, config: dict[str, Any]
) -> None:
    check(Case.of(seed, status, since, config))


@settings(max_examples=100, **QUICK)
@given(SEEDS, STATUSES, SINCE_THE_LAST, SETTINGS, st.sampled_from(LIMITS), SEEDS)
def test_whoever_changes_a_limit_changes_its_explanation(  # noqa: PLR0917 - drawn one by one
    seed: int,
    status: PortfolioStatus,
    since: timedelta | None,
    config: dict[str, Any],
    limit: type[Limit],
    change: int,
) -> None:
    other = changed(limit, change)
    replaced = {kind: tuple(other if each is limit else each for each in getattr(limits, kind)) for kind in KINDS}
    with patch.multiple(limits, **replaced):
        check(Case.of(seed, status, since, config))


def test_random_cases_meet_every_limit() -> None:
    """The property tests prove nothing about what never happens in them."""
    refusals = {
        told.refusal.rule if told.refusal else ""
        for seed in range(50)
        for status in (PortfolioStatus.ACTIVE, PortfolioStatus.PAUSED)
        for frequency in ("high", "low")
        for case in [
            Case.of(
                seed,
                status,
                timedelta(minutes=5),
                {"max_positions": 5, "max_positions_per_event": 1, "trade_frequency": frequency},
            )
        ]
        for told in map(case.explained, MARKETS)
    }
    assert refusals >= {"not held", "reentry_hours", "trade_frequency", "active", "not in a better wish", ""}
    assert refusals >= {"max_positions", "max_positions_per_event"}


def test_a_sale_that_does_not_fill_makes_no_room_and_the_refusal_says_so() -> None:
    """The place is asked for twice, by one limit: when it is decided, and once the sales have been tried."""
    config = a_config(max_positions=1, stop_loss=0.05, fill_model="book")
    account = an_account(1_000, a_position("1", cost=120))
    moment = Moment(a_capture(a_market("1"), a_market("2")))
    player = Player(a_strategy(a_wish("2")), config, account.initial_balance)
    decision = engine.decide(player, account, moment, Selections())
    unsold = {"1-yes": NoBook(RejectReason.NO_BOOK)}
    outcomes = engine.act(decision, account, moment, unsold).outcomes
    assert [str(outcome.signal.action) for outcome in outcomes] == ["sell_yes", "buy_yes"]
    assert outcomes[1].reject_reason is RejectReason.NO_FREE_SLOT
