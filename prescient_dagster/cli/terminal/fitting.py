"""Tables on narrow terminals: a number or a slug is never broken; where not all has room, the least needed goes."""

from collections.abc import Mapping, Sequence

LEAST_NEEDED = (
    *("mark_source", "marked_at", "fee", "target_price", "confidence", "conviction", "best_ask", "best_bid"),
    *("yes_label", "first_captured_at", "captures_read", "initial_balance", "fills", "equity_before", "days_behind"),
    *("days_ahead", "mark", "trade_count", "capture_id", "volume_24hr", "market_value", "current_balance", "timestamp"),
)
"""What people miss least, in that order; --json has it all."""
READABLE = 16
"""So many letters a text needs at least, unless it is shorter."""
GAP = 2


def fitting(columns: Sequence[str], cells: Mapping[str, Sequence[str]], whole: set[str], width: int) -> list[str]:
    """The columns that have room side by side, in their order; all of them where nothing can be left out.

    Args:
        cells: by column, as they are to be shown.
        whole: the columns that are never broken.
    """
    left = list(columns)
    for name in LEAST_NEEDED:
        if _width(left, cells, whole) <= width:
            break
        if name in left and len(left) > 1:
            left.remove(name)
    return left


def _width(columns: Sequence[str], cells: Mapping[str, Sequence[str]], whole: set[str]) -> int:
    return sum(_least(name, cells[name], name in whole) + GAP for name in columns) - GAP


def _least(name: str, cells: Sequence[str], is_whole: bool) -> int:
    longest = max((len(cell) for cell in cells), default=0)
    heading = max(len(word) for word in name.split("_"))
    return max(heading, longest if is_whole else min(longest, READABLE))
