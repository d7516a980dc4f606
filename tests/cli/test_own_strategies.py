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
