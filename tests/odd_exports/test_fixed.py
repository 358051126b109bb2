"""Exports as they were met in the world, one fault each: what must happen, and what happens.

`make test-exports` prints a line for each.
"""

import pytest
from clean_notebook import run_cells
from fixed_cases import CASES


def expected(case):
    """What must happen, in words."""
    if case.cases is None:
        return f"refused: {' ... '.join(case.says)}"
    left = [f"{rows} {rule}" for rule, rows in case.left.items()]
    return ", ".join([f"{case.cases} cases", *left, *(f'a warning with "{word}"' for word in case.says)])


def got(ended, warnings):
    """What happened, in words."""
    if ended.refused:
        return "refused: " + " ".join(ended.refused.split())
    stages = ended.names["stages"]
    left = [f"{row.rows} {row.rule}" for row in stages.itertuples() if row.rows]
    return ". Warned: ".join([", ".join([f"{ended.names['written']['cases']} cases", *left]), *warnings])


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.words)
def test_fixed(case, tmp_path, record_property):
    export, book = case.make(tmp_path)
    step = tmp_path / "01-clean"
    step.mkdir()
    ended = run_cells(export, step, book, **case.parameters)
    file = step / "warnings.txt"
    warnings = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
    happened = got(ended, warnings)
    record_property("case", (case.words, expected(case), happened))
    if case.cases is None:
        assert ended.refused and all(word in ended.refused for word in case.says), happened
        return
    assert ended.refused is None, happened
    assert ended.names["written"]["cases"] == case.cases, happened
    left = ended.names["stages"].set_index("rule")["rows"]
    assert {rule: left[rule] for rule in case.left} == case.left, happened
    assert all(any(word in each for each in warnings) for word in case.says), happened
