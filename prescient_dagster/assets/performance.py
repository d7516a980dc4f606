"""The performance of all portfolios: worked out anew from the books; of it the page `/portfolios` alone is kept."""

from collections.abc import Sequence
from datetime import UTC, datetime

import dagster as dg

from prescient_dagster.assets.cycle import OWNERS, asset_key
from prescient_dagster.assets.problems_now import problems_now
from prescient_dagster.assets.runs.failures import explained
from prescient_dagster.assets.told.performance_metadata import metadata
from prescient_dagster.code_identity import version_of
from prescient_dagster.domain.figures.leaderboard import leaderboard
from prescient_dagster.resources import DatabaseResource
from prescient_dagster.settings import load_settings
from prescient_dagster.store.books.cycles import Stage
from prescient_dagster.store.figures.overview import load_everything
from prescient_dagster.usecases.garbage import without_full_collections
from prescient_dagster.usecases.write_report import look_over, write_home

NAME = "performance"


def performance_asset(strategies: Sequence[str], jobs: Sequence[str], stale_minutes: float) -> dg.AssetsDefinition:
    """The asset downstream of the snapshots of all these strategies.

    Args:
        jobs: those whose failures are problems.
        stale_minutes: how old market data may be.
    """

    @dg.asset(
        name=NAME,
        deps=[asset_key(strategy, Stage.SNAPSHOTS) for strategy in strategies],
        group_name=NAME,
        kinds={"python", "postgres"},
        owners=OWNERS,
        tags={"layer": "platform", "runs": "on_schedule"},
        code_version=version_of("store.figures.overview", "domain.figures.leaderboard"),
        description=(
            "Which portfolio and which strategy is ahead, and why: returns, drawdowns, closed positions, where the "
            "profit came from, and whether the prices paid were right. `prescient performance` shows the same.\n\n"
            "It writes the page `/portfolios` of this address: all portfolios over one another, what they hold, and "
            "what happened since yesterday.\n\n"
            "Runs at every tick of `performance_schedule` that has something new: after each round in the first hour, "
            "then every 15 minutes; by hand at any time."
        ),
    )
    def performance(context: dg.AssetExecutionContext, database: DatabaseResource) -> dg.MaterializeResult[None]:
        now, store = datetime.now(UTC), database.open()  # our clock: when the page was written
        with without_full_collections():
            with explained():
                found = load_everything(store)
                wrong = [each.text for each in problems_now(context.instance, store, jobs, now, stale_minutes)]
            board = leaderboard(found.histories.portfolios, found.histories.verdicts)
            told = look_over(found, board, now, wrong)
            complaint = write_home(load_settings().pages_folder, told)
            if complaint:
                context.log.warning(complaint)
            return dg.MaterializeResult(metadata=metadata(board, told.total, complaint))

    return performance
