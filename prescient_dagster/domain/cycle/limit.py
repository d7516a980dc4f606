"""What a limit is: it decides by the very steps that explain it, so that the two are one."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property

from prescient_dagster.domain import money
from prescient_dagster.domain.books import snapshots
from prescient_dagster.domain.books.ledger import Account, Position
from prescient_dagster.domain.cycle.players import Moment, Player
from prescient_dagster.domain.strategy.rules import Step
from prescient_dagster.domain.strategy.signals import RejectReason, Signal

PORTFOLIO = "portfolio"
"""The part of the way from a listing to a trade on which these steps are."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What is to be entered: a market, or all markets of a bundle, which take one place, for `amount` USD."""

    markets: frozenset[str]
    slot: str = ""
    event_id: str = ""
    is_bundle: bool = False
    amount: Decimal = money.ZERO

    @classmethod
    def of(cls, order: Sequence[Signal]) -> "Entry":
        """The entry that an order wishes for."""
        first = order[0]
        markets = frozenset(signal.market_id for signal in order)
        return cls(markets, first.slot, first.event_id, first.bundle is not None, first.amount)


@dataclass(frozen=True)
class Circumstances:
    """What limits look at: who enters, with which books, on what."""

    player: Player
    account: Account
    moment: Moment

    @cached_property
    def equity(self) -> Decimal:
        """What the portfolio is worth on this capture before it enters anything, USD."""
        return snapshots.valued(self.account, self.moment.capture, self.moment.told)[1].equity


class Limit:
    """One thing that can refuse an entry; nothing but its steps decides, and a step that is not passed refuses.

    Attributes:
        reason: of a limit that is asked again once the sales have filled: why a signal is refused that it holds back
            then. None: a cycle that has begun changes nothing of it.
    """

    reason: RejectReason | None = None

    def __init__(self, at: Circumstances, left: Iterable[Position]) -> None:
        self.at, self.config = at, at.player.config

    def of_all(self) -> Iterator[Step]:
        """What it asks of every entry alike."""
        yield from ()

    def of_one(self, entry: Entry) -> Iterator[Step]:
        """What it asks of this entry."""
        yield from ()

    def note(self, entry: Entry) -> None:
        """Take down an entry that has passed this limit and those before it; the weaker ones come after."""

    def steps(self, entry: Entry) -> Iterator[Step]:
        """All that it asks."""
        yield from self.of_all()
        yield from self.of_one(entry)


def refuses(steps: Iterable[Step]) -> bool:
    """Whether one of these steps is a refusal."""
    return any(not step.passed for step in steps)
