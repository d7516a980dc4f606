"""What forecasts are scored by: the price when they first counted, and how their markets ended."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, func, or_, select

from prescient_dagster.domain.market.forecasts import row_of
from prescient_dagster.domain.market.markets import Capture
from prescient_dagster.domain.money import price
from prescient_dagster.domain.past.forecast_scores import ScoredForecast
from prescient_dagster.store.database import Database
from prescient_dagster.store.many_rows import change_rows
from prescient_dagster.store.tables import forecasts

VOID = 0.5
ID = forecasts.c.forecast_id


def any_open(database: Database) -> bool:
    """Whether there is a forecast whose market has not resolved, as far as is known."""
    with database.view() as connection:
        return connection.scalar(select(ID).where(forecasts.c.payout.is_(None)).limit(1)) is not None


def _counting(at: datetime) -> tuple[ColumnElement[bool], ...]:
    read = or_(forecasts.c.read_after.is_(None), forecasts.c.read_after < at)
    return (forecasts.c.scored_market_id.is_(None), forecasts.c.made_at <= at, read)


def note_prices(database: Database, capture: Capture) -> int:
    """Note market, event and price of the forecasts that count on this capture for the first time; how many."""
    query = select(ID, forecasts.c.market_id, forecasts.c.slug).where(*_counting(capture.captured_at))
    with database.begin() as connection:
        rows: list[dict[str, Any]] = []
        texts = capture.texts
        for forecast_id, market_id, slug in connection.execute(query):
            row = row_of(capture, market_id, slug)
            listed = capture.columns["yes_price"][row] if row >= 0 else float("nan")
            if listed == listed:  # noqa: PLR0124 - a price that is missing is NaN
                market = {"scored_market_id": texts["market_id"][row], "event_id": texts["event_id"][row]}
                rows.append({ID.name: forecast_id, "yes_price": price(listed), **market})
        change_rows(connection, forecasts, ID.name, rows)
    return len(rows)


def waiting_markets(database: Database, capture: Capture, most: int) -> list[str]:
    """Markets that were spoken of and are not open any more, by what is known; a few of them, others another time."""
    market = forecasts.c.scored_market_id
    turn = func.hashtext(func.concat(market, str(capture.capture_id)))
    query = select(market).where(market.is_not(None), forecasts.c.payout.is_(None)).group_by(market).order_by(turn)
    with database.view() as connection:
        waiting = connection.scalars(query).all()
    return [market_id for market_id in waiting if not capture.lists_open(market_id)][:most]


def note_payouts(database: Database, payouts: Mapping[str, float]) -> None:
    """Note how markets ended: what a YES share paid, by market."""
    rows = [{"scored_market_id": market_id, "payout": paid} for market_id, paid in payouts.items()]
    with database.begin() as connection:
        change_rows(connection, forecasts, "scored_market_id", rows)


def scored(database: Database) -> list[ScoredForecast]:
    """The forecasts whose market has resolved, voids left out, in the order of reading."""
    columns = (forecasts.c.source, forecasts.c.scored_market_id, forecasts.c.probability, forecasts.c.yes_price)
    query = select(*columns, forecasts.c.payout).where(forecasts.c.payout.is_not(None), forecasts.c.payout != VOID)
    with database.view() as connection:
        return [
            ScoredForecast(source, market_id, float(probability), float(listed), paid == 1)
            for source, market_id, probability, listed, paid in connection.execute(query.order_by(ID))
        ]


def counts(database: Database) -> list[dict[str, Any]]:
    """Of each source how many forecasts were read, how many wait for their market's end, and the newest, by name."""
    query = select(
        forecasts.c.source,
        func.count().label("read"),
        func.count().filter(forecasts.c.payout.is_(None)).label("waiting"),
        func.count().filter(forecasts.c.scored_market_id.is_(None)).label("without_market"),
        func.max(forecasts.c.made_at).label("newest"),
    )
    with database.view() as connection:
        rows = connection.execute(query.group_by(forecasts.c.source).order_by(forecasts.c.source))
        return [dict(row) for row in rows.mappings()]
