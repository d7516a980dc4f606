"""Commands that are imported when they are run or asked for their own help.

Until then they are known by their source alone: whoever lists them, or completes a word, waits for no import.
"""

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup

from prescient_dagster.cli.terminal import sources

_docstrings = cache(sources.docstrings)
STYLE: dict[str, Any] = {"add_completion": False, "pretty_exceptions_enable": False, "rich_markup_mode": None}


@dataclass(frozen=True, slots=True)
class Subcommands:
    """A command's own commands, by name: the module in `cli` and the function in it, as `database:upgrade`."""

    meaning: str
    places: Mapping[str, str]


class LaterCommand(TyperCommand):
    """A command known by name, panel and place."""

    def __init__(self, name: str, place: str, panel: str | None = None) -> None:
        super().__init__(name, rich_help_panel=panel)
        self.place, _, self.function = place.partition(":")

    def get_short_help_str(self, limit: int = 45) -> str:
        self.help = self.help or _docstrings(f"cli.{self.place}")[self.function]
        return super().get_short_help_str(limit)

    def loaded(self) -> Any:
        """The command itself."""
        function: Callable[..., None] = getattr(import_module(f"prescient_dagster.cli.{self.place}"), self.function)
        alone = typer.Typer(**STYLE)
        alone.command(self.name, help=_help(function))(function)
        return typer.main.get_command(alone)


class Group(TyperGroup):
    """Commands whose help lists them by panel, each with its whole first sentence."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        name, command, rest = super().resolve_command(ctx, args)
        return name, command.loaded() if isinstance(command, LaterCommand) else command, rest

    def format_commands(self, _ctx: Any, formatter: Any) -> None:
        panels: dict[str, list[tuple[str, str]]] = {}
        for name, command in self.commands.items():
            panel = getattr(command, "rich_help_panel", None)
            panels.setdefault(str(panel or "Commands"), []).append((name, command.get_short_help_str(limit=200)))
        for panel, rows in panels.items():
            with formatter.section(panel):
                formatter.write_dl(rows)


def listed(panels: Mapping[str, Mapping[str, str | Subcommands]]) -> dict[str, Any]:
    """The commands of a table by name."""
    return {name: _listed(name, place, panel) for panel, commands in panels.items() for name, place in commands.items()}


def _listed(name: str, place: str | Subcommands, panel: str) -> Any:
    if isinstance(place, str):
        return LaterCommand(name, place, panel)
    inner: dict[str, Any] = {name: LaterCommand(name, each) for name, each in place.places.items()}
    return Group(name=name, commands=inner, help=place.meaning, rich_help_panel=panel, rich_markup_mode=None)


def _help(command: Callable[..., None]) -> str:
    """A command's docstring; its example stays on the line it stands on."""
    return inspect.cleandoc(command.__doc__ or "").replace("\n\nExample:", "\n\n\b\nExample:")
