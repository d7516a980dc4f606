"""What positions made by what their markets are about: a tag, a category. A market with two tags counts in both.

So the figures of tags do not add up to those of a portfolio; those of categories do, as a market has one at most.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from prescient_dagster.domain import money
from prescient_dagster.domain.figures.calibration import Calibration, ResolvedEntry, calibration
from prescient_dagster.domain.figures.closed_positions import win_rate
from prescient_dagster.domain.figures.figure import Unit, figure
from prescient_dagster.domain.figures.round_trips import FILLS, RoundTrip
from prescient_dagster.domain.market.tags import split

UNNAMED = "none"
"""Of positions whose markets have no tag, or none that was kept."""


@dataclass(frozen=True, slots=True)
class SubjectFigures:
    """Figures of the positions in markets about one thing; a bundle is one position, about all that its legs are.

    Attributes:
        positions: open and closed.
        trades: purchases and sales in them.
        profit: of the closed ones, USD.
        win_rate: the share of the closed ones with a profit above 0.
        calibration: of the entries among them whose market has resolved.
    """

    subject: str
    positions: int = field(metadata=figure(Unit.COUNT))
    trades: int = field(metadata=figure(Unit.COUNT))
    closed: int = field(metadata=figure(Unit.COUNT))
    profit: Decimal = field(metadata=figure(Unit.PROFIT))
    win_rate: float | None = field(metadata=figure(Unit.SHARE, why="no position has closed"))
    calibration: Calibration


SUBJECT_COLUMNS = ("positions", "trades", "closed", "profit", "win_rate")
CALIBRATION_COLUMNS = ("entries", "mean_price", "hit_rate", "brier", "edge")


def row(figures: SubjectFigures) -> dict[str, Any]:
    """The figures by name, those of the calibration among them."""
    mine = {name: getattr(figures, name) for name in ("subject", *SUBJECT_COLUMNS)}
    return mine | {name: getattr(figures.calibration, name) for name in CALIBRATION_COLUMNS}


def by_tag(trips: Iterable[RoundTrip], entries: Iterable[ResolvedEntry]) -> list[SubjectFigures]:
    """The figures of each tag, most positions first."""
    return _figures(trips, entries, _tags, lambda entry: entry.tags)


def by_category(trips: Iterable[RoundTrip], entries: Iterable[ResolvedEntry]) -> list[SubjectFigures]:
    """The figures of each category, most positions first."""
    return _figures(trips, entries, _category, lambda entry: (entry.category,) if entry.category else ())


def _tags(trip: RoundTrip) -> Sequence[str]:
    return list(dict.fromkeys(tag for each in trip.trades for tag in split(each.trade.tags or "")))


def _category(trip: RoundTrip) -> Sequence[str]:
    return list(dict.fromkeys(each.trade.category for each in trip.trades if each.trade.category))[:1]


def _figures(
    trips: Iterable[RoundTrip],
    entries: Iterable[ResolvedEntry],
    of_trip: Callable[[RoundTrip], Sequence[str]],
    of_entry: Callable[[ResolvedEntry], Sequence[str]],
) -> list[SubjectFigures]:
    mine: dict[str, list[RoundTrip]] = defaultdict(list)
    resolved: dict[str, list[ResolvedEntry]] = defaultdict(list)
    for trip in trips:
        for subject in of_trip(trip) or (UNNAMED,):
            mine[subject].append(trip)
    for entry in entries:
        for subject in of_entry(entry) or (UNNAMED,):
            resolved[subject].append(entry)
    found = [_of(subject, mine[subject], resolved[subject]) for subject in mine]
    return sorted(found, key=lambda each: (-each.positions, each.subject))


def _of(subject: str, trips: Sequence[RoundTrip], entries: Sequence[ResolvedEntry]) -> SubjectFigures:
    profits = [trip.profit for trip in trips if trip.is_closed]
    return SubjectFigures(
        subject=subject,
        positions=len(trips),
        trades=sum(each.trade.kind in FILLS for trip in trips for each in trip.trades),
        closed=len(profits),
        profit=sum(profits, money.ZERO),
        win_rate=win_rate(profits),
        calibration=calibration(entries),
    )
