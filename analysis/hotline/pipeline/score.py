"""Score the calls of an export with a risk model: one line out for each row in, in the same order, nothing dropped.

    make score EXPORT=path MODEL=path

The one exception to the door besides 01-clean: it reads records, by the same readers and the same codebook, because a
score belongs to a call. No number and no text of the export is written down: a row is known by its place in the file.
"""

import secrets
import sys

from hotline import paths, provenance
from hotline.cleaning import decode, load, rules
from hotline.cleaning.load import quoted
from hotline.codebook import codebook
from hotline.errors import InputError
from hotline.models import risk_model
from hotline.models.predictors import refuse_late
from hotline.pipeline import output_folder, params, step
from hotline.run import current_run

OUTCOMES = ("at_risk", "high_risk")
UNREADABLE = "the row cannot be read: more or fewer cells than headings"
EMPTY = "the row is empty"
NOTHING = "no predictor is recorded"


def _own():
    """Return the files of the models of 07-use. Where it found nothing to estimate, say so; InputError if nowhere."""
    files = []
    for folder in (current_run().step_folder(f"07-use-{outcome}") for outcome in OUTCOMES):
        reason = step.not_estimated(folder) if (folder / "values.json").is_file() else None
        if reason:
            print(f"{folder.name} made no model: {reason}.")
        else:
            files.append(folder / "results" / "model.json")
    if not files:
        raise InputError("there is no model to score with; name one of another export: MODEL=path")
    return files


def models(simulated):
    """Return {file: RiskModel}: the one that MODEL names, or those of 07-use for both outcomes.

    Raises InputError where there is none, or where nothing but the simulated data's stands ready for a real export.
    """
    named = current_run().model
    files = [paths.ROOT / named] if named else _own()
    found = {file: risk_model.read(file) for file in files}
    for file, model in found.items():
        risk_model.check_codebook(model, file, codebook().sha256)
        refuse_late(codebook(), model.variables)
        if model.simulated and not simulated:
            print(f"WARNING: {paths.shown(file)} was developed on simulated data. Its scores say nothing about pupils.")
    return found


def _named(field):
    """How a column is named in a reason: by its heading and its name."""
    return f"{field.header} ({field.name})"


def _joined(words, conditions):
    """Return the SQL of a reason that lists the columns to which it applies; NULL where it applies to none."""
    cases = ", ".join(f"CASE WHEN {condition} THEN {quoted(name)} END" for name, condition in conditions.items())
    listed = f"nullif(concat_ws(', ', {cases}), '')" if conditions else "NULL"
    return f"({quoted(words + ': ')} || {listed})"


def outside(book, parameters):
    """Return {rule: SQL} of the rules of 01-clean that take a call out of the study for what it is, such as adults."""
    names = ("reconnect_minutes", "longest_hours", "oldest_pupil", "last_day")
    found = rules.rules(book, *(parameters[name] for name in names))
    return {rule.name: rule.condition for rule in found if rule.stage == "calls" and rule.action == rules.REJECTED}


def score_sql(model, book, excluded):
    """Return the SQL of (risk, reason) for a row of the table `decoded`; excluded: as `outside` gives it.

    A row has a risk if every predictor has a code that the model knows and no rule takes it out of the study;
    otherwise its reason says why not.
    """
    fields = [book[name] for name in model.variables]
    for each in fields:
        if not each.header:
            raise InputError(f'"{each.name}" is made while cleaning; a model that scores an export cannot use it')
    # In scientific notation, since DuckDB would take 0.25 for a decimal number.
    parts = {
        each.name: f"CASE {each.name} "
        + " ".join(f"WHEN {quoted(c)} THEN {b:.17e}" for c, b in model.coefficients[each.name].items() if b is not None)
        + " END"
        for each in fields
    }
    reasons = [
        _joined("outside the study", excluded),
        _joined("unknown code", {_named(each): f"{each.name}_bad" for each in fields}),
        _joined("not recorded", {_named(each): f"{each.name} IS NULL AND NOT {each.name}_bad" for each in fields}),
        _joined("no estimate for the code", {
            _named(each): f"{each.name} IS NOT NULL AND {parts[each.name]} IS NULL" for each in fields}),
    ]  # fmt: skip
    outside_study, unknown, *others = reasons
    nothing = " AND ".join(f"{each.name} IS NULL AND NOT {each.name}_bad" for each in fields)
    reason = (
        f"CASE WHEN ragged THEN {quoted(UNREADABLE)} "
        f"WHEN {outside_study} IS NOT NULL THEN concat_ws('; ', {outside_study}, {unknown}) "
        f"WHEN {nothing} THEN {quoted(NOTHING)} "
        f"ELSE nullif(concat_ws('; ', {unknown}, {', '.join(others)}), '') END"
    )
    risk = f"1 / (1 + exp(-({model.intercept:.17e} + {' + '.join(parts.values())})))"
    return risk, reason


def write(connection, model, book, excluded, last, target):
    """Write the scores of the table `decoded` as CSV: row, risk, flagged, reason. Returns (scored, flagged) counts.

    last: the number of the last row of the file, so that empty rows get a line too; excluded: as `outside` gives it.
    """
    risk, reason = score_sql(model, book, excluded)
    limit = "NULL" if model.threshold is None else f"{model.threshold:.17e}"
    connection.execute(
        f"CREATE OR REPLACE TABLE scored AS SELECT row, {risk} AS computed, {reason} AS reason FROM decoded"
    )
    connection.execute(
        "CREATE OR REPLACE VIEW scores AS SELECT row, CASE WHEN reason IS NULL THEN computed END AS risk, "
        f"CASE WHEN risk >= {limit} THEN 'yes' WHEN risk < {limit} THEN 'no' END AS flagged, reason "
        f"FROM (SELECT row, computed, CASE WHEN scored.row IS NULL THEN {quoted(EMPTY)} ELSE reason END AS reason "
        f"FROM (SELECT unnest(range(2, {int(last) + 1}))::INTEGER AS row) LEFT JOIN scored USING (row))"
    )
    connection.execute(f"COPY (SELECT * FROM scores ORDER BY row) TO {quoted(target)} (FORMAT csv, HEADER)")
    return connection.execute("SELECT count(risk), count(*) FILTER (flagged = 'yes') FROM scores").fetchone()


def run():
    """Score the export; returns the lines to print. Raises InputError where it cannot."""
    given = dict(params.check()["01-clean"])
    export = step.find_export(given)
    simulated, book = provenance.is_simulated(export), codebook()
    chosen = models(simulated)
    scores = current_run().scores
    with output_folder.alone("scores"), output_folder.working("scores") as running:
        connection = load.connect()
        try:
            found = load.read(connection, export, book, given["sheet"])
            # The key is thrown away: no number leaves the connection.
            decode.decode(connection, book, secrets.token_bytes(32))
            last = 1 + found["rows"] + found["empty rows"]
            lines = []
            for model in chosen.values():
                target = running / f"{model.outcome}.csv"
                scored, flagged = write(connection, model, book, outside(book, given), last, target)
                lines.append(
                    f"  {paths.shown(scores / model.outcome)}.csv   {last - 1:,} rows, {scored:,} scored, "
                    f"{flagged:,} from the threshold on; {last - 1 - scored:,} without a score, each with its reason"
                )
            output_folder.replace(scores, running)
        finally:
            connection.close()
    return "\n".join(lines)


def main():
    """Score from the command line; exit with 2 and one message where something is wrong."""
    try:
        print(run(), flush=True)
    except InputError as error:
        print(f"\n{error}\n", file=sys.stderr)
        sys.exit(2)


if __name__ == "__main__":
    main()
