"""The asset `drift`: verified for many portfolios at once, and red where one did other than its rules say."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from prescient_dagster.assets.weekly_drift import MOST_PORTFOLIOS, drawn, drift_asset, metadata
from prescient_dagster.catalog import load_strategy
from prescient_dagster.resources import resources
from prescient_dagster.usecases import verify
from prescient_dagster.usecases.verify import Drift
from tests.assets.replays import World
from tests.usecases.test_verify import a_purchase, change, shunning


def materialized(
    world: World, monkeypatch: pytest.MonkeyPatch, **config: Any
) -> tuple[dict[str, Any], dg.AssetCheckEvaluation]:
    monkeypatch.setenv("PRESCIENT_DATABASE_URL", world.database.url)
    monkeypatch.setenv("PRESCIENT_CAPTURES", str(world.folder))
    with dg.DagsterInstance.ephemeral() as instance:
        done = dg.materialize(
            [drift_asset()],
            resources=resources(),
            selection="drift",
            instance=instance,
            run_config={"ops": {"drift": {"config": config}}},
        )
    (event,) = done.get_asset_materialization_events()
    (check,) = done.get_asset_check_evaluations()
    return dict(event.materialization.metadata), check


def test_a_life_by_the_rules_passes(lived_world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with lived_world.copy(tmp_path / "copy") as world:
        told, check = materialized(world, monkeypatch)
    assert check.passed
    assert told["portfolios"].value == len(lived_world.everybody)
    assert told["differences"].value == 0
    assert "no difference" in str(check.description)


def test_a_changed_trade_is_red_and_named(lived_world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with lived_world.copy(tmp_path / "copy") as world:
        change(
            world.database,
            "UPDATE prescient.trades SET fee = fee + 1 WHERE trade_id = (SELECT min(trade_id) FROM prescient.trades)",
        )
        told, check = materialized(world, monkeypatch)
    assert not check.passed
    assert check.severity is dg.AssetCheckSeverity.ERROR
    (row,) = [row.data for row in told["verified"].records if row.data["differences"]]
    assert "fee" in row["first"]
    assert row["portfolio"] in str(check.description)


def test_it_comes_out_the_same_by_the_processes_that_carry_out_sweeps(
    lived_world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with lived_world.copy(tmp_path / "copy") as world:
        change(world.database, "UPDATE prescient.trades SET fee = fee + 1")
        alone, _ = materialized(world, monkeypatch)
        told, check = materialized(world, monkeypatch, workers=2)
    assert (alone["ran"].value, told["ran"].value) == ("in one process", "on 2 processes of this machine")
    assert told["differences"].value == alone["differences"].value > 0
    assert told["verified"] == alone["verified"]
    assert not check.passed


def test_a_config_says_how_many_are_verified(
    lived_world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with lived_world.copy(tmp_path / "copy") as world:
        told, _ = materialized(world, monkeypatch, portfolios=2)
    assert told["portfolios"].value == 2


def test_a_changed_rule_is_red_and_names_the_first_trade_that_differs(
    lived_world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    third = a_purchase(lived_world, "momentum-plain")
    changed = {"momentum": shunning(load_strategy("momentum"), third.market_id)}
    monkeypatch.setattr(
        verify,
        "strategy_of",
        lambda portfolio: changed.get(portfolio.strategy_type) or load_strategy(portfolio.strategy_type),
    )
    with lived_world.copy(tmp_path / "copy") as world:
        told, check = materialized(world, monkeypatch)
    assert not check.passed
    assert check.severity is dg.AssetCheckSeverity.ERROR
    rows = {row.data["portfolio"]: row.data for row in told["verified"].records}
    assert rows["momentum-plain"]["first"].startswith(f"trade buy {third.market_id} {third.side} on capture ")
    assert {slug.partition("-")[0] for slug, row in rows.items() if row["differences"]} == {"momentum"}


def test_a_portfolio_that_cannot_be_verified_is_no_pass(
    lived_world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(*_: Any) -> Any:
        raise ValueError("a fault of the new code")

    broken = {"momentum": replace(load_strategy("momentum"), decide=failing)}
    monkeypatch.setattr(
        verify,
        "strategy_of",
        lambda portfolio: broken.get(portfolio.strategy_type) or load_strategy(portfolio.strategy_type),
    )
    with lived_world.copy(tmp_path / "copy") as world:
        told, check = materialized(world, monkeypatch)
    assert not check.passed
    assert check.severity is dg.AssetCheckSeverity.WARN
    assert "momentum-plain" in str(check.description)
    assert any("a fault of the new code" in row.data["note"] for row in told["notes"].records)


def test_of_too_many_portfolios_others_are_drawn_each_time() -> None:
    slugs = [f"p{number}" for number in range(200)]
    first, second = drawn(slugs, MOST_PORTFOLIOS, "one"), drawn(slugs, MOST_PORTFOLIOS, "two")
    assert len(first) == len(set(first)) == MOST_PORTFOLIOS
    assert first == drawn(slugs, MOST_PORTFOLIOS, "one") != second
    assert drawn(slugs[:3], MOST_PORTFOLIOS, "one") == slugs[:3]


def test_what_cannot_be_verified_is_told() -> None:
    told = metadata([Drift("bold", "momentum", "1")], {"lost": "strategy sorcery does not load"})
    (row,) = told["notes"].records
    assert row.data == {"portfolio": "lost", "note": "strategy sorcery does not load"}
    assert told["portfolios"] == 1
