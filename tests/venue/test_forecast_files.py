"""Files of forecasts: what is read, and what is told of the rest."""

import io
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
import pytest

from prescient_dagster.domain.errors import InvalidInput
from prescient_dagster.domain.market.forecasts import Forecast
from prescient_dagster.venue.forecast_files import Document, in_folder, said, told_address

TEN = datetime(2026, 3, 1, 10, tzinfo=UTC)
HEAD = "market_id,slug,probability,made_at,source"


def csv(*rows: str, head: str = HEAD) -> Document:
    return Document("desk.csv", "\n".join([head, *rows]).encode())


def refused(*rows: str) -> list[tuple[int, str]]:
    return list(said(csv(*rows)).refused)


def test_a_row_names_its_market_by_id_or_slug_and_its_source_or_the_files_name() -> None:
    found = said(csv("7,,0.62,2026-03-01T10:00:00Z,model", ",rain-in-bergen,1,2026-03-01 11:00+01:00,"))
    assert found.forecasts == [Forecast("model", "7", "", 0.62, TEN), Forecast("desk", "", "rain-in-bergen", 1.0, TEN)]
    assert (found.rows, found.refused) == (2, [])


def test_a_time_without_a_zone_is_utc_and_columns_may_stand_in_any_order() -> None:
    found = said(csv("2026-03-01 10:00,0.5,9,left", head="made_at,probability,market_id,note"))
    assert found.forecasts == [Forecast("desk", "9", "", 0.5, TEN)]


def test_parquet_says_the_same() -> None:
    frame = pd.DataFrame(
        {"market_id": [7, 8], "probability": [0.25, 1.5], "made_at": [TEN, TEN], "source": ["m", None]}
    )
    sink = io.BytesIO()
    frame.to_parquet(sink)
    found = said(Document("desk.parquet", sink.getvalue()))
    assert found.forecasts == [Forecast("m", "7", "", 0.25, TEN)]
    assert found.refused == [(2, "probability is 1.5, not a number from 0 to 1")]


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ("7,,62,2026-03-01T10:00:00Z,m", "probability is '62', not a number from 0 to 1"),
        ("7,,-0.1,2026-03-01T10:00:00Z,m", "probability is '-0.1', not a number from 0 to 1"),
        ("7,,nan,2026-03-01T10:00:00Z,m", "probability is 'nan', not a number from 0 to 1"),
        ("7,,,2026-03-01T10:00:00Z,m", "probability is '', not a number from 0 to 1"),
        ("7", "probability is None, not a number from 0 to 1"),
        ("7,,0.5,yesterday,m", "made_at is 'yesterday', not a time such as 2026-03-01T12:00:00Z"),
        ("7,,0.5,0001-01-01T00:00:00Z,m", "made_at is '0001-01-01T00:00:00Z', not a time such as"),
        (",,0.5,2026-03-01T10:00:00Z,m", "it names no market: market_id and slug are empty"),
        (f"{'7' * 201},,0.5,2026-03-01T10:00:00Z,m", "market_id is longer than 200 letters"),
        (f"7,,0.5,2026-03-01T10:00:00Z,{'m' * 101}", "source is longer than 100 letters"),
        ("7,,0.5,2026-03-01T10:00:00Z,\x1b[31m", "source has characters that cannot be printed"),
    ],
)
def test_a_row_that_cannot_be_used_costs_only_itself(row: str, why: str) -> None:
    found = said(csv("1,,0.5,2026-03-01T10:00:00Z,m", row, "2,,0.5,2026-03-01T10:00:00Z,m"))
    assert [each.market_id for each in found.forecasts] == ["1", "2"]
    ((number, told),) = found.refused
    assert (number, told[: len(why)]) == (2, why)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"a,b\n1,2\n", "it lacks probability and made_at: expected the columns"),
        (b"probability,made_at\n", "it lacks market_id or slug"),
        (b"", "it lacks probability and made_at"),
        (b"PAR1 and no more", "it is a damaged Parquet file"),
        (b"\xff\xfe\x00", "it is neither Parquet nor CSV in UTF-8"),
        (b"a\0b", "it is neither CSV nor Parquet"),
    ],
)
def test_a_file_of_another_kind_is_told_in_one_line(content: bytes, why: str) -> None:
    with pytest.raises(InvalidInput, match=why):
        said(Document("desk.csv", content))


def test_hidden_and_other_files_are_passed_over(tmp_path: Path) -> None:
    for name in ("b.csv", "a.parquet", ".half.csv", "notes.txt"):
        (tmp_path / name).write_text(HEAD)
    assert [each.name for each in in_folder(tmp_path)] == ["a.parquet", "b.csv"]


def test_an_address_is_told_without_its_secrets() -> None:
    assert told_address("https://me:secret@model.example/f.csv?token=secret") == "https://model.example/f.csv"


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="No such file"):
        list(in_folder(tmp_path / "gone"))
