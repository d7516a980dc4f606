"""Positions sold by hand: at what is bid, once, and known to everything that decides, verifies or tells afterwards."""

import random
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from datetime import UTC, datetime
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from benchmarks import long_run
from prescient_dagster.catalog import load_strategy
from prescient_dagster.domain.books.ledger import TradeKind
from prescient_dagster.domain.errors import Conflict, NotFound, PrescientError
from prescient_dagster.domain.past.drift import Difference
from prescient_dagster.store.books import cycles, portfolios
from prescient_dagster.store.books.cycles import Stage
from prescient_dagster.store.books.portfolios import NewPortfolio
from prescient_dagster.store.books.reconciliation import reconcile
from prescient_dagster.store.books.snapshots import list_snapshots
from prescient_dagster.store.database import Database
from prescient_dagster.store.market import captures
from prescient_dagster.store.past.explanation import situation
from prescient_dagster.usecases.sell import Sale, Seller
from prescient_dagster.usecases.trade import CycleRunner
from prescient_dagster.usecases.trade_plans import Order
from prescient_dagster.usecases.verify import verify
from tests.assets.replays import World, created
from tests.assets.worlds import a_listing, favourites
from tests.builders import D

BIDS = {"best_bid": 0.74, "best_ask": 0.76, "yes_price": 0.75, "no_price": 0.25}


class Home:
    """One portfolio that holds three favourites, on a venue that the test lists."""

    def __init__(self, database: Database, folder: Path) -> None:
        self.database, self.folder = database, folder
        config = {"fill_model": "touch", "max_positions": 3}
        portfolios.create(database, NewPortfolio("mine", "momentum", Decimal(1_000), strategy_config=config))
        self.capture()
        self.cycle()

    def capture(self, hours: float = 0, *markets: Any) -> int:
        listing = a_listing(*(markets or favourites(3)), hours=hours)
        record = captures.save(self.database, self.folder, listing)
        return captures.mark_ready(self.database, record.capture_id).capture_id

    def cycle(self, **order: Any) -> None:
        runner = CycleRunner(load_strategy("momentum"), self.database, self.folder, lambda: nullcontext(None))  # type: ignore[arg-type]
        (result,) = runner.carry_out(Order(["mine"], **order))
        assert result.error is None

    def sell(self, market_id: str = "500", **how: Any) -> Sale:
        return Seller(self.database, self.folder, lambda: nullcontext(None)).sell("mine", market_id, **how)  # type: ignore[arg-type]

    @property
    def held(self) -> set[str]:
        return {market_id for market_id, _ in cycles.load_standing(self.database, "mine").account.positions}

    def is_sound(self) -> bool:
        return drift(self.database, self.folder, "mine") == [] and reconcile(self.database) == {"mine": []}


def drift(database: Database, folder: Path, slug: str) -> list[Difference]:
    return verify(database, folder, slug).differences


@pytest.fixture
def home(database: Database, captures_folder: Path) -> Home:
    return Home(database, captures_folder)


def test_it_is_sold_at_the_bid_of_the_newest_capture_and_left_alone_for_a_while(home: Home) -> None:
    newest = home.capture(1, favourites(1, **BIDS)[0], *favourites(3)[1:])
    home.cycle()

    sale = home.sell()

    (trade,) = sale.trades
    assert (sale.capture_id, trade.kind, trade.price, sale.left) == (newest, TradeKind.SELL, D("0.74"), [])
    assert trade.cash_delta == -trade.shares * D("0.74")
    assert trade.source_ref == f"by_hand:500:yes:{newest}"
    assert home.held == {"501", "502"}
    home.capture(2)
    home.cycle()
    assert home.held == {"501", "502"}  # its strategy wants it, and may not have it yet
    home.capture(26)
    home.cycle()
    assert home.held == {"500", "501", "502"}
    assert home.is_sound()
    told = verify(home.database, home.folder, "mine")
    assert (told.by_hand, told.notes()[-1]) == (1, "1 sales by hand are taken as they were: no rule decides them")


def test_sold_before_its_cycle_the_place_is_free_in_it(home: Home) -> None:
    newest = home.capture(1, *favourites(4))
    home.sell()
    assert list_snapshots(home.database, 1, newest) == []
    home.cycle()
    assert home.held == {"501", "502", "503"}
    assert home.is_sound()
    assert {market_id for market_id, _ in situation(home.database, "mine", newest).account.positions} == {"501", "502"}


def test_sold_after_its_cycle_the_snapshot_knows_it(home: Home) -> None:
    newest = home.capture(1, *favourites(4))
    home.cycle()
    before = list_snapshots(home.database, 1, newest)[0]
    home.sell()
    after = list_snapshots(home.database, 1, newest)[0]
    assert (before["positions"], after["positions"]) == (3, 2)
    assert after["balance"] > before["balance"]
    found = situation(home.database, "mine", newest)
    assert {market_id for market_id, _ in found.account.positions} == {"500", "501", "502"}
    assert home.is_sound()


def test_asked_twice_at_once_it_is_sold_once(home: Home) -> None:
    home.capture(1)

    def sold(_: int) -> str:
        try:
            return str(len(home.sell().trades))
        except PrescientError as error:
            return type(error).__name__

    with ThreadPoolExecutor(4) as pool:
        ended = sorted(pool.map(sold, range(4)))
    assert ended == ["1", "NotFound", "NotFound", "NotFound"]
    assert home.is_sound()


def test_the_last_position_of_a_closing_portfolio_closes_it(home: Home) -> None:
    home.capture(1)
    portfolios.close(home.database, "mine")
    for market_id in ("500", "501", "502"):
        home.sell(market_id)
    assert portfolios.get(home.database, "mine").status == "closed"
    with pytest.raises(Conflict, match="is closed"):
        home.sell()


def test_a_paused_portfolio_can_be_sold_from_and_is_valued_anew(home: Home) -> None:
    newest = home.capture(1)
    portfolios.pause(home.database, "mine")
    home.cycle()
    home.sell()
    assert list_snapshots(home.database, 1, newest)[0]["positions"] == 2
    assert home.is_sound()


REFUSED: dict[str, tuple[dict[str, Any], type[PrescientError], str]] = {
    "nobody bids": ({"best_bid": None}, Conflict, "nobody bids"),
    "halted": ({"tradable": False, "untradable": "halted"}, Conflict, "halted or over"),
    "no fee known": ({"fee_rate": None}, Conflict, "its fee is not known"),
    "worth nothing": ({"best_bid": 0.001, "best_ask": 0.81, "tick_size": 0.001}, Conflict, "less than 1 USD"),
}


@pytest.mark.parametrize(("changes", "kind", "why"), REFUSED.values(), ids=list(REFUSED))
def test_what_cannot_be_sold_is_refused_in_a_line(
    home: Home, changes: dict[str, Any], kind: type[PrescientError], why: str
) -> None:
    home.capture(1, {**favourites(1)[0], **changes}, *favourites(3)[1:])
    with pytest.raises(kind, match=why) as caught:
        home.sell()
    assert "\n" not in str(caught.value)
    assert home.held == {"500", "501", "502"}


def test_what_is_not_listed_or_not_held_is_refused(home: Home) -> None:
    home.capture(1, *favourites(2))
    with pytest.raises(Conflict, match="not listed"):
        home.sell("502")
    with pytest.raises(NotFound, match="nothing is held in market '7'"):
        home.sell("7")


def test_on_the_signals_of_a_dry_run_nothing_is_sold(home: Home) -> None:
    home.capture(1)
    home.cycle(stages=frozenset({Stage.SIGNALS}))
    with pytest.raises(Conflict, match="dry run"):
        home.sell()


def test_a_cycle_on_an_older_capture_comes_too_late(home: Home) -> None:
    older = home.capture(1)
    home.capture(2)
    home.sell()
    home.cycle(capture_id=older)
    assert home.held == {"501", "502"}
    home.cycle()
    assert home.is_sound()


@pytest.fixture
def lives(database: Database, captures_folder: Path) -> World:
    """Every strategy through captures on which people sold by hand, before and after cycles, whatever they held."""
    clock = long_run.Clock(datetime.now(UTC))
    venue = long_run.venue_of(database, clock)
    world = World(database, captures_folder, created(database, ("quick",)))
    chance = random.Random(5)
    seller = Seller(database, captures_folder, partial(nullcontext, venue))
    for _ in range(12):
        world.take_capture(venue)
        sell_some(world, seller, chance)
        world.trade(venue)
        sell_some(world, seller, chance)
        clock.an_hour_later()
    return world


def sell_some(world: World, seller: Seller, chance: random.Random) -> None:
    for slug in world.everybody:
        for market_id, _ in list(cycles.load_standing(world.database, slug).account.positions):
            if chance.random() < 0.2:
                try:
                    seller.sell(slug, market_id, bundle=True)
                except PrescientError:
                    continue


def test_no_sale_by_hand_is_drift_and_the_books_balance(lives: World) -> None:
    sold = {slug: verify(lives.database, lives.folder, slug) for slug in lives.everybody}
    assert {slug: each.differences for slug, each in sold.items() if not each.is_none} == {}
    assert sum(each.by_hand for each in sold.values()) > 10
    assert {fault for faults in reconcile(lives.database).values() for fault in faults} == set()
