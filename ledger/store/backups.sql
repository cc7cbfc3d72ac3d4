-- name: export_snapshot :one
-- A name under which another session sees exactly what this one sees.
SELECT pg_export_snapshot() AS name, current_setting('server_version_num')::integer / 10000 AS server

-- name: all_heads :many
-- Every ecosystem's head, with its newest published checkpoint.
SELECT h.ecosystem_id, h.size, h.frontier, coalesce(
    (SELECT c.note FROM checkpoint c WHERE c.ecosystem_id = h.ecosystem_id ORDER BY c.size DESC LIMIT 1), '') AS note
FROM ledger_head h WHERE h.size > 0 ORDER BY h.ecosystem_id

-- name: relation_count :one
-- How many tables, views and sequences a database already has of its own.
SELECT count(*) AS relations, current_setting('server_version_num')::integer / 10000 AS server
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname NOT LIKE 'pg\_%' AND n.nspname <> 'information_schema'

-- name: service_role :exec
-- The role that a backup grants its rights to; a cluster that never had the ledger lacks it.
DO $$ BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'jpi_service') THEN
        CREATE ROLE jpi_service NOLOGIN;
    END IF;
END $$
