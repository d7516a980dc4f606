"""What the performance asset shows in the UI: who is ahead, how, why, and whether the prices paid were right."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import Any

import dagster as dg

from prescient_dagster.assets.told.pages import home_link
from prescient_dagster.assets.told.pictures import drawdown_curve, equity_curve, plain
from prescient_dagster.assets.told.tables import table
from prescient_dagster.domain.figures.calibration import Calibration
from prescient_dagster.domain.figures.figure import Section, Unit, in_table
from prescient_dagster.domain.figures.leaderboard import Contender, Leaderboard, ranked
from prescient_dagster.domain.figures.performance import FIGURES
from prescient_dagster.domain.figures.returns import drawdowns

MOST_ROWS = 100
MOST_CURVES = 15  # they stay in Dagster's event log, hour by hour
TEXTS = ("name", "strategy", "price")
TABLES = (Section.RETURNS, Section.RISK, Section.CLOSED, Section.ACTIVITY)
EVERY_PRICE = "all"


def metadata(board: Leaderboard, complaint: str = "") -> dict[str, Any]:
    """The metadata of the asset; pictures of the best portfolios only where there are many.

    Args:
        complaint: why the page could not be written; empty: it was.
    """
    best, strategies = ranked(board.portfolios), ranked(board.strategies)
    told = {
        "am_i_ahead": home_link(),
        **({"page_not_written": complaint} if complaint else {}),
        "portfolios": len(best),
    }
    if not best:
        return told
    return {
        **told,
        "leaderboard": _leaderboard(best[:MOST_ROWS]),
        "strategies": _leaderboard(strategies),
        "profit": _profit([*strategies, *best][:MOST_ROWS]),
        "calibration": _calibration(strategies),
        "curves": _curves([*strategies, *best[:MOST_CURVES]]),
    }


def _leaderboard(contenders: Sequence[Contender]) -> dg.TableMetadataValue:
    columns = [name for table in TABLES for name in in_table(table, FIGURES)]
    found = [(_named(each), each.performance.flat()) for each in contenders]
    return _table([named | {name: _number(values[name]) for name in columns} for named, values in found])


def _profit(contenders: Sequence[Contender]) -> dg.TableMetadataValue:
    rows = [
        _named(each)
        | {name: float(part) for name, part in asdict(each.performance.profit).items()}
        | {"total": float(each.performance.profit.total)}
        for each in contenders
    ]
    return _table(rows)


def _calibration(strategies: Iterable[Contender]) -> dg.TableMetadataValue:
    rows = []
    for each in strategies:
        rows.append(_calibrated(each.name, EVERY_PRICE, each.performance.calibration))
        for bucket in each.performance.buckets:
            prices = f"{bucket.lowest:.1f} to {bucket.highest:.1f}"
            rows.append(_calibrated(each.name, prices, bucket.calibration))
    return _table(rows)


def _calibrated(strategy: str, prices: str, figures: Calibration) -> dict[str, Any]:
    values = {name: _number(getattr(figures, name)) for name in in_table(Section.CALIBRATION, FIGURES)}
    return {"strategy": strategy, "price": prices, **values}


def _named(contender: Contender) -> dict[str, Any]:
    return {"name": contender.name, "strategy": contender.strategy_type}


def _number(value: Any) -> float | int | None:
    return value if value is None or isinstance(value, int) else round(float(value), 6)


def _table(rows: Sequence[dict[str, Any]]) -> dg.TableMetadataValue:
    """A table whose columns have their types from their names: a value may be missing."""
    schema = dg.TableSchema([dg.TableColumn(name, _type(name)) for name in rows[0]])
    return table(schema, rows)


def _type(name: str) -> str:
    if name in TEXTS:
        return "string"
    return "int" if name in FIGURES and FIGURES[name].unit is Unit.COUNT else "float"


def _curves(contenders: Iterable[Contender]) -> dg.MarkdownMetadataValue:
    lines = ["| | return | equity | deepest | drawdown |", "|---|---|---|---|---|"]
    return dg.MetadataValue.md("\n".join([*lines, *(_curve(each) for each in contenders)]))


def _curve(contender: Contender) -> str:
    equity, figures = contender.performance.series.equity, contender.performance.returns
    name = plain(contender.name)
    curve = equity_curve([float(each) for each in equity], f"equity of {name}")
    fall = drawdown_curve(drawdowns(equity), f"drawdown of {name}")
    return f"| {name} | {figures.total_return:+.2%} | {curve} | {figures.max_drawdown:.2%} | {fall} |"
