"""The model as a file: the same risks after writing and reading, and a message for every file that is none."""

import json
import re

import numpy as np
import pandas as pd
import pytest
from samples import logit
from scipy.special import expit

from countstats.glm import design, wald
from hotline.codebook import Codebook, codebook
from hotline.errors import InputError, NothingToEstimate
from hotline.models import risk_model

REFERENCE = {"sex": "male", "stage": "primary"}
ABOUT = {
    "sample": risk_model.Sample(
        part="all", pupils=180, events=60, first_year=2019, last_year=2022, cases=300, scored=0.6, caught=0.55
    ),
    "simulated": True,
    "codebook": codebook().sha256,
}


@pytest.fixture(scope="module")
def fitted():
    """Cells of sex and stage, with a stage that has no event, and the fit of statsmodels."""
    codes = {name: codebook()[name].kept_codes for name in REFERENCE}
    grid = pd.MultiIndex.from_product([codes["sex"], codes["stage"][:4]], names=list(codes)).to_frame(index=False)
    cells = grid.astype({name: pd.CategoricalDtype(codes[name], ordered=True) for name in codes})
    cells["events"], cells["others"] = [9, 12, 0, 7, 4, 11, 0, 9], [20, 14, 5, 11, 21, 9, 6, 13]
    x = design.matrix(cells, REFERENCE)
    return cells, x, logit(x, cells["events"], cells["others"])


@pytest.fixture
def model(fitted):
    _, x, fit = fitted
    return risk_model.RiskModel.of_fit(wald.coefficients(fit, x), REFERENCE, "at_risk", 0.35, **ABOUT)


def test_risk_is_statsmodels_prediction_with_log_odds_of_three_decimals(fitted, model, tmp_path):
    cells, x, fit = fitted
    model.write(tmp_path / "model.json")
    again = risk_model.read(tmp_path / "model.json")
    assert again == model
    held = cells["stage"] != "senior"
    rounded = expit(x.to_numpy()[held] @ np.round(fit.params, 3))
    assert np.abs(again.risk(cells)[held] / rounded - 1).max() < 1e-12
    assert np.abs(rounded - np.asarray(fit.predict(x))[held]).max() < 0.0005 * (1 + len(REFERENCE)) / 4


def test_risk_is_nan_without_an_estimate_or_a_code(fitted, model):
    cells, *_ = fitted
    assert model.coefficients["stage"]["senior"] is None, "no pupil of that stage has the event"
    assert np.isnan(model.risk(cells)[cells["stage"] == "senior"]).all()
    rows = pd.DataFrame({"sex": ["male", "missing", None], "stage": ["primary"] * 3})
    assert np.isfinite(model.risk(rows)).tolist() == [True, False, False]


def test_of_fit_infinite_threshold_is_none(fitted):
    _, x, fit = fitted
    made = risk_model.RiskModel.of_fit(wald.coefficients(fit, x), REFERENCE, "at_risk", -np.inf, **ABOUT)
    assert made.threshold is None


@pytest.mark.filterwarnings("ignore:Perfect separation")
def test_of_fit_refuses_a_reference_without_events(fitted):
    cells, *_ = fitted
    bare = cells.assign(events=cells["events"].where(cells["sex"] == "female", 0))
    x = design.matrix(bare, REFERENCE)
    table = wald.coefficients(logit(x, bare["events"], bare["others"]), x)
    with pytest.raises(NothingToEstimate, match="no finite intercept"):
        risk_model.RiskModel.of_fit(table, REFERENCE, "at_risk", 0.3, **ABOUT)


@pytest.mark.parametrize(
    "change",
    [
        lambda content: "{",
        lambda content: "[]",
        lambda content: json.dumps(json.loads(content) | {"more": 1}),
        lambda content: json.dumps(json.loads(content) | {"intercept": "high"}),
        lambda content: json.dumps(json.loads(content) | {"coefficients": {}}),
        lambda content: json.dumps(json.loads(content) | {"sample": {}}),
        lambda content: json.dumps(json.loads(content) | {"coefficients": {"sex": {"male": "0"}}}),
        lambda content: json.dumps(json.loads(content) | {"intercept": float("nan")}),
        lambda content: json.dumps(json.loads(content) | {"outcome": "../../elsewhere"}),
        lambda content: json.dumps(json.loads(content) | {"coefficients": {'sex"; COPY': {"male": 0.0}}}),
        *(
            lambda content, limit=limit: json.dumps(json.loads(content) | {"threshold": limit})
            for limit in ("0.3", 1.5, -0.1, float("nan"), True)
        ),
    ],
)
def test_read_refuses_a_file_that_is_no_model(model, tmp_path, change):
    file = tmp_path / "model.json"
    model.write(file)
    file.write_text(change(file.read_text(encoding="utf-8")), encoding="utf-8")
    with pytest.raises(InputError, match="not a model of this compendium"):
        risk_model.read(file)


def test_read_and_check_codebook_messages(model, tmp_path):
    with pytest.raises(InputError, match="no such model"):
        risk_model.read(tmp_path / "none.json")
    risk_model.check_codebook(model, tmp_path, codebook())
    with pytest.raises(InputError, match="made with another codebook"):
        risk_model.check_codebook(model, tmp_path / "model.json", Codebook([], "0" * 64))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"outcome": "age"}, '"age" has other codes'),
        ({"outcome": "../x"}, 'no variable "../x"'),
        ({"coefficients": {"sex": {"'); DROP TABLE raw; --": 1.0}}}, '"sex" has other codes'),
        ({"coefficients": {"caller_number": {"1": 1.0}}}, '"caller_number" has other codes'),
    ],
)
def test_a_model_that_names_what_the_codebook_has_not_is_refused(model, tmp_path, change, said):
    with pytest.raises(InputError, match=re.escape(said)):
        risk_model.check_codebook(model.model_copy(update=change), tmp_path / "model.json", codebook())
