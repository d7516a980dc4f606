"""Filters by what a market is about, and by where it stands."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prescient_dagster.domain.errors import InvalidConfig
from prescient_dagster.domain.market.tags import joined
from prescient_dagster.domain.strategy import candidates
from prescient_dagster.domain.strategy.configs import DirectionalConfig, validated
from prescient_dagster.domain.strategy.recalled import recalled
from prescient_dagster.domain.strategy.rules import steps_of
from tests.builders import NOON, a_capture, a_market

HOUR = timedelta(hours=1)


def passing(*markets: dict[str, Any], **settings: Any) -> list[str]:
    capture = a_capture(*markets)
    rows = candidates.select(capture, validated(DirectionalConfig, settings)).rows
    return [capture.texts["market_id"][row] for row in rows]


def about(market_id: str, *tags: str, **columns: Any) -> dict[str, Any]:
    return a_market(market_id, tags=joined(tags), **columns)


# The table of docs/strategies.md.
FOUR = [
    about("a", "NFL", "Sports"),
    about("b", "NBA", "Sports"),
    about("c", "Esports"),
    about("d"),
]


@pytest.mark.parametrize(
    ("settings", "left"),
    [
        ({"tags_include": ["sports"]}, ["a", "b"]),
        ({"tags_include": [" SPORTS "]}, ["a", "b"]),
        ({"tags_include": ["nfl", "Esports"]}, ["a", "c"]),
        ({"tags_exclude": ["nba"]}, ["a", "c", "d"]),
        ({"tags_include": ["sports"], "tags_exclude": ["Nba"]}, ["a"]),
        ({"tags_include": ["port"]}, []),
        ({}, ["a", "b", "c", "d"]),
        ({"tags_include": None, "tags_exclude": None}, ["a", "b", "c", "d"]),
    ],
)
def test_a_market_passes_with_any_of_the_included_and_none_of_the_excluded_tags(
    settings: dict[str, Any], left: list[str]
) -> None:
    assert passing(*FOUR, **settings) == left


@pytest.mark.parametrize(
    ("settings", "left"),
    [
        ({"category_include": ["politics", "Sports"]}, ["1", "2"]),
        ({"category_exclude": ["POLITICS"]}, ["2", "3"]),
        ({"category_include": ["polit"]}, []),
    ],
)
def test_categories_likewise(settings: dict[str, Any], left: list[str]) -> None:
    markets = [a_market("1", category="Politics"), a_market("2", category="Sports"), a_market("3", category="")]
    assert passing(*markets, **settings) == left


def test_a_game_is_in_play_from_the_second_it_begins() -> None:
    starts = {"1": NOON - HOUR, "2": NOON, "3": NOON + timedelta(seconds=1), "4": None}
    markets = [a_market(name, game_start_time=start) for name, start in starts.items()]
    assert passing(*markets, exclude_in_play=True) == ["3", "4"]
    assert passing(*markets) == ["1", "2", "3", "4"]


def test_a_market_whose_outcome_is_named_and_not_final_is_no_candidate_unless_one_says_so() -> None:
    words = ["", "proposed", "disputed", "resolved"]
    markets = [a_market(str(number), resolution_status=word) for number, word in enumerate(words)]
    assert passing(*markets) == ["0", "3"]
    assert passing(*markets, exclude_unsettled=False) == ["0", "1", "2", "3"]


def test_the_funnel_tells_what_each_of_them_removed() -> None:
    config = validated(DirectionalConfig, {"tags_include": ["sports"], "tags_exclude": ["nba"]})
    funnel = dict(candidates.select(a_capture(*FOUR), config).funnel)
    assert funnel == {"tradable": 0, "tags_include": 2, "tags_exclude": 1, "exclude_unsettled": 0}


def test_a_capture_without_any_tags_is_told() -> None:
    config = validated(DirectionalConfig, {"tags_include": ["sports"], "category_exclude": ["Sports"]})
    told = candidates.select(a_capture(a_market("1"), a_market("2")), config)
    assert told.rows.tolist() == []
    why = "the capture has no tags: it was made before they were kept, or where it comes from names none"
    assert told.notes == (f"tags_include: {why}", f"category_exclude: {why}")
    assert candidates.select(a_capture(*FOUR), config).notes == told.notes[1:]


def test_an_explanation_shows_the_words_of_both() -> None:
    game = about("a", "NFL", "Sports", game_start_time=NOON + HOUR, resolution_status="proposed")
    config = validated(DirectionalConfig, {"tags_include": ["NBA", "nfl"], "exclude_in_play": True})
    told = [
        (step.rule, step.passed, step.comparison, step.threshold, step.value)
        for step in steps_of(candidates.filters(a_capture(game), config), 0)
    ]
    assert told == [
        ("tags_include", True, "one of", "nba, nfl", "NFL|Sports"),
        ("exclude_in_play", True, ">", NOON, NOON + HOUR),
        ("exclude_unsettled", False, "none of", "proposed, disputed", "proposed"),
    ]


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"tags_include": ["NBA"], "tags_exclude": ["nba", "NFL"]}, "all of tags_include is in tags_exclude: NBA"),
        ({"category_include": ["a"], "category_exclude": ["A"]}, "all of category_include is in category_exclude: a"),
        ({"tags_include": "Sports"}, 'tags_include must be a list of words, such as ["Sports"], got "Sports"'),
        ({"tags_include": []}, "tags_include: list should have at least 1 item"),
        ({"tags_include": [7]}, "tags_include.0 must be a text, got 7"),
        ({"tags_exclude": ["x" * 101]}, "tags_exclude.0: string should have at most 100 characters"),
        ({"exclude_in_play": "yes"}, 'exclude_in_play must be true or false, got "yes"'),
        ({"exclude_unsettled": None}, "exclude_unsettled cannot be unset"),
    ],
)
def test_what_cannot_be_meant_is_refused(settings: dict[str, Any], told: str) -> None:
    with pytest.raises(InvalidConfig) as refused:
        validated(DirectionalConfig, settings)
    assert told in str(refused.value)


def test_a_cycle_of_before_was_decided_without_what_came_later() -> None:
    document = validated(DirectionalConfig, {"trade_amount": 7}).document()
    assert recalled(DirectionalConfig, document).exclude_unsettled is True
    older = {name: value for name, value in document.items() if name != "exclude_unsettled"}
    assert recalled(DirectionalConfig, older).exclude_unsettled is False


@given(st.lists(st.lists(st.sampled_from("aAbBcC"), max_size=4), min_size=1, max_size=6), st.data())
def test_filters_agree_with_the_rule_spelt_out(markets: list[list[str]], data: st.DataObject) -> None:
    words = st.none() | st.lists(st.sampled_from("aAbBcCd"), min_size=1, max_size=2)
    include, exclude = data.draw(words), data.draw(words)
    if include and {word.lower() for word in include} <= {word.lower() for word in exclude or ()}:
        return
    wanted = [
        str(number)
        for number, tags in enumerate(markets)
        if (include is None or {tag.lower() for tag in tags} & {word.lower() for word in include})
        and not {tag.lower() for tag in tags} & {word.lower() for word in exclude or ()}
    ]
    found = passing(
        *(about(str(n), *tags) for n, tags in enumerate(markets)), tags_include=include, tags_exclude=exclude
    )
    assert found == wanted
