"""Fetching the past from a venue on this machine: whatever goes wrong on the way, the files are the same."""

import json
import random
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from prescient_dagster.domain.errors import InvalidInput, NotFound, VenueUnavailable
from prescient_dagster.domain.market.history import PriceHistory
from prescient_dagster.domain.market.markets import Listing
from prescient_dagster.store.database import Database, connect
from prescient_dagster.store.market import captures, price_marks
from prescient_dagster.store.market.price_marks import MarkSourceKind
from prescient_dagster.store.market.stored_past import StoredPast
from prescient_dagster.usecases.past_prices.backfill import Backfill, backfill, chosen
from prescient_dagster.usecases.past_prices.fetch_history import FetchedHistory, Wanted, fetch
from prescient_dagster.venue.polymarket.pacing import RetryPolicy
from prescient_dagster.venue.polymarket.venue import PolymarketVenue
from prescient_dagster.venue.recorded import RecordedVenue
from tests.conftest import cloned
from tests.venue.wire_server import WireVenue, an_event_of, quoted, wire_server

NOW = datetime(2026, 3, 1, 12, 34, tzinfo=UTC)
UNTIL = int(NOW.timestamp()) // 3_600 * 3_600
DAYS, MARKETS = 30, 100
SILENT, TWICE, YOUNG = "507", "508", "509"
HASTY = RetryPolicy(first_wait_seconds=0.01)
FETCH = """
import sys
from datetime import datetime
from pathlib import Path
from tests.usecases.test_fetch_history import fetched
from prescient_dagster.store.database import connect
fetched(connect(sys.argv[1]), Path(sys.argv[2]), sys.argv[3])
"""


@pytest.fixture
def wire() -> Iterator[WireVenue]:
    """A hundred markets with a price about every hour, but for three that are not like the others."""
    with wire_server() as venue:
        venue.lists(an_event_of("70", *(quoted(str(500 + number), 0.79, 0.81) for number in range(MARKETS))))
        dice = random.Random(5)
        for number in range(MARKETS):
            venue.histories[f"{500 + number}1"] = some_points(dice, 3 if str(500 + number) == YOUNG else DAYS + 1)
        del venue.histories[f"{SILENT}1"]
        repeated = venue.histories[f"{TWICE}1"]
        repeated.insert(100, {"t": repeated[99]["t"], "p": 0.123})
        yield venue


def some_points(dice: random.Random, days: int) -> list[dict[str, Any]]:
    hours = range(UNTIL - days * 86_400, UNTIL + 3_600, 3_600)
    return [{"t": hour + dice.randrange(200), "p": round(dice.uniform(0.6, 0.9), 3)} for hour in hours]


def a_venue(address: str) -> PolymarketVenue:
    return PolymarketVenue(address, address, clock=lambda: NOW, retry=HASTY)


def listing(address: str) -> Listing:
    return a_venue(address).next_listing(None)


def fetched(database: Database, home: Path, address: str, days: int = DAYS) -> FetchedHistory:
    wanted = chosen(listing(address), "", [], 1_000)
    return fetch(database, home / "captures", home / "history", a_venue(address), wanted, days, NOW)


def backfilled(database: Database, home: Path, address: str) -> Backfill:
    told = fetched(database, home, address)
    seen = listing(address)
    return backfill(database, home / "captures", seen, chosen(seen, "", [], 1_000), told, home / "past", 0.005)


def files(home: Path) -> dict[str, bytes]:
    """All that was written, by name."""
    return {str(path.relative_to(home)): path.read_bytes() for path in sorted(home.rglob("*")) if path.is_file()}


def rows(database: Database) -> list[tuple[Any, ...]]:
    with database.begin() as connection:
        told = price_marks.files(connection, MarkSourceKind.VENUE)
    return [(each.day, each.path, each.sha256, each.marks) for each in told]


def test_what_is_missing_is_told(database: Database, tmp_path: Path, wire: WireVenue) -> None:
    told = fetched(database, tmp_path, wire.address)
    assert (told.markets, told.without, told.younger, told.refused) == (MARKETS, [SILENT], [YOUNG], {})
    assert told.days == DAYS + 1
    marks = price_marks.of_venue(database, tmp_path / "captures", NOW.date() - timedelta(days=20))
    assert sorted(set(marks["captured_at"].dt.hour)) == list(range(24))
    assert marks.groupby("market_id").size().to_dict() == dict.fromkeys(set(marks["market_id"]), 24)
    assert SILENT not in set(marks["market_id"])


def test_of_two_prices_at_one_time_the_last_counts(database: Database, tmp_path: Path, wire: WireVenue) -> None:
    fetched(database, tmp_path, wire.address)
    at = pd.Timestamp(wire.histories[f"{TWICE}1"][99]["t"], unit="s", tz="UTC")
    marks = price_marks.of_venue(database, tmp_path / "captures", at.date())
    there = marks[(marks["market_id"] == TWICE) & (marks["captured_at"] == at)]
    assert there["yes_price"].tolist() == [0.123]


def test_spans_are_dates_of_at_most_two_weeks_and_twenty_markets_a_request(
    database: Database, tmp_path: Path, wire: WireVenue
) -> None:
    fetched(database, tmp_path, wire.address)
    assert {len(tokens) for tokens, _, _ in wire.past_asked} == {20}
    assert max(until - since for _, since, until in wire.past_asked) == 14 * 86_400
    assert len(wire.past_asked) == 5 * 3
    first = [(since, until) for _, since, until in wire.past_asked[:3]]
    assert (first[0][0], first[-1][1]) == (UNTIL - DAYS * 86_400, UNTIL)
    assert [until for _, until in first[:-1]] == [since for since, _ in first[1:]]


def troubled(number: int) -> Any:
    """Too many requests, a restart of the engine, half an answer, no answer."""
    if number % 4 == 1:
        return 429, b"slow down"
    if number % 7 == 3:
        return 425, b"restarting"
    if number % 5 == 2:
        return 200, b'{"history": {"50'
    return "cut" if number % 6 == 4 else None


def test_whatever_goes_wrong_the_files_are_the_same(
    database: Database, template_url: str, tmp_path: Path, wire: WireVenue
) -> None:
    smooth, rough = tmp_path / "smooth", tmp_path / "rough"
    backfilled(database, smooth, wire.address)
    with cloned(template_url) as url:
        wire.past_asked.clear()
        killed_after(8, url, rough, wire)
        wire.past_instead = troubled
        other = connect(url)
        made = fetched(other, rough, wire.address)
        assert made.resumed == 40
        wire.past_instead = lambda _: None
        backfilled(other, rough, wire.address)
        assert rows(other) == rows(database)
        other.close()
    assert files(rough) == files(smooth)
    assert len(files(smooth)) == 2 * DAYS * 24 + (DAYS + 1) + 1


def killed_after(requests: int, url: str, home: Path, wire: WireVenue) -> None:
    """A fetch in a process that is killed while it waits for an answer."""
    process = subprocess.Popen([sys.executable, "-c", FETCH, url, str(home), wire.address])

    def kill(number: int) -> str | None:
        if number < requests:
            return None
        process.kill()
        return "cut"

    wire.past_instead = kill
    assert process.wait(120) == -signal.SIGKILL
    assert len(wire.past_asked) == requests


def test_a_service_without_requests_for_many_is_asked_one_by_one(
    database: Database, template_url: str, tmp_path: Path, wire: WireVenue
) -> None:
    fetched(database, tmp_path / "many", wire.address, days=3)
    wire.together = False
    with cloned(template_url) as url:
        other = connect(url)
        told = fetched(other, tmp_path / "single", wire.address, days=3)
        assert rows(other) == rows(database)
        other.close()
    assert told.without == [SILENT]
    assert files(tmp_path / "single") == files(tmp_path / "many")


def test_a_dead_service_is_told_and_what_came_is_kept(database: Database, tmp_path: Path, wire: WireVenue) -> None:
    wire.past_instead = lambda number: (500, b"down") if number > 4 else None
    with pytest.raises(VenueUnavailable, match="batch-prices-history: answered 500"):
        fetched(database, tmp_path, wire.address)
    assert rows(database) == []
    wire.past_instead = lambda _: None
    assert fetched(database, tmp_path, wire.address).resumed == 20


def test_fetched_again_nothing_is_new(database: Database, tmp_path: Path, wire: WireVenue) -> None:
    fetched(database, tmp_path, wire.address)
    before = rows(database)
    assert fetched(database, tmp_path, wire.address).marks == 0
    assert rows(database) == before


def test_a_market_that_is_not_listed_and_a_venue_that_tells_nothing_are_refused(
    database: Database, tmp_path: Path, wire: WireVenue
) -> None:
    with pytest.raises(NotFound, match="lists no market '9'"):
        chosen(listing(wire.address), "", ["9"], 10)
    with pytest.raises(InvalidInput, match="tells no past prices: set PRESCIENT_VENUE=polymarket"):
        fetch(database, tmp_path, tmp_path / "h", RecordedVenue(tmp_path), [Wanted("1", "11")], 1, NOW)
    with pytest.raises(InvalidInput, match="no market is meant"):
        fetch(database, tmp_path, tmp_path / "h", a_venue(wire.address), [], 1, NOW)


def test_what_the_venue_told_fills_where_our_captures_have_nothing_and_is_not_known_before_it_was_told(
    database: Database, tmp_path: Path, wire: WireVenue
) -> None:
    folder = tmp_path / "captures"
    fetched(database, tmp_path, wire.address)
    told_at = datetime.now(UTC)
    seen = listing(wire.address)
    captures.mark_ready(database, captures.save(database, folder, seen).capture_id)
    newest, past = captures.load(database, folder), StoredPast(database, folder)
    rows_of = np.array([newest.row_of["500"], newest.row_of[SILENT]])
    asked = [point["p"] for point in wire.histories["5001"] if point["t"] <= NOW.timestamp() - 48 * 3_600]
    assert PriceHistory(past).prices(newest, rows_of, 48, 1)[:, 0].tolist() == [
        asked[-1],
        pytest.approx(np.nan, nan_ok=True),
    ]
    assert np.isnan(PriceHistory(past).prices(newest, rows_of, 24, 1)).all()  # within a day our captures alone count
    past.known_until = told_at - timedelta(hours=1)
    assert np.isnan(PriceHistory(past).prices(newest, rows_of, 48, 1)).all()


def test_recorded_answers_become_the_last_price_of_each_hour(
    database: Database, tmp_path: Path, shared_data: Path, wire: WireVenue
) -> None:
    points = json.loads((shared_data / "prices-history-2026-02" / "active_prices_max.json").read_bytes())["history"]
    wire.lists(an_event_of("70", quoted("600", 0.2, 0.3)))
    wire.histories = {"6001": points}
    now = datetime.fromtimestamp(points[-1]["t"], UTC) + timedelta(hours=1)
    wanted = [Wanted("600", "6001")]
    told = fetch(database, tmp_path, tmp_path / "history", a_venue(wire.address), wanted, 31, now)
    series = pd.Series(
        [each["p"] for each in points], pd.to_datetime([each["t"] for each in points], unit="s", utc=True)
    )
    series = series[(series.index >= told.since) & (series.index <= told.until)]
    expected = series.groupby(series.index.floor("h")).last()
    days = sorted(set(expected.index.date))
    marks = pd.concat([price_marks.of_venue(database, tmp_path, day) for day in days])
    assert marks["yes_price"].tolist() == expected.tolist()
    assert (told.marks, told.younger) == (len(expected), [])
