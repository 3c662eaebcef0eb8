"""What the ledger knows of the server, who the people are, and which label configs were migrated."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Add the columns and tables; sightings are made from the ledger when the workspace is opened."""
    with op.batch_alter_table("projects") as projects:
        projects.add_column(sa.Column("settings", sa.Text(), nullable=True))
        projects.add_column(sa.Column("adopted", sa.Boolean(), nullable=False, server_default=sa.false()))
        projects.add_column(sa.Column("cursor", sa.String(length=40), nullable=True))
    with op.batch_alter_table("config_versions") as versions:
        versions.add_column(sa.Column("spec", sa.Text(), nullable=True))
    with op.batch_alter_table("releases") as releases:
        releases.add_column(sa.Column("ledger_seq", sa.Integer(), nullable=True))
    op.create_index("ledger_by_annotator", "ledger", ["annotator"], unique=False)
    op.create_table(
        "people",
        sa.Column("pseudonym", sa.String(length=64), nullable=False),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("offboarded_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("pseudonym"),
    )
    op.create_table(
        "sightings",
        sa.Column("project", sa.Integer(), nullable=False),
        sa.Column("server_id", sa.Integer(), nullable=False),
        sa.Column("lineage", sa.String(length=16), nullable=False),
        sa.Column("placement", sa.String(length=256), nullable=False),
        sa.Column("annotator", sa.String(length=64), nullable=False),
        sa.Column("server_task", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.String(length=40), nullable=False),
        sa.Column("content", sa.String(length=64), nullable=False),
        sa.Column("edited_by", sa.String(length=64), nullable=True),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("deleted", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("project", "server_id", "lineage"),
    )
    op.create_index(op.f("ix_sightings_placement"), "sightings", ["placement"], unique=False)
    op.create_index("sightings_by_task", "sightings", ["project", "server_task"], unique=False)
    op.create_table(
        "findings",
        sa.Column("placement", sa.String(length=256), nullable=False),
        sa.Column("annotator", sa.String(length=64), nullable=False),
        sa.Column("lineage", sa.String(length=16), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("placement", "annotator", "lineage", "kind"),
    )
    op.create_table(
        "label_migrations",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("domain", sa.String(length=64), nullable=False),
        sa.Column("config", sa.String(length=64), nullable=False),
        sa.Column("tier", sa.String(length=16), nullable=False),
        sa.Column("before", sa.String(length=16), nullable=False),
        sa.Column("after", sa.String(length=16), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ledger_seq", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "label_migration_undo",
        sa.Column("migration", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("thing", sa.String(length=256), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("migration", "kind", "thing"),
    )


def downgrade() -> None:
    """Drop what was added."""
    for name in ("label_migration_undo", "label_migrations", "findings", "sightings", "people"):
        op.drop_table(name)
    op.drop_index("ledger_by_annotator", "ledger")
    with op.batch_alter_table("releases") as releases:
        releases.drop_column("ledger_seq")
    with op.batch_alter_table("config_versions") as versions:
        versions.drop_column("spec")
    with op.batch_alter_table("projects") as projects:
        for name in ("cursor", "adopted", "settings"):
            projects.drop_column(name)
