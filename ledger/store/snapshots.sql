-- name: newest_snapshot :one
-- The newest snapshot of a shape, not beyond a size.
SELECT size, frontier, state FROM book_snapshot
WHERE ecosystem_id = $1 AND shape = $2 AND size <= $3 ORDER BY size DESC LIMIT 1

-- name: add_snapshot :exec
-- A snapshot, unless another process was faster.
INSERT INTO book_snapshot (ecosystem_id, size, shape, frontier, state)
VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING

-- name: drop_snapshots :exec
-- Snapshots that newer ones have made useless.
DELETE FROM book_snapshot WHERE ecosystem_id = $1 AND size < $2

-- name: all_snapshots :many
-- Every snapshot of a shape, for the check by replay.
SELECT size, frontier, state FROM book_snapshot WHERE ecosystem_id = $1 AND shape = $2 ORDER BY size
