"""What positions made by what their markets are about, worked by hand."""

from prescient_dagster.domain.books.settlement import Ending, Verdict
from prescient_dagster.domain.figures.by_subject import by_category, by_tag, row
from prescient_dagster.domain.figures.calibration import entries
from prescient_dagster.domain.figures.round_trips import round_trips
from tests.track_records import a_buy, a_payment

NFL = {"tags": "NFL|Sports", "category": "Sports"}
RAIN = {"tags": "Weather", "category": "Weather"}
TRADES = [
    a_buy(125, 0.8, **NFL),  # wins 25
    a_buy(100, 0.5, market_id="2", **RAIN),  # loses 50
    a_buy(100, 0.3, market_id="3", tags="Sports", category="Sports"),  # open
    a_buy(10, 0.5, market_id="4"),  # open, from before tags were kept
    a_payment(125, 1, released=100, day=1),
    a_payment(100, 0, released=50, market_id="2", day=1),
]
TRIPS = round_trips(TRADES)
ENTRIES = list(entries(TRIPS, {"1": Verdict(Ending.YES), "2": Verdict(Ending.NO)}))


def test_a_market_with_two_tags_counts_in_both() -> None:
    found = {
        each.subject: (each.positions, each.trades, each.closed, float(each.profit), each.win_rate)
        for each in by_tag(TRIPS, ENTRIES)
    }
    assert found == {
        "Sports": (2, 2, 1, 25.0, 1.0),
        "NFL": (1, 1, 1, 25.0, 1.0),
        "Weather": (1, 1, 1, -50.0, 0.0),
        "none": (1, 1, 0, 0.0, None),
    }


def test_most_positions_come_first_then_names() -> None:
    assert [each.subject for each in by_tag(TRIPS, ENTRIES)] == ["Sports", "NFL", "Weather", "none"]


def test_categories_add_up_to_the_whole() -> None:
    found = by_category(TRIPS, ENTRIES)
    assert [(each.subject, each.positions) for each in found] == [("Sports", 2), ("Weather", 1), ("none", 1)]
    assert sum(each.profit for each in found) == sum(trip.profit for trip in TRIPS if trip.is_closed)


def test_the_calibration_is_of_the_entries_about_it() -> None:
    """One entry at 0.80 that won, one at 0.50 that lost: Brier 0.04 and 0.25."""
    told = {each.subject: row(each) for each in by_tag(TRIPS, ENTRIES)}
    assert [(round(told[name]["brier"], 6), told[name]["entries"]) for name in ("NFL", "Weather")] == [
        (0.04, 1),
        (0.25, 1),
    ]
    assert (told["none"]["entries"], told["none"]["brier"]) == (0, None)
