"""Whoever tells a check hides nothing that was told before of the same capture, and nobody tells at the same time."""

import threading
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import dagster as dg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from prescient_dagster.assets.runs import checks_told
from prescient_dagster.assets.runs.checks_told import Findings, tell, told_before
from prescient_dagster.domain.strategy.signals import RejectReason
from prescient_dagster.store.check_log import checks_locked
from tests.assets.conftest import Platform
from tests.assets.runs.sharded import CHECKS, TRADES, Sharded
from tests.assets.worlds import a_listing, favourites
from tests.processes import wait_for

UNUSABLE = str(RejectReason.BOOK_UNUSABLE)


@pytest.fixture
def instance(stored_instance: dg.DagsterInstance) -> dg.DagsterInstance:
    return stored_instance


@pytest.fixture
def there(platform: Platform) -> Sharded:
    """Two portfolios in one run, and a capture that is ready."""
    platform.capture(a_listing(*favourites(1)))
    for slug in ("ann", "ben"):
        platform.portfolio(slug)
    return Sharded(platform, 2)


def a_fault(token: str, capture_id: int = 1) -> Findings:
    row = {"token_id": token, "reason": UNUSABLE, "why": "bids above asks"}
    return Findings(capture_id, unseen={f"shard {token}": "killed"}, books={UNUSABLE: 1}, missing=[row])


def tell_all(there: Sharded, known: Findings) -> None:
    run = there.platform.run(["ann"]).run_id
    found = there.instance.get_run_by_id(run)
    assert found is not None
    for result in known.results(TRADES, {}):
        tell(there.instance, found, result)


def failing(there: Sharded) -> dict[str, str]:
    return {name: check.description or "" for name, check in there.shown().items() if not check.passed}


def test_a_run_on_the_same_capture_hides_nothing(there: Sharded) -> None:
    tell_all(there, a_fault("t1"))
    there.platform.run(["ben"])
    assert failing(there).keys() == set(CHECKS)
    assert failing(there)["books_usable"].startswith(f"1 {UNUSABLE} order books")
    assert "shard t1: killed" in failing(there)["no_portfolio_failed"]


def test_a_run_on_the_next_capture_begins_anew(there: Sharded) -> None:
    tell_all(there, a_fault("t1"))
    there.platform.capture(a_listing(*favourites(1), hours=1))
    there.platform.run(["ben"])
    assert failing(there) == {}


def test_what_is_told_late_of_an_older_capture_does_not_hide_the_newer_one(there: Sharded) -> None:
    there.platform.capture(a_listing(*favourites(1), hours=1))
    tell_all(there, a_fault("t2", 2))
    there.platform.run(["ben"], config={"capture_id": 1})
    assert failing(there).keys() == set(CHECKS)


def test_who_tells_waits_for_who_is_telling_and_knows_what_that_one_told(there: Sharded) -> None:
    run = there.instance.create_run_for_job(there.definitions.resolve_job_def("momentum"))
    other = threading.Thread(daemon=True, target=there.platform.run, args=(["ben"],))
    with told_before(there.instance, there.platform.database, TRADES):
        other.start()
        wait_for("the other to wait", lambda: waiting(there) == 1)
        for result in a_fault("t1").results(TRADES, {}):
            tell(there.instance, run, result)
    other.join()
    assert failing(there).keys() == set(CHECKS)


def test_a_run_has_told_all_once_the_next_one_may_tell(there: Sharded) -> None:
    """Dagster keeps a result that is yielded before the step goes on."""
    ran: list[Any] = []
    other = threading.Thread(daemon=True, target=lambda: ran.append(there.platform.run(["ben"]).run_id))
    found: list[Sequence[str]] = []

    def look() -> None:
        with checks_locked(there.platform.database, "momentum"):
            found.append([newest(there, name) for name in CHECKS])

    third = threading.Thread(daemon=True, target=look)
    with checks_locked(there.platform.database, "momentum"):
        other.start()
        wait_for("the run to wait", lambda: waiting(there) == 1)
        third.start()
        wait_for("the third to wait behind it", lambda: waiting(there) == 2)
    third.join()
    other.join()
    assert found == [[ran[0]] * 3]


def newest(there: Sharded, check: str) -> str:
    key = dg.AssetCheckKey(TRADES, check)
    (record,) = there.instance.event_log_storage.get_asset_check_execution_history(
        key, limit=1, status=checks_told.TOLD
    )
    return record.run_id


def waiting(there: Sharded) -> int:
    from sqlalchemy import text

    query = text("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")
    with there.platform.database.begin() as connection:
        return int(connection.scalar(query) or 0)


names = st.sampled_from("abcd")
knowns = st.builds(
    Findings,
    capture_id=st.integers(1, 3),
    balances=st.dictionaries(names, st.sampled_from([(), ("cash",)])),
    unseen=st.dictionaries(names, st.just("killed")),
    missing=st.lists(names.map(lambda name: {"token_id": name, "reason": UNUSABLE}), max_size=3, unique_by=str),
).map(lambda each: replace(each, books={UNUSABLE: len(each.missing)}))


@given(st.lists(knowns, min_size=1, max_size=5))
def test_of_the_newest_capture_everything_that_anybody_found_is_shown(told: list[Findings]) -> None:
    known = told[0]
    for each in told[1:]:
        known = each.with_told(known)
    of_newest = [each for each in told if each.capture_id == max(each.capture_id for each in told)]
    assert known.capture_id == of_newest[0].capture_id
    for each in of_newest:
        assert each.unseen.keys() <= known.unseen.keys()
        assert {row["token_id"] for row in each.missing} <= {row["token_id"] for row in known.missing}
    assert known.books.get(UNUSABLE, 0) >= len({row["token_id"] for each in of_newest for row in each.missing})
    last_word = {slug: found for each in told for slug, found in each.balances.items()}
    assert known.balances == last_word
