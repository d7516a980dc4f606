"""What the venue says of a market that is asked for by its id: how it ended, and until then what it is worth.

A market that is closed leaves the listing with its event and may stay unresolved for weeks; what it is worth is told to
none but who asks for it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal

import pandas as pd

from prescient_dagster.domain import money
from prescient_dagster.domain.books.ledger import Position
from prescient_dagster.domain.books.settlement import OPEN, UNLISTED, Verdict, verdicts
from prescient_dagster.domain.market.markets import Capture
from prescient_dagster.domain.market.quotes import Quote, quoted

PRICES = ("yes_price", "no_price", "best_bid", "best_ask", "last_price", "tick_size")
"""What is kept of an answer beside its verdict: columns of a capture's markets, USD per share."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One market's answer.

    Attributes:
        prices: by column, as far as they were told. Of a market that is listed as open there are none: the listing
            tells them.
    """

    verdict: Verdict
    prices: Mapping[str, Decimal] = field(default_factory=dict)

    def is_news_after(self, before: "Answer | None") -> bool:
        """Whether it says another thing than the one before. How a market ended does not depend on its prices."""
        if before is None or before.verdict != self.verdict:
            return True
        return not self.verdict.is_final and before.prices != self.prices


Answers = Mapping[str, Answer]
"""What the venue had said of markets when it was asked for them, the newest of each, up to some moment."""


def answers(markets: pd.DataFrame, capture: Capture) -> dict[str, Answer]:
    """The answers in a table with the columns of a capture's markets, asked for once the capture had been taken."""
    rows = zip(*(markets[name].tolist() for name in PRICES), strict=True)
    told = zip(verdicts(markets).items(), rows, strict=True)
    at = capture.captured_at
    return {
        market_id: _answer(replace(verdict, said_at=at), row, capture.lists_open(market_id))
        for (market_id, verdict), row in told
    }


def _answer(verdict: Verdict, row: tuple[float, ...], listed_open: bool) -> Answer:
    if verdict.reason == OPEN and listed_open:
        return Answer(verdict)
    if verdict.reason == OPEN:
        verdict = replace(verdict, reason=UNLISTED)
    # What is missing or no price of a share is left out.
    return Answer(verdict, {name: money.price(told) for name, told in zip(PRICES, row, strict=True) if 0 <= told <= 1})


def answered(position: Position, answer: Answer) -> Quote | None:
    """The quote of a holding by what the venue says of its market when asked; None where it tells no price."""
    if not answer.prices:
        return None
    texts = {"event_id": position.event_id, "market_question": position.market_question}
    closed = answer.verdict.is_closed
    return quoted(answer.prices.get, position.market_id, position.side, **texts, tradable=False, closed=closed)
