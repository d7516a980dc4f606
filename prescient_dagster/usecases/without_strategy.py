"""Portfolios whose strategy is gone: valued on each capture like all others, and sold where they are being closed.

They enter nothing and no exit rule asks: with its file a strategy's own rules and defaults are gone. A file that is
there and does not load is not gone; its portfolios wait for it. Imports no Dagster.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace

from prescient_dagster.catalog import strategy_names
from prescient_dagster.domain.books.portfolios import Portfolio, PortfolioStatus
from prescient_dagster.domain.strategy.stand_in import stand_in
from prescient_dagster.store.books import portfolios
from prescient_dagster.store.books.cycles import Stage
from prescient_dagster.store.database import Database
from prescient_dagster.store.market.capture_folders import CaptureFolder
from prescient_dagster.usecases import trade_words
from prescient_dagster.usecases.trade import CycleRunner
from prescient_dagster.usecases.trade_books import OpenVenue
from prescient_dagster.usecases.trade_plans import Order, Result

VALUED = frozenset({Stage.SNAPSHOTS})


def without_strategy(found: Collection[Portfolio]) -> list[Portfolio]:
    """Those of these portfolios that are not closed and whose strategy is gone."""
    there = set(strategy_names())
    return [each for each in found if each.strategy_type not in there and each.status is not PortfolioStatus.CLOSED]


def look_after(
    database: Database, folder: CaptureFolder, open_venue: OpenVenue, chosen: Sequence[Portfolio], capture_id: int
) -> Iterator[Result]:
    """Value these portfolios on a capture that is ready, and sell what those hold that are being closed.

    One result per portfolio; one that fails fails alone, and its failure is kept as that of any cycle.

    Raises:
        NotFound: there is no such capture.
        Conflict: it is not ready.
    """
    for strategy_type in sorted({each.strategy_type for each in chosen}):
        runner = CycleRunner(stand_in(strategy_type), database, folder, open_venue)
        mine = [each for each in chosen if each.strategy_type == strategy_type]
        closing = [each.slug for each in mine if each.status is PortfolioStatus.CLOSING]
        waiting = [each.slug for each in mine if each.status is not PortfolioStatus.CLOSING]
        if closing:
            yield from runner.carry_out(Order(closing, capture_id=capture_id))
        if waiting:
            for result in runner.carry_out(Order(waiting, VALUED, capture_id)):
                yield result if result.error else replace(result, why=trade_words.without_strategy(strategy_type))


def look_after_all(
    database: Database, folder: CaptureFolder, open_venue: OpenVenue, capture_id: int
) -> Iterator[Result]:
    """The same for all of them there are."""
    yield from look_after(database, folder, open_venue, without_strategy(portfolios.list_all(database)), capture_id)
