-- name: summed_up :one
-- What a party's rows of one series, segment and period add up to, each reference by its newest revision, without what lies in the windows $8 to $10; values are read with $11 decimals (all when it is NULL).
SELECT coalesce(sum(counted.value), 0) AS value, sum(counted.denominator) AS denominator,
    sum(counted.sample_size)::bigint AS sample_size, coalesce(sum(counted.value * counted.value), 0) AS squares,
    min(counted.value) AS lowest, max(counted.value) AS highest, count(*) AS row_count,
    count(*) - count(counted.denominator) AS undivided,
    coalesce(array_agg(DISTINCT counted.batch_index), '{}') AS batches,
    (SELECT coalesce(max(b.index), 0) FROM observation_batch b
        WHERE b.ecosystem_id = $1 AND b.party = $2 AND b.series = $3) AS seen_batch
FROM (
    SELECT CASE WHEN $11::integer IS NULL THEN o.value ELSE round(o.value, $11) END AS value,
        o.denominator, o.sample_size, o.batch_index
    FROM observation o
    WHERE o.ecosystem_id = $1 AND o.party = $2 AND o.series = $3 AND ($4::text = '' OR o.segment = $4)
        AND (o.period = $5 OR (o.period = '' AND o.at >= $6 AND o.at < $7))
        AND NOT EXISTS (SELECT FROM observation later
            WHERE later.ecosystem_id = $1 AND later.party = $2 AND later.series = $3
                AND later.reference = o.reference AND later.revision > o.revision)
        AND NOT EXISTS (SELECT FROM unnest($8::timestamptz[], $9::timestamptz[], $10::text[]) AS w (from_at, until_at, segment)
            WHERE o.at >= w.from_at AND o.at < w.until_at AND (w.segment = '' OR o.segment = w.segment))
) AS counted

-- name: answers :many
-- How often each value was given by the rows that summed_up counts, at most $12 values.
SELECT counted.value AS value, count(*) AS count
FROM (
    SELECT CASE WHEN $11::integer IS NULL THEN o.value ELSE round(o.value, $11) END AS value
    FROM observation o
    WHERE o.ecosystem_id = $1 AND o.party = $2 AND o.series = $3 AND ($4::text = '' OR o.segment = $4)
        AND (o.period = $5 OR (o.period = '' AND o.at >= $6 AND o.at < $7))
        AND NOT EXISTS (SELECT FROM observation later
            WHERE later.ecosystem_id = $1 AND later.party = $2 AND later.series = $3
                AND later.reference = o.reference AND later.revision > o.revision)
        AND NOT EXISTS (SELECT FROM unnest($8::timestamptz[], $9::timestamptz[], $10::text[]) AS w (from_at, until_at, segment)
            WHERE o.at >= w.from_at AND o.at < w.until_at AND (w.segment = '' OR o.segment = w.segment))
) AS counted
GROUP BY counted.value ORDER BY counted.value LIMIT $12

-- name: attributed :many
-- What the rows that summed_up counts add up to by whom they name ('' for nobody), at most $12 of them.
SELECT counted.attribution AS attribution, sum(counted.value) AS value
FROM (
    SELECT CASE WHEN $11::integer IS NULL THEN o.value ELSE round(o.value, $11) END AS value, o.attribution
    FROM observation o
    WHERE o.ecosystem_id = $1 AND o.party = $2 AND o.series = $3 AND ($4::text = '' OR o.segment = $4)
        AND (o.period = $5 OR (o.period = '' AND o.at >= $6 AND o.at < $7))
        AND NOT EXISTS (SELECT FROM observation later
            WHERE later.ecosystem_id = $1 AND later.party = $2 AND later.series = $3
                AND later.reference = o.reference AND later.revision > o.revision)
        AND NOT EXISTS (SELECT FROM unnest($8::timestamptz[], $9::timestamptz[], $10::text[]) AS w (from_at, until_at, segment)
            WHERE o.at >= w.from_at AND o.at < w.until_at AND (w.segment = '' OR o.segment = w.segment))
) AS counted
GROUP BY counted.attribution ORDER BY counted.attribution LIMIT $12

-- name: late_rows :many
-- Rows that came after each party's part and change what it holds, with the newest batch among them.
-- They lie in the series, segment and period, or an earlier revision of them does: then they take it away.
SELECT o.party AS party, count(*) AS row_count, max(o.batch_index) AS newest_batch
FROM observation o
JOIN unnest($2::text[], $3::bigint[]) AS part (party, index) ON part.party = o.party AND o.batch_index > part.index
WHERE o.ecosystem_id = $1 AND o.series = $4 AND (
    (($5::text = '' OR o.segment = $5) AND (o.period = $6 OR (o.period = '' AND o.at >= $7 AND o.at < $8)))
    OR (o.revision > 1 AND EXISTS (SELECT FROM observation earlier
        WHERE earlier.ecosystem_id = $1 AND earlier.party = o.party AND earlier.series = $4
            AND earlier.reference = o.reference AND earlier.revision < o.revision
            AND ($5 = '' OR earlier.segment = $5)
            AND (earlier.period = $6 OR (earlier.period = '' AND earlier.at >= $7 AND earlier.at < $8)))))
GROUP BY o.party ORDER BY o.party
