"""End-to-end runs on a small export: what `make paper` leaves, and what it does when something goes wrong."""

import fcntl
import functools
import html
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import zipfile
from itertools import pairwise

import numpy as np
import pandas as pd
import pypdf
import pytest
import yaml
from checkout import KEY, files, ran

from hotline.cleaning import pseudonyms

REPRODUCIBLE = (
    "data-raw/simulated/export.csv",
    "data-derived/*/results/*",
    "data-derived/*/tables/*",
    "data-derived/*/figures/*",
    "data-derived/*/exhibits.json",
    "data-derived/*/values.json",
    "data-derived/*/tallies.csv",
    "data-derived/01-clean/*.parquet",
    "data-derived/01-clean/rejected.csv",
    "data-derived/01-clean/flow.json",
    "paper/output/manuscript.*",
    "paper/output/supplement.*",
)
DOCUMENTS = ("manuscript", "supplement")
both = pytest.mark.parametrize("document", DOCUMENTS)


@functools.cache
def html_text(checkout, document="manuscript"):
    """Return the words of the HTML page, freed of tags, with single blanks."""
    page = (checkout.folder / f"paper/output/{document}.html").read_text(encoding="utf-8")
    body = re.sub(r"<(style|script|svg|math).*?</\1>", " ", page, flags=re.DOTALL)
    return " ".join(re.sub(r"<[^>]+>", "", body).replace("&lt;", "<").replace("&gt;", ">").split())


def unbroken(text):
    """Return a text without white space and hyphens, since the lines of a PDF break anywhere."""
    return re.sub(r"[\s\u2010\xad-]", "", text)


@functools.cache
def pdf_pages(checkout, document="manuscript"):
    """Return the words of the pages of the PDF, unbroken and without the page numbers below."""
    pages = pypdf.PdfReader(checkout.folder / f"paper/output/{document}.pdf").pages
    return [unbroken(page.extract_text()).removesuffix(str(n)) for n, page in enumerate(pages, start=1)]


def pdf_text(checkout, document="manuscript"):
    """Return the words of the PDF, unbroken."""
    return "".join(pdf_pages(checkout, document))


def in_pdf(text, pages):
    """Return whether a text stands on a page, or begins at the end of one and goes on in the next, below a figure."""
    if any(text in page for page in pages):
        return True
    cuts = range(1, len(text))
    return any(
        page.endswith(text[:cut]) and text[cut:] in following for page, following in pairwise(pages) for cut in cuts
    )


@functools.cache
def docx_text(checkout, document="manuscript"):
    """Return the words of the DOCX."""
    with zipfile.ZipFile(checkout.folder / f"paper/output/{document}.docx") as archive:
        words = re.sub(r"<[^>]+>", "", archive.read("word/document.xml").decode())
        return " ".join(html.unescape(words).split())


def source_of(checkout, document):
    """Return the source of a document."""
    return (checkout.folder / f"paper/{document}.qmd").read_text(encoding="utf-8")


def quoted(checkout, document):
    """Return {name: printed text} of every named value that a document quotes."""
    source = source_of(checkout, document)
    known = yaml.safe_load((checkout.folder / "paper/_variables.yml").read_text(encoding="utf-8"))
    names = set(re.findall(r"\{\{< var (\w+)\.(\w+) >\}\}", source))
    return {f"{prefix}.{name}": re.sub(r"[*`]", "", known[prefix][name]) for prefix, name in names}


# --- what a reader gets -----------------------------------------------------------------------------


@both
def test_the_files_hold_every_quoted_value(built, document):
    values = quoted(built, document)
    assert len(values) > {"manuscript": 100, "supplement": 30}[document]
    html, pages, docx = (read(built, document) for read in (html_text, pdf_pages, docx_text))
    for name, text in values.items():
        assert " ".join(text.split()) in html, f"{name} is not in the HTML"
        assert in_pdf(unbroken(text), pages), f"{name} is not in the PDF"
        assert " ".join(text.split()) in docx, f"{name} is not in the DOCX"


def test_each_value_stands_where_the_manuscript_quotes_it(changeable):
    """With every text replaced by one that occurs nowhere else, each must turn up in all files of its document."""
    marks = {}
    for file in files(changeable.folder, "data-derived/*/values.json", least=16):
        content = json.loads(file.read_text(encoding="utf-8"))
        prefix = re.sub(r"^\d+-", "", content["step"]).replace("-", "_")
        for name, value in content["values"].items():
            marks[f"{prefix}.{name}"] = value["text"] = f"Qx{len(marks)}xQ"
        file.write_text(json.dumps(content), encoding="utf-8")
    code = "import sys; sys.path.insert(0, 'analysis'); from hotline.paper import render; sys.exit(render.main())"
    changeable.run("-c", code)
    for document in DOCUMENTS:
        html, pdf, docx = (read(changeable, document) for read in (html_text, pdf_text, docx_text))
        for name in quoted(changeable, document):
            if not name.startswith("study."):
                assert marks[name] in html and marks[name] in pdf and marks[name] in docx, name


@both
def test_no_number_is_typed_by_hand(built, document):
    """Outside shortcodes, labels and citations, the only digits are those of names, ages, years and formulas."""
    source = source_of(built, document)
    text = re.sub(
        r"\{\{<.*?>\}\}|\]\([^)]*\)|\{#[^}]*\}|@[\w-]+|layout-ncol=\d|\$\$.*?\$\$|\$[^$]*\$|`[^`]*`", "", source
    )
    allowed = {
        "manuscript": {"12355", "2024", "40,000", "10,000", "14", "0", "2020", "4.0"},
        "supplement": {"0", "1", "19", "20", "5"},  # codes of the model's terms; 19 of 20, and the 5% level
    }[document]
    assert {number.rstrip(",.") for number in re.findall(r"\d[\d.,]*", text)} <= allowed


@both
def test_figures_tables_and_references_are_all_there(built, document):
    source = source_of(built, document)
    figures, tables = source.count("](../data-derived/"), source.count("{{< include") + source.count("{#tbl-")
    assert (figures, tables) >= {"manuscript": (6, 6), "supplement": (1, 9)}[document]
    html, pdf, docx = (read(built, document) for read in (html_text, pdf_text, docx_text))
    shared = source.count("layout-ncol=2")  # two figures share one number
    for kind, number in (("Figure", figures - shared), ("Table", tables)):
        for text, blank in ((html, " "), (docx, " "), (pdf, "")):
            assert f"{kind}{blank}{number}:" in text.replace("\xa0", blank), f"{kind} {number} has no caption"
            assert f"{kind}{blank}{number + 1}:" not in text.replace("\xa0", blank)
    with zipfile.ZipFile(built.folder / f"paper/output/{document}.docx") as archive:
        assert sum(name.startswith("word/media/") for name in archive.namelist()) == figures
    page = (built.folder / f"paper/output/{document}.html").read_text(encoding="utf-8")
    targets = re.findall(r'href="#([^"]+)"', page)
    assert len(targets) > 25
    assert all(f'id="{target}"' in page for target in targets), "a link leads nowhere"
    assert not re.findall(r'(?:src|href)="(?:https?:)?//(?!doi\.org|github\.com)', page), (
        "the page fetches from outside"
    )


def test_the_supplement_refers_to_all_its_tables_and_figures(built):
    source = source_of(built, "supplement")
    labels = [*re.findall(r"\{#((?:fig|tbl)-[\w-]+)", source), "tbl-numbers", "tbl-sources"]
    for file in re.findall(r"\{\{< include \.\./(\S+) >\}\}", source):
        labels += re.findall(r"\{#(tbl-[\w-]+)\}", (built.folder / file).read_text(encoding="utf-8"))
    assert len(labels) == 10
    assert [label for label in labels if f"@{label}" not in source] == []


@pytest.mark.parametrize("read", [html_text, pdf_text, docx_text])
@both
def test_no_placeholder_is_left(built, read, document):
    text = read(built, document)
    for mark in ("{{<", ">}}", "@fig", "@tbl", "@sec", "@eq", "?var", "??", "{#", "NaN", "nan%", "None"):
        assert mark not in text, f"{mark} in {text[max(0, text.find(mark) - 40) :][:80]}"


def test_simulated_is_said_everywhere(built):
    for document in DOCUMENTS:
        for text in (html_text(built, document), docx_text(built, document)):
            assert "Simulated data: nothing here is a finding about real pupils" in text
        assert "SIMULATEDDATA" in pdf_text(built, document)
    for table in files(built.folder, "data-derived/*/tables/*.md", least=50):
        assert "*Simulated data.*" in table.read_text(encoding="utf-8"), table
    for record in files(built.folder, "data-derived/*/[vr]*.json", least=32):
        assert json.loads(record.read_text(encoding="utf-8"))["simulated"] is True, record


def test_every_value_names_the_cell_that_made_it(built):
    for file in files(built.folder, "data-derived/*/values.json", least=16):
        notebook = json.loads(file.with_name("notebook.ipynb").read_text(encoding="utf-8"))
        cells = {
            cell["execution_count"]: "".join(cell["source"])
            for cell in notebook["cells"]
            if cell["cell_type"] == "code"
        }
        for name, value in json.loads(file.read_text(encoding="utf-8"))["values"].items():
            assert re.search(r"out\.(value|values|take)\(", cells[value["cell"]]), f"{file}: {name}"


def test_no_notebook_warns(built):
    for file in [
        *files(built.folder, "data-derived/*/notebook.ipynb", least=16),
        built.folder / "data-raw/simulated/notebook.ipynb",
    ]:
        for cell in json.loads(file.read_text(encoding="utf-8"))["cells"]:
            warned = ["".join(each["text"]) for each in cell.get("outputs", []) if each.get("name") == "stderr"]
            assert warned == [], f"{file.parent.name}: {warned}"


def test_the_accounts_of_cleaning_add_up(built):
    folder = built.folder / "data-derived/01-clean"
    flow = json.loads((folder / "flow.json").read_text(encoding="utf-8"))
    left = (folder / "rejected.csv").read_text(encoding="utf-8").count("\n") - 1
    rows = (built.folder / "data-raw/simulated/export.csv").read_text(encoding="utf-8-sig").count("\n") - 1
    assert flow["rows"] == rows == left + flow["cases"]


def test_one_line_per_step_and_the_paths(built):
    lines = built.printed.strip().splitlines()
    assert lines[-6:] == [f"  paper/output/{name}.{ending}" for name in DOCUMENTS for ending in ("html", "pdf", "docx")]
    assert len(ran(built.printed)) == 19
    spoken = [line for line in lines[:-6] if "... cell" not in line]
    assert len(spoken) == 19, "more than one line per step:\n" + built.printed


@pytest.mark.parametrize("outcome", ["at_risk", "high_risk"])
def test_the_three_notebooks_speak_of_one_model(built, outcome):
    """Each repeats the split and the fit; the file that is handed over is the model of the paper."""
    folders = {name: built.folder / f"data-derived/07-{name}-{outcome}" for name in ("prediction", "validation", "use")}
    values = {name: json.loads((folder / "values.json").read_text(encoding="utf-8"))["values"]
              for name, folder in folders.items()}  # fmt: skip
    model = json.loads((folders["use"] / "results/model.json").read_text(encoding="utf-8"))
    assert model["simulated"] is True and model["outcome"] == outcome
    terms = pd.read_csv(folders["prediction"] / "results/model.csv", keep_default_na=False, na_values={"b": ""})
    for row in terms.itertuples():
        complete = model["complete"]
        found = (
            complete["intercept"] if row.variable == "intercept" else complete["coefficients"][row.variable][row.code]
        )
        assert found == round(row.b, 3) if found is not None else np.isnan(row.b)
    assert values["prediction"]["auc_validation"]["value"] == values["validation"]["auc_validation"]["value"]
    thresholds = values["prediction"]["threshold"]["value"], values["use"]["threshold_youden"]["value"]
    assert thresholds[0] == pytest.approx(thresholds[1], rel=1e-10)
    card = (folders["use"] / "results/model-card.md").read_text(encoding="utf-8")
    assert "Simulated data" in card and "nan" not in card and values["prediction"]["n_development"]["text"] in card


# --- running it again -------------------------------------------------------------------------------


def test_a_second_run_does_nothing(built):
    before = {file: file.stat().st_mtime_ns for file in files(built.folder, "data-derived/*/*.json", least=32)}
    assert ran(built.make("paper")) == []
    assert before == {file: file.stat().st_mtime_ns for file in files(built.folder, "data-derived/*/*.json", least=32)}


def test_the_same_bytes_in_another_place_by_ordinary_kernels_and_with_one_step_at_a_time(twins):
    first, second = (checkout.bytes_of(*REPRODUCIBLE) for checkout in twins)
    assert len(first) > 80
    assert first.keys() == second.keys()
    assert [name for name in first if first[name] != second[name]] == []
    own = set(ran(twins[1].printed))
    assert "07-use-at_risk" in own and not {"recovery", "07-use-high_risk"} & own, "what was taken over is up to date"


def test_content_decides_and_not_file_times(changeable):
    notebook = changeable.folder / "analysis/08-time-and-place.ipynb"
    content = json.loads(notebook.read_text(encoding="utf-8"))
    content["cells"][0]["source"] = ["# Another title\n"]
    content["metadata"]["a trace of an editor"] = True
    notebook.write_text(json.dumps(content, indent=4), encoding="utf-8")
    for file in files(changeable.folder, "analysis/*.ipynb", least=10):
        file.touch()
    assert ran(changeable.make("paper")) == []


def test_a_late_edit_and_a_parameter_rerun_their_notebooks_and_the_paper(changeable):
    changeable.edit(
        "analysis/08-time-and-place.ipynb", "Calls per 10,000 children and year", "Calls, per 10,000 children"
    )
    changeable.edit("params.yml", "  shown: 8 ", "  shown: 7 ")
    assert ran(changeable.make("paper")) == ["04-chi-square", "08-time-and-place", "paper"]


def test_an_edit_that_changes_no_result_reruns_nothing_downstream(changeable):
    changeable.edit("analysis/01-clean.ipynb", "load.read(", "load.read (")
    assert ran(changeable.make("paper")) == ["01-clean"]


def test_a_profile_reaches_make_and_leaves_the_steps_alone_whose_values_it_keeps(built):
    assert ran(built.make("04-chi-square", "05-response", "PROFILE=full")) == []
    said = built.make("recovery", "PROFILE=ful", expect=2)
    assert re.search(r"params\.yml, line \d+: PROFILE=ful, but no profile is called so; there are: full;", said)


def test_a_damaged_result_is_made_again(changeable):
    result = changeable.folder / "data-derived/03-anova/results/anova.csv"
    content = result.read_bytes()
    result.write_text("0.05\n", encoding="utf-8")
    assert ran(changeable.make("03-anova")) == ["03-anova"]
    assert result.read_bytes() == content


# --- when something goes wrong ----------------------------------------------------------------------


def test_a_crash_leaves_the_old_outputs_and_says_where_to_look(changeable):
    before = changeable.bytes_of("data-derived/05-response/**/*")
    changeable.edit("analysis/05-response.ipynb", "book = codebook()", "book = 1 / 0")
    said = changeable.make("05-response", expect=2)
    assert re.search(r"05-response FAILED: cell \[\d+\] of analysis/05-response\.ipynb", said)
    assert "ZeroDivisionError" in said and "division by zero" in said
    assert "data-derived/failed/05-response/notebook.ipynb" in said
    assert (changeable.folder / "data-derived/failed/05-response/notebook.ipynb").exists()
    assert changeable.bytes_of("data-derived/05-response/**/*") == before
    assert "FAILED" in changeable.make("05-response", expect=2), "a failed step must run again"
    changeable.edit("analysis/05-response.ipynb", "book = 1 / 0", "book = codebook()")
    assert ran(changeable.make("05-response")) == [], "with the old code the old outputs are up to date"


def test_dead_kernel_is_one_message(changeable):
    changeable.edit("analysis/05-response.ipynb", "book = codebook()", "import os; os._exit(1)")
    said = changeable.make("05-response", expect=2)
    assert "the kernel of analysis/05-response.ipynb died" in said and "Traceback" not in said


def test_an_interrupted_step_leaves_the_old_outputs_and_no_traceback(changeable):
    before = changeable.bytes_of("data-derived/05-response/**/*")
    changeable.edit("analysis/05-response.ipynb", "book = codebook()", "import time; time.sleep(60)")
    running = subprocess.Popen(
        ["make", f"VENV={sys.prefix}", "05-response"],
        cwd=changeable.folder,
        env=changeable.environment,
        start_new_session=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # a shell's background jobs ignore it
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    folder = changeable.folder / "data-derived/running/05-response"
    for _ in range(200):
        if (folder / "notebook.ipynb").exists():
            break
        time.sleep(0.1)
    time.sleep(2)
    os.killpg(running.pid, signal.SIGINT)
    said, _ = running.communicate(timeout=30)
    assert running.returncode != 0
    # The kernel is interrupted as well; whichever of the two speaks first, it is one message.
    assert "05-response interrupted" in said or "05-response FAILED: cell" in said, said
    assert "Traceback" not in said, said
    assert not folder.exists()
    assert changeable.bytes_of("data-derived/05-response/**/*") == before


def test_second_make_of_a_step_is_refused(changeable):
    with open(changeable.folder / "data-derived/running/03-anova.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert "03-anova: another make is running this step" in changeable.make("03-anova", expect=2)


def test_a_readers_copy_that_is_gone_is_made_again(changeable):
    (changeable.folder / "data-derived/03-anova/notebook.html").unlink()
    (changeable.folder / "data-derived/08-time-and-place/run.json").write_text("{", encoding="utf-8")
    assert ran(changeable.make("03-anova", "08-time-and-place")) == ["03-anova", "08-time-and-place"]


def test_a_promise_not_kept_fails_the_step(changeable):
    changeable.edit("analysis/05-response.ipynb", "out.finish()", "out.folder")
    assert "must call out.finish()" in changeable.make("05-response", expect=2)


def test_a_malformed_params_yml_stops_before_anything_runs(changeable):
    changeable.edit("params.yml", "reconnect_minutes: 10 ", "reconnect_minutes: ten ")
    said = changeable.make("paper", expect=2)
    assert re.search(
        r'params\.yml, line \d+: "reconnect_minutes" of "01-clean": expected int from 0 to 120, found \'ten\'', said
    )
    assert "FAILED" not in said


def test_missing_export_is_named(changeable):
    said = changeable.make("01-clean", "EXPORT=nowhere.csv", expect=2)
    assert "nowhere.csv: there is no such export" in said
    assert not (changeable.folder / "private").exists()


def test_missing_column_is_named(changeable):
    export = changeable.folder / "data-raw/simulated/export.csv"
    other = changeable.folder / "data-raw/other.csv"
    other.write_text(export.read_text(encoding="utf-8").replace("心理健康水平", "水平", 1), encoding="utf-8")
    said = changeable.make("01-clean", "EXPORT=data-raw/other.csv", "UNPROTECTED=yes", KEY, expect=2)
    assert 'data-raw/other.csv, row 1: 1 needed column is missing:\n  "心理健康水平" (Mental-health level)' in said
    assert not (changeable.folder / "private/data-derived/01-clean").exists()


def test_missing_codebook_is_named(changeable):
    assert "nope.yaml: there is no such codebook" in changeable.make("02-describe", "CODEBOOK=nope.yaml", expect=2)


def test_missing_python_is_named(fresh):
    said = fresh.make("setup", "PYTHON=python-of-nowhere", f"VENV={fresh.folder / 'venv'}", expect=2)
    assert "Python 3.11 or newer is needed" in said


# --- another export ---------------------------------------------------------------------------------


def test_a_real_export_is_refused_then_kept_apart_and_not_called_simulated(changeable):
    export = changeable.folder / "data-raw/private/real.csv"
    export.parent.mkdir()
    rows = (changeable.folder / "data-raw/simulated/export.csv").read_text(encoding="utf-8").splitlines(keepends=True)
    export.write_text("".join(rows[:-3]), encoding="utf-8")
    before = changeable.bytes_of("data-derived/*/**/*", "paper/output/*")
    refusal = changeable.make("paper", "EXPORT=data-raw/private/real.csv", expect=2)
    assert "counts as real records" in refusal and "UNPROTECTED=yes" in refusal
    assert not (changeable.folder / "private").exists()

    refusal = changeable.make("02-describe", "EXPORT=data-raw/private/real.csv", "UNPROTECTED=yes", expect=2)
    assert "secrets.token_hex" in refusal and "cell" not in refusal, "the key is asked for before anything runs"
    assert not (changeable.folder / "private/data-derived/01-clean").exists()

    changeable.make("02-describe", "EXPORT=data-raw/private/real.csv", "UNPROTECTED=yes", KEY)
    assert changeable.bytes_of("data-derived/*/**/*", "paper/output/*") == before
    cleaned = json.loads((changeable.folder / "private/data-derived/01-clean/run.json").read_text(encoding="utf-8"))
    assert cleaned["inputs"]["key"] == pseudonyms.mark(KEY.partition("=")[2].encode()), "another key must clean again"
    described = changeable.folder / "private/data-derived/02-describe"
    assert json.loads((described / "values.json").read_text(encoding="utf-8"))["simulated"] is False
    for table in files(described, "tables/*.md", least=2):
        assert "imulated" not in table.read_text(encoding="utf-8")
    stamped = (changeable.folder / "data-derived/02-describe/figures/problems.svg").read_text(encoding="utf-8")
    unstamped = (described / "figures/problems.svg").read_text(encoding="utf-8")
    assert "Simulated data" in stamped and "Simulated data" not in unstamped


def test_a_copy_of_the_simulated_export_is_still_simulated(changeable):
    copied = changeable.folder / "elsewhere.csv"
    shutil.copy(changeable.folder / "data-raw/simulated/export.csv", copied)
    changeable.make("01-clean", "EXPORT=elsewhere.csv")
    assert not (changeable.folder / "private").exists()


def test_a_real_export_named_in_params_yml_may_not_mix_with_the_simulated_results(changeable):
    other = changeable.folder / "data-raw/other.csv"
    export = changeable.folder / "data-raw/simulated/export.csv"
    other.write_bytes(export.read_bytes() + b"\n")
    changeable.edit("params.yml", "export: data-raw/simulated/export.csv", "export: data-raw/other.csv")
    assert "run: make paper EXPORT=data-raw/other.csv" in changeable.make("01-clean", expect=2)


# --- by hand ----------------------------------------------------------------------------------------


def test_a_notebook_run_by_hand_writes_to_scratch(changeable):
    before = changeable.bytes_of("data-derived/0*/**/*")
    changeable.run("-m", "nbconvert", "--to", "notebook", "--execute", "--stdout", "analysis/02-describe.ipynb")
    assert (changeable.folder / "data-derived/scratch/02-describe/values.json").exists()
    assert changeable.bytes_of("data-derived/0*/**/*") == before
