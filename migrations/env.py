"""How alembic reaches the database: raw SQL, forward only, one transaction a migration.

`ops/migrate.py` passes the connection in `config.attributes`, so that this knows no address.
"""

from alembic import context

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=None, transaction_per_migration=True)
with context.begin_transaction():
    context.run_migrations()
