"""Consensus on a table in memory is that of the engine."""

import pandas as pd
import pytest

from tests.consensus.test_estimating import answered, crowd
from toolkit.consensus import Method, Rules, consensus_model
from toolkit.errors import InputError


@pytest.mark.parametrize("method", list(Method))
def test_a_table_in_memory_gives_what_the_engine_gives(method):
    rows, truth = crowd()
    gold = dict(list(truth.items())[:30])
    model = consensus_model(pd.DataFrame(rows).sample(frac=1, random_state=3), method, gold=gold)
    expected, (control,) = answered(rows, method=method, gold={"label": gold})
    found = {(one.control, one.task): one for one in model.consensus(Rules())}
    assert found.keys() == expected.keys()
    for key, one in found.items():
        other = expected[key]
        assert (one.label, one.status, one.shares, one.method) == (
            other.label,
            other.status,
            other.shares,
            other.method,
        )
        assert one.confidence == pytest.approx(other.confidence, abs=1e-9)
    assert model.chosen.method.value == control.method
    assert model.calibration.sharpness == pytest.approx(control.calibration.sharpness, abs=1e-6)


def test_several_controls_and_none_are_refused():
    rows = [{"task": "1", "annotator": "a", "control": c, "label": "x"} for c in ("p", "q")]
    with pytest.raises(InputError, match="on 2 controls: p, q"):
        consensus_model(pd.DataFrame(rows))
    with pytest.raises(InputError, match="on 0 controls"):
        consensus_model(pd.DataFrame(rows).assign(label=None))
