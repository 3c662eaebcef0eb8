"""Workspaces on a real server that several tests share: one in which every label config is annotated, and the demo."""

import io
import json
import math
import struct
import wave
from contextlib import contextmanager
from dataclasses import replace
from functools import cache
from pathlib import Path

import httpx
import pytest
import yaml
from PIL import Image

from tests.integration.test_agreement import variants
from toolkit.labelstudio.rest import Rest
from toolkit.simulation import Reference
from toolkit.workflow import ingest, run
from toolkit.workspace import init_workspace, open_workspace

ROOT = Path(__file__).parents[2]
SEEDS = ROOT / "seeds"
VIDEO = ROOT / "tests" / "samples" / "media" / "sample.mp4"
SIZES = ((640, 400), (333, 77), (1000, 999), (7, 11))
N_RECORDINGS, N_FILMS = 4, 2
RATE_HZ, LENGTH_S = 8000, 2


@contextmanager
def on_server(server, path):
    """Make a workspace on a server, as on a company's own one."""
    init_workspace(path)
    settings = yaml.safe_load((path / "workflow.yaml").read_text("utf-8"))
    settings["label_studio"]["url"] = server.url
    (path / "workflow.yaml").write_text(yaml.safe_dump(settings), encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LABEL_STUDIO_API_KEY", server.token)
        yield path


def annotate_every_config(server, path):
    """Let the team annotate tasks of every label config, and several pictures, recordings and films."""
    media = path.parent / "media"
    media.mkdir()
    texts = [record for record in variants() if not {"image", "audio", "video"} & record.keys()]
    source = path.parent / "samples.jsonl"
    source.write_text("\n".join(json.dumps(record) for record in texts), encoding="utf-8")
    pictures = [drawn(media / f"picture-{number}.png", *size) for number, size in enumerate(SIZES)]
    recordings = [recorded(media / f"recording-{number}.wav", 200 + 50 * number) for number in range(N_RECORDINGS)]
    films = [filmed(media / f"film-{number}.mp4", number) for number in range(N_FILMS)]
    with open_workspace(path) as operation:
        assert ingest(operation, [source, *pictures, *recordings, *films]).passed
        run(replace(operation, connect=lambda: Screen(operation.platform, server)))


def run_demo(path):
    """Do what examples/demo.sh does before it releases."""
    with open_workspace(path) as operation:
        assert ingest(operation, sorted(SEEDS.glob("*.fr.md"))).passed
        run(operation, Reference.load(SEEDS / "reference.jsonl"))


def drawn(path, width, height):
    Image.new("L", (width, height), color=width % 256).save(path, compress_level=0)
    return path


def size_of(picture):
    """Width and height of a picture: a path, or an open file."""
    with Image.open(picture) as opened:
        return opened.size


def recorded(path, frequency_hz):
    wave_of = [math.sin(2 * math.pi * frequency_hz * at / RATE_HZ) for at in range(RATE_HZ * LENGTH_S)]
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE_HZ)
        file.writeframes(b"".join(struct.pack("<h", round(12_000 * level)) for level in wave_of))
    return path


def filmed(path, number):
    """Write the sample film with a box after it that players pass over, so that it is another file."""
    path.write_bytes(VIDEO.read_bytes() + struct.pack(">I4sI", 12, b"free", number))
    return path


class Screen:
    """A platform whose members answer as Label Studio's screen does: it tells how large the picture is that it shows.

    What is marked on a picture goes with the width and height of the file that the server gives to that member.
    """

    def __init__(self, platform, server):
        self._platform, self._url = platform, server.url
        self._size_of = cache(self._size_of)

    def __getattr__(self, name):
        return getattr(self._platform, name)

    def submit(self, submission):
        results = [
            {**result, **self._size_of(submission.token, submission.server_task)}
            if {"x", "points"} & result["value"].keys()
            else result
            for result in submission.results
        ]
        return self._platform.submit(replace(submission, results=results))

    def _size_of(self, token, server_task):
        rest = Rest(self._url, token)
        shown = rest.get(f"/api/tasks/{server_task}/")["data"]["image"]
        answer = httpx.get(f"{self._url}{shown}", headers={"Authorization": rest.authorization(token)}, timeout=30)
        width, height = size_of(io.BytesIO(answer.raise_for_status().content))
        return {"original_width": width, "original_height": height, "image_rotation": 0}
