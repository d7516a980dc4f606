"""What was paid is corrected for as long as a correction can come, and how sold markets ended is, too."""

from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from random import Random

import pytest

from prescient_dagster.domain.books.ledger import Trade, TradeKind
from prescient_dagster.store.books import portfolios
from prescient_dagster.store.books.cycles import load_standing
from prescient_dagster.store.books.ledger import load_booked
from prescient_dagster.store.books.reconciliation import reconcile
from prescient_dagster.store.database import Database
from prescient_dagster.store.market import captures, resolutions
from prescient_dagster.store.market.capture_sources import StoredCaptures
from prescient_dagster.store.market.captures import CaptureRecord
from prescient_dagster.usecases import replay, settle, verify
from tests.assets.corrections import CLOSED, GONE, OPEN, PAYS, Venue

STORIES: dict[str, Sequence[tuple[int, str]]] = {
    "open again for weeks": [(0, OPEN), (1, "yes"), (2, OPEN), (38, "no")],
    "unknown for weeks": [(0, OPEN), (1, "yes"), (2, GONE), (38, "no")],
    "disputed for weeks, then void": [(0, OPEN), (1, "no"), (3, "disputed"), (40, "void")],
    "confirmed after it was open again": [(0, OPEN), (1, "yes"), (2, OPEN), (38, "yes"), (60, "no")],
    "confirmed now and then": [(0, OPEN), (1, "yes"), (62, "no")],
    "twice": [(0, OPEN), (1, "yes"), (2, "no"), (30, "yes")],
    "void, then won": [(0, OPEN), (1, "void"), (29, "yes")],
    "won, then void, long after": [(0, OPEN), (1, "yes"), (90, "void")],
    "paid rightly": [(0, OPEN), (1, "no"), (2, OPEN), (40, "no")],
}
DAYS = (0, 1, 2, 3, 20, 29, 30, 38, 40, 60, 62, 90, 92)


@pytest.fixture
def venue(database: Database, captures_folder: Path, tmp_path: Path) -> Venue:
    return Venue(database, captures_folder, tmp_path / "recordings")


def word(story: Sequence[tuple[int, str]], day: float) -> str:
    return [said for since, said in story if since <= day][-1]


def trades_of(venue: Venue, market_id: str, slug: str = "one") -> list[Trade]:
    with venue.database.begin() as connection:
        booked = [each.trade for each in load_booked(connection, portfolios.get(venue.database, slug).portfolio_id)]
    return [trade for trade in booked if trade.market_id == market_id]


def assert_paid(venue: Venue, market_id: str, ending: str, slug: str = "one") -> None:
    """Everything bought of a market was paid once, as it ended."""
    booked = trades_of(venue, market_id, slug)
    shares = sum((trade.shares for trade in booked if trade.kind is TradeKind.BUY), Decimal(0))
    paid = sum((trade.cash_delta for trade in booked if trade.kind is not TradeKind.BUY), Decimal(0))
    assert shares > 0
    assert (sum(trade.shares for trade in booked), paid) == (0, shares * PAYS[ending])


def test_a_market_that_was_paid_is_paid_as_it_ends_at_last(venue: Venue) -> None:
    venue.portfolio(max_positions=len(STORIES) + 1)
    for day in DAYS:
        venue.day(day, [word(story, day) for story in STORIES.values()], *(["one"] if day == 0 else []))
    for number, story in enumerate(STORIES.values()):
        assert_paid(venue, str(500 + number), word(story, DAYS[-1]))
    assert not any(reconcile(venue.database).values())


def test_a_correction_while_nobody_looked_for_weeks_is_booked_at_the_first_look(venue: Venue) -> None:
    venue.portfolio(max_positions=1)
    venue.day(0, [OPEN], "one")
    venue.day(1, ["yes"])
    venue.day(50, ["no"])
    assert_paid(venue, "500", "no")


def test_where_nobody_answers_at_the_first_look_of_a_day_it_is_asked_again_at_the_next(venue: Venue) -> None:
    venue.portfolio(max_positions=1)
    venue.day(0, [OPEN], "one")
    venue.day(1, ["yes"])
    venue.day(2, ["no"], answers=False)
    assert_paid(venue, "500", "yes")
    assert "500" in venue.day(2.1, ["no"])
    assert_paid(venue, "500", "no")
    assert "500" not in venue.day(2.2, ["no"])  # once a day is enough


def test_a_portfolio_that_has_been_closed_since_gives_back_what_was_not_its_own(venue: Venue) -> None:
    venue.portfolio(max_positions=1)
    venue.day(0, [OPEN], "one")
    portfolios.close(venue.database, "one")
    venue.day(1, ["yes"])
    assert portfolios.get(venue.database, "one").status == "closed"
    venue.day(2, [OPEN], "one")
    venue.day(50, ["no"])
    assert_paid(venue, "500", "no")
    assert portfolios.get(venue.database, "one").status == "closed"


def test_a_market_that_is_entered_again_while_it_is_open_again_is_paid_once_it_ends(venue: Venue) -> None:
    venue.portfolio(max_positions=1)
    venue.day(0, [OPEN], "one")
    venue.day(1, ["yes"])
    venue.day(1.1, [OPEN], "one")  # nobody has asked for it since it was paid
    venue.day(1.2, [OPEN], "one")
    assert [position.market_id for position in load_standing(venue.database, "one").account.positions.values()] == [
        "500"
    ]
    venue.day(1.3, ["no"])
    assert_paid(venue, "500", "no")


def test_a_market_that_was_entered_again_waits_where_the_venue_does_not_answer(venue: Venue) -> None:
    venue.portfolio(max_positions=1)
    venue.day(0, [OPEN], "one")
    venue.day(1, ["yes"])
    venue.day(1.1, [OPEN], "one")
    venue.day(1.2, ["no"], answers=False)
    assert load_standing(venue.database, "one").account.positions  # not paid by what was said on the first day
    venue.day(1.3, ["no"])
    assert_paid(venue, "500", "no")
    assert verify.verify(venue.database, venue.folder, "one").differences == []


def test_what_a_cycle_bought_is_not_paid_on_its_own_capture_by_what_was_said_before(venue: Venue) -> None:
    venue.portfolio(max_positions=1)
    venue.day(0, [OPEN], "one")
    venue.day(1, ["yes"])
    venue.day(1.1, [OPEN], "one")
    assert list(settle.settle(venue.database, _newest(venue))) == []


def _newest(venue: Venue) -> CaptureRecord:
    newest = captures.newest(venue.database)
    assert newest is not None
    return newest


def test_how_a_sold_market_ended_is_corrected_for_calibration(venue: Venue) -> None:
    venue.portfolio(max_positions=1)
    venue.day(0, [OPEN], "one")
    portfolios.close(venue.database, "one")
    venue.cycle()
    venue.day(0.1, [OPEN], "one")
    assert trades_of(venue, "500")[-1].kind is TradeKind.SELL
    venue.day(1, ["yes"])
    assert _ending(venue.database) == "yes"
    venue.day(20, ["no"])
    assert _ending(venue.database) == "no"


def test_a_market_the_venue_has_stood_by_for_thirty_days_is_asked_for_more_and_more_rarely(venue: Venue) -> None:
    venue.portfolio(max_positions=1)
    venue.day(0, [OPEN], "one")
    asked = [day for day in range(1, 120) if "500" in venue.day(day, ["yes"])]
    assert asked == [*range(1, 32), 46, 69, 103]


@pytest.mark.parametrize("seed", range(3))
def test_whatever_the_venue_says_in_whatever_order_the_books_end_with_its_last_word(venue: Venue, seed: int) -> None:
    """Twenty markets with random words, entered again whenever they are open; live, verified and replayed alike."""
    dice, day, words = Random(seed), 0.0, [OPEN] * 20
    venue.portfolio(trade_amount=50)
    venue.day(day, words, "one")
    for _ in range(14):
        day += dice.choice((0.2, 0.5, 1, 3, 9))
        words = [dice.choice((OPEN, GONE, *CLOSED)) if dice.random() < 0.5 else said for said in words]
        venue.day(day, words, "one")
    last = [dice.choice(("yes", "no", "void")) for _ in words]
    venue.day(day + 1, last, "one")

    for number, ending in enumerate(last):
        assert_paid(venue, str(500 + number), ending)
    assert any(is_reversal(trade) for number in range(20) for trade in trades_of(venue, str(500 + number)))
    assert not any(reconcile(venue.database).values())
    assert verify.verify(venue.database, venue.folder, "one").differences == []
    player = replay.entrant(venue.database, None, "one", {}).player
    backtest = replay.Backtest(StoredCaptures(venue.database, venue.folder), [player])
    list(backtest.play())
    assert backtest.states[0].account.balance == load_standing(venue.database, "one").account.balance


def is_reversal(trade: Trade) -> bool:
    return str(trade.source_ref).endswith(":reversal")


def _ending(database: Database) -> str:
    with database.begin() as connection:
        return resolutions.final(connection, ["500"])["500"].ending
