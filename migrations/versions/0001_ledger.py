"""The ledger, its openings, nodes and checkpoints, and the projections that are read.

Append-only is enforced twice: the service role may INSERT and SELECT on what is history, and
triggers refuse UPDATE, DELETE and TRUNCATE to everybody. Row-level security keeps ecosystems
apart even when a query forgets its WHERE.
"""

from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

STATEMENTS = r"""
DO $$ BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'jpi_service') THEN
        CREATE ROLE jpi_service NOLOGIN;
    END IF;
END $$
;;
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, TG_OP
        USING ERRCODE = 'restrict_violation';
END $$
;;
CREATE TABLE ledger_head (
    ecosystem_id uuid CONSTRAINT one_head_an_ecosystem PRIMARY KEY,
    size bigint NOT NULL CONSTRAINT head_size_is_not_negative CHECK (size >= 0),
    frontier bytea NOT NULL
        CONSTRAINT head_frontier_is_whole_hashes CHECK (octet_length(frontier) % 32 = 0),
    last_at timestamptz NOT NULL
)
;;
COMMENT ON TABLE ledger_head IS
    'Where the next entry goes. Its row lock is the one writer''s lock of an ecosystem.'
;;
CREATE TABLE entry (
    ecosystem_id uuid NOT NULL,
    index bigint NOT NULL CONSTRAINT entry_index_is_not_negative CHECK (index >= 0),
    at timestamptz NOT NULL,
    kind text NOT NULL,
    version integer NOT NULL,
    party text NOT NULL,
    audience text[] NOT NULL CONSTRAINT entry_has_an_audience CHECK (cardinality(audience) > 0),
    envelope bytea NOT NULL,
    leaf_hash bytea NOT NULL CONSTRAINT entry_leaf_hash_is_sha256 CHECK (octet_length(leaf_hash) = 32),
    CONSTRAINT one_entry_an_index PRIMARY KEY (ecosystem_id, index),
    CONSTRAINT entry_belongs_to_a_head FOREIGN KEY (ecosystem_id) REFERENCES ledger_head (ecosystem_id)
)
;;
COMMENT ON TABLE entry IS 'The leaves of the ledger: envelopes, hashed and stored verbatim.'
;;
CREATE TABLE opening (
    ecosystem_id uuid NOT NULL,
    index bigint NOT NULL,
    salt bytea NOT NULL CONSTRAINT opening_salt_has_32_bytes CHECK (octet_length(salt) = 32),
    body bytea NOT NULL,
    CONSTRAINT one_opening_an_entry PRIMARY KEY (ecosystem_id, index),
    CONSTRAINT opening_opens_an_entry FOREIGN KEY (ecosystem_id, index) REFERENCES entry (ecosystem_id, index)
)
;;
COMMENT ON TABLE opening IS 'Salt and body of an entry, served to its audience alone.'
;;
CREATE TABLE annex (
    ecosystem_id uuid NOT NULL,
    index bigint NOT NULL,
    salt bytea NOT NULL CONSTRAINT annex_salt_has_32_bytes CHECK (octet_length(salt) = 32),
    data bytea NOT NULL,
    CONSTRAINT one_annex_an_entry PRIMARY KEY (ecosystem_id, index),
    CONSTRAINT annex_belongs_to_an_entry FOREIGN KEY (ecosystem_id, index) REFERENCES entry (ecosystem_id, index)
)
;;
COMMENT ON TABLE annex IS 'Remarks and free text of an entry; may be erased, the tree stays whole.'
;;
CREATE TABLE node (
    ecosystem_id uuid NOT NULL,
    level smallint NOT NULL CONSTRAINT node_is_an_inner_node CHECK (level > 0),
    index bigint NOT NULL,
    hash bytea NOT NULL CONSTRAINT node_hash_is_sha256 CHECK (octet_length(hash) = 32),
    CONSTRAINT one_node_a_place PRIMARY KEY (ecosystem_id, level, index)
)
;;
COMMENT ON TABLE node IS 'Complete inner nodes of the Merkle tree, each stored once; leaves are in entry.'
;;
CREATE TABLE checkpoint (
    ecosystem_id uuid NOT NULL,
    size bigint NOT NULL,
    note text NOT NULL,
    published_at timestamptz NOT NULL,
    CONSTRAINT one_checkpoint_a_size PRIMARY KEY (ecosystem_id, size),
    CONSTRAINT checkpoint_belongs_to_a_head FOREIGN KEY (ecosystem_id) REFERENCES ledger_head (ecosystem_id)
)
;;
COMMENT ON TABLE checkpoint IS 'Every published checkpoint, a C2SP signed note, verbatim.'
;;
CREATE TABLE idempotency_key (
    ecosystem_id uuid NOT NULL,
    party text NOT NULL,
    key text NOT NULL CONSTRAINT key_has_1_to_200_characters CHECK (length(key) BETWEEN 1 AND 200),
    fingerprint bytea NOT NULL,
    first_index bigint NOT NULL,
    entry_count integer NOT NULL,
    object_id text NOT NULL,
    CONSTRAINT one_use_of_a_key PRIMARY KEY (ecosystem_id, party, key),
    CONSTRAINT key_led_to_an_entry FOREIGN KEY (ecosystem_id, first_index) REFERENCES entry (ecosystem_id, index)
)
;;
COMMENT ON TABLE idempotency_key IS
    'What a party''s key led to, kept for ever: a repeated request gets the same answer.'
;;
CREATE TABLE posting (
    ecosystem_id uuid NOT NULL,
    entry_index bigint NOT NULL,
    line integer NOT NULL,
    owner text NOT NULL,
    counterparty text NOT NULL,
    account_kind text NOT NULL,
    currency text NOT NULL,
    amount_minor bigint NOT NULL,
    sequence bigint NOT NULL CONSTRAINT posting_sequence_counts_from_one CHECK (sequence > 0),
    balance_minor bigint NOT NULL,
    CONSTRAINT one_posting_a_line PRIMARY KEY (ecosystem_id, entry_index, line),
    CONSTRAINT account_sequence_has_no_double
        UNIQUE (ecosystem_id, owner, counterparty, account_kind, currency, sequence),
    CONSTRAINT posting_belongs_to_an_entry FOREIGN KEY (ecosystem_id, entry_index) REFERENCES entry (ecosystem_id, index)
)
;;
COMMENT ON TABLE posting IS
    'Double entry: debit positive, credit negative, minor units; sums to zero per entry, owner and currency.'
;;
CREATE FUNCTION postings_sum_to_zero() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT FROM added GROUP BY ecosystem_id, entry_index, owner, currency HAVING sum(amount_minor) <> 0
    ) THEN
        RAISE EXCEPTION 'the postings of an entry sum to zero for each owner and currency'
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$
;;
CREATE TRIGGER postings_sum_to_zero AFTER INSERT ON posting
    REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION postings_sum_to_zero()
;;
CREATE TABLE observation_batch (
    ecosystem_id uuid NOT NULL,
    index bigint NOT NULL,
    party text NOT NULL,
    series text NOT NULL,
    row_count integer NOT NULL,
    salt bytea NOT NULL CONSTRAINT batch_salt_has_32_bytes CHECK (octet_length(salt) = 32),
    CONSTRAINT one_batch_an_entry PRIMARY KEY (ecosystem_id, index),
    CONSTRAINT batch_belongs_to_an_entry FOREIGN KEY (ecosystem_id, index) REFERENCES entry (ecosystem_id, index)
)
;;
COMMENT ON TABLE observation_batch IS 'What the rows of a batch are salted with; the root is in its entry.'
;;
CREATE TABLE observation (
    ecosystem_id uuid NOT NULL,
    party text NOT NULL,
    series text NOT NULL,
    reference text NOT NULL,
    revision integer NOT NULL CONSTRAINT revision_counts_from_one CHECK (revision > 0),
    batch_index bigint NOT NULL,
    number integer NOT NULL,
    period text NOT NULL,
    at timestamptz,
    segment text NOT NULL,
    value numeric NOT NULL,
    denominator numeric,
    sample_size bigint,
    leaf_hash bytea NOT NULL CONSTRAINT observation_leaf_hash_is_sha256 CHECK (octet_length(leaf_hash) = 32),
    CONSTRAINT one_observation_a_reference_and_revision
        PRIMARY KEY (ecosystem_id, party, series, reference, revision),
    CONSTRAINT observation_came_with_a_batch
        FOREIGN KEY (ecosystem_id, batch_index) REFERENCES observation_batch (ecosystem_id, index),
    CONSTRAINT observation_names_period_or_instant CHECK ((period <> '') <> (at IS NOT NULL))
)
;;
COMMENT ON TABLE observation IS 'Raw facts as pushed; a higher revision of a reference takes its place.'
;;
CREATE INDEX observation_by_period ON observation (ecosystem_id, series, period, segment, party)
;;
CREATE TABLE projection (
    ecosystem_id uuid NOT NULL,
    concept text NOT NULL,
    object_id text NOT NULL,
    from_index bigint NOT NULL,
    until_index bigint,
    first_index bigint NOT NULL,
    parent_id text NOT NULL,
    period text NOT NULL,
    status text NOT NULL,
    audience text[] NOT NULL,
    state jsonb NOT NULL,
    CONSTRAINT one_state_from_an_index PRIMARY KEY (ecosystem_id, concept, object_id, from_index),
    CONSTRAINT state_holds_for_a_while CHECK (until_index > from_index)
)
;;
COMMENT ON TABLE projection IS
    'The Book''s own values, each with the indices between which it held: [from_index, until_index).'
;;
CREATE UNIQUE INDEX one_current_state ON projection (ecosystem_id, concept, object_id)
    WHERE until_index IS NULL
;;
CREATE INDEX projection_in_order ON projection (ecosystem_id, concept, first_index, object_id)
    WHERE until_index IS NULL
;;
CREATE INDEX projection_by_parent ON projection (ecosystem_id, concept, parent_id, period)
    WHERE until_index IS NULL
"""

APPEND_ONLY = (
    "entry", "opening", "node", "checkpoint", "idempotency_key", "posting", "observation_batch",
)
OTHERS = ("ledger_head", "annex", "observation", "projection")


def upgrade():
    for statement in STATEMENTS.split(";;\n"):
        op.execute(statement.replace(":", r"\:"))
    for table in APPEND_ONLY:
        op.execute(
            f"CREATE TRIGGER {table}_is_append_only BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
        )
        op.execute(
            f"CREATE TRIGGER {table}_is_never_truncated BEFORE TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )
    for table in APPEND_ONLY + OTHERS:
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(
            f"CREATE POLICY one_ecosystem ON {table} TO jpi_service USING "
            "(ecosystem_id = nullif(current_setting('app.ecosystem', true), '')\\:\\:uuid)"
        )
        op.execute(f"GRANT SELECT, INSERT ON {table} TO jpi_service")
    op.execute("GRANT UPDATE (size, frontier, last_at) ON ledger_head TO jpi_service")
    op.execute("GRANT UPDATE (until_index) ON projection TO jpi_service")
    op.execute("GRANT SELECT ON alembic_version TO jpi_service")
    op.execute("GRANT USAGE ON SCHEMA public TO jpi_service")
