"""What a capture holds, what of it a portfolio looks at, and what forecasters say of it."""

from dataclasses import asdict
from typing import Annotated, Any

import pandas as pd
import typer

from prescient_dagster.catalog import strategy_of
from prescient_dagster.cli.server import home
from prescient_dagster.cli.terminal import output
from prescient_dagster.cli.terminal.options import AsJson, CaptureId, Name, Rows, Search
from prescient_dagster.cli.terminal.waiting import waiting
from prescient_dagster.domain.cycle.engine import Selections
from prescient_dagster.domain.cycle.players import Moment, Player
from prescient_dagster.domain.errors import InvalidInput
from prescient_dagster.domain.market.history import PriceHistory
from prescient_dagster.domain.market.markets import Capture
from prescient_dagster.domain.past.forecast_scores import by_source, score
from prescient_dagster.domain.strategy.candidates import Selection
from prescient_dagster.domain.strategy.configs import StrategyConfig, validated
from prescient_dagster.store.books import portfolios
from prescient_dagster.store.market import captures, forecast_outcomes
from prescient_dagster.store.market import forecasts as kept
from prescient_dagster.store.market.stored_past import StoredPast
from prescient_dagster.usecases import read_forecasts

EVENT_COLUMNS = ("event_id", "title", "market_count", "liquidity", "volume", "volume_24hr", "end_date")
MARKET_COLUMNS = (
    "market_id",
    "question",
    "yes_label",
    "yes_price",
    "best_bid",
    "best_ask",
    "conviction",
    "liquidity",
    "volume_24hr",
)
CANDIDATE_FIELDS = (
    *(
        "market_id",
        "question",
        "yes_label",
        "no_label",
        "event_id",
        "event_title",
        "yes_price",
        "no_price",
        "best_bid",
        "best_ask",
    ),
    *("conviction", "liquidity", "volume", "volume_24hr", "event_end_date"),
)
ReadFirst = Annotated[bool, typer.Option("--read", help="Read what is new first, from PRESCIENT_FORECASTS.")]
FILE_COLUMNS = ("file", "read_at", "rows", "new", "refused", "error")
SOURCE_COLUMNS = ("source", "read", "waiting", "without_market", "newest", "forecasts", "markets")
SCORE_COLUMNS = ("source", "mean_probability", "mean_price", "hit_rate", "brier", "price_brier", "skill")
DECIMALS = 4


def events(capture: CaptureId = None, search: Search = "", rows: Rows = 40, as_json: AsJson = False) -> None:
    """List the events of a capture, the most traded first.

    Example:  prescient events --search election
    """
    found = _capture(capture)
    _print("events", found, _searched(found.events, search), rows, as_json)


def markets(capture: CaptureId = None, search: Search = "", rows: Rows = 40, as_json: AsJson = False) -> None:
    """List the markets of a capture, the most traded first; those that cannot be traded are among them.

    Example:  prescient markets --search "fed rate" --json
    """
    found = _capture(capture)
    _print("markets", found, _searched(found.markets, search), rows, as_json)


def candidates(name: Name, capture: CaptureId = None, rows: Rows = 40, as_json: AsJson = False) -> None:
    """Show which markets pass a portfolio's filters, and how many each filter removed.

    A candidate is what the strategy looks at; whether it wants to trade there is said by `prescient signals`.

    Example:  prescient candidates aggressive-momentum
    """
    settings = home.read_settings()
    database = home.open_database(settings)
    portfolio = portfolios.get(database, name)
    strategy = strategy_of(portfolio)
    config = validated(strategy.config, portfolio.strategy_config)
    with waiting("filtering the capture"):
        found = captures.load(database, settings.captures_folder, capture)
        moment = Moment(found, history=PriceHistory(StoredPast(database, settings.captures_folder)))
        selection = Selections().of(Player(strategy, config, portfolio.initial_balance), moment)
    passed, funnel = found.markets.iloc[selection.rows], _funnel(selection, config)
    if as_json:
        output.print_json(
            {
                "portfolio": portfolio.slug,
                "capture_id": found.capture_id,
                "captured_at": found.captured_at,
                "markets": len(found.markets),
                "funnel": funnel,
                "notes": list(selection.notes),
                "candidates": _records(passed[list(CANDIDATE_FIELDS)]),
            }
        )
        return
    title = f"{portfolio.slug}: {len(found.markets):,} markets, less those that"
    output.print_table(funnel, ("filter", "bound", "removed"), title)
    for note in selection.notes:
        output.say(note)
    _print("candidates", found, _searched(passed, ""), rows, as_json)


def forecasts(read: ReadFirst = False, as_json: AsJson = False) -> None:
    """Show what forecasters said, which rows could not be used, and how good they were beside the price.

    Example:  prescient forecasts --read
    """
    settings = home.read_settings()
    database = home.open_database(settings)
    with waiting("reading forecasts" if read else "scoring forecasts"):
        if read:
            read_forecasts.read(database, _place_of_forecasts(settings.forecasts_place))
        files = kept.files(database)
        scores = {each.source: each for each in by_source(forecast_outcomes.scored(database))}
        sources = [_scored(each, scores.get(each["source"])) for each in forecast_outcomes.counts(database)]
    if as_json:
        tenths = {name: [{"from": low, **asdict(of)} for low, of in each.tenths] for name, each in scores.items()}
        output.print_json(
            {"files": files, "sources": [each | {"by_probability": tenths.get(each["source"], [])} for each in sources]}
        )
        return
    output.print_table(files, FILE_COLUMNS, "files")
    bad = [{"file": each["file"], "row": row, "why": why} for each in files for row, why in each["examples"]]
    if bad:
        output.print_table(bad, ("file", "row", "why"), "rows that cannot be used")
    output.print_table(sources, SOURCE_COLUMNS, "sources")
    output.print_table([_rounded(each) for each in sources], SCORE_COLUMNS, "how good they were beside the price")


def _place_of_forecasts(place: str) -> str:
    if not place:
        raise InvalidInput(
            "PRESCIENT_FORECASTS names nothing, and the home has no folder forecasts: make one, and read again"
        )
    return place


def _scored(counted: dict[str, Any], found: Any) -> dict[str, Any]:
    return {**counted, **asdict(score([]) if found is None else found.score)}


def _rounded(row: dict[str, Any]) -> dict[str, Any]:
    return {name: round(value, DECIMALS) if isinstance(value, float) else value for name, value in row.items()}


def _capture(capture_id: int | None) -> Capture:
    settings = home.read_settings()
    with waiting("reading the capture"):
        return captures.load(home.open_database(settings), settings.captures_folder, capture_id)


def _searched(frame: pd.DataFrame, text: str) -> pd.DataFrame:
    """The rows that hold the text, the most traded first."""
    names = [name for name in ("title", "event_title", "question", "slug", "event_id", "market_id") if name in frame]
    holds = [frame[name].str.contains(text, case=False, regex=False) for name in names]
    return frame[sum(holds[1:], holds[0])].sort_values("volume_24hr", ascending=False, kind="stable")


def _records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """The rows as plain values; a missing one is None."""
    columns = [frame[name].astype(object).where(frame[name].notna(), None).tolist() for name in frame.columns]
    return [dict(zip(frame.columns, values, strict=True)) for values in zip(*columns, strict=True)]


def _print(what: str, capture: Capture, frame: pd.DataFrame, rows: int, as_json: bool) -> None:
    if as_json:
        output.print_json(_records(frame))
        return
    shown = frame.head(rows)
    title = f"capture {capture.capture_id}, {capture.captured_at:%Y-%m-%d %H:%M:%S} UTC: {len(frame):,} {what}"
    output.print_table(_records(shown), EVENT_COLUMNS if what == "events" else MARKET_COLUMNS, title)
    if len(shown) < len(frame):
        output.say(f"{len(shown)} of {len(frame):,} {what} are shown: --rows shows more, --json all")


def _funnel(selection: Selection, config: StrategyConfig) -> list[dict[str, Any]]:
    """Every filter with its bound, how many of the markets that came to it were removed."""
    bounds = {**dict(config.bounds()), **{name: ", ".join(words) for name, words in config.subjects() if words}}
    return [{"filter": name, "bound": bounds.get(name), "removed": removed} for name, removed in selection.funnel]
