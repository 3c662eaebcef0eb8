"""What exists on the server: projects, config versions, accounts, views, uploads."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Engine, Row, Table, delete, select, update

from toolkit.labelconfig import plain_version, read_controls
from toolkit.models import LabelConfig, Modality, ProjectKey, ProjectRecord, Tier
from toolkit.storage import schema as s
from toolkit.storage.rows import now, upsert, upsert_all
from toolkit.storage.schema import to_json


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
                key=ProjectKey(row.domain, row.config, Tier(row.tier)),
                server_id=row.server_id,
                config_version=row.config_version,
                title=row.title,
                settings=json.loads(row.settings or "{}"),
                adopted=row.adopted,
                cursor=None if row.cursor is None else datetime.fromisoformat(row.cursor),
            )
            for row in rows
        ]

    def save_project(self, record: ProjectRecord, config: LabelConfig) -> None:
        """Remember a project as applied, and the label config it was applied with."""
        spec = {
            "title": config.title,
            "modality": config.modality.value,
            "fields": config.fields,
            "decisive": config.decisive,
            "overlap": config.overlap,
        }
        key = record.key
        version: dict[str, Any] = {
            "version": config.version,
            "domain": key.domain,
            "config": key.config,
            "xml": config.xml,
        }
        version |= {"spec": to_json(spec), "applied_at": now()}
        row = {
            "domain": key.domain,
            "config": key.config,
            "tier": key.tier.value,
            "server_id": record.server_id,
            "config_version": record.config_version,
            "title": record.title,
            "settings": to_json(record.settings),
            "adopted": record.adopted,
            "cursor": None if record.cursor is None else record.cursor.isoformat(),
        }
        with self._engine.begin() as connection:
            upsert_all(connection, s.config_versions, [version])
            upsert_all(connection, s.projects, [row])

    def set_cursor(self, key: ProjectKey, cursor: datetime | None) -> None:
        """Remember up to which moment a project's changes have been read."""
        table, text = s.projects, None if cursor is None else cursor.isoformat()
        query = update(table).where(*_is(table, key)).values(cursor=text)
        with self._engine.begin() as connection:
            connection.execute(query)

    def forget_project(self, key: ProjectKey) -> None:
        """Forget a project that is no longer on the server, with its views and uploads."""
        with self._engine.begin() as connection:
            where = _is(s.projects, key)
            server_id = connection.execute(select(s.projects.c.server_id).where(*where)).scalar()
            for table in (s.views, s.uploads):
                connection.execute(delete(table).where(table.c.project == server_id))
            connection.execute(delete(s.projects).where(*where))

    def config_at(self, key: ProjectKey, version: str | None = None) -> LabelConfig | None:
        """Return a label config as it was applied, at a version or the last time; None where it never was.

        Adjudicators have screens of their own: the last time is that of theirs, or else of everybody else's.
        """
        table = s.config_versions
        query = select(table).where(table.c.domain == key.domain, table.c.config == key.config)
        query = query.where(table.c.spec.is_not(None))
        if version is not None:
            query = query.where(table.c.version == version)
        with self._engine.connect() as connection:
            rows = connection.execute(query.order_by(table.c.applied_at.desc())).all()
        rules = key.tier is Tier.ADJUDICATOR
        row = next(
            (row for row in rows if (plain_version(row.version) != row.version) is rules), next(iter(rows), None)
        )
        return None if row is None else _config(key, row)

    def applied_version(self, key: ProjectKey) -> str | None:
        """Return the version of the label config that a project has, or None where there is no project."""
        with self._engine.connect() as connection:
            return connection.execute(select(s.projects.c.config_version).where(*_is(s.projects, key))).scalar()

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

    def users(self) -> dict[str, int]:
        """Return the server's user of each pseudonym; of several the newest."""
        return {account.pseudonym: user for user, account in sorted(self.accounts().items())}

    def save_account(self, server_user: int, pseudonym: str, *, simulated: bool) -> None:
        """Remember who a server user is; where answers by strangers are known, all are to be read again."""
        row = {"server_user": server_user, "pseudonym": pseudonym, "simulated": simulated}
        stranger = select(s.findings.c.placement).where(s.findings.c.kind == "unknown").limit(1)
        with self._engine.begin() as connection:
            known = select(s.accounts.c.pseudonym).where(s.accounts.c.server_user == server_user)
            new = connection.execute(known).scalar() != pseudonym
            upsert_all(connection, s.accounts, [row])
            if new and connection.execute(stranger).first():
                connection.execute(update(s.projects).values(cursor=None))

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


def _config(key: ProjectKey, row: Row[Any]) -> LabelConfig:
    spec = json.loads(row.spec)
    return LabelConfig(
        name=key.config,
        domain=key.domain,
        title=spec["title"],
        xml=row.xml,
        modality=Modality(spec["modality"]),
        fields=tuple(spec["fields"]),
        controls=read_controls(row.xml),
        decisive=tuple(spec["decisive"]),
        overlap=spec["overlap"],
        version=row.version,
    )


def _is(table: Table, key: ProjectKey) -> tuple[ColumnElement[bool], ...]:
    return table.c.domain == key.domain, table.c.config == key.config, table.c.tier == key.tier.value
