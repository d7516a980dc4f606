"""Limits on risk: exactly at the bound is allowed, entries alone are gated, and no entry ever exceeds one."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from prescient_dagster.domain.books.equity_track import EquityTrack, Halt, begun
from prescient_dagster.domain.books.ledger import Account, TradeKind, booked, opened
from prescient_dagster.domain.books.snapshots import valued
from prescient_dagster.domain.cycle import engine
from prescient_dagster.domain.cycle.engine import Act, Selections
from prescient_dagster.domain.cycle.limit import Circumstances
from prescient_dagster.domain.cycle.orders import Outcome
from prescient_dagster.domain.cycle.players import Moment, Player
from prescient_dagster.domain.market.markets import Capture
from prescient_dagster.domain.past.explanation import explain
from prescient_dagster.domain.strategy.signals import RejectReason, Signal, SignalStatus
from tests.builders import (
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
    later,
    refused,
)

HALF = {"bid": 0.50, "ask": 0.50}
CAPTURE = a_capture(
    a_market("1", 0.5, **HALF, event_id="vote", tags="Europe|Politics"),
    a_market("2", 0.5, **HALF, event_id="vote", tags="politics"),
    a_market("3", 0.5, **HALF, event_id="cup", tags="Sports"),
    a_market("9", 0.5, **HALF, event_id="vote", tags="Politics"),
)


def acted(account: Account, *wishes: Signal, capture: Capture = CAPTURE, **limits: Any) -> Act:
    player = Player(a_strategy(*wishes), a_config(**limits), account.initial_balance)
    decision = engine.decide(player, account, Moment(capture), Selections())
    return engine.act(decision, account, Moment(capture), {})


def entered(account: Account, *wishes: Signal, capture: Capture = CAPTURE, **limits: Any) -> list[Outcome]:
    outcomes = acted(account, *wishes, capture=capture, **limits).outcomes
    return [outcome for outcome in outcomes if outcome.signal.action.is_entry]


def spent(outcome: Outcome) -> Decimal:
    return D(0) if outcome.trade is None else outcome.trade.cost_delta


def wish(market_id: str = "1", amount: float = 100, **fields: Any) -> Signal:
    event = {"1": "vote", "2": "vote", "3": "cup"}[market_id]
    return a_wish(market_id, amount=amount, **({"event_id": event} | fields))


def holding(cost: float, market_id: str = "9", **fields: Any) -> Account:
    """1,000 USD in all: a position that cost so much and is worth as much, the rest in cash."""
    position = a_position(market_id, shares=cost * 2, cost=cost, **({"event_id": "vote"} | fields))
    return an_account(1_000 - cost, position)


@pytest.mark.parametrize(
    ("limit", "reason"),
    [
        ("max_exposure", RejectReason.RISK_EXPOSURE),
        ("max_exposure_per_event", RejectReason.RISK_EVENT),
        ("max_exposure_per_tag", RejectReason.RISK_TAG),
    ],
)
@pytest.mark.parametrize(
    ("held", "part", "gets"),
    [
        (400, 0.5, "100"),  # 500 of 1,000 USD: exactly the limit
        (450, 0.5, "50"),  # cut to what is left
        (499, 0.5, "1"),
        (499.5, 0.5, None),  # less than the least order is left
        (500, 0.5, None),
        (600, 0.5, None),
    ],
)
def test_an_entry_is_cut_to_what_an_exposure_leaves_or_refused(
    limit: str, reason: RejectReason, held: float, part: float, gets: str | None
) -> None:
    (outcome,) = entered(holding(held), wish(), **{limit: part})
    if gets is None:
        assert refused(outcome) == reason
        return
    assert spent(outcome) == D(gets)
    assert outcome.status == (SignalStatus.EXECUTED if gets == "100" else SignalStatus.PARTIALLY_EXECUTED)
    assert outcome.trade is not None
    assert outcome.trade.details.get("cut") == (None if gets == "100" else {"by": reason, "to": f"{D(gets):.6f}"})


def test_each_entry_sees_what_the_ones_before_it_have_spent() -> None:
    outcomes = entered(an_account(1_000), wish("1"), wish("2", amount=80), wish("3", amount=70), max_exposure=0.2)
    assert [spent(outcome) for outcome in outcomes] == [D(100), D(80), D(20)]
    outcomes = entered(an_account(1_000), wish("1"), wish("2"), wish("3"), max_exposure_per_event=0.15)
    assert [spent(outcome) for outcome in outcomes] == [D(100), D(50), D(100)]


def test_tags_are_compared_without_case_and_the_fullest_decides() -> None:
    outcomes = entered(an_account(1_000), wish("2"), wish("1"), wish("3"), max_exposure_per_tag=0.15)
    assert {each.signal.market_id: spent(each) for each in outcomes} == {"1": D(100), "2": D(50), "3": D(100)}


def test_what_was_bought_keeps_its_tags_when_it_leaves_the_listing() -> None:
    gone = a_capture(a_market("1", 0.5, **HALF, tags="Politics"))
    account = holding(150, tags="politics")
    assert refused(entered(account, wish(event_id="x"), capture=gone, max_exposure_per_tag=0.15)[0]) == "risk_tag"
    bought = entered(an_account(1_000), wish())[0].trade
    assert bought is not None
    assert booked(opened(D(1_000)), bought).positions["1", YES].tags == "Europe|Politics"


def test_a_market_without_tags_is_bound_by_no_tag() -> None:
    plain = a_capture(a_market("1", 0.5, **HALF))
    assert spent(entered(an_account(1_000), wish(), capture=plain, max_exposure_per_tag=0.01)[0]) == D(100)


def test_a_bundle_is_bound_as_a_whole() -> None:
    legs = a_bundle(("1", YES), ("3", YES), amount=300, event_id="vote")
    first, second = entered(an_account(1_000), *legs, max_exposure=0.2)
    assert spent(first) + spent(second) == D(200)
    first, _ = entered(an_account(1_000), *legs, max_exposure=0.0015)
    assert refused(first) == RejectReason.RISK_EXPOSURE


def test_the_equity_is_that_of_the_capture() -> None:
    """10 USD were spent for what is now worth 510: half of 1,500 may be at stake."""
    account = an_account(990, a_position("9", shares=1020, cost=10, event_id="vote"))
    assert spent(entered(account, wish(amount=900), max_exposure=0.5)[0]) == D(740)


def a_day_later(cash: float, before_day: float, **limits: Any) -> Outcome:
    track = EquityTrack(D(900), D(before_day), D(1_000), at=NOON - timedelta(hours=1))
    return entered(replace(an_account(cash), track=track), wish(), **limits)[0]


@pytest.mark.parametrize(("cash", "reason"), [(950, None), (949.999999, RejectReason.RISK_DAILY_LOSS), (1_200, None)])
def test_a_daily_loss_of_exactly_the_limit_is_allowed(cash: float, reason: RejectReason | None) -> None:
    assert a_day_later(cash, before_day=1_000, max_daily_loss=0.05).reject_reason == reason


def test_a_new_day_counts_from_the_last_snapshot_before_it() -> None:
    track = EquityTrack(D(900), D(1_000), D(1_000), at=NOON - timedelta(days=1))
    account = replace(an_account(890), track=track)
    assert spent(entered(account, wish(), max_daily_loss=0.05)[0]) == D(100)


@pytest.mark.parametrize(("cash", "reason"), [(900, None), (899.999999, RejectReason.RISK_DRAWDOWN)])
def test_a_drawdown_of_exactly_the_limit_is_allowed(cash: float, reason: RejectReason | None) -> None:
    done = acted(replace(an_account(cash), track=begun(D(1_000))), wish(), max_drawdown=0.1)
    assert done.outcomes[0].reject_reason == reason
    assert (done.account.equity_track.halted_by is Halt.DRAWDOWN) == (reason is not None)


def test_a_halted_portfolio_enters_nothing_until_resumed_also_where_it_recovers() -> None:
    """By hand: 1,000 falls to 890, halted at 0.1; back at 1,100 still halted; resumed there, the high is 1,100."""
    account = replace(an_account(890), track=begun(D(1_000)))
    halted = acted(account, wish(), max_drawdown=0.1).account
    assert (halted.balance, halted.equity_track.halted_at) == (D(890), NOON)
    recovered = replace(halted, balance=D(1_100))
    still = acted(recovered, wish(), capture=a_capture(*CAPTURE_ROWS, **later(2, hours=1)), max_drawdown=0.1)
    assert still.outcomes == ()
    resumed = replace(still.account, track=still.account.equity_track.resumed())
    assert resumed.equity_track.high == D(1_100)
    again = acted(resumed, wish(), capture=a_capture(*CAPTURE_ROWS, **later(3, hours=2)), max_drawdown=0.1)
    assert spent(again.outcomes[0]) == D(100)


CAPTURE_ROWS = [a_market("1", 0.5, **HALF)]


@pytest.mark.parametrize("by", Halt)
def test_who_is_halted_is_not_asked_and_makes_its_exits(by: Halt) -> None:
    """So it writes no refused signals at every capture, and stays halted also where its limit is unset."""
    track = begun(D(1_000)).halted(NOON, by)
    account = replace(an_account(0, a_position("9", shares=100, cost=100, event_id="vote")), track=track)
    (sale,) = acted(account, wish(), stop_loss=0.1).outcomes
    assert (sale.trade is not None, sale.signal.action.is_entry) == (True, False)


def test_the_wishes_of_the_capture_that_halts_are_refused_and_counted_once() -> None:
    account = replace(an_account(890), track=begun(D(1_000)))
    first = acted(account, wish("1"), wish("3"), max_drawdown=0.1)
    assert [refused(each) for each in first.outcomes] == [RejectReason.RISK_DRAWDOWN] * 2
    next_one = a_capture(*CAPTURE_ROWS, **later(2, hours=1))
    assert acted(first.account, wish(), capture=next_one, max_drawdown=0.1).outcomes == ()


@pytest.mark.parametrize(("by", "told"), [(Halt.BY_HAND, "by hand"), (Halt.DRAWDOWN, "by its drawdown")])
def test_an_explanation_says_by_what_it_is_halted(by: Halt, told: str) -> None:
    account = replace(an_account(1_000), track=begun(D(1_000)).halted(NOON, by))
    found = explain(Circumstances(Player(a_strategy(wish()), a_config(), D(1_000)), account, Moment(CAPTURE)), "1")
    assert found.refusal is not None
    assert (found.refusal.rule, found.refusal.note) == ("halt", f"{told}, until it is resumed")


@pytest.mark.parametrize("limit", ["max_daily_loss", "max_drawdown", "max_exposure", "max_exposure_per_event"])
def test_no_limit_holds_an_exit_back(limit: str) -> None:
    track = begun(D(100_000)).halted(NOON, Halt.DRAWDOWN)
    account = replace(an_account(0, a_position("9", shares=100, cost=100, event_id="vote")), track=track)
    (sale,) = acted(account, stop_loss=0.1, **{limit: 0.0001}).outcomes
    assert sale.trade is not None
    assert sale.trade.kind is TradeKind.SELL


def test_an_explanation_shows_what_is_left_and_what_refuses() -> None:
    account = holding(450)
    player = Player(a_strategy(wish()), a_config(max_exposure=0.5, max_drawdown=0.2), D(1_000))
    told = explain(Circumstances(player, account, Moment(CAPTURE)), "1")
    steps = {step.rule: step for step in told.steps}
    assert steps["max_exposure"].note == (
        "450.00 of 1000.00 USD are at stake, 50.00 may be added; 100.00 is cut to that"
    )
    assert (steps["max_exposure"].value, steps["max_exposure"].passed) == (D("0.5"), True)
    assert steps["max_drawdown"].note == "1000.00 USD now, 1000.00 at its highest"
    refusal = explain(Circumstances(player, holding(600), Moment(CAPTURE)), "1")
    assert refusal.refusal is not None
    assert refusal.refusal.rule == "max_exposure"
    assert refusal.entries == refusal.wish != ()


PARTS = st.sampled_from([None, 0.01, 0.05, 0.1, 0.3, 0.7, 1.0])
NAMES = ("max_exposure", "max_exposure_per_event", "max_exposure_per_tag", "max_daily_loss", "max_drawdown")
LIMITS = st.fixed_dictionaries(dict.fromkeys(NAMES, PARTS))
ROWS = [str(number) for number in range(1, 9)]
WORDS = ("a", "B", "b|C", "", "c")


def a_moment(dice: Random, number: int) -> Capture:
    """Random prices, some without bids, and markets that come and go."""
    at, rows = NOON + timedelta(hours=7 * number), [each for each in ROWS if dice.random() < 0.9]
    prices = {each: dice.randint(50, 950) / 1000 for each in rows}
    markets = [
        a_market(
            each,
            price,
            event_id=f"e{int(each) // 3}",
            tags=WORDS[int(each) % 5],
            fee_rate=0.04,
            liquidity=dice.choice((2_000, 1_000_000)),
            **({"bid": None} if dice.random() < 0.1 else {}),
        )
        for each, price in prices.items()
    ]
    return a_capture(*markets, at=at, capture_id=number + 1)


def wishes_of(dice: Random) -> list[Signal]:
    chosen = [each for each in ROWS if dice.random() < 0.5]
    return [
        a_wish(each, amount=dice.choice((5, 90, 400)), event_id=f"e{int(each) // 3}", confidence=D(dice.randint(1, 9)))
        for each in chosen
    ]


def lived(seed: int, config: dict[str, Any], captures: int = 12) -> list[tuple[Account, Moment, Act]]:
    """A life under these limits: before each capture, on it, and what came of it."""
    dice, account, life = Random(seed), opened(D(1_000)), []
    for number in range(captures):
        moment = Moment(a_moment(dice, number))
        player = Player(a_strategy(*wishes_of(dice)), a_config(**config), D(1_000))
        act = engine.act(engine.decide(player, account, moment, Selections()), account, moment, {})
        life.append((account, moment, act))
        account = act.account
    return life


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.integers(0, 2**32), LIMITS)
@example(1, dict.fromkeys(NAMES, 0.05))
def test_no_limit_is_ever_exceeded_by_an_entry_and_no_exit_held_back(seed: int, limits: dict[str, Any]) -> None:
    config = {"stop_loss": 0.3, "profit_target": 0.3} | limits
    for before, moment, act in lived(seed, config):
        check_exits(before, moment, act)
        check_entries(before, moment, act, limits)


def check_exits(before: Account, moment: Moment, act: Act) -> None:
    """What would be sold without limits is sold with them."""
    free = Player(a_strategy(), a_config(stop_loss=0.3, profit_target=0.3), before.initial_balance)
    unbound = engine.act(engine.decide(free, before, moment, Selections()), before, moment, {})
    sold = [each.trade for each in act.outcomes if not each.signal.action.is_entry]
    assert sold == [each.trade for each in unbound.outcomes]


def check_entries(before: Account, moment: Moment, act: Act, limits: dict[str, Any]) -> None:
    """Judged anew, from the trades alone: what stands before each entry, and what it makes of the exposures."""
    account = before
    sales = [each.trade for each in act.outcomes if each.trade and not each.signal.action.is_entry]
    for trade in sales:
        account = booked(account, trade)
    equity, track = valued(account, moment.capture, moment.told)[1].equity, before.equity_track
    buys = [each.trade for each in act.outcomes if each.trade and each.signal.action.is_entry]
    if buys:
        assert track.halted_at is None
        assert within(limits["max_drawdown"], max(track.high - equity, D(0)), max(track.high, equity))
        start = track.day_start(moment.at)
        assert within(limits["max_daily_loss"], max(start - equity, D(0)), start)
    for trade in buys:
        account = booked(account, trade)
        held = list(account.positions.values())
        assert within(limits["max_exposure"], cost(held), equity)
        assert within(limits["max_exposure_per_event"], cost(p for p in held if p.event_id == trade.event_id), equity)
        for tag in tags_of(trade.market_id):
            assert within(limits["max_exposure_per_tag"], cost(p for p in held if tag in tags_of(p.market_id)), equity)


def within(part: float | None, amount: Decimal, whole: Decimal) -> bool:
    return part is None or amount <= D(part) * whole


def cost(held: Any) -> Decimal:
    return sum((position.cost for position in held), D(0))


def tags_of(market_id: str) -> set[str]:
    return {word.lower() for word in WORDS[int(market_id) % 5].split("|")} - {""}


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32), LIMITS)
def test_played_again_it_halts_at_the_same_capture(seed: int, limits: dict[str, Any]) -> None:
    first, again = (halts(lived(seed, limits)) for _ in range(2))
    assert first == again


def halts(life: Sequence[tuple[Account, Moment, Act]]) -> list[datetime | None]:
    return [act.account.equity_track.halted_at for _, _, act in life]


def test_random_lives_meet_every_refusal() -> None:
    """The property tests prove nothing about what never happens in them."""
    met = {
        outcome.reject_reason
        for seed in range(20)
        for name in NAMES
        for _, _, act in lived(seed, {name: 0.1})
        for outcome in act.outcomes
    }
    assert met >= {reason for reason in RejectReason if reason.startswith("risk_")}
