"""Portfolios and configs as people ask for them, on the command line or in a form of the UI. Imports no Dagster."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from prescient_dagster.catalog import load_strategy
from prescient_dagster.domain.books.portfolios import Portfolio, PortfolioStatus
from prescient_dagster.domain.errors import InvalidConfig, InvalidInput
from prescient_dagster.domain.strategy.config_faults import did_you_mean
from prescient_dagster.domain.strategy.configs import validated


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a strategy accepts a config, every fault in it, and what is allowed and probably not meant."""

    valid: bool
    errors: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


def doubts(strategy: str, config: Mapping[str, Any], balance: Decimal | None = None) -> list[str]:
    """What in a config is allowed and probably not meant, a sentence each.

    Args:
        balance: what the portfolio began with, USD; None: it is not for one.

    Raises:
        InvalidConfig: the strategy does not accept it.
    """
    settings = validated(load_strategy(strategy).config, config)
    return [*settings.doubtful(), *(() if balance is None else settings.doubtful_with(balance))]


def verdict(strategy: str, config: Mapping[str, Any]) -> Verdict:
    """Judge a config without making a portfolio."""
    try:
        return Verdict(True, warnings=tuple(doubts(strategy, config)))
    except InvalidConfig as error:
        return Verdict(False, errors=error.errors)


def laid_over(there: Portfolio, config: Mapping[str, Any], reset: Iterable[str] = ()) -> dict[str, Any]:
    """The stored config with these settings laid over it; those in `reset` go back to the strategy's default.

    Raises:
        InvalidInput: a setting to reset that there is not.
    """
    known = {**load_strategy(there.strategy_type).config.model_fields, **there.strategy_config}
    unknown = next((name for name in reset if name not in known), None)
    if unknown is not None:
        raise InvalidInput(f"reset: unknown setting {unknown!r}{did_you_mean(unknown, list(known))}")
    laid = {**there.strategy_config, **config}
    return {name: value for name, value in laid.items() if name not in set(reset)}


def open_slugs(found: Iterable[Portfolio]) -> list[str]:
    """The portfolios that a strategy's partitions stand for: those that are not closed."""
    return [portfolio.slug for portfolio in found if portfolio.status is not PortfolioStatus.CLOSED]
