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
SAMPLE = {"part": "all", "pupils": 180, "events": 60, "with_gaps": 40, "first_year": 2019, "last_year": 2022}
SHARES = {"cases": 300, "complete": 0.6, "complete_caught": 0.55, "scored": 0.99, "caught": 0.98}
LATER = {"calls": 90, "events": 30, "oe": 1.01, "oe_low": 0.9, "oe_high": 1.2}
LINE = risk_model.Line(intercept=0.5, slope=0.9, doubling=0.25)
ABOUT = {
    "outcome": "at_risk",
    "gaps": risk_model.Formula(
        intercept=-0.2,
        coefficients={
            "sex": {"male": 0.0, "female": 0.3, "missing": 0.1},
            "stage": {"primary": 0.0, "junior": 0.2, "missing": 0.7, "senior": None, "vocational": -0.4},
        },
    ),
    "later": risk_model.LaterCalls(line=LINE, refused="", **LATER),
    "threshold": 0.35,
    "strict_threshold": 0.5,
    "sample": risk_model.Sample(**SAMPLE, **SHARES),
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
    formula = risk_model.Formula.of_terms(wald.coefficients(fit, x)["b"], REFERENCE)
    return risk_model.RiskModel(complete=formula.rounded(), **ABOUT)


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
    assert model.complete.coefficients["stage"]["senior"] is None, "no pupil of that stage has the event"
    assert np.isnan(model.risk(cells)[cells["stage"] == "senior"]).all()
    rows = pd.DataFrame({"sex": ["male", "elsewhere", None], "stage": ["primary"] * 3})
    assert np.isfinite(model.risk(rows)).tolist() == [True, False, False]


def test_a_row_with_a_gap_has_the_formula_of_gaps(model):
    rows = pd.DataFrame(
        {"sex": ["missing", "female", "missing", "female"], "stage": ["junior", "missing", "senior", "junior"]}
    )
    risk = model.risk(rows)
    assert risk[:2] == pytest.approx(expit([-0.2 + 0.1 + 0.2, -0.2 + 0.3 + 0.7]))
    assert np.isnan(risk[2]), "a code without an estimate has none with a gap elsewhere"
    assert risk[3] == model.risk(rows[3:].astype("category"))[0] != pytest.approx(expit(-0.2 + 0.3 + 0.2))


def test_a_later_call_is_recalibrated_or_refused(model):
    rows = pd.DataFrame({"sex": ["male", "missing", "male"], "stage": ["primary"] * 3})
    plain = model.risk(rows)
    found = model.risk(rows, [True, True, False], [1, 3, 0])
    odds = np.log(plain / (1 - plain))
    assert found == pytest.approx(expit([0.5 + 0.9 * odds[0] + 0.25, 0.5 + 0.9 * odds[1] + 0.5, odds[2]]))
    refused = risk_model.LaterCalls(line=None, refused="too few", **LATER)
    without = model.model_copy(update={"later": refused}).risk(rows, [True, True, False], [1, 3, 0])
    assert np.isnan(without).tolist() == [True, True, False] and without[2] == plain[2]


def test_as_threshold_infinite_is_none():
    assert [risk_model.as_threshold(limit) for limit in (-np.inf, np.inf, 0.4)] == [None, None, 0.4]


@pytest.mark.filterwarnings("ignore:Perfect separation")
def test_of_terms_refuses_a_reference_without_events(fitted):
    cells, *_ = fitted
    bare = cells.assign(events=cells["events"].where(cells["sex"] == "female", 0))
    x = design.matrix(bare, REFERENCE)
    table = wald.coefficients(logit(x, bare["events"], bare["others"]), x)
    with pytest.raises(NothingToEstimate, match="no finite intercept"):
        risk_model.Formula.of_terms(table["b"], REFERENCE)


@pytest.mark.parametrize(
    "change",
    [
        lambda content: "{",
        lambda content: "[]",
        lambda content: json.dumps(json.loads(content) | {"more": 1}),
        lambda content: json.dumps(json.loads(content) | {"form": 3}),
        lambda content: content.replace('"intercept": ', '"intercept": "high", "x": ', 1),
        lambda content: json.dumps(json.loads(content) | {"complete": {"intercept": 0.1, "coefficients": {}}}),
        lambda content: json.dumps(json.loads(content) | {"complete": {"intercept": float("nan"), "coefficients": {}}}),
        lambda content: json.dumps(json.loads(content) | {"sample": {}}),
        lambda content: content.replace('"male": 0.0', '"male": "0"', 1),
        lambda content: content.replace('"sex": {', '"sex\'; COPY": {', 1),
        lambda content: content.replace('"refused": ""', '"refused": "for no reason"', 1),
        lambda content: json.dumps(json.loads(content) | {"later": json.loads(content)["later"] | {"line": None}}),
        lambda content: json.dumps(json.loads(content) | {"outcome": "../../elsewhere"}),
        lambda content: json.dumps(
            json.loads(content) | {"gaps": {"intercept": 0.1, "coefficients": {"sex": {"male": 0.0}}}}
        ),
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


def test_read_refuses_a_model_of_the_older_form(tmp_path):
    file = tmp_path / "model.json"
    older = {"outcome": "at_risk", "intercept": -1.0, "coefficients": {"sex": {"male": 0.0}}, "threshold": 0.3}
    file.write_text(json.dumps(older), encoding="utf-8")
    with pytest.raises(InputError, match="a model of an older form, for complete cases alone"):
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
        ({"complete": {"sex": {"'); DROP TABLE raw; --": 1.0}}}, '"sex" has other codes'),
        ({"gaps": {"sex": {"'); DROP TABLE raw; --": 1.0}}}, '"sex" has other codes'),
        ({"complete": {"caller_number": {"1": 1.0}}}, '"caller_number" has other codes'),
    ],
)
def test_a_model_that_names_what_the_codebook_has_not_is_refused(model, tmp_path, change, said):
    change = {
        key: risk_model.Formula(intercept=0.0, coefficients=value) if isinstance(value, dict) else value
        for key, value in change.items()
    }
    with pytest.raises(InputError, match=re.escape(said)):
        risk_model.check_codebook(model.model_copy(update=change), tmp_path / "model.json", codebook())
