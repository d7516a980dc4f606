"""In words: why a portfolio did less on a capture than a cycle does, and what to do about it."""

from prescient_dagster.domain.errors import InvalidConfig, NotFound, PrescientError
from prescient_dagster.domain.strategy.rules import Step
from prescient_dagster.store.books.cycles import CycleRecord
from prescient_dagster.store.market.captures import CaptureRecord

DRY_RUN = "a dry run: the signals wait, and are traded once trades and snapshots are materialized on this capture"
NO_SIGNALS = "there are no signals to execute: materialize the signals first"
CLOSED = "the portfolio is closed and holds nothing: there is nothing left to do"
CLOSING = "the portfolio is being closed: it enters nothing and sells all it can"
UNEXPECTED = "report it: this is a fault of the code, and the run's log has its traceback; the other portfolios go on"


def no_entries(limit: Step) -> str:
    """Why a portfolio makes its exits alone."""
    note = f" ({limit.note})" if limit.note else ""
    return f"exits only: by its {limit.rule} the portfolio does not enter at this capture{note}"


def paused(slug: str) -> str:
    """Why a paused portfolio is only valued."""
    return f"the portfolio is paused: it is valued and trades nothing; `prescient portfolio resume {slug}` ends that"


def without_strategy(strategy: str) -> str:
    """Why a portfolio whose strategy is gone is only valued."""
    return f"strategy {strategy} is gone: the portfolio is valued and trades nothing; it can be closed"


def traded_before(cycle: CycleRecord) -> str:
    """Why a capture is not traded again."""
    return (
        f"capture {cycle.capture_id} was traded at {cycle.started_at:%Y-%m-%d %H:%M:%S} UTC: a portfolio trades a "
        "capture once, so nothing was done, and no setting of this run counts"
    )


def finished(cycle: CycleRecord) -> str:
    """What a run does with a cycle that another left half-way."""
    return (
        f"valued: the cycle on capture {cycle.capture_id} had traded at {cycle.started_at:%Y-%m-%d %H:%M:%S} UTC and "
        "was not finished; what it began with counts, no setting of this run"
    )


def older(record: CaptureRecord, newest: CycleRecord) -> str:
    """Why a capture before the one of the last cycle is not traded: a queued run may find that somebody was faster."""
    return (
        f"capture {record.capture_id} is older than that of its last cycle, {newest.capture_id}: a portfolio never "
        "goes back, so nothing was done"
    )


def passed(record: CaptureRecord) -> str:
    """Why a capture is too old to be acted on."""
    return (
        f"settlements of a newer capture than {record.capture_id} are booked: to act on it now would be to spend money "
        "of the future, so nothing was done; trade the newest"
    )


def remedy(error: PrescientError, slug: str) -> str:
    """What to do about a portfolio that failed."""
    if isinstance(error, InvalidConfig):
        return (
            f"correct what this run sets, if it sets that; or the portfolio's own settings: "
            f"`prescient portfolio update {slug} --config …`; it trades the next capture"
        )
    if isinstance(error, NotFound):
        return "make the portfolio, or leave its partition out: the partitions follow the portfolios within a minute"
    return "run it again once that is put right; the next capture does so by itself"
