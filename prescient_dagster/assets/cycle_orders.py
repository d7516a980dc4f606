"""What a run over portfolios is asked to do, what each is about to do, and what became of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from prescient_dagster.domain.candidates import Selection
from prescient_dagster.domain.configs import StrategyConfig
from prescient_dagster.domain.fills import OrderBook
from prescient_dagster.domain.orders import Outcome
from prescient_dagster.domain.signals import Signal
from prescient_dagster.domain.snapshots import Snapshot
from prescient_dagster.store.captures import CaptureRecord
from prescient_dagster.store.cycles import Stage, Standing


class FetchBooks(Protocol):
    """Asks the venue for the order books of some tokens, for a capture of this time."""

    def __call__(self, token_ids: Sequence[str], captured_at: datetime) -> dict[str, OrderBook]: ...


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


@dataclass(frozen=True)
class Plan:
    """What one portfolio is about to do on a capture, before the order books are known.

    Attributes:
        numbers: of the stored signals that are about to be executed; None: the signals are new.
    """

    standing: Standing
    record: CaptureRecord
    stages: frozenset[Stage]
    config: StrategyConfig | None = None
    selection: Selection | None = None
    signals: tuple[Signal, ...] = ()
    numbers: tuple[int, ...] | None = None


@dataclass(frozen=True)
class Result:
    """What became of one portfolio: ok, paused, closed, already_traded, or failed with an error.

    Already traded is also a capture that its books have passed, by a settlement of a newer one.
    """

    slug: str
    status: str
    capture_id: int
    error: str | None = None
    config: StrategyConfig | None = None
    selection: Selection | None = None
    outcomes: tuple[Outcome, ...] = ()
    snapshot: Snapshot | None = None

    @property
    def markets_analyzed(self) -> int:
        return 0 if self.selection is None else len(self.selection.rows)

    @property
    def trades(self) -> list[Outcome]:
        return [outcome for outcome in self.outcomes if outcome.trade is not None]
