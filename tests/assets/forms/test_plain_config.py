"""No field of a form or launchpad takes a value from the environment of the server.

Where Dagster would put in what a variable holds, `{env: NAME}` is a value of the wrong type: nothing is launched. Where
a field takes any value, it stays what was written, and fails as a setting like everything else that is none.
"""

import dagster as dg
import pytest
from dagster._config import ConfigAnyInstance
from dagster._core.errors import DagsterInvalidConfigError

from prescient_dagster.assets.partitions_asked import range_tags
from strategy_assets.definitions import defs as strategy_defs
from tests.assets.conftest import Platform
from tests.assets.launchpads import FREE, FROM_ENVIRONMENT, JOBS, MARKER, VARIABLE, fields_of, laid, least
from tests.assets.worlds import a_listing, favourites
from tests.store.older_homes import rows


@pytest.fixture
def marker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, MARKER)


@pytest.mark.parametrize(("defs", "name"), JOBS, ids=[name for _, name in JOBS])
def test_no_field_of_a_launchpad_takes_a_variable(marker: None, defs: dg.Definitions, name: str) -> None:
    job = defs.resolve_job_def(name)
    dg.validate_run_config(job, least(job))
    for path, config_type in fields_of(job):
        if config_type is ConfigAnyInstance:
            taken = dg.validate_run_config(job, laid(least(job), path, FROM_ENVIRONMENT))
            assert MARKER not in str(taken), path
        else:
            with pytest.raises(DagsterInvalidConfigError) as refused:
                dg.validate_run_config(job, laid(least(job), path, FROM_ENVIRONMENT))
            assert str(path[-1]) in str(refused.value) or isinstance(path[-1], int), path
            assert MARKER not in str(refused.value), path


@pytest.mark.parametrize(("defs", "name", "path"), FREE, ids=[f"{name}-{path[-2]}" for _, name, path in FREE])
def test_a_field_that_takes_any_value_leaves_the_variable_unread(
    marker: None, platform: Platform, defs: dg.Definitions, name: str, path: tuple[str | int, ...]
) -> None:
    """The setting is one of a strategy's own that a number would suit: those that all know have a type."""
    platform.capture(a_listing(*favourites(2)))
    platform.portfolio("a", name if defs is strategy_defs else "momentum")
    job = defs.resolve_job_def(name)
    before = rows(platform.database)

    config = laid(least(job), (*path[:-1], "min_rise"), FROM_ENVIRONMENT)
    tags = range_tags(["a"]) if defs is strategy_defs else {}
    run = job.execute_in_process(instance=platform.instance, run_config=config, tags=tags, raise_on_error=False)

    assert not run.success
    assert MARKER not in str(rows(platform.database))
    assert MARKER not in "".join(str(entry) for entry in platform.instance.all_logs(run.run_id))
    assert MARKER not in str(platform.instance.get_run_by_id(run.run_id))
    assert rows(platform.database)["trades"] == before["trades"]


def test_the_walk_finds_fields_of_every_kind() -> None:
    """Else the table above would be green for nothing."""
    found = {(name, path) for defs, name in JOBS for path, _ in fields_of(defs.resolve_job_def(name))}
    assert ("create_portfolio", ("slug",)) in found
    assert ("replay", ("captures",)) in found
    assert ("change_portfolio_config", ("reset", 0)) in found
    assert ("run_portfolio_cycle", ("overrides", "a")) in found
    assert ("momentum", ("ops", "momentum_cycle", "config", "capture_id")) in found
    assert ("momentum", ("ops", "momentum_cycle", "config", "portfolios", "a", "max_positions")) in found
