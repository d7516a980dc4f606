"""`prescient sweep`: many configs on the command line."""

import json
from pathlib import Path

from tests.cli.commands import Prescient
from tests.usecases.sweeps.test_sweep import WIDE, captures_of, rows


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


def test_others_do_the_work_and_the_result_says_so(prescient: Prescient, tmp_path: Path) -> None:
    past = captures_of(tmp_path, list(rows()))
    asked = ("sweep", "--strategy", "mean_reversion", "--config", json.dumps(WIDE), "--captures", past)
    alone = prescient(*asked, "--grid", "max_positions=2,20", "--json").json
    told = prescient(*asked, "--grid", "max_positions=2,20", "--workers", 2, "--json").json
    assert (alone["ran"], told["ran"]) == ("in one process", "on 2 processes of this machine")
    assert told == alone | {"ran": told["ran"]}
    assert (
        "--workers N or --dask ADDRESS"
        in prescient(*asked, "--grid", "max_positions=2", "--workers", 2, "--dask", "tcp://127.0.0.1:1").complaint
    )


def test_a_walk_forward_is_kept_shown_and_made_a_page_of(prescient: Prescient, tmp_path: Path) -> None:
    past = captures_of(tmp_path, list(rows()))
    asked = ("sweep", "--strategy", "mean_reversion", "--config", json.dumps(WIDE), "--captures", past)
    told = prescient(*asked, "--grid", "max_positions=2,20", "--windows", 3, "--json").json
    assert (told["sweep_id"], len(told["windows"]), told["tried"]) == (1, 3, 2)
    assert prescient("sweeps", "show", 1, "--json").json == told
    assert told["grid"] == {"max_positions": [2, 20]}
    shown = prescient("sweeps", "show", 1).out
    assert "sweep 1: the best of each window, and what it did in the next" in shown
    assert all(f"warning: {doubt}" in shown for doubt in told["warnings"])
    (listed,) = prescient("sweeps", "list", "--json").json
    assert (listed["windows"], listed["stayed"]) == (3, f"{told['stayed_in_better_half']} of {told['turns_that_tell']}")
    assert "sweep 1" in prescient("report", "--sweep", 1, "-o", tmp_path / "page.html").out
    page = (tmp_path / "page.html").read_text()
    assert "Windows side by side" in page
    assert page.count("<tr>") == 2 + len(told["turns"]) + told["tried"]
    assert "leave the others out" in prescient("report", "bold", "--sweep", 1).complaint
    assert prescient("sweeps", "delete", 1).code == 0
    assert "there is no sweep 1" in prescient("sweeps", "show", 1).complaint
    assert "no walk-forward yet" in prescient("sweeps", "list").out


def test_a_wrong_grid_is_one_line(prescient: Prescient) -> None:
    complaint = prescient("sweep", "--strategy", "momentum", "--grid", "max_positions").complaint
    assert "SETTING=VALUE" in complaint
