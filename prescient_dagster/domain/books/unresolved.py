"""Markets that are held and that nobody can settle: closed, off the listing or unknown, and how they end not told."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from prescient_dagster.domain.books.settlement import UNKNOWN

LATE_AFTER = timedelta(days=7)
"""How long a market may wait for its resolution before it is told of."""


@dataclass(frozen=True, slots=True)
class Pending:
    """A held market that waits for its resolution.

    Attributes:
        reason: why it is not settled.
        since: when it began to wait, by the venue's clock.
        portfolios: how many hold it.
    """

    market_id: str
    market_question: str
    reason: str
    since: datetime
    portfolios: int

    @property
    def is_unknown(self) -> bool:
        """Whether the venue no longer knows it."""
        return self.reason == UNKNOWN

    def days(self, at: datetime) -> float:
        """For how long it has been waiting; `at`: now, by the venue's clock."""
        return round(max(at - self.since, timedelta(0)) / timedelta(days=1), 1)


def overdue(waiting: Iterable[Pending], at: datetime) -> list[Pending]:
    """Those that somebody should look at: unresolved for a week, or unknown to the venue."""
    return [market for market in waiting if market.is_unknown or at - market.since >= LATE_AFTER]
