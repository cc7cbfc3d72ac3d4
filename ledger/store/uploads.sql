-- name: add_upload :one
-- A new upload; nothing when the party used the key before.
INSERT INTO observation_upload (ecosystem_id, upload_id, party, subject, key, fingerprint, secret_hash, terms, state, batch_number, expires_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8::text::jsonb, 'WAITING', $9, now() + $10::interval)
ON CONFLICT (ecosystem_id, party, key) DO NOTHING RETURNING upload_id

-- name: renew_secret :one
-- The upload of a key that was used before, under a fresh address.
UPDATE observation_upload SET secret_hash = $4, expires_at = greatest(expires_at, now() + $5::interval)
WHERE ecosystem_id = $1 AND party = $2 AND key = $3
RETURNING upload_id, fingerprint

-- name: upload :one
-- An upload of a party.
SELECT upload_id, party, subject, terms::text AS terms, state, bytes_received, rows_received, rows_refused, rows_unchanged,
    rows_loaded, problems::text AS problems, entry_index, expires_at
FROM observation_upload WHERE ecosystem_id = $1 AND upload_id = $2 AND party = $3

-- name: uploads_after :many
-- A party's uploads in the order in which they were begun (microseconds since 1970), after a cursor.
SELECT upload_id, party, subject, terms::text AS terms, state, bytes_received, rows_received, rows_refused, rows_unchanged,
    rows_loaded, problems::text AS problems, entry_index, expires_at,
    (extract(epoch FROM begun_at) * 1000000)::bigint AS begun_us
FROM observation_upload WHERE ecosystem_id = $1 AND party = $2
    AND ((extract(epoch FROM begun_at) * 1000000)::bigint, upload_id) > ($3::bigint, $4::text)
ORDER BY begun_at, upload_id LIMIT $5

-- name: uploads_before :many
-- A party's uploads before a cursor, newest first.
SELECT upload_id, party, subject, terms::text AS terms, state, bytes_received, rows_received, rows_refused, rows_unchanged,
    rows_loaded, problems::text AS problems, entry_index, expires_at,
    (extract(epoch FROM begun_at) * 1000000)::bigint AS begun_us
FROM observation_upload WHERE ecosystem_id = $1 AND party = $2
    AND ((extract(epoch FROM begun_at) * 1000000)::bigint, upload_id) < ($3::bigint, $4::text)
ORDER BY begun_at DESC, upload_id DESC LIMIT $5

-- name: lock_upload :one
-- An upload by its address, locked while an attempt is decided on.
SELECT upload_id, party, subject, terms::text AS terms, state, bytes_received, rows_received, rows_refused, rows_unchanged,
    rows_loaded, problems::text AS problems, entry_index, expires_at, batch_number,
    expires_at <= now() AS is_expired, seen_at < now() - $4::interval AS is_stale
FROM observation_upload WHERE ecosystem_id = $1 AND upload_id = $2 AND secret_hash = $3 FOR UPDATE

-- name: start_attempt :exec
-- A new attempt at an upload, under a number of its own.
UPDATE observation_upload SET state = 'RECEIVING', batch_number = $3, bytes_received = 0, rows_received = 0,
    rows_refused = 0, rows_unchanged = 0, rows_loaded = 0, problems = '[]', seen_at = now()
WHERE ecosystem_id = $1 AND upload_id = $2

-- name: tell_progress :one
-- How far an attempt is; nothing when it was given up meanwhile.
UPDATE observation_upload SET state = $3, bytes_received = $4, rows_received = $5, rows_refused = $6, rows_unchanged = $7,
    rows_loaded = $8, problems = coalesce($9::text::jsonb, problems), seen_at = now()
WHERE ecosystem_id = $1 AND batch_number = $2 AND state IN ('RECEIVING', 'CHECKING', 'LOADING')
RETURNING upload_id

-- name: is_attempt :one
-- Whether an attempt still runs, locked against whoever would give it up.
SELECT upload_id FROM observation_upload
WHERE ecosystem_id = $1 AND batch_number = $2 AND state IN ('RECEIVING', 'CHECKING', 'LOADING') FOR UPDATE

-- name: drop_rows :exec
-- The rows of an attempt that came to nothing; entered rows stay by a policy.
DELETE FROM observation_row WHERE ecosystem_id = $1 AND batch_number = $2

-- name: give_up_stale :many
-- Attempts whose process died.
UPDATE observation_upload SET state = 'FAILED'
WHERE ecosystem_id = $1 AND state IN ('RECEIVING', 'CHECKING', 'LOADING') AND seen_at < now() - $2::interval
RETURNING batch_number

-- name: forget_ended :exec
-- Uploads that nobody needs any more.
DELETE FROM observation_upload
WHERE ecosystem_id = $1 AND expires_at < now() - $2::interval AND state NOT IN ('RECEIVING', 'CHECKING', 'LOADING')

-- name: newest_batch :one
-- The newest batch of a party's series, 0 when there is none.
SELECT coalesce(max(index), 0) AS index FROM observation_batch WHERE ecosystem_id = $1 AND party = $2 AND series = $3
