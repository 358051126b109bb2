"""Which rows stay: the rules of the study, stage by stage, and the two tables that come out.

Every row of the export ends in one place: it is kept, rejected under one rule, or merged into another row.
The rules are tried in the order in which they stand here, and the first that applies counts, so that the
numbers add up. `apply_rules` works on the table `decoded` of `records` and leaves the table `judged`, with the
stage and rule under which a row left.
"""

from dataclasses import dataclass

import pandas as pd

from hotline.records import quoted

MERGED = "merged"
REJECTED = "rejected"
# The stages, and what is left at the end of each.
STAGES = {
    "records": "Rows that can be read",
    "calls": "Calls within the study",
    "answered": "Answered calls",
    "assessed": "Assessed calls",
    "pupils": "Pupils' cases",
}
# Kept out of the cleaned tables: what tells a person apart or has been turned into other variables.
NOT_STORED = ("ticket_id", "call_start", "answer_time", "call_end", "caller_number", "call_type")
TIMES = ("call_start", "answer_time", "call_end")


@dataclass(frozen=True)
class Rule:
    """One reason for which a row leaves the study.

    stage, name and action say where and how; words say it to a reader; condition is the SQL that picks the
    rows, and field the SQL that names the variable at fault.
    """

    stage: str
    name: str
    action: str
    words: str
    condition: str
    field: str = "NULL"


def _unreadable(book, longest_hours):
    """Return the rules of the first stage: rows that are twice there or cannot be understood."""
    described = [each.name for each in book if each.header]
    first_bad = "CASE {} END".format(" ".join(f"WHEN {name}_bad THEN {quoted(name)}" for name in [*TIMES, *described]))
    no_time = f"{' OR '.join(f'{name}_bad' for name in TIMES)} OR call_start IS NULL OR call_end IS NULL"
    disorder = "answer_time < call_start OR call_end < coalesce(answer_time, call_start)"
    too_long = f"call_end - call_start > INTERVAL {float(longest_hours)} HOUR"
    return [
        Rule("records", "duplicate", MERGED, "Exact duplicate of an earlier row", "copy > 1"),
        Rule(
            "records",
            "unreadable-time",
            REJECTED,
            "A time that cannot be read, or no start or end",
            no_time,
            f"CASE WHEN {' OR '.join(f'{name}_bad' for name in TIMES)} THEN {first_bad} "
            "WHEN call_start IS NULL THEN 'call_start' ELSE 'call_end' END",
        ),
        Rule(
            "records",
            "unknown-code",
            REJECTED,
            "A value that the codebook does not know",
            " OR ".join(f"{name}_bad" for name in described if name not in TIMES),
            first_bad,
        ),
        Rule("records", "no-number", REJECTED, "No caller's number", "caller_number IS NULL", "'caller_number'"),
        Rule(
            "records",
            "impossible-time",
            REJECTED,
            f"Times out of order, or longer than {longest_hours:g} hours",
            f"{disorder} OR {too_long}",
            "CASE WHEN answer_time < call_start THEN 'answer_time' ELSE 'call_end' END",
        ),
    ]


def _out_of_scope(book, oldest_pupil):
    """Return the rules that the codebook's `exclude` names, in its order: calls that are no pupils' calls."""
    found = {}
    for each in book:
        for code in each.codes:
            if code.exclude:
                found.setdefault(code.exclude, []).append((each.name, code))
    rules = []
    for name, codes in found.items():
        condition = " OR ".join(f"{variable} = {quoted(code.code)}" for variable, code in codes)
        field, words = quoted(codes[0][0]), codes[0][1].en
        if name == "adult":
            field = f"CASE WHEN {condition} THEN {field} ELSE 'age' END"
            condition, words = f"{condition} OR age > {int(oldest_pupil)}", f"Adult, or older than {oldest_pupil}"
        rules.append(Rule("calls", name, REJECTED, words, condition, field))
    return rules


def rules(book, reconnect_minutes, longest_hours, oldest_pupil):
    """Return all rules in the order in which they are tried."""
    again = f"Same number again within {reconnect_minutes} minutes after a call"
    soon = f"since_last BETWEEN INTERVAL 0 SECOND AND INTERVAL {int(reconnect_minutes)} MINUTE"
    return [
        *_unreadable(book, longest_hours),
        *_out_of_scope(book, oldest_pupil),
        Rule("calls", "reconnect", MERGED, again, soon),
        Rule("answered", "unanswered", REJECTED, "Nobody answered", "answer_time IS NULL", "'answer_time'"),
        Rule("assessed", "not-assessed", REJECTED, "No mental-health level assigned", "level IS NULL", "'level'"),
        Rule("pupils", "repeat-call", MERGED, "A later call about the same pupil", "repeat > 1"),
    ]


def _comparisons(book, found):
    """Return {stage: (name, SQL)} of what a stage's rules compare a row with, beyond the row itself."""
    every_column = ", ".join(f"raw.{each.name}" for each in book if each.header)
    out_of_scope = " OR ".join(
        f"coalesce({rule.condition}, false)" for rule in found if rule.stage == "calls" and rule.action == REJECTED
    )
    earlier = "PARTITION BY caller_number ORDER BY call_start, row ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING"
    last_end = f"max(CASE WHEN answer_time IS NOT NULL AND NOT ({out_of_scope}) THEN call_end END) OVER ({earlier})"
    return {
        "records": ("copy", f"row_number() OVER (PARTITION BY {every_column} ORDER BY row)"),
        "calls": ("since_last", f"call_start - {last_end}"),
        "pupils": ("repeat", "row_number() OVER (PARTITION BY caller_number, stage, sex ORDER BY call_start, row)"),
    }


def apply_rules(connection, book, found):
    """Try the rules stage by stage; leaves the table `judged` and, for each stage, `stage_NAME`.

    Returns the flow: a DataFrame with one row per stage and rule, columns stage, rule, action, words,
    rows_in (at the start of the stage), rows (that left under the rule), rows_kept (at its end).
    """
    comparisons = _comparisons(book, found)
    columns = "row BIGINT, stage VARCHAR, rule VARCHAR, action VARCHAR, field VARCHAR"
    connection.execute(f"CREATE OR REPLACE TABLE judged ({columns})")
    flow, previous = [], "decoded"
    for stage in STAGES:
        tried = [rule for rule in found if rule.stage == stage]
        name, compared = comparisons.get(stage, ("nothing", "NULL"))
        source = f"{previous} JOIN raw USING (row)" if stage == "records" else previous
        applies = " ".join(f"WHEN {rule.condition} THEN {quoted(rule.name)}" for rule in tried)
        connection.execute(
            f"CREATE OR REPLACE TEMP TABLE trial AS SELECT *, CASE {applies} END AS rule "
            f"FROM (SELECT {previous}.*, {compared} AS {name} FROM {source})"
        )
        for rule in tried:
            connection.execute(
                f"INSERT INTO judged SELECT row, {quoted(stage)}, rule, {quoted(rule.action)}, {rule.field} "
                f"FROM trial WHERE rule = {quoted(rule.name)}"
            )
        connection.execute(
            f"CREATE OR REPLACE TABLE stage_{stage} AS SELECT * EXCLUDE (rule, {name}) FROM trial WHERE rule IS NULL"
        )
        counts = dict(connection.execute("SELECT rule, count(*) FROM trial GROUP BY rule").fetchall())
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


def _derived(book):
    """Return {variable: SQL} for the variables that the codebook describes but no export holds."""
    computed = {
        "answered": "CASE WHEN answer_time IS NULL THEN 'no' ELSE 'yes' END",
        "waiting": "date_diff('second', call_start, coalesce(answer_time, call_end))",
        "call_length": "date_diff('second', answer_time, call_end)",
        "year": "year(call_start)",
        "month": "month(call_start)::VARCHAR",
        "weekday": "isodow(call_start)::VARCHAR",
        "hour": "hour(call_start)",
        "day": "call_start::DATE",
        "earlier_calls": "row_number() OVER (PARTITION BY caller_number ORDER BY call_start, row) - 1",
        "caller": "dense_rank() OVER (ORDER BY caller_number)",
    }
    if "counsellor" in book.fields:
        computed["counsellor"] = "CASE WHEN counsellor IS NOT NULL THEN dense_rank() OVER (ORDER BY counsellor) END"
    for each in book:
        if each.true_for:
            ((source, codes),) = each.true_for.items()
            computed[each.name] = (
                f"CASE WHEN {source} IN ({', '.join(map(quoted, codes))}) THEN 'yes' "
                f"WHEN {source} IS NOT NULL THEN 'no' END"
            )
        elif each.group_of:
            members = " ".join(
                f"WHEN {quoted(code.code)} THEN {quoted(code.region)}"
                for code in book[each.group_of].codes
                if code.region
            )
            computed[each.name] = f"CASE {each.group_of} {members} END"
        elif each.bands_of:
            source = computed.get(each.bands_of, each.bands_of)
            bands = " ".join(
                f"WHEN {source} < {code.below} THEN {quoted(code.code)}" for code in each.codes if code.below
            )
            computed[each.name] = f"CASE WHEN {source} IS NULL THEN NULL {bands} ELSE {quoted(each.codes[-1].code)} END"
    return computed


def write_tables(connection, book, folder, names=("calls", "pupils")):
    """Write calls.parquet and pupils.parquet: whole numbers only, in the order of the export.

    A category is stored as its position among the codes that can occur, "not recorded" as NULL. The hash
    of the codebook goes along, so that the door can refuse a file made with another one.

    Returns {table: rows}.
    """
    computed = _derived(book)
    values = ", ".join(
        f"{computed.get(each.name, each.name)} AS {each.name}" for each in book if each.name not in NOT_STORED
    )
    connection.execute(f"CREATE OR REPLACE TABLE described AS SELECT row, {values} FROM stage_calls")
    stored = []
    for each in book:
        if each.name in NOT_STORED:
            continue
        if each.categorical:
            codes = ", ".join(map(quoted, each.kept_codes))
            stored.append(f"(list_position([{codes}], {each.name}) - 1)::UTINYINT AS {each.name}")
        else:
            stored.append(f"{each.name}::{'DATE' if each.type == 'date' else 'INTEGER'} AS {each.name}")
    rows = {}
    for name in names:
        kept = f"SELECT {', '.join(stored)} FROM described WHERE row IN (SELECT row FROM stage_{name}) ORDER BY row"
        connection.execute(
            f"COPY ({kept}) TO {quoted(folder / f'{name}.parquet')} "
            f"(FORMAT parquet, COMPRESSION zstd, KV_METADATA {{codebook: {quoted(book.sha256)}}})"
        )
        rows[name] = connection.execute(f"SELECT count(*) FROM stage_{name}").fetchone()[0]
    return rows


def rejected(connection):
    """Return every row that did not become a case: its number, stage, rule, action and the field at fault."""
    return connection.execute("SELECT row, stage, rule, action, field FROM judged ORDER BY row").df()


def complaints(connection, most=5):
    """Return the unreadable rows grouped by rule and field, as text: the count and the first row numbers.

    No value of the export is shown: it could be a private one.
    """
    found = connection.execute(
        "SELECT rule, field, count(*), list(row ORDER BY row)[:?] FROM judged "
        "WHERE stage = 'records' AND action = 'rejected' GROUP BY ALL ORDER BY 3 DESC, 1, 2",
        [most],
    ).fetchall()
    return "\n".join(
        f"  {rule} in {field}: {rows} row{'s' if rows > 1 else ''}, at line{'s' if rows > 1 else ''} "
        f"{', '.join(map(str, first))}{' ...' if rows > len(first) else ''}"
        for rule, field, rows, first in found
    )
