-- name: make_schema :exec
-- Where the bare tables go.
CREATE SCHEMA bare

-- name: make_tables :exec
-- A table of the same columns for each of ours: no keys, indexes, triggers, policies.
DO $$ DECLARE each record; BEGIN
    FOR each IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' LOOP
        EXECUTE format('CREATE TABLE bare.%I (LIKE public.%I)', each.tablename, each.tablename);
    END LOOP;
END $$

-- name: look_there :exec
-- From here on our statements mean the bare tables.
SET search_path = bare

-- name: refresh_statistics :exec
-- What the planner knows, as autovacuum refreshes it within a minute of such growth.
ANALYZE
