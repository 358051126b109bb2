"""Names and code of the notebooks, and the sentences where a file is no notebook or a cell no Python."""

import pytest

from hotline import paths
from hotline.errors import InputError
from hotline.pipeline import notebook_source


def test_names_are_those_of_the_simulation_then_the_study_in_order():
    names = notebook_source.names()
    assert names[:2] == ["simulate", "recovery"] and names[2:] == sorted(names[2:])
    assert len(names) == 13 and all(paths.notebook(name).is_file() for name in names)


def test_not_python_names_cell_and_line():
    with pytest.raises(SyntaxError) as raised:
        compile("a = 1\nb = = 2", "cell", "exec")
    said = str(notebook_source.not_python(paths.notebook("03-anova"), 4, raised.value))
    assert said == "analysis/03-anova.ipynb, code cell 4, line 2: this is no Python (invalid syntax): b = = 2"


def test_code_cells_refuse_a_file_that_is_no_notebook(tmp_path):
    (tmp_path / "03-anova.ipynb").write_text('{\n<<<<<<< HEAD\n "cells": []\n}', encoding="utf-8")
    with pytest.raises(InputError, match=r"03-anova\.ipynb, line 2: not readable as a notebook"):
        notebook_source.code_cells(tmp_path / "03-anova.ipynb")
