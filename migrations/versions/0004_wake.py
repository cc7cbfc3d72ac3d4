"""When the clock has next something to enter, so that deadlines pass though nobody writes.

The clock looks across ecosystems, so every row may be read; one is written by its ecosystem alone.
"""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

STATEMENTS = r"""
CREATE TABLE wake (
    ecosystem_id uuid CONSTRAINT one_wake_an_ecosystem PRIMARY KEY,
    next_at timestamptz NOT NULL,
    CONSTRAINT wake_belongs_to_a_head FOREIGN KEY (ecosystem_id) REFERENCES ledger_head (ecosystem_id)
)
;;
COMMENT ON TABLE wake IS
    'When the clock has next something to enter; says nothing that the entries do not.'
;;
CREATE INDEX wake_by_time ON wake (next_at)
;;
GRANT SELECT, INSERT, DELETE ON wake TO jpi_service
;;
GRANT UPDATE (next_at) ON wake TO jpi_service
;;
ALTER TABLE wake ENABLE ROW LEVEL SECURITY
;;
CREATE POLICY the_clock_looks_everywhere ON wake FOR SELECT TO jpi_service USING (true)
"""


def upgrade():
    for statement in STATEMENTS.split(";;\n"):
        op.execute(statement.replace(":", r"\:"))
    own = "(ecosystem_id = nullif(current_setting('app.ecosystem', true), '')\\:\\:uuid)"
    op.execute(
        f"CREATE POLICY one_ecosystem_adds ON wake FOR INSERT TO jpi_service WITH CHECK {own}"
    )
    op.execute(
        f"CREATE POLICY one_ecosystem_changes ON wake FOR UPDATE TO jpi_service USING {own}"
    )
    op.execute(
        f"CREATE POLICY one_ecosystem_drops ON wake FOR DELETE TO jpi_service USING {own}"
    )
