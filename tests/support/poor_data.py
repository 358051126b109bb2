"""Run a notebook here, on rows of a test's own: for exports that lack what the simulated one has."""

import json

import matplotlib

matplotlib.use("agg")

import matplotlib.pyplot as plt
import pandas as pd
import runs

from hotline import paths
from hotline.codebook import codebook
from hotline.errors import NothingToEstimate
from hotline.tally import query


def tally_of_rows(cases, calls=None):
    """A stand-in for `tally` that counts these rows, row by row and in pandas."""

    def counted(table, by, where=None):
        book, own = codebook(), (cases if table == "cases" or calls is None else calls).copy()
        for name in ("at_risk", "high_risk"):
            own[name] = own["level"].isin(book[name].true_for["level"]).map({True: "yes", False: "no"})
        for name, codes in (where or {}).items():
            own = own[own[name].isin([codes] if isinstance(codes, str) else codes)]
        if own.empty:
            raise NothingToEstimate(f'the table "{table}" has no row')
        for name in by:
            if book[name].categorical:
                own[name] = pd.Categorical(own[name], [*book[name].kept_codes, "missing"], ordered=True)
            elif name in own:
                own[name] = own[name].astype("Int64")
        return own.groupby(by, observed=True, dropna=False).size().rename("n").reset_index()

    return counted


def run(notebook, count, folder, monkeypatch, **parameters):
    """Run a notebook's code here, with `count` in place of `tally`; returns what its tables say and its values.

    A notebook that finds nothing to estimate ends as the kernel would end it.
    """
    runs.change(monkeypatch, out=folder, stated_simulated=True)
    monkeypatch.setattr(query, "tally", count)
    monkeypatch.setattr(query, "tallies", lambda table, bys: [count(table, by) for by in bys])
    names = {}
    try:
        for cell in json.loads(paths.notebook(notebook).read_text(encoding="utf-8"))["cells"]:
            if cell["cell_type"] == "code":
                exec("".join(cell["source"]), names)
                if "parameters" in cell["metadata"].get("tags", []):
                    names |= parameters
    except NothingToEstimate as reason:
        names["out"].stop(str(reason))
    finally:
        plt.close("all")
    tables = {file.stem: file.read_text(encoding="utf-8") for file in (folder / "tables").glob("*.md")}
    return tables, json.loads((folder / "values.json").read_text(encoding="utf-8"))["values"]
