"""The portfolios that `prescient dev` makes on the simulated venue, so that there is something to watch."""

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

from prescient_dagster.catalog import load_strategy, strategy_names
from prescient_dagster.domain.errors import StrategyUnavailable
from prescient_dagster.domain.market.markets import Listing
from prescient_dagster.domain.strategy.configs import validated
from prescient_dagster.store.books import portfolios
from prescient_dagster.store.books.portfolios import NewPortfolio
from prescient_dagster.store.database import Database

BALANCE = Decimal(10_000)
FORECAST_MOVE = 0.1  # USD per share
HALTED = {"market_min_conviction": 0.2, "min_confidence": 0.6, "trade_amount": 1_000, "max_drawdown": 0.001}
"""Of a portfolio that its limit halts as soon as it has paid the spread of its first entries."""
AGGRESSIVE_MOMENTUM = {
    "event_min_liquidity": 100_000,
    "event_min_volume": 200_000,
    "market_min_conviction": 0.60,
    "market_max_conviction": 0.75,
    "min_confidence": 0.80,
    "max_positions": 5,
    "trade_amount": 500,
}
SPECIAL: dict[str, list[tuple[str, str, int, dict[str, Any]]]] = {
    "momentum": [
        ("aggressive-momentum", "Aggressive Momentum", 50_000, AGGRESSIVE_MOMENTUM),
        ("halted-momentum", "Halted Momentum", 10_000, HALTED),
        (
            "broad-momentum",
            "Broad Momentum",
            10_000,
            {"event_min_liquidity": 50_000, "market_min_conviction": 0.55, "max_positions": 8},
        ),
    ],
    "forecasts": [("kelly-forecasts", "Kelly", 10_000, {"sizing": "kelly", "trade_amount_max": 500})],
    "mean_reversion": [("small-contrarian", "Small Contrarian", 5_000, {"trade_amount": 50, "max_positions": 20})],
    "scalping": [
        (
            "quick-scalper",
            "Quick Scalper",
            10_000,
            {"trade_amount": 25, "profit_target": 0.01, "stop_loss": 0.02, "max_holding_days": 0.25},
        )
    ],
}
"""Besides one with the defaults of each strategy: slug, name, balance in USD, settings."""


def demo_portfolios(database: Database) -> list[str]:
    """Make the demo portfolios where there are no portfolios at all; the slugs of those made."""
    if portfolios.list_all(database):
        return []
    return [portfolios.create(database, new).slug for new in _wanted()]


def demo_forecasts(home: Path, listing: Listing) -> None:
    """Write what a forecaster says who knows nothing: of each market its price, moved by 0.1 up or down."""
    folder = home / "forecasts"
    folder.mkdir(exist_ok=True)
    markets = listing.markets[listing.markets["tradable"]]
    up = markets["market_id"].str[-1].isin(list("02468"))
    moved = (markets["yes_price"] + FORECAST_MOVE * (2 * up - 1)).clip(0.01, 0.99).round(3)
    said = markets[["market_id"]].assign(probability=moved, made_at=listing.captured_at.isoformat(), source="demo")
    aside = folder / ".demo.csv"
    said.to_csv(aside, index=False)
    aside.rename(folder / "demo.csv")


def _wanted() -> Iterator[NewPortfolio]:
    for name in strategy_names():
        try:
            strategy = load_strategy(name)
        except StrategyUnavailable:
            continue  # `prescient status` tells why
        slug = name.replace("_", "-")
        yield NewPortfolio(slug, name, BALANCE, strategy.title, f"{strategy.title} with its default settings")
        for special, title, balance, config in SPECIAL.get(name, []):
            validated(strategy.config, config)
            yield NewPortfolio(special, name, Decimal(balance), title, "", config)
