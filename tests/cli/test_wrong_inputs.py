"""Fifty wrong inputs: one line each, and the exit code of its kind: 1 it failed, 2 it was called wrongly."""

import pytest

from tests.cli.commands import Prescient

NEW = ("portfolio", "create", "new", "--strategy", "momentum", "--balance", "1000")
WRONG = {
    "a mistyped command": (("perfomance",), 2, "'performance'"),
    "a mistyped option": (("performance", "--jsn"), 2, "--json"),
    "a missing argument": (("trades",), 2, "SLUG"),
    "a word for a number": (("candidates", "bold", "--rows", "many"), 2, "--rows"),
    "a number below its bound": (("candidates", "bold", "--rows", "0"), 2, "--rows"),
    "an unknown option of the program": (("--verison",), 2, "--version"),
    "a mistyped slug": (("trades", "bolt"), 1, "did you mean bold?"),
    "a mistyped slug to change": (("portfolio", "pause", "bolt"), 1, "did you mean bold?"),
    "a mistyped slug to show": (("portfolio", "show", "bolt"), 1, "did you mean bold?"),
    "a mistyped slug among others": (("performance", "bold", "bolt"), 1, "did you mean bold?"),
    "a mistyped slug to compare": (("compare", "bold", "bolt"), 1, "did you mean bold?"),
    "a slug that resembles none": (("trades", "zzz"), 1, "prescient portfolio list"),
    "a portfolio's number that is none": (("trades", "99"), 1, "no portfolio '99'"),
    "a capture that is none": (("trades", "bold", "--capture", "99"), 1, "no capture 99"),
    "a trade that is none": (("explain", "--trade", "99"), 1, "no trade 99"),
    "a trade and a market": (("explain", "bold", "x", "--trade", "1"), 2, "leave those out"),
    "a market that is none": (("explain", "bold", "x"), 1, "no market 'x'"),
    "a mistyped strategy": (("strategy", "show", "momentun"), 1, "did you mean momentum?"),
    "a mistyped setting": ((*NEW, "--config", "trade_amuont=5"), 1, "did you mean trade_amount?"),
    "a word for an amount": ((*NEW, "--config", "trade_amount=much"), 1, "trade_amount must be a number"),
    "a setting twice": ((*NEW, "--config", "trade_amount=5", "--config", '{"trade_amount": 6}'), 1, "given twice"),
    "a setting without a value": ((*NEW, "--config", "trade_amount"), 1, "is not JSON"),
    "no money": ((*NEW[:-1], "-5"), 1, "balance -5"),
    "a taken slug": (("portfolio", "create", "bold", *NEW[3:]), 1, "is taken"),
    "a day that is none": (("replay", "--strategy", "momentum", "--from", "2026-02-31"), 2, "2026-02-31"),
}
SWEEP = ("sweep", "--strategy", "momentum", "--grid")
UPDATE = ("portfolio", "update", "bold")
NEWER = {
    "a position that is none": (("sell", "bold", "999999"), 1, "nothing is held"),
    "a mistyped slug to sell of": (("sell", "bolt", "1"), 1, "did you mean bold?"),
    "no market to sell": (("sell", "bold"), 2, "MARKET_ID"),
    "no days of history": (("history", "fetch", "--days", "0"), 2, "--days"),
    "history of a venue without": (("history", "fetch"), 1, "this venue tells no past prices"),
    "a backfill of a venue without": (("captures", "backfill", "-o", "past"), 1, "this venue tells no past prices"),
    "a sweep that is none": (("sweeps", "show", "9"), 1, "no sweep 9"),
    "a report on a sweep that is none": (("report", "--sweep", "9"), 1, "no sweep 9"),
    "a report on a sweep and more": (("report", "--sweep", "9", "bold"), 2, "leave the others out"),
    "a sweep of a mistyped strategy": (("sweep", "--strategy", "momentun", "--grid", "trade_amount=1"), 1, "momentum?"),
    "a sweep of a mistyped setting": (
        ("sweep", "--strategy", "momentum", "--grid", "trade_amuont=1"),
        1,
        "trade_amount",
    ),
    "one window": (("sweep", "--strategy", "momentum", "--windows", "1", "--grid", "trade_amount=1,2"), 1, "2 to 50"),
    "a try of nothing": (("portfolio", "update", "bold", "--try", "5"), 2, "nothing to change"),
    "an application without a try": (
        ("portfolio", "update", "bold", "--apply", "--config", "a=1"),
        1,
        "unknown setting",
    ),
    "a try over no days": (
        ("portfolio", "update", "bold", "--try", "-1", "--config", "max_positions=2"),
        1,
        "some days",
    ),
    "a try of a mistyped setting": (
        ("portfolio", "update", "bold", "--try", "5", "--config", "max_position=2"),
        1,
        "max_",
    ),
    "an option of forecasts that is none": (("forecasts", "--source", "x"), 2, "--source"),
    "a backup over something": (("backup", "."), 1, "is there already"),
    "an export over something": (("export", "."), 1, "is there already"),
    "a restore into what is there": (("restore", "nowhere"), 1, "a backup is restored into an empty database"),
    "a restore of nothing": (("restore",), 2, "PATH"),
    "a halt of nobody": (("portfolio", "halt", "bolt"), 1, "did you mean bold?"),
    "a log of nobody": (("portfolio", "log", "bolt"), 1, "did you mean bold?"),
    "a list of no strategy": (("portfolio", "list", "--strategy", "momentun"), 1, "did you mean momentum?"),
    "a replay that is none": (("compare", "--replay", "9", "--replay", "8"), 1, "no replay 9"),
}


@pytest.fixture
def traded(prescient: Prescient) -> Prescient:
    """A capture, and a portfolio named bold."""
    assert prescient("capture").code == 0
    assert prescient("portfolio", "create", "bold", *NEW[3:]).code == 0
    return prescient


def test_each_is_one_line_with_its_exit_code_and_writes_nothing(traded: Prescient) -> None:
    wrong = WRONG | NEWER
    told = {what: traded(*arguments) for what, (arguments, _, _) in wrong.items()}
    assert {what: done.code for what, done in told.items()} == {what: code for what, (_, code, _) in wrong.items()}
    missing = {what: done.complaint for what, done in told.items() if wrong[what][2] not in done.complaint}
    assert missing == {}
    assert [row["slug"] for row in traded("portfolio", "list", "--json").json] == ["bold"]


def test_there_are_twenty_five_and_as_many_again() -> None:
    assert (len(WRONG), len(NEWER)) == (25, 25)
