"""The life of a portfolio, capture by capture, as its cycles left it: what a verification starts from."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, func, not_, or_, select, union

from prescient_dagster.domain.books.ledger import Trade
from prescient_dagster.domain.books.snapshots import Snapshot
from prescient_dagster.domain.cycle.orders import Outcome
from prescient_dagster.domain.strategy.signals import RejectReason, SignalStatus
from prescient_dagster.store.books.cycles import effective_configs
from prescient_dagster.store.books.ledger import trade_of
from prescient_dagster.store.books.orders import signal_of
from prescient_dagster.store.database import Database
from prescient_dagster.store.figures.performance import SNAPSHOT_FIELDS
from prescient_dagster.store.market.capture_rows import CaptureRow, capture_rows
from prescient_dagster.store.market.captures import CaptureStatus
from prescient_dagster.store.market.stamps import MISDATED, true_times
from prescient_dagster.store.past.explanation import FoundCycle, found_cycle
from prescient_dagster.store.tables import captures, cycles, signals, snapshots, trades

AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Lived:
    """What a portfolio did on one capture.

    Attributes:
        row: of the capture.
        cycle: None: there was none, as on a capture it was paused or failed on.
        started_at: of the cycle, by our clock.
        outcomes: its signals in their order, with the trades that they made.
        settlements: what was booked before it.
        sold_before, sold_after: what people sold on the capture before its cycle, and after it.
        marks: of what it held, as the snapshot keeps them.
    """

    row: CaptureRow
    cycle: FoundCycle | None
    started_at: datetime | None
    settlements: tuple[Trade, ...]
    sold_before: tuple[Trade, ...]
    sold_after: tuple[Trade, ...]
    outcomes: tuple[Outcome, ...]
    snapshot: Snapshot | None
    marks: Mapping[str, Any]

    @property
    def trades(self) -> list[Trade]:
        """What the cycle traded, in its order."""
        return [outcome.trade for outcome in self.outcomes if outcome.trade is not None]


class Life:
    """All captures from the first that a portfolio acted on to the newest.

    Attributes:
        true_times: when those of them that are from the future were really taken, by number.
    """

    def __init__(self, database: Database, portfolio_id: int) -> None:
        self._database, self._portfolio_id = database, portfolio_id
        with database.begin() as connection:
            self.rows = _captures(connection, portfolio_id)
            self.true_times = true_times(connection)

    def __iter__(self) -> Iterator[Lived]:
        for first in range(0, len(self.rows), AT_ONCE):
            yield from self._window(self.rows[first : first + AT_ONCE])

    def _window(self, rows: Sequence[CaptureRow]) -> list[Lived]:
        ids = [row.capture_id for row in rows]
        with self._database.view() as connection:
            parts = _Parts(connection, self._portfolio_id, ids)
        return [parts.lived(row) for row in rows]


def _captures(connection: Connection, portfolio_id: int) -> list[CaptureRow]:
    """The captures that have been judged, or on which something was booked all the same."""
    acted = union(
        *(
            select(table.c.capture_id).where(table.c.portfolio_id == portfolio_id)
            for table in (cycles, snapshots, trades)
        )
    ).subquery()
    of_mine = captures.c.capture_id.in_(select(acted.c.capture_id))
    since = select(func.min(captures.c.capture_id)).where(of_mine).scalar_subquery()
    judged = captures.c.status.in_((CaptureStatus.READY, CaptureStatus.REFUSED)) & not_(MISDATED)
    return capture_rows(connection, captures.c.capture_id >= since, or_(judged, of_mine))


class _Parts:
    """What is stored of a portfolio on some captures, by capture."""

    def __init__(self, connection: Connection, portfolio_id: int, capture_ids: Iterable[int]) -> None:
        self._connection, self._portfolio_id, self._ids = connection, portfolio_id, list(capture_ids)
        self._cycles = {row["capture_id"]: row for row in self._of(cycles)}
        self._configs = effective_configs(connection, {row["config_sha256"] for row in self._cycles.values()})
        self._snapshots = {row["capture_id"]: row for row in self._of(snapshots)}
        self._signals, self._trades = self._grouped(signals, "rank"), self._grouped(trades, "trade_id")

    def _of(self, table: Any, *order: str) -> Sequence[RowMapping]:
        mine = (table.c.portfolio_id == self._portfolio_id, table.c.capture_id.in_(self._ids))
        query = select(table).where(*mine).order_by(*(table.c[name] for name in order))
        return self._connection.execute(query).mappings().all()

    def _grouped(self, table: Any, order: str) -> dict[int, list[RowMapping]]:
        grouped: dict[int, list[RowMapping]] = defaultdict(list)
        for row in self._of(table, order):
            grouped[row["capture_id"]].append(row)
        return grouped

    def lived(self, row: CaptureRow) -> Lived:
        cycle, snapshot = self._cycles.get(row.capture_id), self._snapshots.get(row.capture_id)
        booked = self._trades[row.capture_id]
        filled = {trade["signal_id"]: trade_of(trade) for trade in booked if trade["signal_id"] is not None}
        others = [trade_of(trade) for trade in booked if trade["signal_id"] is None]
        return Lived(
            row=row,
            cycle=None if cycle is None else found_cycle(cycle, self._configs[cycle["config_sha256"]]),
            started_at=None if cycle is None else cycle["started_at"],
            settlements=tuple(trade for trade in others if not trade.is_by_hand),
            sold_before=tuple(trade for trade in others if trade.is_by_hand and trade.is_before_cycle),
            sold_after=tuple(trade for trade in others if trade.is_by_hand and not trade.is_before_cycle),
            outcomes=tuple(_outcome(signal, filled) for signal in self._signals[row.capture_id]),
            snapshot=None if snapshot is None else Snapshot(**{name: snapshot[name] for name in SNAPSHOT_FIELDS}),
            marks={} if snapshot is None else snapshot["marks"],
        )


def _outcome(row: RowMapping, filled: Mapping[int, Trade]) -> Outcome:
    reason = None if row["reject_reason"] is None else RejectReason(row["reject_reason"])
    return Outcome(signal_of(row), SignalStatus(row["status"]), reason, filled.get(row["signal_id"]))
