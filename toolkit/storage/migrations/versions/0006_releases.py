"""What each version of a release was made of, and the canaries that copies carry."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Add the tables; of releases so far, rows and splits are known and stay."""
    op.create_table(
        "release_versions",
        sa.Column("name", sa.String(64), primary_key=True),
        sa.Column("version", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("content", sa.String(64), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("ledger_seq", sa.Integer(), nullable=False),
        sa.Column("recipient", sa.Text(), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_table(
        "canaries",
        sa.Column("name", sa.String(64), primary_key=True),
        sa.Column("version", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("row", sa.String(320), primary_key=True),
        sa.Column("recipient", sa.Text(), nullable=False),
        sa.Column("digests", sa.Text(), nullable=False),
    )


def downgrade() -> None:
    """Drop what was added."""
    op.drop_table("canaries")
    op.drop_table("release_versions")
