"""Where a profit came from: spread, fees, price move and settlement, which add up to equity - initial balance exactly.

The middle of bid and ask when a trade was made divides what the trader paid the market from what the market did:

- spread: what buying above and selling below the middle cost, and what selling what is held at its mark would cost.
- fees: as charged, negative.
- price move: from the middle at the entry to the middle at the sale, or to the present middle of what is held.
- settlement: from the middle at the entry to what the settlement or refund paid.

A position's middle value at the entry is released like its cost: the part s/S with a sale of s of S shares, all that is
left with the last. Every part has 6 decimals, so the sum is exact on paper too.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from prescient_dagster.domain import money
from prescient_dagster.domain.books.ledger import TradeKind
from prescient_dagster.domain.figures.figure import Section, Unit, figure
from prescient_dagster.domain.figures.round_trips import FILLS, PricedTrade, RoundTrip, is_reversal, reversed_ref


@dataclass(frozen=True, slots=True)
class ProfitSplit:
    """The parts of a profit, in USD; a cost is negative."""

    spread: Decimal = field(default=money.ZERO, metadata=figure(Unit.PROFIT, Section.PROFIT))
    fees: Decimal = field(default=money.ZERO, metadata=figure(Unit.PROFIT, Section.PROFIT))
    price_move: Decimal = field(default=money.ZERO, metadata=figure(Unit.PROFIT, Section.PROFIT))
    settlement: Decimal = field(default=money.ZERO, metadata=figure(Unit.PROFIT, Section.PROFIT))

    @property
    def total(self) -> Decimal:
        """Equity less initial balance."""
        return self.spread + self.fees + self.price_move + self.settlement


def profit_split(trips: Iterable[RoundTrip], market_value: Decimal, market_value_at_mid: Decimal) -> ProfitSplit:
    """The parts of the profit of all positions of a portfolio.

    Args:
        market_value: of what is held now, at its marks, USD; `market_value_at_mid` likewise at the middle.
    """
    legs = [_leg(trades) for trip in trips for trades in trip.legs()]
    held = sum((leg.at_mid for leg in legs), money.ZERO)
    return ProfitSplit(
        spread=sum((leg.spread for leg in legs), money.ZERO) + market_value - market_value_at_mid,
        fees=sum((leg.fees for leg in legs), money.ZERO),
        price_move=sum((leg.price_move for leg in legs), money.ZERO) + market_value_at_mid - held,
        settlement=sum((leg.settlement for leg in legs), money.ZERO),
    )


def added(parts: Iterable[ProfitSplit]) -> ProfitSplit:
    """The splits of several portfolios as one."""
    total = ProfitSplit()
    for part in parts:
        total = ProfitSplit(
            total.spread + part.spread,
            total.fees + part.fees,
            total.price_move + part.price_move,
            total.settlement + part.settlement,
        )
    return total


class _Leg:
    """One side of one market in one position; `at_mid` is the middle value at the entry of what is still held."""

    def __init__(self) -> None:
        self.spread = self.fees = self.price_move = self.settlement = money.ZERO
        self.shares = self.at_mid = money.ZERO
        self.paid: dict[str, Decimal] = {}

    def buy(self, priced: PricedTrade) -> None:
        at_mid = priced.at_mid
        self.spread += at_mid - priced.notional
        self.at_mid += at_mid

    def sell(self, priced: PricedTrade) -> None:
        at_mid = priced.at_mid
        self.spread += priced.notional - at_mid
        self.price_move += at_mid - self._released(-priced.trade.shares)

    def settle(self, priced: PricedTrade) -> None:
        released = self._released(-priced.trade.shares)
        self.paid[str(priced.trade.source_ref)] = released
        self.settlement += priced.trade.cash_delta - released

    def take_back(self, priced: PricedTrade) -> None:
        given_back = self.paid.pop(reversed_ref(priced.trade))
        self.at_mid += given_back
        self.settlement += priced.trade.cash_delta + given_back

    def _released(self, shares: Decimal) -> Decimal:
        released = money.usd(self.at_mid * shares / self.shares)
        self.at_mid -= released
        return released


def _leg(trades: Sequence[PricedTrade]) -> _Leg:
    leg = _Leg()
    for priced in trades:
        if priced.trade.kind not in FILLS:
            (leg.take_back if is_reversal(priced.trade) else leg.settle)(priced)
        else:
            (leg.buy if priced.trade.kind is TradeKind.BUY else leg.sell)(priced)
        leg.fees -= priced.trade.fee
        leg.shares += priced.trade.shares
    return leg


@dataclass(frozen=True, slots=True)
class Costs:
    """What trading cost in USD; positive is what was lost.

    Attributes:
        fees: as charged.
        spread: of what was bought and sold, and what selling what is held at its marks would cost.
        traded: Σ purchases + Σ sales, without fees.
        rate: (fees + spread) / traded; None where nothing was traded.
    """

    fees: Decimal
    spread: Decimal
    traded: Decimal
    rate: float | None

    @property
    def total(self) -> Decimal:
        return self.fees + self.spread


def costs(profit: ProfitSplit, trades: Iterable[PricedTrade]) -> Costs:
    """The costs within a profit, and how much was traded for them."""
    traded = sum((priced.notional for priced in trades if priced.trade.kind in FILLS), money.ZERO)
    fees, spread = -profit.fees, -profit.spread
    return Costs(fees, spread, traded, float((fees + spread) / traded) if traded else None)
