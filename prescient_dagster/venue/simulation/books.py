"""Order books round the quotes, in the CLOB's wire format: bids ascending, asks descending, numbers as strings."""

from typing import Any

import numpy as np

from prescient_dagster.venue.simulation.draws import Stream, draw, uniform
from prescient_dagster.venue.simulation.identity import condition_ids, token_ids
from prescient_dagster.venue.simulation.quotes import ONE
from prescient_dagster.venue.simulation.world import WorldState

LEVELS = 10
_REFRESH = 600
_GROWTH = 0.35
_CHEAPEST = 0.02

Level = tuple[int, float]


def books(state: WorldState, rows: list[int]) -> list[dict[str, Any]]:
    """Both tokens' books of the given markets; a market that takes no orders has none."""
    open_rows = [row for row in rows if state.accepting[row] and not state.roster.placeholder[row]]
    if not open_rows:
        return []
    chosen = state.roster.numbers[open_rows]
    conditions, tokens = condition_ids(state.roster.seed, chosen), token_ids(state.roster.seed, chosen)
    found = []
    for row, condition, (yes, no) in zip(open_rows, conditions, tokens, strict=True):
        bids, asks = yes_levels(state, row)
        common = {"market": condition, "tick_size": f"{state.roster.tick[row] / ONE:g}"}
        found.append(common | _book(yes, bids, asks))
        found.append(common | _book(no, _mirrored(asks), _mirrored(bids)))
    return found


def yes_levels(state: WorldState, row: int) -> tuple[list[Level], list[Level]]:
    """The YES token's bids and asks, best first: price in 1/10,000 USD and shares.

    Half of the market's liquidity lies on each side, on ten ticks, less at the touch than behind it.
    """
    tick = int(state.roster.tick[row])
    places = np.arange(2 * LEVELS)
    counters = places + (state.second // _REFRESH << 8)
    noise = uniform(draw(state.roster.seed, Stream.BOOK, state.roster.numbers[[row]], counters))
    weight = 1 + _GROWTH * (places % LEVELS)
    usd = state.liquidity[row] / 2 * weight / weight[:LEVELS].sum() * (0.7 + 0.6 * noise)
    bids = [(int(state.quotes.bid[row]) - k * tick, float(usd[k])) for k in range(LEVELS)]
    asks = [(int(state.quotes.ask[row]) + k * tick, float(usd[LEVELS + k])) for k in range(LEVELS)]
    return _in_shares(bids), _in_shares(asks)


def _in_shares(levels: list[Level]) -> list[Level]:
    return [(price, round(usd / max(price / ONE, _CHEAPEST), 2)) for price, usd in levels if 0 < price < ONE]


def _mirrored(levels: list[Level]) -> list[Level]:
    return [(ONE - price, shares) for price, shares in levels]


def _book(token: str, bids: list[Level], asks: list[Level]) -> dict[str, Any]:
    return {"asset_id": token, "bids": _wire(bids), "asks": _wire(asks)}


def _wire(levels: list[Level]) -> list[dict[str, str]]:
    return [{"price": f"{price / ONE:g}", "size": str(shares)} for price, shares in levels[::-1]]
