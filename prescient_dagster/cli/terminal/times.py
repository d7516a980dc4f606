"""Moments as they are given on the command line."""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated

import typer

from prescient_dagster.domain import moments
from prescient_dagster.domain.errors import InvalidInput

Since = Annotated[
    str | None, typer.Option("--from", metavar="T", help="Only captures from then on: a UTC day, or 2026-03-01T12:30.")
]
Until = Annotated[
    str | None,
    typer.Option("--to", metavar="T", help="Only captures up to then; of a day all. Without it: to the last."),
]


def read_since(given: str | None) -> datetime | None:
    """The moment from which on is meant; a day begins with its first moment."""
    return _read(moments.read_since, given, "--from")


def read_until(given: str | None) -> datetime | None:
    """The moment up to which is meant; a day ends with its last moment."""
    return _read(moments.read_until, given, "--to")


def _read(reading: Callable[[str], datetime], given: str | None, option: str) -> datetime | None:
    try:
        return None if given is None else reading(given)
    except InvalidInput as error:
        raise typer.BadParameter(f"{option} {error}") from None
