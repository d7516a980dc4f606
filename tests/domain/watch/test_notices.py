"""Notices: which channels a setting names, that nothing booked is skipped, and that strangers' texts do nothing."""

import re
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prescient_dagster.domain.errors import InvalidInput
from prescient_dagster.domain.watch.channels import Channel, channels
from prescient_dagster.domain.watch.notices import PATIENCE, Cursor, Read
from prescient_dagster.domain.watch.strangers import BREAK, harmless

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)


def test_a_setting_names_addresses_for_all_and_for_one() -> None:
    found = channels("json://a/b?x=1  bold=slack://t/x\nmy-own_1=mailto://u:p=w@h")
    assert found == [
        Channel("json://a/b?x=1"),
        Channel("slack://t/x", "bold"),
        Channel("mailto://u:p=w@h", "my-own_1"),
    ]


@pytest.mark.parametrize("text", ["nonsense", "json://a ftp", "Bold=json://a", "=json://a", "json:/a"])
def test_what_is_no_address_is_named_by_its_place(text: str) -> None:
    with pytest.raises(InvalidInput, match=r"word [12] is no address") as caught:
        channels(text)
    assert "nonsense" not in str(caught.value)


@given(order=st.permutations(range(1, 13)), cuts=st.lists(st.integers(0, 12), max_size=5))
def test_whatever_order_rows_become_visible_in_each_is_read_once(order: list[int], cuts: list[int]) -> None:
    read, seen, visible = Read(), [], set()
    for cut in [*sorted(cuts), 12]:
        visible |= set(order[:cut])
        new = sorted(number for number in visible if number > read.last or number in read.gaps)
        seen += new
        read = read.after(new, AT)
    assert sorted(seen) == list(range(1, 13))


def test_a_number_that_nobody_used_is_given_up() -> None:
    read = Read().after([1, 3], AT)
    assert read.gaps == {2: AT}
    assert read.after([], AT + PATIENCE / 2).gaps == {2: AT}
    assert read.after([], AT + PATIENCE).gaps == {}


def test_a_cursor_is_read_as_it_was_written() -> None:
    told = Cursor(Read(7, {3: AT}), Read(2), date(2026, 3, 1))
    assert Cursor.loads(told.dumps()) == told
    for wrong in ("", "[]", "{}", '{"trades": 1, "log": 2, "day": 3}'):
        with pytest.raises(ValueError):  # noqa: PT011 - as json says it, too
            Cursor.loads(wrong)


PIECES = ["a", "b.c", "1.5", "w", " ", "\n", "[x](", "](", "://", "www.", "/go", *"@<>#&`*_~|.:/"]
TEXTS = st.lists(st.sampled_from(PIECES), max_size=12).map("".join)


@given(text=TEXTS)
def test_a_text_reads_the_same_and_does_nothing(text: str) -> None:
    shown = harmless(text)
    assert shown.replace(BREAK, "") == " ".join(text.replace("`", "'").split())
    assert not re.search(r"[@<>#&`][^\u200b]|\]\(|://|\w\.[a-z]|(^|\s)/\w|\*\*|__|~~|\|\||(^|\W)[*_~|][a-z1]", shown)
