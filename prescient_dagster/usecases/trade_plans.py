"""What a run over portfolios is asked to do, what each is about to do, and what became of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any

from prescient_dagster.domain.books.equity_track import EquityTrack
from prescient_dagster.domain.books.ledger import Position
from prescient_dagster.domain.books.snapshots import Snapshot
from prescient_dagster.domain.cycle.engine import Decision
from prescient_dagster.domain.cycle.orders import Outcome
from prescient_dagster.domain.strategy.candidates import Selection
from prescient_dagster.store.books.cycles import CycleRecord, Stage, Standing
from prescient_dagster.store.market.captures import CaptureRecord


@dataclass(frozen=True)
class Order:
    """What a run is asked to do.

    Attributes:
        stages: which of signals, trades and snapshots; signals alone are a dry run.
        capture_id: None: the newest that is ready.
        overrides: settings for every portfolio of this run, over the stored ones.
        overrides_of: settings for single portfolios of this run, over those.
    """

    slugs: Sequence[str]
    stages: frozenset[Stage] = frozenset(Stage)
    capture_id: int | None = None
    overrides: Mapping[str, Any] = field(default_factory=dict)
    overrides_of: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    run_id: str = ""
    code_version: str = ""

    def settings_of(self, slug: str) -> dict[str, Any]:
        """What this run sets for a portfolio."""
        return {**self.overrides, **self.overrides_of.get(slug, {})}


@dataclass(frozen=True)
class Plan:
    """What one portfolio is about to do on a capture, before the order books are known.

    Attributes:
        decision: what it is about to trade; None: nothing.
        numbers: of the stored signals that are about to be executed; None: the signals are new.
        why: why it does less than a cycle does, or something else.
        earlier: the cycle that it goes on with.
    """

    standing: Standing
    record: CaptureRecord
    stages: frozenset[Stage]
    decision: Decision | None = None
    numbers: tuple[int, ...] | None = None
    why: str = ""
    earlier: CycleRecord | None = None


class ResultStatus(StrEnum):
    """What became of a portfolio in a run."""

    OK = "ok"
    PAUSED = "paused"  # valued alone
    CLOSED = "closed"
    ALREADY_TRADED = "already_traded"  # its books have this capture, or have passed it by a settlement of a newer one
    FAILED = "failed"


@dataclass(frozen=True)
class Result:
    """What became of one portfolio.

    Attributes:
        record: the capture; `age` is the real time since it was stored.
        remedy: what to do about the error.
        why: why less was done than a cycle does; empty: it was not.
        earlier: the cycle of this portfolio that came before and explains this result.
        settings: what this run sets for the portfolio, over its own settings.
        config: the effective config as JSON values; of a capture traded before, the one it was traded with.
        numbers: of the stored signals, in the order of the outcomes.
        wishes: how many entries the strategy wished for, before the limits took theirs; None: it was not asked.
        questions: of the markets of the signals.
        positions: held afterwards, valued.
        track: what its snapshots have come to with this one.
        equity: initial balance, then that of snapshots up to this one; empty where many portfolios share the run.
    """

    slug: str
    status: ResultStatus
    record: CaptureRecord
    age: timedelta
    error: str | None = None
    remedy: str = ""
    why: str = ""
    earlier: CycleRecord | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)
    config: Mapping[str, Any] | None = None
    config_sha256: str = ""
    selection: Selection | None = None
    wishes: int | None = None
    outcomes: tuple[Outcome, ...] = ()
    numbers: Sequence[int] = ()
    questions: Mapping[str, str] = field(default_factory=dict)
    snapshot: Snapshot | None = None
    positions: tuple[Position, ...] = ()
    equity: tuple[Decimal, ...] = ()
    track: EquityTrack | None = None

    @property
    def capture_id(self) -> int:
        return self.record.capture_id

    @property
    def markets_analyzed(self) -> int:
        return 0 if self.selection is None else len(self.selection.rows)

    @property
    def trades(self) -> list[Outcome]:
        return [outcome for outcome in self.outcomes if outcome.trade is not None]
