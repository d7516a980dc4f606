"""What the venue cannot tell stops nobody who does not need it: runs are green, and a check that warns says so."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import dagster as dg
import pytest
from sqlalchemy import text

from prescient_dagster.definitions import defs
from prescient_dagster.store.market import captures
from prescient_dagster.store.market.captures import CaptureStatus
from prescient_dagster.venue.polymarket import book_requests, venue
from tests.assets.conftest import Platform
from tests.venue.gamma import Record
from tests.venue.wire_server import WireVenue, an_event_of, quoted, wire_server

BROKEN = 500, b"oops"
IN_A_WHILE = f"{datetime.now(UTC) + timedelta(days=10):%Y-%m-%dT%H:%M:%SZ}"


@pytest.fixture
def wire(platform: Platform, monkeypatch: pytest.MonkeyPatch) -> Iterator[WireVenue]:
    monkeypatch.setattr(book_requests, "PATIENCE_SECONDS", 1.0)
    with wire_server() as served:
        for name, value in (("VENUE", "polymarket"), ("GAMMA_URL", served.address), ("CLOB_URL", served.address)):
            monkeypatch.setenv(f"PRESCIENT_{name}", value)
        yield served


def event(*markets: Record) -> Record:
    return an_event_of("e1", *markets) | {"endDate": IN_A_WHILE}


def take(platform: Platform) -> Mapping[str, dg.AssetCheckEvaluation]:
    """The checks of a run of `market_data`, which is green."""
    result = defs.resolve_job_def("market_data").execute_in_process(instance=platform.instance, raise_on_error=False)
    assert result.success
    return checks(result)


def checks(result: dg.ExecuteInProcessResult) -> Mapping[str, dg.AssetCheckEvaluation]:
    return {found.check_name: found for found in result.get_asset_check_evaluations()}


def trades(platform: Platform, slug: str) -> list[tuple[str, str]]:
    return [(row["market_id"], row["kind"]) for row in platform.rows("trades", slug)]


CONFIG: dict[str, Any] = {"market_min_conviction": 0.55, "market_max_conviction": 0.6, "fill_model": "book"}


def test_where_nobody_tells_how_markets_ended_all_others_trade_and_a_check_warns(
    platform: Platform, wire: WireVenue
) -> None:
    platform.portfolio("holder", **CONFIG)
    wire.lists(event(quoted("1", 0.77, 0.79)))
    assert take(platform)["resolutions_asked"].passed
    platform.run(["holder"])
    platform.portfolio("buyer", **CONFIG)
    wire.lists(event(quoted("2", 0.78, 0.80)))  # market 1 has left the listing: it is asked for by its id
    wire.markets_fail = BROKEN

    told = take(platform)["resolutions_asked"]

    assert (told.passed, told.severity) == (False, dg.AssetCheckSeverity.WARN)
    newest = captures.newest(platform.database)
    assert newest is not None
    assert newest.status is CaptureStatus.READY
    assert platform.run(["holder", "buyer"]).success
    assert trades(platform, "holder") == [("1", "buy"), ("2", "buy")]
    assert trades(platform, "buyer") == [("2", "buy")]
    assert len(platform.rows("snapshots", "holder")) == 2


def test_one_market_that_cannot_be_asked_for_holds_no_other_up(
    platform: Platform, wire: WireVenue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(venue, "PATIENCE_SECONDS", 0.5)
    platform.portfolio("holder", **CONFIG)
    wire.lists(event(quoted("1", 0.77, 0.79), quoted("2", 0.77, 0.79)))
    take(platform)
    platform.run(["holder"])
    paid = quoted("2", 0.99, 0.995) | {"outcomePrices": '["1", "0"]', "closed": True}
    wire.lists(event(quoted("3", 0.48, 0.52)), event(paid) | {"id": "e2", "closed": True})
    wire.alone["1"] = BROKEN  # it is in no list

    told = take(platform)["resolutions_asked"]

    assert (told.passed, told.severity) == (False, dg.AssetCheckSeverity.WARN)
    assert "/markets/1" in str(told.metadata["failed"])
    assert trades(platform, "holder") == [("1", "buy"), ("2", "buy"), ("2", "settlement")]
    assert platform.rows("positions", "holder")[0]["market_id"] == "1"
    with platform.database.begin() as connection:
        assert connection.scalar(text("SELECT count(*) FROM prescient.resolutions WHERE market_id = '1'")) == 0


def test_where_order_books_cannot_be_had_runs_are_green_and_checks_warn(platform: Platform, wire: WireVenue) -> None:
    platform.portfolio("holder", **CONFIG)
    wire.lists(event(quoted("1", 0.77, 0.79)))
    assert take(platform)["books_usable"].passed
    platform.run(["holder"])
    platform.portfolio("buyer", **CONFIG)
    wire.lists(event(quoted("1", 0.60, 0.62), quoted("2", 0.78, 0.80)))
    wire.instead = lambda _: BROKEN

    of_markets = take(platform)["books_usable"]
    assert (of_markets.passed, of_markets.severity) == (False, dg.AssetCheckSeverity.WARN)
    missing = of_markets.metadata["missing"]
    assert isinstance(missing, dg.TableMetadataValue)
    told = [[row.data[name] for name in ("market_id", "side", "reason")] for row in missing.records]
    assert told == [["1", "yes", "venue_unavailable"]]
    assert platform.run(["holder", "buyer"]).success
    assert trades(platform, "buyer") == []
    rows = platform.rows("signals", "buyer")
    assert [row["reject_reason"] for row in rows] == ["venue_unavailable"]
    assert len(platform.rows("snapshots", "holder")) == 2
