"""What is no recording is said to be what it is, in one line, and nothing of another kind passes for events."""

import gzip
import io
import json
import zipfile
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from prescient_dagster.domain.errors import PrescientError, VenueAnswerInvalid, VenueError
from prescient_dagster.venue import kinds
from prescient_dagster.venue.recorded import TIME_FORMAT, RecordedVenue
from tests.venue.gamma import NOON, a_market, an_event, listed

KALSHI_EVENT = {"event_ticker": "KXRAIN-26", "series_ticker": "KXRAIN", "title": "Rain?", "markets": [{"ticker": "A"}]}
KALSHI_MARKET = {"ticker": "KXRAIN-26-A", "event_ticker": "KXRAIN-26", "yes_bid_dollars": "0.4100"}
BOOK = {"market": "0x1", "asset_id": "7", "bids": [{"price": "0.4", "size": "10"}], "asks": []}
HISTORY = {"history": [{"t": 1_772_366_400, "p": 0.41}]}
OWN_EVENT = {"id": "9", "title": "Nested"}

DOCUMENTS: dict[str, tuple[Any, str]] = {
    "a flat list of markets": ([a_market("1"), a_market("2")], "a list of 2 markets"),
    "an answer of /markets": ({"markets": [a_market("1")], "next_cursor": "x"}, "'markets' is a list of 1 markets"),
    "markets under events": ({"events": [a_market("1")]}, "a list of 1 markets"),
    "one market, with its event": (a_market("1", events=[OWN_EVENT]), "this is a market"),
    "one event": (an_event("e"), "this is an event with its markets"),
    "markets of the CLOB": ({"data": [{"condition_id": "0x1", "tokens": []}]}, "a list of 1 markets of the CLOB"),
    "a price history": (HISTORY, "a price history of one token"),
    "its points": (HISTORY["history"], "a list of 1 points of a price history"),
    "an order book": (BOOK, "this is an order book"),
    "order books": ([BOOK, BOOK], "a list of 2 order books"),
    "trades": ([{"proxyWallet": "0x1", "side": "BUY", "title": "Rain?", "slug": "rain"}], "trades or positions"),
    "events of Kalshi": ({"events": [KALSHI_EVENT], "cursor": ""}, "a list of 1 events of Kalshi"),
    "markets of Kalshi": ({"markets": [KALSHI_MARKET]}, "'markets' is a list of 1 markets of Kalshi"),
    "a book of Kalshi": ({"orderbook": {"yes": [[41, 10]]}}, "an order book of Kalshi"),
    "candlesticks": ({"ticker": "A", "candlesticks": []}, "candlesticks of Kalshi"),
    "an import file": (
        {"title": "Rain?", "markets": [{"question": "A?", "history": []}]},
        "'markets' is a list of 1 markets with their price histories",
    ),
    "an error": ({"error": "not found"}, "an error that a service answered"),
    "other objects": ([{"id": "1", "colour": "red"}], "a list of 1 objects with the keys id, colour"),
    "numbers": ([1, 2, 3], "a list of 3 values that are no objects"),
    "an object": ({"a": 1}, "an object with the keys a"),
    "nothing": (None, "null"),
    "a text": ("events", "a single value"),
}


def refusal(folder: Path, content: bytes, error: type[PrescientError] = VenueAnswerInvalid) -> str:
    """Why a recording with this content is refused: one line that names the file."""
    path = folder / f"{NOON.strftime(TIME_FORMAT)}.json"
    path.write_bytes(content)
    with pytest.raises(error) as raised:
        RecordedVenue(folder).next_listing(None)
    (line,) = str(raised.value).splitlines()
    return line


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_document_of_another_kind_is_told_what_it_is_and_what_is_expected(tmp_path: Path, name: str) -> None:
    document, told = DOCUMENTS[name]
    line = refusal(tmp_path, json.dumps(document).encode())
    assert line.startswith(str(tmp_path))
    assert told in line
    assert "expected a list of events with their markets" in line


def a_zip() -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("events.json", "[]")
    return content.getvalue()


FILES: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "it is empty"),
    "blank": (b" \n\n", "it is blank"),
    "gzip": (gzip.compress(b"[]"), "gzip-compressed"),
    "ZIP": (a_zip(), "a ZIP archive"),
    "Parquet": (pd.DataFrame({"a": [1]}).to_parquet(), "a Parquet file"),
    "UTF-16": ("[{}]".encode("utf-16"), "UTF-16 text"),
    "Latin-1": ("Größe".encode("latin-1"), "not UTF-8 text"),
    "HTML": (b"<!doctype html><title>502</title>", "a page of HTML"),
    "JSON lines": (b'{"id": "1"}\n{"id": "2"}\n', "JSON lines"),
    "CSV": (b"market_id,price\n1,0.4\n", "not JSON"),
    "cut off": (b'[{"id": "1", "mark', "not JSON"),
}


@pytest.mark.parametrize("name", FILES)
def test_a_file_of_another_kind_is_told_what_it_is(tmp_path: Path, name: str) -> None:
    content, told = FILES[name]
    assert told in refusal(tmp_path, content)


def test_events_without_a_single_market_are_refused_before_they_are_stored(tmp_path: Path) -> None:
    events = [an_event(f"e{number}", markets=[]) for number in range(5)]
    assert "lists 5 events and not one market" in refusal(tmp_path, json.dumps(events).encode(), VenueError)


def test_events_whose_markets_were_left_out_are_no_events_with_markets(tmp_path: Path) -> None:
    events = [an_event(f"e{number}", markets=...) for number in range(5)]
    assert "not one market" in refusal(tmp_path, json.dumps(events).encode(), VenueError)


def test_a_single_record_of_another_kind_costs_itself_alone() -> None:
    listing = listed(an_event("e1"), a_market("7"), {"id": "8"}, BOOK | {"id": "9"})
    assert listing.events["event_id"].tolist() == ["e1"]
    assert {rejection.record_id: rejection.reason for rejection in listing.rejections} == {
        "7": "no event: it is a market",
        "8": "no event: it has neither a title nor markets",
        "9": "no event: it is an order book",
    }


def test_what_says_neither_question_nor_outcomes_is_no_market() -> None:
    listing = listed(an_event("e1", a_market("1"), {"id": "2", "price": 0.4}))
    assert listing.markets["market_id"].tolist() == ["1"]
    assert [each.reason for each in listing.rejections] == ["no market: it has neither a question nor outcomes"]


def test_a_folder_of_something_else_tells_what_it_holds(tmp_path: Path) -> None:
    (tmp_path / "2026-03-01T12-00-00Z.json.gz").write_bytes(b"")
    with pytest.raises(PrescientError, match=r"expected files like .*\.json; found '2026-03-01T12-00-00Z.json.gz'"):
        RecordedVenue(tmp_path).next_listing(None)


@pytest.mark.parametrize(
    "content", [b"", b"[]", gzip.compress(b"PAR1"), b"PAR1PAR1"], ids=["empty", "JSON", "gzip", "damaged"]
)
def test_a_capture_file_that_is_none_is_one_line_of_our_own_words(tmp_path: Path, content: bytes) -> None:
    for half in ("events", "markets"):
        (tmp_path / f"{NOON.strftime(TIME_FORMAT)}.{half}.parquet").write_bytes(content)
    with pytest.raises(VenueAnswerInvalid) as raised:
        RecordedVenue(tmp_path).next_listing(None)
    (line,) = str(raised.value).splitlines()
    assert "expected a Parquet file of a capture" in line or "its content is damaged" in line


def test_long_and_odd_keys_are_told_on_one_short_line() -> None:
    told = kinds.of_document({f"a\nb{'x' * 500}{number}": 1 for number in range(50)})
    assert len(told) < 250
    assert told.isprintable()
