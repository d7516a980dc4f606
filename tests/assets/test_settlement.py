"""The end of a position: resolutions are asked for, paid, corrected; whatever runs twice changes nothing."""

import copy
import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from prescient_dagster.definitions import defs
from prescient_dagster.store.books import portfolios
from prescient_dagster.store.books.reconciliation import reconcile
from prescient_dagster.store.market import captures
from tests.assets.conftest import Platform
from tests.assets.worlds import a_listing, favourites

SETTLED_YES = {"yes_price": 1.0, "no_price": 0.0, "resolution_status": "resolved"}
SETTLED_NO = {"yes_price": 0.0, "no_price": 1.0, "resolution_status": "resolved"}
VOID = {"yes_price": 0.5, "no_price": 0.5, "resolution_status": "resolved"}
PROPOSED = {"resolution_status": "proposed"}
DISPUTED = {**SETTLED_YES, "resolution_status": "disputed"}


class Recording:
    """A recorded venue that a test extends hour by hour; market 500 ends, 501 stays open."""

    def __init__(self, platform: Platform, folder: Path) -> None:
        self.platform, self.folder = platform, folder

    def hour(self, hours: float, ending: Mapping[str, Any] | None = None, *, listed: bool = True) -> None:
        """Take the capture of this hour, in which market 500 has ended this way, or is still open."""
        market = favourites(2)
        if ending is not None:
            market[0] |= {"closed": True, "tradable": False, **ending}
        listing = a_listing(*market, hours=hours)
        name = f"{listing.captured_at:%Y-%m-%dT%H-%M-%SZ}"
        listing.events.to_parquet(self.folder / f"{name}.events.parquet", index=False)
        listing.markets.to_parquet(self.folder / f"{name}.markets.parquet", index=False)
        take(self.platform)

    def again(self) -> None:
        take(self.platform)


def take(platform: Platform) -> None:
    job = defs.resolve_job_def("market_data")
    assert job.execute_in_process(instance=platform.instance, raise_on_error=False).success


@pytest.fixture
def recording(platform: Platform, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Recording:
    folder = tmp_path / "recording"
    folder.mkdir()
    monkeypatch.setenv("PRESCIENT_VENUE", f"recorded:{folder}")
    return Recording(platform, folder)


def entries(platform: Platform, slug: str) -> list[tuple[str, str, str]]:
    """The settlements of a portfolio: kind, source and cash."""
    return [
        (row["kind"], row["source_ref"], f"{row['cash_delta']:f}")
        for row in platform.rows("trades", slug)
        if row["kind"] in ("settlement", "refund")
    ]


def balanced(platform: Platform) -> bool:
    return not any(reconcile(platform.database).values())


def test_a_winner_is_paid_one_dollar_a_share_paused_or_not(recording: Recording, platform: Platform) -> None:
    recording.hour(0)
    for slug in ("going", "paused"):
        platform.portfolio(slug)
    platform.run(["going", "paused"])
    portfolios.pause(platform.database, "paused")

    recording.hour(1, SETTLED_YES)

    for slug in ("going", "paused"):
        assert entries(platform, slug) == [("settlement", "settle:500:yes:1", "123.450000")]
        assert [row["market_id"] for row in platform.rows("positions", slug)] == ["501"]
    assert balanced(platform)


def test_a_market_that_is_proposed_or_disputed_stays_pending(recording: Recording, platform: Platform) -> None:
    recording.hour(0)
    platform.portfolio("one")
    platform.run(["one"])

    recording.hour(1, PROPOSED)
    platform.run(["one"])
    recording.hour(2, DISPUTED)

    assert not entries(platform, "one")
    marks = {row["market_id"]: row["mark_source"] for row in platform.rows("positions", "one")}
    assert marks == {"500": "pending", "501": "bid"}


def test_a_void_refunds_half_a_dollar(recording: Recording, platform: Platform) -> None:
    recording.hour(0)
    platform.portfolio("one")
    platform.run(["one"])

    recording.hour(1, VOID)

    assert entries(platform, "one") == [("refund", "settle:500:yes:1", "61.725000")]
    assert balanced(platform)


def test_a_verdict_at_no_possible_price_settles_nothing(recording: Recording, platform: Platform) -> None:
    recording.hour(0)
    platform.portfolio("one")
    platform.run(["one"])

    recording.hour(1, {**SETTLED_YES, "yes_price": 100.0})

    assert not entries(platform, "one")
    assert platform.rows("positions", "one")


def test_settling_again_books_nothing(recording: Recording, platform: Platform) -> None:
    recording.hour(0)
    platform.portfolio("one")
    platform.run(["one"])
    recording.hour(1, SETTLED_YES)
    before = platform.books()

    recording.again()
    recording.hour(2, SETTLED_YES)

    assert platform.books() == before


def test_a_correction_is_booked_as_a_reversal_and_a_new_entry(recording: Recording, platform: Platform) -> None:
    recording.hour(0)
    platform.portfolio("one")
    platform.run(["one"])
    recording.hour(1, SETTLED_YES)
    platform.run(["one"])

    recording.hour(25, SETTLED_NO)
    recording.hour(50, SETTLED_NO)

    assert entries(platform, "one") == [
        ("settlement", "settle:500:yes:1", "123.450000"),
        ("settlement", "settle:500:yes:1:reversal", "-123.450000"),
        ("settlement", "settle:500:yes:2", "0.000000"),
    ]
    assert balanced(platform)
    assert len(platform.rows("snapshots", "one")) == 2  # what was valued before stays


def test_a_closing_portfolio_sells_settles_and_is_then_closed(recording: Recording, platform: Platform) -> None:
    recording.hour(0)
    platform.portfolio("one", max_positions=1)
    platform.run(["one"])
    portfolios.close(platform.database, "one")
    assert portfolios.get(platform.database, "one").status == "closing"

    recording.hour(1, SETTLED_NO)

    assert portfolios.get(platform.database, "one").status == "closed"
    assert balanced(platform)


def test_a_closing_portfolio_sells_at_the_bid_and_enters_nothing(recording: Recording, platform: Platform) -> None:
    recording.hour(0)
    platform.portfolio("one")
    platform.run(["one"])
    portfolios.close(platform.database, "one")
    recording.hour(1)

    platform.run(["one"])

    assert [row["kind"] for row in platform.rows("trades", "one")] == ["buy", "buy", "sell", "sell"]
    assert portfolios.get(platform.database, "one").status == "closed"
    assert balanced(platform)


def test_a_capture_is_passed_over_once_settlements_of_a_newer_one_are_booked(
    recording: Recording, platform: Platform
) -> None:
    recording.hour(0)
    platform.portfolio("one", max_positions=2)
    platform.run(["one"])
    recording.hour(1)
    late = captures.ready(platform.database, None).capture_id
    recording.hour(2, SETTLED_YES)
    before = platform.books()

    ran = platform.run(["one"], config={"capture_id": late})

    assert ran.success
    assert ran.materialized["trades"]["one"]["status"] == "already_traded"
    assert platform.books() == before


def closed_yes(market: dict[str, Any], *, yes: bool) -> None:
    prices = '["1", "0"]' if yes else '["0", "1"]'
    market.update(closed=True, acceptingOrders=True, outcomePrices=prices, umaResolutionStatus="resolved")


def test_real_recordings_with_markets_closing_in_a_fourth(
    platform: Platform, shared_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Momentum with 10,000 USD holds five markets after three recordings; in a fourth two win and one loses."""
    folder = tmp_path / "recording"
    shutil.copytree(shared_data / "events", folder)
    events = json.loads((folder / "2025-06-16T00-12-00Z.json").read_text())
    fourth = copy.deepcopy(events)
    for event in fourth:
        for market in event["markets"]:
            if market["id"] in ("507884", "507868", "509096"):
                closed_yes(market, yes=market["id"] != "509096")
    (folder / "2025-06-17T00-00-00Z.json").write_text(json.dumps(fourth))
    monkeypatch.setenv("PRESCIENT_VENUE", f"recorded:{folder}")
    platform.portfolio("one", balance=10_000, max_holding_days=None)

    for _ in range(4):
        take(platform)
        platform.run(["one"])
        assert balanced(platform)
        before = platform.books()
        platform.run(["one"])
        assert platform.books() == before

    bought = {row["market_id"]: row for row in platform.rows("trades", "one") if row["kind"] == "buy"}
    paid = {row["market_id"]: row for row in platform.rows("trades", "one") if row["kind"] == "settlement"}
    assert set(paid) == {"507884", "507868", "509096"}
    assert paid["507884"]["cash_delta"] == bought["507884"]["shares"]  # held yes, yes won
    assert paid["507868"]["cash_delta"] == 0  # held no, yes won
    assert bought["507868"]["side"] == "no"
    assert bought["509096"]["side"] in ("yes", "no")
    expected = bought["509096"]["shares"] if bought["509096"]["side"] == "no" else 0
    assert paid["509096"]["cash_delta"] == expected
