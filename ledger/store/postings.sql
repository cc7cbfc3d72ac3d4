-- name: append_postings :exec
-- All postings of a batch in one statement, so that the zero-sum trigger sees each entry whole.
INSERT INTO posting (ecosystem_id, entry_index, line, owner, counterparty, account_kind, currency, amount_minor, sequence, balance_minor, reference, reverses)
SELECT $1, entry_index, line, owner, counterparty, account_kind, currency, amount_minor, sequence, balance_minor, reference, reverses
FROM unnest($2::bigint[], $3::integer[], $4::text[], $5::text[], $6::text[], $7::text[], $8::bigint[], $9::bigint[], $10::bigint[], $11::text[], $12::bigint[])
    AS added (entry_index, line, owner, counterparty, account_kind, currency, amount_minor, sequence, balance_minor, reference, reverses)

-- name: postings_after :many
-- Postings that a viewer may see: of accounts that it is a side of, for an observer of all entries
-- in its audience, for '*' (the service itself) all; narrowed to one party's books, below a size.
SELECT p.entry_index, p.line, p.owner, p.counterparty, p.account_kind, p.currency, p.amount_minor, p.sequence, p.balance_minor, p.reference, p.reverses, e.at, e.kind
FROM posting p
JOIN entry e ON e.ecosystem_id = p.ecosystem_id AND e.index = p.entry_index
WHERE p.ecosystem_id = $1
    AND ($2::text = '*' OR p.owner = $2 OR p.counterparty = $2
        OR ($3::boolean AND e.audience && ARRAY['*', $2::text]))
    AND ($4::text = '' OR p.owner = $4)
    AND ($5::text = '' OR p.counterparty = $5)
    AND (p.entry_index, p.line) > ($6::bigint, $7::integer)
    AND ($8::bigint IS NULL OR p.entry_index < $8)
ORDER BY p.entry_index, p.line
LIMIT $9

-- name: postings_before :many
-- The same before a place, newest first: of accounts that it is a side of, for an observer of all entries
-- in its audience, for '*' (the service itself) all; narrowed to one party's books, below a size.
SELECT p.entry_index, p.line, p.owner, p.counterparty, p.account_kind, p.currency, p.amount_minor, p.sequence, p.balance_minor, p.reference, p.reverses, e.at, e.kind
FROM posting p
JOIN entry e ON e.ecosystem_id = p.ecosystem_id AND e.index = p.entry_index
WHERE p.ecosystem_id = $1
    AND ($2::text = '*' OR p.owner = $2 OR p.counterparty = $2
        OR ($3::boolean AND e.audience && ARRAY['*', $2::text]))
    AND ($4::text = '' OR p.owner = $4)
    AND ($5::text = '' OR p.counterparty = $5)
    AND (p.entry_index, p.line) < ($6::bigint, $7::integer)
    AND ($8::bigint IS NULL OR p.entry_index < $8)
ORDER BY p.entry_index DESC, p.line DESC
LIMIT $9
