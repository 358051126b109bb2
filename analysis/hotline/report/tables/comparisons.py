"""The printed tables of the comparisons between levels: numbers to text, in the order of a reader's questions.

They estimate nothing. Each leads with the size of the effect; what could not be compared stands at the end with its
reason, so that nothing is left out in silence.
"""

import pandas as pd

from hotline import text

NOT_COMPARED = "not compared: "


def tested(row):
    """A chi-square test of `reports` for running text, or why there is none."""
    if row.reason:
        return NOT_COMPARED + row.reason
    return text.chi_square(row.statistic, row.df1, row.p, row.n)


def _with_reasons(table, reasons, names, where):
    """Add a row for every variable that has a reason, in the column `where`, and dashes elsewhere."""
    rows = [
        dict.fromkeys(table.columns, "–") | {table.columns[0]: names[variable], where: NOT_COMPARED + reason}
        for variable, reason in reasons.items()
        if reason
    ]
    return pd.concat([table, pd.DataFrame(rows)], ignore_index=True) if rows else table


def effects(anova, groups, labels, names, units, reasons):
    """Differences of means: size, what it means in pairs, means (SD) by level, Welch's test.

    anova, groups: the results of 03-anova; labels: {level: label}; names: {variable: name in print}; units:
    {variable: what its values are divided by}; reasons: {variable: why it was not compared, or ""}.
    """
    anova = anova.sort_values("omega2", ascending=False, kind="stable")
    printed = {
        (row.variable, row.level): f"{text.number(row.mean / units[row.variable], 1)}"
        f" ({text.number(row.sd / units[row.variable], 1)})"
        for row in groups.itertuples()
    }
    table = pd.DataFrame(
        {
            "Variable": anova["variable"].map(names),
            "ω² (interval)": [text.estimate(*row, 3) for row in anova[["omega2", "omega2_low", "omega2_high"]].values],
            **{label: [printed[x, level] for x in anova["variable"]] for level, label in labels.items()},
            "Pairs": [text.percent(share, 0) for share in anova["superiority"]],
            "Welch F": [text.number(f, 1) for f in anova["welch_f"]],
            "p": [text.p_value(p) for p in anova["welch_p_holm"]],
            "n": [text.count(n) for n in anova["n"]],
        }
    )
    return _with_reasons(table, reasons, names, "ω² (interval)")


def checks(anova, names):
    """The other tests of the same means, each as statistic (p), and the other sizes of effect."""
    anova = anova.sort_values("omega2", ascending=False, kind="stable")
    tests = {"Fisher F": "fisher_f", "F*": "forsythe_f", "H": "kruskal_h", "Levene F": "levene_f"}
    return pd.DataFrame(
        {
            "Variable": anova["variable"].map(names),
            "η²": [text.number(share, 3) for share in anova["eta2"]],
            "f (interval)": [text.estimate(*row) for row in anova[["cohen_f", "cohen_f_low", "cohen_f_high"]].values],
            **{
                f"{head} (p)": [
                    f"{text.number(x, 1)} ({text.p_value(p)})" for x, p in anova[[name, f"{name[:-2]}_p"]].values
                ]
                for head, name in tests.items()
            },
        }
    )


def pairs(found, labels, names, units):
    """All pairs of levels: the difference and its interval by Games and Howell, and Tukey and Kramer's beside it."""
    unit = found["variable"].map(units)
    limits = found[["difference", "low", "high"]].div(unit, axis=0)
    other = found[["tukey_low", "tukey_high"]].div(unit, axis=0)
    return pd.DataFrame(
        {
            "Variable": found["variable"].map(names),
            "Levels": [f"{labels[row.second]} − {labels[row.first].lower()}" for row in found.itertuples()],
            "Difference (interval)": [text.estimate(*row) for row in limits.values],
            "SDs": [text.number(d) for d in found["d"]],
            "p": [text.p_value(p) for p in found["p"]],
            "Tukey-Kramer": [text.interval(*row) for row in other.values],
            # Two columns may not have one name; a blank is not printed.
            "p ": [text.p_value(p) for p in found["tukey_p"]],
            "n": [text.count(n) for n in found["n"]],
        }
    )


def _marked(association, p):
    """P-values in print, those from random tables with a dagger."""
    marks = association["monte_carlo"].map(lambda monte_carlo: "†" * int(monte_carlo))
    return association[p].map(text.p_value) + marks


def associations(association, names, reasons):
    """Categories against the level: Cramer's V, both chi-squares, both corrections."""
    table = pd.DataFrame(
        {
            "Variable": association["variable"].map(names),
            "V (interval)": [text.estimate(*row, 3) for row in association[["v_corrected", "v_low", "v_high"]].values],
            "Raw V": [text.number(x, 3) for x in association["v"]],
            "χ²": [text.number(x, 1) for x in association["chi2"]],
            "G²": [text.number(x, 1) for x in association["g2"]],
            "df": association["df"],
            "Holm": _marked(association, "p_holm"),
            "B.-H.": _marked(association, "p_fdr_bh"),
            "n": [text.count(n) for n in association["n"]],
        }
    )
    return _with_reasons(table, reasons, names, "V (interval)")


def trends(found, names):
    """Ordered categories: the share at risk from the first to the last, its change per step, and the tests."""
    if not len(found):
        return pd.DataFrame(
            {
                "Variable": ["none"],
                "Trend": [NOT_COMPARED + "no ordered variable has three categories, or nobody is well"],
            }
        )
    per_step = found[["slope", "low", "high"]] * 100
    return pd.DataFrame(
        {
            "Variable": found["variable"].map(names),
            "At risk, first to last": [
                f"{text.percent(first)} to {text.percent(last)}" for first, last in found[["first", "last"]].values
            ],
            "Points per step": [text.estimate(*row, 1) for row in per_step.values],
            "Trend χ²": [text.number(x, 1) for x in found["chi2"]],
            "p": [text.p_value(p) for p in found["p_holm"]],
            "Correlation": [text.number(r) for r in found["correlation"]],
            "Departure p": [text.p_value(p) for p in found["departure_p"]],
            "n": [text.count(n) for n in found["n"]],
        }
    )


def girls_and_boys(sex, names, reason=""):
    """Presenting problems: shares of girls (first) and boys, odds ratios of the problem and of being at risk.

    sex: what `contingency.mix_and_risk` returned, with `problem` and the adjusted p-values; names: {problem: label};
    reason: why girls and boys were not compared, or "".
    """
    if reason:
        return pd.DataFrame({"Presenting problem": ["all"], "Girls and boys": [NOT_COMPARED + reason]})
    table = {"Presenting problem": sex["problem"].map(names)}
    for head, column in (("Girls", "first"), ("Boys", "second")):
        table[head] = [text.percent(share) for share in sex[column] / sex[column].sum()]
    for head, kind in (("Problem: OR", "mix"), ("At risk: OR", "risk")):
        columns = [f"{kind}_{name}" for name in ("common", "low", "high")]
        table[head] = [text.estimate(*row) for row in sex[columns].values]
        mark = " " * (kind == "risk")  # two columns may not have one name; a blank is not printed
        table["p" + mark] = [text.p_value(p) for p in sex[f"{kind}_p_holm"]]
        table["Same" + mark] = [text.p_value(p) for p in sex[f"{kind}_homogeneity_p_holm"]]
    table["n"] = [text.count(n) for n in sex["first"] + sex["second"]]
    return pd.DataFrame(table)


def label_of(book):
    """Return the function label(by, group): a group's label in the codebook, or the number itself, as for a year."""
    return lambda by, group: book.label(by, group) if book[by].categorical else str(group)


def response_titles(book):
    """Return {name: how it is printed} for the measures of the response, in order, and for the groupings."""
    titles = {f"disposition_{code}": book.label("disposition", code) for code in book["disposition"].kept_codes}
    titles |= dict.fromkeys(("waiting", "follow_ups", "called_back", "in_a_week", "follow_up_days", "satisfaction"))
    titles |= {name: book[name].name_with_unit.removesuffix(" (calls)") for name in titles if name in book.fields}
    titles |= {"called_back": "Called back at all", "in_a_week": "Of those, within a week"}
    titles |= {name: book[name].title for name in ("disposition", "region", "district_type", "hour_band", "year")}
    return titles | {"answered": "Answered", "more": "More than a talk", "crisis": "Crisis intervention"}


def answering(shares, tests, titles, label):
    """Share of calls answered by group.

    shares: columns by, group, n, estimate, low and high; tests: rows with by, effect, p_holm and reason; titles: {by:
    name in print}; label(by, group): what is printed for a group.
    """
    tests = tests.set_index("by")
    return pd.DataFrame(
        {
            "By": shares["by"].map(titles),
            "Group": [label(by, group) for by, group in shares[["by", "group"]].values],
            "Answered (interval)": [text.percent_estimate(*row) for row in shares[["estimate", "low", "high"]].values],
            "V": [tests["reason"][by] or text.number(tests["effect"][by], 3) for by in shares["by"]],
            "p": [text.p_value(tests["p_holm"][by]) for by in shares["by"]],
            "Calls": [text.count(n) for n in shares["n"]],
        }
    )


def by_level(response, tests, titles, labels):
    """What was done for each level: shares and means with intervals, the size of the difference, and its test.

    response: columns measure, group (the level), kind ("share" or "mean"), n, estimate, low and high; tests: rows with
    measure, effect, p_holm and reason (one "disposition" for all of them); titles: {measure: name}; labels: {level:
    label}. The rows stand in the order of `titles`.
    """
    cells = response.assign(
        cell=[
            text.percent_estimate(*row) if kind == "share" else text.estimate(*row, 1 if row[0] >= 10 else 2)
            for kind, *row in response[["kind", "estimate", "low", "high"]].values
        ]
    )
    table = cells.pivot_table(index="measure", columns="group", values="cell", aggfunc="first", sort=False)
    table = table.reindex([name for name in titles if name in table.index], columns=list(labels))
    table = table.set_axis(list(labels.values()), axis=1)
    tests, n = tests.set_index("measure"), response.groupby("measure")["n"].sum()
    first = next((name for name in table.index if name.startswith("disposition_")), None)
    if not tests["reason"]["disposition"]:  # one test for all dispositions, printed in the first row
        tests = tests.rename(index={"disposition": first})
    table.insert(0, "Response", [titles[name] for name in table.index])
    tested = [name in tests.index for name in table.index]
    for head, column, words in (
        ("Effect", "effect", lambda x: text.number(x, 3)),
        ("p", "p_holm", text.p_value),
    ):
        table[head] = [words(tests[column][x]) if here else "" for x, here in zip(table.index, tested, strict=True)]
    table["n"] = [text.count(n[name]) for name in table.index]
    reasons = {x: reason for x, reason in tests["reason"].items() if reason}
    table = table[[name not in reasons for name in table.index]].reset_index(drop=True)
    return _with_reasons(table, reasons, titles, next(iter(labels.values())))


def fit_to_need(need, fit, labels, done):
    """Which response each level got, in cases, and how many got a weaker, the fitting and a stronger one.

    need: cases by level (rows) and by the level that their response fits; fit: the shares of 05-response in long form;
    labels: {level: its name in print}; done: {level: the response that fits it, in print}
    """
    rows = list(labels)
    table = need.loc[rows, list(done)].map(text.count).rename(columns=done)
    share = fit.set_index(["response", "level"])
    table["Weaker"] = [text.percent(share["estimate"]["Weaker", level]) for level in rows]
    fitting = share.loc["Fitting"].loc[rows, ["estimate", "low", "high"]]
    table["Fitting"] = [text.percent_estimate(*row) for row in fitting.values]
    table["Stronger"] = [text.percent(share["estimate"]["Stronger", level]) for level in rows]
    # Nothing is weaker than what fits the lowest level, nor stronger than what fits the highest.
    table.iloc[0, table.columns.get_loc("Weaker")] = table.iloc[-1, table.columns.get_loc("Stronger")] = "–"
    table.insert(0, "Level", list(labels.values()))
    return table.assign(n=[text.count(share["n"]["Fitting", level]) for level in rows])


def fit_note(agreement, interval):
    """What the table of the fit says below; agreement: as of `reports.weighted_kappa`; interval: in words."""
    kappa = agreement.reason or text.estimate(agreement.effect, agreement.low, agreement.high)
    return (
        "Fitting: counselling for the well, crisis intervention at high risk, and anything between in imbalance; share "
        f"of a level's cases {interval}. Weaker and stronger: than what fits. Weighted kappa of level and response: "
        f"{kappa}."
    )


def equality_note(covered, interval):
    """What the table of equality says below; covered: least share of the cases in strata that all groups have."""
    return (
        f"Shares {interval}. Answered: of all calls, standardized for year and for time of day or region. More than a "
        "talk: of all cases, standardized for level and school stage. Crisis intervention: of the cases at high risk, "
        "standardized for school stage. The strata that all groups have, on which this rests, hold "
        f"{text.percent(covered)} of the cases or more. p: Holm's correction. –: no such stratum."
    )


def equality(found, tests, titles, label):
    """Standardized shares of each group, and below each grouping the p-values of their being equal.

    found: {measure: result of `shares.standardized_shares` for all groupings, index (by, group)}; tests: rows
    with measure, by, p_holm and reason; titles: {by or measure: name}, in order; label(by, group): what is printed for
    a group.
    """
    tests, rows = tests.set_index(["measure", "by"]), {by: {} for by in titles if by in set(tests["by"])}
    for measure, each in found.items():
        for (by, group), row in each.iterrows():
            rows[by].setdefault(group, {})[measure] = row
    counted = {measure: "n" + " " * place for place, measure in enumerate(found)}  # a blank is not printed
    columns = [column for measure in found for column in (titles[measure], counted[measure])]
    table, empty = [], dict.fromkeys(columns, "")
    for by, groups in rows.items():
        for group, measures in groups.items():
            line = {"By": titles[by], "Group": label(by, group)} | empty
            for measure, row in measures.items():
                line[titles[measure]] = text.percent_estimate(row["share"], row["low"], row["high"])
                line[counted[measure]] = text.count(row["n"])
            table.append(line)
        tested = tests[tests.index.get_level_values("by") == by].droplevel("by")
        equal = {titles[measure]: text.p_value(p) for measure, p in tested["p_holm"].items()} if groups else {}
        words = "p of equal shares" if groups else NOT_COMPARED + tested["reason"].iloc[0]
        table.append({"By": titles[by], "Group": words} | empty | equal)
    return pd.DataFrame(table, columns=["By", "Group", *columns])
