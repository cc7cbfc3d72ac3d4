-- name: create_head :exec
-- The head of a new ecosystem; nothing when it stands already.
INSERT INTO ledger_head (ecosystem_id, size, frontier, last_at)
VALUES ($1, 0, '', '-infinity') ON CONFLICT DO NOTHING

-- name: lock_head :one
-- The head, locked until the transaction ends. A statement of its own: what is read after it is current.
SELECT size FROM ledger_head WHERE ecosystem_id = $1 FOR UPDATE

-- name: locked_head :one
-- The head after the lock was taken, with the database's clock.
SELECT size, frontier, CASE WHEN size = 0 THEN NULL ELSE last_at END AS last_at, clock_timestamp() AS database_at
FROM ledger_head WHERE ecosystem_id = $1

-- name: size_at :one
-- How many entries had been made by an instant. Instants never fall, so it halves: O(log n) reads.
WITH RECURSIVE halved (low, high) AS (
    SELECT 0::bigint, size FROM ledger_head WHERE ecosystem_id = $1
    UNION ALL
    SELECT CASE WHEN e.at <= $2::timestamptz THEN e.index + 1 ELSE h.low END,
        CASE WHEN e.at <= $2::timestamptz THEN h.high ELSE e.index END
    FROM halved h JOIN entry e ON e.ecosystem_id = $1 AND e.index = (h.low + h.high) / 2
    WHERE h.low < h.high
)
SELECT low AS size FROM halved WHERE low = high

-- name: head :one
-- The head, without a lock.
SELECT size, frontier FROM ledger_head WHERE ecosystem_id = $1

-- name: move_head :exec
-- The head after a batch.
UPDATE ledger_head SET size = $2, frontier = $3, last_at = $4 WHERE ecosystem_id = $1

-- name: append_entries :exec
-- The entries of a batch. Audiences travel as array literals, because unnest flattens arrays of arrays.
INSERT INTO entry (ecosystem_id, index, at, kind, version, party, audience, envelope, leaf_hash)
SELECT $1, index, at, kind, version, party, audience::text[], envelope, leaf_hash
FROM unnest($2::bigint[], $3::timestamptz[], $4::text[], $5::integer[], $6::text[], $7::text[], $8::bytea[], $9::bytea[])
    AS added (index, at, kind, version, party, audience, envelope, leaf_hash)

-- name: append_openings :exec
-- The openings of a batch.
INSERT INTO opening (ecosystem_id, index, salt, body)
SELECT $1, index, salt, body FROM unnest($2::bigint[], $3::bytea[], $4::bytea[]) AS added (index, salt, body)

-- name: append_annexes :exec
-- The annexes of a batch.
INSERT INTO annex (ecosystem_id, index, salt, data)
SELECT $1, index, salt, data FROM unnest($2::bigint[], $3::bytea[], $4::bytea[]) AS added (index, salt, data)

-- name: erase_annexes :exec
-- The free text of entries whose erasure this batch enters.
DELETE FROM annex WHERE ecosystem_id = $1 AND index = ANY ($2::bigint[])

-- name: append_nodes :exec
-- The inner nodes that a batch completed.
INSERT INTO node (ecosystem_id, level, index, hash)
SELECT $1, level, index, hash FROM unnest($2::smallint[], $3::bigint[], $4::bytea[]) AS added (level, index, hash)

-- name: entries_from :many
-- Entries from an index on, with the openings and annexes that the viewer may see ('*' for the service itself).
SELECT e.index, e.envelope, e.leaf_hash, o.salt, o.body, a.salt AS annex_salt, a.data AS annex
FROM entry e
LEFT JOIN opening o ON o.ecosystem_id = e.ecosystem_id AND o.index = e.index
    AND ($4::text = '*' OR e.audience && ARRAY['*', $4::text])
LEFT JOIN annex a ON a.ecosystem_id = e.ecosystem_id AND a.index = e.index
    AND ($4::text = '*' OR e.audience && ARRAY['*', $4::text])
WHERE e.ecosystem_id = $1 AND e.index >= $2
ORDER BY e.index
LIMIT $3

-- name: entries_at :many
-- Entries at given indices, as the viewer may see them.
SELECT e.index, e.envelope, e.leaf_hash, o.salt, o.body, a.salt AS annex_salt, a.data AS annex
FROM entry e
LEFT JOIN opening o ON o.ecosystem_id = e.ecosystem_id AND o.index = e.index
    AND ($3::text = '*' OR e.audience && ARRAY['*', $3::text])
LEFT JOIN annex a ON a.ecosystem_id = e.ecosystem_id AND a.index = e.index
    AND ($3::text = '*' OR e.audience && ARRAY['*', $3::text])
WHERE e.ecosystem_id = $1 AND e.index = ANY ($2::bigint[])
ORDER BY e.index

-- name: entries_before :many
-- Entries before an index, newest first, as the viewer may see them.
SELECT e.index, e.envelope, e.leaf_hash, o.salt, o.body, a.salt AS annex_salt, a.data AS annex
FROM entry e
LEFT JOIN opening o ON o.ecosystem_id = e.ecosystem_id AND o.index = e.index
    AND ($4::text = '*' OR e.audience && ARRAY['*', $4::text])
LEFT JOIN annex a ON a.ecosystem_id = e.ecosystem_id AND a.index = e.index
    AND ($4::text = '*' OR e.audience && ARRAY['*', $4::text])
WHERE e.ecosystem_id = $1 AND e.index < $2
ORDER BY e.index DESC
LIMIT $3

-- name: leaves_at :many
-- Leaf hashes at given indices.
SELECT index, leaf_hash AS hash FROM entry WHERE ecosystem_id = $1 AND index = ANY ($2::bigint[])

-- name: nodes_at :many
-- Inner nodes at given places. LIMIT: a place is looked up by its key, never found by reading all.
SELECT wanted.level, wanted.index, n.hash
FROM unnest($2::smallint[], $3::bigint[]) AS wanted (level, index)
CROSS JOIN LATERAL (
    SELECT hash FROM node WHERE ecosystem_id = $1 AND level = wanted.level AND index = wanted.index LIMIT 1
) AS n

-- name: publish_checkpoint :exec
-- A checkpoint, unless one of its size or a larger one is published. Requires the head's lock.
INSERT INTO checkpoint (ecosystem_id, size, note, published_at)
SELECT $1, $2, $3, $4
WHERE NOT EXISTS (SELECT FROM checkpoint c WHERE c.ecosystem_id = $1 AND c.size >= $2)

-- name: newest_checkpoint :one
-- The newest published checkpoint.
SELECT size, note FROM checkpoint WHERE ecosystem_id = $1 ORDER BY size DESC LIMIT 1

-- name: checkpoint_within :one
-- The newest published checkpoint of at most a size.
SELECT size, note FROM checkpoint WHERE ecosystem_id = $1 AND size <= $2 ORDER BY size DESC LIMIT 1

-- name: checkpoints_from :many
-- Published checkpoints from a size on.
SELECT size, note FROM checkpoint WHERE ecosystem_id = $1 AND size >= $2 ORDER BY size LIMIT $3

-- name: keys_used :many
-- What keys of a batch led to earlier. LIMIT: each is looked up, whatever the planner knows of the table.
SELECT asked.party, asked.key, k.fingerprint, k.first_index, k.entry_count, k.object_id
FROM unnest($2::text[], $3::text[]) AS asked (party, key)
CROSS JOIN LATERAL (
    SELECT fingerprint, first_index, entry_count, object_id
    FROM idempotency_key WHERE ecosystem_id = $1 AND party = asked.party AND key = asked.key LIMIT 1
) AS k

-- name: use_keys :exec
-- The keys that a batch uses up.
INSERT INTO idempotency_key (ecosystem_id, party, key, fingerprint, first_index, entry_count, object_id)
SELECT $1, party, key, fingerprint, first_index, entry_count, object_id
FROM unnest($2::text[], $3::text[], $4::bytea[], $5::bigint[], $6::integer[], $7::text[])
    AS used (party, key, fingerprint, first_index, entry_count, object_id)
