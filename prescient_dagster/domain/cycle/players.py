"""Who acts, and when: a portfolio as the cycle knows it, and the capture that it meets."""

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from prescient_dagster.domain.books.answers import Answers
from prescient_dagster.domain.books.portfolios import PortfolioStatus
from prescient_dagster.domain.market.forecasts import Forecasts
from prescient_dagster.domain.market.history import PriceHistory
from prescient_dagster.domain.market.markets import Capture
from prescient_dagster.domain.strategy.configs import StrategyConfig
from prescient_dagster.domain.strategy.strategies import Strategy


@dataclass(frozen=True, slots=True)
class Player:
    """Who plays: a strategy under an effective config, with an initial balance in USD."""

    strategy: Strategy[Any]
    config: StrategyConfig
    initial_balance: Decimal
    status: PortfolioStatus = PortfolioStatus.ACTIVE

    @property
    def closing(self) -> bool:
        """Whether it sells all it can, exit rule or none."""
        return self.status is PortfolioStatus.CLOSING


@dataclass(frozen=True, slots=True)
class Moment:
    """A capture as a portfolio meets it. `told` and `news` hold for as long as a replay is there.

    Attributes:
        ready: whether it may be traded; otherwise it only settles.
        previous: `captured_at` of the capture that could be traded before this one; None: there was none.
        told: what the venue has said until now of how markets ended.
        news: the markets of which that is new since the moment before.
        history: what prices were before the capture.
        forecasts: what forecasters said; what of it counts, the capture decides.
    """

    capture: Capture
    ready: bool = True
    previous: datetime | None = None
    told: Answers = field(default_factory=dict)
    news: frozenset[str] = frozenset()
    history: PriceHistory = field(default_factory=PriceHistory)
    forecasts: Forecasts = field(default_factory=Forecasts)

    @property
    def at(self) -> datetime:
        return self.capture.captured_at
