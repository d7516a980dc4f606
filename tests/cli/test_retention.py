"""What is old goes by one command, which tells how much; what needs it says so in one line."""

import pytest
from sqlalchemy import text

from prescient_dagster.store.database import Database
from tests.cli.commands import Prescient

FIGURES = ("captures", "captures_kept", "files", "bytes", "marks", "runs", "runs_kept", "runs_left")
NOTHING = dict.fromkeys(FIGURES, 0)


@pytest.fixture
def old(prescient: Prescient, database: Database) -> Prescient:
    """Two captures without a trade, the first of them of the month before, and both runs of then."""
    for _ in range(2):
        assert prescient("capture").code == 0
    with database.begin() as connection:
        connection.execute(
            text("UPDATE prescient.captures SET stored_at = now() - interval '30 days' WHERE capture_id = 1")
        )
        connection.execute(text("UPDATE runs SET update_timestamp = update_timestamp - interval '30 days'"))
    return prescient


def test_a_dry_run_tells_what_the_pass_then_removes(old: Prescient) -> None:
    told = old("retention", "--dry-run", "--json").json
    assert (told["captures"], told["files"], told["runs"], told["runs_kept"]) == (1, 2, 1, 1)
    assert told["bytes"] > 0
    assert old("retention", "--json").json == {**told, "dry_run": False}
    assert old("retention", "--json").json == {**NOTHING, "dry_run": False, "runs_kept": 1}


def test_people_read_it_as_a_record(old: Prescient) -> None:
    lines = dict(line.rsplit(maxsplit=1) for line in old("retention").out.splitlines())
    assert (lines["captures"], lines["captures kept"], lines["files"], lines["runs"]) == ("1", "0", "2", "1")


def test_what_asks_for_a_pruned_capture_says_so_in_one_line(old: Prescient) -> None:
    old("portfolio", "create", "bold", "--strategy", "momentum", "--balance", 1_000)
    assert old("retention").code == 0
    for command in (
        ("markets", "--capture", 1),
        ("events", "--capture", 1),
        ("candidates", "bold", "--capture", 1),
        ("explain", "bold", "1", "--capture", 1),
    ):
        complaint = old(*command).complaint
        assert complaint.startswith("error: capture 1 of ")
        assert complaint.endswith("raise PRESCIENT_RETENTION_CAPTURES_DAYS to keep more")


def test_an_age_that_is_none_is_refused(prescient: Prescient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PRESCIENT_RETENTION_RUNS_DAYS", "0")
    assert "PRESCIENT_RETENTION_RUNS_DAYS" in prescient("retention").complaint
