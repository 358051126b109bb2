"""Rows against counts: every number of notebooks 02 to 08, and the cases of 01, computed again from rows.

For each result file one function of the package `rows` takes the rows of 01-clean, which the notebooks never see, and
returns what the file should hold. All numbers are compared, to ten digits (`DIGITS`; what is less exact says why). A
result that no function recomputes, and a column that it leaves out, is a failure: whoever adds one adds its computation
from rows.
"""

import re

import numpy as np
import pandas as pd
import pytest
from agreement import digits
from checkout import files
from threadpoolctl import threadpool_limits

from hotline.paths import ROOT
from rows import comparisons, influences, of_cases, risks, use  # noqa: F401 (each of these fills RECOMPUTED)
from rows.study import OUTCOMES, RECOMPUTED, Study

pytestmark = pytest.mark.xdist_group("pipeline")
DIGITS = 10
# A p-value far in the tail has fewer digits than its statistic: an error in z counts z squared times.
TAIL = 7
# Nothing in these is computed from the calls: the codebook as a table, what was done to the export, columns of words.
NOT_STATISTICS = {("02-describe", "dictionary"), *(("01-clean", name) for name in ("flow", "repairs", "problems"))}
WORDS = {"reason", "outcome", "why"}
# What the rows have in common with `countstats`, and the tests that cover it instead. Besides these it makes the
# notebooks' draws of counts again (`rows.study`), since numpy draws the same from the same counts.
SHARED = {
    "imputation": "the draws that fill gaps; a second maker of them would draw others (test_imputation)",
    "calibration": "to what it rounds, and how often it halves, which is no computation (test_calibration)",
    "benchmark": "the settings of its models, which are no computation (test_benchmark)",
}


@pytest.fixture(scope="module")
def study(built):
    with threadpool_limits(1):  # many small matrices: threads would wait for one another
        yield Study(built.folder)


def agree(name, value, expected, least=DIGITS):
    """Return how many digits two entries of a column share, and how many they should; 15 for what is not measured."""
    if pd.isna(value) or pd.isna(expected):
        return 15.0 * (pd.isna(value) and pd.isna(expected)), least
    if isinstance(value, str) or isinstance(expected, str):
        return 15.0 * (str(value) == str(expected)), least
    value, expected = float(value), float(expected)
    shared = digits(value, expected)
    if re.search(r"(^|_)p(_|$)", name):
        return shared, 15 if expected == 0 else min(TAIL, least) if max(value, expected) < 1e-8 else least
    return 15.0 if abs(value - expected) < 1e-12 else shared, least  # zero but for rounding


def compare(result, expected, keys, looser=None, note=lambda shared, least: None):
    """Compare two tables cell by cell; returns the columns of the first that the second has not.

    `looser` has the digits asked for in a column, a row of a key, or a column of such a row, (key, column).

    Rows of one key, such as the points of a curve, are compared in their order. `note` is given for every pair how many
    digits it shares, and how many it should.
    """
    result, expected = (
        frame.fillna(dict.fromkeys(keys, "")).astype(dict.fromkeys(keys, str)) for frame in (result, expected)
    )
    result, expected = (
        frame.assign(number=frame.groupby(keys).cumcount() if keys else range(len(frame))).set_index([*keys, "number"])
        for frame in (result, expected)
    )
    assert set(result.index) == set(expected.index)
    expected, wrong, looser = expected.reindex(result.index), [], looser or {}
    for name in result.columns.intersection(expected.columns):
        for at, one, other in zip(result.index, result[name], expected[name], strict=True):
            of_keys = at[:-1] if keys else ()
            each_of = (name, *of_keys, *((key, name) for key in of_keys))
            least = min(looser.get(each, DIGITS) for each in each_of)
            shared, wanted = agree(name, one, other, least)
            note(shared, wanted)
            if shared < wanted:
                wrong.append(f"{name} of {at}: {one!r} and {other!r}")
    assert not wrong, f"{len(wrong)} numbers differ:\n" + "\n".join(wrong[:20])
    return set(result.columns) - set(expected.columns)


@pytest.mark.parametrize(("step", "name"), RECOMPUTED, ids=lambda each: each)
def test_every_number_from_rows(study, step, name, record_property):
    function, keys, looser = RECOMPUTED[step, name]
    worst = {}

    def note(shared, least):
        kind = "against rows: " + step.split("-")[0] + (" (where less is asked)" if least < DIGITS else "")
        worst[kind] = min(worst.get(kind, 15.0), shared)

    left_out = compare(study.result(step, name), function(study), keys, looser, note) - WORDS
    for pair in worst.items():
        record_property("agreement", list(pair))
    assert not left_out, f"{step}/{name}: nothing here computes {sorted(left_out)} from rows"


@pytest.mark.parametrize("outcome", OUTCOMES)
def test_blocks_are_evaluated_on_the_cases_of_the_risk_model(study, outcome, agrees):
    blocks = study.result(f"06-logistic-{outcome}", "blocks")
    model = study.result(f"07-prediction-{outcome}", "performance").set_index("sample").loc["validation"]
    for name in ("auc", "auc_low", "auc_high"):
        agrees("the model of all blocks in 06 and in 07", blocks[name].iloc[-1], model[name], 10)


def test_cases_are_those_of_the_calls(study):
    """Each case has the data of its first call, and the stage and the sex that its calls record together."""
    calls = of_cases.cases_of_callers(study.calls)
    assert (
        calls["later"].map({False: "no", True: "yes"}).fillna("") == calls["later_call"].astype(object).fillna("")
    ).all()
    assert study.calls.loc[study.calls["level"].isna(), "later_call"].isna().all()
    key = ["caller", "earlier_calls", "level"]
    expected = calls[calls["later"] == False].copy()  # noqa: E712 (it may be NaN)
    expected["stage"], expected["sex"] = zip(*expected["case"], strict=True)
    both = [frame[[*key, "stage", "sex"]].astype(object).fillna("") for frame in (study.cases, expected)]
    cases, expected = (frame.sort_values(key, key=lambda x: x.astype(str), ignore_index=True) for frame in both)
    pd.testing.assert_frame_equal(cases, expected)


def test_every_result_is_recomputed_from_rows(study):
    written = {
        (file.parts[-3], file.stem)
        for file in files(study.folder, "data-derived/*/results/*.csv")
        if "01" <= file.parts[-3] < "09"
    }
    assert written == set(RECOMPUTED) | NOT_STATISTICS


def test_rows_share_no_statistics_with_counts_but_those_named():
    here = ROOT / "tests"
    texts = [file.read_text(encoding="utf-8") for file in [here / "support/by_rows.py", *files(here, "rows/*.py", 5)]]
    statistics = re.findall(
        r"^from countstats\S*? import (\w+)$|^from countstats\S*\.(\w+) import", "\n".join(texts), re.MULTILINE
    )
    assert {module or imported for imported, module in statistics} == set(SHARED)
    assert set(re.findall(r"^from (hotline\.\S+)", "\n".join(texts), re.MULTILINE)) == {
        "hotline.codebook",
        "hotline.models.predictors",
        "hotline.pipeline",  # params: which notebooks run once for each outcome
    }


def test_the_comparison_notices_a_difference_in_the_eleventh_digit_only_before_it():
    frame = pd.DataFrame({"level": ["well", "high_risk"], "n": [3, 4], "mean": [1 / 3, 2 / 3]})
    assert compare(frame, frame.assign(mean=frame["mean"] * (1 + 1e-12)), ["level"]) == set()
    for spoilt in (
        frame.assign(mean=frame["mean"] * (1 + 1e-9)),
        frame.assign(n=[3, 5]),
        frame.assign(mean=[np.nan, 2 / 3]),
    ):
        with pytest.raises(AssertionError, match="numbers differ"):
            compare(frame, spoilt, ["level"])
    tail = frame.assign(welch_p=[1e-40, 1e-9])
    assert compare(tail, tail.assign(welch_p=tail["welch_p"] * (1 + 1e-8)), ["level"]) == set()
    with pytest.raises(AssertionError, match="numbers differ"):
        compare(tail, tail.assign(welch_p=tail["welch_p"] * (1 + 1e-6)), ["level"])
    with pytest.raises(AssertionError):
        compare(frame, frame.iloc[:1], ["level"])
    assert compare(frame, frame.drop(columns="mean"), ["level"]) == {"mean"}
