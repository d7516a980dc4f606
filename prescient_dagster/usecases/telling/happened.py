"""What has happened since a channel was last told: fills, settlements, halts, and once a day how portfolios are."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from sqlalchemy import RowMapping

from prescient_dagster.domain.books.ledger import TradeKind
from prescient_dagster.domain.books.portfolios import PortfolioStatus
from prescient_dagster.domain.market.sides import labelled
from prescient_dagster.domain.watch.notices import Cursor, Notice, NoticeKind, Read, day_told
from prescient_dagster.store import notices
from prescient_dagster.store.books import statements
from prescient_dagster.store.books.portfolio_log import Logged
from prescient_dagster.store.database import Database

DONE = {TradeKind.BUY: "bought", TradeKind.SELL: "sold"}


@dataclass(frozen=True, slots=True)
class Happened:
    """What there is to tell, and what has been told once it is."""

    notices: Sequence[Notice]
    then: Cursor


def from_now(database: Database, at: datetime) -> Cursor:
    """As if all that has happened by now were told."""
    trades, log = notices.ends(database)
    return Cursor(Read(trades), Read(log), at.astimezone(UTC).date())


def happened(database: Database, told: Cursor, at: datetime) -> Happened:
    """Everything since then, in the order in which it was booked."""
    trades, log = notices.new_trades(database, told.trades), notices.new_log(database, told.log)
    found = [_traded(row) for row in trades]
    found += [_halted(row) for row in log if row["what"] == Logged.HALTED]
    today = at.astimezone(UTC).date()
    if today > told.day:
        found += _day(database, today - timedelta(days=1))
    then = Cursor(
        told.trades.after([row["trade_id"] for row in trades], at),
        told.log.after([row["log_id"] for row in log], at),
        max(today, told.day),
    )
    return Happened(found, then)


def _traded(row: RowMapping) -> Notice:
    side, cash = labelled(row["side"], row["side_label"]), row["cash_delta"]
    kind = TradeKind(row["kind"])
    shares, question = f"{abs(row['shares']):,.2f} {side}", row["market_question"]
    if kind in DONE:
        price = f"{row['price'].normalize():f}"
        text = f"{DONE[kind]} {shares} at {price} for {abs(cash):,.2f} USD: {question}"
        return Notice(NoticeKind.FILL, row["slug"], text)
    text = f"{kind} of {shares}: {cash:+,.2f} USD: {question}"
    return Notice(NoticeKind.SETTLEMENT, row["slug"], text)


def _halted(row: RowMapping) -> Notice:
    why = str(row["details"].get("by", "")).replace("_", " ")
    text = f"halted ({why}): it enters nothing until `prescient portfolio resume {row['slug']}`"
    return Notice(NoticeKind.HALT, row["slug"], text)


def _day(database: Database, day: date) -> Iterator[Notice]:
    begin = datetime.combine(day, time(), UTC)
    counts = notices.trades_between(database, begin, begin + timedelta(days=1))
    for each in statements.list_statements(database):
        if each["status"] != PortfolioStatus.CLOSED:
            slug = each["slug"]
            told = day_told(day, each["equity"], each["initial_balance"], each["positions"], counts.get(slug, 0))
            yield Notice(NoticeKind.DAY, slug, told)
