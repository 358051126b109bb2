"""What can't be compared, and why, in words: asked before a test, so that no table holds a NaN.

A test of groups without values, of a variable with one category, or of values that are all the same has no answer.
The libraries give NaN, a warning, an error, or a number, each in its own way; a reader is owed a sentence.
"""

from hotline.errors import NothingToEstimate


def refuse(reasons, what):
    """Raise NothingToEstimate where nothing can be compared: `reasons` is {name: why not, or ""}, and all have one."""
    if all(reasons.values()):
        listed = "; ".join(f"{name}: {reason}" for name, reason in reasons.items())
        raise NothingToEstimate(f"{what} can't be compared: {listed}")


def levels_found(by_level, book):
    """Return ({level: its name in print}, a sentence about the levels that nobody has, or "").

    by_level: a tally by `level`. A level without a single pupil is left out of every comparison, so that the others
    can be compared, and the sentence says so.
    """
    labels = {code: book.label("level", code) for code in book["level"].kept_codes}
    found = {code: label for code, label in labels.items() if by_level.loc[by_level["level"] == code, "n"].sum() > 0}
    absent = [f"*{label}*" for code, label in labels.items() if code not in found]
    others = "the others are" if len(found) > 1 else "nothing is"
    return found, f" Nobody is at the level {', '.join(absent)}; {others} compared." if absent else ""


def levels_to_compare(by_level, book):
    """Return what `levels_found` does; NothingToEstimate where all are at one level, as nothing can be compared."""
    found, absent = levels_found(by_level, book)
    if len(found) < 2:
        raise NothingToEstimate(
            f"all pupils are at one level ({', '.join(found.values())}), so that there is nothing to compare"
        )
    return found, absent


def why_not_means(moments, labels=None):
    """Return why the groups' means can't be compared, or "" if they can.

    moments: one row per group with `n` and `variance` (NaN where a group has no value), as of
    `moments.group_moments` reindexed to all groups; labels: {group: its name in print}.

    >>> import pandas as pd
    >>> why_not_means(pd.DataFrame({"n": [5, 0], "variance": [1.2, float("nan")]}, index=["well", "high risk"]))
    'no value for high risk'
    """
    name = {group: (labels or {}).get(group, group) for group in moments.index}
    n = moments["n"].fillna(0)
    if n.sum() == 0:
        return "nothing recorded"
    if len(moments) < 2:
        return "one group only"
    for least, words in ((1, "no value for"), (2, "a single value for")):
        few = [str(name[group]) for group in moments.index[n < least]]
        if few:
            return f"{words} {', '.join(few)}"
    constant = [str(name[group]) for group in moments.index[~(moments["variance"] > 0)]]
    if len(constant) == len(moments):
        return "the values do not vary"
    return f"the values do not vary within {', '.join(constant)}" if constant else ""


def why_not_table(table, rows="category", columns="group", labels=None):
    """Return why a table of counts can't be tested for independence, or "" if it can.

    table: DataFrame of counts; rows, columns: what to call a row and a column in print; labels: {column: its name}.

    >>> import pandas as pd
    >>> why_not_table(pd.DataFrame([[3, 4]]))
    'one category only'
    """
    if table.size == 0 or table.to_numpy().sum() == 0:
        return "nothing recorded"
    if (table.sum(axis=1) > 0).sum() < 2:
        return f"one {rows} only"
    empty = [str((labels or {}).get(each, each)) for each in table.columns[table.sum() == 0]]
    if table.shape[1] - len(empty) < 2:
        return f"one {columns} only"
    return f"nothing recorded for {', '.join(empty)}" if empty else ""
