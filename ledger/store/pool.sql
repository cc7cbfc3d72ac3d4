-- name: schema_version :one
-- The migration that the database is at.
SELECT version_num FROM alembic_version

-- name: all_ecosystems :many
-- Every ecosystem; the service role sees only the one that its transaction names.
SELECT ecosystem_id FROM ledger_head WHERE size > 0 ORDER BY ecosystem_id
