"""The notebooks 07-prediction and 07-validation from rows: the risk model, how well it does and where."""

import functools
import math
from fractions import Fraction
from math import comb

import by_rows
import numpy as np
import pandas as pd
from scipy.optimize import brentq
from scipy.special import expit
from scipy.stats import chi2, t
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score, log_loss, roc_auc_score

from countstats.prediction.benchmark import INNER, PENALTIES, ROUNDS, TREES
from countstats.prediction.calibration import HALVINGS, ROUNDED
from hotline.models.predictors import FAIRNESS_GROUPS
from rows.study import bootstrap, first_part, kinds, recomputes

SPLIT_VARIABLES = ["region", "year"]


class Split:
    """The complete pupils of one outcome, split as the notebooks split them, with the model's risks."""

    def __init__(self, study, outcome):
        step = f"07-prediction-{outcome}"
        rows = study.complete.assign(event=study.complete[outcome] == "yes")
        rows["region"] = rows["region"].cat.add_categories("missing").fillna("missing")
        self.study, self.seed, self.kind = study, study.parameter(step, "seed"), [*study.names, *SPLIT_VARIABLES]
        share, rng = study.parameter(step, "development_share"), np.random.default_rng(self.seed)
        first = first_part(kinds(rows, self.kind, rows["event"]), share, rng)
        x = by_rows.dummies(rows, study.reference)
        self.fit, self.terms = by_rows.logistic(rows["event"][first], x[first]), x.columns
        self.rows = rows.assign(risk=self.fit.predict(x.to_numpy()).round(13))
        self.x = {"development": x[first], "validation": x[~first]}
        self.parts = {"development": self.rows[first], "validation": self.rows[~first]}
        home, risk = self.parts["development"], {name: part["risk"].to_numpy() for name, part in self.parts.items()}
        self.risk, self.event = risk, {name: part["event"].to_numpy() for name, part in self.parts.items()}
        self.youden = by_rows.youden(home["risk"].to_numpy(), home["event"].to_numpy())

    def elsewhere(self):
        """Yield name, rows, risks and Youden's threshold of the last year and each region, of models made without.

        Without those that have, or leave to the others, fewer than twenty rows with the event or without.
        """
        last = self.rows["year"].max()
        away = {str(last): self.rows["year"] == last}
        regions = [code for code in self.rows["region"].cat.categories if code != "missing"]
        book = self.study.book
        away |= {book.label("region", code): self.rows["region"] == code for code in regions}
        x = by_rows.dummies(self.rows, self.study.reference)
        for name, there in away.items():
            if pd.crosstab(there, self.rows["event"]).to_numpy().min() < 20:
                continue
            fit = by_rows.logistic(self.rows["event"][~there], x[~there])
            risk, event = fit.predict(x.to_numpy()).round(13), self.rows["event"].to_numpy()
            threshold = by_rows.youden(risk[~there], event[~there])
            yield name, there.to_numpy(), risk[there], threshold


split = functools.cache(Split)


# --- 07-prediction ----------------------------------------------------------------------------------


@recomputes("07-prediction", "model", "variable", "code")
def model(study, outcome):
    found = by_rows.table(split(study, outcome).fit, split(study, outcome).terms)
    return found.rename_axis(["variable", "code"]).reset_index()


@functools.cache
def tenths(study, outcome, name):
    """Return the rows of a sample in tenths by risk: predicted against observed."""
    own, rows = split(study, outcome), []
    risk, event = own.risk[name], own.event[name]
    tenth = np.searchsorted(np.quantile(risk, np.arange(1, 10) / 10), risk, side="left")
    for number, place in enumerate(np.unique(tenth), start=1):
        here = tenth == place
        k, n, expected = event[here].sum(), here.sum(), risk[here].sum()
        row = {"sample": name, "group": number, "n": n, "events": k, "expected": expected, "predicted": expected / n}
        low, high = by_rows.wilson(k, n)
        rows.append(row | {"observed": k / n, "low": low, "high": high})
    return pd.DataFrame(rows)


@recomputes("07-prediction", "calibration", "sample", "group")
def calibration(study, outcome):
    return pd.concat([tenths(study, outcome, name) for name in ("development", "validation")])


@recomputes("07-prediction", "performance", "sample")
def performance(study, outcome):
    own, rows = split(study, outcome), []
    for name in own.parts:
        risk, event = own.risk[name], own.event[name]
        row = {"sample": name} | by_rows.performance(risk, event, own.youden) | by_rows.smoothed(risk, event)[1]
        row |= {"partial_auc": roc_auc_score(event, risk, max_fpr=0.1)}
        row |= {"average_precision": average_precision_score(event, risk)}
        groups = tenths(study, outcome, name)
        spread = groups["expected"] * (1 - groups["predicted"])
        off, df = ((groups["events"] - groups["expected"]) ** 2 / spread).sum(), len(groups) - 2 * (name[0] == "d")
        rows.append(row | {"hl_chi_square": off, "hl_df": df, "hl_p": chi2.sf(off, df)})
    rng, kind = np.random.default_rng([own.seed, 1]), 2 * np.unique(risk, return_inverse=True)[1] + ~event
    draws = (bootstrap(kind, rng) for _ in range(study.parameter(f"07-prediction-{outcome}", "resamples")))
    areas = [roc_auc_score(event[draw], risk[draw], max_fpr=0.1) for draw in draws]
    rows[-1] |= dict(zip(("partial_auc_low", "partial_auc_high"), np.quantile(areas, [0.025, 0.975]), strict=True))
    return pd.DataFrame(rows)


@recomputes("07-prediction", "smooth", "sample")
def smooth(study, outcome):
    own = split(study, outcome)
    curves = {name: by_rows.smoothed(own.risk[name], own.event[name])[0] for name in own.parts}
    return pd.concat(curves, names=["sample"]).reset_index("sample")


@recomputes("07-prediction", "roc", "sample")
def roc(study, outcome):
    """From flagging all to flagging none, a point for each whole per cent."""
    own, rows = split(study, outcome), []
    for name in own.parts:
        risk, event = own.risk[name], own.event[name]
        for cut in (-np.inf, *by_rows.WHOLE_PERCENTS, np.inf):
            flagged = by_rows.reached(risk, cut)
            shares = {"sensitivity": flagged[event].mean(), "specificity": 1 - flagged[~event].mean()}
            rows.append({"sample": name, "threshold": cut} | shares)
    return pd.DataFrame(rows)


@recomputes("07-prediction", "comparison", "model")
def comparison(study, outcome):
    own, x = split(study, outcome), split(study, outcome).x
    risk, event = own.risk["validation"], own.event["validation"]
    rows = [{"model": "All blocks"} | by_rows.area(risk, event)]
    for block, names in study.blocks.items():
        kept = ~own.terms.get_level_values(0).isin(names)
        fit = by_rows.logistic(own.event["development"], x["development"].loc[:, kept])
        lesser = fit.predict(x["validation"].loc[:, kept].to_numpy()).round(13)
        row = {"model": f"Without the block {block}"} | by_rows.area(lesser, event)
        rows.append(row | by_rows.area_difference(lesser, risk, event))
    return pd.DataFrame(rows)


@recomputes("07-prediction", "sample_size", "criterion")
def sample_size(study, outcome):
    """The formulas of Riley and colleagues (2019, 2021), the area's by Newcombe."""
    own = split(study, outcome)
    event, risk, terms = own.event["development"], own.risk["validation"], len(own.terms) - 1
    share, n = event.mean(), len(event)
    most = 1 - np.exp(2 * (share * np.log(share) + (1 - share) * np.log(1 - share)))
    r2, area = 0.15 * most, roc_auc_score(event, own.risk["development"])
    for_optimism = r2 / (r2 + 0.05 * most)
    rows = {"shrinkage": (0.9, terms / ((0.9 - 1) * np.log(1 - r2 / 0.9)))}
    rows["optimism"] = 0.05, terms / ((for_optimism - 1) * np.log(1 - r2 / for_optimism))
    rows["overall_risk"] = 0.05, (by_rows.Z / 0.05) ** 2 * share * (1 - share)
    if terms <= 30:
        rows["error"] = 0.05, (np.exp(-0.508) * share**0.259 * terms**0.504 / 0.05) ** (1 / 0.544)
    rows["oe"] = 0.2, (1 - share) / share / (math.asinh(0.1) / by_rows.Z) ** 2
    x = np.column_stack([np.ones(len(risk)), np.log(risk / (1 - risk))])
    per_pupil = x.T @ (x * (risk * (1 - risk))[:, None]) / len(risk)
    rows["slope"] = 0.2, np.linalg.inv(per_pupil)[1, 1] / (0.1 / by_rows.Z) ** 2

    def too_wide(n):
        spread = 1 + (n / 2 - 1) * ((1 - area) / (2 - area) + area / (1 + area))
        return np.sqrt(area * (1 - area) * spread / (n**2 * share * (1 - share))) - 0.05 / by_rows.Z

    rows["area"] = 0.1, brentq(too_wide, 2, 1e7, xtol=1e-9)
    r2_here = 1 - np.exp(2 * (own.fit.llnull - own.fit.llf) / n)
    slope = 1 + terms / (n * np.log(1 - r2_here))
    return pd.DataFrame(
        {"criterion": name, "target": target, "n": math.ceil(size), "expected_shrinkage": slope}
        for name, (target, size) in rows.items()
    )


# --- 07-validation ----------------------------------------------------------------------------------


@recomputes("07-validation", "cells", "predictors", "pupils")
def cells(study, outcome):
    rows, found = study.complete, []
    for k in sorted({1 + len(study.names) // 4, 1 + len(study.names) // 2, len(study.names)}):
        n, times = np.unique(rows.groupby(study.names[:k], observed=True).size(), return_counts=True)
        for size in np.unique(np.geomspace(10, len(rows), 40).astype(int)):
            # The probability that none of a cell's pupils is drawn, in whole numbers.
            missed = [Fraction(comb(len(rows) - int(each), int(size)), comb(len(rows), int(size))) for each in n]
            met = float(sum(int(each) * (1 - probability) for each, probability in zip(times, missed, strict=True)))
            found.append({"predictors": f"{k} predictors", "pupils": size, "cells": met})
    return pd.DataFrame(found)


def judged(odds, event, threshold):
    """Return the measures of optimism of log odds in some rows."""
    line = by_rows.logistic(event, np.column_stack([np.ones(len(odds)), odds]))
    flagged = by_rows.reached(odds, threshold)
    return {
        "auc": roc_auc_score(event, odds),
        "intercept": by_rows.logistic(event, np.ones((len(odds), 1)), odds).params[0],
        "slope": line.params[1],
        "brier": ((event - expit(odds)) ** 2).mean(),
        "youden": flagged[event].mean() - flagged[~event].mean(),
    }


@functools.cache
def optimism_of(study, outcome):
    """Return the measures of the model where it was developed, and its optimism in the notebook's own draws."""
    own = split(study, outcome)
    rows, event, x = own.parts["development"], own.event["development"], own.x["development"].to_numpy()
    kind, rng, found = kinds(rows, study.names, rows["event"]), np.random.default_rng([own.seed, 2]), []

    groups = pd.get_dummies(rows[study.names], dtype=float).to_numpy()

    def model(places):
        has, b = x[places].any(axis=0), np.zeros(x.shape[1])
        b[has] = by_rows.maximum_likelihood_or_firth(event[places], x[places][:, has], groups[places])[0]
        odds = (x @ b).round(11)
        whole_percents = np.log(by_rows.WHOLE_PERCENTS / (1 - by_rows.WHOLE_PERCENTS))
        return odds, by_rows.youden(odds[places], event[places], whole_percents)

    whole, at = model(slice(None))
    apparent, risks = judged(whole, event, at), []
    for _ in range(study.parameter(f"07-validation-{outcome}", "resamples")):
        draw = bootstrap(kind, rng)
        odds, threshold = model(draw)
        inside, outside = judged(odds[draw], event[draw], threshold), judged(odds, event, threshold)
        found.append({name: inside[name] - outside[name] for name in inside})
        risks.append(expit(odds))
    return pd.Series(apparent), pd.DataFrame(found), np.array(risks)


@recomputes("07-validation", "optimism", "measure")
def optimism(study, outcome):
    apparent, found, _ = optimism_of(study, outcome)
    frame = pd.DataFrame({"apparent": apparent, "optimism": found.mean(), "error": found.sem()})
    frame["corrected"] = apparent - found.mean()
    half = t.ppf(0.975, len(found) - 1) * found.std() * np.sqrt(1 + 1 / len(found))
    frame = frame.assign(low=frame["corrected"] - half, high=frame["corrected"] + half)
    return frame.rename_axis("measure").reset_index()


@functools.cache
def crossed(study, outcome):
    """Return the pupils with risks of models that were fitted without a tenth of them, in which they are."""
    own, step = split(study, outcome), f"07-validation-{outcome}"
    rows, number = own.rows, study.parameter(step, "folds")
    x, rng = by_rows.dummies(rows, study.reference).to_numpy(), np.random.default_rng([own.seed, 5])
    risk, left = np.full(len(rows), np.nan), np.arange(len(rows))
    event = rows["event"].to_numpy()
    for parts in range(number, 0, -1):
        kind = kinds(rows.iloc[left], own.kind, event[left])
        here = first_part(kind, 1 / parts, rng) if parts > 1 else np.ones(len(left), bool)
        there = left[here]
        others = np.setdiff1d(np.arange(len(rows)), there)
        risk[there] = by_rows.logistic(event[others], x[others]).predict(x[there]).round(13)
        left = left[~here]
    return rows.assign(risk=risk)


@recomputes("07-validation", "validation", "heading", "label")
def validation(study, outcome):
    own, everyone = split(study, outcome), crossed(study, outcome)
    corrected = optimism(study, outcome).set_index("measure").loc[["auc", "intercept", "slope"]]
    first = {"heading": "Internal", "label": "Bootstrap, corrected", **corrected["corrected"]}
    first |= {f"{name}_{end}": corrected.loc[name, end] for name in corrected.index for end in ("low", "high")}
    whole = by_rows.performance(everyone["risk"].to_numpy(), everyone["event"].to_numpy(), own.youden)
    home = by_rows.performance(own.risk["validation"], own.event["validation"], own.youden)
    rows = [first, {"heading": "Internal", "label": "Cross-validation", **whole}]
    rows += [{"heading": "Internal", "label": "One random split", **home}]
    for name, there, risk, threshold in own.elsewhere():
        found = by_rows.performance(risk, own.rows["event"].to_numpy()[there], threshold)
        rows.append({"heading": "Later year" if name.isdigit() else "Another region", "label": name, **found})
    local, pooled = pd.DataFrame(rows[4:]), {"heading": "Another region", "label": "Pooled"}
    odds = np.log(local["auc"] / (1 - local["auc"]))
    given = {"auc": (odds, local["auc_variance"] / (local["auc"] * (1 - local["auc"])) ** 2)}
    given |= {name: (local[name], local[f"{name}_se"] ** 2) for name in ("intercept", "slope")}
    for name, each in given.items():
        ends = by_rows.random_effects(*(values.to_numpy() for values in each))
        ends = expit(ends) if name == "auc" else ends
        pooled |= dict(zip((name, f"{name}_low", f"{name}_high"), ends, strict=True))
    return pd.DataFrame([*rows, pooled])


def curve_errors(risk, event, draws, rng):
    """Return the mean distance of risks from their smooth curve, and those of curves that agree with it."""
    odds, (_, size) = np.log(risk / (1 - risk)), by_rows.smoothed(risk, event)
    knots = np.quantile(odds, [0.05, 0.275, 0.5, 0.725, 0.95])
    b, spread = by_rows.converged_or_firth(
        event, np.column_stack([np.ones(len(odds)), by_rows.natural_spline(odds, knots)])
    )
    at, n = np.unique(np.round(odds / ROUNDED), return_counts=True)
    x = np.column_stack([np.ones(len(at)), by_rows.natural_spline(at * ROUNDED, knots)])
    noise = rng.multivariate_normal(0 * b, spread, draws, method="cholesky") @ x.T
    shape = x @ b - at * ROUNDED

    def off(times, more=0.0):
        return np.average(np.abs(expit(at * ROUNDED + times * shape + more) - expit(at * ROUNDED)), axis=-1, weights=n)

    ends = []
    for q in (0.975, 0.025):
        short, long = 0.0, 1.0
        if np.quantile(off(0.0, noise), q) >= size["ici"]:
            ends.append(0.0)
            continue
        while np.quantile(off(long, noise), q) < size["ici"]:
            short, long = long, 2 * long
        for _ in range(HALVINGS):
            middle = (short + long) / 2
            enough = np.quantile(off(middle, noise), q) >= size["ici"]
            short, long = (short, middle) if enough else (middle, long)
        ends.append(off(long))
    return {"ici": size["ici"], "ici_low": ends[0], "ici_high": ends[1]}


def misfit(own, train, test, risk, step, study):
    """Return how far risks are off: the errors of the pupils and of the model's coefficients, added up."""
    x, y = by_rows.dummies(own.rows, study.reference).to_numpy(), own.rows["event"].to_numpy()
    fit = by_rows.logistic(y[train], x[train])
    new, event, v = x[test], y[test], fit.cov_params()
    odds, weight = np.log(risk / (1 - risk)), risk * (1 - risk)
    row = by_rows.performance(risk, event, 0.5)
    of_expected = (weight @ new) / risk.sum()
    of_sample = np.log(row["oe_high"] / row["oe"]) / by_rows.Z
    reach = np.exp(by_rows.Z * np.sqrt(of_sample**2 + of_expected @ v @ of_expected))
    out = {"n": len(event), "events": event.sum(), "oe": row["oe"]}
    out |= {"oe_low": row["oe"] / reach, "oe_high": row["oe"] * reach}
    line = by_rows.logistic(event, np.column_stack([np.ones(len(odds)), odds]))
    z, own_weight = np.column_stack([np.ones(len(odds)), odds]), line.predict() * (1 - line.predict())
    bread = np.linalg.inv(z.T @ (z * own_weight[:, None]))
    moved = line.params[1] * bread @ (z.T @ (new * own_weight[:, None]))
    both = bread + moved @ v @ moved.T
    for place, name in enumerate(("intercept", "slope")):
        half = by_rows.Z * np.sqrt(both[place, place])
        out |= {
            name: line.params[place],
            f"{name}_low": line.params[place] - half,
            f"{name}_high": line.params[place] + half,
        }
    centred = new - np.average(new, axis=0, weights=weight)
    flatter = np.average(((centred @ v) * centred).sum(axis=1), weights=weight) / np.cov(odds, aweights=weight, ddof=0)
    expected = np.array([flatter * np.average(odds, weights=weight), 1 - flatter])
    gap, whole = line.params - expected, line.params - [0, 1]
    out |= {"expected_slope": expected[1], "p": chi2.sf(gap @ np.linalg.solve(both, gap), 2)}
    out |= {"p_of_sample": chi2.sf(whole @ np.linalg.solve(bread, whole), 2)}
    rng = np.random.default_rng([own.seed, 3])
    out |= curve_errors(risk, event, study.parameter(step, "curves"), rng)
    margin, slope_margin = (study.parameter(step, name) for name in ("margin", "slope_margin"))
    limits = {"oe": (1, 1 / (1 + margin), 1 + margin), "slope": (expected[1], 1 - slope_margin, 1 + slope_margin)}
    off = [not low <= out[name] <= high and not out[f"{name}_low"] <= new_value <= out[f"{name}_high"]
           for name, (new_value, low, high) in limits.items()]  # fmt: skip
    fits = [low <= out[f"{name}_low"] and out[f"{name}_high"] <= high for name, (_, low, high) in limits.items()]
    out["verdict"] = "relevant" if any(off) and out["p"] < 0.05 else "irrelevant" if all(fits) else "open"
    first = first_part(kinds(own.rows[test], own.kind, event), 0.5, rng)
    after = np.full(len(risk), np.nan)
    few = pd.crosstab(first, event).to_numpy().min() < 20  # then neither half is recalibrated
    for here in () if few else (first, ~first):
        other = by_rows.logistic(event[~here], np.column_stack([np.ones((~here).sum()), odds[~here]]))
        after[here] = expit(other.params[0] + other.params[1] * odds[here])
    return out | {"brier_before": ((event - risk) ** 2).mean(), "brier_after": ((event - after) ** 2).mean()}


@recomputes("07-validation", "recalibration", "sample")
def recalibration(study, outcome):
    own, step = split(study, outcome), f"07-validation-{outcome}"
    held_out = own.rows.index.isin(own.parts["validation"].index)
    samples = [("One random split", held_out, own.risk["validation"])]
    samples += [(name, there, risk) for name, there, risk, _ in own.elsewhere()]
    return pd.DataFrame(
        {"sample": name} | misfit(own, ~there, there, risk, step, study) for name, there, risk in samples
    )


def fairness_level(study, everyone):
    """Return the level of each interval at which all groups together have 95%."""
    return 1 - 0.05 / sum(everyone[name].astype(object).fillna("missing").nunique() for name in FAIRNESS_GROUPS)


@recomputes("07-validation", "fairness", "variable", "code")
def fairness(study, outcome):
    own, part, rows = split(study, outcome), crossed(study, outcome), []
    risk, event = part["risk"].to_numpy(), part["event"].to_numpy()
    level = fairness_level(study, part)
    for name in FAIRNESS_GROUPS:
        for code in part[name].unique():
            here = (part[name] == code).to_numpy()
            found = by_rows.performance(risk[here], event[here], own.youden, level)
            everyone = study.cases[study.cases[name].isna() if code == "missing" else study.cases[name] == code]
            scored = by_rows.share(everyone[study.names].notna().all(axis=1).to_numpy())
            found |= {"cases": scored["n"], "scored": scored["estimate"]}
            found |= {"scored_low": scored["low"], "scored_high": scored["high"]}
            rows.append({"variable": name, "code": code, **found})
    return pd.DataFrame(rows)


@recomputes("07-validation", "heterogeneity", "variable", "measure")
def heterogeneity(study, outcome):
    part, groups, rows = crossed(study, outcome), fairness(study, outcome), []
    for name in FAIRNESS_GROUPS:
        here = part[part[name] != "missing"]
        odds, event = np.log(here["risk"] / (1 - here["risk"])).to_numpy(), here["event"].to_numpy()
        level = by_rows.logistic(event, np.ones((len(event), 1)), odds).predict()
        sums = pd.DataFrame({"off": event - level, "variance": level * (1 - level)}).groupby(
            here[name].astype(str).to_numpy()
        )
        sums, df = sums.sum(), here[name].nunique() - 1
        found = {"oe": (sums["off"] ** 2 / sums["variance"]).sum()}
        own = groups[(groups["variable"] == name) & (groups["code"] != "missing") & groups["slope_se"].notna()]
        weight = 1 / own["slope_se"] ** 2
        found["slope"] = (weight * (own["slope"] - np.average(own["slope"], weights=weight)) ** 2).sum()
        for measure, statistic in found.items():
            of = df if measure == "oe" else len(own) - 1
            row = {"variable": name, "measure": measure, "chi_square": statistic, "df": of}
            rows.append(row | {"p": chi2.sf(statistic, of)})
    frame = pd.DataFrame(rows)
    return frame.assign(p_holm=by_rows.holm(frame["p"].to_numpy()))


def unstable(study, outcome):
    """Return band, risk, and risks of the draws' models, a row for each pupil of the development part."""
    own, (_, _, drawn) = split(study, outcome), optimism_of(study, outcome)
    risk = own.risk["development"]
    cuts = np.unique(np.quantile(risk, np.arange(1, 20) / 20))
    return np.searchsorted(cuts[cuts > risk.min()], risk, side="left"), risk, drawn


@recomputes("07-validation", "instability", "band")
def instability(study, outcome):
    band, risk, drawn = unstable(study, outcome)
    youden, rows = split(study, outcome).youden, []
    for number in np.unique(band):
        here = band == number
        away = drawn[:, here] - risk[here]
        low, high = np.quantile(np.rint(away * 1000) / 1000, [0.025, 0.975])
        flips = by_rows.reached(drawn[:, here], youden) != by_rows.reached(risk[here], youden)
        middle = risk[here].mean()
        row = {"band": number + 1, "n": here.sum(), "predicted": middle, "mape": np.abs(away).mean()}
        rows.append(row | {"low": max(0, middle + low), "high": min(1, middle + high), "flips": flips.mean()})
    return pd.DataFrame(rows)


@recomputes("07-validation", "instability_curves", "place")
def instability_curves(study, outcome):
    _, risk, drawn = unstable(study, outcome)
    event, curves = split(study, outcome).event["development"], []
    ends = np.quantile(risk, [0.02, 0.98])
    grid = np.linspace(*np.log(ends / (1 - ends)), 25)
    for each in drawn:
        odds = np.round(np.log(each / (1 - each)) / ROUNDED) * ROUNDED
        curve = by_rows.smoothed(expit(odds), event)[0]
        seen = {name: np.log(curve[name] / (1 - curve[name])) for name in ("predicted", "observed")}
        curves.append(expit(np.interp(grid, seen["predicted"], seen["observed"])))
    low, median, high = np.quantile(curves, [0.025, 0.5, 0.975], axis=0)
    places = np.arange(1, len(grid) + 1)
    return pd.DataFrame({"place": places, "predicted": expit(grid), "median": median, "low": low, "high": high})


def ridge(x, event, new):
    """Return risks by ridge with the penalty that Akaike's criterion with effective terms prefers, from rows."""
    found = {}
    for penalty in PENALTIES:
        fit = LogisticRegression(C=1 / penalty, solver="newton-cholesky", tol=1e-13, max_iter=1000)
        p = fit.fit(x[:, 1:], event).predict_proba(x[:, 1:])[:, 1]
        information, held = x.T @ (x * (p * (1 - p))[:, None]), np.diag([0.0] + [penalty] * (x.shape[1] - 1))
        gain = np.log(np.where(event, p, 1 - p)).sum() - np.trace(np.linalg.inv(information + held) @ information)
        found[gain] = fit
    return found[max(found)].predict_proba(new[:, 1:])[:, 1].round(13)


def trees(x, event, new, kind, rng):
    """Return risks by boosted trees, from rows; how many trees, an inner part of the rows says that taught none."""
    teach, loss = first_part(kind, INNER, rng), {}
    most = HistGradientBoostingClassifier(max_iter=max(ROUNDS), **TREES).fit(x[teach, 1:], event[teach])
    for number, risk in enumerate(most.staged_predict_proba(x[~teach, 1:]), start=1):
        loss[number] = log_loss(event[~teach], risk[:, 1])
    best = min(ROUNDS, key=loss.get)
    final = HistGradientBoostingClassifier(max_iter=best, **TREES).fit(x[:, 1:], event)
    return final.predict_proba(new[:, 1:])[:, 1]


# scikit-learn adds up the trees in single precision, in another order for rows than for cells. So a pair of pupils with
# risks alike to eight digits may change sides: one of 10^8 pairs, in the eighth digit of an area and in the sixth of a
# difference of areas, whose p in the tail has two fewer.
OF_A_PAIR = {("Boosted trees", name): 5 for name in ("difference", "se", "low", "high", "z")} | {
    ("Boosted trees", "p"): 4
}


@recomputes("07-validation", "benchmark", "split", "model", looser={"Boosted trees": 8} | OF_A_PAIR)
def benchmark(study, outcome):
    own, x = split(study, outcome), by_rows.dummies(split(study, outcome).rows, study.reference).to_numpy()
    event = own.rows["event"].to_numpy()
    held_out = own.rows.index.isin(own.parts["validation"].index)
    splits = {"One random split": [(held_out, own.risk["validation"])]}
    for name, there, risk, _ in own.elsewhere():
        splits.setdefault(f"The year {name}" if name.isdigit() else "Regions in turn", []).append((there, risk))
    rows = []
    for name, pieces in splits.items():
        risks = {"Plain": np.concatenate([risk for _, risk in pieces])}
        risks["Ridge"] = np.concatenate([ridge(x[~there], event[~there], x[there]) for there, _ in pieces])
        given = ((x[~there], event[~there], x[there], kinds(own.rows[~there], study.names, own.rows["event"][~there]))
                 for there, _ in pieces)  # fmt: skip
        risks["Boosted trees"] = np.concatenate([trees(*each, np.random.default_rng([own.seed, 4])) for each in given])
        y = np.concatenate([event[there] for there, _ in pieces])
        for rival, risk in risks.items():
            found = by_rows.performance(risk, y, 0.5)
            row = {"split": name, "model": rival}
            row |= {each: found[each] for each in ("auc", "auc_low", "auc_high", "slope", "brier")}
            rows.append(row | (by_rows.area_difference(risk, risks["Plain"], y) if rival != "Plain" else {}))
    return pd.DataFrame(rows)
