"""Whether a capture may be traded: a venue that answers only half of what it has is worse than one that does not.

Each rule says what is wrong and whether that forbids trading. What forbids it refuses the capture; what was held before
is settled all the same. Measured on recordings of the real venue and on a simulated one of 50,000 markets: no price out
of range, no crossed quote, no record that cannot be read. So whatever these rules find is worth a look.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import numpy as np
import pandas as pd

from prescient_dagster.domain.market.kept_texts import kept_text
from prescient_dagster.domain.market.markets import PRICES, Mask, Rejection

LEAST_PART_OF_THE_ONE_BEFORE = 0.5
MOST_CROSSED = 0.05  # of the tradable markets with a bid and an ask; beyond it trading is forbidden
MOST_UNREADABLE = 0.02  # of all records; beyond it the venue has changed its format, or is broken
FEW_UNREADABLE = 0.005  # up to here nobody is told
MOST_ROWS = 20

Row = dict[str, str | float | None]


class Plausibility(StrEnum):
    """What is looked at in a capture; each is a check of this name."""

    COUNTS = "counts_plausible"
    PRICES = "prices_in_range"
    QUOTES = "quotes_not_crossed"
    RECORDS = "records_readable"
    CLOCK = "clock_right"


@dataclass(frozen=True, slots=True)
class Finding:
    """What one rule says of a capture.

    Attributes:
        wrong: what is wrong, in one line of our own words; empty: nothing.
        forbids: whether the capture may not be traded therefore.
        figures: what was counted.
        worst: the rows that show it, the worst first; their texts are the venue's.
    """

    rule: Plausibility
    wrong: str = ""
    forbids: bool = False
    figures: Mapping[str, float] = field(default_factory=dict)
    worst: Sequence[Row] = ()


def findings(
    events: int,
    markets: pd.DataFrame,
    rejections: Sequence[Rejection],
    markets_before: int | None,
    wrong_clock: str = "",
) -> list[Finding]:
    """What every rule says of a capture.

    Args:
        events: how many it lists.
        markets: its table, with the columns of a capture's markets.
        rejections: the records that could not be read and were left out.
        markets_before: how many the capture directly before it lists, refused or not: where a venue has really shrunk,
            the next capture is plausible again. None: there is none before it.
        wrong_clock: why the time it is stamped with cannot be true; empty: it can.
    """
    return [
        counts(len(markets), int(markets["tradable"].sum()), markets_before),
        prices(markets),
        quotes(markets),
        records(events + len(markets), rejections),
        Finding(Plausibility.CLOCK, wrong_clock, forbids=bool(wrong_clock)),
    ]


def refusal(found: Sequence[Finding]) -> str | None:
    """Why a capture must not be traded, or None."""
    return "; ".join(finding.wrong for finding in found if finding.forbids) or None


def counts(markets: int, tradable_markets: int, markets_before: int | None) -> Finding:
    """Something must be tradable, and the venue must not have lost half of what it had."""
    figures = {"markets": markets, "tradable_markets": tradable_markets}
    if markets_before is not None:
        figures["markets_before"] = markets_before
    wrong = ""
    if tradable_markets == 0:
        wrong = "no market is tradable: see whether the venue is down for maintenance"
    elif markets_before is not None and markets < LEAST_PART_OF_THE_ONE_BEFORE * markets_before:
        wrong = f"it lists {markets} markets, the capture before {markets_before}: less than half"
    return Finding(Plausibility.COUNTS, wrong, bool(wrong), figures)


def out_of_range(markets: pd.DataFrame) -> Mask:
    """Which markets have a price below 0 or above 1; a missing price is none."""
    values = _prices(markets)
    return np.asarray(((values < 0) | (values > 1)).any(axis=1))


def prices(markets: pd.DataFrame) -> Finding:
    """A price outside 0 to 1 cannot be: where there is one, nothing else that was read can be trusted."""
    outside = out_of_range(markets)
    figures = {"out_of_range": int(outside.sum()), "markets": len(markets)}
    if not outside.any():
        return Finding(Plausibility.PRICES, figures=figures)
    found = markets[outside]
    distance = np.nanmax(np.abs(_prices(found) - 0.5), axis=1)
    wrong = f"{figures['out_of_range']} of {len(markets)} markets have a price outside 0 to 1"
    return Finding(Plausibility.PRICES, wrong, True, figures, _worst(found, -distance, PRICES))


def _prices(markets: pd.DataFrame) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    return markets[list(PRICES)].to_numpy()


def quotes(markets: pd.DataFrame) -> Finding:
    """A bid above the ask is money for nothing, and never real: a few are glitches, many are a broken feed."""
    spread = markets["spread"].to_numpy()
    quoted = markets["tradable"].to_numpy() & ~np.isnan(spread)
    crossed = quoted & (spread < 0)
    figures = {"crossed": int(crossed.sum()), "quoted": int(quoted.sum())}
    if not crossed.any():
        return Finding(Plausibility.QUOTES, figures=figures)
    many = figures["crossed"] > MOST_CROSSED * figures["quoted"]
    wrong = f"{figures['crossed']} of {figures['quoted']} quoted markets have a bid above their ask"
    worst = _worst(markets[crossed], spread[crossed], ("best_bid", "best_ask", "spread"))
    return Finding(Plausibility.QUOTES, wrong, many, figures, worst)


def records(read: int, rejections: Sequence[Rejection]) -> Finding:
    """Records that cannot be read are left out. `read`: events and markets that could be."""
    unreadable = len(rejections)
    share = unreadable / (read + unreadable) if unreadable else 0.0
    figures = {"unreadable": unreadable, "read": read, "share": round(share, 6)}
    worst: list[Row] = [{"kind": r.kind, "id": r.record_id, "reason": r.reason} for r in rejections[:MOST_ROWS]]
    if share <= FEW_UNREADABLE:
        return Finding(Plausibility.RECORDS, figures=figures, worst=worst)
    wrong = f"{unreadable} of {read + unreadable} records cannot be read, {share:.1%}"
    return Finding(Plausibility.RECORDS, wrong, share > MOST_UNREADABLE, figures, worst)


def _worst(
    markets: pd.DataFrame, badness: np.ndarray[tuple[int], np.dtype[np.float64]], columns: Sequence[str]
) -> list[Row]:
    """Some of these markets, those with the lowest figure first."""
    first = markets.iloc[np.argsort(badness, kind="stable")[:MOST_ROWS]]
    shown = first[["market_id", "question", *columns]].to_dict("records")
    return [{str(name): _shown(value) for name, value in row.items()} for row in shown]


def _shown(value: Any) -> str | float | None:
    if isinstance(value, str):
        return kept_text(value)
    return None if pd.isna(value) else value
