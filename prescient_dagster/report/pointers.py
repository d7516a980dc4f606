"""What a plot says to who points at it: values, and where something was bought, sold or settled. Without a script."""

from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from itertools import pairwise

from prescient_dagster.domain.books.ledger import TradeKind
from prescient_dagster.domain.figures.overview import Curve
from prescient_dagster.domain.figures.round_trips import PricedTrade
from prescient_dagster.report import formats
from prescient_dagster.report.charts import WIDTH, Plot

MOST_SPOTS, MOST_MARKS = 80, 60
DONE = {
    TradeKind.BUY: "bought",
    TradeKind.SELL: "sold",
    TradeKind.SETTLEMENT: "settled",
    TradeKind.REFUND: "refunded",
}


@dataclass(frozen=True, slots=True)
class Spot:
    """A stretch of a plot from `x` on, and what it says."""

    x: float
    width: float
    label: str


@dataclass(frozen=True, slots=True)
class TradeMark:
    """Where something was traded: its class is `in` for purchases, `out` for what left, `both`."""

    x: float
    y: float
    kind: str
    label: str


def spots(
    plot: Plot, points: Curve, read: Callable[[datetime], str], told: Callable[[Decimal], str] = formats.usd
) -> list[Spot]:
    """Stretches that lie around points, at most 80 of them, each with the value there."""
    kept = points[:: -max(-(-len(points) // MOST_SPOTS), 1)][::-1]  # the newest value is among them
    at = [plot.across(moment) for moment, _ in kept]
    edges = [0.0, *((left + right) / 2 for left, right in pairwise(at)), float(WIDTH)]
    labels = [f"{read(moment)}: {told(value)} USD" for moment, value in kept]
    found = zip(pairwise(edges), labels, strict=False)
    return [Spot(round(left, 1), round(right - left, 1), label) for (left, right), label in found]


def marks(plot: Plot, points: Curve, trades: Iterable[PricedTrade]) -> list[TradeMark]:
    """Marks on the line where there were trades; those that would lie on one another are one."""
    if not points:
        return []
    times = [moment for moment, _ in points]
    step = -(-len(points) // MOST_MARKS)
    found: dict[int, list[PricedTrade]] = defaultdict(list)
    for priced in trades:
        number = max(bisect_right(times, priced.trade.timestamp) - 1, 0)
        found[number // step * step].append(priced)
    return [_mark(plot, *points[number], booked) for number, booked in sorted(found.items())]


def price_marks(plot: Plot, trades: Iterable[PricedTrade]) -> list[TradeMark]:
    """Marks where and at what price a market's shares came and went."""
    return [_mark(plot, each.trade.timestamp, each.trade.price, [each]) for each in trades]


def _mark(plot: Plot, at: datetime, value: Decimal, booked: Sequence[PricedTrade]) -> TradeMark:
    ways = {"in" if priced.trade.kind is TradeKind.BUY else "out" for priced in booked}
    kind = ways.pop() if len(ways) == 1 else "both"
    return TradeMark(plot.across(at), plot.place(float(value)), kind, _told(booked))


def _told(booked: Sequence[PricedTrade]) -> str:
    if len(booked) > 1:
        return f"{formats.moment(booked[0].trade.timestamp)}: {counted(booked)}"
    trade = booked[0].trade
    what = f"{DONE[trade.kind]} {formats.usd(abs(trade.shares))} {formats.side(trade)} at {formats.price(trade.price)}"
    return f"{formats.moment(trade.timestamp)}: {what}, {trade.market_question}"


def counted(booked: Iterable[PricedTrade]) -> str:
    """How much was bought, sold, settled and refunded."""
    kinds = Counter(priced.trade.kind for priced in booked)
    return ", ".join(f"{kinds[kind]:,} {DONE[kind]}" for kind in TradeKind if kinds[kind])
