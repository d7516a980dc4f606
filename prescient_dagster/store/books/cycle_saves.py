"""The one transaction that keeps what portfolios did on a capture, many of them a statement.

Cycles are saved whole or not at all, under locks on their portfolios. A finished cycle is final; one that only left
signals may be replaced.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, delete, tuple_, update
from sqlalchemy.dialects.postgresql import insert

from prescient_dagster.domain.books.ledger import Account
from prescient_dagster.domain.books.snapshots import Snapshot
from prescient_dagster.domain.cycle.orders import Outcome
from prescient_dagster.domain.market.markets import Capture
from prescient_dagster.domain.strategy.signals import SignalStatus
from prescient_dagster.store.books import cycles as stored
from prescient_dagster.store.books import ledger, orders, portfolio_log
from prescient_dagster.store.books.cycles import Stage, Standing
from prescient_dagster.store.books.ledger import Valuation
from prescient_dagster.store.books.orders import Ended
from prescient_dagster.store.books.portfolio_log import Logged
from prescient_dagster.store.database import Database
from prescient_dagster.store.many_rows import write_rows
from prescient_dagster.store.tables import configs, cycles, portfolios, signals


@dataclass(frozen=True, slots=True)
class CycleSave:
    """What one portfolio did on a capture.

    Attributes:
        standing: what it was computed on.
        stages: the steps that were carried out.
        cycle: the values of a new cycle; None: it goes on with one, or acts without.
        config: the effective config of a new cycle, whose sha256 is among its values.
        outcomes: of its signals, in their order of execution.
        numbers: of the signals that were stored before; None: they are new.
    """

    standing: Standing
    capture: Capture
    account: Account
    stages: frozenset[Stage]
    cycle: Mapping[str, Any] | None = None
    config: Mapping[str, Any] | None = None
    outcomes: Sequence[Outcome] = ()
    numbers: Sequence[int] | None = None
    snapshot: Snapshot | None = None

    @property
    def portfolio_id(self) -> int:
        return self.standing.portfolio.portfolio_id

    @property
    def key(self) -> tuple[int, int]:
        """Portfolio and capture."""
        return self.portfolio_id, self.capture.capture_id


def save(database: Database, done: Sequence[CycleSave]) -> list[Sequence[int]] | None:
    """Save all of them in one transaction.

    Returns:
        for each the numbers of its signals; None where others have changed one of the portfolios meanwhile: then
        nothing is saved.
    """
    with database.begin() as connection:
        if not stored.locked(connection, [each.standing for each in done]):
            return None
        _begin(connection, [each for each in done if each.cycle is not None])
        _advance(connection, [each for each in done if each.cycle is None])
        numbers = orders.save(
            connection, [Ended(each.portfolio_id, each.capture, each.outcomes, each.numbers) for each in done]
        )
        _save_books(connection, done)
    return numbers


def _begin(connection: Connection, new: Sequence[CycleSave]) -> None:
    """New cycles; one that only left signals on the same capture is replaced, signals of older cycles expire."""
    unfinished = [each for each in new if (newest := each.standing.newest_cycle) and newest.stage is Stage.SIGNALS]
    replaced = [each.key for each in unfinished if _newest_capture(each) == each.capture.capture_id]
    if replaced:
        for table in (signals, cycles):
            connection.execute(delete(table).where(tuple_(table.c.portfolio_id, table.c.capture_id).in_(replaced)))
    expired = [each.portfolio_id for each in unfinished if each.key not in replaced]
    if expired:
        pending = signals.c.portfolio_id.in_(expired) & (signals.c.status == SignalStatus.PENDING)
        connection.execute(update(signals).where(pending).values(status=SignalStatus.EXPIRED))
    if new:
        _keep_configs(connection, {each.cycle["config_sha256"]: each.config for each in new if each.cycle is not None})
        rows = [
            {"portfolio_id": each.portfolio_id, "capture_id": each.capture.capture_id, **(each.cycle or {})}
            for each in new
        ]
        connection.execute(cycles.insert(), rows)


def _keep_configs(connection: Connection, by_sha256: Mapping[str, Mapping[str, Any] | None]) -> None:
    """Keep the configs that are new; in one order, so that of two who keep the same ones nobody waits for ever."""
    rows = [{"config_sha256": sha256, "config": config} for sha256, config in sorted(by_sha256.items())]
    write_rows(connection, insert(configs).on_conflict_do_nothing(), rows)


def _newest_capture(each: CycleSave) -> int | None:
    newest = each.standing.newest_cycle
    return None if newest is None else newest.capture_id


def _advance(connection: Connection, going_on: Sequence[CycleSave]) -> None:
    """Note that cycles that stopped half-way have come further; where there is none, nothing is noted."""
    by_stages = sorted(going_on, key=lambda each: sorted(each.stages))
    for stages, alike in groupby(by_stages, key=lambda each: each.stages):
        before = Stage.SIGNALS if Stage.TRADES in stages else Stage.TRADES
        mine = tuple_(cycles.c.portfolio_id, cycles.c.capture_id).in_([each.key for each in alike])
        further = stored.reached({*stages, Stage.TRADES})
        connection.execute(update(cycles).where(mine, cycles.c.stage == before).values(stage=further))


def _save_books(connection: Connection, done: Sequence[CycleSave]) -> None:
    """What portfolios have afterwards and what it is worth; why the cycle before failed is cleared."""
    by_capture = sorted(done, key=lambda each: each.capture.captured_at)
    for captured_at, together in groupby(by_capture, key=lambda each: each.capture.captured_at):
        stored.save_accounts(connection, [(each.standing, each.account) for each in together], captured_at)
    valued = [Valuation(*each.key, each.account, each.snapshot) for each in done if each.snapshot is not None]
    ledger.save_snapshots(connection, valued)
    portfolio_log.note(connection, _halts(done))
    healed = [each.portfolio_id for each in done if each.standing.portfolio_failed]
    if healed:
        mine = portfolios.c.portfolio_id.in_(healed)
        connection.execute(update(portfolios).where(mine).values(last_error=None, last_error_at=None))


def _halts(done: Iterable[CycleSave]) -> Iterator[tuple[int, Logged, str, dict[str, Any]]]:
    """Who was halted by its own limit on this capture, for the log."""
    for each in done:
        before, after = each.standing.account.equity_track, each.account.equity_track
        if before.halted_at is None and after.halted_at is not None:
            by = f"cycle on capture {each.capture.capture_id}"
            told = {"by": after.halted_by, "equity": str(after.last), "high": str(after.high)}
            yield each.portfolio_id, Logged.HALTED, by, told
