"""What a region is called beside its first label, where a picture may carry several classes."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    length = 64 if op.get_bind().dialect.name == "sqlite" else 200
    op.create_table(
        "further_labels",
        sa.Column("prediction", sa.String(32), nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("rank", sa.Integer, nullable=False),
        sa.Column("label", sa.String(length), nullable=False),
        sa.PrimaryKeyConstraint("prediction", "position", "rank", name="pk_further_labels"),
        sa.ForeignKeyConstraint(
            ["prediction"],
            ["predictions.id"],
            name="fk_further_labels_prediction",
            ondelete="CASCADE",
        ),
    )
    op.create_index("ix_further_labels_label", "further_labels", ["label"])
