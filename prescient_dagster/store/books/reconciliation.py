"""The books rebuilt from the trades, for all portfolios in two queries, and what does not agree."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from decimal import Decimal

from sqlalchemy import Connection, func, select

from prescient_dagster.domain.books.ledger import Holding
from prescient_dagster.domain.books.reconciliation import Totals, differences
from prescient_dagster.domain.market.sides import Side
from prescient_dagster.store.books.cycles import standings
from prescient_dagster.store.database import Database
from prescient_dagster.store.tables import portfolios, trades

SharesAndCost = tuple[Decimal, Decimal]
Held = dict[Holding, SharesAndCost]
Labels = dict[Holding, str | None]


def reconcile(database: Database, slugs: Sequence[str] | None = None) -> dict[str, list[str]]:
    """What does not agree in the books of each portfolio; an empty list where they balance. None: all portfolios."""
    if slugs is None:
        with database.begin() as connection:
            slugs = list(connection.scalars(select(portfolios.c.slug).order_by(portfolios.c.portfolio_id)))
    with database.view() as connection:
        found = standings(connection, slugs)
        totals = _totals(connection, [standing.portfolio.portfolio_id for standing in found.values()])
    return {
        slug: list(differences(standing.account, totals[standing.portfolio.portfolio_id]))
        for slug, standing in found.items()
    }


def _totals(connection: Connection, portfolio_ids: Iterable[int]) -> dict[int, Totals]:
    ids = list(portfolio_ids)
    query = (
        select(
            trades.c.portfolio_id,
            func.sum(trades.c.cash_delta),
            func.sum(trades.c.cost_delta),
            func.sum(trades.c.fee),
            func.count(),
        )
        .where(trades.c.portfolio_id.in_(ids))
        .group_by(trades.c.portfolio_id)
    )
    holdings = _holdings(connection, ids)
    totals = {
        portfolio_id: Totals(cash, cost, fees, count, *holdings[portfolio_id])
        for portfolio_id, cash, cost, fees, count in connection.execute(query)
    }
    return {portfolio_id: totals.get(portfolio_id, Totals()) for portfolio_id in ids}


def _holdings(connection: Connection, ids: list[int]) -> dict[int, tuple[Held, Labels]]:
    shares, cost, label = func.sum(trades.c.shares), func.sum(trades.c.cost_delta), func.max(trades.c.side_label)
    query = (
        select(trades.c.portfolio_id, trades.c.market_id, trades.c.side, shares, cost, label)
        .where(trades.c.portfolio_id.in_(ids))
        .group_by(trades.c.portfolio_id, trades.c.market_id, trades.c.side)
        .having((shares != 0) | (cost != 0))
    )
    found: dict[int, tuple[Held, Labels]] = defaultdict(lambda: ({}, {}))
    for portfolio_id, market_id, side, all_shares, all_cost, known in connection.execute(query):
        held, labels = found[portfolio_id]
        held[market_id, Side(side)], labels[market_id, Side(side)] = (all_shares, all_cost), known
    return found
