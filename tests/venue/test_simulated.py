"""The simulated venue as Prescient meets it: through the client of the real one."""

from datetime import timedelta

import pandas as pd
import pytest

from prescient_dagster.domain.errors import VenueError
from prescient_dagster.domain.market.markets import Listing, check_events, check_markets
from tests.venue.simulations import EVENTS, NOON, Clock, a_venue

HOURS = 100


def listing_at(hours: float, **venue: int) -> Listing:
    clock = Clock()
    clock.forward(hours=hours)
    listing = a_venue(clock, **venue).next_listing(None)
    assert listing is not None
    return listing


def candidates(listing: Listing, **least: float) -> pd.DataFrame:
    """Tradable markets with at least these values; `conviction` is a range."""
    markets = listing.markets[listing.markets["tradable"]]
    lowest, highest = least.pop("min_conviction", 0), least.pop("max_conviction", 1)
    markets = markets[markets["conviction"].between(lowest, highest)]
    for column, value in least.items():
        markets = markets[markets[column].fillna(0) >= value]
    return markets


def test_a_listing_is_whole_valid_and_stamped_with_the_simulated_time() -> None:
    listing = listing_at(hours=5)
    check_events(listing.events)
    check_markets(listing.markets)
    assert (listing.venue, listing.rejections, len(listing.events)) == ("simulated", (), EVENTS)
    assert listing.captured_at == NOON + timedelta(hours=5)


def test_sixty_events_hold_three_hundred_markets_at_any_time() -> None:
    assert {len(listing_at(hours).markets) for hours in (0, 7.25, 1000, 20_000)} == {5 * EVENTS}


def test_the_simulated_clock_runs_at_its_speed_in_whole_seconds() -> None:
    clock = Clock()
    venue = a_venue(clock, speed=90)
    clock.forward(seconds=10.006)
    listing = venue.next_listing(None)
    assert listing is not None
    assert listing.captured_at == NOON + timedelta(seconds=900)


def test_a_second_capture_at_the_same_moment_is_one_simulated_second_later() -> None:
    venue = a_venue(Clock())
    first = venue.next_listing(None)
    assert first is not None
    second = venue.next_listing(first.captured_at)
    assert second is not None
    assert second.captured_at - first.captured_at == timedelta(seconds=1)


def test_venues_with_the_same_seed_agree_and_others_do_not() -> None:
    one, same, other = listing_at(30), listing_at(30), listing_at(30, seed=8)
    pd.testing.assert_frame_equal(one.markets, same.markets)
    assert not one.markets["yes_price"].equals(other.markets["yes_price"])


def test_markets_asked_for_by_id_are_as_listed_at_that_instant() -> None:
    clock = Clock()
    venue = a_venue(clock)
    listing = venue.next_listing(None)
    assert listing is not None
    clock.forward(days=40)
    found = venue.find_markets(listing.markets["market_id"].tolist(), listing.captured_at)
    untold = ["event_market_count"]
    pd.testing.assert_frame_equal(found.markets.drop(columns=untold), listing.markets.drop(columns=untold))


def test_markets_are_found_long_after_they_ended_and_strangers_are_absent() -> None:
    clock = Clock()
    venue = a_venue(clock)
    ids = listing_at(0).markets["market_id"].tolist()
    clock.forward(days=365)
    found = venue.find_markets([*ids, "1", "99999999999", "x"], clock.now)
    assert found.markets["market_id"].tolist() == ids
    assert found.markets["closed"].all()


def test_a_market_is_unknown_before_its_event_is_listed() -> None:
    later = set(listing_at(hours=50).markets["market_id"]) - set(listing_at(hours=0).markets["market_id"])
    assert later
    assert a_venue(Clock()).find_markets(sorted(later), NOON).markets.empty


def test_order_books_are_of_the_capture_they_are_wanted_for() -> None:
    clock = Clock()
    venue = a_venue(clock)
    listing = venue.next_listing(None)
    assert listing is not None
    clock.forward(hours=9)
    traded = listing.markets[listing.markets["tradable"] & listing.markets["best_bid"].notna()]
    books = venue.order_books(traded["yes_token_id"].tolist(), listing.captured_at)
    best = {token: max(float(level.price) for level in book.bids) for token, book in books.items()}
    assert best == dict(zip(traded["yes_token_id"], traded["best_bid"], strict=True))


def test_asking_for_a_time_before_the_simulation_began_is_refused() -> None:
    with pytest.raises(VenueError, match="before this simulation began"):
        a_venue(Clock()).find_markets(["1000000"], NOON - timedelta(seconds=1))


@pytest.mark.parametrize(
    ("strategy", "least"),
    [
        (
            "momentum",
            {
                "event_liquidity": 50_000,
                "event_volume": 100_000,
                "event_volume_24hr": 10_000,
                "liquidity": 10_000,
                "volume": 50_000,
                "volume_24hr": 5_000,
                "min_conviction": 0.5,
                "max_conviction": 0.65,
            },
        ),
        (
            "mean_reversion",
            {
                "event_liquidity": 100_000,
                "event_volume": 200_000,
                "event_volume_24hr": 20_000,
                "liquidity": 50_000,
                "volume": 100_000,
                "min_conviction": 0.7,
                "max_conviction": 0.95,
            },
        ),
        (
            "arbitrage",
            {"event_liquidity": 500_000, "event_volume": 1_000_000, "liquidity": 100_000, "volume": 200_000},
        ),
        ("scalping", {"event_volume_24hr": 50_000, "volume_24hr": 10_000, "max_conviction": 0.9}),
    ],
)
def test_the_default_filters_find_candidates_at_nearly_any_time(strategy: str, least: dict[str, float]) -> None:
    listings = [listing_at(hours) for hours in range(0, HOURS, 10)]
    found = [candidates(listing, **least) for listing in listings]
    if strategy == "momentum":
        days = [
            (markets["event_end_date"] - listing.captured_at).dt.total_seconds() / 86_400
            for markets, listing in zip(found, listings, strict=True)
        ]
        found = [markets[left.between(1, 30)] for markets, left in zip(found, days, strict=True)]
    assert min(len(markets) for markets in found) >= 5


def test_prices_dip_within_an_hour_on_narrow_quotes() -> None:
    def dips(listing: Listing) -> int:
        liquid = candidates(listing, event_volume_24hr=50_000, volume_24hr=10_000, max_conviction=0.9)
        return int((liquid["price_change_1h"].abs().between(0.02, 0.1) & (liquid["spread"] <= 0.01)).sum())

    assert min(dips(listing_at(hours)) for hours in range(0, HOURS, 10)) >= 5
