"""The tables of the robustness analyses: all side by side, levels, variables, age, rare categories, named values."""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import pandas as pd

from countstats.estimates import ChiSquare
from hotline import text
from hotline.codebook import MISSING, Codebook
from hotline.models.sensitivity import MAIN
from hotline.report.tables.logistic import NAMES
from hotline.report.tables.table import Column, Table
from hotline.report.values import Value, taken
from hotline.text import DASH

Term = tuple[str, str]  # variable and code
CLUSTERS = {"counsellor": ("Counsellors", "pupils"), "city": ("Cities", "pupils"), "calls": ("Callers", "calls")}


def _odds_ratios(coefficients, terms):
    """Return odds_ratio, low and high of some terms, in their order; NaN for one that has no finite estimate.

    coefficients : columns b, low and high by (variable, code), or None for a model without finite estimates
    """
    if coefficients is None:
        coefficients = pd.DataFrame(columns=["b", "low", "high"], index=pd.MultiIndex.from_tuples([], names=["", ""]))
    rows = coefficients[["b", "low", "high"]].reindex(pd.MultiIndex.from_tuples(terms))
    ratios = np.exp(rows.astype(float)).set_axis(["odds_ratio", "low", "high"], axis=1).reset_index(drop=True)
    return ratios[np.isfinite(ratios).all(axis=1)].reindex(ratios.index)


def _ratio(prefix, label, confidence, **more):
    """Return the column of odds ratios whose keys begin with a prefix."""
    limits = f"{prefix}low", f"{prefix}high"
    label = f"{label} ({text.percent(confidence, 0)} CI)"
    return Column(f"{prefix}odds_ratio", label, "ratio", interval=limits, **more)


def in_words(term: Term, book: Codebook) -> str:
    """Return a term in words: its category, with the variable where the category alone does not say enough."""
    variable, code = term
    label = book.label(variable, code)
    same_label = [field for field in book if label in [each.en for each in field.codes]]
    return label.lower() if len(same_label) == 1 else f"{book[variable].title.lower()}: {label.lower()}"


def _list_of(terms: Iterable[Term], book):
    """Return some terms in words, or that there are none."""
    return ", ".join(in_words(term, book) for term in terms) or "none"


def comparison(comparison: pd.DataFrame, labels: Mapping, sizes: Mapping, book: Codebook) -> Table:
    """Return all analyses against the main one, a row per analysis, the main one first.

    Parameters
    ----------
    comparison : as `sensitivity.compare` gives it
    labels : {analysis: what it is}
    sizes : {analysis: of how many pupils or calls in how many clusters; for one that could not be made, why}
    """
    frame = comparison.reindex(list(labels))
    made = frame["terms"].notna()
    frame = frame.assign(
        label=list(labels.values()),
        size=[sizes.get(name, "not estimated") for name in labels],
        at=[in_words(at, book) if there and at else None for at, there in zip(frame["at"], made, strict=True)],
        changed=[_list_of(terms, book) if there and name != MAIN else None
                 for name, terms, there in zip(frame.index, frame["changed_significance"], made, strict=True)],
    )  # fmt: skip
    frame.loc[MAIN, "se_ratio"] = np.nan  # it is the measure of the others
    frame["change"] = frame["change"].where(frame["at"].notna())
    return Table(
        frame,
        [
            Column("label", "Analysis"),
            Column("size", "Pupils or calls (in clusters)"),
            Column("se_ratio", "SE ratio (largest)", "ratio", brackets=("se_largest", "ratio")),
            Column("change", "Largest change of an OR", "ratio", brackets=("at", "text")),
            Column("excludes_1", "Terms excluding 1", "count", of="terms"),
            Column("changed", "Changed significance"),
        ],
    )


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


def levels(
    terms: Sequence[Term], tables: Mapping, departures: pd.DataFrame | None, book: Codebook, confidence: float = 0.95
) -> Table:
    """Return the ordinal and the multinomial model, a row per category.

    Parameters
    ----------
    terms : without the intercept
    tables : {heading: table of coefficients by (variable, code), or None where the model has no finite estimates}
    departures : the tests of each variable's departures from proportional odds, with `p_holm`, or None
    """
    parts = [_odds_ratios(table, terms).add_prefix(f"{heading}_") for heading, table in tables.items()]
    frame = pd.concat(parts, axis=1).assign(
        title=[book[name].title for name, _ in terms], label=[book.label(*term) for term in terms]
    )
    columns = [*NAMES, *(_ratio(f"{heading}_", heading, confidence) for heading in tables)]
    if departures is not None:
        frame["p"] = [departures["p_holm"][name] for name, _ in terms]
        columns.append(Column("p", "p of departure", "p"))
    return Table(frame, columns, once=["title", "p"])


def variables(
    gvif: pd.DataFrame,
    not_recorded: pd.Series,
    unknown: pd.DataFrame,
    fmi: pd.Series,
    book: Codebook,
    confidence: float = 0.95,
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
    titles = [book[name].title for name in gvif.index]
    frame = gvif.join(ratios).assign(title=titles, not_recorded=not_recorded, fmi=fmi)
    return Table(
        frame,
        [
            Column("title", "Variable"),
            Column("df", "df", "count"),
            Column("gvif", "GVIF", "ratio"),
            Column("gvif_per_df", "GVIF^(1/(2 df))", "ratio"),
            Column("not_recorded", "Not recorded", "share"),
            _ratio("", "OR of not recorded", confidence),
            Column("fmi", "Missing information", "share"),
        ],
    )


def age(models: pd.DataFrame) -> Table:
    """Return the models with age and stage: a row per model, as `logit.compare` gives them."""
    heading = "Beside the other predictors"
    if not len(models):
        sentence = pd.DataFrame({"model": ["Too few pupils have age and all predictors recorded."]})
        return Table(sentence, [Column("model", heading)])
    tests = [
        f"{text.chi_square(row.chi_square, row.df, row.p)}, against {row.against.lower()}" if row.df > 0 else ""
        for row in models.itertuples()
    ]
    return Table(
        models.assign(test=tests),
        [
            Column("model", heading),
            Column("parameters", "Coefficients", "count"),
            Column("aic", "AIC", "statistic"),
            Column("test", "Likelihood-ratio test"),
        ],
    )


def rare(
    rare: pd.DataFrame,
    combinations: pd.DataFrame,
    plain: pd.DataFrame,
    penalised: pd.DataFrame,
    limits: pd.DataFrame,
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
    terms = list(rare.index)
    profiled = penalised[["b", "low", "high"]].copy()
    profiled.update(limits[["low", "high"]])
    categories = rare.reset_index().assign(
        label=[f"{book[name].title}: {book.label(name, code).lower()}" for name, code in terms],
        combined=False,
        **_odds_ratios(plain, terms).add_prefix("plain_"),
        **_odds_ratios(profiled, terms).add_prefix("firth_"),
    )
    rarer = f"fewer than {text.count(fewer_than)}"
    combined = [
        {
            "label": _combination(each, book),
            "n_text": rarer if each.n < fewer_than else text.count(each.n),
            "events_text": rarer if each.events < fewer_than else "the rest",
            "others_text": rarer if each.others < fewer_than else "the rest",
            "combined": True,
        }
        for each in combinations.itertuples()
    ]
    keys = [*categories, "n_text", "events_text", "others_text"]
    rows = [*categories.to_dict("records"), *sorted(combined, key=lambda row: row["label"])]
    counts = {"n": "Pupils", "events": "With the event", "others": "Without"}
    return Table(
        pd.DataFrame(rows, columns=keys),
        [
            Column("label", "Category"),
            *(Column(key, heading, "count", instead=f"{key}_text") for key, heading in counts.items()),
            _ratio("plain_", "OR", confidence, blank="combined"),
            _ratio("firth_", "OR by Firth", confidence, blank="combined"),
        ],
    )


def _combination(row, book):
    """Return the two categories of a combination in words."""
    terms = (row.first, row.code_first), (row.second, row.code_second)
    label = " and ".join(f"{book[name].title.lower()}: {book.label(name, code).lower()}" for name, code in terms)
    return label[0].upper() + label[1:]


def levels_note(tables: Mapping, test: ChiSquare | None) -> str:
    """Return the note of the table of the levels: the test of proportional odds, and what has no estimates.

    tables : as `levels` takes them;  test : the likelihood-ratio test of proportional odds, or None
    """
    sentences = ["Ordinal: one odds ratio for both cuts (at risk or not, high risk or not); the others: multinomial."]
    if test is not None:
        tested = text.chi_square(*test)
        sentences.append(f"Test that one is enough for all terms: {tested}.")
        sentences.append("p of departure: Wald's test by variable, after Holm.")
    else:
        sentences.append(
            "Proportional odds could not be tested: the model with departures has no finite estimates here."
        )
    bare = [heading for heading, table in tables.items() if table is None]
    if bare:
        sentences.append(f"No finite estimates: {', '.join(bare)}, since a category is too rare in one of the levels.")
    return " ".join(sentences)


def rare_note(rare: pd.DataFrame, infinite: pd.Series, fewer_than: int, book: Codebook) -> str:
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
        else "No combination of terms tells anybody's outcome for certain (linear programme)."
    )
    return (
        f"Sparse: fewer than {text.count(fewer_than)} pupils with, or without, the event; {sparse} {separated} "
        "Firth's intervals are Wald's; for sparse categories those of the penalised profile."
    )


def values(
    comparison: pd.DataFrame,
    test: ChiSquare | None,
    ages: pd.DataFrame,
    gvif: pd.DataFrame,
    fmi: pd.Series,
    book: Codebook,
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
    values["proportional"] = _tested({} if test is None else test._asdict())
    for key, row in zip(
        ("curve", "beside_stage"), [*ages[ages["against"] != ""].to_dict("records"), {}, {}], strict=False
    ):
        values[f"age_{key}"] = _tested(row if row.get("df", 0) > 0 else {})
    values["gvif_largest"] = Value(gvif["gvif_per_df"].max(), "ratio")
    values["fmi_largest"] = Value(fmi.max(), "share")
    return values


def _tested(test):
    """Return the Value of a likelihood-ratio test (chi_square, df, p); a dash for none."""
    if not len(test):
        return Value(None, "test", text=DASH)
    return Value(test["p"], "test", text=text.chi_square(test["chi_square"], test["df"], test["p"]))
