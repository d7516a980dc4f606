"""`prescient history fetch` and `captures backfill`: the first day of somebody who has an idea and no captures."""

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from prescient_dagster.definitions import defs
from tests.cli.commands import Prescient
from tests.venue.gamma import Record
from tests.venue.wire_server import WireVenue, an_event_of, quoted, wire_server

DAYS = 6


@pytest.fixture
def wire(monkeypatch: pytest.MonkeyPatch) -> Iterator[WireVenue]:
    """Polymarket on this machine: five questions that end in ten days, and what they cost every hour."""
    with wire_server() as venue:
        end = f"{datetime.now(UTC) + timedelta(days=10):%Y-%m-%dT%H:%M:%SZ}"
        markets = [quoted(str(800 + number), 0.77, 0.79) | {"endDate": end} for number in range(5)]
        venue.lists(*(an_event_of(f"9{number}", each) | {"endDate": end} for number, each in enumerate(markets)))
        dice = random.Random(3)
        for number in range(4):
            venue.histories[f"{800 + number}1"] = wandering(dice)
        for name in ("GAMMA", "CLOB"):
            monkeypatch.setenv(f"PRESCIENT_{name}_URL", venue.address)
        monkeypatch.setenv("PRESCIENT_VENUE", "polymarket")
        yield venue


def wandering(dice: random.Random) -> list[Record]:
    now, price, points = int(datetime.now(UTC).timestamp()), 0.70, []
    for hour in range(DAYS * 24 + 3):
        price = min(max(price + dice.uniform(-0.02, 0.02), 0.6), 0.9)
        points.append({"t": now - (DAYS * 24 + 2 - hour) * 3_600, "p": round(price, 3)})
    return points


def test_on_the_first_day_an_idea_can_be_replayed(prescient: Prescient, wire: WireVenue, tmp_path: Path) -> None:
    done = prescient("captures", "backfill", "--days", DAYS, "-o", tmp_path / "past")
    assert done.code == 0, done.err
    assert "the venue has no price of 1 market: 804" in done.out
    note = (tmp_path / "past" / "backfill.txt").read_text()
    assert note in done.out
    assert "assumed: only markets that are open today" in note
    played = prescient("replay", "--strategy", "momentum", "--captures", tmp_path / "past", "--json").json
    assert (played["captures_read"], played["captures_missing"]) == (DAYS * 24, 0)
    assert len(played["trades"]) == 4
    page = tmp_path / "first.html"
    assert prescient("report", "--replay", played["replay_id"], "-o", page).code == 0
    rising = {"lookback_hours": 24, "min_rise": 0.03}
    config = [part for name, value in rising.items() for part in ("--config", f"{name}={value}")]
    fewer = prescient("replay", "--strategy", "momentum", "--captures", tmp_path / "past", *config, "--json").json
    assert {trade["market_id"] for trade in fewer["trades"]} <= {trade["market_id"] for trade in played["trades"]}
    begun = min(trade["timestamp"] for trade in played["trades"])
    assert all(trade["timestamp"] > begun for trade in fewer["trades"])


def test_a_folder_that_is_there_is_left_alone(prescient: Prescient, wire: WireVenue, tmp_path: Path) -> None:
    (tmp_path / "past").mkdir()
    (tmp_path / "past" / "mine.txt").write_text("mine")
    done = prescient("captures", "backfill", "--days", 2, "-o", tmp_path / "past")
    assert "is there already" in done.complaint
    assert [path.name for path in (tmp_path / "past").iterdir()] == ["mine.txt"]


def test_a_place_where_no_folder_can_be_made_is_told_before_anything_is_asked(
    prescient: Prescient, wire: WireVenue, tmp_path: Path
) -> None:
    (tmp_path / "there").write_text("mine")
    for place, told in (("s3://bucket/past", "is an address"), (tmp_path / "there", "is there already")):
        done = prescient("captures", "backfill", "--days", DAYS, "-o", place)
        assert (done.code, done.err.count("\n")) == (1, 1)
        assert told in done.err
    assert wire.past_asked == []


def test_history_is_fetched_for_what_is_named(prescient: Prescient, wire: WireVenue) -> None:
    told = prescient("history", "fetch", "--days", 2, "--market", 801, "--market", 804, "--json").json
    assert (told["markets"], told["marks"], told["without"]) == (2, 48, ["804"])
    assert {token for tokens, _, _ in wire.past_asked for token in tokens} == {"8011", "8041"}
    assert "lists no market '9'" in prescient("history", "fetch", "--market", 9).complaint


def test_a_venue_that_tells_no_past_says_so(prescient: Prescient) -> None:
    assert "set PRESCIENT_VENUE=polymarket" in prescient("history", "fetch").complaint


def test_the_jobs_do_the_same(prescient: Prescient, wire: WireVenue, tmp_path: Path) -> None:
    def run(job: str, **form: Any) -> dict[str, Any]:
        with dg.instance_for_test() as instance:
            done = defs.resolve_job_def(job).execute_in_process(run_config=form, instance=instance)
            (event,) = [each for each in done.all_events if each.event_type_value == "STEP_OUTPUT"]
            return {name: value.value for name, value in event.event_specific_data.metadata.items()}  # type: ignore[union-attr]

    told = run("history_fetch", days=2, markets=["801"])
    assert (told["markets"], told["marks"]) == (1, 48)
    made = run("captures_backfill", days=2, output=str(tmp_path / "past"))
    assert (made["captures"], made["without"], made["without_markets"]) == (48, 1, ["804"])
    assert (tmp_path / "past" / "backfill.txt").exists()
