"""`prescient replay`: what a strategy would have done on stored captures, and whether a portfolio kept to its rules."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn

from prescient_dagster.cli.performance import RATIO_DECIMALS
from prescient_dagster.cli.report import require_ours, written
from prescient_dagster.cli.server import home
from prescient_dagster.cli.terminal import output
from prescient_dagster.cli.terminal.configs import read_configs
from prescient_dagster.cli.terminal.options import AsJson, ConfigText
from prescient_dagster.cli.terminal.times import Since, Until, read_since, read_until
from prescient_dagster.cli.terminal.transfer import bar
from prescient_dagster.domain.past.drift import Difference
from prescient_dagster.settings import Settings
from prescient_dagster.store.database import Database
from prescient_dagster.store.past import replays
from prescient_dagster.store.past.replays import Replay
from prescient_dagster.usecases.replay import Watch, entrant, open_source, replayed
from prescient_dagster.usecases.verify import Drift, captures_to_verify, verify

OfStrategy = Annotated[str | None, typer.Option(metavar="S", help="The strategy that is played.")]
OfPortfolio = Annotated[
    str | None,
    typer.Option(
        metavar="SLUG", help="Play with this portfolio's strategy, settings and balance; --config goes over them."
    ),
]
Balance = Annotated[str | None, typer.Option(metavar="USD", help="Cash to begin with. Without it: 10,000.")]
ReplayName = Annotated[str, typer.Option("--name", metavar="TEXT", help="What to call it in lists.")]
Captures = Annotated[
    str | None,
    typer.Option(
        metavar="DIR|recorded:DIR",
        help="A folder of recordings or captures named by their time. Without it: the captures of this home.",
    ),
]
Verify = Annotated[
    bool,
    typer.Option("--verify", help="Decide again all that the portfolio decided, and tell what differs: exit code 1."),
]
Sheet = Annotated[
    Path | None,
    typer.Option("--report", metavar="FILE", help="Write its tear sheet there as well, as `prescient report` does."),
]
Number = Annotated[int, typer.Argument(metavar="ID", min=1, help="The replay's number.")]
SHOWN = (
    *("replay_id", "name", "strategy_type", "portfolio", "source", "first_captured_at", "last_captured_at"),
    *("captures_read", "captures_missing", "captures_duplicated", "initial_balance"),
)
LISTED = (
    *("replay_id", "name", "strategy_type", "first_captured_at", "last_captured_at", "captures_read"),
    *("initial_balance", "equity", "total_return", "max_drawdown", "fills"),
)
FIGURES = (
    *("equity", "equity_at_mid", "total_profit_loss", "total_return", "max_drawdown", "sharpe", "fills"),
    *("synthetic_share", "fees_paid", "open_positions", "closed_positions", "win_rate", "profit_factor"),
)


def replay(  # noqa: PLR0913, PLR0917 - its options
    strategy: OfStrategy = None,
    config: ConfigText = None,
    portfolio: OfPortfolio = None,
    balance: Balance = None,
    name: ReplayName = "",
    since: Since = None,
    until: Until = None,
    captures: Captures = None,
    verify: Verify = False,
    sheet: Sheet = None,
    as_json: AsJson = False,
) -> None:
    """Play a strategy over stored captures, by the very rules that live portfolios follow; nothing live is touched.

    What it would have done is kept under a number, with trades, values and figures: `prescient replays show ID`. With
    --verify, a portfolio's own life is decided again; the difference must be nothing.

    Example:  prescient replay --strategy momentum --config '{"trade_amount": 50}' --from 2026-03-01
    """
    if (strategy is None) == (portfolio is None):
        raise typer.BadParameter("say what to play: --strategy S, or --portfolio SLUG")
    if verify:
        _require_alone(portfolio, config, balance, name, since, until, captures, sheet)
    bounds = {"since": read_since(since), "until": read_until(until)}

    settings = home.read_settings()
    database = home.open_database(settings)
    if verify and portfolio is not None:
        _verify(settings, database, portfolio, as_json)
        return
    if sheet is not None:
        require_ours(sheet)
    player = entrant(database, strategy, portfolio, read_configs(config or ()), balance, name)
    source = open_source(database, settings.captures_folder, captures, **bounds)
    with progress(len(source)) as watch:
        (replay_id,) = replayed(database, source, [player], watch=watch, **bounds)
    _show(database, replay_id, as_json)
    if sheet is not None:
        output.say(written(database, settings.captures_folder, sheet, [], [replay_id]))


def _require_alone(portfolio: str | None, *given: object) -> None:
    if portfolio is None or any(given):
        raise typer.BadParameter("--verify looks at the whole life of a --portfolio SLUG: leave the other options out")


@contextmanager
def progress(captures: int) -> Iterator[Watch]:
    """A bar on the terminal; where nobody watches, nothing."""
    columns = (BarColumn(), MofNCompleteColumn(), TextColumn("captures, {task.description}"), TimeRemainingColumn())
    with bar(captures, *columns) as update:
        yield lambda at: update(advance=1, description=f"{at:%Y-%m-%d %H:%M}")


def _verify(settings: Settings, database: Database, slug: str, as_json: bool) -> None:
    with progress(captures_to_verify(database, slug)) as watch:
        found = verify(database, settings.captures_folder, slug, watch=watch)
    output.print_json(found.document()) if as_json else _print_drift(found)
    if not found.is_none:
        raise typer.Exit(1)


def _print_drift(found: Drift) -> None:
    looked = f"{found.captures} captures, {found.cycles} cycles and {found.trades} trades were decided again"
    told = "no drift" if found.is_none else f"{found.count} differences"
    print(f"{found.portfolio}: {told}: {looked}, with code {found.code_version}")
    if found.first is not None:
        _print_difference(found.first)
    for note in found.notes():
        output.say(note)


def _print_difference(first: Difference) -> None:
    at = f"capture {first.capture_id} of {first.captured_at:%Y-%m-%d %H:%M:%S}"
    code = "" if first.code_version is None else f", decided by code {first.code_version}"
    lived, replayed = first.lived or {}, first.replayed or {}
    rows = [{"field": name, "lived": lived.get(name), "replayed": replayed.get(name)} for name in first.names]
    output.print_table(rows, ("field", "lived", "replayed"), f"first: {first.kind} {first.name} on {at}{code}")


def list_replays(as_json: AsJson = False) -> None:
    """List the replays there are, the oldest first.

    Example:  prescient replays list
    """
    rows = [_listed(found) for found in replays.list_all(home.open_database(home.read_settings()))]
    output.print_list(rows, LISTED, as_json, "no replay yet: `prescient replay --help` tells how to make one")


def show(number: Number, as_json: AsJson = False) -> None:
    """Show a replay: what was played on what, its figures, and its trades.

    Example:  prescient replays show 1 --json
    """
    _show(home.open_database(home.read_settings()), number, as_json)


def delete(number: Number) -> None:
    """Remove a replay with all its trades and values; live portfolios are not touched.

    Example:  prescient replays delete 1
    """
    replays.remove(home.open_database(home.read_settings()), number)


def _listed(found: Replay) -> dict[str, Any]:
    figures = {name: found.figures[name] for name in ("equity", "total_return", "max_drawdown", "fills")}
    return {name: getattr(found, name) for name in (*SHOWN, "created_at")} | figures


def _show(database: Database, replay_id: int, as_json: bool) -> None:
    document = _document(database, replay_id)
    if as_json:
        output.print_json(document, RATIO_DECIMALS)
        return
    output.print_record({name: document[name] for name in SHOWN} | {name: document[name] for name in FIGURES})
    for note in document["notes"]:
        output.say(note)
    if document["trades"]:
        output.print_table(document["trades"], TRADE_COLUMNS, "trades")


TRADE_COLUMNS = ("timestamp", "kind", "market_id", "side", "shares", "price", "fee", "cash_delta", "synthetic")
TRADE_FIELDS = (*TRADE_COLUMNS, "side_label", "source_ref", "market_question")


def _document(database: Database, replay_id: int) -> dict[str, Any]:
    """A replay with its figures under their names, and its trades."""
    found, (history,) = replays.get(database, replay_id), replays.load_histories(database, [replay_id]).portfolios
    return {
        **{name: getattr(found, name) for name in (*SHOWN, "from_time", "to_time", "created_at", "code_version")},
        "config": found.config,
        "config_sha256": found.config_sha256,
        "notes": found.notes,
        **found.figures,
        "trades": [{name: getattr(each.trade, name) for name in TRADE_FIELDS} for each in history.trades],
    }
