"""How sure a decision is and how it was reached, and what the overlap policy chose."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Add the columns; decisions so far were votes, which have no confidence beyond their support."""
    with op.batch_alter_table("decisions") as decisions:
        decisions.add_column(sa.Column("confidence", sa.Float(), nullable=True))
        decisions.add_column(sa.Column("distribution", sa.Text(), nullable=False, server_default="{}"))
        decisions.add_column(sa.Column("method", sa.String(16), nullable=False, server_default="vote"))
    op.create_table(
        "steps",
        sa.Column("placement", sa.String(256), sa.ForeignKey("placements.id"), primary_key=True),
        sa.Column("number", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("action", sa.String(16), nullable=False),
        sa.Column("confidence", sa.Float(), nullable=True),
        sa.Column("n_judgments", sa.Integer(), nullable=False),
        sa.Column("options", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
    )


def downgrade() -> None:
    """Drop what was added."""
    op.drop_table("steps")
    with op.batch_alter_table("decisions") as decisions:
        for name in ("method", "distribution", "confidence"):
            decisions.drop_column(name)
