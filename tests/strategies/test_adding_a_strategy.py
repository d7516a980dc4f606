"""The page on adding a strategy: its example keeps the contract, and the contract catches what breaks it."""

import inspect
import re
from collections.abc import Callable
from decimal import InvalidOperation
from pathlib import Path

import pytest
from dagster._core.errors import DagsterInvalidPythonicConfigDefinitionError

from prescient_dagster.domain.errors import InvalidConfig
from tests.strategies.contract import CHECKS, Check, decisions, load, presentation, purity

PAGE = Path(__file__).parents[2] / "docs" / "adding-a-strategy.md"


@pytest.fixture(scope="module")
def example() -> str:
    """The one Python file on the page."""
    (block,) = re.findall(r"^```python\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    return str(block)


@pytest.fixture
def saved(tmp_path: Path) -> Callable[[str], Path]:
    def save(source: str) -> Path:
        path = tmp_path / "breakout.py"
        path.write_text(source, encoding="utf-8")
        return path

    return save


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_the_example(check: Check, example: str, saved: Callable[[str], Path]) -> None:
    check(load(saved(example)))


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_the_example_as_a_folder(check: Check, example: str, tmp_path: Path) -> None:
    """A rule that has grown too long for one file goes into files of its own, beside the record."""
    folder = tmp_path / "breakout"
    folder.mkdir()
    settings, record = example.split("\nSTRATEGY = ", 1)
    (folder / "rule.py").write_text(settings, encoding="utf-8")
    (folder / "__init__.py").write_text(
        '"""Buys what rose."""\n\nfrom prescient_dagster.domain.strategy.strategies import Strategy\n'
        "from strategy_assets.breakout.rule import *\n\nSTRATEGY = " + record,
        encoding="utf-8",
    )
    check(load(folder / "__init__.py"))


def test_the_page_names_the_file_as_the_strategy_is_called(example: str) -> None:
    assert "`strategy_assets/breakout.py`" in PAGE.read_text(encoding="utf-8")
    assert 'name="breakout"' in example


def test_the_page_lists_every_check_with_what_it_asks() -> None:
    rows = re.findall(r"^\| (.+?) \| (.+) \|$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    checks = [(check.__name__.replace("_", " "), " ".join((inspect.getdoc(check) or "").split())) for check in CHECKS]
    assert rows[1:] == checks


DECIDE = "    change = changes(view)"
CHOSEN = "chosen=view.passing"
TOLD = 'np.nan_to_num(view.column("yes_price") - view.past(HOURS))'
FAULTS: dict[Check, tuple[str, str]] = {
    presentation.is_named_like_its_file: ('name="breakout"', 'name="brakeout"'),
    presentation.describes_itself: ('title="Breakout"', 'title=" "'),
    presentation.documents_every_setting: (
        'setting("least rise of a side\'s price in an hour", "USD per share", ',
        "Field(",
    ),
    presentation.can_be_configured_in_a_run: (
        "    min_rise:",
        "    levels: frozenset[int] = frozenset()\n    min_rise:",
    ),
    presentation.has_defaults_that_are_sound: ("] = 0.02", "] = 1.0"),
    presentation.has_settings_that_are_json: ("] = 0.02", "] = float('inf')"),
    purity.imports_only_what_is_pure: ("import numpy as np\n", "import time\n\nimport numpy as np\n"),
    purity.decides_the_same_twice: ("confidence=rise", "confidence=rise + np.random.rand(len(rise)) / 10"),
    purity.changes_nothing_it_is_given: (DECIDE, f'    view.capture.columns["liquidity"][:] = 1\n{DECIDE}'),
    purity.knows_no_order: (CHOSEN, "chosen=(np.arange(len(rise)) % 2 == 0) & view.passing"),
    purity.knows_no_clock: (CHOSEN, "chosen=(view.captured_at.year == 2026) & view.passing"),
    purity.knows_no_market_by_name: (
        CHOSEN,
        "chosen=np.array([view.capture.texts['market_id'][row].isdigit() for row in view.rows], bool) & view.passing",
    ),
    purity.never_sees_the_outcome: (
        "confidence=rise",
        'confidence=rise + (view.capture.columns["yes_price"] == 1).sum()',
    ),
    decisions.finds_something_with_its_defaults: ("] = 0.02", "] = 0.99"),
    decisions.selects_tradable_markets: ("decide=decide,", "decide=decide, select=everything,"),
    decisions.wishes_for_candidates_only: ("amount=config.trade_amount", "amount=100"),
    decisions.gives_reasons: ('f"rose by {rise[candidate]:g} in an hour"', '""'),
    decisions.tells_its_rules: (CHOSEN, "chosen=(change > 0) & view.passing"),
    decisions.bundles_whole: ("    return view.entries(", "    return half_bundles(view) or view.entries("),
    decisions.trades_in_a_cycle: ("amount=config.trade_amount", "amount=float('nan')"),
    decisions.lives_with_an_empty_venue: (DECIDE, f"    view.column('yes_price').max()\n{DECIDE}"),
    decisions.lives_with_missing_numbers: (
        TOLD,
        f"np.where(np.isnan(view.column('volume')), np.inf, {TOLD})",
    ),
    decisions.lives_with_what_is_held: (
        DECIDE,
        f"    [view.capture.row_of[held.market_id] for held in view.positions]\n{DECIDE}",
    ),
}
"""For each check something wrong in the example that it has to catch: what is replaced by what."""
WRONG = (
    AssertionError,
    InvalidConfig,
    ValueError,
    KeyError,
    InvalidOperation,
    DagsterInvalidPythonicConfigDefinitionError,
)
MORE = """
from pydantic import Field
from dataclasses import replace
from prescient_dagster.domain.cycle.bundles import BundleKind, bundle_id
from prescient_dagster.domain.strategy.candidates import Selection
from prescient_dagster.domain.strategy.signals import Side

def everything(capture, config):
    return Selection(np.arange(len(capture.markets)), ())

def half_bundles(view):
    bundle = bundle_id(BundleKind.NO_SET, 3, "x", view.captured_at)
    return [replace(view.entry(0, Side.NO, 100, 0.1, "half"), bundle=bundle)] if len(view.rows) else []
"""


@pytest.mark.parametrize(("check", "fault"), FAULTS.items(), ids=lambda given: getattr(given, "__name__", ""))
def test_the_contract_catches_a_strategy_that_breaks(
    check: Check, fault: tuple[str, str], example: str, saved: Callable[[str], Path]
) -> None:
    right, wrong = fault
    assert right in example
    broken = load(saved(example.replace(right, wrong, 1).replace("\n\n\nclass", f"\n{MORE}\n\nclass", 1)))
    with pytest.raises(WRONG):
        check(broken)


def test_every_check_has_caught_something() -> None:
    assert FAULTS.keys() == set(CHECKS)
