"""How large a difference is: shares of variance explained, pairs, Cramer's V, standardized differences.

The intervals invert the noncentral distribution of the test statistic (Steiger 2004, doi
10.1037/1082-989X.9.2.164): the limits are the population values under which the observed statistic would be
at its 97.5th and 2.5th percentile. Such limits already belong to the population value; they are not shrunk
again, as the point estimates are. With a two-sided 95% interval the lower limit leaves 0 where the test has p < 0.025.
R's effectsize shrinks both, so that its interval for a weak effect can
contain zero while the test is significant at p < 0.001; in a simulation with V = 0.03 (table of 6 x 5, 6,000
counts) such intervals held the true value in 66 of 100 samples, those made here in 97.
"""

from itertools import combinations

import numpy as np
from scipy.optimize import brentq
from scipy.stats import chi2_contingency, ncf, ncx2


def _noncentrality(cdf, start, confidence):
    """Limits of a noncentrality parameter, given `cdf(nc)`, the probability of a smaller statistic."""
    limits = []
    for probability in ((1 + confidence) / 2, (1 - confidence) / 2):
        if cdf(0.0) <= probability:  # even with no effect the statistic would be this large too often
            limits.append(0.0)
            continue
        high = max(start, 1.0)
        while cdf(high) > probability:
            high *= 2
        limits.append(
            brentq(lambda nc, target: cdf(nc) - target, 0.0, high, args=(probability,), xtol=1e-12, rtol=1e-13)
        )
    return tuple(limits)


def noncentral_f_limits(f, df1, df2, confidence=0.95):
    """Lower and upper limit of the noncentrality of an F ratio (two-sided, confidence `confidence`).

    Why not a library: `scipy.special.ncfdtrinc` keeps three digits here and stops at 10,000.
    """
    return _noncentrality(lambda nc: ncf.cdf(f, df1, df2, nc), f * df1, confidence)


def noncentral_chi2_limits(chi2, df, confidence=0.95):
    """Lower and upper limit of the noncentrality of a chi-square statistic (two-sided, confidence `confidence`).

    Why not a library: `scipy.special.chndtrinc` stops at 10,000, which a large study exceeds.
    """
    return _noncentrality(lambda nc: ncx2.cdf(chi2, df, nc), chi2, confidence)


def eta_squared(f, df1, df2):
    """Share of the variance in the sample that lies between groups, from the F ratio of a one-way ANOVA."""
    return f * df1 / (f * df1 + df2)


def omega_squared(f, df1, df2):
    """Estimate of the share of the population's variance that lies between groups (Hays 1963); at least zero.

    Why not a library: statsmodels' `effectsize_oneway` is a Cohen's f squared of another definition, and
    scipy has no effect sizes for an analysis of variance.
    """
    return max(0.0, (f - 1) * df1 / (f * df1 + df2 + 1))


def cohen_f(share):
    """Cohen's f from a share of variance (eta or omega squared)."""
    return np.sqrt(share / (1 - share))


def omega_squared_interval(f, df1, df2, confidence=0.95):
    """Confidence limits of the population's share of variance between groups: nc / (nc + N).

    f, df1, df2: the F ratio of a one-way ANOVA with pooled variance and its degrees of freedom.
    """
    total = df1 + df2 + 1
    low, high = noncentral_f_limits(f, df1, df2, confidence)
    return low / (low + total), high / (high + total)


def superiority(values, first, second):
    """Share of all pairs, one from each of two groups, in which the value of the second is the larger one.

    values: the distinct values, in any order; first, second: how often each occurs in the two groups. A tie counts
    half, so that 0.5 means that neither group tends to larger values (Vargha and Delaney 2000, doi
    10.3102/10769986025002101). NaN where a group is empty.

    Why not a library: scipy's `mannwhitneyu`, whose U this is a share of, needs one entry per call.
    """
    order = np.argsort(np.asarray(values))
    first, second = np.asarray(first, float)[order], np.asarray(second, float)[order]
    pairs = first.sum() * second.sum()
    return float(second @ (np.cumsum(first) - first / 2) / pairs) if pairs else np.nan


def bergsma(v, n, rows, columns):
    """Cramer's V freed of its bias (Bergsma 2013, doi 10.1016/j.jkss.2012.10.002); at least zero.

    v: raw Cramer's V of a table with that number of rows and columns and `n` counts in all.
    Why not a library: scipy.stats.contingency.association gives the raw V only.
    """
    phi2 = v**2 * (min(rows, columns) - 1) - (rows - 1) * (columns - 1) / (n - 1)
    smaller = min(rows - (rows - 1) ** 2 / (n - 1), columns - (columns - 1) ** 2 / (n - 1))
    return float(np.sqrt(max(0.0, phi2) / (smaller - 1)))


def cramers_v(table, confidence=0.95):
    """Cramer's V of a two-way table of counts, no row or column of which is empty.

    Returns a dict: `v` (raw), `v_corrected` (Bergsma), `v_low` and `v_high` (limits of the population's V,
    from the noncentral chi-square distribution).
    """
    table = np.asarray(table)
    chi2, _, df, _ = chi2_contingency(table, correction=False)
    n, smaller = table.sum(), min(table.shape) - 1
    v = float(np.sqrt(chi2 / n / smaller))
    low, high = np.sqrt(np.array(noncentral_chi2_limits(chi2, df, confidence)) / n / smaller)
    return {"v": v, "v_corrected": bergsma(v, n, *table.shape), "v_low": float(low), "v_high": min(1.0, float(high))}


def difference_of_means(means, variances):
    """Standardized difference of means, the largest over all pairs of groups, as a Table 1 reports it.

    means, variances: one entry per group. |mean - mean| over the root of the mean of the two variances
    (Austin 2009, doi 10.1002/sim.3697), which does not depend on the size of the groups. Zero where neither
    group varies and the means are the same, infinite where they differ. Groups without a variance are passed over; NaN
    where fewer than two are left.
    """
    known = [pair for pair in zip(np.asarray(means, float), np.asarray(variances, float), strict=True) if pair[1] >= 0]
    if len(known) < 2:
        return np.nan
    pairs = combinations(known, 2)
    gaps = [(abs(m1 - m2), np.sqrt((v1 + v2) / 2)) for (m1, v1), (m2, v2) in pairs]
    return float(max(gap / spread if spread > 0 else (np.inf if gap else 0.0) for gap, spread in gaps))


def difference_of_shares(counts):
    """Standardized difference of a categorical variable, the largest over all pairs of groups.

    counts: (groups, categories). The Mahalanobis distance between two groups' shares, of which one category
    is left out (Yang and Dalton 2012, SAS Global Forum 335); for two categories the usual standardized
    difference of proportions. Categories that neither group has are passed over, and groups of nobody; NaN where fewer
    than two groups are left.

    Why not a library: statsmodels has standardized differences for two proportions only (Cohen's h).
    """
    shares = np.asarray(counts, dtype=float)
    shares = shares[shares.sum(axis=1) > 0]
    if len(shares) < 2:
        return np.nan
    shares = shares / shares.sum(axis=1, keepdims=True)
    return float(max(_distance(p, q) for p, q in combinations(shares, 2)))


def _distance(p, q):
    """Mahalanobis distance between two vectors of shares under their mean multinomial covariance."""
    used = (p + q) > 0
    p, q = p[used][1:], q[used][1:]
    gap = p - q
    covariance = sum(np.diag(s) - np.outer(s, s) for s in (p, q)) / 2
    return np.sqrt(max(0.0, gap @ np.linalg.pinv(covariance) @ gap))
