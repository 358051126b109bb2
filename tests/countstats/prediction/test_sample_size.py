"""Riley's criteria agree with the published example and with pmsampsize and pmvalsampsize."""

import csv
import math

import numpy as np
import pytest
from agreement import digits
from samples import REFERENCE
from scipy.stats import norm

from countstats.prediction import sample_size

with open(REFERENCE / "sample_size.csv", encoding="utf-8") as file:
    R = {(row["case"], row["criterion"]): int(row["n"]) for row in csv.DictReader(file)}
DEVELOPED = {"bmj2020": (24, 0.288, 0.174), "rare": (30, 0.05, 0.1), "common": (20, 0.2, 0.38)}
VALIDATED = {"valve": (-5, 2.5, 0.018, 0.8, 1.0), "plain": (-2.5, 1.0, 0.1, 0.75, 0.2)}


def odds(mean, sd):
    """A normal distribution of log odds, as evenly spaced quantiles."""
    return mean + sd * norm.ppf((np.arange(20000) + 0.5) / 20000)


@pytest.mark.parametrize("case", DEVELOPED)
def test_development_agrees_to_the_pupil(case):
    found = sample_size.development(*DEVELOPED[case]).set_index("criterion")["n"].drop("error")
    assert {name: n for (of, name), n in R.items() if of == case} == found.to_dict()


@pytest.mark.parametrize("case", VALIDATED)
def test_validation_agrees(case):
    """To the unit for the area. pmvalsampsize rounds the error of O/E to 1e-4, and draws the log odds at random."""
    mean, sd, share, area, width = VALIDATED[case]
    spread = odds(mean, sd)
    found = sample_size.validation(spread, np.ones(len(spread)), share, area, oe_width=width)
    found = found.set_index("criterion")["n"]
    assert found["area"] == R[case, "area"]
    assert found["oe"] == pytest.approx(R[case, "oe"], rel=0.003)
    assert found["slope"] == pytest.approx(R[case, "slope"], rel=0.005)


def test_the_mean_error_of_the_risks_at_the_size_that_it_asks_for():
    """By the formula as van Smeden and colleagues print it: the logarithm of the error as a line."""
    n = sample_size.development(24, 0.288, 0.174, error=0.04).set_index("criterion").loc["error", "n"]
    mean_error = [math.exp(-0.508 + 0.259 * math.log(0.174) + 0.504 * math.log(24) - 0.544 * math.log(each))
                  for each in (n - 1, n)]  # fmt: skip
    assert mean_error[0] > 0.04 >= mean_error[1]
    assert "error" not in set(sample_size.development(31, 0.288, 0.174)["criterion"]), "the formula ends at thirty"


def test_the_overall_risk_follows_the_level():
    at = {each: sample_size.development(24, 0.288, 0.174, confidence=each)["n"][2] for each in (0.95, 0.99)}
    assert at[0.99] / at[0.95] == pytest.approx((2.5758 / 1.96) ** 2, rel=0.01)


def test_the_errors_of_o_e_and_area_are_those_asked_for():
    found = sample_size.validation(odds(-2, 1), np.ones(20000), 0.2, 0.8).set_index("criterion")["n"]
    z = norm.ppf(0.975)
    se = math.sqrt(0.8 / (found["oe"] * 0.2))
    assert math.exp(z * se) - math.exp(-z * se) == pytest.approx(0.2, rel=1e-3)
    enough = found["area"]
    assert 2 * z * sample_size.area_se(0.8, 0.2, enough) <= 0.1 < 2 * z * sample_size.area_se(0.8, 0.2, enough - 1)


def test_the_slope_needs_what_its_information_says():
    """The inverse of the information of intercept and slope, taken as a whole matrix."""
    spread, n = np.array([-2.0, -1, 0, 1]), np.array([4.0, 3, 2, 1])
    risk = 1 / (1 + np.exp(-spread))
    x = np.column_stack([np.ones(4), spread])
    information = x.T @ (x * (n / n.sum() * risk * (1 - risk))[:, None])
    se = 0.2 / (2 * norm.ppf(0.975))
    found = sample_size.validation(spread, n, 0.3, 0.8).set_index("criterion")["n"]
    assert found["slope"] == math.ceil(np.linalg.inv(information)[1, 1] / se**2)


def test_shrinkage_at_the_size_that_it_asks_for_is_what_it_asks_for():
    n = sample_size.development(24, 0.288, 0.174)["n"][0]
    # The criterion takes R-squared for the adjusted one; apparent it is larger by the shrinkage.
    assert sample_size.expected_shrinkage(24, 0.288 / 0.9, n) == pytest.approx(0.9, abs=1e-3)


def test_the_largest_r_squared_is_that_of_the_likelihood():
    """All with the event at risk 1, all others at 0: the likelihood is 1."""
    share, n = 0.174, 1000
    null = n * (share * math.log(share) + (1 - share) * math.log(1 - share))
    assert digits(sample_size.largest_r2(share), 1 - math.exp(2 * null / n)) > 12


@pytest.mark.parametrize("r2", [0.0, 0.7])
def test_an_r_squared_that_cannot_be_is_an_error(r2):
    with pytest.raises(ValueError, match="R-squared lies between"):
        sample_size.development(10, r2, 0.174)


def test_a_constant_risk_has_no_precise_slope():
    with pytest.raises(ValueError, match="same predicted risk"):
        sample_size.validation([-1.0, -1.0], [5, 5], 0.3, 0.7)


def test_a_risk_that_rounds_to_one_counts_as_one_unit_who_tells_nothing_of_the_slope():
    odds, n = np.array([-2.0, -0.5, 1.0]), np.array([50, 40, 10])
    far, certain = (
        sample_size.validation(np.append(odds, end), np.append(n, 5), 0.3, 0.8).set_index("criterion")["n"]
        for end in (36.0, np.inf)
    )
    assert certain.to_dict() == far.to_dict() and certain["slope"] > 100
