"""How markets end and what that pays."""

import gzip
import json
from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import pandas as pd
import pytest

from prescient_dagster.domain.books.ledger import Account, Trade, TradeKind, booked, opened, rebuilt
from prescient_dagster.domain.books.settlement import (
    OPEN,
    UNKNOWN,
    Ending,
    Verdict,
    may_be_corrected,
    settled,
    settlements,
    verdict,
    verdicts,
)
from prescient_dagster.domain.strategy.signals import RejectReason
from tests.builders import (
    NO,
    NOON,
    YES,
    D,
    a_capture,
    a_closed_market,
    a_market,
    a_position,
    a_trade,
    a_wish,
    filled,
    refused,
)
from tests.recordings import events_listing, markets_listing

WON_YES, WON_NO, VOID = Verdict(Ending.YES), Verdict(Ending.NO), Verdict(Ending.VOID)
NEXT_DAY = NOON + timedelta(days=1)
NAN = float("nan")


@pytest.mark.parametrize(
    ("yes", "no", "status", "ending"),
    [
        (1, 0, "resolved", Ending.YES),
        (0, 1, "resolved", Ending.NO),
        (1, 0, "", Ending.YES),
        (1, 0, "proposed", Ending.YES),
        (0.999, 0.001, "", Ending.YES),
        (0.001, 0.999, "", Ending.NO),
        (0.9989, 0.001, "resolved", Ending.PENDING),
        (0.999, 0.0011, "resolved", Ending.PENDING),
        (0.5, 0.5, "resolved", Ending.VOID),
        (0.5, 0.5, "", Ending.PENDING),
        (0.5, 0.5, "proposed", Ending.PENDING),
        (0.5, 0.5001, "resolved", Ending.PENDING),
        (0, 0, "resolved", Ending.PENDING),
        (1, 1, "resolved", Ending.PENDING),
        (1, 0, "disputed", Ending.PENDING),
        (0.58, 0.42, "", Ending.PENDING),
        (NAN, NAN, "resolved", Ending.PENDING),
    ],
)
def test_a_closed_market_ends_as_its_prices_and_its_oracle_say(
    yes: float, no: float, status: str, ending: Ending
) -> None:
    found = verdict(True, yes, no, status)
    assert found.ending is ending
    assert found.is_final is (ending is not Ending.PENDING)
    assert bool(found.reason) is not found.is_final


def test_an_open_market_is_never_settled_whatever_its_prices() -> None:
    assert verdict(False, 1, 0, "resolved") == Verdict(Ending.PENDING, "still open")


def test_a_pending_market_says_why() -> None:
    assert verdict(True, 1, 0, "disputed").reason == "closed, its resolution is disputed"
    assert verdict(True, 0, 0, "").reason == "closed, not resolved: yes 0, no 0"
    (found,) = verdicts(
        a_capture(a_closed_market("7", yes=0.6, yes_label="Ravensport", no_label="Rovers")).markets
    ).values()
    assert found.reason == "closed, not resolved: yes (Ravensport) 0.6, no (Rovers) 0.4"


def test_the_verdicts_of_a_capture_are_by_market_id() -> None:
    capture = a_capture(a_market("1"), a_closed_market("2"), a_closed_market("3", yes=0.5))
    endings = {market_id: found.ending for market_id, found in verdicts(capture.markets).items()}
    assert endings == {"1": Ending.PENDING, "2": Ending.YES, "3": Ending.VOID}


def holding(*positions: tuple[str, float, float]) -> Account:
    """An account of 1,000 USD that bought these: side, shares, cost."""
    return rebuilt(D(1_000), [a_trade("1", YES if side == "yes" else NO, n, -cost) for side, n, cost in positions])


def settle(account: Account, found: Verdict, history: Sequence[Trade] = ()) -> tuple[Account, list[Trade]]:
    made = [
        trade
        for side in (YES, NO)
        for trade in settlements(
            account.positions.get(("1", side)), [trade for trade in history if trade.side is side], found, NEXT_DAY
        )
    ]
    for trade in made:
        account = booked(account, trade)
    return account, made


def test_a_win_pays_a_dollar_a_share_and_a_loss_nothing() -> None:
    account, trades = settle(holding(("yes", 125, 100)), WON_YES)
    assert (account.balance, account.realized_profit_loss) == (D(1_025), D(25))
    assert account.positions == {}
    assert [(trade.kind, trade.source_ref) for trade in trades] == [(TradeKind.SETTLEMENT, "settle:1:yes:1")]
    account, _ = settle(holding(("yes", 125, 100)), WON_NO)
    assert (account.balance, account.realized_profit_loss) == (D(900), D(-100))


def test_with_a_fee_paid_a_win_brings_95_121_and_a_loss_costs_99_999() -> None:
    bought = holding(("yes", 195.12, 99.999))
    assert settle(bought, WON_YES)[0].realized_profit_loss == D("95.121")
    assert settle(bought, WON_NO)[0].realized_profit_loss == D("-99.999")


def test_a_void_refunds_half_a_dollar_a_share_on_either_side() -> None:
    account, trades = settle(holding(("yes", 125, 100), ("no", 200, 60)), VOID)
    assert [(trade.kind, trade.cash_delta) for trade in trades] == [
        (TradeKind.REFUND, D("62.50")),
        (TradeKind.REFUND, D(100)),
    ]
    assert [trade.cash_delta + trade.cost_delta for trade in trades] == [D("-37.50"), D(40)]
    assert account.balance == 1_000 - 160 + D("162.50")


def test_a_pending_market_pays_nothing_yet() -> None:
    assert settle(holding(("yes", 125, 100)), Verdict(Ending.PENDING, "disputed"))[1] == []


def test_settled_again_by_the_same_verdict_nothing_is_booked() -> None:
    account, trades = settle(holding(("yes", 125, 100)), WON_YES)
    assert settle(account, WON_YES, trades)[1] == []
    assert settle(account, Verdict(Ending.PENDING, "reopened"), trades)[1] == []


def test_a_correction_is_a_reversal_and_a_new_entry() -> None:
    account, won = settle(holding(("yes", 125, 100)), WON_YES)
    assert account.balance == 1_025
    corrected, entries = settle(account, WON_NO, won)
    assert [(entry.source_ref, entry.cash_delta) for entry in entries] == [
        ("settle:1:yes:1:reversal", D(-125)),
        ("settle:1:yes:2", D(0)),
    ]
    assert booked(account, entries[0]).balance == 900
    assert (corrected.balance, corrected.realized_profit_loss, corrected.positions) == (D(900), D(-100), {})
    assert settle(corrected, WON_NO, won + entries)[1] == []


def test_a_correction_can_be_corrected() -> None:
    account, first = settle(holding(("yes", 125, 100)), WON_YES)
    account, second = settle(account, VOID, first)
    account, third = settle(account, WON_YES, [*first, *second])
    assert [entry.source_ref for entry in third] == ["settle:1:yes:2:reversal", "settle:1:yes:3"]
    assert account.balance == 1_025
    assert settle(account, WON_YES, [*first, *second, *third])[1] == []


@pytest.mark.parametrize(
    ("found", "confirmed", "now", "asked"),
    [
        (WON_YES, 0, 1, True),
        (WON_YES, 29.9, 30.9, True),
        (WON_YES, 30, 31, False),
        (WON_YES, 30, 44.9, False),
        (WON_YES, 30, 45, True),
        (WON_YES, 0, 400, True),  # nobody has asked again
        (WON_YES, 45, 67, False),
        (WON_YES, 45, 67.5, True),
        (Verdict(Ending.PENDING, OPEN), 300, 301, True),
        (Verdict(Ending.PENDING, UNKNOWN), 300, 301, True),
        (Verdict(Ending.PENDING, UNKNOWN), 300, 300.1, False),  # it has answered today,
        (VOID, 5, 4, True),  # the clock went back
    ],
)
def test_an_ending_is_asked_for_while_it_may_be_corrected(
    found: Verdict, confirmed: float, now: float, asked: bool
) -> None:
    """Days since the venue first said so."""
    first, last, at = (NOON + timedelta(days=days) for days in (0, confirmed, now))
    assert may_be_corrected(found, first, last, at) is asked


def test_what_was_bought_after_a_market_reopened_is_settled_beside_the_old_entry() -> None:
    account, first = settle(holding(("yes", 125, 100)), WON_YES)
    account = booked(account, a_trade("1", YES, 10, -8))
    account, second = settle(account, WON_NO, first)
    assert [entry.source_ref for entry in second] == ["settle:1:yes:1:reversal", "settle:1:yes:2", "settle:1:yes:3"]
    assert (account.balance, account.realized_profit_loss) == (D(892), D(-108))


def test_a_correction_may_leave_cash_negative_and_then_nothing_is_bought_until_it_is_back() -> None:
    account, won = settle(holding(("yes", 125, 100)), WON_YES)
    account = booked(account, a_trade("2", YES, 1250, -1_000))
    assert account.balance == 25
    account, _ = settle(account, WON_NO, won)
    assert account.balance == -100
    capture = a_capture(a_market("3"))
    outcome, _ = filled(a_wish("3"), capture, account)
    assert refused(outcome) == RejectReason.INSUFFICIENT_CASH
    account = booked(account, a_trade("2", YES, -125, 100, kind=TradeKind.SELL, cost_delta=D(-100)))
    outcome, _ = filled(a_wish("3"), capture, account)
    assert refused(outcome) == RejectReason.INSUFFICIENT_CASH
    account = booked(account, a_trade("2", YES, -125, 100, kind=TradeKind.SELL, cost_delta=D(-100)))
    outcome, account = filled(a_wish("3"), capture, account)
    assert outcome.trade is not None
    assert account.balance >= 0


def test_the_position_of_a_bundle_keeps_its_bundle_through_settlement_and_reversal() -> None:
    (paid,) = settlements(a_position(bundle="yes_set:2:e"), [], WON_YES, NOON)
    entries = settlements(None, [paid], WON_NO, NEXT_DAY)
    assert {entry.bundle for entry in (paid, *entries)} == {"yes_set:2:e"}


def test_a_portfolio_is_paid_in_all_its_markets_by_market_id_and_side() -> None:
    bought = [a_trade("2", YES), a_trade("10", NO), a_trade("3", YES), a_trade("4", YES)]
    found = {"2": WON_YES, "10": WON_NO, "3": Verdict(Ending.PENDING, "disputed")}
    account, entries = settled(rebuilt(D(1_000), bought), [], found, NEXT_DAY)
    assert [entry.source_ref for entry in entries] == ["settle:10:no:1", "settle:2:yes:1"]
    assert account.balance == 1_000 - 400 + 250
    assert account.positions.keys() == {("3", YES), ("4", YES)}
    assert settled(account, entries, found, NEXT_DAY) == (account, [])
    account, entries = settled(account, entries, found | {"2": WON_NO}, NEXT_DAY)
    assert [entry.source_ref for entry in entries] == ["settle:2:yes:1:reversal", "settle:2:yes:2"]


# On the recordings of closed markets.

EVENTS = "resolved/events-2026-03-02T12-00-00Z.json"
FIVE_MINUTES = "resolved/btc-5m-2026-06-08.jsonl.gz"
MIXED = "markets/open-and-closed-2026-02-07T12-49-00Z.json"

# file, market id, verdict, what a YES share is paid (USD)
RECORDED = [
    ("resolved/gamma_market_closed_binary_accepting_false.json", "1460332", Ending.NO, 0),
    ("resolved/gamma_market_closed_binary_accepting_true.json", "1812085", Ending.YES, 1),  # still accepts orders
    ("resolved/gamma_market_closed_nonbinary_legacy.json", "43", Ending.PENDING, None),  # Long/Short at .584/.416
    ("resolved/gamma_market_closed_zero_zero_legacy.json", "12", Ending.PENDING, None),  # ["0", "0"]
    (EVENTS, "1294628", Ending.NO, 0),  # the oracle's history ends with "proposed", its last word is "resolved"
    (EVENTS, "984441", Ending.YES, 1),
    (EVENTS, "552649", Ending.YES, 1),  # disputed on the way
    (EVENTS, "1437735", Ending.PENDING, None),  # still open in an event that is closed
    (EVENTS, "1180303", Ending.PENDING, None),  # open and disputed
    (EVENTS, "1273905", Ending.NO, 0),  # closed in an event that is open
    (MIXED, "681413", Ending.VOID, 0.5),
    (MIXED, "242644", Ending.NO, 0),  # 0.0000008 against 0.9999992
    (MIXED, "248101", Ending.YES, 1),  # likewise, and the oracle never spoke
    (MIXED, "224446", Ending.PENDING, None),  # .254/.746, the oracle never spoke
    (MIXED, "253898", Ending.NO, 0),  # 0/1 while the oracle's word is still "proposed"
]


def recorded_markets(path: Path) -> pd.DataFrame:
    body = path.read_bytes()
    if path.name.startswith("events"):
        return events_listing(body, NOON).markets
    return markets_listing(body if body.startswith(b"[") else b"[" + body + b"]", NOON).markets


@pytest.mark.parametrize(("file", "market_id", "ending", "payout"), RECORDED)
def test_a_recorded_market_ends_as_its_own_fields_say(
    shared_data: Path, file: str, market_id: str, ending: Ending, payout: float | None
) -> None:
    found = verdicts(recorded_markets(shared_data / file))[market_id]
    assert found.ending is ending
    assert (found.payout(YES) if found.is_final else None) == payout


def five_minute_markets(path: Path) -> pd.DataFrame:
    with gzip.open(path, "rt") as lines:
        records = [json.loads(line)["raw"] for line in lines]
    return markets_listing(json.dumps(records).encode(), NOON).markets


def by_their_raw_fields(records: Sequence[dict[str, object]]) -> dict[str, Ending]:
    """The same by the wire alone: exact 0/1 pairs of closed markets."""
    endings = {'["1", "0"]': Ending.YES, '["0", "1"]': Ending.NO}
    return {
        str(record["id"]): endings[str(record["outcomePrices"])] if record.get("closed") else Ending.PENDING
        for record in records
    }


def test_every_recorded_five_minute_market_is_settled(shared_data: Path) -> None:
    path = shared_data / FIVE_MINUTES
    found = {market_id: each.ending for market_id, each in verdicts(five_minute_markets(path)).items()}
    with gzip.open(path, "rt") as lines:
        assert found == by_their_raw_fields([json.loads(line)["raw"] for line in lines])
    assert Counter(found.values()) == {Ending.YES: 137, Ending.NO: 155}


def test_of_the_recorded_closed_events_219_markets_are_settled_and_23_pending(shared_data: Path) -> None:
    body = (shared_data / EVENTS).read_bytes()
    found = {market_id: each.ending for market_id, each in verdicts(events_listing(body, NOON).markets).items()}
    assert found == by_their_raw_fields([market for event in json.loads(body) for market in event["markets"]])
    assert Counter(found.values()) == {Ending.YES: 47, Ending.NO: 172, Ending.PENDING: 23}


def test_a_portfolio_with_yes_and_no_of_every_recorded_market_ends_with_the_cash_of_a_hand_calculation(
    shared_data: Path,
) -> None:
    markets = events_listing((shared_data / EVENTS).read_bytes(), NOON).markets
    account = opened(D(10_000))
    for market_id in markets["market_id"]:
        account = booked(account, a_trade(market_id, YES, shares=10, cash=-4))
        account = booked(account, a_trade(market_id, NO, shares=10, cash=-7))
    assert account.balance == 10_000 - 242 * 11
    for market_id, found in verdicts(markets).items():
        for side in (YES, NO):
            for trade in settlements(account.positions[market_id, side], [], found, NEXT_DAY):
                account = booked(account, trade)
    # 219 settled markets pay 10 USD each, on one side; 23 stay open on both.
    assert account.balance == 10_000 - 242 * 11 + 219 * 10
    assert account.realized_profit_loss == 219 * (10 - 11)
    assert len(account.positions) == 2 * 23
