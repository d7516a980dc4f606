"""A recorded venue whose markets say day by day how they ended, and portfolios that trade and are settled by it."""

from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd

from prescient_dagster.catalog import load_strategy
from prescient_dagster.domain.books.answers import Answers
from prescient_dagster.store.books import portfolios
from prescient_dagster.store.database import Database
from prescient_dagster.store.market import captures
from prescient_dagster.usecases import settle
from prescient_dagster.usecases.trade import CycleRunner
from prescient_dagster.usecases.trade_plans import Order
from prescient_dagster.venue.recorded import RecordedVenue
from tests.assets.worlds import START, a_listing

OPEN, GONE = "open", "gone"
CLOSED: Mapping[str, dict[str, Any]] = {
    "yes": {"yes_price": 1.0, "no_price": 0.0, "resolution_status": "resolved"},
    "no": {"yes_price": 0.0, "no_price": 1.0, "resolution_status": "resolved"},
    "void": {"yes_price": 0.5, "no_price": 0.5, "resolution_status": "resolved"},
    "disputed": {"yes_price": 1.0, "no_price": 0.0, "resolution_status": "disputed"},
    "pending": {"yes_price": 0.61, "no_price": 0.39, "resolution_status": ""},
    "tie": {"yes_price": 0.5, "no_price": 0.5, "resolution_status": ""},
    "no price": {"yes_price": None, "no_price": None, "resolution_status": ""},
}
HIDDEN: Mapping[str, dict[str, Any]] = {
    "hidden": {"best_bid": 0.64, "best_ask": 0.66, "yes_price": 0.65},
    "nobody bids": {"best_bid": None, "best_ask": 0.9, "yes_price": 0.6, "last_price": 0.3},
}
"""Open markets of events that are not listed as open."""
PAYS = {"yes": Decimal(1), "no": Decimal(0), "void": Decimal("0.5")}
"""What a YES share is paid, USD."""


class Venue:
    """Market 500 says the first word, 501 the second, and so on; the last market is always open.

    Args:
        own_events: whether each market has an event of its own, which leaves the listing when it closes.
    """

    def __init__(self, database: Database, folder: Path, recordings: Path, *, own_events: bool = False) -> None:
        self.database, self.folder, self.recordings, self.own_events = database, folder, recordings, own_events
        recordings.mkdir(exist_ok=True)

    def portfolio(self, slug: str = "one", **config: Any) -> None:
        config = {"fill_model": "touch", "max_positions": 200, **config}
        portfolios.create(
            self.database, portfolios.NewPortfolio(slug, "momentum", Decimal(100_000), strategy_config=config)
        )

    def day(self, day: float, words: Sequence[str], *slugs: str, answers: bool = True) -> Answers:
        """Record this day, take a capture of it, settle, and let these portfolios trade; what was asked, and told.

        Args:
            answers: whether the venue answers what it is asked.
        """
        words = [*words, OPEN]
        liquid = [{"liquidity": 100_000.0 - number} for number in range(len(words) - 1)] + [{"liquidity": 90_000.0}]
        rows = [market | self._said(word) for market, word in zip(liquid, words, strict=True)]
        listing = a_listing(*rows, hours=24 * day)
        markets, events = listing.markets, listing.events
        if self.own_events:
            markets = markets.assign(event_id=markets["market_id"], event_market_count=1)
            events = pd.concat([events] * len(words), ignore_index=True)
            closed = [word in CLOSED or word in HIDDEN for word in words]
            events = events.assign(event_id=markets["market_id"], closed=closed)
        there = [word != GONE for word in words]
        events = events[there].reset_index(drop=True) if self.own_events else events
        name = f"{listing.captured_at:%Y-%m-%dT%H-%M-%SZ}"
        events.to_parquet(self.recordings / f"{name}.events.parquet", index=False)
        markets[there].reset_index(drop=True).to_parquet(self.recordings / f"{name}.markets.parquet", index=False)
        return self.take(*slugs, answers=answers)

    def take(self, *slugs: str, answers: bool = True) -> Answers:
        venue, newest = RecordedVenue(self.recordings), captures.newest(self.database)
        listing = venue.next_listing(None if newest is None else newest.captured_at)
        assert listing is not None
        record = captures.save(self.database, self.folder, listing)
        taken = captures.load(self.database, self.folder, record.capture_id)
        told = settle.ask(self.database, taken, record, venue).told if answers else {}
        list(settle.settle(self.database, record))
        captures.mark_ready(self.database, record.capture_id)
        self.cycle(*slugs)
        return told

    def cycle(self, *slugs: str, capture_id: int | None = None) -> None:
        runner = CycleRunner(
            load_strategy("momentum"), self.database, self.folder, partial(nullcontext, RecordedVenue(self.recordings))
        )
        for result in runner.carry_out(Order(list(slugs), capture_id=capture_id)) if slugs else ():
            assert result.status in ("ok", "closed"), result

    @staticmethod
    def day_of(moment: datetime) -> float:
        """On which day something was."""
        return (moment - START) / timedelta(days=1)

    @staticmethod
    def _said(word: str) -> dict[str, Any]:
        return {"closed": True, "tradable": False, **CLOSED[word]} if word in CLOSED else HIDDEN.get(word, {})
