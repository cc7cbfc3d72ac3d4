-- name: end_state :exec
-- The state that an object is in ends. By its whole key: no plan can read more than one row.
UPDATE projection SET until_index = $5
WHERE ecosystem_id = $1 AND concept = $2 AND object_id = $3 AND from_index = $4

-- name: newest_states :many
-- Since when objects are in their states. Looked up one by one in the order of the key alone, so that
-- it costs the same at any size, whatever the planner knows of the table.
SELECT asked.concept, asked.object_id, p.from_index, p.first_index
FROM unnest($2::text[], $3::text[]) AS asked (concept, object_id)
CROSS JOIN LATERAL (
    SELECT from_index, first_index FROM projection
    WHERE ecosystem_id = $1 AND concept = asked.concept AND object_id = asked.object_id
    ORDER BY from_index DESC LIMIT 1
) AS p

-- name: add_states :exec
-- The states that a batch begins, and those that it also ended.
INSERT INTO projection (ecosystem_id, concept, object_id, from_index, until_index, first_index, parent_id, period, status, audience, state)
SELECT $1, concept, object_id, from_index, until_index, first_index, parent_id, period, status,
    audience::text[], state::jsonb
FROM unnest($2::text[], $3::text[], $4::bigint[], $5::bigint[], $6::bigint[], $7::text[], $8::text[], $9::text[], $10::text[], $11::text[])
    AS added (concept, object_id, from_index, until_index, first_index, parent_id, period, status, audience, state)

-- name: states_at :many
-- States of objects as they held before an index (asOf), or now when it is NULL. A viewer whose sight ends at a size ($6) sees them as of that size, but what names it in its audience.
SELECT object_id, from_index, first_index, state::text AS state
FROM projection
WHERE ecosystem_id = $1 AND concept = $2 AND object_id = ANY ($3::text[])
    AND CASE
        WHEN $6::bigint IS NOT NULL AND NOT $4::text = ANY (audience)
            THEN from_index < least($5::bigint, $6) AND (until_index IS NULL OR until_index >= least($5, $6))
        WHEN $5::bigint IS NULL THEN until_index IS NULL
        ELSE from_index < $5 AND (until_index IS NULL OR until_index >= $5) END
    AND ($4::text = '*' OR audience && ARRAY['*', $4::text])

-- name: states_after :many
-- A page of states in the order in which their objects first appeared, after a cursor. $11: where the viewer's sight ends.
SELECT object_id, from_index, first_index, state::text AS state
FROM projection
WHERE ecosystem_id = $1 AND concept = $2
    AND CASE
        WHEN $11::bigint IS NOT NULL AND NOT $3::text = ANY (audience)
            THEN from_index < least($4::bigint, $11) AND (until_index IS NULL OR until_index >= least($4, $11))
        WHEN $4::bigint IS NULL THEN until_index IS NULL
        ELSE from_index < $4 AND (until_index IS NULL OR until_index >= $4) END
    AND ($3::text = '*' OR audience && ARRAY['*', $3::text])
    AND ($5::text = '' OR parent_id = $5)
    AND ($6::text = '' OR period = $6)
    AND ($7::text = '' OR status = $7)
    AND (first_index, object_id) > ($8::bigint, $9::text)
ORDER BY first_index, object_id
LIMIT $10

-- name: states_before :many
-- A page of states before a cursor, newest first.
SELECT object_id, from_index, first_index, state::text AS state
FROM projection
WHERE ecosystem_id = $1 AND concept = $2
    AND CASE
        WHEN $11::bigint IS NOT NULL AND NOT $3::text = ANY (audience)
            THEN from_index < least($4::bigint, $11) AND (until_index IS NULL OR until_index >= least($4, $11))
        WHEN $4::bigint IS NULL THEN until_index IS NULL
        ELSE from_index < $4 AND (until_index IS NULL OR until_index >= $4) END
    AND ($3::text = '*' OR audience && ARRAY['*', $3::text])
    AND ($5::text = '' OR parent_id = $5)
    AND ($6::text = '' OR period = $6)
    AND ($7::text = '' OR status = $7)
    AND (first_index, object_id) < ($8::bigint, $9::text)
ORDER BY first_index DESC, object_id DESC
LIMIT $10

-- name: all_states :many
-- Every state ever held, for the auditor's comparison.
SELECT concept, object_id, from_index, until_index, first_index, parent_id, period, status, audience, state::text AS state
FROM projection WHERE ecosystem_id = $1 ORDER BY concept, object_id, from_index
