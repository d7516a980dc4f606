"""Run by Alembic, inside the transaction that `migrate.upgrade` began."""

from alembic import context

from prescient_dagster.store.tables import SCHEMA, metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    version_table_schema=SCHEMA,
)
with context.begin_transaction():
    context.run_migrations()
