"""Exported tables: exact, of one moment, and read by the notebook of the docs to the figures of `performance`."""

import json
import random
import stat
from decimal import Decimal
from pathlib import Path
from typing import Any

import empyrical
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from prescient_dagster.store.database import Database
from tests.cli.commands import Prescient
from tests.pages import ROOT
from tests.store.histories import Books

NOTEBOOK = ROOT / "docs" / "export.ipynb"
DAYS = 60
TABLES = {"portfolios", "captures", "signals", "trades", "positions", "snapshots", "daily", "performance"}


@pytest.fixture
def books(database: Database, tmp_path: Path) -> Books:
    """Three portfolios: one with sixty days, one with a gap among ten, one that was never valued."""
    books, dice = Books(database, tmp_path / "captures"), random.Random(15)
    bold, shy = books.portfolio("bold", Decimal("1000.000007")), books.portfolio("shy", 500)
    books.portfolio("idle", 10)
    equity = Decimal("990.10")
    books.buy(bold, 0)
    for day in range(DAYS):
        equity += Decimal(dice.randrange(-20_000_000, 21_000_000)) / 1_000_000
        books.snapshot(bold, day * 24, equity, trade_count=1)
        if day in (0, 1, 9):
            books.snapshot(shy, day * 24, 500 + day)
    return books


@pytest.fixture
def tables(prescient: Prescient, books: Books, tmp_path: Path) -> Path:
    assert prescient("export", tmp_path / "tables").code == 0
    return tmp_path / "tables"


def cells() -> list[str]:
    found = json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"]
    return ["".join(cell["source"]) for cell in found if cell["cell_type"] == "code"]


def run_notebook(folder: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What the names of the notebook mean after its last cell."""
    monkeypatch.setenv("TABLES", str(folder))
    names: dict[str, Any] = {}
    for number, cell in enumerate(cells(), start=1):
        exec(compile(cell, f"cell {number}", "exec"), names)
    return names


def test_the_notebook_comes_to_the_figures_of_performance(
    tables: Path, prescient: Prescient, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = {row["slug"]: row for row in prescient("performance", "--json").json["portfolios"]}
    names = run_notebook(tables, monkeypatch)
    assert list(names["mine"].index) == ["bold", "shy"]
    for slug in ("bold", "shy"):
        for figure in ("total_return", "max_drawdown", "sharpe"):
            expected, found = told[slug][figure], names["mine"].loc[slug, figure]
            assert pd.isna(found) if expected is None else found == pytest.approx(expected, abs=1e-9), (slug, figure)
    assert told["bold"]["sharpe"]


def test_the_series_has_the_initial_balance_and_no_gaps(tables: Path) -> None:
    daily = pd.read_parquet(tables / "daily.parquet", dtype_backend="pyarrow")
    shy = daily[daily["slug"] == "shy"]
    assert list(shy["day"]) == list(range(11))
    assert list(shy["equity"])[:4] == [500, 500, 501, 501]
    assert pd.DatetimeIndex(shy["date"]).to_series().diff().dropna().dt.days.eq(1).all()
    assert "idle" not in set(daily["slug"])


def test_others_come_to_the_same_sharpe_once_they_know_the_year(tables: Path) -> None:
    daily = pd.read_parquet(tables / "daily.parquet")
    bold = daily[(daily["slug"] == "bold") & (daily["day"] > 0)]
    performance = pd.read_parquet(tables / "performance.parquet").set_index("slug")
    found = empyrical.sharpe_ratio(bold["return"], annualization=365)
    assert found == pytest.approx(performance.loc["bold", "sharpe"], abs=1e-9)


def test_amounts_are_exact_and_ids_are_texts(tables: Path) -> None:
    for path in tables.glob("*.parquet"):
        types = pq.read_schema(path)
        assert {field.name for field in types if field.name.endswith("_id") and field.type != pa.string()} == set(), (
            path
        )
    portfolios = pd.read_parquet(tables / "portfolios.parquet", dtype_backend="pyarrow")
    assert portfolios["initial_balance"].sum() == Decimal("1510.000007")


def test_csv_holds_the_same(
    tables: Path, prescient: Prescient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert prescient("export", tmp_path / "csv", "--csv").code == 0
    names = run_notebook(tables, monkeypatch)
    names["FOLDER"] = tmp_path / "csv"
    for name in TABLES:
        whole, found = pd.read_parquet(tables / f"{name}.parquet"), names["read_csv"](name)
        assert list(found) == list(whole)
        assert len(found) == len(whole)
        for column in found:
            if column.endswith("_id"):
                assert list(found[column].dropna()) == [text for text in whole[column].dropna() if text]
    daily = names["read_csv"]("daily")
    assert list(daily["return"].dropna()) == list(pd.read_parquet(tables / "daily.parquet")["return"].dropna())


def test_every_column_is_told_with_its_type(tables: Path) -> None:
    told = json.loads((tables / "columns.json").read_text())
    assert set(told) == TABLES
    for name, columns in told.items():
        types = pq.read_schema(tables / f"{name}.parquet")
        assert columns == {field.name: str(field.type) for field in types}


def test_an_export_is_for_its_owner_and_replaces_nothing(tables: Path, prescient: Prescient) -> None:
    assert {stat.S_IMODE(path.stat().st_mode) & 0o077 for path in (tables, *tables.iterdir())} == {0}
    assert "is there already" in prescient("export", tables).complaint


def test_a_home_without_portfolios_has_tables_without_rows(
    prescient: Prescient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    counts = prescient("export", tmp_path / "tables", "--json").json
    assert counts == dict.fromkeys(TABLES, 0)
    assert len(pd.read_parquet(tmp_path / "tables" / "trades.parquet")) == 0
