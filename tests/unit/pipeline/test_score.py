"""Scores of an export: statsmodels' own risks, one line for each row, and a reason wherever there is none."""

import csv

import numpy as np
import pandas as pd
import pytest
import runs
from exports import BOOK, HEADERS, at
from samples import logit

from countstats.glm import design, wald
from hotline.cleaning import decode, engine, load
from hotline.errors import InputError
from hotline.models import risk_model
from hotline.pipeline import params, score

REFERENCE = {"sex": "male", "stage": "primary", "bullying": "no"}
CHINESE = {name: {code.code: code.zh for code in BOOK[name].codes} for name in REFERENCE}
OUTSIDE = score.outside(BOOK, params.check()["01-clean"])


@pytest.fixture(scope="module")
def fitted():
    """A fit of statsmodels on all combinations of three predictors, and the model made of it."""
    grid = pd.MultiIndex.from_product([BOOK[name].kept_codes for name in REFERENCE], names=list(REFERENCE))
    cells = grid.to_frame(index=False)
    cells = cells.astype({name: pd.CategoricalDtype(BOOK[name].kept_codes, ordered=True) for name in REFERENCE})
    rng = np.random.default_rng(8)
    cells["events"], cells["others"] = rng.integers(1, 40, len(cells)), rng.integers(1, 60, len(cells))
    x = design.matrix(cells, REFERENCE)
    fit = logit(x, cells["events"], cells["others"])
    sample = risk_model.Sample(
        part="all", pupils=900, events=300, first_year=2019, last_year=2022, cases=1500, scored=0.6, caught=0.55
    )
    about = {"sample": sample, "simulated": True, "codebook": BOOK.sha256}
    return (
        cells,
        np.asarray(fit.predict(x)),
        risk_model.RiskModel.of_fit(wald.coefficients(fit, x), REFERENCE, "at_risk", 0.4, **about),
    )


def scored(folder, rows, model):
    """Write an export of such rows, score it, and return the lines that come out."""
    with open(folder / "export.csv", "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(HEADERS.values())
        for row in rows:
            writer.writerow(row if isinstance(row, list) else [row.get(name, "") for name in HEADERS])
    connection = engine.connect()
    load.read(connection, folder / "export.csv", BOOK)
    decode.decode(connection, BOOK, b"thrown away")
    count = score.write(connection, model, BOOK, OUTSIDE, folder / "scores.csv")
    connection.close()
    lines = pd.read_csv(folder / "scores.csv", dtype={"row": int, "flagged": str, "reason": str})
    assert count == (lines["risk"].notna().sum(), (lines["flagged"] == "yes").sum())
    return lines


def test_scores_are_the_models_risks_to_twelve_digits_and_nearly_the_fits(fitted, tmp_path):
    cells, of_fit, model = fitted
    expected = model.risk(cells)
    assert np.abs(expected - of_fit).max() < 0.0005 * (1 + len(REFERENCE)) / 4, "three decimals of the log odds"
    order = np.random.default_rng(3).permutation(len(cells))
    rows = [at(8, ticket_id=str(i), **{name: CHINESE[name][cells.loc[i, name]] for name in REFERENCE}) for i in order]
    lines = scored(tmp_path, rows, model)
    assert lines["row"].tolist() == list(range(2, 2 + len(rows))), "the order of the export"
    assert np.abs(lines["risk"] / expected[order] - 1).max() < 1e-12
    assert (lines["flagged"] == np.where(expected[order] >= 0.4, "yes", "no")).all()
    assert lines["reason"].isna().all()


def test_every_row_has_a_line_and_every_gap_a_reason(fitted, tmp_path):
    *_, model = fitted
    good = {"sex": "女", "stage": "初中", "bullying": "是"}
    width = len(HEADERS)
    rows = [
        at(8, **good),
        at(9, **good | {"stage": "大班"}),
        at(10, **good | {"sex": "", "bullying": "未知"}),
        at(11, **good | {"stage": "成人"}),
        at(12, **good | {"age": "33"}),
        [""] * width,
        ["x"] * (width - 3),
        at(13, **good | {"call_type": "测试来电", "stage": "??"}),
        at(14, **{"sex": "", "stage": "", "bullying": ""}),
        at(15, **good | {"disposition": "天知道"}),
        at(16, **good | {"level": "", "sex": "Ｆ"}),
    ]
    lines = scored(tmp_path, rows, model).set_index("row")
    assert list(lines.index) == list(range(2, 13)), "a row was dropped"
    reasons = {row: reason for row, reason in lines["reason"].items() if isinstance(reason, str)}
    assert reasons == {
        3: "unknown code: 学段 (stage)",
        4: "not recorded: 学生性别 (sex), 校园欺凌 (bullying)",
        5: "outside the study: adult",
        6: "outside the study: adult",
        7: "the row is empty",
        8: "the row cannot be read: more or fewer cells than headings",
        9: "outside the study: test-call; unknown code: 学段 (stage)",
        10: score.NOTHING,
        12: "unknown code: 学生性别 (sex)",
    }
    assert lines["risk"].notna().tolist() == [row not in reasons for row in lines.index]
    assert lines.loc[11, "risk"] == lines.loc[2, "risk"], "what is no predictor does not matter"
    text = (tmp_path / "scores.csv").read_text(encoding="utf-8")
    assert "10000000001" not in text and "大班" not in text, "a value of the export got out"


def test_a_code_without_an_estimate_is_named(fitted, tmp_path):
    *_, model = fitted
    holed = model.model_copy(update={"coefficients": {**model.coefficients, "stage": {"primary": 0.0, "junior": None}}})
    lines = scored(
        tmp_path, [at(8, sex="女", stage="初中", bullying="否"), at(9, sex="女", stage="高中", bullying="否")], holed
    )
    assert set(lines["reason"]) == {"no estimate for the code: 学段 (stage)"} and lines["risk"].isna().all()


def test_without_a_threshold_nobody_is_flagged(fitted, tmp_path):
    *_, model = fitted
    lines = scored(tmp_path, [at(8, sex="女", stage="初中", bullying="否")],
                   model.model_copy(update={"threshold": None}))  # fmt: skip
    assert lines["risk"].notna().all() and lines["flagged"].isna().all()


def test_a_predictor_made_while_cleaning_is_derived(fitted, tmp_path):
    *_, model = fitted
    terms = {"hour_band": {"morning": 0.0, "evening": 0.5}, "day_type": {"weekday": 0.0, "weekend": 0.25}}
    timed = model.model_copy(update={"coefficients": {"sex": {"male": 0.0, "female": 0.1}, **terms}})
    rows = [at(8), at(20), at(20, call_start="2021-03-06 20:00:00", answer_time="2021-03-06 20:01:00",
                              call_end="2021-03-06 20:09:00"), at(20, sex=""), at(13)]  # fmt: skip
    lines = scored(tmp_path, rows, timed)
    log_odds = model.intercept + np.array([0, 0.5, 0.75]) + 0.1 * (at(8)["sex"] == "女")
    assert lines["risk"][:3].to_numpy() == pytest.approx(1 / (1 + np.exp(-log_odds)), rel=1e-12)
    assert lines["reason"][3:].tolist() == [score.NOTHING, "no estimate for the code: 时段 (hour_band)"]


def test_a_model_of_another_codebook_is_refused(fitted, tmp_path, monkeypatch):
    *_, model = fitted
    file = tmp_path / "model.json"
    model.model_copy(update={"codebook": "0" * 64}).write(file)
    runs.change(monkeypatch, model=str(file))
    with pytest.raises(InputError, match="made with another codebook"):
        score.models(simulated=True)


def test_a_model_of_what_is_known_too_late_is_refused(fitted, tmp_path, monkeypatch):
    *_, model = fitted
    model.model_copy(update={"coefficients": {"disposition": {"crisis": 0.1}}}).write(tmp_path / "m.json")
    runs.change(monkeypatch, model=str(tmp_path / "m.json"))
    with pytest.raises(InputError, match='"disposition" is known at'):
        score.models(simulated=True)


def test_a_model_of_simulated_calls_warns_before_real_ones(fitted, tmp_path, monkeypatch, capsys):
    *_, model = fitted
    file = tmp_path / "model.json"
    model.write(file)
    runs.change(monkeypatch, model=str(file))
    assert list(score.models(simulated=True)) == [file] and capsys.readouterr().out == ""
    score.models(simulated=False)
    assert "was developed on simulated data" in capsys.readouterr().out


def test_what_is_wrong_with_headings_and_columns_is_said(tmp_path, capsys):
    names = {name: header.replace("校园欺凌", "校园欺凌1") for name, header in HEADERS.items()}
    lines = [names.values(), [at(8, sex="甲").get(name, "") for name in HEADERS]]
    (tmp_path / "export.csv").write_text("\n".join(map(",".join, lines)), encoding="utf-8")
    connection = engine.connect()
    loaded = load.read(connection, tmp_path / "export.csv", BOOK)
    decode.decode(connection, BOOK, b"thrown away")
    score.warn(connection, loaded, BOOK)
    connection.close()
    said = capsys.readouterr().out
    assert "WARNING: " in said and "did you mean column" in said and '"学生性别" (Sex): none of its 1 texts' in said


def test_without_a_model_it_is_said_how_to_make_one(monkeypatch, tmp_path):
    runs.change(monkeypatch, model="", tree=tmp_path)
    with pytest.raises(InputError, match="no such model; `make 07-use` makes one"):
        score.models(simulated=True)
