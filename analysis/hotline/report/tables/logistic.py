"""The odds ratios of the logistic models as tables: tidy, printed, and as named values. Their plots are in `forest`."""

import numpy as np
import pandas as pd

from hotline import text
from hotline.report.values import Value, taken

KINDS = ("univariable", "multivariable")
NONE = "–"  # where there is no estimate; the note of the table says why


def side_by_side(alone, together, blocks, reference):
    """Return one row per category, references among them, with both kinds of odds ratio.

    alone      as `countstats.glm.design.univariable` gives it
    together   as `countstats.glm.design.odds_ratios` gives it
    blocks     {block: variables};  reference   {variable: code}
    Columns: block, variable, code, reference (True or False), n, events, and odds_ratio, low, high, p of
    each kind and whatever more the two have, with `_univariable` or `_multivariable` behind. A reference has an
    odds ratio of 1 and no more; a category that is not in the model has nothing (NaN).
    """
    ratios = alone.drop(columns=["n", "events"]).add_suffix("_univariable")
    table = alone[["n", "events"]].join([ratios, together.add_suffix("_multivariable")]).reset_index()
    is_reference = table["code"] == table["variable"].map(reference)
    block_of = {name: block for block, names in blocks.items() for name in names}
    table.insert(0, "block", table["variable"].map(block_of))
    table.insert(3, "reference", is_reference)
    table.loc[is_reference, "odds_ratio_multivariable"] = 1.0
    return table.astype({"n": int, "events": int})


def one_kind(table, kind):
    """The columns of one kind ("univariable" or "multivariable"), under their plain names."""
    other = KINDS[1 - KINDS.index(kind)]
    kept = table[[name for name in table if not name.endswith("_" + other)]]
    return kept.rename(columns=lambda name: name.removesuffix("_" + kind))


def estimates(table, kind, limits=("low", "high")):
    """The odds ratios of one kind as printed texts: "1.33 (1.21 to 1.46)", "1 (reference)" or a dash.

    limits   the columns of the limits, without the kind
    """
    texts = []
    for row in one_kind(table, kind).to_dict("records"):
        ends = [row[limit] for limit in limits]
        one = text.estimate(row["odds_ratio"], *ends) if np.isfinite(row["odds_ratio"]) else NONE
        texts.append("1 (reference)" if row["reference"] else one)
    return texts


def printed(table, book, event, level=0.95):
    """The table as the paper prints it: texts under headings, one row per category.

    A variable is named in the row of its first category only. `event` heads the column of events.
    """
    share = table["events"] / table["n"]
    return pd.DataFrame(
        {
            **_named(table, book),
            "Pupils": table["n"].map(text.count),
            event: table["events"].map(text.count) + " (" + share.map(text.percent) + ")",
            f"OR alone ({text.percent(level, 0)} CI)": estimates(table, "univariable"),
            f"OR together ({text.percent(level, 0)} CI)": estimates(table, "multivariable"),
            "p": table["p_multivariable"].map(text.p_value).where(~table["reference"], ""),
        }
    )


def printed_profiles(table, book, level=0.95):
    """Profile-likelihood intervals and average marginal effects as the paper prints them, without the references.

    table   as `side_by_side` gives it from tables that also have profile_low and profile_high and, of all variables
            together, effect, effect_low and effect_high, in shares
    """
    terms = table[~table["reference"]].reset_index(drop=True)
    percent, limits = text.percent(level, 0), ("profile_low", "profile_high")
    effects = 100 * terms[["effect_multivariable", "effect_low_multivariable", "effect_high_multivariable"]]
    points = [text.estimate(*each, 1) if np.isfinite(each[0]) else NONE for each in effects.to_numpy()]
    return pd.DataFrame(
        {
            **_named(terms, book),
            f"OR alone ({percent} profile CI)": estimates(terms, "univariable", limits),
            f"OR together ({percent} profile CI)": estimates(terms, "multivariable", limits),
            f"Marginal effect, points ({percent} CI)": points,
        }
    )


def _named(table, book):
    """The two columns that name a category; a variable is named in the row of its first category only."""
    title = table["variable"].map(lambda name: book[name].title).where(~table["variable"].duplicated(), "")
    return {
        "Variable": title,
        "Category": [book.label(*pair) for pair in zip(table["variable"], table["code"], strict=True)],
    }


def values(terms: pd.DataFrame, blocks: dict, book) -> dict[str, Value]:
    """Return named values of every category of every predictor.

    or_VARIABLE_CODE is the odds ratio of all variables together, ame_VARIABLE_CODE the average marginal effect in
    percentage points. What has no estimate prints a dash, so that a manuscript finds every name.

    Parameters
    ----------
    terms : the result "odds_ratios" (`side_by_side`, with the effects) without its references
    blocks : {block: variables}, all that could be estimated
    """
    values = {}
    for name in (name for names in blocks.values() for name in names):
        for code in book[name].kept_codes:
            row = {"variable": name, "code": code}
            for prefix, column, kind in (("or", "odds_ratio", "ratio"), ("ame", "effect", "points")):
                start = "" if column == "odds_ratio" else "effect_"
                limits = f"{start}low_multivariable", f"{start}high_multivariable"
                values[f"{prefix}_{name}_{code}"] = taken(
                    "odds_ratios", terms, row, f"{column}_multivariable", kind, interval=limits
                )
    return values


def printed_model(coefficients, book):
    """The coefficients of a model as the paper prints them, the intercept first.

    coefficients   as `countstats.glm.design.coefficients` gives them
    """
    terms = coefficients.reset_index()
    named = {"intercept": "Intercept"} | {name: book[name].title for name in terms["variable"].iloc[1:]}
    return pd.DataFrame(
        {
            "Variable": terms["variable"].map(named).where(~terms["variable"].duplicated(), ""),
            "Category": [book.label(name, code) if code else "" for name, code in coefficients.index],
            "Coefficient": terms["b"].map(lambda b: text.number(b, 4)),
            "Standard error": terms["se"].map(lambda se: text.number(se, 4)),
        }
    )
