"""What exists on the server: projects, config versions, accounts, views, uploads."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Engine, select

from toolkit.models import LabelConfig, ProjectKey, ProjectRecord, Tier
from toolkit.storage import schema as s
from toolkit.storage.rows import insert_missing, now, upsert


@dataclass(frozen=True, slots=True)
class Account:
    """Who a server user is."""

    pseudonym: str
    simulated: bool


class Registry:
    """The server's ids by our names."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def projects(self) -> list[ProjectRecord]:
        """Return the projects as last applied, sorted by key."""
        table = s.projects
        with self._engine.connect() as connection:
            rows = connection.execute(select(table).order_by(table.c.domain, table.c.config, table.c.tier)).all()
        return [
            ProjectRecord(
                ProjectKey(row.domain, row.config, Tier(row.tier)), row.server_id, row.config_version, row.title
            )
            for row in rows
        ]

    def save_project(self, record: ProjectRecord, config: LabelConfig) -> None:
        """Remember a project as applied, and the label config it was applied with."""
        with self._engine.begin() as connection:
            version = {
                "version": config.version,
                "domain": config.domain,
                "config": config.name,
                "xml": config.xml,
                "applied_at": now(),
            }
            insert_missing(connection, s.config_versions, [version])
        key = record.key
        row = {
            "domain": key.domain,
            "config": key.config,
            "tier": key.tier.value,
            "server_id": record.server_id,
            "config_version": record.config_version,
            "title": record.title,
        }
        upsert(self._engine, s.projects, row)

    def config_xml(self, domain: str, config: str, version: str) -> str | None:
        """Return a label config as it was at a version, or None."""
        table = s.config_versions
        query = select(table.c.xml).where(
            table.c.domain == domain, table.c.config == config, table.c.version == version
        )
        with self._engine.connect() as connection:
            return connection.execute(query).scalar()

    def accounts(self) -> dict[int, Account]:
        """Return who every server user is that the toolkit knows."""
        with self._engine.connect() as connection:
            rows = connection.execute(select(s.accounts)).all()
        return {row.server_user: Account(row.pseudonym, row.simulated) for row in rows}

    def save_account(self, server_user: int, pseudonym: str, *, simulated: bool) -> None:
        """Remember who a server user is."""
        upsert(self._engine, s.accounts, {"server_user": server_user, "pseudonym": pseudonym, "simulated": simulated})

    def views(self) -> dict[tuple[int, str], int]:
        """Return view ids by (project, annotator)."""
        with self._engine.connect() as connection:
            return {(row.project, row.annotator): row.server_id for row in connection.execute(select(s.views))}

    def save_view(self, project: int, annotator: str, server_id: int) -> None:
        """Remember an annotator's view of a project."""
        upsert(self._engine, s.views, {"project": project, "annotator": annotator, "server_id": server_id})

    def upload(self, project: int, content: str) -> str | None:
        """Return where a file with that SHA-256 lies on the server, or None."""
        query = select(s.uploads.c.url).where(s.uploads.c.project == project, s.uploads.c.content == content)
        with self._engine.connect() as connection:
            return connection.execute(query).scalar()

    def save_upload(self, project: int, content: str, url: str) -> None:
        """Remember where a file lies on the server."""
        upsert(self._engine, s.uploads, {"project": project, "content": content, "url": url})

    def remembered(self, key: str) -> str | None:
        """Return a fact about the workspace as a whole, its ``name`` or ``server``; None where it is not known yet."""
        query = select(s.workspace.c.value).where(s.workspace.c.key == key)
        with self._engine.connect() as connection:
            return connection.execute(query).scalar()

    def remember(self, key: str, value: str) -> None:
        """Keep a fact about the workspace as a whole."""
        upsert(self._engine, s.workspace, {"key": key, "value": value})
