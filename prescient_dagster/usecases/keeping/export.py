"""Tables for other programs, all of one moment: what portfolios did, and what their figures are worked out from."""

from collections.abc import Iterator, Sequence
from dataclasses import Field, asdict, fields
from datetime import date, timedelta
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any, Protocol, get_args

import pyarrow as pa
from sqlalchemy import Connection

from prescient_dagster.domain import money
from prescient_dagster.domain.figures.calibration import Calibration
from prescient_dagster.domain.figures.closed_positions import ClosedPositions
from prescient_dagster.domain.figures.leaderboard import Contender, leaderboard
from prescient_dagster.domain.figures.performance import Balances, Trading
from prescient_dagster.domain.figures.profit_split import ProfitSplit
from prescient_dagster.domain.figures.returns import Returns, daily_returns
from prescient_dagster.store import tables_out
from prescient_dagster.store.backup.files import write
from prescient_dagster.store.database import Database
from prescient_dagster.store.figures.performance import histories
from prescient_dagster.store.tables_out import Format, TableOut
from prescient_dagster.usecases.keeping import new_folder


class Watch(Protocol):
    """Is told which table is being written, how many rows of it so far, and of how many where that is known."""

    def __call__(self, what: str, done: int, total: int | None) -> None: ...


def _kind(field: "Field[Any]") -> pa.DataType:
    """What a figure is in a file, from what it is in the code: Decimal, float | None, int."""
    given: Any = field.type
    return next(kind for of, kind in KINDS.items() if of in (given, *get_args(given)))


USD, TEXT, NUMBER, COUNT = pa.decimal128(20, 6), pa.string(), pa.float64(), pa.int64()
DAILY = pa.schema(
    {
        "slug": TEXT,
        "strategy_type": TEXT,
        "day": COUNT,  # 0 is E₀, the initial balance
        "date": pa.date32(),  # of E₀ the day before the first, since none is known
        "equity": USD,
        "equity_at_mid": USD,
        "market_value": USD,
        "return": NUMBER,  # Eᵢ/Eᵢ₋₁ - 1; empty on day 0, and where growth means nothing
    }
)
KINDS = {Decimal: USD, float: NUMBER, int: COUNT, date: pa.date32()}
PARTS = (
    *((part, "") for part in (Balances, Returns, Trading, ClosedPositions)),
    (ProfitSplit, "profit_"),
    (Calibration, "calibration_"),
)
PERFORMANCE = pa.schema(
    [
        ("slug", TEXT),
        ("strategy_type", TEXT),
        *((f"{prefix}{field.name}", _kind(field)) for part, prefix in PARTS for field in fields(part)),
    ]
)


def export(database: Database, target: Path, form: Format, watch: Watch) -> dict[str, int]:
    """Write every table into a folder that is not there yet; how many rows each has.

    Raises:
        InvalidInput: something has that name already.
        StoreError: the database or the disk refuses.
    """
    counts: dict[str, int] = {}
    schemas: dict[str, pa.Schema] = {}
    with new_folder.beside(target) as folder, database.view() as connection:
        for table in (*tables_out.stored(connection), *_figures(connection)):
            path = folder / f"{table.name}.{form}"
            counts[table.name] = tables_out.write(path, table, form, partial(watch, table.name, total=None))
            schemas[table.name] = table.schema
        write(folder / "columns.json", tables_out.told(schemas))
    return counts


def _figures(connection: Connection) -> Iterator[TableOut]:
    """What is worked out: the daily series, and all that `prescient performance` tells of portfolios."""
    found = histories(connection)
    contenders = leaderboard(found.portfolios, found.verdicts).portfolios
    yield TableOut("daily", DAILY, (daily_rows(each) for each in contenders))
    yield TableOut("performance", PERFORMANCE, [[performance_row(each) for each in contenders]])


def daily_rows(contender: Contender) -> list[dict[str, Any]]:
    """E₀ … Eₙ of a portfolio, a row each; none where nothing has been valued yet."""
    series = contender.performance.series
    if not series.days:
        return []
    start = series.on(series.days[0].date - timedelta(days=1))
    growth: Sequence[float | None] = daily_returns(series.equity) or [None] * len(series.days)
    return [
        {
            "slug": contender.name,
            "strategy_type": contender.strategy_type,
            "day": number,
            "date": day.date,
            "equity": day.equity,
            "equity_at_mid": day.equity_at_mid,
            "market_value": day.market_value,
            "return": change,
        }
        for number, (day, change) in enumerate(zip([start, *series.days], [None, *growth], strict=True))
    ]


def performance_row(contender: Contender) -> dict[str, Any]:
    """All figures of a portfolio in one row; those of its parts carry the part's name. Amounts have 6 decimals."""
    found = contender.performance
    parts: Sequence[Any] = (
        *(found.balances, found.returns, found.activity, found.closed),
        *(found.profit, found.calibration),
    )
    figures = {
        f"{prefix}{name}": money.usd(value) if isinstance(value, Decimal) else value
        for (_, prefix), part in zip(PARTS, parts, strict=True)
        for name, value in asdict(part).items()
    }
    return {"slug": contender.name, "strategy_type": contender.strategy_type, **figures}
