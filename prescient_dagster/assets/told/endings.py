"""What the UI shows of markets that ended or should have: who waits for which, and what was paid."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import dagster as dg

from prescient_dagster.assets.told.tables import columns, table
from prescient_dagster.domain.books.ledger import Trade
from prescient_dagster.domain.books.unresolved import Pending
from prescient_dagster.usecases.settle import Settled

MOST_ROWS = 100
ENTRIES = columns(
    portfolio="string",
    question="string",
    market_id="string",
    side="string",
    kind="string",
    shares="float",
    price="float",
    cash_delta="float",
    profit="float",
    source_ref="string",
)


def pending_table(waiting: Sequence[Pending], captured_at: datetime) -> dg.MetadataValue[Any]:
    """The markets whose ending is waited for, and since when."""
    rows = pending_rows(waiting, captured_at)
    return table(None, rows) if rows else dg.MetadataValue.int(0)


def pending_rows(waiting: Sequence[Pending], captured_at: datetime) -> list[dict[str, Any]]:
    """A row for each, with the days since."""
    return [
        {
            "market_id": market.market_id,
            "question": market.market_question,
            "reason": market.reason,
            "days": market.days(captured_at),
        }
        for market in waiting
    ]


def paid_told(paid: Sequence[Settled]) -> dict[str, Any]:
    """What portfolios were paid, entry by entry."""
    rows = [_entry(settled.slug, entry) for settled in paid for entry in settled.entries]
    entries = {"entries": table(ENTRIES, rows[:MOST_ROWS])} if rows else {}
    more = {"entries_shown": f"the first {MOST_ROWS} of {len(rows)}"} if len(rows) > MOST_ROWS else {}
    return {"portfolios": len(paid), "settled": len(rows), **entries, **more}


def _entry(slug: str, entry: Trade) -> dict[str, Any]:
    return {
        "portfolio": slug,
        "question": entry.market_question,
        "market_id": entry.market_id,
        "side": str(entry.side),
        "side_label": entry.side_label,
        "kind": str(entry.kind),
        "shares": float(entry.shares),
        "price": float(entry.price),
        "cash_delta": float(entry.cash_delta),
        "profit": float(entry.cash_delta + entry.cost_delta),
        "source_ref": str(entry.source_ref),
    }
