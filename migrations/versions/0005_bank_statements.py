"""Bank statements: what a party's bank says moved on its account, beside the entry of the import."""

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

STATEMENTS = r"""
ALTER TABLE posting DROP CONSTRAINT posting_reverses_an_earlier_entry
;;
ALTER TABLE posting ADD CONSTRAINT posting_reverses_no_later_entry CHECK (reverses <= entry_index)
;;
CREATE TABLE bank_statement (
    ecosystem_id uuid NOT NULL,
    index bigint NOT NULL,
    party text NOT NULL,
    account text NOT NULL,
    statement_id text NOT NULL,
    currency text NOT NULL,
    opening_minor bigint,
    closing_minor bigint,
    line_count integer NOT NULL,
    salt bytea NOT NULL CONSTRAINT statement_salt_has_32_bytes CHECK (octet_length(salt) = 32),
    CONSTRAINT one_statement_an_entry PRIMARY KEY (ecosystem_id, index),
    CONSTRAINT one_import_a_statement UNIQUE (ecosystem_id, party, account, statement_id),
    CONSTRAINT statement_belongs_to_an_entry FOREIGN KEY (ecosystem_id, index) REFERENCES entry (ecosystem_id, index)
)
;;
COMMENT ON TABLE bank_statement IS
    'A statement that a party imported, and what its lines are salted with; that party''s alone.'
;;
CREATE TABLE bank_line (
    ecosystem_id uuid NOT NULL,
    statement_index bigint NOT NULL,
    line integer NOT NULL,
    party text NOT NULL,
    mark text NOT NULL,
    booked_on date NOT NULL,
    currency text NOT NULL,
    amount_minor bigint NOT NULL,
    reference text NOT NULL,
    end_to_end text NOT NULL,
    counterparty text NOT NULL,
    counterparty_account text NOT NULL,
    text text NOT NULL,
    bank_reference text NOT NULL,
    part integer NOT NULL,
    is_reversal boolean NOT NULL,
    CONSTRAINT one_line_a_number PRIMARY KEY (ecosystem_id, statement_index, line),
    CONSTRAINT line_is_of_a_statement
        FOREIGN KEY (ecosystem_id, statement_index) REFERENCES bank_statement (ecosystem_id, index)
)
;;
COMMENT ON TABLE bank_line IS
    'A transfer as the bank showed it: positive when money came in. Names and texts are the bank''s.'
"""

TABLES = ("bank_statement", "bank_line")


def upgrade():
    for statement in STATEMENTS.split(";;\n"):
        op.execute(statement.replace(":", r"\:"))
    for table in TABLES:
        op.execute(
            f"CREATE TRIGGER {table}_is_append_only BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
        )
        op.execute(
            f"CREATE TRIGGER {table}_is_never_truncated BEFORE TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(
            f"CREATE POLICY one_ecosystem ON {table} TO jpi_service USING "
            "(ecosystem_id = nullif(current_setting('app.ecosystem', true), '')\\:\\:uuid)"
        )
        op.execute(f"GRANT SELECT, INSERT ON {table} TO jpi_service")
