"""One portfolio played over stored captures, capture by capture, by the rules that live portfolios follow. Pure.

At each capture what is known to have ended is settled first, also where the capture may not be traded. On one that may
be traded there is then a cycle, and what is left is valued. Nothing is known before the capture that tells it.
"""

from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal

from prescient_dagster.domain.books.answers import Answers
from prescient_dagster.domain.books.ledger import Account, Holding, Position, Trade, TradeKind, booked, opened
from prescient_dagster.domain.books.settlement import Verdict, first_of_day, settled, verdict
from prescient_dagster.domain.books.snapshots import MarkSource, Snapshot
from prescient_dagster.domain.cycle.engine import Act
from prescient_dagster.domain.cycle.orders import Outcome
from prescient_dagster.domain.cycle.players import Moment
from prescient_dagster.domain.market.markets import Capture

UNSETTLED = (MarkSource.STALE, MarkSource.PENDING)


@dataclass(frozen=True, slots=True)
class Known:
    """What is known at a moment of how markets ended.

    Attributes:
        told: what the venue has said until now.
        news: the markets of which that is new since the moment before.
        daily: whether it is looked again at what was settled or sold before.
        listing: a capture that tells of markets nobody asked for; None: what the venue was asked for is all.
    """

    at: datetime
    told: Answers
    news: frozenset[str]
    daily: bool
    listing: Capture | None = None

    def verdict(self, market_id: str) -> Verdict | None:
        """How a market ended, as far as one can know; None: it is open, or nobody knows.

        One that is listed as open again has not ended, whatever was said of it before.
        """
        told = self.told.get(market_id)
        if self.listing is not None and market_id not in self.news and self.listing.lists_open(market_id):
            return None
        if told is None:
            return None if self.listing is None else listed_verdict(self.listing, market_id)
        return told.verdict


def known_at(moment: Moment) -> Known:
    """What is known on a capture: what was said until then, and what it lists."""
    return Known(moment.at, moment.told, moment.news, first_of_day(moment.at, moment.previous), moment.capture)


def listed_verdict(capture: Capture, market_id: str) -> Verdict | None:
    """How a market ended by the capture's own row of it; None where it is open or not listed."""
    row = capture.row_of.get(market_id)
    if row is None or not capture.columns["closed"][row]:
        return None
    yes_price, no_price = (float(capture.columns[f"{side}_price"][row]) for side in ("yes", "no"))
    labels = (capture.text("yes_label", row), capture.text("no_label", row))
    return verdict(True, yes_price, no_price, capture.text("resolution_status", row), labels)


@dataclass(frozen=True, slots=True)
class ReplayState:
    """A portfolio between two captures.

    Attributes:
        payments: its settlements and refunds so far, by market.
        endings: how the markets that it traded ended, as far as it has been seen.
        sold: the markets that it sold and that have not ended yet; how they end tells whether it paid the right price.
            Both are looked at again for as long as the replay lasts, since an ending can be corrected.
    """

    account: Account
    payments: Mapping[str, tuple[Trade, ...]] = field(default_factory=dict)
    endings: Mapping[str, Verdict] = field(default_factory=dict)
    sold: frozenset[str] = frozenset()

    @property
    def held(self) -> set[str]:
        return {market_id for market_id, _ in self.account.positions}

    @property
    def left(self) -> set[str]:
        """The markets that it was paid for, or sold."""
        return {*self.payments, *self.endings, *self.sold}


@dataclass(frozen=True, slots=True)
class ReplayStep:
    """What a portfolio did at one moment, in this order; no snapshot where it was not valued.

    Attributes:
        held: what it is left with, as the snapshot values it.
    """

    settlements: tuple[Trade, ...] = ()
    outcomes: tuple[Outcome, ...] = ()
    snapshot: Snapshot | None = None
    held: Mapping[Holding, Position] = field(default_factory=dict)


def begun(initial_balance: Decimal) -> ReplayState:
    """The state before the first capture: nothing but cash."""
    return ReplayState(opened(initial_balance))


def settle(state: ReplayState, known: Known, left_out: Set[str] = frozenset()) -> tuple[ReplayState, tuple[Trade, ...]]:
    """Book what is known to have ended: of what is held, and where a verdict was corrected, of what was paid before.

    Args:
        left_out: markets that are not looked at.
    """
    watched = state.held
    if known.daily or known.news:
        watched |= state.left if known.daily else state.left & known.news
    final = _final(known, watched - left_out)
    if not final:
        return state, ()
    past = [trade for market_id in final for trade in state.payments.get(market_id, ())]
    account, entries = settled(state.account, past, final, known.at)
    return _seen(_paid(replace(state, account=account), entries), final), tuple(entries)


def _final(known: Known, market_ids: Iterable[str]) -> dict[str, Verdict]:
    verdicts = ((market_id, known.verdict(market_id)) for market_id in market_ids)
    return {market_id: told for market_id, told in verdicts if told is not None and told.is_final}


def _paid(state: ReplayState, entries: Iterable[Trade]) -> ReplayState:
    payments = dict(state.payments)
    for entry in entries:
        payments[entry.market_id] = (*payments.get(entry.market_id, ()), entry)
    return replace(state, payments=payments)


def _seen(state: ReplayState, final: Mapping[str, Verdict]) -> ReplayState:
    ended = {market_id: Verdict(told.ending) for market_id, told in final.items()}
    return replace(state, endings={**state.endings, **ended}, sold=state.sold - set(ended))


def acted(state: ReplayState, act: Act) -> ReplayState:
    """The state after what a portfolio did on a capture."""
    trades = [each.trade for each in act.outcomes if each.trade is not None]
    return replace(state, account=act.account, sold=state.sold | _sold(trades))


def _sold(trades: Iterable[Trade]) -> set[str]:
    return {trade.market_id for trade in trades if trade.kind is TradeKind.SELL}


def given(state: ReplayState, entries: Iterable[Trade]) -> ReplayState:
    """The state after trades that somebody else made, as they are."""
    entries = list(entries)
    account = state.account
    for entry in entries:
        account = booked(account, entry)
    paid = [entry for entry in entries if entry.kind in (TradeKind.SETTLEMENT, TradeKind.REFUND)]
    return _paid(replace(state, account=account, sold=state.sold | _sold(entries)), paid)


def ended(state: ReplayState, moment: Moment) -> ReplayState:
    """The state after the last capture: what is known by then of the markets that were sold."""
    return _seen(state, _final(known_at(moment), state.left))


def unknown_ends(state: ReplayState, moment: Moment) -> list[str]:
    """The markets that are held, have left the listing, and of which nobody knows how they ended."""
    stale = {
        position.market_id
        for position in state.account.positions.values()
        if position.mark_source in UNSETTLED and position.market_id not in moment.capture.row_of
    }
    return sorted(market_id for market_id in stale if not _is_known(moment, market_id))


def _is_known(moment: Moment, market_id: str) -> bool:
    told = moment.told.get(market_id)
    return told is not None and told.verdict.is_final
