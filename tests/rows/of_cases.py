"""The cases of 01-clean from the calls, by the definition of a case and one caller after another."""

import pandas as pd

from rows.study import recomputes


def cases_of(pairs):
    """Return the stage and sex of the case of each call of a caller; None for a call that is in no case."""
    full = {pair for pair in pairs if all(pair)}
    possible = full
    if not full:
        stages, sexes = ({pair[place] for pair in pairs if pair[place]} for place in (0, 1))
        possible = {(stage, "") for stage in stages} or {("", sex) for sex in sexes}
        if max(len(stages), len(sexes)) < 2:
            possible = {("".join(stages), "".join(sexes))}
    placed = []
    for pair in pairs:
        fitting = [case for case in possible if all(a == b or not a or not b for a, b in zip(pair, case, strict=True))]
        placed.append(fitting[0] if len(fitting) == 1 else None if fitting else pair)
    return placed


def cases_of_callers(calls):
    """Return the assessed calls with `case` (None for none) and `later`, whether the case has an earlier one.

    The calls of one caller are in the order of `earlier_calls`; a caller without a number has one call.
    """
    rows = calls.loc[calls["level"].notna(), ["caller", "stage", "sex", "earlier_calls", "later_call", "level"]].copy()
    rows = rows.sort_values(["caller", "earlier_calls"])
    pair = rows[["stage", "sex"]].astype(object).where(rows[["stage", "sex"]].notna(), "")
    rows["pair"] = list(pair.itertuples(index=False, name=None))
    rows["case"] = [case for _, pairs in rows.groupby("caller")["pair"] for case in cases_of(list(pairs))]
    in_case = rows[rows["case"].notna()]
    rows["later"] = in_case.duplicated(["caller", "case"]).reindex(rows.index)
    return rows


@recomputes("01-clean", "cases")
def account(study):
    """Return what 01-clean says of the rule of a case."""
    rows = cases_of_callers(study.calls)
    gap = rows["pair"].map(lambda pair: not all(pair))
    none = rows["case"].isna()
    placed = ~none & (rows["case"] != rows["pair"])
    return pd.DataFrame(
        [
            {
                "with_gap": gap.sum(),
                "joined": placed.sum(),
                "unassignable": none.sum(),
                "callers": rows.loc[none, "caller"].nunique(),
                "completed": (placed & (rows["later"] == False)).sum(),  # noqa: E712 (it may be NaN)
                "cases": (rows["later"] == False).sum(),  # noqa: E712
                "gap_as_value": len(rows.drop_duplicates(["caller", "pair"])),
            }
        ]
    )
