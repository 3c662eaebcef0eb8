"""The tables of a workspace's state; the same on SQLite and PostgreSQL.

Everything that is a list or a mapping is stored as canonical JSON text (see :func:`to_json`), so that equal values have
equal text on every database.
"""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy import (
    Boolean,
    Column,
    DateTime,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
)

metadata = MetaData()


def to_json(value: Any) -> str:
    """Return canonical JSON: sorted keys, no needless white space, text as it is."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


workspace = Table(
    "workspace",
    metadata,
    Column("key", String(32), primary_key=True),
    Column("value", Text, nullable=False),
)

documents = Table(
    "documents",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("source", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("modality", String(16), nullable=False),
    Column("language", String(8)),
    Column("metadata", Text, nullable=False),
    Column("ingested_at", DateTime(timezone=True), nullable=False),
)

tasks = Table(
    "tasks",
    metadata,
    Column("id", String(128), primary_key=True),
    Column("document", ForeignKey("documents.id"), nullable=False, index=True),
    Column("source", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("modality", String(16), nullable=False),
    Column("language", String(8)),
    Column("start", Integer),
    Column("end", Integer),
    Column("fields", Text, nullable=False),
)

routes = Table(
    "routes",
    metadata,
    Column("task", ForeignKey("tasks.id"), primary_key=True),
    Column("revision", Integer, primary_key=True),  # the last one counts
    Column("domain", String(64), nullable=False),
    Column("confidence", Float),
    Column("queue", String(16), nullable=False),
    Column("tier", String(16), nullable=False),
    Column("language", String(8)),
    Column("modality", String(16), nullable=False),
    Column("ranking", Text, nullable=False),
    Column("evidence", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("routed_at", DateTime(timezone=True), nullable=False),
    Column("difficulty", Float),
    Column("router", Text, nullable=False, server_default="lexicon"),
)

placements = Table(
    "placements",
    metadata,
    Column("id", String(256), primary_key=True),
    Column("task", ForeignKey("tasks.id"), nullable=False),
    Column("domain", String(64), nullable=False),
    Column("config", String(64), nullable=False),
    Column("tier", String(16), nullable=False),
    Column("overlap", Integer, nullable=False),
    Column("reason", Text, nullable=False),
    Column("status", String(16), nullable=False, index=True),  # a PlacementStatus
    Column("outcome", Text),  # why it was closed
    Column("placed_at", DateTime(timezone=True), nullable=False),
    Column("server_task", Integer),
    Column("server_assignees", Text),  # as last sent
    Column("purpose", String(16), nullable=False, server_default="answer"),  # or "review"
    # Large workspaces are counted by these alone, without their rows.
    Index("placements_by_project", "domain", "config", "tier", "status", "purpose", "server_task", "overlap"),
    Index("placements_by_task", "task", "domain", "status", "purpose", "server_task", "id"),
)

assignments = Table(
    "assignments",
    metadata,
    Column("placement", ForeignKey("placements.id"), primary_key=True),
    Column("annotator", String(64), primary_key=True),
    Column("reason", Text, nullable=False),
    Column("status", String(16), nullable=False),  # an AssignmentStatus
    Column("assigned_at", DateTime(timezone=True), nullable=False),
    Index("assignments_by_annotator", "annotator", "status"),
)

projects = Table(
    "projects",
    metadata,
    Column("domain", String(64), primary_key=True),
    Column("config", String(64), primary_key=True),
    Column("tier", String(16), primary_key=True),
    Column("server_id", Integer, nullable=False),
    Column("config_version", String(16), nullable=False),
    Column("title", Text, nullable=False),
    Column("settings", Text),  # as last applied, by the platform's names
    Column("adopted", Boolean, nullable=False, default=False),  # was there before the toolkit
    Column("cursor", String(40)),  # ISO 8601: every change on the server up to this moment has been read
)

config_versions = Table(
    "config_versions",
    metadata,
    Column("version", String(16), primary_key=True),
    Column("domain", String(64), primary_key=True),
    Column("config", String(64), primary_key=True),
    Column("xml", Text, nullable=False),
    Column("spec", Text),  # title, modality, fields, decisive controls, overlap: what the XML does not say
    Column("applied_at", DateTime(timezone=True), nullable=False),
)

accounts = Table(
    "accounts",
    metadata,
    Column("server_user", Integer, primary_key=True),
    Column("pseudonym", String(64), nullable=False, index=True),
    Column("simulated", Boolean, nullable=False),
)

people = Table(
    "people",
    metadata,
    Column("pseudonym", String(64), primary_key=True),
    Column("name", Text),
    Column("email", Text),
    Column("added_at", DateTime(timezone=True), nullable=False),
    Column("offboarded_at", DateTime(timezone=True)),
)

views = Table(
    "views",
    metadata,
    Column("project", Integer, primary_key=True),
    Column("annotator", String(64), primary_key=True),
    Column("server_id", Integer, nullable=False),
)

uploads = Table(
    "uploads",
    metadata,
    Column("project", Integer, primary_key=True),
    Column("content", String(64), primary_key=True),  # SHA-256 of the file
    Column("url", Text, nullable=False),
)

ledger = Table(
    "ledger",
    metadata,
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("at", String(40), nullable=False),  # ISO 8601, UTC: part of the hash, so kept as text
    Column("kind", String(16), nullable=False),
    Column("project", Integer, nullable=False, index=True),
    Column("placement", String(256), nullable=False),
    Column("annotator", String(64), nullable=False),
    Column("server_id", Integer, nullable=False),
    Column("payload", Text, nullable=False),
    Column("previous", String(64), nullable=False),
    Column("hash", String(64), nullable=False, unique=True),
    Index("ledger_by_annotation", "placement", "annotator"),
    Index("ledger_by_annotator", "annotator"),
    Index("ledger_by_kind", "kind"),
)

# What the ledger says the server holds, one row per annotation; it can be made anew from the ledger.
sightings = Table(
    "sightings",
    metadata,
    Column("project", Integer, primary_key=True),
    Column("server_id", Integer, primary_key=True),
    Column("lineage", String(16), primary_key=True),  # the annotation's own id; the server gives ids away again
    Column("placement", String(256), nullable=False, index=True),
    Column("annotator", String(64), nullable=False),
    Column("server_task", Integer, nullable=False),
    Column("created_at", String(40), nullable=False),
    Column("content", String(64), nullable=False),  # digest of what counts as a change
    Column("edited_by", String(64)),
    Column("kind", String(16), nullable=False),  # of the last entry
    Column("seq", Integer, nullable=False),  # of the last entry
    Column("deleted", Boolean, nullable=False),
    Index("sightings_by_task", "project", "server_task"),
)

# What was found out about annotations that do not simply count.
findings = Table(
    "findings",
    metadata,
    Column("placement", String(256), primary_key=True),
    Column("annotator", String(64), primary_key=True),
    Column("lineage", String(16), primary_key=True),
    Column("kind", String(16), primary_key=True),
    Column("reason", Text, nullable=False),
)

label_migrations = Table(
    "label_migrations",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("domain", String(64), nullable=False),
    Column("config", String(64), nullable=False),
    Column("tier", String(16), nullable=False),
    Column("before", String(16), nullable=False),
    Column("after", String(16), nullable=False),
    Column("status", String(16), nullable=False),
    Column("started_at", DateTime(timezone=True), nullable=False),
    Column("finished_at", DateTime(timezone=True)),
    Column("ledger_seq", Integer, nullable=False),  # entries that the ledger had when it was begun
)

# How things were before a migration.
label_migration_undo = Table(
    "label_migration_undo",
    metadata,
    Column("migration", Integer, primary_key=True, autoincrement=False),
    Column("kind", String(16), primary_key=True),  # "placements", "predictions" or "drafts"
    Column("thing", String(256), primary_key=True),
    Column("value", Text, nullable=False),
)

decisions = Table(
    "decisions",
    metadata,
    Column("placement", ForeignKey("placements.id"), primary_key=True),
    Column("control", String(128), primary_key=True),
    Column("label", Text),
    Column("value", Text),
    Column("status", String(16), nullable=False),
    Column("support", Float),
    Column("n_judgments", Integer, nullable=False),
    Column("shares", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("decided_at", DateTime(timezone=True), nullable=False),
    Column("confidence", Float),
    Column("distribution", Text, nullable=False, server_default="{}"),
    Column("method", String(16), nullable=False, server_default="vote"),
    Index("decisions_by_day", "placement", "decided_at"),
)

# What the overlap policy chose for a placement, oldest first, with the numbers behind it.
steps = Table(
    "steps",
    metadata,
    Column("placement", ForeignKey("placements.id"), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("action", String(16), nullable=False),
    Column("confidence", Float),
    Column("n_judgments", Integer, nullable=False),
    Column("options", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
)

# Answers that a ruling sent back to who had given them.
reworks = Table(
    "reworks",
    metadata,
    Column("placement", ForeignKey("placements.id"), primary_key=True),
    Column("annotator", String(64), primary_key=True),
    Column("ruling", ForeignKey("placements.id"), nullable=False),
    Column("controls", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("asked_seq", Integer, nullable=False),  # entries that the ledger had then
    Column("asked_at", DateTime(timezone=True), nullable=False),
    Column("done_at", DateTime(timezone=True)),
    Column("shown", Boolean, nullable=False),  # the task on the server says so
)

# Decided labels that were judged once more, with what they were before.
reviews = Table(
    "reviews",
    metadata,
    Column("placement", ForeignKey("placements.id"), primary_key=True),
    Column("control", String(128), primary_key=True),
    Column("review", ForeignKey("placements.id"), nullable=False),
    Column("decided", Text),
    Column("label", Text),
    Column("reason", Text, nullable=False),
    Column("reviewed_at", DateTime(timezone=True), nullable=False),
)

releases = Table(
    "releases",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("task", ForeignKey("tasks.id"), primary_key=True),
    Column("config", String(160), primary_key=True),  # "finance/claims"
    Column("split", String(64), nullable=False),
    Column("ledger_seq", Integer),  # entries that the ledger had then
)

# What makes a version of a release this one and no other.
release_versions = Table(
    "release_versions",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("content", String(64), nullable=False),
    Column("digest", String(64), nullable=False),  # of the manifest
    Column("ledger_seq", Integer, nullable=False),
    Column("recipient", Text),
    Column("made_at", DateTime(timezone=True), nullable=False),
)

# Rows that no annotator labelled, by which a copy is known.
canaries = Table(
    "canaries",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("row", String(320), primary_key=True),
    Column("recipient", Text, nullable=False),
    Column("digests", Text, nullable=False),
)
