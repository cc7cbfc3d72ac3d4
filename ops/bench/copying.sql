-- name: all_rows :many
-- Every row that uploads made.
SELECT * FROM observation_row

-- name: make_alike :exec
-- A table of the same columns, keys, checks and indexes.
CREATE TABLE alike (LIKE observation_row INCLUDING ALL)

-- name: drop_alike :exec
-- Away with it.
DROP TABLE alike
