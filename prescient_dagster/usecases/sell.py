"""Selling what a portfolio holds by hand, on the newest capture that may be traded, under the portfolio's lock."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from prescient_dagster.domain.books.ledger import Account, Position, Trade, booked
from prescient_dagster.domain.books.portfolios import Portfolio, PortfolioStatus
from prescient_dagster.domain.books.snapshots import Snapshot
from prescient_dagster.domain.cycle import by_hand, engine, orders
from prescient_dagster.domain.cycle.orders import Conditions
from prescient_dagster.domain.cycle.players import Moment
from prescient_dagster.domain.errors import Conflict
from prescient_dagster.store.books import cycles, ledger, portfolios
from prescient_dagster.store.books.cycles import Stage, Standing
from prescient_dagster.store.books.ledger import Booking, Valuation
from prescient_dagster.store.database import Database
from prescient_dagster.store.market import captures, resolutions
from prescient_dagster.store.market.capture_folders import CaptureFolder
from prescient_dagster.store.market.captures import CaptureRecord
from prescient_dagster.usecases.change_portfolio import config_of
from prescient_dagster.usecases.trade_books import CycleBooks, OpenVenue
from prescient_dagster.usecases.trade_results import age

ATTEMPTS = 5


@dataclass(frozen=True, slots=True)
class Sale:
    """What was sold by hand, and what of the position is left, if the bids did not reach for all of it."""

    portfolio: str
    capture_id: int
    trades: Sequence[Trade]
    left: Sequence[Position]


SHOWN = ("market_id", "market_question", "side", "side_label", "shares", "price", "fee", "cash_delta", "source_ref")


def document(sale: Sale) -> dict[str, Any]:
    """Everything by its name, as JSON values may be made of it."""
    return {
        "portfolio": sale.portfolio,
        "capture_id": sale.capture_id,
        "trades": [{name: getattr(trade, name) for name in SHOWN} for trade in sale.trades],
        "left": [{"market_id": each.market_id, "side": each.side, "shares": each.shares} for each in sale.left],
    }


class Seller:
    """Sells positions of portfolios by hand."""

    def __init__(self, database: Database, captures_folder: CaptureFolder, open_venue: OpenVenue) -> None:
        self._database, self._folder = database, captures_folder
        self._books = CycleBooks(database, open_venue)

    def sell(self, name: str, market_id: str, *, bundle: bool = False) -> Sale:
        """Sell the position that the portfolio with this slug or number has in a market.

        Args:
            bundle: where it is a leg of a bundle: sell the whole of it.

        Raises:
            NotFound: there is no such portfolio, nothing is held there, or no capture is ready.
            Conflict: it cannot be sold; the message tells why.
        """
        for _ in range(ATTEMPTS):
            sale = self._sold(portfolios.get(self._database, name), market_id, bundle=bundle)
            if sale is not None:
                return sale
        raise Conflict(f"portfolio {name!r} is being changed by others all the time: sell again")

    def _sold(self, portfolio: Portfolio, market_id: str, *, bundle: bool) -> Sale | None:
        """None: somebody else changed the portfolio meanwhile."""
        standing, record = cycles.load_standing(self._database, portfolio.slug), captures.ready(self._database)
        config = config_of(portfolio)
        _require_sellable(standing, record, timedelta(minutes=config.max_capture_age_minutes))
        legs = by_hand.legs_to_sell(standing.account, market_id, bundle=bundle)
        capture = captures.load(self._database, self._folder, record.capture_id)
        order = by_hand.wish(legs, capture)
        needed = orders.tokens_needed(order, capture, config)
        self._books.need(record.capture_id, record.captured_at, needed, newest=True)
        on = Conditions(capture, config, self._books.of(record.capture_id))
        newest = standing.newest_cycle
        has_acted = newest is not None and newest.capture_id == record.capture_id
        trades = by_hand.sold(order, standing.account, on, after_cycle=has_acted)
        account = standing.account
        for trade in trades:
            account = booked(account, trade)
        moment = Moment(capture, told=resolutions.told_by(self._database, record.capture_id))
        if not self._save(standing, record, trades, *_valued(standing, account, moment)):
            return None
        left = [position for leg in legs if (position := account.positions.get(leg.holding))]
        return Sale(portfolio.slug, record.capture_id, trades, left)

    def _save(
        self,
        standing: Standing,
        record: CaptureRecord,
        trades: Sequence[Trade],
        account: Account,
        snapshot: Snapshot | None,
    ) -> bool:
        portfolio_id = standing.portfolio.portfolio_id
        with self._database.begin() as connection:
            if not cycles.locked(connection, [standing]):
                return False
            ledger.append(connection, [Booking(portfolio_id, record.capture_id, trade) for trade in trades])
            cycles.save_accounts(connection, [(standing, account)], record.captured_at)
            if snapshot is not None:
                ledger.save_snapshots(connection, [Valuation(portfolio_id, record.capture_id, account, snapshot)])
        return True


def _require_sellable(standing: Standing, record: CaptureRecord, oldest: timedelta) -> None:
    """Raise `Conflict` where nothing can be sold on this capture."""
    slug, newest = standing.portfolio.slug, standing.newest_cycle
    if standing.portfolio.status is PortfolioStatus.CLOSED:
        raise Conflict(f"portfolio {slug!r} is closed and holds nothing")
    if age(record) > oldest:
        minutes = age(record).total_seconds() / 60
        raise Conflict(f"market data is {minutes:.0f} minutes old: take a capture, or raise max_capture_age_minutes")
    if standing.books_at is not None and standing.books_at > record.captured_at:
        raise Conflict(f"the books of {slug!r} are ahead of capture {record.capture_id}: sell on the next one")
    if newest is not None and newest.capture_id == record.capture_id and newest.stage is Stage.SIGNALS:
        raise Conflict(f"the signals of a dry run wait on capture {record.capture_id}: trade them, or sell on the next")


def _valued(standing: Standing, account: Account, moment: Moment) -> tuple[Account, Snapshot | None]:
    """Valued anew, where it was valued on this capture before; else its cycle does that, by what it finds."""
    if standing.account.equity_track.at != moment.at:
        return account, None
    act = engine.act(None, account, moment, None)
    return act.account, act.snapshot
