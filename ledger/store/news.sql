-- name: wake :exec
-- A wake-up for the processes that follow an ecosystem, sent when the transaction commits.
SELECT pg_notify($1, $2)
