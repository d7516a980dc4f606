"""The schema `prescient`, and the types of its columns."""

from sqlalchemy import DateTime, MetaData, Numeric

SCHEMA = "prescient"
metadata = MetaData(
    schema=SCHEMA,
    naming_convention={
        "pk": "%(table_name)s_pkey",
        "uq": "%(table_name)s_%(column_0_N_name)s_key",
        "fk": "%(table_name)s_%(column_0_N_name)s_fkey",
        "ck": "%(table_name)s_%(constraint_name)s",
        "ix": "%(table_name)s_%(column_0_N_name)s_idx",
    },
)

Usd = Numeric(20, 6)
Price = Numeric(8, 6)
Shares = Numeric(20, 2)
Time = DateTime(timezone=True)
