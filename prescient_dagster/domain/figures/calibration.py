"""Whether what was bought was worth its price: of entries whose market resolved, whether they were held or sold.

p is the average price paid without the fee, what the market thought at the entry; y is 1 where that side was paid. An
entry is one side of one market in one position, each leg of a bundle being one. Voids are left out: they say nothing of
the price. Entries of one event hang together, so the number of distinct events stands beside that of entries.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from math import sqrt
from statistics import NormalDist, fmean

from prescient_dagster.domain import money
from prescient_dagster.domain.books.ledger import TradeKind
from prescient_dagster.domain.books.settlement import Ending, Verdict
from prescient_dagster.domain.figures.figure import Section, Unit, figure
from prescient_dagster.domain.figures.round_trips import PricedTrade, RoundTrip
from prescient_dagster.domain.market.tags import split

BUCKETS = 10  # of 0.1 USD each, with their lower bound; the last has its upper bound too
CONFIDENCE = 0.95
EMPTY = "no market has resolved"


@dataclass(frozen=True, slots=True)
class ResolvedEntry:
    """An entry whose market has resolved: the price paid (p), whether that side won (y), and what it was about."""

    event_id: str
    price: float
    won: bool
    tags: tuple[str, ...] = ()
    category: str = ""


@dataclass(frozen=True, slots=True)
class Calibration:
    """Figures of entries; None where there are none.

    Attributes:
        entries: n; `events` how many distinct events they belong to.
        mean_price: mean p, what had to be the hit rate for the market to be right.
        hit_rate: mean y, with its Wilson interval of 95 %.
        brier: mean (p - y)²; 0 is perfect, .25 a coin toss.
        edge: mean (y - p), USD per share before fees.
    """

    entries: int = field(metadata=figure(Unit.COUNT, Section.CALIBRATION, "Entries resolved"))
    events: int = field(metadata=figure(Unit.COUNT, Section.CALIBRATION, "Distinct events"))
    mean_price: float | None = field(metadata=figure(Unit.PRICE, Section.CALIBRATION, "Mean entry price", EMPTY))
    hit_rate: float | None = field(metadata=figure(Unit.SHARE, Section.CALIBRATION, "Hit rate", EMPTY))
    hit_rate_low: float | None = field(metadata=figure(Unit.SHARE, Section.CALIBRATION, why=EMPTY))
    hit_rate_high: float | None = field(metadata=figure(Unit.SHARE, Section.CALIBRATION, why=EMPTY))
    brier: float | None = field(metadata=figure(Unit.SCORE, Section.CALIBRATION, "Brier score", EMPTY))
    edge: float | None = field(metadata=figure(Unit.EDGE, Section.CALIBRATION, "Edge", EMPTY))


@dataclass(frozen=True, slots=True)
class Bucket:
    """The calibration of entries at prices from `lowest` up to `highest`, USD per share."""

    lowest: float
    highest: float
    calibration: Calibration


def entries(trips: Iterable[RoundTrip], verdicts: Mapping[str, Verdict]) -> Iterator[ResolvedEntry]:
    """The entries of these positions whose market has resolved, by the last verdict on it."""
    for trip in trips:
        for leg in trip.legs():
            first = leg[0].trade
            verdict = verdicts.get(first.market_id)
            if verdict is not None and verdict.is_final and verdict.ending is not Ending.VOID:
                won = verdict.payout(first.side) == money.ONE
                subject = (split(first.tags or ""), first.category or "")
                yield ResolvedEntry(first.event_id, float(_average_price(leg)), won, *subject)


def _average_price(leg: Sequence[PricedTrade]) -> Decimal:
    """What a share cost on average, from the money that was paid and not from the rounded price of the trade."""
    bought = [priced for priced in leg if priced.trade.kind is TradeKind.BUY]
    shares = sum((priced.trade.shares for priced in bought), money.ZERO)
    return sum((priced.notional for priced in bought), money.ZERO) / shares


def calibration(found: Sequence[ResolvedEntry]) -> Calibration:
    """The figures of these entries."""
    if not found:
        return Calibration(0, 0, None, None, None, None, None, None)
    hits = sum(entry.won for entry in found)
    low, high = wilson(hits, len(found))
    return Calibration(
        entries=len(found),
        events=len({entry.event_id for entry in found}),
        mean_price=fmean(entry.price for entry in found),
        hit_rate=hits / len(found),
        hit_rate_low=low,
        hit_rate_high=high,
        brier=fmean((entry.price - entry.won) ** 2 for entry in found),
        edge=fmean(entry.won - entry.price for entry in found),
    )


def buckets(found: Iterable[ResolvedEntry]) -> list[Bucket]:
    """The calibration by price, cheapest first; buckets without an entry are left out."""
    by_number: dict[int, list[ResolvedEntry]] = defaultdict(list)
    for entry in found:
        by_number[min(int(money.exact(entry.price) * BUCKETS), BUCKETS - 1)].append(entry)
    return [
        Bucket(number / BUCKETS, (number + 1) / BUCKETS, calibration(by_number[number])) for number in sorted(by_number)
    ]


def wilson(hits: int, tries: int) -> tuple[float, float]:
    """Wilson's score interval of 95 % for a share of `hits` among `tries` (E. B. Wilson, JASA 22, 1927)."""
    z = NormalDist().inv_cdf((1 + CONFIDENCE) / 2)
    share, spread = hits / tries, z**2 / tries
    centre = share + spread / 2
    half = z * sqrt((share * (1 - share) + spread / 4) / tries)
    return max(0.0, (centre - half) / (1 + spread)), min(1.0, (centre + half) / (1 + spread))
