-- name: add_batches :exec
-- Batches, beside the entries that commit to them.
INSERT INTO observation_batch (ecosystem_id, index, number, party, series, row_count)
SELECT $1, index, number, party, series, row_count
FROM unnest($2::bigint[], $3::bigint[], $4::text[], $5::text[], $6::integer[])
    AS added (index, number, party, series, row_count)

-- name: taken_references :many
-- Which references of a transaction's batches stand already (number 0), or come with its uploads.
-- Looked up one by one, so that the planner never reads a whole series for a few.
SELECT asked.party, asked.series, asked.reference, asked.revision, o.number
FROM unnest($2::text[], $3::text[], $4::text[], $5::integer[]) AS asked (party, series, reference, revision)
CROSS JOIN LATERAL (
    SELECT CASE WHEN b.number IS NULL THEN r.batch_number ELSE 0 END AS number
    FROM observation_row r
    LEFT JOIN observation_batch b ON b.ecosystem_id = r.ecosystem_id AND b.number = r.batch_number
    WHERE r.ecosystem_id = $1 AND r.party = asked.party AND r.series = asked.series
        AND r.reference = asked.reference AND r.revision = asked.revision
        AND (b.number IS NOT NULL OR r.batch_number = ANY ($6::bigint[]))
    OFFSET 0
) AS o

-- name: lock_loading :many
-- Which uploads are loaded and wait for their entry, locked against whoever would give them up.
SELECT batch_number FROM observation_upload
WHERE ecosystem_id = $1 AND batch_number = ANY ($2::bigint[]) AND state = 'LOADING' FOR UPDATE

-- name: uploads_entered :exec
-- Uploads whose entry this transaction makes.
UPDATE observation_upload u SET state = 'ENTERED', entry_index = entered.index, seen_at = now()
FROM unnest($2::bigint[], $3::bigint[]) AS entered (number, index)
WHERE u.ecosystem_id = $1 AND u.batch_number = entered.number

-- name: add_observations :exec
-- The rows of a transaction's batches.
INSERT INTO observation_row (ecosystem_id, party, series, batch_number, reference, revision, number, period, at, segment, value, denominator, sample_size, attribution, salt, leaf_hash)
SELECT $1, party, series, batch_number, reference, revision, number, period, at, segment, value, denominator, sample_size, attribution, salt, leaf_hash
FROM unnest($2::text[], $3::text[], $4::bigint[], $5::text[], $6::integer[], $7::integer[], $8::text[], $9::timestamptz[], $10::text[], $11::numeric[], $12::numeric[], $13::bigint[], $14::text[], $15::bytea[], $16::bytea[])
    AS added (party, series, batch_number, reference, revision, number, period, at, segment, value, denominator, sample_size, attribution, salt, leaf_hash)

-- name: totals :many
-- What the newest revisions of a series add up to by party, over the periods named (all when none is). $5: the size at which the viewer's sight ends.
SELECT party, sum(value) AS value, sum(denominator) AS denominator, sum(sample_size)::bigint AS sample_size,
    count(*) AS row_count
FROM (
    SELECT DISTINCT ON (party, reference) party, value, denominator, sample_size
    FROM observation
    WHERE ecosystem_id = $1 AND series = $2 AND ($3::text = '' OR segment = $3)
        AND (cardinality($4::text[]) = 0 OR period = ANY ($4))
        AND ($5::bigint IS NULL OR batch_index < $5)
    ORDER BY party, reference, revision DESC
) AS newest
GROUP BY party ORDER BY party

-- name: batches_after :many
-- A party's batches (of a series, or all) below a ledger size, after an index.
SELECT index, number, series, row_count FROM observation_batch
WHERE ecosystem_id = $1 AND party = $2 AND ($3::text = '' OR series = $3) AND index < $4 AND index > $5
ORDER BY index LIMIT $6

-- name: rows_between :many
-- The rows of a batch from a number on, before another; of a dropped one its leaf hash alone.
SELECT number, reference, revision, period, at, segment, value, denominator, sample_size, attribution, salt, leaf_hash
FROM observation_row WHERE ecosystem_id = $1 AND batch_number = $2 AND number >= $3 AND number < $4
UNION ALL
SELECT number, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, leaf_hash
FROM observation_dropped WHERE ecosystem_id = $1 AND batch_number = $2 AND number >= $3 AND number < $4
ORDER BY number

-- name: places :many
-- Where references of a party's series stand, every revision.
SELECT batch_index, array_agg(number ORDER BY number) AS numbers FROM observation
WHERE ecosystem_id = $1 AND party = $2 AND series = $3 AND reference = ANY ($4::text[])
GROUP BY batch_index ORDER BY batch_index

-- name: keep_leaves :exec
-- What stays of rows that are dropped.
INSERT INTO observation_dropped (ecosystem_id, batch_number, number, leaf_hash)
SELECT r.ecosystem_id, r.batch_number, r.number, r.leaf_hash
FROM unnest($2::text[], $3::bigint[], $4::integer[]) AS gone (party, batch, number)
JOIN observation_batch b ON b.ecosystem_id = $1 AND b.index = gone.batch AND b.party = gone.party
JOIN observation_row r ON r.ecosystem_id = $1 AND r.batch_number = b.number AND r.number = gone.number

-- name: drop_kept :exec
-- Rows whose leaf hash is kept in their place.
DELETE FROM observation_row r
USING unnest($2::bigint[], $3::integer[]) AS gone (batch, number), observation_batch b, observation_dropped d
WHERE r.ecosystem_id = $1 AND b.ecosystem_id = $1 AND b.index = gone.batch AND r.batch_number = b.number
    AND r.number = gone.number AND d.ecosystem_id = $1 AND d.batch_number = r.batch_number AND d.number = r.number
