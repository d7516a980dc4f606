"""No field of a form or launchpad takes a value from the environment of the server.

Where Dagster would put in what a variable holds, `{env: NAME}` is a value of the wrong type: nothing is launched. Where
a field takes any value, it stays what was written, and fails as a setting like everything else that is none.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import dagster as dg
import pytest
from dagster._config import Array, ConfigAnyInstance, ConfigType, Map, Noneable
from dagster._core.errors import DagsterInvalidConfigError

from prescient_dagster.assets.schedules import range_tags
from prescient_dagster.definitions import defs as platform_defs
from strategy_assets.definitions import defs as strategy_defs
from tests.assets.conftest import Platform
from tests.assets.forms import form_fields
from tests.assets.worlds import a_listing, favourites
from tests.store.older_homes import rows

VARIABLE, MARKER = "PRESCIENT_TEST_MARKER", "57431"
"""A number, so that it could become any kind of value."""
FROM_ENVIRONMENT = {"env": VARIABLE}
REQUIRED: Mapping[str, Any] = {"portfolio": "a", "slug": "b", "balance": 10, "strategy": "momentum"}
JOBS = [(defs, job.name) for defs in (platform_defs, strategy_defs) for job in defs.resolve_all_job_defs()]
Leaf = tuple[tuple[str | int, ...], ConfigType]


def leaves(config_type: ConfigType, path: tuple[str | int, ...] = ()) -> Iterator[Leaf]:
    """Every place of a run config where a single value stands."""
    match config_type:
        case Noneable():
            yield from leaves(config_type.inner_type, path)
        case Array():
            yield from leaves(config_type.inner_type, (*path, 0))
        case Map():
            yield from leaves(config_type.inner_type, (*path, "a"))
        case _ if hasattr(config_type, "fields"):
            for name, field in config_type.fields.items():
                yield from leaves(field.config_type, (*path, name))
        case _:
            yield path, config_type


def fields_of(job: dg.JobDefinition) -> list[Leaf]:
    return list(leaves(job.run_config_schema.config_type))


def least(job: dg.JobDefinition) -> dict[str, Any]:
    """The least config that the job takes."""
    return {name: REQUIRED[name] for name, field in form_fields(job).items() if field.is_required}


def laid(config: Any, path: tuple[str | int, ...], value: Any) -> Any:
    """A config with a value at one place."""
    if not path:
        return value
    first, *rest = path
    if isinstance(first, int):
        return [laid({}, tuple(rest), value)]
    return {**config, first: laid(config.get(first) or {}, tuple(rest), value)}


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


FREE = [
    (defs, name, path)
    for defs, name in JOBS
    if not name.startswith("__")
    for path, config_type in fields_of(defs.resolve_job_def(name))
    if config_type is ConfigAnyInstance and path[-1] == "a"
]


@pytest.mark.parametrize(("defs", "name", "path"), FREE, ids=[f"{name}-{path[-2]}" for _, name, path in FREE])
def test_a_field_that_takes_any_value_leaves_the_variable_unread(
    marker: None, platform: Platform, defs: dg.Definitions, name: str, path: tuple[str | int, ...]
) -> None:
    """The setting is one that a number would suit."""
    platform.capture(a_listing(*favourites(2)))
    platform.portfolio("a", name if defs is strategy_defs else "momentum")
    job = defs.resolve_job_def(name)
    before = rows(platform.database)

    config = laid(least(job), (*path[:-1], "trade_amount"), FROM_ENVIRONMENT)
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
