"""Score the calls of an export with a risk model: one line out for each row in, in the same order, nothing dropped.

    make score EXPORT=path MODEL=path

The one exception to the query API besides 01-clean: it reads records, by the same readers and the same codebook, since
a score belongs to a call. No number and no text of the export is written down: a row is known by its place in the file.
"""

import secrets
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from hotline import paths
from hotline.cleaning import columns, decode, engine, flow, load, parts, rules
from hotline.codebook import MISSING, Codebook, Field, codebook
from hotline.errors import InputError
from hotline.models import risk_model
from hotline.models.predictors import refuse_late
from hotline.models.risk_model import RiskModel
from hotline.pipeline import output_folder, params, private, schedule, step
from hotline.run import current_run
from hotline.sql import identifier, literal

MAKES_MODELS = "07-use"  # the notebook that writes them, once per outcome
UNREADABLE = "the row cannot be read: more or fewer cells than headings"
HEADINGS = "the row has the headings again"
EMPTY = "the row is empty"
NOTHING = "no answer to a predictor is recorded"
LATER = "a later call, for which the model has no score"
MADE_FOR = "first call"  # and complete: the kind of row that the model was made for


class Scored(NamedTuple):
    """How many rows have a score, how many of these reach each threshold, and how many there are of each kind.

    by_kind : {kind: (rows, rows with a score)}
    """

    scored: int
    flagged: int
    strictly: int
    by_kind: dict[str, tuple[int, int]]


def _own_models() -> list[Path]:
    """Return the files of the models of 07-use; print the reason for each that could not be estimated.

    Raises InputError where there is none.
    """
    files = []
    for step_name in (name for name, (notebook, _) in schedule.runs().items() if notebook == MAKES_MODELS):
        folder = current_run().step_folder(step_name)
        reason = output_folder.not_estimated(folder)
        if reason:
            print(f"{folder.name} made no model: {reason}.")
        else:
            files.append(folder / "results" / "model.json")
    if not files:
        raise InputError("there is no model to score with; name one of another export: MODEL=path")
    return files


def models(simulated: bool) -> dict[Path, RiskModel]:
    """Return the models by their files: the one that MODEL names, or those of 07-use for both outcomes.

    Parameters
    ----------
    simulated
        Whether the export is simulated; a warning is printed where only the model is.

    Raises
    ------
    InputError
        Where there is no model, or it belongs to another codebook or uses what is known too late.
    """
    named = current_run().model
    files = [paths.ROOT / named] if named else _own_models()
    by_file = {file: risk_model.read(file) for file in files}
    for file, model in by_file.items():
        risk_model.check_codebook(model, file, codebook())
        refuse_late(codebook(), model.variables)
        if model.simulated and not simulated:
            print(f"WARNING: {paths.shown(file)} was developed on simulated data. Its scores say nothing about pupils.")
    return by_file


def _named(field: Field) -> str:
    """Return how a variable is named in a reason: by its heading, or its title where it has none, and its name."""
    return f"{field.header or field.title_zh} ({field.name})"


def all_rules(book: Codebook, parameters: Mapping[str, Any]) -> list[rules.Rule]:
    """Return the rules of 01-clean, by its parameters."""
    names = ("reconnect_minutes", "longest_hours", "oldest_pupil", "last_day")
    return rules.rules(book, *(parameters[name] for name in names))


def derive(connection: engine.Connection, book: Codebook, names: Iterable[str], applied: list[rules.Rule]) -> None:
    """Make the view `coded` of the table `decoded`: beside its columns what cleaning derives, and the call's place.

    Those of `names` that no column holds, then later_call (whether the caller has an earlier assessed call in this
    export) and earlier_calls (how many calls of the number came before, 0 for a first call). Calls that the rules take
    out or merge with others are no earlier calls; calls without a number have none.

    Parameters
    ----------
    applied
        As `all_rules` gives them.
    """
    flow.apply_rules(connection, applied)
    sql = flow.derived(book)
    made = "".join(
        f", {sql[name]} AS {identifier(name)}, false AS {name}_bad" for name in names if not book[name].header
    )
    before = "PARTITION BY caller_number ORDER BY call_start RANGE BETWEEN UNBOUNDED PRECEDING AND "
    before = f"OVER ({before} INTERVAL 1 MICROSECOND PRECEDING)"
    connection.execute(
        "CREATE OR REPLACE TABLE places AS SELECT row, caller_number > 0 AND assessed > 0 AS is_later, "
        f"CASE WHEN is_later THEN calls ELSE 0 END AS calls_before FROM (SELECT row, caller_number, "
        f"count(*) FILTER (kept) {before} AS calls, count(level) FILTER (kept AND answer_time IS NOT NULL) {before} "
        "AS assessed FROM (SELECT *, row IN (SELECT row FROM left_calls) AS kept FROM decoded))"
    )
    connection.execute(f"CREATE OR REPLACE VIEW coded AS SELECT *{made} FROM decoded JOIN places USING (row)")


def _joined(words: str, conditions: Mapping[str, str]) -> str:
    """Return the SQL of a reason that lists the columns to which it applies; NULL where it applies to none."""
    cases = ", ".join(f"CASE WHEN {condition} THEN {literal(name)} END" for name, condition in conditions.items())
    listed = f"nullif(concat_ws(', ', {cases}), '')" if conditions else "NULL"
    return f"({literal(words + ': ')} || {listed})"


def outside(applied: list[rules.Rule]) -> dict[str, str]:
    """Return {rule: SQL} of the rules of 01-clean that take a call out of the study for what it is, such as adults."""
    return {rule.name: rule.condition for rule in applied if rule.stage == "calls" and rule.action == rules.REJECTED}


class Sentences(NamedTuple):
    """SQL of a row of the view `coded`: why it has no score (NULL where it has one), and which kind of row it is."""

    reason: str
    kind: str


def sentences(model: RiskModel, book: Codebook, excluded: Mapping[str, str]) -> Sentences:
    """Return the SQL of what is said of a row.

    A row has a score if it records an answer to a predictor, has no code that the model does not know, no rule takes
    it out of the study, and later calls are not refused. Its kind is whether it is a first or a later call, and whether
    it has gaps.

    Parameters
    ----------
    excluded
        As `outside` gives it.
    """
    fields = [book[name] for name in model.variables]
    estimated = {
        name: ", ".join(literal(code) for code, b in terms.items() if b is not None) or "NULL"
        for name, terms in model.complete.coefficients.items()
    }
    empty = {each.name: f"{identifier(each.name)} IS NULL AND NOT {each.name}_bad" for each in fields}
    outside_study = _joined("outside the study", excluded)
    unknown = _joined("unknown code", {_named(each): f"{each.name}_bad" for each in fields})
    bare = _joined(
        "no estimate for the code",
        {_named(each): f"{identifier(each.name)} NOT IN ({estimated[each.name]})" for each in fields},
    )
    holes = [each for each in fields if model.gaps.coefficients[each.name].get(MISSING) is None]
    gap = _joined("no estimate for a gap", {_named(each): empty[each.name] for each in holes})
    nothing = " AND ".join(empty[each.name] for each in fields if each.header) or "false"
    refused = "is_later" if model.later.refused else "false"
    unusable = f"is_heading OR ragged OR {outside_study} IS NOT NULL"
    reason = (
        f"CASE WHEN is_heading THEN {literal(HEADINGS)} WHEN ragged THEN {literal(UNREADABLE)} "
        f"WHEN {outside_study} IS NOT NULL THEN concat_ws('; ', {outside_study}, {unknown}) "
        f"WHEN {refused} THEN {literal(LATER)} WHEN {nothing} THEN {literal(NOTHING)} "
        f"ELSE nullif(concat_ws('; ', {unknown}, {gap}, {bare}), '') END"
    )
    has_gap = " OR ".join(empty.values())
    first, later = ((literal(call), literal(f"{call} with gaps")) for call in ("first call", "later call"))
    kind = (
        f"CASE WHEN {unusable} THEN NULL WHEN is_later THEN CASE WHEN {has_gap} THEN {later[1]} ELSE {later[0]} END "
        f"ELSE CASE WHEN {has_gap} THEN {first[1]} ELSE {first[0]} END END"
    )
    return Sentences(reason, kind)


def write(
    connection: engine.Connection,
    model: RiskModel,
    book: Codebook,
    applied: list[rules.Rule],
    target: Path,
) -> Scored:
    """Write the scores of the table `decoded` as CSV, a line for each row, empty ones among them.

    Columns row, kind, risk, flagged, flagged_strict, reason; of an export of several files, the file stands before the
    row. The risk is the model's own, worked out once for each combination of codes.

    Parameters
    ----------
    applied
        As `all_rules` gives them.
    """
    derive(connection, book, model.variables, applied)
    said = sentences(model, book, outside(applied))
    names = [identifier(name) for name in model.variables]
    texts = ", ".join(f"coalesce({name}::VARCHAR, {literal(MISSING)}) AS {name}" for name in names)
    coded = f"SELECT * REPLACE ({texts}), {said.reason} AS reason, {said.kind} AS kind FROM coded"
    by = ", ".join([*names, "is_later", "calls_before"])
    codes = connection.execute(f"SELECT DISTINCT {by} FROM ({coded})").df()
    connection.register("risks", codes.assign(computed=model.risk(codes, codes["is_later"], codes["calls_before"])))
    connection.execute(
        f"CREATE OR REPLACE TABLE scored AS SELECT row, computed, kind, reason FROM ({coded}) "
        f"LEFT JOIN risks USING ({by})"
    )
    flags = ", ".join(
        f"CASE WHEN risk >= {limit} THEN 'yes' WHEN risk < {limit} THEN 'no' END AS {name}"
        for name, limit in (("flagged", _limit(model.threshold)), ("flagged_strict", _limit(model.strict_threshold)))
    )
    connection.execute(
        "CREATE OR REPLACE VIEW scores AS SELECT row, kind, CASE WHEN reason IS NULL THEN computed END AS risk, "
        f"{flags}, reason FROM (SELECT row, kind, computed, "
        f"CASE WHEN scored.row IS NULL THEN {literal(EMPTY)} ELSE reason END AS reason "
        "FROM (SELECT unnest(range(before + first, before + last + 1))::INTEGER AS row FROM parts) "
        "LEFT JOIN scored USING (row))"
    )
    lines = parts.placed_sql(connection, "scores", "kind, risk, flagged, flagged_strict, reason")
    connection.execute(f"COPY ({lines}) TO {literal(target)} (FORMAT csv, HEADER)")
    counts = "count(risk), count(*) FILTER (flagged = 'yes'), count(*) FILTER (flagged_strict = 'yes')"
    kinds = connection.execute(
        "SELECT kind, count(*), count(risk) FROM scores WHERE kind IS NOT NULL GROUP BY kind ORDER BY kind"
    ).fetchall()
    by_kind = {kind: (rows, scored) for kind, rows, scored in kinds}
    return Scored(*connection.execute(f"SELECT {counts} FROM scores").fetchone(), by_kind)


def _limit(threshold: float | None) -> str:
    """Return a threshold as SQL, in scientific notation, since DuckDB would take 0.25 for a decimal number."""
    return "NULL" if threshold is None else f"{threshold:.17e}"


def absent(model: RiskModel, loaded: load.Loaded, book: Codebook) -> str:
    """Return a warning of predictors for which an export has no column, or "": their gaps are of another kind."""
    names = [_named(book[name]) for name in model.variables if name in loaded.absent_columns]
    if not names:
        return ""
    return (
        f"the export has no column {', '.join(names)}. Each row has a gap there, and counts as one whose answer a "
        "counsellor left out: the risks are right only as far as such gaps are alike"
    )


def warn(connection: engine.Connection, loaded: load.Loaded, book: Codebook) -> None:
    """Print what the user should know of the headings and columns of an export that is decoded, as 01-clean does."""
    for remark in loaded.remarks + columns.remarks(connection, book, loaded.columns):
        print(f"WARNING: {remark}", flush=True)


def summary(model: RiskModel, found: Scored, rows: int, file: str) -> list[str]:
    """Return the lines to print of a file of scores: how many rows have one, and of which kinds these are."""
    lines = [
        f"  {file}   {rows:,} rows, {found.scored:,} scored, {found.flagged:,} from the threshold on "
        f"({found.strictly:,} from the stricter one); {rows - found.scored:,} without a score, each with its reason"
    ]
    for kind, (of_kind, scored) in found.by_kind.items():
        whom = "which the model was made for" if kind == MADE_FOR else "by its formula for gaps"
        if kind.startswith("later"):
            whom = "recalibrated" if not model.later.refused else f"refused: {model.later.refused}"
        lines.append(f"    {kind}: {of_kind:,} rows, {scored:,} scored, {whom}")
    return lines


def run() -> str:
    """Score the export and return the lines to print. Raises InputError where it cannot."""
    parameters = dict(params.check()["01-clean"])
    export = step.find_export(parameters)
    book, chosen = codebook(), models(export.simulated)
    scores = current_run().scores
    with output_folder.alone("scores"), output_folder.working("scores") as running:
        connection = engine.connect()
        try:
            loaded = load.read(connection, export.path, book, parameters["sheet"])
            # The key is thrown away: no number leaves the connection.
            decode.decode(connection, book, secrets.token_bytes(32))
            warn(connection, loaded, book)
            rows = loaded.rows + loaded.empty_rows
            lines = []
            for model in chosen.values():
                if remark := absent(model, loaded, book):
                    print(f"WARNING: {remark}.", flush=True)
                target = running / f"{model.outcome}.csv"
                found = write(connection, model, book, all_rules(book, parameters), target)
                lines += summary(model, found, rows, f"{paths.shown(scores / model.outcome)}.csv")
            export.check()
            output_folder.replace(scores, running)
        finally:
            connection.close()
    return "\n".join(lines)


def main() -> None:
    """Score from the command line; exit with 2 and one message where something is wrong."""
    private.close_to_others()
    try:
        print(run(), flush=True)
    except Exception as error:
        sys.exit(private.report(error))


if __name__ == "__main__":
    main()
