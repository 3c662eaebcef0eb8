"""The client as a whole: server, token, version. What it reads and writes is tested noun by noun."""

import contextlib
import http.server
import json
import threading

import pytest

from tests.labelstudio.traffic import import_one
from toolkit.errors import AuthenticationError, LabelStudioError, ServerVersionError
from toolkit.labelstudio.client import LabelStudioPlatform
from toolkit.labelstudio.process import free_port


@pytest.mark.labelstudio
def test_both_kinds_of_token_work_for_everything(platform, label_studio, admin, spec):
    personal = LabelStudioPlatform(f"{label_studio.url}/", admin.send("POST", "/api/token/")["token"])
    assert personal.check() == platform.check() == "1.23.2"
    project = personal.create_project(personal.settings_of(spec))
    import_one(personal, project)
    assert platform.find_project(spec.marker, None).server_id == project
    assert list(platform.tasks(project)) == list(personal.tasks(project)) != []


@pytest.mark.labelstudio
@pytest.mark.parametrize("token", ["0123456789abcdef", "not.a.jwt"])
def test_wrong_token_is_refused_without_being_shown(label_studio, token):
    with pytest.raises(AuthenticationError, match="does not accept the token") as caught:
        LabelStudioPlatform(label_studio.url, token).check()
    assert token not in str(caught.value)


def test_dead_server_is_named_with_what_to_do():
    url = f"http://127.0.0.1:{free_port()}"
    with pytest.raises(LabelStudioError, match=rf"(?s)No Label Studio answers at {url}.*toolkit server start"):
        LabelStudioPlatform(url, "secret").check()


@contextlib.contextmanager
def server_that_says(body):
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *arguments):
            pass

    with http.server.HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


@pytest.mark.parametrize("version", ["1.22.0", "1.24.0", "2.0.0", "1.230.1"])
def test_other_version_is_refused(version):
    with (
        server_that_says(json.dumps({"release": version}).encode()) as url,
        pytest.raises(ServerVersionError, match=rf"Label Studio {version} at {url} is not supported"),
    ):
        LabelStudioPlatform(url, "secret").check()


@pytest.mark.parametrize("body", [b"<html>Welcome</html>", b"[]", b'{"release": null}'])
def test_something_else_at_the_address_is_told_from_label_studio(body):
    with server_that_says(body) as url, pytest.raises(LabelStudioError, match="is not Label Studio"):
        LabelStudioPlatform(url, "secret").check()


def test_password_in_the_url_is_refused_and_not_repeated():
    with pytest.raises(LabelStudioError, match="must not hold a user or a password") as caught:
        LabelStudioPlatform("http://admin:hunter2@labels.example", "secret")
    assert "hunter2" not in str(caught.value)
