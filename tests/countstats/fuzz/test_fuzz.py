"""Every public function of countstats is held against another library, or its definition, on random tables."""

import importlib
import inspect
import pkgutil
import warnings
import zlib
from pathlib import Path

import checks_of_groups
import checks_of_models
import checks_of_risks
import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from samples_at_random import CHECKS, KINDS

import countstats

assert checks_of_groups and checks_of_models and checks_of_risks  # imported for what they register


def public():
    """Names of the public functions, as module.function."""
    for module in pkgutil.walk_packages(countstats.__path__, "countstats."):
        module = importlib.import_module(module.name)
        for name, function in vars(module).items():
            if inspect.isfunction(function) and function.__module__ == module.__name__ and not name.startswith("_"):
                yield f"{module.__name__}.{name}".removeprefix("countstats.")


def test_every_public_function_is_checked():
    assert sorted(set(public()) - set(CHECKS) - set(checks_of_models.ELSEWHERE)) == []
    assert set(CHECKS) <= set(public()) and set(checks_of_models.ELSEWHERE) <= set(public())
    assert not set(CHECKS) & set(checks_of_models.ELSEWHERE)
    here = Path(__file__).parent / ".."
    for name, file in checks_of_models.ELSEWHERE.items():
        assert name.split(".")[-1] in (here / file).read_text(encoding="utf-8"), name


@pytest.mark.parametrize("check", dict.fromkeys(CHECKS.values()), ids=lambda check: check.__name__)
def test_on_random_tables(check, request):
    @settings(max_examples=request.config.getoption("tables"), deadline=None, phases=[Phase.explicit, Phase.generate])
    @given(seed=st.integers(0, 2**32), kind=st.sampled_from(KINDS))
    def on(seed, kind):
        rng = np.random.default_rng([seed, zlib.crc32(check.__name__.encode())])
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of the libraries that are compared with
            check(rng, kind)

    on()
