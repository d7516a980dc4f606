"""Explanations as tests ask for them and read them."""

from collections.abc import Sequence
from typing import Any

from prescient_dagster.domain.books.ledger import Account, opened
from prescient_dagster.domain.market.markets import Capture
from prescient_dagster.domain.past.explanation import Circumstances, Explanation, explain
from prescient_dagster.domain.strategy.rules import Step
from prescient_dagster.domain.strategy.strategies import Strategy
from tests.builders import D, a_config


def explained(
    strategy: Strategy[Any], capture: Capture, account: Account | None = None, market_id: str = "1", **settings: Any
) -> Explanation:
    """What a portfolio of this strategy makes of a market, market 1 unless said otherwise."""
    standing = {name: settings.pop(name) for name in ("previous", "status") if name in settings}
    config = a_config(strategy.config, **settings)
    return explain(strategy, market_id, Circumstances(capture, config, account or opened(D(10_000)), **standing))


def step(told: Explanation, rule: str, part: str | None = None) -> Step:
    (found,) = (each for each in told.steps if each.rule == rule and part in (None, each.part))
    return found


def refusal(told: Explanation) -> str | None:
    return None if told.refusal is None else told.refusal.rule


def names(steps: Sequence[Step]) -> list[str]:
    return [each.rule for each in steps]
