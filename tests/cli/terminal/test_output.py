"""What the user sees: numbers of at most six decimals, no NaN, and texts of strangers that cannot do anything."""

import json
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prescient_dagster.cli.terminal import output
from prescient_dagster.usecases.shown.cells import cell, plain


class Colour(StrEnum):
    RED = "red"


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (Decimal("49600.010360"), 49600.01036),
        (Decimal("50000.000000"), 50000),
        (0.1 + 0.2, 0.3),
        (float("nan"), None),
        (float("-inf"), None),
        (True, True),
        (None, None),
        (Colour.RED, "red"),
        (datetime(2025, 6, 11, 2, 28, tzinfo=UTC), "2025-06-11T02:28:00Z"),
        ({"a": (Decimal(1), [2.5])}, {"a": [1, [2.5]]}),
    ],
)
def test_a_value_becomes_plain_json(value: object, shown: object) -> None:
    assert plain(value) == shown


def test_what_has_no_place_in_a_document_is_refused() -> None:
    with pytest.raises(TypeError, match="object"):
        plain(object())


@given(st.recursive(st.none() | st.booleans() | st.floats() | st.decimals(-1e9, 1e9) | st.text(), st.lists))
def test_every_document_is_json_without_nan(value: object) -> None:
    json.dumps(plain(value), allow_nan=False)


def test_markup_and_control_characters_of_a_stranger_stay_text(capsys: pytest.CaptureFixture[str]) -> None:
    output.print_table([{"question": "[bold red]Will\x1b[31m it\x9b2J \u202eever[/]?"}], ["question"])
    shown = capsys.readouterr().out
    assert "[bold red]Will [31m it 2J  ever[/]?" in shown


def test_a_document_is_ascii_whatever_it_holds(capsys: pytest.CaptureFixture[str]) -> None:
    output.print_json({"question": "Größe\x9b\ud800"})
    shown = capsys.readouterr().out
    assert shown.isascii()
    assert json.loads(shown) == {"question": "Größe\x9b\ud800"}


@pytest.mark.parametrize(
    ("value", "shown"),
    [(None, "–"), (False, "no"), (1234567, "1,234,567"), (Decimal("1234.500000"), "1,234.5"), (float("nan"), "–")],
)
def test_a_cell_is_made_for_reading(value: object, shown: str) -> None:
    assert cell(value) == shown
