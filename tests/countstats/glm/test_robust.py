"""Cluster-robust errors agree with R's clubSandwich and sandwich, and with their matrix formulas on rows."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from samples import ones, reference, table
from scipy.stats import t
from statsmodels.datasets import fair, spector

from countstats.columns import COUNTS
from countstats.glm import logit, robust

R = reference("cr2")


def counts_of(y):
    return pd.DataFrame(dict(zip(COUNTS, ones(y), strict=True)))


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
    cells = rows.groupby([*x.columns, "cluster"], as_index=False)[COUNTS].sum()
    return cells[x.columns], cells, cells["cluster"].to_numpy()


def clustered_samples(name):
    """Terms, outcome and cluster of one case of cr2.csv, one row per unit, as `reference/cr2.R` has them."""
    if name == "spector":
        data = spector.load_pandas().data
        x, y, cluster = data[["GPA", "PSI"]].assign(able=data["TUCE"] >= 22), data["GRADE"], data["TUCE"] // 3
    elif name == "fair":
        data = fair.load_pandas().data
        x = data[["rate_marriage", "age", "children", "educ"]].assign(skilled=data["occupation"] >= 4)
        y, cluster = data["affairs"] > 0, data["occupation"]
    elif name == "titanic":
        data = table("titanic")
        data = data.loc[data.index.repeat(data["n"])]
        x = pd.DataFrame({"female": data["Sex"] == "Female", "child": data["Age"] == "Child"})
        x, y, cluster = x.assign(below=data["Class"].isin(["3rd", "Crew"])), data["Survived"] == "Yes", data["Class"]
    else:
        data = table("ucb")
        data = data.loc[data.index.repeat(data["n"])]
        y, cluster, x = data["Admit"] == "Admitted", data["Dept"], pd.DataFrame({"female": data["Gender"] == "Female"})
        if name == "departments":
            return pd.concat([x, pd.get_dummies(cluster)], axis=1).astype(float), y, cluster.to_numpy()
        x["late"] = cluster.isin(["D", "E", "F"])
        x = x if name == "ucb" else x[["late"]]
    return x.assign(const=1.0).astype(float).reset_index(drop=True), y.reset_index(drop=True), cluster.to_numpy()


def agree(method, name, test, found, agrees, least=(10, 10)):
    """Whether the errors and degrees of freedom of all terms (of those that R tells) agree with a case of cr2.csv."""
    known = [term for term in found.index if (name, f"{test} {term}", "se") in R]
    assert known
    for (column, what), digits in zip({"se": "", "df": ": degrees of freedom"}.items(), least, strict=True):
        if (name, f"{test} {known[0]}", column) in R:
            expected = [R[name, f"{test} {term}", column] for term in known]
            agrees(method + what, found.loc[known, column], expected, digits)


@pytest.mark.parametrize("name", ["ucb", "departments", "titanic", "spector", "fair", "alike"])
def test_sandwich_agrees_with_clubsandwich(name, agrees):
    """Few and unequal clusters, terms that vary within them and others that do not (late, below, able, skilled).

    In "departments" each cluster has a share of its own, so that (1 - hat matrix) has no inverse.
    """
    x, y, cluster = clustered_samples(name)
    x, cells, own = grouped(x, y, cluster)
    found = robust.sandwich(x, cells, logit.fit(x, cells), own)
    agree("robust errors (CR2), clubSandwich", name, "last step", found, agrees)
    if name == "ucb":
        agree("robust errors (CR2), clubSandwich", name, "last step on counts", found, agrees)
        assert R[name, "glm on counts female", "se"] > 1.01 * R[name, "glm female", "se"], "its root tells cells apart"
    if name == "alike":  # All of a cluster have one risk.
        agree("robust errors (CR2), clubSandwich", name, "glm", found, agrees)
        agree("robust errors (CR2), clubSandwich", name, "glm on counts", found, agrees)


@pytest.mark.parametrize(("name", "tests"), [("spector", ["one pupil each", "HC2"]), ("fair", ["HC2"])])
def test_sandwich_of_single_units_agrees_with_r(name, tests, agrees):
    x, y, _ = clustered_samples(name)
    found = robust.sandwich(x, counts_of(y), logit.fit(x, counts_of(y)), np.arange(len(y)))
    for test in tests:
        agree("robust errors (CR2), clusters of one unit", name, test, found, agrees)


def brute_force_cr2(x, y, cluster, joint_root=False):
    """CR2 and Satterthwaite's degrees of freedom by their definition: matrices with a row per unit.

    joint_root : take the root with the variances multiplied in, as Pustejovsky and Tipton do
    """
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
        scale = weight[own] if joint_root else np.ones(len(own))
        share, turn = np.linalg.eigh(scale[:, None] * left[np.ix_(own, own)] * scale)
        adjust = turn @ np.diag(np.where(share > 1e-10, share.clip(1e-10) ** -0.5, 0)) @ turn.T * scale
        score = inverse @ z[own].T @ adjust @ residual[own]
        covariance += np.outer(score, score)
        parts.append(left[:, own] @ adjust.T @ z[own] @ inverse)
    df = []
    for place in range(x.shape[1]):
        p = np.column_stack([part[:, place] for part in parts])
        df.append(np.trace(p.T @ p) ** 2 / ((p.T @ p) ** 2).sum())
    return np.sqrt(np.diag(covariance)), df


def test_clubsandwich_of_a_glm_differs_by_its_root(agrees):
    x, y, cluster = clustered_samples("spector")
    se, df = brute_force_cr2(x, y, cluster, joint_root=True)
    found = pd.DataFrame({"se": se, "df": df}, index=x.columns)
    agree("clubSandwich for a glm, by its formulas", "spector", "glm", found, agrees)


@pytest.mark.parametrize("name", ["ucb", "titanic", "spector"])
def test_another_root_gives_nearly_the_same_errors(name, agrees):
    """Within a thirtieth, though some of these clusters have few units and all have risks far apart."""
    x, y, cluster = clustered_samples(name)
    x, cells, own = grouped(x, y, cluster)
    found = robust.sandwich(x, cells, logit.fit(x, cells), own)
    agree("robust errors (CR2), another root", name, "glm", found, agrees, (1.4, 2))


def nearly_alone(cluster):
    """A term of one cluster only, which its CR2 can tell nothing of; beside it the other terms have theirs."""
    return ((cluster == 3) & (np.arange(len(cluster)) % 2 == 0)) * 1.0


@pytest.mark.parametrize("seed", [4, 5, 6])
@pytest.mark.parametrize("together", [1, 2000])
def test_cr2_agrees_with_its_matrix_formulas(seed, together, agrees, monkeypatch):
    monkeypatch.setattr(robust, "MAX_CLUSTERS", together)
    x, y, cluster = clustered_rows(seed=seed)
    if seed == 6:
        x["only"] = nearly_alone(cluster)
    se, df = (each[:3] for each in brute_force_cr2(x, y, cluster))
    x_cells, cells, own = grouped(x, y, cluster)
    found = robust.sandwich(x_cells, cells, logit.fit(x_cells, cells), own).loc[["one", "a", "b"]]
    agrees("robust errors (CR2)", found["se"], se, 12)
    agrees("robust errors (CR2): degrees of freedom", found["df"], df, 12)
    assert (found["df"] < 8).all(), "unequal clusters leave fewer than G - 1"
    agrees("robust errors (CR2)", found["low"], found["b"] - t.ppf(0.975, np.array(df)) * se, 12)


def test_term_of_one_cluster_has_no_robust_error():
    x, y, cluster = clustered_rows()
    x["only"] = nearly_alone(cluster)
    cells = counts_of(y)
    found = robust.sandwich(x, cells, logit.fit(x, cells), cluster)
    assert found.loc["only", ["se", "p"]].isna().all() and found.drop("only").notna().all(axis=None)


def test_sandwich_refuses_one_cluster():
    x, y, _ = clustered_rows()
    with pytest.raises(ValueError, match="at least two"):
        robust.sandwich(x, counts_of(y), logit.fit(x, counts_of(y)), np.zeros(len(y)))


def test_sandwich_refuses_a_cell_without_a_cluster():
    x, y, cluster = clustered_rows()
    gap = np.where(np.arange(len(y)) == 3, np.nan, cluster)
    with pytest.raises(ValueError, match="the cluster of some cells is missing"):
        robust.sandwich(x, counts_of(y), logit.fit(x, counts_of(y)), gap)


def test_cr2_covers_where_the_plain_sandwich_does_not():
    """A term that belongs to whole clusters, nine unequal ones: how often the interval holds the truth."""
    rng, hits = np.random.default_rng(11), {"CR2": 0, "plain": 0}
    sizes = np.array([400, 200, 100, 60, 40, 30, 20, 20, 10])
    x = pd.DataFrame({"one": 1.0, "b": np.arange(9) % 2}).astype(float)
    runs = 150
    for _ in range(runs):
        risk = 1 / (1 + np.exp(-rng.normal(0, 0.5, 9)))
        events = rng.binomial(sizes, risk)
        cells = pd.DataFrame({"events": events, "others": sizes - events})
        row = robust.sandwich(x, cells, logit.fit(x, cells), np.arange(9)).loc["b"]
        hits["CR2"] += row["low"] < 0 < row["high"]
        groups = {"groups": np.arange(9), "use_correction": False}
        theirs = sm.GLM(cells, x, family=sm.families.Binomial()).fit(cov_type="cluster", cov_kwds=groups)
        hits["plain"] += abs(theirs.params["b"]) < t.ppf(0.975, 8) * theirs.bse["b"] * np.sqrt(9 / 8)
    assert hits["CR2"] / runs > 0.9
    assert hits["plain"] / runs < 0.85
