"""Every place of every launchpad where a value can stand, and a value that Dagster would read from the environment."""

from collections.abc import Iterator, Mapping
from typing import Any

import dagster as dg
from dagster._config import Array, ConfigAnyInstance, ConfigType, Map, Noneable, Permissive

from prescient_dagster.definitions import defs as platform_defs
from strategy_assets.definitions import defs as strategy_defs
from tests.assets.filled_forms import form_fields

VARIABLE, MARKER = "PRESCIENT_TEST_MARKER", "574319086243"
"""A number, so that it could become any kind of value; so long that nothing else looks like it."""
FROM_ENVIRONMENT = {"env": VARIABLE}
REQUIRED: Mapping[str, Any] = {
    "portfolio": "a",
    "slug": "b",
    "balance": 10,
    "strategy": "momentum",
    "market": "1",
    "output": "past",
    "grid": {"max_positions": [5, 10]},
}
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
            if isinstance(config_type, Permissive):
                yield (*path, "a"), ConfigAnyInstance
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


FREE = [
    (defs, name, path)
    for defs, name in JOBS
    if not name.startswith("__")
    for path, config_type in fields_of(defs.resolve_job_def(name))
    if config_type is ConfigAnyInstance and path[-1] == "a"
]
"""Where any value is taken."""
