"""What the logistic notebook prints beside odds ratios: blocks, variables, and one variable within another."""

import numpy as np
import pandas as pd

from hotline import text
from hotline.report.tables.logistic import NONE
from hotline.report.values import Source, Value, taken

R_SQUARED = {"mcfadden": "McFadden R²", "cox_snell": "Cox–Snell R²", "nagelkerke": "Nagelkerke R²", "tjur": "Tjur R²"}

SPARSE = "†"  # behind an odds ratio that rests on few


def printed_blocks(gains, level=0.95):
    """What each block adds: a row per measure, a column per block.

    gains   one row per block: block, chi_square, df, p, the four of R_SQUARED, and of the validation part auc, auc_low,
            auc_high, gain, gain_low, gain_high, gain_p
    """
    measures = ["χ² (df)", "p", *R_SQUARED.values(), f"AUC ({text.percent(level, 0)} CI)", "Change of the AUC"]
    columns = {"Measure": [*measures, "p of the change"]}
    for place, row in enumerate(gains.to_dict("records")):
        columns[f"and {row['block']}" if place else row["block"].capitalize()] = [
            f"{text.number(row['chi_square'], 1)} ({text.count(row['df'])})",
            text.p_value(row["p"]),
            *(text.number(row[name], 3) for name in R_SQUARED),
            text.estimate(row["auc"], row["auc_low"], row["auc_high"], 3),
            text.estimate(row["gain"], row["gain_low"], row["gain_high"], 3),
            text.p_value(row["gain_p"]),
        ]
    return pd.DataFrame(columns)


def printed_variables(tests, fractions, blocks, book, level=0.95):
    """Each variable's test beside all others, and attributable fractions where there are any.

    tests      as `logit.drop_each` gives it;  blocks  {block: variables}
    fractions  as `marginal.attributable_fractions` gives it, for some variables and some blocks
    """
    keys = [(block, key) for block, names in blocks.items() for key in [*names, *([block] if len(names) > 1 else [])]]
    keys = [(block, key) for block, key in keys if key in tests.index or key in fractions.index]
    test = [tests.loc[key] if key in tests.index else None for _, key in keys]
    part = [fractions.loc[key, ["fraction", "low", "high"]] if key in fractions.index else None for _, key in keys]
    return pd.DataFrame(
        {
            "Variable": [book[key].title if key in tests.index else f"All of {key}" for _, key in keys],
            "χ²": ["" if each is None else text.number(each["chi_square"], 1) for each in test],
            "df": ["" if each is None else text.count(each["df"]) for each in test],
            "p": ["" if each is None else text.p_value(each["p"]) for each in test],
            f"Attributable fraction ({text.percent(level, 0)} CI)": [
                "" if each is None else text.percent_estimate(*each) for each in part
            ],
        }
    )


def printed_within(within, reference, book, level=0.95):
    """Odds ratios within the categories of another variable: a row per category, a column per odds ratio.

    within   {variable: as `interaction.within` gives it}, all within the same other variable
    """
    columns = {}
    for name, table in within.items():
        base = book.label(name, reference[name]).lower()
        other = table.index.names[1]
        columns.setdefault(book[other].title, [book.label(other, code) for code in table.index.unique(1)])
        for code in table.index.unique(0):
            ends = table.loc[code, ["odds_ratio", "low", "high"]].to_numpy(float)
            marks = np.where(table.loc[code, "sparse"], SPARSE, "")
            columns[f"{book.label(name, code)} / {base}"] = [
                text.estimate(*each) + mark if np.isfinite(each[0]) else NONE
                for each, mark in zip(ends, marks, strict=True)
            ]
    return pd.DataFrame(columns or {"Category": ["The presenting problem is not among the predictors."]})


def interaction_note(crossed, within, least, book, other="problem"):
    """What the table of interactions says below.

    crossed   the tests, {variable: chi_square, df, p and kind};  within   as `printed_within` takes it
    least     fewer pupils than this with, or without, the event are called few
    """
    said = ["Wald intervals; all other predictors in the model. A dash: nobody with this combination."]
    if any(table["sparse"].any() for table in within.values()):
        said.append(
            f"{SPARSE}: fewer than {text.count(least)} pupils with, or without, the event, here or in the reference "
            "category; the interval is rough. Where there are such, the model has Firth's penalty."
        )
    said += [
        f"Interaction of {book[name].title.lower()} and {book[other].title.lower()}: "
        + (
            f"{test['kind']} {text.chi_square(test['chi_square'], test['df'], test['p'])}."
            if test["df"]
            else "not tested, since no further combination of their categories occurs."
        )
        for name, test in crossed.items()
    ]
    return " ".join(said)


def values(gains: pd.DataFrame, tests: pd.DataFrame, fractions: pd.DataFrame, crossed: dict, blocks: dict):
    """Return named values of the model, {name: Value}; what was left out prints a dash.

    gains     the result "blocks", as `printed_blocks` takes it
    tests     as `printed_variables` takes it;  crossed  as `interaction_note` takes it
    fractions as `printed_variables` takes it
    blocks    {block: variables}, all that could be in the model
    """
    values = {}
    for block in blocks:
        row = {"block": block}
        for column, kind in (("chi_square", "statistic"), ("df", "count"), ("p", "p"), ("gain_p", "p")):
            values[f"{column}_{block}"] = taken("blocks", gains, row, column, kind)
        for column in ("auc", "gain"):
            limits = f"{column}_low", f"{column}_high"
            values[f"{column}_{block}"] = taken("blocks", gains, row, column, "performance", interval=limits)
    for name in R_SQUARED:
        values[name] = taken("blocks", gains, {"block": gains["block"].iloc[-1]}, name, "effect")
    parts = fractions.reindex(columns=["fraction", "low", "high"]).rename_axis("variable").reset_index()
    for key in [*blocks, *(name for names in blocks.values() for name in names)]:
        row = {"variable": key}
        values[f"fraction_{key}"] = taken("variables", parts, row, "fraction", "share", interval=("low", "high"))
        if key in tests.index:
            test, source = tests.loc[key], Source("variables", row, "p")
            printed = text.chi_square(test["chi_square"], test["df"], test["p"])
            values[f"test_{key}"] = Value(test["p"], "test", text=printed, source=source)
    for name in ("sex", "stage"):
        test = crossed.get(name, {"df": 0})
        there = test["df"] > 0
        printed = text.chi_square(test["chi_square"], test["df"], test["p"]) if there else NONE
        values[f"{name}_by_problem"] = Value(test["p"] if there else None, "test", text=printed)
    return values
