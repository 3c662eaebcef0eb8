"""Indexes by which large workspaces are counted without reading their rows."""

from __future__ import annotations

from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Add the indexes; on a million assignments that takes seconds, once."""
    op.create_index("assignments_by_annotator", "assignments", ["annotator", "status"])
    op.create_index("ledger_by_kind", "ledger", ["kind"])


def downgrade() -> None:
    """Drop what was added."""
    op.drop_index("ledger_by_kind", "ledger")
    op.drop_index("assignments_by_annotator", "assignments")
