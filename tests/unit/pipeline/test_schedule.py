"""The runs of the notebooks, by the lists of params.yml and its profiles, and their order."""

import pytest
import runs

from hotline import paths
from hotline.errors import InputError
from hotline.pipeline import params, schedule


def test_a_list_runs_the_notebook_once_for_each():
    steps = schedule.runs()
    assert steps["06-logistic-at_risk"][1]["outcome"] == "at_risk"
    assert steps["06-logistic-high_risk"][0] == "06-logistic"
    assert "06-logistic" not in steps


def test_the_environment_names_the_profile(monkeypatch):
    runs.change(monkeypatch, profile="full")
    assert schedule.runs()["recovery"][1]["replications"] == 500
    runs.change(monkeypatch, profile="")
    assert schedule.runs()["recovery"][1] == params.check()["recovery"]
    runs.change(monkeypatch, profile="ful")
    with pytest.raises(InputError) as raised:
        schedule.runs()
    assert 'PROFILE=ful, but no profile is called so; there are: full; did you mean "full"?' in str(raised.value)


def test_after_is_the_order_of_the_study(monkeypatch):
    runs.change(monkeypatch, export="")
    assert schedule.after("simulate") == schedule.after("recovery") == ()
    assert schedule.after("01-clean") == ("simulate",) and schedule.after("07-use-at_risk") == ("01-clean",)
    runs.change(monkeypatch, export="other.csv")
    assert schedule.after("01-clean") == ()


def test_input_files_are_the_parameters_that_name_files():
    assert schedule.input_files("01-clean") == ["export"]
    assert schedule.input_files("08-time-and-place") == ["population"]
    assert schedule.input_files("02-describe") == []


@pytest.fixture
def checks(tmp_path, monkeypatch):
    """Keep answers in a folder of the test's own, and count the checks of params.yml."""
    monkeypatch.setattr(paths, "CACHE", tmp_path / "cache")
    monkeypatch.setattr(paths, "PARAMS", tmp_path / "params.yml")
    paths.PARAMS.write_bytes((paths.ROOT / "params.yml").read_bytes())
    made, check = [], params.check
    monkeypatch.setattr(params, "check", lambda *given: made.append(given) or check(*given))
    schedule._checked.cache_clear()
    yield made
    schedule._checked.cache_clear()


def test_params_are_checked_again_only_when_their_content_changes(checks):
    for _ in range(2):
        schedule._checked.cache_clear()  # as a second process would begin
        first = schedule.runs()
    assert len(checks) == 1
    text = paths.PARAMS.read_text(encoding="utf-8")
    paths.PARAMS.write_text(text.replace("calls: 90000", "calls: 80000"), encoding="utf-8")
    schedule._checked.cache_clear()
    assert schedule.runs()["simulate"][1]["calls"] == 80000 != first["simulate"][1]["calls"]
    assert len(checks) == 2


def test_a_fault_in_params_is_not_kept(checks):
    paths.PARAMS.write_text("nothing here", encoding="utf-8")
    for _ in range(2):
        schedule._checked.cache_clear()
        with pytest.raises(InputError, match="expected sections"):
            schedule.runs()
    assert len(checks) == 2
