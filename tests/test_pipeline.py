"""The whole road on a small export: what `make paper` leaves, and what it does when something goes wrong."""

import fcntl
import functools
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import zipfile

import pypdf
import pytest
import yaml

pytestmark = pytest.mark.xdist_group("pipeline")
KEY = "HOTLINE_KEY=a key for the tests alone"
REPRODUCIBLE = (
    "data-raw/simulated/export.csv",
    "data-derived/*/results/*",
    "data-derived/*/tables/*",
    "data-derived/*/figures/*",
    "data-derived/*/values.json",
    "data-derived/*/tallies.csv",
    "data-derived/01-clean/*.parquet",
    "data-derived/01-clean/rejected.csv",
    "data-derived/01-clean/flow.json",
    "paper/output/manuscript.*",
)


def ran(printed):
    """Return the steps that a run of make did not find up to date, in order of their names."""
    return sorted(re.findall(r"^(\S+) +\d+\.\d s ", printed, re.MULTILINE))


@functools.cache
def html_text(checkout):
    """Return the words of the HTML page, freed of tags, with single blanks."""
    page = (checkout.folder / "paper/output/manuscript.html").read_text(encoding="utf-8")
    body = re.sub(r"<(style|script|svg|math).*?</\1>", " ", page, flags=re.DOTALL)
    return " ".join(re.sub(r"<[^>]+>", "", body).replace("&lt;", "<").replace("&gt;", ">").split())


@functools.cache
def pdf_text(checkout):
    """Return the words of the PDF without any white space, since lines break anywhere."""
    pages = pypdf.PdfReader(checkout.folder / "paper/output/manuscript.pdf").pages
    return "".join("".join(page.extract_text() for page in pages).split())


@functools.cache
def docx_text(checkout):
    """Return the words of the DOCX."""
    with zipfile.ZipFile(checkout.folder / "paper/output/manuscript.docx") as archive:
        return " ".join(re.sub(r"<[^>]+>", "", archive.read("word/document.xml").decode()).replace("&lt;", "<").split())


def quoted(checkout):
    """Return {name: printed text} of every named value that the manuscript quotes."""
    source = (checkout.folder / "paper/manuscript.qmd").read_text(encoding="utf-8")
    known = yaml.safe_load((checkout.folder / "paper/_variables.yml").read_text(encoding="utf-8"))
    names = set(re.findall(r"\{\{< var (\w+)\.(\w+) >\}\}", source))
    return {f"{prefix}.{name}": re.sub(r"[*`]", "", known[prefix][name]) for prefix, name in names}


# --- what a reader gets -----------------------------------------------------------------------------


def test_the_three_files_hold_every_quoted_value(built):
    values = quoted(built)
    assert len(values) > 100
    html, pdf, docx = html_text(built), pdf_text(built), docx_text(built)
    for name, text in values.items():
        assert " ".join(text.split()) in html, f"{name} is not in the HTML"
        assert "".join(text.split()) in pdf, f"{name} is not in the PDF"
        assert " ".join(text.split()) in docx, f"{name} is not in the DOCX"


def test_each_value_stands_where_the_manuscript_quotes_it(changeable):
    """With every text replaced by one that occurs nowhere else, each of them must turn up in all three files."""
    marks = {}
    for file in changeable.folder.glob("data-derived/*/values.json"):
        content = json.loads(file.read_text(encoding="utf-8"))
        prefix = re.sub(r"^\d+-", "", content["step"]).replace("-", "_")
        for name, value in content["values"].items():
            marks[f"{prefix}.{name}"] = value["text"] = f"Qx{len(marks)}xQ"
        file.write_text(json.dumps(content), encoding="utf-8")
    changeable.run("-c", "import sys; sys.path.insert(0, 'analysis'); from hotline.render import main; main()")
    html, pdf, docx = html_text(changeable), pdf_text(changeable), docx_text(changeable)
    for name in quoted(changeable):
        if not name.startswith("study."):
            assert marks[name] in html and marks[name] in pdf and marks[name] in docx, name


def test_no_number_in_the_manuscript_is_typed_by_hand(built):
    """Outside shortcodes, labels and citations, the only digits are those of names, ages, years and formulas."""
    source = (built.folder / "paper/manuscript.qmd").read_text(encoding="utf-8")
    text = re.sub(
        r"\{\{<.*?>\}\}|\]\([^)]*\)|\{#[^}]*\}|@[\w-]+|layout-ncol=\d|\$\$.*?\$\$|\$[^$]*\$|`[^`]*`", "", source
    )
    allowed = {"12355", "2024", "40,000", "10,000", "14", "0", "2020", "4.0"}
    assert {number.rstrip(",.") for number in re.findall(r"\d[\d.,]*", text)} <= allowed


def test_figures_tables_and_references_are_all_there(built):
    source = (built.folder / "paper/manuscript.qmd").read_text(encoding="utf-8")
    figures, tables = source.count("](../data-derived/"), source.count("{{< include") + source.count("{#tbl-")
    assert figures >= 6 and tables >= 6
    html, pdf, docx = html_text(built), pdf_text(built), docx_text(built)
    for kind, number in (("Figure", figures - 1), ("Table", tables)):  # two figures share one number
        for text, blank in ((html, " "), (docx, " "), (pdf, "")):
            assert f"{kind}{blank}{number}:" in text.replace("\xa0", blank), f"{kind} {number} has no caption"
            assert f"{kind}{blank}{number + 1}:" not in text.replace("\xa0", blank)
    with zipfile.ZipFile(built.folder / "paper/output/manuscript.docx") as archive:
        assert sum(name.startswith("word/media/") for name in archive.namelist()) == figures
    page = (built.folder / "paper/output/manuscript.html").read_text(encoding="utf-8")
    targets = re.findall(r'href="#([^"]+)"', page)
    assert len(targets) > 50
    assert all(f'id="{target}"' in page for target in targets), "a link leads nowhere"
    assert not re.findall(r'(?:src|href)="(?:https?:)?//(?!doi\.org|github\.com)', page), (
        "the page fetches from outside"
    )


@pytest.mark.parametrize("read", [html_text, pdf_text, docx_text])
def test_no_placeholder_is_left(built, read):
    text = read(built)
    for mark in ("{{<", ">}}", "@fig", "@tbl", "@sec", "@eq", "?var", "??", "{#", "NaN", "nan%", "None"):
        assert mark not in text, f"{mark} in {text[max(0, text.find(mark) - 40) :][:80]}"


def test_simulated_is_said_everywhere(built):
    for text in (html_text(built), docx_text(built)):
        assert "Simulated data: nothing here is a finding about real pupils" in text
    assert "SIMULATEDDATA" in pdf_text(built)
    for table in built.folder.glob("data-derived/*/tables/*.md"):
        assert "*Simulated data.*" in table.read_text(encoding="utf-8"), table
    for record in [*built.folder.glob("data-derived/*/values.json"), *built.folder.glob("data-derived/*/run.json")]:
        assert json.loads(record.read_text(encoding="utf-8"))["simulated"] is True, record


def test_every_value_names_the_cell_that_made_it(built):
    for file in built.folder.glob("data-derived/*/values.json"):
        notebook = json.loads(file.with_name("notebook.ipynb").read_text(encoding="utf-8"))
        cells = {
            cell["execution_count"]: "".join(cell["source"])
            for cell in notebook["cells"]
            if cell["cell_type"] == "code"
        }
        for name, value in json.loads(file.read_text(encoding="utf-8"))["values"].items():
            assert "out.value(" in cells[value["cell"]], f"{file}: {name}"


def test_no_notebook_warns(built):
    for file in [
        *built.folder.glob("data-derived/*/notebook.ipynb"),
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
    assert flow["rows"] == rows == left + flow["pupils"]


def test_one_line_per_step_and_the_three_paths(built):
    lines = built.printed.strip().splitlines()
    assert lines[-3:] == [f"  paper/output/manuscript.{ending}" for ending in ("html", "pdf", "docx")]
    assert len(ran(built.printed)) == 14
    spoken = [line for line in lines[:-3] if "... cell" not in line]
    assert len(spoken) == 14, "more than one line per step:\n" + built.printed


# --- running it again -------------------------------------------------------------------------------


def test_a_second_run_does_nothing(built):
    before = {file: file.stat().st_mtime_ns for file in built.folder.glob("data-derived/*/*.json")}
    assert ran(built.make("paper")) == []
    assert before == {file: file.stat().st_mtime_ns for file in built.folder.glob("data-derived/*/*.json")}


def test_the_same_bytes_in_another_place_and_with_one_step_at_a_time(twins):
    first, second = (checkout.bytes_of(*REPRODUCIBLE) for checkout in twins)
    assert len(first) > 80
    assert first.keys() == second.keys()
    assert [name for name in first if first[name] != second[name]] == []


def test_content_decides_and_not_file_times(changeable):
    notebook = changeable.folder / "analysis/08-time-and-place.ipynb"
    content = json.loads(notebook.read_text(encoding="utf-8"))
    content["cells"][0]["source"] = ["# Another title\n"]
    content["metadata"]["a trace of an editor"] = True
    notebook.write_text(json.dumps(content, indent=4), encoding="utf-8")
    for file in changeable.folder.glob("analysis/*.ipynb"):
        file.touch()
    assert ran(changeable.make("paper")) == []


def test_a_late_edit_reruns_that_notebook_and_the_paper(changeable):
    changeable.edit(
        "analysis/08-time-and-place.ipynb", "Calls per 10,000 children and year", "Calls, per 10,000 children"
    )
    assert ran(changeable.make("paper")) == ["08-time-and-place", "paper"]


def test_an_edit_that_changes_no_result_reruns_nothing_downstream(changeable):
    changeable.edit("analysis/01-clean.ipynb", "found = records.read(", "found = records.read (")
    assert ran(changeable.make("paper")) == ["01-clean"]


def test_a_parameter_reruns_what_uses_it(changeable):
    changeable.edit("params.yml", "development_share: 0.7 ", "development_share: 0.6 ")
    assert ran(changeable.make("paper")) == ["07-prediction-at_risk", "07-prediction-high_risk", "paper"]


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


def test_a_kernel_that_dies_is_told(changeable):
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


def test_two_makes_at_once_are_told(changeable):
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
    assert re.search(r'params\.yml, line \d+: "reconnect_minutes" of "01-clean": expected int, found \'ten\'', said)
    assert "FAILED" not in said


def test_a_missing_export_is_told(changeable):
    said = changeable.make("01-clean", "EXPORT=nowhere.csv", expect=2)
    assert "nowhere.csv: there is no such export" in said
    assert not (changeable.folder / "private").exists()


def test_an_export_without_a_needed_column_is_told(changeable):
    export = changeable.folder / "data-raw/simulated/export.csv"
    other = changeable.folder / "data-raw/other.csv"
    other.write_text(export.read_text(encoding="utf-8").replace("心理健康水平", "水平", 1), encoding="utf-8")
    said = changeable.make("01-clean", "EXPORT=data-raw/other.csv", "UNPROTECTED=yes", KEY, expect=2)
    assert 'data-raw/other.csv, row 1: 1 needed column is missing:\n  "心理健康水平" (Mental-health level)' in said
    assert not (changeable.folder / "private/data-derived/01-clean").exists()


def test_a_missing_codebook_is_told(changeable):
    assert "nope.yaml: there is no such codebook" in changeable.make("02-describe", "CODEBOOK=nope.yaml", expect=2)


def test_a_missing_python_is_told(fresh):
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
    assert "secrets.token_hex" in refusal and not (changeable.folder / "private/data-derived/01-clean").exists()

    changeable.make("02-describe", "EXPORT=data-raw/private/real.csv", "UNPROTECTED=yes", KEY)
    assert changeable.bytes_of("data-derived/*/**/*", "paper/output/*") == before
    described = changeable.folder / "private/data-derived/02-describe"
    assert json.loads((described / "values.json").read_text(encoding="utf-8"))["simulated"] is False
    for table in described.glob("tables/*.md"):
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
