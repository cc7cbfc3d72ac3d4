"""What a journal says of a posting: the stake that it is about, and the entry that it takes back."""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

STATEMENTS = r"""
ALTER TABLE posting ADD COLUMN reference text NOT NULL DEFAULT ''
;;
ALTER TABLE posting ADD COLUMN reverses bigint
    CONSTRAINT posting_reverses_an_earlier_entry CHECK (reverses < entry_index)
;;
COMMENT ON COLUMN posting.reference IS 'ISO 11649 reference of the stake that the posting is about.'
;;
COMMENT ON COLUMN posting.reverses IS 'The entry whose posting this one takes back.'
;;
CREATE INDEX posting_by_owner ON posting (ecosystem_id, owner, entry_index, line)
;;
CREATE INDEX posting_by_counterparty ON posting (ecosystem_id, counterparty, entry_index, line)
;;
CREATE INDEX posting_by_reference ON posting (ecosystem_id, reference)
;;
CREATE INDEX entry_by_instant ON entry (ecosystem_id, at)
"""


def upgrade():
    for statement in STATEMENTS.split(";;\n"):
        op.execute(statement.replace(":", r"\:"))
