"""What counts as wrong, and how it is told."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from prescient_dagster.domain.watch.health import (
    RECOVERIES,
    CaptureSeen,
    Facts,
    FailedRun,
    MarketData,
    Problem,
    ProblemKind,
    problems,
    recovery,
)

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


def a_capture(number: int = 41, minutes_old: float = 1, refusal: str | None = None) -> CaptureSeen:
    return CaptureSeen(number, NOW - timedelta(minutes=minutes_old), refusal)


def found(**facts: Any) -> Sequence[Problem]:
    capture = a_capture()
    return problems(
        Facts(
            **{
                "at": NOW,
                "stale_minutes": 10,
                "market_data": MarketData(capture, capture),
                "failing": {},
                "halted": {},
                **facts,
            }
        )
    )


def texts(**facts: Any) -> list[str]:
    return [problem.text for problem in found(**facts)]


def test_nothing_is_wrong_where_all_is_well() -> None:
    assert found() == []


def test_market_data_is_stale_once_it_is_older_than_the_limit() -> None:
    assert texts(market_data=MarketData(a_capture(minutes_old=10), a_capture(minutes_old=10))) == []
    old = a_capture(minutes_old=17)
    assert texts(market_data=MarketData(old, old)) == [
        "market data is 17 minutes old, limit 10 minutes: see the last runs of market_data"
    ]


def test_a_refused_capture_does_not_make_market_data_fresh() -> None:
    data = MarketData(a_capture(42, 1, "half of it is missing"), a_capture(41, 17))
    kinds = [problem.kind for problem in found(market_data=data)]
    assert kinds == [ProblemKind.STALE, ProblemKind.REFUSED]
    assert texts(market_data=data)[1] == "capture 42 refused: half of it is missing"


def test_without_any_capture_there_is_nothing_to_trade_on() -> None:
    assert [problem.kind for problem in found(market_data=MarketData())] == [ProblemKind.NO_CAPTURE]


def test_a_failed_job_is_told_with_its_run_and_reason() -> None:
    run = FailedRun("market_data", "0123456789abcdef", "the venue does not answer")
    assert texts(failed_runs=[run]) == ["market_data failed, run 01234567: the venue does not answer"]


def test_a_run_that_failed_for_its_portfolios_is_told_by_them_alone() -> None:
    run = FailedRun("momentum", "0123", "1 of 5 portfolios failed", {"a": "no cash"})
    assert texts(failed_runs=[run], failing={"a": "no cash"}) == ["portfolio a fails: no cash"]


def test_a_strategy_that_does_not_load_is_a_problem() -> None:
    assert texts(offline={"momentum": "strategy momentum does not load: SyntaxError"}) == [
        "strategy momentum does not load: SyntaxError"
    ]


def test_a_daemon_that_never_ran_is_missed_by_nobody_one_that_fell_silent_is() -> None:
    assert found(heartbeats={}) == []
    assert found(heartbeats={"SENSOR": NOW - timedelta(minutes=5)}) == []
    silent = {"SENSOR": NOW - timedelta(minutes=12), "SCHEDULER": NOW - timedelta(minutes=12)}
    assert texts(heartbeats=silent) == [
        "Dagster's daemon has been silent for 12 minutes, nothing runs by itself: start it again"
    ]


def test_a_part_of_the_daemon_that_fell_silent_is_named() -> None:
    (told,) = texts(heartbeats={"SENSOR": NOW, "SCHEDULER": NOW - timedelta(hours=3)})
    assert "daemon (SCHEDULER) has been silent for 3 hours" in told


def test_a_dagster_that_cannot_be_asked_is_a_problem() -> None:
    assert texts(dagster_error="its tables are old") == ["Dagster cannot be asked how it is: its tables are old"]


def test_a_problem_is_the_same_however_its_text_changes() -> None:
    (before,) = found(failing={"a": "61 minutes old"})
    (after,) = found(failing={"a": "62 minutes old"})
    assert before.key == after.key


def test_every_kind_of_problem_can_be_over() -> None:
    assert set(RECOVERIES) == set(ProblemKind)
    assert recovery("portfolio_failing:a") == "portfolio a no longer fails"
