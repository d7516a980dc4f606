"""How well a portfolio did, or several together: one record per portfolio, and the figures of any number of records.

Several portfolios count as one: the sum of their equities is one series, their positions and entries are pooled.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from prescient_dagster.domain import money
from prescient_dagster.domain.books.settlement import Verdict
from prescient_dagster.domain.books.snapshots import Snapshot
from prescient_dagster.domain.figures.benchmark import TOGETHER, Benchmark, BenchmarkCurve, benchmark
from prescient_dagster.domain.figures.by_subject import SubjectFigures, by_category, by_tag
from prescient_dagster.domain.figures.calibration import (
    Bucket,
    Calibration,
    ResolvedEntry,
    buckets,
    calibration,
    entries,
)
from prescient_dagster.domain.figures.closed_positions import ClosedPositions, closed_positions
from prescient_dagster.domain.figures.daily_series import DailySeries, Day, daily, mean_exposure, summed
from prescient_dagster.domain.figures.figure import Figure, Section, Unit, figure, figures_of
from prescient_dagster.domain.figures.profit_split import ProfitSplit, added, profit_split
from prescient_dagster.domain.figures.returns import Returns, returns
from prescient_dagster.domain.figures.round_trips import FILLS, PricedTrade, RoundTrip, round_trips


def _unvalued(_activity: "Trading", equity: Sequence[Decimal]) -> str:
    return "equity was 0 or less" if len(equity) > 1 else "nothing has been valued"


@dataclass(frozen=True, slots=True)
class History:
    """What a portfolio did, as it is stored.

    Attributes:
        snapshots: in the order of time, at least the last of each UTC day; the last one is after all trades.
        trades: all since it began, in the order in which they were booked.
        benchmark: what all its candidates would have made.
    """

    slug: str
    strategy_type: str
    initial_balance: Decimal
    snapshots: Sequence[Snapshot]
    trades: Sequence[PricedTrade]
    benchmark: BenchmarkCurve = field(default_factory=BenchmarkCurve)


@dataclass(frozen=True, slots=True)
class TrackRecord:
    """A history worked through: what the figures are counted from."""

    series: DailySeries
    trades: Sequence[PricedTrade]
    trips: Sequence[RoundTrip]
    entries: Sequence[ResolvedEntry]
    profit: ProfitSplit
    benchmark: BenchmarkCurve = field(default_factory=BenchmarkCurve)


@dataclass(frozen=True, slots=True)
class Balances:
    """What there is, in USD, valued at the last snapshot.

    Attributes:
        valued_on: the UTC day of that snapshot; None where there is none yet.
        equity: cash and what is held at its marks, the bids.
        equity_at_mid: the same with what is held at the middle of bid and ask.
        total_profit_loss: equity - initial balance = realised + unrealised, exactly.
    """

    valued_on: date | None = field(metadata=figure(Unit.DATE, why="nothing has been valued"))
    initial_balance: Decimal = field(metadata=figure(Unit.AMOUNT))
    equity: Decimal = field(metadata=figure(Unit.AMOUNT, Section.RETURNS, "Equity at the bid"))
    equity_at_mid: Decimal = field(metadata=figure(Unit.AMOUNT, Section.RETURNS, "Equity at the middle"))
    total_profit_loss: Decimal = field(metadata=figure(Unit.PROFIT, Section.RETURNS, "Profit or loss"))
    realized_profit_loss: Decimal = field(metadata=figure(Unit.PROFIT))
    unrealized_profit_loss: Decimal = field(metadata=figure(Unit.PROFIT))


@dataclass(frozen=True, slots=True)
class Trading:
    """How much was traded, and how.

    Attributes:
        turnover: (Σ purchases + Σ sales) / 2 / mean daily equity, without fees; settlements are no sales.
        exposure: the mean of market value / equity of the days.
        fees_paid: in USD.
        fills: how many purchases and sales there were.
        synthetic_share: the share of them that no order book filled.
        open_positions: how many are held, a bundle being one.
    """

    turnover: float | None = field(metadata=figure(Unit.RATIO, Section.ACTIVITY, "Turnover", _unvalued))
    exposure: float | None = field(metadata=figure(Unit.SHARE, Section.ACTIVITY, "Exposure", _unvalued))
    fees_paid: Decimal = field(metadata=figure(Unit.AMOUNT))
    fills: int = field(metadata=figure(Unit.COUNT, Section.ACTIVITY, place=1))
    synthetic_share: float | None = field(
        metadata=figure(Unit.SHARE, Section.ACTIVITY, "Synthetic fills", "no fills", place=2)
    )
    open_positions: int = field(metadata=figure(Unit.COUNT, Section.ACTIVITY, place=0))


@dataclass(frozen=True, slots=True)
class Performance:
    """All figures of a portfolio or of several together, and the daily series that they follow from."""

    series: DailySeries
    balances: Balances
    returns: Returns
    benchmark: Benchmark
    activity: Trading
    closed: ClosedPositions
    profit: ProfitSplit
    calibration: Calibration
    buckets: Sequence[Bucket]
    tags: Sequence[SubjectFigures] = ()
    categories: Sequence[SubjectFigures] = ()

    def figures(self) -> dict[str, Any]:
        """Everything by its name; profit split and calibration are parts of their own. What is None says nothing."""
        by_price = [{"from": each.lowest, "to": each.highest, **asdict(each.calibration)} for each in self.buckets]
        return {
            **asdict(self.balances),
            "valued_on": None if self.balances.valued_on is None else self.balances.valued_on.isoformat(),
            **asdict(self.returns),
            **asdict(self.benchmark),
            **asdict(self.activity),
            **asdict(self.closed),
            "profit": asdict(self.profit),
            "calibration": asdict(self.calibration) | {"by_price": by_price},
            "by_tag": [asdict(each) for each in self.tags],
            "by_category": [asdict(each) for each in self.categories],
        }

    def flat(self) -> dict[str, Any]:
        """The same without its nesting: each figure by its name, and the calibration by price."""
        found = self.figures()
        return {**found.pop("calibration"), **found.pop("profit"), **found}

    def value(self, name: str) -> Any:
        """The figure of this name."""
        return getattr(self.parts[PART_OF[name]], name)

    def why_empty(self, name: str) -> str:
        """Why the figure of this name is None."""
        return FIGURES[name].reason(self.parts[PART_OF[name]], self.series.equity)

    @property
    def parts(self) -> Sequence[Any]:
        """The parts that declare the figures."""
        return (self.balances, self.returns, self.benchmark, self.activity, self.closed, self.profit, self.calibration)


PARTS = (Balances, Returns, Benchmark, Trading, ClosedPositions, ProfitSplit, Calibration)
PART_OF = {name: number for number, part in enumerate(PARTS) for name, _ in figures_of(part)}
FIGURES: Mapping[str, Figure] = {name: each for part in PARTS for name, each in figures_of(part)}
"""Every figure by its name, as it is declared beside its formula."""
NESTED = {name for part in (ProfitSplit, Calibration) for name, _ in figures_of(part)}
AMOUNTS = {"profit", *(name for name, each in FIGURES.items() if each.unit in (Unit.AMOUNT, Unit.PROFIT))}


def read_figures(kept: Mapping[str, Any]) -> dict[str, Any]:
    """Figures that were kept as JSON, their amounts exact again. One that was not known then is None."""
    return dict.fromkeys(name for name in FIGURES if name not in NESTED) | {
        name: _read(name, value) for name, value in kept.items()
    }


def _read(name: str, value: Any) -> Any:
    if isinstance(value, Mapping):
        return {inner: _read(inner, each) for inner, each in value.items()}
    if isinstance(value, list):
        return [_read("", each) for each in value]
    return Decimal(value) if name in AMOUNTS and isinstance(value, str) else value


def track_record(history: History, verdicts: Mapping[str, Verdict]) -> TrackRecord:
    """Work a history through.

    Args:
        verdicts: how markets ended, by market id, as far as it may be known.
    """
    trips = round_trips(history.trades)
    series = daily(history.initial_balance, history.snapshots)
    last = series.last
    value, at_mid = (money.ZERO, money.ZERO) if last is None else (last.market_value, last.market_value_at_mid)
    profit = profit_split(trips, value, at_mid)
    return TrackRecord(series, history.trades, trips, list(entries(trips, verdicts)), profit, history.benchmark)


def performance(records: Sequence[TrackRecord]) -> Performance:
    """The figures of one portfolio's record, or of several as one."""
    series = summed([record.series for record in records])
    trips = [trip for record in records for trip in record.trips]
    found = [entry for record in records for entry in record.entries]
    trades = [priced for record in records for priced in record.trades]
    made = returns(series.equity)
    against = records[0].benchmark if len(records) == 1 else BenchmarkCurve(missing=TOGETHER)
    return Performance(
        series=series,
        balances=_balances(series, trades),
        returns=made,
        benchmark=benchmark(against, series.initial_balance, made.total_return),
        activity=_activity(series.days, trades, trips),
        closed=closed_positions(trips),
        profit=added(record.profit for record in records),
        calibration=calibration(found),
        buckets=buckets(found),
        tags=by_tag(trips, found),
        categories=by_category(trips, found),
    )


def _balances(series: DailySeries, trades: Sequence[PricedTrade]) -> Balances:
    last, initial = series.last, series.initial_balance
    equity = initial if last is None else last.equity
    realized = sum((priced.trade.cash_delta + priced.trade.cost_delta for priced in trades), money.ZERO)
    cost = sum((priced.trade.cost_delta for priced in trades), money.ZERO)
    return Balances(
        valued_on=None if last is None else last.date,
        initial_balance=initial,
        equity=equity,
        equity_at_mid=initial if last is None else last.equity_at_mid,
        total_profit_loss=equity - initial,
        realized_profit_loss=realized,
        unrealized_profit_loss=(money.ZERO if last is None else last.market_value) - cost,
    )


def _activity(days: Sequence[Day], trades: Sequence[PricedTrade], trips: Sequence[RoundTrip]) -> Trading:
    fills = [priced for priced in trades if priced.trade.kind in FILLS]
    synthetic = sum(priced.trade.synthetic for priced in fills)
    return Trading(
        turnover=_turnover(days, fills),
        exposure=mean_exposure(days),
        fees_paid=sum((priced.trade.fee for priced in trades), money.ZERO),
        fills=len(fills),
        synthetic_share=synthetic / len(fills) if fills else None,
        open_positions=sum(not trip.is_closed for trip in trips),
    )


def _turnover(days: Sequence[Day], fills: Sequence[PricedTrade]) -> float | None:
    equity = sum((day.equity for day in days), money.ZERO)
    traded = sum((priced.notional for priced in fills), money.ZERO)
    return float(traded * len(days) / (2 * equity)) if equity > 0 else None
