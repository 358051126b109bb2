"""Exports spoilt in one way or two: every row is counted, what is kept is true, and no cell is seen."""

import random
import tempfile
from pathlib import Path

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from spoilers import SPOILERS
from true_export import cleaned, export, faults, written


def fate(names, seed):
    """Spoil an export in some ways, clean it, and return what is wrong with the outcome."""
    chance = random.Random(seed)
    spoilt = export(chance)
    for name in names:
        SPOILERS[name](spoilt, chance)
    with tempfile.TemporaryDirectory() as folder:
        outcome = cleaned(written(spoilt), Path(folder))
    return faults(spoilt, outcome)


def test_spoilers_are_of_forty_kinds_at_least():
    assert len(SPOILERS) >= 40


def test_an_export_in_order_is_read_whole():
    assert fate([], 1) == []


@pytest.mark.exports
@pytest.mark.parametrize("name", SPOILERS)
def test_spoilt_in_one_way(name):
    assert fate([name], 2) == []


def test_spoilt_in_two_ways(request):
    @settings(max_examples=request.config.getoption("examples"), deadline=None, phases=[Phase.generate])
    @given(
        names=st.lists(st.sampled_from(sorted(SPOILERS)), min_size=2, max_size=2, unique=True),
        seed=st.integers(0, 2**32),
    )
    def check(names, seed):
        assert fate(names, seed) == [], names

    check()
