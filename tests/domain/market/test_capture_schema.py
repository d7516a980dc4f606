"""A column that is added loses no capture; a table that is no capture's is refused in one line."""

from collections.abc import Sequence

import pandas as pd
import pytest

from prescient_dagster.domain.errors import SchemaUnknown
from prescient_dagster.domain.market.capture_schema import filled, version
from prescient_dagster.domain.market.markets import EVENTS, MARKETS, Column, check_markets
from tests.store.listings import some_events, some_markets
from tests.store.old_captures import VERSION_1, as_before

GROWN = {
    "market_id": Column("text", "of the first version"),
    "size": Column("number", "of the second", 2),
    "since": Column("time", "of the third", 3),
    "colour": Column("text", "of the second", 2, "grey"),
    "price": Column("number", "of the first version"),
    "large": Column("flag", "of the third", 3),
    "legs": Column("integer", "of the third", 3),
}


def a_table(*names: str) -> pd.DataFrame:
    kinds = {"text": "a", "number": 0.5, "time": pd.Timestamp("2026-03-01T12:00Z"), "flag": True, "integer": 7}
    return pd.DataFrame({name: [kinds[GROWN[name].kind]] * 2 for name in names})


def test_the_first_version_is_what_it_was() -> None:
    assert tuple(name for name, column in MARKETS.items() if column.since == 1) == VERSION_1
    assert {column.since for column in EVENTS.values()} == {1}


def test_a_table_of_today_is_left_as_it_is() -> None:
    markets = some_markets()
    assert filled(markets, MARKETS) is markets
    assert filled(some_events(), EVENTS).equals(some_events())


def test_a_table_of_the_first_version_is_a_capture_of_today() -> None:
    found = filled(some_markets()[list(VERSION_1)], MARKETS)
    check_markets(found)
    pd.testing.assert_frame_equal(found, as_before(some_markets()))


def test_an_empty_table_of_the_first_version_has_the_types_of_today() -> None:
    check_markets(filled(some_markets(0)[list(VERSION_1)], MARKETS))


def test_what_a_version_lacks_is_unknown_or_what_it_always_was() -> None:
    first, second = filled(a_table("market_id", "price"), GROWN), a_table("market_id", "size", "colour", "price")
    assert list(first.columns) == list(GROWN)
    assert first["colour"].tolist() == ["grey"] * 2
    assert first[["size", "since"]].isna().all(axis=None)
    assert (first["large"].tolist(), first["legs"].tolist()) == ([False] * 2, [0] * 2)
    assert filled(second, GROWN)[["size", "colour"]].to_numpy().tolist() == [[0.5, "a"]] * 2


@pytest.mark.parametrize(
    ("names", "of"),
    [(["market_id", "price"], 1), (["market_id", "size", "colour", "price"], 2), (list(GROWN), 3)],
)
def test_a_table_is_of_the_version_of_its_newest_column(names: Sequence[str], of: int) -> None:
    assert version(names, GROWN) == of


@pytest.mark.parametrize(
    ("names", "why"),
    [
        ([*GROWN, "shape"], "shape may be of a later Prescient: upgrade it"),
        (["market_id"], "price of version 1 missing"),
        (["market_id", "size", "price"], "colour of version 2 missing"),
        ([name for name in GROWN if name != "price"], "price of version 3 missing"),
        (["price", "market_id"], "in their order"),
        ([], "market_id, price of version 1 missing"),
        ([f"x{number}" for number in range(7)], "x0, x1, x2, x3, x4 and 2 more may be of a later"),
    ],
)
def test_columns_of_no_version_are_told_in_one_line(names: Sequence[str], why: str) -> None:
    with pytest.raises(SchemaUnknown, match=f"its columns differ.*{why}"):
        version(names, GROWN)
