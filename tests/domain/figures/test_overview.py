"""All portfolios as one, and what changed since yesterday."""

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from prescient_dagster.domain.figures.daily_series import ONE_DAY
from prescient_dagster.domain.figures.leaderboard import leaderboard
from prescient_dagster.domain.figures.overview import Owned, is_young, lines, total, yesterday
from prescient_dagster.domain.figures.performance import History, performance, track_record
from tests.builders import D
from tests.track_records import a_history, a_snapshot

EQUITY = st.lists(st.integers(1, 5_000), max_size=12)


def a_life(slug: str, strategy: str, start: int, values: list[int]) -> History:
    snapshots = [a_snapshot(start + day, value) for day, value in enumerate(values)]
    return History(slug, strategy, D(1_000), snapshots, [])


@given(st.lists(st.tuples(st.sampled_from(["momentum", "hybrid"]), st.integers(0, 5), EQUITY), min_size=1, max_size=6))
def test_the_total_is_what_all_of_them_would_be_as_one_portfolio(lives: list[tuple[str, int, list[int]]]) -> None:
    histories = [a_life(f"p{number}", *life) for number, life in enumerate(lives)]
    board = leaderboard(histories, {})
    found = lines(histories, board, [Owned() for _ in histories])
    told = total(board, found)
    as_one = performance([track_record(history, {}) for history in histories])
    assert told is not None
    assert told.returns == as_one.returns
    assert told.profit == as_one.balances.total_profit_loss
    since = yesterday(board)
    if since is not None:
        before = as_one.series.on(since - ONE_DAY).equity
        assert told.change == as_one.series.equity[-1] - before


def test_a_change_is_counted_from_the_end_of_the_day_before_yesterday() -> None:
    history = a_history([a_snapshot(0, 1_010), a_snapshot(1, 1_030), a_snapshot(2, 1_025), a_snapshot(3, 1_026)])
    board = leaderboard([history], {})
    assert yesterday(board) == date(2026, 3, 3)
    (line,) = lines([history], board, [Owned()])
    assert line.change == D(-4)


def test_one_that_began_today_has_changed_since_it_began() -> None:
    old, new = a_life("old", "momentum", 0, [1_000] * 5), a_life("new", "momentum", 4, [990])
    board = leaderboard([old, new], {})
    assert {line.contender.name: line.change for line in lines([old, new], board, [Owned(), Owned()])} == {
        "old": D(0),
        "new": D(-10),
    }


def test_a_week_is_young() -> None:
    assert not is_young(a_history())
    assert is_young(a_history([a_snapshot(0, 1_000), a_snapshot(6.9, 1_000)]))
    assert not is_young(a_history([a_snapshot(0, 1_000), a_snapshot(7, 1_000)]))
