"""The printed tables of the comparisons between levels, and of the hotline's response.

They estimate nothing. Each leads with the size of the effect; what could not be compared stands at the end with its
reason, so that nothing is left out in silence.
"""

from collections.abc import Callable, Mapping

import pandas as pd
from pandas import DataFrame

from countstats.hypothesis_tests import Test
from hotline import text
from hotline.codebook import Codebook
from hotline.report.tables.table import Column, Table, estimate, of_sentence, plain

NOT_COMPARED = "not compared: "
NAME, P, N = Column("name", "Variable"), Column("p", "p", "p"), Column("n", "n", "count")


def tested(test: Test) -> str:
    """Return a chi-square test of `hypothesis_tests` for running text, or why there is none."""
    return NOT_COMPARED + test.reason if test.reason else text.chi_square(test.statistic, test.df1, test.p, test.n)


def _named(frame, names, reasons=None, key="variable"):
    """Add how each row is called in print, and a row for every variable that has a reason why it was not compared."""
    rows = [{key: name, "reason": NOT_COMPARED + reason} for name, reason in (reasons or {}).items() if reason]
    frame = pd.concat([frame.drop(columns="reason", errors="ignore"), DataFrame(rows)], ignore_index=True)
    return frame.assign(name=frame[key].map(names), reason=frame.get("reason"))


def _wide(frame, rows, across, values):
    """Return values in a column for each of them and each group: mean_well, mean_high_risk and so on."""
    wide = frame.pivot(index=rows, columns=across, values=values)
    return wide.set_axis([f"{value}_{group}" for value, group in wide.columns], axis=1)


def effects(
    anova: DataFrame, groups: DataFrame, labels: Mapping, names: Mapping, units: Mapping, reasons: Mapping
) -> Table:
    """Return differences of means: size, means (SD) by level, what it means in pairs, Welch's test.

    Parameters
    ----------
    anova, groups : the results of 03-anova
    labels : {level: label}
    names : {variable: its name in print}
    units : {variable: what its values are divided by}
    reasons : {variable: why it was not compared, or ""}
    """
    scaled = groups[["mean", "sd"]].div(groups["variable"].map(units), axis=0)
    moments = _wide(groups.assign(**scaled), "variable", "level", ["mean", "sd"])
    frame = anova.sort_values("omega2", ascending=False, kind="stable").join(moments, on="variable")
    columns = [
        NAME,
        estimate("omega2", "ω² (interval)", "effect", "omega2_", instead="reason"),
        *(Column(f"mean_{level}", labels[level], "mean", then=f" ({{sd_{level}:mean}})") for level in labels),
        estimate("superiority", "Pairs (interval)", "share", "superiority_", digits=0),
        Column("welch_f", "Welch F", "statistic"),
        Column("welch_p_holm", "p", "p"),
        N,
    ]
    return Table(_named(frame, names, reasons), columns)


def checks(anova: DataFrame, names: Mapping) -> Table:
    """Return the other tests of the same means, each as statistic (p), and the other sizes of effect."""
    tests = {"fisher_f": "Fisher F", "forsythe_f": "F*", "kruskal_h": "H", "levene_f": "Levene F"}
    columns = [
        NAME,
        Column("eta2", "η²", "effect"),
        estimate("cohen_f", "f (interval)", "effect", "cohen_f_", digits=2),
        *(Column(key, f"{tests[key]} (p)", "statistic", then=f" ({{{key[:-1]}p:p}})") for key in tests),
    ]
    return Table(_named(anova.sort_values("omega2", ascending=False, kind="stable"), names), columns)


def pairs(differences: DataFrame, labels: Mapping, names: Mapping, units: Mapping) -> Table:
    """Return all pairs of levels: difference and interval by Games and Howell, next to Tukey and Kramer's."""
    lengths = differences[["difference", "low", "high", "tukey_low", "tukey_high"]]
    scaled = lengths.div(differences["variable"].map(units), axis=0)
    levels = [f"{labels[row.second]} − {labels[row.first].lower()}" for row in differences.itertuples()]
    columns = [
        NAME,
        Column("levels", "Levels"),
        estimate("difference", "Difference (interval)", "difference"),
        Column("d", "SDs", "difference"),
        P,
        Column("tukey_low", "Tukey-Kramer", "difference", to="tukey_high"),
        Column("tukey_p", "p", "p"),
        N,
    ]
    return Table(_named(differences.assign(**scaled, levels=levels), names), columns, once=["name"])


def associations(association: DataFrame, names: Mapping, reasons: Mapping) -> Table:
    """Return categories against the level: Cramer's V, both chi-squares, both corrections."""
    frame = association.assign(random=association["monte_carlo"].map(lambda random: "†" if random else ""))
    columns = [
        NAME,
        estimate("v_corrected", "V (interval)", "effect", "v_", instead="reason"),
        Column("v", "Raw V", "effect"),
        *plain({"chi2": "χ²", "g2": "G²"}, "statistic"),
        Column("df", "df", "count"),
        *plain({"p_holm": "Holm", "p_fdr_bh": "B.-H."}, "p", then="{random:text}"),
        N,
    ]
    return Table(_named(frame, names, reasons), columns)


def trends(trends: DataFrame, names: Mapping) -> Table:
    """Return ordered categories: the share at risk from the first to the last, its change per step, and the tests."""
    if not len(trends):
        reason = NOT_COMPARED + "no ordered variable has three categories, or no case is well"
        return of_sentence(Variable="none", Trend=reason)
    columns = [
        NAME,
        Column("first", "At risk, first to last", "share", to="last"),
        estimate("slope", "Points per step", "points"),
        Column("chi2", "Trend χ²", "statistic"),
        Column("p_holm", "p", "p"),
        Column("correlation", "Correlation", "difference"),
        Column("departure_p", "Departure p", "p"),
        N,
    ]
    return Table(_named(trends, names), columns)


def girls_and_boys(sex: DataFrame, names: Mapping, reason: str = "") -> Table:
    """Return presenting problems: shares of girls and boys, odds ratios of the problem and of being at risk.

    Parameters
    ----------
    sex : what `tables.mix_and_risk` returned, girls first, with `problem` and the adjusted p-values
    names : {problem: label}
    reason : why girls and boys were not compared, or ""
    """
    if reason:
        return of_sentence(**{"Presenting problem": "all", "Girls and boys": NOT_COMPARED + reason})
    counts = sex[["first", "second"]]
    frame = sex.assign(girls=counts["first"] / counts["first"].sum(), boys=counts["second"] / counts["second"].sum())
    ratios = []
    for kind, label in (("mix", "Problem: OR"), ("risk", "At risk: OR")):
        ratios += [estimate(f"{kind}_common", label, "ratio", f"{kind}_")]
        ratios += plain({f"{kind}_p_holm": "p", f"{kind}_homogeneity_p_holm": "Same"}, "p")
    frame = _named(frame.assign(n=counts.sum(axis=1)), names, key="problem")
    shares = plain({"girls": "Girls", "boys": "Boys"}, "share")
    return Table(frame, [Column("name", "Presenting problem"), *shares, *ratios, N])


def group_labels(book: Codebook) -> Callable[[str, str], str]:
    """Return the function label(by, group): a group's label in the codebook, or the number itself, as for a year."""
    return lambda by, group: book.label(by, group) if book[by].categorical else str(group)


def response_titles(book: Codebook) -> dict[str, str]:
    """Return {name: its name in print} for the measures of the response, in order, and for the groupings."""
    titles = {f"disposition_{code}": book.label("disposition", code) for code in book["disposition"].kept_codes}
    titles |= dict.fromkeys(("waiting", "follow_ups", "called_back", "in_a_week", "follow_up_days", "satisfaction"))
    titles |= {name: book[name].name_with_unit.removesuffix(" (calls)") for name in titles if name in book.fields}
    titles |= {"called_back": "Called back at all", "in_a_week": "Of those, within a week"}
    titles |= {name: book[name].title for name in ("disposition", "region", "district_type", "hour_band", "year")}
    return titles | {"answered": "Answered", "more": "More than a talk", "crisis": "Crisis intervention"}


def answering(shares: DataFrame, tests: DataFrame, titles: Mapping, label: Callable) -> Table:
    """Return the share of calls answered by group.

    Parameters
    ----------
    shares : columns by, group, n, estimate, low and high
    tests : columns by, effect, low, high, p_holm and reason
    titles : {by: its name in print}
    label : label(by, group) is what is printed for a group
    """
    names = [label(by, group) for by, group in shares[["by", "group"]].values]
    sizes = tests[["by", "effect", "low", "high", "p_holm", "reason"]]
    frame = shares.merge(sizes.rename(columns={"low": "v_low", "high": "v_high"}), on="by", how="left")
    columns = [
        *plain({"title": "By", "name": "Group"}),
        estimate("estimate", "Answered (interval)", "share"),
        estimate("effect", "V (interval)", "effect", "v_", instead="reason"),
        Column("p_holm", "p", "p"),
        Column("n", "Calls", "count"),
    ]
    frame = frame.assign(title=frame["by"].map(titles), name=names)
    return Table(frame, columns, once=["title", "effect", "p_holm"])


def by_level(response: DataFrame, tests: DataFrame, titles: Mapping, labels: Mapping) -> Table:
    """Return what was done for each level: shares and means with intervals, the size of the difference, and its test.

    Parameters
    ----------
    response : columns measure, group (the level), kind ("share" or "mean"), n, estimate, low and high
    tests : columns measure, effect, low, high, p_holm and reason; one row "disposition" for all of them
    titles : {measure: its name in print}, in the order of the rows
    labels : {level: label}
    """
    printed = [
        text.quantity("share" if row.kind == "share" else "amount", row.estimate, (row.low, row.high))
        for row in response.itertuples()
    ]
    frame = response.assign(printed=printed).pivot(index="measure", columns="group", values="printed")
    frame = frame.reindex(columns=list(labels)).join(response.groupby("measure")["n"].sum())
    frame = frame.reindex([name for name in titles if name in frame.index])
    tests = tests.set_index("measure")
    if not tests["reason"]["disposition"]:  # one test for all dispositions, printed in the first row
        first = next((name for name in frame.index if name.startswith("disposition_")), None)
        tests = tests.rename(index={"disposition": first})
    reasons = {name: reason for name, reason in tests["reason"].items() if reason}
    frame = frame.join(tests[["effect", "low", "high", "p_holm"]]).assign(untested=~frame.index.isin(tests.index))
    frame = _named(frame.drop(index=list(reasons), errors="ignore").reset_index(), titles, reasons, key="measure")
    first = next(iter(labels))
    columns = [
        Column("name", "Response"),
        *(Column(level, label, instead="reason" if level == first else None) for level, label in labels.items()),
        estimate("effect", "Effect (interval)", "effect", blank="untested"),
        Column("p_holm", "p", "p", blank="untested"),
        N,
    ]
    return Table(frame, columns)


def fit_to_need(need: DataFrame, fit: DataFrame, labels: Mapping, responses: Mapping) -> Table:
    """Return which response each level got, in cases, and how many got a weaker, the fitting and a stronger one.

    Parameters
    ----------
    need : cases by level (rows) and by the level that their response fits
    fit : the shares of 05-response in long form
    labels : {level: its name in print}
    responses : {level: the response that fits it, in print}
    """
    share = _wide(fit, "level", "response", ["estimate", "low", "high", "n"])
    frame = need.loc[list(labels)].join(share).assign(name=list(labels.values()))
    # Nothing is weaker than what fits the lowest level, nor stronger than what fits the highest.
    frame.loc[frame.index[0], "estimate_Weaker"] = frame.loc[frame.index[-1], "estimate_Stronger"] = None
    columns = [
        Column("name", "Level"),
        *plain(responses, "count"),
        Column("estimate_Weaker", "Weaker", "share"),
        estimate("estimate_Fitting", "Fitting", "share", "", "_Fitting"),
        Column("estimate_Stronger", "Stronger", "share"),
        Column("n_Fitting", "n", "count"),
    ]
    return Table(frame, columns)


def fit_note(agreement: Test, interval: str) -> str:
    """Return the note of the table of the fit.

    agreement : as `hypothesis_tests.weighted_kappa` gives it;  interval : in words
    """
    kappa = agreement.reason or text.estimate(agreement.effect, agreement.low, agreement.high)
    return (
        "Fitting: counselling for the well, crisis intervention at high risk, and anything between in imbalance; share "
        f"of a level's cases {interval}. Weaker and stronger: than what fits. Weighted kappa of level and response: "
        f"{kappa}."
    )


def equality(shares: Mapping, tests: DataFrame, titles: Mapping, label: Callable) -> Table:
    """Return standardized shares of each group, and below each grouping the p-values of their being equal.

    Parameters
    ----------
    shares : {measure: result of `standardized_shares` for all groupings, index (by, group)}
    tests : columns measure, by, p_holm and reason
    titles : {by or measure: its name in print}, in order
    label : label(by, group) is what is printed for a group
    """
    wide = pd.concat({measure: part[["share", "low", "high", "n"]] for measure, part in shares.items()}, axis=1)
    wide.columns = [f"{measure}_{name}" for measure, name in wide.columns]
    tests, rows = tests.set_index(["by", "measure"]), []
    for by in [by for by in titles if by in tests.index]:
        groups, of_by = wide.loc[wide.index.get_level_values(0) == by], tests.loc[by]
        rows += [{"by": titles[by], "group": label(*key), **groups.loc[key]} for key in groups.index]
        last = {f"{measure}_p": text.p_value(p) for measure, p in of_by["p_holm"].items() if len(groups)}
        reason = "p of equal shares" if last else NOT_COMPARED + of_by["reason"].iloc[0]
        rows.append({"by": titles[by], "group": reason, **last})
    by_measure = []
    for measure in shares:
        limits, p = (f"{measure}_low", f"{measure}_high"), f"{measure}_p"
        by_measure += [Column(f"{measure}_share", titles[measure], "share", interval=limits, instead=p, absent="")]
        by_measure += [Column(f"{measure}_n", "n", "count", absent="")]
    frame = DataFrame(rows, columns=["by", "group", *wide, *(f"{measure}_p" for measure in shares)])
    return Table(frame, [*plain({"by": "By", "group": "Group"}), *by_measure], once=["by"])


def equality_note(covered: float, interval: str) -> str:
    """Return the note of the table of equality; covered : the least share of cases in strata that all groups have."""
    return (
        f"Shares {interval}. Answered: of all calls, standardized for year and for time of day or region. More than a "
        "talk: of all cases, standardized for level and school stage. Crisis intervention: of the cases at high risk, "
        "standardized for school stage. The strata that all groups have, on which this rests, hold "
        f"{text.percent(covered)} of the cases or more. p: Holm's correction. –: no such stratum."
    )
