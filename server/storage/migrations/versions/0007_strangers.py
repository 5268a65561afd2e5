"""Faces that nobody knows, and what was decided about the people that they show."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None
LABEL = sa.String(200).with_variant(sa.String(64), "sqlite")


def upgrade() -> None:
    op.create_table(
        "stranger_faces",
        sa.Column("prediction", sa.String(32), nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("time", sa.BigInteger, nullable=False),
        sa.Column("stranger", sa.String(32), nullable=False),
        sa.Column("apart", sa.String(32)),
        sa.Column("embedding", sa.String(64)),
        sa.Column("vector", sa.LargeBinary),
        sa.PrimaryKeyConstraint("prediction", "position", name="pk_stranger_faces"),
        sa.ForeignKeyConstraint(
            ["prediction"],
            ["predictions.id"],
            name="fk_stranger_faces_prediction",
            ondelete="CASCADE",
        ),
    )
    op.create_index("ix_stranger_faces_stranger", "stranger_faces", ["stranger"])
    op.create_index("ix_stranger_faces_time", "stranger_faces", ["time"])
    op.create_table(
        "decided_strangers",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("time", sa.BigInteger, nullable=False),
        sa.Column("decision", sa.String(16), nullable=False),
        sa.Column("label", LABEL),
        sa.Column("names", sa.JSON, nullable=False),
        sa.Column("embedding", sa.String(64)),
        sa.Column("vector", sa.LargeBinary),
        sa.Column("faces", sa.Integer, nullable=False),
        sa.Column("by", sa.String(64), nullable=False),
        sa.Column("corrections", sa.JSON, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_decided_strangers"),
    )
    op.create_index("ix_decided_strangers_label", "decided_strangers", ["label"])
