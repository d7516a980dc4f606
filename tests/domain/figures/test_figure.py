"""What is told of each figure: every one has a kind, and every one that may be empty a reason."""

from typing import get_type_hints

import dagster as dg
import pytest

from prescient_dagster.assets.told.performance_metadata import metadata
from prescient_dagster.domain.figures.figure import Section, figures_of, in_table
from prescient_dagster.domain.figures.leaderboard import leaderboard
from prescient_dagster.domain.figures.overview import Owned, lines, total
from prescient_dagster.domain.figures.performance import FIGURES, PARTS, performance, track_record
from prescient_dagster.report.figures import READ, Tiles
from tests.track_records import a_history

OPTIONAL = {
    name for part in PARTS for name, hint in get_type_hints(part).items() if type(None) in getattr(hint, "__args__", ())
}


def test_no_name_has_two_meanings() -> None:
    assert len(FIGURES) == sum(len(list(figures_of(part))) for part in PARTS)


def test_whatever_may_be_empty_says_why_and_nothing_else_does() -> None:
    assert {name for name, each in FIGURES.items() if each.why} == OPTIONAL


@pytest.mark.parametrize("name", sorted(OPTIONAL))
def test_an_empty_figure_gives_its_reason_on_the_page(name: str) -> None:
    nothing = performance([track_record(a_history(), {})])
    tile = Tiles(nothing)[name]
    assert (tile.text, bool(tile.why)) == ("–", True)


def test_every_kind_can_be_read() -> None:
    assert {each.unit for each in FIGURES.values()} <= set(READ)


def test_the_asset_has_a_column_for_every_figure_that_has_a_table() -> None:
    history = a_history()
    board = leaderboard([history], {})
    told = metadata(board, total(board, lines([history], board, [Owned()])))
    tables = [each for each in told.values() if isinstance(each, dg.TableMetadataValue)]
    columns = [each.name for table in tables for each in table.schema.columns]
    shown = {name for table in Section for name in in_table(table, FIGURES)}
    assert shown <= set(columns)
