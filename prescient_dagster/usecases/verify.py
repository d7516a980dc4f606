"""Deciding again all that a portfolio decided: from its own state before each capture, by the rules there are now.

What it really did is taken over after each capture, so that one difference does not make everything after it another,
and a capture that is gone costs only itself.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from typing import Any

from prescient_dagster.catalog import code_version, strategy_of
from prescient_dagster.domain.books.ledger import Trade
from prescient_dagster.domain.books.portfolios import Portfolio, PortfolioStatus
from prescient_dagster.domain.books.settlement import first_of_day
from prescient_dagster.domain.cycle import engine
from prescient_dagster.domain.cycle.engine import Decision, Selections
from prescient_dagster.domain.cycle.order_books import Books
from prescient_dagster.domain.cycle.orders import Outcome
from prescient_dagster.domain.cycle.players import Moment, Player
from prescient_dagster.domain.errors import InvalidConfig, StoreError
from prescient_dagster.domain.market.history import PriceHistory
from prescient_dagster.domain.market.markets import Capture
from prescient_dagster.domain.past import drift, replay
from prescient_dagster.domain.past.drift import Difference, Differing, Where
from prescient_dagster.domain.past.replay import Known
from prescient_dagster.domain.strategy.recalled import recalled
from prescient_dagster.domain.strategy.signals import RejectReason
from prescient_dagster.domain.strategy.strategies import Strategy
from prescient_dagster.store.books import portfolios
from prescient_dagster.store.books.cycles import Stage
from prescient_dagster.store.books.positions import marked
from prescient_dagster.store.database import Database
from prescient_dagster.store.market import captures, order_books
from prescient_dagster.store.market.capture_folders import CaptureFolder
from prescient_dagster.store.market.capture_rows import open_capture
from prescient_dagster.store.market.capture_sources import Gap, ReadSoFar, Resolutions
from prescient_dagster.store.market.captures import CaptureStatus
from prescient_dagster.store.market.forecasts import stored_forecasts
from prescient_dagster.store.market.stored_past import StoredPast
from prescient_dagster.store.past.explanation import FoundCycle, status_then
from prescient_dagster.store.past.lives import Life, Lived
from prescient_dagster.usecases.replay import Watch, explained

HISTORY_GONE = "captures before it, whose prices it looked back at, cannot be read any more"
MOST_SHOWN = 20
MOST_KEPT = 100
"""Differences beyond these are counted only."""


@dataclass
class Drift:
    """What a verification found.

    Attributes:
        code_version: of the code that decided again.
        captures, cycles, trades: how many were looked at.
        count: of all differences, of which the first are kept.
        first_trade: the first trade that differs.
        told: what could not be read, and therefore not be verified.
        older_code: how many cycles were decided by other code than this.
        by_hand: how many of the trades were made by hand: they are taken as they were.
    """

    portfolio: str
    strategy_type: str
    code_version: str
    captures: int = 0
    cycles: int = 0
    trades: int = 0
    older_code: int = 0
    by_hand: int = 0
    count: int = 0
    first_trade: Difference | None = None
    differences: list[Difference] = field(default_factory=list)
    told: ReadSoFar = field(default_factory=ReadSoFar)

    @property
    def is_none(self) -> bool:
        return self.count == 0

    @property
    def first(self) -> Difference | None:
        """The first trade that differs; where none does, the first difference."""
        return self.first_trade or next(iter(self.differences), None)

    def add(self, found: Difference) -> None:
        """One more difference."""
        self.count += 1
        if found.kind is Differing.TRADE and self.first_trade is None:
            self.first_trade = found
        if len(self.differences) < MOST_KEPT:
            self.differences.append(found)

    def document(self) -> dict[str, Any]:
        """Everything by its name."""
        return {
            "portfolio": self.portfolio,
            "strategy_type": self.strategy_type,
            "code_version": self.code_version,
            "drift": not self.is_none,
            "differences": self.count,
            **{name: getattr(self, name) for name in ("captures", "cycles", "trades", "older_code", "by_hand")},
            "first": None if self.first is None else asdict(self.first),
            "examples": [asdict(each) for each in self.differences[:MOST_SHOWN]],
            "unverified": [asdict(gap) for gap in self.told.missing],
            "notes": self.notes(),
        }

    def notes(self) -> list[str]:
        """What a reader has to know, a sentence each."""
        told = [f"cannot be verified: {note}" for note in self.told.notes()]
        if self.older_code:
            told.append(f"{self.older_code} of {self.cycles} cycles were decided by other code than now")
        if self.by_hand:
            told.append(f"{self.by_hand} sales by hand are taken as they were: no rule decides them")
        return told


def verify(
    database: Database,
    captures_folder: CaptureFolder,
    name: str,
    *,
    strategy: Strategy[Any] | None = None,
    watch: Watch = lambda _: None,
) -> Drift:
    """Decide again all that the portfolio with this slug or number decided, and compare it with what it did.

    Args:
        strategy: in place of its own.

    Raises:
        NotFound: there is no such portfolio.
        StrategyUnavailable: its strategy does not load.
    """
    portfolio = portfolios.get(database, name)
    return _Verification(database, captures_folder, portfolio, strategy).run(watch)


def captures_to_verify(database: Database, name: str) -> int:
    """How many captures a verification goes through."""
    return len(Life(database, portfolios.get(database, name).portfolio_id).rows)


class _Verification:
    """A portfolio's life, walked through once."""

    def __init__(
        self, database: Database, folder: CaptureFolder, portfolio: Portfolio, strategy: Strategy[Any] | None
    ) -> None:
        self._database, self._folder, self._portfolio = database, folder, portfolio
        self._strategy = strategy or strategy_of(portfolio)
        self.found = Drift(portfolio.slug, portfolio.strategy_type, code_version(portfolio.strategy_type))
        self._state = replay.begun(portfolio.initial_balance)
        self._said = Resolutions(database)
        self._previous: datetime | None = None
        self._true_times: Mapping[int, datetime] = {}
        self._news: frozenset[str] = frozenset()
        self._entered: dict[str, datetime] = {}
        self._past, self._forecasts = StoredPast(database, folder), stored_forecasts(database)

    def run(self, watch: Watch) -> Drift:
        life = Life(self._database, self._portfolio.portfolio_id)
        self._true_times = life.true_times
        if life.rows:
            before = captures.previous_ready(self._database, life.rows[0].capture_id)
            self._previous = None if before is None else before.captured_at
        for lived in life:
            self._settle(lived)
            self._take(lived.sold_before, lived)
            self._act(lived)
            if lived.row.status == CaptureStatus.READY and lived.row.capture_id not in life.true_times:
                self._previous = lived.row.captured_at
            self.found.captures += 1
            watch(lived.row.captured_at)
        return self.found

    def _compare(self, differences: Iterator[Difference]) -> None:
        for each in differences:
            self.found.add(each)

    def _settle(self, lived: Lived) -> None:
        """What was known on the capture, booked or not; one that was never judged settles nothing by itself."""
        at = lived.row.captured_at
        self._news |= self._said.up_to(lived.row.capture_id)
        if lived.row.status == CaptureStatus.STORED and not lived.settlements:
            return
        known = Known(at, self._said.told, self._news, first_of_day(at, self._previous))
        self._news = frozenset()
        _, entries = replay.settle(self._state, known)
        late = self._entered_late(lived)
        if late and list(entries) != list(lived.settlements):
            _, entries = replay.settle(self._state, known, late)
        self._compare(drift.trade_differences(lived.settlements, entries, _where(lived)))
        self._take(lived.settlements, lived)

    def _entered_late(self, lived: Lived) -> set[str]:
        """The markets that were entered by a late cycle, when this newer capture may have been settled already."""
        return {market_id for market_id, at in self._entered.items() if at > lived.row.stored_at}

    def _take(self, entries: Sequence[Trade], lived: Lived) -> None:
        """What was really booked; what cannot have been, because its shares were never there, is left out and told."""
        for entry in entries:
            self.found.trades += 1
            self.found.by_hand += entry.is_by_hand
            at = self._true_times.get(lived.row.capture_id, entry.timestamp)
            try:
                self._state = replay.given(self._state, [replace(entry, timestamp=at)])
            except ValueError as error:
                self.found.add(drift.impossible_trade(entry, error, _where(lived)))

    def _act(self, lived: Lived) -> None:
        if lived.cycle is None and lived.snapshot is None:
            self._take(lived.sold_after, lived)
            return
        try:
            capture = open_capture(self._folder, lived.row)
        except StoreError as error:
            self.found.told.missing.append(Gap(lived.row.captured_at, str(error), lived.row.capture_id))
            self._take([*lived.trades, *lived.sold_after], lived)
            self._remark(lived)
            return
        told, past = self._said.told, PriceHistory(self._past)
        moment = Moment(capture, True, self._previous, told, history=past, forecasts=self._forecasts)
        if lived.cycle is not None:
            self._cycle(lived, lived.cycle, moment)
        self._take(lived.sold_after, lived)
        if lived.snapshot is not None or (lived.cycle is not None and lived.cycle.stage is Stage.SNAPSHOTS):
            act = engine.act(None, self._state.account, moment, None)
            self._state = replay.acted(self._state, act)
            self._compare(drift.snapshot_differences(lived.snapshot, act.snapshot, _where(lived)))

    def _remark(self, lived: Lived) -> None:
        account = self._state.account
        held = {position.holding: position for position in marked(account.positions.values(), lived.marks)}
        snapshot, track = lived.snapshot, account.equity_track
        track = track if snapshot is None else track.valued(snapshot.equity, snapshot.timestamp)
        self._state = replace(self._state, account=replace(account, positions=held, track=track))

    def _cycle(self, lived: Lived, cycle: FoundCycle, moment: Moment) -> None:
        self.found.cycles += 1
        self.found.older_code += cycle.code_version != self.found.code_version
        try:
            config = recalled(self._strategy.config, cycle.config)
        except InvalidConfig as error:
            self.found.add(_invalid(lived, cycle, error))
        else:
            status = _status(self._portfolio, lived, cycle)
            player = Player(self._strategy, config, self._portfolio.initial_balance, status)
            self._decide_again(lived, cycle, player, moment)
        self._take(lived.trades, lived)
        entered = [trade.market_id for trade in lived.trades if trade.shares > 0]
        self._entered.update((market_id, lived.started_at) for market_id in entered if lived.started_at)

    def _decide_again(self, lived: Lived, cycle: FoundCycle, player: Player, moment: Moment) -> None:
        account, at = self._state.account, _where(lived)
        account = replace(account, track=account.equity_track.halted_as(cycle.track))
        self._past.missed.clear()
        self._past.known_until = lived.started_at
        decision = explained(player, moment, lambda: engine.decide(player, account, moment, Selections()))
        if self._past.missed:
            self.found.told.missing.append(Gap(moment.at, HISTORY_GONE, lived.row.capture_id))
            return
        outcomes: tuple[Outcome, ...] = ()
        for books in self._books_of(lived, moment.capture, decision, traded=cycle.stage is not Stage.SIGNALS):
            outcomes = engine.act(decision, account, moment, books, valued=False).outcomes
            if not any(drift.signal_differences(lived.outcomes, outcomes, at)):
                break
        trades = [outcome.trade for outcome in outcomes if outcome.trade is not None]
        self._compare(drift.signal_differences(lived.outcomes, outcomes, at))
        self._compare(drift.trade_differences(lived.trades, trades, at))

    def _books_of(self, lived: Lived, capture: Capture, decision: Decision, *, traded: bool) -> Iterator[Books | None]:
        """The order books that the cycle may have seen, the likeliest first; None: it only decided.

        A cycle that came late may not have seen all that are stored, one that came early not what was to be had later.
        """
        if not traded:
            yield None
            return
        refused = (each.signal for each in lived.outcomes if each.reject_reason is RejectReason.VENUE_UNAVAILABLE)
        unavailable = replace(decision, signals=tuple(refused)).tokens(capture)
        for until in (None, lived.started_at):
            yield order_books.load(self._database, capture.capture_id, decision.tokens(capture), until, unavailable)


def _where(lived: Lived) -> Where:
    return Where(lived.row.captured_at, lived.row.capture_id, lived.cycle.code_version if lived.cycle else None)


def _status(portfolio: Portfolio, lived: Lived, cycle: FoundCycle) -> PortfolioStatus:
    enters = any(outcome.signal.action.is_entry for outcome in lived.outcomes)
    return status_then(cycle.portfolio_status, portfolio.status, enters=enters)


def _invalid(lived: Lived, cycle: FoundCycle, error: InvalidConfig) -> Difference:
    where = (lived.row.captured_at, lived.row.capture_id)
    told, faults = {"error": str(error)}, tuple(error.errors)
    return Difference(Differing.CONFIG, *where, "config", faults, cycle.config, told, cycle.code_version)
