"""The workspace's state on both databases: SQLite, and a real PostgreSQL server on the loopback interface."""

import pytest

from tests.conftest import new_database
from toolkit.storage.database import open_database
from toolkit.storage.state import State


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def database_url(request, tmp_path):
    """An empty database of each kind."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/state.sqlite"
        return
    with new_database(request.getfixturevalue("postgresql")) as url:
        yield url


@pytest.fixture
def state(database_url):
    """An open state, empty."""
    opened = State(open_database(database_url))
    yield opened
    opened.close()
