"""What a step leaves: values that can be read again, whatever was estimated."""

import json

import numpy as np
import pytest

from hotline.exhibits import Exhibits


@pytest.mark.parametrize(("value", "kept"), [(0.5, 0.5), (np.float64(2), 2.0), (np.nan, None), (-np.inf, None), (3, 3)])
def test_a_value_without_an_estimate_is_kept_as_none(tmp_path, monkeypatch, value, kept):
    monkeypatch.setenv("HOTLINE_OUT", str(tmp_path))
    monkeypatch.setenv("HOTLINE_SIMULATED", "yes")
    out = Exhibits("03-anova")
    out.value("ratio", value, "–")
    out.finish()
    assert json.loads((tmp_path / "values.json").read_text(encoding="utf-8"))["values"]["ratio"]["value"] == kept
