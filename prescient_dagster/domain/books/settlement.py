"""How a market ended, and what that pays.

A resolution is final where the market is closed and one side is priced 0.999 or more and the other 0.001 or less; void
where it is closed, resolved by the oracle and both sides are priced 0.5. Anything else is pending: quotes settle
nothing, and a market that still accepts orders may be settled. A resolution that is corrected later is booked as a
reversal and a new entry, on the day of the correction; what has been booked stays.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum

import pandas as pd

from prescient_dagster.domain import money
from prescient_dagster.domain.books.ledger import Account, Position, Trade, TradeKind, booked
from prescient_dagster.domain.market.sides import Side, labelled

SURE, NOTHING, HALF = 0.999, 0.001, 0.5  # USD per share
RESOLVED, DISPUTED = "resolved", "disputed"
WATCHED_FOR = timedelta(days=30)
"""How long the venue must have stood by a resolution before it is asked for more and more rarely."""
OPEN = "still open"
UNLISTED = "still open, but not listed as open"
UNKNOWN = "the venue does not know it"
UNREADABLE = "the venue's record of it cannot be read"
NOT_CLOSED = frozenset({OPEN, UNLISTED, UNKNOWN, UNREADABLE})
"""Why a market is pending that the venue has not said to be closed."""


class Ending(StrEnum):
    """How a market ended."""

    YES = "yes"
    NO = "no"
    VOID = "void"
    PENDING = "pending"


@dataclass(frozen=True, slots=True)
class Verdict:
    """How a market ended, and where that is pending, why.

    Attributes:
        said_at: when the venue said so first, by its clock; None: just now.
    """

    ending: Ending
    reason: str = ""
    said_at: datetime | None = field(default=None, compare=False)

    @property
    def is_final(self) -> bool:
        return self.ending is not Ending.PENDING

    @property
    def is_closed(self) -> bool:
        """Whether the venue said that trading in it has ended."""
        return self.reason not in NOT_CLOSED

    def payout(self, side: Side) -> Decimal:
        """What a share of the side is paid, in USD."""
        if self.ending is Ending.VOID:
            return money.exact(HALF)
        return money.ONE if self.ending == str(side) else money.ZERO


def verdict(
    closed: bool, yes_price: float, no_price: float, resolution_status: str, labels: tuple[str, str] = ("", "")
) -> Verdict:
    """How a market ended, by the venue's own fields; prices in USD per share, NaN where there is none.

    Args:
        labels: what the venue calls the sides, YES first.
    """
    ending = _ending(yes_price, no_price, resolution_status) if closed else Ending.PENDING
    if ending is not Ending.PENDING:
        return Verdict(ending)
    prices = f"{labelled(Side.YES, labels[0])} {yes_price:g}, {labelled(Side.NO, labels[1])} {no_price:g}"
    return Verdict(ending, _pending_reason(closed, resolution_status, prices))


def _ending(yes_price: float, no_price: float, resolution_status: str) -> Ending:
    """The ending of a closed market."""
    if resolution_status == DISPUTED:
        return Ending.PENDING
    if 1 >= yes_price >= SURE and 0 <= no_price <= NOTHING:
        return Ending.YES
    if 1 >= no_price >= SURE and 0 <= yes_price <= NOTHING:
        return Ending.NO
    return Ending.VOID if resolution_status == RESOLVED and yes_price == no_price == HALF else Ending.PENDING


def _pending_reason(closed: bool, resolution_status: str, prices: str) -> str:
    if not closed:
        return OPEN
    if resolution_status == DISPUTED:
        return "closed, its resolution is disputed"
    return f"closed, not resolved: {prices}"


def may_be_corrected(verdict: Verdict, since: datetime, confirmed_at: datetime, at: datetime) -> bool:
    """Whether a market is to be asked for again that somebody was paid for, or sold: once a day, as a rule.

    Always while the venue's last word is not final, whatever was paid before. Then until the venue has stood by it for
    30 days; from then on whenever half as much time has gone by again, since a correction can come at any time.

    Args:
        verdict: the venue's last word.
        since: from when on it said so.
        confirmed_at: when it last said so.
        at: now, by the venue's clock.
    """
    if confirmed_at.date() == at.date():
        return False
    stood = confirmed_at - since
    return not verdict.is_final or stood < WATCHED_FOR or at - confirmed_at >= stood / 2


def first_of_day(captured_at: datetime, previous: datetime | None) -> bool:
    """Whether a capture is the first of its UTC day: then it is looked again at what has been settled or sold."""
    return previous is None or previous.date() != captured_at.date()


def verdicts(markets: pd.DataFrame) -> dict[str, Verdict]:
    """The verdict of every market of a table with the columns of a capture's markets."""
    columns = ("market_id", "closed", "yes_price", "no_price", "resolution_status", "yes_label", "no_label")
    rows = zip(*(markets[name].tolist() for name in columns), strict=True)
    return {
        market_id: verdict(closed, yes_price, no_price, status, (yes_label, no_label))
        for market_id, closed, yes_price, no_price, status, yes_label, no_label in rows
    }


def settlements(position: Position | None, history: Iterable[Trade], verdict: Verdict, at: datetime) -> list[Trade]:
    """The entries that a verdict calls for in one market and side; none where everything is booked already.

    Args:
        position: what is held of it now.
        history: the portfolio's settlements and refunds of it so far, in any order.
        at: `captured_at` of the capture that tells.
    """
    if not verdict.is_final:
        return []
    entries = list(history)
    known = len(entries)
    for wrong in standing(entries):
        if wrong.price != verdict.payout(wrong.side):
            entries.append(reversal(wrong, at))
            entries.append(payment(given_back(wrong), verdict, _next_number(entries), at))
    if position is not None:
        entries.append(payment(position, verdict, _next_number(entries), at))
    return entries[known:]


def payment(position: Position, verdict: Verdict, number: int, at: datetime) -> Trade:
    """The entry that ends a position: its shares are paid, its cost is released whole."""
    payout = verdict.payout(position.side)
    return Trade(
        timestamp=at,
        kind=TradeKind.REFUND if verdict.ending is Ending.VOID else TradeKind.SETTLEMENT,
        market_id=position.market_id,
        market_question=position.market_question,
        event_id=position.event_id,
        side=position.side,
        shares=-position.shares,
        price=payout,
        fee=money.ZERO,
        cash_delta=money.usd(position.shares * payout),
        cost_delta=-position.cost,
        synthetic=False,
        bundle=position.bundle,
        side_label=position.side_label,
        source_ref=f"settle:{position.market_id}:{position.side}:{number}",
        details={"verdict": str(verdict.ending)},
    )


def reversal(entry: Trade, at: datetime) -> Trade:
    """The entry that takes a payment back; cash may become negative by it."""
    return replace(
        entry,
        timestamp=at,
        shares=-entry.shares,
        cash_delta=-entry.cash_delta,
        cost_delta=-entry.cost_delta,
        source_ref=f"{entry.source_ref}:reversal",
    )


def given_back(entry: Trade) -> Position:
    """The position that an entry ended."""
    return Position(
        market_id=entry.market_id,
        side=entry.side,
        event_id=entry.event_id,
        market_question=entry.market_question,
        shares=-entry.shares,
        cost=-entry.cost_delta,
        opened_at=entry.timestamp,
        bundle=entry.bundle,
        side_label=entry.side_label,
    )


def standing(entries: Iterable[Trade]) -> list[Trade]:
    """The payments among a portfolio's settlements that have not been taken back."""
    entries = list(entries)
    taken_back = {entry.source_ref for entry in entries}
    paid = [entry for entry in entries if not str(entry.source_ref).endswith(":reversal")]
    return [entry for entry in paid if f"{entry.source_ref}:reversal" not in taken_back]


def _next_number(entries: Iterable[Trade]) -> int:
    """The number of the next payment of a market's side: one more than there have been."""
    return 1 + sum(not str(entry.source_ref).endswith(":reversal") for entry in entries)


def settled(
    account: Account, history: Sequence[Trade], verdicts: Mapping[str, Verdict], at: datetime
) -> tuple[Account, list[Trade]]:
    """A portfolio's books after these verdicts, and the entries that led there.

    What was bought after the venue had said how its market ended waits until it says so again: it had been open again.

    Args:
        history: its settlements and refunds so far in these markets.
        at: `captured_at` of the capture that tells.
    """
    sides = set(account.positions) | {(trade.market_id, trade.side) for trade in history}
    entries: list[Trade] = []
    for market_id, side in sorted(sides):
        if market_id in verdicts:
            past = [trade for trade in history if (trade.market_id, trade.side) == (market_id, side)]
            position = account.positions.get((market_id, side))
            told_since = position if position is not None and _said_since(position, verdicts[market_id], at) else None
            entries += settlements(told_since, past, verdicts[market_id], at)
    for entry in entries:
        account = booked(account, entry)
    return account, entries


def _said_since(position: Position, verdict: Verdict, at: datetime) -> bool:
    """Whether it was said after the position was opened; one that was opened later than now has a wrong time."""
    return verdict.said_at is None or position.opened_at > at or verdict.said_at > position.opened_at
