"""Portfolios: made, found, changed. Each change counts up the version, so that no cycle saves on what was before.

Wherever a portfolio is named, its slug and its number do.
"""

import difflib
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, RowMapping, exists, select, update
from sqlalchemy.dialects.postgresql import insert

from prescient_dagster.domain.books.equity_track import EquityTrack
from prescient_dagster.domain.books.portfolios import (
    SLUG,
    Portfolio,
    PortfolioStatus,
    archived_slug,
    checked_balance,
    checked_new_slug,
)
from prescient_dagster.domain.errors import Conflict, InvalidInput, NotFound
from prescient_dagster.store.books import equity_tracks, portfolio_log
from prescient_dagster.store.books.portfolio_log import Logged
from prescient_dagster.store.database import Database, storable
from prescient_dagster.store.tables import cycles, portfolios, positions, replays

NUMBER = re.compile(r"[0-9]{1,18}")


@dataclass(frozen=True, slots=True)
class NewPortfolio:
    """What a portfolio is made from; without a name it is called by its slug. `initial_balance` in USD."""

    slug: str
    strategy_type: str
    initial_balance: Decimal
    name: str = ""
    description: str = ""
    strategy_config: Mapping[str, Any] = field(default_factory=dict)


def create(database: Database, new: NewPortfolio) -> Portfolio:
    """A new portfolio that holds its initial balance in cash. Strategy and config are the caller's to check.

    A closed portfolio gives up its slug to the new one, and is found by `archived_slug` from then on.

    Raises:
        InvalidInput: slug, balance or a text cannot be used.
        Conflict: the slug is taken.
    """
    balance = checked_balance(new.initial_balance)
    values = {
        "slug": checked_new_slug(new.slug),
        "name": _checked_text("name", new.name) or new.slug,
        "description": _checked_text("description", new.description),
        "strategy_type": new.strategy_type,
        "strategy_config": dict(new.strategy_config),
        "initial_balance": balance,
        "balance": balance,
    }
    with database.begin() as connection:
        _archive(connection, new.slug)
        added = insert(portfolios).values(values).on_conflict_do_nothing(index_elements=["slug"])
        row = connection.execute(added.returning(portfolios)).mappings().one_or_none()
    if row is None:
        raise Conflict(f"slug {new.slug!r} is taken: choose another, or close that portfolio first")
    return of_row(row)


def _archive(connection: Connection, slug: str) -> None:
    """Rename the closed portfolio that has this slug, if one has, and with it what replays call it."""
    mine = (portfolios.c.slug == slug, portfolios.c.status == PortfolioStatus.CLOSED)
    number = connection.scalar(select(portfolios.c.portfolio_id).where(*mine).with_for_update())
    if number is None:
        return
    renamed = archived_slug(slug, number)
    this = portfolios.c.portfolio_id == number
    connection.execute(update(portfolios).where(this).values(slug=renamed, version=portfolios.c.version + 1))
    connection.execute(update(replays).where(replays.c.portfolio == slug).values(portfolio=renamed))


def _checked_text(what: str, text: str) -> str:
    if storable(text) != text:
        raise InvalidInput(f"{what} {text!r} holds characters that cannot be kept: use plain text")
    return text.strip()


def get(database: Database, name: str) -> Portfolio:
    """The portfolio with this slug or number, or `NotFound`."""
    with database.begin() as connection:
        return of_row(row_of(connection, name))


def list_all(database: Database, strategy_type: str | None = None) -> list[Portfolio]:
    """All portfolios, or those of one strategy, the oldest first."""
    query = select(portfolios).order_by(portfolios.c.portfolio_id)
    if strategy_type is not None:
        query = query.where(portfolios.c.strategy_type == strategy_type)
    with database.begin() as connection:
        return [of_row(row) for row in connection.execute(query).mappings()]


def closed_slugs(database: Database) -> list[str]:
    """What closed portfolios are called, the oldest first.

    Raises:
        NotFound: there is none.
    """
    found = [each.slug for each in list_all(database) if each.status is PortfolioStatus.CLOSED]
    if not found:
        raise NotFound("no portfolio is closed; without --archived the report is of all there are")
    return found


@dataclass(frozen=True, slots=True)
class Activity:
    """What the portfolios of one strategy are doing, closed ones left out.

    Attributes:
        failing: why the last cycle failed, by slug, of those whose last cycle failed.
        halted: since when and by what those are halted that are, by slug.
        last_cycle_at: by our clock, of any of them.
    """

    portfolios: int
    failing: dict[str, str]
    last_cycle_at: datetime | None
    halted: Mapping[str, EquityTrack] = field(default_factory=dict)


def activity(database: Database) -> dict[str, Activity]:
    """What the portfolios are doing, by strategy."""
    mine = select(cycles.c.started_at).where(cycles.c.portfolio_id == portfolios.c.portfolio_id)
    last = mine.order_by(cycles.c.capture_id.desc()).limit(1)
    query = select(
        portfolios.c.strategy_type,
        portfolios.c.slug,
        portfolios.c.last_error,
        *(portfolios.c[name] for name in equity_tracks.COLUMNS),
        last.scalar_subquery().label("last"),
    ).where(portfolios.c.status != PortfolioStatus.CLOSED)
    by_strategy: dict[str, list[Any]] = defaultdict(list)
    with database.begin() as connection:
        for row in connection.execute(query.order_by(portfolios.c.portfolio_id)):
            by_strategy[row.strategy_type].append(row)
    return {strategy: _activity(rows) for strategy, rows in by_strategy.items()}


def _activity(rows: Sequence[Any]) -> Activity:
    failing = {row.slug: row.last_error for row in rows if row.last_error is not None}
    ran = [row.last for row in rows if row.last is not None]
    tracks = {row.slug: equity_tracks.of_row(row) for row in rows if row.halted_at is not None}
    halted = {slug: track for slug, track in tracks.items() if track is not None}
    return Activity(len(rows), failing, max(ran, default=None), halted)


def change(  # noqa: PLR0913 - what can be changed, and who does
    database: Database,
    name: str,
    *,
    new_name: str | None = None,
    description: str | None = None,
    strategy_config: dict[str, Any] | None = None,
    by: str = "",
    tried: Mapping[str, Any] | None = None,
) -> Portfolio:
    """Change what is given; the config replaces the stored one whole. The caller has checked it.

    Args:
        by: who does, for the log.
        tried: what a try of the config had said.

    Raises:
        NotFound: no such portfolio.
        Conflict: it is closed.
    """
    given = {
        "name": None if new_name is None else _checked_text("name", new_name),
        "description": None if description is None else _checked_text("description", description),
        "strategy_config": strategy_config,
    }
    values = {column: value for column, value in given.items() if value is not None}
    with database.begin() as connection:
        there = lock(connection, name)
        if there.status is PortfolioStatus.CLOSED:
            raise Conflict(f"portfolio {there.slug!r} is closed: it keeps what it has, create another")
        if strategy_config is not None and strategy_config != there.strategy_config:
            told = {"before": there.strategy_config, "after": strategy_config, "try": tried}
            portfolio_log.note(connection, [(there.portfolio_id, Logged.CONFIG, by, told)])
        return _write(connection, there, values) if values else there


def pause(database: Database, name: str, by: str = "") -> Portfolio:
    """Stop it from trading; it is still valued and settled. Paused again, nothing changes."""
    with database.begin() as connection:
        there = lock(connection, name)
        if there.status is PortfolioStatus.CLOSING:
            raise Conflict(f"portfolio {there.slug!r} is closing and makes no entries: resume it before you pause it")
        return become(connection, there, PortfolioStatus.PAUSED, by)


def close(database: Database, name: str, by: str = "") -> Portfolio:
    """No more entries: closing until it is flat, closed at once if it holds nothing."""
    with database.begin() as connection:
        there = lock(connection, name)
        if there.status is PortfolioStatus.CLOSED:
            return there
        flat = _flat(connection, there.portfolio_id)
        return become(connection, there, PortfolioStatus.CLOSED if flat else PortfolioStatus.CLOSING, by)


def close_if_flat(connection: Connection, portfolio_id: int) -> None:
    """Close a closing portfolio whose last position has gone, in the transaction that removed it."""
    closing = (portfolios.c.portfolio_id == portfolio_id, portfolios.c.status == PortfolioStatus.CLOSING)
    if _flat(connection, portfolio_id):
        connection.execute(update(portfolios).where(*closing).values(status=PortfolioStatus.CLOSED))


def lock(connection: Connection, name: str) -> Portfolio:
    """The portfolio, which nobody else changes until the transaction ends, or `NotFound`."""
    return of_row(row_of(connection, name, locked=True))


LOGGED = {
    PortfolioStatus.ACTIVE: Logged.RESUMED,
    PortfolioStatus.PAUSED: Logged.PAUSED,
    PortfolioStatus.CLOSING: Logged.CLOSED,
    PortfolioStatus.CLOSED: Logged.CLOSED,
}


def become(connection: Connection, there: Portfolio, status: PortfolioStatus, by: str) -> Portfolio:
    """The locked portfolio with another status; the log says who changed it. `Conflict` where it is closed."""
    if there.status is PortfolioStatus.CLOSED:
        raise Conflict(f"portfolio {there.slug!r} is closed: that is final, create another")
    if there.status is status:
        return there
    told = {"before": str(there.status), "after": str(status)}
    portfolio_log.note(connection, [(there.portfolio_id, LOGGED[status], by, told)])
    return _write(connection, there, {"status": status})


def _write(connection: Connection, there: Portfolio, values: dict[str, Any]) -> Portfolio:
    written = (
        update(portfolios)
        .where(portfolios.c.portfolio_id == there.portfolio_id)
        .values(values | {"version": portfolios.c.version + 1})
    )
    return of_row(connection.execute(written.returning(portfolios)).mappings().one())


def _flat(connection: Connection, portfolio_id: int) -> bool:
    return not connection.scalar(select(exists().where(positions.c.portfolio_id == portfolio_id)))


def row_of(connection: Connection, name: str, *, locked: bool = False) -> RowMapping:
    """The row of the portfolio with this slug or number, or `NotFound` with the slug that is probably meant."""
    by_slug = portfolios.c.slug == (name if SLUG.fullmatch(name) else None)
    query = select(portfolios).where(portfolios.c.portfolio_id == int(name) if NUMBER.fullmatch(name) else by_slug)
    row = connection.execute(query.with_for_update() if locked else query).mappings().one_or_none()
    if row is not None:
        return row
    near = difflib.get_close_matches(name, connection.scalars(select(portfolios.c.slug)).all(), n=1)
    meant = f"did you mean {near[0]}? " if near else ""
    raise NotFound(f"there is no portfolio {name!r}: {meant}`prescient portfolio list` shows those there are")


def of_row(row: RowMapping) -> Portfolio:
    """The portfolio in a row of the table."""
    names = (column for column in Portfolio.__slots__ if column != "status")
    return Portfolio(**{name: row[name] for name in names}, status=PortfolioStatus(row["status"]))
