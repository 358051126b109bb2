"""The tables of the logistic models: odds ratios, blocks, variables, interactions, and their named values."""

from collections.abc import Mapping

import pandas as pd
from pandas import DataFrame, Series

from hotline import text
from hotline.codebook import Codebook
from hotline.report.tables.table import NAMES, Column, Table, estimate, named, of_sentence, plain, with_interval
from hotline.report.values import Source, Value, taken
from hotline.text import DASH

KINDS = {"univariable": "OR alone", "multivariable": "OR together"}
R_SQUARED = {"mcfadden": "McFadden R²", "cox_snell": "Cox–Snell R²", "nagelkerke": "Nagelkerke R²", "tjur": "Tjur R²"}
SPARSE = "†"  # behind an odds ratio that rests on few
# Named values of each term: prefix of the name, of the columns with the limits, column, and kind.
TERM_VALUES = (("or", "", "odds_ratio_multivariable", "ratio"), ("ame", "effect_", "effect_multivariable", "points"))


def side_by_side(alone: DataFrame, together: DataFrame, blocks: Mapping, reference: Mapping) -> DataFrame:
    """Return one row per category, references among them, with both kinds of odds ratio.

    Parameters
    ----------
    alone : as `countstats.glm.wald.univariable` gives it
    together : as `countstats.glm.wald.odds_ratios` gives it
    blocks : {block: variables}
    reference : {variable: code}

    Returns
    -------
    pandas.DataFrame
        Columns block, variable, code, reference (True or False), n, events, and odds_ratio, low, high, p of each kind
        and whatever more the two have, with `_univariable` or `_multivariable` behind. A reference has an odds ratio
        of 1 and no more; a category that is not in the model has nothing (NaN).
    """
    ratios = alone.drop(columns=["n", "events"]).add_suffix("_univariable")
    table = alone[["n", "events"]].join([ratios, together.add_suffix("_multivariable")]).reset_index()
    is_reference = table["code"] == table["variable"].map(reference)
    block_of = {name: block for block, names in blocks.items() for name in names}
    table.insert(0, "block", table["variable"].map(block_of))
    table.insert(3, "reference", is_reference)
    table.loc[is_reference, "odds_ratio_multivariable"] = 1.0
    return table.astype({"n": int, "events": int})


def one_kind(table: DataFrame, kind: str) -> DataFrame:
    """Return the columns of one kind ("univariable" or "multivariable"), under their plain names."""
    others = tuple(f"_{other}" for other in KINDS if other != kind)
    kept = table[[name for name in table if not name.endswith(others)]]
    return kept.rename(columns=lambda name: name.removesuffix("_" + kind))


def _two_kinds(confidence, name, limits, **more):
    """Return the columns of odds ratios, each variable alone and all together; limits : the words before low."""
    return [
        estimate(f"odds_ratio_{kind}", with_interval(heading, confidence, name), "ratio", limits, f"_{kind}", **more)
        for kind, heading in KINDS.items()
    ]


def odds_ratios(table: DataFrame, book: Codebook, event: str, confidence: float = 0.95) -> Table:
    """Return odds ratios, each variable alone and all together, a row per category.

    table : as `side_by_side` gives it;  event : heads the column of events
    """
    words = table["reference"].map({True: "1 (reference)", False: None})
    columns = [
        *NAMES,
        Column("n", "Pupils", "count"),
        Column("events", event, "count", then=" ({share:share})"),
        *_two_kinds(confidence, "CI", "", instead="words"),
        Column("p_multivariable", "p", "p", blank="reference"),
    ]
    return Table(named(table, book).assign(share=table["events"] / table["n"], words=words), columns, once=["title"])


def profiles(table: DataFrame, book: Codebook, confidence: float = 0.95) -> Table:
    """Return profile-likelihood intervals and average marginal effects, without the references.

    table : as `side_by_side` gives it from tables that also have profile_low and profile_high and, of all variables
        together, effect, effect_low and effect_high, in shares
    """
    heading = with_interval("Marginal effect, points", confidence)
    effect = estimate("effect_multivariable", heading, "points", "effect_", "_multivariable")
    frame = named(table[~table["reference"]], book)
    return Table(frame, [*NAMES, *_two_kinds(confidence, "profile CI", "profile_"), effect], once=["title"])


def coefficients(table: DataFrame, book: Codebook) -> Table:
    """Return the coefficients of a model, the intercept first.

    table : as `countstats.glm.wald.coefficients` gives it
    """
    numbers = plain({"b": "Coefficient", "se": "Standard error"}, "coefficient")
    return Table(named(table.reset_index(), book), [*NAMES, *numbers], once=["title"])


def blocks(gains: DataFrame, confidence: float = 0.95) -> Table:
    """Return what each block adds to the model: a row per measure, a column per block.

    gains : one row per block: block, chi_square, df, p, the four of R_SQUARED, and of the validation part auc, auc_low,
        auc_high, gain, gain_low, gain_high, gain_p
    """
    names = [f"and {block}" if place else block.capitalize() for place, block in enumerate(gains["block"])]
    columns = [
        Column("name", "Measure"),
        Column("chi_square", "χ² (df)", "statistic", then=" ({df:count})"),
        Column("p", "p", "p"),
        *plain(R_SQUARED, "effect"),
        estimate("auc", with_interval("AUC", confidence), "performance", "auc_"),
        estimate("gain", "Change of the AUC", "performance", "gain_"),
        Column("gain_p", "p of the change", "p"),
    ]
    return Table(gains.assign(name=names), columns, transposed=True)


def variables(
    tests: DataFrame, fractions: DataFrame, blocks: Mapping, book: Codebook, confidence: float = 0.95
) -> Table:
    """Return each variable's test adjusted for all others, and attributable fractions where there are any.

    Parameters
    ----------
    tests : as `logit.drop_each` gives it, with `p_holm`
    fractions : as `marginal.attributable_fractions` gives it, for some variables and some blocks
    blocks : {block: variables}
    """
    keys = [key for block, names in blocks.items() for key in [*names, *([block] if len(names) > 1 else [])]]
    keys = [key for key in keys if key in tests.index or key in fractions.index]
    parts = fractions.reindex(columns=["fraction", "low", "high"])
    frame = tests[["chi_square", "df", "p", "p_holm"]].join(parts, how="outer").loc[keys]
    heading = with_interval("Attributable fraction", confidence)
    columns = [
        Column("name", "Variable"),
        Column("chi_square", "χ²", "statistic", absent=""),
        Column("df", "df", "count", absent=""),
        Column("p", "p", "p", absent=""),
        Column("p_holm", "p (Holm)", "p", absent=""),
        estimate("fraction", heading, "share", absent=""),
    ]
    return Table(
        frame.assign(name=[book[key].title if key in tests.index else f"All of {key}" for key in keys]), columns
    )


def interactions(within: Mapping, reference: Mapping, book: Codebook) -> Table:
    """Return odds ratios within the categories of another variable: a row per category, a column per odds ratio.

    within : {variable: as `interaction.within` gives it}, all within the same other variable
    """
    if not within:
        return of_sentence(Category="The presenting problem is not among the predictors.")
    codes = next(iter(within.values())).index.unique(1)
    frames = [Series([book.label(codes.name, code) for code in codes], codes, name="label")]
    ratios = []
    for name, table in within.items():
        for code in table.index.unique(0):
            key = f"{name}_{code}_"
            part = table.loc[code, ["odds_ratio", "low", "high"]]
            few = table.loc[code, "sparse"].map(lambda few: SPARSE if few else "")
            frames.append(part.assign(few=few).add_prefix(key))
            label = f"{book.label(name, code)} / {book.label(name, reference[name]).lower()}"
            ratios.append(estimate(f"{key}odds_ratio", label, "ratio", key, then=f"{{{key}few:text}}"))
    return Table(pd.concat(frames, axis=1), [Column("label", book[codes.name].title), *ratios])


def interaction_note(crossed: Mapping, within: Mapping, fewer_than: int, book: Codebook, other: str = "problem") -> str:
    """Return the note of the table of interactions.

    Parameters
    ----------
    crossed : the tests, {variable: chi_square, df, p and kind}
    within : as `interactions` takes it
    fewer_than : fewer pupils than this with, or without, the event are called few
    """
    sentences = ["Wald intervals; all other predictors in the model. A dash: no case with this combination."]
    if any(table["sparse"].any() for table in within.values()):
        sentences.append(
            f"{SPARSE}: fewer than {text.count(fewer_than)} pupils with, or without, the event, here or in the "
            "reference category; the interval is rough. Where there are such, the model has Firth's penalty."
        )
    sentences += [
        f"Interaction of {book[name].title.lower()} and {book[other].title.lower()}: "
        + (
            f"{test['kind']} {text.chi_square(test['chi_square'], test['df'], test['p'])}."
            if test["df"]
            else "not tested, since no further combination of their categories occurs."
        )
        for name, test in crossed.items()
    ]
    return " ".join(sentences)


def term_values(terms: DataFrame, blocks: Mapping, book: Codebook) -> dict[str, Value]:
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
            for prefix, start, column, kind in TERM_VALUES:
                limits = f"{start}low_multivariable", f"{start}high_multivariable"
                values[f"{prefix}_{name}_{code}"] = taken("odds_ratios", terms, row, column, kind, interval=limits)
    return values


def model_values(
    gains: DataFrame, tests: DataFrame, fractions: DataFrame, crossed: Mapping, blocks: Mapping
) -> dict[str, Value]:
    """Return named values of the model; what was left out prints a dash.

    Parameters
    ----------
    gains : the result "blocks", as `blocks` takes it
    tests, fractions : as `variables` takes them, the result "variables" together
    crossed : as `interaction_note` takes it
    blocks : {block: variables}, all that could be in the model
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
            values[f"test_{key}"] = tested(tests.loc[key], Source("variables", row, "p"))
    return values | {f"{name}_by_problem": tested(crossed.get(name, {})) for name in ("sex", "stage")}


def tested(test: Mapping, source: Source | None = None) -> Value:
    """Return the Value of a likelihood-ratio test (chi_square, df, p); a dash where it has no degree of freedom."""
    if not test.get("df", 0) > 0:
        return Value(None, "test", text=DASH)
    printed = text.chi_square(test["chi_square"], test["df"], test["p"])
    return Value(test["p"], "test", text=printed, source=source)
