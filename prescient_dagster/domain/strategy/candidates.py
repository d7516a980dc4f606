"""The shared filters: which markets of a capture a portfolio looks at, and what each filter removed.

A market qualifies if its event passed the `event_*` filters and it passed the `market_*` filters. Bounds are inclusive,
a missing number counts as 0 for a minimum and passes no maximum, a missing end date fails any day bound, an unset
bound is no bound.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from prescient_dagster.domain.market.markets import Capture, Floats, Mask, Rows
from prescient_dagster.domain.strategy.configs import StrategyConfig
from prescient_dagster.domain.strategy.rules import Rule, at_least, at_most
from prescient_dagster.domain.strategy.subject_filters import subject_rules

MICROSECONDS_PER_DAY = 86_400_000_000

COLUMN_OF = {
    "event_liquidity": "event_liquidity",
    "event_volume": "event_volume",
    "event_volume_24hr": "event_volume_24hr",
    "market_liquidity": "liquidity",
    "market_volume": "volume",
    "market_volume_24hr": "volume_24hr",
    "market_conviction": "conviction",
}
"""The column each numeric filter compares; the filter's name is `event_min_volume` for the noun `event_volume`."""


@dataclass(frozen=True)
class Selection:
    """The candidates of one config on one capture.

    Attributes:
        rows: row numbers in `capture.markets`, ascending.
        funnel: for every filter in order, how many of the markets that came to it were removed by it.
        notes: what that does not tell, a sentence each.
    """

    rows: Rows
    funnel: tuple[tuple[str, int], ...]
    notes: tuple[str, ...] = ()

    def less(self, name: str, passing: Mask) -> "Selection":
        """Those of the candidates that pass one filter more."""
        funnel = (*self.funnel, (name, int(len(passing) - passing.sum())))
        rows = self.rows if passing.all() else self.rows[passing]  # the same object keeps what was looked up of it
        return Selection(rows, funnel, self.notes)


def select(capture: Capture, config: StrategyConfig) -> Selection:
    """The tradable markets that pass the config's event and market filters."""
    passing = capture.columns["tradable"].copy()
    funnel = [("tradable", int(len(passing) - passing.sum()))]
    notes: list[str] = []
    for rule in filters(capture, config):
        before = int(passing.sum())
        passing &= rule.passes
        funnel.append((rule.name, before - int(passing.sum())))
        notes += [f"{rule.name}: {rule.note}"] if rule.note else []
    return Selection(np.flatnonzero(passing), tuple(funnel), tuple(notes))


def filters(capture: Capture, config: StrategyConfig) -> Iterator[Rule]:
    """Every filter the config sets, as a rule for all markets of the capture."""
    for name, bound in config.bounds():
        noun, is_minimum = name.replace("_min_", "_").replace("_max_", "_"), "_min_" in name
        rule = at_least if is_minimum else at_most
        yield rule(name, bound, filter_values(capture, noun, is_minimum=is_minimum))
    yield from subject_rules(capture, config)


def filter_values(capture: Capture, noun: str, *, is_minimum: bool) -> Floats:
    """What a filter compares, per market: USD, a conviction, or days from the capture to the event's end."""
    if noun == "event_days_until_end":
        return days_until_end(capture)
    values: Floats = capture.columns[COLUMN_OF[noun]]
    return np.nan_to_num(values, nan=0.0) if is_minimum else values


def days_until_end(capture: Capture) -> Floats:
    """Days from `captured_at` to the event's end, fractional; NaN where the venue names no end."""
    ends = capture.columns["event_end_date"]
    now = np.datetime64(capture.captured_at.replace(tzinfo=None), "us")
    days = (ends - now).astype("int64") / MICROSECONDS_PER_DAY
    return np.where(np.isnat(ends), np.nan, days)
