"""Which assessed calls are about the same pupil: what makes a case, and what a gap in stage or sex means for it.

A case of the rule `caller-stage-sex` is a caller's number with a pair of school stage and sex. A gap is no value of
its own: one child would be two cases wherever a counsellor left a box empty. So each pair that some call of the caller
records in full is a case, and a call with a gap

- joins the only one of these that it does not contradict;
- is in no case where it fits several of them: whom it is about cannot be known;
- makes a case of its own where it contradicts all of them, with those calls of its caller that record the same.

A caller without a full pair has one case, with the stage and the sex that any call records. Where two of its calls
contradict each other, each recorded stage is a case, or each sex where no stage is recorded; whether the others join
one of these is decided as above.

A caller's calls count by what they record and not by their order. The order says only which call of a case is its
first: the data of the case are those of that call, but for stage and sex, which are those of the case.
"""

from typing import NamedTuple

from hotline import text
from hotline.cleaning.engine import Connection

# What makes a case, and the columns that its calls have in common.
CASES = {
    "caller-stage-sex": ("caller_number", "stage", "sex"),
    "caller": ("caller_number",),
    "call": ("row",),
}
CASES_IN_WORDS = {
    "caller-stage-sex": "the first assessed call of one caller’s number, school stage and sex",
    "caller": "the first assessed call of one caller’s number",
    "call": "each assessed call by itself",
}
OF_CASE = frozenset({"stage", "sex"})  # what a case may have from another than its first call
# The value of `later_call` for each call that is in a case.
LATER_CALL = """
SELECT row, CASE WHEN repeat > 1 THEN 'yes' WHEN row IN (SELECT row FROM left_cases) THEN 'no' END AS later_call
FROM membership
"""

# Only a caller whose calls record different things, of which one is a gap, has anything to decide: few have.
_PLACED = """
WITH recorded AS (SELECT DISTINCT caller_number, stage, sex FROM assessed_calls),
callers AS (
  SELECT caller_number, bool_or(stage IS NOT NULL AND sex IS NOT NULL) AS has_pair,
    min(stage) AS stage, min(sex) AS sex, min(stage) <> max(stage) OR min(sex) <> max(sex) AS contradict
  FROM recorded GROUP BY caller_number HAVING count(*) > 1 AND bool_or(stage IS NULL OR sex IS NULL)
),
-- What the cases of such a caller record: pairs, or all that is recorded, or each stage, or each sex.
possible AS (
  SELECT DISTINCT caller_number, r.stage, r.sex FROM recorded r JOIN callers USING (caller_number)
  WHERE has_pair AND r.stage IS NOT NULL AND r.sex IS NOT NULL
  UNION ALL
  SELECT caller_number, stage, sex FROM callers WHERE NOT has_pair AND NOT coalesce(contradict, false)
  UNION ALL
  SELECT DISTINCT caller_number, r.stage, CASE WHEN c.stage IS NULL THEN r.sex END
  FROM recorded r JOIN callers c USING (caller_number)
  WHERE NOT has_pair AND contradict AND (r.stage IS NOT NULL OR c.stage IS NULL AND r.sex IS NOT NULL)
)
SELECT r.caller_number, r.stage, r.sex, count(p.caller_number) AS fits,
  CASE fits WHEN 1 THEN min(p.stage) WHEN 0 THEN r.stage END AS case_stage,
  CASE fits WHEN 1 THEN min(p.sex) WHEN 0 THEN r.sex END AS case_sex
FROM recorded r SEMI JOIN callers USING (caller_number)
LEFT JOIN possible p ON r.caller_number = p.caller_number AND coalesce(r.stage = p.stage, true)
  AND coalesce(r.sex = p.sex, true)
GROUP BY r.caller_number, r.stage, r.sex
"""


class Account(NamedTuple):
    """What the rule of a case does with calls that have a gap in stage or sex.

    Attributes
    ----------
    with_gap
        Assessed calls with a gap in stage or sex.
    joined
        Those of them that are in a case which records more than they do, or something else.
    unassignable, callers
        Those of them that fit several cases, and how many callers made them.
    completed
        Cases whose first call has a gap that another of their calls fills.
    cases
        Cases as they are.
    gap_as_value
        Cases that there would be, were "not recorded" a value of its own.
    """

    with_gap: int
    joined: int
    unassignable: int
    callers: int
    completed: int
    cases: int
    gap_as_value: int


def tabulate(connection: Connection, rows: str, case: str) -> None:
    """Leave the table `membership`: of each call its case and its place there.

    Parameters
    ----------
    rows
        The table or view of the assessed calls: row, caller_number, stage, sex, call_start.
    case
        One of `CASES`.

    Notes
    -----
    Columns of `membership`: row; stage, sex (of the case); fits (how many cases the call fits; above 1 it is in none);
    repeat (1 for the first call of its case, 2 for the next, ...; NULL in no case).
    """
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE assessed_calls AS SELECT row, caller_number, stage, sex, call_start FROM {rows}"
    )
    if case == "caller-stage-sex":
        placed = (
            "SELECT a.row, a.caller_number, a.call_start, greatest(coalesce(fits, 1), 1) AS fits, "
            "CASE WHEN fits IS NULL THEN a.stage ELSE case_stage END AS stage, "
            "CASE WHEN fits IS NULL THEN a.sex ELSE case_sex END AS sex "
            f"FROM assessed_calls a LEFT JOIN ({_PLACED}) p ON a.caller_number = p.caller_number "
            "AND a.stage IS NOT DISTINCT FROM p.stage AND a.sex IS NOT DISTINCT FROM p.sex"
        )
    else:
        placed = "SELECT *, 1 AS fits FROM assessed_calls"
    same = f"PARTITION BY {', '.join(CASES[case])}, fits ORDER BY call_start, row"
    connection.execute(
        "CREATE OR REPLACE TABLE membership AS SELECT row, stage, sex, fits, "
        f"CASE WHEN fits = 1 THEN row_number() OVER ({same}) END AS repeat FROM ({placed})"
    )
    connection.execute("DROP TABLE assessed_calls")


def account(connection: Connection, case: str) -> Account:
    """Count what the rule has done, after all rules were applied; calls without a number only where they are cases."""
    connection.execute(
        "CREATE OR REPLACE TEMP VIEW judged AS "
        "SELECT d.row, d.caller_number, d.stage, d.sex, m.fits, m.repeat, d.stage IS NULL OR d.sex IS NULL AS gap, "
        "d.stage IS DISTINCT FROM m.stage OR d.sex IS DISTINCT FROM m.sex AS other "
        "FROM decoded d JOIN membership m USING (row) "
        "ANTI JOIN (SELECT row FROM removed WHERE rule = 'without-number') USING (row)"
    )
    counts = connection.execute(
        "SELECT count(*) FILTER (gap), count(*) FILTER (fits = 1 AND other), count(*) FILTER (fits > 1), "
        "count(DISTINCT caller_number) FILTER (fits > 1), count(*) FILTER (repeat = 1 AND other), "
        "count(*) FILTER (repeat = 1) FROM judged"
    ).fetchone()
    recorded = f"SELECT DISTINCT {', '.join(CASES[case])} FROM judged"
    older = connection.execute(f"SELECT count(*) FROM ({recorded})").fetchone()
    connection.execute("DROP VIEW judged")
    return Account(*counts, *older)


def in_words(counts: Account, case: str) -> str:
    """Return what a gap in stage or sex means for a case and what came of it, as sentences of the methods."""
    if case != "caller-stage-sex":
        return "What a call leaves out plays no part in it."
    return (
        "A gap in stage or sex is no value of its own: a call with one joins the only case of its caller that it does "
        "not contradict, and is in no case where it fits several; where it contradicts all, it is a case with those "
        "calls of its caller that record the same. A caller without a call that records both is one case, unless its "
        "calls contradict each other; then each recorded stage is a case, or each sex without one. The order of calls "
        "plays no part. The data of a case are those of its first assessed call, its stage and sex its own. So "
        f"{text.count(counts.joined)} of {text.count(counts.with_gap)} calls with a gap were placed by other calls, "
        f"and {text.count(counts.unassignable)} could not be assigned; were a gap a value of its own, there would be "
        f"{text.count(counts.gap_as_value)} cases."
    )


def note(counts: Account, case: str) -> str:
    """Return what a reader of the flow should know of calls with a gap in stage or sex, as a sentence; or ""."""
    if case != "caller-stage-sex" or not counts.with_gap:
        return ""
    return (
        f" Of {text.count(counts.with_gap)} assessed calls with a gap in stage or sex, {text.count(counts.joined)} "
        f"were placed by what other calls of the same number record; {text.count(counts.unassignable)} fit several "
        f"pupils and are in no case. With a gap as a value of its own there would be "
        f"{text.count(counts.gap_as_value)} cases."
    )
