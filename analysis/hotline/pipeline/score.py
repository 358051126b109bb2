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
from hotline.codebook import Codebook, Field, codebook
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


class Scored(NamedTuple):
    """How many rows have a score, and how many of these reach the threshold."""

    scored: int
    flagged: int


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


def derive(connection: engine.Connection, book: Codebook, names: Iterable[str]) -> None:
    """Make the view `coded` of the table `decoded`: beside its columns those of `names` that cleaning derives."""
    sql = flow.derived(book)
    made = "".join(
        f", {sql[name]} AS {identifier(name)}, false AS {name}_bad" for name in names if not book[name].header
    )
    connection.execute(f"CREATE OR REPLACE VIEW coded AS SELECT *{made} FROM decoded")


def _joined(words: str, conditions: Mapping[str, str]) -> str:
    """Return the SQL of a reason that lists the columns to which it applies; NULL where it applies to none."""
    cases = ", ".join(f"CASE WHEN {condition} THEN {literal(name)} END" for name, condition in conditions.items())
    listed = f"nullif(concat_ws(', ', {cases}), '')" if conditions else "NULL"
    return f"({literal(words + ': ')} || {listed})"


def outside(book: Codebook, parameters: Mapping[str, Any]) -> dict[str, str]:
    """Return {rule: SQL} of the rules of 01-clean that take a call out of the study for what it is, such as adults."""
    names = ("reconnect_minutes", "longest_hours", "oldest_pupil", "last_day")
    all_rules = rules.rules(book, *(parameters[name] for name in names))
    return {rule.name: rule.condition for rule in all_rules if rule.stage == "calls" and rule.action == rules.REJECTED}


def reason_sql(model: RiskModel, book: Codebook, excluded: Mapping[str, str]) -> str:
    """Return the SQL of why a row of the view `coded` has no score; NULL where it has one.

    A row has a score if every predictor has a code that the model knows and no rule takes it out of the study.

    Parameters
    ----------
    excluded
        As `outside` gives it.
    """
    fields = [book[name] for name in model.variables]
    estimated = {
        name: ", ".join(literal(code) for code, b in terms.items() if b is not None) or "NULL"
        for name, terms in model.coefficients.items()
    }
    empty = {each.name: f"{identifier(each.name)} IS NULL AND NOT {each.name}_bad" for each in fields}
    outside_study = _joined("outside the study", excluded)
    unknown = _joined("unknown code", {_named(each): f"{each.name}_bad" for each in fields})
    missing = _joined("not recorded", {_named(each): empty[each.name] for each in fields})
    bare = _joined(
        "no estimate for the code",
        {_named(each): f"{identifier(each.name)} NOT IN ({estimated[each.name]})" for each in fields},
    )
    return (
        f"CASE WHEN is_heading THEN {literal(HEADINGS)} WHEN ragged THEN {literal(UNREADABLE)} "
        f"WHEN {outside_study} IS NOT NULL THEN concat_ws('; ', {outside_study}, {unknown}) "
        f"WHEN {' AND '.join(empty[each.name] for each in fields if each.header) or 'false'} THEN {literal(NOTHING)} "
        f"ELSE nullif(concat_ws('; ', {unknown}, {missing}, {bare}), '') END"
    )


def write(
    connection: engine.Connection,
    model: RiskModel,
    book: Codebook,
    excluded: Mapping[str, str],
    target: Path,
) -> Scored:
    """Write the scores of the table `decoded` as CSV: row, risk, flagged, reason; empty rows have a line, too.

    Of an export of several files, the file stands before the row.
    The risk is the model's own, worked out once for each combination of codes.

    Parameters
    ----------
    excluded
        As `outside` gives it.
    """
    derive(connection, book, model.variables)
    reason = reason_sql(model, book, excluded)
    # In scientific notation, since DuckDB would take 0.25 for a decimal number.
    limit = "NULL" if model.threshold is None else f"{model.threshold:.17e}"
    names = [identifier(name) for name in model.variables]
    texts = ", ".join(f"{name}::VARCHAR AS {name}" for name in names)
    codes = connection.execute(f"SELECT DISTINCT {texts} FROM coded").df()
    connection.register("risks", codes.assign(computed=model.risk(codes)))
    connection.execute(
        f"CREATE OR REPLACE TABLE scored AS SELECT row, computed, {reason} AS reason "
        f"FROM coded LEFT JOIN risks USING ({', '.join(names)})"
    )
    connection.execute(
        "CREATE OR REPLACE VIEW scores AS SELECT row, CASE WHEN reason IS NULL THEN computed END AS risk, "
        f"CASE WHEN risk >= {limit} THEN 'yes' WHEN risk < {limit} THEN 'no' END AS flagged, reason "
        f"FROM (SELECT row, computed, CASE WHEN scored.row IS NULL THEN {literal(EMPTY)} ELSE reason END AS reason "
        "FROM (SELECT unnest(range(before + first, before + last + 1))::INTEGER AS row FROM parts) "
        "LEFT JOIN scored USING (row))"
    )
    lines = parts.placed_sql(connection, "scores", "risk, flagged, reason")
    connection.execute(f"COPY ({lines}) TO {literal(target)} (FORMAT csv, HEADER)")
    return Scored(*connection.execute("SELECT count(risk), count(*) FILTER (flagged = 'yes') FROM scores").fetchone())


def warn(connection: engine.Connection, loaded: load.Loaded, book: Codebook) -> None:
    """Print what the user should know of the headings and columns of an export that is decoded, as 01-clean does."""
    for remark in loaded.remarks + columns.remarks(connection, book, loaded.columns):
        print(f"WARNING: {remark}", flush=True)


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
                target = running / f"{model.outcome}.csv"
                scored, flagged = write(connection, model, book, outside(book, parameters), target)
                lines.append(
                    f"  {paths.shown(scores / model.outcome)}.csv   {rows:,} rows, {scored:,} scored, "
                    f"{flagged:,} from the threshold on; {rows - scored:,} without a score, each with its reason"
                )
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
