"""What sizes and limits compare equity with: what it was at the last snapshot, before the day, and at its highest.

It changes with every snapshot, in the order of the captures, so that a replay comes to the same.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from prescient_dagster.domain import money


class Halt(StrEnum):
    """What has halted a portfolio."""

    DRAWDOWN = "drawdown"
    BY_HAND = "by_hand"


@dataclass(frozen=True, slots=True)
class EquityTrack:
    """The equity of a portfolio so far, in USD.

    Attributes:
        last: at the last snapshot; before the first one the initial balance.
        at: `captured_at` of that snapshot; None: there was none.
        before_day: at the last snapshot before the UTC day of `at`.
        high: the highest since it began, or since it was last resumed after a halt.
        halted_at: since when it enters nothing, until somebody resumes it; None: it is not halted.
    """

    last: Decimal
    before_day: Decimal
    high: Decimal
    at: datetime | None = None
    halted_at: datetime | None = None
    halted_by: Halt | None = None

    def valued(self, equity: Decimal, at: datetime) -> "EquityTrack":
        """After one more snapshot."""
        return replace(self, last=equity, at=at, before_day=self.day_start(at), high=max(self.high, equity))

    def day_start(self, at: datetime) -> Decimal:
        """The equity at the last snapshot before the UTC day of a moment."""
        return self.before_day if self.at is not None and self.at.date() == at.date() else self.last

    def drawdown(self, equity: Decimal) -> Decimal:
        """By which part of the highest an equity is below it; 0 where it is not."""
        return fallen(equity, max(self.high, equity))

    def daily_loss(self, equity: Decimal, at: datetime) -> Decimal:
        """Which part of what there was before the UTC day of a moment is lost; 0 where nothing is."""
        return fallen(equity, self.day_start(at))

    def judged(self, max_drawdown: float | None) -> "EquityTrack":
        """Halted, where the last snapshot is further below the highest than this part of it; None: it may be."""
        if max_drawdown is None or self.halted_at is not None or self.drawdown(self.last) <= money.exact(max_drawdown):
            return self
        return self.halted(self.at, Halt.DRAWDOWN)

    def halted(self, at: datetime | None, by: Halt) -> "EquityTrack":
        """Halted from this moment on; who is halted already stays so since then."""
        return self if self.halted_at is not None else replace(self, halted_at=at, halted_by=by)

    def resumed(self) -> "EquityTrack":
        """No longer halted: the highest is counted anew, from what there is. Who is not halted stays as it is."""
        return self if self.halted_at is None else replace(self, halted_at=None, halted_by=None, high=self.last)

    def halted_as(self, noted: "EquityTrack | None") -> "EquityTrack":
        """Halted or not as a cycle noted it: when people halt and resume a portfolio, no capture tells."""
        if noted is None:
            return self
        return replace(self, high=noted.high, halted_at=noted.halted_at, halted_by=noted.halted_by)

    def document(self) -> dict[str, Any]:
        """As JSON values, as a cycle keeps what it found."""
        values = {"last": self.last, "before_day": self.before_day, "high": self.high}
        moments = {"at": self.at, "halted_at": self.halted_at}
        return {
            **{name: str(amount) for name, amount in values.items()},
            **{name: None if moment is None else moment.isoformat() for name, moment in moments.items()},
            "halted_by": self.halted_by,
        }


def begun(initial_balance: Decimal) -> EquityTrack:
    """Of a portfolio that has nothing but its cash."""
    return EquityTrack(initial_balance, initial_balance, initial_balance)


def of_document(kept: Mapping[str, Any]) -> EquityTrack:
    """What `document` told."""
    last, before_day, high = (Decimal(kept[name]) for name in ("last", "before_day", "high"))
    at, halted_at = (kept[name] and datetime.fromisoformat(kept[name]) for name in ("at", "halted_at"))
    return EquityTrack(last, before_day, high, at, halted_at, kept["halted_by"] and Halt(kept["halted_by"]))


def fallen(equity: Decimal, since: Decimal) -> Decimal:
    """Which part of an equity is lost; 0 where nothing is, or where there was nothing to lose."""
    return max((since - equity) / since, money.ZERO) if since > 0 else money.ZERO
