"""A limit that halts a portfolio in real cycles: who is told of it, and how it goes on."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from prescient_dagster.cli import main
from prescient_dagster.domain.books.equity_track import EquityTrack, Halt
from prescient_dagster.store.books import portfolio_log, portfolios
from prescient_dagster.store.books.cycles import load_standing
from prescient_dagster.usecases.verify import verify
from tests.assets.conftest import Platform
from tests.assets.filled_forms import fill_in
from tests.assets.test_alerts import Ticks
from tests.assets.test_status import taken
from tests.assets.worlds import START, a_listing
from tests.webhooks import listening

FALLEN = {"yes_price": 0.6, "no_price": 0.4, "best_bid": 0.6, "best_ask": 0.62}
"""100 USD bought at 0.81 are worth 74.07."""


def cycle(platform: Platform, hours: float, *markets: dict[str, Any]) -> dict[str, Any]:
    """A capture and what the portfolio made of it, as its page tells."""
    platform.capture(a_listing(*markets, hours=hours))
    ran = platform.run(["bold"])
    assert ran.success, ran.failure
    return ran.materialized["snapshots"]["bold"]


def halted(platform: Platform) -> dict[str, Any]:
    """Bought at noon, 2.6 % lower at one o'clock, with a limit of 2 %."""
    platform.portfolio("bold", balance=1_000, max_drawdown=0.02, max_positions=5)
    cycle(platform, 0, {})
    return cycle(platform, 1, FALLEN, {}, {})


def track(platform: Platform) -> EquityTrack:
    return load_standing(platform.database, "bold").account.equity_track


def entries(platform: Platform) -> list[tuple[str, str | None]]:
    return [(each["market_id"], each["reject_reason"]) for each in platform.rows("signals", "bold")]


def by_command(platform: Platform) -> None:
    assert main.run(["portfolio", "resume", "bold"]) == 0


def by_job(platform: Platform) -> None:
    assert fill_in(platform, "resume_portfolio", {"portfolio": "bold"}).success


def test_the_capture_that_halts_refuses_its_wishes_and_the_next_ones_wish_for_nothing(platform: Platform) -> None:
    page = halted(platform)
    assert entries(platform) == [("500", None), ("501", "risk_drawdown"), ("502", "risk_drawdown")]
    assert track(platform).halted_by is Halt.DRAWDOWN
    assert track(platform).halted_at == START + timedelta(hours=1)
    assert page["drawdown"] == pytest.approx(0.0259245)
    assert page["halted_by"] == "drawdown; `prescient portfolio resume bold` ends that"

    recovered = cycle(platform, 2, {}, {}, {})

    assert len(entries(platform)) == 3
    assert recovered["halted_by"].startswith("drawdown")
    assert verify(platform.database, platform.captures_folder, "bold").is_none


def test_it_is_told_once_by_alert_and_status_until_it_is_resumed(platform: Platform) -> None:
    with listening() as webhook:
        ticks = Ticks(platform, webhook.url)
        halted(platform)
        ticks.tick()
        ticks.tick()
        told, check = taken(platform)
        by_job(platform)
        ticks.tick()
    assert webhook.texts == [
        "Prescient, simulated: 1 new\nPROBLEM portfolio bold is halted since 2026-03-01 13:00 by its max_drawdown, "
        "974.08 USD after 1,000.00: it enters nothing until 'prescient portfolio resume bold'",
        "Prescient, simulated: 1 over\nOVER portfolio bold is resumed",
    ]
    assert [problem["kind"] for problem in told["problems"]] == ["portfolio_halted"]
    assert not check.passed


@pytest.mark.parametrize(
    ("resume", "by"), [(by_command, "prescient portfolio resume"), (by_job, "of resume_portfolio")]
)
def test_resumed_it_trades_on_and_counts_its_highest_anew(
    resume: Callable[[Platform], None], by: str, platform: Platform
) -> None:
    halted(platform)
    resume(platform)
    now = track(platform)
    assert (now.halted_at, now.high) == (None, now.last)
    assert now.last < 975

    cycle(platform, 2, FALLEN, {})

    assert entries(platform)[3:] == [("501", None)]
    assert track(platform).halted_at is None
    number = portfolios.get(platform.database, "bold").portfolio_id
    log = portfolio_log.entries(platform.database, number)
    assert [entry["what"] for entry in log] == ["resumed", "halted"]
    assert by in log[0]["by"]
    assert log[1]["by"].startswith("cycle on capture")
    assert verify(platform.database, platform.captures_folder, "bold").is_none


def test_a_second_fall_is_counted_from_the_new_high(platform: Platform) -> None:
    halted(platform)
    by_job(platform)
    lower = FALLEN | {"yes_price": 0.51, "no_price": 0.49, "best_bid": 0.45, "best_ask": 0.52}

    cycle(platform, 2, lower)  # 18.52 USD less than 974.07: not 2 %
    assert track(platform).halted_at is None
    cycle(platform, 3, lower | {"best_bid": 0.43})
    assert track(platform).halted_at == START + timedelta(hours=3)
