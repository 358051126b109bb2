"""The outputs of one step: results, tables, figures and named values, in the folder that the step owns.

A notebook opens its step, saves what it found, and closes it:

    out = begin("06-logistic", outcome, results=["odds_ratios"], tables=["odds_ratios"], figures=["forest"])
    out.result("odds_ratios", frame)                       # results/odds_ratios.csv, at full precision
    columns = [Column("name", "Variable"), Column("or", "OR (interval)", "ratio", interval=("low", "high"))]
    out.table("odds_ratios", Table(frame, columns, once=["name"]), caption="...", note="...")
    out.figure("forest", figure, alt="...")
    out.take("or_female", "odds_ratios", dict(variable="sex", code="female"), "odds_ratio",
             kind="ratio", interval=("low", "high"))       # a value of a saved result: "1.33 (1.21 to 1.46)"
    out.value("n", n, "count", unit="cases")               # a derived number: "39,512"
    out.value("met", 3, "count", of=8)                     # "3 of 8"
    out.value("test", f, "test", text="F(2, 57) = ...")    # a sentence
    out.values({"events": k, "terms": m}, "count")         # many of one kind
    out.values({"auc": Value(0.7, "performance")})         # many, each with its own kind
    out.path("model.json")                                 # another file of the step
    out.warn("...")                                        # what the user should know, on the terminal as well
    out.finish()

Every value states its kind, and the kind decides how it is printed (`text.KINDS`); where decimals differ from the
kind's own, `digits` says so. values.json has each value with its text (in English, and per language under `texts`),
unit, kind, source and the number of the cell that made it. exhibits.json says what the step's results, tables and
figures are: columns, captions, notes and descriptions, per language.
"""

import json
import math
import re
import sys
from collections.abc import Iterable, Sequence
from itertools import combinations
from pathlib import Path
from typing import Any

import pandas as pd
from matplotlib.figure import Figure

from hotline.codebook import codebook
from hotline.errors import NOT_ESTIMATED, NothingToEstimate
from hotline.pipe_table import captioned_table
from hotline.report.figures import style
from hotline.report.figures.drawing import STAMP, drawn, show_as_drawn
from hotline.report.tables.table import Column, Table
from hotline.report.values import Value, per_language, taken
from hotline.run import current_run
from hotline.tally import query
from hotline.text import Markdown, escaped_block, slug

_UNIT = re.compile(r" (%|\(.*)$")  # at the end of a heading
SOME = 3  # variables of a model tally, from which on a table may list its cells


def begin(
    notebook: str,
    outcome: str | None = None,
    results: Iterable[str] = (),
    tables: Iterable[str] = (),
    figures: Iterable[str] = (),
) -> "Exhibits":
    """Open the step of a notebook: its folder, the look of its figures, and its end where nothing can be estimated.

    Run by the pipeline, the step writes to the folder which the runner names; opened by hand, to
    data-derived/scratch/. Where a cell raises NothingToEstimate, the notebook ends, and `Exhibits.stop` leaves the
    sentence in the place of what is missing.

    Parameters
    ----------
    notebook : the notebook's name, such as "03-anova"
    outcome : for a notebook that runs once per outcome, the outcome's name
    results, tables, figures : the names promised
    """
    step = f"{notebook}-{outcome}" if outcome else notebook
    run = current_run()
    out = Exhibits(step, run.notebook_folder(step), run.simulated, results, tables, figures)
    style.use()
    if shell := _shell():
        _stop_where_nothing_can_be_estimated(out, shell)
        show_as_drawn(shell, run.simulated)
    return out


def _shell():
    """Return the IPython shell of the notebook; None outside one."""
    ipython = sys.modules.get("IPython")
    return ipython.get_ipython() if ipython else None


def _stop_where_nothing_can_be_estimated(out, shell):
    """Let the shell of a notebook end the step by `out.stop` where a cell raises NothingToEstimate."""

    def stop(shell, kind, error, traceback, tb_offset=None):
        shell.showtraceback((kind, error, traceback), tb_offset)
        out.stop(str(error))

    shell.set_custom_exc((NothingToEstimate,), stop)


def _with_headings(note, headings):
    """Return a note as Markdown, with each heading that stands between stars, with its unit or without, in italics."""
    words = {form for heading in headings for form in (heading, heading.lower(), _UNIT.sub("", heading))}
    starred = re.compile("|".join(re.escape(f"*{each}*") for each in sorted(words, key=len, reverse=True)))
    marked = escaped_block(starred.sub(lambda match: f"\ue000{match[0][1:-1]}\ue001", note))
    if "\ue000" in marked:
        marked = re.sub(r"(?<!\\)\*", r"\\*", marked)  # one that stands alone would find a partner now
    return re.sub("[\ue000\ue001]", "*", marked)


def _totals_of_few(frame):
    """Return what the columns of numbers, and each two of them (events and others), add up to in a table of many rows.

    Only totals of few for each row, as in the cells of a model tally.
    """
    if len(frame) <= query.MODEL_CELLS:
        return set()
    numbers = frame.select_dtypes("number")
    sums = numbers.where(abs(numbers) < math.inf).sum().tolist()  # a threshold may be infinite, a count is not
    totals = {*sums, *map(sum, combinations(sums, 2))}
    return {total for total in totals if total < query.ROWS_PER_CELL * len(frame)}


def current_cell() -> int | None:
    """Return the number of the notebook cell being run, as in ``[12]``; None outside a notebook."""
    shell = _shell()
    return len(shell.user_ns["In"]) - 1 if shell else None  # its `execution_count` is already the next cell's


class Exhibits:
    """The outputs of one step, and what it promised to leave; `finish` holds it to that.

    Parameters
    ----------
    step : the step's name, such as "06-logistic-at_risk"
    folder : the folder to write to; it is made when something is written
    simulated : whether tables and figures are to say that the data are simulated
    results, tables, figures : the names promised
    """

    def __init__(
        self,
        step: str,
        folder: Path,
        simulated: bool,
        results: Iterable[str] = (),
        tables: Iterable[str] = (),
        figures: Iterable[str] = (),
    ):
        self.step = step
        self.folder = Path(folder)
        self.simulated = simulated
        self.promised = {"results": set(results), "tables": set(tables), "figures": set(figures)}
        self.made = {kind: {} for kind in self.promised}  # what each is, as exhibits.json has it
        self.frames = {}  # the results saved so far, which values are taken from
        self.named = {}  # the named values, as values.json has them

    def path(self, name: str) -> Path:
        """Return the path of a file in the step's folder, and see that its folder is there."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        return path

    def _note_made(self, kind, name, **description):
        """Write down what has been made; refuse what was not promised."""
        if name not in self.promised[kind]:
            raise ValueError(f'{self.step}: "{name}" is not among the promised {kind}: {sorted(self.promised[kind])}')
        self.made[kind][name] = description

    def _refuse_persons(self, name, frame):
        """Refuse a table that lists cells of a model tally, which are close to single persons.

        Such a table is recognised by its columns, since tables that are made from another one seldom keep a mark, and
        a mark that they keep would stay with harmless sums too: more than half of the variables of a model tally
        (three at least), or one that distinguishes callers or staff. Whatever its columns are called, it is one if it
        counts as many rows as a model tally in many cells of few (`_totals_of_few`).
        """
        columns, totals = set(map(str, frame.columns)), _totals_of_few(frame)
        asked = query.asked()
        models = asked[asked["model"].astype(bool)]
        for variables, counted in zip(map(set, models["variables"].str.split()), models["calls"], strict=True):
            least = max(SOME, len(variables) / 2)
            if len(columns & variables) >= least or (len(variables) >= SOME and counted in totals):
                raise ValueError(f'{self.step}: "{name}" lists the cells of a model tally, which may not be written')
        for column in columns & set(codebook().select(sensitivity="identifier")):
            raise ValueError(f'{self.step}: "{name}" has the column "{column}", which identifies callers or staff')

    def warn(self, sentence: str) -> None:
        """Say what the user should know of the records: in the notebook, on the terminal at once, and in warnings.txt.

        The sentence names columns, rules, counts and what to do, and never a cell of the export.
        """
        line = " ".join(sentence.split())
        with self.path("warnings.txt").open("a", encoding="utf-8") as file:
            file.write(f"{line}\n")
        print(f"WARNING: {line}")

    def result(self, name: str, frame: pd.DataFrame) -> None:
        """Write a tidy result, one row per estimate, at full precision, to results/NAME.csv."""
        self._note_made("results", name, columns=list(map(str, frame.columns)))
        self._refuse_persons(name, frame)
        frame.to_csv(self.path(f"results/{name}.csv"), index=False, lineterminator="\n")
        self.frames[name] = frame.copy()

    def table(
        self,
        name: str,
        table: Table | pd.DataFrame,
        caption: str | dict,
        note: str | dict = "",
        once: Sequence[str] = (),
    ) -> None:
        """Write a table to tables/NAME.md, with its caption, label and note.

        The label is `tbl-` + the step's slug + the name. The note says by itself when the data are simulated.

        Parameters
        ----------
        table : a Table, or a frame whose cells are texts already
        caption, note : a text, or {language: text}. Either shows as it is, but that a heading of the table between
            stars, as "*Kept*", is set in italics in the note
        once : of a frame, the columns that are printed only where the first of them changes
        """
        if not isinstance(table, Table):
            table = Table(table, [Column(key, key) for key in table], once)
        caption, note = per_language(caption), per_language(note)
        label = f"tbl-{slug(self.step)}-{name.replace('_', '-')}"
        columns = [column.description() for column in table.columns]
        self._note_made("tables", name, label=label, caption=caption, note=note, columns=columns)
        self._refuse_persons(name, table.frame[[column.key for column in table.columns]])
        stamp = f"*{STAMP}.*" if self.simulated else ""
        stamped = Markdown(" ".join(filter(None, [stamp, _with_headings(note["en"], table.headings())])))
        text = captioned_table(table.headings(), table.rows(), caption["en"], label, stamped)
        self.path(f"tables/{name}.md").write_text(text, encoding="utf-8")

    def figure(self, name: str, figure: Figure, alt: str | dict | None = None) -> None:
        """Write a figure to figures/NAME.svg and .png, as the notebook shows it: stamped when the data are simulated.

        alt : what the figure shows, for readers who do not see it; a text, or {language: text}
        """
        self._note_made("figures", name, alt=per_language(alt) if alt else None)
        drawing = drawn(figure, self.simulated)
        self.path(f"figures/{name}.svg").write_text(drawing.svg, encoding="utf-8")
        self.path(f"figures/{name}.png").write_bytes(drawing.png)

    def value(self, name: str, value: Any, kind: str, **more) -> None:
        """Name a number for the manuscript; the further arguments are those of `Value`.

        In the manuscript it is ``{{< var PREFIX.NAME >}}``, where the prefix is the step's slug with underscores. The
        number of the cell that made it is kept with it.
        """
        self._name(name, Value(value, kind, **more))

    def values(self, values: dict, kind: str | None = None, **more) -> None:
        """Name many numbers: {name: number} of one kind, or {name: Value}."""
        for name, value in values.items():
            self._name(name, value if isinstance(value, Value) else Value(value, kind, **more))

    def take(
        self,
        name: str,
        result: str,
        row: dict,
        column: str,
        kind: str,
        interval: tuple[str, str] | None = None,
        **more,
    ) -> None:
        """Name a number of a result that has been saved: its source is that cell.

        Parameters
        ----------
        name : the name of the value
        result : the name of the result
        row, column, kind, interval, more : as `values.taken` has them

        Raises
        ------
        ValueError
            Where the result is not saved yet, has no such column, or more than one such row.
        """
        if result not in self.frames:
            raise ValueError(f'{self.step}: "{name}" is taken from the result "{result}", which is not saved yet')
        self._name(name, taken(result, self.frames[result], row, column, kind, interval, **more))

    def _name(self, name, value):
        """Keep a value under its name."""
        if not re.fullmatch(r"[a-z][A-Za-z0-9_]*", name):  # a code of the codebook at its end may have capitals
            raise ValueError(
                f'{self.step}: a value\'s name has letters, digits and "_", the first a small one: "{name}"'
            )
        if name in self.named:
            raise ValueError(f'{self.step}: the value "{name}" is named twice')
        texts = value.texts()
        self.named[name] = {
            "value": value.number,
            "text": texts["en"],
            "unit": value.unit,
            "cell": current_cell(),
            "kind": value.kind,
            "source": value.source._asdict() if value.source else None,
            "texts": texts,
        }

    def finish(self) -> None:
        """Check that all that was promised was made, then write exhibits.json, values.json and tallies.csv."""
        for kind, names in self.promised.items():
            if missing := names - self.made[kind].keys():
                raise ValueError(f"{self.step}: promised {kind} not made: {sorted(missing)}")
        self._write_records()

    def stop(self, reason: str) -> None:
        """Finish without estimates: a sentence takes the place of all that was promised and is not made yet.

        reason : the sentence. It becomes the one row of each result, the one cell of each table, and what each figure
        says; values.json keeps it, so that the pipeline and the manuscript can say why there is no value.
        """
        made = {kind: dict(names) for kind, names in self.made.items()}
        missing = {kind: sorted(names - made[kind].keys()) for kind, names in self.promised.items()}
        for name in missing["results"]:
            self.result(name, pd.DataFrame({NOT_ESTIMATED: [reason]}))
        for name in missing["tables"]:
            caption = f"{name.replace('_', ' ').capitalize()} ({slug(self.step, ' ')}): not estimated."
            sentence = f"{reason[:1].upper()}{reason[1:]}."
            self.table(name, pd.DataFrame({"Not estimated": [sentence]}), caption)
        for name in missing["figures"]:
            sentence = f"Not estimated: {reason}."
            self.figure(name, style.words(sentence), alt=sentence)
        self._write_records(reason)
        self.made = made  # whoever corrects the cell and goes on by hand has still to make all this

    def _write_records(self, reason=None):
        """Write exhibits.json, values.json and tallies.csv; reason: why there are no estimates, or None."""
        of_step = {"step": self.step, "simulated": self.simulated}
        for name, record in {
            "exhibits.json": of_step | self.made,
            "values.json": of_step | {NOT_ESTIMATED: reason, "values": self.named},
        }.items():
            text = json.dumps(record, ensure_ascii=False, indent=1, allow_nan=False) + "\n"
            self.path(name).write_text(text, encoding="utf-8")
        query.asked().to_csv(self.path("tallies.csv"), index=False, lineterminator="\n")
