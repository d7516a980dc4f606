"""A CSV file of prices: a row per market and moment."""

import csv
import io
from collections.abc import Iterator

from prescient_dagster.domain.errors import InvalidInput
from prescient_dagster.venue import kinds
from prescient_dagster.venue.series.rows import SeriesRows
from prescient_dagster.venue.series.values import PriceUnit

COLUMNS = ("ingested_at", "market_id", "title", "close_date", "volume", "liquidity", "yes_price")
LACKS = ("bid and ask", "which event a market belongs to", "fees", "how markets end")


def rows(text: str) -> SeriesRows:
    """The rows of the file.

    Raises:
        AnotherKindError: it has other columns.
        InvalidInput: a line cannot be read.
    """
    lines = _lines(text)
    heading = [name.strip() for name in next(lines)[1]]
    missing = [name for name in COLUMNS if name not in heading]
    if missing:
        raise kinds.AnotherKindError(f"text with the columns {kinds.told_keys(heading)}, without {' '.join(missing)}")
    kept = [(number, line) for number, line in lines if line]
    for number, line in kept:
        if len(line) != len(heading):
            raise InvalidInput(f"line {number} has {len(line)} values, the heading {len(heading)}")
    numbers = [number for number, _ in kept]
    columns = {name: [line[heading.index(name)].strip() for _, line in kept] for name in COLUMNS}
    return SeriesRows(
        times=columns["ingested_at"],
        market_ids=columns["market_id"],
        event_ids=columns["market_id"],
        event_titles=columns["title"],
        questions=columns["title"],
        prices=columns["yes_price"],
        volumes=columns["volume"],
        liquidities=columns["liquidity"],
        ends=columns["close_date"],
        time_name="ingested_at",
        price_name="yes_price",
        documented=PriceUnit.FRACTION,
        place=lambda row: f"line {numbers[row]}",
        lacks=LACKS,
    )


def _lines(text: str) -> Iterator[tuple[int, list[str]]]:
    """The lines with their numbers; one that spans several has the last."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        for line in reader:
            yield reader.line_num, line
    except csv.Error as error:
        raise InvalidInput(f"line {reader.line_num} is no line of a CSV file: look at its quotation marks") from error
