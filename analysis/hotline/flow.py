"""Which rows stay: the rules of the study, stage by stage, and the two tables that come out.

Works on the table `decoded` of `records`. After `apply_rules` the table `judged` holds, for every row of
the export, the stage and rule under which it left, or NULL where it became a pupil's case.
"""

import pandas as pd

from hotline.records import MERGED, NOT_STORED, REJECTED, STAGES, Rule, quoted


def rules(book, reconnect_minutes, longest_hours, oldest_pupil):
    """Return the rules in the order in which they are tried, as (Rule, SQL condition, SQL column name).

    The conditions of the stages after "calls" use what `_derive` has computed by then.
    """
    described = [each for each in book if each.header]
    times = ("call_start", "answer_time", "call_end")
    first_bad = "CASE " + " ".join(f"WHEN {each.name}_bad THEN {quoted(each.name)}" for each in described) + " END"
    longest = f"INTERVAL {float(longest_hours)} HOUR"
    bad_times = " OR ".join(f"{name}_bad" for name in times)
    found = [
        (Rule("records", "duplicate", MERGED, "Exact duplicate of an earlier row"), "copy > 1", "NULL"),
        (Rule("records", "unreadable-time", REJECTED, "A time that cannot be read, or no start or end"),
         f"{bad_times} OR call_start IS NULL OR call_end IS NULL",
         f"coalesce({first_bad}, CASE WHEN call_start IS NULL THEN 'call_start' ELSE 'call_end' END)"),
        (Rule("records", "unknown-code", REJECTED, "A value that the codebook does not know"),
         " OR ".join(f"{each.name}_bad" for each in described if each.name not in times), first_bad),
        (Rule("records", "no-number", REJECTED, "No caller's number"), "caller_number IS NULL", "'caller_number'"),
        (Rule("records", "impossible-time", REJECTED, f"Times out of order, or longer than {longest_hours:g} hours"),
         f"answer_time < call_start OR call_end < coalesce(answer_time, call_start) OR call_end - call_start > {longest}",
         "CASE WHEN answer_time < call_start THEN 'answer_time' ELSE 'call_end' END"),
    ]
    excluded = {}
    for each in described:
        for code in each.codes:
            if code.exclude:
                excluded.setdefault(code.exclude, []).append((each.name, code))
    for name, codes in excluded.items():
        condition = " OR ".join(f"{field} = {quoted(code.code)}" for field, code in codes)
        words = codes[0][1].en
        if name == "adult":
            condition, words = f"{condition} OR age > {int(oldest_pupil)}", f"Adult, or older than {oldest_pupil}"
        found.append((Rule("calls", name, REJECTED, words), condition, quoted(codes[0][0])))
    found += [
        (Rule("calls", "reconnect", MERGED, f"Same number again within {reconnect_minutes} minutes after a call"),
         f"since_last BETWEEN INTERVAL 0 SECOND AND INTERVAL {int(reconnect_minutes)} MINUTE", "NULL"),
        (Rule("answered", "unanswered", REJECTED, "Nobody answered"), "answer_time IS NULL", "'answer_time'"),
        (Rule("assessed", "not-assessed", REJECTED, "No mental-health level assigned"), "level IS NULL", "'level'"),
        (Rule("pupils", "repeat-call", MERGED, "A later call about the same pupil"), "repeat > 1", "NULL"),
    ]
    return found


# What a stage's rules compare a row with, beyond the row itself.
BESIDES = {
    "records": "row_number() OVER (PARTITION BY {every_column} ORDER BY row) AS copy",
    "calls": "call_start - max(CASE WHEN answer_time IS NOT NULL AND NOT ({excluded}) THEN call_end END) OVER (PARTITION BY "
             "caller_number ORDER BY call_start, row ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS since_last",
    "pupils": "row_number() OVER (PARTITION BY caller_number, stage, sex ORDER BY call_start, row) AS repeat",
}


def apply_rules(connection, book, found):
    """Try the rules stage by stage; leaves the tables `judged` and, for each stage, `stage_NAME`.

    Returns the flow: a DataFrame with one row per stage and rule, columns stage, rule, action, words,
    rows_in (at the start of the stage), rows (that left under the rule), rows_kept (at its end).
    """
    every_column = ", ".join(f"raw.{each.name}" for each in book if each.header)
    excluded = " OR ".join(f"coalesce({condition}, false)" for rule, condition, _ in found
                           if rule.stage == "calls" and rule.action == REJECTED)
    connection.execute("CREATE OR REPLACE TABLE judged (row BIGINT, stage VARCHAR, rule VARCHAR, action VARCHAR, field VARCHAR)")
    flow, previous = [], "decoded"
    for stage in STAGES:
        tried = [(rule, condition, column) for rule, condition, column in found if rule.stage == stage]
        cases = " ".join(f"WHEN {condition} THEN {quoted(rule.name)}" for rule, condition, _ in tried)
        columns = " ".join(f"WHEN rule = {quoted(rule.name)} THEN {column}" for rule, _, column in tried)
        actions = " ".join(f"WHEN {quoted(rule.name)} THEN {quoted(rule.action)}" for rule, *_ in tried)
        besides = BESIDES.get(stage, "").format(every_column=every_column, excluded=excluded)
        join = " JOIN raw USING (row)" if stage == "records" else ""
        connection.execute(
            f"CREATE OR REPLACE TEMP TABLE trial AS SELECT *, CASE {cases} END AS rule FROM "
            f"(SELECT {previous}.*{', ' + besides if besides else ''} FROM {previous}{join})"
        )
        connection.execute(f"INSERT INTO judged SELECT row, {quoted(stage)}, rule, CASE rule {actions} END, "
                           f"CASE {columns} END FROM trial WHERE rule IS NOT NULL")
        extra = [name for name in ("copy", "since_last", "repeat") if f"AS {name}" in besides]
        connection.execute(f"CREATE OR REPLACE TABLE stage_{stage} AS SELECT * EXCLUDE "
                           f"({', '.join(['rule', *extra])}) FROM trial WHERE rule IS NULL")
        counts = dict(connection.execute("SELECT rule, count(*) FROM trial GROUP BY rule").fetchall())
        rows_in, kept = sum(counts.values()), counts.get(None, 0)
        flow += [{"stage": stage, "rule": rule.name, "action": rule.action, "words": rule.words, "rows_in": rows_in,
                  "rows": counts.get(rule.name, 0), "rows_kept": kept} for rule, *_ in tried]
        previous = f"stage_{stage}"
    connection.execute("DROP TABLE trial")
    return pd.DataFrame(flow)


def _derived(book):
    """Return {variable: SQL} for the variables that the codebook describes but no export holds."""
    computed = {
        "answered": "CASE WHEN answer_time IS NULL THEN 'no' ELSE 'yes' END",
        "waiting": "date_diff('second', call_start, coalesce(answer_time, call_end))",
        "call_length": "date_diff('second', answer_time, call_end)",
        "year": "year(call_start)", "month": "month(call_start)::VARCHAR", "weekday": "isodow(call_start)::VARCHAR",
        "hour": "hour(call_start)", "day": "call_start::DATE",
        "earlier_calls": "row_number() OVER (PARTITION BY caller_number ORDER BY call_start, row) - 1",
        "caller": "dense_rank() OVER (ORDER BY caller_number)",
    }
    if "counsellor" in book.fields:
        computed["counsellor"] = "CASE WHEN counsellor IS NOT NULL THEN dense_rank() OVER (ORDER BY counsellor) END"
    for each in book:
        if each.true_for:
            (source, codes), = each.true_for.items()
            computed[each.name] = (f"CASE WHEN {source} IN ({', '.join(map(quoted, codes))}) THEN 'yes' "
                                   f"WHEN {source} IS NOT NULL THEN 'no' END")
        elif each.group_of:
            members = " ".join(f"WHEN {quoted(code.code)} THEN {quoted(code.region)}"
                               for code in book[each.group_of].codes if code.region)
            computed[each.name] = f"CASE {each.group_of} {members} END"
        elif each.bands_of:
            source = computed.get(each.bands_of, each.bands_of)
            bands = " ".join(f"WHEN {source} < {code.below} THEN {quoted(code.code)}" for code in each.codes if code.below)
            computed[each.name] = f"CASE WHEN {source} IS NULL THEN NULL {bands} ELSE {quoted(each.codes[-1].code)} END"
    return computed


def write_tables(connection, book, folder, names=("calls", "pupils")):
    """Write calls.parquet and pupils.parquet: whole numbers only, in the order of the export.

    A category is stored as its position among the codes that can occur, "not recorded" as NULL. The hash
    of the codebook goes along, so that the door can refuse a file made with another one.

    Returns {table: rows}.
    """
    computed = _derived(book)
    values = ", ".join(f"{computed.get(each.name, each.name)} AS {each.name}" for each in book if each.name not in NOT_STORED)
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
        connection.execute(f"COPY ({kept}) TO {quoted(folder / f'{name}.parquet')} "
                           f"(FORMAT parquet, COMPRESSION zstd, KV_METADATA {{codebook: {quoted(book.sha256)}}})")
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
        "WHERE stage = 'records' AND action = 'rejected' GROUP BY ALL ORDER BY 3 DESC, 1, 2", [most]
    ).fetchall()
    return "\n".join(
        f"  {rule} in {field}: {rows} row{'s' if rows > 1 else ''}, at line{'s' if rows > 1 else ''} "
        f"{', '.join(map(str, first))}{' ...' if rows > len(first) else ''}"
        for rule, field, rows, first in found
    )
