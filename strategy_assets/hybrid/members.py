"""Which strategies can be blended, and whether their settings can be used."""

import importlib
import pkgutil
from collections import Counter
from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError
from pydantic_core import InitErrorDetails, PydanticCustomError

import strategy_assets
from prescient_dagster.domain.errors import InvalidConfig
from prescient_dagster.domain.strategy.config_faults import SENTENCE, did_you_mean
from prescient_dagster.domain.strategy.configs import validated
from prescient_dagster.domain.strategy.strategies import Strategy

NAME = "hybrid"
NOT_MEMBERS = {NAME, "definitions"}


def member_names() -> Counter[str]:
    """The strategies that can be blended, with how many files have each name: only one may."""
    found = [module.name for folder in strategy_assets.__path__ for module in pkgutil.iter_modules([folder])]
    return Counter(name for name in found if name not in NOT_MEMBERS and not name.startswith("_"))


def member_strategy(name: str) -> Strategy[Any]:
    """The strategy of this name.

    Raises:
        InvalidConfig: there is none, or it does not load.
    """
    files = member_names()
    if files[name] == 0:
        raise InvalidConfig([f"unknown strategy{did_you_mean(name, sorted(files))}"])
    if files[name] > 1:
        raise InvalidConfig([f"the strategy does not load: {files[name]} files have this name: rename one"])
    try:
        strategy = importlib.import_module(f"{strategy_assets.__name__}.{name}").STRATEGY
    except (Exception, SystemExit) as error:  # whatever the module of a member does wrong
        raise InvalidConfig([f"the strategy does not load: {type(error).__name__}: {error}"]) from error
    if isinstance(strategy, Strategy):
        return strategy
    raise InvalidConfig([f"the strategy does not load: STRATEGY in {name} must be a Strategy"])


def require_sound(configs: Mapping[str, Mapping[str, Any]]) -> None:
    """Raise `ValidationError` with every fault of these members' settings, each under the member's name."""
    faults = [
        InitErrorDetails(type=PydanticCustomError(SENTENCE, "{it}", {"it": fault}), loc=(name,), input=settings)
        for name, settings in configs.items()
        for fault in _faults(name, settings)
    ]
    if faults:
        raise ValidationError.from_exception_data("members", faults)


def _faults(name: str, settings: Mapping[str, Any]) -> tuple[str, ...]:
    try:
        validated(member_strategy(name).config, settings)
    except InvalidConfig as error:
        return error.errors
    return ()
