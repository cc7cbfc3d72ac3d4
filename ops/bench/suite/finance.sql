-- name: make_entries :exec
-- Entries to hang postings on, as many as there are pairs of them; nobody folds these.
INSERT INTO entry (ecosystem_id, index, at, kind, version, party, audience, envelope, leaf_hash)
SELECT $1, n, timestamptz '2024-01-01' + n * interval '1 second', 'settlement.posted', 1, $2, ARRAY['*'], '\x00', decode(repeat('00', 32), 'hex')
FROM generate_series($3::bigint, $3::bigint + $4::bigint - 1) AS n

-- name: make_postings :exec
-- A settlement's two postings in the buyer's books for each of those entries, with running balances.
INSERT INTO posting (ecosystem_id, entry_index, line, owner, counterparty, account_kind, currency, amount_minor, sequence, balance_minor, reference)
SELECT $1, $3::bigint + n, side, $2, $5, CASE side WHEN 0 THEN 'INCENTIVE_EXPENSE' ELSE 'PAYABLE' END, 'EUR',
    CASE side WHEN 0 THEN 100 ELSE -100 END, n + 1, CASE side WHEN 0 THEN 100 ELSE -100 END * (n + 1), 'RF' || n
FROM generate_series(0, $4::bigint - 1) AS n, generate_series(0, 1) AS side
