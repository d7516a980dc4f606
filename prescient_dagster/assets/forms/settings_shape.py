"""Strategy settings in a form: those that all strategies know are typed and completed, a strategy's own are free.

Which those are is known to the strategy's code location alone: the platform's loads no strategy. Null means that a
setting is unset, which differs from not giving it, so no field has a default.
"""

from enum import Enum
from typing import Any, get_args, get_origin

import dagster as dg

from prescient_dagster.assets.forms.run_config import describe, plain_type
from prescient_dagster.domain.strategy.configs import DirectionalConfig

KINDS: dict[Any, Any] = {float: dg.Float, int: dg.Int, bool: dg.Bool, str: dg.String}


def settings_shape() -> dg.Permissive:
    """The settings as the launchpad completes and judges them; their bounds are judged in the body."""
    fields = {
        name: dg.Field(dg.Noneable(_kind(plain_type(info.annotation))), is_required=False, description=describe(info))
        for name, info in DirectionalConfig.model_fields.items()
    }
    return dg.Permissive(fields)  # type: ignore[no-untyped-call]


def as_written(settings: dict[str, Any]) -> dict[str, Any]:
    """Whole numbers as whole numbers: Dagster makes 50.0 of a 50 where a number may have decimals."""
    return {
        name: int(value) if isinstance(value, float) and value.is_integer() else value
        for name, value in settings.items()
    }


def _kind(plain: Any) -> Any:
    if get_origin(plain) is list:
        return dg.Array(_kind(get_args(plain)[0]))
    if isinstance(plain, type) and issubclass(plain, Enum):
        return dg.Enum(f"{plain.__name__}Setting", [dg.EnumValue(member.name) for member in plain])
    return KINDS[plain]
