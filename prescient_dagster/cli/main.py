"""The `prescient` command: its commands in their groups, and what becomes of errors.

Nothing heavy is imported here or at the top of a command's module: `prescient --help` is read more often than run.
"""

import inspect
import os
import sys
import traceback
from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from prescient_dagster.cli import (
    books,
    captures,
    compare,
    cycles,
    database,
    explain,
    keeping,
    markets,
    performance,
    portfolios,
    replay,
    report,
    retention,
    status,
    strategies,
    sweep,
)
from prescient_dagster.cli.past_prices import history, importing
from prescient_dagster.cli.server import dev
from prescient_dagster.cli.terminal.output import clean
from prescient_dagster.domain.errors import PrescientError

OTHERS = 0o077
"""What we and all that we start write is for nobody else."""
FAILED, WRONGLY_CALLED, INTERRUPTED = 1, 2, 130
USAGE_ERROR: type[Exception] = typer.BadParameter.__mro__[1]  # which Typer does not export

PANELS: dict[str, dict[str, Callable[..., None]]] = {
    "Run it": {"dev": dev.dev, "env": database.env, "status": status.status, "retention": retention.retention},
    "Keep it": {"backup": keeping.backup, "restore": keeping.restore, "export": keeping.export},
    "Market data": {
        "capture": captures.capture,
        "events": markets.events,
        "markets": markets.markets,
        "candidates": markets.candidates,
        "forecasts": markets.forecasts,
    },
    "Trade and look": {
        "cycle": cycles.cycle,
        "sell": cycles.sell,
        "signals": books.signals,
        "trades": books.trades,
        "positions": books.positions,
        "snapshots": books.snapshots,
        "explain": explain.explain,
        "performance": performance.performance,
        "compare": compare.compare,
        "report": report.report,
        "replay": replay.replay,
        "sweep": sweep.sweep,
    },
}
GROUPS: dict[str, tuple[str, str, dict[str, Callable[..., None]]]] = {
    "captures": ("Market data", "The captures.", {"import": importing.import_series, "backfill": history.backfill}),
    "history": ("Market data", "Prices of before.", {"fetch": history.fetch}),
    "db": (
        "Run it",
        "The database.",
        {"upgrade": database.upgrade, "reconcile": database.reconcile, "stop": database.stop},
    ),
    "strategy": (
        "Trade and look",
        "The strategies and their settings.",
        {"list": strategies.list_strategies, "show": strategies.show, "validate": strategies.validate},
    ),
    "portfolio": (
        "Trade and look",
        "The portfolios, their money and their settings.",
        {
            "create": portfolios.create,
            "list": portfolios.list_portfolios,
            "show": portfolios.show,
            "update": portfolios.update,
            "log": portfolios.log,
            "pause": portfolios.pause,
            "halt": portfolios.halt,
            "resume": portfolios.resume,
            "close": portfolios.close,
        },
    ),
    "replays": (
        "Trade and look",
        "The replays there are, with their figures.",
        {"list": replay.list_replays, "show": replay.show, "delete": replay.delete},
    ),
    "sweeps": (
        "Trade and look",
        "The walk-forwards there are: was what had just been best still good afterwards?",
        {"list": sweep.list_sweeps, "show": sweep.show, "delete": sweep.delete},
    ),
}


class Group(TyperGroup):
    """Commands whose help lists them by panel, each with its whole first sentence."""

    def format_commands(self, _ctx: Any, formatter: Any) -> None:
        panels: dict[str, list[tuple[str, str]]] = {}
        for name, command in self.commands.items():
            panel = getattr(command, "rich_help_panel", None)
            panels.setdefault(str(panel or "Commands"), []).append((name, command.get_short_help_str(limit=200)))
        for panel, rows in panels.items():
            with formatter.section(panel):
                formatter.write_dl(rows)


class Root(Group):
    """The root of the command line, whose help ends with the settings."""

    def format_epilog(self, _ctx: Any, formatter: Any) -> None:
        from prescient_dagster.settings import Settings

        prefix = Settings.model_config["env_prefix"]
        with formatter.section("Settings, from the environment or a file .env"):
            formatter.write_dl(
                [(f"{prefix}{name.upper()}", _setting(field)) for name, field in Settings.model_fields.items()]
            )


def _setting(field: Any) -> str:
    if field.default in (None, ""):
        return str(field.description)
    default = int(field.default) if isinstance(field.default, bool) else field.default
    return f"{field.description} [default: {default}]"


def build() -> typer.Typer:
    """The command line, put together."""
    style: dict[str, Any] = {"add_completion": False, "pretty_exceptions_enable": False, "rich_markup_mode": None}
    root = typer.Typer(cls=Root, invoke_without_command=True, **style | {"add_completion": True})
    root.callback()(prescient)
    for panel, commands in PANELS.items():
        _add(root, commands, rich_help_panel=panel)
    for name, (panel, meaning, commands) in GROUPS.items():
        group = typer.Typer(cls=Group, **style)
        _add(group, commands)
        root.add_typer(group, name=name, help=meaning, rich_help_panel=panel)
    return root


def _add(app: typer.Typer, commands: Mapping[str, Callable[..., None]], **options: Any) -> None:
    for name, command in commands.items():
        app.command(name, help=_help(command), **options)(command)


def _help(command: Callable[..., None]) -> str:
    """A command's docstring; its example stays on the line it stands on."""
    return inspect.cleandoc(command.__doc__ or "").replace("\n\nExample:", "\n\n\b\nExample:")


def _tell_version(asked: bool) -> None:
    from importlib.metadata import version

    if asked:
        print(f"prescient {version('prescient')}")
        raise typer.Exit


def prescient(
    context: typer.Context,
    _debug: Annotated[bool, typer.Option("--debug", help="Show where an unexpected error came from.")] = False,
    _version: Annotated[
        bool, typer.Option("--version", callback=_tell_version, is_eager=True, help="Tell the version and exit.")
    ] = False,
) -> None:
    """Paper-trade prediction markets with many portfolios side by side.

    Begin with `prescient dev` and open the address it prints. Every command explains itself with --help.
    """
    if context.invoked_subcommand is None:
        print(context.get_help())


def main() -> None:
    """Run the command line and exit: 0, 1 (it failed, one line on stderr says why) or 2 (it was called wrongly)."""
    os.umask(OTHERS)
    sys.exit(run(sys.argv[1:]))


def run(arguments: Sequence[str]) -> int:
    """Run one command; its exit code."""
    try:
        code = build()(list(arguments), prog_name="prescient", standalone_mode=False)
        sys.stdout.flush()
    except PrescientError as error:
        return _complain(str(error), FAILED)
    except USAGE_ERROR as error:
        return _complain(f"{error.format_message()} {_help_hint(error)}", WRONGLY_CALLED)  # type: ignore[attr-defined]
    except BrokenPipeError:
        sys.stdout = None  # whoever read has seen enough
        return FAILED
    except KeyboardInterrupt:
        return INTERRUPTED
    except Exception as error:
        if "--debug" in arguments:
            traceback.print_exc()
        return _complain(_unforeseen(error), FAILED)
    return code if isinstance(code, int) else 0


def _unforeseen(error: Exception) -> str:
    """What no command has explained: the machine's refusals are told as such, all else is a fault of ours."""
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename or 'the system'}: {error.strerror}"
    if isinstance(error, MemoryError):
        return "there is not enough memory for this on this machine"
    told = f"{type(error).__name__}: {error}"
    return f"unexpected {told}; `prescient --debug …` shows where it came from"


def _help_hint(error: Any) -> str:
    return f"(see `{error.ctx.command_path} --help`)" if error.ctx else ""


def _complain(message: str, code: int) -> int:
    """One line on stderr, whatever the message holds."""
    sys.stderr.write(f"error: {' '.join(clean(message).split())}\n")
    return code


if __name__ == "__main__":
    main()
