"""The strategy that is being checked."""

import ast
import importlib.util
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from prescient_dagster.domain.books.ledger import Position
from prescient_dagster.domain.market.history import PriceHistory
from prescient_dagster.domain.market.markets import Capture
from prescient_dagster.domain.strategy.configs import StrategyConfig, validated
from prescient_dagster.domain.strategy.signals import Signal
from prescient_dagster.domain.strategy.strategies import Strategy, View
from tests.strategies import probes


@dataclass(frozen=True)
class Subject:
    """A strategy that is being checked, and the file it came from."""

    path: Path
    strategy: Strategy[Any]

    @property
    def name(self) -> str:
        """As its file or its folder is called."""
        return _named(self.path)

    def config(self, **settings: Any) -> StrategyConfig:
        return validated(self.strategy.config, settings)

    def wide(self) -> StrategyConfig:
        """Its defaults without any filter that can be left out."""
        fields = self.strategy.config.model_fields
        return self.config(**{name: None for name in fields if name.startswith(("event_m", "market_m"))})

    def wishes(self, capture: Capture, config: StrategyConfig | None = None, rows: Any = None) -> list[Signal]:
        """What it would buy on a capture."""
        config = config or self.config()
        rows = self.strategy.select(capture, config).rows if rows is None else rows
        return list(self.strategy.decide(self.view(capture, rows), config))

    @staticmethod
    def view(capture: Capture, rows: Any, held: tuple[Position, ...] = ()) -> View:
        """What it sees, with prices of before as the capture's own changes of price tell them, and a forecaster."""
        return View(capture, rows, held, PriceHistory(probes.TellingPast()), probes.forecasters(capture))


def load(path: Path) -> Subject:
    """The strategy of a file, or of a folder by its `__init__.py`, which need not be in the package."""
    folders = [str(path.parent)] if path.stem == "__init__" else None
    name = f"strategy_assets.{_named(path)}"
    spec = importlib.util.spec_from_file_location(name, path, submodule_search_locations=folders)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    with _importable(name, module):
        spec.loader.exec_module(module)
    assert hasattr(module, "STRATEGY"), f"{path.name} has to define STRATEGY"
    return Subject(path, module.STRATEGY)


def _named(path: Path) -> str:
    return path.parent.name if path.stem == "__init__" else path.stem


@contextmanager
def _importable(name: str, module: ModuleType) -> Iterator[None]:
    """While a package loads, it imports its own parts by its name."""
    before = {other: sys.modules[other] for other in list(sys.modules) if f"{other}.".startswith(f"{name}.")}
    for other in before:
        del sys.modules[other]
    sys.modules[name] = module
    try:
        yield
    finally:
        for other in [other for other in sys.modules if f"{other}.".startswith(f"{name}.")]:
            del sys.modules[other]
        sys.modules.update(before)


def trees(subject: Subject) -> list[ast.Module]:
    """The source of its file, or of all files of its folder, parsed."""
    folder = subject.path.parent
    files = sorted(folder.rglob("*.py")) if subject.path.stem == "__init__" else [subject.path]
    return [ast.parse(path.read_text(encoding="utf-8")) for path in files]


Check = Callable[[Subject], None]
"""Fails where a strategy does not keep to what its docstring asks."""
