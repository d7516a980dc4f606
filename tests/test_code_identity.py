"""Whose change makes a decision another one: the code version follows the files that decide, and no others."""

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from prescient_dagster.catalog import code_version, strategy_folders, strategy_names
from prescient_dagster.code_identity import deciding_modules, version_of
from tests.pages import ROOT

PRINTED = "from prescient_dagster.catalog import code_version, strategy_names as all;print(*map(code_version, all()))"


def deciding(strategy: str) -> set[str]:
    return {name.rpartition(".")[2] for name in deciding_modules(strategy, strategy_folders())}


@pytest.mark.parametrize("strategy", strategy_names())
def test_a_decision_follows_from_the_strategy_and_from_how_cycles_fill(strategy: str) -> None:
    assert {strategy, "cycle", "candidates", "exits", "orders", "fills", "fees", "money"} <= deciding(strategy)
    assert not deciding(strategy) & {"performance", "leaderboard", "calibration", "returns", "reconciliation"}


def test_a_blend_follows_from_its_members_and_nobody_else_does() -> None:
    assert set(strategy_names()) <= deciding("hybrid")
    others = {f"strategy_assets.{name}" for name in strategy_names()} - {"strategy_assets.momentum"}
    assert not others & set(deciding_modules("momentum", strategy_folders()))
    assert len({code_version(strategy) for strategy in strategy_names()}) == len(strategy_names())


@pytest.fixture
def versions_of_a_copy(tmp_path: Path) -> Callable[..., dict[str, str]]:
    """The versions in a copy of the code, after a line was added to these of its files."""
    for package in ("prescient_dagster", "strategy_assets"):
        shutil.copytree(ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__"))

    def versions(*changed: str) -> dict[str, str]:
        for name in changed:
            with (tmp_path / name).open("a", encoding="utf-8") as file:
                file.write("\n# changed\n")
        command = [sys.executable, "-c", PRINTED]
        printed = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True).stdout.split()
        return dict(zip(strategy_names(), printed, strict=True))

    return versions


def test_the_version_changes_with_what_decides_and_with_nothing_else(
    versions_of_a_copy: Callable[..., dict[str, str]],
) -> None:
    before = versions_of_a_copy()
    assert before == {strategy: code_version(strategy) for strategy in strategy_names()}

    assert versions_of_a_copy("prescient_dagster/domain/figures/leaderboard.py") == before

    momentum = versions_of_a_copy("strategy_assets/momentum.py")
    assert {name for name in before if momentum[name] != before[name]} == {"momentum", "hybrid"}

    fees = versions_of_a_copy("prescient_dagster/domain/market/fees.py")
    assert not set(fees.values()) & set(momentum.values())


def rewritten(folder: Path, old: str, new: str) -> None:
    for path in folder.rglob("*.py"):
        path.write_text(path.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")


def test_a_file_that_moves_into_a_folder_still_decides(
    versions_of_a_copy: Callable[..., dict[str, str]], tmp_path: Path
) -> None:
    moved = tmp_path / "prescient_dagster" / "domain" / "costs_of_trading"
    moved.mkdir()
    (moved / "__init__.py").touch()
    (moved.parent / "market" / "fees.py").rename(moved / "fees.py")
    for package in ("prescient_dagster", "strategy_assets"):
        rewritten(
            tmp_path / package, "prescient_dagster.domain.market.fees", "prescient_dagster.domain.costs_of_trading.fees"
        )
    before = versions_of_a_copy()

    after = versions_of_a_copy("prescient_dagster/domain/costs_of_trading/fees.py")

    assert not set(before.values()) & set(after.values())
    assert not set(after.values()) & set(versions_of_a_copy(str(moved / "__init__.py")).values())


@pytest.mark.parametrize("imported", ["from strategy_assets._levels import LEVEL", "from . import _levels"])
def test_a_helper_of_a_strategy_decides_with_it(
    versions_of_a_copy: Callable[..., dict[str, str]], tmp_path: Path, imported: str
) -> None:
    folder = tmp_path / "strategy_assets"
    (folder / "_levels.py").write_text("LEVEL = 0.75\n", encoding="utf-8")
    source = (folder / "momentum.py").read_text(encoding="utf-8")
    (folder / "momentum.py").write_text(source.replace("\nfrom ", f"\n{imported}\nfrom ", 1), encoding="utf-8")
    before = versions_of_a_copy()

    (folder / "_levels.py").write_text("LEVEL = 0.70\n", encoding="utf-8")

    after = versions_of_a_copy()
    assert {name for name in before if after[name] != before[name]} == {"momentum", "hybrid"}


def test_a_strategy_may_be_a_folder_whose_parts_all_decide(
    versions_of_a_copy: Callable[..., dict[str, str]], tmp_path: Path
) -> None:
    folder = tmp_path / "strategy_assets" / "scalping"
    folder.mkdir()
    (folder.parent / "scalping.py").rename(folder / "dips.py")
    (folder / "__init__.py").write_text("from strategy_assets.scalping.dips import STRATEGY\n", encoding="utf-8")
    before = versions_of_a_copy()

    after = versions_of_a_copy("strategy_assets/scalping/dips.py")

    assert {name for name in before if after[name] != before[name]} == {"scalping", "hybrid"}


def test_a_platform_asset_follows_from_what_its_module_imports() -> None:
    assert version_of("usecases.settle") != version_of("domain.books.settlement")
    with pytest.raises(LookupError, match=r"no module prescient_dagster\.domain\.setlement"):
        version_of("domain.setlement")


def test_a_strategy_that_does_not_parse_leaves_the_others_their_version(
    versions_of_a_copy: Callable[..., dict[str, str]], tmp_path: Path
) -> None:
    before = versions_of_a_copy()
    (tmp_path / "strategy_assets" / "scalping.py").write_text("def (", encoding="utf-8")

    after = versions_of_a_copy()

    assert {name for name in before if after[name] != before[name]} == {"scalping", "hybrid"}
