"""What a cycle's materializations tell the reader of the Dagster UI."""

from typing import Any

import dagster as dg

from prescient_dagster.assets.cycle_orders import Result
from prescient_dagster.domain import money
from prescient_dagster.domain.orders import Outcome
from prescient_dagster.store.cycles import Stage

MOST_ROWS = 50


def metadata(stage: Stage, result: Result) -> dict[str, Any]:
    """The metadata of one asset for one portfolio."""
    about: dict[str, Any] = {"capture_id": result.capture_id, "status": result.status}
    if result.status in ("closed", "already_traded"):
        return about
    if stage is Stage.SIGNALS:
        return about | _signals(result)
    return about | (_trades(result) if stage is Stage.TRADES else _snapshot(result))


def _signals(result: Result) -> dict[str, Any]:
    told: dict[str, Any] = {"signals_generated": len(result.outcomes), "markets_analyzed": result.markets_analyzed}
    if result.config is not None:
        told |= {"config": result.config.document(), "config_sha256": result.config.sha256()}
    if result.selection is not None:
        told["funnel"] = _table([{"filter": name, "removed": removed} for name, removed in result.selection.funnel])
    if result.outcomes:
        told["signals"] = _table([_signal_row(outcome) for outcome in result.outcomes[:MOST_ROWS]])
    return told


def _signal_row(outcome: Outcome) -> dict[str, Any]:
    signal = outcome.signal
    return {
        "market_id": signal.market_id,
        "action": str(signal.action),
        "target_price": money.plain(signal.target_price),
        "amount": money.plain(signal.amount),
        "confidence": money.plain(signal.confidence),
        "reason": signal.reason,
        "status": str(outcome.status),
    }


def _trades(result: Result) -> dict[str, Any]:
    refused = [outcome for outcome in result.outcomes if outcome.reject_reason is not None]
    told: dict[str, Any] = {"trades_executed": len(result.trades), "signals_rejected": len(refused)}
    if result.outcomes:
        told["fills"] = _table([_fill_row(outcome) for outcome in result.outcomes[:MOST_ROWS]])
    return told


def _fill_row(outcome: Outcome) -> dict[str, Any]:
    trade = outcome.trade
    return {
        "market_id": outcome.signal.market_id,
        "action": str(outcome.signal.action),
        "status": str(outcome.status),
        "reject_reason": str(outcome.reject_reason or ""),
        "shares": 0.0 if trade is None else float(trade.shares),
        "price": 0.0 if trade is None else float(trade.price),
        "fee": 0.0 if trade is None else float(trade.fee),
        "cash_delta": 0.0 if trade is None else float(trade.cash_delta),
    }


def _snapshot(result: Result) -> dict[str, Any]:
    snapshot = result.snapshot
    if snapshot is None:
        return {}
    amounts = (
        "equity",
        "balance",
        "market_value",
        "total_profit_loss",
        "realized_profit_loss",
        "unrealized_profit_loss",
    )
    return {name: float(getattr(snapshot, name)) for name in amounts} | {"positions": snapshot.positions}


def _table(rows: list[dict[str, Any]]) -> dg.TableMetadataValue:
    return dg.MetadataValue.table([dg.TableRecord(row) for row in rows])
