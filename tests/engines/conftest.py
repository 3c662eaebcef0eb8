"""Engines to ask the same of: Spark in this process, and on a cluster."""

import pytest

from tests.spark_cluster import require_spark, spark_cluster  # noqa: F401 - a fixture
from toolkit.engines.sparksession import spark_session


@pytest.fixture(scope="session", params=["spark-local", "spark-cluster"])
def spark_master(request):
    """A master that a session is open on, so that each test need not start one."""
    require_spark()
    master = "local[2]" if request.param == "spark-local" else request.getfixturevalue("spark_cluster")
    with spark_session(master):
        yield master
