"""The asset `status`: whether everything that is needed to trade is there, as `prescient status` tells it."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import dagster as dg

from prescient_dagster.assets.cycle import OWNERS
from prescient_dagster.assets.runs.dagster_state import dagster_state
from prescient_dagster.assets.runs.failures import explained
from prescient_dagster.assets.told.tables import columns, table
from prescient_dagster.code_identity import version_of
from prescient_dagster.domain.watch import crons
from prescient_dagster.resources import DatabaseResource
from prescient_dagster.usecases.state import State, read_state

NAME = "status"
GROUP = "operations"
HEALTHY = "healthy"
OFFLINE = "offline"
"""The metadata with the errors of the strategies that do not load, by name."""
MOST_ROWS = 100
MOST_NAMED = 3
WARNINGS = columns(what="string")
PROBLEMS = columns(kind="string", subject="string", what="string")
MARKET_DATA = columns(capture_id="int", status="string", age="string", events="int", markets="int", reason="string")
STRATEGIES = columns(
    strategy="string", status="string", portfolios="int", failing="int", last_cycle_at="string", error="string"
)
RUNS = columns(job="string", status="string", since="string", run="string")
DAEMONS = columns(daemon="string", last_heard="string")


def status_asset(jobs: Sequence[str], stale_minutes: float) -> dg.AssetsDefinition:
    """The asset with its check. `jobs`: those whose failures count."""

    @dg.asset(
        name=NAME,
        group_name=GROUP,
        kinds={"python", "postgres"},
        owners=OWNERS,
        tags={"layer": "platform", "runs": "on_schedule"},
        code_version=version_of("usecases.state", "assets.status"),
        description=(
            "Whether everything that is needed to trade is there: market data, strategies, portfolios, Dagster's "
            "daemon; what is wrong, and what runs. `prescient status` shows the same.\n\n"
            "Runs at every tick of `status_schedule`, every five minutes by default; by hand at any time."
        ),
        check_specs=[
            dg.AssetCheckSpec(
                HEALTHY,
                asset=NAME,
                description="Fails where something is wrong: stale market data, a strategy that is offline, a job or "
                "portfolio that failed, a market that nobody can settle, a daemon that is silent. WARN. What to do: "
                "the table problems says.",
            )
        ],
    )
    def status(
        context: dg.AssetExecutionContext, database: DatabaseResource
    ) -> Iterator[dg.MaterializeResult[None] | dg.AssetCheckResult]:
        with explained():
            now = datetime.now(UTC)  # the age of what is stored is real time
            state = read_state(database.open(), now, stale_minutes, dagster_state(context.instance, jobs))
        yield dg.MaterializeResult(metadata=metadata(state))
        yield healthy(state)

    return status


def healthy(state: State) -> dg.AssetCheckResult:
    """The check: passed where nothing is wrong.

    Its page shows a description as Markdown, and errors may quote what a venue sent: they stand in the table alone.
    """
    wrong = [f"{problem.kind.replace('_', ' ')} {problem.subject}".strip() for problem in state.problems]
    more = f" and {len(wrong) - MOST_NAMED} more" if len(wrong) > MOST_NAMED else ""
    return dg.AssetCheckResult(
        passed=not wrong,
        check_name=HEALTHY,
        asset_key=NAME,
        severity=dg.AssetCheckSeverity.WARN,
        description=f"{', '.join(wrong[:MOST_NAMED])}{more}: see `problems`" if wrong else "all is well",
    )


def metadata(state: State) -> dict[str, Any]:
    """What the page of the asset shows. Tables of at most 100 rows; their cells are text."""
    found = [{"kind": str(each.kind), "subject": each.subject, "what": each.text} for each in state.problems]
    offline = {name: each.error for name, each in state.strategies.items() if each.error is not None}
    return {
        "healthy": not state.problems,
        "problems": table(PROBLEMS, found[:MOST_ROWS]) if found else 0,
        "warnings": table(WARNINGS, [{"what": warning} for warning in state.warnings]) if state.warnings else 0,
        "market_data": table(MARKET_DATA, _market_data(state)),
        "strategies": table(STRATEGIES, _strategies(state)),
        "runs": table(RUNS, _runs(state)),
        "daemons": table(DAEMONS, _daemons(state)),
        OFFLINE: dg.MetadataValue.json(offline),
    }


def _market_data(state: State) -> Iterator[Mapping[str, Any]]:
    newest = state.newest
    if newest is not None:
        yield {
            "capture_id": newest.capture_id,
            "status": str(newest.status),
            "age": crons.age(state.at - newest.stored_at),
            "events": newest.events,
            "markets": newest.markets,
            "reason": newest.status_reason or "",
        }


def _strategies(state: State) -> Iterator[Mapping[str, Any]]:
    for name, each in state.strategies.items():
        yield {
            "strategy": name,
            "status": str(each.status),
            "portfolios": each.activity.portfolios,
            "failing": len(each.activity.failing),
            "last_cycle_at": _time(each.activity.last_cycle_at),
            "error": each.error or "",
        }


def _runs(state: State) -> Iterator[Mapping[str, Any]]:
    for run in state.dagster.going[:MOST_ROWS]:
        yield {"job": run.job, "status": run.status, "since": _time(run.since), "run": run.run_id}


def _daemons(state: State) -> Iterator[Mapping[str, Any]]:
    for name, at in sorted(state.dagster.heartbeats.items()):
        yield {"daemon": name.lower(), "last_heard": f"{crons.age(state.at - at)} ago"}


def _time(at: datetime | None) -> str:
    return "" if at is None else f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S}"
