"""What the performance asset shows in the UI: who is ahead, how, why, and whether the prices paid were right."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import Any

import dagster as dg

from prescient_dagster.assets.told.pages import home_link
from prescient_dagster.assets.told.pictures import drawdown_curve, equity_curve, plain
from prescient_dagster.assets.told.tables import columns, table
from prescient_dagster.domain.figures import by_subject
from prescient_dagster.domain.figures.calibration import Calibration
from prescient_dagster.domain.figures.figure import Section, Unit, in_table
from prescient_dagster.domain.figures.leaderboard import Contender, Leaderboard, ranked
from prescient_dagster.domain.figures.overview import Total
from prescient_dagster.domain.figures.performance import FIGURES
from prescient_dagster.domain.figures.returns import drawdowns

MOST_ROWS = 100
MOST_SUBJECTS = 30
MOST_CURVES = 15  # they stay in Dagster's event log, hour by hour
TEXTS = ("name", "strategy", "price")
TABLES = (Section.RETURNS, Section.RISK, Section.CLOSED, Section.ACTIVITY)
EVERY_PRICE = "all"
STANDINGS = columns(**dict.fromkeys(("name", "return", "profit", "drawdown"), "string"))
"""Who is ahead, in no more columns than the page has room for; it shares its width with the keys of all metadata."""
MOST_LETTERS = 16
"""Of a name there: at 1,280 pixels the other columns want the rest. `figures` has names as they are."""


def metadata(board: Leaderboard, total: Total | None, complaint: str = "") -> dict[str, Any]:
    """The metadata of the asset; pictures of the best portfolios only where there are many.

    Args:
        total: all portfolios as one; its numbers are plotted over time.
        complaint: why the page could not be written; empty: it was.
    """
    best, strategies = ranked(board.portfolios), ranked(board.strategies)
    told = {
        "am_i_ahead": home_link(),
        **({"page_not_written": complaint} if complaint else {}),
        "portfolios": len(best),
    }
    if total is None:
        return told
    return {
        **told,
        **_plotted(total),
        "leaderboard": table(STANDINGS, (_standing(each.name, each) for each in best[:MOST_ROWS])),
        "strategies": table(STANDINGS, (_standing(each.strategy_type, each) for each in strategies)),
        "figures": _figures([*strategies, *best][:MOST_ROWS]),
        "profit_split": _profit([*strategies, *best][:MOST_ROWS]),
        "calibration": _calibration(strategies),
        **{f"by_{noun}": _subjects(strategies, noun) for noun in ("tag", "category")},
        "curves": _curves([*strategies, *best[:MOST_CURVES]]),
    }


def _plotted(total: Total) -> dict[str, float]:
    """Numbers that the asset's page draws over time."""
    return {
        "equity": _cents(total.equity),
        "profit": _cents(total.profit),
        "return_pct": _cents(100 * total.returns.total_return),
        "drawdown_pct": _cents(100 * total.returns.max_drawdown),
    }


def _standing(name: str, contender: Contender) -> dict[str, Any]:
    told = contender.performance
    return {
        "name": _ends_of(name),
        "return": f"{told.returns.total_return:.2%}",
        "profit": f"{told.balances.total_profit_loss:,.2f}",
        "drawdown": f"{told.returns.max_drawdown:.2%}",
    }


def _ends_of(name: str) -> str:
    """A long name without its middle: those that begin alike end otherwise."""
    return name if len(name) <= MOST_LETTERS else f"{name[: MOST_LETTERS - 8]}…{name[-7:]}"


def _cents(value: Any) -> float:
    return round(float(value), 2)


def _figures(contenders: Sequence[Contender]) -> dg.TableMetadataValue:
    names = [name for section in TABLES for name in in_table(section, FIGURES)]
    found = [(_named(each), each.performance.flat()) for each in contenders]
    return _table([named | {name: _number(values[name]) for name in names} for named, values in found])


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


def _subjects(strategies: Iterable[Contender], noun: str) -> dg.TableMetadataValue:
    """What each strategy made by tag or category, most positions first; a market with two tags counts in both."""
    found = [(each, each.performance.tags if noun == "tag" else each.performance.categories) for each in strategies]
    rows = [
        {"strategy": each.name} | {name: _subject_value(value) for name, value in by_subject.row(figures).items()}
        for each, subjects in found
        for figures in subjects[:MOST_SUBJECTS]
    ]
    counts = dict.fromkeys(("positions", "trades", "closed", "entries"), "int")
    names = ("strategy", "subject", *by_subject.SUBJECT_COLUMNS, *by_subject.CALIBRATION_COLUMNS)
    kinds = {name: counts.get(name, "string" if name in ("strategy", "subject") else "float") for name in names}
    return table(columns(**kinds), rows)


def _subject_value(value: Any) -> Any:
    return value if isinstance(value, str) else _number(value)


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
