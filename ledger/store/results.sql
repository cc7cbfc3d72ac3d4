-- name: result_keys :many
-- Indicator and period of every agreed result, as they held before an index (asOf) or now.
SELECT object_id, parent_id AS indicator_id, period
FROM projection
WHERE ecosystem_id = $1 AND concept = 'result'
    AND CASE WHEN $3::bigint IS NULL THEN until_index IS NULL
        ELSE from_index < $3 AND (until_index IS NULL OR until_index >= $3) END
    AND ($2::text = '*' OR audience && ARRAY['*', $2::text])
ORDER BY parent_id, period
