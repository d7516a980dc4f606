"""`prescient captures import`: a series of prices becomes a folder that can be replayed and traded on."""

from pathlib import Path

import pytest

from tests.cli.commands import Prescient
from tests.venue.test_series import a_csv, a_row


def test_the_folder_is_a_recorded_venue(prescient: Prescient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = a_csv(tmp_path, a_row("10:00:00"), a_row("10:15:00", price=0.45))
    told = prescient("captures", "import", file, "-o", tmp_path / "past", "--json").json
    assert (told["captures"], told["markets"], told["first"]) == (2, 1, "2026-06-05T10:00:00Z")
    assert any("0.005" in line for line in told["assumes"])
    monkeypatch.setenv("PRESCIENT_VENUE", f"recorded:{tmp_path / 'past'}")
    taken = prescient("capture", "--json").json
    assert (taken["captured_at"], taken["tradable_markets"], taken["status"]) == ("2026-06-05T10:00:00Z", 1, "ready")
    (market,) = prescient("markets", "--json").json
    assert (market["best_bid"], market["best_ask"], market["yes_price"]) == (0.395, 0.405, 0.4)


def test_what_was_assumed_stands_beside_the_captures(bare_prescient: Prescient, tmp_path: Path) -> None:
    file = a_csv(tmp_path, a_row("10:00:00"))
    done = bare_prescient("captures", "import", file, "-o", tmp_path / "past", "--half-spread", 0.01)
    note = (tmp_path / "past" / "import.txt").read_text()
    assert note == done.out
    assert "the price less and plus 0.01" in note


def test_a_folder_that_holds_something_is_left_alone(bare_prescient: Prescient, tmp_path: Path) -> None:
    file = a_csv(tmp_path, a_row("10:00:00"))
    assert "is not empty" in bare_prescient("captures", "import", file, "-o", tmp_path).complaint


def test_the_recorded_series_are_whole(bare_prescient: Prescient, shared_data: Path, tmp_path: Path) -> None:
    file = shared_data / "series" / "quotes-15min-2026-06-05_2026-06-09.csv.gz"
    told = bare_prescient("captures", "import", file, "-o", tmp_path / "past", "--json").json
    assert (told["captures"], told["markets"], told["incomplete_captures"]) == (420, 100, 0)
