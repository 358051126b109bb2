"""The notebook 07-use from rows: gaps, later calls, alerts of a shift, points, and what flagging does."""

import functools

import by_rows
import numpy as np
import pandas as pd
from scipy.special import expit
from scipy.stats import nbinom, poisson, rankdata
from statsmodels.stats.proportion import proportion_confint

from hotline.models.predictors import predictors
from rows.risks import split
from rows.study import first_part, kinds, recomputes

PARTS, RANKS = 5, {"one earlier call": 1, "2 or 3": 3, "4 to 10": 10, "more than 10": np.inf}
OF_GAPS, OF_CALLERS = 5, 6  # streams of the random split of the cases with a gap, and of the callers
MEASURES = ("auc", "oe", "slope")


@functools.cache
def sheet(study, outcome):
    """Return the points of each category with the log odds of no points and of one; and the validation part's sums.

    The two are those of a logistic line of the sum in the development part.
    """
    own = split(study, outcome)
    b, rows, base = dict(zip(own.terms, own.fit.params, strict=True)), [], own.fit.params[0]
    largest = study.parameter(f"07-use-{outcome}", "largest")
    for name, reference in study.reference.items():
        of = {reference: 0.0} | {code: value for (variable, code), value in b.items() if variable == name}
        base += min(of.values())
        rows += [{"variable": name, "code": code, "b": value - min(of.values())} for code, value in of.items()]
    frame = pd.DataFrame(rows)
    unit = frame["b"].max() / largest
    frame = frame.assign(points=(frame["b"] / unit).round().astype(int))
    home, away = (sums(frame, own.parts[name]) for name in ("development", "validation"))
    line = by_rows.logistic(own.event["development"], np.column_stack([np.ones(len(home)), home]))
    return frame.assign(base=line.params[0], unit=line.params[1]), away


def sums(points, rows):
    """Return the points of each row, added up."""
    return sum(rows[name].astype(str).map(of.set_index("code")["points"]) for name, of in points.groupby("variable"))


@recomputes("07-use", "points", "variable", "code")
def points(study, outcome):
    return sheet(study, outcome)[0]


def risk_of_points(study, outcome):
    """Return the risk of each row of the validation part by its points."""
    points, total = sheet(study, outcome)
    return expit(points["base"].iloc[0] + points["unit"].iloc[0] * total.to_numpy(float))


@recomputes("07-use", "net_benefit", "whom")
def net_benefit(study, outcome):
    """Each row's gain: one for an event that is flagged, less the odds of the threshold for a false alarm."""
    own, rows = split(study, outcome), []
    event = own.event["validation"]
    whom = {"Model": own.risk["validation"], "Points": risk_of_points(study, outcome), "All": np.ones(len(event))}
    for name, risk in whom.items():
        for cut in np.arange(1, 1 + round(100 * min(0.9, max(0.3, 1.8 * event.mean())))) / 100:
            if_flagged = np.where(event, 1, -cut / (1 - cut))
            gain = np.where(by_rows.reached(risk, cut), if_flagged, 0)
            row = {"whom": name, "threshold": cut, "net_benefit": gain.mean()}
            if name != "All":
                more = gain - (if_flagged if if_flagged.mean() > 0 else 0)
                reach = by_rows.Z * more.std() / np.sqrt(len(more))
                row |= {"ahead": more.mean(), "ahead_low": more.mean() - reach, "ahead_high": more.mean() + reach}
            rows.append(row)
    return pd.DataFrame(rows)


def with_codes_for_gaps(rows, names):
    """Return rows in which what is not recorded has a code, the last of each variable."""
    filled = {name: rows[name].cat.add_categories("missing").fillna("missing") for name in names}
    return rows.assign(**filled)


def log_odds(rows, fit, terms):
    """Return what a fit says of rows, by the codes that its terms name; NaN where a row has another code."""
    b, total = dict(zip(terms, fit.params, strict=True)), np.full(len(rows), fit.params[0])
    for name in dict.fromkeys(variable for variable, _ in terms[1:]):
        of = {code: value for (variable, code), value in b.items() if variable == name}
        total = total + rows[name].astype(object).map(of).fillna(0).to_numpy(float)
    return total


def fitted(rows, reference):
    """Return a logistic fit of some rows and the names of its terms."""
    x = by_rows.dummies(rows, reference)
    return by_rows.logistic(rows["event"], x), list(x.columns)


def formulas(rows, study):
    """Return a function of rows that gives their log odds: of complete ones and of those with a gap, each by its fit.

    rows : those of the model, with codes for gaps; those without any answer are left out.
    """
    whole = ~is_gap(rows, study).any(axis=1)
    one = fitted(rows[whole], study.reference)
    other = fitted(rows[~no_answer(rows, study)], study.reference)

    def of(some):
        return np.where(is_gap(some, study).any(axis=1), log_odds(some, *other), log_odds(some, *one))

    return of


def is_gap(rows, study):
    """Return which predictors are not recorded, row by row."""
    return rows[study.names] == "missing"


def no_answer(rows, study):
    """Return which rows lack every predictor but those of time."""
    answers = [name for block, names in predictors(study.book).items() if block != "time" for name in names]
    return is_gap(rows, study)[answers].all(axis=1)


class Calls:
    """Assessed calls with log odds from models without the caller's calls, as they are and recalibrated."""

    def __init__(self, study, outcome):
        rows = study.calls[study.calls["later_call"].notna()].reset_index(drop=True)
        rows = with_codes_for_gaps(rows.assign(event=rows[outcome] == "yes"), study.names)
        self.later = (rows["later_call"] == "yes").to_numpy()
        callers, place = np.unique(rows["caller"], return_inverse=True)
        rng = np.random.default_rng([study.parameter(f"07-use-{outcome}", "seed"), OF_CALLERS])
        self.part = rng.permutation(np.arange(len(callers)) % PARTS)[place]
        self.doublings = np.log2(1 + rows["earlier_calls"].to_numpy(float))
        self.plain, self.recalibrated = np.full((2, len(rows)), np.nan)
        for each in range(PARTS):
            away, here = self.part != each, self.part == each
            of = formulas(rows[away & ~self.later], study)
            self.plain[here], own = of(rows[here]), away & self.later
            line = recalibration(of(rows[own]), self.doublings[own], rows["event"][own])
            x = np.column_stack([np.ones(here.sum()), self.plain[here], self.doublings[here]])
            self.recalibrated[here] = np.where(self.later[here], x @ line, self.plain[here])
        self.rows, self.event, self.caller = rows, rows["event"].to_numpy(), rows["caller"].to_numpy()

    def flagged(self, cut):
        """Return the share of the calls of each time of day that a threshold flags."""
        reached = by_rows.reached(expit(self.recalibrated), cut)
        return pd.Series(reached).groupby(self.rows["hour_band"].astype(str)).mean()


def recalibration(odds, doublings, event):
    """Return intercept, slope and the coefficient of a doubling of calls."""
    return by_rows.logistic(event, np.column_stack([np.ones(len(odds)), odds, doublings])).params


calls = functools.cache(Calls)


def judged(odds, event, caller):
    """Return how right log odds are on calls, with limits that take callers for independent."""
    row = {"calls": len(event), "events": event.sum(), "callers": len(set(caller))}
    if min(event.sum(), (~event).sum()) < 20:
        return row
    risk = expit(odds)
    oe = event.sum() / risk.sum()
    off = pd.Series(event - oe * risk).groupby(caller).sum()
    reach = by_rows.Z * np.sqrt((off**2).sum() * len(off) / (len(off) - 1)) / event.sum()
    row |= {"oe": oe, "oe_low": oe * np.exp(-reach), "oe_high": oe * np.exp(reach)}
    of_all = rankdata(odds)
    beaten = (of_all[event] - rankdata(odds[event])) / (~event).sum()
    beating = 1 - (of_all[~event] - rankdata(odds[~event])) / event.sum()
    auc, frame = beaten.mean(), pd.DataFrame({"caller": caller, "event": event, "off": 0.0})
    frame.loc[event, "off"], frame.loc[~event, "off"] = beaten - auc, beating - auc
    cases, controls = (frame["off"].where(frame["event"] == kind, 0.0).groupby(caller).sum() for kind in (True, False))
    k, m, n = len(cases), event.sum(), (~event).sum()
    with_cases, with_controls = (frame.loc[frame["event"] == kind, "caller"].nunique() for kind in (True, False))
    variance = with_cases / (with_cases - 1) * (cases**2).sum() / m**2
    variance += with_controls / (with_controls - 1) * (controls**2).sum() / n**2
    variance += 2 * k / (k - 1) * (cases * controls).sum() / (m * n)
    reach = by_rows.Z * np.sqrt(variance)
    row |= {"auc": auc, "auc_low": max(0, auc - reach), "auc_high": min(1, auc + reach)}
    return row | {"slope": by_rows.logistic(event, np.column_stack([np.ones(len(odds)), odds])).params[1]}


@recomputes("07-use", "calls", "which", "risks")
def of_calls(study, outcome):
    own, above = calls(study, outcome), 0
    earlier = own.rows["earlier_calls"].to_numpy(float)
    groups = {"First calls": ~own.later, "Later calls": own.later, "All assessed calls": np.full(len(own.later), True)}
    for words, most in RANKS.items():
        groups[f"Later calls, {words}"], above = own.later & (earlier > above) & (earlier <= most), most
    rows = []
    for which, mask in groups.items():
        for risks, odds in (("as they are", own.plain), ("recalibrated", own.recalibrated)):
            if which != "First calls" or risks == "as they are":
                row = judged(odds[mask], own.event[mask], own.caller[mask])
                rows.append({"which": which, "risks": risks} | row)
    return pd.DataFrame(rows)


@recomputes("07-use", "gaps", "cases")
def of_gaps(study, outcome):
    own = calls(study, outcome)
    rows, risk, part = own.rows[~own.later], expit(own.plain[~own.later]), own.part[~own.later]
    gap, event = is_gap(rows, study), own.event[~own.later]
    titles = np.array([study.book[name].title for name in study.names])
    pattern = np.array([", ".join(titles[row]) for row in gap.to_numpy()])
    number = gap.sum(axis=1).to_numpy()
    sizes = pd.crosstab(pattern[number > 0], event[number > 0])
    frequent = sizes[sizes.min(axis=1) >= 20].sum(axis=1).sort_values(ascending=False, kind="stable")
    frequent = list(frequent.index[: study.parameter(f"07-use-{outcome}", "patterns_shown")])
    sets = {"Complete cases": number == 0, "With a gap": number > 0, "One gap": number == 1, "Two gaps": number == 2}
    sets |= {"Three or more": number > 2} | {words: pattern == words for words in frequent}
    sets["Rarer patterns"] = (number > 0) & ~np.isin(pattern, frequent)
    found = []
    for words, mask in sets.items():
        mask = mask & ~no_answer(rows, study).to_numpy()
        row = {"cases": words, "n": mask.sum(), "events": event[mask].sum()}
        if min(event[mask].sum(), (~event[mask]).sum()) >= 20:
            measured = by_rows.performance(risk[mask], event[mask], np.inf)
            row |= {name: measured[name] for name in ("brier", *of_measures(MEASURES))}
            if words in frequent:
                beside = by_rows.performance(submodel(study, rows, part, mask)[mask], event[mask], np.inf)
                row |= {f"submodel_{name}": beside[name] for name in of_measures(("auc", "oe"))}
        found.append(row)
    beside = [f"submodel_{name}" for name in of_measures(("auc", "oe"))]
    return pd.DataFrame(found).reindex(columns=["cases", "n", "events", "brier", *of_measures(MEASURES), *beside])


def of_measures(names):
    """Return the names of measures and of their limits."""
    return [f"{name}{end}" for name in names for end in ("", "_low", "_high")]


def submodel(study, rows, part, mask):
    """Return the risks of the rows with one pattern of gaps, each by a model of the other parts with its predictors."""
    absent = is_gap(rows[mask], study).iloc[0]
    reference = {name: code for name, code in study.reference.items() if not absent[name]}
    whole, risk = ~is_gap(rows, study)[list(reference)].any(axis=1).to_numpy(), np.full(len(rows), np.nan)
    for each in range(PARTS):
        fit = fitted(rows[whole & (part != each)], reference)
        own, here = mask & (part != each), mask & (part == each)
        shift = by_rows.logistic(rows["event"][own], np.ones((own.sum(), 1)), log_odds(rows[own], *fit)).params[0]
        risk[here] = expit(log_odds(rows[here], *fit) + shift)
    return risk


class Everyone:
    """The validation part, complete cases and those with a gap, with the risks of the model that is in the file."""

    def __init__(self, study, outcome):
        own, step = split(study, outcome), f"07-use-{outcome}"
        cases = study.cases.assign(event=study.cases[outcome] == "yes")
        cases = with_codes_for_gaps(cases, [*study.names, "region"])
        self.nothing = no_answer(cases, study)
        some = is_gap(cases, study).any(axis=1) & ~self.nothing
        gaps = cases[some].reset_index(drop=True)
        rng = np.random.default_rng([own.seed, OF_GAPS])
        kind = kinds(gaps, [*study.names, "region", "year"], gaps["event"])
        first = first_part(kind, study.parameter(step, "development_share"), rng)
        home = with_codes_for_gaps(own.parts["development"], study.names)
        both = pd.concat([home[[*study.names, "event"]], gaps.loc[first, [*study.names, "event"]]], ignore_index=True)
        risk = expit(log_odds(gaps[~first], *fitted(both, study.reference)))
        self.risk = np.concatenate([own.risk["validation"], risk])
        self.event = np.concatenate([own.event["validation"], gaps["event"][~first]])
        self.scored = {"flagged": 1 - self.nothing.mean(), "sensitivity": 1 - self.nothing[cases["event"]].mean()}


everyone = functools.cache(Everyone)


class Shift:
    """The alerts of a shift: how many calls it has, how much they vary, and which share of them a threshold flags."""

    def __init__(self, study, outcome):
        self.calls, step = calls(study, outcome), f"07-use-{outcome}"
        names = ("calls_per_shift", "alerts_per_shift", "alerts_chance")
        self.size, self.bearable, self.chance = (study.parameter(step, name) for name in names)
        rows = self.calls.rows
        times, days = rows["hour_band"].astype(str), pd.to_datetime(rows["day"])
        self.weight = times.value_counts(normalize=True)
        every = pd.MultiIndex.from_product([pd.date_range(days.min(), days.max()), self.weight.index])
        n = rows.groupby([days, times]).size().reindex(every, fill_value=0)
        above, below = 0.0, 0.0
        for _, group in n.groupby([every.get_level_values(0).year, every.get_level_values(1)]):
            if len(group) > 1:
                mean, variance = group.mean(), group.var()
                above += (variance - mean) * len(group)
                below += (mean**2 - variance / len(group)) * len(group)
        self.extra = max(0.0, above / below)
        self.tried = {cut: self.at(cut) for cut in (-np.inf, *by_rows.WHOLE_PERCENTS)}

    def at(self, cut):
        """Return the alerts on average, and the share of shifts with no more than can be borne."""
        mean = self.size * self.calls.flagged(cut)
        if self.extra == 0:
            kept = poisson.cdf(self.bearable, mean)
        else:
            kept = nbinom.cdf(self.bearable, 1 / self.extra, 1 / (1 + self.extra * mean))
        return (mean * self.weight[mean.index]).sum(), (kept * self.weight[mean.index]).sum()

    def lowest(self, holds):
        """Return the lowest threshold of whole per cents at which something holds of the two numbers, and one flags."""
        for cut, (mean, kept) in self.tried.items():
            if mean > 0 and holds(mean, kept):
                return cut
        return np.inf


shift = functools.cache(Shift)


def at_work(study, outcome, cut):
    """Return what a threshold does in the validation part, what that is of all pupils, and in a shift."""
    own = everyone(study, outcome)
    row = by_rows.classification(own.risk, own.event, cut)
    whole = {"flagged": len(study.cases), "sensitivity": (study.cases[outcome] == "yes").sum()}
    for name, share in own.scored.items():
        value, ends = row[name] * share, proportion_confint(share * whole[name], whole[name], method="wilson")
        row |= dict.fromkeys((f"{name}_of_all", f"{name}_of_all_low", f"{name}_of_all_high"), value)
        for end, of_share, sign in (("_low", ends[0], -1), ("_high", ends[1], 1)):
            if value > 0:
                reach = np.hypot(np.log(row[f"{name}{end}"] / row[name]), np.log(of_share / share))
                row[f"{name}_of_all{end}"] = min(1.0, value * np.exp(sign * reach))
            else:
                row[f"{name}_of_all{end}"] = row[f"{name}{end}"] * of_share
    return row | dict(zip(("per_shift", "kept"), shift(study, outcome).at(cut), strict=True))


@recomputes("07-use", "thresholds", "chosen_by")
def thresholds(study, outcome):
    own = shift(study, outcome)
    cuts = {"Youden": split(study, outcome).youden}
    for k in sorted({1, 2, 4, 6, own.bearable}):
        if k <= max(own.size, own.bearable):
            cuts[f"{k} per shift"] = own.lowest(lambda mean, _, k=k: mean <= k)
    cuts[f"{own.bearable} in {100 * own.chance:.0f}% of shifts"] = own.lowest(lambda _, kept: kept >= own.chance)
    return pd.DataFrame({"chosen_by": name} | at_work(study, outcome, cut) for name, cut in cuts.items())


@recomputes("07-use", "workload")
def workload(study, outcome):
    own = shift(study, outcome)
    steps = np.arange(0.02, 1.001, 0.02) * own.size
    cuts = dict.fromkeys(own.lowest(lambda mean, _, step=step: mean <= step) for step in steps)
    return pd.DataFrame(at_work(study, outcome, cut) for cut in cuts).dropna(subset="ppv")


@recomputes("07-use", "typical", "made_up")
def typical(study, outcome):
    own, (points, _) = split(study, outcome), sheet(study, outcome)
    most = {name: of.loc[of["b"].idxmax(), "code"] for name, of in points.groupby("variable")}
    callers = {"Reference throughout": study.reference, "Most points throughout": most}
    for stage, part in study.complete.groupby("stage", observed=True):
        label = study.book.label("stage", stage)
        callers[f"Usual answers: {label}"] = {name: part[name].value_counts(sort=False).idxmax() for name in most}
    rows = []
    for name, codes in callers.items():
        x = np.array([1.0, *(codes[variable] == code for variable, code in own.terms[1:])])
        odds, se = x @ own.fit.params, np.sqrt(x @ own.fit.cov_params() @ x)
        row = {"made_up": name, "mean": expit(odds), "mean_se": expit(odds) * expit(-odds) * se}
        ends = {"mean_ci_lower": expit(odds - by_rows.Z * se), "mean_ci_upper": expit(odds + by_rows.Z * se)}
        rows.append(row | ends)
    return pd.DataFrame(rows)
