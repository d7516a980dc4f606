"""What the simulated venue's markets are about."""

from datetime import timedelta

import pandas as pd

from prescient_dagster.domain.market.tags import split
from tests.venue.simulations import Clock, a_venue


def markets() -> pd.DataFrame:
    listing = a_venue(Clock()).next_listing(None)
    assert listing is not None
    return listing.markets


def test_every_market_has_tags_and_stands_in_a_section() -> None:
    found = markets()
    assert found["tags"].ne("").all()
    assert set(found["category"]) >= {"Sports", "Crypto", "Politics", "Geopolitics", "Weather", "Culture", "Finance"}
    assert found["tags"].map(split).map(len).between(2, 5).all()


def test_games_begin_within_three_hours_of_their_end_and_nothing_else_begins() -> None:
    found = markets()
    plays = found["game_start_time"].notna()
    assert (plays == (found["category"] == "Sports")).all()
    left = (found["event_end_date"] - found["game_start_time"])[plays]
    assert left.between(timedelta(seconds=1), timedelta(hours=3)).all()
