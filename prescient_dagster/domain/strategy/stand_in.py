"""What stands in for a strategy whose file is gone: it wishes for nothing, and knows what the platform itself reads."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from pydantic import ConfigDict, ModelWrapValidatorHandler, ValidationError, model_validator

from prescient_dagster.domain.market.markets import Capture
from prescient_dagster.domain.strategy.candidates import Selection
from prescient_dagster.domain.strategy.configs import StrategyConfig
from prescient_dagster.domain.strategy.signals import Signal
from prescient_dagster.domain.strategy.strategies import Strategy, View


class SharedConfig(StrategyConfig):
    """The settings that every strategy knows, as a portfolio gives them; where they cannot be used, the defaults.

    Those of the strategy itself are left out. Nothing is impossible: it is there to sell by.
    """

    model_config = ConfigDict(extra="ignore")

    @model_validator(mode="wrap")
    @classmethod
    def _usable(cls, values: Any, handler: ModelWrapValidatorHandler["SharedConfig"]) -> "SharedConfig":
        try:
            return handler(values)
        except ValidationError:
            return handler({})

    def impossible(self) -> Iterator[str]:
        yield from ()


def stand_in(name: str) -> Strategy[SharedConfig]:
    """In place of the strategy of this name."""
    return Strategy(name, name, f"Stands in for {name}, whose file is gone.", SharedConfig, _nothing, _nobody)


def _nothing(_view: View, _config: SharedConfig) -> Sequence[Signal]:
    return ()


def _nobody(_capture: Capture, _config: SharedConfig) -> Selection:
    return Selection(np.empty(0, dtype=np.intp), ())
