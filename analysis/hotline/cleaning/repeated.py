"""Rows that repeat another: exact copies, and several rows of one ticket that differ.

A ticket stands on several rows where an export joins tables, has later editions of a record, or overlaps with another
file. Rows of one ticket with the same start are one call: the last of them that can be read stays, as the latest
edition. With different starts they are different calls under one number, where a system begins again each year, say;
that a later edition has corrected the start cannot be told from this. Rows of one caller with the same start and
different tickets stay, too: both are counted for a warning.
"""

from hotline.cleaning.engine import Connection
from hotline.codebook import Codebook
from hotline.sql import identifier

WORTH_A_WARNING = 0.001  # of the rows
MOST_NAMED = 5  # of the variables in which rows of a ticket differ


def tabulate(connection: Connection, unreadable: str) -> None:
    """Make the table `repeated` of the rows of `decoded` that have a ticket or all their texts in common with others.

    Its columns: row; copy, the running number among exact copies; edition, that among the readable rows of a ticket
    with one start, from the last row on, or NULL; ticket_id and call_start. Only rows whose ticket, or whose digest
    where there is none, occurs twice are sorted: few, mostly.

    Parameters
    ----------
    unreadable
        SQL of whether a row cannot be read.
    """
    key = "hash(coalesce(ticket_id, digest::VARCHAR))"
    connection.execute(
        "CREATE OR REPLACE TABLE repeated AS SELECT row, copy, ticket_id, call_start, CASE WHEN ticket_id IS NOT NULL "
        "AND copy = 1 AND NOT bad THEN row_number() OVER ("
        "PARTITION BY ticket_id, call_start, copy = 1 AND NOT bad ORDER BY row DESC) END AS edition "
        "FROM (SELECT row, ticket_id, call_start, row_number() OVER (PARTITION BY digest ORDER BY row) AS copy, "
        f"coalesce({unreadable}, false) AS bad FROM decoded WHERE NOT ragged AND {key} IN "
        f"(SELECT {key} FROM decoded WHERE NOT ragged GROUP BY 1 HAVING count(*) > 1))"
    )


def _differing(connection, book):
    """Return the titles of the variables in which rows of one ticket differ, the most frequent first."""
    present = {row[0] for row in connection.execute("DESCRIBE decoded").fetchall()}
    fields = [each for each in book if each.name in present and each.name not in ("ticket_id", "call_start")]
    differ = ", ".join(
        f"min({name}) IS DISTINCT FROM max({name}) OR count({name}) NOT IN (0, count(*)) AS {name}"
        for name in (identifier(each.name) for each in fields)
    )
    counted = ", ".join(f"count(*) FILTER ({identifier(each.name)})" for each in fields)
    counts = connection.execute(
        f"SELECT {counted} FROM (SELECT {differ} FROM decoded JOIN "
        "(SELECT row FROM repeated WHERE edition IS NOT NULL) USING (row) "
        "GROUP BY ticket_id, call_start HAVING count(*) > 1)"
    ).fetchone()
    ranked = sorted(zip(counts, fields, strict=True), key=lambda each: -each[0])
    return [field.title for count, field in ranked if count]


def remarks(connection: Connection, book: Codebook) -> list[str]:
    """Return what the user should know of tickets that stand on several rows, in sentences.

    Parameters
    ----------
    connection : with the tables `decoded` and `repeated`
    """
    merged, tickets = connection.execute(
        "SELECT count(*) FILTER (edition > 1), count(*) FILTER (edition = 2) FROM repeated"
    ).fetchone()
    sentences = []
    if merged:
        titles = _differing(connection, book)
        more = " and others" if len(titles) > MOST_NAMED else ""
        sentences.append(
            f"{tickets:,} ticket{'s' * (tickets > 1)} on several rows with the same start that differ in "
            f"{', '.join(titles[:MOST_NAMED]) or 'texts that mean the same'}{more}: the last row of each stays, and "
            f"{merged:,} earlier {'rows are' if merged > 1 else 'row is'} merged into it (rule same-ticket). Is the "
            "export a join of tables, or has it later editions of a record?"
        )
    (several,) = connection.execute(
        "SELECT count(*) FROM (SELECT ticket_id FROM repeated WHERE edition = 1 GROUP BY 1 HAVING count(*) > 1)"
    ).fetchone()
    if several:
        sentences.append(
            f"{several:,} ticket number{'s' * (several > 1)} on rows with different starts: each start counts as a "
            "call of its own. Are ticket numbers given twice, or is the start of a call wrong?"
        )
    (at_once,) = connection.execute(
        "SELECT count(*) FROM (SELECT caller_number FROM stage_records WHERE caller_number > 0 "
        "GROUP BY caller_number, call_start HAVING count(*) > 1)"
    ).fetchone()
    if at_once > WORTH_A_WARNING * connection.execute("SELECT count(*) FROM stage_records").fetchone()[0]:
        sentences.append(
            f"{at_once:,} time{'s' * (at_once > 1)} rows with different tickets, or none, have the same caller and "
            "the same start: each row counts as a call of its own. Has a call several tickets, or do files overlap? "
            "Export each call once."
        )
    return sentences
