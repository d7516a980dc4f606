"""A recorded venue whose markets say day by day how they ended, and portfolios that trade and are settled by it."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

from prescient_dagster.assets import settling
from prescient_dagster.assets.cycle_orders import Order
from prescient_dagster.assets.portfolio_cycles import Desk
from prescient_dagster.catalog import load_strategy
from prescient_dagster.domain.settlement import Verdict
from prescient_dagster.store import captures, portfolios
from prescient_dagster.store.database import Database
from prescient_dagster.venue.recorded import RecordedVenue
from tests.assets.worlds import a_listing, favourites

OPEN, GONE = "open", "gone"
CLOSED: Mapping[str, dict[str, Any]] = {
    "yes": {"yes_price": 1.0, "no_price": 0.0, "resolution_status": "resolved"},
    "no": {"yes_price": 0.0, "no_price": 1.0, "resolution_status": "resolved"},
    "void": {"yes_price": 0.5, "no_price": 0.5, "resolution_status": "resolved"},
    "disputed": {"yes_price": 1.0, "no_price": 0.0, "resolution_status": "disputed"},
    "pending": {"yes_price": 0.61, "no_price": 0.39, "resolution_status": ""},
}
PAYS = {"yes": Decimal(1), "no": Decimal(0), "void": Decimal("0.5")}
"""What a YES share is paid, USD."""


class Venue:
    """Market 500 says the first word, 501 the second, and so on; the last market is always open."""

    def __init__(self, database: Database, folder: Path, recordings: Path) -> None:
        self.database, self.folder, self.recordings = database, folder, recordings
        recordings.mkdir(exist_ok=True)

    def portfolio(self, slug: str = "one", **config: Any) -> None:
        config = {"fill_model": "touch", "max_positions": 200, **config}
        portfolios.create(
            self.database, portfolios.NewPortfolio(slug, "momentum", Decimal(100_000), strategy_config=config)
        )

    def day(self, day: float, words: Sequence[str], *slugs: str) -> Mapping[str, Verdict]:
        """Record this day, take a capture of it, settle, and let these portfolios trade; what was asked, and told."""
        rows = [market | self._said(word) for market, word in zip(favourites(len(words)), words, strict=True)]
        listing = a_listing(*rows, *favourites(1), hours=24 * day)
        markets = listing.markets[[word != GONE for word in words] + [True]].reset_index(drop=True)
        name = f"{listing.captured_at:%Y-%m-%dT%H-%M-%SZ}"
        listing.events.to_parquet(self.recordings / f"{name}.events.parquet", index=False)
        markets.to_parquet(self.recordings / f"{name}.markets.parquet", index=False)
        return self.take(*slugs)

    def take(self, *slugs: str) -> Mapping[str, Verdict]:
        venue, newest = RecordedVenue(self.recordings), captures.newest(self.database)
        listing = venue.next_listing(None if newest is None else newest.captured_at)
        assert listing is not None
        record = captures.save(self.database, self.folder, listing)
        told = settling.ask(self.database, captures.load(self.database, self.folder, record.capture_id), record, venue)
        list(settling.settle(self.database, record))
        captures.mark_ready(self.database, record.capture_id)
        self.cycle(*slugs)
        return told

    def cycle(self, *slugs: str) -> None:
        desk = Desk(load_strategy("momentum"), self.database, self.folder, lambda *_, **__: {})
        for result in desk.carry_out(Order(list(slugs))) if slugs else ():
            assert result.status in ("ok", "closed"), result

    @staticmethod
    def _said(word: str) -> dict[str, Any]:
        return {} if word in (OPEN, GONE) else {"closed": True, "tradable": False, **CLOSED[word]}
