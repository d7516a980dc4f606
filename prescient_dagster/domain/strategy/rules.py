"""Rules: one condition on many markets at once, and what a single market makes of it.

Filters are rules, and so is what most strategies decide by. Who decides by rules can be asked why: every one of them
has a name, a threshold and each market's value, and a market is taken where it passes them all.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import numpy as np

from prescient_dagster.domain.market.markets import Floats, Mask, Rows

AT_LEAST, ABOVE, AT_MOST, BELOW, IS = "≥", ">", "≤", "<", "="

Value = float | int | str | Decimal | datetime | None
"""A number, a word or a moment; None: there is no such value."""


@dataclass(frozen=True, slots=True, eq=False)
class Words:
    """A text per market, of a few different ones: their numbers, and what those stand for."""

    numbers: Rows
    texts: np.ndarray[Any, Any]

    def __getitem__(self, place: int) -> str:
        return str(self.texts[self.numbers[place]])


@dataclass(frozen=True, slots=True, eq=False)
class Moments:
    """A time per market, UTC; NaT where there is none."""

    times: np.ndarray[Any, Any]

    def __getitem__(self, place: int) -> datetime | None:
        found = self.times[place]
        return None if np.isnat(found) else found.astype("datetime64[us]").item().replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True, eq=False)
class Rule:
    """A condition on many markets.

    Attributes:
        name: the setting that holds the threshold, or what is compared.
        comparison: how a value has to stand to the threshold: ≥, >, ≤ or <, or what it has to have of it.
        values: what is compared, per market; NaN where a market has no such value.
        passes: the markets that pass.
        note: what the numbers do not tell.
    """

    name: str
    comparison: str
    threshold: Value
    values: Floats | Words | Moments
    passes: Mask
    note: str = ""


def at_least(name: str, threshold: float, values: Floats) -> Rule:
    """Passed by values of the threshold or more."""
    return Rule(name, AT_LEAST, threshold, values, values >= threshold)


def at_most(name: str, threshold: float, values: Floats) -> Rule:
    """Passed by values of the threshold or less."""
    return Rule(name, AT_MOST, threshold, values, values <= threshold)


def above(name: str, threshold: float, values: Floats) -> Rule:
    """Passed by values of more than the threshold."""
    return Rule(name, ABOVE, threshold, values, values > threshold)


def passing(rules: Iterable[Rule], markets: int) -> Mask:
    """Which of so many markets pass all of the rules."""
    passing = np.ones(markets, dtype=bool)
    for rule in rules:
        passing &= rule.passes
    return passing


@dataclass(frozen=True, slots=True)
class Step:
    """What one market makes of one rule, on its way from a listing to a trade.

    Attributes:
        rule: its name.
        passed: of an exit rule, whether it applies.
        comparison: how the value has to stand to the threshold.
        decides: whether not passing is a refusal; a step on one of several ways to pass only tells.
        part: which part of the way it belongs to.
        note: what the numbers do not tell.
    """

    rule: str
    passed: bool
    comparison: str = ""
    threshold: Value = None
    value: Value = None
    decides: bool = True
    part: str = ""
    note: str = ""


def steps_of(rules: Iterable[Rule], place: int) -> list[Step]:
    """What the market at this place of the rules' arrays makes of them."""
    return [
        Step(rule.name, bool(rule.passes[place]), rule.comparison, rule.threshold, _value(rule, place), note=rule.note)
        for rule in rules
    ]


def _value(rule: Rule, place: int) -> Value:
    value = rule.values[place]
    return value if value is None or isinstance(value, str | datetime) else number(value)


def number(value: float) -> float | None:
    """A number of an array, None for NaN."""
    return None if np.isnan(value) else float(value)
