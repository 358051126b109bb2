"""Another run for one test."""

from dataclasses import replace

from hotline import run


def change(monkeypatch, **changes):
    """Let the rest of a test belong to a run with other attributes; returns that run."""
    changed = replace(run.current_run(), **changes)
    monkeypatch.setattr(run, "_current", changed)
    return changed
