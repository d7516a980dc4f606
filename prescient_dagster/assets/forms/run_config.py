"""A strategy's settings as Dagster run config: what the launchpad shows, completes and refuses.

Types, choices and descriptions only. Bounds are judged in the body, where one impossible value fails one portfolio;
judged here, they would stop all of them.
"""

import json
from enum import Enum, StrEnum
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

import dagster as dg
from annotated_types import Ge, Gt, Le, Lt
from pydantic import Field, create_model
from pydantic.fields import FieldInfo

from prescient_dagster.domain.strategy.configs import StrategyConfig

CAPTURE_ID = "the capture to trade on, by its number; default unset: the newest that is ready"
PORTFOLIOS = (
    "settings for single portfolios of this run, over those above and over their own: {slug: {setting: value}}; "
    "default none; a slug that is not in the run stops it before anything is traded"
)
BOUND_WORDS = {Ge: ("at least", "ge"), Gt: ("more than", "gt"), Le: ("at most", "le"), Lt: ("less than", "lt")}


def run_config_class(name: str, model: type[StrategyConfig]) -> type[dg.Config]:
    """The run config of the strategy `name`: every setting optional, a capture, and settings per portfolio."""
    settings: dict[str, Any] = {field: _optional(info) for field, info in model.model_fields.items()}
    overrides: Any = create_model(f"{_title(name)}Overrides", __base__=dg.Config, **settings)
    run: type[dg.Config] = create_model(
        f"{_title(name)}Run",
        __base__=overrides,
        capture_id=(int | None, Field(None, description=CAPTURE_ID)),
        portfolios=(dict[str, overrides], Field({}, description=PORTFOLIOS)),
    )
    return run


def given(config: dg.Config) -> dict[str, Any]:
    """What a run config sets: null means not overridden."""
    return {name: _plain_value(value) for name, value in config if value is not None}


def _plain_value(value: Any) -> Any:
    return value.value if isinstance(value, Enum) else value


def _optional(info: FieldInfo) -> Any:
    plain: Any = plain_type(info.annotation)
    return (plain | None, Field(None, description=describe(info)))


def plain_type(annotation: Any) -> Any:
    """The type without bounds, None and what a Dagster config cannot express."""
    origin = get_origin(annotation)
    if origin is Annotated:
        return plain_type(get_args(annotation)[0])
    if origin in (Union, UnionType):
        return plain_type(next(member for member in get_args(annotation) if member is not type(None)))
    if origin is dict:
        key, value = get_args(annotation)
        return dict[key, Any if get_origin(value) is dict else plain_type(value)]  # type: ignore[misc,valid-type]
    if origin is list:
        return list[plain_type(get_args(annotation)[0])]  # type: ignore[misc]
    if isinstance(annotation, type) and issubclass(annotation, StrEnum):
        return _choice(annotation)
    return annotation


def _choice(choices: type[StrEnum]) -> type[Enum]:
    """Dagster reads a choice by its member's name; ours are read by their values."""
    return Enum(choices.__name__, {choice.value: choice.value for choice in choices})  # type: ignore[return-value]


def describe(info: FieldInfo) -> str:
    """A setting's sentence, unit, default and bounds; without one in the run, the portfolio's own setting counts."""
    default = _plain_value(info.get_default(call_default_factory=True))
    return "; ".join([info.description or "", f"default {_shown(default)}", *_bounds(info)])


def _shown(default: Any) -> str:
    """A default as it is written in YAML."""
    match default:
        case None:
            return "unset"
        case bool() | dict():
            return json.dumps(default)
        case int() | float():
            return f"{default:,.15g}"
    return str(default)


def _bounds(info: FieldInfo) -> list[str]:
    metadata = [*info.metadata, *_inner_metadata(info.annotation)]
    return [
        f"{BOUND_WORDS[type(bound)][0]} {getattr(bound, BOUND_WORDS[type(bound)][1]):,.15g}"
        for bound in metadata
        if type(bound) in BOUND_WORDS
    ]


def _inner_metadata(annotation: Any) -> list[Any]:
    """The bounds inside `Annotated[float, Field(ge=0)] | None`."""
    if get_origin(annotation) is Annotated:
        inner, *metadata = get_args(annotation)
        return [*_inner_metadata(inner), *(bound for item in metadata for bound in getattr(item, "metadata", [item]))]
    return [bound for member in get_args(annotation) for bound in _inner_metadata(member)]


def _title(name: str) -> str:
    return "".join(word.capitalize() for word in name.split("_"))
