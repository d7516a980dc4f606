"""Folders of one's own: their strategies stand beside the built-in ones, and what is wrong with one stops no other."""

import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import strategy_assets
from prescient_dagster import catalog
from prescient_dagster.domain.errors import InvalidConfig, StrategyUnavailable
from prescient_dagster.domain.strategy.configs import validated
from prescient_dagster.settings import load_settings
from strategy_assets.hybrid import HybridConfig
from tests.builders import D
from tests.strategies import own, probes
from tests.strategies.contract import CHECKS, Check, decisions, load

Folders = Callable[..., list[Path]]
BUILT_IN = Path(strategy_assets.__path__[0])


def forget() -> None:
    """What this process has loaded from folders of its own."""
    for cached in (catalog.load_strategy, catalog.code_version):
        cached.cache_clear()
    for name, module in list(sys.modules.items()):
        if name.startswith("strategy_assets.") and not str(getattr(module, "__file__", "")).startswith(str(BUILT_IN)):
            del sys.modules[name]
            vars(strategy_assets).pop(name.partition(".")[2], None)


@pytest.fixture
def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Folders]:
    """Makes folders of these names the ones with strategies of one's own."""

    def named(*names: str) -> list[Path]:
        paths = [tmp_path / name for name in names]
        for path in paths:
            path.mkdir(exist_ok=True)
        monkeypatch.setattr(strategy_assets, "__path__", [str(BUILT_IN), *map(str, paths)])
        return paths

    yield named
    forget()


def test_the_folders_are_those_of_the_setting_each_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PRESCIENT_STRATEGIES", os.pathsep.join(["mine", "", str(tmp_path / "mine"), "~/theirs"]))
    assert load_settings().own_strategies == (str(tmp_path / "mine"), str(Path.home() / "theirs"))


def test_a_strategy_of_ones_own_stands_beside_the_built_in_ones(folders: Folders) -> None:
    own.write(*folders("mine"))
    assert {"everyman", "momentum"} <= set(catalog.strategy_names())
    assert catalog.load_strategy("everyman").title == "everyman"
    assert HybridConfig(weights={"everyman": 1}).weights == {"everyman": 1}


@pytest.mark.parametrize("check", [check for check in CHECKS if "rules" not in check.__name__])
def test_the_contract_holds_for_it_as_for_any(check: Check, folders: Folders) -> None:
    check(load(own.write(*folders("mine"))))


def test_a_strategy_may_bet_more_on_what_it_is_surer_of(folders: Folders) -> None:
    amount = "np.round(config.trade_amount * view.favourite_price, 2)"
    subject = load(own.write(*folders("mine"), amount=amount, imports="import numpy as np\n"))
    config = subject.config(trade_amount=50)
    wishes = [wish for capture in probes.probes() for wish in subject.wishes(capture, config)]
    assert len({wish.amount for wish in wishes}) > 1
    assert all(abs(wish.amount - 50 * wish.target_price) <= D("0.01") for wish in wishes)
    decisions.wishes_for_candidates_only(subject)


def both(error: Exception, *paths: Path) -> bool:
    return all(str(path) in str(error) for path in paths) and "rename one" in str(error) and "\n" not in str(error)


def test_a_name_that_is_there_twice_is_refused_with_both_files(folders: Folders) -> None:
    first, second = folders("first", "second")
    paths = own.write(first), own.write(second)
    with pytest.raises(StrategyUnavailable) as caught:
        catalog.load_strategy("everyman")
    assert both(caught.value, *paths)
    assert catalog.load_strategy("momentum").name == "momentum"
    with pytest.raises(InvalidConfig, match="2 files have this name"):
        validated(catalog.load_strategy("hybrid").config, {"weights": {"everyman": 1}})


def test_the_name_of_a_built_in_one_is_refused_too_also_as_a_folder(folders: Folders) -> None:
    (mine,) = folders("mine")
    path = own.write(mine / "momentum", "__init__")
    with pytest.raises(StrategyUnavailable) as caught:
        catalog.load_strategy("momentum")
    assert both(caught.value, path.parent, BUILT_IN / "momentum.py")
    assert catalog.load_strategy("scalping").name == "scalping"
    assert catalog.load_strategy("hybrid").name == "hybrid"


def test_a_helper_that_is_there_twice_is_refused_for_who_imports_it(folders: Folders) -> None:
    first, second = folders("first", "second")
    for folder in (first, second):
        (folder / "_levels.py").write_text("LEVEL = 1\n", encoding="utf-8")
    own.write(first, "careful", imports="from strategy_assets._levels import LEVEL\n")
    own.write(second, "careless")
    with pytest.raises(StrategyUnavailable) as caught:
        catalog.load_strategy("careful")
    assert both(caught.value, first / "_levels.py", second / "_levels.py")
    assert catalog.load_strategy("careless").name == "careless"
    assert catalog.load_strategy("hybrid").name == "hybrid"


@pytest.mark.parametrize("imported", ["from strategy_assets._levels import LEVEL", "from ._levels import LEVEL"])
def test_the_code_version_follows_the_helpers_of_such_a_folder(folders: Folders, imported: str) -> None:
    (mine,) = folders("mine")
    (mine / "_levels.py").write_text("LEVEL = 1\n", encoding="utf-8")
    own.write(mine, imports=f"{imported}\n")
    before = {name: catalog.code_version(name) for name in ("everyman", "hybrid", "momentum")}
    (mine / "_levels.py").write_text("LEVEL = 2\n", encoding="utf-8")
    catalog.code_version.cache_clear()
    after = {name: catalog.code_version(name) for name in before}
    assert {name for name in before if before[name] != after[name]} == {"everyman", "hybrid"}


def test_a_folder_may_be_a_link_and_hold_what_is_none_of_ours(folders: Folders, tmp_path: Path) -> None:
    (mine,) = folders("mine")
    own.write(tmp_path / "elsewhere" / "everyman", "__init__").write_text(own.source(), encoding="utf-8")
    (mine / "everyman").symlink_to(tmp_path / "elsewhere" / "everyman")
    (mine / "itself").symlink_to(mine)
    (mine / ".#everyman.py").symlink_to("nowhere")
    (mine / "notes.txt").touch()
    environment = mine / "venv" / "lib"
    environment.mkdir(parents=True)
    (environment.parent / "pyvenv.cfg").touch()
    (environment / "x.py").write_text("def (", encoding="utf-8")
    assert catalog.load_strategy("everyman").name == "everyman"
    assert len(catalog.code_version("everyman")) == 12
    assert catalog.misplaced() == {}


BROKEN = {
    "no Python": "def (",
    "an end of the program": "import sys\nsys.exit(3)\n",
    "a fault": "1 / 0\n",
    "no strategy": "STRATEGY = 1\n",
    "nothing": "",
    "null bytes": "\0",
}


@pytest.mark.parametrize("content", BROKEN.values(), ids=list(BROKEN))
def test_a_file_that_does_not_load_leaves_the_others_trading(folders: Folders, content: str) -> None:
    (mine,) = folders("mine")
    (mine / "broken.py").write_text(content, encoding="utf-8")
    own.write(mine)
    with pytest.raises(StrategyUnavailable, match="strategy broken does not load") as caught:
        catalog.load_strategy("broken")
    assert "\n" not in str(caught.value)
    for name in ("everyman", "momentum", "hybrid"):
        assert (catalog.load_strategy(name).name, len(catalog.code_version(name))) == (name, 12)
    with pytest.raises(InvalidConfig, match="does not load"):
        validated(catalog.load_strategy("hybrid").config, {"weights": {"broken": 1}})


@pytest.mark.parametrize("name", ["my-strategy", "Momentum2", "class", "two words", "market_data", "momentum_cycle"])
def test_a_file_that_cannot_be_a_strategy_by_its_name_is_told(folders: Folders, name: str) -> None:
    (mine,) = folders("mine")
    path = own.write(mine, name)
    assert name not in catalog.strategy_names()
    assert "name" in catalog.misplaced()[str(path)]


def test_what_the_setting_names_and_is_not_there_is_told(folders: Folders) -> None:
    (mine,) = folders("mine")
    mine.rmdir()
    assert "no folder" in catalog.misplaced()[str(mine)]
    assert "momentum" in catalog.strategy_names()


def test_a_file_by_the_name_of_the_platforms_is_told(folders: Folders) -> None:
    (mine,) = folders("mine")
    path = own.write(mine, "definitions")
    assert list(catalog.misplaced()) == [str(path)]


NAMES = st.text("abAB_-. 1é", min_size=1, max_size=8).filter(lambda name: name.strip(". ") != "")


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(name=NAMES)
def test_any_file_is_a_strategy_a_helper_hidden_or_told(folders: Folders, tmp_path: Path, name: str) -> None:
    (mine,) = folders("mine")
    path = own.write(mine, name)
    known = (name in catalog.strategy_names(), str(path) in catalog.misplaced(), name.startswith(("_", ".")))
    path.unlink()
    assert sum(known) == 1


def test_no_strategy_can_be_called_as_what_runs_by_itself(folders: Folders) -> None:
    from prescient_dagster.definitions import scheduled

    assert {schedule.job_name for schedule in scheduled} <= set(catalog.PLATFORM_JOBS)
    (mine,) = folders("mine")
    for job in catalog.PLATFORM_JOBS:
        own.write(mine, job)
    assert not set(catalog.PLATFORM_JOBS) & set(catalog.strategy_names())
