"""`prescient sweep`: many configs on the command line."""

import json
from pathlib import Path

from tests.cli.commands import Prescient
from tests.usecases.test_sweep import WIDE, captures_of, rows


def test_the_configs_are_ranked_and_doubted(prescient: Prescient, tmp_path: Path) -> None:
    past = captures_of(tmp_path, list(rows()))
    asked = ("sweep", "--strategy", "mean_reversion", "--config", json.dumps(WIDE), "--captures", past)
    grid = ("--grid", "max_positions=2,20", "--grid", "trade_frequency=high,low")
    told = prescient(*asked, *grid, "--json").json
    returns = [each["first"]["total_return"] for each in told["configs"]]
    assert (len(returns), returns) == (4, sorted(returns, reverse=True))
    assert {each["trade_frequency"] for each in told["configs"]} == {"high", "low"}
    assert 0 <= told["chance"] <= 1
    shown = prescient(*asked, *grid).out
    assert "4 configs, the best of the first part foremost" in shown
    assert all(f"warning: {doubt}" in shown for doubt in told["warnings"])


def test_a_wrong_grid_is_one_line(prescient: Prescient) -> None:
    complaint = prescient("sweep", "--strategy", "momentum", "--grid", "max_positions").complaint
    assert "SETTING=VALUE" in complaint
