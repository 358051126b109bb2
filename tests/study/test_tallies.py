"""What the steps of a finished study have counted, and that no cell of a model tally is written or shown."""

import json
import re

import pandas as pd
from checkout import files

from hotline.codebook import codebook
from hotline.tally import query


def lists_persons(columns, asked):
    """Return whether a table with such columns lists the cells of a model tally among those asked for."""
    models = asked.loc[asked["model"].astype(bool), "variables"].str.split()
    return any(len(set(columns) & set(variables)) >= max(3, len(variables) / 2) for variables in models)


def test_no_cell_of_a_model_tally_is_written_or_displayed_in_the_study(built):
    looked_at = 0
    for file in files(built.folder, "data-derived/*/tallies.csv", least=15):
        asked = pd.read_csv(file, keep_default_na=False)
        for result in files(file.parent, "results/*.csv", least=0):
            assert not lists_persons(pd.read_csv(result, nrows=0).columns, asked), result
        for cell in json.loads(file.with_name("notebook.ipynb").read_text(encoding="utf-8"))["cells"]:
            for output in cell.get("outputs", []):
                shown = "".join(output.get("data", {}).get("text/html", ""))
                for head in re.findall(r"<thead>.*?</thead>", shown, re.DOTALL):
                    columns = re.findall(r"<th>([^<]*)</th>", head)
                    assert not lists_persons(columns, asked), f"{file.parent.name} shows {columns}"
                    looked_at += asked["model"].any()
    assert looked_at > 10


def test_every_tally_of_the_study_is_written_down(built):
    for file in files(built.folder, "data-derived/0[2-9]*/tallies.csv", least=15):
        asked = pd.read_csv(file, keep_default_na=False)
        assert list(asked) == query.LOG and len(asked) and (asked["cells"] <= asked["calls"]).all()
        assert asked["hash"].str.fullmatch("[0-9a-f]{64}").all()
        assert set(asked["table"]) <= set(query.TABLES)
        known = set(codebook().fields)
        assert all(set(variables.split()) <= known for variables in asked["variables"])
        wide = asked.loc[~asked["model"], "variables"].str.split().str.len() > 4
        assert not wide.any(), f"{file.parent.name}: a tally of so many variables is a model tally"
