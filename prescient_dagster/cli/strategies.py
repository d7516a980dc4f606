"""`prescient strategy`: which strategies there are, what they can be told, and whether a config is one they accept."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Annotated, Any

import typer

from prescient_dagster.catalog import load_strategy, misplaced, strategy_names
from prescient_dagster.cli.terminal import output
from prescient_dagster.cli.terminal.configs import read_configs
from prescient_dagster.cli.terminal.options import AsJson
from prescient_dagster.domain.errors import StrategyUnavailable
from prescient_dagster.domain.watch.health import Availability
from prescient_dagster.usecases import change_portfolio
from prescient_dagster.usecases.shown.strangers import clean

StrategyName = Annotated[str, typer.Argument(metavar="NAME", help="The strategy's name, as `strategy list` shows it.")]
BOUND_WORDS = {
    "minimum": "at least",
    "exclusiveMinimum": "more than",
    "maximum": "at most",
    "exclusiveMaximum": "less than",
}


def list_strategies(as_json: AsJson = False) -> None:
    """List the strategies, also those that do not load and why.

    Example:  prescient strategy list
    """
    found = [_listed(name) for name in strategy_names()]
    for path, fault in misplaced().items():
        output.say(f"warning: {path}: {fault}")
    output.print_list(found, ("name", "status", "description"), as_json)


def _listed(name: str) -> dict[str, Any]:
    try:
        strategy = load_strategy(name)
    except StrategyUnavailable as error:
        return {"name": name, "title": name, "status": Availability.OFFLINE, "description": str(error)}
    return {"name": name, "title": strategy.title, "status": Availability.ONLINE, "description": strategy.description}


def show(name: StrategyName, as_json: AsJson = False) -> None:
    """Show what a strategy does and every setting it knows: default, bounds and meaning.

    Example:  prescient strategy show momentum
    """
    strategy = load_strategy(name)
    default, schema = strategy.config().document(), strategy.config.model_json_schema()
    if as_json:
        about = {"name": name, "description": strategy.description, "strategy_type": name, "title": strategy.title}
        output.print_json(about | {"default_config": default, "config_schema": schema})
        return
    print(f"{strategy.title} ({name})\n{strategy.description}")
    settings = _settings(schema, default)
    output.print_table(settings, ("setting", "default", "bounds", "meaning"))


def _settings(schema: Mapping[str, Any], default: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [
        {
            "setting": name,
            "default": "unset" if default[name] is None else default[name],
            "bounds": ", ".join(_bounds(schema, described)),
            "meaning": described.get("description", ""),
        }
        for name, described in schema["properties"].items()
    ]


def _bounds(schema: Mapping[str, Any], described: Mapping[str, Any]) -> Iterator[str]:
    """The bounds of a setting in words; those of one that may be unset stand among its alternatives."""
    for each in (described, *described.get("anyOf", ())):
        yield from (f"{words} {each[key]:,g}" for key, words in BOUND_WORDS.items() if key in each)
        if "$ref" in each:
            yield " or ".join(schema["$defs"][each["$ref"].rpartition("/")[2]].get("enum", ()))


def validate(
    name: StrategyName,
    config: Annotated[
        list[str],
        typer.Option("--config", metavar="JSON|@FILE|NAME=VALUE", help="The settings to judge; may be repeated."),
    ],
    as_json: AsJson = False,
) -> None:
    """Judge a config without making a portfolio: valid or not, all errors, and what is probably not meant.

    Exit code 1 if it is not valid.

    Example:  prescient strategy validate momentum --config '{"market_min_conviction": 0.6}'
    """
    load_strategy(name)  # whether there is one is told before whether the JSON is any
    verdict = asdict(change_portfolio.verdict(name, read_configs(config)))
    if as_json:
        output.print_json(verdict)
    else:
        lines = [f"error: {error}" for error in verdict["errors"]] + [
            f"warning: {told}" for told in verdict["warnings"]
        ]
        print("valid" if verdict["valid"] else "not valid", *map(clean, lines), sep="\n")
    if not verdict["valid"]:
        raise typer.Exit(1)
