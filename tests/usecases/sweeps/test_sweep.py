"""Trying many configs on the same captures: each by the rules of a replay, and no event in both parts."""

import random
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from prescient_dagster.domain.cycle.players import Player
from prescient_dagster.domain.errors import InvalidInput, NotFound
from prescient_dagster.domain.market.markets import EVENT_COLUMNS, MARKET_COLUMNS
from prescient_dagster.store.market.capture_files import encoded
from prescient_dagster.usecases.folder_captures import FolderCaptures
from prescient_dagster.usecases.replay import Backtest
from prescient_dagster.usecases.sweeps.sweep import candidates, read_grid, swept
from prescient_dagster.venue.recorded import TIME_FORMAT
from prescient_dagster.venue.series.listings import Assumptions, imported
from prescient_dagster.venue.series.reading import read
from tests.venue.test_series import a_csv, a_row

CASH = Decimal(10_000)
WIDE = {
    "event_min_liquidity": None,
    "event_min_volume": None,
    "event_min_volume_24hr": None,
    "market_min_liquidity": None,
    "market_min_volume": None,
    "market_min_conviction": None,
    "market_max_conviction": None,
    "trade_amount": 10,
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Twelve captures of eight markets whose favourites wander; four of them are listed in the later half alone."""
    return captures_of(tmp_path, list(rows()))


def rows() -> Iterator[str]:
    wander = random.Random(3)
    for hour in range(12):
        for market in range(4 if hour < 6 else 8):
            price = round(min(0.99, 0.80 + 0.01 * market + wander.uniform(-0.03, 0.03)), 3)
            yield a_row(f"{hour:02}:00:00", f"0x{market}", price)


def captures_of(folder: Path, rows: list[str]) -> Path:
    series = read(a_csv(folder, *rows))
    past = folder / "past"
    past.mkdir()
    for listing in imported(series, Assumptions()).listings():
        name = listing.captured_at.strftime(TIME_FORMAT)
        (past / f"{name}.events.parquet").write_bytes(encoded(listing.events, EVENT_COLUMNS))
        (past / f"{name}.markets.parquet").write_bytes(encoded(listing.markets, MARKET_COLUMNS))
    return past


def test_each_config_does_what_its_replay_does(folder: Path) -> None:
    found = candidates("mean_reversion", WIDE, {"max_positions": [2, 3]})
    result, _ = swept(FolderCaptures(folder), "mean_reversion", found, CASH, share=0.5)
    by_config = {each.overrides["max_positions"]: each for each in result.tried}
    for config, positions in zip(found.configs, (2, 3), strict=True):
        source = FolderCaptures(folder)
        backtest = Backtest(source, [Player(_strategy(), config, CASH)])
        equity = [steps[0].snapshot.equity for _, steps in backtest.play() if steps[0].snapshot is not None]
        assert by_config[positions].first.profit == equity[5] - CASH


def _strategy() -> object:
    from prescient_dagster.catalog import load_strategy

    return load_strategy("mean_reversion")


def test_no_event_is_entered_in_both_parts(folder: Path) -> None:
    found = candidates("mean_reversion", WIDE, {"max_positions": [2, 20]})
    result, told = swept(FolderCaptures(folder), "mean_reversion", found, CASH, share=0.5)
    first = set().union(*(each.first.entered for each in result.tried))
    rest = set().union(*(each.rest.entered for each in result.tried))
    assert first == {"0x0", "0x1", "0x2", "0x3"}
    assert rest == {"0x4", "0x5", "0x6", "0x7"}
    assert told.read == 12


def test_what_comes_later_changes_nothing_of_the_first_part(folder: Path) -> None:
    found = candidates("mean_reversion", WIDE, {"max_positions": [2, 20]})
    whole, _ = swept(FolderCaptures(folder), "mean_reversion", found, CASH, share=0.5)
    for path in sorted(folder.iterdir())[-10:]:
        path.unlink()
    cut, _ = swept(FolderCaptures(folder), "mean_reversion", found, CASH, share=6 / 7)
    assert [each.first for each in whole.tried] == [each.first for each in cut.tried]


def test_configs_that_can_never_trade_are_told_and_left_out() -> None:
    found = candidates("momentum", {}, {"min_confidence": [0.75, 0.95]})
    assert (len(found.configs), len(found.refused)) == (1, 1)
    assert "can never trade" in found.refused[0][1]
    with pytest.raises(InvalidInput, match="no config of the grid can be used"):
        candidates("momentum", {}, {"min_confidence": [0.95]})


def test_a_mistyped_setting_is_refused() -> None:
    with pytest.raises(InvalidInput, match="max_position"):
        candidates("momentum", {}, {"max_position": [1, 2]})


@pytest.mark.parametrize("grid", [{}, {"max_positions": []}, {"max_positions": list(range(1, 10_002))}])
def test_a_grid_has_a_size(grid: dict[str, list[int]]) -> None:
    with pytest.raises(InvalidInput, match="1 to 10000 combinations"):
        candidates("momentum", {}, grid)


@pytest.mark.parametrize("given", [["max_positions"], ["=5"], ["max_positions="], ["a=1", "a=2"]])
def test_a_grid_is_written_one_setting_at_a_time(given: list[str]) -> None:
    with pytest.raises(InvalidInput, match="SETTING=VALUE"):
        read_grid(given, int)


def test_one_capture_cannot_be_divided(tmp_path: Path) -> None:
    past = captures_of(tmp_path, [a_row("10:00:00")])
    found = candidates("momentum", {}, {"max_positions": [1]})
    with pytest.raises(NotFound, match="too few"):
        swept(FolderCaptures(past), "momentum", found, CASH, share=0.5)
