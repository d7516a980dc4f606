"""Keeps why a token has no order book on a capture, and when it could not be asked for.

What was stored before keeps its meaning: a token without a book was traded at the best quote then.
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
SCHEMA = "prescient"


def upgrade() -> None:
    """Add the columns and the table, and give every order book its state."""
    op.add_column("order_books", sa.Column("state", sa.Text()), schema=SCHEMA)
    op.add_column("order_books", sa.Column("why", sa.Text(), nullable=False, server_default=""), schema=SCHEMA)
    op.add_column("order_books", sa.Column("evidence", sa.Text(), nullable=False, server_default=""), schema=SCHEMA)
    op.execute(f"UPDATE {SCHEMA}.order_books SET state = CASE WHEN book IS NULL THEN 'touch' ELSE 'readable' END")
    op.alter_column("order_books", "state", nullable=False, schema=SCHEMA)
    op.create_check_constraint(
        op.f("order_books_state"), "order_books", "state IN ('readable', 'none', 'unusable', 'touch')", schema=SCHEMA
    )
    op.create_check_constraint(
        op.f("order_books_book"), "order_books", "(state = 'readable') = (book IS NOT NULL)", schema=SCHEMA
    )
    op.create_table(
        "unavailable_books",
        sa.Column("capture_id", sa.BigInteger(), nullable=False),
        sa.Column("token_id", sa.Text(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), server_default=sa.func.clock_timestamp(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["capture_id"],
            ["prescient.captures.capture_id"],
            name=op.f("unavailable_books_capture_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("capture_id", "token_id", "asked_at", name=op.f("unavailable_books_pkey")),
        schema=SCHEMA,
    )
