-- name: make_schema :exec
-- Where the twins of derived tables stand while a ledger is refolded.
CREATE SCHEMA rebuilt

-- name: drop_schema :exec
-- What an earlier rebuild left.
DROP SCHEMA IF EXISTS rebuilt CASCADE

-- name: write_to_twins :exec
-- From here on the product's own statements write to the twins, and read what has none.
SET LOCAL search_path = rebuilt, public

-- name: write_to_originals :exec
-- Back to the tables that are served.
SET LOCAL search_path = public

-- name: hold_writers :exec
-- Every writer of every ecosystem waits at the head; readers go on.
LOCK TABLE public.ledger_head IN EXCLUSIVE MODE

-- name: wait_a_while :exec
-- A swap waits for readers to finish; it never stands in the way for long.
SET LOCAL lock_timeout = '10s'

-- name: replaced_schema :one
-- Whether the tables that an earlier swap replaced are still kept.
SELECT to_regnamespace('replaced') IS NOT NULL AS is_kept

-- name: make_replaced :exec
-- Where replaced tables are kept, out of the service's sight.
CREATE SCHEMA replaced

-- name: swap :many
-- The statements that put a twin in its table's place; the names are quoted by the server.
SELECT format(statement, $1::text) AS statement FROM (VALUES
    (1, 'ALTER TABLE public.%I SET SCHEMA replaced'),
    (2, 'ALTER TABLE rebuilt.%I SET SCHEMA public')) AS steps (number, statement)
ORDER BY number

-- name: comparison :one
-- The statement that compares a table with its twin row by row, along its primary key.
SELECT format(
    'SELECT to_jsonb(f)::text AS found, to_jsonb(e)::text AS expected, count(*) OVER () AS total '
    'FROM (SELECT * FROM public.%1$I WHERE ecosystem_id = $1) f '
    'FULL JOIN (SELECT * FROM rebuilt.%1$I WHERE ecosystem_id = $1) e USING (%2$s) '
    'WHERE f IS DISTINCT FROM e ORDER BY %2$s LIMIT $2',
    $1::text, string_agg(format('%I', a.attname), ', ' ORDER BY k.place)) AS statement,
    array_agg(a.attname::text ORDER BY k.place) AS key
FROM pg_constraint c
CROSS JOIN LATERAL unnest(c.conkey) WITH ORDINALITY AS k (number, place)
JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = k.number
WHERE c.contype = 'p' AND c.conrelid = to_regclass(format('public.%I', $1::text))

-- name: whole_entries :many
-- Entries with all that is stored of them, from an index on.
SELECT e.index, e.at, e.kind, e.version, e.party, e.audience, e.envelope, e.leaf_hash,
    o.salt, o.body, a.salt AS annex_salt, a.data AS annex
FROM public.entry e
LEFT JOIN public.opening o ON o.ecosystem_id = e.ecosystem_id AND o.index = e.index
LEFT JOIN public.annex a ON a.ecosystem_id = e.ecosystem_id AND a.index = e.index
WHERE e.ecosystem_id = $1 AND e.index >= $2
ORDER BY e.index
LIMIT $3

-- name: whole_head :one
-- The head with the time of its newest entry.
SELECT size, frontier, last_at FROM public.ledger_head WHERE ecosystem_id = $1

-- name: all_batches :many
-- What is stored of each batch of observations beside its entry.
SELECT index, party, series, row_count FROM public.observation_batch WHERE ecosystem_id = $1 ORDER BY index

-- name: all_rows :many
-- Rows of observations in the order in which their batches' roots were made; of a dropped one the leaf alone.
SELECT batch_index, number, party, series, reference, revision, period, at, segment, value, denominator,
    sample_size, attribution, salt, leaf_hash
FROM public.observation WHERE ecosystem_id = $1
UNION ALL
SELECT b.index, d.number, b.party, b.series, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, d.leaf_hash
FROM public.observation_dropped d
JOIN public.observation_batch b ON b.ecosystem_id = d.ecosystem_id AND b.number = d.batch_number
WHERE d.ecosystem_id = $1
ORDER BY 1, 2

-- name: stray_keys :many
-- Idempotency keys that lead to entries which are not there.
SELECT k.party, k.key, k.first_index, k.entry_count
FROM public.idempotency_key k
WHERE k.ecosystem_id = $1 AND (k.entry_count < 1 OR k.first_index + k.entry_count > $2::bigint)
ORDER BY k.first_index
LIMIT $3
