"""Windows are played anew one after the other, share no event, and what comes of it is kept as it was told."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from prescient_dagster.domain.errors import InvalidInput, NotFound
from prescient_dagster.store.database import Database
from prescient_dagster.store.past import sweeps
from prescient_dagster.usecases.folder_captures import FolderCaptures
from prescient_dagster.usecases.sweeps.crews import crew
from prescient_dagster.usecases.sweeps.sweep import candidates, swept
from prescient_dagster.usecases.sweeps.walk_forward import Asked, walked, walked_forward
from tests.usecases.sweeps.test_sweep import CASH, WIDE, captures_of, rows

GRID = {"max_positions": [2, 20]}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return captures_of(tmp_path, list(rows()))


def asked(windows: int) -> Asked:
    return Asked("mean_reversion", WIDE, GRID, CASH, windows)


def test_no_event_counts_in_two_windows_and_each_begins_anew(folder: Path) -> None:
    found = walked(FolderCaptures(folder), asked(3), candidates("mean_reversion", WIDE, GRID), crew())
    assert [window.captures for window in found.windows] == [4, 4, 4]
    entered = [set().union(*(each.records[window].entered for each in found.walked)) for window in range(3)]
    assert entered == [{"0x0", "0x1", "0x2", "0x3"}, {"0x4", "0x5", "0x6", "0x7"}, set()]
    assert [record.initial_balance for each in found.walked for record in each.records] == [CASH] * 6


def test_two_windows_are_the_two_parts_of_a_sweep(folder: Path) -> None:
    found = candidates("mean_reversion", WIDE, GRID)
    parts, _ = swept(FolderCaptures(folder), "mean_reversion", found, CASH, share=0.5)
    windows = walked(FolderCaptures(folder), asked(2), found, crew())
    own = {str(each.overrides): list(each.records) for each in windows.walked}
    assert {str(each.overrides): [each.first, each.rest] for each in parts.tried} == own


def test_it_comes_out_the_same_whoever_does_it(folder: Path) -> None:
    found = candidates("mean_reversion", WIDE, GRID)
    digests = {walked(FolderCaptures(folder), asked(3), found, crew(number)).digest for number in (1, 2)}
    assert len(digests) == 1


def test_what_came_of_it_is_kept_until_it_is_removed(database: Database, folder: Path) -> None:
    found = candidates("mean_reversion", WIDE, GRID)
    number = walked_forward(database, FolderCaptures(folder), asked(3), found, crew())
    kept = sweeps.get(database, number)
    assert (kept.strategy_type, kept.source, kept.initial_balance) == ("mean_reversion", str(folder), CASH)
    assert (kept.config, kept.grid) == (WIDE, GRID)
    assert (len(kept.result["windows"]), kept.result["tried"], kept.result["ran"]) == (3, 2, "in one process")
    assert [each.sweep_id for each in sweeps.list_all(database)] == [number]
    sweeps.remove(database, number)
    for gone in (lambda: sweeps.get(database, number), lambda: sweeps.remove(database, number)):
        with pytest.raises(NotFound, match="there is no sweep 1: `prescient sweeps list`"):
            gone()


@pytest.mark.parametrize(("windows", "kind"), [(1, InvalidInput), (51, InvalidInput), (13, NotFound)])
def test_windows_are_of_a_sensible_number(folder: Path, windows: int, kind: type[Exception]) -> None:
    with pytest.raises(kind, match="windows"):
        walked(FolderCaptures(folder), asked(windows), candidates("mean_reversion", WIDE, GRID), crew())


def test_what_comes_later_changes_nothing_of_an_earlier_window(folder: Path) -> None:
    found = candidates("mean_reversion", WIDE, GRID)
    whole = walked(FolderCaptures(folder), asked(3), found, crew())
    for path in sorted(folder.iterdir())[-8:]:
        path.unlink()
    cut = walked(FolderCaptures(folder), asked(2), found, crew())
    assert by_config(whole.walked, 2) == by_config(cut.walked, 2)


def by_config(found: Sequence[object], windows: int) -> dict[str, object]:
    return {str(each.overrides): each.records[:windows] for each in found}  # type: ignore[attr-defined]
