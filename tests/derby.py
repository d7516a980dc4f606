"""Recordings of a match whose sides are called by the teams: open, open again at other quotes, then played."""

import json
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

from tests.venue.gamma import NOON, Record, a_market, an_event

DERBY = "4711"
YES_LABEL, NO_LABEL = "Ravensport", "Milltown Rovers"
RICH: dict[str, Any] = {"liquidity": "900000", "volume": "5000000", "volume24hr": 90_000}
ENDS = "2026-03-15T00:00:00Z"
PLAYED = {"closed": True, "outcomePrices": '["1", "0"]', "umaResolutionStatuses": '["proposed", "resolved"]'}


def record(folder: Path, *hours: Record | None, labels: Sequence[str] = (YES_LABEL, NO_LABEL)) -> None:
    """Write a recording an hour: the fields of the match that differ then; None: it has left the listing."""
    folder.mkdir(exist_ok=True)
    for hour, fields in enumerate(hours):
        match = [] if fields is None else [_match(fields, labels)]
        events = [*match, *(_another(number) for number in range(4))]
        name = f"{NOON + timedelta(hours=hour):%Y-%m-%dT%H-%M-%SZ}.json"
        (folder / name).write_text(json.dumps(events), encoding="utf-8")


def quoted(bid: float, ask: float) -> Record:
    """The fields of a market with these quotes of its first outcome."""
    middle = round((bid + ask) / 2, 3)
    return {"bestBid": bid, "bestAsk": ask, "outcomePrices": json.dumps([str(middle), str(round(1 - middle, 3))])}


def _match(fields: Record, labels: Sequence[str]) -> Record:
    named = {"question": "Milltown Rovers vs. Ravensport", "outcomes": json.dumps(labels), "endDate": ENDS}
    market = a_market(DERBY, **{**RICH, **quoted(0.86, 0.88), **named, **fields})
    return an_event("derby", market, title="The derby", endDate=ENDS, closed=fields.get("closed", False), **_rich())


def _another(number: int) -> Record:
    market = a_market(f"99{number}", **RICH, **quoted(0.40, 0.42), endDate=ENDS)
    return an_event(f"other-{number}", market, endDate=ENDS, **_rich())


def _rich() -> dict[str, Any]:
    return {"liquidity": 9e6, "volume": 9e7, "volume24hr": 9e6}
