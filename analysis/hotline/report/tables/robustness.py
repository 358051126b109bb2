"""The tables of the robustness analyses: all side by side, levels, variables, age, rare categories, named values."""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import pandas as pd
from pandas import DataFrame, Series

from countstats.estimates import ChiSquare
from hotline import text
from hotline.codebook import MISSING, Codebook
from hotline.models.sensitivity import MAIN
from hotline.report.tables.logistic import tested
from hotline.report.tables.table import NAMES, Column, Table, estimate, named, of_sentence, plain, with_interval
from hotline.report.values import Value, taken
from hotline.text import DASH

Term = tuple[str, str]  # variable and code
CLUSTERS = {"counsellor": ("Counsellors", "pupils"), "city": ("Cities", "pupils"), "calls": ("Callers", "calls")}


def _odds_ratios(coefficients, terms):
    """Return odds_ratio, low and high of some terms, in their order; NaN for one that has no finite estimate.

    coefficients : columns b, low and high by (variable, code), or None for a model without finite estimates
    """
    if coefficients is None:
        coefficients = DataFrame(columns=["b", "low", "high"], index=pd.MultiIndex.from_tuples([], names=["", ""]))
    rows = coefficients[["b", "low", "high"]].reindex(pd.MultiIndex.from_tuples(terms))
    ratios = np.exp(rows.astype(float)).set_axis(["odds_ratio", "low", "high"], axis=1).reset_index(drop=True)
    return ratios[np.isfinite(ratios).all(axis=1)].reindex(ratios.index)


def _ratio(prefix, label, confidence, **more):
    """Return the column of odds ratios whose keys begin with a prefix."""
    return estimate(f"{prefix}odds_ratio", with_interval(label, confidence), "ratio", prefix, **more)


def in_words(term: Term, book: Codebook) -> str:
    """Return a term in words: its category, with the variable where the category alone does not say enough."""
    variable, code = term
    label = book.label(variable, code)
    same_label = [field for field in book if label in [each.en for each in field.codes]]
    return label.lower() if len(same_label) == 1 else f"{book[variable].title.lower()}: {label.lower()}"


def _list_of(terms: Iterable[Term], book):
    """Return some terms in words, or that there are none."""
    return ", ".join(in_words(term, book) for term in terms) or "none"


def comparison(comparison: DataFrame, labels: Mapping, sizes: Mapping, book: Codebook) -> Table:
    """Return all analyses against the main one, a row per analysis, the main one first.

    Parameters
    ----------
    comparison : as `sensitivity.compare` gives it
    labels : {analysis: what it is}
    sizes : {analysis: of how many pupils or calls in how many clusters; for one that could not be made, why}
    """
    frame = comparison.reindex(list(labels))
    frame = frame.assign(
        label=list(labels.values()),
        size=[sizes.get(name, "not estimated") for name in labels],
        at=[in_words(at, book) if isinstance(at, tuple) and at else None for at in frame["at"]],
        changed=[_list_of(terms, book) if isinstance(terms, list) else None for terms in frame["changed_significance"]],
    )
    frame.loc[MAIN, ["se_ratio", "changed"]] = None  # it is the measure of the others
    frame["change"] = frame["change"].where(frame["at"].notna())
    columns = [
        *plain({"label": "Analysis", "size": "Pupils or calls (in clusters)"}),
        Column("se_ratio", "SE ratio (largest)", "ratio", then=" ({se_largest:ratio})"),
        Column("change", "Largest change of an OR", "ratio", then=" ({at:text})"),
        Column("excludes_1", "Terms excluding 1", "count", then=" of {terms:count}"),
        Column("changed", "Changed significance"),
    ]
    return Table(frame, columns)


def clusters_note(analyses: Mapping, largest: Mapping) -> str:
    """Return the sentences on the analyses with clusters: degrees of freedom, and the largest cluster.

    analyses : {name: table of coefficients or None};  largest : {name: pupils or calls in the largest cluster}
    """
    sentences = []
    for name, (word, counted) in CLUSTERS.items():
        if analyses.get(name) is not None:
            df = analyses[name]["df"].iloc[1:]
            freedom = text.interval(df.min(), df.max(), 1)
            most = f"{text.count(largest[name])} {counted} in the largest"
            sentences.append(f"{word}: t with {freedom} degrees of freedom, {most}.")
    return " ".join(sentences)


def imputed(
    terms: Sequence[Term], complete: DataFrame, pooled: DataFrame | None, book: Codebook, confidence: float = 0.95
) -> Table:
    """Return the odds ratios of complete cases beside those with gaps imputed, a row per category.

    Parameters
    ----------
    terms : without the intercept
    complete : the coefficients of the main analysis, by (variable, code)
    pooled : those of the completed tables, with `fmi`, the fraction of missing information; None without any
    """
    by_prefix = {"complete_": complete, "imputed_": pooled}
    ratios = [_odds_ratios(table, terms).add_prefix(prefix) for prefix, table in by_prefix.items()]
    frame = named(pd.concat([DataFrame(terms, columns=["variable", "code"]), *ratios], axis=1), book)
    frame["fmi"] = np.nan if pooled is None else pooled["fmi"].reindex(pd.MultiIndex.from_tuples(terms)).to_numpy()
    columns = [
        *NAMES,
        _ratio("complete_", "Complete cases", confidence),
        _ratio("imputed_", "Imputed", confidence),
        Column("fmi", "Missing information", "share"),
    ]
    return Table(frame, columns, once=["title"])


def levels(
    terms: Sequence[Term], tables: Mapping, departures: DataFrame | None, book: Codebook, confidence: float = 0.95
) -> Table:
    """Return the ordinal and the multinomial model, a row per category.

    Parameters
    ----------
    terms : without the intercept
    tables : {heading: table of coefficients by (variable, code), or None where the model has no finite estimates}
    departures : the tests of each variable's departures from proportional odds, with `p_holm`, or None
    """
    odds_ratios = [_odds_ratios(table, terms).add_prefix(f"{heading}_") for heading, table in tables.items()]
    frame = named(pd.concat([DataFrame(terms, columns=["variable", "code"]), *odds_ratios], axis=1), book)
    across = [*NAMES, *(_ratio(f"{heading}_", heading, confidence) for heading in tables)]
    if departures is not None:
        frame["p"] = frame["variable"].map(departures["p_holm"])
        across += [Column("p", "p of departure", "p")]
    return Table(frame, across, once=["title", "p"])


def levels_note(tables: Mapping, test: ChiSquare | None) -> str:
    """Return the note of the table of the levels: the test of proportional odds, and what has no estimates.

    tables : as `levels` takes them;  test : the likelihood-ratio test of proportional odds, or None
    """
    sentences = ["Ordinal: one odds ratio for both cuts (at risk or not, high risk or not); the others: multinomial."]
    if test is not None:
        sentences += [f"Test that one is enough for all terms: {text.chi_square(*test)}."]
        sentences += ["p of departure: Wald's test by variable, after Holm."]
    else:
        reason = "the model with departures has no finite estimates here"
        sentences += [f"Proportional odds could not be tested: {reason}."]
    if bare := [heading for heading, table in tables.items() if table is None]:
        sentences += [f"No finite estimates: {', '.join(bare)}, since a category is too rare in one of the levels."]
    return " ".join(sentences)


def variables(
    gvif: DataFrame, not_recorded: Series, unknown: DataFrame, fmi: Series, book: Codebook, confidence: float = 0.95
) -> Table:
    """Return each variable's collinearity and gaps.

    Parameters
    ----------
    gvif : as `interaction.gvif` gives it
    not_recorded : the share of the pupils for whom each variable is not recorded
    unknown : the coefficients of the codes "missing" against the reference, by (variable, code)
    fmi : the largest fraction of missing information of each variable's terms
    """
    ratios = _odds_ratios(unknown, [(name, MISSING) for name in gvif.index]).set_axis(gvif.index)
    frame = gvif.join(ratios).assign(
        title=[book[name].title for name in gvif.index], not_recorded=not_recorded, fmi=fmi
    )
    columns = [
        Column("title", "Variable"),
        Column("df", "df", "count"),
        *plain({"gvif": "GVIF", "gvif_per_df": "GVIF^(1/(2 df))"}, "ratio"),
        Column("not_recorded", "Not recorded", "share"),
        _ratio("", "OR of not recorded", confidence),
        Column("fmi", "Missing information", "share"),
    ]
    return Table(frame, columns)


def age(models: DataFrame) -> Table:
    """Return the models with age and stage: a row per model, as `logit.compare` gives them."""
    heading = "Next to the other predictors"
    if not len(models):
        return of_sentence(**{heading: "Too few pupils have age and all predictors recorded."})
    tests = [
        f"{text.chi_square(row.chi_square, row.df, row.p)}, against {row.against.lower()}" if row.df > 0 else ""
        for row in models.itertuples()
    ]
    columns = [
        Column("model", heading),
        Column("parameters", "Coefficients", "count"),
        Column("aic", "AIC", "statistic"),
        Column("test", "Likelihood-ratio test"),
    ]
    return Table(models.assign(test=tests), columns)


def rare(
    rare: DataFrame,
    combinations: DataFrame,
    plain: DataFrame,
    penalised: DataFrame,
    limits: DataFrame,
    fewer_than: int,
    book: Codebook,
    confidence: float = 0.95,
) -> Table:
    """Return rare categories with their two odds ratios, and rare combinations without what would count out a few.

    Parameters
    ----------
    rare, combinations : as `sensitivity.rarest` and `rare_combinations` give them
    plain, penalised : coefficients by maximum likelihood and by Firth's penalty, by (variable, code)
    limits : low and high of the penalised profile for the sparse ones, on the scale of coefficients
    fewer_than : the count below which a combination is only said to be rarer
    """
    profiled = penalised[["b", "low", "high"]].copy()
    profiled.update(limits[["low", "high"]])
    categories = rare.reset_index().assign(
        label=[f"{book[name].title}: {book.label(name, code).lower()}" for name, code in rare.index],
        combined=False,
        **_odds_ratios(plain, rare.index).add_prefix("plain_"),
        **_odds_ratios(profiled, rare.index).add_prefix("firth_"),
    )
    rarer, combined = f"fewer than {text.count(fewer_than)}", []
    for each in combinations.itertuples():
        terms = (each.first, each.code_first), (each.second, each.code_second)
        label = " and ".join(f"{book[name].title.lower()}: {book.label(name, code).lower()}" for name, code in terms)
        printed = {"n": text.count(each.n), "events": "the rest", "others": "the rest"}
        printed = {f"{key}_text": rarer if getattr(each, key) < fewer_than else printed[key] for key in printed}
        combined.append({"label": label[0].upper() + label[1:], "combined": True, **printed})
    keys = [*categories, "n_text", "events_text", "others_text"]
    rows = [*categories.to_dict("records"), *sorted(combined, key=lambda row: row["label"])]
    counts = {"n": "Pupils", "events": "With the event", "others": "Without"}
    columns = [
        Column("label", "Category"),
        *(Column(key, heading, "count", instead=f"{key}_text") for key, heading in counts.items()),
        _ratio("plain_", "OR", confidence, blank="combined"),
        _ratio("firth_", "OR by Firth", confidence, blank="combined"),
    ]
    return Table(DataFrame(rows, columns=keys), columns)


def rare_note(rare: DataFrame, infinite: Series, fewer_than: int, book: Codebook) -> str:
    """Return the note of the table of rare categories.

    Parameters
    ----------
    rare : as `sensitivity.rarest` gives it
    infinite : as `separation.infinite_terms` gives it
    fewer_than : the count below which a category is called sparse
    """
    sparse = f"{text.count(rare['sparse'].sum())} of the categories are." if rare["sparse"].any() else "no category is."
    terms = [term for term in infinite.index if term[0] != "intercept"]
    separated = (
        f"Separated, with an infinite estimate by maximum likelihood: {_list_of(terms, book)}."
        if terms
        else "No combination of terms determines the outcome of a pupil (linear programme)."
    )
    return (
        f"Sparse: fewer than {text.count(fewer_than)} pupils with, or without, the event; {sparse} {separated} "
        "Firth's intervals are Wald's; for sparse categories those of the penalised profile."
    )


def values(
    comparison: DataFrame, test: ChiSquare | None, ages: DataFrame, gvif: DataFrame, fmi: Series, book: Codebook
) -> dict[str, Value]:
    """Return named values of the robustness analyses; a dash for what could not be made.

    Parameters
    ----------
    comparison : as `sensitivity.compare` gives it, the result "comparison"
    test : of proportional odds, or None
    ages : as `logit.compare` gives it
    gvif, fmi : as `variables` takes them
    """
    values, analyses = {}, comparison.rename_axis("analysis").reset_index()
    for name in ("firth", "counsellor", "city", "calls", "ordinal", "unknown", "imputed"):
        row = comparison.loc[name] if name in comparison.index else None
        for column in ("change", "se_ratio", "se_largest"):
            values[f"{name}_{column}"] = taken("comparison", analyses, {"analysis": name}, column, "ratio")
        at = in_words(row["at"], book) if row is not None and row["at"] else None
        values[f"{name}_at"] = Value(at, "text", text=at or DASH)
        changed = None if row is None else row["changed_significance"]
        printed = DASH if changed is None else _list_of(changed, book)
        values[f"{name}_changed_significance"] = Value(None if changed is None else len(changed), "text", text=printed)
    ratio = comparison.drop(index=[MAIN, "ordinal"], errors="ignore")["change"]
    values["largest_change"] = Value(ratio.max(), "ratio")
    values["proportional"] = tested({} if test is None else test._asdict())
    rows = [*ages[ages["against"] != ""].to_dict("records"), {}, {}]
    values |= {f"age_{key}": tested(row) for key, row in zip(("curve", "with_stage"), rows, strict=False)}
    values["gvif_largest"] = Value(gvif["gvif_per_df"].max(), "ratio")
    values["fmi_largest"] = Value(fmi.max(), "share")
    return values


def spread_values(spread: DataFrame) -> dict[str, Value]:
    """Return named values of how far counsellors and cities differ; a dash for what could not be estimated.

    Parameters
    ----------
    spread : as `sensitivity.spreads` gives it, the result "spread"
    """
    values, rows = {}, spread.reset_index()
    for name in ("counsellor", "city"):
        row = {"cluster": name}
        for key, kind in (("median_odds_ratio", "ratio"), ("icc", "share")):
            limits = f"{key}_low", f"{key}_high"
            values[f"{name}_{key}"] = taken("spread", rows, row, key, kind, interval=limits)
        values[f"{name}_spread_p"] = taken("spread", rows, row, "p", "p")
    return values
