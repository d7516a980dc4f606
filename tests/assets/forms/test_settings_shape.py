"""Settings in forms: the launchpad completes and types those that all strategies know, and takes a strategy's own."""

from typing import Any

import dagster as dg
import pytest
from dagster._core.errors import DagsterInvalidConfigError

from prescient_dagster.definitions import defs
from prescient_dagster.store.books import portfolios
from tests.assets.conftest import Platform
from tests.assets.filled_forms import fill_in, form_fields

FORMS = {
    "create_portfolio": {"slug": "bold", "balance": 1, "strategy": "momentum"},
    "change_portfolio_config": {"portfolio": "bold"},
    "try_portfolio_config": {"portfolio": "bold"},
    "validate_strategy_config": {"strategy": "momentum"},
    "replay": {"strategy": "momentum"},
    "sweep": {"strategy": "momentum", "grid": {}},
}


@pytest.mark.parametrize("job", list(FORMS))
def test_shared_settings_have_a_type_and_a_sentence(job: str) -> None:
    fields = form_fields(defs.resolve_job_def(job))["config"].config_type.fields
    assert {"trade_amount", "max_positions", "fill_model", "stop_loss", "min_confidence", "tags_include"} <= set(fields)
    assert "worst price accepted" in str(fields["max_slippage"].description)


@pytest.mark.parametrize("job", list(FORMS))
@pytest.mark.parametrize("wrong", [{"trade_amount": "much"}, {"max_positions": 1.5}, {"fill_model": "guess"}])
def test_a_wrong_type_is_refused_before_anything_runs(job: str, wrong: dict[str, Any]) -> None:
    definition = defs.resolve_job_def(job)
    dg.validate_run_config(definition, FORMS[job])
    with pytest.raises(DagsterInvalidConfigError, match=next(iter(wrong))):
        dg.validate_run_config(definition, {**FORMS[job], "config": wrong})


def test_settings_arrive_as_they_were_written_null_and_a_strategys_own_among_them(platform: Platform) -> None:
    config = {"trade_amount": 50, "max_slippage": 0.5, "stop_loss": None, "fill_model": "touch", "min_rise": 0.01}
    given = {**FORMS["create_portfolio"], "balance": 1_000, "config": {**config, "lookback_hours": 2}}
    done = fill_in(platform, "create_portfolio", given)
    assert done.success, done.failure
    stored = portfolios.get(platform.database, "bold").strategy_config
    assert stored == {**config, "lookback_hours": 2}
    assert isinstance(stored["trade_amount"], int)
