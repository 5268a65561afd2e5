"""The tables. Times are whole milliseconds since 1970 in UTC, which every database keeps alike.

A change here needs a migration in server/storage/migrations/versions; a test compares the two.
"""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
    }
)

LABEL = String(200).with_variant(
    String(64), "sqlite"
)  # SQLite minds no lengths, and kept what it was made with

predictions = Table(
    "predictions",
    metadata,
    Column("id", String(32), primary_key=True),  # starts with the time, so that it sorts by it
    Column("time", BigInteger, nullable=False),
    Column("model", String(64), nullable=False),
    Column("version", Integer, nullable=False),
    Column("digest", String(64), nullable=False),  # sha256 of the picture's bytes
    Column("width", Integer, nullable=False),
    Column("height", Integer, nullable=False),
    Column("label", LABEL),
    Column("reason", String(32), nullable=False),
    Column("seconds", Float, nullable=False),
    Column("stages", JSON, nullable=False),
    Column("client", String(64)),
    Column("key", String(16)),
    Column("camera", String(64)),  # of the best frame of somebody whom a watched camera saw
    Index("ix_predictions_time", "time"),
    Index("ix_predictions_label", "label"),
    Index("ix_predictions_camera", "camera"),
)

regions = Table(
    "regions",
    metadata,
    Column(
        "prediction", String(32), ForeignKey("predictions.id", ondelete="CASCADE"), primary_key=True
    ),
    Column("position", Integer, primary_key=True),
    Column("label", LABEL),
    Column("best", LABEL, nullable=False),
    Column("probability", Float, nullable=False),
    Column("similarity", Float),
    Column("reason", String(32), nullable=False),
    Column("box", JSON, nullable=False),
    Index("ix_regions_label", "label"),
)

# Where a picture may carry several classes: what a region is called beside its `label`.
further_labels = Table(
    "further_labels",
    metadata,
    Column(
        "prediction", String(32), ForeignKey("predictions.id", ondelete="CASCADE"), primary_key=True
    ),
    Column("position", Integer, primary_key=True),
    Column("rank", Integer, primary_key=True),
    Column("label", LABEL, nullable=False),
    Index("ix_further_labels_label", "label"),
)

corrections = Table(
    "corrections",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("time", BigInteger, nullable=False),
    Column("prediction", String(32), nullable=False),
    Column("position", Integer),
    Column("action", String(16), nullable=False),
    Column("label", LABEL),
    Column(
        "before", JSON, nullable=False
    ),  # what the model had said: label, best, probability, model, version
    Column("dataset", String(64), nullable=False),
    Column("picture", String(255)),  # the file that was added to the data set, if one was
    Column("by", String(64), nullable=False),
    Column("note", Text),
    Index("ix_corrections_prediction", "prediction"),
)

# Faces that were asked and refused, where their pictures are kept: gone with the picture.
stranger_faces = Table(
    "stranger_faces",
    metadata,
    Column(
        "prediction", String(32), ForeignKey("predictions.id", ondelete="CASCADE"), primary_key=True
    ),
    Column("position", Integer, primary_key=True),
    Column("time", BigInteger, nullable=False),  # of the answer
    Column("stranger", String(32), nullable=False),  # the group of faces of one person
    Column("apart", String(32)),  # the group that somebody took it out of
    Column("embedding", String(64)),  # the vector's; null where the face was not found again
    Column("vector", LargeBinary),
    Index("ix_stranger_faces_stranger", "stranger"),
    Index("ix_stranger_faces_time", "time"),
)

# Groups that somebody named, or does not want to be told of. The vector of the latter is the anchor
# by which later faces of the same person are known.
decided_strangers = Table(
    "decided_strangers",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("time", BigInteger, nullable=False),
    Column("decision", String(16), nullable=False),
    Column("label", LABEL),  # who it is, where somebody said so
    Column("names", JSON, nullable=False),  # whom the model had taken the faces for
    Column("embedding", String(64)),
    Column("vector", LargeBinary),
    Column("faces", Integer, nullable=False),
    Column("by", String(64), nullable=False),
    Column("corrections", JSON, nullable=False),  # ids, for undoing it
    Index("ix_decided_strangers_label", "label"),
)

keys = Table(
    "keys",
    metadata,
    Column("id", String(16), primary_key=True),
    Column("name", String(64), nullable=False),
    Column("role", String(16), nullable=False),
    Column("hash", String(64), nullable=False),
    Column("created", BigInteger, nullable=False),
    Column("expires", BigInteger),
    Column("revoked", BigInteger),
    Column("model", String(64)),  # of a key for other systems' routes; it opens no other ones
)

# Of the page. A row that is gone is a session that has ended.
sessions = Table(
    "sessions",
    metadata,
    Column("id", String(64), primary_key=True),  # sha256 of what the cookie holds
    Column("key", String(16), nullable=False),
    Column("created", BigInteger, nullable=False),
    Column("seen", BigInteger, nullable=False),  # its last use, roughly
    Index("ix_sessions_key", "key"),
)

# The link with which whoever starts the service for the first time gets an admin key: one at most.
claims = Table(
    "claims",
    metadata,
    Column("hash", String(64), primary_key=True),
    Column("created", BigInteger, nullable=False),
)

jobs = Table(
    "jobs",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("kind", String(16), nullable=False),
    Column("arguments", JSON, nullable=False),
    Column("state", String(16), nullable=False),
    Column("created", BigInteger, nullable=False),
    Column("started", BigInteger),
    Column("ended", BigInteger),
    Column("attempts", Integer, nullable=False),
    Column("cancel", Boolean, nullable=False),
    Column("progress", JSON),
    Column("result", JSON),
    Column("message", Text),
    Column("by", String(64), nullable=False),
    Index("ix_jobs_state", "state"),
)

# Of several servers that share a PostgreSQL database. Their times are the database's own clock.
servers = Table(
    "servers",
    metadata,
    Column("id", String(32), primary_key=True),  # another one at each start
    Column("name", String(200), nullable=False),
    Column("seen", BigInteger, nullable=False),
    Column("epoch", BigInteger, nullable=False),  # up to which it obeys `erased_names`
)

erased_names = Table(
    "erased_names",
    metadata,
    Column("model", String(64), primary_key=True),
    Column("version", BigInteger, primary_key=True, autoincrement=False),
    Column("digest", String(64), primary_key=True),  # sha256 of a label, which must not stay
)

leases = Table(
    "leases",
    metadata,
    Column("name", String(32), primary_key=True),
    Column("holder", String(32), nullable=False),
    Column("seen", BigInteger, nullable=False),
)

shared_values = Table(
    "shared_values",
    metadata,
    Column("name", String(32), primary_key=True),
    Column("value", String(200), nullable=False),
)
