-- name: schema_version :one
-- The migration that the database is at.
SELECT version_num FROM alembic_version

-- name: all_ecosystems :many
-- Every ecosystem; the service role sees only the one that its transaction names.
SELECT ecosystem_id FROM ledger_head WHERE size > 0 ORDER BY ecosystem_id

-- name: ecosystems_due :many
-- Ecosystems where the clock has something to enter by now, earliest first.
SELECT ecosystem_id FROM wake WHERE next_at <= $1 ORDER BY next_at LIMIT $2

-- name: take_the_clock :one
-- One clock at a time enters what is due; this waits for the one that does. Ends with the session.
SELECT pg_advisory_lock(7402)

-- name: try_the_clock :one
-- The same without waiting: whether it is ours now.
SELECT pg_try_advisory_lock(7402)

-- name: sees_everything :one
-- Whether row-level security hides no ecosystem from this role: it owns the schema, or may pass by.
SELECT coalesce(bool_or(pg_has_role(c.relowner, 'USAGE')), false)
    OR (SELECT r.rolsuper OR r.rolbypassrls FROM pg_roles r WHERE r.rolname = current_user) AS sees_all
FROM pg_class c WHERE c.oid = to_regclass('public.ledger_head')
