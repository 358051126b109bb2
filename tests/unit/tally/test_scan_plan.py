"""Which tallies share a scan of the data."""

import numpy as np

from hotline.tally import scan_plan


def test_share_makes_no_scan_that_would_grow_too_large():
    sizes = {"a": 10, "b": 20, "c": 30, "d": 5000, "e": np.inf}
    scans = scan_plan.share([("a", "b"), ("c",), ("d",), ("a", "d"), ("e",), ("b",), ()], sizes)
    assert sorted(position for scan in scans for position in scan) == list(range(7))
    tallies = [("a", "b"), ("c",), ("d",), ("a", "d"), ("e",), ("b",), ()]
    for scan in scans:
        together = {name for position in scan for name in tallies[position]}
        assert len(scan) == 1 or scan_plan.grid(together, sizes) <= scan_plan.MOST_CELLS
    assert len(scans) == 5


def test_add_up_sums_cells_over_other_variables():
    cells = {
        "a": np.ma.masked_array([1, 1, 3, 0], [0, 0, 0, 1]),
        "b": np.ma.masked_array([0, 1, 0, 0], [0] * 4),
        "n": np.array([5, 6, 7, 8]),
    }
    by_a = scan_plan.add_up(cells, ["a"])
    assert by_a["n"].tolist() == [11, 7, 8] and by_a["a"].tolist() == [1, 3, None]
    assert scan_plan.add_up(cells, [])["n"].tolist() == [26]
