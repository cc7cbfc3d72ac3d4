-- name: keep_wake :exec
-- When the clock has next something to enter.
INSERT INTO wake (ecosystem_id, next_at) VALUES ($1, $2)
ON CONFLICT (ecosystem_id) DO UPDATE SET next_at = excluded.next_at

-- name: drop_wake :exec
-- Nothing waits for the clock any more.
DELETE FROM wake WHERE ecosystem_id = $1

-- name: next_wake :one
-- When the clock has next something to enter.
SELECT next_at FROM wake WHERE ecosystem_id = $1
