"""The model that makes the data: its terms, its names, and a fit that does not depend on where it begins."""

import numpy as np
import pandas as pd
from small_recovery import BOOK, CALLERS, NUMBERS

from countstats.glm import ordinal
from hotline.simulator import level_model, recovery


def test_label_names_terms_for_readers():
    assert level_model.label(BOOK, "high_risk: intercept") == "Intercept of high risk"
    named = level_model.label(BOOK, "sex:problem=female:emotion")
    assert "Girl" in named and "×" in named
    assert level_model.label(BOOK, "high_risk: bullying=yes").endswith("departure at high risk")


def test_fit_does_not_depend_on_its_start(setting):
    """Beginning at the truth saves steps; it must not draw the estimates towards the truth."""
    pupils = recovery.draw_pupils(np.random.default_rng(6), setting, CALLERS)
    x = level_model.terms(pupils, vars(NUMBERS.level_odds_ratios))
    departing = level_model.log_ratios(NUMBERS.level_departures).index
    counts = pd.get_dummies(pupils["level"], dtype=int)
    fitted = level_model.fit(x, counts, level_model.truth(NUMBERS), departing).set_index("term")
    exact = ordinal.fit(x, counts, {"high_risk": list(departing)}).table()
    assert np.abs(fitted["b"] - exact["b"]).max() < 1e-3 * exact["se"].min()
    assert (fitted["b"] != fitted["truth"]).all()
