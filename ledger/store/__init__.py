"""The cellar: the only place that knows asyncpg. Queries stand in the `.sql` beside each `.py`."""
