"""The checks of a strategy whose portfolios are traded in several runs: judged once, after the last of them.

The newest result of a check is all that its page shows. Were each run to tell its own, the last would hide the others';
so they are asked for no checks, and leave notes. Who sees them all (the tick of the strategy's schedule, `prescient
cycle`) joins the notes. A run that was killed has left none, a shard that was held back has no run: these are named,
and the checks fail, because nobody has looked.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence

import dagster as dg

from prescient_dagster.assets.checks import balance_check, books_check, failing_check
from prescient_dagster.assets.cycle import asset_key
from prescient_dagster.assets.runs.checks_told import left_missing, left_unbalanced, tell
from prescient_dagster.assets.runs.going import GOING
from prescient_dagster.assets.runs.run_tags import CAPTURE_TAG, JUDGED_TAG, SHARD_TAG
from prescient_dagster.assets.runs.shard_notes import ShardWord, heard
from prescient_dagster.assets.runs.shards import Shard
from prescient_dagster.store.books.cycles import Stage
from prescient_dagster.store.check_log import checks_locked
from prescient_dagster.store.database import Database
from prescient_dagster.store.health import failing_portfolios

NEVER_RAN = "it had no run, since one over its portfolios had not ended"
RECENT_CAPTURES = 4


def judge(
    instance: dg.DagsterInstance,
    database: Database,
    strategy: str,
    runs: Sequence[dg.DagsterRun],
    held_back: Sequence[Shard] = (),
) -> None:
    """Tell the checks of a strategy, in the log of the first of these runs.

    Args:
        runs: one for each shard, all ended; of several captures, the oldest first.
        held_back: the shards that have none on the newest.
    """
    asset = asset_key(strategy, Stage.TRADES)
    all_heard = [heard(instance, run) for run in runs] + [ShardWord(str(shard), why=NEVER_RAN) for shard in held_back]
    with checks_locked(database, strategy):
        failing = failing_portfolios(database, strategy)
        for result in _results(instance, asset, failing, all_heard):
            tell(instance, runs[0], result)
    instance.add_run_tags(runs[0].run_id, {JUDGED_TAG: "yes"})


def _results(
    instance: dg.DagsterInstance, asset: dg.AssetKey, failing: Mapping[str, str], all_heard: Sequence[ShardWord]
) -> Iterator[dg.AssetCheckResult]:
    notes = [each.note for each in all_heard if each.note is not None]
    unheard = {each.shard: each.why for each in all_heard if each.note is None}
    seen = {slug for note in notes for slug in note.slugs}
    found: dict[str, Sequence[str]] = dict.fromkeys(seen, ())
    left = left_unbalanced(instance, asset)
    found |= {slug: differences for slug, differences in left.items() if slug not in seen}
    for note in notes:  # whoever looked last at the same books has the last word
        found |= {slug: note.unbalanced.get(slug, ()) for slug in note.slugs}
    yield balance_check(asset, found, unheard)
    counts = sum((Counter(note.books) for note in notes), Counter[str]())
    missing = {row["token_id"]: row for note in notes for row in note.missing}
    capture_id = max((note.capture_id for note in notes), default=0)
    yield books_check(asset, capture_id, counts, missing.values(), left_missing(instance, asset, capture_id))
    yield failing_check(asset, failing, unheard)


def judge_ended(
    instance: dg.DagsterInstance, database: Database, shards: Sequence[Shard], unfinished: int | None
) -> None:
    """Judge the captures whose last shard has ended since, each once, in their order.

    One that ends after a newer one has been judged is judged together with that: neither verdict hides the other.

    Args:
        shards: the strategy's, as they are now.
        unfinished: the capture for which some of them are still to run.
    """
    runs_of = _recent(instance, shards)
    ended = [
        capture
        for capture, runs in sorted(runs_of.items())
        if capture != unfinished and not any(run.status in GOING for run in runs.values())
    ]
    judged = {capture for capture in ended if any(JUDGED_TAG in run.tags for run in runs_of[capture].values())}
    for capture in ended:
        if capture in judged:
            continue
        together = [capture, *(other for other in ended if other > capture and other in judged)]
        runs = [run for each in together for run in runs_of[each].values()]
        judge(instance, database, shards[0].strategy, runs, _without_run(shards, runs_of[together[-1]]))
        judged.add(capture)


def _without_run(shards: Sequence[Shard], runs: Mapping[str, dg.DagsterRun]) -> list[Shard]:
    return [shard for shard in shards if shard.name not in runs]


def _recent(instance: dg.DagsterInstance, shards: Sequence[Shard]) -> dict[int, dict[str, dg.DagsterRun]]:
    """The newest run of each shard on each of the last captures, the newest first."""
    limit = (RECENT_CAPTURES + 1) * len(shards)
    recent = instance.get_runs(dg.RunsFilter(job_name=shards[0].strategy), limit=limit)
    found: dict[int, dict[str, dg.DagsterRun]] = defaultdict(dict)
    for run in recent:
        if CAPTURE_TAG in run.tags and SHARD_TAG in run.tags:
            found[int(run.tags[CAPTURE_TAG])].setdefault(run.tags[SHARD_TAG], run)
    if len(recent) == limit:  # of the oldest, some may lie beyond
        found.pop(min(found, default=0), None)
    return found
