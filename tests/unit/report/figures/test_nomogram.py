"""The nomogram: read with a ruler it gives the model's risk, and its labels do not touch."""

import numpy as np
import pandas as pd
import pytest

from countstats.prediction import points
from hotline.report.figures import nomogram, style

pytestmark = pytest.mark.usefixtures("no_window")

B = pd.Series(
    {("intercept", ""): -3.0, ("sex", "f"): 0.5, **{("problem", code): 2 + 0.01 * i for i, code in enumerate("abcd")}}
)
LABELS = {"sex": ("Sex", {"m": "Boy", "f": "Girl"}),
          "problem": ("Problem", {"x": "Other", **{code: f"A long problem {code}" for code in "abcd"}})}  # fmt: skip


def drawn():
    sheet, base, _ = points.points(B, {"sex": "m", "problem": "x"})
    figure = nomogram.nomogram(sheet, base, LABELS)
    figure.canvas.draw()
    return figure, figure.axes[0]


def test_a_nomogram_read_with_a_ruler_gives_the_risk_of_the_model():
    _, ax = drawn()
    places = {written.get_text(): written.xy[0] for written in ax.texts}
    got = 100 * (places["Girl"] + places["A long problem d"])  # read on the scale of points, from 0 to 100
    assert got == pytest.approx(100 * (0.5 + 2.03) / 2.03)
    sum_of = {float(text): x for text, x in places.items() if text.isdigit() and text not in ("0",)}
    per_point = sum_of[max(sum_of)] / max(sum_of)
    for risk in (0.1, 0.2, 0.3):
        odds = np.log(risk / (1 - risk))
        assert places[f"{risk:.0%}"] == pytest.approx((odds + 3) / (2.03 / 100) * per_point), "unit: log odds per point"


def test_labels_of_a_nomogram_do_not_touch():
    figure, ax = drawn()
    boxes = [written.get_window_extent() for written in ax.texts if written.get_text()]
    inside = [(a, b) for i, a in enumerate(boxes) for b in boxes[i + 1 :]]
    assert not [1 for a, b in inside if a.overlaps(b) and min(a.x1, b.x1) - max(a.x0, b.x0) > 1 and
                min(a.y1, b.y1) - max(a.y0, b.y0) > 2]  # fmt: skip
    assert figure.get_figwidth() == style.WIDTH


def test_no_label_of_a_nomogram_touches_the_name_of_its_scale():
    """The first label is centred on the beginning of its scale, where the name ends."""
    sheet, base, _ = points.points(B, {"sex": "m", "problem": "x"})
    long = {"sex": LABELS["sex"], "problem": ("Problem", {**LABELS["problem"][1], "x": "A first label that is long"})}
    figure = nomogram.nomogram(sheet, base, long)
    figure.canvas.draw()
    box = {written.get_text(): written.get_window_extent() for written in figure.axes[0].texts}
    assert not box["Problem"].overlaps(box["A first label that is long"])
    assert box["A first label that is long"].x0 < box["Problem"].x1, "the two would not have met anyhow"
