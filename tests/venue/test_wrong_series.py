"""A file of prices is read, or refused in one line of our own words that says what was found and what is expected."""

import gzip
import json
import re
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prescient_dagster.domain.errors import InvalidInput
from prescient_dagster.venue.series.listings import Assumptions, imported
from prescient_dagster.venue.series.reading import read
from prescient_dagster.venue.series.values import PriceUnit
from tests.venue.test_kinds import DOCUMENTS, FILES
from tests.venue.test_series import HEADING, a_row

START = 1_772_366_400  # 2026-03-01 12:00 UTC
FOREIGN = re.compile(r"\w+Error\b|Errno|Traceback|pandas|dtype|numpy|to_datetime|passing|Expecting|unexpected")


def points(count: int = 3, *, step: float = 600, scale: float = 1, first: float = 42.0) -> list[dict[str, Any]]:
    """A history in steps of so many seconds, times written in so many parts of one."""
    return [{"timestamp": round((START + step * each) * scale), "probability": first + each} for each in range(count)]


def a_set(*histories: list[dict[str, Any]], **fields: Any) -> dict[str, Any]:
    markets = [{"question": f"Harbour {number}?", "history": each} for number, each in enumerate(histories, 1)]
    return {"title": "Which harbour?", "markets": markets} | fields


def written(folder: Path, content: Any, name: str = "prices.json") -> Path:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
    return path


def refusal(path: Path, unit: PriceUnit | None = None) -> str:
    with pytest.raises(InvalidInput) as raised:
        read(path, unit)
    (line,) = str(raised.value).splitlines()
    assert line.startswith(str(path))
    assert not FOREIGN.search(line.removeprefix(str(path))), line
    return line


def a_table(*rows: str) -> bytes:
    return "\n".join([HEADING, *rows, ""]).encode()


def with_time(time: object) -> str:
    return f"{time},77,Rain?,2026-07-01T00:00:00Z,1000,5000,0.4,0.6"


def with_point(**changed: Any) -> dict[str, Any]:
    """A set whose second point differs; what is `...` is left out."""
    history = points()
    history[1] = {name: value for name, value in (history[1] | changed).items() if value is not ...}
    return a_set(history)


WRONG: dict[str, tuple[Any, str]] = {
    "no price at a moment": (
        with_point(probability=None),
        "market 'Harbour 1?' at 2026-03-01 12:10:00 UTC has no price: probability is null",
    ),
    "a price that is a word": (with_point(probability="high"), "at 2026-03-01 12:10:00 UTC: probability is 'high', no"),
    "a price that is true": (with_point(probability=True), "probability is True, no number"),
    "a price beyond 100": (with_point(probability=101), "probability is 101, expected a number from 0 to 100"),
    "a price below 0": (with_point(probability=-1), "probability is -1, expected a number from 0 to 100"),
    "a price without end": (with_point(probability=10**400), "no number"),
    "a price that is missing": (with_point(probability=...), "point 2 lacks probability; it has timestamp"),
    "points of the CLOB": (a_set([{"t": START, "p": 0.4}]), "point 1 lacks timestamp and probability; it has t, p"),
    "a point that is a pair": (
        a_set([[START, 40]]),
        "point 1 lacks timestamp and probability; it has [1772366400, 40]",
    ),
    "fractions where percents are documented": (
        a_set([{"timestamp": START, "probability": 0.42}]),
        "no probability exceeds 1: percent, as this kind of file has them, or fractions from 0 to 1? Say --prices",
    ),
    "no time": (with_point(timestamp=None), "timestamp is null, no time of the years 2000 to 2099: expected seconds"),
    "a time of another age": (with_point(timestamp=1), "point 2: timestamp is 1, no time"),
    "a time that is huge": (with_point(timestamp=10**30), "no time of the years"),
    "two units of time": (with_point(timestamp=START * 1000), "written in milliseconds, in the rows before in seconds"),
    "times as texts and numbers": (
        with_point(timestamp="2026-03-01T12:10:00Z"),
        "written in texts, in the rows before",
    ),
    "a time that is a word": (a_set([{"timestamp": "noon", "probability": 42}]), "timestamp is 'noon', no time"),
    "a year far off": (a_set([{"timestamp": "2199-01-01", "probability": 42}]), "timestamp is '2199-01-01', no time"),
    "no title": (a_set(points(), title=None), "title is null, expected the title of the event"),
    "a market without history": (
        a_set(points()) | {"markets": [{"question": "A?", "history": points()}, {"question": "B?"}]},
        "market 2 has no history",
    ),
    "a market without question": (a_set(points(), markets=[{"history": points()}]), "market 1 has no question"),
    "no markets": (a_set(), "it holds no prices"),
    "no points": (a_set([]), "it holds no prices"),
    "a text that no file takes": (a_set(points(), title="\ud800"), "a text that cannot be kept"),
    "broken JSON": (b'{"title": "x",\n "markets": [}', "line 2 is no JSON from column 14 on"),
    "deep JSON": (b'{"title": ' + b"[" * 100_000, "nested too deeply"),
    "other columns": (
        b"date;open;close\n2026-03-01;0.4;0.5\n",
        "text with the columns date;open;close, without ingested_at market_id",
    ),
    "columns of other names": (b"time,market_id,price\n1,2,3\n", "with the columns time, market_id, price, without"),
    "a heading alone": (a_table(), "it holds no prices"),
    "a line cut short": (a_table(with_time(START), "1,2"), "line 3 has 2 values, the heading 8"),
    "an open quotation mark": (a_table('"' + with_time(START)), "is no line of a CSV file"),
    "no price in a line": (
        a_table(f"{START},77,Rain?,,1,1,,"),
        "market 'Rain?' at 2026-03-01 12:00:00 UTC has no price",
    ),
    "a decimal comma": (a_table(f'{START},77,Rain?,,1,1,"0,4",'), "yes_price is '0,4', no number"),
    "percents where fractions are documented": (
        a_table(f"{START},77,Rain?,,1,1,42,58"),
        "yes_price is up to 42: this kind of file has fractions from 0 to 1; if these are percent, say --prices",
    ),
    "a price beyond all units": (
        a_table(f"{START},77,Rain?,,1,1,420,58"),
        "yes_price is '420', expected a number from",
    ),
    "no market": (a_table(f"{START},,Rain?,,1,1,0.4,0.6"), "line 2 has no market id, question or title"),
    "an amount that is a word": (a_table(f"{START},77,Rain?,,much,1,0.4,0.6"), "line 2: volume is 'much', expected an"),
    "an amount below 0": (a_table(f"{START},77,Rain?,,1,-1,0.4,0.6"), "line 2: liquidity is '-1', expected an amount"),
    "a day of no calendar": (a_table(with_time("2026-02-30")), "line 2: ingested_at is '2026-02-30', no time"),
    "an end of no calendar": (a_table(f"{START},77,Rain?,soon,1,1,0.4,0.6"), "line 2: close_date is 'soon', no time"),
    "American dates": (a_table(with_time("03/01/2026 12:00")), "ingested_at is '03/01/2026 12:00', no time"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_is_said_with_its_place(tmp_path: Path, name: str) -> None:
    content, told = WRONG[name]
    assert told in refusal(written(tmp_path, content))


@pytest.mark.parametrize("name", [name for name in DOCUMENTS if name not in ("an import file", "nothing", "a text")])
def test_a_document_of_another_kind_is_told_what_it_is_and_what_is_known(tmp_path: Path, name: str) -> None:
    line = refusal(written(tmp_path, DOCUMENTS[name][0]))
    assert "expected a CSV file with the columns ingested_at market_id" in line
    assert "or a JSON file {" in line


@pytest.mark.parametrize("name", [name for name in FILES if name not in ("gzip", "CSV", "cut off")])
def test_a_file_of_another_kind_is_told_what_it_is(tmp_path: Path, name: str) -> None:
    content, told = FILES[name]
    assert told.removeprefix("it ") in refusal(written(tmp_path, content, "prices.csv"))


def test_a_folder_and_a_missing_file_are_told(tmp_path: Path) -> None:
    assert "Is a directory" in refusal(tmp_path)
    assert "No such file" in refusal(tmp_path / "nowhere.csv")


def test_a_damaged_gzip_file_is_told(tmp_path: Path) -> None:
    whole = gzip.compress(json.dumps(a_set(points())).encode())
    assert "damaged" in refusal(written(tmp_path, whole[:-12]))


MOMENTS = [pd.Timestamp(START + 600 * each, unit="s", tz="UTC") for each in range(3)]


@pytest.mark.parametrize(
    ("scale", "told"), [(1, "seconds"), (1e3, "milliseconds"), (1e6, "microseconds"), (1e9, "nanoseconds")]
)
def test_numbers_of_any_unit_are_the_same_moments(tmp_path: Path, scale: float, told: str) -> None:
    series = read(written(tmp_path, a_set(points(scale=scale))))
    assert series.observations["time"].tolist() == MOMENTS
    assert series.reads[0] == f"times: {told} since 1970"


@pytest.mark.parametrize("written_as", ["%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%dT%H:%M:%S.000+00:00"])
def test_texts_with_and_without_a_zone_are_the_same_moments(tmp_path: Path, written_as: str) -> None:
    rows = [with_time(f"{moment:{written_as}}") for moment in MOMENTS]
    assert read(written(tmp_path, a_table(*rows))).observations["time"].tolist() == MOMENTS


def test_a_time_of_another_zone_is_told_in_utc(tmp_path: Path) -> None:
    path = written(tmp_path, a_table(with_time("2026-03-01T14:00:00+02:00")))
    assert read(path).observations["time"].tolist() == MOMENTS[:1]


def test_the_user_says_what_prices_are_in(tmp_path: Path) -> None:
    fractions = written(tmp_path, a_set([{"timestamp": START, "probability": 0.42}]))
    assert read(fractions, PriceUnit.FRACTION).observations["yes_price"].tolist() == [0.42]
    assert read(fractions, PriceUnit.PERCENT).observations["yes_price"].tolist() == [0.0042]
    percents = written(tmp_path, a_table(f"{START},77,Rain?,,1,1,42,58"), "prices.csv")
    assert read(percents, PriceUnit.PERCENT).observations["yes_price"].tolist() == [0.42]
    assert "expected a number from 0 to 1, in USD" in refusal(percents, PriceUnit.FRACTION)


def test_the_kind_is_told_by_the_content_not_by_the_name(tmp_path: Path) -> None:
    assert len(read(written(tmp_path, a_set(points()), "prices.txt")).observations) == 3
    assert len(read(written(tmp_path, a_table(with_time(START)), "prices")).observations) == 1
    assert len(read(written(tmp_path, gzip.compress(a_table(with_time(START))), "prices.csv")).observations) == 1


odd = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**25), 10**25),
    st.floats(),
    st.text(max_size=8),
    st.sampled_from([[], {}, [1], "", "NaN", "1e999", "0x10", "1_0", START * 1000, "2026-03-01", "\x00"]),
)


def _changed(document: Any, path: list[Any], value: Any) -> None:
    *above, last = path
    for each in above:
        document = document[each]
    if value is ...:
        del document[last]
    else:
        document[last] = value


PATHS: list[list[Any]] = [
    ["title"],
    ["markets"],
    ["markets", 0],
    ["markets", 0, "question"],
    ["markets", 1, "history"],
    ["markets", 0, "history", 1],
    ["markets", 0, "history", 1, "timestamp"],
    ["markets", 1, "history", 0, "probability"],
]


@settings(max_examples=150)
@given(path=st.sampled_from(PATHS), value=st.just(...) | odd)
def test_a_changed_document_is_read_or_refused(tmp_path_factory: pytest.TempPathFactory, path: Any, value: Any) -> None:
    document = a_set(points(), points(first=7.0))
    _changed(document, path, value)
    _read_or_refused(written(tmp_path_factory.mktemp("fuzz"), document))


@settings(max_examples=150)
@given(
    column=st.integers(0, 7), value=st.text(max_size=12) | st.sampled_from(["", "1e400", "nan", "-0", "٣", '"', "0,4"])
)
def test_a_changed_line_is_read_or_refused(tmp_path_factory: pytest.TempPathFactory, column: int, value: str) -> None:
    cells = a_row("10:10:00").split(",")
    cells[column] = value
    content = a_table(a_row("10:00:00"), ",".join(cells))[:-1]
    _read_or_refused(written(tmp_path_factory.mktemp("fuzz"), content, "prices.csv"))


@settings(max_examples=150)
@given(data=st.data())
def test_damaged_bytes_are_read_or_refused(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    whole = data.draw(
        st.sampled_from([json.dumps(a_set(points())).encode(), a_table(with_time(START)), gzip.compress(b"")])
    )
    body = bytearray(whole)
    for _ in range(data.draw(st.integers(0, 3))):
        body[data.draw(st.integers(0, len(body) - 1))] = data.draw(st.integers(0, 255))
    _read_or_refused(written(tmp_path_factory.mktemp("fuzz"), bytes(body[: data.draw(st.integers(0, len(body)))])))


def _read_or_refused(path: Path) -> None:
    """What can be read becomes captures, what cannot is refused in one line; nothing else happens."""
    refused = ""
    try:
        series = read(path)
    except InvalidInput as error:
        refused = str(error)
    else:
        assert series.observations["yes_price"].between(0, 1).all()
        assert series.observations["time"].dt.year.between(2000, 2099).all()
        assert list(imported(series, Assumptions()).listings())
    assert len(refused.splitlines()) <= 1
    assert not FOREIGN.search(refused.removeprefix(str(path)))
