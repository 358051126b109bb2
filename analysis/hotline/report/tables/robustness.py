"""What the robustness notebook prints: its analyses summed up, levels, variables, age and rare categories."""

import numpy as np
import pandas as pd

from hotline import text
from hotline.models.sensitivity import MAIN
from hotline.report.tables.logistic import NONE
from hotline.report.values import Value, taken

CLUSTERS = {"counsellor": ("Counsellors", "pupils"), "city": ("Cities", "pupils"), "calls": ("Callers", "calls")}


def ratio(row, ends=("b", "low", "high")):
    """Print the odds ratio of a row of coefficients with its interval; a dash where there is none."""
    values = np.exp(row[list(ends)].astype(float)) if row is not None else [np.nan]
    return text.estimate(*values) if np.isfinite(values).all() else NONE


def short(term, book):
    """A term in words: its category, with the variable where the category alone does not say enough."""
    variable, code = term
    label = book.label(variable, code)
    alike = [field for field in book if label in [each.en for each in field.codes]]
    return label.lower() if len(alike) == 1 else f"{book[variable].title.lower()}: {label.lower()}"


def printed_comparison(comparison, labels, sizes, book):
    """The comparison as the paper prints it, one row per analysis, the main one first.

    labels, sizes   {name: text}: what the analysis is, and of how many pupils or calls in how many clusters; for one
                    that could not be made, why
    """
    rows = []
    for name, label in labels.items():
        if name not in comparison.index:
            rows.append([label, sizes.get(name, "not estimated"), *[NONE] * 4])
            continue
        row = comparison.loc[name]
        main = name == MAIN
        changed = ", ".join(short(term, book) for term in row["changed_significance"]) or "none"
        rows.append(
            [
                label,
                sizes[name],
                NONE if main else f"{text.number(row['se_ratio'])} ({text.number(row['se_largest'])})",
                f"{text.number(row['change'])} ({short(row['at'], book)})" if row["at"] else NONE,
                f"{text.count(row['excludes_1'])} of {text.count(row['terms'])}",
                NONE if main else changed,
            ]
        )
    head = [
        "Analysis",
        "Pupils or calls (in clusters)",
        "SE ratio (largest)",
        "Largest change of an OR",
        "Terms excluding 1",
        "Changed significance",
    ]
    return pd.DataFrame(rows, columns=head)


def clusters_note(analyses, largest):
    """What the table of all analyses says below of those with clusters: degrees of freedom, and the largest cluster.

    analyses   {name: table of coefficients or None};  largest   {name: pupils or calls in the largest cluster}
    """
    said = []
    for name, (word, counted) in CLUSTERS.items():
        if analyses.get(name) is not None:
            df = analyses[name]["df"].iloc[1:]
            freedom = text.interval(df.min(), df.max(), 1)
            most = f"{text.count(largest[name])} {counted} in the largest"
            said.append(f"{word}: t with {freedom} degrees of freedom, {most}.")
    return " ".join(said)


def printed_levels(terms, tables, departing, book, level=0.95):
    """The ordinal and the multinomial model, a row per category.

    terms    [(variable, code)], without the intercept
    tables   {heading: table of coefficients by (variable, code), or None where the model has no finite estimates}
    departing   the tests of each variable's departures from proportional odds (`alternatives.ordinal_model`), or None
    """
    first = [place == 0 or term[0] != terms[place - 1][0] for place, term in enumerate(terms)]
    columns = {
        "Variable": [book[name].title if new else "" for new, (name, _) in zip(first, terms, strict=True)],
        "Category": [book.label(*term) for term in terms],
    }
    for heading, table in tables.items():
        columns[f"{heading} ({text.percent(level, 0)} CI)"] = [
            ratio(table.loc[term] if table is not None and term in table.index else None) for term in terms
        ]
    if departing is not None:
        p = departing["p_holm"].map(text.p_value)
        columns["p of departure"] = [p[name] if new else "" for new, (name, _) in zip(first, terms, strict=True)]
    return pd.DataFrame(columns)


def printed_variables(gvif, recorded, unknown, fmi, book, level=0.95):
    """Each variable's collinearity and gaps.

    gvif      as `collinearity.gvif` gives it
    recorded  Series: the share of the pupils for whom each variable is not recorded
    unknown   the coefficients of the codes "missing" against the reference, by (variable, code)
    fmi       Series: the largest fraction of missing information of each variable's terms
    """
    terms = [(name, "missing") for name in gvif.index]
    return pd.DataFrame(
        {
            "Variable": [book[name].title for name in gvif.index],
            "df": gvif["df"].map(text.count).tolist(),
            "GVIF": gvif["gvif"].map(text.number).tolist(),
            "GVIF^(1/(2 df))": gvif["gvif_per_df"].map(text.number).tolist(),
            "Not recorded": [text.percent(recorded[name]) for name in gvif.index],
            f"OR of not recorded ({text.percent(level, 0)} CI)": [
                ratio(unknown.loc[term] if term in unknown.index else None) for term in terms
            ],
            "Missing information": [text.percent(fmi.get(name, np.nan)) for name in gvif.index],
        }
    )


def printed_age(models):
    """The models with age and stage: a row per model, as `logit.compare` gives them."""
    if not len(models):
        return pd.DataFrame({"Beside the other predictors": ["Too few pupils have age and all predictors recorded."]})
    tested = [
        f"{text.chi_square(row.chi_square, row.df, row.p)}, against {row.against.lower()}" if row.df > 0 else ""
        for row in models.itertuples()
    ]
    return pd.DataFrame(
        {
            "Beside the other predictors": models["model"],
            "Coefficients": models["parameters"].map(lambda k: text.number(k, 0)),
            "AIC": models["aic"].map(lambda aic: text.number(aic, 1)),
            "Likelihood-ratio test": tested,
        }
    )


def printed_rare(rare, combinations, plain, penalised, limits, least, book, level=0.95):
    """Rare categories with their two odds ratios, and rare combinations by name, without what would count out a few.

    rare, combinations   as `sensitivity.rarest` and `rare_combinations` give them
    plain, penalised     coefficients by maximum likelihood and by Firth's penalty, by (variable, code)
    limits               low and high of the penalised profile for the sparse ones, on the scale of coefficients
    least                the count below which a combination is only said to be rarer
    """
    rows, combined, rarer = [], [], f"fewer than {text.count(least)}"
    for term, counts in rare.iterrows():
        second = penalised.loc[term].copy()
        if term in limits.index:
            second[["low", "high"]] = limits.loc[term, ["low", "high"]]
        first = ratio(plain.loc[term]) if term in plain.index else NONE
        label = f"{book[term[0]].title}: {book.label(*term).lower()}"
        rows.append([label, *map(text.count, counts[["n", "events", "others"]]), first, ratio(second)])
    for each in combinations.itertuples():
        codes = (each.first, each.code_first), (each.second, each.code_second)
        label = " and ".join(f"{book[name].title.lower()}: {book.label(name, code).lower()}" for name, code in codes)
        parts = [rarer if part < least else "the rest" for part in (each.events, each.others)]
        whole = rarer if each.n < least else text.count(each.n)
        combined.append([label[0].upper() + label[1:], whole, *parts, "", ""])
    percent = text.percent(level, 0)
    head = ["Category", "Pupils", "With the event", "Without", f"OR ({percent} CI)", f"OR by Firth ({percent} CI)"]
    return pd.DataFrame([*rows, *sorted(combined)], columns=head)


def levels_note(tables, test):
    """What the table of the levels says below: the test of proportional odds, and what has no estimates.

    tables   as `printed_levels` takes them;  test   the likelihood-ratio test of proportional odds, or None
    """
    said = ["Ordinal: one odds ratio for both cuts (at risk or not, high risk or not); the others: multinomial."]
    if test is not None:
        tested = text.chi_square(*test)
        said.append(f"Test that one is enough for all terms: {tested}.")
        said.append("p of departure: Wald's test by variable, after Holm.")
    else:
        said.append("Proportional odds could not be tested: the model with departures has no finite estimates here.")
    bare = [heading for heading, table in tables.items() if table is None]
    if bare:
        said.append(f"No finite estimates: {', '.join(bare)}, since a category is too rare in one of the levels.")
    return " ".join(said)


def rare_note(rare, infinite, least, book):
    """What the table of rare categories says below.

    rare   as `sensitivity.rarest` gives it;  infinite   as `separation.infinite_terms` does
    least  the count below which a category is called sparse
    """
    said = [
        f"Sparse: fewer than {text.count(least)} pupils with, or without, the event; "
        + (f"{text.count(rare['sparse'].sum())} of the categories are." if rare["sparse"].any() else "no category is.")
    ]
    named = [short(term, book) for term in infinite.index if term[0] != "intercept"]
    said.append(
        f"Separated, with an infinite estimate by maximum likelihood: {', '.join(named)}."
        if named
        else "No combination of terms tells anybody's outcome for certain (linear programme)."
    )
    said.append("Firth's intervals are Wald's; for sparse categories those of the penalised profile.")
    return " ".join(said)


def values(comparison: pd.DataFrame, test, ages: pd.DataFrame, gvif: pd.DataFrame, fmi: pd.Series, book):
    """Return named values of the robustness analyses, {name: Value}; a dash for what could not be made.

    comparison   as `sensitivity.compare` gives it;  test   of proportional odds, or None
    ages         as `logit.compare` gives it;  gvif, fmi   as `printed_variables` takes them
    """
    values, analyses = {}, comparison.rename_axis("analysis").reset_index()
    for name in ("firth", "counsellor", "city", "calls", "ordinal", "unknown", "imputed"):
        row = comparison.loc[name] if name in comparison.index else None
        for column in ("change", "se_ratio", "se_largest"):
            values[f"{name}_{column}"] = taken("comparison", analyses, {"analysis": name}, column, "ratio")
        at = short(row["at"], book) if row is not None and row["at"] else None
        values[f"{name}_at"] = Value(at, "text", text=at or NONE)
        changed = None if row is None else row["changed_significance"]
        printed = NONE if changed is None else ", ".join(short(term, book) for term in changed) or "none"
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
        return Value(None, "test", text=NONE)
    return Value(test["p"], "test", text=text.chi_square(test["chi_square"], test["df"], test["p"]))
