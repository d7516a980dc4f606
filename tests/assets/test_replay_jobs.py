"""A replay from the Dagster UI, by real runs of the form's job."""

from pathlib import Path
from typing import Any

import pytest

from prescient_dagster.definitions import defs
from prescient_dagster.store.past import replays
from tests.assets.conftest import Platform


def played(platform: Platform, **form: Any) -> tuple[bool, dict[str, Any]]:
    """Whether a run of the job came to its end, and what it told."""
    result = defs.resolve_job_def("replay").execute_in_process(
        instance=platform.instance, raise_on_error=False, run_config=form
    )
    outputs = [event.step_output_data.metadata for event in result.all_events if event.is_successful_output]
    return result.success, {name: value.value for metadata in outputs for name, value in metadata.items()}


@pytest.fixture
def events(shared_data: Path) -> Path:
    return shared_data / "events"


def test_a_strategy_is_played_and_kept(platform: Platform, events: Path) -> None:
    form = {"strategy": "momentum", "config": {"fill_model": "touch"}, "captures": str(events), "name": "from the UI"}
    success, told = played(platform, **form)
    assert success
    assert (told["captures_read"], told["fills"], told["equity"]) == (3, 5, 9992.84817)
    assert replays.get(platform.database, told["replay_id"]).name == "from the UI"
    assert told["trades_made"] == 5
    assert [row.data["market_id"] for row in told["trades"].records][:2] == ["507884", "507868"]
    assert "data:image/svg+xml" in told["equity_curve"]
    assert told["tear_sheet"] == f"prescient report --replay {told['replay_id']} -o replay-{told['replay_id']}.html"


def test_a_portfolio_lends_its_settings_and_time_is_bounded(platform: Platform, events: Path) -> None:
    platform.portfolio("bold", balance=700, trade_amount=50)
    success, told = played(platform, portfolio="bold", captures=str(events), until="2025-06-12")
    found = replays.get(platform.database, told["replay_id"])
    assert success
    assert (found.portfolio, found.initial_balance, found.captures_read) == ("bold", 700, 1)
    assert found.config["trade_amount"] == 50


@pytest.mark.parametrize(
    "form", [{}, {"strategy": "momentum", "portfolio": "bold"}, {"strategy": "momentum", "until": "soon"}]
)
def test_what_cannot_be_meant_makes_the_run_red_and_keeps_nothing(platform: Platform, form: dict[str, Any]) -> None:
    assert played(platform, **form) == (False, {})
    assert replays.list_all(platform.database) == []
