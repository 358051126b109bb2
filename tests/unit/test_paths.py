"""The places of the checkout are there, and a path is shown relative to it."""

from pathlib import Path

from hotline import paths
from hotline.pipeline import notebook_source


def test_sources_exist():
    for path in (paths.PUBLISHED, paths.POPULATION, paths.PARAMS, paths.LOCK, paths.PAPER, paths.ANALYSIS):
        assert path.exists() and path.is_relative_to(paths.ROOT), path


def test_notebook_finds_those_of_the_simulation_beside_the_sources_of_the_data():
    assert paths.notebook("simulate") == paths.DATA_RAW / "simulate.ipynb"
    assert paths.notebook("03-anova") == paths.ANALYSIS / "03-anova.ipynb"
    assert len(notebook_source.names()) >= 13
    assert all(paths.notebook(name).is_file() for name in notebook_source.names())


def test_shown_is_relative_inside_the_checkout_and_whole_outside():
    assert paths.shown(paths.PARAMS) == "params.yml"
    assert paths.shown(Path("/elsewhere/export.csv")) == "/elsewhere/export.csv"
