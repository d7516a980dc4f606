"""What a report tells of replays, read from a real database."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, insert

from prescient_dagster.domain.books.exit_rules import ExitRule
from prescient_dagster.domain.errors import NotFound
from prescient_dagster.domain.figures.position_histories import Remark
from prescient_dagster.domain.figures.reports import ReportPortfolio, chapter, report
from prescient_dagster.domain.strategy.signals import RejectReason, SignalStatus
from prescient_dagster.store import tables
from prescient_dagster.store.database import Database
from prescient_dagster.store.figures.reports import load_remarks, load_report
from prescient_dagster.store.past.replays import labelled
from tests.builders import D
from tests.store.histories import PURCHASE, WISH, Books
from tests.store.listings import NOON

REPLAY: dict[str, Any] = {
    "strategy_type": "mean_reversion",
    "config": {"trade_amount": 50},
    "config_sha256": "",
    "code_version": "",
    "source": "captures",
    "initial_balance": 1_000,
    "captures_read": 9,
    "captures_missing": 2,
    "first_captured_at": NOON,
    "last_captured_at": NOON + timedelta(hours=9),
    "notes": ["2 captures were missing"],
}
SIGNAL = {**WISH, "target_price": D("0.79")}


def put(database: Database, table: Any, **values: Any) -> None:
    with database.begin() as connection:
        connection.execute(insert(table).values(values))


def played(database: Database, **values: Any) -> int:
    """A replay that bought 125 shares for 100 USD, and sees the market end as `endings` tells."""
    with database.begin() as connection:
        number: int = connection.execute(insert(tables.replays).values(REPLAY | values)).inserted_primary_key[0]
    at = {"replay_id": number, "timestamp": NOON}
    put(database, tables.replay_signals, **at, **SIGNAL, number=1, market_id="7", event_end_date=NOON)
    fill = {**PURCHASE, "market_id": "7", "source_ref": "signal:1", "details": {"touch": "0.81", "exit": "stop_loss"}}
    put(database, tables.replay_trades, **at, **fill, number=1, signal_number=1, tags="")
    return number


def only(database: Database, number: int) -> ReportPortfolio:
    (found,) = load_report(database, replay_ids=[number]).portfolios
    return found


def test_a_replay_says_what_it_is_and_on_what_it_was_played(database: Database) -> None:
    found = only(database, number := played(database, name="an idea", portfolio="bold"))
    assert (found.name, found.status) == (f"Replay {number} of mean reversion: an idea", "")
    assert (found.settings, found.funnel) == ({"trade_amount": 50}, None)
    assert found.played is not None
    assert (found.played.source, found.played.settings_of) == ("", "bold")
    assert (found.played.captures, found.played.missing, found.played.duplicated) == (9, 2, 0)
    assert (found.played.first, found.played.last) == (NOON, NOON + timedelta(hours=9))
    assert found.played.notes == ["2 captures were missing"]


def test_its_signals_are_counted_by_how_they_ended(database: Database) -> None:
    number = played(database)
    played(database)
    refused = {**SIGNAL, "status": "rejected", "reject_reason": "slippage", "market_id": "8"}
    for rank in (2, 3):
        put(database, tables.replay_signals, replay_id=number, timestamp=NOON, **refused, number=rank)
    tally = only(database, number).signals
    assert tally.statuses == {SignalStatus.REJECTED: 2, SignalStatus.EXECUTED: 1}
    assert tally.refusals == {RejectReason.SLIPPAGE: 2}


def test_the_end_is_told_of_what_is_held_at_the_end_as_its_newest_signal_knew_it(database: Database) -> None:
    number = played(database)
    at = {"replay_id": number, "timestamp": NOON}
    assert only(database, number).end_dates == {"7": NOON}
    later = NOON + timedelta(days=3)
    for rank, market_id in ((2, "7"), (3, "8")):
        put(database, tables.replay_signals, **at, **SIGNAL, number=rank, market_id=market_id, event_end_date=later)
    assert only(database, number).end_dates == {"7": later}
    paid = {
        **PURCHASE,
        "kind": "settlement",
        "shares": D(-125),
        "cost_delta": D(-100),
        "market_id": "7",
        "source_ref": "settle:7",
    }
    put(database, tables.replay_trades, **at, **paid, number=2, tags="")
    assert only(database, number).end_dates == {}


def test_each_knows_only_the_endings_that_it_saw(database: Database) -> None:
    knows, knows_not = played(database, endings={"7": "yes"}), played(database)
    found = load_report(database, replay_ids=[knows, knows_not]).portfolios
    entries = [chapter(each).contender.performance.calibration.entries for each in found]
    assert entries == [1, 0]


def test_its_fills_have_their_remarks_beside_those_of_portfolios(database: Database, tmp_path: Path) -> None:
    books, number = Books(database, tmp_path), played(database)
    books.buy(books.portfolio(), 0)
    remark = Remark("strong", D("0.3"), D("0.81"), ExitRule.STOP_LOSS)
    wanted = {f"replay:{number}": ["signal:1", "settle:7"], "bold": ["signal:1"], "replay:999": ["signal:1"]}
    found = load_remarks(database, wanted)
    assert found[f"replay:{number}"] == {"signal:1": remark}
    assert found["bold"] == {"signal:1": Remark("strong", D("0.3"), None, None)}
    assert found.keys() == {f"replay:{number}", "bold"}


def test_portfolios_and_replays_stand_side_by_side_and_only_portfolios_are_pooled(
    database: Database, tmp_path: Path
) -> None:
    books, number = Books(database, tmp_path), played(database, strategy_type="momentum")
    for slug in ("bold", "shy"):
        books.portfolio(slug)
    found = load_report(database, ["bold"], [number, number]).portfolios
    assert [each.history.slug for each in found] == ["bold", f"replay:{number}"]
    sheet = report([chapter(each) for each in found], {})
    assert [(each.contender.name, each.contender.portfolios) for each in sheet.strategies] == [("all momentum", 1)]
    assert sheet.replays == 1
    assert [each.history.slug for each in load_report(database).portfolios] == ["bold", "shy"]


@pytest.mark.parametrize(("source", "venue"), [("captures", "simulated"), ("/recordings", "")])
def test_the_venue_is_told_where_its_captures_are_from_there(database: Database, source: str, venue: str) -> None:
    put(database, tables.world, venue="simulated", started_at=NOON, parameters={})
    assert load_report(database, replay_ids=[played(database, source=source)]).venue == venue


def test_an_unknown_replay_is_not_found(database: Database) -> None:
    with pytest.raises(NotFound, match="no replay 9"):
        load_report(database, replay_ids=[played(database), 9])


def test_ten_replays_need_no_more_queries_than_one(database: Database) -> None:
    def queries(*numbers: int) -> int:
        asked: list[str] = []
        listener = ("before_cursor_execute", lambda *arguments: asked.append(arguments[2]))
        event.listen(database.engine, *listener)
        found = load_report(database, replay_ids=numbers)
        load_remarks(database, {each.history.slug: ["signal:1"] for each in found.portfolios})
        event.remove(database.engine, *listener)
        return len(asked)

    few = queries(played(database))
    assert queries(*(played(database) for _ in range(10))) == few


@pytest.mark.parametrize(
    ("name", "number"), [("replay:12", 12), ("replay:", None), ("12", None), ("replay:1x", None), ("replay:٣", None)]
)
def test_a_replay_is_known_by_its_name(name: str, number: int | None) -> None:
    assert labelled(name) == number
