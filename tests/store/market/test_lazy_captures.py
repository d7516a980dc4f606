"""A capture of which only what is asked for is read is the capture itself."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from prescient_dagster.domain.errors import SchemaUnknown, StoreError
from prescient_dagster.domain.market.markets import MARKET_COLUMNS, Capture
from prescient_dagster.store.market import capture_files
from prescient_dagster.store.market.lazy_captures import Habits, LazyCapture, MarketsFile
from tests.store.listings import NOON, some_events, some_markets
from tests.store.old_captures import as_before, of_version_1, written

PATH = Path("some.markets.parquet")


@pytest.fixture
def whole() -> Capture:
    return Capture(7, NOON, some_events(), some_markets(9))


@pytest.fixture
def lazy(whole: Capture) -> Capture:
    content = bytes(capture_files.encoded(whole.markets, MARKET_COLUMNS))
    return LazyCapture(7, NOON, MarketsFile(PATH, content))


def test_every_number_flag_and_time_is_the_same(whole: Capture, lazy: Capture) -> None:
    for name, column in whole.columns.items():
        np.testing.assert_array_equal(lazy.columns[name], column)
        assert lazy.columns[name].dtype == column.dtype, name


def test_every_text_is_the_same_row_by_row_and_as_a_column(whole: Capture, lazy: Capture) -> None:
    for name in (name for name, kind in MARKET_COLUMNS.items() if kind == "text"):
        pd.testing.assert_series_equal(lazy.text_column(name), whole.text_column(name), check_names=False)
        assert [lazy.text(name, row) for row in range(9)] == [whole.text(name, row) for row in range(9)]
        (numbers, texts), (own, of_own) = lazy.numbered(name), whole.numbered(name)
        assert (list(numbers), list(texts)) == (list(own), list(of_own))
    for name, texts in whole.texts.items():
        assert list(lazy.texts[name]) == texts
        assert lazy.texts[name][2] == texts[2]
    assert lazy.row_of == whole.row_of


def test_the_whole_table_is_there_for_who_asks(whole: Capture, lazy: Capture) -> None:
    pd.testing.assert_frame_equal(lazy.markets, whole.markets)
    assert (lazy.capture_id, lazy.captured_at) == (7, NOON)


def test_a_file_that_holds_something_else_is_refused() -> None:
    with pytest.raises(StoreError, match="cannot be read"):
        MarketsFile(PATH, b"PAR1 and no more")
    with pytest.raises(SchemaUnknown, match=r"cannot be read: its columns differ.*event_id, .* missing"):
        MarketsFile(PATH, written(some_markets(1)[["market_id"]]))
    with pytest.raises(SchemaUnknown, match="colour may be of a later Prescient"):
        MarketsFile(PATH, written(some_markets(1).assign(colour="grey")))


def test_a_file_of_an_older_schema_has_the_columns_of_today(whole: Capture) -> None:
    now = Capture(7, NOON, some_events(), as_before(whole.markets))
    found = LazyCapture(7, NOON, MarketsFile(PATH, of_version_1(whole.markets), _used_to(whole)))
    pd.testing.assert_frame_equal(found.markets, now.markets)
    for name, kind in MARKET_COLUMNS.items():
        if kind == "text":
            pd.testing.assert_series_equal(found.text_column(name), now.text_column(name), check_names=False)
            assert found.text(name, 8) == now.text(name, 8)
        else:
            np.testing.assert_array_equal(found.columns[name], now.columns[name])


def _used_to(whole: Capture) -> Habits:
    """The habits of who has looked at every column of a capture of today."""
    habits = Habits()
    lazy = LazyCapture(6, NOON, MarketsFile(PATH, bytes(capture_files.encoded(whole.markets, MARKET_COLUMNS)), habits))
    for name in MARKET_COLUMNS:
        lazy.text_column(name)
    return habits
