"""Full collections wait until a long piece of work is over, however it ends."""

import gc

import pytest

from prescient_dagster.usecases.garbage import without_full_collections


class _Cycle:
    def __init__(self) -> None:
        self.itself = self


def full_collections_of(made: int) -> int:
    """How many there are while so many objects are made and kept."""
    before, kept = gc.get_stats()[2]["collections"], [_Cycle() for _ in range(made)]
    return gc.get_stats()[2]["collections"] - before if kept else 0


def test_no_full_collection_runs_in_the_middle_of_work() -> None:
    gc.collect()
    outside = full_collections_of(600_000)
    with without_full_collections():
        inside = full_collections_of(600_000)
    assert (outside > 0, inside) == (True, 0)


def test_what_is_young_is_collected_all_the_same() -> None:
    with without_full_collections():
        before = gc.get_stats()[0]["collected"] + gc.get_stats()[1]["collected"]
        for _ in range(100_000):
            _Cycle()
        assert gc.get_stats()[0]["collected"] + gc.get_stats()[1]["collected"] - before > 90_000


def test_collections_are_as_before_when_work_has_failed() -> None:
    before = gc.get_threshold()
    with pytest.raises(ValueError, match="broken"), without_full_collections():
        raise ValueError("broken")
    assert gc.get_threshold() == before
