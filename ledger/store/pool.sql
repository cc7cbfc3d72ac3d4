-- name: schema_version :one
-- The migration that the database is at.
SELECT version_num FROM alembic_version
