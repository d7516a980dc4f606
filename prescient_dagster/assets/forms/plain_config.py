"""Run config that takes values as they are written, never from the environment of the server.

Dagster reads `{env: NAME}` where a text, a number or a flag is expected, and puts in its place what the variable holds:
whoever may fill in a form could have a secret of the server written into the books. It takes its types from a config
class that an op names in its signature, so our ops name none: they declare `schema(form)`, in which `{env: NAME}` is a
value of the wrong type, and read `filled(form, context)`.
"""

from collections.abc import Mapping
from typing import Any, TypeVar

import dagster as dg
from dagster._config import Array, ConfigType, Map, Noneable, Selector, Shape

from prescient_dagster.assets.forms.settings_shape import as_written, settings_shape

Form = TypeVar("Form", bound=dg.Config)
SETTINGS = dict[str, Any | None]
"""Strategy settings. `dict[str, Any]` would do, but for a null in it: Dagster stumbles over that."""
PLAIN: Mapping[Any, Any] = {dg.StringSource: dg.String, dg.IntSource: dg.Int, dg.BoolSource: dg.Bool}


def schema(form: type[dg.Config]) -> dict[str, dg.Field]:
    """The fields of a config class with their defaults and descriptions, for `config_schema`."""
    return {name: _field(field, name in _settings(form)) for name, field in form.to_fields_dict().items()}


def filled(form: type[Form], context: dg.OpExecutionContext | dg.AssetExecutionContext) -> Form:
    """What was filled in."""
    step = context.op_execution_context if isinstance(context, dg.AssetExecutionContext) else context
    given = {name: as_written(value) if name in _settings(form) else value for name, value in step.op_config.items()}
    return form(**given)


def _settings(form: type[dg.Config]) -> set[str]:
    """The fields that take strategy settings."""
    return {name for name, info in form.model_fields.items() if info.annotation == SETTINGS}


def _field(field: dg.Field, of_settings: bool = False) -> dg.Field:
    if of_settings:
        return dg.Field(settings_shape(), is_required=False, default_value={}, description=field.description)
    default = {"default_value": field.default_value} if field.default_provided else {}
    return dg.Field(_plain(field.config_type), is_required=field.is_required, description=field.description, **default)


def _plain(config_type: ConfigType) -> Any:
    match config_type:
        case Noneable():
            return Noneable(_plain(config_type.inner_type))
        case Array():
            return Array(_plain(config_type.inner_type))
        case Map():
            key, label = _plain(config_type.key_type), config_type.key_label_name
            return Map(key, _plain(config_type.inner_type), label)  # type: ignore[no-untyped-call]
        case Shape() | Selector():
            fields = {name: _field(field) for name, field in config_type.fields.items()}
            return type(config_type)(fields, description=config_type.description)
    return PLAIN.get(config_type, config_type)
