"""Each fact is told once, in one message that stays short and calls nobody."""

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prescient_dagster.domain.watch.alerts import MOST_FACTS, MOST_LETTERS, News, Reported, lines, message, news
from prescient_dagster.domain.watch.health import Problem, ProblemKind

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
PROBLEMS = st.builds(Problem, st.sampled_from(ProblemKind), st.sampled_from("abc"), st.text(max_size=5))


def failing(slug: str, reason: str = "no cash") -> Problem:
    return Problem(ProblemKind.PORTFOLIO, slug, f"portfolio {slug} fails: {reason}")


def test_what_is_new_what_went_on_and_what_is_over() -> None:
    told = news(frozenset({"portfolio_failing:a", "portfolio_failing:b"}), [failing("b"), failing("c")])
    assert told == News(began=(failing("c"),), ended=("portfolio_failing:a",))


def test_what_came_and_went_between_two_reports_is_told_as_over_already() -> None:
    told = news(frozenset({"portfolio_failing:b"}), [failing("c")], [failing(slug) for slug in "abcaa"])
    assert told == News(began=(failing("c"),), passed=(failing("a"),), ended=("portfolio_failing:b",))


@given(st.lists(PROBLEMS), st.lists(PROBLEMS))
def test_told_twice_there_is_nothing_new(now: list[Problem], happened: list[Problem]) -> None:
    open_ones = frozenset(problem.key for problem in now)
    assert not news(open_ones, now, [problem for problem in happened if problem.key in open_ones])


@given(st.lists(st.lists(PROBLEMS)))
def test_every_beginning_has_one_end(reports: list[list[Problem]]) -> None:
    balance: dict[str, int] = {}
    before: frozenset[str] = frozenset()
    for now in [*reports, []]:
        told = news(before, now)
        for problem in told.began:
            balance[problem.key] = balance.get(problem.key, 0) + 1
        for key in told.ended:
            balance[key] -= 1
        assert set(balance.values()) <= {0, 1}
        before = frozenset(problem.key for problem in now)
    assert set(balance.values()) <= {0}


def test_a_message_says_how_much_there_is_and_each_fact() -> None:
    told = News((failing("a"),), (failing("b"),), ("stale_market_data:",))
    sent = message(told, "Prescient, polymarket")
    assert sent["text"].splitlines() == [
        "Prescient, polymarket: 1 new, 1 over already, 1 over",
        "PROBLEM portfolio a fails: no cash",
        "OVER ALREADY portfolio b fails: no cash",
        "OVER market data is fresh again",
    ]
    assert sent["content"] == sent["text"]
    assert [(fact["state"], fact["kind"], fact["subject"]) for fact in sent["facts"]] == [
        ("began", "portfolio_failing", "a"),
        ("passed", "portfolio_failing", "b"),
        ("ended", "stale_market_data", ""),
    ]


def test_a_storm_is_one_short_message_that_says_how_many_more() -> None:
    sent = message(News(tuple(failing(f"p{number}") for number in range(32))), "Prescient")
    assert sent["text"].splitlines()[-1] == "and 12 more"
    assert len(sent["text"].splitlines()) == MOST_FACTS + 2
    assert (sent["count"], len(sent["facts"])) == (32, MOST_FACTS)


def test_long_reasons_are_cut_and_the_message_stays_within_what_a_channel_takes() -> None:
    sent = message(News(tuple(failing(f"p{number}", "x" * 5_000) for number in range(30))), "Prescient")
    assert len(sent["text"]) <= MOST_LETTERS + len("\nand 30 more")
    *shown, more = sent["text"].splitlines()
    assert more == f"and {30 - (len(shown) - 1)} more"


@pytest.mark.parametrize("hostile", ["@everyone", "<!channel>", "<https://evil.example|here>", "@channel"])
def test_a_text_of_a_stranger_calls_nobody_and_makes_no_link(hostile: str) -> None:
    sent = message(News((failing("a", hostile),)), "Prescient")
    assert hostile not in sent["text"]
    assert hostile in sent["facts"][0]["text"]  # as it is, for machines
    assert sent["allowed_mentions"] == {"parse": []}


def test_a_text_of_several_lines_stays_one_line() -> None:
    assert lines(News((failing("a", "one\nOVER all is well"),))) == ["PROBLEM portfolio a fails: one OVER all is well"]


def test_what_was_reported_survives_the_cursor() -> None:
    reported = Reported(frozenset({"portfolio_failing:a", "stale_market_data:"}), NOW)
    assert Reported.loads(reported.dumps()) == reported


@pytest.mark.parametrize("cursor", ["", "null", "[]", "{}", "nonsense", json.dumps({"open": [], "until": "soon"})])
def test_a_cursor_of_somebody_else_is_a_value_error(cursor: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        Reported.loads(cursor)
