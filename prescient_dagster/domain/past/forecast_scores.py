"""How good forecasts were, beside the prices of their moment: whoever is no better than the price cannot earn with it.

A forecast is scored once its market has resolved, against the listed YES price on the first capture that it counted on.
p is a probability, y is 1 where YES was paid; voids are left out. Forecasts of one market hang together, so the number
of distinct markets stands beside that of forecasts.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from statistics import fmean

from prescient_dagster.domain.figures.calibration import BUCKETS, wilson
from prescient_dagster.domain.figures.figure import Unit, figure

EMPTY = "no market that it spoke of has resolved"


@dataclass(frozen=True, slots=True)
class ScoredForecast:
    """A forecast (p) and the price of its moment, of a market that has resolved; whether YES was paid (y)."""

    source: str
    market_id: str
    probability: float
    price: float
    won: bool


@dataclass(frozen=True, slots=True)
class ForecastScore:
    """Figures of some forecasts.

    Attributes:
        forecasts: n; `markets` of how many distinct markets.
        mean_probability: mean p, what had to be the hit rate for the forecasts to be right.
        hit_rate: mean y, with its Wilson interval of 95 %.
        brier: mean (p - y)²; 0 is perfect, .25 a coin toss. `price_brier` the same of the prices.
        skill: 1 - brier / price_brier; above 0 the forecasts knew more than the price.
    """

    forecasts: int = field(metadata=figure(Unit.COUNT))
    markets: int = field(metadata=figure(Unit.COUNT))
    mean_probability: float | None = field(default=None, metadata=figure(Unit.PRICE, why=EMPTY))
    mean_price: float | None = field(default=None, metadata=figure(Unit.PRICE, why=EMPTY))
    hit_rate: float | None = field(default=None, metadata=figure(Unit.SHARE, why=EMPTY))
    hit_rate_low: float | None = field(default=None, metadata=figure(Unit.SHARE, why=EMPTY))
    hit_rate_high: float | None = field(default=None, metadata=figure(Unit.SHARE, why=EMPTY))
    brier: float | None = field(default=None, metadata=figure(Unit.SCORE, why=EMPTY))
    price_brier: float | None = field(default=None, metadata=figure(Unit.SCORE, why=EMPTY))
    skill: float | None = field(
        default=None, metadata=figure(Unit.CHANGE, why=f"{EMPTY}, or the price was always right")
    )


@dataclass(frozen=True, slots=True)
class SourceScore:
    """The score of a source, and of its forecasts from one tenth to the next, the least likely first."""

    source: str
    score: ForecastScore
    tenths: Sequence[tuple[float, ForecastScore]]


def by_source(found: Iterable[ScoredForecast]) -> list[SourceScore]:
    """The scores of all sources, by name."""
    of: dict[str, list[ScoredForecast]] = defaultdict(list)
    for each in found:
        of[each.source].append(each)
    return [SourceScore(source, score(of[source]), tenths(of[source])) for source in sorted(of)]


def score(found: Sequence[ScoredForecast]) -> ForecastScore:
    """The figures of these forecasts."""
    if not found:
        return ForecastScore(0, 0)
    hits = sum(each.won for each in found)
    low, high = wilson(hits, len(found))
    brier = fmean((each.probability - each.won) ** 2 for each in found)
    price_brier = fmean((each.price - each.won) ** 2 for each in found)
    return ForecastScore(
        forecasts=len(found),
        markets=len({each.market_id for each in found}),
        mean_probability=fmean(each.probability for each in found),
        mean_price=fmean(each.price for each in found),
        hit_rate=hits / len(found),
        hit_rate_low=low,
        hit_rate_high=high,
        brier=brier,
        price_brier=price_brier,
        skill=1 - brier / price_brier if price_brier else None,
    )


def tenths(found: Iterable[ScoredForecast]) -> list[tuple[float, ForecastScore]]:
    """The figures by probability, in tenths with their lower bound; empty ones are left out."""
    by_number: dict[int, list[ScoredForecast]] = defaultdict(list)
    for each in found:
        by_number[min(int(round(each.probability * BUCKETS, 6)), BUCKETS - 1)].append(each)
    return [(number / BUCKETS, score(by_number[number])) for number in sorted(by_number)]
