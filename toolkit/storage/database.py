"""Opening the workspace's database: SQLite by default, PostgreSQL by URL, always at the newest schema."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, inspect, make_url, text
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError

from toolkit.errors import ConfigError, StorageError

MIGRATIONS = Path(__file__).parent / "migrations"
SCHEMA = "0007"  # the newest migration


def open_database(url: str) -> Engine:
    """Connect to a database and bring it to the newest schema.

    Parameters
    ----------
    url : str
        A SQLAlchemy URL without password: ``sqlite:///path`` or ``postgresql+psycopg://user@host/name``. PostgreSQL's
        password comes from ``PGPASSWORD`` or ``~/.pgpass``, as for every PostgreSQL client.

    Raises
    ------
    ConfigError
        The URL cannot be read, or carries a password.
    StorageError
        The database does not answer, or its schema is newer than this toolkit.
    """
    try:
        parsed = make_url(url)
        if parsed.password or {"password", "passfile"} & set(parsed.query):
            raise ConfigError(
                "workflow.yaml: database: a password does not belong into a file that is shared.",
                hint="take it out of the URL and set PGPASSWORD in the environment.",
            )
        engine = create_engine(parsed, hide_parameters=True)
    except (ArgumentError, NoSuchModuleError, ModuleNotFoundError) as error:
        raise ConfigError(f"workflow.yaml: database: {error}") from error
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _set_up_sqlite)
        event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN"))
    try:
        with engine.begin() as connection:
            _migrate(connection)
    except SQLAlchemyError as error:
        engine.dispose()
        raise StorageError(f"The database {parsed.set(query={})} cannot be used: {first_line(error)}") from error
    except BaseException:
        engine.dispose()
        raise
    return engine


def _set_up_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # the driver's own transactions leave out DDL: a migration must be all or nothing
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON", "busy_timeout=10000"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _migrate(connection: Connection) -> None:
    """Run what migrations are missing; Alembic is loaded only when some are."""
    tables = inspect(connection).get_table_names()
    version = None
    if "alembic_version" in tables:
        version = connection.execute(text("select version_num from alembic_version")).scalar()
    if version == SCHEMA:
        return
    if version is not None and version > SCHEMA:
        raise StorageError(
            f"The workspace's state has schema {version}; this toolkit knows {SCHEMA} at most.",
            hint="it was made by a newer toolkit: upgrade this one.",
        )
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def first_line(error: Exception) -> str:
    """Return what a database said, without the statement it was said about."""
    return str(getattr(error, "orig", None) or error).strip().splitlines()[0]
