"""`prescient report` of fifty portfolios, from the call in a shell to the page on the disk: seconds, and its size.

What they did in a year is made up and stored as it would have been booked, 200 trades each, and then 10,000 each. The
portfolios of a strategy trade the same markets, each at its own prices.
"""

import csv
import json
import os
import subprocess
import sys
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from io import StringIO
from itertools import groupby
from pathlib import Path
from random import Random
from typing import Any

from sqlalchemy import Connection, Table, insert, text, update

from benchmarks.measure import Figure, migrated, scratch_home, timed
from benchmarks.venue import STARTED_AT
from prescient_dagster.catalog import strategy_names
from prescient_dagster.domain import money
from prescient_dagster.domain.books.ledger import Account, Trade, TradeKind, booked, opened
from prescient_dagster.domain.books.settlement import Ending
from prescient_dagster.domain.books.snapshots import MarkSource
from prescient_dagster.domain.market.sides import Side
from prescient_dagster.store import tables, world
from prescient_dagster.store.books import portfolios
from prescient_dagster.store.books.ledger import POSITION_FIELDS, trade_row
from prescient_dagster.store.database import Database

PRESCIENT_REPORT = [str(Path(sys.executable).with_name("prescient")), "report"]
PORTFOLIOS = 50
TRADES = (200, 10_000)
"""Of each portfolio."""
DAYS, CAPTURES_A_DAY = 365, 4
CAPTURES = DAYS * CAPTURES_A_DAY
HELD = 8
"""Captures from the entry to the exit; the last positions stay open."""
STAY_OPEN = 10
SHARES, RATE = Decimal(40), Decimal("0.02")
AT_BID, AT_MID = Decimal("0.99"), Decimal("0.995")
ROUNDS = 2
NULL = r"\N"
Row = dict[str, Any]


def at(capture: int) -> Any:
    return STARTED_AT + timedelta(days=1) / CAPTURES_A_DAY * capture


def life(number: int, trades: int) -> list[tuple[int, Trade]]:
    """What the portfolio of this number trades, each with its capture, in the order of booking."""
    random, positions = Random(number), (trades + STAY_OPEN) // 2
    told = [
        each
        for market in range(positions)
        for each in _position(
            f"{number % len(strategy_names())}-{market}",
            market * (CAPTURES - HELD) // positions,
            market >= positions - STAY_OPEN,
            random,
        )
    ]
    return sorted(told, key=lambda each: each[0])


def _position(market_id: str, entered: int, stays: bool, random: Random) -> Iterator[tuple[int, Trade]]:
    price = Decimal(random.randrange(100, 900)) / 1_000
    fee = money.fee(SHARES * RATE * price * (1 - price))
    cost = SHARES * price + fee
    bought = Trade(
        timestamp=at(entered),
        kind=TradeKind.BUY,
        market_id=market_id,
        market_question=f"Will candidate {market_id} win the election in the fictional town of Middlebrook?",
        event_id=f"event-{market_id[:-1]}",
        side=Side.YES,
        shares=SHARES,
        price=price,
        fee=fee,
        cash_delta=-cost,
        cost_delta=cost,
        synthetic=random.random() < 0.1,
        details={"fill_model": "book", "touch": str(price), "levels": [[str(price), str(SHARES), str(fee)]]},
    )
    yield entered, bought
    if not stays:
        yield entered + HELD, _sold(bought, random) if random.random() < 0.5 else _settled(bought)


def _sold(bought: Trade, random: Random) -> Trade:
    price = min(Decimal("0.99"), max(Decimal("0.01"), bought.price + Decimal(random.randrange(-100, 101)) / 1_000))
    fee = money.fee(SHARES * RATE * price * (1 - price))
    return _left(bought, kind=TradeKind.SELL, price=price, fee=fee, cash_delta=SHARES * price - fee)


def _settled(bought: Trade) -> Trade:
    paid = Decimal(int(_ending(bought.market_id) is Ending.YES))
    source_ref = f"settle:{bought.market_id}:{bought.side}:1"
    entry = {"price": paid, "fee": money.ZERO, "cash_delta": SHARES * paid, "source_ref": source_ref}
    return _left(bought, kind=TradeKind.SETTLEMENT, synthetic=False, details={}, **entry)


def _left(bought: Trade, **fields: Any) -> Trade:
    timestamp = bought.timestamp + timedelta(days=1) / CAPTURES_A_DAY * HELD
    return replace(bought, timestamp=timestamp, shares=-SHARES, cost_delta=-bought.cost_delta, **fields)


def _ending(market_id: str) -> Ending:
    return Random(market_id).choice((Ending.YES, Ending.NO))


def fill(database: Database, trades: int) -> None:
    """Captures, portfolios and all that they did."""
    world.claim(database, "simulated", {})
    made = [_portfolio(database, number) for number in range(PORTFOLIOS)]
    lives = [life(number, trades) for number in range(PORTFOLIOS)]
    with database.begin() as connection:
        connection.execute(insert(tables.configs).values(config_sha256="", config={}))
        captures = _captures(connection)
        for portfolio_id, done in zip(made, lives, strict=True):
            _store(connection, portfolio_id, captures, done)
        copied(connection, tables.resolutions, _resolutions(captures, lives))
        connection.execute(text("ANALYZE"))


def _portfolio(database: Database, number: int) -> int:
    strategy = strategy_names()[number % len(strategy_names())]
    new = portfolios.NewPortfolio(f"p{number:02}", strategy, Decimal(10_000), strategy_config={"max_positions": 50})
    return portfolios.create(database, new).portfolio_id


def _captures(connection: Connection) -> list[int]:
    """The number of each capture."""
    counts = dict.fromkeys(("events", "markets", "tradable_markets", "rejected_records", "bytes"), 0)
    told = {"venue": "simulated", "status": "ready", "events_sha256": "", "markets_sha256": "", **counts}
    rows = [{**told, "captured_at": at(number), "path": str(number)} for number in range(CAPTURES)]
    statement = insert(tables.captures).returning(tables.captures.c.capture_id, sort_by_parameter_order=True)
    return list(connection.execute(statement, rows).scalars())


def _store(connection: Connection, portfolio_id: int, captures: list[int], done: list[tuple[int, Trade]]) -> None:
    """Book a life: signals, trades, a snapshot on every capture, and what is left at the end."""
    account = opened(Decimal(10_000))
    signals: list[Row] = []
    booked_rows: list[Row] = []
    values: list[Row] = []
    by_capture = {number: list(group) for number, group in groupby(done, key=lambda each: each[0])}
    for number, capture_id in enumerate(captures):
        common = {"portfolio_id": portfolio_id, "capture_id": capture_id}
        for _, trade in by_capture.get(number, ()):
            account = booked(account, trade)
            signal_id = None if trade.source_ref else portfolio_id * 1_000_000 + len(signals)
            if signal_id is not None:
                signals.append({**common, **_signal(trade, signal_id, rank=len(signals))})
            booked_rows.append({**common, **trade_row(trade, signal_id), "signal_id": signal_id})
        values.append({**common, **_snapshot(account), "timestamp": at(number), "marks": {}})
    held = [{"portfolio_id": portfolio_id, **_held(position)} for position in account.positions.values()]
    copied(connection, tables.signals, signals)
    copied(connection, tables.trades, booked_rows)
    copied(connection, tables.snapshots, values)
    copied(connection, tables.positions, held)
    copied(connection, tables.cycles, [_cycle(portfolio_id, captures[-1])])
    _update(connection, portfolio_id, account)


def _signal(trade: Trade, signal_id: int, rank: int) -> Row:
    names = ("timestamp", "market_id", "market_question", "event_id")
    return {
        **{name: getattr(trade, name) for name in names},
        "signal_id": signal_id,
        "rank": rank,
        "action": f"{trade.kind}_{trade.side}",
        "target_price": trade.price - (Decimal("0.005") if trade.shares > 0 else Decimal("-0.005")),
        "amount": Decimal(20),
        "confidence": Decimal("0.25"),
        "reason": f"favourite at {trade.price}",
        "event_title": "The election in the fictional town of Middlebrook",
        "event_end_date": at(CAPTURES) + timedelta(days=30),
        "status": "executed",
    }


def _snapshot(account: Account) -> Row:
    invested = account.total_invested
    value = money.usd(invested * AT_BID)
    return {
        "balance": account.balance,
        "positions": len(account.positions),
        "total_invested": invested,
        "market_value": value,
        "market_value_at_mid": money.usd(invested * AT_MID),
        "equity": account.balance + value,
        "realized_profit_loss": account.realized_profit_loss,
        "unrealized_profit_loss": value - invested,
        "total_profit_loss": account.balance + value - account.initial_balance,
        "trade_count": account.trade_count,
        "fees_paid": account.fees_paid,
    }


def _held(position: Any) -> Row:
    mark = money.price(position.cost / position.shares * AT_BID)
    marked = replace(position, mark=mark, mark_source=MarkSource.BID)
    return {name: getattr(marked, name) for name in POSITION_FIELDS}


def _cycle(portfolio_id: int, capture_id: int) -> Row:
    return {
        "portfolio_id": portfolio_id,
        "capture_id": capture_id,
        "strategy_type": "momentum",
        "config_sha256": "",
        "code_version": "",
        "stage": "snapshots",
        "markets_analyzed": 40,
        "funnel": [["tradable", 9_000], ["event_min_liquidity", 20_000], ["market_min_volume", 10_000]],
    }


def _update(connection: Connection, portfolio_id: int, account: Account) -> None:
    names = ("balance", "realized_profit_loss", "fees_paid", "trade_count")
    values = {name: getattr(account, name) for name in names}
    mine = tables.portfolios.c.portfolio_id == portfolio_id
    connection.execute(update(tables.portfolios).where(mine).values(values))


def _resolutions(captures: list[int], lives: list[list[tuple[int, Trade]]]) -> Iterator[Row]:
    """How the markets of all closed positions ended."""
    left = {trade.market_id: number for done in lives for number, trade in done if trade.shares < 0}
    for market_id, number in left.items():
        known = {"capture_id": captures[number], "timestamp": at(number), "ending": _ending(market_id)}
        yield {"market_id": market_id, **known, "reason": "", "resolution_status": "resolved"}


def copied(connection: Connection, table: Table, rows: Iterable[Row]) -> None:
    """Write rows, which all have the same columns, as quickly as the server takes them."""
    file, rows = StringIO(), list(rows)
    csv.writer(file).writerows([_plain(value) for value in row.values()] for row in rows)
    file.seek(0)
    cursor: Any = connection.connection.cursor()
    cursor.copy_expert(f"COPY {table.fullname} ({', '.join(rows[0])}) FROM STDIN (FORMAT csv, NULL '{NULL}')", file)


def _plain(value: Any) -> Any:
    if value is None:
        return NULL
    return json.dumps(value) if isinstance(value, dict | list) else value


def report_seconds(home: Path) -> float:
    """Seconds of the command, its process included."""
    environment = {**os.environ, "PRESCIENT_HOME": str(home)}
    return timed(
        lambda: subprocess.run(PRESCIENT_REPORT, cwd=home, env=environment, check=True, stdout=subprocess.DEVNULL)
    )


def run() -> Iterator[Figure]:
    for trades in TRADES:
        with scratch_home() as home:
            database = migrated(home)
            fill(database, trades)
            database.close()
            took = min(report_seconds(home) for _ in range(ROUNDS))
            size = (home / "report.html").stat().st_size / 1e6
        name = f"{PORTFOLIOS} portfolios, {PORTFOLIOS * trades:,} trades"
        yield Figure(name, took, 10, "s")
        yield Figure(f"{name}: the page", size, 5, "MB")
