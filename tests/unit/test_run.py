"""The description of a run: what the environment asks for, and where outputs go."""

import dataclasses
import json

import pytest

from hotline import paths, run
from hotline.run import Run


def test_run_of_an_empty_environment_is_the_simulated_study_in_the_checkout():
    plain = Run.from_environment({})
    assert plain == Run() and plain.tree == paths.ROOT and not plain.private and not plain.unprotected
    assert plain.derived == paths.ROOT / "data-derived" and plain.clean == plain.derived / "01-clean"


def test_run_reads_every_variable():
    environment = {
        "HOTLINE_TREE": "private",
        "CODEBOOK": "ours.yaml",
        "EXPORT": "ours.csv",
        "PROFILE": "full",
        "UNPROTECTED": "yes",
        "HOTLINE_KEY": "secret",
        "HOTLINE_KEY_FILE": "key",
        "MODEL": "model.json",
        "QUARTO": "/opt/quarto",
        "CONDA_PREFIX": "/opt/conda",
        "SOURCE_DATE_EPOCH": "7",
        "HOTLINE_FORK": "no",
        "HOTLINE_OUT": "data-derived/running/x",
        "HOTLINE_SIMULATED": "no",
    }
    described = Run.from_environment(environment)
    plain = Run()
    for each in dataclasses.fields(Run):
        assert getattr(described, each.name) != getattr(plain, each.name), each.name
    assert described.private and described.derived == paths.ROOT / "private/data-derived"
    assert "secret" not in repr(described), "the key is printed nowhere"


def test_another_export_makes_a_private_run(tmp_path):
    assert Run.from_environment({"EXPORT": str(tmp_path / "a'$b\".csv")}).tree == paths.ROOT / "private"


def test_hash_key_is_of_a_private_tree_and_follows_from_the_key(tmp_path):
    assert Run(key="a" * 16).hash_key(paths.ROOT / "data-derived") is None
    private = Run(tree=tmp_path / "private", key="a" * 16)
    ours = private.hash_key(private.derived)
    assert len(ours) == 32 and private.hash_key(paths.SIMULATED) is None
    (tmp_path / "key").write_text("a" * 16 + "\n")
    assert Run(tree=private.tree, key_file=str(tmp_path / "key")).hash_key(private.derived) == ours
    assert Run(tree=private.tree, key="b" * 16).hash_key(private.derived) != ours
    without = Run(tree=private.tree)
    assert without.hash_key(private.derived) == without.hash_key(private.derived) != ours


def test_run_is_frozen():
    with pytest.raises(dataclasses.FrozenInstanceError):
        Run().export = "another.csv"


def test_step_folder_of_the_simulation_lies_in_the_checkout_whatever_the_export():
    private = Run(tree=paths.ROOT / "private")
    assert private.step_folder("simulate") == paths.SIMULATED
    assert private.step_folder("recovery") == paths.ROOT / "data-derived/recovery"
    assert private.step_folder("03-anova") == paths.ROOT / "private/data-derived/03-anova"


def test_notebook_folder_is_the_runners_or_scratch(tmp_path):
    assert Run(out=tmp_path).notebook_folder("03-anova") == tmp_path
    assert Run().notebook_folder("03-anova") == paths.ROOT / "data-derived/scratch/03-anova"


def test_simulated_follows_the_runner_then_the_cleaned_records(tmp_path):
    here = Run(tree=tmp_path)
    assert here.simulated, "nothing is cleaned yet"
    here.clean.mkdir(parents=True)
    (here.clean / "run.json").write_text(json.dumps({"simulated": False}), encoding="utf-8")
    assert not here.simulated
    assert here.of_notebook(tmp_path, simulated=True).simulated


def test_child_environment_changes_nothing_here(monkeypatch):
    monkeypatch.setenv("HOTLINE_OUT", "here")
    assert run.child_environment(HOTLINE_OUT="there")["HOTLINE_OUT"] == "there"
    assert run.child_environment()["HOTLINE_OUT"] == "here"
