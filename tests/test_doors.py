"""Nothing that strangers send gets in without bounds, and no error of a library gets out: each is one line of ours."""

import gzip
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import psycopg2
import pytest
import sqlalchemy.exc
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import make_url
from sqlalchemy.exc import DBAPIError, SQLAlchemyError, StatementError

from prescient_dagster.cli.terminal.configs import read_config
from prescient_dagster.domain.errors import PrescientError, StoreError, VenueError
from prescient_dagster.store.database import translated
from prescient_dagster.venue import sizes
from prescient_dagster.venue.polymarket.answers import (
    decode_books,
    decode_event_page,
    decode_market,
    decode_market_page,
)
from prescient_dagster.venue.polymarket.client import PolymarketClient
from prescient_dagster.venue.polymarket.pacing import RetryPolicy
from prescient_dagster.venue.recorded import RecordedVenue
from prescient_dagster.venue.series.reading import read as read_series
from tests.assets.worlds import a_listing, favourites

Door = Callable[[Path], object]
URL = make_url("postgresql+psycopg2://me:secret@somewhere/books")
TIME = "2026-03-01T12-00-00Z"
CSV = b"ingested_at,market_id,title,close_date,volume,liquidity,yes_price,no_price\n1772366400,7,Rain?,,1,1,0.4,0.6\n"
SET = {"title": "Which?", "markets": [{"question": "A?", "history": [{"timestamp": 1772366400, "probability": 40}]}]}
EVENT = {"id": "1", "title": "Rain?", "markets": [{"id": "2", "question": "Rain?", "outcomes": '["Yes", "No"]'}]}


def as_bytes(decode: Callable[[bytes], object]) -> Door:
    return lambda path: decode(path.read_bytes())


def recorded(path: Path) -> object:
    return RecordedVenue(path.parent).next_listing(None)


def config(path: Path) -> object:
    return read_config(f"@{path}")


DOORS: dict[str, tuple[Door, str, bytes]] = {
    "a CSV file": (read_series, "prices.csv", CSV),
    "a gzipped CSV file": (read_series, "prices.csv.gz", gzip.compress(CSV)),
    "a JSON file of prices": (read_series, "prices.json", json.dumps(SET).encode()),
    "a page of events": (as_bytes(decode_event_page), "page", json.dumps({"events": [EVENT]}).encode()),
    "a page of markets": (as_bytes(decode_market_page), "page", json.dumps({"markets": EVENT["markets"]}).encode()),
    "a market": (as_bytes(decode_market), "page", json.dumps({"id": "2", "question": "Rain?"}).encode()),
    "order books": (as_bytes(decode_books), "page", b'[{"asset_id": "1", "bids": [{"price": "0.1", "size": "5"}]}]'),
    "a recording": (recorded, f"{TIME}.json", json.dumps([EVENT]).encode()),
    "a config": (config, "config.json", b'{"trade_amount": 50, "max_positions": null}'),
}


def outcome(door: Door, path: Path) -> str:
    """What a door says: nothing, or one line of ours."""
    try:
        door(path)
    except PrescientError as error:
        (line,) = str(error).splitlines()
        return line
    return ""


@pytest.mark.parametrize("name", DOORS)
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_damaged_content_is_read_or_refused_in_one_line(name: str, data: st.DataObject, tmp_path: Path) -> None:
    door, file, content = DOORS[name]
    at = data.draw(st.integers(0, len(content)))
    cut = data.draw(st.integers(0, 12))
    put = data.draw(
        st.one_of(st.binary(max_size=8), st.sampled_from([b"1e999", b"NaN", b"[" * 3000, b"9" * 5000, b'"']))
    )
    path = tmp_path / file
    path.write_bytes(content[:at] + put + content[at + cut :])
    outcome(door, path)


@settings(max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_damaged_capture_is_read_or_refused_in_one_line(data: st.DataObject, tmp_path: Path) -> None:
    listing = a_listing(*favourites(3))
    listing.events.to_parquet(tmp_path / f"{TIME}.events.parquet", index=False)
    path = tmp_path / f"{TIME}.markets.parquet"
    listing.markets.to_parquet(path, index=False)
    content = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    path.write_bytes(content[: data.draw(st.integers(len(content) // 2, len(content)))])
    outcome(recorded, path)


NONSENSE = {
    "liquidity": [1e308, -1.0, float("inf")],
    "event_volume": [1e13],
    "volume_24hr": [-0.5],
    "price_change_1h": [7.0],
    "tick_size": [0.0, 3.0],
    "fee_rate": [2.0],
}


@pytest.mark.parametrize(("column", "value"), [(column, value) for column, each in NONSENSE.items() for value in each])
def test_numbers_out_of_any_sense_are_refused_in_captures_of_others(column: str, value: float, tmp_path: Path) -> None:
    listing = a_listing(*favourites(3))
    listing.events.to_parquet(tmp_path / f"{TIME}.events.parquet", index=False)
    listing.markets.assign(**{column: value}).to_parquet(tmp_path / f"{TIME}.markets.parquet", index=False)
    assert f"{column} is {value}, not from" in outcome(recorded, tmp_path / "x")


def test_times_out_of_any_sense_are_refused_in_captures_of_others(tmp_path: Path) -> None:
    listing = a_listing(*favourites(3))
    listing.events.to_parquet(tmp_path / f"{TIME}.events.parquet", index=False)
    frame = listing.markets
    frame["end_date"] = frame["end_date"].astype("datetime64[us, UTC]") + (frame["end_date"] - frame["end_date"])
    frame.loc[0, "end_date"] = frame.loc[0, "end_date"].replace(year=9999)
    frame.to_parquet(tmp_path / f"{TIME}.markets.parquet", index=False)
    assert "end_date is 9999" in outcome(recorded, tmp_path / "x")


@pytest.mark.parametrize("field", [("liquidity", 1e308), ("volume", -1), ("endDate", "9999-01-01T00:00:00Z")])
def test_records_out_of_any_sense_are_refused_in_answers(field: tuple[str, Any], tmp_path: Path) -> None:
    name, value = field
    market = {"id": "2", "question": "Rain?", "outcomes": '["Yes", "No"]', name: value}
    path = tmp_path / f"{TIME}.json"
    path.write_text(json.dumps([{"id": "1", "title": "Rain?", "markets": [market]}]))
    assert f"market 2: {name} is" in outcome(recorded, path)


def test_ids_without_end_are_refused_and_cut(tmp_path: Path) -> None:
    path = tmp_path / f"{TIME}.json"
    path.write_text(json.dumps([{"id": "1" * 100_000, "title": "Rain?", "markets": []}]))
    said = outcome(recorded, path)
    assert "id is longer than 200 letters" in said
    assert len(said) < 1_000


@pytest.fixture
def few_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sizes, "MOST_FILE_BYTES", 1024**2)


def test_a_file_that_is_too_large_is_not_read(few_bytes: None, tmp_path: Path) -> None:
    for name, content in {"a.csv": CSV + b"\n" * 1024**2, "b.csv.gz": gzip.compress(CSV + b"\n" * 1024**2)}.items():
        (tmp_path / name).write_bytes(content)
        assert "is larger than 1 MB: import it in parts" in outcome(read_series, tmp_path / name)
    (tmp_path / f"{TIME}.json").write_bytes(b" " * 1024**2 + b"[]")
    assert "is larger than 1 MB: no recording is" in outcome(recorded, tmp_path / "x")


def test_an_answer_without_end_is_not_waited_for() -> None:
    sent = []

    def endless() -> Any:
        while True:
            sent.append(1024**2)
            yield b" " * 1024**2

    service = httpx.MockTransport(lambda _: httpx.Response(200, content=endless()))
    client = PolymarketClient(
        "https://gamma.test", "https://clob.test", transport=service, retry=RetryPolicy(attempts=1)
    )
    with pytest.raises(VenueError, match="the answer is larger than 64 MB"):
        next(client.open_events())
    assert sum(sent) < 80 * 1024**2


def test_an_answer_that_unpacks_without_end_is_not_waited_for() -> None:
    packed = gzip.compress(b" " * (80 * 1024**2))
    answer = httpx.Response(200, content=packed, headers={"Content-Encoding": "gzip"})
    assert len(packed) < 1024**2
    service = httpx.MockTransport(lambda _: answer)
    client = PolymarketClient(
        "https://gamma.test", "https://clob.test", transport=service, retry=RetryPolicy(attempts=1)
    )
    with pytest.raises(VenueError, match="larger than 64 MB"):
        next(client.open_events())


def test_json_without_bottom_is_refused(tmp_path: Path) -> None:
    for name, (door, file, content) in DOORS.items():
        if content.startswith((b"{", b"[")):
            path = tmp_path / file
            path.write_bytes(b"[" * 200_000)
            assert re.search(r"nested too deeply|not usable JSON", outcome(door, path)), name
            path.unlink()


SQL_ERRORS = [
    each
    for each in vars(sqlalchemy.exc).values()
    if isinstance(each, type) and issubclass(each, SQLAlchemyError) and not issubclass(each, StatementError)
]
DRIVER_ERRORS = [
    each for each in vars(psycopg2).values() if isinstance(each, type) and issubclass(each, psycopg2.Error)
]


@pytest.mark.parametrize("kind", DRIVER_ERRORS, ids=lambda kind: kind.__name__)
def test_every_error_of_the_driver_is_translated(kind: type[psycopg2.Error]) -> None:
    wrapped = DBAPIError.instance("SELECT 1", None, kind("no\nsecret details"), psycopg2.Error)
    with pytest.raises(StoreError) as raised, translated(URL):
        raise wrapped
    assert len(str(raised.value).splitlines()) == 1


@pytest.mark.parametrize("kind", SQL_ERRORS, ids=lambda kind: kind.__name__)
def test_every_error_of_sqlalchemy_is_translated(kind: type[SQLAlchemyError]) -> None:
    error = kind.__new__(kind)
    Exception.__init__(error, "wrong\nin many lines")
    with pytest.raises(StoreError) as raised, translated(URL):
        raise error
    assert len(str(raised.value).splitlines()) == 1
