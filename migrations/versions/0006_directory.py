"""Who is behind a pseudonym, and where a party wants its notices: outside the ledger, erasable."""

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

STATEMENTS = r"""
CREATE TABLE person_name (
    ecosystem_id uuid NOT NULL,
    party text NOT NULL,
    subject text NOT NULL,
    name text NOT NULL CONSTRAINT person_name_is_short CHECK (char_length(name) BETWEEN 1 AND 120),
    CONSTRAINT one_name_a_pseudonym PRIMARY KEY (ecosystem_id, party, subject),
    CONSTRAINT person_name_belongs_to_a_head
        FOREIGN KEY (ecosystem_id) REFERENCES ledger_head (ecosystem_id)
)
;;
COMMENT ON TABLE person_name IS
    'Whom a pseudonym stands for, by its own party; erased on request, and in no entry.'
;;
CREATE TABLE notice_address (
    ecosystem_id uuid NOT NULL,
    party text NOT NULL,
    address text NOT NULL
        CONSTRAINT notice_address_is_short CHECK (char_length(address) BETWEEN 3 AND 254),
    CONSTRAINT one_notice_address_a_party PRIMARY KEY (ecosystem_id, party),
    CONSTRAINT notice_address_belongs_to_a_head
        FOREIGN KEY (ecosystem_id) REFERENCES ledger_head (ecosystem_id)
)
;;
COMMENT ON TABLE notice_address IS
    'Where a party wants to be told by mail of what waits for it; erased on request.'
;;
GRANT SELECT, INSERT, DELETE ON person_name TO jpi_service
;;
GRANT UPDATE (name) ON person_name TO jpi_service
;;
GRANT SELECT, INSERT, DELETE ON notice_address TO jpi_service
;;
GRANT UPDATE (address) ON notice_address TO jpi_service
"""


def upgrade():
    for statement in STATEMENTS.split(";;\n"):
        op.execute(statement.replace(":", r"\:"))
    for table in ("person_name", "notice_address"):
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(
            f"CREATE POLICY one_ecosystem ON {table} TO jpi_service USING "
            "(ecosystem_id = nullif(current_setting('app.ecosystem', true), '')\\:\\:uuid)"
        )
