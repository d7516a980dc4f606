"""A question as long as a book stands whole in its capture, and nowhere else."""

from typing import Any

import pytest
from sqlalchemy import text

from prescient_dagster.definitions import defs
from prescient_dagster.domain.market.kept_texts import MOST_LETTERS, kept_text
from prescient_dagster.store.market import captures
from tests.assets.conftest import Platform
from tests.assets.test_settlement import Recording
from tests.assets.worlds import a_listing, favourites

LONG = "Will the lighthouse at the end of the pier burn, " * 200


@pytest.fixture
def recording(platform: Platform, tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> Recording:
    folder = tmp_path / "recording"
    folder.mkdir()
    monkeypatch.setenv("PRESCIENT_VENUE", f"recorded:{folder}")
    return Recording(platform, folder)


@pytest.mark.parametrize("length", [0, 1, MOST_LETTERS, MOST_LETTERS + 1, 10 * MOST_LETTERS])
def test_a_text_is_kept_as_far_as_it_is_read(length: int) -> None:
    kept = kept_text("x" * length)
    assert len(kept) == min(length, MOST_LETTERS)
    assert kept.endswith("…") == (length > MOST_LETTERS)


def test_a_long_question_is_cut_in_books_and_metadata(platform: Platform) -> None:
    capture_id = platform.capture(a_listing(*favourites(2, question=LONG, event_title=LONG)))
    platform.portfolio("a")

    ran = platform.run(["a"])

    assert ran.success
    assert longest(platform, "signals", "market_question") == MOST_LETTERS
    assert longest(platform, "signals", "event_title") == MOST_LETTERS
    assert longest(platform, "trades", "market_question") == MOST_LETTERS
    assert longest(platform, "positions", "market_question") == MOST_LETTERS
    assert LONG not in told(platform)
    assert kept_text(LONG) in told(platform)
    taken = captures.load(platform.database, platform.captures_folder, capture_id)
    assert set(taken.markets["question"]) == {LONG}


def longest(platform: Platform, table: str, column: str) -> int:
    with platform.database.begin() as connection:
        return int(connection.scalar(text(f"SELECT max(length({column})) FROM prescient.{table}")) or 0)


def told(platform: Platform) -> str:
    """All that Dagster keeps of all runs."""
    return "".join(
        str(entry) for run in platform.instance.get_runs() for entry in platform.instance.all_logs(run.run_id)
    )


def test_a_long_question_is_cut_in_checks(platform: Platform, recording: Recording) -> None:
    """The worst rows that a check shows are the venue's."""
    listing = a_listing(*favourites(3, question=LONG, best_bid=0.9, spread=-0.09))
    name = f"{listing.captured_at:%Y-%m-%dT%H-%M-%SZ}"
    listing.events.to_parquet(recording.folder / f"{name}.events.parquet", index=False)
    listing.markets.to_parquet(recording.folder / f"{name}.markets.parquet", index=False)

    defs.resolve_job_def("market_data").execute_in_process(instance=platform.instance, raise_on_error=False)

    assert LONG not in told(platform)
    assert kept_text(LONG) in told(platform)
