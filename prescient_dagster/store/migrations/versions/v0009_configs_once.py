"""Keeps each effective config once: cycles name it by its sha256, under which each of them held a copy before."""

from alembic import op

from prescient_dagster.store.migrations.gathered_configs import gather, gathered_to

revision = "0009"
down_revision = "0008"
SCHEMA = "prescient"


def upgrade() -> None:
    """Gather what nobody has gathered ahead; `migrate.upgrade` makes sure of the reference once others go on."""
    connection = op.get_bind()
    gather(connection, gathered_to(op.get_context().config))
    op.drop_column("cycles", "config", schema=SCHEMA)
    op.create_foreign_key(
        "cycles_config_sha256_fkey",
        "cycles",
        "configs",
        ["config_sha256"],
        ["config_sha256"],
        source_schema=SCHEMA,
        referent_schema=SCHEMA,
        postgresql_not_valid=True,
    )
