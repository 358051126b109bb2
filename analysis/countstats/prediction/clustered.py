"""Performance of predicted risks where units hang together: limits that take clusters, not units, for independent.

Later calls of one caller are alike. Limits that take them for independent are too narrow; the estimates stay the same.
"""

import numpy as np
from numpy.typing import ArrayLike

from countstats.estimates import Estimate, half_width


def _sums(values: np.ndarray, cluster: np.ndarray) -> np.ndarray:
    """Return the sum of numbers within each cluster."""
    return np.bincount(np.unique(cluster, return_inverse=True)[1], weights=values)


def observed_expected(
    risk: ArrayLike, events: ArrayLike, others: ArrayLike, cluster: ArrayLike, confidence: float = 0.95
) -> Estimate:
    """Estimate the ratio of observed to expected events, with limits on the scale of logarithms.

    The variance of the logarithm is that of a ratio of two sums over clusters, linearized (Cochran 1977, Sampling
    Techniques, section 6.5): the squared sums over each cluster of what was observed less what the ratio expects, over
    the squared number of events.

    Parameters
    ----------
    risk, events, others
        Risks between 0 and 1, and how many units with and without the event have each, of one length.
    cluster
        The cluster of each entry.

    Returns
    -------
    Estimate
        NaN without an event; limits and standard error (of the logarithm) are NaN with a single cluster.
    """
    risk, events, n = np.asarray(risk, float), np.asarray(events), np.asarray(events) + np.asarray(others)
    observed, expected = events.sum(), (n * risk).sum()
    if observed == 0 or expected == 0:
        return Estimate(np.nan, np.nan, np.nan)
    ratio = float(observed / expected)
    off = _sums(events - ratio * n * risk, np.asarray(cluster))
    if len(off) < 2:
        return Estimate(ratio, np.nan, np.nan)
    se = float(np.sqrt((off**2).sum() * len(off) / (len(off) - 1)) / observed)
    half = float(half_width(se, confidence))
    return Estimate(ratio, ratio * np.exp(-half), ratio * np.exp(half), se)


def auc(
    score: ArrayLike, cases: ArrayLike, controls: ArrayLike, cluster: ArrayLike, confidence: float = 0.95
) -> Estimate:
    """Estimate the area under the ROC curve, with limits that take clusters for independent, cut at 0 and 1.

    Obuchowski 1997, Biometrics 53: 567-578: DeLong's components, summed within clusters, and the covariance of the
    cases' and the controls' sums. With a cluster for each unit it is DeLong's variance.

    Parameters
    ----------
    score, cases, controls
        As in `roc.auc`, an entry for each score and cluster.
    cluster
        The cluster of each entry.

    Returns
    -------
    Estimate
        Standard error and limits are NaN with fewer than two clusters that have cases, or controls.

    Raises
    ------
    ValueError
        As `roc.auc` does.
    """
    from countstats.prediction import roc

    value = roc.auc(score, cases, controls).value
    score, cases, controls, cluster = (np.asarray(each) for each in (score, cases, controls, cluster))
    beaten, beating = roc.placements(score.astype(float), cases, controls)
    m, n = cases.sum(), controls.sum()
    of_cases = _sums(cases * (beaten - value), cluster)
    of_controls = _sums(controls * (beating - value), cluster)
    with_cases, with_controls = (np.count_nonzero(_sums(each, cluster)) for each in (cases, controls))
    if min(with_cases, with_controls) < 2:
        return Estimate(value, np.nan, np.nan)
    clusters = len(of_cases)
    variance = (of_cases**2).sum() * with_cases / (with_cases - 1) / m**2
    variance += (of_controls**2).sum() * with_controls / (with_controls - 1) / n**2
    variance += 2 * (of_cases * of_controls).sum() * clusters / (clusters - 1) / (m * n)
    se = float(np.sqrt(max(variance, 0.0)))
    half = float(half_width(se, confidence))
    return Estimate(value, max(0.0, value - half), min(1.0, value + half), se)
