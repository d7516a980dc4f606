"""What keeps a portfolio from entering. A limit decides by the very steps that explain it, so that the two are one.

The cycle enters what no limit refuses; an explanation shows the same steps, refused or not. To add a limit is to write
one and to put it in its place in `STANDING`, `DOORS` or `RATIONS`; one that bounds what is at risk stands in `risk`.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from decimal import Decimal

from prescient_dagster.domain.books.equity_track import Halt
from prescient_dagster.domain.books.ledger import Position
from prescient_dagster.domain.books.portfolios import PortfolioStatus
from prescient_dagster.domain.cycle import risk
from prescient_dagster.domain.cycle.limit import PORTFOLIO, Circumstances, Entry, Limit, refuses
from prescient_dagster.domain.cycle.orders import Purse, grouped
from prescient_dagster.domain.strategy.configs import TradeFrequency
from prescient_dagster.domain.strategy.rules import AT_LEAST, AT_MOST, Step
from prescient_dagster.domain.strategy.signals import RejectReason, Signal


class Held(Limit):
    """A market that is held at the start of the cycle is not entered, on either side."""

    def __init__(self, at: Circumstances, left: Iterable[Position]) -> None:
        super().__init__(at, left)
        self._held = {position.market_id for position in at.account.positions.values()}

    def of_one(self, entry: Entry) -> Iterator[Step]:
        held = sorted(self._held & entry.markets)
        yield Step("not held", not held, value=", ".join(held) or None, part=PORTFOLIO)


class Reentry(Limit):
    """A market that a stop or a person has sold is left alone for `reentry_hours`."""

    def of_one(self, entry: Entry) -> Iterator[Step]:
        least, now = self.config.reentry_hours, self.at.moment.at
        stopped = [moment for market_id, moment in self.at.account.stopped.items() if market_id in entry.markets]
        since = min((now - moment for moment in stopped), default=None)
        passed = since is None or since >= timedelta(hours=least)
        hours = None if since is None else since / timedelta(hours=1)
        note = "" if stopped else "never sold by a stop or by hand"
        yield Step("reentry_hours", passed, AT_LEAST, least, hours, part=PORTFOLIO, note=note)


class Frequency(Limit):
    """By its `trade_frequency` a portfolio enters at the first capture of a period only."""

    def of_all(self) -> Iterator[Step]:
        frequency, previous = self.config.trade_frequency, self.at.moment.previous
        allowed = frequency_allows(frequency, self.at.moment.at, previous)
        note = "" if allowed else "the capture before was in the same period"
        before = None if frequency is TradeFrequency.HIGH else previous
        yield Step("trade_frequency", allowed, "", str(frequency), before, part=PORTFOLIO, note=note)


class Active(Limit):
    """Only an active portfolio enters."""

    def of_all(self) -> Iterator[Step]:
        status = self.at.player.status
        yield Step("active", status is PortfolioStatus.ACTIVE, value=str(status), part=PORTFOLIO)


class NotHalted(Limit):
    """Who is halted, by hand or by its drawdown, enters nothing until resumed."""

    def of_all(self) -> Iterator[Step]:
        track = self.at.account.equity_track
        if track.halted_at is not None:
            by = "by its drawdown" if track.halted_by is Halt.DRAWDOWN else "by hand"
            yield Step("halt", False, value=track.halted_at, part=PORTFOLIO, note=f"{by}, until it is resumed")


class OneWish(Limit):
    """A market is entered by one wish; the best has it, also where there is no place for that one in the end."""

    def __init__(self, at: Circumstances, left: Iterable[Position]) -> None:
        super().__init__(at, left)
        self._taken: set[str] = set()

    def of_one(self, entry: Entry) -> Iterator[Step]:
        taken = sorted(self._taken & entry.markets)
        if taken or entry.is_bundle:
            yield Step("not in a better wish", not taken, value=", ".join(taken) or None, part=PORTFOLIO)

    def note(self, entry: Entry) -> None:
        self._taken |= entry.markets


class Places(Limit):
    """There are so many places for open positions, in all and per event; a bundle takes one.

    They are counted when it is decided, as if all sales filled, and again when it is traded, by what did fill.
    """

    reason = RejectReason.NO_FREE_SLOT

    def __init__(self, at: Circumstances, left: Iterable[Position]) -> None:
        super().__init__(at, left)
        self._event_of = {position.slot: position.event_id for position in left}
        self._staying = len(self._event_of)

    def of_all(self) -> Iterator[Step]:
        most, place = self.config.max_positions, len(self._event_of) + 1
        note = f"{self._staying} stay open, {place - 1 - self._staying} come before it"
        yield Step("max_positions", place <= most, AT_MOST, most, place, part=PORTFOLIO, note=note)

    def of_one(self, entry: Entry) -> Iterator[Step]:
        most = self.config.max_positions_per_event
        if most is not None:
            place = list(self._event_of.values()).count(entry.event_id) + 1
            yield Step("max_positions_per_event", place <= most, AT_MOST, most, place, part=PORTFOLIO)

    def note(self, entry: Entry) -> None:
        self._event_of[entry.slot] = entry.event_id


STANDING: tuple[type[Limit], ...] = (Held, Reentry)
"""What the books forbid in a market, whatever else there is to enter."""
DOORS: tuple[type[Limit], ...] = (Frequency, Active, NotHalted)
"""What forbids every entry: where one is shut, the strategy is not asked."""
RATIONS: tuple[type[Limit], ...] = (OneWish, Places)
"""What better wishes leave over. One that gives out what only entries may have comes last."""


class Limits:
    """All limits of a portfolio on a capture. They remember what has been entered: wishes come in the order of rank.

    Args:
        left: the positions that stay once the sales have filled, or that there are once they have been tried.
    """

    def __init__(self, at: Circumstances, left: Sequence[Position]) -> None:
        self._standing, self._doors, self._rations = (
            [limit(at, left) for limit in kind] for kind in (STANDING, DOORS, RATIONS)
        )
        self._risks = [limit(at, left) for limit in risk.RISKS if limit.is_set(at)]

    def shut(self) -> Step | None:
        """What forbids every entry on this capture; None: the strategy may be asked."""
        return next((step for door in self._doors for step in door.of_all() if not step.passed), None)

    def entering(self, wishes: Iterable[Signal]) -> Iterator[list[Signal]]:
        """The orders that are entered, as far as no door is shut. No wish is looked at once nothing is left to give."""
        limits = [*self._standing, *self._rations]
        for order in grouped(wishes):
            if any(refuses(limit.of_all()) for limit in limits):
                return
            if self._passes(limits, Entry.of(order)):
                yield order

    @staticmethod
    def _passes(limits: Iterable[Limit], entry: Entry) -> bool:
        for limit in limits:
            if refuses(limit.of_one(entry)):
                return False
            limit.note(entry)
        return True

    def refusal(self, order: Sequence[Signal]) -> RejectReason | None:
        """Why the next order is not traded, although it was to be when it was decided; None: it is traded."""
        entry = Entry.of(order)
        for limit in (*self._rations, *self._risks):
            if limit.reason is not None and refuses(limit.steps(entry)):
                return limit.reason
            limit.note(entry)
        return None

    def purse(self, order: Sequence[Signal], cash: Decimal) -> Purse:
        """What an order that is not refused may spend, of so much cash in USD."""
        purses = [Purse(cash)]
        for limit in self._risks:
            room = limit.room(Entry.of(order))
            if room is not None:
                purses.append(Purse(room, limit.reason))
        return min(purses, key=lambda purse: purse.most)

    def spend(self, order: Sequence[Signal], amount: Decimal) -> None:
        """Take down what an order has spent, in USD."""
        for limit in self._risks:
            limit.spend(Entry.of(order), amount)

    def suppose(self, order: Sequence[Signal]) -> None:
        """Take an order for filled, as far as it may be; no order book is asked."""
        if not any(refuses(limit.steps(Entry.of(order))) for limit in self._risks):
            self.spend(order, min(order[0].amount, self.purse(order, order[0].amount).most))

    def steps(self, order: Sequence[Signal]) -> list[Step]:
        """What the next order makes of all limits."""
        entry = Entry.of(order)
        limits = [*self._standing, *self._doors, *self._rations, *self._risks]
        return [step for limit in limits for step in limit.steps(entry)]

    def standing_steps(self, market_id: str) -> list[Step]:
        """What a market that nobody wishes for makes of those that need no wish."""
        entry = Entry(frozenset({market_id}))
        return [step for limit in (*self._standing, *self._doors) for step in limit.steps(entry)]


def frequency_allows(frequency: TradeFrequency, captured_at: datetime, previous: datetime | None) -> bool:
    """Whether a portfolio of this frequency may enter at a capture.

    Args:
        previous: `captured_at` of the capture that could be traded before this one; None: there was none.
    """
    if frequency is TradeFrequency.HIGH or previous is None:
        return True
    period = "%Y-%m-%d %H" if frequency is TradeFrequency.MEDIUM else "%Y-%m-%d"
    return captured_at.strftime(period) != previous.strftime(period)
