"""The strategy that is being checked."""

import ast
import importlib.util
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from prescient_dagster.domain.configs import StrategyConfig, validated
from prescient_dagster.domain.markets import Capture
from prescient_dagster.domain.signals import Signal
from prescient_dagster.domain.strategies import Strategy, View


@dataclass(frozen=True)
class Subject:
    """A strategy that is being checked, and the file it came from."""

    path: Path
    strategy: Strategy[Any]

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
        return list(self.strategy.decide(View(capture, rows), config))


def load(path: Path) -> Subject:
    """The strategy of a file, which need not be in the package."""
    spec = importlib.util.spec_from_file_location(f"strategy_assets.{path.stem}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert hasattr(module, "STRATEGY"), f"{path.name} has to define STRATEGY"
    return Subject(path, module.STRATEGY)


def tree(subject: Subject) -> ast.Module:
    """The file's source, parsed."""
    return ast.parse(subject.path.read_text(encoding="utf-8"))


Check = Callable[[Subject], None]
"""Fails where a strategy does not keep to what its docstring asks."""
