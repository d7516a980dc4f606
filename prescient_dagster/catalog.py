"""Which strategies there are: one per file or folder in `strategy_assets/` and in the folders of one's own.

Each is imported only when it is asked for. The names come from the files, so that a strategy that does not load still
has a name, a group and an error to show.
"""

import importlib
import keyword
import re
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from prescient_dagster.code_identity import STRATEGIES as PACKAGE
from prescient_dagster.code_identity import deciding_modules, entries, fingerprint, named_twice
from prescient_dagster.domain.books.portfolios import Portfolio
from prescient_dagster.domain.errors import NotFound, StrategyUnavailable
from prescient_dagster.domain.strategy.config_faults import did_you_mean

if TYPE_CHECKING:
    from prescient_dagster.domain.strategy.strategies import Strategy

NAME = re.compile(r"[a-z][a-z0-9_]{0,62}")
PLATFORM_JOBS = ("market_data", "performance_job", "status_job", "checks", "retention", "drift_job", "read_forecasts")
"""The platform's jobs that schedules start. They are watched by their names, as those of strategies are."""
OPS = "_cycle"
"""The end of the names of Dagster's ops: a job must not be called as another strategy's op."""
DEFINITIONS = "definitions"
PACKAGE_FILE = "__init__.py"


def strategy_folders() -> list[Path]:
    """Where strategies are kept, the built-in ones first."""
    return [Path(folder) for folder in importlib.import_module(PACKAGE).__path__]


def _found() -> Iterator[tuple[str, Path]]:
    """The files that may be strategies, by name; where a name is there twice, the one that Python takes comes last."""
    built_in, *own = strategy_folders()
    for folder in reversed([built_in, *own]):
        files = [path for path in entries(folder) if not path.name.startswith((".", "_"))]
        yield from ((path.stem, path) for path in files if path.suffix == ".py" and path.is_file())
        yield from ((path.name, path / PACKAGE_FILE) for path in files if (path / PACKAGE_FILE).is_file())


def strategy_files() -> dict[str, Path]:
    """The strategies' files by name, in the order of their names; of a folder it is the `__init__.py`."""
    files = dict(_found())
    return {name: files[name] for name in sorted(files) if name != DEFINITIONS and _misnamed(name) is None}


def misplaced() -> dict[str, str]:
    """What is wrong with folders and files of strategies that nobody can ask for, by their path."""
    found = {str(path): fault for name, path in _found() if (fault := _misnamed(name)) is not None}
    own = strategy_folders()[1:]
    found |= {
        str(path): "PRESCIENT_STRATEGIES names it, and it is no folder that can be read"
        for path in own
        if not path.is_dir()
    }
    taken = [path / f"{DEFINITIONS}.py" for path in own]
    return found | {str(path): "this name is the platform's: rename the file" for path in taken if path.exists()}


def _misnamed(name: str) -> str | None:
    """Why a file cannot be a strategy by its name."""
    if not NAME.fullmatch(name) or keyword.iskeyword(name):
        return "name it with lower-case letters, digits and _, or begin its name with _ if it is no strategy"
    if name in PLATFORM_JOBS or name.endswith(OPS):
        return "Dagster has something else by this name: rename the file"
    return None


def strategy_schedule_name(strategy: str) -> str:
    """What a strategy's schedule is called."""
    return f"{strategy}_schedule"


def strategy_names() -> list[str]:
    """The names of all strategies, whether they load or not."""
    return list(strategy_files())


def require_known(name: str) -> None:
    """Raise `NotFound` where there is no strategy of this name; it tells which is meant."""
    if name not in strategy_files():
        raise NotFound(f"unknown strategy {name!r}{did_you_mean(name, strategy_names())}")


@cache
def load_strategy(name: str) -> "Strategy[Any]":
    """The strategy of this name.

    Raises:
        NotFound: there is no such strategy.
        StrategyUnavailable: its module does not load; the message tells why and where.
    """
    from prescient_dagster.domain.strategy.strategies import Strategy  # who asks for names alone waits for no pandas

    require_known(name)
    twice = named_twice(name, strategy_folders())
    if twice:
        raise StrategyUnavailable(f"strategy {name} does not load: {_both(twice)} have the same name: rename one")
    try:
        strategy = importlib.import_module(f"{PACKAGE}.{name}").STRATEGY
    except (Exception, SystemExit) as error:  # whatever a strategy's module does wrong must not stop the others
        raise StrategyUnavailable(f"strategy {name} does not load: {_told(error)}") from error
    if not isinstance(strategy, Strategy) or strategy.name != name:
        file = strategy_files()[name].name
        raise StrategyUnavailable(
            f"strategy {name} does not load: STRATEGY in {file} must be a Strategy named {name!r}"
        )
    return strategy


def strategy_of(portfolio: Portfolio) -> "Strategy[Any]":
    """The strategy that a portfolio trades by.

    Raises:
        NotFound: its file is gone.
        StrategyUnavailable: its module does not load; the message tells why and where.
    """
    if portfolio.strategy_type not in strategy_files():
        raise NotFound(f"{gone(portfolio.strategy_type)}; that of portfolio {portfolio.slug!r} is needed for this")
    return load_strategy(portfolio.strategy_type)


def gone(name: str) -> str:
    """That there are portfolios of a strategy and no file of it, and what to do."""
    return (
        f"strategy {name} is gone: put its file back, name its folder in PRESCIENT_STRATEGIES here too, or close its "
        "portfolios with `prescient portfolio close`"
    )


def _both(paths: Sequence[Path]) -> str:
    return " and ".join(str(path.parent if path.name == PACKAGE_FILE else path) for path in paths)


def _told(error: BaseException) -> str:
    if isinstance(error, SyntaxError):
        return f"{error.msg} ({Path(error.filename or '').name}, line {error.lineno})"
    return f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else 'no message'}"


@cache
def code_version(strategy: str) -> str:
    """The identity of the code that the strategy's decisions follow from."""
    return fingerprint(deciding_modules(strategy, strategy_folders()))
