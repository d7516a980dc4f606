"""Walk-forwards: kept under a number as they were told, and removed when nobody wants them any more."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import RowMapping, delete, select

from prescient_dagster.domain.errors import NotFound
from prescient_dagster.store.database import Database
from prescient_dagster.store.tables import sweeps


@dataclass(frozen=True, slots=True)
class NewSweep:
    """What was tried on what, and what came of it.

    Attributes:
        config: the settings below the grid.
        source: where the captures come from.
        result: as the commands tell it.
    """

    strategy_type: str
    code_version: str
    source: str
    initial_balance: Decimal
    config: Mapping[str, Any]
    grid: Mapping[str, Any]
    result: Mapping[str, Any]


LABEL = "sweep:"


def label(sweep_id: int) -> str:
    """What a walk-forward is called among portfolios and replays; none of them is called so."""
    return f"{LABEL}{sweep_id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptSweep(NewSweep):
    """The same, as it is kept."""

    sweep_id: int
    created_at: datetime


def keep(database: Database, new: NewSweep) -> int:
    """Keep a walk-forward; its number."""
    values = {name: getattr(new, name) for name in NewSweep.__slots__}
    with database.begin() as connection:
        return int(connection.scalars(sweeps.insert().returning(sweeps.c.sweep_id), values).one())


def get(database: Database, sweep_id: int) -> KeptSweep:
    """The walk-forward of this number, or `NotFound`."""
    with database.begin() as connection:
        row = connection.execute(select(sweeps).where(sweeps.c.sweep_id == sweep_id)).mappings().one_or_none()
    if row is None:
        raise _unknown(sweep_id)
    return _kept(row)


def list_all(database: Database) -> list[KeptSweep]:
    """All of them, the oldest first."""
    with database.begin() as connection:
        return [_kept(row) for row in connection.execute(select(sweeps).order_by(sweeps.c.sweep_id)).mappings()]


def remove(database: Database, sweep_id: int) -> None:
    """Remove one, or `NotFound`."""
    with database.begin() as connection:
        removed = connection.execute(delete(sweeps).where(sweeps.c.sweep_id == sweep_id)).rowcount
    if not removed:
        raise _unknown(sweep_id)


def _unknown(sweep_id: int) -> NotFound:
    return NotFound(f"there is no sweep {sweep_id}: `prescient sweeps list` shows those there are")


def _kept(row: RowMapping) -> KeptSweep:
    return KeptSweep(**row)
