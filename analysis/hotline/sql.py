"""Texts and names as they stand in SQL."""


def literal(text: object) -> str:
    """Return a text as an SQL literal.

    >>> literal("caller's number")
    "'caller''s number'"
    """
    return "'" + str(text).replace("'", "''") + "'"


def identifier(name: str) -> str:
    """Return the name of a column as SQL takes it, whatever words SQL keeps for itself.

    >>> identifier("order")
    '"order"'
    """
    return '"' + name.replace('"', '""') + '"'
