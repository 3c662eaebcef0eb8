"""Fixtures that several tests share: one real Label Studio server for a whole run."""

import os
import sys
from dataclasses import dataclass, field

import pytest

from toolkit.errors import ServerStartError
from toolkit.labelstudio.client import LabelStudioPlatform
from toolkit.labelstudio.environment import ensure_environment
from toolkit.labelstudio.server import EmbeddedServer


@dataclass(frozen=True)
class RunningLabelStudio:
    url: str
    email: str
    token: str = field(repr=False)
    password: str = field(repr=False)


def tell(message):
    print(message, file=sys.stderr)


@pytest.fixture(scope="session")
def label_studio_environment():
    """The installed server; tests that need it are skipped where it cannot be installed."""
    try:
        return ensure_environment(tell)
    except ServerStartError as error:
        if os.environ.get("TOOLKIT_REQUIRE_ALL") == "1":
            raise
        pytest.skip(f"no Label Studio server can be installed here: {error}")


@pytest.fixture(scope="session")
def label_studio(label_studio_environment, tmp_path_factory):
    """A running server, one per run; `.url`, `.token`, `.email`, `.password` are the administrator's."""
    server = EmbeddedServer(tmp_path_factory.mktemp("label-studio"), tell)
    try:
        status = server.start()
        admin = server.admin()
        yield RunningLabelStudio(status.url, admin.email, admin.token, admin.password)
    finally:
        server.stop()


@pytest.fixture(scope="session")
def platform(label_studio):
    """The toolkit's client of that server, as its administrator."""
    return LabelStudioPlatform(label_studio.url, label_studio.token)
