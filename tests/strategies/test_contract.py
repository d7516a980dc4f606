"""Every strategy in `strategy_assets/` keeps the contract; a new file or folder is found by itself.

For one of them alone: `pytest tests/strategies/test_contract.py -k <strategy>`.
"""

from pathlib import Path

import pytest

from prescient_dagster.catalog import strategy_files
from tests.strategies.contract import CHECKS, Check, load


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
@pytest.mark.parametrize("path", strategy_files().values(), ids=list(strategy_files()))
def test_a_strategy(path: Path, check: Check) -> None:
    check(load(path))


def test_the_strategies_that_are_shipped_are_among_those_checked() -> None:
    assert {"momentum", "mean_reversion", "arbitrage", "hybrid", "scalping", "forecasts"} <= strategy_files().keys()
