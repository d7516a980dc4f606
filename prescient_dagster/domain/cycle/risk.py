"""What bounds how much is at risk: exposure, the loss of a day, the drawdown. Unset, they bound nothing.

They gate entries alone, when these are traded: one is cut to what is left, or refused where that is less than the least
order. Equity is that of the capture, after the sales and before the entries. Exactly at a bound is allowed.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import ROUND_DOWN, Decimal

from prescient_dagster.domain import money
from prescient_dagster.domain.books.ledger import Position
from prescient_dagster.domain.cycle.limit import Circumstances, Entry, Limit
from prescient_dagster.domain.market import tags
from prescient_dagster.domain.strategy.rules import AT_MOST, Step
from prescient_dagster.domain.strategy.signals import RejectReason
from prescient_dagster.domain.strategy.sizing import LEAST_SIZE

RISK = "risk"
"""The part of the way from a listing to a trade on which these steps are: after the signal."""


class RiskLimit(Limit):
    """A limit that is asked when an entry is traded.

    Attributes:
        setting: that holds its bound.
    """

    setting: str

    @classmethod
    def is_set(cls, at: Circumstances) -> bool:
        """Whether there is a bound to keep."""
        return getattr(at.player.config, cls.setting) is not None

    @property
    def most(self) -> Decimal:
        """The bound."""
        return money.exact(getattr(self.config, self.setting))

    def room(self, entry: Entry) -> Decimal | None:
        """What the entry may spend, in USD; None: this does not bound it."""
        return None

    def spend(self, entry: Entry, amount: Decimal) -> None:
        """Take down what the entry has spent, in USD."""


@dataclass(frozen=True, slots=True)
class Stake:
    """What a position or an entry has cost, in USD, and what it counts for."""

    cost: Decimal
    event_id: str
    tags: frozenset[str]


class Exposure(RiskLimit):
    """What the open positions have cost is at most a part of the equity."""

    setting, reason = "max_exposure", RejectReason.RISK_EXPOSURE

    def __init__(self, at: Circumstances, left: Iterable[Position]) -> None:
        super().__init__(at, left)
        self.stakes = [Stake(each.cost, each.event_id, self._tags(each.tags, [each.market_id])) for each in left]

    def _tags(self, kept: str, markets: Iterable[str]) -> frozenset[str]:
        """The tags of a position or of markets, without case; listed ones as they are listed now."""
        capture = self.at.moment.capture
        rows = [capture.row_of[market_id] for market_id in markets if market_id in capture.row_of]
        texts = [capture.text("tags", row) for row in rows] or [kept]
        return frozenset(tags.folded(word) for text in texts for word in tags.split(text))

    def spend(self, entry: Entry, amount: Decimal) -> None:
        self.stakes.append(Stake(amount, entry.event_id, self._tags("", entry.markets)))

    def groups(self, entry: Entry) -> Iterator[tuple[str, Decimal]]:
        """What the entry counts for, and what is at stake there already, in USD."""
        yield "", sum((stake.cost for stake in self.stakes), money.ZERO)

    def _left(self, staked: Decimal) -> Decimal:
        return (self.most * self.at.equity - staked).quantize(money.MICRO, ROUND_DOWN)

    def room(self, entry: Entry) -> Decimal | None:
        return min((self._left(staked) for _, staked in self.groups(entry)), default=None)

    def of_one(self, entry: Entry) -> Iterator[Step]:
        fullest = max(self.groups(entry), key=lambda group: group[1], default=None)
        if fullest is not None:
            yield self._step(entry, *fullest)

    def _step(self, entry: Entry, name: str, staked: Decimal) -> Step:
        room = self._left(staked)
        spent = max(min(entry.amount, room), LEAST_SIZE)
        share = (staked + spent) / self.at.equity if self.at.equity > 0 else None
        told = f"{name}{staked:.2f} of {self.at.equity:.2f} USD are at stake, {max(room, money.ZERO):.2f} may be added"
        cut = f"; {entry.amount:.2f} is cut to that" if LEAST_SIZE <= room < entry.amount else ""
        bound = getattr(self.config, self.setting)
        return Step(self.setting, room >= LEAST_SIZE, AT_MOST, bound, share, part=RISK, note=told + cut)


class EventExposure(Exposure):
    """What the open positions in one event have cost is at most a part of the equity."""

    setting, reason = "max_exposure_per_event", RejectReason.RISK_EVENT

    def groups(self, entry: Entry) -> Iterator[tuple[str, Decimal]]:
        mine = (stake.cost for stake in self.stakes if stake.event_id == entry.event_id)
        yield f"event {entry.event_id}: ", sum(mine, money.ZERO)


class TagExposure(Exposure):
    """What the open positions with one tag have cost is at most a part of the equity; the fullest tag decides."""

    setting, reason = "max_exposure_per_tag", RejectReason.RISK_TAG

    def groups(self, entry: Entry) -> Iterator[tuple[str, Decimal]]:
        for tag in sorted(self._tags("", entry.markets)):
            yield f"tag {tag}: ", sum((stake.cost for stake in self.stakes if tag in stake.tags), money.ZERO)


class DailyLoss(RiskLimit):
    """Of what there was before the UTC day, at most a part is lost."""

    setting, reason = "max_daily_loss", RejectReason.RISK_DAILY_LOSS

    def of_all(self) -> Iterator[Step]:
        track, moment = self.at.account.equity_track, self.at.moment.at
        lost = track.daily_loss(self.at.equity, moment)
        note = f"{self.at.equity:.2f} USD now, {track.day_start(moment):.2f} before the day"
        yield Step(self.setting, lost <= self.most, AT_MOST, self.config.max_daily_loss, lost, part=RISK, note=note)


class Drawdown(RiskLimit):
    """From its highest equity it has fallen by at most a part; the snapshot of who fell further halts it."""

    setting, reason = "max_drawdown", RejectReason.RISK_DRAWDOWN

    def of_all(self) -> Iterator[Step]:
        track = self.at.account.equity_track
        fallen = track.drawdown(self.at.equity)
        note = f"{self.at.equity:.2f} USD now, {track.high:.2f} at its highest"
        bound = self.config.max_drawdown
        yield Step(self.setting, fallen <= self.most, AT_MOST, bound, fallen, part=RISK, note=note)


RISKS: tuple[type[RiskLimit], ...] = (Drawdown, DailyLoss, Exposure, EventExposure, TagExposure)
"""In this order: the first that refuses is the reason."""
