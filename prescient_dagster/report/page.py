"""The page itself: everything in one file, and a policy that lets it fetch nothing and run nothing."""

from base64 import b64encode
from functools import cache
from hashlib import sha256
from importlib import resources

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from prescient_dagster.domain.figures.reports import Chapter, Report
from prescient_dagster.report import charts, figures, formats

GENERATOR = "Prescient report"
"""What the page says made it, in its first lines."""
MOST_OPEN = 3  # more portfolios than that are folded


def tear_sheet(report: Report) -> str:
    """A report as one page of HTML that needs nothing else. Texts of venues and users are text in it, never markup."""
    style = _style()
    return (
        _environment()
        .get_template("page.html")
        .render(
            report=report,
            generator=GENERATOR,
            style=Markup(style),
            style_hash=b64encode(sha256(style.encode()).digest()).decode(),
            folded=len(report.chapters) > MOST_OPEN,
        )
    )


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
        figures=figures.figures,
        titled=figures.titled,
        last_day=last_day,
        first_day=first_day,
        counted=counted,
    )
    return environment


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
