"""Captures of a time before there were any, made of the hourly prices that the venue tells.

An hour is a capture: at its end every market costs what it did last within that hour. All else is as the newest capture
has it, and said so: who replays this has to know what is assumed.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from prescient_dagster.domain.errors import NotFound
from prescient_dagster.domain.market.markets import (
    EVENT_COLUMNS,
    MARKET_COLUMNS,
    Floats,
    Listing,
    QuoteSource,
    market_frame,
)
from prescient_dagster.store.database import Database
from prescient_dagster.store.market import capture_files, price_marks
from prescient_dagster.store.market.capture_folders import CaptureFolder
from prescient_dagster.store.market.price_marks import MarkSourceKind
from prescient_dagster.usecases.keeping import new_folder
from prescient_dagster.usecases.past_prices.fetch_history import FetchedHistory, Wanted
from prescient_dagster.venue.recorded import TIME_FORMAT
from prescient_dagster.venue.series.listings import Assumptions, quotes

NOTE = "backfill.txt"
HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Backfill:
    """What was made.

    Attributes:
        markets: of which there is at least one price; `incomplete` is how many captures lack one of those.
    """

    captures: int
    markets: int
    incomplete: int
    first: datetime
    last: datetime
    assumes: tuple[str, ...]


def chosen(listing: Listing, search: str, market_ids: Sequence[str], most: int) -> list[Wanted]:
    """The markets whose past is wanted: those named, or the most traded of those that take orders and hold the text."""
    markets = listing.markets
    if market_ids:
        markets = markets[markets["market_id"].isin(market_ids)]
        unknown = sorted(set(market_ids) - set(markets["market_id"]))
        if unknown:
            raise NotFound(f"the newest capture lists no market {unknown[0]!r}: `prescient markets` shows them")
    else:
        texts = markets["question"] + "\n" + markets["event_title"]
        markets = markets[markets["tradable"] & texts.str.contains(search, case=False, regex=False)]
        markets = markets.sort_values(["volume_24hr", "market_id"], ascending=[False, True], kind="stable").head(most)
    pairs = markets.sort_values("market_id")[["market_id", "yes_token_id"]]
    return [Wanted(market_id, token) for market_id, token in pairs.itertuples(index=False)]


def backfill(  # noqa: PLR0913, PLR0917 - what is known, and where it goes
    database: Database,
    captures: CaptureFolder,
    listing: Listing,
    wanted: Sequence[Wanted],
    fetched: FetchedHistory,
    target: Path,
    half_spread: float,
) -> Backfill:
    """Write captures of the time that was fetched into a new folder, whole or not at all.

    Args:
        listing: what the markets look like now.

    Raises:
        NotFound: there is no price of any of these markets.
        InvalidInput: the folder is there already.
    """
    ids = [each.market_id for each in wanted]
    prices = _prices(database, captures, ids, fetched.since, fetched.until)
    if prices.empty:
        raise NotFound("the venue has no price of these markets in that time: name others, or more days")
    assumptions = Assumptions(half_spread)
    with new_folder.beside(target) as folder:
        for made in _listings(listing, prices, assumptions):
            _write(made, folder)
        told = Backfill(
            captures=len(prices),
            markets=prices.shape[1],
            incomplete=int(prices.isna().any(axis=1).sum()),
            first=prices.index[0].to_pydatetime(),
            last=prices.index[-1].to_pydatetime(),
            assumes=tuple(_assumed(listing, assumptions)),
        )
        (folder / NOTE).write_text("\n".join([*lines(told), ""]), encoding="utf-8")
    return told


def _prices(
    database: Database, captures: CaptureFolder, market_ids: Sequence[str], since: datetime, until: datetime
) -> pd.DataFrame:
    """A row for each hour's end, a column for each market that has a price; of two prices ours counts."""
    marks = pd.concat(_marks(database, captures, since.date(), until.date()), ignore_index=True)
    marks = marks[marks["market_id"].isin(market_ids) & marks["captured_at"].between(since, until, inclusive="left")]
    ends = marks["captured_at"].dt.floor("h") + HOUR
    once = marks.assign(at=ends).drop_duplicates(["at", "market_id"])
    return once.pivot(index="at", columns="market_id", values="yes_price").sort_index()


def _marks(database: Database, captures: CaptureFolder, first: date, last: date) -> list[pd.DataFrame]:
    """The marks of these days, ours before the venue's."""
    with database.begin() as connection:
        ours = [each for each in price_marks.files(connection, MarkSourceKind.CAPTURES) if first <= each.day <= last]
    days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
    return [
        *(price_marks.opened(captures, each).read().to_pandas() for each in ours),
        *(price_marks.of_venue(database, captures, day) for day in days),
    ]


def _listings(listing: Listing, prices: pd.DataFrame, assumptions: Assumptions) -> Iterator[Listing]:
    """One for each hour."""
    markets = listing.markets.set_index("market_id", drop=False)
    hour, day = _changes(prices, HOUR), _changes(prices, 24 * HOUR)
    for at in prices.index:
        known = prices.loc[at].dropna()
        changes = {"price_change_1h": hour.loc[at, known.index], "price_change_24h": day.loc[at, known.index]}
        rows = _priced(markets.loc[known.index], known, changes, assumptions)
        events = listing.events[listing.events["event_id"].isin(rows["event_id"])]
        yield Listing("recorded", at.to_pydatetime(), events.reset_index(drop=True), rows)


def _changes(prices: pd.DataFrame, back: timedelta) -> pd.DataFrame:
    """By how much each price changed in so long; 0 where it was not known then, as the venue leaves it out."""
    before = prices.reindex(pd.DatetimeIndex(prices.index) - pd.Timedelta(back))
    return pd.DataFrame(prices.to_numpy() - before.to_numpy(), prices.index, prices.columns).fillna(0.0)


def _priced(
    markets: pd.DataFrame, yes: "pd.Series[float]", changes: dict[str, Any], assumptions: Assumptions
) -> pd.DataFrame:
    price: Floats = np.asarray(yes, dtype=np.float64)
    bid, ask = quotes(price, assumptions)
    number = len(price)
    values = {
        **{name: values.to_numpy() for name, values in changes.items()},
        "yes_price": price,
        "no_price": 1 - price,
        "best_bid": bid,
        "best_ask": ask,
        "last_price": np.full(number, np.nan),
        "tradable": [True] * number,
        "closed": [False] * number,
        "quote_source": [QuoteSource.LISTING.value] * number,
        **{name: [""] * number for name in ("untradable", "resolution_status")},
    }
    return market_frame({**{name: markets[name].array for name in MARKET_COLUMNS}, **values})


def _write(listing: Listing, folder: Path) -> None:
    name = listing.captured_at.strftime(TIME_FORMAT)
    (folder / f"{name}.events.parquet").write_bytes(capture_files.encoded(listing.events, EVENT_COLUMNS))
    (folder / f"{name}.markets.parquet").write_bytes(capture_files.encoded(listing.markets, MARKET_COLUMNS))


def _assumed(listing: Listing, assumptions: Assumptions) -> list[str]:
    spread, tick = assumptions.half_spread, assumptions.tick
    return [
        f"bid and ask: the price less and plus {spread:g}, moved outward to ticks of {tick:g}",
        "liquidity, volume, 24-hour volume, end, fees and tags of markets and events: those of "
        f"{listing.captured_at:%Y-%m-%d %H:%M} throughout, so a market counts as big before it was",
        "only markets that are open today: those that ended meanwhile are missing, and with them how they ended",
        "no market closes or is resolved; there are no order books: orders fill at the touch",
        "an hour's price is the last that the venue tells of it",
    ]


def lines(told: Backfill) -> list[str]:
    """What was made, in sentences, as it is printed and written beside the captures."""
    return [
        f"{told.captures} captures of {told.markets} markets, {told.first:%Y-%m-%d %H:%M} to "
        f"{told.last:%Y-%m-%d %H:%M} UTC; {told.incomplete} lack a market",
        *(f"assumed: {line}" for line in told.assumes),
    ]
