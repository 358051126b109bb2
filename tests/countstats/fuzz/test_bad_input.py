"""What is no table of counts is refused by every function that takes counts, with a sentence of this package."""

import numpy as np
import pandas as pd
import pytest

from countstats import effect_intervals, effect_size, hypothesis_tests, means, shares, tables
from countstats.glm import cell_table
from countstats.prediction import bootstrap, calibration, decision_curve, performance, roc

RNG = np.random.default_rng(1)
SCORE, OTHERS = [0.2, 0.5, 0.7], [3, 2, 4]


def cells(n):
    return pd.DataFrame({"g": ["a", "a", "b"], "x": [1, 2, 2], "n": n})


def pairs(n):
    return pd.DataFrame({"g": ["a", "a", "b"], "events": n, "others": OTHERS})


# Each takes three counts.
TAKE_COUNTS = {
    "means.group_moments": lambda n: means.group_moments(cells(n), "x", "g"),
    "means.quantile": lambda n: means.quantile(SCORE, n, 0.5),
    "means.group_quantiles": lambda n: means.group_quantiles(cells(n), "x", "g"),
    "means.levene": lambda n: means.levene(cells(n), "x", "g"),
    "means.kruskal_wallis": lambda n: means.kruskal_wallis([n, OTHERS]),
    "means.games_howell": lambda n: means.games_howell(SCORE, SCORE, n),
    "means.tukey_kramer": lambda n: means.tukey_kramer(SCORE, SCORE, n),
    "effect_size.cramers_v": lambda n: effect_size.cramers_v([n, OTHERS]),
    "effect_size.noncentral_cramers_v": lambda n: effect_size.noncentral_cramers_v([n, OTHERS]),
    "effect_size.difference_of_shares": lambda n: effect_size.difference_of_shares([n, OTHERS]),
    "effect_intervals.cramers_v_limits": lambda n: effect_intervals.cramers_v_limits([n, OTHERS]),
    "effect_intervals.omega_squared_limits": lambda n: effect_intervals.omega_squared_limits(SCORE, [n, OTHERS]),
    "hypothesis_tests.chi_square": lambda n: hypothesis_tests.chi_square(pd.DataFrame([n, OTHERS])),
    "hypothesis_tests.trend": lambda n: hypothesis_tests.trend(pd.Series(n), pd.Series([9, 9, 9]), [0, 1, 2]),
    "hypothesis_tests.weighted_kappa": lambda n: hypothesis_tests.weighted_kappa(pd.DataFrame([n, OTHERS, OTHERS])),
    "hypothesis_tests.welch": lambda n: hypothesis_tests.welch(cells(n), "x", "g", {"a": "a", "b": "b"}),
    "hypothesis_tests.why_not_table": lambda n: hypothesis_tests.why_not_table(pd.DataFrame([n, OTHERS])),
    "tables.two_way": lambda n: tables.two_way(cells(n), "x", "g", ["a", "b"]),
    "tables.cube": lambda n: tables.cube(cells(n), {"g": ["a", "b"]}),
    "tables.cochran_armitage": lambda n: tables.cochran_armitage(n, [9, 9, 9]),
    "tables.informative": lambda n: tables.informative([[n[:2], OTHERS[:2]]]),
    "tables.breslow_day": lambda n: tables.breslow_day([[n[:2], OTHERS[:2]]], 2.0),
    "tables.odds_ratio_over_strata": lambda n: tables.odds_ratio_over_strata([[n[:2], OTHERS[:2]]]),
    "tables.mix_and_risk": lambda n: tables.mix_and_risk(np.resize(n, (2, 2, 2, 3))),
    "tables.expected_cells": lambda n: tables.expected_cells(n, [1]),
    "shares.share_of": lambda n: shares.share_of(pd.Series(n), pd.Series([9, 9, 9])),
    "shares.standardized_shares": lambda n: shares.standardized_shares(cells(n), "g", ["x"], [True, False, True]),
    "glm.cell_table.cells_of": lambda n: cell_table.cells_of(cells(n), ["x"], "g", "a"),
    "glm.cell_table.counts_by": lambda n: cell_table.counts_by(cells(n), ["x"], "g"),
    "glm.cell_table.split": lambda n: cell_table.split(pairs(n), 0.5, RNG),
    "prediction.performance.measure": lambda n: performance.measure(SCORE, n, OTHERS, 0.4),
    "prediction.performance.by_group": lambda n: performance.by_group(pairs(n), SCORE, ["g"], 0.4),
    "prediction.bootstrap.resample": lambda n: bootstrap.resample(np.column_stack([n, OTHERS]), RNG),
    "prediction.bootstrap.roc_band": lambda n: bootstrap.roc_band(SCORE, n, OTHERS, 2, RNG),
    "prediction.decision_curve.net_benefit": lambda n: decision_curve.net_benefit(SCORE, n, OTHERS, [0.3]),
}
for name in ("by_score", "as_weighted_rows", "auc", "curve", "partial_area", "average_precision", "youden"):
    TAKE_COUNTS[f"prediction.roc.{name}"] = lambda n, name=name: getattr(roc, name)(SCORE, n, OTHERS)
TAKE_COUNTS["prediction.roc.compare"] = lambda n: roc.compare(SCORE, SCORE, n, OTHERS)
TAKE_COUNTS["prediction.roc.gains"] = lambda n: roc.gains({"one": SCORE, "two": SCORE}, n, OTHERS)
TAKE_COUNTS["prediction.roc.at_threshold"] = lambda n: roc.at_threshold(SCORE, n, OTHERS, 0.4)
TAKE_COUNTS["prediction.roc.for_workload"] = lambda n: roc.for_workload(SCORE, n, 0.4)
for name in ("log_odds", "in_the_large", "intercept_and_slope", "slope", "observed_expected", "brier", "scaled_brier",
             "deciles", "smooth_curve"):  # fmt: skip
    TAKE_COUNTS[f"prediction.calibration.{name}"] = lambda n, name=name: getattr(calibration, name)(SCORE, n, OTHERS)

BAD = {
    "a fraction": ([2.5, 1, 3], "a count is no whole number"),
    "below zero": ([2, -1, 3], "a count is negative"),
    "missing": ([2, np.nan, 3], "a count is missing"),
    "infinite": ([2, np.inf, 3], r"holds|negative"),
}


@pytest.mark.parametrize("bad", BAD)
@pytest.mark.parametrize("name", TAKE_COUNTS)
def test_counts_that_are_none_are_refused(name, bad):
    counts, message = BAD[bad]
    with pytest.raises(ValueError, match=message):
        TAKE_COUNTS[name](counts)
