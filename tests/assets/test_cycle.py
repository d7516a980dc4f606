"""Cycles as Dagster runs them: which partitions go green or red, and what is in the books afterwards."""

import pytest
from sqlalchemy import text

from prescient_dagster.store.books import portfolios
from prescient_dagster.store.books.cycles import Stage
from tests.assets.conftest import Platform
from tests.assets.worlds import a_listing, favourites

EVERYWHERE = True
TWENTY = [f"p{number:02}" for number in range(20)]


def test_a_portfolio_buys_what_its_strategy_finds_and_is_valued(platform: Platform) -> None:
    platform.capture(a_listing(*favourites(3)))
    platform.portfolio("one", trade_amount=100)

    ran = platform.run(["one"])

    assert ran.success
    assert [row["status"] for row in platform.rows("signals", "one")] == ["executed"] * 3
    assert [str(row["cash_delta"]) for row in platform.rows("trades", "one")] == ["-99.994500"] * 3
    snapshot = platform.rows("snapshots", "one")[0]
    assert str(snapshot["balance"]) == "700.016500"
    assert str(snapshot["equity"]) == "992.593000"  # 3 × 123.45 sh, bought at 0.81, worth 0.79
    assert ran.materialized["signals"]["one"]["signals_generated"] == 3


@pytest.fixture
def twenty(platform: Platform) -> Platform:
    """Twenty portfolios: p03's config is broken in the database, p07 has no portfolio, p11 is paused."""
    platform.capture(a_listing(*favourites(3)))
    for slug in TWENTY:
        platform.portfolio(slug)
    with platform.database.begin() as connection:
        broken = """UPDATE prescient.portfolios SET strategy_config = '{"min_confidense": 0.8}' WHERE slug = 'p03'"""
        connection.execute(text(broken))
        connection.execute(text("DELETE FROM prescient.portfolios WHERE slug = 'p07'"))
    portfolios.pause(platform.database, "p11")
    return platform


def test_of_twenty_portfolios_three_that_cannot_trade_stand_alone(twenty: Platform) -> None:
    ran = twenty.run(TWENTY)

    assert not ran.success
    assert "2 of 20 portfolios failed" in ran.failure
    assert "p03" in ran.failure
    assert "did you mean min_confidence" in ran.failure
    assert "p07" in ran.failure
    for stage in Stage:
        assert twenty.failed_partitions(stage) == {"p03", "p07"}
        assert set(ran.materialized[stage]) == set(TWENTY) - {"p03", "p07"}
        assert ran.materialized[stage]["p11"]["status"] == "paused"
    assert len(twenty.rows("trades", "p19")) == 3
    assert not twenty.rows("trades", "p11")
    assert not twenty.rows("trades", "p03")
    assert len(twenty.rows("snapshots", "p11")) == 1  # paused ones are still valued


def test_a_second_run_on_the_same_capture_trades_nothing(twenty: Platform) -> None:
    twenty.run(TWENTY)
    before = twenty.books()

    again = twenty.run(TWENTY)

    assert twenty.books() == before
    assert again.materialized["trades"]["p00"]["status"] == "already_traded"


def test_signals_alone_are_a_dry_run(platform: Platform) -> None:
    platform.capture(a_listing(*favourites(2)))
    platform.portfolio("one")

    platform.run(["one"], stages=[Stage.SIGNALS])

    assert [row["status"] for row in platform.rows("signals", "one")] == ["pending"] * 2
    assert not platform.rows("trades", "one")
    assert not platform.rows("snapshots", "one")


def test_a_dry_run_may_be_repeated_with_other_settings_and_then_be_traded(platform: Platform) -> None:
    platform.capture(a_listing(*favourites(2)))
    platform.portfolio("one")
    platform.run(["one"], stages=[Stage.SIGNALS])

    platform.run(["one"], stages=[Stage.SIGNALS], config={"max_positions": 1})
    platform.run(["one"], stages=[Stage.TRADES, Stage.SNAPSHOTS])

    assert [row["status"] for row in platform.rows("signals", "one")] == ["executed"]
    assert len(platform.rows("trades", "one")) == 1
    assert platform.rows("cycles", "one")[0]["stage"] == "snapshots"


def test_a_full_run_after_a_dry_run_gives_the_same_books_as_a_full_run(platform: Platform) -> None:
    platform.capture(a_listing(*favourites(2)))
    platform.portfolio("one")
    platform.portfolio("two")
    platform.run(["one"], stages=[Stage.SIGNALS])

    platform.run(["one", "two"])

    for table in ("signals", "trades"):
        compared = [
            [(row["market_id"], row.get("status"), row.get("cash_delta")) for row in platform.rows(table, slug)]
            for slug in ("one", "two")
        ]
        assert compared[0] == compared[1]


def test_trades_without_a_snapshot_are_finished_under_the_config_they_began_with(platform: Platform) -> None:
    platform.capture(a_listing(*favourites(4)))
    platform.portfolio("one", max_positions=2)
    platform.run(["one"], stages=[Stage.SIGNALS, Stage.TRADES])

    platform.run(["one"], config={"max_positions": 4})

    assert len(platform.rows("trades", "one")) == 2
    assert platform.rows("cycles", "one")[0]["stage"] == "snapshots"
    assert platform.rows("snapshots", "one")[0]["positions"] == 2


def test_pending_signals_expire_when_a_newer_capture_is_traded(platform: Platform) -> None:
    platform.capture(a_listing(*favourites(1)))
    platform.portfolio("one")
    platform.run(["one"], stages=[Stage.SIGNALS])
    platform.capture(a_listing(*favourites(1), hours=1))

    platform.run(["one"])

    assert [row["status"] for row in platform.rows("signals", "one")] == ["expired", "executed"]


def test_an_override_that_breaks_one_portfolio_leaves_the_others_green(platform: Platform) -> None:
    platform.capture(a_listing(*favourites(1)))
    for slug in ("a", "b", "c"):
        platform.portfolio(slug)

    ran = platform.run(["a", "b", "c"], config={"portfolios": {"b": {"market_max_conviction": 0.1}}})

    assert "b: this config can never trade" in ran.failure
    assert platform.failed_partitions(Stage.TRADES) == {"b"}
    assert len(platform.rows("trades", "a")) == len(platform.rows("trades", "c")) == 1


def test_a_run_can_filter_by_tags(platform: Platform) -> None:
    first, second = favourites(2)
    platform.capture(a_listing(first | {"tags": "Politics|World"}, second | {"tags": "NFL|Sports"}))
    platform.portfolio("all")
    platform.portfolio("some")

    platform.run(["all", "some"], config={"portfolios": {"some": {"tags_include": ["sports"]}}})

    bought = {slug: [row["market_id"] for row in platform.rows("trades", slug)] for slug in ("all", "some")}
    assert bought == {"all": ["500", "501"], "some": ["501"]}


def test_run_config_overrides_all_and_single_portfolios(platform: Platform) -> None:
    platform.capture(a_listing(*favourites(3)))
    for slug in ("a", "b"):
        platform.portfolio(slug)

    config = {"max_positions": 2, "trade_frequency": "low", "portfolios": {"b": {"max_positions": 1}}}
    assert platform.run(["a", "b"], config=config).success

    assert len(platform.rows("trades", "a")) == 2
    assert len(platform.rows("trades", "b")) == 1
    assert platform.config("b")["trade_frequency"] == "low"


def test_settings_for_a_portfolio_that_is_not_in_the_run_stop_it_before_anything_trades(platform: Platform) -> None:
    platform.capture(a_listing(*favourites(1)))
    platform.portfolio("a")

    ran = platform.run(["a"], config={"portfolios": {"stranger": {"max_positions": 1}}})

    assert "settings are given for stranger" in ran.failure
    assert not platform.rows("trades", "a")


def test_in_a_backfill_settings_for_portfolios_of_its_other_runs_are_passed_over(platform: Platform) -> None:
    platform.capture(a_listing(*favourites(3)))
    for slug in ("a", "b", "c"):
        platform.portfolio(slug)
    settings = {"portfolios": {"a": {"max_positions": 1}, "c": {"max_positions": 2}}}

    for slug in ("a", "c"):
        assert platform.run([slug], config=settings, tags={"dagster/backfill": "one"}).success
    stranger = platform.run(["b"], config={"portfolios": {"nobody": {}}}, tags={"dagster/backfill": "one"})

    assert [len(platform.rows("trades", slug)) for slug in ("a", "b", "c")] == [1, 0, 2]
    assert "settings are given for nobody" in stranger.failure


def test_a_capture_older_than_the_last_cycle_is_not_traded(platform: Platform) -> None:
    first = platform.capture(a_listing(*favourites(1)))
    platform.capture(a_listing(*favourites(1), hours=1))
    platform.portfolio("one")
    platform.run(["one"])

    traded = platform.rows("trades", "one")

    ran = platform.run(["one"], config={"capture_id": first})

    assert ran.success
    told = ran.materialized["signals"]["one"]
    assert told["status"] == "already_traded"
    assert f"capture {first} is older than that of its last cycle" in told["summary"]
    assert platform.rows("trades", "one") == traded


def test_old_market_data_is_not_traded(platform: Platform) -> None:
    capture = platform.capture(a_listing(*favourites(1)))
    platform.portfolio("one")
    with platform.database.begin() as connection:
        aged = "UPDATE prescient.captures SET stored_at = now() - interval '61 minutes' WHERE capture_id = :id"
        connection.execute(text(aged), {"id": capture})

    ran = platform.run(["one"])

    assert "market data is 61 minutes old, limit 60" in ran.failure
    assert not platform.rows("signals", "one")
    assert platform.run(["one"], config={"max_capture_age_minutes": 90}).success


def test_without_a_capture_the_run_says_what_to_do(platform: Platform) -> None:
    platform.portfolio("one")

    assert "no capture is ready to be traded: run `prescient capture`" in platform.run(["one"]).failure


def test_a_failure_is_kept_until_the_next_success(platform: Platform) -> None:
    platform.capture(a_listing(*favourites(1)))
    platform.portfolio("one")
    platform.run(["one"], config={"trade_amount": -5})
    failed = platform.rows("portfolios", "one")[0]["last_error"]

    platform.run(["one"])

    assert "trade_amount" in failed
    assert platform.rows("portfolios", "one")[0]["last_error"] is None


def test_a_slug_of_another_strategy_fails_without_marking_who_has_it(platform: Platform) -> None:
    platform.capture(a_listing(*favourites(3)))
    platform.portfolio("theirs", strategy="scalping")
    platform.instance.add_dynamic_partitions("momentum_portfolios", ["theirs"])

    ran = platform.run(["theirs"], strategy="momentum")

    assert "no momentum portfolio 'theirs'" in ran.failure
    assert platform.rows("portfolios", "theirs")[0]["last_error"] is None
