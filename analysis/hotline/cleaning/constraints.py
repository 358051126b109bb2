"""The constraints that a codebook puts on a column, as SQL: which rows break them.

The smallest and the largest number are not here: a number beyond them is no value of its variable (`decode`).
"""

import dataclasses

from hotline.codebook import Codebook, Field
from hotline.schema.fields import Constraints
from hotline.schema.texts import tidied
from hotline.sql import literal


def constrained(field: Field) -> bool:
    """Whether rows can break a constraint of a variable."""
    left = field.constraints
    if field.numeric:
        left = dataclasses.replace(left, minimum=None, maximum=None)
    return left != Constraints()


def not_recorded_sql(field: Field, text: str) -> str:
    """Return the SQL of whether a tidied text is one for "not recorded"; an empty one is NULL."""
    texts = ", ".join(dict.fromkeys(literal(tidied(each)) for each in ("", *field.missing)))
    return f"coalesce({text} IN ({texts}), true)"


def broken_sql(field: Field, text: str, value: str) -> str:
    """Return the SQL of whether a row breaks a constraint of a variable, but for `unique`.

    Parameters
    ----------
    text, value : SQL of the tidied text and of its value
    """
    own, conditions = field.constraints, []
    if own.pattern is not None:
        conditions.append(f"NOT regexp_full_match({text}, {literal(own.pattern)})")
    if own.enum:
        conditions.append(f"{text} NOT IN ({', '.join(literal(tidied(each)) for each in own.enum)})")
    if own.minLength is not None:
        conditions.append(f"length({text}) < {own.minLength}")
    if own.maxLength is not None:
        conditions.append(f"length({text}) > {own.maxLength}")
    if not field.numeric:
        conditions += [
            f"({value})::{'DATE' if len(limit) == len('2019-01-01') else 'TIMESTAMP'} {sign} {literal(limit)}"
            for limit, sign in ((own.minimum, "<"), (own.maximum, ">"))
            if limit is not None
        ]
    recorded = f"NOT {not_recorded_sql(field, text)}"
    either = [f"({recorded} AND ({' OR '.join(conditions)}))"] if conditions else []
    either += [f"(NOT ragged AND NOT {recorded})"] if own.required else []
    return f"coalesce({' OR '.join(either)}, false)" if either else "false"


def unique_sql(book: Codebook, names: list[str]) -> str:
    """Return the SQL that adds what breaks `unique` to the columns NAME_broken of variables; "" for nothing.

    A row breaks it that has the value of an earlier row without being its exact duplicate, which is merged.
    """
    asked = [name for name in names if book[name].constraints.unique]
    return ", ".join(
        f'{name}_broken OR coalesce(first_value(digest) OVER (PARTITION BY "{name}" ORDER BY row) <> digest '
        f'AND "{name}" IS NOT NULL, false) AS {name}_broken'
        for name in asked
    )
