"""The setting in which the recovery study is tried in small (a fixture, found by pytest through conftest.py)."""

import numpy as np
import pandas as pd
import pytest

from hotline import paths
from hotline.codebook import read_codebook
from hotline.simulator import draws, scenario

BOOK = read_codebook(paths.DATA_RAW / "codebook.yaml")
NUMBERS = draws.read_numbers(paths.PUBLISHED)
CHILDREN = pd.read_csv(paths.POPULATION, index_col="city")["children_0_14"]
TIMES, CALLERS = 24, 5000


@pytest.fixture(scope="module")
def setting():
    return scenario.make_setting(np.random.default_rng(1), NUMBERS, BOOK, CHILDREN, 2019, 2022)
