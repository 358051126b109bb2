"""Does the model that made the data recover its own coefficients, and what keeps it from doing so?

One replication draws pupils from `scenario`, fits the model of the level (`level_model`) to them, and returns estimates
with the numbers that made them. The summaries are over replications.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from countstats.glm.solver import NoEstimate
from countstats.simulation_study import covered, performance
from hotline.errors import InputError
from hotline.simulator import scenario
from hotline.simulator.level_model import fit, log_ratios, terms, truth, truth_of_outcome
from hotline.simulator.scenario import Setting


@dataclass(frozen=True)
class Analysis:
    """One way in which the same pupils may be shown to the model.

    Attributes
    ----------
    title
        The way as readers know it.
    counted
        Which pupils or calls it counts, a key of what `_counted` returns.
    outcome
        The outcome of a model of two levels; None for all three levels.
    departures
        Whether the model has the departures from proportional odds that made the data.
    """

    title: str
    counted: str = "all"
    outcome: str | None = None
    departures: bool = True


COMPLETE = "complete"
ANALYSES = {
    COMPLETE: Analysis("Complete"),
    "missing": Analysis("Missing entries", "recorded"),
    "assessed": Analysis("Assessed only", "assessed"),
    "cases": Analysis("Cases, as in the study", "recorded cases"),
    "repeat_callers": Analysis("Repeat callers", "every call"),
    "two_at_risk": Analysis("Two levels: at risk", outcome="at_risk", departures=False),
    "two_high_risk": Analysis("Two levels: high risk", outcome="high_risk", departures=False),
    "proportional": Analysis("No departures", departures=False),
}
TITLES = {name: analysis.title for name, analysis in ANALYSES.items()}


# --- drawing -----------------------------------------------------------------------------------------


def draw_pupils(rng: np.random.Generator, setting: Setting, callers: int) -> pd.DataFrame:
    """Return the pupils of so many callers with their level, complete and without error, one row each."""
    pupils = scenario.draw_pupils(rng, setting, callers).assign(kind="pupil")
    pupils["level"] = scenario.draw_level(rng, setting.numbers, pupils)
    return pupils.assign(pupil=pupils.index)


def draw_talks(rng: np.random.Generator, setting: Setting, pupils: pd.DataFrame) -> pd.DataFrame:
    """Return all answered calls about these pupils, with what was seen and done, in the callers' order."""
    rows = scenario.draw_desk(rng, setting, scenario.draw_calls(rng, setting, pupils), redial=0)
    return scenario.draw_assessment(rng, setting, scenario.draw_talks(rng, setting, rows, reconnect=0))


def recorded(rng: np.random.Generator, setting: Setting, talks: pd.DataFrame) -> pd.DataFrame:
    """Return the talks of which every term of the model was written down."""
    variables = {name for variable in vars(setting.numbers.level_odds_ratios) for name in variable.split(":")}
    return scenario.fill_in(rng, setting, talks).dropna(subset=sorted(variables))


# --- one replication ---------------------------------------------------------------------------------


def recover(rng: np.random.Generator, setting: Setting, callers: int) -> pd.DataFrame:
    """Draw complete data and fit the model that made them; returns what `level_model.fit` does."""
    pupils, numbers = draw_pupils(rng, setting, callers), setting.numbers
    x = terms(pupils, vars(numbers.level_odds_ratios))
    return fit(x, pd.get_dummies(pupils["level"]), truth(numbers), log_ratios(numbers.level_departures).index)


def estimate_by_analysis(rng: np.random.Generator, setting: Setting, callers: int) -> pd.DataFrame:
    """Fit the model to the same pupils as records of several kinds would show them.

    An analysis whose data give no estimate (a small group may have no pupil at high risk) has no rows; how often that
    happens is a result of its own.

    Returns
    -------
    pandas.DataFrame
        For each of `ANALYSES` the rows of `level_model.fit`, with the columns analysis, records (how many pupils or
        calls are counted) and high_risk (the share at high risk among them).
    """
    numbers = setting.numbers
    pupils = draw_pupils(rng, setting, callers)
    counted = _counted(rng, setting, pupils)
    x, levels = terms(pupils, vars(numbers.level_odds_ratios)), pd.get_dummies(pupils["level"], dtype=int)
    departures = log_ratios(numbers.level_departures).index
    tables = {}
    for name, analysis in ANALYSES.items():
        times = np.bincount(counted[analysis.counted], minlength=len(pupils))
        counts = levels.mul(times, axis=0)
        total, true = counts.sum(), truth(numbers)
        if analysis.outcome:
            counts, true = collapsed(counts, analysis.outcome), truth_of_outcome(numbers, analysis.outcome)
        try:
            table = fit(x[times > 0], counts[times > 0], true, departures if analysis.departures else ())
        except NoEstimate:
            continue
        tables[name] = table.assign(records=total.sum(), high_risk=total["high_risk"] / total.sum())
    return pd.concat(tables, names=["analysis"]).reset_index(level=0)


def _counted(rng, setting, pupils):
    """Return what an `Analysis` may count: the numbers of the pupils, each as often as it is counted."""
    talks = draw_talks(rng, setting, pupils)
    cases = talks[talks["assessed"] != "not_assessed"].drop_duplicates("pupil")
    return {
        "all": pupils["pupil"],
        "recorded": recorded(rng, setting, talks.drop_duplicates("pupil"))["pupil"],
        "assessed": cases["pupil"],
        "recorded cases": recorded(rng, setting, cases)["pupil"],
        "every call": talks["pupil"],
    }


def collapsed(counts: pd.DataFrame, outcome: str) -> pd.DataFrame:
    """Return counts by level as counts of two: the others, and those with the outcome, "at_risk" or "high_risk"."""
    event = counts["high_risk"] + (counts["imbalance"] if outcome == "at_risk" else 0)
    return pd.DataFrame({"others": counts.sum(axis=1) - event, "event": event})


# --- over replications -------------------------------------------------------------------------------


def slopes(table: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of all terms but the intercepts."""
    return table[~table["term"].str.endswith("intercept")]


def by_analysis(estimates: pd.DataFrame) -> pd.DataFrame:
    """Summarise each analysis over replications and over all terms but the intercepts.

    Parameters
    ----------
    estimates
        Replications of `estimate_by_analysis`, as `countstats.simulation_study.replicate` returns them.

    Returns
    -------
    pandas.DataFrame
        One row per analysis: analysis; n, the data sets with finite estimates; records and high_risk, their mean number
        of records and share at high risk; coverage, a mean, and coverage_mcse, its Monte-Carlo error from one data set
        to another (terms of one data set are not independent); bias, the root mean square of the terms' biases, less
        what their Monte-Carlo errors would make of it; empirical_se and model_se, means.

    Raises
    ------
    InputError
        Where an analysis has fewer than two data sets with finite estimates.
    """
    of_terms = slopes(performance(estimates, ["analysis", "term"]))
    groups = of_terms.assign(beyond=of_terms["bias"] ** 2 - of_terms["bias_mcse"] ** 2).groupby("analysis", sort=False)
    single = slopes(estimates.assign(covered=covered(estimates)))
    data_sets = single.groupby(["analysis", "replication"], sort=False)
    data_sets = data_sets[["records", "high_risk", "covered"]].mean().groupby("analysis", sort=False)
    table = data_sets.mean().rename(columns={"covered": "coverage"}).reindex(list(ANALYSES))
    table.insert(0, "n", data_sets.size())
    if not (table["n"] >= 2).all():
        few = ", ".join(table.index[~(table["n"] >= 2)])
        raise InputError(f"fewer than two data sets gave finite estimates ({few}); raise callers or replications")
    table["coverage_mcse"] = data_sets["covered"].std() / np.sqrt(table["n"])
    table["bias"] = np.sqrt(groups["beyond"].mean().clip(lower=0))
    return table.join(groups[["empirical_se", "model_se"]].mean()).reset_index()


def largest_shifts(estimates: pd.DataFrame) -> pd.DataFrame:
    """Return for each analysis but the complete data the term that it surely shifts most: by two MC errors less.

    A shift is the error of an estimate less that on the complete data of the same pupils, so that much of the random
    error cancels.

    Parameters
    ----------
    estimates
        As for `by_analysis`.

    Returns
    -------
    pandas.DataFrame
        One row per analysis: analysis, term, truth, shift, shift_mcse, coverage.
    """
    table = slopes(estimates.assign(error=estimates["b"] - estimates["truth"], covered=covered(estimates)))
    complete = table[table["analysis"] == COMPLETE].set_index(["replication", "term"])["error"].rename("without")
    table = table[table["analysis"] != COMPLETE].join(complete, on=["replication", "term"])
    groups = table.assign(shift=table["error"] - table["without"]).groupby(["analysis", "term"], sort=False)
    shifts = groups.agg(truth=("truth", "first"), shift=("shift", "mean"), n=("shift", "size"))
    shifts["shift_mcse"] = groups["shift"].std() / np.sqrt(shifts.pop("n"))
    shifts["coverage"] = groups["covered"].mean()
    largest = (shifts["shift"].abs() - 2 * shifts["shift_mcse"]).groupby("analysis", sort=False).idxmax()
    others = [name for name in ANALYSES if name != COMPLETE]
    return shifts.loc[largest].reset_index("term").reindex(others).reset_index()
