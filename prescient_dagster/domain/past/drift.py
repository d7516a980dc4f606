"""What a portfolio did, beside what its rules say it should have done: the difference must be nothing."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from prescient_dagster.domain.books.ledger import Trade
from prescient_dagster.domain.books.snapshots import Snapshot
from prescient_dagster.domain.cycle.orders import Outcome
from prescient_dagster.domain.market.sides import labelled
from prescient_dagster.domain.strategy.side_labels import labelled_action
from prescient_dagster.domain.strategy.signals import Signal, SignalStatus

Values = dict[str, Any]
TRADE_FIELDS = tuple(each.name for each in fields(Trade) if each.compare and each.name != "source_ref")
SIGNAL_FIELDS = tuple(each.name for each in fields(Signal) if each.compare and each.name != "liquidity")
UNDECIDED = (SignalStatus.PENDING, SignalStatus.EXPIRED)
"""A signal that was never executed expires once a newer capture comes; both say that nothing became of it."""


class Differing(StrEnum):
    """What differs."""

    CONFIG = "config"  # the settings of then are not valid any more
    TRADE = "trade"
    SIGNAL = "signal"
    SNAPSHOT = "snapshot"


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that was done otherwise.

    Attributes:
        name: what it is about: market and side, of a signal market and action.
        names: the fields that differ; all of them where one side has no such thing.
        lived: what the portfolio did, `replayed` what its rules say now; None: no such thing.
        code_version: of the cycle; None where there was none.
    """

    kind: Differing
    captured_at: datetime
    capture_id: int
    name: str
    names: tuple[str, ...]
    lived: Values | None
    replayed: Values | None
    code_version: str | None = None


@dataclass(frozen=True, slots=True)
class Where:
    """The capture on which two sides are compared, and the code of the cycle there."""

    captured_at: datetime
    capture_id: int
    code_version: str | None = None


def trade_differences(lived: Sequence[Trade], replayed: Sequence[Trade], at: Where) -> Iterator[Difference]:
    """Trade by trade; a settlement also by its cause, a fill's is its signal."""
    named = [trade for trade in (*lived, *replayed) if trade.side_label]
    labelled_names = {_trade_name(trade): _trade_name(trade, trade.side_label) for trade in named}
    for each in _differences(Differing.TRADE, _by_name(lived), _by_name(replayed), at):
        yield replace(each, name=labelled_names.get(each.name, each.name))


def impossible_trade(trade: Trade, error: ValueError, at: Where) -> Difference:
    """A trade of shares that were never there."""
    values = {name: getattr(trade, name) for name in TRADE_FIELDS}
    name = f"{trade.kind} {trade.market_id} {labelled(trade.side, trade.side_label)}"
    replayed = {"shares": None, "error": str(error)}
    return Difference(Differing.TRADE, at.captured_at, at.capture_id, name, ("shares",), values, replayed)


def _by_name(trades: Sequence[Trade]) -> dict[str, Values]:
    return {_trade_name(trade): {name: getattr(trade, name) for name in TRADE_FIELDS} for trade in trades}


def _trade_name(trade: Trade, label: str | None = None) -> str:
    cause = "" if trade.source_ref is None or trade.source_ref.startswith("signal:") else f" {trade.source_ref}"
    return f"{trade.kind} {trade.market_id} {labelled(trade.side, label)}{cause}"


def signal_differences(lived: Sequence[Outcome], replayed: Sequence[Outcome], at: Where) -> Iterator[Difference]:
    """Signal by signal: what was wished, and what became of it."""
    named = [each.signal for each in (*lived, *replayed) if each.signal.side_label]
    labelled_names = {_signal_name(signal): _signal_name(signal, signal.side_label) for signal in named}
    for each in _differences(Differing.SIGNAL, _signals(lived), _signals(replayed), at):
        yield replace(each, name=labelled_names.get(each.name, each.name))


def _signals(outcomes: Sequence[Outcome]) -> dict[str, Values]:
    return {_signal_name(each.signal): _signal_values(each) for each in outcomes}


def _signal_name(signal: Signal, label: str | None = None) -> str:
    return f"{labelled_action(signal.action, label)} {signal.market_id}"


def _signal_values(outcome: Outcome) -> Values:
    values = {name: getattr(outcome.signal, name) for name in SIGNAL_FIELDS}
    status = SignalStatus.PENDING if outcome.status in UNDECIDED else outcome.status
    return values | {"status": status, "reject_reason": outcome.reject_reason}


def snapshot_differences(lived: Snapshot | None, replayed: Snapshot | None, at: Where) -> Iterator[Difference]:
    """The value of the portfolio, figure by figure."""
    return _differences(Differing.SNAPSHOT, _snapshot(lived), _snapshot(replayed), at)


def _snapshot(snapshot: Snapshot | None) -> dict[str, Values]:
    return {} if snapshot is None else {"": {name: getattr(snapshot, name) for name in Snapshot.__slots__}}


def _differences(
    kind: Differing, lived: Mapping[str, Values], replayed: Mapping[str, Values], at: Where
) -> Iterator[Difference]:
    """In the order in which they were done, then those that were not done; at last, where only the order differs."""
    for name in [*lived, *(name for name in replayed if name not in lived)]:
        one, other = lived.get(name), replayed.get(name)
        if one != other:
            yield _difference(kind, name, one, other, at)
    if lived.keys() == replayed.keys() and list(lived) != list(replayed):
        yield _difference(kind, "", {"order": list(lived)}, {"order": list(replayed)}, at)


def _difference(kind: Differing, name: str, lived: Values | None, replayed: Values | None, at: Where) -> Difference:
    one, other = lived or {}, replayed or {}
    names = tuple(field for field in {**one, **other} if one.get(field) != other.get(field))
    return Difference(kind, at.captured_at, at.capture_id, name, names, lived, replayed, at.code_version)
