"""Why a market of Polymarket takes no orders: what the venue says of it, and what the client cannot handle."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from prescient_dagster.domain.market.markets import Untradable
from prescient_dagster.venue.polymarket.columns import Flags
from prescient_dagster.venue.polymarket.schemas import Market

KNOWN_VERSIONS = (None, "", "v1")
"""Of the protocol; markets of before August 2026 name none."""

_SAID: dict[Untradable, Callable[[Market], object]] = {
    Untradable.CLOSED: lambda market: market.closed,
    Untradable.ARCHIVED: lambda market: market.archived,
    Untradable.INACTIVE: lambda market: not market.active,
    Untradable.UNKNOWN_VERSION: lambda market: market.version not in KNOWN_VERSIONS,
    Untradable.NO_ORDER_BOOK: lambda market: not market.enable_order_book,
    Untradable.NOT_ACCEPTING_ORDERS: lambda market: not market.accepting_orders,
}
"""What the venue does not say is not so."""


def untradable(
    markets: Sequence[Market], labels: Sequence[list[Any]], tokens: Sequence[list[Any]], priced: Flags
) -> list[str]:
    """For each market the first reason why it is not tradable; empty: it is.

    Args:
        labels: of the outcomes of each market.
        tokens: of the outcomes of each market.
        priced: which markets have both prices.
    """
    found = {reason: _flags([bool(said(market)) for market in markets]) for reason, said in _SAID.items()}
    found |= {
        Untradable.NOT_BINARY: _flags([len(pair) != 2 for pair in labels]),
        Untradable.NO_PRICES: ~priced,
        Untradable.NO_TOKENS: _flags([len(set(pair)) != 2 or len(pair) != 2 or not all(pair) for pair in tokens]),
    }
    reasons: list[str] = np.select([found[reason] for reason in Untradable], [*Untradable], "").tolist()
    return reasons


def _flags(values: list[bool]) -> Flags:
    return np.array(values, dtype=bool)
