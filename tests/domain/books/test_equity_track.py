"""What an equity is compared with: the last snapshot, the day before, the highest since the start or a resumption."""

from dataclasses import replace
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from prescient_dagster.domain.books.equity_track import EquityTrack, Halt, begun, of_document
from tests.builders import NOON, D

TOMORROW = NOON + timedelta(days=1)


def test_before_the_first_snapshot_everything_is_the_initial_balance() -> None:
    track = begun(D(1000))
    assert (track.last, track.high, track.day_start(NOON)) == (D(1000), D(1000), D(1000))


def test_a_day_starts_with_the_last_snapshot_before_it() -> None:
    track = begun(D(1000)).valued(D(900), NOON).valued(D(950), NOON + timedelta(hours=11, minutes=59))
    assert track.day_start(NOON + timedelta(hours=11, minutes=59, seconds=59)) == D(1000)
    assert track.day_start(NOON + timedelta(hours=12)) == D(950)
    assert track.valued(D(800), TOMORROW).day_start(TOMORROW) == D(950)
    assert track.daily_loss(D(855), TOMORROW) == D("0.1")


def test_valued_again_on_the_same_capture_the_day_starts_where_it_did() -> None:
    track = begun(D(1000)).valued(D(900), NOON)
    assert track.valued(D(901), NOON).day_start(NOON) == D(1000)


def test_a_drawdown_is_from_the_highest_and_halts_beyond_its_limit_only() -> None:
    track = begun(D(1000)).valued(D(1200), NOON).valued(D(1080), NOON)
    assert track.drawdown(track.last) == D("0.1")
    assert track.judged(0.1) == track
    assert track.judged(None) == track
    fallen = track.valued(D("1079.999999"), TOMORROW).judged(0.1)
    assert (fallen.halted_at, fallen.halted_by) == (TOMORROW, Halt.DRAWDOWN)


def test_who_is_halted_stays_so_until_resumed_which_starts_a_new_high() -> None:
    halted = begun(D(1000)).valued(D(800), NOON).judged(0.1)
    better = halted.valued(D(1100), TOMORROW).judged(0.1)
    assert better.halted_at == NOON
    assert better.halted(TOMORROW, Halt.BY_HAND) == better
    low = better.valued(D(850), TOMORROW).resumed()
    assert (low.halted_at, low.halted_by, low.high) == (None, None, D(850))
    assert low.judged(0.1) == low


def test_who_was_not_halted_keeps_its_high() -> None:
    track = begun(D(1000)).valued(D(950), NOON)
    assert track.resumed() == track


TRACKS = st.builds(
    EquityTrack,
    *[st.decimals(0, 10**9, places=6)] * 3,
    st.none() | st.datetimes(timezones=st.just(NOON.tzinfo)),
    st.none() | st.datetimes(timezones=st.just(NOON.tzinfo)),
    st.sampled_from([None, *Halt]),
)


@given(TRACKS)
def test_what_a_cycle_keeps_of_it_is_all_of_it(track: EquityTrack) -> None:
    assert of_document(track.document()) == track
    assert of_document(replace(track, at=None).document()).at is None
