"""Cycles: what a portfolio needs to act on a capture, and what it has afterwards, under a lock on its row.

Who computed on a state that has changed since is told so and computes again.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Row, case, func, select, union_all, update
from sqlalchemy.dialects.postgresql import distinct_on

from prescient_dagster.domain.books.exit_rules import ExitRule
from prescient_dagster.domain.books.ledger import Account, Holding, Position
from prescient_dagster.domain.books.portfolios import Portfolio, PortfolioStatus
from prescient_dagster.domain.errors import NotFound
from prescient_dagster.domain.market.sides import Side
from prescient_dagster.store.books import equity_tracks, ledger
from prescient_dagster.store.books.portfolios import close_if_flat, of_row
from prescient_dagster.store.database import Database
from prescient_dagster.store.many_rows import change_rows
from prescient_dagster.store.market.stamps import MISDATED, STORED
from prescient_dagster.store.tables import captures, configs, cycles, portfolios, positions, trades


class Stage(StrEnum):
    """How far a cycle has come; each stage includes the ones before."""

    SIGNALS = "signals"
    TRADES = "trades"
    SNAPSHOTS = "snapshots"


@dataclass(frozen=True, slots=True)
class CycleRecord:
    """A cycle as it is stored; `config` is the effective one.

    Attributes:
        started_at: real time; `captured_at` is the venue's.
        run_id: of the Dagster run that began it; empty: none did.
    """

    cycle_id: int
    portfolio_id: int
    capture_id: int
    captured_at: datetime
    config: dict[str, Any]
    config_sha256: str
    stage: Stage
    started_at: datetime
    run_id: str


@dataclass(frozen=True, slots=True)
class Standing:
    """A portfolio with its books at one moment.

    Attributes:
        version: of the portfolio's row and books; a save refuses where it has moved on.
        newest_cycle: the newest cycle there is, on whatever capture.
        books_at: `captured_at` of the newest capture that the books have seen, by a cycle or a settlement.
        portfolio_failed: whether its last cycle failed.
    """

    portfolio: Portfolio
    account: Account
    version: int
    newest_cycle: CycleRecord | None
    books_at: datetime | None = None
    portfolio_failed: bool = False


def load_standings(database: Database, slugs: Sequence[str]) -> dict[str, Standing]:
    """The portfolios of these slugs with their books, in a handful of queries; unknown slugs are absent."""
    with database.view() as connection:
        return standings(connection, slugs)


def standings(connection: Connection, slugs: Sequence[str]) -> dict[str, Standing]:
    """The same, as this transaction sees them."""
    # Who traded a capture from the future goes on with the next one that is dated right.
    from_the_future = portfolios.c.books_at.in_(select(captures.c.captured_at).where(MISDATED))
    query = select(portfolios, from_the_future.label("from_the_future")).where(portfolios.c.slug.in_(slugs))
    rows = connection.execute(query).all()
    ids = [row.portfolio_id for row in rows]
    held = _positions(connection, ids)
    stopped = _stopped(connection, ids)
    newest = _newest_cycles(connection, ids)
    return {
        row.slug: _standing(row, held[row.portfolio_id], stopped[row.portfolio_id], newest.get(row.portfolio_id))
        for row in rows
    }


def acted(database: Database, capture_id: int) -> int:
    """How many portfolios have had their cycle on a capture."""
    with database.begin() as connection:
        query = select(func.count()).where(cycles.c.capture_id == capture_id)
        return int(connection.scalar(query) or 0)


def load_standing(database: Database, slug: str) -> Standing:
    """One portfolio with its books.

    Raises:
        NotFound: no portfolio has this slug.
    """
    found = load_standings(database, [slug])
    if slug not in found:
        raise NotFound(f"no portfolio {slug!r}; `prescient portfolio list` names those there are")
    return found[slug]


def _standing(
    row: Row[Any], held: dict[Holding, Position], stopped: dict[str, datetime], newest: CycleRecord | None
) -> Standing:
    balances = {name: getattr(row, name) for name in ("initial_balance", *BALANCES)}
    account = Account(**balances, positions=held, stopped=stopped, track=equity_tracks.of_row(row))
    books_at = None if row.from_the_future else row.books_at
    return Standing(of_row(row._mapping), account, row.version, newest, books_at, row.last_error is not None)


def _positions(connection: Connection, ids: Iterable[int]) -> dict[int, dict[Holding, Position]]:
    same = captures.c.captured_at == positions.c.opened_at
    truly = select(STORED).where(MISDATED, same).limit(1).correlate(positions).scalar_subquery()
    columns = [column for column in positions.columns if column.name != "opened_at"]
    query = select(*columns, func.coalesce(truly, positions.c.opened_at).label("opened_at"))
    query = query.where(positions.c.portfolio_id.in_(ids)).order_by(positions.c.market_id, positions.c.side)
    held: dict[int, dict[Holding, Position]] = defaultdict(dict)
    rows = connection.execute(query)
    names = list(rows.keys())
    for row in rows:
        values = dict(zip(names, row, strict=True))
        portfolio_id, side = values.pop("portfolio_id"), Side(values.pop("side"))
        position = Position(side=side, **values)
        held[portfolio_id][position.holding] = position
    return held


def _stopped(connection: Connection, ids: Iterable[int]) -> dict[int, dict[str, datetime]]:
    """When each market was last sold by a stop or by hand, per portfolio; each is found by an index of its own."""
    by_stop = trades.c.details["exit"].astext == ExitRule.STOP_LOSS
    by_hand = trades.c.source_ref.startswith(f"{ExitRule.BY_HAND}:", autoescape=True)
    at = case((MISDATED, STORED), else_=trades.c.timestamp)
    rows = select(trades.c.portfolio_id, trades.c.market_id, at).join_from(trades, captures)
    mine = rows.where(trades.c.portfolio_id.in_(ids))
    stopped: dict[int, dict[str, datetime]] = defaultdict(dict)
    for portfolio_id, market_id, moment in connection.execute(union_all(mine.where(by_stop), mine.where(by_hand))):
        of_one = stopped[portfolio_id]
        of_one[market_id] = max(of_one.get(market_id, moment), moment)
    return stopped


def _newest_cycles(connection: Connection, ids: Iterable[int]) -> dict[int, CycleRecord]:
    query = (
        select(cycles, captures.c.captured_at)
        .join(captures)
        .where(cycles.c.portfolio_id.in_(ids))
        .order_by(cycles.c.portfolio_id, cycles.c.capture_id.desc())
        .ext(distinct_on(cycles.c.portfolio_id))
    )
    rows = connection.execute(query).all()
    effective = effective_configs(connection, {row.config_sha256 for row in rows})
    return {row.portfolio_id: _cycle_record(row, effective[row.config_sha256]) for row in rows}


def effective_configs(connection: Connection, sha256s: Collection[str]) -> dict[str, dict[str, Any]]:
    """The configs of these sha256, each read once."""
    query = select(configs.c.config_sha256, configs.c.config).where(configs.c.config_sha256.in_(sha256s))
    return {row.config_sha256: row.config for row in connection.execute(query)}


def _cycle_record(row: Row[Any], config: dict[str, Any]) -> CycleRecord:
    values = {name: getattr(row, name) for name in CycleRecord.__slots__ if name != "config"}
    return CycleRecord(**values | {"stage": Stage(row.stage), "config": config})


def locked(connection: Connection, standings: Sequence[Standing]) -> bool:
    """Lock portfolios until the transaction ends; False where one has changed since its standing was read.

    In the order of their ids, so that of two who lock the same ones nobody waits for the other for ever.
    """
    read = {standing.portfolio.portfolio_id: standing.version for standing in standings}
    query = select(portfolios.c.portfolio_id, portfolios.c.version).where(portfolios.c.portfolio_id.in_(read))
    now = connection.execute(query.order_by(portfolios.c.portfolio_id).with_for_update()).all()
    return {row.portfolio_id: row.version for row in now} == read


def reached(stages: Iterable[Stage]) -> Stage:
    """The stage of a cycle after these steps: it is finished by trades and a snapshot."""
    if Stage.TRADES not in stages:
        return Stage.SIGNALS
    return Stage.SNAPSHOTS if Stage.SNAPSHOTS in stages else Stage.TRADES


def save_accounts(connection: Connection, accounts: Iterable[tuple[Standing, Account]], captured_at: datetime) -> None:
    """Write what portfolios have after a capture; each version counts up, so that nobody saves on what was before."""
    after = {standing.portfolio.portfolio_id: (standing, account) for standing, account in accounts}
    changes = {number: (standing.account.positions, account.positions) for number, (standing, account) in after.items()}
    ledger.save_positions(connection, changes)
    rows = [{"portfolio_id": number, **_afterwards(account)} for number, (_, account) in after.items()]
    change_rows(connection, portfolios, "portfolio_id", rows, books_at=captured_at, version=portfolios.c.version + 1)
    for number, (standing, _) in after.items():
        if standing.portfolio.status is PortfolioStatus.CLOSING:
            close_if_flat(connection, number)


BALANCES = ("balance", "realized_profit_loss", "fees_paid", "trade_count")


def _afterwards(account: Account) -> dict[str, Any]:
    """What an account leaves in its portfolio's row."""
    return {name: getattr(account, name) for name in BALANCES} | equity_tracks.row_of(account.equity_track)


def note_failure(database: Database, strategy_type: str, slug: str, reason: str) -> None:
    """Keep why a portfolio's cycle failed, for `prescient status`; a slug that no portfolio of it has is nobody's."""
    with database.begin() as connection:
        connection.execute(
            update(portfolios)
            .where(portfolios.c.slug == slug, portfolios.c.strategy_type == strategy_type)
            .values(last_error=reason, last_error_at=func.clock_timestamp())
        )
