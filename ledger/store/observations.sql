-- name: add_batches :exec
-- What the rows of batches are salted with.
INSERT INTO observation_batch (ecosystem_id, index, party, series, row_count, salt)
SELECT $1, index, party, series, row_count, salt
FROM unnest($2::bigint[], $3::text[], $4::text[], $5::integer[], $6::bytea[])
    AS added (index, party, series, row_count, salt)

-- name: taken_references :many
-- Which references of a transaction's batches stand already.
SELECT o.party, o.series, o.reference, o.revision
FROM observation o
JOIN unnest($2::text[], $3::text[], $4::text[], $5::integer[]) AS asked (party, series, reference, revision)
    ON o.party = asked.party AND o.series = asked.series
    AND o.reference = asked.reference AND o.revision = asked.revision
WHERE o.ecosystem_id = $1

-- name: add_observations :exec
-- The rows of a transaction's batches.
INSERT INTO observation (ecosystem_id, party, series, batch_index, reference, revision, number, period, at, segment, value, denominator, sample_size, leaf_hash)
SELECT $1, party, series, batch_index, reference, revision, number, period, at, segment, value, denominator, sample_size, leaf_hash
FROM unnest($2::text[], $3::text[], $4::bigint[], $5::text[], $6::integer[], $7::integer[], $8::text[], $9::timestamptz[], $10::text[], $11::numeric[], $12::numeric[], $13::bigint[], $14::bytea[])
    AS added (party, series, batch_index, reference, revision, number, period, at, segment, value, denominator, sample_size, leaf_hash)

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
