"""What is wrong, if anything: one judgement for the command line, the status asset, the alerts and the skip reasons."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from prescient_dagster.domain.books.equity_track import EquityTrack, Halt
from prescient_dagster.domain.books.unresolved import Pending, overdue
from prescient_dagster.domain.watch import crons

SILENT_AFTER = timedelta(minutes=5)  # a living daemon of Dagster tells every 30 seconds that it lives


class Availability(StrEnum):
    """Whether something is there to be used."""

    ONLINE = "online"
    OFFLINE = "offline"


class ProblemKind(StrEnum):
    """What can be wrong."""

    DATABASE = "database"
    VENUE = "venue_other"
    NO_CAPTURE = "no_capture"
    STALE = "stale_market_data"
    REFUSED = "capture_refused"
    CLOCK = "clock_wrong"
    RUN = "run_failed"
    STRATEGY = "strategy_offline"
    NOT_LOADED = "strategy_not_loaded"
    PORTFOLIO = "portfolio_failing"
    HALTED = "portfolio_halted"
    UNRESOLVED = "market_unresolved"
    UNKNOWN = "market_unknown"
    DAEMON = "daemon_silent"


RECOVERIES = {
    ProblemKind.DATABASE: "the database answers again",
    ProblemKind.VENUE: "the venue is that of the database again",
    ProblemKind.NO_CAPTURE: "there is a capture to trade on",
    ProblemKind.STALE: "market data is fresh again",
    ProblemKind.REFUSED: "captures are let through again",
    ProblemKind.CLOCK: "captures are stamped by a clock that is right again",
    ProblemKind.RUN: "{} works again",
    ProblemKind.STRATEGY: "strategy {} is online again",
    ProblemKind.NOT_LOADED: "Dagster has loaded strategy {}",
    ProblemKind.PORTFOLIO: "portfolio {} no longer fails",
    ProblemKind.HALTED: "portfolio {} is resumed",
    ProblemKind.UNRESOLVED: "market {} no longer waits for its resolution",
    ProblemKind.UNKNOWN: "market {} is no longer held and unknown to the venue",
    ProblemKind.DAEMON: "Dagster's daemon is alive again",
}


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong, in one line that says what to do.

    Attributes:
        subject: the job, strategy, portfolio or market; empty where there is but one such thing.
        text: may hold what a venue or a strategy's author wrote: plain text, never markup.
    """

    kind: ProblemKind
    subject: str
    text: str

    @property
    def key(self) -> str:
        """What makes it the same problem as before, however its text has changed."""
        return f"{self.kind}:{self.subject}"


def recovery(key: str) -> str:
    """What is said once the problem with this key is over."""
    kind, _, subject = key.partition(":")
    return RECOVERIES[ProblemKind(kind)].format(subject)


@dataclass(frozen=True, slots=True)
class CaptureSeen:
    """A capture as health sees it. `stored_at` by our clock; `refusal`: why it is not traded."""

    capture_id: int
    stored_at: datetime
    refusal: str | None = None


@dataclass(frozen=True, slots=True)
class MarketData:
    """The newest capture, and the newest that may be traded.

    Attributes:
        misdated: the capture that was stored last, where its time cannot be true; `refusal` says why.
    """

    newest: CaptureSeen | None = None
    ready: CaptureSeen | None = None
    misdated: CaptureSeen | None = None

    def refused(self) -> str | None:
        """That the newest capture was refused, and why."""
        if self.newest is None or self.newest.refusal is None:
            return None
        return f"capture {self.newest.capture_id} refused: {self.newest.refusal}"

    def stale(self, at: datetime, limit_minutes: float) -> str | None:
        """That what can be traded is too old: "market data is 17 minutes old, limit 10"."""
        if self.ready is None or at - self.ready.stored_at <= timedelta(minutes=limit_minutes):
            return None
        return (
            f"market data is {crons.age(at - self.ready.stored_at)} old, limit {crons.amount(limit_minutes, 'minute')}"
        )


@dataclass(frozen=True, slots=True)
class FailedRun:
    """A run that failed.

    Attributes:
        portfolios: the reason by slug, where it failed because some portfolios did.
    """

    job: str
    run_id: str
    reason: str
    portfolios: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Facts:
    """What there is to judge.

    Attributes:
        at: now, by our clock.
        stale_minutes: how old market data may be.
        failing: why the last cycle of a portfolio failed, by its slug.
        halted: the portfolios that are halted, by slug.
        offline: why a strategy does not load, by its name; or what is wrong with a file, by its path.
        not_loaded: the strategies whose schedule Dagster's daemon does not know.
        waiting: the held markets that wait for their resolution.
        venue_at: now, by the venue's clock; None: there is no capture.
        failed_runs: of each job, its newest run that ended, where that failed.
        heartbeats: when each of Dagster's daemons last told that it lives; empty: none ever ran here.
        dagster_error: why Dagster could not be asked.
    """

    at: datetime
    stale_minutes: float
    market_data: MarketData
    failing: Mapping[str, str]
    halted: Mapping[str, EquityTrack]
    offline: Mapping[str, str] = field(default_factory=dict)
    not_loaded: Sequence[str] = ()
    waiting: Sequence[Pending] = ()
    venue_at: datetime | None = None
    failed_runs: Sequence[FailedRun] = ()
    heartbeats: Mapping[str, datetime] = field(default_factory=dict)
    dagster_error: str | None = None


def problems(facts: Facts) -> list[Problem]:
    """Everything that is wrong, the most far-reaching first. A daemon that never ran is missed by nobody."""
    return [
        *_daemon(facts),
        *_market_data(facts),
        *(problem for run in facts.failed_runs if not run.portfolios for problem in of_run(run)),
        *(_offline(subject, error) for subject, error in facts.offline.items()),
        *(_not_loaded(name) for name in facts.not_loaded if name not in facts.offline),
        *(_portfolio(slug, reason) for slug, reason in facts.failing.items()),
        *(_halted(slug, track) for slug, track in facts.halted.items() if track.halted_by is Halt.DRAWDOWN),
        *_unsettled(facts),
    ]


def _daemon(facts: Facts) -> Iterator[Problem]:
    if facts.dagster_error is not None:
        yield Problem(ProblemKind.DAEMON, "", f"Dagster cannot be asked how it is: {facts.dagster_error}")
    silent = {name: at for name, at in facts.heartbeats.items() if facts.at - at > SILENT_AFTER}
    if silent:
        who = "" if len(silent) == len(facts.heartbeats) else f" ({', '.join(sorted(silent))})"
        since = crons.age(facts.at - max(silent.values()))
        told = f"Dagster's daemon{who} has been silent for {since}, nothing runs by itself: start it again"
        yield Problem(ProblemKind.DAEMON, "", told)


def _market_data(facts: Facts) -> Iterator[Problem]:
    data = facts.market_data
    if data.ready is None:
        told = "no capture is ready to be traded: `prescient capture` takes one"
        yield Problem(ProblemKind.NO_CAPTURE, "", told)
    stale = data.stale(facts.at, facts.stale_minutes)
    if stale is not None:
        yield Problem(ProblemKind.STALE, "", f"{stale}: see the last runs of market_data")
    yield from of_capture(data.newest)
    if data.misdated is not None:
        told = f"capture {data.misdated.capture_id} is from a wrong clock: {data.misdated.refusal}"
        yield Problem(ProblemKind.CLOCK, "", told)


def of_capture(capture: CaptureSeen | None) -> list[Problem]:
    """That a capture was refused, if it was."""
    refused = MarketData(capture).refused()
    return [] if refused is None else [Problem(ProblemKind.REFUSED, "", refused)]


def of_run(run: FailedRun) -> list[Problem]:
    """What a failed run says: which portfolios failed, or that the job did."""
    if run.portfolios:
        return [_portfolio(slug, reason) for slug, reason in run.portfolios.items()]
    return [Problem(ProblemKind.RUN, run.job, f"{run.job} failed, run {run.run_id[:8]}: {run.reason}")]


def _offline(subject: str, error: str) -> Problem:
    return Problem(ProblemKind.STRATEGY, subject, f"{subject}: {error}" if "/" in subject else error)


def _not_loaded(strategy: str) -> Problem:
    told = f"Dagster has not loaded strategy {strategy}: reload the code locations in its UI, or start it again"
    return Problem(ProblemKind.NOT_LOADED, strategy, told)


def _portfolio(slug: str, reason: str) -> Problem:
    return Problem(ProblemKind.PORTFOLIO, slug, f"portfolio {slug} fails: {reason}")


def _halted(slug: str, track: EquityTrack) -> Problem:
    told = (
        f"portfolio {slug} is halted since {track.halted_at:%Y-%m-%d %H:%M} by its max_drawdown, {track.last:,.2f} USD "
        f"after {track.high:,.2f}: it enters nothing until `prescient portfolio resume {slug}`"
    )
    return Problem(ProblemKind.HALTED, slug, told)


def _unsettled(facts: Facts) -> list[Problem]:
    at = facts.venue_at
    return [] if at is None else [_market(market, at) for market in overdue(facts.waiting, at)]


def _market(market: Pending, at: datetime) -> Problem:
    name = f"market {market.market_id} ({market.market_question})"
    held = f"held by {crons.amount(market.portfolios, 'portfolio')}"
    since = f"{market.since:%Y-%m-%d %H:%M}"
    if market.is_unknown:
        told = f"is unknown to the venue since {since} and keeps its last mark: look whether it was removed"
        return Problem(ProblemKind.UNKNOWN, market.market_id, f"{name}, {held}, {told}")
    told = f"is unresolved for {market.days(at):g} days, since {since}: {market.reason}; look at it on the venue"
    return Problem(ProblemKind.UNRESOLVED, market.market_id, f"{name}, {held}, {told}")
