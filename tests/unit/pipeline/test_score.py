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
RULES = score.all_rules(BOOK, params.check()["01-clean"])
GAPS = {"sex": 0.1, "stage": 0.2, "bullying": 0.3}
LATER = {"calls": 90, "events": 30, "oe": 1.0, "oe_low": 0.9, "oe_high": 1.1}


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
    complete = risk_model.Formula.of_terms(wald.coefficients(fit, x)["b"], REFERENCE).rounded()
    with_gaps = {name: terms | {"missing": GAPS[name]} for name, terms in complete.coefficients.items()}
    sample = risk_model.Sample(
        **{"part": "all", "pupils": 900, "events": 300, "with_gaps": 90, "first_year": 2019, "last_year": 2022},
        **{"cases": 1500, "complete": 0.6, "complete_caught": 0.55, "scored": 0.99, "caught": 0.98},
    )
    model = risk_model.RiskModel(
        outcome="at_risk",
        complete=complete,
        gaps=risk_model.Formula(intercept=-0.5, coefficients=with_gaps),
        later=risk_model.LaterCalls(line=risk_model.Line(intercept=0.5, slope=0.9, doubling=0.25), refused="", **LATER),
        **{"threshold": 0.4, "strict_threshold": 0.6, "sample": sample, "simulated": True, "codebook": BOOK.sha256},
    )
    return cells, np.asarray(fit.predict(x)), model


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
    count = score.write(connection, model, BOOK, RULES, folder / "scores.csv")
    connection.close()
    texts = dict.fromkeys(["kind", "flagged", "flagged_strict", "reason"], str)
    lines = pd.read_csv(folder / "scores.csv", dtype={"row": int, **texts})
    flagged = [(lines[name] == "yes").sum() for name in ("flagged", "flagged_strict")]
    by_kind = {kind: (len(part), part["risk"].notna().sum()) for kind, part in lines.groupby("kind")}
    assert count == (lines["risk"].notna().sum(), *flagged, by_kind)
    return lines


def alone(number):
    """The number of a caller who calls once."""
    return {"caller_number": f"1{number:010d}"}


def with_terms(model, terms):
    """The model with other predictors, in both formulas."""
    formula = risk_model.Formula(intercept=model.complete.intercept, coefficients=terms)
    return model.model_copy(update={"complete": formula, "gaps": formula})


def test_scores_are_the_models_risks_to_twelve_digits_and_nearly_the_fits(fitted, tmp_path):
    cells, of_fit, model = fitted
    expected = model.risk(cells)
    assert np.abs(expected - of_fit).max() < 0.0005 * (1 + len(REFERENCE)) / 4, "three decimals of the log odds"
    order = np.random.default_rng(3).permutation(len(cells))
    rows = [
        at(8, ticket_id=str(i), **alone(i), **{name: CHINESE[name][cells.loc[i, name]] for name in REFERENCE})
        for i in order
    ]
    lines = scored(tmp_path, rows, model)
    assert lines["row"].tolist() == list(range(2, 2 + len(rows))), "the order of the export"
    assert np.abs(lines["risk"] / expected[order] - 1).max() < 1e-12
    assert (lines["flagged"] == np.where(expected[order] >= 0.4, "yes", "no")).all()
    assert (lines["flagged_strict"] == np.where(expected[order] >= 0.6, "yes", "no")).all()
    assert lines["reason"].isna().all() and (lines["kind"] == "first call").all()


def test_every_row_has_a_line_and_every_gap_a_reason(fitted, tmp_path):
    *_, model = fitted
    good = {"sex": "女", "stage": "初中", "bullying": "是"}
    width = len(HEADERS)
    rows = [
        at(8, **good, **alone(1)),
        at(9, **good | {"stage": "大班"}, **alone(2)),
        at(10, **good | {"sex": "", "bullying": "未知"}, **alone(3)),
        at(11, **good | {"stage": "成人"}, **alone(4)),
        at(12, **good | {"age": "33"}, **alone(5)),
        [""] * width,
        ["x"] * (width - 3),
        at(13, **good | {"call_type": "测试来电", "stage": "??"}, **alone(6)),
        at(14, **{"sex": "", "stage": "", "bullying": ""}, **alone(7)),
        at(15, **good | {"disposition": "天知道"}, **alone(8)),
        at(16, **good | {"level": "", "sex": "Ｆ"}, **alone(9)),
    ]
    lines = scored(tmp_path, rows, model).set_index("row")
    assert list(lines.index) == list(range(2, 13)), "a row was dropped"
    reasons = {row: reason for row, reason in lines["reason"].items() if isinstance(reason, str)}
    assert reasons == {
        3: "unknown code: 学段 (stage)",
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
    kinds = {row: kind for row, kind in lines["kind"].items() if isinstance(kind, str)}
    assert kinds == dict.fromkeys((2, 3, 11, 12), "first call") | dict.fromkeys((4, 10), "first call with gaps")
    text = (tmp_path / "scores.csv").read_text(encoding="utf-8")
    assert "10000000001" not in text and "大班" not in text, "a value of the export got out"


def test_a_row_with_a_gap_has_the_risk_of_the_other_formula(fitted, tmp_path):
    *_, model = fitted
    lines = scored(tmp_path, [at(8, sex="", stage="初中", bullying="是")], model)
    terms = model.gaps.coefficients
    odds = -0.5 + 0.1 + terms["stage"]["junior"] + terms["bullying"]["yes"]
    assert lines["risk"].item() == pytest.approx(1 / (1 + np.exp(-odds)), rel=1e-12)
    no_gap = with_terms(model, {name: {"male": 0.0} if name == "sex" else dict(of) for name, of in terms.items()})
    lines = scored(tmp_path, [at(8, sex="", stage="初中", bullying="是")], no_gap)
    assert lines["reason"].item() == "no estimate for a gap: 学生性别 (sex)"


def test_a_call_after_an_assessed_one_of_the_caller_is_a_later_one(fitted, tmp_path):
    *_, model = fitted
    good = {"sex": "女", "stage": "初中", "bullying": "是"}
    silent = {"answer_time": "", "level": "", "length": 1}
    rows = [
        at(20, ticket_id="4", **good, **alone(1)),  # the last of four
        at(8, ticket_id="1", **good, **silent, **alone(1)),  # not answered
        at(12, ticket_id="2", **good, **alone(1)),  # the first that was assessed
        at(12, ticket_id="2", **good, **alone(1)),  # the same row again
        at(16, ticket_id="3", **good | {"level": "", "sex": ""}, **alone(1)),  # later, though not assessed itself
        at(16, ticket_id="5", **good, **alone(2)),
        at(13, ticket_id="6", **good | {"caller_number": "匿名"}),
        at(18, ticket_id="7", **good | {"caller_number": "匿名"}),
    ]
    lines = scored(tmp_path, rows, model)
    first, later = "first call", "later call"
    assert lines["kind"].tolist() == [later, first, first, first, "later call with gaps", first, first, first]
    risk = lines["risk"].to_numpy()
    odds = np.log(risk / (1 - risk))
    assert risk[1] == risk[2] == risk[3] == risk[5] == risk[6] == risk[7]
    assert odds[0] == pytest.approx(0.5 + 0.9 * odds[1] + 0.25 * np.log2(1 + 3)), "three calls came before"
    gaps = model.gaps
    plain = -0.5 + 0.1 + gaps.coefficients["stage"]["junior"] + gaps.coefficients["bullying"]["yes"]
    assert odds[4] == pytest.approx(0.5 + 0.9 * plain + 0.25 * np.log2(1 + 2))


def test_later_calls_are_refused_where_the_model_is_not_right_for_them(fitted, tmp_path):
    *_, model = fitted
    later = risk_model.LaterCalls(line=None, refused="they were too few", **LATER)
    refusing = model.model_copy(update={"later": later})
    good = {"sex": "女", "stage": "初中", "bullying": "是"}
    lines = scored(tmp_path, [at(8, ticket_id="1", **good), at(18, ticket_id="2", **good)], refusing)
    assert lines["risk"].notna().tolist() == [True, False] and lines["reason"][1] == score.LATER
    assert lines["kind"].tolist() == ["first call", "later call"]
    found = score.Scored(1, 0, 0, {"first call": (1, 1), "later call": (1, 0)})
    said = score.summary(refusing, found, 2, "scores.csv")
    assert "first call: 1 rows, 1 scored, which the model was made for" in said[1]
    assert "later call: 1 rows, 0 scored, refused: they were too few" in said[2]


def test_a_code_without_an_estimate_is_named(fitted, tmp_path):
    *_, model = fitted
    holed = with_terms(model, {**model.complete.coefficients, "stage": {"primary": 0.0, "junior": None}})
    rows = [at(8 + n, sex="女", stage=stage, bullying="否", **alone(n)) for n, stage in enumerate(("初中", "高中"))]
    lines = scored(tmp_path, rows, holed)
    assert set(lines["reason"]) == {"no estimate for the code: 学段 (stage)"} and lines["risk"].isna().all()


def test_without_a_threshold_nobody_is_flagged(fitted, tmp_path):
    *_, model = fitted
    lines = scored(tmp_path, [at(8, sex="女", stage="初中", bullying="否")],
                   model.model_copy(update={"threshold": None, "strict_threshold": None}))  # fmt: skip
    assert lines["risk"].notna().all() and lines["flagged"].isna().all()


def test_a_predictor_made_while_cleaning_is_derived(fitted, tmp_path):
    *_, model = fitted
    terms = {"hour_band": {"morning": 0.0, "evening": 0.5}, "day_type": {"weekday": 0.0, "weekend": 0.25}}
    timed = with_terms(model, {"sex": {"male": 0.0, "female": 0.1}, **terms})
    saturday = [f"2021-03-06 20:{minute}:00" for minute in ("00", "01", "09")]
    saturday = dict(zip(("call_start", "answer_time", "call_end"), saturday, strict=True))
    rows = [at(8, **alone(1)), at(20, **alone(2)), at(20, **saturday, **alone(3)), at(20, sex="", **alone(4)),
            at(13, **alone(5))]  # fmt: skip
    lines = scored(tmp_path, rows, timed)
    log_odds = timed.complete.intercept + np.array([0, 0.5, 0.75]) + 0.1 * (at(8)["sex"] == "女")
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
    with_terms(model, {"disposition": {"crisis": 0.1}}).write(tmp_path / "m.json")
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
