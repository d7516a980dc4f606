"""Whether the books balance: what a portfolio is said to have against what its trades add up to, to the last digit."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from prescient_dagster.domain import money
from prescient_dagster.domain.books.ledger import Account, Holding
from prescient_dagster.domain.market.sides import labelled


@dataclass(frozen=True, slots=True)
class Totals:
    """What the trades of a portfolio add up to; money in USD.

    Attributes:
        holdings: (shares, cost) of what is not flat.
        labels: what the venue calls the sides of those, where a trade tells.
    """

    cash: Decimal = money.ZERO
    cost: Decimal = money.ZERO
    fees: Decimal = money.ZERO
    count: int = 0
    holdings: Mapping[Holding, tuple[Decimal, Decimal]] = field(default_factory=dict)
    labels: Mapping[Holding, str | None] = field(default_factory=dict)


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
    labels = {**totals.labels, **{holding: position.side_label for holding, position in account.positions.items()}}
    for holding in sorted(held.keys() | totals.holdings.keys()):
        if held.get(holding) != totals.holdings.get(holding):
            market_id, side = holding
            yield (
                f"position {market_id} {labelled(side, labels.get(holding))} is {_told(held.get(holding))}, "
                f"its trades add up to {_told(totals.holdings.get(holding))}"
            )


def _told(holding: tuple[Decimal, Decimal] | None) -> str:
    return "nothing" if holding is None else f"{holding[0]} shares at a cost of {holding[1]}"
