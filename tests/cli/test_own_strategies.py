"""A strategy in a folder outside of the checkout, from `portfolio create` to its first trade and what else there is."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

from tests.processes import PRESCIENT, environment
from tests.strategies import own

FILTERS = '{"market_max_conviction": 0.8, "fill_model": "touch"}'


def test_it_trades_and_is_told_like_a_built_in_one(home: Path, tmp_path: Path) -> None:
    mine = tmp_path / "mine"
    (own.write(mine).parent / "broken.py").write_text("def (", encoding="utf-8")
    (mine / "_levels.py").write_text("LEVEL = 1\n", encoding="utf-8")
    own.write(mine, imports="from ._levels import LEVEL\n")
    surroundings = environment(home, strategies=os.pathsep.join([str(mine), str(tmp_path / "none")]))

    def told(*arguments: str, code: int = 0) -> Any:
        command = [*PRESCIENT, *arguments, "--json"]
        done = subprocess.run(command, env=surroundings, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode == code, done.stderr
        return json.loads(done.stdout)

    listed = {each["name"]: each["status"] for each in told("strategy", "list")}
    assert (listed["everyman"], listed["broken"], listed["momentum"]) == ("online", "offline", "online")
    assert told("strategy", "show", "everyman")["default_config"]["eagerness"] == 0.5
    assert not told("strategy", "validate", "everyman", "--config", '{"eagernes": 1}', code=1)["valid"]
    captured = told("capture")["capture_id"]
    told("portfolio", "create", "mine", "--strategy", "everyman", "--balance", "900", "--config", FILTERS)
    traded = told("cycle", "mine")
    assert (traded["capture_id"], traded["summary"]["failed"]) == (captured, 0)
    assert traded["results"][0]["trades_executed"] > 0
    trades = told("trades", "mine")
    assert {trade["kind"] for trade in trades} == {"buy"}
    explained = told("explain", "mine", trades[0]["market_id"])
    assert explained["strategy_type"] == "everyman"
    verified = told("replay", "--portfolio", "mine", "--verify")
    assert verified["cycles"] == 1
    assert verified["differences"] == 0
    told("capture")
    swept = told("sweep", "--strategy", "everyman", "--grid", "eagerness=0.2,0.4", "--config", FILTERS)
    assert len(swept["configs"]) == 2
    found = told("status", code=1)
    assert found["strategies"]["everyman"]["status"] == "online"
    assert {each["subject"] for each in found["problems"]} == {"broken", str(tmp_path / "none")}


def test_once_its_file_is_gone_its_portfolios_are_valued_told_and_can_be_closed(home: Path, tmp_path: Path) -> None:
    path = own.write(tmp_path / "mine")
    surroundings = environment(home, strategies=str(path.parent))

    def run(*arguments: str, code: int = 0) -> subprocess.CompletedProcess[str]:
        command = [*PRESCIENT, *arguments]
        done = subprocess.run(command, env=surroundings, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode == code, done.stderr
        return done

    def told(*arguments: str, code: int = 0) -> Any:
        return json.loads(run(*arguments, "--json", code=code).stdout)

    run("capture")
    for slug in ("left", "ended"):
        run("portfolio", "create", slug, "--strategy", "everyman", "--balance", "900", "--config", FILTERS)
    assert told("cycle", "--all")["summary"]["failed"] == 0
    path.unlink()

    newest = told("capture")["capture_id"]
    assert [each["capture_id"] for each in told("snapshots", "left")] == [newest - 1, newest]
    found = told("status", code=1)
    assert [each["text"] for each in found["problems"]] == [
        "strategy everyman is gone: put its file back, name its folder in PRESCIENT_STRATEGIES here too, or close its "
        "portfolios with `prescient portfolio close`"
    ]
    assert {each["slug"] for each in told("portfolio", "list")} == {"left", "ended"}
    assert len(told("performance")["portfolios"]) == 2
    run("report", "left", "-o", "left.html")
    refused = run("explain", "left", told("trades", "left")[0]["market_id"], code=1)
    assert "strategy everyman is gone" in refused.stderr
    assert refused.stderr.count("\n") == 1

    assert "strategy everyman is gone" in run("portfolio", "show", "left").stderr
    assert told("portfolio", "close", "ended")["status"] == "closing"
    cycled = {each["portfolio"]: each for each in told("cycle", "--all")["results"]}
    assert (cycled["left"]["status"], cycled["left"]["trades_executed"]) == ("ok", 0)
    run("capture")
    closed = told("portfolio", "show", "ended")
    assert (closed["status"], closed["positions"], closed["current_balance"]) == ("closed", 0, closed["equity"])
    assert {each["kind"] for each in told("trades", "ended")} == {"buy", "sell"}
    assert told("portfolio", "show", "left")["positions"] > 0
    run("db", "reconcile")
    path.write_text(own.source(), encoding="utf-8")
    assert told("replay", "--portfolio", "ended", "--verify")["differences"] == 0
