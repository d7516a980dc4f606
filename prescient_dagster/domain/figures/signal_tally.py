"""What became of a portfolio's signals: how many traded, how many did not, and why not."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from prescient_dagster.domain.strategy.signals import RejectReason, SignalStatus


@dataclass(frozen=True, slots=True)
class SignalTally:
    """How many signals ended in each way; a way that none ended in is absent."""

    statuses: Mapping[SignalStatus, int] = field(default_factory=dict)
    refusals: Mapping[RejectReason, int] = field(default_factory=dict)

    @property
    def signals(self) -> int:
        """How many there were."""
        return sum(self.statuses.values())

    def share(self, count: int) -> float | None:
        """So many of them as a fraction of all; None without any."""
        return count / self.signals if self.signals else None


def signal_tally(counted: Iterable[tuple[SignalStatus, RejectReason | None, int]]) -> SignalTally:
    """The tally of signals that come as status, reason of a rejection, and how many; most frequent first."""
    statuses: Counter[SignalStatus] = Counter()
    refusals: Counter[RejectReason] = Counter()
    for status, reason, count in counted:
        statuses[status] += count
        if reason is not None:
            refusals[reason] += count
    return SignalTally(
        dict(statuses.most_common()), dict(sorted(refusals.items(), key=lambda each: (-each[1], each[0])))
    )
