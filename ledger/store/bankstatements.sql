-- name: add_statements :exec
-- The statements of a batch, and what their lines are salted with.
INSERT INTO bank_statement (ecosystem_id, index, party, account, statement_id, currency, opening_minor, closing_minor, line_count, salt)
SELECT $1, index, party, account, statement_id, currency, opening_minor, closing_minor, line_count, salt
FROM unnest($2::bigint[], $3::text[], $4::text[], $5::text[], $6::text[], $7::bigint[], $8::bigint[], $9::integer[], $10::bytea[])
    AS added (index, party, account, statement_id, currency, opening_minor, closing_minor, line_count, salt)

-- name: add_lines :exec
-- The lines of a batch's statements.
INSERT INTO bank_line (ecosystem_id, statement_index, line, party, mark, booked_on, currency, amount_minor, reference, end_to_end, counterparty, counterparty_account, text, bank_reference, part, is_reversal)
SELECT $1, statement_index, line, party, mark, booked_on, currency, amount_minor, reference, end_to_end, counterparty, counterparty_account, text, bank_reference, part, is_reversal
FROM unnest($2::bigint[], $3::integer[], $4::text[], $5::text[], $6::date[], $7::text[], $8::bigint[], $9::text[], $10::text[], $11::text[], $12::text[], $13::text[], $14::text[], $15::integer[], $16::boolean[])
    AS added (statement_index, line, party, mark, booked_on, currency, amount_minor, reference, end_to_end, counterparty, counterparty_account, text, bank_reference, part, is_reversal)

-- name: statements_after :many
-- A party's statements after an index, oldest first, with how many of their lines are matched.
SELECT s.index, s.account, s.statement_id, s.currency, s.opening_minor, s.closing_minor, s.line_count,
    (SELECT count(*) FROM bank_line l JOIN projection p ON p.ecosystem_id = l.ecosystem_id
        AND p.concept = 'bank_line' AND p.object_id = l.mark AND p.until_index IS NULL
        WHERE l.ecosystem_id = $1 AND l.statement_index = s.index) AS matched_count
FROM bank_statement s
WHERE s.ecosystem_id = $1 AND s.party = $2 AND s.index > $3 ORDER BY s.index LIMIT $4

-- name: statements_before :many
-- The same before an index, newest first, with how many of their lines are matched.
SELECT s.index, s.account, s.statement_id, s.currency, s.opening_minor, s.closing_minor, s.line_count,
    (SELECT count(*) FROM bank_line l JOIN projection p ON p.ecosystem_id = l.ecosystem_id
        AND p.concept = 'bank_line' AND p.object_id = l.mark AND p.until_index IS NULL
        WHERE l.ecosystem_id = $1 AND l.statement_index = s.index) AS matched_count
FROM bank_statement s
WHERE s.ecosystem_id = $1 AND s.party = $2 AND s.index < $3 ORDER BY s.index DESC LIMIT $4

-- name: lines_after :many
-- Lines of a party's statements after (statement, line): all, matched ($6 true) or not (false).
SELECT l.statement_index, l.line, l.mark, l.booked_on, l.currency, l.amount_minor, l.reference, l.end_to_end,
    l.counterparty, l.counterparty_account, l.text, l.bank_reference, l.part, l.is_reversal, p.state::text AS matched
FROM bank_line l
LEFT JOIN projection p ON p.ecosystem_id = l.ecosystem_id AND p.concept = 'bank_line'
    AND p.object_id = l.mark AND p.until_index IS NULL
WHERE l.ecosystem_id = $1 AND l.party = $2 AND ($3::bigint IS NULL OR l.statement_index = $3)
    AND (l.statement_index, l.line) > ($4::bigint, $5::integer)
    AND ($6::boolean IS NULL OR (p.object_id IS NOT NULL) = $6)
ORDER BY l.statement_index, l.line LIMIT $7

-- name: lines_before :many
-- The same, newest first, before (statement, line): all, matched ($6 true) or not (false).
SELECT l.statement_index, l.line, l.mark, l.booked_on, l.currency, l.amount_minor, l.reference, l.end_to_end,
    l.counterparty, l.counterparty_account, l.text, l.bank_reference, l.part, l.is_reversal, p.state::text AS matched
FROM bank_line l
LEFT JOIN projection p ON p.ecosystem_id = l.ecosystem_id AND p.concept = 'bank_line'
    AND p.object_id = l.mark AND p.until_index IS NULL
WHERE l.ecosystem_id = $1 AND l.party = $2 AND ($3::bigint IS NULL OR l.statement_index = $3)
    AND (l.statement_index, l.line) < ($4::bigint, $5::integer)
    AND ($6::boolean IS NULL OR (p.object_id IS NOT NULL) = $6)
ORDER BY l.statement_index DESC, l.line DESC LIMIT $7

-- name: open_dues :many
-- Dues that a party is a side of and that are not matched, of a currency, oldest first.
SELECT state::text AS state
FROM projection
WHERE ecosystem_id = $1 AND concept = 'due' AND until_index IS NULL AND status <> 'MATCHED'
    AND audience && ARRAY['*', $2::text] AND (state->>'payer' = $2 OR state->>'payee' = $2)
    AND state->'amount'->>'currency' = ANY ($3::text[])
ORDER BY first_index, object_id LIMIT $4
