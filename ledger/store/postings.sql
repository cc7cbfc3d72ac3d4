-- name: append_postings :exec
-- All postings of a batch in one statement, so that the zero-sum trigger sees each entry whole.
INSERT INTO posting (ecosystem_id, entry_index, line, owner, counterparty, account_kind, currency, amount_minor, sequence, balance_minor)
SELECT $1, entry_index, line, owner, counterparty, account_kind, currency, amount_minor, sequence, balance_minor
FROM unnest($2::bigint[], $3::integer[], $4::text[], $5::text[], $6::text[], $7::text[], $8::bigint[], $9::bigint[], $10::bigint[])
    AS added (entry_index, line, owner, counterparty, account_kind, currency, amount_minor, sequence, balance_minor)

-- name: postings_after :many
-- Postings of the accounts that a viewer's audience covers ('*' for the service itself), in order.
SELECT entry_index, line, owner, counterparty, account_kind, currency, amount_minor, sequence, balance_minor
FROM posting
WHERE ecosystem_id = $1 AND ($2::text = '*' OR owner = $2 OR counterparty = $2)
    AND ($3::text = '' OR owner = $3)
    AND (entry_index, line) > ($4::bigint, $5::integer)
ORDER BY entry_index, line
LIMIT $6
