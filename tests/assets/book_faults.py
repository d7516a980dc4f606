"""A venue whose order books fail in one way, and portfolios that each need them for one thing.

First all is well and everybody enters. Then prices have moved, the fault is there, and everybody acts again:
`exit` wants to sell by its stop, `mark` only holds, `entry` wants to buy, `bundle` a set, `leaving` is being closed and
sells one, `dry` only wishes, `touch` fills without books, `idle` does nothing. `well` buys where nothing is wrong.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

from prescient_dagster.catalog import code_version, load_strategy
from prescient_dagster.store.books import portfolios
from prescient_dagster.store.books.cycles import Stage
from prescient_dagster.store.database import Database
from prescient_dagster.store.market import captures
from prescient_dagster.usecases import settle, take_capture
from prescient_dagster.usecases.take_capture import Taken
from prescient_dagster.usecases.trade import CycleRunner
from prescient_dagster.usecases.trade_plans import Order, Result
from prescient_dagster.venue.polymarket.pacing import RetryPolicy
from prescient_dagster.venue.polymarket.venue import PolymarketVenue
from tests.venue.gamma import NOON, Record
from tests.venue.wire_server import NO_BOOK, Answer, WireVenue, a_set, an_event_of, levels, quoted

AFFECTED = ("exit", "mark", "entry", "leg1", "sold1")
"""The markets whose books fail; the others' are as they should be where the fault is of single books."""
TOKENS = tuple(f"{market}{token}" for market in AFFECTED for token in (1, 2))
RETRY = RetryPolicy(attempts=2, first_wait_seconds=0.01)


@dataclass(frozen=True)
class Fault:
    """What is wrong with the books, and what an order on one of them is refused for.

    Attributes:
        whole: whether the service fails as a whole, not single books.
        bid: whether the listing's bid stays, since nobody knows better.
    """

    name: str
    reason: str
    book: Any = None
    instead: Callable[[WireVenue, Sequence[str]], Answer | None] = lambda _venue, _tokens: None
    bid: bool = False
    whole: bool = False

    def strike(self, venue: WireVenue) -> None:
        """Let it happen."""
        for token in TOKENS:
            if self.book is None:
                venue.books.pop(token)
            else:
                venue.books[token] = self.book
        venue.instead = partial(self.instead, venue)


def _silence(venue: WireVenue, _tokens: Sequence[str]) -> Answer:
    venue.closing.wait(10)
    return 200, b"[]"


BIDS, ASKS = levels(("0.30", "500")), levels(("0.9", "500"))
FAULTS = (
    Fault("404", "no_book", instead=lambda _, tokens: NO_BOOK if set(tokens) & set(TOKENS) else None),
    Fault("500", "venue_unavailable", instead=lambda _, __: (500, b"oops"), bid=True, whole=True),
    Fault("html", "venue_unavailable", instead=lambda _, __: (200, b"<html>busy</html>"), bid=True, whole=True),
    Fault("timeouts", "venue_unavailable", instead=_silence, bid=True, whole=True),
    Fault("bad level", "book_unusable", {"bids": BIDS, "asks": levels(("", "500"))}, bid=True),
    Fault("crossed", "book_unusable", {"bids": levels(("0.95", "500")), "asks": levels(("0.05", "500"))}, bid=True),
    Fault("missing", "no_book"),
    Fault("empty", "no_liquidity", {"bids": [], "asks": []}),
)

PORTFOLIOS: Mapping[str, tuple[str, Mapping[str, Any]]] = {
    "exit": ("momentum", {"market_min_conviction": 0.55, "market_max_conviction": 0.57, "stop_loss": 0.1}),
    "mark": ("momentum", {"market_min_conviction": 0.65, "market_max_conviction": 0.67}),
    "entry": ("momentum", {"market_min_conviction": 0.59, "market_max_conviction": 0.61}),
    "touch": ("momentum", {"market_min_conviction": 0.59, "market_max_conviction": 0.61, "fill_model": "touch"}),
    "dry": ("momentum", {"market_min_conviction": 0.59, "market_max_conviction": 0.61}),
    "well": ("momentum", {"market_min_conviction": 0.75, "market_max_conviction": 0.77}),
    "idle": ("momentum", {"market_min_conviction": 0.95, "market_max_conviction": 0.99}),
    "bundle": ("arbitrage", {"min_profit_margin": 0.2}),
    "leaving": ("arbitrage", {}),
}
FIRST = [slug for slug in PORTFOLIOS if slug != "bundle"]


def before() -> list[Record]:
    """The listing in which the positions are entered."""
    return [
        an_event_of("e1", quoted("exit", 0.77, 0.79)),
        an_event_of("e2", quoted("mark", 0.82, 0.84)),
        an_event_of("e3", quoted("entry", 0.30, 0.32)),
        an_event_of("e4", quoted("well", 0.30, 0.32)),
        a_set("e5", *(quoted(f"leg{number}", 0.32, 0.36) for number in (1, 2, 3))),
        a_set("e6", *(quoted(f"sold{number}", 0.28, 0.30) for number in (1, 2, 3))),
    ]


def after() -> list[Record]:
    """The listing on which the fault is met."""
    return [
        an_event_of("e1", quoted("exit", 0.56, 0.58)),
        an_event_of("e2", quoted("mark", 0.70, 0.72)),
        an_event_of("e3", quoted("entry", 0.79, 0.81)),
        an_event_of("e4", quoted("well", 0.87, 0.89)),
        a_set("e5", *(quoted(f"leg{number}", 0.20, 0.22) for number in (1, 2, 3))),
        a_set("e6", *(quoted(f"sold{number}", 0.34, 0.36) for number in (1, 2, 3))),
    ]


@dataclass
class Faulty:
    """The world after everybody has met the fault."""

    database: Database
    folder: Path
    wire: WireVenue
    moments: int = 0
    results: dict[str, Result] = field(default_factory=dict)

    @contextmanager
    def venue(self) -> Iterator[PolymarketVenue]:
        at = NOON + self.moments * timedelta(minutes=5)
        venue = PolymarketVenue(self.wire.address, self.wire.address, clock=lambda: at, retry=RETRY)
        yield venue
        venue.close()

    def take(self) -> Taken:
        """What the job `market_data` does."""
        self.moments += 1
        with self.venue() as venue:
            taken = take_capture.take(self.database, self.folder, venue)
            assert taken is not None
            capture = captures.load(self.database, self.folder, taken.record.capture_id)
            settle.ask(self.database, capture, taken.record, venue)
        list(settle.settle(self.database, taken.record))
        captures.mark_ready(self.database, taken.record.capture_id)
        return taken

    def trade(self, *slugs: str, **order: Any) -> dict[str, Result]:
        """A cycle of these portfolios."""
        for strategy in ("momentum", "arbitrage"):
            group = [slug for slug in slugs if PORTFOLIOS.get(slug, ("momentum",))[0] == strategy]
            with self.venue() as venue:
                runner = CycleRunner(load_strategy(strategy), self.database, self.folder, partial(nullcontext, venue))
                made = runner.carry_out(Order(group, code_version=code_version(strategy), **order)) if group else ()
                self.results |= {result.slug: result for result in made}
        return self.results


def lived_through(fault: Fault, database: Database, folder: Path, wire: WireVenue) -> Faulty:
    """Everybody enters, then meets the fault; what became of that is in the results."""
    world = Faulty(database, folder, wire)
    for slug, (strategy, config) in PORTFOLIOS.items():
        portfolios.create(database, portfolios.NewPortfolio(slug, strategy, Decimal(10_000), strategy_config=config))
    wire.lists(*before())
    world.take()
    assert {slug for slug, result in world.trade(*FIRST).items() if result.trades} == {"exit", "mark", "leaving"}
    portfolios.close(database, "leaving")
    wire.lists(*after())
    fault.strike(wire)
    world.take()
    world.trade(*(slug for slug in PORTFOLIOS if slug != "dry"))
    world.trade("dry", stages=frozenset({Stage.SIGNALS}))
    return world
