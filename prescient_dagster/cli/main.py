"""The `prescient` command: its commands in their groups, and what becomes of errors."""

import os
import sys
import traceback
from collections.abc import Sequence
from typing import Annotated, Any

import typer

from prescient_dagster.cli.terminal import sources
from prescient_dagster.cli.terminal.later import STYLE, Group, Subcommands, listed
from prescient_dagster.domain.errors import PrescientError
from prescient_dagster.usecases.shown.strangers import clean

OTHERS = 0o077
"""What we and all that we start write is for nobody else."""
FAILED, WRONGLY_CALLED, INTERRUPTED = 1, 2, 130
USAGE_ERROR: type[Exception] = typer.BadParameter.__mro__[1]  # which Typer does not export

PANELS: dict[str, dict[str, str | Subcommands]] = {
    "Run it": {
        "dev": "server.dev:dev",
        "env": "database:env",
        "status": "status:status",
        "retention": "retention:retention",
        "db": Subcommands(
            "The database.",
            {"upgrade": "database:upgrade", "reconcile": "database:reconcile", "stop": "database:stop"},
        ),
    },
    "Keep it": {"backup": "keeping:backup", "restore": "keeping:restore", "export": "keeping:export"},
    "Market data": {
        "capture": "captures:capture",
        "events": "markets:events",
        "markets": "markets:markets",
        "candidates": "markets:candidates",
        "forecasts": "markets:forecasts",
        "captures": Subcommands(
            "The captures.",
            {"import": "past_prices.importing:import_series", "backfill": "past_prices.history:backfill"},
        ),
        "history": Subcommands("Prices of before.", {"fetch": "past_prices.history:fetch"}),
    },
    "Trade and look": {
        "cycle": "cycles:cycle",
        "sell": "cycles:sell",
        "signals": "books:signals",
        "trades": "books:trades",
        "positions": "books:positions",
        "snapshots": "books:snapshots",
        "explain": "explain:explain",
        "performance": "performance:performance",
        "compare": "compare:compare",
        "report": "report:report",
        "replay": "replay:replay",
        "sweep": "sweep:sweep",
        "strategy": Subcommands(
            "The strategies and their settings.",
            {"list": "strategies:list_strategies", "show": "strategies:show", "validate": "strategies:validate"},
        ),
        "portfolio": Subcommands(
            "The portfolios, their money and their settings.",
            {
                "create": "portfolio.create:create",
                "list": "portfolio.overview:list_portfolios",
                "show": "portfolio.look:show",
                "update": "portfolio.changes:update",
                "log": "portfolio.changes:log",
                "pause": "portfolio.switch:pause",
                "halt": "portfolio.switch:halt",
                "resume": "portfolio.switch:resume",
                "close": "portfolio.switch:close",
            },
        ),
        "replays": Subcommands(
            "The replays there are, with their figures.",
            {"list": "replay:list_replays", "show": "replay:show", "delete": "replay:delete"},
        ),
        "sweeps": Subcommands(
            "The walk-forwards there are: was what had just been best still good afterwards?",
            {"list": "sweep:list_sweeps", "show": "sweep:show", "delete": "sweep:delete"},
        ),
    },
}
"""Every command, where it stands, and in which panel of the help."""


class Root(Group):
    """The root of the command line, whose help ends with the settings."""

    def format_epilog(self, _ctx: Any, formatter: Any) -> None:
        with formatter.section("Settings, from the environment or a file .env"):
            formatter.write_dl(
                [(f"PRESCIENT_{name.upper()}", _setting(default, said)) for name, default, said in sources.settings()]
            )


def _setting(default: Any, said: str) -> str:
    if default in (None, ""):
        return said
    return f"{said} [default: {int(default) if isinstance(default, bool) else default}]"


def build() -> Any:
    """The command line, put together."""
    root = typer.Typer(cls=Root, invoke_without_command=True, **STYLE | {"add_completion": True})
    root.callback()(prescient)
    command: Any = typer.main.get_command(root)
    command.commands |= listed(PANELS)
    return command


def _tell_version(asked: bool) -> None:
    from importlib.metadata import version  # which takes as long to load as a third of all help

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
