"""The first layout of a workspace's state."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Create every table."""
    op.create_table(
        "accounts",
        sa.Column("server_user", sa.Integer(), nullable=False),
        sa.Column("pseudonym", sa.String(length=64), nullable=False),
        sa.Column("simulated", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("server_user"),
    )
    op.create_index(op.f("ix_accounts_pseudonym"), "accounts", ["pseudonym"], unique=False)
    op.create_table(
        "config_versions",
        sa.Column("version", sa.String(length=16), nullable=False),
        sa.Column("domain", sa.String(length=64), nullable=False),
        sa.Column("config", sa.String(length=64), nullable=False),
        sa.Column("xml", sa.Text(), nullable=False),
        sa.Column("applied_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("version", "domain", "config"),
    )
    op.create_table(
        "documents",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("modality", sa.String(length=16), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=True),
        sa.Column("metadata", sa.Text(), nullable=False),
        sa.Column("ingested_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "ledger",
        sa.Column("seq", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", sa.String(length=40), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("project", sa.Integer(), nullable=False),
        sa.Column("placement", sa.String(length=256), nullable=False),
        sa.Column("annotator", sa.String(length=64), nullable=False),
        sa.Column("server_id", sa.Integer(), nullable=False),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.Column("previous", sa.String(length=64), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("seq"),
        sa.UniqueConstraint("hash"),
    )
    op.create_index(op.f("ix_ledger_project"), "ledger", ["project"], unique=False)
    op.create_index("ledger_by_annotation", "ledger", ["placement", "annotator"], unique=False)
    op.create_table(
        "projects",
        sa.Column("domain", sa.String(length=64), nullable=False),
        sa.Column("config", sa.String(length=64), nullable=False),
        sa.Column("tier", sa.String(length=16), nullable=False),
        sa.Column("server_id", sa.Integer(), nullable=False),
        sa.Column("config_version", sa.String(length=16), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("domain", "config", "tier"),
    )
    op.create_table(
        "uploads",
        sa.Column("project", sa.Integer(), nullable=False),
        sa.Column("content", sa.String(length=64), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("project", "content"),
    )
    op.create_table(
        "views",
        sa.Column("project", sa.Integer(), nullable=False),
        sa.Column("annotator", sa.String(length=64), nullable=False),
        sa.Column("server_id", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("project", "annotator"),
    )
    op.create_table(
        "workspace",
        sa.Column("key", sa.String(length=32), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("key"),
    )
    op.create_table(
        "tasks",
        sa.Column("id", sa.String(length=128), nullable=False),
        sa.Column("document", sa.String(length=64), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("modality", sa.String(length=16), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=True),
        sa.Column("start", sa.Integer(), nullable=True),
        sa.Column("end", sa.Integer(), nullable=True),
        sa.Column("fields", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["document"],
            ["documents.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_tasks_document"), "tasks", ["document"], unique=False)
    op.create_table(
        "placements",
        sa.Column("id", sa.String(length=256), nullable=False),
        sa.Column("task", sa.String(length=128), nullable=False),
        sa.Column("domain", sa.String(length=64), nullable=False),
        sa.Column("config", sa.String(length=64), nullable=False),
        sa.Column("tier", sa.String(length=16), nullable=False),
        sa.Column("overlap", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("placed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("server_task", sa.Integer(), nullable=True),
        sa.Column("server_assignees", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["task"],
            ["tasks.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_placements_status"), "placements", ["status"], unique=False)
    op.create_index(op.f("ix_placements_task"), "placements", ["task"], unique=False)
    op.create_table(
        "releases",
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("task", sa.String(length=128), nullable=False),
        sa.Column("config", sa.String(length=160), nullable=False),
        sa.Column("split", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["task"],
            ["tasks.id"],
        ),
        sa.PrimaryKeyConstraint("name", "version", "task", "config"),
    )
    op.create_table(
        "routes",
        sa.Column("task", sa.String(length=128), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("domain", sa.String(length=64), nullable=False),
        sa.Column("confidence", sa.Float(), nullable=True),
        sa.Column("queue", sa.String(length=16), nullable=False),
        sa.Column("tier", sa.String(length=16), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=True),
        sa.Column("modality", sa.String(length=16), nullable=False),
        sa.Column("ranking", sa.Text(), nullable=False),
        sa.Column("evidence", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("routed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["task"],
            ["tasks.id"],
        ),
        sa.PrimaryKeyConstraint("task", "revision"),
    )
    op.create_table(
        "assignments",
        sa.Column("placement", sa.String(length=256), nullable=False),
        sa.Column("annotator", sa.String(length=64), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("assigned_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["placement"],
            ["placements.id"],
        ),
        sa.PrimaryKeyConstraint("placement", "annotator"),
    )
    op.create_table(
        "decisions",
        sa.Column("placement", sa.String(length=256), nullable=False),
        sa.Column("control", sa.String(length=128), nullable=False),
        sa.Column("label", sa.Text(), nullable=True),
        sa.Column("value", sa.Text(), nullable=True),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("support", sa.Float(), nullable=True),
        sa.Column("n_judgments", sa.Integer(), nullable=False),
        sa.Column("shares", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["placement"],
            ["placements.id"],
        ),
        sa.PrimaryKeyConstraint("placement", "control"),
    )


def downgrade() -> None:
    """Drop every table."""
    op.drop_table("decisions")
    op.drop_table("assignments")
    op.drop_table("routes")
    op.drop_table("releases")
    op.drop_index(op.f("ix_placements_task"), table_name="placements")
    op.drop_index(op.f("ix_placements_status"), table_name="placements")
    op.drop_table("placements")
    op.drop_index(op.f("ix_tasks_document"), table_name="tasks")
    op.drop_table("tasks")
    op.drop_table("workspace")
    op.drop_table("views")
    op.drop_table("uploads")
    op.drop_table("projects")
    op.drop_index("ledger_by_annotation", table_name="ledger")
    op.drop_index(op.f("ix_ledger_project"), table_name="ledger")
    op.drop_table("ledger")
    op.drop_table("documents")
    op.drop_table("config_versions")
    op.drop_index(op.f("ix_accounts_pseudonym"), table_name="accounts")
    op.drop_table("accounts")
