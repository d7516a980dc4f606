"""What became of each portfolio of a run, put together for who reads it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from prescient_dagster.domain.books.portfolios import PortfolioStatus
from prescient_dagster.domain.books.snapshots import Snapshot
from prescient_dagster.domain.cycle.engine import Act
from prescient_dagster.domain.cycle.orders import Outcome
from prescient_dagster.domain.market.kept_texts import kept_text
from prescient_dagster.domain.market.markets import Capture
from prescient_dagster.store.books.cycles import CycleRecord
from prescient_dagster.store.market.captures import CaptureRecord
from prescient_dagster.usecases.trade_plans import Order, Plan, Result, ResultStatus

MOST_ILLUSTRATED = 50
"""Runs of more portfolios get no curves and no tables of positions: Dagster keeps what a run tells for a week."""

Curve = Sequence[tuple[datetime, Decimal]]
"""Equity by time, the oldest first."""


def age(record: CaptureRecord) -> timedelta:
    """The real time since a capture was stored."""
    return datetime.now(UTC) - record.stored_at


@dataclass(frozen=True)
class Results:
    """The results of one order.

    Attributes:
        curves: the equity of the portfolios before it, by slug.
    """

    order: Order
    curves: Mapping[str, Curve]

    @staticmethod
    def illustrated(order: Order) -> bool:
        """Whether the run is small enough for pictures."""
        return len(order.slugs) <= MOST_ILLUSTRATED

    def plain(self, slug: str, status: ResultStatus, record: CaptureRecord, **told: Any) -> Result:
        """A result that tells what the run asked for, and what is given here."""
        return Result(slug, status, record, age(record), settings=self.order.settings_of(slug), **told)

    def already(self, slug: str, record: CaptureRecord, why: str, newest: CycleRecord | None) -> Result:
        """Nothing was done: of the cycle that acted on the capture before, if one did, the settings stand."""
        earlier = newest if newest is not None and newest.capture_id == record.capture_id else None
        return self.plain(slug, ResultStatus.ALREADY_TRADED, record, why=why, earlier=earlier, **_config(None, earlier))

    def worked(self, plan: Plan, act: Act, capture: Capture) -> Result:
        """What a plan came to; the numbers of the signals follow once they are saved."""
        portfolio, decision, snapshot = plan.standing.portfolio, plan.decision, act.snapshot
        return self.plain(
            portfolio.slug,
            ResultStatus.PAUSED if portfolio.status is PortfolioStatus.PAUSED else ResultStatus.OK,
            plan.record,
            why=plan.why,
            earlier=plan.earlier,
            **_config(plan, plan.earlier),
            selection=None if decision is None else decision.selection,
            wishes=None if decision is None else decision.matches,
            outcomes=act.outcomes,
            questions=_questions(act.outcomes, capture),
            snapshot=snapshot,
            positions=tuple(act.account.positions.values()),
            track=act.account.track,
            equity=() if snapshot is None else self._equity(plan, snapshot),
        )

    def _equity(self, plan: Plan, snapshot: Snapshot) -> tuple[Decimal, ...]:
        """From the beginning to this snapshot; nothing in a run that is not illustrated."""
        if not self.illustrated(self.order):
            return ()
        portfolio = plan.standing.portfolio
        before = (equity for at, equity in self.curves.get(portfolio.slug, ()) if at < snapshot.timestamp)
        return portfolio.initial_balance, *before, snapshot.equity


def _config(plan: Plan | None, earlier: CycleRecord | None) -> dict[str, Any]:
    """The effective config and its identity: this cycle's, or of the one that it goes on with."""
    if plan is not None and plan.decision is not None:
        config = plan.decision.player.config
        return {"config": config.document(), "config_sha256": config.sha256()}
    return {} if earlier is None else {"config": earlier.config, "config_sha256": earlier.config_sha256}


def _questions(outcomes: Iterable[Outcome], capture: Capture) -> dict[str, str]:
    markets = (outcome.signal.market_id for outcome in outcomes)
    known = ((each, capture.row_of.get(each)) for each in markets)
    return {each: kept_text(capture.texts["question"][row]) for each, row in known if row is not None}
