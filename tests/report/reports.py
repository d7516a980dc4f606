"""Reports for the tests of the page: told in a line each, and one with many trades that looks like a real one."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import accumulate
from random import Random
from typing import Any

from prescient_dagster.domain.books.ledger import Trade, TradeKind
from prescient_dagster.domain.books.settlement import Verdict
from prescient_dagster.domain.books.snapshots import Snapshot
from prescient_dagster.domain.figures.benchmark import BenchmarkCurve
from prescient_dagster.domain.figures.performance import History
from prescient_dagster.domain.figures.position_histories import Remark
from prescient_dagster.domain.figures.reports import Report, ReportPortfolio, chapter, report
from prescient_dagster.domain.figures.round_trips import PricedTrade
from prescient_dagster.usecases.shown.benchmark import MOST_AT_ONCE
from tests.builders import D
from tests.track_records import LOST, WON, a_buy, a_payment, a_sale, a_snapshot

STRATEGIES = ("momentum", "mean_reversion", "arbitrage", "hybrid", "scalping")


def a_portfolio(
    slug: str = "bold",
    snapshots: Sequence[Snapshot] = (),
    trades: Sequence[PricedTrade] = (),
    strategy: str = "momentum",
    **fields: Any,
) -> ReportPortfolio:
    """A portfolio with 1,000 USD."""
    return ReportPortfolio(History(slug, strategy, D(1_000), snapshots, trades), **fields)


def a_report(
    *portfolios: ReportPortfolio,
    verdicts: Mapping[str, Verdict] | None = None,
    remarks: Mapping[str, Mapping[str, Remark]] | None = None,
    **fields: Any,
) -> Report:
    told = [replace(each, verdicts=verdicts or {}) for each in portfolios]
    return report([chapter(each) for each in told], remarks or {}, **fields)


def a_busy_report(portfolios: int, trades: int, days: int = 120) -> Report:
    """Portfolios that buy in a new market again and again, and sell or are paid two days later."""
    endings = Random(0)
    verdicts = {str(number): endings.choice((WON, LOST)) for number in range(trades // 2)}
    found = [a_busy_portfolio(seed, trades, days, verdicts) for seed in range(portfolios)]
    remarks = {each.history.slug: dict(_paths(each)) for each in found if portfolios <= MOST_AT_ONCE}
    return a_report(*found, verdicts=verdicts, venue="simulated", remarks=remarks)


def _paths(portfolio: ReportPortfolio) -> Iterator[tuple[str, Remark]]:
    """What each market cost, hour by hour from six hours before it was bought until two days later."""
    random = Random(portfolio.history.slug)
    for priced in portfolio.history.trades:
        trade = priced.trade
        if trade.kind is TradeKind.BUY:
            walk = accumulate((random.gauss(0, 0.01) for _ in range(47)), initial=float(trade.price))
            times = (trade.timestamp + timedelta(hours=hour) for hour in range(-6, 48))
            path = [(at, D(round(min(0.99, max(0.01, each)), 3))) for at, each in zip(times, walk, strict=False)]
            yield str(trade.source_ref), Remark("the price has risen", path=path)


def a_busy_portfolio(seed: int, trades: int, days: int, verdicts: Mapping[str, Verdict]) -> ReportPortfolio:
    random, strategy = Random(seed), STRATEGIES[seed % 5]
    booked = sorted(
        (trade for number in range(trades // 2) for trade in _position(number, trades, days, random, verdicts)),
        key=lambda each: each.trade.timestamp,
    )
    equity = accumulate((random.gauss(0, 8) for _ in range(days)), initial=1_000)
    values = [a_snapshot(day, round(each, 2), 250, 255) for day, each in zip(range(days), equity, strict=False)]
    walk = accumulate((random.gauss(0, 5) for _ in range(days)), initial=1_000)
    points = [(each.timestamp, D(round(value, 2))) for each, value in zip(values, walk, strict=False)]
    history = History(f"{strategy}-{seed}", strategy, D(1_000), values, booked, BenchmarkCurve(points, ""))
    return ReportPortfolio(history, name=f"Portfolio {seed}", status="active")


def _position(
    number: int, trades: int, days: int, random: Random, verdicts: Mapping[str, Verdict]
) -> Iterator[PricedTrade]:
    market, day = str(number), (days - 3) * 2 * number / trades
    price = round(random.uniform(0.1, 0.9), 3)
    cost = round(20 * price, 3)
    names: dict[str, Any] = {"market_id": market, "event_id": f"event-{number // 3}"}
    question = f"Will candidate {number} win the election in the fictional town of Middlebrook?"
    yield asked(a_buy(20, price, price - 0.005, day=day, source_ref=f"signal:{number}", **names), question)
    if random.random() < 0.5:
        sold = round(min(0.99, max(0.01, price + random.gauss(0, 0.08))), 3)
        yield asked(a_sale(20, sold, cost, sold + 0.005, day=day + 2, source_ref=f"out:{number}", **names), question)
    else:
        yield asked(a_payment(20, 1.0 if verdicts[market] is WON else 0.0, cost, day=day + 2, **names), question)


def asked(priced: PricedTrade, question: str, **fields: Any) -> PricedTrade:
    """The trade with another question."""
    trade: Trade = replace(priced.trade, market_question=question, **fields)
    return replace(priced, trade=trade)


def thirty_one_days(*equity: float) -> list[Snapshot]:
    """Snapshots of a month and a day, up a little and down a little, unless told otherwise."""
    return [a_snapshot(day, each) for day, each in enumerate(equity or [1_000 + 5 * (day % 3) for day in range(31)])]
