"""Cluster-robust errors agree with R's sandwich and statsmodels on rows, CR2 with its matrix formulas and HC2."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from scipy.stats import t

from hotline.stats import cells as on_cells
from hotline.stats import logit, robust
from samples import fair_rows, ones, reference, spector_rows

R = reference("logistic")
ROWS = {"fair": fair_rows, "spector": spector_rows}


def counts_of(y):
    return pd.DataFrame(dict(zip(on_cells.COUNTS, ones(y), strict=True)))


def clustered_rows(n=240, clusters=9, seed=4):
    """Single rows of two 0/1 terms and an outcome, in clusters of unequal size that share a shift."""
    rng = np.random.default_rng(seed)
    cluster = rng.choice(clusters, n, p=np.arange(1, clusters + 1) / np.arange(1, clusters + 1).sum())
    x = pd.DataFrame({"one": 1.0, "a": rng.integers(0, 2, n), "b": (cluster % 3 == 0) * 1.0}).astype(float)
    shift = rng.normal(0, 0.7, clusters)[cluster]
    y = rng.random(n) < 1 / (1 + np.exp(-(-0.3 + 0.5 * x["a"] - 0.4 * x["b"] + shift)))
    return x, y, cluster


def grouped(x, y, cluster):
    """The same rows as cells with counts."""
    rows = x.assign(cluster=cluster, events=y.astype(int), others=1 - y.astype(int))
    cells = rows.groupby([*x.columns, "cluster"], as_index=False)[on_cells.COUNTS].sum()
    return cells[x.columns], cells, cells["cluster"].to_numpy()


@pytest.mark.parametrize("name", ROWS)
def test_every_pupil_a_cluster_of_its_own_agrees_with_r(name, agrees):
    """R's HC0 has no correction for the number of observations; CR1 multiplies the variance by n / (n - 1)."""
    x, y = ROWS[name]()
    found = robust.sandwich(x, counts_of(y), logit.fit(x, counts_of(y)), np.arange(len(y)))
    for term, row in found.iterrows():
        expected = R[name, f"robust HC0 se {'(Intercept)' if term == 'const' else term}", "se"]
        agrees("robust errors (HC0)", row["se"] / np.sqrt(len(y) / (len(y) - 1)), expected, 9)


def test_cells_give_what_statsmodels_gives_on_rows(agrees):
    x, y, cluster = clustered_rows()
    theirs = sm.GLM(y.astype(float), x, family=sm.families.Binomial()).fit(
        **on_cells.TIGHT, cov_type="cluster", cov_kwds={"groups": cluster, "use_correction": False}
    )
    x_cells, cells, own = grouped(x, y, cluster)
    found = robust.sandwich(x_cells, cells, logit.fit(x_cells, cells), own)
    correction = np.sqrt(9 / 8)
    agrees("robust errors (CR1)", found["se"], theirs.bse * correction, 12)
    assert found["df"].eq(8).all()
    reach = t.ppf(0.975, 8) * theirs.bse * correction
    agrees("robust errors (CR1)", found["high"], theirs.params + reach, 12)


def brute_force_cr2(x, y, cluster):
    """CR2 and Satterthwaite's degrees of freedom by their definition: matrices with a row per pupil."""
    x, y = x.to_numpy(), np.asarray(y, dtype=float)
    b = sm.Logit(y, x).fit(disp=False, method="newton", tol=1e-12).params
    risk = 1 / (1 + np.exp(-x @ b))
    weight = risk * (1 - risk)
    z, residual = x * np.sqrt(weight)[:, None], (y - risk) / np.sqrt(weight)  # the last weighted least squares
    inverse = np.linalg.inv(z.T @ z)
    left = np.eye(len(y)) - z @ inverse @ z.T
    covariance, parts = np.zeros_like(inverse), []
    for label in np.unique(cluster):
        own = np.flatnonzero(cluster == label)
        share, turn = np.linalg.eigh(left[np.ix_(own, own)])
        adjust = turn @ np.diag(np.where(share > 1e-10, share.clip(1e-10) ** -0.5, 0)) @ turn.T
        score = inverse @ z[own].T @ adjust @ residual[own]
        covariance += np.outer(score, score)
        parts.append(left[:, own] @ adjust @ z[own] @ inverse)
    df = []
    for place in range(x.shape[1]):
        p = np.column_stack([part[:, place] for part in parts])
        df.append(np.trace(p.T @ p) ** 2 / ((p.T @ p) ** 2).sum())
    return np.sqrt(np.diag(covariance)), df


def nearly_alone(cluster):
    """A term of one cluster only, which its CR2 can tell nothing of; beside it the other terms have theirs."""
    return ((cluster == 3) & (np.arange(len(cluster)) % 2 == 0)) * 1.0


@pytest.mark.parametrize("seed", [4, 5, 6])
@pytest.mark.parametrize("together", [1, 2000])
def test_cr2_agrees_with_its_matrix_formulas_on_rows(seed, together, agrees, monkeypatch):
    monkeypatch.setattr(robust, "TOGETHER", together)
    x, y, cluster = clustered_rows(seed=seed)
    if seed == 6:
        x["only"] = nearly_alone(cluster)
    se, df = (each[:3] for each in brute_force_cr2(x, y, cluster))
    x_cells, cells, own = grouped(x, y, cluster)
    found = robust.sandwich(x_cells, cells, logit.fit(x_cells, cells), own, small=True).loc[["one", "a", "b"]]
    agrees("robust errors (CR2)", found["se"], se, 12)
    agrees("robust errors (CR2): degrees of freedom", found["df"], df, 12)
    assert (found["df"] < 8).all(), "unequal clusters leave fewer than G - 1"
    agrees("robust errors (CR2)", found["low"], found["b"] - t.ppf(0.975, np.array(df)) * se, 12)


def test_clusters_of_one_pupil_each_give_what_statsmodels_calls_hc2(agrees):
    """At the last step of its weighted least squares, of which statsmodels has the plain regression."""
    x, y = fair_rows()
    fitted = logit.fit(x, counts_of(y))
    found = robust.sandwich(x, counts_of(y), fitted, np.arange(len(y)), small=True)
    risk = logit.risks(x, fitted)
    root = np.sqrt(risk * (1 - risk))
    weighted = x.to_numpy() * root[:, None]
    theirs = sm.OLS(weighted @ fitted.estimates.to_numpy() + (y - risk) / root, weighted).fit()
    agrees("robust errors (CR2)", found["se"], theirs.HC2_se, 9)
    assert found["df"].between(30, len(y)).all()


def test_a_term_that_one_cluster_alone_informs_has_no_robust_error():
    x, y, cluster = clustered_rows()
    x["only"] = nearly_alone(cluster)
    cells = counts_of(y)
    for small in (False, True):
        found = robust.sandwich(x, cells, logit.fit(x, cells), cluster, small=small)
        assert found.loc["only", ["se", "p"]].isna().all() and found.drop("only").notna().all(axis=None)


def test_one_cluster_is_refused():
    x, y, _ = clustered_rows()
    with pytest.raises(ValueError, match="at least two"):
        robust.sandwich(x, counts_of(y), logit.fit(x, counts_of(y)), np.zeros(len(y)))


def test_cr2_covers_where_the_plain_sandwich_does_not():
    """A term that belongs to whole clusters, nine unequal ones: how often the interval holds the truth."""
    rng, hits = np.random.default_rng(11), {False: 0, True: 0}
    sizes = np.array([400, 200, 100, 60, 40, 30, 20, 20, 10])
    x = pd.DataFrame({"one": 1.0, "b": np.arange(9) % 2}).astype(float)
    runs = 150
    for _ in range(runs):
        risk = 1 / (1 + np.exp(-rng.normal(0, 0.5, 9)))
        events = rng.binomial(sizes, risk)
        cells = pd.DataFrame({"events": events, "others": sizes - events})
        fitted = logit.fit(x, cells)
        for small in hits:
            row = robust.sandwich(x, cells, fitted, np.arange(9), small=small).loc["b"]
            hits[small] += row["low"] < 0 < row["high"]
    assert hits[True] / runs > 0.9
    assert hits[False] / runs < 0.85
