"""The state of everything, as `prescient status` and the asset `status` show it. Imports no Dagster."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from prescient_dagster.catalog import gone, load_strategy, misplaced, strategy_names
from prescient_dagster.domain.errors import NotFound, StrategyUnavailable
from prescient_dagster.domain.watch.health import Availability, Facts, FailedRun, Problem, problems
from prescient_dagster.domain.watch.lateness import warnings
from prescient_dagster.store.books import portfolios
from prescient_dagster.store.books.portfolios import Activity
from prescient_dagster.store.database import Database
from prescient_dagster.store.health import market_data_seen
from prescient_dagster.store.lateness import lateness
from prescient_dagster.store.market import captures, resolutions
from prescient_dagster.store.market.captures import CaptureRecord

QUIET = Activity(0, {}, None)


@dataclass(frozen=True, slots=True)
class RunGoing:
    """A run that has not ended. `since`: when it was made, by our clock."""

    job: str
    run_id: str
    status: str
    since: datetime


@dataclass(frozen=True, slots=True)
class DagsterState:
    """What Dagster knows, or the error for which it could not be asked. See `Facts` for all but the runs going."""

    heartbeats: Mapping[str, datetime] = field(default_factory=dict)
    failed_runs: Sequence[FailedRun] = ()
    going: Sequence[RunGoing] = ()
    not_loaded: Sequence[str] = ()
    error: str | None = None


@dataclass(frozen=True, slots=True)
class StrategyState:
    """A strategy: what it does, or why it is offline, and what its portfolios are doing."""

    description: str
    error: str | None
    activity: Activity

    @property
    def status(self) -> Availability:
        return Availability.ONLINE if self.error is None else Availability.OFFLINE


@dataclass(frozen=True, slots=True)
class State:
    """Everything at one moment, `at` by our clock.

    Attributes:
        newest: the newest capture, whatever its status.
        warnings: what a reader of results has to know, though nothing is wrong.
    """

    at: datetime
    newest: CaptureRecord | None
    strategies: Mapping[str, StrategyState]
    dagster: DagsterState
    problems: Sequence[Problem]
    warnings: Sequence[str] = ()


def read_state(database: Database, at: datetime, stale_minutes: float, dagster: DagsterState) -> State:
    """The state now, with what is wrong. Every strategy is loaded: read it in a process that may end of it."""
    strategies = strategy_states(portfolios.activity(database))
    newest = captures.newest(database)
    facts = Facts(
        at,
        stale_minutes,
        market_data_seen(database),
        offline={name: state.error for name, state in strategies.items() if state.error is not None} | misplaced(),
        not_loaded=dagster.not_loaded,
        failing={slug: why for state in strategies.values() for slug, why in state.activity.failing.items()},
        halted={slug: each for state in strategies.values() for slug, each in state.activity.halted.items()},
        waiting=resolutions.pending(database),
        venue_at=None if newest is None else newest.captured_at,
        failed_runs=dagster.failed_runs,
        heartbeats=dagster.heartbeats,
        dagster_error=dagster.error,
    )
    with database.view() as connection:
        late = lateness(connection)
    return State(at, newest, strategies, dagster, problems(facts), list(warnings(late)))


def strategy_states(activity: Mapping[str, Activity]) -> dict[str, StrategyState]:
    """Every strategy there is a file or a portfolio of."""
    return {name: _state(name, activity.get(name, QUIET)) for name in sorted({*strategy_names(), *activity})}


def _state(name: str, activity: Activity) -> StrategyState:
    try:
        return StrategyState(load_strategy(name).description, None, activity)
    except NotFound:
        return StrategyState("", gone(name), activity)
    except StrategyUnavailable as error:
        return StrategyState("", str(error), activity)
