"""Which camera an answer is about, where a watched one is."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("predictions", sa.Column("camera", sa.String(64)))
    op.create_index("ix_predictions_camera", "predictions", ["camera"])
