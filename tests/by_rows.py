"""The statistics of the study from rows, one per call or pupil: the independent route against which counts are held.

Nothing here is shared with `hotline.stats`. Where a library takes rows, it is used; the rest is written out from the
definition, without a thought of speed.
"""

import duckdb
import numpy as np
import pandas as pd
from scipy.optimize import brentq
from scipy.stats import binomtest, chi2_contingency, ncf, ncx2, norm
from statsmodels.discrete.discrete_model import Logit


def read(file, book):
    """Return the rows of one of 01-clean's tables with codes in place of positions; None for what is missing."""
    with duckdb.connect() as connection:
        rows = connection.execute("FROM read_parquet(?)", [str(file)]).df()
    for name in rows:
        if book[name].categorical:
            codes = rows[name].astype("Int16").fillna(-1).astype("int16")
            rows[name] = pd.Categorical.from_codes(codes, book[name].kept_codes)
    return rows


def wilson(k, n, level=0.95):
    """Return Wilson's limits of a share."""
    interval = binomtest(int(k), int(n)).proportion_ci(level, method="wilson")
    return interval.low, interval.high


def holm(p):
    """Return p-values after Holm: each times the number not yet dealt with, never below the one before."""
    p, order = np.asarray(p, float), np.argsort(p)
    out, largest = np.empty(len(p)), 0.0
    for rank, place in enumerate(order):
        largest = max(largest, min(1.0, (len(p) - rank) * p[place]))
        out[place] = largest
    return out


def limits_of_noncentrality(cdf, start, level=0.95):
    """Return the noncentralities under which the statistic is at the upper and the lower end of its interval."""
    ends = []
    for share in ((1 + level) / 2, (1 - level) / 2):
        top = max(start, 1.0)
        while cdf(top) > share:
            top *= 1.5
        ends.append(0.0 if cdf(0.0) <= share else brentq(lambda nc, s: cdf(nc) - s, 0.0, top, (share,), 1e-13, 1e-14))
    return ends


def variance_share(rows, x, by):
    """Return omega squared of a one-way analysis of variance on rows, with its limits: sums of squares written out."""
    known = rows[[x, by]].dropna().astype({x: float})
    groups = known.groupby(by, observed=True)[x]
    total, within = ((known[x] - known[x].mean()) ** 2).sum(), ((known[x] - groups.transform("mean")) ** 2).sum()
    df1, df2 = groups.ngroups - 1, len(known) - groups.ngroups
    mean_within = within / df2
    f = (total - within) / df1 / mean_within
    ends = limits_of_noncentrality(lambda nc: ncf.cdf(f, df1, df2, nc), f * df1)
    omega = max(0.0, (total - within - df1 * mean_within) / (total + mean_within))
    return {"omega2": omega, "low": ends[0] / (ends[0] + len(known)), "high": ends[1] / (ends[1] + len(known))}


def association(one, other):
    """Return chi-square and Cramer's V of two columns of rows: raw, after Bergsma, and the limits."""
    table = pd.crosstab(one, other)
    table = table.loc[table.sum(axis=1) > 0, table.sum() > 0]
    test = chi2_contingency(table, correction=False)
    n, (r, c) = table.to_numpy().sum(), table.shape
    ends = limits_of_noncentrality(lambda nc: ncx2.cdf(test.statistic, test.dof, nc), test.statistic)
    phi2 = max(0.0, test.statistic / n - (r - 1) * (c - 1) / (n - 1))
    shrunk = min(each - (each - 1) ** 2 / (n - 1) for each in (r, c)) - 1
    return {
        "n": n,
        "chi2": test.statistic,
        "df": test.dof,
        "p": test.pvalue,
        "smallest_expected": test.expected_freq.min(),
        "v": np.sqrt(test.statistic / n / (min(r, c) - 1)),
        "v_corrected": np.sqrt(phi2 / shrunk),
        "v_low": np.sqrt(ends[0] / n / (min(r, c) - 1)),
        "v_high": min(1.0, np.sqrt(ends[1] / n / (min(r, c) - 1))),
    }


def distance(rows, by):
    """Return the largest Mahalanobis distance of two groups' means of indicators, under their mean covariance."""
    known = rows.dropna()
    names = [name for name in known if name != by]
    indicators = pd.get_dummies(known[names[0]].cat.remove_unused_categories(), dtype=float)
    groups = [part.to_numpy() for _, part in indicators.groupby(known[by], observed=True)]
    found = []
    for i, one in enumerate(groups):
        for other in groups[:i]:
            held = (one.sum(axis=0) + other.sum(axis=0)) > 0
            gap = (one.mean(axis=0) - other.mean(axis=0))[held][1:]
            spread = sum(np.cov(each[:, held].T, ddof=0)[1:, 1:] for each in (one, other)) / 2
            found.append(np.sqrt(gap @ np.linalg.solve(spread, gap)))
    return max(found)


def dummies(rows, reference):
    """Return indicator columns (variable, code) of some categories, without those of the reference, and a constant."""
    columns = {("intercept", ""): np.ones(len(rows))}
    for name, base in reference.items():
        for code in rows[name].cat.remove_unused_categories().cat.categories.drop(base):
            columns[name, code] = (rows[name] == code).to_numpy(float)
    return pd.DataFrame(columns, index=rows.index)


def logistic(y, x):
    """Fit statsmodels' Logit on rows, with Newton's method to the last digit."""
    return Logit(np.asarray(y, float), x.to_numpy()).fit(method="newton", tol=1e-14, maxiter=100, disp=0)


def delong(score, event, level=0.95):
    """Return the area under the ROC curve and DeLong's limits, from all pairs of a pupil with and one without."""
    cases, controls = np.asarray(score)[event], np.asarray(score)[~event]
    wins = (cases[:, None] > controls[None, :]) + 0.5 * (cases[:, None] == controls[None, :])
    area = wins.mean()
    variance = wins.mean(axis=1).var(ddof=1) / len(cases) + wins.mean(axis=0).var(ddof=1) / len(controls)
    reach = norm.ppf((1 + level) / 2) * np.sqrt(variance)
    return area, area - reach, area + reach
