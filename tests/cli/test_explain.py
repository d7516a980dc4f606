"""Explanations from the command line: what refused a market, and what the portfolio did."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.cli.commands import Prescient
from tests.venue.wire_server import an_event_of, levels, quoted, wire_server

FAVOURITE, FED = "507884", "507868"
"""Momentum's one match on the first recording, and one that becomes a match on the third."""


@pytest.fixture
def bold(on_recordings: Prescient) -> Prescient:
    """The recorded venue with a momentum portfolio that has not traded its first capture."""
    on_recordings("capture")
    create(on_recordings, "bold")
    return on_recordings


def create(prescient: Prescient, slug: str, strategy: str = "momentum", **config: Any) -> None:
    settings = json.dumps({"fill_model": "touch", **config})
    done = prescient("portfolio", "create", slug, "--strategy", strategy, "--balance", 10_000, "--config", settings)
    assert done.code == 0, done


def explained(prescient: Prescient, *arguments: object) -> Any:
    return prescient("explain", *arguments, "--json").json


def step(document: Any, rule: str) -> Any:
    (found,) = (each for each in document["steps"] if each["rule"] == rule)
    return found


def test_a_market_that_passes_is_told_with_its_wish_before_and_its_trade_after_the_cycle(bold: Prescient) -> None:
    before = explained(bold, "bold", FAVOURITE)
    assert (before["enters"], before["refused_by"], before["rank"], before["matches"]) == (True, None, 1, 1)
    assert before["verdict"] == "it passes every rule: buy_yes, rank 1 of 1"
    assert before["did"] == "no cycle on this capture: none has been run"
    assert (before["wish"][0]["amount"], before["wish"][0]["confidence"]) == (100, 0.325)
    bold("cycle", "bold")
    after = explained(bold, "bold", FAVOURITE)
    assert {name: after[name] for name in ("enters", "steps", "wish")} == {
        name: before[name] for name in ("enters", "steps", "wish")
    }
    assert after["did"] == "buy_yes: executed"
    assert (after["trades"][0]["shares"], after["signals"][0]["status"]) == (120.48, "executed")


def test_every_rule_is_told_in_order_and_the_first_that_refused_named(bold: Prescient) -> None:
    document = explained(bold, "bold", FED)
    funnel = [each["filter"] for each in bold("candidates", "bold", "--json").json["funnel"]]
    assert [each["rule"] for each in document["steps"]][: 1 + len(funnel)] == ["in the capture", *funnel]
    assert document["refused_by"] == next(each["rule"] for each in document["steps"] if not each["passed"])
    refused = step(document, document["refused_by"])
    assert refused["value"] is not None
    assert document["verdict"].startswith(f'refused by the rule "{refused["rule"]}"')


def test_the_settings_and_the_books_are_those_of_the_cycle_on_the_capture(bold: Prescient) -> None:
    bold("cycle", "bold")
    bold("portfolio", "update", "bold", "--config", '{"min_confidence": 0.99, "market_max_conviction": null}')
    bold("capture")
    then, now = explained(bold, "bold", FAVOURITE, "--capture", 1), explained(bold, "bold", FAVOURITE, "--capture", 2)
    assert (step(then, "min_confidence")["threshold"], then["enters"], then["held"]) == (0.75, True, [])
    assert (step(now, "min_confidence")["threshold"], now["capture_id"]) == (0.99, 2)
    assert now["held"][0]["shares"] == 120.48
    assert not step(now, "not held")["passed"]


def test_what_is_held_is_told_with_its_exit_rules(on_recordings: Prescient) -> None:
    on_recordings("capture")
    create(on_recordings, "bold", stop_loss=0.10)
    on_recordings("cycle", "bold")
    on_recordings("capture")
    before = explained(on_recordings, "bold", FAVOURITE, "--capture", 2)
    assert before["exit_verdict"] == "sold by stop_loss"
    assert [(each["rule"], each["applies"]) for each in before["exits"]] == [("can be sold", True), ("stop_loss", True)]
    on_recordings("cycle", "bold")
    after = explained(on_recordings, "bold", FAVOURITE, "--capture", 2)
    assert (after["exits"], after["did"]) == (before["exits"], "sell_yes: executed")
    on_recordings("capture")
    assert explained(on_recordings, "bold", FAVOURITE, "--capture", 3)["held"] == []


def test_a_market_that_nothing_knows_fails_in_one_line(bold: Prescient) -> None:
    done = bold("explain", "bold", "nonsense")
    assert (done.code, "lists no market 'nonsense'" in done.complaint) == (1, True)


def test_a_market_that_was_entered_is_explained_where_it_was_and_a_trade_by_its_number(bold: Prescient) -> None:
    bold("cycle", "bold")
    bold("capture")
    (trade,) = bold("trades", "bold", "--json").json
    by_default, by_trade = explained(bold, "bold", FAVOURITE), explained(bold, "--trade", trade["trade_id"])
    assert by_default == by_trade
    assert (by_trade["capture_id"], by_trade["market_id"], by_trade["did"]) == (1, FAVOURITE, "buy_yes: executed")
    assert explained(bold, "bold", FED)["capture_id"] == 2
    assert trade["market_question"] == by_trade["market_question"]


def test_a_trade_says_all_that_is_asked(bold: Prescient) -> None:
    assert bold("explain", "--trade", 99).complaint.startswith("error: there is no trade 99")
    for wrong in (("bold",), ("bold", FED, "--trade", 1), ()):
        assert bold("explain", *wrong).code == 2


def test_why_there_was_no_cycle_is_told(bold: Prescient) -> None:
    bold("portfolio", "pause", "bold")
    document = explained(bold, "bold", FAVOURITE)
    assert (document["did"], document["refused_by"]) == ("no cycle on this capture: the portfolio is paused", "active")


def test_a_cycle_that_did_nothing_here_is_told(bold: Prescient) -> None:
    bold("cycle", "bold")
    assert explained(bold, "bold", FED)["did"] == "its cycle did nothing in this market"


def test_a_leg_of_the_set_of_that_day_is_explained(bold: Prescient) -> None:
    create(bold, "sure", "arbitrage", min_profit_margin=0.003)
    bold("cycle", "sure")
    market_id = bold("trades", "sure", "--json").json[0]["market_id"]
    document = explained(bold, "sure", market_id)
    assert (document["enters"], document["did"]) == (True, "buy_yes: executed")


def test_a_table_for_reading_says_the_same(bold: Prescient) -> None:
    done = bold("explain", "bold", FED)
    told = explained(bold, "bold", FED)
    assert done.code == 0
    assert told["verdict"] in done.out
    assert told["did"] in done.out
    assert "market_min_conviction" in done.out


def test_unknown_portfolios_and_captures_fail_in_one_line(bold: Prescient) -> None:
    assert "'nobody'" in bold("explain", "nobody", FED).complaint
    assert bold("explain", "bold", FED, "--capture", 99).complaint == "error: there is no capture 99"


def test_an_order_that_was_refused_for_its_book_tells_what_was_wrong_with_it(
    prescient: Prescient, monkeypatch: pytest.MonkeyPatch
) -> None:
    with wire_server() as venue:
        for name in ("GAMMA", "CLOB"):
            monkeypatch.setenv(f"PRESCIENT_{name}_URL", venue.address)
        monkeypatch.setenv("PRESCIENT_VENUE", "polymarket")
        ends = f"{datetime.now(UTC) + timedelta(days=9):%Y-%m-%dT%H:%M:%SZ}"
        markets = [quoted(each, 0.78, 0.80) | {"endDate": ends} for each in ("31", "32")]
        venue.lists(*(an_event_of(f"e{each['id']}", each) | {"endDate": ends} for each in markets))
        venue.books["311"] = {"bids": levels(("0.83", "40")), "asks": levels(("0.07", "40"))}
        del venue.books["321"]
        prescient("capture")
        create(prescient, "bold", fill_model="book", market_max_conviction=0.7)
        prescient("cycle", "bold")
    crossed, gone = (explained(prescient, "bold", market) for market in ("31", "32"))
    assert crossed["did"] == "buy_yes: rejected, book_unusable (bid 0.83, ask 0.07: no venue stands so)"
    assert gone["did"] == "buy_yes: rejected, no_book (the venue has no order book of it)"
    assert gone["signals"][0]["book_fault"] == "the venue has no order book of it"
    assert "no venue stands so" in prescient("explain", "bold", "31").out
