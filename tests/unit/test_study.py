"""Which steps a goal needs, and in which order they run."""

import pytest
import runs

from hotline import paths, study
from hotline.errors import InputError
from hotline.pipeline import schedule, step


def test_needed_of_a_step_names_all_before_it():
    assert study.needed(["03-anova"]) == ["simulate", "01-clean", "03-anova"]


def test_needed_of_a_notebook_names_the_step_of_each_outcome():
    assert study.needed(["07-use"])[-2:] == ["07-use-at_risk", "07-use-high_risk"]


def test_needed_of_the_paper_is_everything():
    assert study.needed(["paper"]) == list(schedule.runs())


def test_needed_without_simulator_for_another_export_and_without_recovery_for_a_real_one(monkeypatch):
    everything = list(schedule.runs())
    runs.change(monkeypatch, export="data-raw/simulated/export.csv")
    assert study.needed(["paper"]) == [name for name in everything if name != "simulate"]
    runs.change(monkeypatch, export="other.csv", tree=paths.ROOT / "private")
    assert study.needed(["paper"]) == [name for name in everything if name not in ("simulate", "recovery")]


def test_needed_names_the_runs_where_there_is_no_such_goal():
    with pytest.raises(
        InputError, match=r'no run is called "07-use-at-risk"; there are: .*did you mean "07-use-at_risk"'
    ):
        study.needed(["07-use-at-risk"])


class Recorder:
    """Stands in for what runs a step: notes which steps begin while which are running."""

    def __init__(self, monkeypatch, stale, failing=()):
        self.log, self.failing = [], failing
        self.stale = set(stale)
        monkeypatch.setattr(step, "plan", lambda name: name)
        monkeypatch.setattr(step, "up_to_date", lambda name: name not in self.stale)
        monkeypatch.setattr(step, "up_to_date_line", lambda name: f"{name} up to date")
        monkeypatch.setattr(study.kernel, "can_fork", lambda: False)
        monkeypatch.setattr(study, "start", self.start)
        monkeypatch.setattr(study.os, "wait", self.wait)
        self.running = []

    def start(self, name):
        self.running.append(name)
        self.log.append(tuple(self.running))
        return hash(name)

    def wait(self):
        name = self.running.pop(0)
        self.stale.discard(name)
        return hash(name), 256 if name in self.failing else 0


def test_run_steps_starts_as_many_as_allowed_and_none_before_what_it_reads(monkeypatch):
    names = ["simulate", "recovery", "01-clean", "02-describe", "03-anova"]
    recorder = Recorder(monkeypatch, names)
    assert study.run_steps(names, jobs=2) == 0
    assert recorder.log[:3] == [("simulate",), ("simulate", "recovery"), ("recovery", "01-clean")]
    assert recorder.log[3:] == [("03-anova",), ("03-anova", "02-describe")]


def test_run_steps_starts_nothing_where_all_is_up_to_date(monkeypatch, capsys):
    recorder = Recorder(monkeypatch, [])
    assert study.run_steps(["simulate", "01-clean"], jobs=2) == 0
    assert recorder.log == [] and capsys.readouterr().out.count("up to date") == 2


def test_run_steps_lets_the_others_end_after_a_failure_and_starts_none(monkeypatch):
    recorder = Recorder(monkeypatch, ["simulate", "recovery", "01-clean"], failing=["simulate"])
    assert study.run_steps(["simulate", "recovery", "01-clean"], jobs=2) == 1
    assert recorder.log == [("simulate",), ("simulate", "recovery")] and recorder.running == []


def test_next_step_is_one_that_others_wait_for_and_else_the_last():
    assert study.next_step(["simulate", "recovery"], ["01-clean"]) == "simulate"
    assert study.next_step(["02-describe", "07-validation-at_risk"], []) == "07-validation-at_risk"
