-- name: make_rows :exec
-- Where a file's lines are staged, seen by one connection only and gone with it.
CREATE TEMPORARY TABLE upload_row (
    number integer, line integer, reference text, revision text, period text, at text, segment text, value text,
    denominator text, sample_size text, unit text, attribution text
)

-- name: set_zone :exec
-- What instants without an offset are read in, and the period of rows that name none.
SELECT set_config('app.upload_zone', $1, false), set_config('app.upload_period', $2, false)

-- name: make_facts :exec
-- The staged lines as observations; only for lines that were judged.
CREATE TEMPORARY VIEW upload_fact AS
SELECT number, line, reference, CASE WHEN revision = '' THEN 1 ELSE revision::integer END AS revision,
    CASE WHEN at = '' AND period = '' THEN current_setting('app.upload_period') ELSE period END AS period,
    CASE WHEN at = '' THEN NULL
        WHEN right(at, 1) = 'Z' OR left(right(at, 6), 1) IN ('+', '-') THEN at::timestamptz
        ELSE at::timestamp AT TIME ZONE current_setting('app.upload_zone') END AS at,
    segment, trim_scale(value::numeric) AS value,
    CASE WHEN denominator <> '' THEN trim_scale(denominator::numeric) END AS denominator,
    CASE WHEN sample_size <> '' THEN sample_size::bigint END AS sample_size,
    CASE WHEN attribution = '' THEN '' ELSE (
        SELECT string_agg(party, ' ' ORDER BY party COLLATE "C") FROM unnest(string_to_array(attribution, ' ')) AS named (party)
    ) END AS attribution
FROM upload_row

-- name: prefer_index :exec
-- A run of rows is read by the index, whatever the planner thinks of a table without statistics.
SET LOCAL enable_seqscan = off

-- name: drop_all :exec
-- Nothing staged is left on the connection.
DROP TABLE IF EXISTS upload_row CASCADE

-- name: index_rows :exec
-- Lets the rows be read in runs of numbers; cheap, because they lie in that order.
CREATE INDEX ON upload_row USING brin (number) WITH (pages_per_range = 16)

-- name: judge :many
-- The first fault of each line at fault, the first hundred lines, and how many there are.
-- Instants and values have the shape of such already.
-- $1 time zone, $2 period, $3 not before, $4 before, $5 unit, $6 minimum, $7 maximum, $8 members.
SELECT line, split_part(fault, ':', 1) AS "column", substr(fault, strpos(fault, ':') + 1) AS reason, count(*) OVER () AS refused
FROM (
    SELECT line, CASE
        WHEN reference = '' THEN 'reference:it is empty'
        WHEN length(reference) > 120 THEN 'reference:it is longer than 120 characters'
        WHEN revision NOT IN ('', '1') AND CASE WHEN revision ~ '^[1-9][0-9]{0,9}$' THEN revision::bigint > 2147483647 ELSE true END
            THEN 'revision:' || quote_literal(left(revision, 40)) || ' is no whole number from 1, below 2^31'
        WHEN at = '' AND period = '' AND $2::text = '' THEN 'at:give either the period''s key or the instant'
        WHEN at <> '' AND period <> '' THEN 'at:give the instant or the period''s key, not both'
        WHEN length(period) > 120 THEN 'period:it is longer than 120 characters'
        WHEN $2 <> '' AND (at <> '' OR period NOT IN ('', $2)) THEN 'period:it is outside the upload''s period ' || $2
        WHEN at <> '' AND substr(at, 9, 2) > '28' AND substr(at, 9, 2)::integer > CASE substr(at, 6, 2)
                WHEN '02' THEN CASE WHEN substr(at, 1, 4)::integer % 4 = 0 AND (substr(at, 1, 4)::integer % 100 <> 0 OR substr(at, 1, 4)::integer % 400 = 0) THEN 29 ELSE 28 END
                WHEN '04' THEN 30 WHEN '06' THEN 30 WHEN '09' THEN 30 WHEN '11' THEN 30 ELSE 31 END
            THEN 'at:' || quote_literal(left(at, 40)) || ' is no day of the calendar'
        WHEN at <> '' AND $1::text = '' AND right(at, 1) <> 'Z' AND left(right(at, 6), 1) NOT IN ('+', '-')
            THEN 'at:' || quote_literal(left(at, 40)) || ' has no offset, and the upload names no time zone'
        WHEN at >= '9999' THEN 'at:' || quote_literal(left(at, 40)) || ' is not of a usual year'
        WHEN at <> '' AND ($3::timestamptz IS NOT NULL OR $4::timestamptz IS NOT NULL) AND CASE
                WHEN right(at, 1) = 'Z' OR left(right(at, 6), 1) IN ('+', '-') THEN at::timestamptz
                ELSE at::timestamp AT TIME ZONE $1 END NOT BETWEEN coalesce($3, '-infinity') AND coalesce($4 - interval '1 microsecond', 'infinity')
            THEN 'at:' || quote_literal(left(at, 40)) || ' is outside the upload''s bounds'
        WHEN at <> '' AND right(at, 1) <> 'Z' AND left(right(at, 6), 1) NOT IN ('+', '-')
                AND (at::timestamp AT TIME ZONE $1) AT TIME ZONE $1 <> at::timestamp
            THEN 'at:' || quote_literal(left(at, 40)) || ' is no time in ' || $1 || ': its clocks skip it'
        WHEN length(segment) > 120 THEN 'segment:it is longer than 120 characters'
        WHEN $6::numeric IS NOT NULL AND value::numeric < $6 OR $7::numeric IS NOT NULL AND value::numeric > $7
            THEN 'value:' || value || ' is impossible: the series is from ' || coalesce($6::text, 'any') || ' to ' || coalesce($7::text, 'any')
        WHEN denominator <> '' AND (denominator !~ '^(0|[1-9][0-9]{0,29})([.][0-9]{1,29})?$' OR length(denominator) > 31)
            THEN 'denominator:' || quote_literal(left(denominator, 40)) || ' is no plain decimal number from 0'
        WHEN sample_size <> '' AND CASE WHEN sample_size ~ '^(0|[1-9][0-9]{0,15})$' THEN sample_size::bigint > 9007199254740991 ELSE true END
            THEN 'sampleSize:' || quote_literal(left(sample_size, 40)) || ' is no whole number from 0, below 2^53'
        WHEN unit <> '' AND $5::text IS NULL THEN 'unit:the upload declares no unit, the row ' || quote_literal(left(unit, 40))
        WHEN unit <> '' AND unit <> $5 THEN 'unit:' || quote_literal(left(unit, 40)) || ' is not the series'' unit ' || quote_literal($5)
        WHEN attribution <> '' AND NOT string_to_array(attribution, ' ') <@ $8::text[]
            THEN 'attribution:' || quote_literal(left(attribution, 80)) || ' names a party that is no member: write ids, separated by one space'
        WHEN attribution <> '' AND (SELECT count(*) <> count(DISTINCT party) FROM unnest(string_to_array(attribution, ' ')) AS named (party))
            THEN 'attribution:it names a party twice'
        END AS fault
    FROM upload_row
) AS judged
WHERE fault IS NOT NULL
ORDER BY line LIMIT 100

-- name: doubles :many
-- Lines whose reference and revision an earlier line has.
SELECT line, 'reference' AS "column",
    quote_literal(left(reference, 40)) || ' revision ' || left(revision, 40) || ' stands in line ' || first_line || ' already' AS reason,
    count(*) OVER () AS refused
FROM (
    SELECT line, reference, revision, min(line) OVER (PARTITION BY reference, revision) AS first_line
    FROM (SELECT line, reference, CASE revision WHEN '' THEN '1' ELSE revision END AS revision FROM upload_row) AS told
) AS placed
WHERE line > first_line ORDER BY line LIMIT 100

-- name: differing :many
-- Lines whose reference and revision stand in the ledger with another content.
SELECT f.line, 'reference' AS "column",
    quote_literal(left(f.reference, 40)) || ' revision ' || f.revision || ' stands in the ledger with another content: push a higher revision' AS reason,
    count(*) OVER () AS refused
FROM upload_fact f
JOIN observation o ON o.ecosystem_id = $1 AND o.party = $2 AND o.series = $3
    AND o.reference = f.reference AND o.revision = f.revision
WHERE (o.period, o.at, o.segment, o.value, o.denominator, o.sample_size, o.attribution)
    IS DISTINCT FROM (f.period, f.at, f.segment, f.value, f.denominator, f.sample_size, f.attribution)
ORDER BY f.line LIMIT 100

-- name: drop_unchanged :many
-- Lines that stand in the ledger already; how many went.
WITH gone AS (
    DELETE FROM upload_row r USING upload_fact f, observation o
    WHERE f.number = r.number AND o.ecosystem_id = $1 AND o.party = $2 AND o.series = $3
        AND o.reference = f.reference AND o.revision = f.revision
    RETURNING 1
)
SELECT count(*) AS count FROM gone

-- name: renumber :exec
-- Numbers without a gap again, in the order of the lines.
UPDATE upload_row r SET number = counted.number
FROM (SELECT line, row_number() OVER (ORDER BY line) - 1 AS number FROM upload_row) AS counted
WHERE counted.line = r.line

-- name: load_rows :one
-- A run of rows into the ledger's own table, and their leaf hashes one after the other, by number.
-- The bytes are those of observation.row_salt, row_bytes and row_leaf: $4 and $5 are HMAC's inner and outer key block.
WITH loaded AS (
    INSERT INTO observation_row (ecosystem_id, party, series, batch_number, reference, revision, number, period, at, segment, value, denominator, sample_size, attribution, salt, leaf_hash)
    SELECT $1, $2, $3, $8, reference, revision, number, period, at, segment, value, denominator, sample_size, attribution, salt,
        sha256('\x00'::bytea || salt || convert_to(
            '{"at":' || CASE WHEN at IS NULL THEN 'null' ELSE '"' || to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') || '"' END
            || CASE WHEN attribution = '' THEN '' ELSE ',"attribution":' || to_json(attribution)::text END
            || ',"denominator":' || coalesce('"' || denominator::text || '"', 'null')
            || ',"period":' || to_json(period)::text || ',"reference":' || to_json(reference)::text
            || ',"revision":' || revision || ',"sampleSize":' || coalesce(sample_size::text, 'null')
            || ',"segment":' || to_json(segment)::text || ',"series":' || to_json($3::text)::text
            || ',"value":"' || value::text || '"}', 'UTF8'))
    FROM (
        SELECT *, sha256($5::bytea || sha256($4::bytea || int8send(number))) AS salt FROM upload_fact
        WHERE number >= $6 AND number < $7 OFFSET 0
    ) AS run
    RETURNING number, leaf_hash
)
SELECT coalesce(string_agg(leaf_hash, '' ORDER BY number), '') AS leaves FROM loaded
