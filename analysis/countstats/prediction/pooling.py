"""One estimate out of several regions, and what to expect of another region."""

from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.optimize import brentq
from scipy.special import expit, logit
from scipy.stats import t
from statsmodels.stats.meta_analysis import combine_effects


class Pooled(NamedTuple):
    """A pooled estimate with its limits, the standard deviation between regions, and the limits for a new one."""

    value: float
    low: float
    high: float
    tau: float
    new_low: float
    new_high: float


def pooled(estimates, variances, confidence=0.95):
    """Random-effects mean of independent estimates: a Pooled.

    The variance between regions is Paule and Mandel's, the limits are Hartung, Knapp, Sidik and Jonkman's with the
    t-distribution, as statsmodels' `combine_effects` gives them, but never from a smaller standard error than without
    their correction (Roever, Knapp and Friede 2015, doi 10.1186/s12874-015-0091-1). `new_low` and `new_high` are the
    interval for one more region (Higgins, Thompson and Spiegelhalter 2009, doi 10.1111/j.1467-985X.2008.00552.x), as
    Debray et al. 2017 (doi 10.1136/bmj.i6460) ask for prediction models. Estimates that are NaN do not count; one alone
    is the mean, with limits that are NaN, and the interval for a new region needs three.
    """
    estimates, variances = np.asarray(estimates, float), np.asarray(variances, float)
    usable = np.isfinite(estimates) & np.isfinite(variances) & (variances > 0)
    estimates, variances, k = estimates[usable], variances[usable], int(usable.sum())
    if k < 2:
        return Pooled(float(estimates[0]) if k else np.nan, *[np.nan] * 5)
    given = {
        "method_re": "iterated",
        "tau2_start": _between(estimates, variances),
        "use_t": True,
        "alpha": 1 - confidence,
    }
    found = combine_effects(estimates, variances, **given)
    mean, se = float(found.mean_effect_re), float(max(found.sd_eff_w_re_hksj, found.sd_eff_w_re))
    reach, tau = t.ppf((1 + confidence) / 2, k - 1) * se, float(np.sqrt(max(found.tau2, 0.0)))
    new = t.ppf((1 + confidence) / 2, k - 2) * np.hypot(tau, float(found.sd_eff_w_re)) if k > 2 else np.nan
    return Pooled(mean, mean - reach, mean + reach, tau, mean - new, mean + new)


def _between(estimates, variances):
    """Paule and Mandel's variance between regions to eleven digits, where statsmodels may start.

    Its own search stops within 1e-5, and from a start above the root it would give nought: so a little below.
    """
    degrees = len(estimates) - 1

    def excess(tau2):
        weights = 1 / (variances + tau2)
        return weights @ (estimates - np.average(estimates, weights=weights)) ** 2 - degrees

    most = ((estimates - estimates.mean()) ** 2).sum()
    return brentq(excess, 0, most, xtol=1e-16, rtol=1e-14) * (1 - 1e-11) if excess(0) > 0 else 0.0


def pooled_measures(samples, confidence=0.95):
    """The measures of several samples, each pooled: {"auc", "intercept", "slope": Pooled}.

    samples: rows of `performance.measure`, none at all maybe. The AUC is pooled on the scale of log odds, as Debray et
    al. 2017 have it; its `tau` stays on that scale.
    """
    wanted = ["auc", "auc_variance", "intercept", "intercept_se", "slope", "slope_se"]
    frame = pd.DataFrame(list(samples)).reindex(columns=wanted).astype(float)
    area = frame["auc"].where(frame["auc"].between(0, 1, inclusive="neither"))
    odds = pooled(logit(area), frame["auc_variance"] / (area * (1 - area)) ** 2, confidence)
    both = {name: pooled(frame[name], frame[f"{name}_se"] ** 2, confidence) for name in ("intercept", "slope")}
    return {"auc": Pooled(*expit(odds[:3]), odds.tau, *expit(odds[4:])), **both}
