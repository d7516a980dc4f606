"""Files of price series, read into one table of observations: a row is one market seen at one moment.

Two kinds of file are known, either of them gzipped or not:

- CSV: a row per market and moment, with `ingested_at market_id title close_date volume liquidity yes_price no_price`.
- JSON: one event, `{"title", "markets": [{"question", "history": [{"timestamp", "probability"}, …]}, …]}`, with the
  time in seconds since 1970 and the probability in percent.
"""

import gzip
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from prescient_dagster.domain.errors import InvalidInput

OBSERVED = ("time", "market_id", "event_id", "event_title", "question", "yes_price", "volume", "liquidity", "end_date")
CSV_COLUMNS = ("ingested_at", "market_id", "title", "close_date", "volume", "liquidity", "yes_price")
PERCENT = 100


@dataclass(frozen=True)
class Series:
    """What was observed, in the order of time.

    Attributes:
        observations: columns `OBSERVED`; prices are the middle of bid and ask, USD per share.
        lacks: what the file does not tell and a market has.
    """

    observations: pd.DataFrame
    lacks: tuple[str, ...]


def read(path: Path) -> Series:
    """The observations in a file.

    Raises:
        InvalidInput: it cannot be read, is of neither kind, or holds nothing.
    """
    suffixes = [suffix for suffix in path.suffixes if suffix != ".gz"]
    reader = READERS.get(suffixes[-1] if suffixes else "")
    if reader is None:
        raise InvalidInput(f"{path} is neither a CSV nor a JSON file of prices")
    try:
        content = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
        series = reader(content)
    except (OSError, EOFError, KeyError, TypeError, ValueError) as error:
        reason = f"{type(error).__name__}: {error}" if isinstance(error, KeyError | TypeError) else str(error)
        raise InvalidInput(f"{path} cannot be read as a series of prices: {reason}") from error
    _require_sound(path, series.observations)
    return series


def _from_csv(content: bytes) -> Series:
    from io import BytesIO

    table = pd.read_csv(BytesIO(content), usecols=list(CSV_COLUMNS), dtype={"market_id": str, "title": str})
    observations = pd.DataFrame(
        {
            "time": pd.to_datetime(table["ingested_at"], utc=True, format="ISO8601"),
            "market_id": table["market_id"],
            "event_id": table["market_id"],
            "event_title": table["title"].str.strip(),
            "question": table["title"].str.strip(),
            "yes_price": table["yes_price"],
            "volume": table["volume"],
            "liquidity": table["liquidity"],
            "end_date": pd.to_datetime(table["close_date"], utc=True, format="ISO8601"),
        }
    )
    return Series(_sorted(observations), ("bid and ask", "which event a market belongs to", "fees", "how markets end"))


def _from_json(content: bytes) -> Series:
    event = json.loads(content)
    rows = [
        (each["timestamp"], str(number), market["question"], each["probability"] / PERCENT)
        for number, market in enumerate(event["markets"], 1)
        for each in market["history"]
    ]
    table = pd.DataFrame(rows, columns=["time", "market_id", "question", "yes_price"])
    observations = pd.DataFrame(
        {
            "time": pd.to_datetime(table["time"], unit="s", utc=True),
            "market_id": table["market_id"],
            "event_id": "1",
            "event_title": str(event["title"]),
            "question": table["question"].astype(str),
            "yes_price": table["yes_price"],
            "volume": 0.0,
            "liquidity": float("nan"),
            "end_date": pd.Series(pd.NaT, index=table.index, dtype="datetime64[us, UTC]"),
        }
    )
    lacks = ("bid and ask", "volume", "liquidity", "when the event ends", "fees", "how markets end")
    return Series(_sorted(observations), lacks)


READERS: dict[str, Callable[[bytes], Series]] = {".csv": _from_csv, ".json": _from_json}


def _sorted(observations: pd.DataFrame) -> pd.DataFrame:
    observations["time"] = observations["time"].astype("datetime64[us, UTC]")
    return observations[list(OBSERVED)].sort_values(["time", "market_id"], kind="stable", ignore_index=True)


def _require_sound(path: Path, observations: pd.DataFrame) -> None:
    def refuse(wrong: Any, what: str) -> None:
        if wrong.any():
            row = observations[wrong].iloc[0]
            raise InvalidInput(f"{path}: {int(wrong.sum())} observations have {what}, first market {row['market_id']}")

    if observations.empty:
        raise InvalidInput(f"{path} holds no observations")
    refuse(observations["time"].isna(), "no time")
    refuse(observations["market_id"].isna() | (observations["market_id"] == ""), "no market id")
    refuse(~observations["yes_price"].between(0, 1), "a price that is not within 0 and 1 USD")
