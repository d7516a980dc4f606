"""`prescient sweep` and `prescient sweeps`: many configs on the same captures, with the doubt that is due."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import Annotated, Any

import typer
from rich.progress import BarColumn, TaskProgressColumn, TimeRemainingColumn

from prescient_dagster.cli.performance import RATIO_DECIMALS
from prescient_dagster.cli.replay import Balance, Captures, Number
from prescient_dagster.cli.server import home
from prescient_dagster.cli.terminal import output
from prescient_dagster.cli.terminal.configs import read_configs, read_value
from prescient_dagster.cli.terminal.options import AsJson, ConfigText, Rows
from prescient_dagster.cli.terminal.times import Since, Until, read_since, read_until
from prescient_dagster.cli.terminal.transfer import bar
from prescient_dagster.domain.books.portfolios import checked_balance
from prescient_dagster.domain.past.sweep import Sweep, Tried
from prescient_dagster.store.database import Database
from prescient_dagster.store.market.capture_sources import ReadSoFar
from prescient_dagster.store.past import sweeps
from prescient_dagster.store.past.sweeps import KeptSweep
from prescient_dagster.usecases.replay import DEFAULT_BALANCE, open_source
from prescient_dagster.usecases.sweeps import walk_forward
from prescient_dagster.usecases.sweeps.crews import crew
from prescient_dagster.usecases.sweeps.sweep import Candidates, candidates, read_grid, swept
from prescient_dagster.usecases.sweeps.tasks import Advance
from prescient_dagster.usecases.sweeps.walk_forward import figures_of

Strategy = Annotated[str, typer.Option("--strategy", metavar="S", help="The strategy whose settings are tried.")]
Grid = Annotated[
    list[str],
    typer.Option(metavar="SETTING=V,V…", help="Values of a setting to try; given several times, all combinations."),
]
Share = Annotated[
    float,
    typer.Option("--rank-on", min=0.1, max=0.9, help="The share of the captures on which the configs are ranked."),
]
Workers = Annotated[
    int | None, typer.Option(metavar="N", help="So many processes of this machine do the work. Without it: one.")
]
DaskAddress = Annotated[
    str | None,
    typer.Option("--dask", metavar="ADDRESS", help="The workers of this Dask scheduler do the work: tcp://HOST:PORT."),
]
Windows = Annotated[
    int | None,
    typer.Option(
        metavar="N",
        help="Cut the time into N windows, rank on each and look at the best on the next; kept under a number.",
    ),
]
LISTED = ("sweep_id", "created_at", "strategy_type", "source", "windows", "tried", "stayed", "chance")


def sweep(  # noqa: PLR0913, PLR0917 - its options
    strategy: Strategy,
    grid: Grid,
    config: ConfigText = None,
    balance: Balance = None,
    since: Since = None,
    until: Until = None,
    captures: Captures = None,
    share: Share = 0.6,
    windows: Windows = None,
    rows: Rows = 10,
    workers: Workers = None,
    dask: DaskAddress = None,
    as_json: AsJson = False,
) -> None:
    """Try many configs of a strategy on the same captures: rank them on the first part, look at them on the rest.

    No event counts in both parts. Where the best of so many may be no better than chance, it says so. With --windows
    the same is done again and again, from one window of time to the next. With --workers or --dask others do the work;
    what comes of it is the same.

    Example:  prescient sweep --strategy momentum --grid max_positions=5,10 --grid min_confidence=0.75,0.8
    """
    hands = crew(workers, dask)
    bounds = {"since": read_since(since), "until": read_until(until)}
    base, choices = read_configs(config or ()), read_grid(grid, read_value)
    found = candidates(strategy, base, choices)
    settings = home.read_settings()
    database = home.open_database(settings)
    source = open_source(database, settings.captures_folder, captures, **bounds)
    cash = checked_balance(balance) if balance else DEFAULT_BALANCE
    with _progress(len(source) * len(found.configs)) as advance:
        if windows is None:
            result, told = swept(source, strategy, found, cash, share=share, workers=hands, advance=advance)
        else:
            asked = walk_forward.Asked(strategy, base, choices, cash, windows)
            sweep_id = walk_forward.walked_forward(database, source, asked, found, hands, advance)
    _print(result, found, told, rows, as_json) if windows is None else _show(database, sweep_id, rows, as_json)


def list_sweeps(as_json: AsJson = False) -> None:
    """List the walk-forwards there are, the oldest first.

    Example:  prescient sweeps list
    """
    rows = [_listed(found) for found in sweeps.list_all(home.open_database(home.read_settings()))]
    none = "no walk-forward yet: `prescient sweep --windows 5 …` makes one"
    output.print_list(rows, LISTED, as_json, none, RATIO_DECIMALS)


def show(number: Number, rows: Rows = 10, as_json: AsJson = False) -> None:
    """Show a walk-forward: its windows, the best of each and what it did in the next, and the configs.

    Example:  prescient sweeps show 1 --json
    """
    _show(home.open_database(home.read_settings()), number, rows, as_json)


def delete(number: Number) -> None:
    """Remove a walk-forward; nothing else is touched.

    Example:  prescient sweeps delete 1
    """
    sweeps.remove(home.open_database(home.read_settings()), number)


def _listed(found: KeptSweep) -> dict[str, Any]:
    told = found.result
    return {
        **{name: getattr(found, name) for name in ("sweep_id", "created_at", "strategy_type", "source")},
        "windows": len(told["windows"]),
        "tried": told["tried"],
        "stayed": f"{told['stayed_in_better_half']} of {told['turns_that_tell']}",
        "chance": told["chance"],
    }


def _show(database: Database, sweep_id: int, rows: int, as_json: bool) -> None:
    found = sweeps.get(database, sweep_id)
    document = asdict(found)
    told = document.pop("result")
    if as_json:
        output.print_json({**document, **told}, RATIO_DECIMALS)
        return
    for note in told["notes"]:
        output.say(note)
    turns = [_turn(turn) for turn in told["turns"]]
    if turns:
        output.print_table(
            turns, list(turns[0]), f"sweep {sweep_id}: the best of each window, and what it did in the next"
        )
    shown = [_walked(each) for each in told["configs"][:rows]]
    output.print_table(shown, list(shown[0]), f"{told['tried']} configs, the best in the mean of all windows foremost")
    print(f"the best of a window was in the better half of the next {_listed(found)['stayed']} times")
    for doubt in told["warnings"]:
        print(f"warning: {doubt}")
    output.say(f"worked out {told['ran']}; `prescient report --sweep {sweep_id}` makes a page of it")


def _turn(turn: dict[str, Any]) -> dict[str, Any]:
    return {
        "window": turn["window"],
        "best": ", ".join(f"{name}={value}" for name, value in turn["winner"].items()),
        "return": f"{turn['total_return']:+.2%}",
        "return,_next": f"{turn['next_return']:+.2%}",
        "median,_next": f"{turn['median_next_return']:+.2%}",
        "stayed": {None: "nothing entered", True: "yes", False: "no"}[turn["stayed_in_better_half"]],
    }


def _walked(each: dict[str, Any]) -> dict[str, Any]:
    returns = {
        f"window_{number}": f"{window['total_return']:+.2%}" for number, window in enumerate(each["windows"], start=1)
    }
    return {**each["overrides"], "mean": f"{each['mean_return']:+.2%}", **returns}


@contextmanager
def _progress(steps: int) -> Iterator[Advance]:
    """A bar on the terminal; where nobody watches, nothing."""
    with bar(steps, BarColumn(), TaskProgressColumn(), TimeRemainingColumn()) as update:
        yield lambda more: update(advance=more)


def _print(result: Sweep, found: Candidates, told: ReadSoFar, rows: int, as_json: bool) -> None:
    refused = [{"overrides": choice, "error": error} for choice, error in found.refused]
    if as_json:
        document = {
            "configs": [_row(each) for each in result.tried],
            "refused": refused,
            "chance": result.chance,
            "warnings": result.doubts,
            "notes": told.notes(),
            "ran": result.where,
            "digest": result.digest,
        }
        output.print_json(document, RATIO_DECIMALS)
        return
    for note in told.notes():
        output.say(note)
    if refused:
        output.say(
            f"{len(refused)} configs can never trade, the first, {refused[0]['overrides']}: {refused[0]['error']}"
        )
    shown = [_readable(_row(each)) for each in result.tried[:rows]]
    output.print_table(shown, list(shown[0]), f"{len(result.tried)} configs, the best of the first part foremost")
    for doubt in result.doubts:
        print(f"warning: {doubt}")
    output.say(f"worked out {result.where}")


def _row(each: Tried) -> dict[str, Any]:
    return {**each.overrides, "first": figures_of(each.first), "rest": figures_of(each.rest)}


def _readable(row: dict[str, Any]) -> dict[str, Any]:
    first, rest = row.pop("first"), row.pop("rest")
    told: dict[str, Any] = {**row}
    for name, part in (("first", first), ("rest", rest)):
        told[f"return,_{name}"] = f"{part['total_return']:+.2%}"
        told[f"drawdown,_{name}"] = f"{part['max_drawdown']:.2%}"
        told[f"events,_{name}"] = part["events"]
    return told
