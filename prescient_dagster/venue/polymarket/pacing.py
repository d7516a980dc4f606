"""How fast to ask, and how long to keep asking."""

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

Sleep = Callable[[float], None]
WINDOW_SECONDS = 10.0  # the venue counts requests per 10 seconds


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How often a request is repeated that a later try may answer; a dead server costs about 20 seconds.

    Attributes:
        attempts: tries in all.
        first_wait_seconds: before the second try; doubled before each further one, up to `longest_wait_seconds`.
        patience_seconds: no try begins later than this after the first one.
    """

    attempts: int = 6
    first_wait_seconds: float = 0.5
    longest_wait_seconds: float = 5.0
    patience_seconds: float = 20.0

    def wait_seconds(self, tries: int, retry_after_seconds: float) -> float:
        """How long to wait after so many tries, at least as long as the server asked for."""
        doubled = self.first_wait_seconds * 2.0 ** (tries - 1)
        return max(min(doubled, self.longest_wait_seconds), retry_after_seconds)


DEFAULT_RETRY = RetryPolicy()


@dataclass(slots=True)
class RateLimit:
    """At most `requests` within any window of 10 seconds; asking for more waits."""

    requests: int
    clock: Callable[[], float] = time.monotonic
    sleep: Sleep = time.sleep
    _sent: deque[float] = field(default_factory=deque)

    def wait(self) -> None:
        """Return when one more request may be sent."""
        if len(self._sent) == self.requests:
            pause = self._sent.popleft() + WINDOW_SECONDS - self.clock()
            if pause > 0:
                self.sleep(pause)
        self._sent.append(self.clock())


def retry_after_seconds(header: str | None, now: datetime) -> float:
    """What a `Retry-After` header asks for: seconds or a date; 0 where there is none or it cannot be read."""
    try:
        return max(0.0, float(header or 0))
    except ValueError:
        return _seconds_until(header or "", now)


def _seconds_until(date: str, now: datetime) -> float:
    try:
        then = parsedate_to_datetime(date)
    except ValueError:
        return 0.0
    return max((then.replace(tzinfo=then.tzinfo or UTC) - now).total_seconds(), 0.0)
