"""Signals and how they ended, as a cycle leaves them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from datetime import UTC
from decimal import Decimal
from itertools import islice
from typing import Any

import numpy as np
from sqlalchemy import Connection, RowMapping, select

from prescient_dagster.domain import money
from prescient_dagster.domain.books.exit_rules import ExitRule
from prescient_dagster.domain.cycle.orders import Outcome
from prescient_dagster.domain.market.kept_texts import kept_text
from prescient_dagster.domain.market.markets import Capture
from prescient_dagster.domain.strategy.signals import Action, Signal, SignalStatus
from prescient_dagster.store.books import ledger
from prescient_dagster.store.books.ledger import Booking
from prescient_dagster.store.many_rows import change_rows
from prescient_dagster.store.tables import signals

MARKET_COLUMNS = {
    "yes_price": "yes_price",
    "no_price": "no_price",
    "market_liquidity": "liquidity",
    "market_volume": "volume",
}
SIGNAL_FIELDS = tuple(field.name for field in fields(Signal) if field.name in signals.columns)


@dataclass(frozen=True, slots=True)
class Ended:
    """How the signals of a portfolio's cycle ended, in their order of execution.

    Attributes:
        numbers: of signals that are stored already; None: these are new.
    """

    portfolio_id: int
    capture: Capture
    outcomes: Sequence[Outcome]
    numbers: Sequence[int] | None = None


def save(connection: Connection, cycles: Sequence[Ended]) -> list[Sequence[int]]:
    """Write the signals of cycles, how each ended, and the trades they made.

    Returns:
        for each cycle the signals' numbers, in the order of its outcomes.
    """
    new = iter(_inserted(connection, [each for each in cycles if each.numbers is None]))
    numbers = [next(new) if each.numbers is None else each.numbers for each in cycles]
    _end(connection, [each for each in cycles if each.numbers is not None])
    ledger.append(
        connection,
        [
            Booking(each.portfolio_id, each.capture.capture_id, outcome.trade, number)
            for each, own in zip(cycles, numbers, strict=True)
            for number, outcome in zip(own, each.outcomes, strict=True)
            if outcome.trade
        ],
    )
    return numbers


def _inserted(connection: Connection, cycles: Sequence[Ended]) -> Iterator[Sequence[int]]:
    rows = [
        {
            "portfolio_id": each.portfolio_id,
            "capture_id": each.capture.capture_id,
            "rank": rank,
            **signal_row(outcome, each.capture),
        }
        for each in cycles
        for rank, outcome in enumerate(each.outcomes, start=1)
    ]
    statement = signals.insert().returning(signals.c.signal_id, sort_by_parameter_order=True)
    numbers = iter(connection.execute(statement, rows).scalars().all() if rows else ())
    yield from (tuple(islice(numbers, len(each.outcomes))) for each in cycles)


def _end(connection: Connection, cycles: Sequence[Ended]) -> None:
    ended = [
        {"signal_id": number, "status": outcome.status, "reject_reason": outcome.reject_reason}
        for each in cycles
        for number, outcome in zip(each.numbers or (), each.outcomes, strict=True)
    ]
    change_rows(connection, signals, "signal_id", ended)


def signal_row(outcome: Outcome, capture: Capture) -> dict[str, Any]:
    """What is kept of a signal and how it ended, with what its market was like."""
    signal = outcome.signal
    row = capture.row_of[signal.market_id]
    end = capture.columns["event_end_date"][row]
    return {
        **{name: getattr(signal, name) for name in SIGNAL_FIELDS},
        **{name: _number(capture.columns[column][row]) for name, column in MARKET_COLUMNS.items()},
        "timestamp": capture.captured_at,
        "market_question": kept_text(capture.texts["question"][row]),
        "event_title": kept_text(capture.texts["event_title"][row]),
        "event_end_date": None if np.isnat(end) else end.item().replace(tzinfo=UTC),
        "status": outcome.status,
        "reject_reason": outcome.reject_reason,
    }


def _number(value: float) -> Decimal | None:
    return None if np.isnan(value) else money.usd(value)


def load_pending(connection: Connection, portfolio_id: int, capture_id: int) -> dict[int, Signal]:
    """The pending signals of a cycle by their numbers, in their order of execution."""
    mine = (signals.c.portfolio_id == portfolio_id) & (signals.c.capture_id == capture_id)
    query = select(signals).where(mine, signals.c.status == SignalStatus.PENDING).order_by(signals.c.rank)
    return {row["signal_id"]: signal_of(row) for row in connection.execute(query).mappings()}


def signal_of(row: RowMapping) -> Signal:
    """The signal in a row of the table."""
    values = {name: row[name] for name in SIGNAL_FIELDS}
    values["action"] = Action(row["action"])
    values["exit"] = None if row["exit"] is None else ExitRule(row["exit"])
    return Signal(**values, liquidity=row["market_liquidity"] or money.ZERO)
