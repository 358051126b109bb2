"""Standard errors that allow for clusters: units that share a ward, a city or a telephone.

Units of one cluster may be alike beyond what their predictors say. The sandwich estimator takes the sum of each
cluster's scores as one observation (Liang and Zeger 1986, Biometrika 73: 13-22, doi 10.1093/biomet/73.1.13). With few
or unequal clusters it is too small. CR2 takes out the bias that it would have if the model's own variance held, and
its t has the degrees of freedom that Satterthwaite's formula gives (Bell and McCaffrey 2002, Survey Methodology 28:
169-181; Pustejovsky and Tipton 2018, Journal of Business & Economic Statistics 36: 672-683, doi
10.1080/07350015.2016.1247004). For a logistic model it is taken at the last step of its weighted least squares, as a
plain regression whose errors have one variance: there it agrees with R's clubSandwich.

What takes the bias out is the root of a matrix, of which there are several. Bell and McCaffrey's is the symmetric one
of (1 - hat matrix) where errors have one variance. Pustejovsky and Tipton's, and so that of clubSandwich for a `glm`,
has the variances multiplied in before the root is taken. The two are one where all units of a cluster have one risk;
elsewhere the latter depends on whether units or cells are the rows (the tests show both), which no error here may.

All of it needs, of each cluster, the sum of the scores and the information, and both add up over cells. With M the
inverse information, L L' = M, K_i = L' I_i L of cluster i (the K_i add up to the unit matrix) and s_i its score, the
adjusted score is L'^-1 (1 - K_i)^-1/2 L' s_i, since a function of Z Z' may be pushed past Z as one of Z' Z; and the
degrees of freedom of c'b follow from l = L' c and the vectors v_i = (1 - K_i)^-1/2 K_i l. They need the sum of all
(v_i' v_j)^2, which is the squared norm of the sum of the v_i v_i'. So no matrix has a row per unit or a column per
cluster, and tens of thousands of clusters (telephones) are no more trouble than a few (cities).

Why not a library: statsmodels takes a cell for an observation where it corrects for the number of observations, and
has neither CR2 nor its degrees of freedom.
"""

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.special import expit
from scipy.stats import t

from countstats.columns import COUNTS
from countstats.glm.solver import Fit

ZERO_TOL = 1e-8  # of the model's own standard error: below it the clusters do not differ, and have no robust error
MAX_CLUSTERS = 2000  # that are worked on at once
EIGEN_TOL = 1e-15  # share of a direction's information below which a cluster of few cells has none there
OUTSIDE_TOL = 1e-10  # share of a direction's information outside a cluster, below which only the cluster has any


def sandwich(
    matrix: pd.DataFrame, cells: pd.DataFrame, fitted: Fit, cluster: ArrayLike, confidence: float = 0.95
) -> pd.DataFrame:
    """Return the estimates with CR2 errors, robust to clustering.

    Parameters
    ----------
    matrix, cells, fitted : a design matrix, its counts and the fit (`logit.fit`)
    cluster : the cluster of each cell, labels

    Returns
    -------
    DataFrame : b, se, df, low, high and p, one row per term. A term that only one cluster informs, or on which all
        clusters agree to the last digit, has no robust error (NaN)

    Raises
    ------
    ValueError : for fewer than two clusters, or a cell whose cluster is missing
    """
    x, b = np.ascontiguousarray(matrix), fitted.estimates.to_numpy()
    events, n = cells["events"].to_numpy(float), cells[COUNTS].sum(axis=1).to_numpy(float)
    label, names = pd.factorize(np.asarray(cluster))
    if (label < 0).any():
        raise ValueError("the cluster of some cells is missing")
    if len(names) < 2:
        raise ValueError("errors robust to clusters need at least two of them")
    # column by column, and the rest cluster by cluster: so a matrix of small integers is never one of floats
    risk = expit(sum(column * each for column, each in zip(x.T, b, strict=True)))
    residual, weight = events - n * risk, n * risk * (1 - risk)
    order = np.argsort(label, kind="stable")
    starts = np.flatnonzero(np.diff(label[order], prepend=-1))
    x = x[order]
    covariance, df = _cr2(fitted.covariance, x, residual[order], weight[order], starts)
    se = np.sqrt(np.diag(covariance))
    half = t.ppf((1 + confidence) / 2, df) * se
    same = se < ZERO_TOL * np.sqrt(np.diag(fitted.covariance))
    p = 2 * t.sf(np.abs(b) / np.where(same, 1, se), df)
    columns = {"b": b, "se": se, "df": df, "low": b - half, "high": b + half, "p": p}
    table = pd.DataFrame(columns, index=matrix.columns)
    table.loc[same | _in_one_cluster(x != 0, starts), ["se", "df", "low", "high", "p"]] = np.nan
    return table


def _in_one_cluster(present, starts):
    """Return which terms occur in a single cluster only; `present` says for each cell, by cluster, which it has."""
    return (np.logical_or.reduceat(present, starts).sum(axis=0)) < 2


def _cr2(inverse, x, residual, weight, starts):
    """Return the CR2 covariance and the degrees of freedom of each coefficient.

    inverse : the inverse information
    x, residual, weight : the design's rows, and of each the events beyond those expected and the weight in the
        information, cluster by cluster;  starts : of the clusters
    """
    root = np.linalg.cholesky(inverse)
    out, trace, squares, cross_sum = np.zeros_like(inverse), 0.0, 0.0, 0.0
    for share, vectors, own_scores in _directions(x, residual, weight, starts, root):
        left = 1 - share
        inverse_root = np.where(left > OUTSIDE_TOL, left, np.inf) ** -0.5
        rotated = np.einsum("gdm,gd->gm", vectors, own_scores)
        adjusted = (own_scores + np.einsum("gdm,gm->gd", vectors, (inverse_root - 1) * rotated)) @ root.T
        out += adjusted.T @ adjusted
        # the last axis: a coefficient, whose c is a column of the unit matrix and whose l a row of L
        own = vectors.transpose(0, 2, 1) @ root.T
        own_square = ((share * (left > OUTSIDE_TOL))[:, :, None] * own**2).sum(axis=1)
        cross = vectors @ ((share * inverse_root)[:, :, None] * own)
        # of one cluster with itself the formula has `own_square` squared, in place of what the sum of the v v' puts in
        squares = squares + (own_square**2).sum(axis=0) - ((cross**2).sum(axis=1) ** 2).sum(axis=0)
        cross = cross.transpose(2, 1, 0)
        trace, cross_sum = trace + own_square.sum(axis=0), cross_sum + cross @ cross.transpose(0, 2, 1)
    return out, trace**2 / (squares + (cross_sum**2).sum(axis=(1, 2)))


def _directions(x, residual, weight, starts, root):
    """Yield, of some clusters at a time, the eigenvalues of each K_i, its eigenvectors and its score.

    x, residual, weight, starts : as those of `_cr2`;  root : of the inverse information, which makes the scale on which
    all information together is the unit matrix
    Only eigenvectors of cells that the cluster has are there; in all other directions the eigenvalue is zero.
    """
    sizes = np.diff(starts, append=len(x))
    for size in np.unique(sizes):
        clusters = np.flatnonzero(sizes == size)
        for part in np.split(clusters, range(MAX_CLUSTERS, len(clusters), MAX_CLUSTERS)):
            own = starts[part][:, None] + np.arange(size)
            rows = x[own] @ root
            share, vectors = _eigen(rows * np.sqrt(weight[own])[..., None])
            yield share, vectors, np.einsum("gcd,gc->gd", rows, residual[own])


def _eigen(rows):
    """Return the eigenvalues of Z' Z of each cluster, (clusters, cells, terms), and its eigenvectors, as columns.

    By the smaller of Z' Z and Z Z', in a fraction of the time of a singular value decomposition of Z. What rounding
    adds is of the size of 1e-16 of an eigenvalue of at most 1, and one that small corrects nothing.
    """
    if rows.shape[1] > rows.shape[2]:
        share, vectors = np.linalg.eigh(rows.transpose(0, 2, 1) @ rows)
        return share.clip(0, 1), vectors
    share, left = np.linalg.eigh(rows @ rows.transpose(0, 2, 1))
    scale = np.where(share > EIGEN_TOL, share, np.inf)
    return share.clip(0, 1), rows.transpose(0, 2, 1) @ left / np.sqrt(scale)[:, None, :]
