"""Two sides of what a portfolio did: what differs is told by field, whatever else is the same."""

from dataclasses import replace

import pytest

from prescient_dagster.domain.books.ledger import TradeKind
from prescient_dagster.domain.books.snapshots import valued
from prescient_dagster.domain.cycle.orders import Outcome
from prescient_dagster.domain.past.drift import (
    Differing,
    Where,
    signal_differences,
    snapshot_differences,
    trade_differences,
)
from prescient_dagster.domain.strategy.signals import RejectReason, SignalStatus
from tests.builders import NOON, D, a_capture, a_market, a_trade, a_wish, an_account

HERE = Where(NOON, 3, "abc")
ONE, TWO = a_trade("1", source_ref="signal:7"), a_trade("2", source_ref="signal:8")
PAID = a_trade("1", kind=TradeKind.SETTLEMENT, shares=-125, cash=125, source_ref="settle:1:yes:1")


def test_the_same_trades_do_not_differ_whatever_their_signals_are_called() -> None:
    again = [replace(trade, source_ref=None) for trade in (ONE, TWO)]
    assert list(trade_differences([ONE, TWO], again, HERE)) == []


@pytest.mark.parametrize(
    ("field", "value"),
    [("shares", D(124)), ("price", D("0.81")), ("fee", D(1)), ("cash_delta", D(-99)), ("synthetic", False)],
)
def test_a_trade_that_differs_is_named_with_the_field_and_both_sides(field: str, value: object) -> None:
    (found,) = trade_differences([ONE, TWO], [ONE, replace(TWO, **{field: value})], HERE)
    assert (found.kind, found.name, found.names) == (Differing.TRADE, "buy 2 yes", (field,))
    assert (found.captured_at, found.capture_id, found.code_version) == (NOON, 3, "abc")
    assert found.lived is not None
    assert found.replayed is not None
    assert found.replayed[field] == value != found.lived[field]


def test_a_trade_on_one_side_only_has_no_other_side() -> None:
    (missing,) = trade_differences([ONE], [ONE, TWO], HERE)
    (added,) = trade_differences([ONE, TWO], [TWO], HERE)
    assert (missing.name, missing.lived) == ("buy 2 yes", None)
    assert (added.name, added.replayed) == ("buy 1 yes", None)


def test_settlements_are_told_apart_by_their_cause() -> None:
    other = replace(PAID, source_ref="settle:1:yes:2")
    assert [each.name for each in trade_differences([PAID], [other], HERE)] == [
        "settlement 1 yes settle:1:yes:1",
        "settlement 1 yes settle:1:yes:2",
    ]


def test_the_same_trades_in_another_order_are_a_difference() -> None:
    (found,) = trade_differences([ONE, TWO], [TWO, ONE], HERE)
    assert found.names == ("order",)


def test_what_became_of_a_signal_counts_and_waiting_is_like_having_expired() -> None:
    wish = a_wish("1")
    pending, expired = Outcome(wish, SignalStatus.PENDING), Outcome(wish, SignalStatus.EXPIRED)
    refused = Outcome(wish, SignalStatus.REJECTED, RejectReason.SLIPPAGE)
    assert list(signal_differences([expired], [pending], HERE)) == []
    (found,) = signal_differences([pending], [refused], HERE)
    assert (found.name, found.names) == ("buy_yes 1", ("status", "reject_reason"))


def test_a_snapshot_differs_by_figure() -> None:
    _, snapshot = valued(an_account(1_000), a_capture(a_market()), {})
    assert list(snapshot_differences(snapshot, snapshot, HERE)) == []
    (found,) = snapshot_differences(snapshot, replace(snapshot, equity=D(1)), HERE)
    assert found.names == ("equity",)
    (gone,) = snapshot_differences(None, snapshot, HERE)
    assert gone.lived is None
