"""The checks of a strategy whose portfolios are traded in several runs: judged once, after the last of them.

Runs over a part of the portfolios are asked for no checks, and leave notes. Who sees them all (the tick of the
strategy's schedule, `prescient cycle`) joins the notes. A run that was killed has left none, a shard that was held back
has no run: these are named, and the checks fail, because nobody has looked.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace

import dagster as dg

from prescient_dagster.assets.cycle import asset_key
from prescient_dagster.assets.runs.checks_told import Findings, tell, told_before
from prescient_dagster.assets.runs.going import GOING
from prescient_dagster.assets.runs.run_tags import CAPTURE_TAG, JUDGED_TAG, SHARD_TAG
from prescient_dagster.assets.runs.shard_notes import ShardWord, heard
from prescient_dagster.assets.runs.shards import Shard
from prescient_dagster.store.books.cycles import Stage
from prescient_dagster.store.database import Database
from prescient_dagster.store.health import failing_portfolios

NEVER_RAN = "it had no run, since one over its portfolios had not ended"
RECENT_CAPTURES = 5
OfShards = Mapping[str, dg.DagsterRun]


def judge(
    instance: dg.DagsterInstance,
    database: Database,
    capture_id: int,
    runs: Sequence[dg.DagsterRun],
    held_back: Sequence[Shard] = (),
) -> None:
    """Tell the checks of a strategy, in the log of the first of its runs.

    Args:
        runs: of the strategy's job, at most one for each shard, all ended.
        held_back: the shards that have none.
    """
    strategy = runs[0].job_name
    asset = asset_key(strategy, Stage.TRADES)
    words = [heard(instance, run) for run in runs] + [ShardWord(str(shard), why=NEVER_RAN) for shard in held_back]
    come = {each.shard.partition(" ")[0] for each in words if each.note is not None}
    with told_before(instance, database, asset) as told:
        came = come if told.capture_id == capture_id else ()  # who has come since is missed no longer
        left = {name: why for name, why in told.unseen.items() if name.partition(" ")[0] not in came}
        known = _together(capture_id, words).with_told(replace(told, unseen=left))
        for result in known.results(asset, failing_portfolios(database, strategy)):
            tell(instance, runs[0], result)


def _together(capture_id: int, words: Sequence[ShardWord]) -> Findings:
    notes = [each.note for each in words if each.note is not None]
    balances = {slug: note.unbalanced.get(slug, ()) for note in notes for slug in note.slugs}
    unseen = {each.shard: each.why for each in words if each.note is None}
    books = sum((Counter(note.books) for note in notes), Counter[str]())
    missing = {row["token_id"]: row for note in notes for row in note.missing}
    return Findings(capture_id, balances, unseen, books, list(missing.values()))


def judge_ended(
    instance: dg.DagsterInstance, database: Database, shards: Sequence[Shard], unfinished: int | None
) -> None:
    """Judge the runs that have ended since, each once, by their captures; of a capture all at once.

    Args:
        shards: the strategy's, as they are now.
        unfinished: the capture for which some of them are still to run.
    """
    strategy, names = shards[0].strategy, {shard.name for shard in shards}
    for capture_id, runs in _unjudged(instance, strategy, len(shards)).items():
        if capture_id == unfinished or any(run.status in GOING for run in runs.values()):
            continue
        new = [run for run in runs.values() if JUDGED_TAG not in run.tags]
        missing = names - runs.keys() if len(new) == len(runs) else ()
        judge(instance, database, capture_id, new, [shard for shard in shards if shard.name in missing])
        for run in new:
            instance.add_run_tags(run.run_id, {JUDGED_TAG: "yes"})


def _unjudged(instance: dg.DagsterInstance, strategy: str, number: int) -> Mapping[int, OfShards]:
    """The newest run of each shard on the captures of which one has changed lately and is not judged yet, in order.

    Those that changed last are looked at, not those that were made last: a run may end long after the captures that
    came since.

    Args:
        number: of the shards there are.
    """
    changed = instance.get_run_records(
        dg.RunsFilter(job_name=strategy), limit=RECENT_CAPTURES * number, order_by="update_timestamp"
    )
    tags = [record.dagster_run.tags for record in changed]
    captures = {
        each[CAPTURE_TAG] for each in tags if {CAPTURE_TAG, SHARD_TAG} <= each.keys() and JUDGED_TAG not in each
    }
    found: dict[int, dict[str, dg.DagsterRun]] = defaultdict(dict)
    if captures:
        for run in instance.get_runs(dg.RunsFilter(job_name=strategy, tags={CAPTURE_TAG: sorted(captures)})):
            if SHARD_TAG in run.tags:
                found[int(run.tags[CAPTURE_TAG])].setdefault(run.tags[SHARD_TAG], run)
    return {capture_id: found[capture_id] for capture_id in sorted(found)}
