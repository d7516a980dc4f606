"""Rows of signals and fills as a report tells them, of portfolios and of replays."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from prescient_dagster.domain.books.exit_rules import ExitRule
from prescient_dagster.domain.figures.position_histories import Remark
from prescient_dagster.domain.figures.signal_tally import SignalTally, signal_tally
from prescient_dagster.domain.strategy.signals import RejectReason, SignalStatus


def tallied(rows: Iterable[Sequence[Any]]) -> dict[Any, SignalTally]:
    """The tallies of signals that come as whose they are, status, reason of a rejection, and how many."""
    counted: dict[Any, list[tuple[SignalStatus, RejectReason | None, int]]] = defaultdict(list)
    for whose, status, reason, count in rows:
        counted[whose].append((SignalStatus(status), None if reason is None else RejectReason(reason), count))
    return {whose: signal_tally(each) for whose, each in counted.items()}


def remark(details: Mapping[str, Any], reason: str | None, confidence: Decimal | None) -> Remark:
    """What stands beside a fill with these details, from a signal with this reason; of a sale by hand there is none."""
    touch, rule = details.get("touch"), details.get("exit")
    return Remark(
        reason or "", confidence, None if touch is None else Decimal(touch), None if rule is None else ExitRule(rule)
    )
