"""Shards: neighbouring portfolios of a strategy that have a run of their own, where they are too many for a single one.

Each shard has one run per capture, goes by itself and is waited for by itself. A strategy within the limit has one run
over all of its portfolios, and nothing of this is seen.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import dagster as dg

from prescient_dagster.assets.partitions_asked import partition_ends
from prescient_dagster.assets.runs.run_tags import SHARD_TAG


@dataclass(frozen=True, slots=True)
class Shard:
    """Portfolios that one run trades, neighbours in the order of their partitions.

    Attributes:
        number: which of the strategy's shards it is, or lies in; 0: the strategy has one run for all.
        keys: the slugs; at least one.
        alone: whether nothing else is traded together with it: its run judges the strategy's checks.
    """

    strategy: str
    number: int
    keys: Sequence[str]
    alone: bool

    @property
    def name(self) -> str:
        """`momentum/2`; where there is one run for all, the strategy's."""
        return f"{self.strategy}/{self.number}" if self.number else self.strategy

    @property
    def tags(self) -> dict[str, str]:
        """What tells its runs from those of others."""
        return {SHARD_TAG: self.name} if self.number else {}

    def __str__(self) -> str:
        return f"{self.name} ({len(self.keys):,} portfolios, {self.keys[0]} to {self.keys[-1]})"

    def shares(self, run: dg.DagsterRun, order: Mapping[str, int]) -> bool:
        """Whether a run of the strategy is this shard's, or may be trading some of its portfolios.

        Borders move when portfolios come and go: who went by names alone would send two runs to the same portfolios.

        Args:
            order: the place of each partition as they stand now.
        """
        name = run.tags.get(SHARD_TAG)
        if name == self.name:
            return True
        first, last = (order.get(key) for key in partition_ends(run.tags))
        if first is None or last is None:
            return name is None  # whose it is cannot be told
        return first <= order[self.keys[-1]] and order[self.keys[0]] <= last


def shards(strategy: str, keys: Sequence[str], most: int) -> list[Shard]:
    """A strategy's portfolios in blocks of so many; the last has what is left, so that newcomers move no border."""
    if len(keys) <= most:
        return [Shard(strategy, 0, keys, alone=True)] if keys else []
    starts = range(0, len(keys), most)
    return [Shard(strategy, number, keys[at : at + most], alone=False) for number, at in enumerate(starts, start=1)]


def named(shards: Sequence[Shard], keys: Collection[str]) -> dict[str, str]:
    """Which of a strategy's shards each of these portfolios lies in; empty where there is one run for all."""
    wanted = set(keys)
    return {key: shard.name for shard in shards if shard.number for key in shard.keys if key in wanted}


def blocks(strategy: str, keys: Sequence[str], wanted: Collection[str], most: int) -> list[Shard]:
    """The wanted portfolios as runs take them: neighbours, all of one shard."""
    wanted = set(wanted)
    found = [
        replace(shard, keys=block)
        for shard in shards(strategy, keys, most)
        for block in _neighbours(shard.keys, wanted)
    ]
    return [replace(block, alone=len(found) == 1) for block in found]


def _neighbours(keys: Sequence[str], wanted: set[str]) -> Iterator[list[str]]:
    block: list[str] = []
    for key in keys:
        if key in wanted:
            block.append(key)
        elif block:
            yield block
            block = []
    if block:
        yield block
