"""Hybrid: a weighted blend of other strategies.

Every member looks at the market in its own way; where they agree the blend is strong, where they disagree they cancel.
What a member buys in bundles is bought as a bundle.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Annotated, Any

import numpy as np
from pydantic import Field, field_validator

from prescient_dagster.domain import money
from prescient_dagster.domain.market.markets import Capture
from prescient_dagster.domain.past.explanation import strategy_steps
from prescient_dagster.domain.strategy.candidates import Selection
from prescient_dagster.domain.strategy.configs import DirectionalConfig, StrategyConfig, setting, validated
from prescient_dagster.domain.strategy.rules import Step, steps_of
from prescient_dagster.domain.strategy.signals import Signal
from prescient_dagster.domain.strategy.sizing import SizedConfig
from prescient_dagster.domain.strategy.strategies import Entries, Strategy, View
from strategy_assets.hybrid import blends
from strategy_assets.hybrid.blends import Blend
from strategy_assets.hybrid.members import NAME, member_strategy, require_sound

OF_THE_BLEND = {"exclude_unsettled": False}
"""What the blend's own setting says for all members."""
BACKS = {"momentum": "favourite", "mean_reversion": "underdog"}
"""Members that always take the same side; the others may take either."""

Weight = Annotated[float, Field(ge=0, le=1_000_000)]
MinScore = Annotated[float | None, setting("least |score| to act on", "USD per share", ge=0, le=1)]


class HybridConfig(DirectionalConfig):
    """Settings of the hybrid strategy. Its filters narrow those of every member; caps, size and exits are its own."""

    min_confidence: MinScore = 0.10
    weights: Annotated[
        dict[str, Weight], setting("how much each strategy counts, by its name; 0 leaves it out", "parts")
    ] = Field(default={"momentum": 1.0, "mean_reversion": 1.0})
    configs: Annotated[
        dict[str, dict[str, Any]], setting("settings of members by strategy, over their defaults", "settings")
    ] = Field(default={})
    min_agreement: Annotated[
        int, setting("least number of members that point the same way", "members", ge=1, le=100)
    ] = 1

    @field_validator("weights")
    @classmethod
    def _known(cls, weights: dict[str, float]) -> dict[str, float]:
        require_sound({name: {} for name in weights})
        return weights

    @field_validator("configs")
    @classmethod
    def _sound(cls, configs: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
        require_sound(configs)
        return configs

    def least_margin(self) -> Decimal | None:
        margins = [member.config.least_margin() for member in members(self)]
        return min((margin for margin in margins if margin is not None), default=None)

    def impossible(self) -> Iterator[str]:
        yield from super().impossible()
        blended = members(self)
        faults = [f"{member.name}: {fault}" for member in blended for fault in member.config.impossible()]
        if not blended:
            yield "weights has no positive weight"
        elif self.min_agreement > len(blended):
            yield f"{self.named('min_agreement')} is more than the number of members, {len(blended)}"
        elif len({fault.partition(":")[0] for fault in faults}) == len(blended):
            yield f"no member can trade under these filters: {'; '.join(faults)}"
        elif all(member.is_directional for member in blended):
            yield from self._out_of_reach(blended)

    def _out_of_reach(self, blended: list["Member"]) -> Iterator[str]:
        most = best_score(blended)
        if self.min_confidence is not None and most is not None and money.exact(self.min_confidence) > most:
            told = ", ".join(f"{member.name} {member.config.highest_confidence():f}" for member in blended)
            yield (
                f"{self.named('min_confidence')} is more than {money.usd(most).normalize():f}, the best score of the "
                f"members: their confidence reaches {told}, weighed by weights{self.by_default('weights')}"
            )

    def doubtful(self) -> Iterator[str]:
        yield from super().doubtful()
        blended = members(self)
        most = max(sum(member.may_back(side) for member in blended) for side in BACKS.values())
        if most < self.min_agreement <= len(blended):
            yield f"{self.named('min_agreement')} is never reached: at most {most} of the members can take one side"
        if idle := sorted(set(self.configs) - {member.name for member in blended}):
            yield f"configs of {', '.join(idle)} change nothing: there is no weight for them"


@dataclass(frozen=True)
class Member:
    """A strategy in the blend: its settings, narrowed by the blend's filters, and its weight."""

    strategy: Strategy[Any]
    config: StrategyConfig
    weight: float

    @property
    def name(self) -> str:
        return self.strategy.name

    @property
    def is_directional(self) -> bool:
        """Whether it takes sides of single markets; the others buy bundles."""
        return self.config.least_margin() is None

    def asks_for_history(self, view: View) -> bool:
        """Whether it decides by prices of before."""
        known, nobody = self.strategy.known, replace(view, rows=view.rows[:0])
        return known is not None and known(nobody, self.config) is not None

    def may_back(self, side: str) -> bool:
        """Whether it can take this side, `favourite` or `underdog`."""
        return self.is_directional and BACKS.get(self.name, side) == side


def members(config: HybridConfig) -> list[Member]:
    """The strategies with a positive weight, in the order of their names."""
    blended = []
    for name in sorted(name for name, weight in config.weights.items() if weight > 0):
        strategy = member_strategy(name)
        settings = validated(strategy.config, OF_THE_BLEND, config.configs.get(name, {}))
        blended.append(Member(strategy, _narrowed(settings, config), config.weights[name]))
    return blended


def _narrowed(settings: StrategyConfig, config: HybridConfig) -> StrategyConfig:
    """A member's settings with the stricter one of each filter, and the blend's size."""
    update: dict[str, Any] = {name: getattr(config, name) for name in SizedConfig.model_fields}
    for name, bound in config.bounds():
        if name in type(settings).model_fields:
            stricter = max if "_min_" in name else min
            own = getattr(settings, name)
            update[name] = bound if own is None else stricter(own, bound)
    return settings.model_copy(update=update).passed_also(config)


def best_score(blended: list[Member]) -> Decimal | None:
    """The best case of these members: all that can take the same side do, with the most confidence they can have.

    None where nobody can tell beforehand how confident a member can be.
    """
    reach = {"favourite": money.ZERO, "underdog": money.ZERO}
    for member in blended:
        most = member.config.highest_confidence()
        if most is None:
            return None
        for side in reach:
            reach[side] += most * money.exact(member.weight) * member.may_back(side)
    return max(reach.values()) / sum(money.exact(member.weight) for member in blended)


def select(capture: Capture, config: HybridConfig) -> Selection:
    """The candidates of any member. The funnel has every member's own, its filters named `member.filter`."""
    wanted = np.zeros(len(capture.columns["tradable"]), dtype=bool)
    funnel, notes = list[tuple[str, int]](), list[str]()
    for member in members(config):
        selection = member.strategy.select(capture, member.config)
        wanted[selection.rows] = True
        funnel += [(f"{member.name}.{name}", removed) for name, removed in selection.funnel]
        notes += selection.notes
    return Selection(np.flatnonzero(wanted), tuple(funnel), tuple(dict.fromkeys(notes)))


def informed(selection: Selection, view: View, config: HybridConfig) -> Selection:
    """The candidates less those of whose past no member knows enough; the funnel has what each member does not know."""
    blended = members(config)
    if not any(member.asks_for_history(view) for member in blended):
        return selection
    wanted, funnel = np.zeros(len(view.capture.columns["tradable"]), dtype=bool), list(selection.funnel)
    for member in blended:
        seen = _seen_by(member, view)
        left = member.strategy.with_history(Selection(seen.rows, ()), seen, member.config)
        wanted[left.rows] = True
        funnel += [(f"{member.name}.{name}", removed) for name, removed in left.funnel]
    return Selection(np.flatnonzero(wanted), tuple(funnel), selection.notes)


def decide(view: View, config: HybridConfig) -> Entries:
    """Buy where |score| ≥ `min_confidence` and `min_agreement` members agree, and every bundle that a member buys."""
    blend, bundles = _asked(view, config)
    entries = view.entries(
        chosen=blend.chosen(config.min_confidence or 0, config.min_agreement),
        yes=blend.score > 0,
        amount=config.trade_amount,
        confidence=np.abs(blend.score),
        reason=blend.contributions,
    )
    return blends.beside(entries, bundles)


def _asked(view: View, config: HybridConfig) -> tuple[Blend, list[Signal]]:
    """What all members say: their votes on the candidates, and the bundles they would buy."""
    bundles: list[Signal] = []
    votes = []
    for member in members(config):
        wishes = member.strategy.decide(_seen_by(member, view), member.config)
        if member.is_directional:
            votes.append(blends.vote(member.name, member.weight, wishes, view))
        else:
            bundles += [wish for wish in wishes if wish.bundle is not None]
    return Blend(tuple(votes), len(view.rows)), bundles


def _seen_by(member: Member, view: View) -> View:
    candidates = member.strategy.select(view.capture, member.config).rows
    return replace(view, rows=np.intersect1d(candidates, view.rows, assume_unique=True))


def steps(view: View, config: HybridConfig, row: int) -> Iterator[Step]:
    """What a market makes of every member's filters and rules, and what the members say together."""
    refused = []
    for member in members(config):
        told = strategy_steps(member.strategy, _seen_by(member, view), member.config, row)
        yield from (replace(step, part=_part(member, step), decides=False) for step in told)
        refused += [f"{member.name}: {step.rule}" for step in told if step.decides and not step.passed][:1]
    candidate, why = row in view.rows, "; ".join(refused)
    yield Step("candidate of a member", candidate, note="" if candidate else why)
    if candidate:
        yield from _blend_steps(view, config, row, why)


def _part(member: Member, step: Step) -> str:
    return f"{member.name}, {step.part}" if step.part else member.name


def _blend_steps(view: View, config: HybridConfig, row: int, refused: str) -> Iterator[Step]:
    blend, bundles = _asked(view, config)
    bundled = any(view.capture.row_of[wish.market_id] == row for wish in bundles)
    place = int(np.searchsorted(view.rows, row))
    note = blend.contributions(place) if any(vote.signed[place] for vote in blend.votes) else refused
    for step in steps_of(blend.rules(config.min_confidence or 0, config.min_agreement), place):
        yield replace(step, decides=not bundled, note=note if step.rule == "score" else "")
    if bundled:
        yield Step("in a bundle of a member", True)


STRATEGY = Strategy(
    name=NAME,
    title="Hybrid",
    description="Blends other strategies by weight: buys where they agree, stays away where they contradict.",
    config=HybridConfig,
    decide=decide,
    select=select,
    informed=informed,
    steps=steps,
)
