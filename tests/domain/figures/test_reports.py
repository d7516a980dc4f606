"""What a report is put together from."""

from datetime import timedelta

import pytest

from prescient_dagster.domain.figures.daily_series import daily_exposure
from prescient_dagster.domain.figures.events_behind import EventsBehind, events_behind
from prescient_dagster.domain.figures.performance import History, performance, track_record
from prescient_dagster.domain.figures.profit_split import ProfitSplit, costs
from prescient_dagster.domain.figures.reports import ReportPortfolio, chapter, report
from prescient_dagster.domain.figures.round_trips import round_trips
from prescient_dagster.domain.figures.signal_tally import signal_tally
from prescient_dagster.domain.strategy.signals import RejectReason, SignalStatus
from tests.builders import NOON, D
from tests.track_records import WON, a_buy, a_history, a_payment, a_sale, a_snapshot


def why(name: str, *history: object) -> str:
    return performance([track_record(a_history(*history), {})]).why_empty(name)  # type: ignore[arg-type]


def test_costs_are_fees_and_spread_over_what_was_bought_and_sold() -> None:
    """100 at 0.51 and 50 at 0.58 is 80 USD traded; 3 USD of it is 3.75 %."""
    trades = [a_buy(100, 0.51, fee=1), a_sale(50, 0.58, released=26), a_payment(50, 1, 26)]
    found = costs(ProfitSplit(spread=D(-2), fees=D(-1)), trades)
    assert (found.fees, found.spread, found.total, found.traded) == (1, 2, 3, 80)
    assert found.rate == pytest.approx(0.0375, rel=0, abs=1e-9)
    assert costs(ProfitSplit(), []).rate is None


def test_events_are_counted_once_over_closed_and_open_positions() -> None:
    both = {"event_id": "x"}
    trips = round_trips(
        [
            *(a_buy(10, 0.5, market_id="1", **both), a_payment(10, 1, 5, market_id="1", **both)),
            a_buy(10, 0.5, market_id="2", **both),
            a_buy(10, 0.5, market_id="3", event_id="y"),
        ]
    )
    assert events_behind(trips) == EventsBehind(traded=2, closed=1, open=2)


def test_exposure_is_told_day_by_day_and_not_of_debts() -> None:
    record = track_record(a_history([a_snapshot(0, 1_000, 250), a_snapshot(1, -5, 0)]), {})
    assert daily_exposure(record.series) == [0.25, None]


def test_a_tally_has_the_most_frequent_first_and_equal_reasons_by_name() -> None:
    rejected, slippage, cash = SignalStatus.REJECTED, RejectReason.SLIPPAGE, RejectReason.INSUFFICIENT_CASH
    found = signal_tally([(rejected, slippage, 2), (SignalStatus.EXECUTED, None, 6), (rejected, cash, 2)])
    assert list(found.statuses.items()) == [(SignalStatus.EXECUTED, 6), (rejected, 4)]
    assert list(found.refusals.items()) == [(cash, 2), (slippage, 2)]
    assert (found.signals, found.share(4)) == (10, 0.4)
    assert signal_tally([]).share(0) is None


@pytest.mark.parametrize(
    ("name", "reason"),
    [("sharpe", "under 30 days"), ("win_rate", "no position has closed"), ("synthetic_share", "no fills")],
)
def test_an_empty_figure_has_a_reason(name: str, reason: str) -> None:
    assert why(name, [a_snapshot(0, 1_000)]) == reason


def test_the_reason_fits_the_history() -> None:
    flat = [a_snapshot(day, 1_000) for day in range(31)]
    assert why("sharpe", flat) == "the daily returns do not differ"
    assert why("calmar", flat) == "equity never fell"
    assert why("sharpe", [*flat, a_snapshot(31, 0), a_snapshot(32, 10)]) == "equity was 0 or less"
    assert why("exposure") == "nothing has been valued"
    won = [a_buy(100, 0.5), a_payment(100, 1, 50)]
    assert why("profit_factor", [a_snapshot(0, 1_050)], won) == "no loss yet"
    assert why("edge", [a_snapshot(0, 1_050)], won) == "no market has resolved"


def test_chapters_come_by_return_and_strategies_pool_them() -> None:
    def of(slug: str, strategy: str, equity: float) -> ReportPortfolio:
        trades = [a_buy(100, 0.5), a_payment(100, 1, 50)]
        return ReportPortfolio(History(slug, strategy, D(1_000), [a_snapshot(0, equity)], trades), {"1": WON})

    told = [of("low", "a", 900), of("high", "b", 1_200), of("mid", "a", 1_000)]
    found = report([chapter(each) for each in told], {})
    assert [each.contender.name for each in found.chapters] == ["high", "mid", "low"]
    assert [(each.contender.name, each.contender.portfolios) for each in found.strategies] == [
        ("all b", 1),
        ("all a", 2),
    ]
    pooled = found.strategies[1]
    assert pooled.contender.performance.calibration.entries == 2
    assert pooled.events.traded == 1


def test_the_days_until_an_event_ends_count_from_the_last_snapshot() -> None:
    history = a_history([a_snapshot(0, 1_000), a_snapshot(10, 1_000)], [a_buy(100, 0.5)])
    found = chapter(ReportPortfolio(history, end_dates={"1": NOON + timedelta(days=10.5)}))
    assert [each.term for each in found.locked if each.holdings] == ["within 1 day"]
