"""Files of price series, read into one table of observations: a row is one market seen at one moment.

Two kinds of file are known, either of them gzipped or not:

- CSV: a row per market and moment, with `ingested_at market_id title close_date volume liquidity yes_price no_price`.
- JSON: one event, `{"title", "markets": [{"question", "history": [{"timestamp", "probability"}, …]}, …]}`, with the
  probability in percent.

Which of the two it is, its content tells, not its name; what it is instead is said.
"""

import gzip
import zlib
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from prescient_dagster.domain.errors import InvalidInput
from prescient_dagster.venue import kinds
from prescient_dagster.venue.series import csv_series, json_series
from prescient_dagster.venue.series.rows import OBSERVED, SeriesRows
from prescient_dagster.venue.series.values import PriceUnit, amounts, prices, times
from prescient_dagster.venue.sizes import TooLargeError, read_file, unpacked

GZIP = b"\x1f\x8b"
EXPECTED = (
    f"expected a CSV file with the columns {' '.join(csv_series.COLUMNS)}, or a JSON file "
    '{"title": …, "markets": [{"question": …, "history": [{"timestamp": …, "probability": …}, …]}, …]}'
)


@dataclass(frozen=True)
class Series:
    """What was observed, in the order of time.

    Attributes:
        observations: columns `OBSERVED`; prices are the middle of bid and ask, USD per share.
        lacks: what the file does not tell and a market has.
        reads: how its times and prices were read.
    """

    observations: pd.DataFrame
    lacks: tuple[str, ...]
    reads: tuple[str, ...] = ()


def read(path: Path, unit: PriceUnit | None = None) -> Series:
    """The observations in a file.

    Args:
        unit: of its prices, where the user says it; None: as its kind of file has them.

    Raises:
        InvalidInput: it cannot be read, is of neither kind, or something in it is not what it should be.
    """
    content = _content(path)
    other = kinds.of_content(content)
    if other is not None:
        raise InvalidInput(f"{path} is {other}, {EXPECTED}")
    text = content.decode("utf-8-sig")
    try:
        rows = json_series.rows(text) if text.lstrip().startswith(("{", "[")) else csv_series.rows(text)
        return _series(rows, unit)
    except kinds.AnotherKindError as error:
        raise InvalidInput(f"{path} is {error}, {EXPECTED}") from error
    except InvalidInput as error:
        raise InvalidInput(f"{path}: {error}") from error


def _content(path: Path) -> bytes:
    try:
        content = read_file(path)
        return unpacked(content) if content.startswith(GZIP) else content
    except TooLargeError as error:
        raise InvalidInput(f"{path} is {error}: import it in parts") from error
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise InvalidInput(f"{path} is gzip-compressed and damaged: take it anew") from error
    except OSError as error:
        raise InvalidInput(f"{path} cannot be read: {error.strerror}; name a file of prices") from error


def _series(rows: SeriesRows, asked: PriceUnit | None) -> Series:
    """The rows with their values read, by time and market."""
    found, observed_in = times(rows.times, rows.time_name, rows.place)

    def moment(row: int) -> str:
        return f"market {rows.name(row)} at {found.iloc[row]:%Y-%m-%d %H:%M:%S} UTC"

    yes_price, unit = prices(rows.prices, rows.price_name, moment, rows.documented, asked)
    observations = pd.DataFrame(
        {
            "time": found,
            "market_id": rows.market_ids,
            "event_id": rows.event_ids,
            "event_title": rows.event_titles,
            "question": rows.questions,
            "yes_price": yes_price,
            "volume": amounts(rows.volumes, "volume", rows.place),
            "liquidity": amounts(rows.liquidities, "liquidity", rows.place),
            "end_date": _ends(rows),
        }
    )[list(OBSERVED)]
    observations = observations.sort_values(["time", "market_id"], kind="stable", ignore_index=True)
    return Series(observations, rows.lacks, (f"times: {observed_in}", f"prices: {unit}"))


def _ends(rows: SeriesRows) -> "pd.Series[pd.Timestamp]":
    """When the events end; nothing where that is not told."""
    ends = pd.Series(pd.NaT, index=range(len(rows.ends)), dtype="datetime64[us, UTC]")
    known = [row for row, value in enumerate(rows.ends) if value not in (None, "")]
    if known:
        told, _ = times([rows.ends[row] for row in known], "close_date", lambda number: rows.place(known[number]))
        ends.iloc[known] = told
    return ends
