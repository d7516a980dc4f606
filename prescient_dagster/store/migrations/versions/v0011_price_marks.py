"""Hourly prices, which outlive the captures they were taken from."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
SCHEMA = "prescient"


def upgrade() -> None:
    op.create_table(
        "price_marks",
        sa.Column("file_id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.Column("marks", sa.Integer(), nullable=False),
        sa.Column(
            "written_at",
            sa.DateTime(timezone=True),
            nullable=False,
            server_default=sa.func.clock_timestamp(),
        ),
        sa.CheckConstraint("source IN ('captures', 'venue')", name=op.f("price_marks_source")),
        sa.PrimaryKeyConstraint("file_id", name=op.f("price_marks_pkey")),
        sa.UniqueConstraint("path", name=op.f("price_marks_path_key")),
        schema=SCHEMA,
    )
    op.create_index(
        "price_marks_of_captures",
        "price_marks",
        ["day"],
        unique=True,
        schema=SCHEMA,
        postgresql_where=sa.text("source = 'captures'"),
    )
