"""The cycle as a Python script: every verb of the command line is a function of `toolkit.workflow`."""

import sys
from pathlib import Path

from toolkit.engines.duckdb import DuckDBEngine
from toolkit.labelstudio.server import EmbeddedServer
from toolkit.workflow import ReleaseRequest, apply, collect, ingest, publish, release, resolve, route, simulate
from toolkit.workspace import init_workspace, open_workspace

TEXTS = Path(__file__).parent / "own_pack" / "texts.jsonl"

folder = Path(sys.argv[1] if len(sys.argv) > 1 else "cycle-workspace")
init_workspace(folder)
server = EmbeddedServer(folder)
server.start()
try:
    with open_workspace(folder) as operation:
        print(f"{ingest(operation, [TEXTS]).n_tasks} tasks")
        for found in route(operation).routes:
            print(f"  {found.task}: {found.domain} ({found.queue}), {found.reason}")
        while True:
            apply(operation)
            published = publish(operation)
            simulate(operation)  # people would annotate here, in Label Studio
            collected = collect(operation)
            resolved = resolve(operation)
            print(f"{published.n_imported} sent, {collected.n_new} collected, {dict(resolved.by_status)}")
            if not resolved.resolutions:
                break
        written = release(operation, ReleaseRequest("texts"), DuckDBEngine())
        print(f"{written.n_records} rows in {written.release.path.name}, {written.n_open} placements open")
finally:
    server.stop()
