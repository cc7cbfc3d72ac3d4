"""What each party may still spend on requests: one bucket for all processes."""

from alembic import op

revision = "0011"
down_revision = "0007"
branch_labels = None
depends_on = None

STATEMENTS = r"""
CREATE UNLOGGED TABLE allowance (
    ecosystem_id uuid NOT NULL,
    party text NOT NULL,
    points double precision NOT NULL CONSTRAINT allowance_is_never_overdrawn CHECK (points >= 0),
    granted double precision NOT NULL CONSTRAINT grant_takes_no_points_back CHECK (granted >= 0),
    at timestamptz NOT NULL,
    CONSTRAINT one_allowance_a_party PRIMARY KEY (ecosystem_id, party)
)
;;
COMMENT ON TABLE allowance IS
    'Points that a party had left at an instant, after what was granted then; full again when lost.'
;;
GRANT SELECT, INSERT ON allowance TO jpi_service
;;
GRANT UPDATE (points, granted, at) ON allowance TO jpi_service
"""


def upgrade():
    for statement in STATEMENTS.split(";;\n"):
        op.execute(statement.replace(":", r"\:"))
    op.execute("ALTER TABLE allowance ENABLE ROW LEVEL SECURITY")
    op.execute(
        "CREATE POLICY one_ecosystem ON allowance TO jpi_service USING "
        "(ecosystem_id = nullif(current_setting('app.ecosystem', true), '')\\:\\:uuid)"
    )
