"""Verification of many portfolios: a task for each, carried out by whoever carries out those of sweeps."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from prescient_dagster.domain.books.portfolios import Portfolio
from prescient_dagster.domain.errors import PrescientError, StoreError
from prescient_dagster.store.books import portfolios
from prescient_dagster.store.database import Database
from prescient_dagster.store.market.capture_folders import CaptureFolder
from prescient_dagster.usecases.sweeps.crews import Crew
from prescient_dagster.usecases.sweeps.tasks import opened_here
from prescient_dagster.usecases.verify import Drift, verify


@dataclass(frozen=True, slots=True)
class Verification:
    """A portfolio to be verified, known by its number too, so that none of another database is taken for it."""

    slug: str
    portfolio_id: int


@dataclass(frozen=True, slots=True)
class Verified:
    """What was found of a portfolio; None: it could not be verified, and why."""

    slug: str
    drift: Drift | None = None
    why: str = ""


def verified_by(
    crew: Crew, database: Database, folder: CaptureFolder, chosen: Sequence[Portfolio]
) -> tuple[list[Verified], str]:
    """What was found of each portfolio, in their order, and where it was done."""
    tasks = [Verification(each.slug, each.portfolio_id) for each in chosen]
    with crew as hands:
        work = partial(_verified, database, folder) if hands.hands.here else _verified_there
        found = dict(hands.carry_out(work, tasks))
        return [found[number] for number in range(len(tasks))], hands.where


def _verified_there(task: Verification) -> Verified:
    return _verified(*opened_here(), task)


def _verified(database: Database, folder: CaptureFolder, task: Verification) -> Verified:
    try:
        if portfolios.get(database, task.slug).portfolio_id != task.portfolio_id:
            raise StoreError("it is another portfolio there: does PRESCIENT_DATABASE_URL name the same database?")
        return Verified(task.slug, verify(database, folder, task.slug))
    except PrescientError as error:
        return Verified(task.slug, why=str(error))
