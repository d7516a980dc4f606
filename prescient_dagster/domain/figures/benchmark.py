"""What a portfolio is held against: all candidates bought equally, each once, and held to the end.

It is bought on captures on which the portfolio bought something, so that both had the same choice at the same time:
whatever the strategy wished for there, before rank, limits and free places. A share costs the best ask with its fee and
is worth what it is worth in the books. With n candidates bought until then, the initial balance would have become

    initial balance × Σ (worth / cost) / n

at any moment; nothing in it is known later than that. The legs of a bundle are one candidate.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from prescient_dagster.domain import money
from prescient_dagster.domain.books.snapshots import mark_of
from prescient_dagster.domain.cycle.orders import grouped
from prescient_dagster.domain.figures.figure import Section, Unit, figure
from prescient_dagster.domain.market.markets import Capture
from prescient_dagster.domain.market.quotes import Quote, quote
from prescient_dagster.domain.market.sides import Side
from prescient_dagster.domain.strategy.signals import Signal

Leg = tuple[str, Side]
"""A side of a market, by the market's id."""
NOTHING_BOUGHT = "nothing was bought"
NO_OFFER = "no candidate had a price to buy at"
NOT_ASKED = "told of at most three portfolios at a time"
TOGETHER = "told of single portfolios"
REPLAYED = "not told of replays"


@dataclass(frozen=True, slots=True)
class BenchmarkCurve:
    """What the initial balance would have become, USD, from the first purchase on; or why that is not known."""

    points: Sequence[tuple[datetime, Decimal]] = ()
    missing: str = NOT_ASKED


@dataclass(frozen=True, slots=True)
class Benchmark:
    """The benchmark's return, and what the portfolio made beyond it.

    Attributes:
        benchmark_return: of all candidates bought equally.
        over_benchmark: total return - benchmark return.
        benchmark_missing: why both are None; empty where they are not.
    """

    benchmark_return: float | None = field(
        metadata=figure(
            Unit.RETURN, Section.RETURNS, "All candidates bought equally", lambda part, _: str(part.benchmark_missing)
        )
    )
    over_benchmark: float | None = field(
        metadata=figure(Unit.RETURN, Section.RETURNS, "Return beyond that", lambda part, _: str(part.benchmark_missing))
    )
    benchmark_missing: str = ""


def benchmark(curve: BenchmarkCurve, initial_balance: Decimal, total_return: float) -> Benchmark:
    """The figures of a portfolio beside its benchmark."""
    if not curve.points:
        return Benchmark(None, None, curve.missing)
    made = float(curve.points[-1][1] / initial_balance - 1)
    return Benchmark(made, total_return - made)


@dataclass(slots=True)
class Basket:
    """Every candidate once: what one share of each of its legs cost together, and what each leg is worth now, USD."""

    cost: dict[tuple[Leg, ...], Decimal] = field(default_factory=dict)
    worth: dict[Leg, Decimal] = field(default_factory=dict)

    def buy(self, wishes: Iterable[Signal], capture: Capture) -> None:
        """Buy what is not in it yet of what a strategy wishes for, as far as it can be bought."""
        for order in grouped(wishes):
            candidate = tuple((signal.market_id, signal.action.side) for signal in order)
            quotes = [] if candidate in self.cost else [quote(capture, *leg) for leg in candidate]
            prices = [price for each in quotes if (price := _price(each)) is not None]
            if prices and len(prices) == len(candidate):
                self.cost[candidate] = sum(prices, money.ZERO)
                for leg, known, price in zip(candidate, quotes, prices, strict=True):
                    mark = mark_of(known)
                    self.worth.setdefault(leg, price if mark is None else mark[0])

    def mark(self, worth: Mapping[Leg, Decimal]) -> None:
        """Value what is in it; what is not told keeps its value."""
        self.worth |= {leg: value for leg, value in worth.items() if leg in self.worth}

    @property
    def markets(self) -> Collection[str]:
        """The ids of its markets."""
        return {market_id for market_id, _ in self.worth}

    @property
    def growth(self) -> Decimal:
        """What a dollar spread equally has become; at least one candidate has to have been bought."""
        return sum(
            (sum((self.worth[leg] for leg in legs), money.ZERO) / cost for legs, cost in self.cost.items()), money.ZERO
        ) / len(self.cost)


def _price(offer: Quote | None) -> Decimal | None:
    """What a share costs with its fee; None: it cannot be bought."""
    if offer is None or not offer.tradable or offer.ask is None or offer.fees is None:
        return None
    return offer.ask + offer.fees.per_share(offer.ask)
