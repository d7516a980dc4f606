"""What comes later changes no decision of before, whatever strategies look at: prices of before, our own and those that
the venue told afterwards, forecasts, sizes and limits."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from random import Random
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from prescient_dagster.catalog import load_strategy
from prescient_dagster.domain.books.ledger import opened
from prescient_dagster.domain.cycle import engine
from prescient_dagster.domain.cycle.engine import Selections
from prescient_dagster.domain.cycle.orders import Outcome
from prescient_dagster.domain.cycle.players import Moment, Player
from prescient_dagster.domain.market.forecasts import Forecast, Forecasts
from prescient_dagster.domain.market.history import PriceHistory, microseconds
from prescient_dagster.domain.market.markets import Capture, Floats, Rows
from tests.builders import NOON, D, a_capture, a_config, a_market
from tests.pasts import Remembered

HOUR = timedelta(hours=1)
MARKETS = [str(number) for number in range(1, 7)]
CAPTURES = 14
ALL_IN = dict.fromkeys(
    [f"{of}_min_{what}" for of in ("event", "market") for what in ("liquidity", "volume", "volume_24hr")]
)
BAND = {"market_min_conviction": None, "market_max_conviction": 0.99}
DAYS = {"event_min_days_until_end": None, "event_max_days_until_end": None}
RISE = ALL_IN | BAND | DAYS | {"min_confidence": None, "min_rise": 0.01}
STRETCH = ALL_IN | BAND | {"min_confidence": None, "min_z_score": 0.3, "min_points": 2}
LIMITS = {"max_exposure": 0.5, "max_exposure_per_event": 0.2, "max_daily_loss": 0.2, "max_drawdown": 0.25}
CONFIGS: dict[str, tuple[str, dict[str, Any]]] = {
    "momentum within a day": ("momentum", RISE | {"lookback_hours": 5}),
    "momentum beyond a day": ("momentum", RISE | {"lookback_hours": 30, "sizing": "equity", "trade_fraction": 0.1}),
    "mean reversion": ("mean_reversion", STRETCH | {"lookback_hours": 60}),
    "forecasts": ("forecasts", ALL_IN | {"sizing": "kelly", "min_edge": 0.01, "max_age_hours": 40}),
    "a blend": (
        "hybrid",
        ALL_IN
        | {
            "min_confidence": None,
            "configs": {"momentum": RISE | {"lookback_hours": 30}, "mean_reversion": STRETCH | {"lookback_hours": 60}},
        },
    ),
}


@dataclass(frozen=True)
class Answers:
    """An hourly price that the venue told afterwards."""

    at: int
    market_id: str
    price: float


class TalkativePast(Remembered):
    """Captures in memory, and what the venue told."""

    def __init__(self, captures: Sequence[Capture], marks: Sequence[Answers]) -> None:
        super().__init__(*captures)
        self._marks = sorted(marks, key=lambda mark: mark.at)

    def told(self, capture: Capture, rows: Rows, since: int, until: int) -> Floats:
        newest = {mark.market_id: mark.price for mark in self._marks if since <= mark.at <= until}
        return np.array([newest.get(capture.texts["market_id"][row], np.nan) for row in rows])


@dataclass(frozen=True)
class Everything:
    """All that there ever is to know."""

    captures: Sequence[Capture]
    marks: Sequence[Answers]
    forecasts: Sequence[Forecast]

    def until(self, number: int) -> "Everything":
        """What there was when a capture was taken."""
        at = self.captures[number].captured_at
        return Everything(
            self.captures[: number + 1],
            [mark for mark in self.marks if mark.at <= microseconds(at)],
            [
                each
                for each in self.forecasts
                if each.made_at <= at and each.read_after is not None and each.read_after < at
            ],
        )


def everything(dice: Random) -> Everything:
    hours = sorted(dice.sample(range(-96, 30), CAPTURES))
    captures = [
        a_capture(
            *(
                a_market(each, dice.randint(30, 970) / 1000, event_id=f"e{int(each) // 3}", tags="a|b")
                for each in MARKETS
                if dice.random() < 0.9
            ),
            at=NOON + hour * HOUR,
            capture_id=number + 1,
        )
        for number, hour in enumerate(hours)
    ]
    marks = [
        Answers(microseconds(NOON + (hour + dice.random()) * HOUR), each, dice.randint(30, 970) / 1000)
        for each in MARKETS
        for hour in range(-160, 30, 3)
    ]
    forecasts = [
        Forecast(
            dice.choice("xy"),
            dice.choice(MARKETS),
            "",
            dice.randint(0, 1000) / 1000,
            NOON + dice.randint(-100, 40) * HOUR,
            NOON + (hour - 1) * HOUR,
        )
        for hour in hours
        for _ in range(2)
    ]
    return Everything(captures, marks, forecasts)


def decided(known: Everything, strategy: str, config: dict[str, Any]) -> list[tuple[Outcome, ...]]:
    """What became of every signal, capture by capture, for who can look all this up."""
    found = load_strategy(strategy)
    player, account, life = Player(found, a_config(found.config, **config), D(1_000)), opened(D(1_000)), []
    past, forecasts = TalkativePast(known.captures, known.marks), Forecasts(lambda: known.forecasts)
    for capture in known.captures:
        moment = Moment(capture, history=PriceHistory(past), forecasts=forecasts)
        act = engine.act(engine.decide(player, account, moment, Selections()), account, moment, {})
        account = act.account
        life.append(act.outcomes)
    return life


@pytest.mark.parametrize("name", CONFIGS)
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(seed=st.integers(0, 2**32))
def test_cutting_the_future_off_changes_no_decision_of_before(name: str, seed: int) -> None:
    strategy, config = CONFIGS[name]
    known, config = everything(Random(seed)), config | LIMITS | {"stop_loss": 0.2, "fill_model": "touch"}
    whole = decided(known, strategy, config)
    for number in (3, 7, CAPTURES - 2):
        assert decided(known.until(number), strategy, config) == whole[: number + 1]


@pytest.mark.parametrize("name", CONFIGS)
def test_there_are_decisions_to_be_changed(name: str) -> None:
    """A property of what never happens would prove nothing."""
    strategy, config = CONFIGS[name]
    assert any(outcome.trade for outcomes in decided(everything(Random(1)), strategy, config) for outcome in outcomes)
