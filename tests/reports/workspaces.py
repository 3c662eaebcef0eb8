"""Workspaces to report on, on a platform in memory."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.workflow.fake import FakePlatform
from toolkit.workflow import ingest, run
from toolkit.workspace import init_workspace, open_workspace

SEEDS = Path(__file__).parents[2] / "seeds"


def annotated_workspace(path: Path) -> Path:
    """Make a workspace in which a simulated team has labelled the seed documents."""
    fake = FakePlatform()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("toolkit.workspace.connect", lambda *_: fake)
        init_workspace(path)
        with open_workspace(path) as operation:
            ingest(operation, sorted(SEEDS.glob("*.fr.md")))
            run(operation)
    return path
