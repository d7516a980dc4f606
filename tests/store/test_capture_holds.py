"""Who copies the files of captures holds them: retention waits until they are let go."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from prescient_dagster.store import retention
from prescient_dagster.store.database import Database
from prescient_dagster.store.market import capture_holds, captures
from tests.store.listings import NOON, a_listing


def test_retention_waits_for_who_holds_the_files(database: Database, captures_folder: Path) -> None:
    for hour in range(3):
        captures.save(database, captures_folder, a_listing(NOON + timedelta(hours=hour)))
    files = sorted(captures_folder.rglob("*.parquet"))
    with ThreadPoolExecutor(1) as thread:
        with capture_holds.held(database):
            passing = thread.submit(retention.prune, database, captures_folder, timedelta(0), datetime.now(UTC))
            with pytest.raises(TimeoutError):
                passing.result(timeout=2)
            assert sorted(captures_folder.rglob("*.parquet")) == files
        assert passing.result(timeout=60).files > 0
