"""A side is told with the venue's label beside it, and a table cannot leave the label out."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import prescient_dagster
from prescient_dagster.domain.books.ledger import booked, opened
from prescient_dagster.domain.books.settlement import Ending, Verdict, given_back, payment, reversal
from prescient_dagster.domain.books.snapshots import valued
from prescient_dagster.domain.cycle.engine import named
from prescient_dagster.domain.cycle.orders import Outcome
from prescient_dagster.domain.market.sides import MOST_LETTERS, kept_label, labelled
from prescient_dagster.domain.past.drift import Where, signal_differences, trade_differences
from prescient_dagster.domain.strategy.side_labels import for_reading, labelled_action
from prescient_dagster.domain.strategy.signals import SignalStatus
from tests.builders import NO, NOON, YES, D, a_capture, a_market, a_position, a_trade, a_wish, an_account, filled

DERBY = a_market("7", yes_label="Ravensport", no_label="Milltown Rovers")
CODE = Path(prescient_dagster.__file__).parent


@pytest.mark.parametrize(
    ("side", "label", "told"),
    [
        (YES, "Ravensport", "yes (Ravensport)"),
        (NO, "Under 2.5", "no (Under 2.5)"),
        (YES, "Yes", "yes"),
        (NO, "NO", "no"),
        (YES, " yes\n", "yes"),
        (YES, "No", "yes (No)"),  # this venue names the sides the other way round
        (NO, "Yes", "no (Yes)"),
        (YES, "", "yes"),
        (YES, None, "yes"),
        (YES, "two\nlines\tof it", "yes (two lines of it)"),
        (YES, "x" * 500, f"yes ({'x' * (MOST_LETTERS - 1)}…)"),
    ],
)
def test_a_side_is_told_with_its_label_where_that_says_more(side: str, label: str | None, told: str) -> None:
    assert labelled(side, label) == told


def test_an_action_is_told_with_the_label_of_its_side() -> None:
    assert labelled_action("sell_no", "Milltown Rovers") == "sell_no (Milltown Rovers)"
    assert labelled_action("buy_yes", "Yes") == "buy_yes"


@given(st.text())
def test_a_label_is_one_line_of_bounded_length_whatever_it_holds(label: str) -> None:
    kept = kept_label(label)
    assert len(kept) <= MOST_LETTERS
    assert len(kept.splitlines()) <= 1
    assert kept_label(kept) == kept


@pytest.mark.parametrize("row", [{"side": "yes"}, {"action": "buy_no", "question": "Rain?"}])
def test_a_row_that_tells_a_side_without_its_label_is_no_row_for_reading(row: dict[str, str]) -> None:
    with pytest.raises(KeyError, match="side_label"):
        for_reading(row)
    assert "side_label" not in for_reading(row | {"side_label": "Ravensport"})


def test_every_table_and_page_takes_the_door_that_adds_the_label() -> None:
    tables = [path.name for path in CODE.rglob("*.py") if "dg.TableRecord(" in path.read_text(encoding="utf-8")]
    assert tables == ["tables.py"]
    drawn = [path.name for path in CODE.rglob("*.py") if re.search(r"\bTable\(title", path.read_text(encoding="utf-8"))]
    assert drawn == ["output.py"]
    pages = [path.name for path in CODE.rglob("*.html") if re.search(r"\.(side|action)\b", path.read_text("utf-8"))]
    assert pages == []


@pytest.mark.parametrize(("side", "label"), [(YES, "Ravensport"), (NO, "Milltown Rovers")])
def test_signals_and_trades_and_what_follows_from_them_carry_the_label(side: str, label: str) -> None:
    capture = a_capture(DERBY)
    (signal,) = named([a_wish("7", YES if side == "yes" else NO)], capture)
    outcome, account = filled(signal, capture)
    (position,) = account.positions.values()
    assert outcome.trade is not None
    paid = payment(position, Verdict(Ending.YES), 1, NOON)
    told = [signal, outcome.trade, position, paid, reversal(paid, NOON), given_back(paid)]
    assert [each.side_label for each in told] == [label] * 6  # type: ignore[attr-defined]


def test_a_position_from_before_labels_were_kept_learns_its_label_from_the_next_purchase() -> None:
    old, new = a_trade("7", source_ref="a"), a_trade("7", source_ref="b", side_label="Ravensport")
    (position,) = booked(booked(opened(D(1_000)), old), new).positions.values()
    assert position.side_label == "Ravensport"


def test_or_from_the_next_capture_that_lists_its_market() -> None:
    holding = a_position("7", NO)
    listed, gone = (valued(an_account(0, holding), a_capture(market), {})[0] for market in (DERBY, a_market("8")))
    assert [each.side_label for each in listed.positions.values()] == ["Milltown Rovers"]
    assert [each.side_label for each in gone.positions.values()] == [None]


def test_books_of_before_do_not_differ_from_labelled_ones_and_a_difference_names_its_side() -> None:
    old, at = a_trade("7"), Where(NOON, 1)
    new = replace(old, side_label="Ravensport")
    assert list(trade_differences([old], [new], at)) == []
    (found,) = trade_differences([old], [replace(new, shares=D(1))], at)
    assert found.name == "buy 7 yes (Ravensport)"
    wish = replace(a_wish("7"), side_label="Ravensport")
    (only,) = signal_differences([], [Outcome(wish, SignalStatus.PENDING)], at)
    assert only.name == "buy_yes (Ravensport) 7"
