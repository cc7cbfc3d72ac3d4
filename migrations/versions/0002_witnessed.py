"""Cosignatures of witnesses, snapshots of folded Books, and the right to erase an annex."""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

STATEMENTS = r"""
CREATE TABLE cosignature (
    ecosystem_id uuid NOT NULL,
    size bigint NOT NULL,
    verifier_key text NOT NULL,
    party text NOT NULL,
    line text NOT NULL,
    received_at timestamptz NOT NULL,
    CONSTRAINT one_cosignature_a_key_and_size PRIMARY KEY (ecosystem_id, size, verifier_key),
    CONSTRAINT cosignature_is_of_a_checkpoint
        FOREIGN KEY (ecosystem_id, size) REFERENCES checkpoint (ecosystem_id, size)
)
;;
COMMENT ON TABLE cosignature IS
    'What witnesses put their names to: a signature line (cosignature/v1) of a published checkpoint.'
;;
CREATE TABLE book_snapshot (
    ecosystem_id uuid NOT NULL,
    size bigint NOT NULL CONSTRAINT snapshot_is_of_entries CHECK (size > 0),
    shape text NOT NULL,
    frontier bytea NOT NULL
        CONSTRAINT snapshot_frontier_is_whole_hashes CHECK (octet_length(frontier) % 32 = 0),
    state bytea NOT NULL,
    CONSTRAINT one_snapshot_a_size PRIMARY KEY (ecosystem_id, size),
    CONSTRAINT snapshot_belongs_to_a_head FOREIGN KEY (ecosystem_id) REFERENCES ledger_head (ecosystem_id)
)
;;
COMMENT ON TABLE book_snapshot IS
    'Folded state at a size: bounds a cold start, says nothing that the entries do not.'
;;
CREATE TRIGGER cosignature_is_append_only BEFORE UPDATE OR DELETE ON cosignature
    FOR EACH ROW EXECUTE FUNCTION refuse_change()
;;
CREATE TRIGGER cosignature_is_never_truncated BEFORE TRUNCATE ON cosignature
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()
;;
GRANT SELECT, INSERT ON cosignature TO jpi_service
;;
GRANT SELECT, INSERT, DELETE ON book_snapshot TO jpi_service
;;
GRANT DELETE ON annex TO jpi_service
"""


def upgrade():
    for statement in STATEMENTS.split(";;\n"):
        op.execute(statement.replace(":", r"\:"))
    for table in ("cosignature", "book_snapshot"):
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(
            f"CREATE POLICY one_ecosystem ON {table} TO jpi_service USING "
            "(ecosystem_id = nullif(current_setting('app.ecosystem', true), '')\\:\\:uuid)"
        )
