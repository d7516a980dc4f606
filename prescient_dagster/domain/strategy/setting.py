"""How a setting says what it means: its sentence, its unit and its bounds, and how a message names it."""

from enum import Enum
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from prescient_dagster.domain import money


def setting(meaning: str, unit: str, **bounds: Any) -> Any:
    """What a setting means, its unit and its bounds, as `strategy show` prints them."""
    return Field(description=f"{meaning} ({unit})", json_schema_extra={"unit": unit}, **bounds)


def usd(meaning: str) -> Any:
    """A setting in USD, at least 0."""
    return setting(meaning, "USD", ge=0, le=1_000_000_000_000)


def days(meaning: str) -> Any:
    """A setting in days, at least 0."""
    return setting(meaning, "days", ge=0, le=36_500)


def choice(meaning: str) -> Any:
    """A setting with a few values; strict models would refuse their names as they stand in JSON."""
    return Field(description=meaning, json_schema_extra={"unit": "choice"}, strict=False)


class NamedSettings(BaseModel):
    """Some of the settings of a strategy."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False, validate_default=True)

    def named(self, name: str) -> str:
        """A setting as a message names it: with its value, and whether that is only the default."""
        return f"{name} {_told(getattr(self, name))}{self.by_default(name)}"

    def by_default(self, name: str) -> str:
        """What a message adds to a setting that nobody set."""
        return "" if name in self.model_fields_set else ", the default"


def _told(value: Any) -> str:
    if value is None:
        return "unset"
    return str(value.value) if isinstance(value, Enum) else f"{money.exact(value).normalize():f}"
