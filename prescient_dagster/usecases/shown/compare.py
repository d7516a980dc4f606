"""Portfolios side by side on the same captures, as a document and as lines of tables."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from prescient_dagster.domain.figures.comparison import Comparison, comparison
from prescient_dagster.store.database import Database
from prescient_dagster.store.figures.comparison import Courses, load_courses

PORTFOLIOS = ("portfolio", "strategy_type", "equity_before", "profit", "total_return", "markets_entered", "fills")
DIFFERENCES = ("portfolio", "days", "difference", "mean_daily_difference", "95_%_interval", "days_ahead", "days_behind")
MARKETS = ("market_id", "market_question", "sides", "entered_by", "profit", "baseline_profit", "difference")


def side_by_side(database: Database, names: Sequence[str]) -> tuple[Courses, list[Comparison]]:
    """What portfolios and replays did on the captures that all of them have seen, and each compared with the first.

    Args:
        names: slugs or numbers of portfolios, and what replays are called among them.

    Raises:
        NotFound: there is no such portfolio or replay, or no capture that all of them have seen.
        InvalidInput: fewer than two are named, or one of them twice.
        Conflict: a replay was played before its marks were kept.
    """
    found = load_courses(database, names)
    baseline, *others = found.portfolios
    return found, [comparison(course, baseline) for course in others]


def document(found: Courses, compared: Sequence[Comparison]) -> dict[str, Any]:
    """Everything by its name, as JSON values may be made of it."""
    return {
        "window": asdict(found.window),
        "baseline": found.portfolios[0].slug,
        "portfolios": portfolio_rows(found),
        "comparisons": [asdict(each) for each in compared],
    }


def portfolio_rows(found: Courses) -> list[dict[str, Any]]:
    """What each did, the baseline first."""
    return [
        {
            "portfolio": course.slug,
            "strategy_type": course.strategy_type,
            "equity_before": course.equity_before,
            "profit": course.profit,
            "total_return": course.total_return,
            "markets_entered": len(course.entered),
            "fills": course.fills,
            "captures_alone": course.captures_alone,
        }
        for course in found.portfolios
    ]


def difference_row(each: Comparison) -> dict[str, Any]:
    """A comparison as a line of the table `DIFFERENCES`."""
    interval, mean = each.interval, each.mean_daily_difference
    return {
        "portfolio": each.slug,
        "days": each.days,
        "difference": f"{each.difference:+.2%}",
        "mean_daily_difference": None if mean is None else f"{mean:+.3%}",
        "95_%_interval": None if interval is None else f"{interval.low:+.3%} to {interval.high:+.3%}",
        "days_ahead": each.days_ahead,
        "days_behind": each.days_behind,
    }
