"""What a cycle's materializations tell the reader of the Dagster UI: what was done on which capture, how, and why.

A sentence comes first, tables follow. Whatever a venue wrote stands in tables only, whose cells are plain text.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal
from itertools import islice, zip_longest
from typing import Any

import dagster as dg

from prescient_dagster.assets.told.fills import FILLS, NO_FILL, fill
from prescient_dagster.assets.told.pages import portfolio_link, signals_link
from prescient_dagster.assets.told.pictures import bars, equity_curve
from prescient_dagster.assets.told.risk import at_risk
from prescient_dagster.assets.told.tables import columns, table
from prescient_dagster.domain import money
from prescient_dagster.domain.books.ledger import Position, Trade, worth
from prescient_dagster.domain.cycle.orders import Outcome
from prescient_dagster.store.books.cycles import Stage
from prescient_dagster.usecases.trade_plans import Result, ResultStatus

MOST_ROWS = 50
NOTHING_DONE = (ResultStatus.CLOSED, ResultStatus.ALREADY_TRADED)
AMOUNTS = (
    "equity",
    "balance",
    "market_value",
    "total_profit_loss",
    "realized_profit_loss",
    "unrealized_profit_loss",
    "fees_paid",
)
FUNNEL = columns(filter="string", bound="string", removed="int", left="int")
SIGNALS = columns(
    signal_id="int",
    question="string",
    action="string",
    target_price="float",
    amount="float",
    confidence="float",
    status="string",
    reason="string",
    market_id="string",
)
REFUSALS = columns(reason="string", signals="int")
POSITIONS = columns(
    question="string",
    side="string",
    shares="float",
    cost="float",
    mark="float",
    mark_source="string",
    marked_at="string",
    profit_loss="float",
    market_id="string",
)


def metadata(strategy: str, stage: Stage, result: Result) -> dict[str, Any]:
    """The metadata of one asset for one portfolio, in the order in which it is read."""
    told = {} if result.status in NOTHING_DONE else TOLD[stage](result)
    return {
        "summary": result.why or SUMMARIES[stage](result),
        "status": str(result.status),
        **_capture(result),
        **_earlier(result),
        **told,
        **_back(strategy, stage, result),
        **_config(stage, result),
    }


def _capture(result: Result) -> dict[str, Any]:
    record = result.record
    taken = {"capture_run": dg.MetadataValue.dagster_run(record.run_id)} if record.run_id else {}
    return {
        "capture_id": record.capture_id,
        "captured_at": dg.MetadataValue.timestamp(record.captured_at),
        "capture_age_minutes": round(result.age.total_seconds() / 60, 1),
        **taken,
    }


def _earlier(result: Result) -> dict[str, Any]:
    """When and where the cycle began that this run found there."""
    earlier = result.earlier
    if earlier is None:
        return {}
    run = {"begun_in_run": dg.MetadataValue.dagster_run(earlier.run_id)} if earlier.run_id else {}
    return {"begun_at": dg.MetadataValue.timestamp(earlier.started_at), **run}


def _back(strategy: str, stage: Stage, result: Result) -> dict[str, Any]:
    """The way back from trades to the signals that they followed from, by the same `signal_id`."""
    if stage is not Stage.TRADES:
        return {}
    return {"signals_page": signals_link(strategy, result.slug)}


def _config(stage: Stage, result: Result) -> dict[str, Any]:
    """The settings; the whole config stands with the signals that it made, its sha256 with all that followed."""
    told: dict[str, Any] = {}
    if result.settings:
        told["run_settings"] = dict(result.settings)
    if result.config is not None:
        told["config_sha256"] = result.config_sha256
        told |= {"config": dict(result.config)} if stage is Stage.SIGNALS else {}
    return told


def _signals(result: Result) -> dict[str, Any]:
    told: dict[str, Any] = {"signals_generated": len(result.outcomes), "markets_analyzed": result.markets_analyzed}
    if result.wishes is not None:
        told["entries_wished"] = result.wishes
    if result.outcomes:
        told["signals"] = table(SIGNALS, _numbered(result, _signal_row))
        told |= _cut(len(result.outcomes), f"prescient signals {result.slug} --capture {result.capture_id}")
    if result.selection is not None:
        told["funnel"] = table(FUNNEL, _funnel_rows(result, result.selection.funnel))
        told |= {"filters_note": "; ".join(result.selection.notes)} if result.selection.notes else {}
        told["ask_why"] = f"prescient explain {result.slug} MARKET_ID --capture {result.capture_id}"
    return told


def _signals_summary(result: Result) -> str:
    if result.selection is None:
        return _counted(len(result.outcomes), "signal")
    entries = sum(outcome.signal.action.is_entry for outcome in result.outcomes)
    return (
        f"{_counted(entries, 'entry', 'entries')} and {_counted(len(result.outcomes) - entries, 'exit')}: "
        f"{result.markets_analyzed} of {result.record.markets} markets passed the filters, the strategy would enter "
        f"{result.wishes or 0} of them; what is held, or finds no free slot, is left out"
    )


def _funnel_rows(result: Result, funnel: Iterable[tuple[str, int]]) -> Iterator[dict[str, Any]]:
    """Every filter with its bound, what it removed and what it left for the next; members of a blend have their own."""
    left, before = 0, None
    for name, removed in funnel:
        member = name.rpartition(".")[0]
        left = (left if member == before else result.record.markets) - removed
        before, bound = member, (result.config or {}).get(name)
        yield {"filter": name, "bound": _bound(bound), "removed": removed, "left": left}


def _bound(value: Any) -> str:
    """What a filter compares with: a number, or words."""
    if isinstance(value, list):
        return ", ".join(value)
    return "" if value is None or isinstance(value, bool) else f"{value:,.10g}"


def _signal_row(number: int | None, outcome: Outcome, question: str) -> dict[str, Any]:
    signal = outcome.signal
    return {
        **_told_signal(number, outcome, question),
        **{name: money.plain(getattr(signal, name)) for name in ("target_price", "amount", "confidence")},
        "reason": signal.reason,
    }


def _told_signal(number: int | None, outcome: Outcome, question: str) -> dict[str, Any]:
    signal = outcome.signal
    return {
        "signal_id": number,
        "question": question,
        "action": str(signal.action),
        "side_label": signal.side_label,
        "status": f"{outcome.status}: {outcome.reject_reason}" if outcome.reject_reason else str(outcome.status),
        "market_id": signal.market_id,
    }


def _trades(result: Result) -> dict[str, Any]:
    refused = Counter(str(outcome.reject_reason) for outcome in result.outcomes if outcome.reject_reason is not None)
    told: dict[str, Any] = {"trades_executed": len(result.trades), "signals_rejected": refused.total()}
    if result.outcomes:
        told["cash_delta"] = money.plain(_cash_delta(result))
        told["fees"] = money.plain(sum((trade.fee for trade in _made(result)), money.ZERO))
        told["synthetic_fills"] = sum(trade.synthetic for trade in _made(result))
        told["fills"] = table(FILLS, _numbered(result, _fill_row))
        told |= _cut(len(result.outcomes), f"prescient signals {result.slug} --capture {result.capture_id}")
    if refused:
        told["refusals"] = table(
            REFUSALS, [{"reason": name, "signals": count} for name, count in refused.most_common()]
        )
    return told


def _made(result: Result) -> Iterator[Trade]:
    return (outcome.trade for outcome in result.outcomes if outcome.trade is not None)


def _cash_delta(result: Result) -> Decimal:
    return sum((trade.cash_delta for trade in _made(result)), money.ZERO)


def _trades_summary(result: Result) -> str:
    if not result.outcomes:
        return "no signal, so no trade"
    refused = sum(outcome.reject_reason is not None for outcome in result.outcomes)
    return (
        f"{len(result.trades)} of {_counted(len(result.outcomes), 'signal')} traded, {refused} refused; "
        f"cash {_cash_delta(result):+,.2f} USD"
    )


def _fill_row(number: int | None, outcome: Outcome, question: str) -> dict[str, Any]:
    filled = NO_FILL if outcome.trade is None else fill(outcome.trade)
    return {**_told_signal(number, outcome, question), **filled}


def _snapshots(result: Result) -> dict[str, Any]:
    snapshot = result.snapshot
    if snapshot is None:
        return {}
    amounts = {name: float(getattr(snapshot, name)) for name in AMOUNTS}
    return (
        {"am_i_ahead": portfolio_link(result.slug)}
        | amounts
        | {"positions": snapshot.positions, "trade_count": snapshot.trade_count}
        | at_risk(result, snapshot)
        | _pictures(result)
    )


def _snapshots_summary(result: Result) -> str:
    snapshot = result.snapshot
    if snapshot is None:
        return "not valued"
    halted = result.track is not None and result.track.halted_at is not None
    return ("halted; " if halted else "") + (
        f"worth {snapshot.equity:,.2f} USD, {snapshot.total_profit_loss:+,.2f} since the beginning: "
        f"{snapshot.balance:,.2f} cash and {_counted(snapshot.positions, 'position')}"
    )


def _pictures(result: Result) -> dict[str, Any]:
    """The curve and the positions, in runs of few portfolios."""
    if not result.equity:
        return {}
    curve = equity_curve([float(value) for value in result.equity], "equity since the beginning")
    told: dict[str, Any] = {"equity_curve": dg.MetadataValue.md(curve)}
    held = sorted(result.positions, key=_profit, reverse=True)[:MOST_ROWS]
    if held:
        picture = bars([float(_profit(position)) for position in held], "profit of each position")
        told["profit_by_position"] = dg.MetadataValue.md(picture)
        told["held"] = table(POSITIONS, map(_position_row, held))
        told |= _cut(len(result.positions), f"prescient positions {result.slug} --capture {result.capture_id}")
    return told


def _cut(rows: int, command: str) -> dict[str, str]:
    """That a table does not hold all rows, and what does."""
    return {"rows_shown": f"{MOST_ROWS} of {rows}: {command}"} if rows > MOST_ROWS else {}


def _profit(position: Position) -> Decimal:
    return worth(position) - position.cost


def _position_row(position: Position) -> dict[str, Any]:
    return {
        "question": position.market_question,
        "side": str(position.side),
        "side_label": position.side_label,
        "shares": money.plain(position.shares),
        "cost": money.plain(position.cost),
        "mark": None if position.mark is None else money.plain(position.mark),
        "mark_source": str(position.mark_source or ""),
        "marked_at": "" if position.marked_at is None else f"{position.marked_at:%Y-%m-%d %H:%M:%S}",
        "profit_loss": money.plain(_profit(position)),
        "market_id": position.market_id,
    }


def _numbered(result: Result, row: Callable[[int | None, Outcome, str], dict[str, Any]]) -> Iterable[dict[str, Any]]:
    """A row for each of the first signals, with its number in the database and its market's question."""
    pairs = zip_longest(result.numbers, result.outcomes)
    return [
        row(number, outcome, result.questions.get(outcome.signal.market_id, ""))
        for number, outcome in islice(pairs, MOST_ROWS)
    ]


def _counted(count: int, one: str, many: str = "") -> str:
    return f"{count} {one if count == 1 else many or f'{one}s'}"


TOLD = {Stage.SIGNALS: _signals, Stage.TRADES: _trades, Stage.SNAPSHOTS: _snapshots}
SUMMARIES = {Stage.SIGNALS: _signals_summary, Stage.TRADES: _trades_summary, Stage.SNAPSHOTS: _snapshots_summary}
