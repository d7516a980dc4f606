"""Whatever is wrong with the order books, nothing fills without evidence and nobody pays for what others need."""

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from prescient_dagster.catalog import load_strategy
from prescient_dagster.domain.cycle.players import Player
from prescient_dagster.domain.strategy.configs import validated
from prescient_dagster.store.books import portfolios
from prescient_dagster.store.books.cycles import Stage
from prescient_dagster.store.books.reconciliation import reconcile
from prescient_dagster.store.database import connect
from prescient_dagster.store.market.capture_sources import StoredCaptures
from prescient_dagster.store.past import replays
from prescient_dagster.usecases.replay import Entrant, replayed
from prescient_dagster.usecases.verify import verify
from prescient_dagster.venue.polymarket import book_requests
from tests.assets.book_faults import AFFECTED, FAULTS, PORTFOLIOS, Fault, Faulty, after, before, lived_through
from tests.conftest import cloned
from tests.venue.wire_server import wire_server


@pytest.fixture(scope="module", params=FAULTS, ids=lambda fault: fault.name)
def fault(request: pytest.FixtureRequest) -> Fault:
    found: Fault = request.param
    return found


@pytest.fixture(scope="module")
def world(fault: Fault, template_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Faulty]:
    with pytest.MonkeyPatch.context() as patch, cloned(template_url) as url, wire_server() as wire:
        patch.setattr(book_requests, "PATIENCE_SECONDS", 0.5 if fault.name == "timeouts" else 30.0)
        patch.setattr(book_requests, "SECONDS_PER_REQUEST", 0.1)
        database = connect(url)
        yield lived_through(fault, database, tmp_path_factory.mktemp("captures"), wire)
        database.close()


def ends(world: Faulty, slug: str) -> dict[str, str]:
    """What became of each signal of a portfolio: why it was refused, or that it was traded."""
    outcomes = world.results[slug].outcomes
    return {each.signal.market_id: str(each.reject_reason or each.status) for each in outcomes}


def query(world: Faulty, statement: str, **values: Any) -> list[Any]:
    with world.database.begin() as connection:
        return list(connection.execute(text(statement), values).all())


def test_snapshot_everybody_is_ok_and_valued(world: Faulty) -> None:
    assert {slug: (result.status, result.error) for slug, result in world.results.items()} == dict.fromkeys(
        PORTFOLIOS, ("ok", None)
    )
    valued = {slug for slug, result in world.results.items() if result.snapshot is not None}
    assert valued == set(PORTFOLIOS) - {"dry"}
    assert not any(reconcile(world.database, list(PORTFOLIOS)).values())


def test_entry_is_refused_for_the_fault(world: Faulty, fault: Fault) -> None:
    assert ends(world, "entry") == {"entry": fault.reason}


def test_exit_sells_nothing_without_a_bid(world: Faulty, fault: Fault) -> None:
    """A stop is refused where the listing says that somebody bids; where nobody does there is nothing to sell to."""
    assert ends(world, "exit") == ({"exit": fault.reason} if fault.bid else {})
    (position,) = world.results["exit"].positions
    assert position.market_id == "exit"


def test_bundle_is_bought_and_sold_whole_or_not_at_all(world: Faulty, fault: Fault) -> None:
    others = fault.reason if fault.whole else "bundle_incomplete"
    assert ends(world, "bundle") == {"leg1": fault.reason, "leg2": others, "leg3": others}
    sold = {"sold1": fault.reason, "sold2": others, "sold3": others}
    assert ends(world, "leaving") == (sold if fault.bid else {})
    assert len(world.results["leaving"].positions) == 3


def test_mark_is_the_listings_bid_where_the_book_tells_nothing_and_no_bid_where_there_is_none(
    world: Faulty, fault: Fault
) -> None:
    (position,) = world.results["mark"].positions
    expected = ("0.7", "bid") if fault.bid else ("0.71", "no_bid")
    assert (position.mark, position.mark_source) == (Decimal(expected[0]), expected[1])


def test_a_dry_run_needs_no_book_and_its_signals_are_refused_when_they_are_traded(world: Faulty, fault: Fault) -> None:
    assert ends(world, "dry") == {"entry": "pending"}
    world.trade("dry", stages=frozenset({Stage.TRADES, Stage.SNAPSHOTS}))
    assert ends(world, "dry") == {"entry": fault.reason}


def test_who_needs_no_book_or_a_good_one_trades(world: Faulty, fault: Fault) -> None:
    assert ends(world, "touch") == {"entry": "executed"}
    assert ends(world, "idle") == {}
    assert ends(world, "well") == {"well": fault.reason if fault.whole else "executed"}


def test_no_fill_is_without_evidence(world: Faulty) -> None:
    filled = query(
        world,
        """SELECT t.market_id, t.side, t.synthetic, b.state FROM prescient.trades t
        LEFT JOIN prescient.order_books b ON b.capture_id = t.capture_id
            AND b.token_id = t.market_id || CASE t.side WHEN 'yes' THEN '1' ELSE '2' END
        WHERE t.details ->> 'fill_model' = 'book'""",
    )
    assert {(row.synthetic, row.state) for row in filled} == {(False, "readable")}
    last = query(
        world, "SELECT market_id FROM prescient.trades WHERE details ->> 'fill_model' = 'book' AND capture_id = 2"
    )
    assert {row.market_id for row in last}.isdisjoint(AFFECTED)


def test_replay_comes_out_as_it_was_lived(world: Faulty) -> None:
    for slug in PORTFOLIOS:
        found = verify(world.database, world.folder, slug)
        assert (slug, found.differences) == (slug, [])
        assert found.cycles == (1 if slug == "bundle" else 2)


def test_replay_of_others_fills_nothing_without_evidence_either(world: Faulty) -> None:
    for slug in ("entry", "exit", "bundle"):
        strategy, config = PORTFOLIOS[slug]
        model = load_strategy(strategy)
        player = Player(model, validated(model.config, dict(config)), Decimal(5_000))
        source = StoredCaptures(world.database, world.folder)
        (number,) = replayed(world.database, source, [Entrant(player)])
        (history,) = replays.load_histories(world.database, [number]).portfolios
        assert [each for each in history.trades if each.trade.timestamp > history.trades[0].trade.timestamp] == []


def test_what_was_wrong_is_kept_as_evidence(world: Faulty, fault: Fault) -> None:
    kept = query(
        world, "SELECT state, why, evidence FROM prescient.order_books WHERE capture_id = 2 AND token_id = 'entry1'"
    )
    failed = query(world, "SELECT why FROM prescient.unavailable_books WHERE capture_id = 2 AND token_id = 'entry1'")
    assert bool(failed) is fault.whole
    states = {"no_book": "none", "book_unusable": "unusable", "no_liquidity": "readable"}
    assert [row.state for row in kept] == ([] if fault.whole else [states[fault.reason]])
    if fault.reason == "book_unusable":
        assert '"asset_id": "entry1"' in kept[0].evidence


def test_who_comes_once_the_venue_is_back_trades_and_who_came_before_stays_refused(
    template_url: str, tmp_path: Path
) -> None:
    down = next(fault for fault in FAULTS if fault.name == "500")
    with cloned(template_url) as url, wire_server() as wire:
        database = connect(url)
        world = lived_through(down, database, tmp_path, wire)
        wire.instead = lambda _: None
        wire.lists(*after())
        new = portfolios.NewPortfolio("late", "momentum", Decimal(10_000), strategy_config=PORTFOLIOS["entry"][1])
        portfolios.create(database, new)
        world.trade("late", "dry", stages=frozenset({Stage.SIGNALS}))
        world.trade("late", "dry", stages=frozenset({Stage.TRADES, Stage.SNAPSHOTS}))
        assert (ends(world, "late"), ends(world, "dry")) == ({"entry": "executed"}, {"entry": "executed"})
        for slug in ("late", "dry", "entry", "exit"):
            assert verify(database, tmp_path, slug).is_none
        database.close()


def test_a_live_venue_is_not_asked_for_the_books_of_an_older_capture(template_url: str, tmp_path: Path) -> None:
    with cloned(template_url) as url, wire_server() as wire:
        database = connect(url)
        world = Faulty(database, tmp_path, wire)
        strategy, config = PORTFOLIOS["exit"]
        portfolios.create(database, portfolios.NewPortfolio("exit", strategy, Decimal(100), strategy_config=config))
        wire.lists(*before())
        first = world.take().record.capture_id
        world.take()
        (outcome,) = world.trade("exit", capture_id=first)["exit"].outcomes
        assert outcome.trade is not None
        assert (outcome.trade.synthetic, wire.asked) == (True, [])
        database.close()
