"""The performance of all portfolios: worked out anew from the books, nothing of it is kept."""

from collections.abc import Sequence

import dagster as dg

from prescient_dagster.assets.cycle import OWNERS, asset_key
from prescient_dagster.assets.runs.failures import explained
from prescient_dagster.assets.told.performance_metadata import metadata
from prescient_dagster.code_identity import version_of
from prescient_dagster.domain.figures.leaderboard import leaderboard
from prescient_dagster.resources import DatabaseResource
from prescient_dagster.store.books.cycles import Stage
from prescient_dagster.store.figures.performance import load_histories

NAME = "performance"


def performance_asset(strategies: Sequence[str]) -> dg.AssetsDefinition:
    """The asset downstream of the snapshots of all these strategies."""

    @dg.asset(
        name=NAME,
        deps=[asset_key(strategy, Stage.SNAPSHOTS) for strategy in strategies],
        group_name=NAME,
        kinds={"python", "postgres"},
        owners=OWNERS,
        tags={"layer": "platform", "runs": "on_schedule"},
        code_version=version_of("store.figures.performance", "domain.figures.leaderboard"),
        description=(
            "Which portfolio and which strategy is ahead, and why: returns, drawdowns, closed positions, where the "
            "profit came from, and whether the prices paid were right. `prescient performance` shows the same.\n\n"
            "Runs at every tick of `performance_schedule`, every hour by default; by hand at any time."
        ),
    )
    def performance(database: DatabaseResource) -> dg.MaterializeResult[None]:
        with explained():
            found = load_histories(database.open())
        return dg.MaterializeResult(metadata=metadata(leaderboard(found.portfolios, found.verdicts)))

    return performance
