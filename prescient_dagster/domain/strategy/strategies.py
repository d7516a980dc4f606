"""What a strategy is: a name, a config model, and two pure functions.

    select(capture, config) -> Selection     which markets it looks at, and what each filter removed
    decide(view, config)    -> signals       what it would buy there, as a list or as `Entries`

A strategy knows nothing of cash, of how many positions may be open or of what is held: ranking, caps, exits and fills
are the cycle's, the same for all. Arrays over the candidates come from the view; a loop is for the few that survive.
"""

from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any, Generic, overload

import numpy as np

from prescient_dagster.domain import money
from prescient_dagster.domain.books.ledger import Position
from prescient_dagster.domain.market.forecasts import Forecasts, ToldOf
from prescient_dagster.domain.market.history import PriceHistory
from prescient_dagster.domain.market.markets import Capture, Floats, Mask, Rows
from prescient_dagster.domain.market.sides import Side
from prescient_dagster.domain.strategy import candidates
from prescient_dagster.domain.strategy.candidates import Selection
from prescient_dagster.domain.strategy.configs import Config
from prescient_dagster.domain.strategy.rules import Rule, Step, passing
from prescient_dagster.domain.strategy.signals import Action, Signal, ranked

HISTORY = "history"
"""What the funnel calls those that it removed since the history a config asks for is not known of them."""

Reason = Callable[[int], str]
"""The sentence of a signal, asked for by the candidate's number."""


@dataclass(frozen=True)
class View:
    """What `decide` sees: the candidates of one portfolio, the whole capture, and what is held.

    Attributes:
        rows: the candidates' row numbers in `capture.markets`; every array of the view is in this order.
        positions: what the portfolio holds at the start of the cycle.
        history: what prices were before the capture; without one nothing is known of them.
        forecasters: what forecasters said; without any nothing is known of that.
    """

    capture: Capture
    rows: Rows
    positions: tuple[Position, ...] = ()
    history: PriceHistory = field(default_factory=PriceHistory)
    forecasters: Forecasts = field(default_factory=Forecasts)

    @property
    def captured_at(self) -> datetime:
        return self.capture.captured_at

    def column(self, name: str) -> Any:
        """A numeric, boolean or time column of `capture.markets` for the candidates."""
        return self.capture.columns[name][self.rows]

    def past(self, hours: float) -> Floats:
        """The YES prices so many hours before the capture, USD per share; NaN where none is known."""
        return self.path(hours, 1)[:, 0]

    def path(self, hours: float, points: int) -> Floats:
        """YES prices at evenly spaced moments: a row for each candidate, from `hours` ago to one step before now."""
        return self.history.prices(self.capture, self.rows, hours, points)

    def forecasts(self, sources: Sequence[str] | None = None) -> ToldOf:
        """The newest forecasts that count on the capture, of these sources or of all of them."""
        return self.forecasters.of(self.capture, sources).at(self.rows)

    @cached_property
    def yes_is_favourite(self) -> Any:
        """Whether the YES side has the higher price; at equal prices it is the favourite."""
        return self.column("yes_price") >= self.column("no_price")

    @cached_property
    def favourite_price(self) -> Floats:
        """The higher of the two listed prices, USD per share."""
        price: Floats = np.maximum(self.column("yes_price"), self.column("no_price"))
        return price

    def passing(self, rules: Iterable[Rule]) -> Mask:
        """The candidates that pass all of these rules."""
        return passing(rules, len(self.rows))

    def entries(  # noqa: PLR0913, PLR0917 - what a signal says
        self,
        chosen: Mask,
        yes: Mask,
        amount: float | Floats,
        confidence: Floats,
        reason: Reason,
        probability: Floats | None = None,
    ) -> "Entries":
        """Wishes to buy the YES side, where `yes` says so, or else the NO side of the chosen candidates.

        Args:
            chosen: which candidates; this, `yes`, `confidence` and `probability` have one value per candidate.
            amount: USD per signal, one for all or one per candidate; at most `trade_amount`, and at least 1.
            probability: that the side which is bought pays; None: the strategy knows none.
        """
        numbers = np.flatnonzero(chosen)
        strength = np.round(confidence[numbers], 6)
        order = np.lexsort((numbers, -self.liquidity[numbers], -strength))
        wished = numbers[order]
        known = None if probability is None else probability[wished]
        amounts = amount[wished] if isinstance(amount, np.ndarray) else amount
        return Entries(self, wished, yes[wished], strength[order], amounts, reason, probability=known)

    @cached_property
    def liquidity(self) -> Floats:
        """Of the market in USD; a missing one counts as 0."""
        liquidity: Floats = np.nan_to_num(self.column("liquidity"), nan=0.0)
        return liquidity

    def entry(  # noqa: PLR0913, PLR0917 - what a signal says
        self,
        candidate: int,
        side: Side,
        amount: float,
        confidence: float,
        reason: str,
        probability: float | None = None,
    ) -> Signal:
        """A wish to buy `side` of the candidate with this number (its place in the view's arrays) for `amount` USD."""
        row = int(self.rows[candidate])
        columns, texts = self.capture.columns, self.capture.texts
        return Signal(
            market_id=texts["market_id"][row],
            event_id=texts["event_id"][row],
            action=Action.buy(side),
            target_price=money.price(columns[f"{side}_price"][row]),
            amount=money.usd(amount),
            confidence=money.usd(confidence),
            reason=reason,
            liquidity=money.usd(self.liquidity[candidate]),
            probability=None if probability is None else money.usd(probability),
        )


@dataclass(frozen=True, eq=False)
class Entries(Sequence[Signal]):
    """Wishes in rank order, of which only those that somebody looks at become signals.

    On a whole venue a wide filter lets tens of thousands through, of which a portfolio has room for a handful.

    Attributes:
        candidates: their numbers in the view's arrays, strongest first; `yes` and `confidence` are in this order.
        yes: whether the YES side is to be bought.
        amount: USD, of all or of each in this order.
        probability: that the side pays, in this order; None: the strategy knows none.
    """

    view: View
    candidates: Rows
    yes: Mask
    confidence: Floats
    amount: float | Floats
    reason: Reason
    probability: Floats | None = field(default=None, kw_only=True)

    def __len__(self) -> int:
        return len(self.candidates)

    @overload
    def __getitem__(self, index: int) -> Signal: ...
    @overload
    def __getitem__(self, index: slice) -> list[Signal]: ...
    def __getitem__(self, index: int | slice) -> Signal | list[Signal]:
        if isinstance(index, slice):
            return [self[each] for each in range(*index.indices(len(self)))]
        candidate = int(self.candidates[index])
        side = Side.YES if self.yes[index] else Side.NO
        probability = None if self.probability is None else self.probability[index]
        told = self.reason(candidate)
        amount = float(self.amount[index]) if isinstance(self.amount, np.ndarray) else self.amount
        return self.view.entry(candidate, side, amount, self.confidence[index], told, probability)

    def __iter__(self) -> Iterator[Signal]:
        return (self[index] for index in range(len(self)))


@dataclass(frozen=True)
class Strategy(Generic[Config]):
    """A trading idea, as its module in `strategy_assets/` declares it.

    Attributes:
        name: also the module's name, the asset group and the job.
        title: a few words for people.
        description: what it does and when, a sentence or two.
        config: its settings with their defaults, units and bounds.
        decide: the entries it wishes for: a list in any order, or `Entries`, which are ranked.
        select: its candidates; the shared filters unless it brings its own.
        rules: what `decide` decides by: it wishes for the candidates that pass them all. None: it does not tell.
        known: which candidates have the history that a config asks for; the others are none, and counted. None, or a
            mask that is None: it asks for no history.
        informed: in place of `known` where that does not tell it: the selection less those without history.
        steps: in place of filters and rules where those do not tell it: what the market of a row makes of `select` and
            `decide`, candidate or not.
    """

    name: str
    title: str
    description: str
    config: type[Config]
    decide: Callable[[View, Config], Sequence[Signal]]
    select: Callable[[Capture, Config], Selection] = candidates.select
    rules: Callable[[View, Config], Iterable[Rule]] | None = None
    known: Callable[[View, Config], Mask | None] | None = None
    informed: Callable[[Selection, View, Config], Selection] | None = None
    steps: Callable[[View, Config, int], Iterable[Step]] | None = None

    @property
    def gives_probability(self) -> bool:
        """Whether its signals carry a probability, as sizing by Kelly's formula needs."""
        return self.config.gives_probability

    def selection_key(self, config: Config) -> Hashable:
        """What its selection depends on, beside the capture; the shared filters look at their settings alone."""
        shared = self.select is candidates.select
        return self.select, (*config.bounds(), *config.subjects()) if shared else config.sha256()

    def with_history(self, selection: Selection, view: View, config: Config) -> Selection:
        """The candidates less those without the history that the config asks for.

        Args:
            view: of all candidates.
        """
        if self.informed is not None:
            return self.informed(selection, view, config)
        known = None if self.known is None else self.known(view, config)
        return selection if known is None else selection.less(HISTORY, known)

    def wishes(self, view: View, config: Config) -> Sequence[Signal]:
        """What it would buy, strongest first; of `Entries` only as many as are looked at become signals."""
        wishes = self.decide(view, config)
        return wishes if isinstance(wishes, Entries) else ranked(wishes)
