"""A capture from the future in the middle of a home changes no figure: what came first is told by the numbers."""

from contextlib import nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from prescient_dagster.catalog import code_version, load_strategy
from prescient_dagster.domain.cycle.players import Player
from prescient_dagster.domain.strategy.configs import validated
from prescient_dagster.store.books import portfolios
from prescient_dagster.store.books.cycles import load_standing
from prescient_dagster.store.books.positions import list_positions
from prescient_dagster.store.books.signals import list_signals
from prescient_dagster.store.books.snapshots import equity_curves, list_snapshots
from prescient_dagster.store.database import Database, connect
from prescient_dagster.store.figures.comparison import load_courses
from prescient_dagster.store.figures.performance import load_histories
from prescient_dagster.store.market import captures
from prescient_dagster.store.market.capture_sources import WRONG_CLOCK, StoredCaptures
from prescient_dagster.store.past.explanation import situation
from prescient_dagster.usecases.replay import Entrant, replayed
from prescient_dagster.usecases.settle import settle
from prescient_dagster.usecases.trade import CycleRunner
from prescient_dagster.usecases.trade_plans import Order
from prescient_dagster.usecases.verify import verify
from tests.assets.worlds import START, a_listing
from tests.conftest import cloned

PRICES = (  # of two markets, every eight hours of three days: the first falls below its stop, the second ends with YES
    *((0.80, 0.50), (0.82, 0.80), (0.83, 0.80), (0.60, 0.81), (0.62, 0.82), (0.60, 0.84)),
    *((0.60, 0.85), (0.80, 0.86), (0.84, 0.50)),
)
ENDS_ON = 6
HOURS = 8
CONFIG: dict[str, Any] = {"fill_model": "touch", "stop_loss": 0.1, "reentry_hours": 30, "max_positions": 3}
BALANCES = {"one": 1_000, "other": 150}
FIRST = datetime.now(UTC).replace(hour=0, minute=30, second=0, microsecond=0) - timedelta(days=5)


@dataclass
class Home:
    """A home that let one capture from the future through, and traded it, or none."""

    database: Database
    folder: Path
    wrong: int | None
    ahead: timedelta

    def live(self) -> "Home":
        for slug, balance in BALANCES.items():
            new = portfolios.NewPortfolio(slug, "momentum", Decimal(balance), strategy_config=CONFIG)
            portfolios.create(self.database, new)
        for number in range(len(PRICES)):
            self._capture(number)
        return self

    def _capture(self, number: int) -> None:
        at = FIRST + timedelta(hours=HOURS * number)
        stamp = at + self.ahead if number == self.wrong else at
        ends = {name: stamp + timedelta(days=9) for name in ("end_date", "event_end_date")}
        markets = [_quoted(price) | ends for price in PRICES[number]]
        listing = a_listing(*markets, hours=(stamp - START) / timedelta(hours=1), venue="polymarket")
        record = captures.save(self.database, self.folder, listing)
        if number == ENDS_ON:
            self._do(
                "INSERT INTO prescient.resolutions (market_id, capture_id, timestamp, confirmed_at, ending, reason,"
                " resolution_status) VALUES ('501', :it, :at, :at, 'yes', '', 'resolved')",
                at=stamp,
                it=record.capture_id,
            )
        captures.mark_ready(self.database, record.capture_id)
        self._venue("simulated", number)  # as if an older version had let it through
        list(settle(self.database, captures.find(self.database, record.capture_id)))
        runner = CycleRunner(load_strategy("momentum"), self.database, self.folder, lambda: nullcontext(None))  # type: ignore[arg-type,return-value]
        order = Order(list(BALANCES), capture_id=record.capture_id, code_version=code_version("momentum"))
        assert {result.status for result in runner.carry_out(order)} == {"ok"}
        self._venue("polymarket", number)
        self._do("UPDATE prescient.captures SET stored_at = :at WHERE capture_id = :it", at=at, it=record.capture_id)

    def _venue(self, name: str, number: int) -> None:
        if number == self.wrong:
            self._do("UPDATE prescient.captures SET venue = :name WHERE capture_id = :it", name=name, it=number + 1)

    def _do(self, statement: str, **values: Any) -> None:
        with self.database.begin() as connection:
            connection.execute(text(statement), values)

    def figures(self) -> dict[str, Any]:
        """What is told of the portfolios, but for the times of the capture itself."""
        found = portfolios.get(self.database, "one").portfolio_id
        numbers = range(1, len(PRICES) + 1)
        then = [situation(self.database, "one", number) for number in numbers]
        histories = load_histories(self.database).portfolios
        return {
            "positions": [self._positions(found, number) for number in (*numbers, None)],
            "explained": [(each.account.balance, _held(each.account), self._stopped(each)) for each in then],
            "trades": [[(each.trade.timestamp, each.trade.cash_delta) for each in one.trades] for one in histories],
            "days": [[(day.timestamp.date(), day.equity) for day in one.snapshots] for one in histories],
            "standing": _held(load_standing(self.database, "one").account),
            "snapshots": [row["equity"] for row in list_snapshots(self.database, found)],
            "curve": equity_curves(self.database, ["one"])["one"][-1],
            "signals": [row["market_id"] for row in list_signals(self.database, found)],
            "compared": [
                (each.daily_equity, each.value_after, each.equity_before, len(each.trades))
                for each in load_courses(self.database, ["one", "other"]).portfolios
            ],
        }

    def _positions(self, portfolio_id: int, capture_id: int | None) -> list[tuple[Any, ...]]:
        rows = list_positions(self.database, portfolio_id, capture_id)
        return [(row["market_id"], row["shares"], row["cost"], row["mark"]) for row in rows]

    def _stopped(self, found: Any) -> list[str]:
        return sorted(found.account.stopped)


def _quoted(price: float) -> dict[str, float]:
    quotes = {"best_bid": price - 0.01, "best_ask": price + 0.01, "yes_price": price, "no_price": 1 - price}
    return {name: round(value, 6) for name, value in quotes.items()}


def _held(account: Any) -> list[tuple[Any, ...]]:
    return [
        (position.market_id, position.shares, position.cost, position.opened_at)
        for position in account.positions.values()
    ]


@pytest.fixture(scope="module")
def right(template_url: str, tmp_path_factory: pytest.TempPathFactory) -> Any:
    with cloned(template_url) as url:
        database = connect(url)
        yield Home(database, tmp_path_factory.mktemp("right"), None, timedelta(0)).live().figures()
        database.close()


@pytest.mark.parametrize("ahead", [timedelta(hours=3), timedelta(hours=30), timedelta(days=400)], ids=str)
@pytest.mark.parametrize("wrong", [0, 1, 3, 4, ENDS_ON, 7])
def test_a_capture_from_the_future_changes_no_figure(
    database: Database, captures_folder: Path, right: dict[str, Any], wrong: int, ahead: timedelta
) -> None:
    home = Home(database, captures_folder, wrong, ahead).live()

    found = home.figures()

    assert {name: found[name] for name in found if found[name] != right[name]} == {}
    for slug in BALANCES:
        assert (slug, verify(database, captures_folder, slug).differences) == (slug, [])


def test_a_replay_leaves_it_out_and_says_so(database: Database, captures_folder: Path) -> None:
    Home(database, captures_folder, 4, timedelta(hours=30)).live()
    source = StoredCaptures(database, captures_folder)
    model = load_strategy("momentum")
    replayed(database, source, [Entrant(Player(model, validated(model.config, CONFIG), Decimal(1_000)))])
    assert source.told.read == len(PRICES) - 1
    assert [(gap.capture_id, gap.reason) for gap in source.told.duplicated] == [(5, WRONG_CLOCK)]
