-- name: put_name :exec
-- Whom a pseudonym stands for, from now on.
INSERT INTO person_name (ecosystem_id, party, subject, name) VALUES ($1, $2, $3, $4)
ON CONFLICT (ecosystem_id, party, subject) DO UPDATE SET name = excluded.name

-- name: drop_name :exec
-- A name, gone for good.
DELETE FROM person_name WHERE ecosystem_id = $1 AND party = $2 AND subject = $3

-- name: names_after :many
-- Names by party and pseudonym after a place, of one party ('' for all).
SELECT party, subject, name FROM person_name
WHERE ecosystem_id = $1 AND ($2::text = '' OR party = $2) AND (party, subject) > ($3::text, $4::text)
ORDER BY party, subject
LIMIT $5

-- name: names_before :many
-- The same before a place, the last first.
SELECT party, subject, name FROM person_name
WHERE ecosystem_id = $1 AND ($2::text = '' OR party = $2)
    AND ($3::text IS NULL OR (party, subject) < ($3::text, $4::text))
ORDER BY party DESC, subject DESC
LIMIT $5

-- name: names_of :many
-- Names of some pseudonyms.
SELECT n.party, n.subject, n.name
FROM person_name n
JOIN unnest($2::text[], $3::text[]) AS asked (party, subject)
    ON n.party = asked.party AND n.subject = asked.subject
WHERE n.ecosystem_id = $1

-- name: put_address :exec
-- Where a party wants its notices, from now on.
INSERT INTO notice_address (ecosystem_id, party, address) VALUES ($1, $2, $3)
ON CONFLICT (ecosystem_id, party) DO UPDATE SET address = excluded.address

-- name: drop_address :exec
-- An address, gone for good.
DELETE FROM notice_address WHERE ecosystem_id = $1 AND party = $2

-- name: addresses :many
-- Where the parties of an ecosystem want their notices.
SELECT party, address FROM notice_address WHERE ecosystem_id = $1 ORDER BY party
