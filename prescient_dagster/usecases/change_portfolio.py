"""Portfolios and configs as people ask for them, on the command line or in a form of the UI. Imports no Dagster."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from prescient_dagster.catalog import load_strategy, strategy_of
from prescient_dagster.domain.books.portfolios import Portfolio, PortfolioStatus
from prescient_dagster.domain.errors import InvalidConfig, InvalidInput, NotFound, StrategyUnavailable
from prescient_dagster.domain.strategy.config_faults import did_you_mean
from prescient_dagster.domain.strategy.configs import StrategyConfig, validated
from prescient_dagster.domain.strategy.stand_in import SharedConfig


@dataclass(frozen=True, slots=True)
class ConfigVerdict:
    """Whether a strategy accepts a config, every fault in it, and what is allowed and probably not meant."""

    valid: bool
    errors: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


def doubts(strategy: str, config: Mapping[str, Any]) -> list[str]:
    """What in a config is allowed and probably not meant, a sentence each.

    Raises:
        InvalidConfig: the strategy does not accept it.
    """
    return list(validated(load_strategy(strategy).config, config).doubtful())


def doubts_of_new(strategy: str, config: Mapping[str, Any], balance: Decimal) -> list[str]:
    """The same for a portfolio that is to begin with so much, in USD.

    Raises:
        InvalidConfig: the strategy does not accept it, or it can never trade with that.
    """
    settings = validated(load_strategy(strategy).config, config)
    reasons = list(settings.impossible_with(balance))
    if reasons:
        raise InvalidConfig([f"this config can never trade: {reason}" for reason in reasons])
    return [*settings.doubtful(), *settings.rather_small(balance)]


def doubts_of(portfolio: Portfolio, config: Mapping[str, Any]) -> list[str]:
    """The same for a portfolio that there is; what it has now is near to what it began with.

    Raises:
        InvalidConfig: the strategy does not accept it.
    """
    settings = validated(strategy_of(portfolio).config, config)
    balance = portfolio.initial_balance
    return [*settings.doubtful(), *settings.impossible_with(balance), *settings.rather_small(balance)]


def verdict(strategy: str, config: Mapping[str, Any]) -> ConfigVerdict:
    """Judge a config without making a portfolio."""
    try:
        return ConfigVerdict(True, warnings=tuple(doubts(strategy, config)))
    except InvalidConfig as error:
        return ConfigVerdict(False, errors=error.errors)


def laid_over(there: Portfolio, config: Mapping[str, Any], reset: Iterable[str] = ()) -> dict[str, Any]:
    """The stored config with these settings laid over it; those in `reset` go back to the strategy's default.

    Raises:
        InvalidInput: a setting to reset that there is not.
    """
    known = {**strategy_of(there).config.model_fields, **there.strategy_config}
    unknown = next((name for name in reset if name not in known), None)
    if unknown is not None:
        raise InvalidInput(f"reset: unknown setting {unknown!r}{did_you_mean(unknown, list(known))}")
    laid = {**there.strategy_config, **config}
    return {name: value for name, value in laid.items() if name not in set(reset)}


def open_slugs(found: Iterable[Portfolio]) -> list[str]:
    """The portfolios that a strategy's partitions stand for: those that are not closed."""
    return [portfolio.slug for portfolio in found if portfolio.status is not PortfolioStatus.CLOSED]


def told_change(details: Mapping[str, Any]) -> str:
    """The details of an entry of a portfolio's log, in words."""
    before, after = details.get("before"), details.get("after")
    if not isinstance(before, Mapping) or not isinstance(after, Mapping):
        return ", ".join(f"{name} {value}" for name, value in details.items() if value is not None)
    told = [f"{each['setting']} {each['before']} -> {each['after']}" for each in changes(before, after)]
    tried = details.get("try")
    return "; ".join([", ".join(told), *([f"tried: {tried['verdict']}"] if tried else [])])


def changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[dict[str, str]]:
    """The settings that a change of a portfolio's config changes, each with what it gave before and gives now."""
    names = [name for name in {**before, **after} if before.get(name, ...) != after.get(name, ...)]
    return [{"setting": name, "before": _given(before, name), "after": _given(after, name)} for name in names]


def _given(config: Mapping[str, Any], name: str) -> str:
    """A setting as a portfolio gives it."""
    return json.dumps(config[name]) if name in config else "(default)"


def config_of(portfolio: Portfolio) -> StrategyConfig:
    """Its settings by its strategy's defaults; where those are not to be had, by what all strategies have."""
    try:
        config: StrategyConfig = validated(strategy_of(portfolio).config, portfolio.strategy_config)
    except (NotFound, StrategyUnavailable, InvalidConfig):
        return validated(SharedConfig, portfolio.strategy_config)
    return config
