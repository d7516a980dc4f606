"""The asset `drift`: what portfolios decided, decided again by the rules there are now, as `--verify` does it."""

import random
from collections.abc import Collection, Iterator, Sequence
from typing import Any, TypeVar

import dagster as dg
from dagster._core.definitions.unresolved_asset_job_definition import UnresolvedAssetJobDefinition  # not exported
from pydantic import Field

from prescient_dagster.assets.cycle import OWNERS
from prescient_dagster.assets.forms.plain_config import filled, schema
from prescient_dagster.assets.runs.failures import explained
from prescient_dagster.assets.schedules import single_schedule
from prescient_dagster.assets.told.tables import columns, table
from prescient_dagster.catalog import strategy_names
from prescient_dagster.code_identity import version_of
from prescient_dagster.resources import CaptureFiles, DatabaseResource
from prescient_dagster.store.books import portfolios
from prescient_dagster.usecases.sweeps.crews import crew
from prescient_dagster.usecases.sweeps.verifications import verified_by
from prescient_dagster.usecases.verify import Drift

Drawn = TypeVar("Drawn")
NAME = "drift"
CHECK = "no_drift"
MOST_PORTFOLIOS = 50
HOURS = 4
NOTES = columns(portfolio="string", note="string")
FOUND = columns(portfolio="string", captures="int", cycles="int", trades="int", differences="int", first="string")


class DriftForm(dg.Config):
    """How many are verified, and by whom."""

    portfolios: int = Field(MOST_PORTFOLIOS, ge=1, description="so many, drawn where there are more")
    workers: int = Field(1, description="so many processes of this machine do the work")
    dask: str = Field("", description="or the workers of the Dask scheduler of this address")


def drift_asset() -> dg.AssetsDefinition:
    """The asset with its check."""

    @dg.asset(
        name=NAME,
        config_schema=schema(DriftForm),
        deps=["performance"],
        group_name="performance",
        kinds={"python", "postgres"},
        owners=OWNERS,
        tags={"layer": "platform", "runs": "on_schedule"},
        code_version=version_of("usecases.verify"),
        description=(
            "Whether portfolios did what their rules say: everything they decided is decided again from the stored "
            f"captures, and the difference must be nothing. Of more than {MOST_PORTFOLIOS} portfolios, so many are "
            "drawn each time, or as many as its config says, by which others do the work, too; those whose strategy is "
            "gone are left out. `prescient replay --portfolio SLUG --verify` "
            "does it for one.\n\n"
            "Runs at every tick of `drift_schedule`, every week by default; by hand at any time."
        ),
        check_specs=[
            dg.AssetCheckSpec(
                CHECK,
                asset=NAME,
                description="Fails where a portfolio did other than its rules say now, or could not be verified at "
                "all. WARN; ERROR where one did other. What to do: look at it with `prescient replay --portfolio SLUG "
                "--verify`; where you changed the code since, that is it.",
            )
        ],
    )
    def drift(
        context: dg.AssetExecutionContext, database: DatabaseResource, capture_files: CaptureFiles
    ) -> Iterator[dg.MaterializeResult[None] | dg.AssetCheckResult]:
        store = database.open()
        form = filled(DriftForm, context)
        with explained():
            there = [each for each in portfolios.list_all(store) if each.strategy_type in set(strategy_names())]
            chosen = drawn(there, form.portfolios, seed=context.run.run_id)
            hands = crew(None if form.dask else form.workers, form.dask or None)
            done, where = verified_by(hands, store, capture_files.folder, chosen)
        found = [each.drift for each in done if each.drift is not None]
        unverified = {each.slug: each.why for each in done if each.drift is None}
        for slug, why in unverified.items():
            context.log.warning(f"{slug} cannot be verified: {why}")
        yield dg.MaterializeResult(metadata={**metadata(found, unverified), "ran": where})
        yield result(found, unverified)

    return drift


def drawn(there: Sequence[Drawn], most: int, seed: str) -> list[Drawn]:
    """So many of the portfolios, others each time, in their order."""
    if len(there) <= most:
        return list(there)
    return [there[number] for number in sorted(random.Random(seed).sample(range(len(there)), most))]


def metadata(found: Sequence[Drift], unverified: dict[str, str]) -> dict[str, Any]:
    """What the page of the asset shows; the cells of its tables are text."""
    rows = [
        {
            "portfolio": each.portfolio,
            "captures": each.captures,
            "cycles": each.cycles,
            "trades": each.trades,
            "differences": each.count,
            "first": _first(each),
        }
        for each in found
    ]
    notes = [{"portfolio": each.portfolio, "note": note} for each in found for note in each.notes()]
    notes += [{"portfolio": slug, "note": reason} for slug, reason in unverified.items()]
    return {
        "portfolios": len(found),
        "trades": sum(each.trades for each in found),
        "differences": sum(each.count for each in found),
        "verified": table(FOUND, rows),
        "notes": table(NOTES, notes),
    }


def _first(found: Drift) -> str:
    first = found.first
    return "" if first is None else f"{first.kind} {first.name} on capture {first.capture_id}: {', '.join(first.names)}"


def result(found: Sequence[Drift], unverified: Collection[str] = ()) -> dg.AssetCheckResult:
    """The check: passed where all could be verified and nothing differs."""
    drifted = [each.portfolio for each in found if not each.is_none]
    wrong = []
    if drifted:
        wrong.append(f"{', '.join(drifted)} did other than their rules say now")
    if unverified:
        wrong.append(f"{', '.join(unverified)} could not be verified, see `notes`")
    trades = sum(each.trades for each in found)
    return dg.AssetCheckResult(
        passed=not wrong,
        check_name=CHECK,
        asset_key=NAME,
        severity=dg.AssetCheckSeverity.ERROR if drifted else dg.AssetCheckSeverity.WARN,
        description=f"{'; '.join(wrong)}: `prescient replay --portfolio SLUG --verify`"
        if wrong
        else f"{len(found)} portfolios, {trades} trades, no difference",
    )


def drift_job() -> UnresolvedAssetJobDefinition:
    """The job that verifies; it may take hours, unlike all others."""
    return dg.define_asset_job(
        "drift_job",
        dg.AssetSelection.assets(NAME),
        executor_def=dg.in_process_executor,
        description="Decides again what portfolios decided, and compares it with what they did.",
        tags={"dagster/max_runtime": str(HOURS * 3600)},
    )


def drift_schedule(cron: str) -> dg.ScheduleDefinition:
    """The verification at every tick."""
    what = "Decides again what portfolios decided, and compares it with what they did, as the asset drift."
    return single_schedule("drift_schedule", "drift_job", cron, what)
