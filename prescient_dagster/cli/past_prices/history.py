"""`prescient history fetch` and `captures backfill`: what prices were before there were captures, by the venue."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from prescient_dagster.cli.server import home
from prescient_dagster.cli.terminal import output, transfer
from prescient_dagster.cli.terminal import output as shown
from prescient_dagster.cli.terminal.options import AsJson, HalfSpread, Search
from prescient_dagster.usecases.past_prices import backfill as captures
from prescient_dagster.usecases.past_prices.past import VenuePast
from prescient_dagster.usecases.shown.strangers import clean

Days = Annotated[int, typer.Option(min=1, max=400, help="How many days back.")]
MarketIds = Annotated[list[str] | None, typer.Option("--market", metavar="ID", help="This market; may be repeated.")]
Most = Annotated[
    int, typer.Option(min=1, max=50_000, help="At most so many markets, the most traded ones; --market names any.")
]
Output = Annotated[Path, typer.Option("--output", "-o", metavar="DIR", help="The folder to make.")]
MOST_NAMED = 10


def fetch(
    days: Days = 30, search: Search = "", market: MarketIds = None, most: Most = 500, as_json: AsJson = False
) -> None:
    """Fetch what prices were from the venue, for strategies that look back; it goes on where it broke off.

    They are kept as hourly prices beside those of our own captures, which count where there are both.

    Example:  prescient history fetch --days 30 --search election
    """
    with _past() as past, _bar() as watch:
        _, told = past.fetched(days, search, market or [], most, watch)
    document = asdict(told)
    output.print_json(document) if as_json else print("\n".join(map(clean, _lines(document))))


def backfill(  # noqa: PLR0913, PLR0917 - its options
    output: Output,
    days: Days = 30,
    search: Search = "",
    market: MarketIds = None,
    most: Most = 500,
    half_spread: HalfSpread = 0.005,
    as_json: AsJson = False,
) -> None:
    """Make captures of the days before there were any, from prices that the venue tells, to replay strategies on them.

    What they lack is assumed: it is printed, and written beside the captures.

    Example:  prescient captures backfill --days 30 -o past && prescient replay --strategy momentum --captures past
    """
    with _past() as past, _bar() as watch:
        made, fetched = past.backfilled(output.absolute(), days, search, market or [], most, half_spread, watch)
    if as_json:
        shown.print_json({**asdict(made), "fetched": asdict(fetched)})
    else:
        print("\n".join(map(clean, [*_lines(asdict(fetched)), *captures.lines(made)])))


@contextmanager
def _past() -> Iterator[VenuePast]:
    settings = home.read_settings()
    with VenuePast.opened(settings, home.open_database(settings)) as past:
        yield past


@contextmanager
def _bar() -> Iterator[Any]:
    with transfer.shown("markets") as watch:
        yield lambda done, of: watch("history", done, of)


def _lines(told: dict[str, Any]) -> list[str]:
    """What came, and what is missing."""
    lines = [
        f"{told['marks']} new hourly prices of {told['markets']} markets, {told['since']:%Y-%m-%d %H:%M} to "
        f"{told['until']:%Y-%m-%d %H:%M} UTC"
    ]
    if told["resumed"]:
        lines.append(f"{told['resumed']} markets had come before it broke off")
    lines += _missing("the venue has no price of", told["without"])
    lines += _missing("younger than that:", told["younger"])
    return lines + [f"refused: market {market_id}: {why}" for market_id, why in told["refused"].items()]


def _missing(what: str, market_ids: list[str]) -> list[str]:
    if not market_ids:
        return []
    named = ", ".join(market_ids[:MOST_NAMED]) + (", …" if len(market_ids) > MOST_NAMED else "")
    number = "1 market" if len(market_ids) == 1 else f"{len(market_ids)} markets"
    return [f"{what} {number}: {named}"]
