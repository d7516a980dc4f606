"""Which strategies there are: one per file or folder in `strategy_assets/`, imported only when one is asked for.

The names come from the files, so that a strategy that does not load still has a name, a group and an error to show.
"""

import importlib
import importlib.util
from functools import cache
from pathlib import Path
from typing import Any

from prescient_dagster.code_identity import STRATEGIES as PACKAGE
from prescient_dagster.code_identity import deciding_modules, fingerprint
from prescient_dagster.domain.errors import NotFound, StrategyUnavailable
from prescient_dagster.domain.strategy.config_faults import did_you_mean
from prescient_dagster.domain.strategy.strategies import Strategy

NOT_STRATEGIES = {"definitions"}


def strategy_folders() -> list[Path]:
    """Where strategies are kept."""
    spec = importlib.util.find_spec(PACKAGE)
    return [Path(folder) for folder in (spec.submodule_search_locations if spec else None) or ()]


def strategy_files() -> dict[str, Path]:
    """The strategies' files by name, in the order of their names; of a folder it is the `__init__.py`."""
    files: dict[str, Path] = {}
    for folder in strategy_folders():
        files |= {path.stem: path for path in folder.glob("*.py")}
        files |= {path.parent.name: path for path in folder.glob("*/__init__.py")}
    return {name: files[name] for name in sorted(files) if not name.startswith("_") and name not in NOT_STRATEGIES}


def strategy_names() -> list[str]:
    """The names of all strategies, whether they load or not."""
    return list(strategy_files())


@cache
def load_strategy(name: str) -> Strategy[Any]:
    """The strategy of this name.

    Raises:
        NotFound: there is no such strategy.
        StrategyUnavailable: its module does not load; the message tells why and where.
    """
    if name not in strategy_files():
        raise NotFound(f"unknown strategy {name!r}{did_you_mean(name, strategy_names())}")
    try:
        strategy = importlib.import_module(f"{PACKAGE}.{name}").STRATEGY
    except Exception as error:  # whatever a strategy's module does wrong must not stop the others
        raise StrategyUnavailable(f"strategy {name} does not load: {_told(error)}") from error
    if not isinstance(strategy, Strategy) or strategy.name != name:
        file = strategy_files()[name].name
        raise StrategyUnavailable(
            f"strategy {name} does not load: STRATEGY in {file} must be a Strategy named {name!r}"
        )
    return strategy


def _told(error: Exception) -> str:
    if isinstance(error, SyntaxError):
        return f"{error.msg} ({Path(error.filename or '').name}, line {error.lineno})"
    return f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else 'no message'}"


@cache
def code_version(strategy: str) -> str:
    """The identity of the code that the strategy's decisions follow from."""
    return fingerprint(deciding_modules(strategy, strategy_folders()))
