"""One estimate out of several samples (regions, centres), and what to expect of another one."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.optimize import brentq
from scipy.special import expit, logit
from scipy.stats import t
from statsmodels.stats.meta_analysis import combine_effects

from countstats.estimates import Estimate


@dataclass(frozen=True)
class Pooled(Estimate):
    """A pooled estimate, the standard deviation between samples, and the limits for a new sample."""

    tau: float = np.nan
    new_low: float = np.nan
    new_high: float = np.nan


def pooled(estimates: ArrayLike, variances: ArrayLike, confidence: float = 0.95) -> Pooled:
    """Return the random-effects mean of independent estimates.

    The variance between samples is Paule and Mandel's, the limits are Hartung, Knapp, Sidik and Jonkman's with the
    t-distribution, as statsmodels' `combine_effects` gives them, but never from a smaller standard error than without
    their correction (Roever, Knapp and Friede 2015, doi 10.1186/s12874-015-0091-1). The limits for a new sample are
    those of Higgins, Thompson and Spiegelhalter 2009 (doi 10.1111/j.1467-985X.2008.00552.x), as Debray et al. 2017 (doi
    10.1136/bmj.i6460) ask for prediction models; they need three samples.

    Parameters
    ----------
    estimates, variances
        One entry per sample. Estimates that are NaN do not count; one alone is the mean, with limits that are NaN.
    """
    estimates, variances = np.asarray(estimates, float), np.asarray(variances, float)
    usable = np.isfinite(estimates) & np.isfinite(variances) & (variances > 0)
    estimates, variances, k = estimates[usable], variances[usable], int(usable.sum())
    if k < 2:
        return Pooled(float(estimates[0]) if k else np.nan, np.nan, np.nan)
    effects = combine_effects(
        estimates,
        variances,
        method_re="iterated",
        tau2_start=_between(estimates, variances),
        use_t=True,
        alpha=1 - confidence,
    )
    mean, se = float(effects.mean_effect_re), float(max(effects.sd_eff_w_re_hksj, effects.sd_eff_w_re))
    half, tau = t.ppf((1 + confidence) / 2, k - 1) * se, float(np.sqrt(max(effects.tau2, 0.0)))
    new = t.ppf((1 + confidence) / 2, k - 2) * np.hypot(tau, float(effects.sd_eff_w_re)) if k > 2 else np.nan
    return Pooled(mean, mean - half, mean + half, se, tau=tau, new_low=mean - new, new_high=mean + new)


def _between(estimates: np.ndarray, variances: np.ndarray) -> float:
    """Return Paule and Mandel's variance between samples to eleven digits, where statsmodels may start.

    Its own search stops within 1e-5, and from a start above the root it would give zero: so a little below.
    """
    degrees = len(estimates) - 1

    def excess(tau2):
        weights = 1 / (variances + tau2)
        return weights @ (estimates - np.average(estimates, weights=weights)) ** 2 - degrees

    most = ((estimates - estimates.mean()) ** 2).sum()
    return brentq(excess, 0, most, xtol=1e-16, rtol=1e-14) * (1 - 1e-11) if excess(0) > 0 else 0.0


def pooled_measures(samples: Iterable[pd.Series], confidence: float = 0.95) -> dict[str, Pooled]:
    """Return the measures of several samples, each pooled: {"auc", "intercept", "slope": Pooled}.

    The AUC is pooled on the scale of log odds, as Debray et al. 2017 have it; its `tau` stays on that scale.

    Parameters
    ----------
    samples
        Rows of `performance.measure`, perhaps none.
    """
    wanted = ["auc", "auc_variance", "intercept", "intercept_se", "slope", "slope_se"]
    frame = pd.DataFrame(list(samples)).reindex(columns=wanted).astype(float)
    area = frame["auc"].where(frame["auc"].between(0, 1, inclusive="neither"))
    odds = pooled(logit(area), frame["auc_variance"] / (area * (1 - area)) ** 2, confidence)
    both = {name: pooled(frame[name], frame[f"{name}_se"] ** 2, confidence) for name in ("intercept", "slope")}
    back = {name: float(expit(getattr(odds, name))) for name in ("value", "low", "high", "new_low", "new_high")}
    return {"auc": Pooled(**back, tau=odds.tau), **both}
