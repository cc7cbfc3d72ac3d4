"""Frozen history of the schema: raw SQL in alembic, forward only. Imports nothing of ours."""
