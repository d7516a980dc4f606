"""Prices of the simulated venue: martingales that end at 0 or 1, sets that move together."""

import numpy as np
import numpy.typing as npt
import pytest

from prescient_dagster.venue.simulation.draws import normal
from prescient_dagster.venue.simulation.paths import brownian, conditional_probability
from prescient_dagster.venue.simulation.profiles import FIRST_BESIDE, Plant, Structure
from prescient_dagster.venue.simulation.timetable import closed_events, lives
from prescient_dagster.venue.simulation.timetable import open_events as open_numbers
from prescient_dagster.venue.simulation.world import WorldState, state
from tests.venue.simulations import DAY, HOUR

MANY_EVENTS = 12_000
KEYS = np.arange(20_000, dtype=np.uint64) * np.uint64(977)

Floats = npt.NDArray[np.float64]


def a_state(second: int, later: int = 0, events: int = MANY_EVENTS) -> WorldState:
    """The events that are open at `second`, as they stand `later` seconds after it."""
    return state(11, open_numbers(11, events, second), second + later)


def one_leg_per_event(of: WorldState) -> npt.NDArray[np.intp]:
    """Places of independent markets: a leg of each event that is not void, another leg from event to event."""
    members = of.roster
    chosen = members.leg == members.lives.numbers[members.event] // 7 % members.legs
    return np.flatnonzero(chosen & ~members.void & ~members.placeholder)


def deviations(sample: Floats) -> float:
    """By how many standard errors the mean differs from 0."""
    return float(abs(sample.mean()) / (sample.std(ddof=1) / np.sqrt(len(sample))))


def test_draws_are_standard_normal() -> None:
    sample = normal(np.random.default_rng(1).integers(0, 2**63, 200_000).astype(np.uint64))
    assert abs(sample.mean()) < 0.01
    assert sample.std() == pytest.approx(1, abs=0.01)
    assert (sample**4).mean() == pytest.approx(3, abs=0.15)


@pytest.mark.parametrize(("early", "late"), [(0.1, 0.1), (0.25, 0.6), (0.3, 0.8), (0.9, 1.0)])
def test_paths_have_the_covariance_of_brownian_motion(early: float, late: float) -> None:
    first, second = (brownian(KEYS, np.full(len(KEYS), tau))[0] for tau in (early, late))
    assert (first * second).mean() == pytest.approx(min(early, late), abs=0.03)


def test_a_path_is_the_same_whoever_asks_and_whatever_else_is_asked() -> None:
    tau = np.linspace(0, 1, len(KEYS))
    together = brownian(KEYS, tau)[0]
    alone = [brownian(KEYS[[row]], tau[[row]])[0][0] for row in range(0, len(KEYS), 999)]
    assert together[::999].tolist() == alone


def test_what_happens_happens_as_often_as_its_price_said() -> None:
    now = a_state(100 * HOUR)
    rows = one_leg_per_event(now)
    worth, verdict = now.worth[rows], now.verdict[rows].astype(float)
    for low, high in [(0.02, 0.1), (0.1, 0.3), (0.3, 0.5), (0.5, 0.7), (0.7, 0.9), (0.9, 0.98)]:
        bucket = (worth > low) & (worth <= high)
        assert bucket.sum() > 100
        assert deviations(verdict[bucket] - worth[bucket]) < 3.5, f"{low} to {high}"


@pytest.mark.parametrize("later", [HOUR, 12 * HOUR, 5 * DAY])
def test_the_next_price_is_on_average_the_price_of_now(later: int) -> None:
    now, then = a_state(100 * HOUR), a_state(100 * HOUR, later)
    rows = one_leg_per_event(now)
    worth, change = now.worth[rows], (then.worth - now.worth)[rows]
    for low, high in [(0.01, 0.2), (0.2, 0.5), (0.5, 0.8), (0.8, 0.99)]:
        bucket = (worth > low) & (worth <= high)
        assert deviations(change[bucket]) < 3.5, f"{low} to {high}"


def test_from_the_end_on_the_price_is_the_verdict() -> None:
    certain = conditional_probability(np.zeros(len(KEYS)), KEYS, np.ones(len(KEYS)))
    assert set(certain.tolist()) == {0.0, 1.0}
    assert certain.mean() == pytest.approx(0.5, abs=0.02)
    ended = state(11, closed_events(11, 200, 60 * DAY), 60 * DAY)
    fair = ended.worth[~ended.roster.void]
    assert (fair == ended.verdict[~ended.roster.void]).all()


def test_the_legs_of_a_complete_set_sum_to_one_and_exactly_one_wins() -> None:
    for second in (0, 40 * HOUR, 90 * DAY):
        now = a_state(second, events=600)
        exclusive = (now.roster.structure == Structure.EXCLUSIVE) & ~now.roster.beside
        sets = now.roster.event[exclusive] * FIRST_BESIDE + now.roster.part[exclusive]
        chosen = np.unique(sets)
        assert np.bincount(sets, now.worth[exclusive])[chosen] == pytest.approx(1)
        assert (np.bincount(sets, now.verdict[exclusive])[chosen] == 1).all()
        assert len(chosen) > len(np.unique(now.roster.event[exclusive])), "some events hold two sets"


def test_a_market_beside_a_set_goes_its_own_way() -> None:
    now = a_state(40 * HOUR, events=2000)
    beside = np.flatnonzero(now.roster.beside)
    first = beside - now.roster.leg[beside]
    assert len(beside) > 50
    assert abs(np.corrcoef(now.worth[beside], now.worth[first])[0, 1]) < 0.3
    assert (now.verdict[beside] & now.verdict[first]).any(), "it may come true together with a leg"


def test_legs_out_of_the_race_end_early_and_the_winner_with_the_event() -> None:
    now = a_state(0, events=6000)
    early, exclusive = now.roster.knockout, now.roster.structure == Structure.EXCLUSIVE
    ends = now.roster.lives.ends[now.roster.event]
    assert (early & now.verdict).any(), "an outsider wins now and then"
    assert (now.endings.known == ends)[exclusive & now.verdict].all()
    assert (now.endings.known < ends)[early & ~now.verdict].all()


def test_the_named_legs_of_an_augmented_set_leave_room_for_others() -> None:
    now = a_state(0, events=600)
    named = (now.roster.structure == Structure.AUGMENTED) & ~now.roster.placeholder
    totals = np.bincount(now.roster.event[named], now.worth[named])
    assert (totals <= 1 + 1e-9).all()
    assert (totals[np.unique(now.roster.event[named])] < 0.999).any()


def test_a_wider_question_is_worth_no_less() -> None:
    now = a_state(40 * HOUR, events=600)
    nested = np.flatnonzero((now.roster.structure == Structure.NESTED) & (now.roster.leg > 0))
    assert (now.worth[nested] >= now.worth[nested - 1] - 1e-12).all()


def test_quotes_enclose_what_a_market_is_worth_unless_a_mispricing_is_planted() -> None:
    now = a_state(40 * HOUR, events=2000)
    fair = ~now.planting.parts
    bid, ask = now.quotes.bid / 10_000, now.quotes.ask / 10_000
    assert (bid <= now.worth + 1e-9)[fair].all()
    assert (ask >= now.worth - 1e-9)[fair].all()
    assert (bid < ask).all()
    assert (now.planting.parts <= (now.roster.plant != Plant.NONE)).all()


def test_events_follow_each_other_without_a_gap_and_live_from_hours_to_two_months() -> None:
    now = lives(5, open_numbers(5, 200, 3 * DAY))
    assert ((now.starts <= 3 * DAY) & (now.closes > 3 * DAY)).all()
    assert ((now.starts < now.ends) & (now.ends < now.closes)).all()
    following = lives(5, now.numbers + 20_000)
    assert (following.starts == now.closes).all()
    lengths = (now.closes - now.starts) / HOUR
    assert lengths.min() < 6
    assert lengths.max() > 40 * 24
