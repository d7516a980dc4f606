"""What nobody can settle is valued at what the venue says of it, and is seen, wherever positions are shown."""

from pathlib import Path
from typing import Any

import pytest

from prescient_dagster.domain.watch.health import Problem, ProblemKind
from prescient_dagster.store.books import portfolios
from prescient_dagster.store.books.cycles import load_standing
from prescient_dagster.store.books.positions import list_positions
from prescient_dagster.store.books.snapshots import list_snapshots
from prescient_dagster.store.database import Database
from prescient_dagster.store.market import captures, resolutions
from prescient_dagster.store.market.capture_sources import StoredCaptures
from prescient_dagster.usecases import replay, verify
from prescient_dagster.usecases.state import DagsterState, read_state
from tests.assets.corrections import GONE, OPEN, Venue


@pytest.fixture
def venue(database: Database, captures_folder: Path, tmp_path: Path) -> Venue:
    return Venue(database, captures_folder, tmp_path / "recordings", own_events=True)


def marks(venue: Venue, capture_id: int | None = None) -> dict[str, tuple[float, str, float]]:
    """Mark, its source, and the day on which it was told, by market."""
    portfolio_id = portfolios.get(venue.database, "one").portfolio_id
    rows = list_positions(venue.database, portfolio_id, capture_id)
    return {row["market_id"]: (float(row["mark"]), row["mark_source"], venue.day_of(row["marked_at"])) for row in rows}


def problems(venue: Venue) -> dict[str, Problem]:
    """What is wrong with markets, by market."""
    newest = captures.newest(venue.database)
    assert newest is not None
    found = read_state(venue.database, newest.stored_at, 10, DagsterState()).problems
    return {problem.subject: problem for problem in found}


WORDS: list[tuple[str, tuple[float, str, float]]] = [
    ("pending", (0.61, "pending", 1)),
    ("disputed", (1.0, "pending", 1)),
    ("no price", (0.79, "stale", 0)),
    ("hidden", (0.64, "bid", 1)),
    ("nobody bids", (0.3, "no_bid", 1)),
    (GONE, (0.79, "stale", 0)),
    (OPEN, (0.79, "bid", 1)),
]


@pytest.mark.parametrize(("word", "mark"), WORDS)
def test_a_position_is_worth_what_the_venue_says_of_it(venue: Venue, word: str, mark: tuple[float, str, float]) -> None:
    venue.portfolio(max_positions=1)
    venue.day(0, [OPEN], "one")
    venue.day(1, [word], "one")
    assert marks(venue) == {"500": mark}


def test_what_it_is_worth_follows_the_venue_for_as_long_as_it_is_not_settled(venue: Venue) -> None:
    venue.portfolio(max_positions=2)
    told: list[Any] = []
    for day, words in enumerate(((OPEN, OPEN), ("pending", GONE), ("tie", GONE), ("pending", OPEN), ("void", GONE))):
        venue.day(day, words, "one")
        told.append(marks(venue))
    assert told == [
        {"500": (0.79, "bid", 0), "501": (0.79, "bid", 0)},
        {"500": (0.61, "pending", 1), "501": (0.79, "stale", 0)},
        {"500": (0.5, "pending", 2), "501": (0.79, "stale", 0)},
        {"500": (0.61, "pending", 3), "501": (0.79, "bid", 3)},
        {"501": (0.79, "stale", 3), "502": (0.79, "bid", 4)},
    ]
    assert marks(venue, 2) == told[1]  # as it was then


def test_a_price_that_changes_without_the_verdict_is_kept_too(venue: Venue) -> None:
    venue.portfolio(max_positions=1)
    told = []
    for day, word in enumerate((OPEN, "hidden", "nobody bids", "hidden")):
        venue.day(day, [word], "one")
        told.append(marks(venue)["500"])
    assert told == [(0.79, "bid", 0), (0.64, "bid", 1), (0.3, "no_bid", 2), (0.64, "bid", 3)]


def test_live_replayed_and_verified_alike(venue: Venue) -> None:
    venue.portfolio(max_positions=5)
    stories = [(OPEN, word, other, word) for word, _ in WORDS for other in ("tie", GONE)]
    for day in range(4):
        venue.day(day, [story[day] for story in stories], "one")
    assert verify.verify(venue.database, venue.folder, "one").differences == []
    player = replay.entrant(venue.database, None, "one", {}).player
    backtest = replay.Backtest(StoredCaptures(venue.database, venue.folder), [player])
    replayed = [steps[0].snapshot for _, steps in backtest.play()]
    lived = list_snapshots(venue.database, portfolios.get(venue.database, "one").portfolio_id)
    assert [each.equity for each in replayed if each is not None] == [row["equity"] for row in lived]
    account = load_standing(venue.database, "one").account
    assert backtest.states[0].account.positions == account.positions  # with marks, sources and when they were told


def test_a_late_cycle_values_by_what_was_known_at_its_capture(venue: Venue) -> None:
    venue.portfolio("early", max_positions=1)
    venue.portfolio(max_positions=1)
    venue.day(0, [OPEN], "one", "early")
    venue.day(1, ["pending"], "early")
    late = captures.newest(venue.database)
    assert late is not None
    venue.day(2, ["tie"])
    venue.cycle("one", capture_id=late.capture_id)
    assert marks(venue) == {"500": (0.61, "pending", 1)}


def test_what_is_unresolved_for_a_week_or_unknown_is_a_problem(venue: Venue) -> None:
    venue.portfolio(max_positions=3)
    venue.day(0, [OPEN, OPEN, OPEN], "one")
    venue.day(1, ["pending", GONE, "hidden"], "one")
    assert {name: problem.kind for name, problem in problems(venue).items()} == {"501": ProblemKind.UNKNOWN}
    venue.day(7.9, ["tie", GONE, "hidden"], "one")
    assert set(problems(venue)) == {"501"}
    venue.day(8, ["tie", GONE, "hidden"], "one")
    found = problems(venue)
    assert found["500"].kind is found["502"].kind is ProblemKind.UNRESOLVED
    assert (
        "Will it happen 0 times?), held by 1 portfolio, is unresolved for 7 days, since 2026-03-02" in found["500"].text
    )
    assert "is unknown to the venue since 2026-03-02 12:00 and keeps its last mark" in found["501"].text
    venue.day(9, ["yes", OPEN, OPEN], "one")
    assert problems(venue) == {}


def test_how_long_a_market_waits_counts_from_when_it_was_last_open_or_ended(venue: Venue) -> None:
    venue.portfolio(max_positions=2)
    for day, word in ((0, OPEN), (1, "pending"), (2, OPEN), (3, OPEN), (4, "pending"), (5, "yes"), (6, OPEN)):
        venue.day(day, [word], "one")
        assert problems(venue) == {}
    venue.day(30, ["disputed"], "one")
    (waiting,) = resolutions.pending(venue.database)
    assert venue.day_of(waiting.since) == 30
