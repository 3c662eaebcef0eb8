"""Indexes by which large workspaces are counted without reading their rows."""

from __future__ import annotations

from alembic import op

revision = "0007"
down_revision = "0006"


INDEXES = {
    "assignments_by_annotator": ("assignments", ["annotator", "status"]),
    "decisions_by_day": ("decisions", ["placement", "decided_at"]),
    "ledger_by_kind": ("ledger", ["kind"]),
    "placements_by_project": (
        "placements",
        ["domain", "config", "tier", "status", "purpose", "server_task", "overlap"],
    ),
    "placements_by_task": ("placements", ["task", "domain", "status", "purpose", "server_task", "id"]),
}


def upgrade() -> None:
    """Add the indexes, one of them in another's place; on a million assignments that takes seconds, once."""
    for name, (table, columns) in INDEXES.items():
        op.create_index(name, table, columns)
    op.drop_index("ix_placements_task", "placements")


def downgrade() -> None:
    """Put the old one back and drop what was added."""
    op.create_index("ix_placements_task", "placements", ["task"])
    for name, (table, _) in INDEXES.items():
        op.drop_index(name, table)
