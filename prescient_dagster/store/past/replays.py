"""Replays: kept apart from the live books, written while they are played, and read as any portfolio's history.

A replay is written in one transaction: one that breaks off leaves nothing.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, RowMapping, Table, delete, select, update

from prescient_dagster.domain.books.ledger import rebuilt
from prescient_dagster.domain.books.settlement import Ending, Verdict
from prescient_dagster.domain.books.snapshots import Snapshot, unvalued
from prescient_dagster.domain.errors import NotFound
from prescient_dagster.domain.figures.performance import History, performance, read_figures, track_record
from prescient_dagster.domain.figures.round_trips import PricedTrade
from prescient_dagster.domain.market.markets import Capture
from prescient_dagster.domain.past.replay import ReplayStep
from prescient_dagster.store.books.ledger import marks, trade_of, trade_row
from prescient_dagster.store.books.orders import signal_row
from prescient_dagster.store.books.positions import marked
from prescient_dagster.store.database import Database, storable
from prescient_dagster.store.figures.performance import SNAPSHOT_FIELDS, Histories
from prescient_dagster.store.market.capture_sources import ReadSoFar
from prescient_dagster.store.tables import replay_signals, replay_snapshots, replay_trades, replays

ROWS_AT_ONCE = 200
LABEL = "replay:"
FOLLOWED = (replay_signals.c.replay_id == replay_trades.c.replay_id) & (
    replay_signals.c.number == replay_trades.c.signal_number
)
"""A trade and the signal that it followed."""


@dataclass(frozen=True, slots=True)
class NewReplay:
    """What is known of a replay before it is played.

    Attributes:
        portfolio: the slug of the portfolio whose settings were taken.
        source: where the captures come from.
        from_time: what was asked for; None: from the first capture, likewise `to_time`.
    """

    strategy_type: str
    config: Mapping[str, Any]
    config_sha256: str
    code_version: str
    source: str
    initial_balance: Decimal
    name: str = ""
    portfolio: str | None = None
    from_time: datetime | None = None
    to_time: datetime | None = None


class ReplayWriter:
    """Writes one replay while it is played, a batch at a time."""

    def __init__(self, connection: Connection, new: NewReplay) -> None:
        values = asdict(new) | {"name": storable(new.name)}
        inserted = connection.execute(replays.insert().returning(replays.c.replay_id), values)
        self.replay_id: int = inserted.scalar_one()
        self._connection = connection
        self._rows: dict[Table, list[dict[str, Any]]] = defaultdict(list)
        self._signals = self._trades = 0

    def add(self, capture: Capture, step: ReplayStep) -> None:
        """What was done on a capture."""
        common = {"replay_id": self.replay_id, "capture_id": capture.capture_id or None}
        for entry in step.settlements:
            self._add_trade(common, trade_row(entry, None), None)
        for rank, outcome in enumerate(step.outcomes, start=1):
            self._signals += 1
            row = {**common, **signal_row(outcome, capture), "number": self._signals, "rank": rank}
            self._rows[replay_signals].append(row)
            if outcome.trade is not None:
                self._add_trade(common, trade_row(outcome.trade, self._signals), self._signals)
        if step.snapshot is not None:
            values = {name: getattr(step.snapshot, name) for name in SNAPSHOT_FIELDS}
            self._rows[replay_snapshots].append({**common, **values, "marks": marks(step.held)})
        if sum(len(rows) for rows in self._rows.values()) >= ROWS_AT_ONCE:
            self._flush()

    def _add_trade(self, common: dict[str, Any], row: dict[str, Any], signal_number: int | None) -> None:
        self._trades += 1
        self._rows[replay_trades].append({**common, **row, "number": self._trades, "signal_number": signal_number})

    def _flush(self) -> None:
        for table, rows in self._rows.items():
            if rows:
                self._connection.execute(table.insert(), rows)
        self._rows.clear()

    def finish(self, told: ReadSoFar, endings: Mapping[str, Verdict], notes: Iterable[str] = ()) -> None:
        """Write what is left, how much was read, and the figures.

        Args:
            endings: how the markets that were traded ended, as far as the replay saw it.
            notes: what a reader has to know besides, a sentence each.
        """
        self._flush()
        self._update(
            first_captured_at=told.first,
            last_captured_at=told.last,
            captures_read=told.read,
            captures_missing=len(told.missing),
            captures_duplicated=len(told.duplicated),
            notes=[*told.notes(), *notes],
            endings={market_id: str(verdict.ending) for market_id, verdict in endings.items()},
        )
        found = histories(self._connection, [self.replay_id])
        self._update(figures=performance([track_record(found.portfolios[0], found.verdicts)]).figures())

    def _update(self, **values: Any) -> None:
        self._connection.execute(update(replays).where(replays.c.replay_id == self.replay_id).values(values))


@dataclass(frozen=True, slots=True, kw_only=True)
class Replay(NewReplay):
    """A replay as it is shown.

    Attributes:
        figures: as `performance` named them when it was played.
    """

    replay_id: int
    created_at: datetime
    first_captured_at: datetime | None
    last_captured_at: datetime | None
    captures_read: int
    captures_missing: int
    captures_duplicated: int
    notes: list[str]
    figures: dict[str, Any]


def label(replay_id: int) -> str:
    """What a replay is called among portfolios; no slug reads like that."""
    return f"{LABEL}{replay_id}"


def labelled(name: str, label: str = LABEL) -> int | None:
    """The number of the replay that is called so, or of what has another label; None: it is no such name."""
    found = re.fullmatch(f"{label}([0-9]{{1,18}})", name)
    return int(found[1]) if found else None


def get(database: Database, replay_id: int) -> Replay:
    """The replay of this number, or `NotFound`."""
    with database.begin() as connection:
        return _replay(row(connection, replay_id))


def list_all(database: Database) -> list[Replay]:
    """All replays, the oldest first."""
    with database.begin() as connection:
        return [_replay(row) for row in connection.execute(select(replays).order_by(replays.c.replay_id)).mappings()]


def remove(database: Database, replay_id: int) -> None:
    """Remove a replay with all that it holds, or `NotFound`."""
    with database.begin() as connection:
        row(connection, replay_id)
        connection.execute(delete(replays).where(replays.c.replay_id == replay_id))


def row(connection: Connection, replay_id: int) -> RowMapping:
    """The row of a replay, or `NotFound`."""
    return _rows(connection, [replay_id])[0]


def _rows(connection: Connection, replay_ids: Sequence[int]) -> list[RowMapping]:
    found = connection.execute(select(replays).where(replays.c.replay_id.in_(replay_ids))).mappings()
    rows = {row["replay_id"]: row for row in found}
    for replay_id in replay_ids:
        if replay_id not in rows:
            raise NotFound(f"there is no replay {replay_id}: `prescient replays list` shows those there are")
    return [rows[replay_id] for replay_id in replay_ids]


def _replay(row: RowMapping) -> Replay:
    values = {each.name: row[each.name] for each in fields(Replay)}
    return Replay(**values | {"figures": read_figures(row["figures"])})


def load_histories(database: Database, replay_ids: Sequence[int]) -> Histories:
    """The histories of these replays, in that order, as if they were portfolios; or `NotFound`."""
    with database.view() as connection:
        return histories(connection, replay_ids)


def histories(connection: Connection, replay_ids: Sequence[int]) -> Histories:
    """The same, as this transaction sees them. A market's ending is what one of them saw."""
    rows = _rows(connection, replay_ids)
    valued, booked = _snapshots(connection, replay_ids), _trades(connection, replay_ids)
    verdicts = {market_id: Verdict(Ending(ending)) for row in rows for market_id, ending in row["endings"].items()}
    return Histories([_history(row, valued[row["replay_id"]], booked[row["replay_id"]]) for row in rows], verdicts)


def _history(row: RowMapping, valued: Sequence[RowMapping], booked: Sequence[PricedTrade]) -> History:
    """What was settled after the last valuation, on a refused capture, counts at the marks there were."""
    values = [Snapshot(**{name: each[name] for name in SNAPSHOT_FIELDS}) for each in valued]
    trades = [priced.trade for priced in booked]
    if trades and len(trades) != (values[-1].trade_count if values else 0):
        account, kept = rebuilt(row["initial_balance"], trades), (valued[-1]["marks"] if valued else None)
        held = {position.holding: position for position in marked(account.positions.values(), kept or {})}
        values.append(unvalued(replace(account, positions=held), trades[-1].timestamp))
    return History(label(row["replay_id"]), row["strategy_type"], row["initial_balance"], values, booked)


def _snapshots(connection: Connection, replay_ids: Iterable[int]) -> dict[int, list[RowMapping]]:
    query = select(replay_snapshots).where(replay_snapshots.c.replay_id.in_(replay_ids))
    valued: dict[int, list[RowMapping]] = defaultdict(list)
    for row in connection.execute(query.order_by(replay_snapshots.c.timestamp)).mappings():
        valued[row["replay_id"]].append(row)
    return valued


def _trades(connection: Connection, replay_ids: Iterable[int]) -> dict[int, list[PricedTrade]]:
    query = (
        select(replay_trades, replay_signals.c.target_price)
        .outerjoin_from(replay_trades, replay_signals, FOLLOWED)
        .where(replay_trades.c.replay_id.in_(replay_ids))
        .order_by(replay_trades.c.replay_id, replay_trades.c.number)
    )
    booked: dict[int, list[PricedTrade]] = defaultdict(list)
    for row in connection.execute(query).mappings():
        booked[row["replay_id"]].append(PricedTrade(trade_of(row), row["target_price"]))
    return booked
