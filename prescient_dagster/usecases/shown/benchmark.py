"""Portfolios beside what all their candidates would have made: decided again by the strategy, from what is kept."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from math import isnan

import pandas as pd

from prescient_dagster.catalog import load_strategy
from prescient_dagster.domain import money
from prescient_dagster.domain.books.settlement import Verdict
from prescient_dagster.domain.cycle import engine
from prescient_dagster.domain.cycle.players import Moment, Player
from prescient_dagster.domain.errors import PrescientError, StoreError
from prescient_dagster.domain.figures.benchmark import NO_OFFER, NOTHING_BOUGHT, Basket, BenchmarkCurve
from prescient_dagster.domain.figures.performance import History
from prescient_dagster.domain.market.history import PriceHistory
from prescient_dagster.domain.market.sides import Side
from prescient_dagster.domain.strategy.recalled import recalled
from prescient_dagster.store.database import Database
from prescient_dagster.store.figures import benchmark
from prescient_dagster.store.figures.benchmark import Purchase
from prescient_dagster.store.market.capture_folders import CaptureFolder
from prescient_dagster.store.market.capture_rows import open_capture
from prescient_dagster.store.market.forecasts import stored_forecasts
from prescient_dagster.store.market.stored_past import StoredPast
from prescient_dagster.usecases.replay import explained

MOST_AT_ONCE = 3
"""Portfolios: each takes a look at a capture or two of every day."""
HISTORY_GONE = "prices that its strategy looked back at are gone"


def with_benchmarks(database: Database, folder: CaptureFolder, histories: Sequence[History]) -> list[History]:
    """The histories with what all their candidates would have made, where they are few."""
    if len(histories) > MOST_AT_ONCE:
        return list(histories)
    return [replace(each, benchmark=_curve(database, folder, each)) for each in histories]


def _curve(database: Database, folder: CaptureFolder, history: History) -> BenchmarkCurve:
    with database.view() as connection:
        purchases = benchmark.first_purchases(connection, history.slug)
    if not purchases or not history.snapshots:
        return BenchmarkCurve(missing=NOTHING_BOUGHT)
    walk = _Walk(database, folder, history)
    try:
        points = list(walk.through(purchases))
    except PrescientError as error:  # a strategy or a file that is gone: the others are told without this
        return BenchmarkCurve(missing=str(error))
    return BenchmarkCurve(points, "") if points else BenchmarkCurve(missing=NO_OFFER)


class _Walk:
    """A portfolio's life, walked through once: candidates are bought where it bought, and valued at the end of days."""

    def __init__(self, database: Database, folder: CaptureFolder, history: History) -> None:
        self._database, self._folder, self._history = database, folder, history
        self._past, self._forecasts = StoredPast(database, folder), stored_forecasts(database)
        self._basket = Basket()
        self._ended: list[tuple[str, datetime, Verdict]] = []

    def through(self, purchases: Sequence[Purchase]) -> Iterator[tuple[datetime, Decimal]]:
        """What the initial balance would have become: at first itself, then at the end of each day."""
        initial, waiting = self._history.initial_balance, list(purchases)
        days = (waiting[0].row.captured_at, self._history.snapshots[-1].timestamp)
        for marks in benchmark.day_ends(self._database, self._folder, *days):
            at = marks["captured_at"].iloc[0].to_pydatetime()
            begun = bool(self._basket.cost)
            while waiting and waiting[0].row.captured_at <= at:
                first = waiting.pop(0)
                self._buy(first)
                if self._basket.cost and not begun:
                    yield first.row.captured_at, initial
                    begun = True
            if begun:
                self._value(marks, at)
                yield at, money.usd(initial * self._basket.growth)
        for each in waiting:  # of a day that cannot be read: it tells why
            self._buy(each)

    def _buy(self, purchase: Purchase) -> None:
        try:
            capture = open_capture(self._folder, purchase.row)
        except StoreError as error:
            raise StoreError(f"the capture of {purchase.row.captured_at:%Y-%m-%d %H:%M:%S}: {error}") from error
        strategy = load_strategy(self._history.strategy_type)
        player = Player(strategy, recalled(strategy.config, purchase.config), self._history.initial_balance)
        moment = Moment(capture, history=PriceHistory(self._past), forecasts=self._forecasts)
        self._past.missed.clear()
        self._past.known_until = purchase.started_at
        explained(player, moment, lambda: self._basket.buy(engine.wished(player, moment), capture))
        if self._past.missed:
            raise StoreError(HISTORY_GONE)
        with self._database.view() as connection:
            self._ended = benchmark.endings(connection, self._basket.markets)

    def _value(self, marks: pd.DataFrame, at: datetime) -> None:
        told = marks[marks["market_id"].isin(self._basket.markets)]
        for market_id, bid, ask, yes in told[["market_id", "best_bid", "best_ask", "yes_price"]].itertuples(
            index=False
        ):
            for side, offer, listed in ((Side.YES, bid, yes), (Side.NO, 1 - ask, 1 - yes)):
                value = offer if offer > 0 else listed
                if not isnan(value):
                    self._basket.mark({(market_id, side): money.price(value)})
        for market_id, known, verdict in self._ended:
            if known <= at:
                self._basket.mark({(market_id, side): verdict.payout(side) for side in Side})
