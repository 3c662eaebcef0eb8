"""Engines to ask the same of: Spark in this process, and on a cluster."""

import pytest

from tests.spark_cluster import require_spark, spark_cluster  # noqa: F401 - a fixture
from toolkit.engines import sparksession

# Tables of some hundred rows: making good machine code of what they run takes far longer than running it.
DEFAULTS = """
spark.driver.extraJavaOptions -XX:TieredStopAtLevel=1 -XX:+UseSerialGC
spark.executor.extraJavaOptions -XX:TieredStopAtLevel=1 -XX:+UseSerialGC
spark.sql.codegen.wholeStage false
spark.sql.codegen.factoryMode NO_CODEGEN
spark.sql.ui.explainMode simple
"""
AS_FOR_USERS = {"spark.sql.codegen.wholeStage": "true", "spark.sql.codegen.factoryMode": "FALLBACK"}


@pytest.fixture(scope="session")
def spark_in_haste(tmp_path_factory):
    """Let every Spark that starts from here on interpret its plans and compile as little as it can."""
    folder = tmp_path_factory.mktemp("spark-conf")
    (folder / "spark-defaults.conf").write_text(DEFAULTS)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SPARK_CONF_DIR", str(folder))
        yield


@pytest.fixture(scope="session", params=["spark-local", "spark-cluster"])
def spark_master(request, spark_in_haste):
    """A master that a session is open on, so that each test need not start one.

    On the local one Spark makes Java of its plans, as it does for users. Driver and workers of the cluster would each
    make and compile it again; there plans are interpreted, which is the other way Spark has of running the same.
    """
    require_spark()
    is_local = request.param == "spark-local"
    master = "local[2]" if is_local else request.getfixturevalue("spark_cluster")
    ours = sparksession._settings
    with pytest.MonkeyPatch.context() as patch:
        if is_local:
            patch.setattr(sparksession, "_settings", lambda *where: ours(*where) | AS_FOR_USERS)
        with sparksession.spark_session(master):
            yield master
