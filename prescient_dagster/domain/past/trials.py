"""A try of settings before they go live: a portfolio's old and new ones, played over the same captures."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from prescient_dagster.domain.figures.comparison import Comparison
from prescient_dagster.domain.figures.performance import History
from prescient_dagster.domain.figures.round_trips import FILLS

NOW, NEW = "settings now", "new settings"


@dataclass(frozen=True, slots=True)
class Trial:
    """What came of a try.

    Attributes:
        replays: the numbers of the replays that were kept, with the settings now and with the new ones.
        differing: the fills that only one of them made, or that they made with other numbers of shares.
    """

    days: float
    captures: int
    replays: Sequence[int]
    returns: Mapping[str, float]
    comparison: Comparison
    differing: Sequence[Mapping[str, Any]]

    @property
    def verdict(self) -> str:
        """What may be said of it in a sentence."""
        return self.comparison.verdict

    def document(self) -> dict[str, Any]:
        """Everything by its name."""
        told = {name: getattr(self, name) for name in ("days", "captures", "replays", "returns", "verdict")}
        return {**told, "comparison": asdict(self.comparison), "trades_that_differ": list(self.differing)}

    def entry(self) -> dict[str, Any]:
        """What the log of the portfolio keeps of it."""
        interval = self.comparison.interval
        return {
            "days": self.days,
            "captures": self.captures,
            "replays": list(self.replays),
            "difference": self.comparison.difference,
            "interval": None if interval is None else [interval.low, interval.high],
            "trades_that_differ": len(self.differing),
            "verdict": self.verdict,
        }


def differing(now: History, new: History) -> list[dict[str, Any]]:
    """The fills of two histories that are not in both alike, in the order of time."""
    fills = [{_key(each.trade): each.trade for each in life.trades if each.trade.kind in FILLS} for life in (now, new)]
    rows = []
    for key in sorted({*fills[0], *fills[1]}):
        ours, theirs = fills[0].get(key), fills[1].get(key)
        trade = ours or theirs
        if trade is None or (ours is not None and theirs is not None and ours.shares == theirs.shares):
            continue
        rows.append(
            {
                "timestamp": trade.timestamp,
                "kind": str(trade.kind),
                "market_id": trade.market_id,
                "market_question": trade.market_question,
                "side": str(trade.side),
                "side_label": trade.side_label,
                "shares_now": None if ours is None else ours.shares,
                "shares_new": None if theirs is None else theirs.shares,
            }
        )
    return rows


def _key(trade: Any) -> tuple[Any, ...]:
    return trade.timestamp, trade.market_id, str(trade.side), str(trade.kind)
