"""The whole venue over real HTTP, against a server with the faults of the real one."""

from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pandas as pd
import pytest

from prescient_dagster.domain.cycle.fills import OrderBook
from prescient_dagster.domain.cycle.order_books import no_book
from prescient_dagster.domain.errors import VenueAnswerInvalid, VenueError, VenueUnavailable
from prescient_dagster.domain.market.markets import Listing
from prescient_dagster.venue.polymarket.pacing import DEFAULT_RETRY
from prescient_dagster.venue.recorded import RecordedVenue
from tests.venue.gamma import NOON, a_venue, requests_to, serving

FAULTS = ("--max-page", "5", "--throttle-every", "7", "--fail-every", "11")


@pytest.fixture
def recording(shared_data: Path) -> Path:
    return min((shared_data / "events").glob("*.json"))


def assert_equal(one: Listing, other: Listing) -> None:
    pd.testing.assert_frame_equal(one.events, other.events)
    pd.testing.assert_frame_equal(one.markets, other.markets)
    assert one.rejections == other.rejections


def test_faults_and_short_pages_change_nothing(shared_data: Path, recording: Path) -> None:
    recorded = RecordedVenue(recording.parent).next_listing(None)
    assert recorded is not None
    with serving(shared_data, [recording]) as address:
        untroubled = a_venue(address).next_listing(None)
    with serving(shared_data, [recording], *FAULTS) as address:
        events_read: list[int] = []
        troubled = a_venue(address, DEFAULT_RETRY).next_listing(None, events_read.append)
        asked = [parse_qs(urlsplit(path).query) for path in requests_to(address)]
    assert_equal(untroubled, recorded)
    assert_equal(troubled, recorded)
    assert (troubled.venue, troubled.captured_at) == ("polymarket", NOON)
    assert events_read == list(range(5, 101, 5))
    assert len(asked) > 20  # 20 pages, and those that were asked for again
    assert all(query["closed"] == ["false"] and query["limit"] == ["100"] for query in asked)
    assert not any(query.keys() & {"offset", "cursor"} for query in asked)


@pytest.mark.parametrize(
    ("how", "error", "line"),
    [
        ("html", VenueAnswerInvalid, "the answer is not JSON: it is a page of HTML or XML: '<html><body>Just a moment"),
        ("cut", VenueAnswerInvalid, "the answer is not JSON: '{"),
        ("loop", VenueAnswerInvalid, "the cursor 'c40' came twice"),
        ("drop", VenueUnavailable, "no answer (RemoteProtocolError: Server disconnected"),
    ],
)
def test_a_crawl_that_breaks_off_is_one_clear_line(
    shared_data: Path, recording: Path, how: str, error: type[VenueError], line: str
) -> None:
    with (
        serving(shared_data, [recording], "--max-page", "20", "--break-at", "3", how) as address,
        pytest.raises(error) as raised,
    ):
        a_venue(address).next_listing(None)
    assert line in str(raised.value)
    assert f"GET {address}/events/keyset: " in str(raised.value)
    assert len(str(raised.value).splitlines()) == 1


def test_a_server_that_is_not_there_is_one_clear_line(shared_data: Path, recording: Path) -> None:
    with serving(shared_data, [recording]) as address:
        pass
    with pytest.raises(VenueUnavailable, match=r"/events/keyset: no answer \(ConnectError: .*\) \(after 2 tries\)"):
        a_venue(address).next_listing(None)


def test_held_markets_are_found_open_and_closed_however_many(shared_data: Path, recording: Path) -> None:
    recorded = RecordedVenue(recording.parent).next_listing(None)
    assert recorded is not None
    ids = recorded.markets["market_id"].tolist()[:230]
    with serving(shared_data, [recording], "--max-page", "60") as address:
        found = a_venue(address).find_markets([*ids, "no-such-market", ids[0]], NOON)
    assert found.markets["market_id"].tolist() == ids
    assert 0 < found.markets["closed"].sum() < len(ids)
    own = [name for name in recorded.markets if name != "event_market_count"]
    pd.testing.assert_frame_equal(found.markets[own], recorded.markets.head(230)[own])


def test_books_come_with_their_depth_and_of_tokens_without_one_it_is_known(shared_data: Path, recording: Path) -> None:
    with serving(shared_data, [recording]) as address:
        venue = a_venue(address)
        market = venue.next_listing(None).markets.set_index("market_id").loc["507884"]
        tokens = [str(market["yes_token_id"]), str(market["no_token_id"])]
        books = venue.order_books([*tokens, "no-such-token", ""], NOON)
    assert list(books) == [*tokens, "no-such-token"]
    yes, no, none = books.values()
    assert none == no_book()
    assert isinstance(yes, OrderBook)
    assert isinstance(no, OrderBook)
    assert (len(yes.bids), len(yes.asks)) == (3, 3)
    assert float(max(level.price for level in yes.bids)) == market.best_bid
    assert float(min(level.price for level in yes.asks)) == market.best_ask
    assert float(min(level.price for level in no.asks)) == round(1 - market.best_bid, 6)


def test_an_empty_venue_is_an_error(shared_data: Path, tmp_path: Path) -> None:
    (tmp_path / "empty.json").write_text("[]")
    with serving(shared_data, [tmp_path / "empty.json"]) as address, pytest.raises(VenueError, match="lists no events"):
        a_venue(address).next_listing(None)
