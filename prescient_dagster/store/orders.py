"""Signals and how they ended, as a cycle leaves them."""

from collections.abc import Sequence
from datetime import UTC
from decimal import Decimal
from typing import Any

import numpy as np
from sqlalchemy import Connection, RowMapping, bindparam, select, update

from prescient_dagster.domain import money
from prescient_dagster.domain.markets import Capture
from prescient_dagster.domain.orders import Outcome
from prescient_dagster.domain.signals import Action, ExitRule, Signal, SignalStatus
from prescient_dagster.store import ledger
from prescient_dagster.store.tables import signals

MARKET_COLUMNS = {
    "yes_price": "yes_price",
    "no_price": "no_price",
    "market_liquidity": "liquidity",
    "market_volume": "volume",
}


def save(connection: Connection, portfolio_id: int, capture: Capture, outcomes: Sequence[Outcome]) -> Sequence[int]:
    """Write the signals of a cycle in their order of execution, how each ended, and the trades they made.

    Returns:
        the signals' numbers, in the same order.
    """
    rows = [
        {"portfolio_id": portfolio_id, "capture_id": capture.capture_id, "rank": rank, **signal_row(outcome, capture)}
        for rank, outcome in enumerate(outcomes, start=1)
    ]
    if not rows:
        return ()
    statement = signals.insert().returning(signals.c.signal_id, sort_by_parameter_order=True)
    numbers: Sequence[int] = connection.execute(statement, rows).scalars().all()
    _append_trades(connection, portfolio_id, capture.capture_id, numbers, outcomes)
    return numbers


SIGNAL_FIELDS = (
    "market_id",
    "event_id",
    "action",
    "target_price",
    "amount",
    "confidence",
    "reason",
    "bundle",
    "shares",
    "exit",
    "side_label",
)


def signal_row(outcome: Outcome, capture: Capture) -> dict[str, Any]:
    """What is kept of a signal and how it ended, with what its market was like."""
    signal = outcome.signal
    row = capture.row_of[signal.market_id]
    end = capture.columns["event_end_date"][row]
    return {
        **{name: getattr(signal, name) for name in SIGNAL_FIELDS},
        **{name: _number(capture.columns[column][row]) for name, column in MARKET_COLUMNS.items()},
        "timestamp": capture.captured_at,
        "market_question": capture.texts["question"][row],
        "event_title": capture.texts["event_title"][row],
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


def end(
    connection: Connection, portfolio_id: int, capture_id: int, numbers: Sequence[int], outcomes: Sequence[Outcome]
) -> None:
    """Write how pending signals ended, and the trades they made."""
    ended = [
        {"number": number, "to_status": outcome.status, "for_reason": outcome.reject_reason}
        for number, outcome in zip(numbers, outcomes, strict=True)
    ]
    statement = update(signals).where(signals.c.signal_id == bindparam("number"))
    if ended:
        connection.execute(
            statement.values(status=bindparam("to_status"), reject_reason=bindparam("for_reason")), ended
        )
    _append_trades(connection, portfolio_id, capture_id, numbers, outcomes)


def _append_trades(
    connection: Connection, portfolio_id: int, capture_id: int, numbers: Sequence[int], outcomes: Sequence[Outcome]
) -> None:
    made = [(outcome.trade, number) for number, outcome in zip(numbers, outcomes, strict=True) if outcome.trade]
    ledger.append(connection, portfolio_id, capture_id, made)
