"""A server on the loopback interface that speaks chat completions, and the router that asks it."""

import json
import sqlite3
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tests.routing.test_lexicon import packs
from toolkit.models import Modality, Task
from toolkit.routing.endpoint import PURCHASES
from toolkit.routing.plugins import load_routers

KEY = "sk-test-4f8a91c2e7"
PACKS = packs()
TEXT = "They met again on Tuesday and went on where the derivative had left off."  # one term: undecided
ANSWER = {"domain": "finance", "confidence": 0.99, "because": "a loan"}
USAGE = {"prompt_tokens": 400, "completion_tokens": 30}
PRICES = {"price_in": 10.0, "price_out": 20.0}
COST = (400 * 10 + 30 * 20) / 1_000_000


def completion(content, usage=USAGE):
    said = content if isinstance(content, str) else json.dumps(content)
    choice = {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": said}}
    return 200, {
        "id": "c",
        "object": "chat.completion",
        "created": 1,
        "model": "m",
        "choices": [choice],
        "usage": usage,
    }


LOST = 0  # instead of a status: the connection ends without an answer


def refusal(status, message="no"):
    return status, {"error": {"message": message, "type": "x"}}


class Endpoint(ThreadingHTTPServer):
    """Answers with `answers` in turn, the last one for good; keeps what it was sent."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.answers = [completion(ANSWER)]
        self.seen, self.keys = [], []
        self.asked, self.may_answer = threading.Event(), threading.Event()
        self.may_answer.set()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_port}/v1"

    def sent(self):
        return json.dumps(self.seen)


class Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        server = self.server
        server.seen.append(json.loads(self.rfile.read(int(self.headers["content-length"]))))
        server.keys.append((self.path, self.headers["authorization"]))
        answers = server.answers
        status, payload = answers.pop(0) if len(answers) > 1 else answers[0]
        server.asked.set()
        server.may_answer.wait(60)
        if status == LOST:
            self.close_connection = True
            return
        body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
        try:
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("retry-after-ms", "1")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)
        except OSError:
            pass  # whoever asked is gone

    def log_message(self, *_):
        pass


@pytest.fixture
def endpoint(monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with Endpoint() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.may_answer.set()
        server.shutdown()
        thread.join()


def options(endpoint, **changed):
    return {"model": "m", "base_url": endpoint.url, "limit": 1, **PRICES, **changed}


def router(endpoint, folder=None, confidential=(), **changed):
    (made,) = load_routers({"openai": options(endpoint, **changed)}, PACKS, folder, confidential)
    return made


def task(text=TEXT, source="posts/a.md", **changed):
    values = {"modality": Modality.TEXT, "fields": {"text": text}, "language": "en", **changed}
    return Task(id="t1", document="d1", source=source, **values)


def spent(folder):
    with sqlite3.connect(folder / PURCHASES) as database:
        return database.execute("select coalesce(cost, worst), answer from requests").fetchall()
