"""Whether the books balance: what a portfolio is said to have against what its trades add up to, to the last digit."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal

from prescient_dagster.domain import money
from prescient_dagster.domain.ledger import Account, Holding


@dataclass(frozen=True, slots=True)
class Totals:
    """What the trades of a portfolio add up to; money in USD, `holdings` as (shares, cost) of what is not flat."""

    cash: Decimal = money.ZERO
    cost: Decimal = money.ZERO
    fees: Decimal = money.ZERO
    count: int = 0
    holdings: Mapping[Holding, tuple[Decimal, Decimal]] | None = None


def differences(account: Account, totals: Totals) -> Iterator[str]:
    """A sentence for everything that does not agree; none where the books balance."""
    pairs = {
        "balance": (account.balance, account.initial_balance + totals.cash),
        "realized_profit_loss": (account.realized_profit_loss, totals.cash + totals.cost),
        "fees_paid": (account.fees_paid, totals.fees),
        "trade_count": (account.trade_count, totals.count),
    }
    for name, (said, rebuilt) in pairs.items():
        if said != rebuilt:
            yield f"{name} is {said}, its trades add up to {rebuilt}"
    held = {holding: (position.shares, position.cost) for holding, position in account.positions.items()}
    rebuilt_holdings = totals.holdings or {}
    for holding in sorted(held.keys() | rebuilt_holdings.keys()):
        if held.get(holding) != rebuilt_holdings.get(holding):
            market_id, side = holding
            yield (
                f"position {market_id} {side} is {_told(held.get(holding))}, "
                f"its trades add up to {_told(rebuilt_holdings.get(holding))}"
            )


def _told(holding: tuple[Decimal, Decimal] | None) -> str:
    return "nothing" if holding is None else f"{holding[0]} shares at a cost of {holding[1]}"
