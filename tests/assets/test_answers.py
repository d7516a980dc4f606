"""Questions asked by the forms of the UI: the answer is what the command says, with a page where there is one."""

from typing import Any

import pytest

from prescient_dagster.store.books import trades
from prescient_dagster.usecases.shown.compare import side_by_side
from prescient_dagster.usecases.shown.explain import Question, explained
from prescient_dagster.usecases.write_report import page_of
from tests.assets.conftest import Platform
from tests.assets.filled_forms import fill_in
from tests.assets.worlds import a_listing, favourites


@pytest.fixture
def traded(platform: Platform) -> Platform:
    """Two portfolios that have traded two captures; the second knows a market that is no candidate."""
    for slug, most in (("broad", 3), ("narrow", 1)):
        platform.portfolio(slug, max_positions=most)
    for hours in (0, 1):
        dear = {"yes_price": 0.81 + hours / 100, "best_bid": 0.8 + hours / 100, "best_ask": 0.82 + hours / 100}
        platform.capture(a_listing(*favourites(2), *favourites(1, liquidity=10.0, **dear), hours=hours))
        platform.run(["broad", "narrow"])
    return platform


def test_a_market_is_explained_as_on_the_command_line(traded: Platform) -> None:
    document = explained(traded.database, traded.captures_folder, Question("broad", "502"))

    done = fill_in(traded, "explain_market", {"portfolio": "broad", "market": "502"})

    assert (done.told["entry"], done.told["done"]) == (document["verdict"], document["did"])
    assert [record.data["rule"] for record in done.told["steps"].records] == [
        each["rule"] for each in document["steps"]
    ]
    assert done.told["market_id"] == "502"


def test_a_trade_is_explained_by_its_number_alone(traded: Platform) -> None:
    portfolio_id = traded.rows("portfolios", "narrow")[0]["portfolio_id"]
    (trade,) = trades.list_trades(traded.database, portfolio_id)

    done = fill_in(traded, "explain_market", {"trade": trade["trade_id"]})

    assert (done.told["portfolio"], done.told["market_id"]) == ("narrow", trade["market_id"])
    assert [record.data["trade_id"] for record in done.told["trades"].records] == [trade["trade_id"]]


def test_portfolios_are_compared_with_the_first_and_have_a_page(traded: Platform) -> None:
    found, (compared,) = side_by_side(traded.database, ["broad", "narrow"])

    done = fill_in(traded, "compare_portfolios", {"portfolios": ["broad", "narrow"]})

    assert (done.told["verdict"], done.told["captures"]) == (compared.verdict, found.window.captures)
    assert [record.data["profit"] for record in done.told["portfolios"].records] == [
        float(course.profit) for course in found.portfolios
    ]
    assert done.told["page"] == "reports/broad,narrow"


def test_a_report_is_a_page_of_all_that_are_asked_for(traded: Platform) -> None:
    (replay_id,) = (fill_in(traded, "replay", {"portfolio": "broad"}).told["replay_id"],)

    done = fill_in(traded, "report", {"portfolios": ["narrow"], "replays": [replay_id]})

    assert done.told["page"] == f"reports/narrow,replay:{replay_id}"
    page = page_of(traded.database, traded.captures_folder, ["narrow", f"replay:{replay_id}"], "../portfolios")
    assert round(len(page) / 1_000) in range(done.told["kilobytes"] - 1, done.told["kilobytes"] + 2)
    assert fill_in(traded, "report", {}).told["about"] == "broad, narrow"


@pytest.mark.parametrize(
    ("job", "fields", "why"),
    [
        ("explain_market", {"portfolio": "broad"}, "give portfolio and market, or trade"),
        ("explain_market", {"portfolio": "broad", "trade": 1}, "leave those out"),
        ("explain_market", {"portfolio": "broad", "market": "9"}, "lists no market '9'"),
        ("explain_market", {"portfolio": "broat", "market": "500"}, "did you mean broad?"),
        ("explain_market", {"trade": 99}, "there is no trade 99"),
        ("compare_portfolios", {"portfolios": ["broad"]}, "name two or more different portfolios"),
        ("compare_portfolios", {"portfolios": ["broad"], "replays": [7]}, "there is no replay 7"),
        ("report", {"sweep": 3}, "there is no sweep 3"),
        ("report", {"sweep": 3, "portfolios": ["broad"]}, "a walk-forward has a page of its own"),
        ("report", {"portfolios": ["nobody"]}, "there is no portfolio 'nobody'"),
    ],
)
def test_what_cannot_be_answered_is_one_line(traded: Platform, job: str, fields: dict[str, Any], why: str) -> None:
    done = fill_in(traded, job, fields)
    assert (done.success, why in done.failure, "\n" in done.failure) == (False, True, False), done.failure


def test_without_a_portfolio_there_is_nothing_to_report(platform: Platform) -> None:
    assert "there is no portfolio to report on" in fill_in(platform, "report", {}).failure
