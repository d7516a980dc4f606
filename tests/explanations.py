"""Explanations as tests ask for them and read them."""

from collections.abc import Sequence
from typing import Any

from prescient_dagster.domain.books.ledger import Account, opened
from prescient_dagster.domain.books.portfolios import PortfolioStatus
from prescient_dagster.domain.cycle.limit import Circumstances
from prescient_dagster.domain.cycle.players import Moment, Player
from prescient_dagster.domain.market.markets import Capture
from prescient_dagster.domain.past.explanation import Explanation, explain
from prescient_dagster.domain.strategy.rules import Step
from prescient_dagster.domain.strategy.strategies import Strategy
from tests.builders import D, a_config


def explained(
    strategy: Strategy[Any], capture: Capture, account: Account | None = None, market_id: str = "1", **settings: Any
) -> Explanation:
    """What a portfolio of this strategy makes of a market, market 1 unless said otherwise."""
    moment = Moment(capture, True, settings.pop("previous", None))
    status = settings.pop("status", PortfolioStatus.ACTIVE)
    player = Player(strategy, a_config(strategy.config, **settings), D(10_000), status)
    return explain(Circumstances(player, account or opened(D(10_000)), moment), market_id)


def step(told: Explanation, rule: str, part: str | None = None) -> Step:
    (found,) = (each for each in told.steps if each.rule == rule and part in (None, each.part))
    return found


def refusal(told: Explanation) -> str | None:
    return None if told.refusal is None else told.refusal.rule


def names(steps: Sequence[Step]) -> list[str]:
    return [each.rule for each in steps]
