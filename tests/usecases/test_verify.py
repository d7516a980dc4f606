"""Verification: what live portfolios did is what their rules say, and where it is not, it is told."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from benchmarks import long_run
from prescient_dagster.catalog import load_strategy
from prescient_dagster.domain.books.answers import answers
from prescient_dagster.domain.books.ledger import Trade, TradeKind
from prescient_dagster.domain.market.markets import Listing
from prescient_dagster.domain.past.drift import Differing
from prescient_dagster.domain.strategy.strategies import Strategy
from prescient_dagster.store.books import halts, portfolios
from prescient_dagster.store.books.cycles import Stage
from prescient_dagster.store.database import Database
from prescient_dagster.store.market import captures, resolutions
from prescient_dagster.usecases import settle
from prescient_dagster.usecases.trade import CycleRunner
from prescient_dagster.usecases.trade_plans import Order
from prescient_dagster.usecases.verify import Drift, verify
from tests.assets.replays import CAPTURES, World, created
from tests.assets.worlds import a_listing, favourites


@pytest.fixture
def world(lived_world: World) -> World:
    return lived_world


def verified(world: World, slug: str, strategy: Strategy[Any] | None = None) -> Drift:
    return verify(world.database, world.folder, slug, strategy=strategy)


def change(database: Database, statement: str) -> None:
    """Change the books as nobody may."""
    with database.begin() as connection:
        connection.execute(text("ALTER TABLE prescient.trades DISABLE TRIGGER append_only"))
        connection.execute(text(statement))
        connection.execute(text("ALTER TABLE prescient.trades ENABLE ALWAYS TRIGGER append_only"))


def shunning(strategy: Strategy[Any], market_id: str) -> Strategy[Any]:
    """The strategy with one rule more: it never enters this market."""

    def decide(view: Any, config: Any) -> list[Any]:
        return [wish for wish in strategy.decide(view, config) if wish.market_id != market_id]

    return replace(strategy, decide=decide)


def a_purchase(world: World, slug: str) -> Trade:
    """The third market that a portfolio bought."""
    bought = [each.trade for each in world.lived(slug).trades if each.trade.kind is TradeKind.BUY]
    return list({trade.market_id: trade for trade in reversed(bought)}.values())[-3]


def test_portfolios_of_every_strategy_have_no_drift(world: World) -> None:
    found = {slug: verified(world, slug) for slug in world.everybody}
    assert {slug: each.differences for slug, each in found.items() if not each.is_none} == {}
    assert {each.cycles for each in found.values()} == {CAPTURES}
    assert {each.older_code for each in found.values()} == {CAPTURES}  # these cycles note no code version
    assert sum(each.trades for each in found.values()) > 100


def test_a_changed_rule_is_drift_and_the_first_trade_that_differs_is_named(world: World) -> None:
    third = a_purchase(world, "momentum-plain")
    first = verified(world, "momentum-plain", shunning(load_strategy("momentum"), third.market_id)).first
    assert first is not None
    assert (first.kind, first.captured_at) == (Differing.TRADE, third.timestamp)
    assert first.name == f"buy {third.market_id} {third.side}"
    assert first.lived is not None
    assert first.lived["shares"] == third.shares
    assert first.replayed is None


def test_a_verification_changes_nothing(world: World) -> None:
    before = world.lived("hybrid-plain")
    verified(world, "hybrid-plain")
    assert world.lived("hybrid-plain") == before


@pytest.fixture
def copy(lived_world: World, tmp_path: Path) -> Iterator[World]:
    """A world of one's own, to be changed."""
    with lived_world.copy(tmp_path / "captures") as world:
        yield world


def test_a_trade_that_was_changed_is_named_with_what_differs(copy: World) -> None:
    trades = copy.lived("momentum-quick").trades
    change(copy.database, f"UPDATE prescient.trades SET fee = fee + 1 WHERE {of('momentum-quick')}")
    found = verified(copy, "momentum-quick")
    first = found.first
    assert first is not None
    assert (first.kind, first.names, first.captured_at) == (Differing.TRADE, ("fee",), trades[0].trade.timestamp)
    assert first.lived["fee"] == first.replayed["fee"] + 1
    assert found.count == len(trades) + len({each.captured_at for each in found.differences if each.kind != "trade"})


def test_a_trade_that_is_missing_is_named(copy: World) -> None:
    first_trade = f"(SELECT min(trade_id) FROM prescient.trades WHERE {of('momentum-quick')})"
    change(copy.database, f"DELETE FROM prescient.trades WHERE trade_id = {first_trade}")
    first = verified(copy, "momentum-quick").first
    assert first is not None
    assert (first.kind, first.lived) == (Differing.TRADE, None)


def test_a_snapshot_that_is_missing_is_drift(copy: World) -> None:
    change(copy.database, f"DELETE FROM prescient.snapshots WHERE {of('scalping-plain')} AND capture_id = 3")
    found = verified(copy, "scalping-plain")
    assert [(each.kind, each.capture_id, each.lived) for each in found.differences] == [(Differing.SNAPSHOT, 3, None)]


def test_settings_that_are_not_valid_any_more_are_drift_of_their_own(copy: World) -> None:
    other = """SELECT DISTINCT 'other', config || '{"no_such_setting": 1}' FROM prescient.configs"""
    mine = f"SELECT config_sha256 FROM prescient.cycles WHERE {of('momentum-plain')}"
    change(copy.database, f"INSERT INTO prescient.configs {other} WHERE config_sha256 IN ({mine})")
    change(copy.database, f"UPDATE prescient.cycles SET config_sha256 = 'other' WHERE {of('momentum-plain')}")
    found = verified(copy, "momentum-plain")
    assert {each.kind for each in found.differences} == {Differing.CONFIG}
    assert found.count == CAPTURES
    assert "unknown setting" in found.differences[0].names[0]


def test_a_capture_that_is_gone_is_told_and_costs_only_itself(copy: World) -> None:
    at = {each.trade.timestamp for each in copy.lived("scalping-quick").trades}
    with copy.database.begin() as connection:
        rows = connection.execute(text("SELECT capture_id, captured_at, path FROM prescient.captures")).all()
    gone = [row for row in rows if row.captured_at in at][:2]
    (copy.folder / f"{gone[0].path}.markets.parquet").unlink()
    change(copy.database, f"UPDATE prescient.captures SET pruned_at = now() WHERE capture_id = {gone[1].capture_id}")

    found = verified(copy, "scalping-quick")

    assert found.differences == []
    assert [gap.capture_id for gap in found.told.missing] == [row.capture_id for row in gone]
    assert found.cycles == CAPTURES - 2
    assert found.trades == len(copy.lived("scalping-quick").trades)
    assert any(note.startswith("cannot be verified: 1 capture was missing") for note in found.notes())


def of(slug: str) -> str:
    return f"portfolio_id = (SELECT portfolio_id FROM prescient.portfolios WHERE slug = '{slug}')"


def test_a_life_with_pauses_dry_runs_late_cycles_and_a_close_has_no_drift(
    database: Database, captures_folder: Path
) -> None:
    clock = long_run.Clock(datetime.now(UTC))
    venue = long_run.venue_of(database, clock)
    world = World(database, captures_folder, created(database, ("quick",)))
    everybody = world.everybody

    def next_capture() -> int:
        clock.an_hour_later()
        return world.take_capture(venue)

    world.live(3, venue, clock)
    for slug in everybody:
        portfolios.pause(database, slug)
    world.live(2, venue, clock)
    for slug in everybody:
        halts.resume(database, slug)
    next_capture()
    world.trade(venue, stages=frozenset({Stage.SIGNALS}))
    world.trade(venue, stages=frozenset({Stage.TRADES}))
    next_capture()
    world.trade(venue, stages=frozenset({Stage.SIGNALS}))
    late = next_capture()
    newest = next_capture()
    world.trade(venue, capture_id=late)
    world.trade(venue, capture_id=newest)
    for slug in everybody:
        portfolios.close(database, slug)
    world.live(4, venue, clock)

    found = {slug: verified(world, slug) for slug in everybody}
    assert {slug: each.differences for slug, each in found.items() if not each.is_none} == {}
    assert sum(each.trades for each in found.values()) > 20


def test_what_a_late_cycle_bought_is_settled_a_capture_later_and_that_is_no_drift(
    database: Database, captures_folder: Path
) -> None:
    """A capture is settled once. What is bought on an older one after that is paid at the next."""
    world = World(database, captures_folder, {"momentum": ["early", "late"]})
    for slug in world.everybody:
        config = {"fill_model": "touch"}
        portfolios.create(database, portfolios.NewPortfolio(slug, "momentum", Decimal(1_000), strategy_config=config))
    first = stored(world, a_listing(*favourites(2)))
    cycle(world, "early", first)
    closed = {"closed": True, "tradable": False, "resolution_status": "resolved", "yes_price": 1.0, "no_price": 0.0}
    stored(world, a_listing({**favourites(1)[0], **closed}, *favourites(2)[1:], hours=1))
    cycle(world, "late", first)
    stored(world, a_listing({**favourites(1)[0], **closed}, *favourites(2)[1:], hours=2))

    settled = {slug: world.lived(slug).trades[-1].trade for slug in world.everybody}
    assert {slug: trade.source_ref for slug, trade in settled.items()} == dict.fromkeys(
        world.everybody, "settle:500:yes:1"
    )
    assert settled["early"].timestamp < settled["late"].timestamp
    for slug in world.everybody:
        assert verified(world, slug).differences == []


def stored(world: World, listing: Listing) -> int:
    """A capture with its settlements, where the venue says what the listing does."""
    record = captures.save(world.database, world.folder, listing)
    taken = captures.load(world.database, world.folder, record.capture_id)
    told = {name: answer for name, answer in answers(listing.markets, taken).items() if answer.verdict.is_final}
    resolutions.observe(world.database, record, told, {})
    list(settle.settle(world.database, record))
    return captures.mark_ready(world.database, record.capture_id).capture_id


def cycle(world: World, slug: str, capture_id: int, strategy_type: str = "momentum") -> None:
    runner = CycleRunner(load_strategy(strategy_type), world.database, world.folder, lambda *_, **__: {})
    (result,) = runner.carry_out(Order([slug], capture_id=capture_id))
    assert result.status == "ok"


@pytest.mark.parametrize(("strategy_type", "of_member"), [("momentum", {}), ("hybrid", {"configs": {"momentum": {}}})])
def test_a_cycle_of_before_markets_in_dispute_were_left_out_has_no_drift(
    strategy_type: str, of_member: dict[str, Any], database: Database, captures_folder: Path
) -> None:
    world = World(database, captures_folder, {strategy_type: ["old"]})
    config = {"fill_model": "touch", "exclude_unsettled": False, **of_member}
    portfolios.create(database, portfolios.NewPortfolio("old", strategy_type, Decimal(1_000), strategy_config=config))
    disputed, open_one = favourites(2)
    cycle(
        world, "old", stored(world, a_listing({**disputed, "resolution_status": "disputed"}, open_one)), strategy_type
    )
    change(database, "UPDATE prescient.configs SET config = config - 'exclude_unsettled' - 'tags_include'")

    assert {each.trade.market_id for each in world.lived("old").trades} == {"500", "501"}
    assert verified(world, "old").differences == []
