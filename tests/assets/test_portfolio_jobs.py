"""Portfolios made, changed and closed by the forms of the UI: what they leave, and what they refuse in one line."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import dagster as dg
import pytest
from dagster._core.errors import DagsterInvalidConfigError

from prescient_dagster.assets.cycle import partitions_name
from prescient_dagster.assets.runs.run_tags import PORTFOLIO_TAG
from prescient_dagster.definitions import defs
from prescient_dagster.domain.books.portfolios import PortfolioStatus
from prescient_dagster.store.books import portfolios
from tests.assets.conftest import Platform
from tests.assets.filled_forms import Filled, fill_in, form_fields
from tests.assets.worlds import a_listing, favourites

NEW = {"slug": "bold", "strategy": "momentum", "balance": 10_000}


def made(platform: Platform, **fields: Any) -> Filled:
    return fill_in(platform, "create_portfolio", {**NEW, **fields})


def keys(platform: Platform, strategy: str = "momentum") -> list[str]:
    return list(platform.instance.get_dynamic_partitions(partitions_name(strategy)))


def test_a_portfolio_is_made_and_is_a_partition_at_once(platform: Platform) -> None:
    done = made(platform, name="Bold", balance=10_000.25, config={"trade_amount": 50, "event_max_days_until_end": None})

    assert done.success
    bold = portfolios.get(platform.database, "bold")
    assert (bold.name, bold.initial_balance) == ("Bold", Decimal("10000.25"))
    assert bold.strategy_config == {"trade_amount": 50, "event_max_days_until_end": None}
    assert keys(platform) == ["bold"]


def test_the_run_tells_what_the_portfolio_is_now_and_is_found_by_it(platform: Platform) -> None:
    done = made(platform, config={"event_min_days_until_end": None})

    assert {"slug": "bold", "status": "active", "equity": 10_000.0, "strategy_type": "momentum"}.items() <= (
        done.told.items()
    )
    assert "past their end date" in done.told["warnings"]
    tags = platform.instance.get_run_by_id(done.run_id).tags  # type: ignore[union-attr]
    assert tags[PORTFOLIO_TAG] == "bold"


def test_settings_are_laid_over_those_there_are_and_given_back_to_the_default(platform: Platform) -> None:
    made(platform, config={"trade_amount": 50, "max_positions": 3, "max_slippage": 0.02})

    change = {"config": {"trade_amount": 60, "event_max_days_until_end": None}, "reset": ["max_positions"]}
    done = fill_in(platform, "change_portfolio_config", {"portfolio": "bold", **change})

    expected = {"trade_amount": 60, "max_slippage": 0.02, "event_max_days_until_end": None}
    assert done.told["strategy_config"] == expected
    assert [tuple(record.data.values()) for record in done.told["changed"].records] == [
        ("trade_amount", "50", "60"),
        ("max_positions", "3", "(default)"),
        ("event_max_days_until_end", "(default)", "null"),
    ]
    same = fill_in(platform, "change_portfolio_config", {"portfolio": "bold", "config": {"trade_amount": 60}})
    assert same.told["changed"] == "nothing: these are the settings it has"
    assert portfolios.get(platform.database, "bold").strategy_config == expected


@pytest.mark.parametrize(
    ("jobs", "status"),
    [
        (["pause"], PortfolioStatus.PAUSED),
        (["pause", "pause"], PortfolioStatus.PAUSED),
        (["pause", "resume"], PortfolioStatus.ACTIVE),
        (["close"], PortfolioStatus.CLOSED),
    ],
)
def test_a_portfolio_is_paused_resumed_and_closed(jobs: list[str], status: PortfolioStatus, platform: Platform) -> None:
    made(platform)

    told = [fill_in(platform, f"{job}_portfolio", {"portfolio": "bold"}).told["status"] for job in jobs]

    assert told[-1] == status
    assert portfolios.get(platform.database, "bold").status is status


def test_a_portfolio_that_is_flat_closes_and_its_partition_goes_at_once(platform: Platform) -> None:
    made(platform)
    made(platform, slug="other")

    fill_in(platform, "close_portfolio", {"portfolio": "bold"})

    assert keys(platform) == ["other"]


def test_a_portfolio_that_holds_something_is_closing_and_keeps_its_partition(platform: Platform) -> None:
    platform.capture(a_listing(*favourites(1)))
    platform.portfolio("bold")
    platform.run(["bold"])

    done = fill_in(platform, "close_portfolio", {"portfolio": "bold"})

    assert done.told["status"] == "closing"
    assert keys(platform) == ["bold"]


def test_a_position_is_sold_by_hand(platform: Platform) -> None:
    newest = platform.capture(a_listing(*favourites(2)))
    platform.portfolio("bold")
    platform.run(["bold"])

    done = fill_in(platform, "sell_position", {"portfolio": "bold", "market": "500"})

    assert (done.success, done.told["capture_id"]) == (True, newest)
    assert [trade["kind"] for trade in platform.rows("trades", "bold")] == ["buy", "buy", "sell"]
    again = fill_in(platform, "sell_position", {"portfolio": "bold", "market": "500"})
    assert (again.success, "nothing is held" in again.failure) == (False, True)


def test_the_number_of_a_portfolio_does_where_its_slug_does(platform: Platform) -> None:
    number = made(platform).told["portfolio_id"]

    assert fill_in(platform, "pause_portfolio", {"portfolio": str(number)}).told["slug"] == "bold"


def test_a_config_is_judged_without_a_portfolio(platform: Platform) -> None:
    config = {"max_positions": 8, "event_min_days_until_end": None}

    done = fill_in(platform, "validate_strategy_config", {"strategy": "momentum", "config": config})

    assert (done.success, done.told["valid"]) == (True, True)
    assert "past their end date" in done.told["warnings"]
    assert portfolios.list_all(platform.database) == []


def test_a_config_that_is_not_valid_has_all_its_errors(platform: Platform) -> None:
    config = {"max_position": 8, "trade_amount": -1, "lookback_hours": "a"}

    done = fill_in(platform, "validate_strategy_config", {"strategy": "momentum", "config": config})

    assert (done.success, len(done.told["errors"])) == (False, 3)
    assert "did you mean max_positions?" in done.failure


BOLD = {"portfolio": "bold"}
REFUSED: dict[str, tuple[str, Mapping[str, Any], str]] = {
    "a mistyped key": ("create_portfolio", {**NEW, "config": {"min_confidense": 1}}, "did you mean min_confidence?"),
    "a wrong type of its own": ("create_portfolio", {**NEW, "config": {"min_rise": "ten"}}, "must be a number"),
    "never trades": ("create_portfolio", {**NEW, "config": {"min_confidence": 0.9}}, "can never trade"),
    "a taken slug": ("create_portfolio", {**NEW, "slug": "taken"}, "slug 'taken' is taken"),
    "a slug with SQL": ("create_portfolio", {**NEW, "slug": "a'; --"}, "is not usable"),
    "no balance": ("create_portfolio", {**NEW, "balance": 0}, "balance 0.0 is not usable"),
    "a NUL in a name": ("create_portfolio", {**NEW, "name": "a\0b"}, "characters that cannot be kept"),
    "nobody to pause": ("pause_portfolio", BOLD, "there is no portfolio 'bold'"),
    "nobody to change": ("change_portfolio_config", BOLD, "there is no portfolio 'bold'"),
    "resuming a closed one": ("resume_portfolio", {"portfolio": "gone"}, "is closed: that is final"),
    "changing a closed one": ("change_portfolio_config", {"portfolio": "gone"}, "is closed: it keeps what it has"),
    "an impossible change": (
        "change_portfolio_config",
        {"portfolio": "taken", "config": {"max_positions": 0}},
        "max_positions must be 1 or more",
    ),
    "an unknown reset": (
        "change_portfolio_config",
        {"portfolio": "taken", "reset": ["max_position"]},
        "did you mean max_positions?",
    ),
}


@pytest.mark.parametrize("what", REFUSED)
def test_bad_input_is_refused_in_one_line_and_nothing_is_written(what: str, platform: Platform) -> None:
    job, form, reason = REFUSED[what]
    made(platform, slug="taken")
    made(platform, slug="gone")
    fill_in(platform, "close_portfolio", {"portfolio": "gone"})
    before = platform.books()

    done = fill_in(platform, job, form)

    assert not done.success
    assert reason in done.failure
    assert len(done.failure.splitlines()) == 1
    assert (platform.books(), keys(platform)) == (before, ["taken"])


@pytest.mark.parametrize(
    "form",
    [
        {**NEW, "strategy": "momentun"},
        {**NEW, "balance": "much"},
        {**NEW, "balanse": 1},
        {"slug": "bold"},
        {**NEW, "config": [1]},
    ],
    ids=str,
)
def test_a_form_that_is_filled_in_wrongly_starts_no_run(form: dict[str, Any], platform: Platform) -> None:
    with pytest.raises(DagsterInvalidConfigError):
        fill_in(platform, "create_portfolio", form)


def test_every_field_of_a_form_says_what_it_means() -> None:
    forms = {job.name: job for job in defs.jobs or () if isinstance(job, dg.JobDefinition)}
    assert "create_portfolio" in forms
    for name, job in forms.items():
        assert job.description
        for field, described in form_fields(job).items():
            assert described.description, f"{name}: {field}"
