-- name: schema_version :one
-- The migration that the database is at.
SELECT version_num FROM alembic_version

-- name: all_ecosystems :many
-- Every ecosystem; the service role sees only the one that its transaction names.
SELECT ecosystem_id FROM ledger_head WHERE size > 0 ORDER BY ecosystem_id

-- name: ecosystems_due :many
-- Ecosystems where the clock has something to enter by now, earliest first.
SELECT ecosystem_id FROM wake WHERE next_at <= $1 ORDER BY next_at LIMIT $2
