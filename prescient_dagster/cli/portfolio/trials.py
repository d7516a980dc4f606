"""Trying settings of a portfolio before they go live, as `prescient portfolio update --try` shows it."""

from collections.abc import Mapping
from typing import Any

from prescient_dagster.cli.replay import progress
from prescient_dagster.cli.terminal import output
from prescient_dagster.domain.books.portfolios import Portfolio
from prescient_dagster.domain.past.trials import Trial
from prescient_dagster.settings import Settings
from prescient_dagster.store.database import Database
from prescient_dagster.usecases import replay
from prescient_dagster.usecases.shown.compare import DIFFERENCES, difference_row

TRADES = ("timestamp", "kind", "market_question", "side", "shares_now", "shares_new", "market_id")
MOST_TRADES = 20


def tried(settings: Settings, database: Database, there: Portfolio, config: Mapping[str, Any], days: float) -> Trial:
    """Play the settings there are and the new ones, with a bar on the terminal."""
    source = replay.captures_within(database, settings.captures_folder, days)
    with progress(len(source)) as watch:
        return replay.tried(database, there, config, days, source, watch=watch)


def show(trial: Trial, slug: str, *, as_json: bool, applied: bool) -> None:
    """Show what a try said, and whether the settings were changed."""
    if as_json:
        output.print_json({"portfolio": slug, "applied": applied, **trial.document()}, decimals=12)
        return
    now, new = trial.replays
    print(f"{trial.captures} captures of {trial.days:g} days, kept as replays {now} (now) and {new} (new)")
    print(", ".join(f"{name}: {made:+.2%}" for name, made in trial.returns.items()))
    output.print_table([difference_row(trial.comparison)], DIFFERENCES)
    print(trial.verdict)
    shown = trial.differing[:MOST_TRADES]
    if shown:
        output.print_table(shown, TRADES, "trades that would have differed")
    print(f"{len(trial.differing)} trades would have differed, {len(shown)} are shown")
    print("the settings are changed" if applied else "nothing is changed: --apply does it")
