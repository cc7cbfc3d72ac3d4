-- name: add_batches :exec
-- What the rows of batches are salted with.
INSERT INTO observation_batch (ecosystem_id, index, party, series, row_count, salt)
SELECT $1, index, party, series, row_count, salt
FROM unnest($2::bigint[], $3::text[], $4::text[], $5::integer[], $6::bytea[])
    AS added (index, party, series, row_count, salt)

-- name: taken_references :many
-- Which references of a transaction's batches stand already. Looked up one by one in the order of the
-- key, because no other index gives that: the planner may otherwise read a whole series for each.
SELECT asked.party, asked.series, asked.reference, asked.revision
FROM unnest($2::text[], $3::text[], $4::text[], $5::integer[]) AS asked (party, series, reference, revision)
CROSS JOIN LATERAL (
    SELECT revision FROM observation
    WHERE ecosystem_id = $1 AND party = asked.party AND series = asked.series
        AND reference = asked.reference AND revision >= asked.revision
    ORDER BY revision LIMIT 1
) AS o
WHERE o.revision = asked.revision

-- name: add_observations :exec
-- The rows of a transaction's batches.
INSERT INTO observation (ecosystem_id, party, series, batch_index, reference, revision, number, period, at, segment, value, denominator, sample_size, leaf_hash)
SELECT $1, party, series, batch_index, reference, revision, number, period, at, segment, value, denominator, sample_size, leaf_hash
FROM unnest($2::text[], $3::text[], $4::bigint[], $5::text[], $6::integer[], $7::integer[], $8::text[], $9::timestamptz[], $10::text[], $11::numeric[], $12::numeric[], $13::bigint[], $14::bytea[])
    AS added (party, series, batch_index, reference, revision, number, period, at, segment, value, denominator, sample_size, leaf_hash)

-- name: aggregate :one
-- What the newest revisions of a party's rows of one series, segment and period add up to.
SELECT coalesce(sum(value), 0) AS value, sum(denominator) AS denominator, sum(sample_size)::bigint AS sample_size,
    count(*) AS row_count, coalesce(array_agg(DISTINCT batch_index), '{}') AS batches,
    (SELECT coalesce(max(b.index), 0) FROM observation_batch b
        WHERE b.ecosystem_id = $1 AND b.party = $2 AND b.series = $3) AS seen_batch
FROM (
    SELECT DISTINCT ON (reference) value, denominator, sample_size, batch_index
    FROM observation
    WHERE ecosystem_id = $1 AND party = $2 AND series = $3 AND ($4::text = '' OR segment = $4)
        AND (period = $5 OR (period = '' AND at >= $6 AND at < $7))
    ORDER BY reference, revision DESC
) AS newest

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
