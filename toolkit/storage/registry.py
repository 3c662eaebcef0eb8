"""What exists on the server: projects, config versions, accounts, views, uploads."""

from __future__ import annotations

from sqlalchemy import Engine, select

from toolkit.models import LabelConfig, ProjectKey, ProjectRecord, Tier
from toolkit.storage import schema as s
from toolkit.storage.rows import insert_missing, now, upsert


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

    def pseudonyms(self) -> dict[int, str]:
        """Return the pseudonym of every server user the toolkit knows."""
        with self._engine.connect() as connection:
            rows = connection.execute(select(s.accounts.c.server_user, s.accounts.c.pseudonym)).all()
        return {row.server_user: row.pseudonym for row in rows}

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

    def upload(self, project: int, path: str) -> str | None:
        """Return where a file lies on the server, or None."""
        query = select(s.uploads.c.url).where(s.uploads.c.project == project, s.uploads.c.path == path)
        with self._engine.connect() as connection:
            return connection.execute(query).scalar()

    def save_upload(self, project: int, path: str, url: str) -> None:
        """Remember where a file lies on the server."""
        upsert(self._engine, s.uploads, {"project": project, "path": path, "url": url})
