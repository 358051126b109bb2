"""A folder of outputs is whole or absent, and says what it was made from."""

import time

import pytest
import runs

from hotline import paths
from hotline.errors import InputError
from hotline.pipeline import output_folder
from hotline.provenance import sha256


@pytest.fixture
def tree(tmp_path, monkeypatch):
    """The tree of a run of its own."""
    runs.change(monkeypatch, tree=tmp_path)
    return tmp_path


def made(folder, content="a,b\n"):
    """A finished folder with one result and its record."""
    (folder / "results").mkdir(parents=True)
    (folder / "results/one.csv").write_text(content, encoding="utf-8")
    (folder / "notebook.html").write_text("a page", encoding="utf-8")
    output_folder.write_record(folder, {"inputs": {"code": "1"}, "outputs": output_folder.hashes(folder)})
    return folder


def test_alone_refuses_a_second_process_under_the_same_name(tree):
    with output_folder.alone("03-anova"):
        with (
            pytest.raises(InputError, match="03-anova: another make is running this step"),
            output_folder.alone("03-anova"),
        ):
            pass
        with output_folder.alone("04-chi-square"):
            pass
    with output_folder.alone("03-anova"):
        pass


def test_working_gives_an_empty_folder_and_leaves_nothing(tree):
    remains = output_folder.place_of("step")
    remains.mkdir(parents=True)
    (remains / "old").touch()
    with pytest.raises(ZeroDivisionError), output_folder.working("step") as folder:
        assert folder == remains and list(folder.iterdir()) == []
        (folder / "half").touch()
        1 / 0  # noqa: B018
    assert not remains.exists()


def test_replace_puts_the_new_folder_in_the_place_of_the_old(tree):
    old, new = made(tree / "data-derived/step", "old"), made(tree / "data-derived/running/step", "new")
    output_folder.replace(old, new)
    assert (old / "results/one.csv").read_text(encoding="utf-8") == "new"
    assert not new.exists() and [each.name for each in sorted((tree / "data-derived").iterdir())] == ["running", "step"]


def test_keep_failed_keeps_no_records(tree):
    folder = made(tree / "data-derived/running/01-clean")
    (folder / "cases.parquet").write_text("records", encoding="utf-8")
    kept = output_folder.keep_failed("01-clean", folder)
    assert (kept / "results/one.csv").exists() and not list(kept.rglob("*.parquet"))


def test_keep_failed_keeps_the_last_failure_alone(tree):
    for content in ("first", "second"):
        kept = output_folder.keep_failed("step", made(tree / "data-derived/running/step", content))
    assert kept == tree / "data-derived/failed/step"
    assert (kept / "results/one.csv").read_text(encoding="utf-8") == "second"


def test_hashes_are_of_results_alone(tree):
    assert list(output_folder.hashes(made(tree / "step"))) == ["results/one.csv"]


def test_hashes_of_a_private_run_are_under_its_key_and_of_the_simulation_plain(tree, monkeypatch):
    folder = made(tree / "step")
    (mine,) = output_folder.hashes(folder).values()
    (plain,) = output_folder.hashes(folder, paths.SIMULATED).values()
    assert plain == sha256(folder / "results/one.csv") != mine
    runs.change(monkeypatch, key="another key of sixteen")
    assert list(output_folder.hashes(folder).values()) not in ([mine], [plain])


@pytest.mark.parametrize("change", ["inputs", "result", "new file", "needed", "record", None])
def test_up_to_date_is_true_only_for_the_same_inputs_and_untouched_outputs(change, tree):
    folder, inputs = made(tree / "step"), {"code": "1"}
    if change == "inputs":
        inputs = {"code": "2"}
    elif change == "result":
        (folder / "results/one.csv").write_text("spoilt", encoding="utf-8")
    elif change == "new file":
        (folder / "results/two.csv").touch()
    elif change == "needed":
        (folder / "notebook.html").unlink()
    elif change == "record":
        (folder / "run.json").write_text("{", encoding="utf-8")
    assert output_folder.up_to_date(folder, inputs, ["notebook.html"]) is (change is None)


def test_finish_records_and_replaces(tmp_path):
    old, new = tmp_path / "03-anova", tmp_path / "running"
    for folder, text in ((old, "old"), (new, "new")):
        folder.mkdir()
        (folder / "a.csv").write_text(text, encoding="utf-8")
    seconds = output_folder.finish(old, new, time.time() - 5, step="03-anova", inputs={"notebook": "0"})
    record = output_folder.read_record(old)
    assert not new.exists() and (old / "a.csv").read_text(encoding="utf-8") == "new"
    assert 5 <= seconds < 60 and record["seconds"] == round(seconds, 1) and record["step"] == "03-anova"
    assert output_folder.up_to_date(old, {"notebook": "0"}, ["a.csv"])
    assert not output_folder.up_to_date(old, {"notebook": "1"}, ["a.csv"])
