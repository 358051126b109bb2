"""What a step leaves: values that can be read again, whatever was estimated, and a sentence where nothing was."""

import json
import re
from io import BytesIO

import labels
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
import runs
from IPython.core.interactiveshell import InteractiveShell

from hotline.report.exhibits import begin
from hotline.report.tables.table import Column, Table


@pytest.fixture
def exhibits(tmp_path, monkeypatch):
    """Make the exhibits of a step in an empty folder."""
    runs.change(monkeypatch, out=tmp_path, stated_simulated=True)
    return begin


@pytest.mark.parametrize(("value", "kept"), [(0.5, 0.5), (np.float64(2), 2.0), (np.nan, None), (-np.inf, None), (3, 3)])
def test_value_without_an_estimate_is_none(exhibits, tmp_path, value, kept):
    out = exhibits("03-anova")
    out.value("ratio", value, "ratio")
    out.finish()
    record = json.loads((tmp_path / "values.json").read_text(encoding="utf-8"))
    assert record["values"]["ratio"]["value"] == kept and record["not_estimated"] is None


PROMISED = {"results": ["made", "missing"], "tables": ["shares", "odds_ratios"], "figures": ["forest"]}


def test_stop_puts_the_sentence_in_all_that_is_missing(exhibits, tmp_path):
    out = exhibits("06-logistic", "at_risk", **PROMISED)
    out.result("made", pd.DataFrame({"n": [3]}))
    out.table("shares", pd.DataFrame({"n": ["3"]}), "Shares.")
    out.value("n", 3, "count")
    why = "none of the pupils (3) are at risk"
    out.stop(why)
    assert pd.read_csv(tmp_path / "results/made.csv")["n"].tolist() == [3]
    assert pd.read_csv(tmp_path / "results/missing.csv")["not_estimated"].tolist() == [why]
    assert "| 3" in (tmp_path / "tables/shares.md").read_text(encoding="utf-8").replace("  ", "")
    table = (tmp_path / "tables/odds_ratios.md").read_text(encoding="utf-8")
    assert "None of the pupils (3) are at risk." in table and "*Simulated data.*" in table
    assert ": Odds ratios (logistic at risk): not estimated. {#tbl-logistic-at-risk-odds-ratios}" in table
    assert (tmp_path / "figures/forest.png").stat().st_size > 5000
    assert "Simulated data" in (tmp_path / "figures/forest.svg").read_text(encoding="utf-8")
    record = json.loads((tmp_path / "values.json").read_text(encoding="utf-8"))
    assert record["not_estimated"] == why and list(record["values"]) == ["n"]
    figures = json.loads((tmp_path / "exhibits.json").read_text(encoding="utf-8"))["figures"]
    assert figures == {"forest": {"alt": {"en": f"Not estimated: {why}."}}}
    assert (tmp_path / "tallies.csv").exists()
    plt.close("all")
    with pytest.raises(ValueError, match=r"promised results not made: \['missing'\]"):
        out.finish()  # by hand, after a corrected cell: what the sentence stood for is still to be made


@pytest.fixture
def shell():
    """A notebook's shell, as a kernel has it."""
    shell = InteractiveShell.instance()
    yield shell
    shell.reset()
    InteractiveShell.clear_instance()


def test_nothing_to_estimate_in_a_cell_ends_the_notebook(exhibits, shell, tmp_path, capsys):
    shell.run_cell("from hotline.report.exhibits import begin")
    shell.run_cell("from hotline.errors import InputError, NothingToEstimate")
    shell.run_cell("old = begin('03-anova', results=['of_an_earlier_run'])")
    shell.run_cell("out = begin('03-anova', results=['means'])")
    shell.run_cell("raise InputError('no such column; name another')")
    assert not (tmp_path / "values.json").exists(), "bad input is no reason to write anything"
    said = capsys.readouterr()
    assert "InputError: no such column; name another" in said.out + said.err
    assert not re.search("Traceback|----", said.out + said.err), "a sentence, and no traceback"
    shell.run_cell("raise NothingToEstimate('no case is here')")
    assert json.loads((tmp_path / "values.json").read_text(encoding="utf-8"))["not_estimated"] == "no case is here"
    assert [file.stem for file in (tmp_path / "results").iterdir()] == ["means"]


def test_exhibits_json_describes_results_tables_and_figures(exhibits, tmp_path):
    out = exhibits("06-logistic", "at_risk", results=["sizes"], tables=["sizes", "words"], figures=["bare", "bars"])
    frame = pd.DataFrame({"code": ["a"], "n": [3]})
    out.result("sizes", frame)
    columns = [Column("code", {"en": "Code", "zh": "代码"}), Column("n", "Pupils", "count")]
    out.table("sizes", Table(frame, columns), {"en": "Sizes.", "zh": "人数"}, note="All pupils.")
    out.table("words", pd.DataFrame({"Answer": ["yes"]}), "Answers.")
    for name, alt in (("bare", None), ("bars", "A bar per code.")):
        out.figure(name, plt.figure(), alt=alt)
    out.finish()
    plt.close("all")
    assert json.loads((tmp_path / "exhibits.json").read_text(encoding="utf-8")) == {
        "step": "06-logistic-at_risk",
        "simulated": True,
        "results": {"sizes": {"columns": ["code", "n"]}},
        "tables": {
            "sizes": {
                "label": "tbl-logistic-at-risk-sizes",
                "caption": {"en": "Sizes.", "zh": "人数"},
                "note": {"en": "All pupils."},
                "columns": [
                    {"key": "code", "label": {"en": "Code", "zh": "代码"}, "kind": "text"},
                    {"key": "n", "label": {"en": "Pupils"}, "kind": "count"},
                ],
            },
            "words": {
                "label": "tbl-logistic-at-risk-words",
                "caption": {"en": "Answers."},
                "note": {"en": ""},
                "columns": [{"key": "Answer", "label": {"en": "Answer"}, "kind": "text"}],
            },
        },
        "figures": {"bare": {"alt": None}, "bars": {"alt": {"en": "A bar per code."}}},
    }
    assert "人数" in (tmp_path / "exhibits.json").read_text(encoding="utf-8")


def test_figure_is_saved_the_same_shown_before_or_not(exhibits, tmp_path):
    out = exhibits("03-anova", figures=["fresh", "shown"])
    for name in ("fresh", "shown"):
        figure, axes = plt.subplots(2, 3, sharey=True)
        for ax in axes.flat:
            ax.set(xlabel="Length of the call (min)", ylabel="Share of pupils")
        figure.legend(handles=[plt.Line2D([], [], label="Well")], loc="outside upper center")
        if name == "shown":
            figure.savefig(BytesIO(), bbox_inches="tight")
        out.figure(name, figure)
        plt.close(figure)
    for ending in ("svg", "png"):
        fresh, shown = ((tmp_path / "figures" / f"{name}.{ending}").read_bytes() for name in ("fresh", "shown"))
        assert fresh == shown, ending


def test_figure_lays_out_once_and_keeps_its_layout_engine(exhibits, monkeypatch):
    out = exhibits("03-anova", figures=["bars"])
    figure, _ = plt.subplots()
    engine, layouts = figure.get_layout_engine(), []
    monkeypatch.setattr(engine, "execute", layouts.append)
    out.figure("bars", figure)
    plt.close(figure)
    assert layouts == [figure] and figure.get_layout_engine() is engine


def test_figure_keeps_axes_placed_by_hand(exhibits):
    out = exhibits("06-logistic", figures=["forest"])
    figure, axes = plt.subplots(layout="none")
    axes.set_position([0.5, 0.2, 0.5, 0.8])
    figure.savefig(BytesIO(), bbox_inches="tight")  # as a notebook shows it; it then has a layout engine
    out.figure("forest", figure)
    assert axes.get_position().bounds == pytest.approx((0.5, 0.2, 0.5, 0.8))
    plt.close(figure)


RATIOS = pd.DataFrame({"code": ["a", "b"], "or": [1.334, 2.0], "low": [1.2, 1.5], "high": [1.5, 2.5]})


def test_take_names_a_number_of_a_saved_result_with_its_cell(exhibits, tmp_path):
    out = exhibits("06-logistic", results=["odds_ratios"])
    out.result("odds_ratios", RATIOS)
    out.take("or_a", "odds_ratios", {"code": "a"}, "or", "ratio", interval=("low", "high"))
    out.take("or_c", "odds_ratios", {"code": "c"}, "or", "ratio", text="not in the model")
    out.finish()
    values = json.loads((tmp_path / "values.json").read_text(encoding="utf-8"))["values"]
    assert values["or_a"]["value"] == 1.334 and values["or_a"]["text"] == "1.33 (1.20 to 1.50)"
    assert values["or_a"]["source"] == {"result": "odds_ratios", "row": {"code": "a"}, "column": "or"}
    assert values["or_c"]["value"] is None and values["or_c"]["text"] == "not in the model"


def test_take_reads_the_result_as_it_was_saved(exhibits):
    out = exhibits("06-logistic", results=["odds_ratios"])
    frame = RATIOS.copy()
    out.result("odds_ratios", frame)
    frame["or"] = 9.0
    out.take("or_a", "odds_ratios", {"code": "a"}, "or", "ratio")
    assert out.named["or_a"]["value"] == 1.334


def test_take_refuses_an_unsaved_result_and_several_rows(exhibits):
    out = exhibits("06-logistic", results=["odds_ratios"])
    with pytest.raises(ValueError, match='06-logistic: "or_a" is taken from the result "odds_ratios", which is not'):
        out.take("or_a", "odds_ratios", {"code": "a"}, "or", "ratio")
    out.result("odds_ratios", RATIOS)
    with pytest.raises(ValueError, match="2 rows"):
        out.take("or_a", "odds_ratios", {}, "or", "ratio")


def test_a_name_is_taken_once_and_has_small_letters(exhibits):
    out = exhibits("06-logistic")
    out.value("n", 3, "count")
    with pytest.raises(ValueError, match='the value "n" is named twice'):
        out.value("n", 4, "count")
    with pytest.raises(ValueError, match='letters, digits and "_", the first a small one: "N"'):
        out.value("N", 4, "count")


def test_a_note_shows_texts_as_they_are_and_headings_in_italics(exhibits, tmp_path):
    out = exhibits("03-anova", tables=["shares"])
    rate, level = "Rate (interval)", f"High {labels.SIGNS}"
    frame = pd.DataFrame({level: ["3"], rate: ["4"]})
    out.table("shares", frame, labels.SIGNS, note=f"*Rate*, *{level.lower()}*, F*: {labels.SIGNS} *Other*.")
    table, note = labels.read((tmp_path / "tables/shares.md").read_text(encoding="utf-8"))["blocks"]
    assert labels.cells(table) == [[level, rate], ["3", "4"]]
    assert labels.words(note) == f"<Emph> <Emph>, <Emph>, F*: {labels.SIGNS} *Other*."
    _, rate, high = (each["c"] for each in note["c"] if each["t"] == "Emph")
    assert [labels.words(rate), labels.words(high)] == ["Rate", level.lower()]
