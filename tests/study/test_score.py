"""`make score` on the simulated export and on a real one."""

import re
import shutil

from checkout import KEY


def test_make_score_of_the_simulated_and_of_a_real_export(changeable):
    said = changeable.make("score")
    folder = changeable.folder / "data-derived/scores"
    rows = (changeable.folder / "data-raw/simulated/export.csv").read_text(encoding="utf-8-sig").count("\n")
    for outcome in ("at_risk", "high_risk"):
        assert (folder / f"{outcome}.csv").read_text(encoding="utf-8").count("\n") == rows
    counts = re.findall(r"csv +([\d,]+) rows, ([\d,]+) scored", said)
    assert len(counts) == 2 and int(counts[0][0].replace(",", "")) == rows - 1
    assert 0 < int(counts[0][1].replace(",", "")) < rows

    export = changeable.folder / "data-raw/private/real.csv"
    export.parent.mkdir()
    lines = (changeable.folder / "data-raw/simulated/export.csv").read_text(encoding="utf-8").splitlines(keepends=True)
    export.write_text("".join(lines[:200]), encoding="utf-8")
    assert "UNPROTECTED=yes" in changeable.make("score", "EXPORT=data-raw/private/real.csv", expect=2)
    real = "EXPORT=data-raw/private/real.csv", "UNPROTECTED=yes", KEY
    assert "there is no such model" in changeable.make("score", *real, expect=2)
    why = r"At risk: of the pupils in the \w+ part \d+ have the event and \d+ have not, and a risk model needs"
    assert re.search(f"07-use-at_risk +[0-9.]+ s   NOT ESTIMATED: {why}", changeable.make("07-use-at_risk", *real))
    assert re.search(f"up to date; NOT ESTIMATED: {why}", changeable.make("07-use", *real))
    said = changeable.make("score", *real, expect=2)
    assert re.search(f"07-use-at_risk made no model: {why}", said) and "name one of another export: MODEL=path" in said
    said = changeable.make("score", *real, "MODEL=data-derived/07-use-at_risk/results/model.json")
    assert "WARNING" in said and "private/data-derived/scores/at_risk.csv   199 rows" in said
    assert not list((changeable.folder / "private/data-derived/running").glob("scores/*"))
    shutil.rmtree(changeable.folder / "private")
