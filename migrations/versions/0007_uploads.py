"""Observations in bulk: rows that are loaded before the entry that makes them visible.

Rows go to `observation_row` under the number of their batch; the view `observation` shows those
whose batch has an entry, so that no query can see a row too early. A batch of a mutation has its
entry's index as number; an upload draws a negative one before it has an entry. A reference may
stand in several batches that were never entered, so the number is part of the key; that none
stands twice in entered ones is checked under the head lock.

Each row has its salt, and no batch has one that they follow from: when a row is dropped, its salt
goes with it, and the leaf hash that stays tells nothing.
"""

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

STATEMENTS = r"""
ALTER TABLE observation RENAME TO observation_row
;;
ALTER TABLE observation_row RENAME COLUMN batch_index TO batch_number
;;
ALTER TABLE observation_row DROP CONSTRAINT observation_came_with_a_batch
;;
ALTER TABLE observation_row DROP CONSTRAINT one_observation_a_reference_and_revision
;;
ALTER TABLE observation_row ADD COLUMN attribution text NOT NULL DEFAULT ''
;;
CREATE FUNCTION pg_temp.key_block(salt bytea, pad integer) RETURNS bytea LANGUAGE plpgsql AS $$
DECLARE block bytea := decode(repeat('00', 64), 'hex');
BEGIN
    FOR place IN 0..63 LOOP
        block := set_byte(block, place, CASE WHEN place < 32 THEN get_byte(salt, place) ELSE 0 END # pad);
    END LOOP;
    RETURN block;
END $$
;;
ALTER TABLE observation_row ADD COLUMN salt bytea
    CONSTRAINT observation_salt_has_32_bytes CHECK (octet_length(salt) = 32)
;;
UPDATE observation_row o
SET salt = sha256(pg_temp.key_block(b.salt, 92) || sha256(pg_temp.key_block(b.salt, 54) || int8send(o.number)))
FROM observation_batch b WHERE b.ecosystem_id = o.ecosystem_id AND b.index = o.batch_number
;;
ALTER TABLE observation_row ALTER COLUMN salt SET NOT NULL
;;
ALTER TABLE observation_batch DROP COLUMN salt
;;
COMMENT ON TABLE observation_batch IS 'Batches that an entry commits to, and under which number their rows are stored.'
;;
ALTER TABLE observation_row ADD CONSTRAINT one_observation_a_reference_and_revision
    PRIMARY KEY (ecosystem_id, party, series, reference, revision, batch_number)
;;
ALTER TABLE observation_row ADD CONSTRAINT one_observation_a_number
    UNIQUE (ecosystem_id, batch_number, number)
;;
COMMENT ON TABLE observation_row IS
    'Raw facts as pushed, visible (as observation) once their batch has an entry.'
;;
ALTER TABLE observation_batch ADD COLUMN number bigint
;;
ALTER TABLE observation_batch DISABLE TRIGGER observation_batch_is_append_only
;;
UPDATE observation_batch SET number = index
;;
ALTER TABLE observation_batch ENABLE TRIGGER observation_batch_is_append_only
;;
ALTER TABLE observation_batch ALTER COLUMN number SET NOT NULL
;;
ALTER TABLE observation_batch ADD CONSTRAINT one_batch_a_number UNIQUE (ecosystem_id, number)
;;
CREATE VIEW observation WITH (security_invoker = true) AS
SELECT o.ecosystem_id, o.party, o.series, o.reference, o.revision, b.index AS batch_index, o.number,
    o.period, o.at, o.segment, o.value, o.denominator, o.sample_size, o.attribution, o.salt, o.leaf_hash
FROM observation_row o
JOIN observation_batch b ON b.ecosystem_id = o.ecosystem_id AND b.number = o.batch_number
;;
COMMENT ON VIEW observation IS
    'Raw facts that an entry commits to; a higher revision of a reference takes its place.'
;;
CREATE TABLE observation_dropped (
    ecosystem_id uuid NOT NULL,
    batch_number bigint NOT NULL,
    number integer NOT NULL,
    leaf_hash bytea NOT NULL CONSTRAINT dropped_leaf_hash_is_sha256 CHECK (octet_length(leaf_hash) = 32),
    CONSTRAINT one_dropped_row_a_number PRIMARY KEY (ecosystem_id, batch_number, number),
    CONSTRAINT dropped_row_came_with_a_batch
        FOREIGN KEY (ecosystem_id, batch_number) REFERENCES observation_batch (ecosystem_id, number)
)
;;
COMMENT ON TABLE observation_dropped IS
    'What is left of rows that were dropped: the salted hash that their batch''s root was made of.'
;;
CREATE TRIGGER observation_dropped_is_append_only BEFORE UPDATE OR DELETE ON observation_dropped
    FOR EACH ROW EXECUTE FUNCTION refuse_change()
;;
CREATE TRIGGER observation_dropped_is_never_truncated BEFORE TRUNCATE ON observation_dropped
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()
;;
CREATE TABLE observation_upload (
    ecosystem_id uuid NOT NULL,
    upload_id text NOT NULL,
    party text NOT NULL,
    subject text NOT NULL,
    key text NOT NULL CONSTRAINT upload_key_has_1_to_200_characters CHECK (length(key) BETWEEN 1 AND 200),
    fingerprint bytea NOT NULL,
    secret_hash bytea NOT NULL
        CONSTRAINT upload_secret_hash_is_sha256 CHECK (octet_length(secret_hash) = 32),
    terms jsonb NOT NULL,
    state text NOT NULL,
    batch_number bigint NOT NULL CONSTRAINT upload_number_is_negative CHECK (batch_number < 0),
    bytes_received bigint NOT NULL DEFAULT 0,
    rows_received bigint NOT NULL DEFAULT 0,
    rows_refused bigint NOT NULL DEFAULT 0,
    rows_unchanged bigint NOT NULL DEFAULT 0,
    rows_loaded bigint NOT NULL DEFAULT 0,
    problems jsonb NOT NULL DEFAULT '[]',
    entry_index bigint,
    begun_at timestamptz NOT NULL DEFAULT now(),
    seen_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    CONSTRAINT one_upload_an_id PRIMARY KEY (ecosystem_id, upload_id),
    CONSTRAINT one_upload_a_key UNIQUE (ecosystem_id, party, key),
    CONSTRAINT one_upload_a_batch_number UNIQUE (ecosystem_id, batch_number),
    CONSTRAINT upload_belongs_to_a_head FOREIGN KEY (ecosystem_id) REFERENCES ledger_head (ecosystem_id)
)
;;
COMMENT ON TABLE observation_upload IS
    'Uploads that were begun, and how far each is: no history, gone a while after they expire.'
;;
COMMENT ON COLUMN observation_upload.state IS
    'WAITING -> RECEIVING -> CHECKING -> LOADING -> ENTERED; RECEIVING to LOADING -> REFUSED or FAILED -> RECEIVING'
;;
GRANT SELECT, INSERT, UPDATE, DELETE ON observation_upload TO jpi_service
;;
GRANT SELECT ON observation TO jpi_service
;;
GRANT SELECT, INSERT ON observation_dropped TO jpi_service
;;
ALTER TABLE observation_dropped ENABLE ROW LEVEL SECURITY
;;
CREATE POLICY one_ecosystem ON observation_dropped TO jpi_service
    USING (ecosystem_id = nullif(current_setting('app.ecosystem', true), '')::uuid)
;;
GRANT DELETE ON observation_row TO jpi_service
;;
ALTER TABLE observation_upload ENABLE ROW LEVEL SECURITY
;;
CREATE POLICY one_ecosystem ON observation_upload TO jpi_service
    USING (ecosystem_id = nullif(current_setting('app.ecosystem', true), '')::uuid)
;;
CREATE POLICY entered_rows_stay ON observation_row AS RESTRICTIVE FOR DELETE TO jpi_service
    USING (NOT EXISTS (SELECT FROM observation_batch b
            WHERE b.ecosystem_id = observation_row.ecosystem_id AND b.number = observation_row.batch_number)
        OR EXISTS (SELECT FROM observation_dropped d
            WHERE d.ecosystem_id = observation_row.ecosystem_id AND d.batch_number = observation_row.batch_number
                AND d.number = observation_row.number))
;;
DO $$ BEGIN
    EXECUTE format('GRANT TEMPORARY ON DATABASE %I TO jpi_service', current_database());
END $$
"""


def upgrade():
    for statement in STATEMENTS.split(";;\n"):
        op.execute(statement.replace(":", r"\:"))
