"""What rulings sent back, and what was judged once more by somebody above."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Add the tables; placements so far were there to be answered."""
    with op.batch_alter_table("placements") as placements:
        placements.add_column(sa.Column("purpose", sa.String(16), nullable=False, server_default="answer"))
    op.create_table(
        "reworks",
        sa.Column("placement", sa.String(256), sa.ForeignKey("placements.id"), primary_key=True),
        sa.Column("annotator", sa.String(64), primary_key=True),
        sa.Column("ruling", sa.String(256), sa.ForeignKey("placements.id"), nullable=False),
        sa.Column("controls", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("asked_seq", sa.Integer(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("shown", sa.Boolean(), nullable=False),
    )
    op.create_table(
        "reviews",
        sa.Column("placement", sa.String(256), sa.ForeignKey("placements.id"), primary_key=True),
        sa.Column("control", sa.String(128), primary_key=True),
        sa.Column("review", sa.String(256), sa.ForeignKey("placements.id"), nullable=False),
        sa.Column("decided", sa.Text(), nullable=True),
        sa.Column("label", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("reviewed_at", sa.DateTime(timezone=True), nullable=False),
    )


def downgrade() -> None:
    """Drop what was added."""
    op.drop_table("reviews")
    op.drop_table("reworks")
    with op.batch_alter_table("placements") as placements:
        placements.drop_column("purpose")
