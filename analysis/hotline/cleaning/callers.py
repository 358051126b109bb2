"""Who called: the spellings of one telephone number as one, and calls without a usable number.

A number is *withheld* where the cell is empty, says so, is masked (139****1000), or has zeros or one digit throughout:
such a call is never taken for a call of the same caller as another one. It is *damaged* where a spreadsheet or a hand
has spoilt it (1.39E+10, ########, a name, two numbers in one cell), so that the row cannot be read.

Of telephone numbers, these are one: 13910000000, +86 139-1000-0000, 0086 (139) 10000000, 8613910000000, 013910000000,
１３９１００００００００, tel:13910000000, '13910000000, ="13910000000", 13910000000.0, and all of them with invisible
marks. So are 020-81234567, (020)81234567 and +86 20 81234567, since the 0 in front of the area code goes; 81234567
without its area code is another number, and so is each extension. Numbers of services and short lines (110, 12355) are
numbers, and those of other countries keep their code (+852..., 00852...). A pseudonym, that is 16 or more letters and
digits with both among them, stays the text that it is (one of hexadecimal digits in small letters); where pseudonyms
look otherwise, the codebook says `normalise: text`.
"""

from typing import NamedTuple

from hotline import text
from hotline.cleaning.engine import Connection
from hotline.cleaning.spoilt import SPOILT
from hotline.codebook import Field
from hotline.errors import InputError
from hotline.sql import literal

FEWEST = 50  # calls; a number of no more is never taken for a placeholder
WORTH_A_WARNING = 0.01  # of the calls
NAMED = 5  # numbers in a message

QUOTES = "[\"'`‘’“”]*"
DASHES = "‐‑‒–—―−－ー-"
SEPARATORS = rf"[\pZ\t()\[\]（）【】·{DASHES}]"
ADDRESS = "^(?i:tel|sips?|callto):/*([^@;]*)(?:[@;].*)?$"  # as telephone systems write a number
HEXADECIMAL = "[0-9A-Fa-f-]{16,}"
SHORT = "[0-9]{3,6}"  # a service or a line within a house; or the last digits of a number
EXTENSION = "(?:(?:转|分机|(?i:ext[.]?|x)|#)[0-9]{1,6})?"
MASKED = r"[*＊×•●…]|[.]{2,}|-{3,}|_{2,}"
MASKED_BY_LETTERS = "[0-9+ ()-]*[xX]{2,}[0-9 ()-]*|[0-9+ ()-]*[0-9][?#]{2,}[0-9 ()-]*"
PSEUDONYM = "[0-9A-Za-z+/_=-]{16,}"


class Unusable(NamedTuple):
    """Calls without a usable number, by what became of them.

    Attributes
    ----------
    damaged
        Rows that were rejected for it.
    calls, cases
        Calls and cases of the study whose caller's number was withheld.
    all_calls
        Calls of the study, with a number or without.
    """

    damaged: int
    calls: int
    cases: int
    all_calls: int


def _is(text, pattern):
    """Return the SQL of whether the whole text fits a pattern."""
    return f"regexp_full_match({text}, {literal(pattern)})"


def _replaced(text, pattern, by="", options=""):
    """Return the SQL of a text with what fits a pattern replaced."""
    return f"regexp_replace({text}, {literal(pattern)}, {literal(by)}, {literal(options)})"


def _is_plain(field):
    """Return the SQL of whether the text `tidied` is digits that need no other spelling: nearly all are."""
    if field.normalise == "text":
        return "false"
    listed = ", ".join(map(literal, ["", *field.withheld, *field.missing]))
    home = f"AND NOT starts_with(tidied, {literal(field.country_code)}) " if field.country_code else ""
    return (
        f"coalesce({_is('tidied', '[1-9][0-9]{2,19}')} {home}AND tidied NOT IN ({listed}) "
        "AND replace(tidied, tidied[1], '') <> '', false)"
    )


def _unquoted():
    """Return the SQL of the text `tidied` without what a spreadsheet adds to a number: ="...", an apostrophe, ".0"."""
    inner = _replaced(_replaced(_replaced("tidied", f"^=?{QUOTES} *"), f" *{QUOTES}$"), ADDRESS, "\\1")
    whole = _replaced(inner, "^([+]?[0-9]+|[0-9]{1,3}(?:,[0-9]{3})+)[.]0+$", "\\1")
    return f"CASE WHEN {_is(whole, '[0-9]{1,3}(,[0-9]{3})+')} THEN replace({whole}, ',', '') ELSE {whole} END"


def _national(digits, country_code):
    """Return the SQL for a number's digits, with or without "+", as they are the same for all its spellings."""
    number = _replaced(digits, "^[+]?00([1-9])", "+\\1")
    if country_code:
        number = _replaced(number, f"^[+]{country_code}|^{country_code}([0-9]{{10,}})$", "\\1")
        number = _replaced(number, "^0([1-9][0-9]{2,})$", "\\1")
    return number


def _telephone(field):
    """Return the SQL of the number in `bare`, or without separators `squeezed`; NULL if there is none, '' if masked."""
    both = "regexp_matches(bare, '[A-Za-z]') AND regexp_matches(bare, '[0-9]')"
    by_letters = _is("bare", MASKED_BY_LETTERS)
    number = _is("squeezed", f"[+]?[0-9]{{3,20}}{EXTENSION}|[+]?[0-9]+([.][0-9]+){{2,}}")
    return (
        f"CASE WHEN {_is('bare', PSEUDONYM)} AND {both} AND NOT ({by_letters} OR {number}) "
        f"THEN CASE WHEN {_is('bare', HEXADECIMAL)} THEN lower(bare) ELSE bare END "
        f"WHEN regexp_matches(bare, {literal(MASKED)}) OR {by_letters} OR {_is('squeezed', '[+]?0*')} THEN '' "
        f"WHEN {number} THEN {_national(_replaced('squeezed', '[^+0-9]', options='g'), field.country_code)} END"
    )


def numbers_sql(texts: str, field: Field) -> str:
    """Return the query that reads the texts of callers' numbers, each of them once.

    Parameters
    ----------
    texts
        A query of the distinct texts: text, n (rows), tidied (free of marks and blanks around it, NULL if nothing is
        left).

    Returns
    -------
    SQL of a query with the columns text, n, tidied, number (the same for all spellings of one; NULL where there is
    none) and damaged (whether there is a text that is neither a number nor says that it was withheld)
    """
    listed = ", ".join(literal(each.lower()) for each in ("", *field.withheld, *field.missing))
    number, nothing = "bare", ""
    if field.normalise == "telephone":
        number = _telephone(field)
        nothing = f"OR number = '' OR {_is('number', '[0-9]+')} AND replace(number, number[1], '') = ''"
    withheld = f"bare IS NULL OR lower(bare) IN ({listed}) OR lower(tidied) IN ({listed}) {nothing}"
    return (
        f"WITH texts AS MATERIALIZED (SELECT *, {_is_plain(field)} AS plain FROM ({texts})), "
        f"unquoted AS (SELECT *, {_unquoted()} AS bare FROM texts WHERE NOT plain), "
        f"squeezed AS (SELECT *, replace({_replaced('bare', SEPARATORS, options='g')}, '＋', '+') AS squeezed "
        "FROM unquoted), "
        f"numbers AS (SELECT *, coalesce({_is('bare', SPOILT)}, false) AS spoilt, {number} AS number FROM squeezed), "
        f"judged AS (SELECT *, coalesce({withheld}, false) AS withheld FROM numbers) "
        "SELECT text, n, tidied, tidied AS number, false AS damaged FROM texts WHERE plain UNION ALL "
        "SELECT text, n, tidied, CASE WHEN NOT withheld AND NOT spoilt THEN number END, "
        "NOT withheld AND (spoilt OR number IS NULL) FROM judged"
    )


def record_short(connection: Connection, meanings: str, field: Field) -> None:
    """Put into the table `short_numbers` how many rows have a number of so few digits, of how many with a number.

    Parameters
    ----------
    meanings
        The table of the numbers: n (rows), same (the number), code (NULL without one).
    """
    if field.normalise == "telephone":
        connection.execute(
            f"INSERT INTO short_numbers SELECT coalesce(sum(n) FILTER ({_is('same', SHORT)}), 0), coalesce(sum(n), 0) "
            f"FROM {meanings} WHERE code IS NOT NULL"
        )


def refuse_largest(connection: Connection, largest_caller: float) -> None:
    """Raise InputError where one number has more than this share of all calls that can be read, and more than 50.

    Such a number is hardly one caller's: it is a placeholder, the hotline's own line, or a switchboard.
    """
    rows = connection.execute("SELECT count(*) FROM stage_records").fetchone()[0]
    counts = connection.execute(
        "SELECT count(*) AS calls FROM stage_records WHERE caller_number > 0 GROUP BY caller_number "
        f"HAVING calls > {max(FEWEST, largest_caller * rows)} ORDER BY calls DESC"
    ).fetchall()
    if not counts:
        return
    lines = [
        f"  number {rank} by its calls: {calls:,} of {rows:,} ({text.percent(calls / rows)})"
        for rank, (calls,) in enumerate(counts[:NAMED], 1)
    ]
    if len(counts) > NAMED:
        lines.append(f"  and {len(counts) - NAMED} more")
    several = "a number has" if len(counts) == 1 else f"{len(counts)} numbers have"
    raise InputError(
        f"column caller_number: {several} more than {text.percent(largest_caller)} of all calls, hardly one caller\n"
        + "\n".join(lines)
        + '\n  What to do: look in the export for its most frequent numbers. List a text that means "withheld" under '
        "`withheld`\n  of caller_number in the codebook; where a number is one caller's, raise `largest_caller` in "
        "params.yml."
    )


def count_unusable(connection: Connection) -> Unusable:
    """Count the calls without a usable number, after the rules were applied."""
    damaged = "SELECT count(*) FROM removed WHERE rule = 'damaged-number'"
    calls, cases = (
        f"SELECT count(*) FROM decoded SEMI JOIN left_{stage} USING (row) WHERE caller_number < 0"
        for stage in ("calls", "cases")
    )
    all_calls = "SELECT count(*) FROM left_calls"
    return Unusable(*(connection.execute(query).fetchone()[0] for query in (damaged, calls, cases, all_calls)))


def short_numbers(connection: Connection) -> list[str]:
    """Return a sentence where more than a hundredth of the numbers are so short that they may be the end of others."""
    short, rows = connection.execute("SELECT sum(rows), sum(of_rows) FROM short_numbers").fetchone()
    if not short or short <= WORTH_A_WARNING * rows:
        return []
    return [
        f"{text.percent(short / rows)} of the numbers of callers have six digits or fewer ({short:,} rows). If these "
        "are the last digits of numbers, they make one caller of many: export whole numbers or pseudonyms, or set "
        "`case_rule: call` in params.yml."
    ]


def warnings(counts: Unusable, without_number: str) -> list[str]:
    """Return what the user should know where more than a hundredth of the calls has no usable number.

    Parameters
    ----------
    without_number
        The parameter of 01-clean.
    """
    share = (counts.damaged + counts.calls) / max(counts.damaged + counts.all_calls, 1)
    if share <= WORTH_A_WARNING:
        return []
    said = []
    if counts.damaged:
        said.append(f"{counts.damaged:,} {'were' if counts.damaged > 1 else 'was'} rejected, since it is damaged")
    if counts.calls:
        fate = {"own-case": "and, once it was assessed, a case of its own", "leave-out": "and becomes no case"}
        said.append(
            f"of {counts.calls:,} it was withheld, and each of these has a caller of its own {fate[without_number]} "
            "(`without_number` in params.yml); whether they had called before is not known"
        )
    return [f"{text.percent(share)} of the calls have no usable number: {'; '.join(said)}."]


def note(counts: Unusable, without_number: str) -> str:
    """Return what a reader should know of the calls whose number was withheld, as a sentence after others; or ""."""
    if not counts.calls:
        return ""
    fate = {"own-case": "a case of its own, if it was assessed", "leave-out": "no case"}[without_number]
    return f" Of {counts.calls:,} calls the caller's number was withheld: each of them is {fate}."


def in_words(counts: Unusable, without_number: str) -> str:
    """Return what became of the assessed calls whose number was withheld, as a sentence of the limitations."""
    if not counts.calls:
        return "Every call has its caller’s number."
    if without_number == "leave-out":
        return "Calls whose number was withheld are in no case, since whether they had called before is not known."
    return (
        f"An assessed call whose number was withheld ({text.count(counts.cases)} of them) is a case of its own, so "
        "that a pupil who called more than once in this way counts more than once."
    )
