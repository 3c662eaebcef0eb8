"""Fixtures of the Label Studio tests: a project of its own for each test, two annotators for all."""

import uuid

import pytest

from toolkit.labelstudio.rest import Rest
from toolkit.models import ProjectKey, Tier
from toolkit.workflow.exchange import ProjectSpec

PASSWORD = "eine-lange-Passphrase"
XML = """
<View>
  <Text name="text" value="$text"/>
  <!-- Größe: éàü -->
  <Choices name="risk" toName="text"><Choice value="niedrig"/><Choice value="hoch"/></Choices>
</View>
"""
HTML = """<h2>Ça va ?</h2>
<!-- not for annotators -->
<p style="color: red" onclick="run()">Fish &amp; chips, 1 &lt; 2, "zitiert" <B>fett</B><br/>
<center>alt</center> <a href="https://labels.example/guide?a=1&amp;b=2" target=_blank>mehr</a>
<ul><li>eins<li>zwei</ul><table><tr><td>x</td></tr></table>"""


@pytest.fixture(scope="session")
def admin(label_studio):
    return Rest(label_studio.url, label_studio.token)


@pytest.fixture
def spec():
    key = ProjectKey("finance", f"risk-{uuid.uuid4().hex[:8]}", Tier.SPECIALIST)
    marker = f"[tk:{key}]"
    return ProjectSpec(key, f"Prüfung {key.config}", f"Wie groß ist das Risiko? {marker}", marker, XML, HTML, 2)


@pytest.fixture
def project(platform, spec):
    return platform.create_project(platform.settings_of(spec))


@pytest.fixture(scope="session")
def ada(platform):
    return platform.ensure_account("ada", "ada@annotators.example", PASSWORD, simulated=True)


@pytest.fixture(scope="session")
def bea(platform):
    return platform.ensure_account("bea", "bea@annotators.example", PASSWORD, simulated=False)
