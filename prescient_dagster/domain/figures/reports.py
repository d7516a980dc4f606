"""What a report of portfolios is made from, whether they traded live or in a replay, and its figures worked out.

`ReportPortfolio` is what is stored of one, `chapter` works it through, `report` puts the chapters together.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from prescient_dagster.domain.books.ledger import Position
from prescient_dagster.domain.books.settlement import Verdict
from prescient_dagster.domain.figures.daily_series import daily_exposure
from prescient_dagster.domain.figures.events_behind import EventsBehind, events_behind
from prescient_dagster.domain.figures.leaderboard import Contender, by_strategy, contender, pooled, ranked
from prescient_dagster.domain.figures.locked_capital import Locked, locked_capital
from prescient_dagster.domain.figures.monthly_returns import YearOfReturns, monthly_returns
from prescient_dagster.domain.figures.overview import Curve, curve
from prescient_dagster.domain.figures.performance import History, TrackRecord, track_record
from prescient_dagster.domain.figures.position_histories import Notable, Remark, Story, notable, story
from prescient_dagster.domain.figures.profit_split import Costs, costs
from prescient_dagster.domain.figures.signal_tally import SignalTally


@dataclass(frozen=True, slots=True)
class Funnel:
    """What the filters of the newest cycle removed, in their order, and how many markets were left."""

    removed: Sequence[tuple[str, int]]
    candidates: int


@dataclass(frozen=True, slots=True)
class Played:
    """What a replay was played on.

    Attributes:
        source: where the captures came from; empty: they are those of this home.
        settings_of: the slug of the portfolio whose settings were taken; empty: nobody's.
        first: when the first capture was taken, likewise `last`; None where none was read.
        notes: what a reader has to know of it, a sentence each.
    """

    source: str = ""
    settings_of: str = ""
    first: datetime | None = None
    last: datetime | None = None
    captures: int = 0
    missing: int = 0
    duplicated: int = 0
    notes: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class ReportPortfolio:
    """A portfolio's history, and what a report tells beside its figures.

    Attributes:
        verdicts: how the markets it traded ended, by market id, as far as it may be known of it.
        settings: the strategy settings it was given, without the defaults; of a replay all.
        held: what it holds now, at its last marks; of a replay nothing is told.
        end_dates: when the events of what it holds should end, by market id.
        young: its equity capture by capture, while it is drawn so.
        played: None: it trades live.
    """

    history: History
    verdicts: Mapping[str, Verdict] = field(default_factory=dict)
    name: str = ""
    description: str = ""
    status: str = ""
    settings: Mapping[str, Any] = field(default_factory=dict)
    signals: SignalTally = field(default_factory=SignalTally)
    held: Sequence[Position] = ()
    end_dates: Mapping[str, datetime | None] = field(default_factory=dict)
    funnel: Funnel | None = None
    young: Curve = ()
    played: Played | None = None


@dataclass(frozen=True, slots=True)
class Chapter:
    """A portfolio worked through. `curve`: its equity capture by capture; empty where it is drawn by days."""

    portfolio: ReportPortfolio
    contender: Contender
    record: TrackRecord
    months: Sequence[YearOfReturns]
    exposure: Sequence[float | None]
    events: EventsBehind
    costs: Costs
    locked: Sequence[Locked]
    notable: Notable
    curve: Curve = ()

    def best(self, remarks: Mapping[str, Remark]) -> list[Story]:
        """The stories of the positions that made most, with the remarks on its fills by `source_ref`."""
        return [story(trip, remarks) for trip in self.notable.best]

    def worst(self, remarks: Mapping[str, Remark]) -> list[Story]:
        """Likewise of those that cost most."""
        return [story(trip, remarks) for trip in self.notable.worst]


@dataclass(frozen=True, slots=True)
class ReportLine:
    """A line of the overview: a portfolio or a strategy, and how many distinct events it traded."""

    contender: Contender
    events: EventsBehind


@dataclass(frozen=True, slots=True)
class Report:
    """A report: its chapters, highest total return first, and their strategies, each with its portfolios as one.

    A replay is one more life of the same money and events: in `strategies` it has no part.

    Attributes:
        title: of whatever was reported; empty: the portfolios of this home.
        venue: its name; empty where there is none yet.
        remarks: on the fills of notable positions, by slug and `source_ref`.
        warnings: what a reader has to know of all of it, a sentence each.
    """

    chapters: Sequence[Chapter]
    strategies: Sequence[ReportLine]
    remarks: Mapping[str, Mapping[str, Remark]]
    title: str = ""
    venue: str = ""
    warnings: Sequence[str] = ()

    @property
    def replays(self) -> int:
        """How many of the chapters are replays."""
        return sum(each.portfolio.played is not None for each in self.chapters)


def chapter(portfolio: ReportPortfolio) -> Chapter:
    """Work a portfolio through."""
    history = portfolio.history
    record = track_record(history, portfolio.verdicts)
    valued_at = history.snapshots[-1].timestamp if history.snapshots else None
    return Chapter(
        portfolio=portfolio,
        contender=contender(history.slug, history.strategy_type, [record]),
        record=record,
        months=monthly_returns(record.series),
        exposure=daily_exposure(record.series),
        events=events_behind(record.trips),
        costs=costs(record.profit, record.trades),
        locked=locked_capital(record.trips, portfolio.end_dates, valued_at),
        notable=notable(record.trips),
        curve=curve(history, record.series, portfolio.young) if portfolio.young else (),
    )


def report(
    chapters: Sequence[Chapter],
    remarks: Mapping[str, Mapping[str, Remark]],
    title: str = "",
    venue: str = "",
    warnings: Sequence[str] = (),
) -> Report:
    """Put chapters together."""
    chapter_of = {id(each.contender): each for each in chapters}
    ordered = [chapter_of[id(contender)] for contender in ranked(each.contender for each in chapters)]
    return Report(ordered, _strategies(chapters), remarks, title, venue, warnings)


def _strategies(chapters: Sequence[Chapter]) -> list[ReportLine]:
    live = [each for each in chapters if each.portfolio.played is None]
    pools = by_strategy((each.contender.strategy_type, each.record) for each in live)
    trips = {name: [trip for record in found for trip in record.trips] for name, found in pools.items()}
    return [ReportLine(each, events_behind(trips[each.strategy_type])) for each in ranked(pooled(pools))]
