"""What a market is about, as Polymarket's records say it: tags, section, and when its game begins."""

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from prescient_dagster.domain.market.tags import folded, joined, split
from tests.recordings import markets_listing
from tests.venue.gamma import NOON, a_market, an_event, listed

KICK_OFF = "2026-03-01 17:30:00+00"


def tagged(*labels: Any) -> list[dict[str, Any]]:
    return [{"id": str(number), "label": label, "slug": "s"} for number, label in enumerate(labels)]


def row(market: dict[str, Any] | None = None, **event: Any) -> Any:
    return listed(an_event("e1", a_market("1", **(market or {})), **event)).markets.iloc[0]


def test_tags_of_the_event_are_sorted_with_a_bar_between() -> None:
    assert row(tags=tagged("Finance", "Earn 3.25%", "Equities")).tags == "Earn 3.25%|Equities|Finance"


def test_a_tag_counts_once_whatever_its_case_and_keeps_to_one_word() -> None:
    assert row(tags=tagged("NFL", "nfl", " Super  Bowl ", "a|b", "", None)).tags == "NFL|Super Bowl|a/b"


def test_a_market_that_is_listed_on_its_own_has_its_tags_itself() -> None:
    own = a_market("1", tags=tagged("Sports"), category="Games", gameStartTime=KICK_OFF)
    lone, below = own | {"id": "2"}, own | {"id": "3", "events": [an_event("e1", markets=...)]}
    found = markets_listing(json.dumps([lone, below]).encode(), NOON).markets
    assert found[["tags", "category"]].to_numpy().tolist() == [["Sports", "Games"]] * 2
    assert found["game_start_time"].notna().all()


def test_no_tags_are_no_tags() -> None:
    assert [row().tags, row(tags=None).tags, row(tags=[]).tags] == ["", "", ""]


@pytest.mark.parametrize(
    ("event", "category"),
    [
        ({"category": "NFTs", "tags": tagged("Crypto")}, "NFTs"),
        ({"tags": tagged("Finance", "economy", "Fed")}, "Economy"),
        ({"tags": tagged("World", "Politics", "Geopolitics")}, "Geopolitics"),
        ({"tags": tagged("Hide From New")}, ""),
        ({}, ""),
    ],
)
def test_the_category_is_what_the_record_says_or_the_section_among_its_tags(
    event: dict[str, Any], category: str
) -> None:
    assert row(**event).category == category


@pytest.mark.parametrize(
    ("market", "event"),
    [
        ({"sportsMarketType": "moneyline"}, {}),
        ({"gameId": 7}, {}),
        ({}, {"gameId": "7"}),
        ({}, {"tags": tagged("SPORTS")}),
        ({}, {"tags": tagged("esports")}),
        ({}, {"category": "Sports"}),
    ],
)
def test_of_a_sport_the_game_begins_when_the_record_says(market: dict[str, Any], event: dict[str, Any]) -> None:
    assert row({"gameStartTime": KICK_OFF} | market, **event).game_start_time == pd.Timestamp(KICK_OFF)


def test_markets_of_shares_carry_such_a_time_too_and_are_about_no_game() -> None:
    assert pd.isna(row({"gameStartTime": KICK_OFF}, tags=tagged("Stocks", "Finance")).game_start_time)
    assert pd.isna(row({"sportsMarketType": "moneyline"}).game_start_time)


@pytest.mark.parametrize(
    ("event", "told"),
    [
        ({"tags": tagged("x" * 101)}, "tags are 'xxx"),
        ({"tags": tagged(*map(str, range(101)))}, "tags are '0|1|10"),
        ({"category": "c" * 101}, "category is longer than 100 letters"),
        ({"tags": tagged("a\0b")}, "tags has a NUL character"),
    ],
)
def test_what_is_larger_than_any_is_left_out_and_told(event: dict[str, Any], told: str) -> None:
    listing = listed(an_event("e1", **event), an_event("e2"))
    assert listing.markets["event_id"].tolist() == ["e2"]
    assert [told in rejection.reason for rejection in listing.rejections] == [True, True]  # with its market


@given(st.lists(st.text(max_size=8), max_size=8))
def test_joining_what_was_split_changes_nothing(words: list[str]) -> None:
    text = joined(words)
    assert joined(split(text)) == text
    assert {folded(word) for word in words} - {""} == {folded(word) for word in split(text)}
    assert len({folded(word) for word in split(text)}) == len(split(text))


def test_recorded_events_have_their_tags(shared_data: Path) -> None:
    events = [json.loads(path.read_bytes()) for path in sorted((shared_data / "tags-2026-08").glob("*.json"))]
    listing = listed(*events)
    assert not listing.rejections
    assert listing.markets["game_start_time"].isna().all()  # 28 of them have a gameStartTime and are about shares
    told = listing.markets.groupby("event_id").first()
    assert told.loc["106884", "tags"] == "Economic Policy|Economy|Fed|Fed Rates|Finance|Jerome Powell"
    assert (told.loc["106884", "category"], told.loc["778814", "category"]) == ("Economy", "Finance")
