"""The checks in real runs: what forbids trading refuses the capture, all else warns, and each says what to do."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
from sqlalchemy import text

from prescient_dagster.assets.checks import CHECKS, OF_CAPTURES
from prescient_dagster.definitions import defs
from prescient_dagster.store.market import captures
from prescient_dagster.store.market.captures import CaptureRecord, CaptureStatus
from strategy_assets.definitions import defs as strategies
from tests.assets.conftest import Platform
from tests.assets.worlds import a_listing, favourites

SETTLED_YES = {"closed": True, "tradable": False, "yes_price": 1.0, "no_price": 0.0, "resolution_status": "resolved"}
PROPOSED = {"closed": True, "tradable": False, "resolution_status": "proposed"}
CROSSED = {"best_bid": 0.82, "best_ask": 0.81}
HOSTILE = "<script>alert(1)</script> [click](http://evil.example)"
DAY = 24
Evaluations = dict[str, dg.AssetCheckEvaluation]


class Recording:
    """A recorded venue that a test extends, and what the checks said of its last capture."""

    def __init__(self, platform: Platform, folder: Path) -> None:
        self.platform, self.folder = platform, folder

    def take(self, *markets: Mapping[str, Any], hours: float) -> Evaluations:
        """Record these markets, so many hours after the start, and take the capture."""
        listing = a_listing(*markets, hours=hours)
        name = f"{listing.captured_at:%Y-%m-%dT%H-%M-%SZ}"
        listing.events.to_parquet(self.folder / f"{name}.events.parquet", index=False)
        listing.markets.to_parquet(self.folder / f"{name}.markets.parquet", index=False)
        return self.again()

    def again(self) -> Evaluations:
        return run("market_data", self.platform)

    @property
    def newest(self) -> CaptureRecord:
        record = captures.newest(self.platform.database)
        assert record is not None
        return record


def run(job: str, platform: Platform) -> Evaluations:
    result = defs.resolve_job_def(job).execute_in_process(instance=platform.instance, raise_on_error=False)
    assert result.success
    return {evaluation.check_name: evaluation for evaluation in result.get_asset_check_evaluations()}


def of_run(platform: Platform, run_id: str, name: str) -> dg.AssetCheckEvaluation:
    """What a check said in a run."""
    (found,) = (
        entry.dagster_event.asset_check_evaluation_data
        for entry in platform.instance.all_logs(run_id, of_type=dg.DagsterEventType.ASSET_CHECK_EVALUATION)
        if entry.dagster_event and entry.dagster_event.asset_check_evaluation_data.check_name == name
    )
    return found


def rows(evaluation: dg.AssetCheckEvaluation, name: str) -> list[Mapping[str, Any]]:
    table = evaluation.metadata[name]
    assert isinstance(table, dg.TableMetadataValue)
    return [record.data for record in table.records]


def said(evaluation: dg.AssetCheckEvaluation) -> tuple[bool, str, str]:
    return evaluation.passed, evaluation.severity.value, evaluation.description or ""


def make_older(platform: Platform, minutes: float) -> None:
    """As if everything had been stored so much earlier."""
    query = text("UPDATE prescient.captures SET stored_at = stored_at - make_interval(secs => :seconds)")
    with platform.database.begin() as connection:
        connection.execute(query, {"seconds": minutes * 60})


@pytest.fixture
def recording(platform: Platform, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Recording:
    folder = tmp_path / "recording"
    folder.mkdir()
    monkeypatch.setenv("PRESCIENT_VENUE", f"recorded:{folder}")
    return Recording(platform, folder)


def test_an_ordinary_capture_passes_every_check(recording: Recording) -> None:
    told = recording.take(*favourites(3), hours=0)

    assert {name for name, evaluation in told.items() if not evaluation.passed} == set()
    assert {check.name for check in OF_CAPTURES} < told.keys()
    assert recording.newest.status is CaptureStatus.READY


def test_a_capture_with_a_price_out_of_range_is_refused_not_traded_and_what_ended_is_settled(
    recording: Recording, platform: Platform
) -> None:
    recording.take(*favourites(3), hours=0)
    platform.portfolio("one")
    first = platform.run(["one"]).materialized["trades"]["one"]["capture_id"]
    markets = favourites(4)
    markets[0] |= SETTLED_YES
    markets[3] |= {"last_price": 1.2, "question": HOSTILE}

    told = recording.take(*markets, hours=1)
    on_its_own, by_hand = platform.run(["one"]), platform.run(["one"], config={"capture_id": 2})

    passed, severity, description = said(told["prices_in_range"])
    assert (passed, severity) == (False, "ERROR")
    assert description.startswith("1 of 4 markets have a price outside 0 to 1: report the rows")
    assert [row["question"] for row in rows(told["prices_in_range"], "worst")] == [HOSTILE]
    assert recording.newest.status is CaptureStatus.REFUSED
    assert "1 of 4 markets have a price outside 0 to 1" in (recording.newest.status_reason or "")
    assert [row["kind"] for row in platform.rows("trades", "one")] == ["buy", "buy", "buy", "settlement"]
    assert on_its_own.materialized["trades"]["one"]["capture_id"] == first
    assert "may not be traded, it is refused: 1 of 4 markets" in by_hand.failure


def test_an_impossible_price_settles_nothing(recording: Recording, platform: Platform) -> None:
    recording.take(*favourites(3), hours=0)
    platform.portfolio("one")
    platform.run(["one"])
    markets = favourites(3)
    markets[0] |= {**SETTLED_YES, "yes_price": 1.5}
    markets[1] |= {**SETTLED_YES, "no_price": -0.5}

    recording.take(*markets, hours=1)

    assert {row["kind"] for row in platform.rows("trades", "one")} == {"buy"}


@pytest.mark.parametrize(("crossed", "severity", "status"), [(1, "WARN", "ready"), (2, "ERROR", "refused")])
def test_a_few_crossed_quotes_warn_and_many_refuse_the_capture(
    recording: Recording, crossed: int, severity: str, status: str
) -> None:
    told = recording.take(*favourites(30), *favourites(crossed, **CROSSED), hours=0)

    assert said(told["quotes_not_crossed"])[:2] == (False, severity)
    assert recording.newest.status == status
    assert len(rows(told["quotes_not_crossed"], "worst")) == crossed


def test_a_capture_that_lost_half_of_the_venue_fails_its_check_and_is_refused(recording: Recording) -> None:
    recording.take(*favourites(10), hours=0)

    told = recording.take(*favourites(4), hours=1)

    assert said(told["counts_plausible"])[:2] == (False, "ERROR")
    assert recording.newest.status is CaptureStatus.REFUSED


def test_a_recording_at_its_end_checks_its_last_capture_again(recording: Recording) -> None:
    recording.take(*favourites(30), *favourites(1, **CROSSED), hours=0)

    told = recording.again()

    assert not told["quotes_not_crossed"].passed
    assert told["counts_plausible"].passed


def test_market_data_that_is_old_warns_and_says_what_to_do(recording: Recording, platform: Platform) -> None:
    recording.take(*favourites(3), hours=0)
    assert run("checks", platform)["captures_fresh"].passed

    make_older(platform, minutes=17)

    passed, severity, description = said(run("checks", platform)["captures_fresh"])
    assert (passed, severity) == (False, "WARN")
    assert description.startswith("market data is 17 minutes old, limit 10 minutes: see the last runs of `market_data`")


def test_market_data_that_is_too_old_to_be_traded_is_an_error(recording: Recording, platform: Platform) -> None:
    recording.take(*favourites(3), hours=0)

    make_older(platform, minutes=61)

    assert said(run("checks", platform)["captures_fresh"])[:2] == (False, "ERROR")


def test_where_no_capture_may_be_traded_the_check_says_why(recording: Recording, platform: Platform) -> None:
    recording.take(*favourites(3, last_price=7.0), hours=0)

    told = said(run("checks", platform)["captures_fresh"])

    assert told[:2] == (False, "ERROR")
    assert "no capture is ready to be traded; capture 1 refused: 3 of 3 markets have a price outside 0 to 1" in told[2]


def test_the_checks_run_where_nothing_has_ever_run(platform: Platform) -> None:
    told = run("checks", platform)

    assert {name: evaluation.passed for name, evaluation in told.items()} == {
        "captures_fresh": False,
        "resolutions_in_time": True,
        "no_portfolio_failed": True,
    }


def test_a_resolution_that_does_not_come_for_a_week_warns(recording: Recording, platform: Platform) -> None:
    recording.take(*favourites(3), hours=0)
    platform.portfolio("one")
    platform.run(["one"])
    markets = favourites(3)
    markets[0] |= {**PROPOSED, "question": HOSTILE}

    in_time = [recording.take(*markets, hours=hours)["resolutions_in_time"] for hours in (1, 7 * DAY)]
    late = recording.take(*markets, hours=7 * DAY + 1)["resolutions_in_time"]

    assert [evaluation.passed for evaluation in in_time] == [True, True]
    assert said(late)[:2] == (False, "WARN")
    assert [(row["market_id"], row["days"]) for row in rows(late, "pending")] == [("500", 7.0)]
    assert said(run("checks", platform)["resolutions_in_time"])[:2] == (False, "WARN")


def test_a_market_that_was_away_for_a_moment_is_not_late(recording: Recording, platform: Platform) -> None:
    recording.take(*favourites(3), hours=0)
    platform.portfolio("one")
    platform.run(["one"])
    recording.take(*favourites(3)[1:], {"market_id": "503"}, hours=1)

    assert recording.take(*favourites(3), hours=9 * DAY)["resolutions_in_time"].passed


def test_a_portfolio_that_is_left_failed_warns_until_it_is_repaired(platform: Platform) -> None:
    platform.capture(a_listing(*favourites(1)))
    platform.portfolio("bad", max_positions=0)
    platform.portfolio("good")

    ran = platform.run(["bad", "good"])

    for told in (of_run(platform, ran.run_id, "no_portfolio_failed"), run("checks", platform)["no_portfolio_failed"]):
        assert said(told)[:2] == (False, "WARN")
        assert "the last cycle of bad failed: correct the portfolio" in said(told)[2]
        assert [row["portfolio"] for row in rows(told, "failed")] == ["bad"]
        assert "max_positions" in rows(told, "failed")[0]["reason"]
    platform.run(["bad"], config={"max_positions": 3})
    assert run("checks", platform)["no_portfolio_failed"].passed


def test_no_check_holds_up_what_comes_after_it() -> None:
    assets = [asset for each in (defs, strategies) for asset in each.resolve_asset_graph().assets_defs]

    assert [spec.key for asset in assets for spec in asset.check_specs if spec.blocking] == []


def test_every_check_that_is_told_of_is_there() -> None:
    there = {key.name for key in defs.resolve_asset_graph().asset_check_keys}

    assert {check.name for check in CHECKS} <= there
