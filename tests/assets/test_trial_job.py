"""A try of settings as a run: what its page tells, what it changes, and what stays in the log."""

from typing import Any

from prescient_dagster.store.books import portfolio_log, portfolios
from prescient_dagster.store.past import replays
from tests.assets.conftest import Platform
from tests.assets.filled_forms import Filled, fill_in
from tests.assets.worlds import a_listing, favourites


def lived(platform: Platform) -> None:
    """A portfolio that held two markets for two days."""
    platform.portfolio("bold", trade_amount=50)
    for day in range(3):
        platform.capture(a_listing(*favourites(2), hours=24 * day))
    platform.run(["bold"])


def tried(platform: Platform, **fields: Any) -> Filled:
    form = {"portfolio": "bold", "config": {"max_positions": 1}, "days": 7, **fields}
    return fill_in(platform, "try_portfolio_config", form)


def settings(platform: Platform) -> dict[str, Any]:
    return dict(portfolios.get(platform.database, "bold").strategy_config)


def log(platform: Platform) -> list[dict[str, Any]]:
    return list(portfolio_log.entries(platform.database, portfolios.get(platform.database, "bold").portfolio_id))


def test_a_try_tells_what_would_have_differed_and_changes_nothing(platform: Platform) -> None:
    lived(platform)
    before = (platform.books(), settings(platform))

    done = tried(platform)

    assert done.success, done.failure
    assert (done.told["applied"], done.told["captures"], done.told["days"]) == (False, 3, 7)
    assert done.told["verdict"] == "new settings and settings now: too few days to tell which is better"
    assert done.told["trades_that_differ"] == 1
    (only,) = [record.data for record in done.told["trades"].records]
    assert (only["market_id"], only["kind"], only["shares_new"]) == ("501", "buy", "")
    assert [replays.get(platform.database, number).portfolio for number in done.told["replays"]] == ["bold"] * 2
    assert (platform.books(), settings(platform), log(platform)) == (*before, [])


def test_applied_the_settings_change_and_the_log_keeps_what_the_try_had_said(platform: Platform) -> None:
    lived(platform)

    done = tried(platform, apply=True)

    assert (done.success, done.told["applied"]) == (True, True)
    assert settings(platform) == {"fill_model": "touch", "trade_amount": 50, "max_positions": 1}
    (entry,) = log(platform)
    assert entry["by"] == f"run {done.run_id[:8]} of try_portfolio_config"
    assert entry["details"]["try"]["verdict"] == done.told["verdict"]
    assert entry["details"]["try"]["replays"] == done.told["replays"]


def test_what_cannot_be_tried_is_one_line_and_changes_nothing(platform: Platform) -> None:
    lived(platform)
    refused = {
        "max_positions must be 1 or more": {"config": {"max_positions": 0}},
        "a try goes over some days": {"days": 0},
        "there is no portfolio 'nobody'": {"portfolio": "nobody"},
        "did you mean max_positions?": {"config": {}, "reset": ["max_position"]},
    }
    before = platform.books()
    for reason, fields in refused.items():
        done = tried(platform, apply=True, **fields)
        assert not done.success
        assert reason in done.failure
        assert len(done.failure.splitlines()) == 1
    assert (platform.books(), log(platform)) == (before, [])
