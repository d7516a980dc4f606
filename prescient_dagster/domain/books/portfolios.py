"""Portfolios: what they are called and what they are allowed to do."""

import re
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any

from prescient_dagster.domain import money
from prescient_dagster.domain.errors import InvalidInput

LONGEST_SLUG = 63
SLUG = re.compile(r"[a-z][a-z0-9_-]{0,62}")
ARCHIVED = re.compile(r".*-closed-[0-9]+")


class PortfolioStatus(StrEnum):
    """What a portfolio may do. Paused: nothing new, still valued and settled. Closing: exits only, until it is flat."""

    ACTIVE = "active"
    PAUSED = "paused"
    CLOSING = "closing"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Portfolio:
    """One trader's money and settings, bound to one strategy.

    `strategy_config` holds only what differs from the strategy's defaults. All amounts are USD.
    """

    portfolio_id: int
    slug: str
    name: str
    description: str
    strategy_type: str
    strategy_config: dict[str, Any]
    status: PortfolioStatus
    initial_balance: Decimal
    created_at: datetime


def checked_slug(slug: str) -> str:
    """The slug, or `InvalidInput` that says which characters it may have."""
    if not SLUG.fullmatch(slug):
        raise InvalidInput(
            f"slug {slug!r} is not usable: use 1 to 63 lower-case letters, digits, - and _, beginning with a letter"
        )
    return slug


def checked_new_slug(slug: str) -> str:
    """The slug of a new portfolio, or `InvalidInput`: those that closed portfolios get are not for others."""
    if ARCHIVED.fullmatch(slug):
        raise InvalidInput(
            f"slug {slug!r} reads like that of a closed portfolio: choose one without -closed- at its end"
        )
    return checked_slug(slug)


def archived_slug(slug: str, portfolio_id: int) -> str:
    """What a closed portfolio is called once another has its slug."""
    end = f"-closed-{portfolio_id}"
    return slug[: LONGEST_SLUG - len(end)] + end


def checked_balance(balance: str | float | Decimal) -> Decimal:
    """An initial balance of at least 1 USD and at most a billion, with at most 6 decimals, or `InvalidInput`."""
    try:
        amount = money.exact(balance)
    except InvalidOperation:
        raise InvalidInput(f"balance {balance!r} is not a number") from None
    if not amount.is_finite() or not 1 <= amount <= 1_000_000_000 or amount != money.usd(amount):
        raise InvalidInput(f"balance {balance} is not usable: give 1 to 1,000,000,000 USD with at most 6 decimals")
    return amount
