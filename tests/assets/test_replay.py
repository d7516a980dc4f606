"""Replays: what a portfolio would have done is what it did, and nothing is known before its time."""

import random
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from prescient_dagster.domain.errors import Conflict, NotFound
from prescient_dagster.domain.figures.comparison import comparison
from prescient_dagster.domain.figures.performance import History, performance, track_record
from prescient_dagster.store.database import Database
from prescient_dagster.store.figures.comparison import load_courses
from prescient_dagster.store.market import captures
from prescient_dagster.store.market.capture_sources import StoredCaptures
from prescient_dagster.store.past import replays
from prescient_dagster.usecases.folder_captures import FolderCaptures
from prescient_dagster.usecases.replay import Entrant, replayed
from tests.assets.replays import CAPTURES, World, entrant
from tests.assets.worlds import a_listing, favourites
from tests.builders import D

EVERYWHERE = True

SEEDS = (1, 2, 3)


@pytest.fixture
def world(lived_world: World) -> World:
    return lived_world


def booked(history: History) -> list[tuple[Any, Any]]:
    """The trades with what the market was like; fills are named after signals, whose numbers are others."""
    return [
        (replace(each.trade, details={}, **({"source_ref": None} if each.mid is not None else {})), each.mid)
        for each in history.trades
    ]


def times(world: World) -> list[datetime]:
    with world.database.begin() as connection:
        return list(connection.scalars(text("SELECT captured_at FROM prescient.captures ORDER BY 1")))


def count(database: Database, table: str) -> int:
    with database.begin() as connection:
        return int(connection.scalar(text(f"SELECT count(*) FROM prescient.{table}")) or 0)


def test_a_replay_of_every_strategy_gives_the_trades_and_values_of_the_live_portfolio(world: World) -> None:
    for slug, replay_id in zip(world.everybody, world.replay(*world.everybody), strict=True):
        lived, again = world.lived(slug), world.replayed(replay_id)
        assert booked(again) == booked(lived), slug
        days = {snapshot.timestamp.date(): snapshot for snapshot in again.snapshots}
        assert list(days.values()) == list(lived.snapshots), slug
    kinds = {trade.trade.kind for slug in world.everybody for trade in world.lived(slug).trades}
    assert {"buy", "sell", "settlement"} <= kinds


def test_a_replay_beside_its_live_portfolio_differs_in_nothing(world: World) -> None:
    for slug, replay_id in zip(world.everybody, world.replay(*world.everybody), strict=True):
        lived, again = load_courses(world.database, [slug, replays.label(replay_id)]).portfolios
        assert again.profits() == lived.profits(), slug
        assert again.profit == lived.profit
        assert (lived.profit != 0) == (lived.strategy_type != "forecasts"), slug  # nobody forecasts here
        found = comparison(again, lived)
        assert (found.difference, list(found.markets), found.days_ahead, found.days_behind) == (0, [], 0, 0)


def test_replays_are_compared_from_where_both_have_begun(world: World) -> None:
    """What the longer one held before stands at its marks of that time, and its profit still adds up."""
    since = times(world)[CAPTURES // 2]
    (whole,), (part,) = world.replay("momentum-quick"), world.replay("momentum-quick", since=since)
    found = load_courses(world.database, [replays.label(whole), replays.label(part)])
    long, short = found.portfolios
    assert (found.window.first, found.window.captures) == (since, CAPTURES - CAPTURES // 2)
    assert long.value_before
    assert not short.value_before
    equity = {replay_id: world.replayed(replay_id).snapshots for replay_id in (whole, part)}
    before = [each.equity for each in equity[whole] if each.timestamp < since][-1]
    assert (long.equity_before, long.profit) == (before, equity[whole][-1].equity - before)
    assert (short.equity_before, short.profit) == (10_000, equity[part][-1].equity - 10_000)


def test_a_replay_whose_marks_were_never_kept_is_refused(world: World) -> None:
    one, other = world.replay("momentum-plain", "momentum-quick")
    with world.database.begin() as connection:
        forget = text("UPDATE prescient.replay_snapshots SET marks = NULL WHERE replay_id = :one")
        connection.execute(forget, {"one": one})
    with pytest.raises(Conflict, match=f"replay:{one} was played before the marks .* play it again"):
        load_courses(world.database, [replays.label(one), replays.label(other)])


@pytest.mark.parametrize("seed", SEEDS)
def test_what_comes_later_does_not_change_what_came_before(world: World, seed: int) -> None:
    cut = random.Random(seed).choice(times(world)[1:-1])
    slugs = [group[seed % len(group)] for group in world.slugs.values()]
    for whole, part in zip(world.replay(*slugs), world.replay(*slugs, until=cut), strict=True):
        long, short = world.replayed(whole), world.replayed(part)
        assert short.trades == [each for each in long.trades if each.trade.timestamp <= cut]
        assert short.snapshots == [each for each in long.snapshots if each.timestamp <= cut]
        assert wishes(world, part) == [wish for wish in wishes(world, whole) if wish[0] <= cut]


@pytest.mark.parametrize("count", [1, 2])
def test_nor_does_it_in_a_folder(database: Database, shared_data: Path, tmp_path: Path, count: int) -> None:
    """A file of the future changes nothing of what was done before it, wherever it lies and whatever it is called."""
    for path in sorted((shared_data / "events").glob("*.json"))[:count]:
        (tmp_path / path.name).write_bytes(path.read_bytes())
    player = entrant("momentum", fill_model="touch")
    (whole,) = replayed(database, FolderCaptures(shared_data / "events"), [player])
    (part,) = replayed(database, FolderCaptures(tmp_path), [player])
    long, short = (replays.load_histories(database, [each]).portfolios[0] for each in (whole, part))
    assert list(short.snapshots) == list(long.snapshots)[:count]
    assert list(short.trades) == [each for each in long.trades if each.trade.timestamp <= short.snapshots[-1].timestamp]


def wishes(world: World, replay_id: int) -> list[tuple[Any, ...]]:
    """The signals of a replay and what became of them."""
    query = text(
        "SELECT timestamp, rank, market_id, action, target_price, amount, confidence, status, reject_reason "
        "FROM prescient.replay_signals WHERE replay_id = :replay_id ORDER BY number"
    )
    with world.database.begin() as connection:
        return [tuple(row) for row in connection.execute(query, {"replay_id": replay_id})]


def test_alone_or_with_others_a_player_does_the_same_and_again_the_same(world: World) -> None:
    slugs = [group[0] for group in world.slugs.values()]
    together = world.replay(*slugs)
    for slug, replay_id in zip(slugs, together, strict=True):
        (alone,) = world.replay(slug)
        one, other = world.replayed(alone), world.replayed(replay_id)
        assert (one.trades, one.snapshots) == (other.trades, other.snapshots)


def test_a_replay_touches_nothing_live(world: World) -> None:
    tables = ("portfolios", "cycles", "signals", "trades", "positions", "snapshots", "order_books", "resolutions")
    before = {table: count(world.database, table) for table in tables}
    world.replay("scalping-plain")
    assert {table: count(world.database, table) for table in tables} == before


def test_a_removed_replay_leaves_nothing_and_others_stay(world: World) -> None:
    one, other = world.replay("momentum-plain", "momentum-wide")
    replays.remove(world.database, one)
    with pytest.raises(NotFound, match=f"there is no replay {one}"):
        replays.get(world.database, one)
    assert world.replayed(other).trades
    for table in ("replay_trades", "replay_signals", "replay_snapshots"):
        with world.database.begin() as connection:
            assert connection.scalar(text(f"SELECT count(*) FROM prescient.{table} WHERE replay_id = {one}")) == 0


def test_a_strategy_that_fails_is_told_with_the_capture_and_leaves_nothing(world: World) -> None:
    before = count(world.database, "replays")
    player = world.entrant("momentum-plain").player

    def decide(view: Any, config: Any) -> Any:
        raise ZeroDivisionError("nothing to divide by")

    broken = Entrant(replace(player, strategy=replace(player.strategy, decide=decide)))
    with pytest.raises(Conflict, match=r"strategy momentum fails on the capture of .*ZeroDivisionError: nothing"):
        replayed(world.database, StoredCaptures(world.database, world.folder), [broken])
    assert count(world.database, "replays") == before


def test_captures_that_are_not_there_are_told_and_the_rest_is_played(world: World, tmp_path: Path) -> None:
    gone, damaged = times(world)[3], times(world)[5]
    for path in world.folder.rglob("*.markets.parquet"):
        copy = tmp_path / path.relative_to(world.folder)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(path.read_bytes())
    with world.database.begin() as connection:
        paths = dict(connection.execute(text("SELECT captured_at, path FROM prescient.captures")).all())
    (tmp_path / f"{paths[gone]}.markets.parquet").unlink()
    (tmp_path / f"{paths[damaged]}.markets.parquet").write_bytes(b"nothing")

    source = StoredCaptures(world.database, tmp_path)
    (replay_id,) = replayed(world.database, source, [world.entrant("momentum-plain")])

    found = replays.get(world.database, replay_id)
    assert (found.captures_read, found.captures_missing) == (CAPTURES - 2, 2)
    assert any("1 capture was missing" in note and "its file is gone" in note for note in found.notes)
    assert any("its file is damaged" in note for note in found.notes)
    valued = {snapshot.timestamp for snapshot in world.replayed(replay_id).snapshots}
    assert valued == set(times(world)) - {gone, damaged}


def test_what_a_refused_capture_at_the_end_settles_counts(database: Database, captures_folder: Path) -> None:
    won = {"closed": True, "tradable": False, "yes_price": 1.0, "no_price": 0.0, "resolution_status": "resolved"}
    first = captures.save(database, captures_folder, a_listing(*favourites(2)))
    captures.mark_ready(database, first.capture_id)
    last = captures.save(database, captures_folder, a_listing(favourites(1)[0] | won, favourites(2)[1], hours=1))
    captures.mark_refused(database, last.capture_id, "as a test wishes")

    player = entrant("momentum", fill_model="touch")
    (replay_id,) = replayed(database, StoredCaptures(database, captures_folder), [player])

    history = replays.load_histories(database, [replay_id]).portfolios[0]
    assert [each.trade.kind for each in history.trades] == ["buy", "buy", "settlement"]
    end = history.snapshots[-1]
    cash = sum(each.trade.cash_delta for each in history.trades)
    assert (end.balance, end.positions, end.trade_count) == (10_000 + cash, 1, 3)
    assert end.market_value == history.trades[1].trade.shares * D("0.79")
    assert end.realized_profit_loss + end.unrealized_profit_loss == end.equity - 10_000 == end.total_profit_loss
    assert track_record(history, {}).profit.total == end.total_profit_loss


def test_the_figures_of_a_replay_are_kept_exactly(world: World) -> None:
    (replay_id,) = world.replay("momentum-plain")
    found = replays.load_histories(world.database, [replay_id])
    counted = performance([track_record(found.portfolios[0], found.verdicts)]).figures()
    assert counted["fills"] > 0
    assert replays.get(world.database, replay_id).figures == counted


def test_nothing_to_play_on_is_told(world: World) -> None:
    with pytest.raises(NotFound, match="no capture of captures can be replayed"):
        world.replay("momentum-plain", until=datetime.fromisoformat("2001-01-01T00:00Z"))


def test_momentum_over_three_recordings_gives_the_worked_table(database: Database, shared_data: Path) -> None:
    player = entrant("momentum", fill_model="touch")
    (replay_id,) = replayed(database, FolderCaptures(shared_data / "events"), [player])
    history = replays.load_histories(database, [replay_id]).portfolios[0]
    assert [
        tuple(f"{value:f}" for value in (each.balance, each.market_value, each.equity)) for each in history.snapshots
    ] == [
        ("9900.001600", "98.793600", "9998.795200"),
        ("9900.001600", "79.516800", "9979.518400"),
        ("9500.022510", "492.825660", "9992.848170"),
    ]
    assert [(each.trade.market_id, str(each.trade.side)) for each in history.trades] == [
        ("507884", "yes"),
        *(("507868", "no"), ("514497", "no"), ("509096", "yes"), ("509095", "no")),
    ]
