"""Room for labels as long as a data set may have them.

SQLite minds no lengths, so its tables stay as they are.
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

LABELS = (
    ("predictions", "label"),
    ("regions", "label"),
    ("regions", "best"),
    ("corrections", "label"),
)


def upgrade() -> None:
    if op.get_bind().dialect.name != "sqlite":
        for table, column in LABELS:
            op.alter_column(table, column, type_=sa.String(200), existing_type=sa.String(64))
