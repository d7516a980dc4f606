"""A machine whose clock is wrong: its captures are refused and told, and what is dated right goes on."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import text

from prescient_dagster.assets.market_data import judged
from prescient_dagster.domain.errors import Conflict
from prescient_dagster.domain.market.markets import Listing
from prescient_dagster.domain.watch.health import Facts, ProblemKind, problems
from prescient_dagster.store.books import cycles
from prescient_dagster.store.health import market_data_seen
from prescient_dagster.store.market import captures
from prescient_dagster.store.market.captures import CaptureRecord, CaptureStatus
from prescient_dagster.usecases import settle as settling
from prescient_dagster.usecases.settle import settle
from tests.assets.conftest import Platform
from tests.assets.worlds import START, a_listing, favourites

MINUTE = timedelta(minutes=1)


def listing_at(at: datetime, *, venue: str = "polymarket", price: float = 0.8) -> Listing:
    hours = (at - START) / timedelta(hours=1)
    ends = {name: datetime.now(UTC) + timedelta(days=9) for name in ("end_date", "event_end_date")}
    quotes = {"best_bid": price - 0.01, "best_ask": price + 0.01, "yes_price": price, "no_price": round(1 - price, 6)}
    return a_listing(*favourites(12, **quotes, **ends), hours=hours, venue=venue)


def taken(platform: Platform, ahead: timedelta, *, venue: str = "polymarket", price: float = 0.8) -> CaptureRecord:
    """A capture of a machine whose clock is so far ahead, carried as far as `market_data` carries it."""
    stored = captures.save(
        platform.database, platform.captures_folder, listing_at(datetime.now(UTC) + ahead, venue=venue, price=price)
    )
    list(settle(platform.database, stored))
    return judged(platform.database, platform.captures_folder, stored)


@pytest.mark.parametrize(
    ("venue", "ahead", "status"),
    [
        ("polymarket", 3 * MINUTE, CaptureStatus.REFUSED),
        ("polymarket", timedelta(hours=3), CaptureStatus.REFUSED),
        ("polymarket", timedelta(days=400), CaptureStatus.REFUSED),
        ("polymarket", 1 * MINUTE, CaptureStatus.READY),  # two machines are never of one mind
        ("polymarket", -5 * MINUTE, CaptureStatus.READY),  # a crawl takes its time
        ("simulated", timedelta(hours=3), CaptureStatus.READY),  # has a clock of its own
        ("recorded", -timedelta(days=400), CaptureStatus.READY),
    ],
)
def test_only_a_capture_that_a_live_venue_cannot_have_made_is_refused(
    platform: Platform, venue: str, ahead: timedelta, status: CaptureStatus
) -> None:
    record = taken(platform, ahead, venue=venue)

    assert record.status is status
    if status is CaptureStatus.REFUSED:
        assert f"{record.captured_at:%Y-%m-%d %H:%M:%S} UTC" in str(record.status_reason)
        assert f"{record.stored_at:%Y-%m-%d %H:%M:%S} UTC" in str(record.status_reason)


@pytest.mark.parametrize("venue", ["polymarket", "simulated", "recorded"])
def test_no_venue_goes_back_in_time(platform: Platform, venue: str) -> None:
    first = taken(platform, -MINUTE, venue=venue)

    back = taken(platform, -timedelta(hours=2), venue=venue)

    assert (first.status, back.status) == (CaptureStatus.READY, CaptureStatus.REFUSED)
    assert "before the newest capture" in str(back.status_reason)
    assert captures.ready(platform.database).capture_id == first.capture_id


def test_the_newest_is_never_one_from_the_future(platform: Platform) -> None:
    right = taken(platform, -MINUTE)
    wrong = taken(platform, timedelta(hours=3))

    assert captures.newest(platform.database) == right
    assert captures.previous(platform.database, wrong.capture_id + 1) == right
    found = problems(Facts(datetime.now(UTC), 10, market_data_seen(platform.database), {}, {}))
    assert [problem.kind for problem in found] == [ProblemKind.CLOCK]
    assert f"capture {wrong.capture_id} is from a wrong clock" in found[0].text
    taken(platform, timedelta(0))
    assert not problems(Facts(datetime.now(UTC), 10, market_data_seen(platform.database), {}, {}))


@pytest.fixture
def fooled(platform: Platform) -> Platform:
    """A home that let a capture from the future through, and traded it."""
    platform.portfolio("kept")
    wrong = captures.save(
        platform.database, platform.captures_folder, listing_at(datetime.now(UTC) + timedelta(hours=3))
    )
    with platform.database.begin() as connection:
        connection.execute(text("UPDATE prescient.captures SET venue = 'simulated'"))
    captures.mark_ready(platform.database, wrong.capture_id)
    assert platform.run(["kept"]).success
    with platform.database.begin() as connection:
        connection.execute(text("UPDATE prescient.captures SET venue = 'polymarket'"))
    return platform


def test_a_home_that_traded_the_future_goes_on_with_the_next_capture(fooled: Platform) -> None:
    with pytest.raises(Conflict, match="may not be traded: this machine's clock says"):
        captures.ready(fooled.database, 1)

    right = taken(fooled, timedelta(0), price=0.5)

    assert right.status is CaptureStatus.READY
    ran = fooled.run(["kept"])
    assert ran.success
    assert ran.materialized["signals"]["kept"]["status"] == "ok"
    assert ran.materialized["signals"]["kept"]["signals_generated"] == 0  # at 0.50 there is no favourite
    assert fooled.rows("snapshots", "kept")[-1]["capture_id"] == right.capture_id
    standing = cycles.load_standing(fooled.database, "kept")
    assert standing.books_at == right.captured_at
    assert standing.account.balance < Decimal(1_000)  # what it bought stays bought, and is worth what it is worth


def test_a_database_that_shared_the_wrong_clock_finds_the_future_once_it_is_right(fooled: Platform) -> None:
    with fooled.database.begin() as connection:
        connection.execute(text("UPDATE prescient.captures SET stored_at = captured_at + interval '1 second'"))

    assert captures.newest(fooled.database) is None
    right = taken(fooled, timedelta(0), price=0.5)
    assert right.status is CaptureStatus.READY
    assert fooled.run(["kept"]).materialized["signals"]["kept"]["status"] == "ok"


def test_nothing_is_settled_in_the_future(fooled: Platform) -> None:
    closed = favourites(12, closed=True, yes_price=1.0, no_price=0.0, tradable=False, resolution_status="resolved")
    hours = (datetime.now(UTC) + timedelta(hours=3, minutes=1) - START) / timedelta(hours=1)
    wrong = captures.save(fooled.database, fooled.captures_folder, a_listing(*closed, hours=hours, venue="polymarket"))

    assert captures.wrong_clock(fooled.database, wrong)
    assert not list(settling.settle(fooled.database, wrong))
    assert {row["kind"] for row in fooled.rows("trades", "kept")} == {"buy"}
