"""`prescient captures import`: a series of prices that somebody recorded becomes a folder of captures."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.progress import track

from prescient_dagster.cli.terminal import output as shown
from prescient_dagster.cli.terminal.options import AsJson, HalfSpread
from prescient_dagster.cli.terminal.output import terminal
from prescient_dagster.domain.errors import InvalidInput
from prescient_dagster.domain.market.markets import EVENT_COLUMNS, MARKET_COLUMNS, Listing
from prescient_dagster.store.market.capture_files import encoded
from prescient_dagster.store.market.capture_folders import require_local
from prescient_dagster.usecases.shown.cells import cell
from prescient_dagster.usecases.shown.strangers import clean
from prescient_dagster.venue.recorded import TIME_FORMAT
from prescient_dagster.venue.series.listings import Assumptions, Imported, imported
from prescient_dagster.venue.series.reading import Series, read
from prescient_dagster.venue.series.values import FIRST, LAST, PriceUnit

NOTE = "import.txt"
SeriesFile = Annotated[Path, typer.Argument(metavar="FILE", help="A CSV or JSON file of prices, gzipped or not.")]
Output = Annotated[
    Path, typer.Option("--output", "-o", metavar="DIR", help="Where the captures go: a new or an empty folder.")
]
Tick = Annotated[float, typer.Option(min=0.0001, max=0.1, help="Smallest step of a price, USD per share.")]
Liquidity = Annotated[
    float, typer.Option(min=0, max=1e12, help="Of each market, USD, where the file does not tell it.")
]
Ends = Annotated[
    datetime | None, typer.Option(metavar="TIME", help="When the event ends, UTC, where the file does not tell it.")
]
Prices = Annotated[
    PriceUnit | None,
    typer.Option(help="What the file's prices are in. Without it: percent in JSON, fractions of a USD in CSV."),
]
CompleteSet = Annotated[
    bool, typer.Option("--complete-set", help="The markets of an event exclude one another, and one of them pays.")
]


def import_series(  # noqa: PLR0913, PLR0917 - its options
    file: SeriesFile,
    output: Output,
    half_spread: HalfSpread = 0.005,
    tick: Tick = 0.001,
    liquidity: Liquidity = 100_000,
    ends: Ends = None,
    prices: Prices = None,
    complete_set: CompleteSet = False,
    as_json: AsJson = False,
) -> None:
    """Turn a series of prices into captures, to replay strategies on them.

    What was seen within a minute becomes one capture. The file tells prices in the middle of bid and ask; what it does
    not tell is assumed: it is printed, and written beside the captures.

    Example:  prescient captures import prices.csv.gz -o past && prescient replay --strategy momentum --captures past
    """
    series = read(file, prices)
    assumptions = Assumptions(half_spread, tick, liquidity, _end(ends), complete_set)
    found = imported(series, assumptions)
    told = _told(file, found, assumptions, series)
    with _new_folder(output) as folder:
        _write_all(found, folder)
        (folder / NOTE).write_text("\n".join([*_lines(told), ""]), encoding="utf-8")
    shown.say(f"{found.captures} captures are in {output}")
    if as_json:
        shown.print_json(told)
    else:
        print("\n".join(map(clean, _lines(told))))


def _end(given: datetime | None) -> datetime | None:
    """When the event ends; `InvalidInput` if that is no time which a file could tell."""
    if given is None:
        return None
    end = given.replace(tzinfo=given.tzinfo or UTC)
    if not FIRST <= end < LAST:
        raise InvalidInput(f"--ends is {given:%Y-%m-%d}: use a time of the years {FIRST.year} to {LAST.year - 1}")
    return end


@contextmanager
def _new_folder(folder: Path) -> Iterator[Path]:
    """A new or empty folder to write into; where that fails, everything is as it was before.

    Raises:
        InvalidInput: it is not empty, or cannot be written.
    """
    require_local(folder)
    made = [each for each in (folder, *folder.parents) if not each.exists()]
    try:
        if folder.is_dir() and any(folder.iterdir()):
            raise InvalidInput(f"{folder} is not empty: captures of two series must not mix; choose another folder")
        with _nothing_left(folder, made):
            folder.mkdir(parents=True, exist_ok=True)
            yield folder
    except OSError as error:
        raise InvalidInput(f"{folder} cannot be used: {error.strerror}; choose another folder") from error


@contextmanager
def _nothing_left(folder: Path, made: Sequence[Path]) -> Iterator[None]:
    """Whatever breaks off, also an interruption, leaves no file in the folder, and none of the folders made for it."""
    try:
        yield
    except BaseException:
        for each in folder.iterdir() if folder.is_dir() else ():
            each.unlink()
        for each in made:
            if each.exists():
                each.rmdir()
        raise


def _write_all(found: Imported, folder: Path) -> None:
    with terminal() as watcher:
        listings = track(
            found.listings(), "captures", total=found.captures, console=watcher, disable=not watcher.is_terminal
        )
        for listing in listings:
            _write(listing, folder)


def _write(listing: Listing, folder: Path) -> None:
    name = listing.captured_at.strftime(TIME_FORMAT)
    (folder / f"{name}.events.parquet").write_bytes(encoded(listing.events, EVENT_COLUMNS))
    (folder / f"{name}.markets.parquet").write_bytes(encoded(listing.markets, MARKET_COLUMNS))


def _told(file: Path, found: Imported, assumptions: Assumptions, series: Series) -> dict[str, Any]:
    times = found.series["captured_at"]
    return {
        "file": file.name,
        "captures": found.captures,
        "markets": int(found.series["market_id"].nunique()),
        "first": times.iloc[0].to_pydatetime(),
        "last": times.iloc[-1].to_pydatetime(),
        "incomplete_captures": found.incomplete,
        "repeated_observations": found.repeated,
        "reads": list(series.reads),
        "lacks": list(series.lacks),
        "assumes": list(assumptions.told(series.lacks)),
    }


def _lines(told: dict[str, Any]) -> list[str]:
    return [
        f"{told['captures']} captures of {told['markets']} markets from {told['file']}, "
        f"{cell(told['first'])} to {cell(told['last'])} UTC",
        f"{told['incomplete_captures']} captures lack a market; {told['repeated_observations']} repeated observations "
        "left out, the last one counts",
        f"read: {'; '.join(told['reads'])}",
        f"the file does not tell: {', '.join(told['lacks'])}",
        *(f"assumed: {line}" for line in told["assumes"]),
    ]
