"""`prescient sweep`: many configs of a strategy on the same captures, ranked with the doubt that is due."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from prescient_dagster.cli.replay import Balance, Captures
from prescient_dagster.cli.terminal.options import AsJson, ConfigText, Rows
from prescient_dagster.cli.terminal.times import Since, Until, read_since, read_until

if TYPE_CHECKING:
    from prescient_dagster.domain.past.sweep import Record, Sweep, Tried
    from prescient_dagster.store.market.capture_sources import Told
    from prescient_dagster.usecases.sweep import Candidates

Strategy = Annotated[str, typer.Option("--strategy", metavar="S", help="The strategy whose settings are tried.")]
Grid = Annotated[
    list[str],
    typer.Option(metavar="SETTING=V,V…", help="Values of a setting to try; given several times, all combinations."),
]
Share = Annotated[
    float,
    typer.Option("--rank-on", min=0.1, max=0.9, help="The share of the captures on which the configs are ranked."),
]
RATIO_DECIMALS = 12


def sweep(  # noqa: PLR0913, PLR0917 - its options
    strategy: Strategy,
    grid: Grid,
    config: ConfigText = None,
    balance: Balance = None,
    since: Since = None,
    until: Until = None,
    captures: Captures = None,
    share: Share = 0.6,
    rows: Rows = 10,
    as_json: AsJson = False,
) -> None:
    """Try many configs of a strategy on the same captures: rank them on the first part, look at them on the rest.

    No event counts in both parts. Where the best of so many may be no better than chance, it says so.

    Example:  prescient sweep --strategy momentum --grid max_positions=5,10 --grid min_confidence=0.75,0.8
    """
    from prescient_dagster.cli.replay import progress
    from prescient_dagster.cli.server import home
    from prescient_dagster.cli.terminal.configs import read_configs
    from prescient_dagster.domain.books.portfolios import checked_balance
    from prescient_dagster.usecases import replay, sweep

    bounds = {"since": read_since(since), "until": read_until(until)}
    base = read_configs(config or ())
    found = sweep.candidates(strategy, base, sweep.read_grid(grid, _value))
    settings = home.read_settings()
    database = home.open_database(settings)
    source = replay.open_source(database, settings.captures_folder, captures, **bounds)
    cash = checked_balance(balance) if balance else replay.DEFAULT_BALANCE
    with progress(len(source)) as watch:
        result, told = sweep.swept(source, strategy, found, cash, share=share, watch=watch)
    _print(result, found, told, rows, as_json)


def _value(text: str) -> Any:
    """A value as JSON has it; what is none is a text."""
    import json

    try:
        return json.loads(text)
    except ValueError:
        return text


def _print(result: "Sweep", found: "Candidates", told: "Told", rows: int, as_json: bool) -> None:
    from prescient_dagster.cli.terminal import output

    refused = [{"overrides": choice, "error": error} for choice, error in found.refused]
    if as_json:
        document = {
            "configs": [_row(each) for each in result.tried],
            "refused": refused,
            "chance": result.chance,
            "warnings": result.doubts,
            "notes": told.notes(),
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


def _row(each: "Tried") -> dict[str, Any]:
    return {**each.overrides, "first": _figures(each.first), "rest": _figures(each.rest)}


def _figures(record: "Record") -> dict[str, Any]:
    return {
        "total_return": record.total_return,
        "profit": record.profit,
        "max_drawdown": record.max_drawdown,
        "fills": record.fills,
        "events": len(record.entered),
    }


def _readable(row: dict[str, Any]) -> dict[str, Any]:
    first, rest = row.pop("first"), row.pop("rest")
    told: dict[str, Any] = {**row}
    for name, part in (("first", first), ("rest", rest)):
        told[f"return,_{name}"] = f"{part['total_return']:+.2%}"
        told[f"drawdown,_{name}"] = f"{part['max_drawdown']:.2%}"
        told[f"events,_{name}"] = part["events"]
    return told
