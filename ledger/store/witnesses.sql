-- name: add_cosignature :exec
-- A witness's signature line, unless that key has cosigned this size.
INSERT INTO cosignature (ecosystem_id, size, verifier_key, party, line, received_at)
VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING

-- name: cosignatures_of :many
-- The cosignatures of checkpoints between two sizes, both included.
SELECT size, verifier_key, party, line, received_at FROM cosignature
WHERE ecosystem_id = $1 AND size BETWEEN $2 AND $3 ORDER BY size, received_at, verifier_key

-- name: checkpoint_at :one
-- The published checkpoint of a size.
SELECT size, note FROM checkpoint WHERE ecosystem_id = $1 AND size = $2
