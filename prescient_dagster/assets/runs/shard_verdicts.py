"""The checks of a strategy whose portfolios are traded in several runs: judged once, after the last of them.

The newest result of a check is all that its page shows. Were each run to tell its own, the last would hide the others';
so they are asked for no checks, and leave notes. Who sees them all (the tick of the strategy's schedule, `prescient
cycle`) joins the notes. A run that was killed has left none, a shard that was held back has no run: these are named,
and the checks fail, because nobody has looked.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence

import dagster as dg

from prescient_dagster.assets.checks import NONE_FAILED, balance_check, books_check, failing_check
from prescient_dagster.assets.cycle import asset_key
from prescient_dagster.assets.runs.checks_told import left_unbalanced, newest_told, tell
from prescient_dagster.assets.runs.going import GOING
from prescient_dagster.assets.runs.run_tags import CAPTURE_TAG, SHARD_TAG
from prescient_dagster.assets.runs.shard_notes import ShardWord, heard
from prescient_dagster.assets.runs.shards import Shard
from prescient_dagster.store.books.cycles import Stage

NEVER_RAN = "it had no run, since one over its portfolios had not ended"
RECENT_CAPTURES = 4


def judge(
    instance: dg.DagsterInstance,
    strategy: str,
    failing: Mapping[str, str],
    runs: Sequence[dg.DagsterRun],
    held_back: Sequence[Shard] = (),
) -> None:
    """Tell the checks of a strategy, in the log of the first of these runs.

    Args:
        failing: its portfolios that are left failed, and why.
        runs: one for each shard, all ended.
        held_back: the shards that have none.
    """
    asset = asset_key(strategy, Stage.TRADES)
    all_heard = [heard(instance, run) for run in runs] + [ShardWord(str(shard), why=NEVER_RAN) for shard in held_back]
    for result in _results(asset, failing, all_heard, left_unbalanced(instance, asset)):
        tell(instance, runs[0], result)


def _results(
    asset: dg.AssetKey, failing: Mapping[str, str], all_heard: Sequence[ShardWord], left: Mapping[str, Sequence[str]]
) -> Iterator[dg.AssetCheckResult]:
    notes = [each.note for each in all_heard if each.note is not None]
    unheard = {each.shard: each.why for each in all_heard if each.note is None}
    seen = {slug for note in notes for slug in note.slugs}
    found: dict[str, Sequence[str]] = dict.fromkeys(seen, ())
    found |= {slug: differences for slug, differences in left.items() if slug not in seen}
    found |= {slug: differences for note in notes for slug, differences in note.unbalanced.items()}
    yield balance_check(asset, found, unheard)
    counts = sum((Counter(note.books) for note in notes), Counter[str]())
    missing = {row["token_id"]: row for note in notes for row in note.missing}
    yield books_check(asset, counts, missing.values())
    yield failing_check(asset, failing, unheard)  # the last, by which one sees that all have been told


def judge_ended(
    instance: dg.DagsterInstance,
    strategy: str,
    failing: Callable[[], Mapping[str, str]],
    shards: Sequence[Shard],
    unfinished: int | None,
) -> None:
    """Judge the captures whose last shard has ended since, each once, in their order.

    Args:
        failing: looks up the portfolios of the strategy that are left failed.
        shards: the strategy's, as they are now.
        unfinished: the capture for which some of them are still to run.
    """
    runs_of = _recent(instance, shards)
    told = {
        record.run_id
        for record in newest_told(instance, NONE_FAILED.key(asset_key(strategy, Stage.TRADES)), limit=RECENT_CAPTURES)
    }
    judged = [capture for capture, runs in runs_of.items() if any(run.run_id in told for run in runs.values())]
    for capture in sorted(runs_of):
        runs = runs_of[capture]
        if (
            capture <= max(judged, default=0)
            or capture == unfinished
            or any(run.status in GOING for run in runs.values())
        ):
            continue
        judge(instance, strategy, failing(), list(runs.values()), [shard for shard in shards if shard.name not in runs])


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
