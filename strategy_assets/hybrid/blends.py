"""Blends: what several strategies say of the same markets, weighed into one score per market.

score = Σ weight × confidence × (+1 YES, -1 NO) / Σ weights. A member that says nothing of a market still has its weight
in the sum: a blend is strong where many agree, and opposite views cancel.
"""

import dataclasses
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from typing import overload

import numpy as np

from prescient_dagster.domain.market.markets import Floats, Mask, Rows
from prescient_dagster.domain.market.sides import Side
from prescient_dagster.domain.strategy.rules import Rule, above, at_least, passing
from prescient_dagster.domain.strategy.signals import Signal, ranked
from prescient_dagster.domain.strategy.strategies import Entries, View


@dataclass(frozen=True)
class Vote:
    """What one strategy says of the candidates of a view.

    Attributes:
        signed: its confidence per candidate, positive for YES, negative for NO, 0 where it says nothing.
    """

    name: str
    weight: float
    signed: Floats


def vote(name: str, weight: float, wishes: Sequence[Signal], view: View) -> Vote:
    """The vote of a strategy that wishes for these signals, on the candidates of `view`; others are left out."""
    rows, confidence = _signed(wishes, view)
    places = np.minimum(np.searchsorted(view.rows, rows), max(len(view.rows) - 1, 0))
    known = view.rows[places] == rows if len(view.rows) else np.zeros(len(rows), dtype=bool)
    signed = np.zeros(len(view.rows))
    signed[places[known]] = confidence[known]
    return Vote(name, weight, signed)


def _signed(wishes: Sequence[Signal], view: View) -> tuple[Rows, Floats]:
    if isinstance(wishes, Entries):
        return wishes.view.rows[wishes.candidates], np.where(wishes.yes, wishes.confidence, -wishes.confidence)
    rows = np.array([view.capture.row_of[wish.market_id] for wish in wishes], dtype=np.intp)
    signs = [1 if wish.action.side is Side.YES else -1 for wish in wishes]
    return rows, np.array([float(wish.confidence) * sign for wish, sign in zip(wishes, signs, strict=True)])


@dataclass(frozen=True)
class Blend:
    """The votes of all members on the same candidates."""

    votes: tuple[Vote, ...]
    candidates: int

    @cached_property
    def score(self) -> Floats:
        """Per candidate, positive for YES and negative for NO, rounded to 6 decimals like any confidence."""
        weights = sum(vote.weight for vote in self.votes)
        total = sum((vote.weight * vote.signed for vote in self.votes), np.zeros(self.candidates))
        return np.round(total / weights, 6) if weights else total

    @cached_property
    def agreement(self) -> Rows:
        """Per candidate how many members point where the score points."""
        agreeing: Rows = np.zeros(self.candidates, dtype=np.intp)
        for vote in self.votes:
            agreeing += (vote.signed * self.score) > 0
        return agreeing

    def chosen(self, least_score: float, least_agreement: int) -> Mask:
        """The candidates to act on."""
        return passing(self.rules(least_score, least_agreement), self.candidates)

    def rules(self, least_score: float, least_agreement: int) -> Iterator[Rule]:
        """What a candidate has to pass to be acted on."""
        strength = np.abs(self.score)
        yield above("score", 0, strength)
        yield at_least("min_confidence", least_score, strength)
        yield at_least("min_agreement", least_agreement, self.agreement.astype(np.float64))

    def contributions(self, candidate: int) -> str:
        """Who says what of a candidate, for the reason of its signal."""
        told = [
            f"{vote.name} {vote.signed[candidate]:+g} with weight {vote.weight:g}"
            for vote in self.votes
            if vote.signed[candidate]
        ]
        return f"score {self.score[candidate]:+g} from {', '.join(told)}"


@dataclass(frozen=True, eq=False)
class EntriesAndBundles(Entries):
    """Ranked entries with bundles among them, each at its place in the rank.

    Attributes:
        bundles: the legs of each bundle, the strongest bundle first.
        places: before which of the entries each bundle stands.
    """

    bundles: tuple[tuple[Signal, ...], ...]
    places: tuple[int, ...]

    def __len__(self) -> int:
        return super().__len__() + sum(len(legs) for legs in self.bundles)

    @overload
    def __getitem__(self, index: int) -> Signal: ...
    @overload
    def __getitem__(self, index: slice) -> list[Signal]: ...
    def __getitem__(self, index: int | slice) -> Signal | list[Signal]:
        return list(self)[index]

    def __iter__(self) -> Iterator[Signal]:
        done = 0
        for legs, place in zip(self.bundles, self.places, strict=True):
            yield from (super(EntriesAndBundles, self).__getitem__(entry) for entry in range(done, place))
            yield from legs
            done = place
        yield from (super(EntriesAndBundles, self).__getitem__(entry) for entry in range(done, super().__len__()))


def beside(entries: Entries, legs: Iterable[Signal]) -> Entries:
    """The entries with the bundles that these legs make among them; only what is looked at becomes a signal."""
    bundles = tuple(tuple(bundle) for _, bundle in groupby(ranked(legs), key=lambda leg: leg.slot))
    if not bundles:
        return entries
    places = tuple(_place(bundle[0], entries) for bundle in bundles)
    fields = {field.name: getattr(entries, field.name) for field in dataclasses.fields(Entries)}
    return EntriesAndBundles(**fields, bundles=bundles, places=places)


def _place(leg: Signal, entries: Entries) -> int:
    """How many of the entries rank before a leg."""
    liquidity, ids = entries.view.liquidity[entries.candidates], entries.view.capture.texts["market_id"]
    level = entries.confidence == float(leg.confidence)
    before = (entries.confidence > float(leg.confidence)) | (level & (liquidity > float(leg.liquidity)))
    ties = entries.view.rows[entries.candidates[level & (liquidity == float(leg.liquidity))]]
    return int(np.count_nonzero(before)) + sum(1 for row in ties if ids[row] < leg.market_id)
