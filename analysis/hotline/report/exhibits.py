"""What one step shows: results, tables, figures and named values, in the folder that the step owns."""

import json
import math
import re

import pandas as pd

from hotline.codebook import codebook
from hotline.errors import NOT_ESTIMATED, NothingToEstimate
from hotline.report.figures import style
from hotline.run import current_run
from hotline.tally import query
from hotline.text import escaped

STAMP = "Simulated data"


def slug(step):
    """Return a step's name as it stands in labels: without its number, with hyphens.

    >>> slug("06-logistic-at_risk")
    'logistic-at-risk'
    """
    return re.sub(r"^\d+-", "", step).replace("_", "-")


def _shell():
    """Return the IPython shell of the notebook; None outside one."""
    try:
        from IPython import get_ipython
    except ImportError:
        return None
    return get_ipython()


def current_cell():
    """Return the number of the notebook cell being run, as in ``[12]``; None outside a notebook."""
    shell = _shell()
    return len(shell.user_ns["In"]) - 1 if shell else None  # its `execution_count` is already the next cell's


def _after_cell(result):
    """Stop the exhibits of this notebook where the cell that has just been run found nothing to estimate."""
    if isinstance(result.error_in_exec, NothingToEstimate):
        Exhibits.latest.stop(str(result.error_in_exec))


class Exhibits:
    """The outputs of one step.

    A notebook says at its head what it will leave, and `finish` holds it to that. Run by the pipeline, it
    writes to the folder which the runner gives (HOTLINE_OUT); opened by hand, to data-derived/scratch/.
    Where a cell raises NothingToEstimate, the notebook ends, and `stop` leaves the sentence for what is missing.

    Parameters
    ----------
    notebook : the notebook's name, such as "03-anova"
    outcome : for a notebook that runs once per outcome, the outcome's name
    results, tables, figures : the names promised
    """

    latest = None  # the exhibits of the notebook that is being run

    def __init__(self, notebook, outcome=None, results=(), tables=(), figures=()):
        self.step = f"{notebook}-{outcome}" if outcome else notebook
        self.folder = current_run().notebook_folder(self.step)
        self.simulated = current_run().simulated
        self.promised = {"results": set(results), "tables": set(tables), "figures": set(figures)}
        self.made = {kind: set() for kind in self.promised}
        self.values = {}
        for kind in self.promised:
            (self.folder / kind).mkdir(parents=True, exist_ok=True)
        style.use()
        Exhibits.latest = self
        if shell := _shell():
            shell.events.register("post_run_cell", _after_cell)

    def _note_made(self, kind, name):
        if name not in self.promised[kind]:
            raise ValueError(f'{self.step}: "{name}" is not among the promised {kind}: {sorted(self.promised[kind])}')
        self.made[kind].add(name)

    def _refuse_persons(self, name, frame):
        """Refuse a table that lists cells of a model tally, which are close to single persons.

        Such a table is known by its columns, since tables that are made from another one seldom keep a mark, and
        a mark that they keep would stay with harmless sums too: more than half of the variables of a model tally
        (three at least), or one that tells callers or staff apart.
        """
        columns = set(map(str, frame.columns))
        asked = query.asked()
        for variables in map(set, asked.loc[asked["model"].astype(bool), "variables"].str.split()):
            if len(columns & variables) >= max(3, len(variables) / 2):
                raise ValueError(f'{self.step}: "{name}" lists the cells of a model tally, which may not be written')
        for column in columns & set(codebook().select(sensitivity="identifier")):
            raise ValueError(f'{self.step}: "{name}" has the column "{column}", which tells callers or staff apart')

    def result(self, name, frame):
        """Write a tidy result, one row per estimate, at full precision, to results/NAME.csv."""
        self._note_made("results", name)
        self._refuse_persons(name, frame)
        frame.to_csv(self.folder / "results" / f"{name}.csv", index=False, lineterminator="\n")

    def table(self, name, frame, caption, note="", once=()):
        """Write a table of printed texts to tables/NAME.md, with its caption, label and note.

        Columns whose cells all begin with a digit, a sign or a dash are set flush right. The label
        is `tbl-` + the step's slug + the name. The note says by itself when the data are simulated.
        `once` names columns that are printed only where the first of them changes, as the name of a
        variable above its categories.
        """
        self._note_made("tables", name)
        self._refuse_persons(name, frame)
        printed = frame.astype(str)
        if once:
            repeated = printed[once[0]].eq(printed[once[0]].shift())
            printed[list(once)] = printed[list(once)].mask(repeated, "")
        numeric = [printed[column].str.fullmatch(r"|[<>−–+(\d].*").all() for column in printed]
        pipes = printed.to_markdown(
            index=False, disable_numparse=True, colalign=["right" if each else "left" for each in numeric]
        )
        note = " ".join(filter(None, [f"*{STAMP}.*" if self.simulated else "", note]))
        label = f"tbl-{slug(self.step)}-{name.replace('_', '-')}"
        text = f"{pipes}\n\n: {caption} {{#{label}}}\n" + (f"\n{note}\n" if note else "")
        (self.folder / "tables" / f"{name}.md").write_text(text, encoding="utf-8")

    def figure(self, name, figure):
        """Write a figure to figures/NAME.svg and .png, stamped when the data are simulated."""
        self._note_made("figures", name)
        if self.simulated:
            # Below the lower edge, so that it can't cover a label; the bounding box then takes it in.
            figure.text(1, -0.02, STAMP, ha="right", va="top", fontsize=7, color=style.MUTED, style="normal")
        target = self.folder / "figures" / name
        tight = {"bbox_inches": "tight", "pad_inches": 0.05}
        figure.savefig(target.with_suffix(".svg"), metadata={"Date": None}, **tight)
        figure.savefig(target.with_suffix(".png"), metadata={"Software": None}, **tight)

    def value(self, name, value, text, unit=""):
        """Name a number for the manuscript: its value, the text as printed, and its unit.

        In the manuscript it is ``{{< var PREFIX.NAME >}}``, where the prefix is the step's slug with
        underscores. The number of the cell that made it is kept with it.
        """
        if not re.fullmatch(r"[a-z][a-z0-9_]*", name):
            raise ValueError(f'{self.step}: a value\'s name has small letters, digits and "_": "{name}"')
        if name in self.values:
            raise ValueError(f'{self.step}: the value "{name}" is named twice')
        value = value.item() if hasattr(value, "item") else value
        if isinstance(value, float) and not math.isfinite(value):
            value = None  # no estimate: printed as a dash, and JSON has no number for it
        self.values[name] = {"value": value, "text": str(text), "unit": unit, "cell": current_cell()}

    def finish(self):
        """Check that all that was promised was made, then write values.json and tallies.csv."""
        for kind, names in self.promised.items():
            if names - self.made[kind]:
                raise ValueError(f"{self.step}: promised {kind} not made: {sorted(names - self.made[kind])}")
        self._write_values()

    def stop(self, reason):
        """Finish without estimates: a sentence takes the place of all that was promised and is not made yet.

        reason : the sentence. It becomes the one row of each result, the one cell of each table, and what each figure
        says; values.json keeps it, so that whoever asks for a value of this step can be told why there is none.
        """
        made = {kind: set(names) for kind, names in self.made.items()}
        owed = {kind: sorted(names - made[kind]) for kind, names in self.promised.items()}
        for name in owed["results"]:
            self.result(name, pd.DataFrame({NOT_ESTIMATED: [reason]}))
        for name in owed["tables"]:
            caption = f"{name.replace('_', ' ').capitalize()} ({slug(self.step).replace('-', ' ')}): not estimated."
            sentence = escaped(f"{reason[:1].upper()}{reason[1:]}.")
            self.table(name, pd.DataFrame({"Not estimated": [sentence]}), caption)
        for name in owed["figures"]:
            self.figure(name, style.words(f"Not estimated: {reason}."))
        self._write_values(reason)
        self.made = made  # whoever mends the cell and goes on by hand still owes all this

    def _write_values(self, reason=None):
        """Write values.json and tallies.csv; reason: why there are no estimates, or None where there are."""
        record = {"step": self.step, "simulated": self.simulated, NOT_ESTIMATED: reason, "values": self.values}
        (self.folder / "values.json").write_text(
            json.dumps(record, ensure_ascii=False, indent=1, allow_nan=False) + "\n", encoding="utf-8"
        )
        query.asked().to_csv(self.folder / "tallies.csv", index=False, lineterminator="\n")
