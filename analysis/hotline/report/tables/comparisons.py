"""The printed tables of the comparisons between levels, and of the hotline's response.

They estimate nothing. Each leads with the size of the effect; what could not be compared stands at the end with its
reason, so that nothing is left out in silence.
"""

from collections.abc import Callable, Mapping

import pandas as pd

from countstats.hypothesis_tests import Test
from hotline import text
from hotline.codebook import Codebook
from hotline.report.tables.table import Column, Table

NOT_COMPARED = "not compared: "


def tested(test: Test) -> str:
    """Return a chi-square test of `hypothesis_tests` for running text, or why there is none."""
    if test.reason:
        return NOT_COMPARED + test.reason
    return text.chi_square(test.statistic, test.df1, test.p, test.n)


def _named(frame, names, reasons=None, key="variable"):
    """Add how each row is called in print, and a row for every variable that has a reason why it was not compared."""
    rows = [{key: name, "reason": NOT_COMPARED + reason} for name, reason in (reasons or {}).items() if reason]
    frame = pd.concat([frame.drop(columns="reason", errors="ignore"), pd.DataFrame(rows)], ignore_index=True)
    return frame.assign(name=frame[key].map(names), reason=frame.get("reason"))


def effects(
    anova: pd.DataFrame, groups: pd.DataFrame, labels: Mapping, names: Mapping, units: Mapping, reasons: Mapping
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
    unit = groups["variable"].map(units)
    moments = groups[["variable", "level"]].assign(mean=groups["mean"] / unit, sd=groups["sd"] / unit)
    wide = moments.pivot(index="variable", columns="level", values=["mean", "sd"])
    wide.columns = [f"{moment}_{level}" for moment, level in wide.columns]
    frame = anova.sort_values("omega2", ascending=False, kind="stable").join(wide, on="variable")
    levels = [
        Column(f"mean_{level}", label, "mean", brackets=(f"sd_{level}", "mean")) for level, label in labels.items()
    ]
    return Table(
        _named(frame, names, reasons),
        [
            Column("name", "Variable"),
            Column("omega2", "ω² (interval)", "effect", interval=("omega2_low", "omega2_high"), instead="reason"),
            *levels,
            Column("superiority", "Pairs", "share", digits=0),
            Column("welch_f", "Welch F", "statistic"),
            Column("welch_p_holm", "p", "p"),
            Column("n", "n", "count"),
        ],
    )


def checks(anova: pd.DataFrame, names: Mapping) -> Table:
    """Return the other tests of the same means, each as statistic (p), and the other sizes of effect."""
    tests = {"Fisher F": "fisher", "F*": "forsythe", "H": "kruskal", "Levene F": "levene"}
    letter = {"kruskal": "h"}
    return Table(
        _named(anova.sort_values("omega2", ascending=False, kind="stable"), names),
        [
            Column("name", "Variable"),
            Column("eta2", "η²", "effect"),
            Column("cohen_f", "f (interval)", "difference", interval=("cohen_f_low", "cohen_f_high")),
            *(
                Column(f"{test}_{letter.get(test, 'f')}", f"{label} (p)", "statistic", brackets=(f"{test}_p", "p"))
                for label, test in tests.items()
            ),
        ],
    )


def pairs(differences: pd.DataFrame, labels: Mapping, names: Mapping, units: Mapping) -> Table:
    """Return all pairs of levels: difference and interval by Games and Howell, next to Tukey and Kramer's."""
    lengths = ["difference", "low", "high", "tukey_low", "tukey_high"]
    scaled = differences[lengths].div(differences["variable"].map(units), axis=0)
    levels = [f"{labels[row.second]} − {labels[row.first].lower()}" for row in differences.itertuples()]
    return Table(
        _named(differences.assign(**scaled, levels=levels), names),
        [
            Column("name", "Variable"),
            Column("levels", "Levels"),
            Column("difference", "Difference (interval)", "difference", interval=("low", "high")),
            Column("d", "SDs", "difference"),
            Column("p", "p", "p"),
            Column("tukey_low", "Tukey-Kramer", "difference", to="tukey_high"),
            Column("tukey_p", "p", "p"),
            Column("n", "n", "count"),
        ],
        once=["name"],
    )


def associations(association: pd.DataFrame, names: Mapping, reasons: Mapping) -> Table:
    """Return categories against the level: Cramer's V, both chi-squares, both corrections."""
    random = ("monte_carlo", "†")
    return Table(
        _named(association, names, reasons),
        [
            Column("name", "Variable"),
            Column("v_corrected", "V (interval)", "effect", interval=("v_low", "v_high"), instead="reason"),
            Column("v", "Raw V", "effect"),
            Column("chi2", "χ²", "statistic"),
            Column("g2", "G²", "statistic"),
            Column("df", "df", "count"),
            Column("p_holm", "Holm", "p", mark=random),
            Column("p_fdr_bh", "B.-H.", "p", mark=random),
            Column("n", "n", "count"),
        ],
    )


def trends(trends: pd.DataFrame, names: Mapping) -> Table:
    """Return ordered categories: the share at risk from the first to the last, its change per step, and the tests."""
    if not len(trends):
        reason = NOT_COMPARED + "no ordered variable has three categories, or no case is well"
        frame = pd.DataFrame({"name": ["none"], "reason": [reason]})
        return Table(frame, [Column("name", "Variable"), Column("reason", "Trend")])
    return Table(
        _named(trends, names),
        [
            Column("name", "Variable"),
            Column("first", "At risk, first to last", "share", to="last"),
            Column("slope", "Points per step", "points", interval=("low", "high")),
            Column("chi2", "Trend χ²", "statistic"),
            Column("p_holm", "p", "p"),
            Column("correlation", "Correlation", "difference"),
            Column("departure_p", "Departure p", "p"),
            Column("n", "n", "count"),
        ],
    )


def girls_and_boys(sex: pd.DataFrame, names: Mapping, reason: str = "") -> Table:
    """Return presenting problems: shares of girls and boys, odds ratios of the problem and of being at risk.

    Parameters
    ----------
    sex : what `tables.mix_and_risk` returned, girls first, with `problem` and the adjusted p-values
    names : {problem: label}
    reason : why girls and boys were not compared, or ""
    """
    if reason:
        frame = pd.DataFrame({"name": ["all"], "reason": [NOT_COMPARED + reason]})
        return Table(frame, [Column("name", "Presenting problem"), Column("reason", "Girls and boys")])
    shares = {f"{name}_share": sex[name] / sex[name].sum() for name in ("first", "second")}
    frame = sex.assign(**shares, n=sex["first"] + sex["second"])
    odds_ratios = [
        column
        for kind, label in (("mix", "Problem: OR"), ("risk", "At risk: OR"))
        for column in (
            Column(f"{kind}_common", label, "ratio", interval=(f"{kind}_low", f"{kind}_high")),
            Column(f"{kind}_p_holm", "p", "p"),
            Column(f"{kind}_homogeneity_p_holm", "Same", "p"),
        )
    ]
    return Table(
        _named(frame, names, key="problem"),
        [
            Column("name", "Presenting problem"),
            Column("first_share", "Girls", "share"),
            Column("second_share", "Boys", "share"),
            *odds_ratios,
            Column("n", "n", "count"),
        ],
    )


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


def answering(shares: pd.DataFrame, tests: pd.DataFrame, titles: Mapping, label: Callable) -> Table:
    """Return the share of calls answered by group.

    Parameters
    ----------
    shares : columns by, group, n, estimate, low and high
    tests : columns by, effect, p_holm and reason
    titles : {by: its name in print}
    label : label(by, group) is what is printed for a group
    """
    names = [label(by, group) for by, group in shares[["by", "group"]].values]
    frame = shares.merge(tests[["by", "effect", "p_holm", "reason"]], on="by", how="left")
    return Table(
        frame.assign(title=frame["by"].map(titles), name=names),
        [
            Column("title", "By"),
            Column("name", "Group"),
            Column("estimate", "Answered (interval)", "share", interval=("low", "high")),
            Column("effect", "V", "effect", instead="reason"),
            Column("p_holm", "p", "p"),
            Column("n", "Calls", "count"),
        ],
        once=["title", "effect", "p_holm"],
    )


def by_level(response: pd.DataFrame, tests: pd.DataFrame, titles: Mapping, labels: Mapping) -> Table:
    """Return what was done for each level: shares and means with intervals, the size of the difference, and its test.

    Parameters
    ----------
    response : columns measure, group (the level), kind ("share" or "mean"), n, estimate, low and high
    tests : columns measure, effect, p_holm and reason; one row "disposition" for all of them
    titles : {measure: its name in print}, in the order of the rows
    labels : {level: label}
    """
    kinds = response["kind"].map({"share": "share", "mean": "amount"})
    wide = response.assign(kind=kinds).pivot(index="measure", columns="group", values=["estimate", "low", "high"])
    wide.columns = [f"{name}_{level}" for name, level in wide.columns]
    wide = wide.reindex(columns=[f"{name}_{level}" for name in ("estimate", "low", "high") for level in labels])
    measures = response.assign(kind=kinds).groupby("measure").agg(kind=("kind", "first"), n=("n", "sum"))
    frame = wide.join(measures).reindex([name for name in titles if name in wide.index])
    tests = tests.set_index("measure")
    if not tests["reason"]["disposition"]:  # one test for all dispositions, printed in the first row
        first = next((name for name in frame.index if name.startswith("disposition_")), None)
        tests = tests.rename(index={"disposition": first})
    frame = frame.join(tests[["effect", "p_holm"]]).rename_axis("measure").reset_index()
    frame["untested"] = ~frame["measure"].isin(tests.index)
    reasons = {name: reason for name, reason in tests["reason"].items() if reason}
    frame = _named(frame[~frame["measure"].isin(reasons)], titles, reasons, key="measure")
    levels = [
        Column(
            f"estimate_{level}",
            label,
            kind_key="kind",
            interval=(f"low_{level}", f"high_{level}"),
            instead="reason" if place == 0 else None,
        )
        for place, (level, label) in enumerate(labels.items())
    ]
    return Table(
        frame,
        [
            Column("name", "Response"),
            *levels,
            Column("effect", "Effect", "effect", blank="untested"),
            Column("p_holm", "p", "p", blank="untested"),
            Column("n", "n", "count"),
        ],
    )


def fit_to_need(need: pd.DataFrame, fit: pd.DataFrame, labels: Mapping, responses: Mapping) -> Table:
    """Return which response each level got, in cases, and how many got a weaker, the fitting and a stronger one.

    Parameters
    ----------
    need : cases by level (rows) and by the level that their response fits
    fit : the shares of 05-response in long form
    labels : {level: its name in print}
    responses : {level: the response that fits it, in print}
    """
    share = fit.pivot(index="level", columns="response", values=["estimate", "low", "high", "n"])
    share.columns = [f"{response}_{name}" for name, response in share.columns]
    frame = need.loc[list(labels)].join(share).assign(name=list(labels.values()))
    # Nothing is weaker than what fits the lowest level, nor stronger than what fits the highest.
    frame.loc[frame.index[0], "Weaker_estimate"] = frame.loc[frame.index[-1], "Stronger_estimate"] = None
    return Table(
        frame,
        [
            Column("name", "Level"),
            *(Column(level, label, "count") for level, label in responses.items()),
            Column("Weaker_estimate", "Weaker", "share"),
            Column("Fitting_estimate", "Fitting", "share", interval=("Fitting_low", "Fitting_high")),
            Column("Stronger_estimate", "Stronger", "share"),
            Column("Fitting_n", "n", "count"),
        ],
    )


def fit_note(agreement: Test, interval: str) -> str:
    """Return the note of the table of the fit.

    agreement : as `hypothesis_tests.weighted_kappa` gives it;  interval : in words
    """
    limits = agreement.low, agreement.high
    kappa = agreement.reason or text.quantity("effect", agreement.effect, limits, digits=2)
    return (
        "Fitting: counselling for the well, crisis intervention at high risk, and anything between in imbalance; share "
        f"of a level's cases {interval}. Weaker and stronger: than what fits. Weighted kappa of level and response: "
        f"{kappa}."
    )


def equality_note(covered: float, interval: str) -> str:
    """Return the note of the table of equality; covered : the least share of cases in strata that all groups have."""
    return (
        f"Shares {interval}. Answered: of all calls, standardized for year and for time of day or region. More than a "
        "talk: of all cases, standardized for level and school stage. Crisis intervention: of the cases at high risk, "
        "standardized for school stage. The strata that all groups have, on which this rests, hold "
        f"{text.percent(covered)} of the cases or more. p: Holm's correction. –: no such stratum."
    )


def equality(shares: Mapping, tests: pd.DataFrame, titles: Mapping, label: Callable) -> Table:
    """Return standardized shares of each group, and below each grouping the p-values of their being equal.

    Parameters
    ----------
    shares : {measure: result of `standardized_shares` for all groupings, index (by, group)}
    tests : columns measure, by, p_holm and reason
    titles : {by or measure: its name in print}, in order
    label : label(by, group) is what is printed for a group
    """
    wide = pd.concat(shares, axis=1)[[(measure, name) for measure in shares for name in ("share", "low", "high", "n")]]
    wide.columns = [f"{measure}_{name}" for measure, name in wide.columns]
    tests, rows = tests.set_index(["by", "measure"]), []
    for by in [by for by in titles if by in tests.index]:
        groups = wide.loc[wide.index.get_level_values(0) == by]
        rows += [
            {"title": titles[by], "name": label(*key), **row}
            for key, row in zip(groups.index, groups.to_dict("records"), strict=True)
        ]
        of_by = tests.loc[by]
        if len(groups):
            p = {f"{measure}_p": text.p_value(p) for measure, p in of_by["p_holm"].items()}
            rows.append({"title": titles[by], "name": "p of equal shares", **p})
        else:
            rows.append({"title": titles[by], "name": NOT_COMPARED + of_by["reason"].iloc[0]})
    columns = [Column("title", "By"), Column("name", "Group")]
    for measure in shares:
        limits = f"{measure}_low", f"{measure}_high"
        columns += [
            Column(f"{measure}_share", titles[measure], "share", interval=limits, instead=f"{measure}_p", absent=""),
            Column(f"{measure}_n", "n", "count", absent=""),
        ]
    keys = [f"{measure}_{name}" for measure in shares for name in ("share", "low", "high", "n", "p")]
    return Table(pd.DataFrame(rows, columns=["title", "name", *keys]), columns, once=["title"])
