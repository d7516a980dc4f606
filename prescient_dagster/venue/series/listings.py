"""From observations to listings: what was seen within a minute is one capture.

What the observations do not tell is assumed, and said. Nothing of a listing comes from later observations; that all
markets of a complete set are known from the beginning is what assuming one says.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd

from prescient_dagster.domain.market.markets import Floats, Listing, QuoteSource, Rows, event_rows, market_rows
from prescient_dagster.venue.series.reading import Series
from prescient_dagster.venue.series.rows import OBSERVED

NAME = "recorded"
GAP = pd.Timedelta(seconds=60)
"""A pause as long as this, and the next observation begins another capture."""
HOUR, DAY = pd.Timedelta(hours=1), pd.Timedelta(days=1)
MIN_ORDER_SIZE = 5.0
EDGE = 1e-9  # of a tick: so that a price that stands on a tick is not moved by float noise


@dataclass(frozen=True, slots=True)
class Assumptions:
    """What is taken to be so where a series does not tell.

    Attributes:
        half_spread: from the middle to the bid and to the ask, USD per share; both are then moved outward to the tick.
        tick: smallest step of a price, USD per share.
        liquidity: of a market, USD.
        ends: when the event ends; None: nobody knows, and a strategy that asks for days to the end finds nothing.
        complete_set: whether the markets of an event exclude one another and one of them must pay: all that the series
            has of it, known from the beginning, so that the set is never whole while one of them has no price yet.
    """

    half_spread: float = 0.005
    tick: float = 0.001
    liquidity: float = 100_000.0
    ends: datetime | None = None
    complete_set: bool = False

    def told(self, lacks: Collection[str]) -> list[str]:
        """In sentences, what is assumed for a series that lacks these things."""
        lines = [
            f"bid and ask: the price less and plus {self.half_spread:g}, moved outward to ticks of {self.tick:g}",
            f"no fees; orders of at least {MIN_ORDER_SIZE:g} shares; no market closes or is resolved",
            "changes of price and 24-hour volume: by difference to what was seen so long before, or first",
        ]
        if "liquidity" in lacks:
            lines.append(f"liquidity of each market: {self.liquidity:,.0f} USD; volume: 0")
        if "when the event ends" in lacks:
            lines.append(f"end of the event: {self.ends.isoformat() if self.ends else 'unknown'}")
        if "which event a market belongs to" in lacks:
            lines.append("every market is an event of its own")
        elif self.complete_set:
            lines.append(
                "the markets exclude one another, and one of them pays (negRisk, not augmented); how many they are is "
                "known from the first capture on"
            )
        else:
            lines.append("the markets of the event do not exclude one another")
        return lines


@dataclass(frozen=True)
class Imported:
    """The listings of a series, and how much was left out.

    Attributes:
        captures: how many listings there are.
        repeated: observations of a market that was seen again within the same capture; the last one counts.
        incomplete: captures in which at least one of the series' markets is missing.
    """

    series: pd.DataFrame
    assumptions: Assumptions
    captures: int
    repeated: int
    incomplete: int

    def listings(self) -> Iterator[Listing]:
        """One after the other, in the order of time."""
        markets = market_rows(_markets(self.series, self.assumptions))
        first = ~self.series.duplicated(["capture", "event_id"])
        events = event_rows(_events(markets[first.to_numpy()]))
        captures, captures_of_events = self.series["capture"].to_numpy(), self.series["capture"][first].to_numpy()
        times = self.series.groupby("capture")["captured_at"].first()
        for (number, rows), (_, places) in zip(_spans(captures), _spans(captures_of_events), strict=True):
            yield Listing(
                NAME,
                times[number].to_pydatetime(),
                events[places].sort_values("event_id", ignore_index=True),
                markets[rows].reset_index(drop=True),
            )


def _spans(captures: Rows) -> Iterator[tuple[int, slice]]:
    """Each capture's number, and where its rows stand; they stand together."""
    starts = np.flatnonzero(np.diff(captures, prepend=-1))
    for start, end in zip(starts, [*starts[1:], len(captures)], strict=True):
        yield int(captures[start]), slice(start, end)


def imported(series: Series, assumptions: Assumptions) -> Imported:
    """A series as listings."""
    seen = _with_changes(series.observations)
    seen["capture"] = (seen["time"].diff() >= GAP).cumsum()
    seen["captured_at"] = seen.groupby("capture")["time"].transform("min").dt.floor("s")
    once = seen.drop_duplicates(["capture", "market_id"], keep="last").sort_values(
        ["capture", "market_id"], ignore_index=True
    )
    sizes = once.groupby("capture").size()
    markets = once["market_id"].nunique()
    return Imported(once, assumptions, len(sizes), len(seen) - len(once), int((sizes < markets).sum()))


def _with_changes(observations: pd.DataFrame) -> pd.DataFrame:
    """The observations with the volume of 24 hours and the changes of price, each from what was known by then."""
    seen = observations.copy()
    first = seen.groupby("market_id")[["yes_price", "volume"]].transform("first")
    for name, back in (("price_change_1h", HOUR), ("price_change_24h", DAY)):
        seen[name] = seen["yes_price"] - _before(seen, back, "yes_price", first["yes_price"])
    seen["volume_24hr"] = (seen["volume"] - _before(seen, DAY, "volume", first["volume"])).clip(lower=0)
    return seen


def _before(seen: pd.DataFrame, back: pd.Timedelta, name: str, otherwise: "pd.Series[float]") -> "pd.Series[float]":
    """What each market showed so long before each observation; where it was not seen yet, its first value."""
    asked = seen[["time", "market_id"]].assign(time=seen["time"] - back)
    known = seen[["time", "market_id", name]]
    found = pd.merge_asof(asked, known, on="time", by="market_id")[name]
    return found.fillna(otherwise)


def _markets(seen: pd.DataFrame, assumptions: Assumptions) -> dict[str, Any]:
    """The columns of the markets of all captures."""
    number, event = len(seen), [seen["capture"], seen["event_id"]]
    never = pd.array([pd.NaT] * number, dtype="datetime64[us, UTC]")
    bid, ask = quotes(seen["yes_price"].to_numpy(), assumptions)
    liquidity = seen["liquidity"].fillna(assumptions.liquidity)
    ends = seen["end_date"] if assumptions.ends is None else seen["end_date"].fillna(pd.Timestamp(assumptions.ends))
    columns: dict[str, Any] = {name: seen[name].array for name in OBSERVED if name != "time"}
    columns |= {name: seen[name].array for name in ("volume_24hr", "price_change_1h", "price_change_24h")}
    return (
        _same_for_all(seen, assumptions)
        | columns
        | {
            "no_price": 1 - seen["yes_price"].to_numpy(),
            "best_bid": bid,
            "best_ask": ask,
            "last_price": np.full(number, np.nan),
            "liquidity": liquidity.array,
            "end_date": ends.array,
            "event_end_date": ends.array,
            "start_date": never,
            "game_start_time": never,
            "event_liquidity": liquidity.groupby(event).transform("sum").array,
            "event_volume": seen["volume"].groupby(event).transform("sum").array,
            "event_volume_24hr": seen["volume_24hr"].groupby(event).transform("sum").array,
            "event_market_count": _known_markets(seen, assumptions).array,
        }
    )


def _known_markets(seen: pd.DataFrame, assumptions: Assumptions) -> "pd.Series[int]":
    """How many markets the event of each row has: those seen by then, or all of a complete set."""
    if assumptions.complete_set:
        return seen.groupby("event_id")["market_id"].transform("nunique")
    so_far = (~seen.duplicated(["event_id", "market_id"])).groupby(seen["event_id"]).cumsum()
    return so_far.groupby([seen["capture"], seen["event_id"]]).transform("max")


def _same_for_all(seen: pd.DataFrame, assumptions: Assumptions) -> dict[str, Any]:
    number = len(seen)
    texts = {
        "slug": "",
        "condition_id": "",
        "yes_label": "Yes",
        "no_label": "No",
        "rules_hash": "",
        "resolution_status": "",
        "exclusive_group": "",
        "quote_source": QuoteSource.LISTING.value,
        "untradable": "",
        "tags": "",
        "category": "",
    }
    numbers = {"tick_size": assumptions.tick, "min_order_size": MIN_ORDER_SIZE, "fee_rate": 0.0, "fee_exponent": 1.0}
    flags = {"neg_risk": assumptions.complete_set, "neg_risk_augmented": False, "tradable": True, "closed": False}
    columns: dict[str, Any] = {name: [value] * number for name, value in (texts | numbers | flags).items()}
    tokens = {f"{side}_token_id": [f"{market_id}:{side}" for market_id in seen["market_id"]] for side in ("yes", "no")}
    return columns | tokens


def _events(first: pd.DataFrame) -> dict[str, Any]:
    """The columns of events, from the first market of each."""
    told = {name: first[f"event_{name}"].array for name in ("title", "liquidity", "volume", "volume_24hr", "end_date")}
    told |= {name: first[name].array for name in ("event_id", "start_date", "neg_risk", "neg_risk_augmented", "closed")}
    return told | {"slug": [""] * len(first), "market_count": first["event_market_count"].array}


def quotes(mid: Floats, assumptions: Assumptions) -> tuple[Floats, Floats]:
    """Bid and ask of YES around the middle, on the tick; NaN where the tick leaves no room: nobody bids or asks."""
    tick = assumptions.tick
    bid = np.floor((mid - assumptions.half_spread) / tick + EDGE) * tick
    ask = np.ceil((mid + assumptions.half_spread) / tick - EDGE) * tick
    room = tick * (1 - EDGE)
    return np.where(bid >= room, bid, np.nan), np.where(ask <= 1 - room, ask, np.nan)
