"""Tables at 80 columns: numbers, times and slugs are whole, texts can be read, and what has no room is named."""

import re
from datetime import UTC, datetime
from decimal import Decimal
from io import StringIO
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from prescient_dagster.cli.terminal import output
from prescient_dagster.cli.terminal.fitting import GAP, LEAST_NEEDED, fitting

TRADE = {
    "trade_id": 104_512,
    "capture_id": 20_331,
    "kind": "sell",
    "market_question": "Will the river at Ost read more than 267 centimetres before Friday?",
    "side": "no",
    "side_label": "",
    "shares": Decimal("12120.480001"),
    "price": Decimal("0.8261"),
    "fee": Decimal("10.73"),
    "cash_delta": Decimal("-10000.00"),
    "slug": "a-slug-that-is-rather-long",
    "timestamp": datetime(2026, 12, 1, 10, 56, tzinfo=UTC),
}


def shown(columns: list[str], width: int = 80) -> tuple[str, list[str]]:
    table, left_out = output._narrow([TRADE], columns, None, width)
    stream = StringIO()
    Console(file=stream, width=width).print(table)
    return stream.getvalue(), left_out


@pytest.mark.parametrize("leave", list(TRADE))
def test_numbers_times_and_slugs_are_never_broken(leave: str) -> None:
    columns = [name for name in TRADE if name not in (leave, "side_label")]
    text, left_out = shown(columns)
    for name in columns:
        if name.replace("_", " ") not in left_out and name not in ("market_question", "kind", "side"):
            assert output.told(name, TRADE[name]) in text, name
    assert all(len(line.rstrip()) <= 80 for line in text.splitlines())


def test_a_question_is_read_in_words() -> None:
    columns = ["trade_id", "capture_id", "kind", "market_question", "side", "shares", "price", "cash_delta"]
    text, left_out = shown(columns)
    assert left_out == ["capture id"]
    assert re.search(r"Will the river", text)


CELLS = st.lists(st.text("0123456789,.", min_size=1, max_size=14), min_size=1, max_size=3)


@given(
    cells=st.dictionaries(st.sampled_from([*LEAST_NEEDED, "slug", "equity"]), CELLS, min_size=1, max_size=12),
    width=st.integers(20, 200),
)
def test_what_is_kept_has_room_or_nothing_more_can_be_left_out(cells: dict[str, Any], width: int) -> None:
    kept = fitting(list(cells), cells, set(cells), width)
    needed = sum(max(len(cell) for cell in cells[name]) + GAP for name in kept) - GAP
    assert kept == [name for name in cells if name in kept]
    assert needed <= width or len(kept) == 1 or not set(kept) & set(LEAST_NEEDED)
    assert kept
