"""What to tell of portfolios: fills, settlements, halts, and a summary of the day. Each once, in one message."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum

from prescient_dagster.domain.watch.alerts import text_of
from prescient_dagster.domain.watch.channels import Channel

PATIENCE = timedelta(minutes=20)
"""A number that was left out is waited for so long: a transaction that took it may end late, or never."""
MOST_GAPS = 10_000


class NoticeKind(StrEnum):
    """What a notice is about."""

    FILL = "fill"
    SETTLEMENT = "settlement"
    HALT = "halt"
    DAY = "day"


@dataclass(frozen=True, slots=True)
class Notice:
    """One thing that happened to a portfolio. `text` may hold what a venue wrote."""

    kind: NoticeKind
    portfolio: str
    text: str


@dataclass(frozen=True, slots=True)
class Read:
    """How far a table has been read by its numbers: up to `last`, without the gaps that may still be filled."""

    last: int = 0
    gaps: Mapping[int, datetime] = field(default_factory=dict)

    def after(self, numbers: Iterable[int], at: datetime) -> "Read":
        """The same once these numbers have been read; gaps that nobody filled in time are given up."""
        seen = set(numbers)
        last = max(seen, default=self.last)
        new = set(range(max(self.last + 1, last - MOST_GAPS), last + 1)) - seen
        kept = {number: since for number, since in self.gaps.items() if number not in seen and at - since < PATIENCE}
        return Read(max(last, self.last), {**kept, **dict.fromkeys(sorted(new), at)})


@dataclass(frozen=True, slots=True)
class Cursor:
    """What has been told: of trades, of the log of portfolios, and up to which day."""

    trades: Read
    log: Read
    day: date

    def dumps(self) -> str:
        """As a sensor's cursor keeps it."""
        read = {name: _dumped(getattr(self, name)) for name in ("trades", "log")}
        return json.dumps({**read, "day": self.day.isoformat()})

    @classmethod
    def loads(cls, cursor: str) -> "Cursor":
        """What `dumps` wrote; `ValueError` for anything else."""
        try:
            kept = json.loads(cursor)
            return cls(_loaded(kept["trades"]), _loaded(kept["log"]), date.fromisoformat(kept["day"]))
        except (TypeError, KeyError, AttributeError) as error:
            raise ValueError(f"no cursor of notices: {cursor[:80]}") from error


def _dumped(read: Read) -> dict[str, object]:
    return {"last": read.last, "gaps": {str(number): at.isoformat() for number, at in read.gaps.items()}}


def _loaded(kept: Mapping[str, object]) -> Read:
    gaps = kept["gaps"]
    assert isinstance(gaps, Mapping)
    return Read(int(str(kept["last"])), {int(number): datetime.fromisoformat(at) for number, at in gaps.items()})


def for_channel(notices: Iterable[Notice], channel: Channel) -> list[Notice]:
    """Those that the channel is told of."""
    return [each for each in notices if channel.portfolio in (None, each.portfolio)]


def message(notices: Sequence[Notice], source: str) -> tuple[str, str]:
    """Title and text for a channel: one line for each, as many as fit, with nothing in them that calls or links."""
    title = f"{source}: {len(notices)} {'thing' if len(notices) == 1 else 'things'} happened"
    return title, text_of([f"{each.portfolio}: {each.text}" for each in notices])


def day_told(day: date, equity: Decimal, initial: Decimal, positions: int, trades: int) -> str:
    """The summary of a portfolio's day, by our clock in UTC; `trades` of that day, settlements among them."""
    share = (equity - initial) / initial
    return f"{day:%Y-%m-%d}: equity {equity:,.2f} USD, {share:+.2%} since it began; {positions} open, {trades} trades"
