"""The page itself: everything in one file, and a policy that lets it fetch nothing and run nothing."""

from base64 import b64encode
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from functools import cache
from hashlib import sha256
from importlib import resources
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from prescient_dagster.domain import money
from prescient_dagster.domain.figures.daily_series import DailySeries
from prescient_dagster.domain.figures.overview import Overview, day_curve, profit
from prescient_dagster.domain.figures.performance import Performance
from prescient_dagster.domain.figures.reports import Chapter, Report
from prescient_dagster.domain.figures.returns import daily_returns, distribution, worst_falls
from prescient_dagster.domain.figures.round_trips import PricedTrade
from prescient_dagster.report import bars, charts, figures, formats, pointers

GENERATOR = "Prescient report"
"""What the page says made it, in its first lines."""
PLACE = "portfolios"
"""What the page of all portfolios is called where it is served; those of single ones lie below it."""
REPORTS = "reports"
"""Below this, reports of several are served, by their names."""
MOST_OPEN = 3  # more portfolios than that are folded


def tear_sheet(report: Report, home: str = "") -> str:
    """A report as one page of HTML that needs nothing else. Texts of venues and users are text in it, never markup.

    Args:
        home: where the page of all portfolios is, seen from this one; empty: nowhere.
    """
    return _rendered("page.html", report=report, home=home, folded=len(report.chapters) > MOST_OPEN)


def home_page(overview: Overview) -> str:
    """The page of all portfolios: whether one is ahead. Links to a portfolio's own page are seen from `PLACE`."""
    return _rendered("home.html", overview=overview, place=PLACE)


def walk_forward_page(strategy: str, source: str, balance: Decimal, told: Mapping[str, Any]) -> str:
    """A walk-forward with its windows side by side.

    Args:
        balance: that each config begins a window with.
        told: as the commands tell it.
    """
    return _rendered("sweep.html", strategy=strategy, source=source, balance=balance, told=told)


def _rendered(template: str, **values: Any) -> str:
    style = _style()
    digest = b64encode(sha256(style.encode()).digest()).decode()
    found = _environment().get_template(template)
    return found.render(generator=GENERATOR, style=Markup(style), style_hash=digest, **values)


@cache
def _style() -> str:
    return (resources.files(__package__) / "templates" / "style.css").read_text(encoding="utf-8")


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader(str(__package__)),
        autoescape=True,
        finalize=formats.shown,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(formats.FILTERS)
    environment.globals.update(
        charts=charts,
        bars=bars,
        pointers=pointers,
        day_curve=day_curve,
        worst_falls=worst_falls,
        distribution=distribution,
        daily_returns=daily_returns,
        end_of=end_of,
        reasons=reasons,
        day=formats.day,
        moment=formats.moment,
        price=formats.price,
        profit=profit,
        figures=figures.Tiles,
        titled=figures.titled,
        last_day=last_day,
        first_day=first_day,
        counted=counted,
        happened=happened,
    )
    return environment


def happened(booked: Sequence[tuple[str, PricedTrade]]) -> str:
    """How much was bought, sold and settled, and what it brought."""
    won = sum((priced.trade.cash_delta + priced.trade.cost_delta for _, priced in booked), money.ZERO)
    done = pointers.counted(priced for _, priced in booked)
    return f"{done}; what left brought {formats.signed_usd(won)} USD against its cost"


def end_of(series: DailySeries, number: int) -> str:
    """The day at whose end E₀ … Eₙ has this place; E₀ is the beginning."""
    return formats.day(series.days[number - 1].date) if number else "the beginning"


def reasons(performances: Iterable[Performance], names: Iterable[str]) -> str:
    """Why figures of these names are dashes, each reason once."""
    told = [figures.Tiles(each) for each in performances]
    found = (f"{tile.title}: {tile.why}" for name in names for each in told for tile in [each[name]] if tile.why)
    return "; ".join(dict.fromkeys(found))


def counted(report: Report) -> str:
    """How many portfolios and replays are on it."""
    live = len(report.chapters) - report.replays
    told = [formats.plural(live, "portfolio")] if live or not report.replays else []
    return " and ".join([*told, *([formats.plural(report.replays, "replay")] if report.replays else [])])


def first_day(chapters: list[Chapter]) -> str:
    """The first day that any of them was valued."""
    days = [each.record.series.days[0].date for each in chapters if each.record.series.days]
    return formats.day(min(days, default=None))


def last_day(chapters: list[Chapter]) -> str:
    """The last."""
    days = [each.record.series.days[-1].date for each in chapters if each.record.series.days]
    return formats.day(max(days, default=None))
