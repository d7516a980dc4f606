"""Cycles from the command line: who trades, who does not and why, and that nothing happens twice."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
from sqlalchemy import text

from prescient_dagster.store.database import Database
from tests.cli.commands import Prescient

TOUCH = '{"fill_model": "touch"}'
ROOT = Path(__file__).parents[2]


def create(prescient: Prescient, slug: str, strategy: str = "momentum", config: str = TOUCH) -> None:
    done = prescient(
        "portfolio", "create", slug, "--strategy", strategy, "--balance", "10000", "--config", config, "--json"
    )
    assert done.code == 0, done


def statuses(document: dict[str, Any]) -> dict[str, str]:
    return {result["portfolio"]: result["status"] for result in document["results"]}


def test_momentum_finds_its_market_on_the_first_recording(on_recordings: Prescient) -> None:
    on_recordings("capture")
    create(on_recordings, "bold")
    document = on_recordings("cycle", "bold", "--json").json
    assert document["summary"] == {"total_portfolios": 1, "successful": 1, "failed": 0}
    (result,) = document["results"]
    assert (result["signals_generated"], result["markets_analyzed"], result["trades_executed"]) == (1, 1, 1)
    assert result["strategy_config_used"]["fill_model"] == "touch"
    (signal,) = on_recordings("signals", "bold", "--json").json
    assert (signal["market_id"], signal["action"], signal["confidence"]) == ("507884", "buy_yes", 0.325)
    (trade,) = on_recordings("trades", "bold", "--json").json
    assert (trade["shares"], trade["cash_delta"], trade["synthetic"]) == (120.48, -99.9984, True)
    (position,) = on_recordings("positions", "bold", "--json").json
    assert (position["market_value"], position["cost"]) == (98.7936, 99.9984)
    (snapshot,) = on_recordings("snapshots", "bold", "--json").json
    assert (snapshot["balance"], snapshot["equity"]) == (9_900.0016, 9_998.7952)


def test_a_second_cycle_on_a_capture_trades_nothing(prescient: Prescient) -> None:
    prescient("capture")
    create(prescient, "bold")
    prescient("cycle", "bold")
    before = prescient("trades", "bold", "--json").json
    document = prescient("cycle", "bold", "--json").json
    assert (before != [], statuses(document)) == (True, {"bold": "already_traded"})
    assert prescient("trades", "bold", "--json").json == before


def test_all_strategies_run_and_a_paused_portfolio_is_only_valued(prescient: Prescient) -> None:
    prescient("capture")
    create(prescient, "bold")
    create(prescient, "quiet")
    create(prescient, "contrary", "mean_reversion")
    prescient("portfolio", "pause", "quiet")
    document = prescient("cycle", "--all", "--json").json
    assert statuses(document) == {"bold": "ok", "quiet": "paused", "contrary": "ok"}
    assert (prescient("trades", "quiet", "--json").json, len(prescient("snapshots", "quiet", "--json").json)) == ([], 1)


def test_the_portfolios_of_one_strategy_run_alone(prescient: Prescient) -> None:
    prescient("capture")
    create(prescient, "bold")
    create(prescient, "contrary", "mean_reversion")
    assert statuses(prescient("cycle", "--strategy", "mean_reversion", "--json").json) == {"contrary": "ok"}


def test_named_portfolios_run_in_ranges_and_are_told_in_the_order_given(prescient: Prescient) -> None:
    prescient("capture")
    for slug in ("ann", "ben", "cid", "dee"):
        create(prescient, slug)
    document = prescient("cycle", "dee", "ann", "ben", "ann", "--json").json
    assert list(statuses(document).items()) == [("dee", "ok"), ("ann", "ok"), ("ben", "ok")]
    with dg.DagsterInstance.get() as instance:
        assert len(instance.get_runs(dg.RunsFilter(job_name="momentum"))) == 2


def test_more_portfolios_than_a_run_takes_run_in_shards_and_are_judged_together(
    prescient: Prescient, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PRESCIENT_PORTFOLIOS_PER_RUN", "2")
    prescient("capture")
    for slug in ("ann", "ben", "cid", "dee", "eve"):
        create(prescient, slug)
    with database.begin() as connection:
        connection.execute(text("UPDATE prescient.portfolios SET balance = balance + 1 WHERE slug = 'ann'"))

    document = prescient("cycle", "--strategy", "momentum", "--json").json

    assert statuses(document) == dict.fromkeys(("ann", "ben", "cid", "dee", "eve"), "ok")
    check = dg.AssetCheckKey(dg.AssetKey(["momentum", "trades"]), "books_balance")
    with dg.DagsterInstance.get() as instance:
        runs = instance.get_runs(dg.RunsFilter(job_name="momentum"))
        (told,) = instance.event_log_storage.get_asset_check_execution_history(check, limit=10)
    assert [run.tags["prescient/shard"] for run in runs] == ["momentum/3", "momentum/2", "momentum/1"]
    assert told.evaluation is not None
    assert (told.evaluation.description or "").startswith("the books of ann do not balance")


def test_one_bad_portfolio_fails_alone_with_exit_code_1(prescient: Prescient, database: Database) -> None:
    prescient("capture")
    create(prescient, "bold")
    create(prescient, "broken")
    with database.begin() as connection:
        connection.execute(
            text("""UPDATE prescient.portfolios SET strategy_config = '{"nonsense": 1}' WHERE slug = 'broken'""")
        )
    done = prescient("cycle", "--all", "--json")
    assert (done.code, statuses(done.json)) == (1, {"bold": "ok", "broken": "failed"})
    assert done.json["summary"] == {"total_portfolios": 2, "successful": 1, "failed": 1}
    assert "nonsense" in done.json["results"][1]["error"]
    state = prescient("status", "--json").json["strategies"]["momentum"]
    assert (state["portfolios"], state["failing"]) == (2, 1)
    assert "nonsense" in state["failures"]["broken"]


def test_a_closed_portfolio_is_told_and_not_run(prescient: Prescient) -> None:
    prescient("capture")
    create(prescient, "bold")
    prescient("portfolio", "close", "bold")
    assert statuses(prescient("cycle", "bold", "--json").json) == {"bold": "closed"}


def test_all_of_nobody_is_exit_code_1(prescient: Prescient) -> None:
    done = prescient("cycle", "--all", "--json")
    assert (done.code, done.json["results"]) == (1, [])
    assert "no portfolio is active" in done.err


def test_all_without_an_active_one_is_exit_code_1(prescient: Prescient) -> None:
    prescient("capture")
    create(prescient, "quiet")
    prescient("portfolio", "pause", "quiet")
    done = prescient("cycle", "--all", "--json")
    assert (done.code, statuses(done.json)) == (1, {"quiet": "paused"})


def test_without_a_capture_it_says_how_to_take_one(prescient: Prescient) -> None:
    create(prescient, "bold")
    assert "prescient capture" in prescient("cycle", "bold").complaint


@pytest.mark.parametrize("arguments", [(), ("bold", "--all"), ("--all", "--strategy", "momentum")], ids=str)
def test_it_must_be_clear_who_is_meant(arguments: tuple[str, ...], bare_prescient: Prescient) -> None:
    done = bare_prescient("cycle", *arguments)
    assert (done.code, "say which" in done.complaint) == (2, True)


def test_an_unknown_slug_stops_everything_before_it_begins(prescient: Prescient) -> None:
    prescient("capture")
    create(prescient, "bold")
    assert "'nobody'" in prescient("cycle", "bold", "nobody").complaint
    assert prescient("trades", "bold", "--json").json == []


def test_a_strategy_without_portfolios_is_told(prescient: Prescient) -> None:
    assert "no momentum portfolio" in prescient("cycle", "--strategy", "momentum").complaint
    assert "did you mean momentum?" in prescient("cycle", "--strategy", "momentun").complaint


def test_a_strategy_that_does_not_load_fails_alone_and_status_names_it(prescient: Prescient, tmp_path: Path) -> None:
    prescient("capture")
    create(prescient, "bold")
    create(prescient, "contrary", "mean_reversion")
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "strategy_assets", tmp_path / "strategy_assets", ignore=ignored)
    (tmp_path / "strategy_assets" / "momentum.py").write_text("def decide(view, config:\n")
    code, document = elsewhere(tmp_path, "cycle", "--all", "--json")
    assert (code, statuses(document)) == (1, {"bold": "failed", "contrary": "ok"})
    assert "momentum.py, line 1" in document["results"][0]["error"]
    code, document = elsewhere(tmp_path, "status", "--json")
    assert (code, document["strategies"]["momentum"]["status"]) == (1, "offline")
    assert "momentum.py, line 1" in document["strategies"]["momentum"]["error"]
    assert document["strategies"]["mean_reversion"]["status"] == "online"


def elsewhere(folder: Path, *arguments: str) -> tuple[int, Any]:
    """Run a command in a process whose strategies are those of the folder."""
    done = subprocess.run(
        [sys.executable, "-m", "prescient_dagster.cli.main", *arguments],
        env={**os.environ, "PYTHONPATH": f"{folder}:{ROOT}"},
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout, done.stderr
    return done.returncode, json.loads(done.stdout)
