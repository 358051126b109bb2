"""The flow of records: which rows stay, by the rules of the study stage by stage, and the two tables that come out.

Every row of the export ends in one place: it is kept, rejected under one rule, or merged into another row.
The rules are tried in the order in which they stand in `rules`, and the first that applies counts, so that the
numbers add up. `apply_rules` works on the table `decoded` of `decode` and leaves the table `removed`, with the
stage and rule under which a row left.
"""

from collections.abc import Collection
from pathlib import Path

import pandas as pd

from hotline.cleaning import cases, parts, repeated
from hotline.cleaning.engine import Connection
from hotline.cleaning.rules import REJECTED, STAGES, Rule
from hotline.codebook import Codebook
from hotline.sql import identifier, literal

ROWS_NAMED = 5  # of each problem
# Kept out of the cleaned tables: what identifies a person or has been turned into other variables.
NOT_STORED = ("ticket_id", "call_start", "answer_time", "call_end", "caller_number", "call_type")


def _any(rules):
    """Return the SQL of whether any of some rules applies to a row."""
    return " OR ".join(f"coalesce({rule.condition}, false)" for rule in rules)


def _compared(rules):
    """Return {stage: SQL} of the rows with which a stage begins, with what its rules compare them with.

    The braces in it stand for the view of the rows that the stage before has left.
    """
    out_of_scope = _any(rule for rule in rules if rule.stage == "calls" and rule.action == REJECTED)
    earlier = "PARTITION BY caller_number ORDER BY call_start, row ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING"
    last_end = f"max(CASE WHEN answer_time IS NOT NULL AND NOT ({out_of_scope}) THEN call_end END) OVER ({earlier})"
    return {
        "records": "SELECT * FROM {} LEFT JOIN (SELECT row, copy, edition FROM repeated) USING (row)",
        "calls": f"SELECT *, call_start - {last_end} AS since_last FROM {{}}",
        "cases": "SELECT * FROM {} LEFT JOIN (SELECT row, fits, repeat FROM membership) USING (row)",
    }


def apply_rules(connection: Connection, rules: list[Rule], case: str = "caller-stage-sex") -> pd.DataFrame:
    """Try the rules stage by stage; leaves the table `removed` and, for each stage, the view `stage_NAME`.

    Parameters
    ----------
    case : what makes a case, one of cases.CASES

    Returns
    -------
    The flow: one row per stage and rule, with the columns stage, rule, action, words, rows_in (at the start of the
    stage), rows (that left under the rule), rows_kept (at its end)
    """
    compared = _compared(rules)
    repeated.tabulate(connection, _any(rule for rule in rules if rule.stage == "records" and rule.action == REJECTED))
    columns = "row INTEGER, stage VARCHAR, rule VARCHAR, action VARCHAR, field VARCHAR"
    connection.execute(f"CREATE OR REPLACE TABLE removed ({columns})")
    flow, previous = [], "decoded"
    for stage in STAGES:
        tried = [rule for rule in rules if rule.stage == stage]
        if stage == "cases":
            cases.tabulate(connection, previous, case)
        counts = _apply_stage(connection, stage, tried, compared.get(stage, "SELECT * FROM {}").format(previous))
        flow += [
            {
                "stage": stage,
                "rule": rule.name,
                "action": rule.action,
                "words": rule.words,
                "rows_in": sum(counts.values()),
                "rows": counts.get(rule.name, 0),
                "rows_kept": counts.get(None, 0),
            }
            for rule in tried
        ]
        previous = f"stage_{stage}"
    connection.execute("DROP TABLE trial")
    return pd.DataFrame(flow)


def _apply_stage(connection, stage, rules, selected):
    """Try the rules of one stage on the rows that some SQL selects; returns {rule, None for no rule: rows}."""
    applies = " ".join(f"WHEN {rule.condition} THEN {literal(rule.name)}" for rule in rules)
    fields = " ".join(f"WHEN {literal(rule.name)} THEN {rule.field}" for rule in rules)
    actions = " ".join(f"WHEN {literal(rule.name)} THEN {literal(rule.action)}" for rule in rules)
    connection.execute(
        f"CREATE OR REPLACE TABLE trial AS SELECT row, rule, CASE rule {fields} END AS field FROM "
        f"(SELECT *, CASE {applies} END AS rule FROM ({selected}))"
    )
    connection.execute(
        f"INSERT INTO removed SELECT row, {literal(stage)}, rule, CASE rule {actions} END, field "
        "FROM trial WHERE rule IS NOT NULL"
    )
    connection.execute(f"CREATE OR REPLACE TABLE left_{stage} AS SELECT row FROM trial WHERE rule IS NULL")
    connection.execute(
        f"CREATE OR REPLACE VIEW stage_{stage} AS SELECT * FROM decoded SEMI JOIN left_{stage} USING (row)"
    )
    return dict(connection.execute("SELECT rule, count(*) FROM trial GROUP BY rule").fetchall())


def derived(book: Codebook) -> dict[str, str]:
    """Return {variable: SQL} for the variables that the codebook describes but no export holds.

    A call without a number has a caller of its own, with a negative number, and how often it had called is not known.
    """
    computed = {
        "answered": "CASE WHEN answer_time IS NULL THEN 'no' ELSE 'yes' END",
        "waiting": "date_diff('second', call_start, coalesce(answer_time, call_end))",
        "call_length": "date_diff('second', answer_time, call_end)",
        "year": "year(call_start)",
        "month": "month(call_start)::VARCHAR",
        "weekday": "isodow(call_start)::VARCHAR",
        "hour": "hour(call_start)",
        "day": "call_start::DATE",
        "earlier_calls": "CASE WHEN caller_number > 0 THEN "
        "row_number() OVER (PARTITION BY caller_number ORDER BY call_start, row) - 1 END",
        "caller": "sign(caller_number) * dense_rank() OVER (PARTITION BY caller_number > 0 ORDER BY caller_number)",
    }
    if "counsellor" in book.fields:
        computed["counsellor"] = "CASE WHEN counsellor IS NOT NULL THEN dense_rank() OVER (ORDER BY counsellor) END"
    for each in book:
        if each.true_for:
            ((source, codes),) = each.true_for.items()
            column = computed.get(source, identifier(source))
            computed[each.name] = (
                f"CASE WHEN {column} IN ({', '.join(map(literal, codes))}) THEN 'yes' "
                f"WHEN {column} IS NOT NULL THEN 'no' END"
            )
        elif each.group_of:
            source = computed.get(each.group_of, identifier(each.group_of))
            members = " ".join(
                f"WHEN {literal(code.code)} THEN {literal(code.group)}"
                for code in book[each.group_of].codes
                if code.group
            )
            computed[each.name] = f"CASE {source} {members} END"
        elif each.bands_of:
            source = computed.get(each.bands_of, identifier(each.bands_of))
            scale = book[each.bands_of].scale
            bands = " ".join(
                f"WHEN {source} < {code.below * scale} THEN {literal(code.code)}" for code in each.codes[:-1]
            )
            last = literal(each.codes[-1].code)
            computed[each.name] = f"CASE WHEN {source} IS NULL THEN NULL {bands} ELSE {last} END"
    return computed


def _values(book, unrecorded):
    """Return {variable: SQL} of the values of all variables, as texts and numbers."""
    computed = derived(book) | dict.fromkeys(unrecorded, "NULL")
    columns = {each.name: identifier(each.name) for each in book}
    return {name: f"{computed.get(name, column)} AS {column}" for name, column in columns.items()}


def _stored(field):
    """Return the SQL of a variable as it is stored."""
    column = identifier(field.name)
    if field.categorical:
        return f"enum_code({column}::code_of_{field.name})::UTINYINT AS {column}"
    kind = {"date": "DATE", "number": "BIGINT"}.get(field.type, "INTEGER")
    return f"{column}::{kind} AS {column}"


def write_tables(
    connection: Connection, book: Codebook, folder: Path, unrecorded: Collection[str] = ()
) -> dict[str, int]:
    """Write calls.parquet and cases.parquet: whole numbers only, in the order of the export.

    A category is stored as its position among the codes that can occur, a number with decimals as a whole number of
    units of its last decimal, "not recorded" as NULL. The hash of the codebook goes along, so that `tally` can refuse a
    file made with another one. Variables that are `unrecorded` are so for every call. The stage and the sex of a case,
    and what is derived from them, are those that `cases` gives it.

    Returns {table: rows}.
    """
    fields = [each for each in book if each.name not in NOT_STORED]
    values, stored = _values(book, unrecorded), {each.name: _stored(each) for each in fields}
    connection.execute(
        f"CREATE OR REPLACE TABLE described AS SELECT row, {', '.join(stored.values())} "
        f"FROM (SELECT row, {', '.join(values.values())} FROM stage_calls LEFT JOIN ({cases.LATER_CALL}) USING (row))"
    )
    of_case = [each.name for each in fields if cases.OF_CASE & {each.name, each.group_of, *each.true_for}]
    connection.execute(
        f"CREATE OR REPLACE VIEW of_case AS SELECT row, {', '.join(map(stored.get, of_case))} "
        f"FROM (SELECT row, {', '.join(map(values.get, of_case))} FROM membership WHERE repeat = 1)"
    )
    replaced = ", ".join(f"of_case.{identifier(name)} AS {identifier(name)}" for name in of_case)
    kept = {
        "calls": "SELECT * EXCLUDE (row) FROM described ORDER BY row",
        "cases": f"SELECT described.* EXCLUDE (row) REPLACE ({replaced}) FROM described "
        "SEMI JOIN left_cases USING (row) JOIN of_case ON described.row = of_case.row ORDER BY described.row",
    }
    rows = {}
    for name, query in kept.items():
        connection.execute(
            f"COPY ({query}) TO {literal(folder / f'{name}.parquet')} "
            f"(FORMAT parquet, COMPRESSION zstd, KV_METADATA {{codebook: {literal(book.sha256)}}})"
        )
        rows[name] = connection.execute(f"SELECT count(*) FROM left_{name}").fetchone()[0]
    return rows


def write_rejected(connection: Connection, file: Path) -> tuple[int, int]:
    """Write every row that did not become a case as CSV: its number, stage, rule, action and the field at fault.

    Of an export of several files, the file stands before the number.

    Returns how many lines were written, and how many rows of the export they name.
    """
    left = parts.placed_sql(connection, "removed", "stage, rule, action, field")
    connection.execute(f"COPY ({left}) TO {literal(file)} (FORMAT csv, HEADER)")
    return connection.execute("SELECT count(*), count(DISTINCT row) FROM removed").fetchone()


def problems(connection: Connection, rules: list[Rule]) -> pd.DataFrame:
    """Return all that is wrong with the rows of an export: one row per rule and column, the most frequent first.

    A row with several problems counts under each. Columns rule, field, rows, first (numbers of the first rows) and
    remedy. No value of the export is shown: it could be a private one.
    """
    asked = [(rule, field, condition) for rule in rules for field, condition in rule.causes.items()]
    pieces = [f"count(*) FILTER ({each}), min(row, {ROWS_NAMED}) FILTER ({each})" for *_, each in asked]
    any_of_them = " OR ".join(f"({each})" for *_, each in asked)  # few rows, so that counting is quick
    counts = connection.execute(f"SELECT {', '.join(pieces)} FROM decoded WHERE {any_of_them}").fetchone()
    hints = dict(connection.execute("SELECT field, words FROM hints WHERE words <> ''").fetchall())
    hints = {("unreadable-time", field): f"{words} " for field, words in hints.items()}
    table = pd.DataFrame(
        {
            "rule": rule.name,
            "field": field,
            "rows": rows,
            "first": first,
            "remedy": hints.get((rule.name, field), "") + rule.remedy,
        }
        for (rule, field, _), rows, first in zip(asked, counts[::2], counts[1::2], strict=True)
        if rows
    )
    if table.empty:
        return pd.DataFrame(columns=["rule", "field", "rows", "first", "remedy"])
    place = parts.places(connection)
    table["first"] = [", ".join(map(place, each)) for each in table["first"]]
    return table.sort_values(["rows", "rule", "field"], ascending=[False, True, True], ignore_index=True)


def complaints(table: pd.DataFrame) -> str:
    """Return the problems as text, grouped by rule, each with what to do."""
    lines = []
    for (rule, remedy), group in table.groupby(["rule", "remedy"], sort=False):
        for row in group.itertuples():
            several = "s" if row.rows > 1 else ""
            more = " ..." if row.rows > ROWS_NAMED else ""
            lines.append(f"  {rule} in {row.field}: {row.rows} row{several}, at row{several} {row.first}{more}")
        lines.append(f"    What to do: {remedy}")
    return "\n".join(lines)
