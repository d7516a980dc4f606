"""How many fills came too late for their order book, and which captures no cycle traded."""

from datetime import datetime, timedelta

from sqlalchemy import Connection, Select, and_, exists, func, literal, select

from prescient_dagster.domain.books.ledger import TradeKind
from prescient_dagster.domain.strategy.fill_models import FillModel
from prescient_dagster.domain.watch.lateness import Lateness
from prescient_dagster.store.market.captures import CaptureStatus
from prescient_dagster.store.market.stamps import MISDATED
from prescient_dagster.store.tables import captures, cycles, portfolios, trades, world

DAY = timedelta(days=1)
WITHOUT_BOOKS = "recorded"  # a venue that keeps none: nothing is late there
FILLS = (TradeKind.BUY, TradeKind.SELL)


def lateness(connection: Connection) -> Lateness:
    """The last day by the venue's clock, up to the newest capture that may be traded."""
    traded = (captures.c.status == CaptureStatus.READY, ~MISDATED)
    newest = connection.scalar(select(func.max(captures.c.captured_at)).where(*traded))
    if newest is None or connection.scalar(select(world.c.venue)) == WITHOUT_BOOKS:
        return Lateness()
    filled = connection.execute(_filled(newest - DAY)).one()
    missed = {row[0]: row[1] for row in connection.execute(_missed(newest - DAY))}
    return Lateness(filled[0], filled[1], missed)


def _filled(since: datetime) -> Select[int, int]:
    """How many orders of each portfolio were filled by the order book's rules, and how many of them without one."""
    first = select(func.min(captures.c.capture_id)).where(captures.c.captured_at > since).scalar_subquery()
    by_book = (trades.c.kind.in_(FILLS), trades.c.details["fill_model"].astext == FillModel.BOOK)
    late = func.count().filter(trades.c.synthetic)
    mine = trades.join(portfolios)  # so that the index of portfolio and capture finds them
    return select(func.count(), late).select_from(mine).where(*by_book, trades.c.capture_id >= first)


def _missed(since: datetime) -> Select[str, int]:
    """By strategy: the captures after its first and before its last cycle of the day on which it has none."""
    day = (captures.c.status == CaptureStatus.READY, ~MISDATED, captures.c.captured_at > literal(since))
    spans = (
        select(
            cycles.c.strategy_type,
            func.min(captures.c.captured_at).label("first"),
            func.max(captures.c.captured_at).label("last"),
        )
        .select_from(cycles.join(captures))
        .where(*day)
        .group_by(cycles.c.strategy_type)
        .subquery()
    )
    between = and_(captures.c.captured_at > spans.c.first, captures.c.captured_at < spans.c.last)
    by_it = cycles.c.strategy_type == spans.c.strategy_type
    traded = exists().where(cycles.c.capture_id == captures.c.capture_id, by_it)
    return (
        select(spans.c.strategy_type, func.count())
        .select_from(spans.join(captures, between))
        .where(*day, ~traded)
        .group_by(spans.c.strategy_type)
    )
