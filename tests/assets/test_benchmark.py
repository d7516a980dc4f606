"""All candidates bought equally, beside portfolios that traded: worked numbers, nothing of the future, reasons."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from prescient_dagster.domain.figures.benchmark import NOT_ASKED, NOTHING_BOUGHT, BenchmarkCurve
from prescient_dagster.domain.figures.leaderboard import leaderboard
from prescient_dagster.store.figures.performance import load_histories
from prescient_dagster.store.market import price_marks
from prescient_dagster.usecases.shown.benchmark import with_benchmarks
from tests.assets.conftest import Platform
from tests.assets.worlds import START, a_listing, favourites


def priced(bid: float, ask: float, **changes: Any) -> dict[str, Any]:
    """A market that momentum may buy, at these quotes."""
    yes = round((bid + ask) / 2, 4)
    return {**favourites(1)[0], "best_bid": bid, "best_ask": ask, "yes_price": yes, "no_price": 1 - yes, **changes}


def round_of(platform: Platform, hours: float, *markets: dict[str, Any], slugs: tuple[str, ...] = ("one",)) -> int:
    """A capture of these markets, numbered from 500 on, and what the portfolios make of it."""
    capture_id = platform.capture(a_listing(*markets, hours=hours))
    platform.run(list(slugs))
    return capture_id


def curve(platform: Platform) -> BenchmarkCurve:
    (only,) = with_benchmarks(platform.database, platform.captures_folder, load_histories(platform.database).portfolios)
    return only.benchmark


def values(platform: Platform) -> list[tuple[float, float]]:
    """Hours since the start, and what 1,000 USD had become."""
    return [((at - START) / timedelta(hours=1), round(float(value), 4)) for at, value in curve(platform).points]


def test_every_candidate_counts_the_same_whatever_the_portfolio_had_room_for(platform: Platform) -> None:
    platform.portfolio("one", max_positions=1)
    round_of(platform, 0, priced(0.79, 0.81), priced(0.78, 0.82))
    round_of(platform, 24, priced(0.90, 0.92), priced(0.41, 0.43))

    # 1,000 / 2 at .81 and at .82 each: worth .79 and .78 at once, .90 and .41 on the next day
    assert values(platform) == [(0, 1_000), (0, 963.2641), (24, 805.5556)]


def test_a_share_costs_the_ask_with_the_fee_of_its_market(platform: Platform) -> None:
    platform.portfolio("one", max_positions=1)
    round_of(platform, 0, priced(0.79, 0.81, fee_rate=0.25))
    # .25 × .81 × .19 = .038475, so that .848475 were paid
    assert values(platform)[-1] == (0, pytest.approx(1_000 * 0.79 / 0.848475))


def test_what_comes_later_is_bought_later_and_only_where_the_portfolio_bought_too(platform: Platform) -> None:
    platform.portfolio("one", max_positions=2)
    round_of(platform, 0, priced(0.79, 0.81))
    before = values(platform)
    round_of(platform, 24, priced(0.79, 0.81), priced(0.80, 0.82))  # a second place is filled, both were candidates
    round_of(platform, 48, *[priced(0.79, 0.81)] * 9)  # no place is free
    after = values(platform)

    assert after[:2] == before
    assert after[2] == (24, pytest.approx(1_000 * (0.79 / 0.81 + 0.80 / 0.82) / 2))
    assert after[3] == (48, pytest.approx(1_000 * (0.79 / 0.81 + 0.79 / 0.82) / 2))


def ended(platform: Platform, capture_id: int, hours: float, ending: str) -> None:
    """The venue tells on a capture how the second market ended."""
    row = text(
        "INSERT INTO prescient.resolutions (market_id, capture_id, timestamp, confirmed_at, ending, reason,"
        " resolution_status) VALUES ('501', :capture, :at, :at, :ending, '', 'resolved')"
    )
    with platform.database.begin() as connection:
        connection.execute(row, {"capture": capture_id, "at": START + timedelta(hours=hours), "ending": ending})


def test_what_was_paid_in_the_end_counts_from_when_it_was_known(platform: Platform) -> None:
    platform.portfolio("one", max_positions=1)
    for hours in (0, 24):
        round_of(platform, hours, priced(0.79, 0.81), priced(0.78, 0.82))
    ended(platform, round_of(platform, 48, priced(0.79, 0.81), priced(0.78, 0.82)), 48, "no")
    assert values(platform)[1:] == [(0, 963.2641), (24, 963.2641), (48, 487.6543)]


def test_an_ending_that_is_corrected_counts_as_it_was_known_at_each_moment(platform: Platform) -> None:
    platform.portfolio("one", max_positions=1)
    captures = [round_of(platform, hours, priced(0.79, 0.81), priced(0.78, 0.82)) for hours in (0, 24, 48)]
    ended(platform, captures[1], 24, "no")
    ended(platform, captures[2], 48, "yes")
    assert values(platform)[1:] == [(0, 963.2641), (24, 487.6543), (48, 1097.4104)]


def test_what_left_the_listing_keeps_its_last_worth_and_what_nobody_bids_for_has_its_listed_price(
    platform: Platform,
) -> None:
    platform.portfolio("one", max_positions=1)
    round_of(platform, 0, priced(0.79, 0.81), priced(0.78, 0.82))
    round_of(platform, 24, priced(0.0, 0.30, yes_price=0.05, no_price=0.95))
    assert values(platform)[-1] == (24, pytest.approx(1_000 * (0.05 / 0.81 + 0.78 / 0.82) / 2))


def test_captures_that_were_pruned_are_told_by_their_hourly_marks(platform: Platform) -> None:
    platform.portfolio("one", max_positions=1)
    for day, bid in enumerate((0.79, 0.85, 0.88, 0.70)):
        round_of(platform, 24 * day, priced(bid, bid + 0.02), priced(0.78, 0.82))
    before = values(platform)
    price_marks.write_due(platform.database, platform.captures_folder)
    with platform.database.begin() as connection:
        connection.execute(
            text("UPDATE prescient.captures SET pruned_at = now() WHERE captured_at > :start AND captured_at < :end"),
            {"start": START, "end": START + timedelta(hours=72)},
        )
    assert values(platform) == before
    assert len(before) == 5


def test_the_figures_are_the_return_and_what_the_portfolio_made_beyond_it(platform: Platform) -> None:
    platform.portfolio("one", max_positions=1)
    round_of(platform, 0, priced(0.79, 0.81), priced(0.78, 0.82))
    round_of(platform, 24, priced(0.90, 0.92), priced(0.41, 0.43))
    found = load_histories(platform.database)
    told = with_benchmarks(platform.database, platform.captures_folder, found.portfolios)
    board = leaderboard(told, found.verdicts)

    figures = board.portfolios[0].performance.figures()
    assert figures["benchmark_return"] == pytest.approx(-0.194444444)
    assert figures["over_benchmark"] == pytest.approx(figures["total_return"] + 0.194444444)
    assert figures["total_return"] > 0


@pytest.mark.in_a_folder
def test_an_empty_benchmark_tells_why(platform: Platform) -> None:
    platform.portfolio("one")
    assert curve(platform) == BenchmarkCurve(missing=NOTHING_BOUGHT)
    round_of(platform, 0, priced(0.79, 0.81))
    platform.captures_folder.joinpath("2026").rename(platform.captures_folder / "elsewhere")  # type: ignore[union-attr]
    assert "gone" in curve(platform).missing
    assert not curve(platform).points


def test_more_than_three_portfolios_are_not_worked_out(platform: Platform) -> None:
    slugs = ("one", "two", "three", "four")
    for slug in slugs:
        platform.portfolio(slug)
    round_of(platform, 0, priced(0.79, 0.81), slugs=slugs)
    found = load_histories(platform.database).portfolios
    told = with_benchmarks(platform.database, platform.captures_folder, found)
    assert {each.benchmark.missing for each in told} == {NOT_ASKED}
    few = with_benchmarks(platform.database, platform.captures_folder, found[:3])
    assert {each.benchmark.missing for each in few} == {""}
