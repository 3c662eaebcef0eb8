"""How hard a task looked, and which router scored it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Add the columns; the lexicon was the only router there was, and what came after it was found by annotators."""
    with op.batch_alter_table("routes") as routes:
        routes.add_column(sa.Column("difficulty", sa.Float(), nullable=True))
        routes.add_column(sa.Column("router", sa.Text(), nullable=False, server_default="lexicon"))
    op.execute("update routes set router = 'annotators' where revision > 1")


def downgrade() -> None:
    """Drop what was added."""
    with op.batch_alter_table("routes") as routes:
        for name in ("router", "difficulty"):
            routes.drop_column(name)
