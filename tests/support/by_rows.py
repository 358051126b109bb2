"""The statistics of the study from rows, one per call or pupil: the independent route with which counts are compared.

Nothing here is shared with `countstats`. Where a library takes rows, it is used; the rest is written out from the
definition, without a thought of speed.
"""

from itertools import combinations

import duckdb
import numpy as np
import pandas as pd
from numpy.polynomial import Polynomial
from scipy.optimize import brentq
from scipy.special import expit
from scipy.stats import binomtest, chi2, chi2_contingency, ncx2, norm, t
from scipy.stats import f as fdist
from sklearn.metrics import brier_score_loss, roc_auc_score
from statsmodels.discrete.discrete_model import Logit

Z = norm.ppf(0.975)
WHOLE_PERCENTS = np.arange(1, 100) / 100


def read(file, book):
    """Return the rows of one of 01-clean's tables with codes in place of positions; None for what is missing."""
    with duckdb.connect() as connection:
        rows = connection.execute("FROM read_parquet(?)", [str(file)]).df()
    for name in rows:
        if book[name].categorical:
            codes = rows[name].astype("Int16").fillna(-1).astype("int16")
            rows[name] = pd.Categorical.from_codes(codes, book[name].kept_codes)
    return rows


# --- comparisons ------------------------------------------------------------------------------------


def wilson(k, n, confidence=0.95):
    """Return Wilson's limits of a share."""
    interval = binomtest(int(k), int(n)).proportion_ci(confidence, method="wilson")
    return interval.low, interval.high


def share(hit, confidence=0.95):
    """Return n, the share of true ones among some booleans, and Wilson's limits."""
    low, high = wilson(np.sum(hit), len(hit), confidence)
    return {"n": len(hit), "estimate": np.mean(hit), "low": low, "high": high}


def holm(p):
    """Return p-values after Holm: each times the number not yet dealt with, never below the one before."""
    p, order = np.asarray(p, float), np.argsort(p)
    adjusted, largest = np.empty(len(p)), 0.0
    for rank, position in enumerate(order):
        largest = max(largest, min(1.0, (len(p) - rank) * p[position]))
        adjusted[position] = largest
    return adjusted


def derivative(function, weights):
    """Return the derivative of a function of weights by each of them, from a step into the imaginary."""
    step = 1e-200j * np.eye(len(weights))
    return np.array([function(weights + each).imag for each in step]).T / 1e-200


def shorter(length, mean, covariance):
    """Return the probability that a normal vector is shorter than that.

    By the multiple of a noncentral chi-square with the cumulants of its square, which follow from the eigenvalues and
    the mean along each eigenvector: the root of the equation of the three cumulants, or of two, if it has none.
    """
    weights, axes = np.linalg.eigh(covariance)
    along = (axes.T @ mean) ** 2
    c1, c2, c3 = (np.sum(weights**k) + k * np.sum(weights ** (k - 1) * along) for k in (1, 2, 3))
    roots = np.roots([c1, -2 * c2, c3])
    scale = min(roots) if np.isrealobj(roots) else c2 / c1
    noncentrality = max(0.0, c2 / scale**2 - c1 / scale)
    return ncx2.cdf(length**2 / scale, c1 / scale - noncentrality, noncentrality)


def tried_lengths(ends, vector, covariance, longest, estimate):
    """Return the limits of a vector's length if they are right, and none otherwise.

    Right is a limit under which the observed length is at the 97.5th or 2.5th percentile, to seven digits; 0 or the
    longest one where no length is so short or so long; and the estimate where the limit would leave it out.
    """
    observed = np.linalg.norm(vector)

    def probability(length):
        return shorter(observed, vector / observed * length, covariance(length / observed))

    low, high = ends
    for end, wanted, least in ((low, 0.975, 0.0), (high, 0.025, longest)):
        too_far = (probability(least) - wanted) * (1 if least else -1) >= 0
        exact = abs(probability(end) - wanted) < 1e-7
        if not (exact or (end == 0 and probability(0) <= wanted) or (end == least and too_far) or end == estimate):
            return np.nan, np.nan
    return low, high


def variance_share(rows, x, by, ends):
    """Return omega and eta squared of a one-way analysis of variance on rows, the former with the limits `ends`.

    These are tried: see `tried_lengths`.
    """
    recorded = rows[[x, by]].dropna().astype({x: float})
    groups = recorded.groupby(by, observed=True)[x]
    total = ((recorded[x] - recorded[x].mean()) ** 2).sum()
    within = ((recorded[x] - groups.transform("mean")) ** 2).sum()
    df1, df2 = groups.ngroups - 1, len(recorded) - groups.ngroups
    omega = max(0.0, (total - within - df1 * within / df2) / (total + within / df2))
    low, high = np.square(tried_lengths(np.sqrt(ends), *spread_of_means(groups), 1.0, np.sqrt(omega)))
    return {"omega2": omega, "omega2_low": low, "omega2_high": high, "eta2": 1 - within / total}


def spread_of_means(groups):
    """Return the groups' standardized deviations, and the covariance of these if the means were further apart."""
    values, of_group = groups.obj.to_numpy(float), groups.ngroup().to_numpy()
    standard = (values - values.mean()) / values.std()
    member = np.eye(groups.ngroups)[of_group]
    sums = np.array([member.T @ standard**power for power in (0, 1, 2)]) / len(values)

    def deviations(sums):
        share, first, second = sums
        mean, square = first.sum() / share.sum(), second.sum() / share.sum()
        return np.sqrt(share / share.sum()) * (first / share - mean) / np.sqrt(square - mean**2)

    gradient = derivative(lambda flat: deviations(flat.reshape(3, -1)), sums.ravel())
    units = np.array([member * standard[:, None] ** power for power in (0, 1, 2)]).transpose(1, 0, 2)
    influence = (units.reshape(len(values), -1) - sums.ravel()) @ gradient.T
    share, mean = sums[0], sums[1] / sums[0]
    residual = standard - mean[of_group]
    within = (member / np.sqrt(share) - np.sqrt(share)) * residual[:, None]
    between = influence - within

    def covariance(times):
        return np.cov((within + times * between).T, ddof=0) / len(values)

    return deviations(sums), covariance


def brown_forsythe(groups):
    """Return F* of Brown and Forsythe 1974, its degrees of freedom and p, from the values of each group."""
    total = np.concatenate(groups)
    spread = np.array([(1 - len(group) / len(total)) * group.var(ddof=1) for group in groups])
    f = sum(len(group) * (group.mean() - total.mean()) ** 2 for group in groups) / spread.sum()
    df = 1 / sum((spread / spread.sum()) ** 2 / [len(group) - 1 for group in groups])
    p = fdist.sf(f, len(groups) - 1, df)
    return {"forsythe_f": f, "forsythe_df1": len(groups) - 1, "forsythe_df2": df, "forsythe_p": p}


def association(one, other, ends=(np.nan, np.nan)):
    """Return chi-square and Cramer's V of two columns of rows: raw, after Bergsma, and the limits `ends`.

    These are tried: see `tried_lengths`.
    """
    table = pd.crosstab(one, other)
    table = table.loc[table.sum(axis=1) > 0, table.sum() > 0]
    test, ratio = (chi2_contingency(table, correction=False, lambda_=power) for power in (1, 0))
    n, (r, c) = table.to_numpy().sum(), table.shape
    phi2 = max(0.0, test.statistic / n - (r - 1) * (c - 1) / (n - 1))
    corrected_columns = min(each - (each - 1) ** 2 / (n - 1) for each in (r, c)) - 1
    v_corrected, side = np.sqrt(phi2 / corrected_columns), np.sqrt(min(r, c) - 1)
    if np.isfinite(ends).all():
        longest = (*distances_from_independence(table), side, v_corrected * side)
        ends = np.array(tried_lengths(np.array(ends) * side, *longest)) / side
    return {
        "n": n,
        "chi2": test.statistic,
        "df": test.dof,
        "chi2_p": test.pvalue,
        "g2": ratio.statistic,
        "g2_p": ratio.pvalue,
        "smallest_expected": test.expected_freq.min(),
        "monte_carlo": test.expected_freq.min() < 1 or (test.expected_freq < 5).sum() > r * c / 5,
        "v": np.sqrt(test.statistic / n) / side,
        "v_corrected": v_corrected,
        "v_low": ends[0],
        "v_high": ends[1],
    }


def distances_from_independence(table):
    """Return the cells' distances from independence, and the covariance of these if they were greater or smaller."""
    shares, n = table.to_numpy() / table.to_numpy().sum(), table.to_numpy().sum()
    expected = np.outer(shares.sum(axis=1), shares.sum(axis=0))

    def distances(flat):
        square = flat.reshape(shares.shape) / flat.sum()
        product = square.sum(axis=1)[:, None] * square.sum(axis=0)
        return ((square - product) / np.sqrt(product)).ravel()

    def covariance(times):
        there = (expected + times * (shares - expected)).ravel()
        gradient = derivative(distances, there)
        weights = (expected + min(times, 1) * (shares - expected)).ravel()
        return gradient @ (np.diag(weights) - np.outer(weights, weights)) @ gradient.T / n

    return distances(shares.ravel()), covariance


def trend(score, hit):
    """Return the line of a share over scores: Armitage's test, slope and limits, and what departs from the line."""
    score, hit = np.asarray(score, float), np.asarray(hit, float)
    centred, own_share = score - score.mean(), pd.Series(hit).groupby(score).transform("mean").to_numpy()
    slope = centred @ hit / (centred @ centred)
    spread = np.sqrt(centred**2 @ (hit - own_share) ** 2) / (centred @ centred)
    binomial_variance = hit.mean() * (1 - hit.mean())
    result = {"chi2": slope**2 * (centred @ centred) / binomial_variance, "slope": slope}
    result |= {"low": slope - Z * spread, "high": slope + Z * spread}
    departure = ((own_share - hit.mean() - slope * centred) ** 2).sum() / binomial_variance
    df = len(np.unique(score)) - 2
    result |= {"departure": departure, "departure_df": df, "departure_p": chi2.sf(departure, df)}
    return result | {"p": chi2.sf(result["chi2"], 1)}


def fourfold(one, other):
    """Return the four numbers of rows by two booleans."""
    return [(a & b).sum() for a in (one, ~one) for b in (other, ~other)]


def within_strata(one, other, stratum):
    """Return the odds ratio of two booleans: of all rows (Wald), and within strata after Mantel and Haenszel.

    With the limits of Robins, Breslow and Greenland, and the test of Breslow and Day that it is the same in all strata,
    after Tarone. Strata in which one of the two does not vary carry no information.
    """
    a, b, c, d = np.array(fourfold(one, other)) + 0.5 * (min(fourfold(one, other)) == 0)
    crude, half_width = np.log(a * d / b / c), Z * np.sqrt(1 / a + 1 / b + 1 / c + 1 / d)
    result = {"crude": np.exp(crude), "crude_low": np.exp(crude - half_width), "crude_high": np.exp(crude + half_width)}
    tables = [fourfold(one[part], other[part]) for part in (stratum == each for each in stratum.unique())]
    tables = [(a, b, c, d) for a, b, c, d in tables if min(a + b, c + d, a + c, b + d) > 0]
    a, b, c, d = np.array(tables, float).T
    n = a + b + c + d
    r, s, p, q = a * d / n, b * c / n, (a + d) / n, (b + c) / n
    common = r.sum() / s.sum()
    variance = (p @ r / r.sum() ** 2 + (p @ s + q @ r) / r.sum() / s.sum() + q @ s / s.sum() ** 2) / 2
    half_width = np.exp(Z * np.sqrt(variance))
    mantel_haenszel = ((a - (a + b) * (a + c) / n).sum()) ** 2
    mantel_haenszel /= ((a + b) * (c + d) * (a + c) * (b + d) / n**2 / (n - 1)).sum()
    result |= {
        "common": common,
        "low": common / half_width,
        "high": common * half_width,
        "p": chi2.sf(mantel_haenszel, 1),
    }
    expected = np.array([_cell(common, *table) for table in tables])
    variance = 1 / (1 / expected + 1 / (a + b - expected) + 1 / (a + c - expected) + 1 / (d - a + expected))
    breslow_day = ((a - expected) ** 2 / variance).sum() - (a - expected).sum() ** 2 / variance.sum()
    df = len(tables) - 1
    return result | {
        "homogeneity": breslow_day,
        "homogeneity_df": df,
        "homogeneity_p": chi2.sf(breslow_day, df),
        "strata": df + 1,
    }


def _cell(odds_ratio, a, b, c, d):
    """Return the first number of a fourfold table with the same margins and that odds ratio."""
    low, high = max(0, a - d), min(a + b, a + c)
    return brentq(lambda e: e * (d - a + e) - odds_ratio * (a + b - e) * (a + c - e), low, high, xtol=1e-13, rtol=1e-15)


def standardized(rows, by, over, hit):
    """Return the directly standardized share of each group of rows, and the chi-square of their being equal."""
    recorded = rows[[by, *over]].assign(hit=hit).dropna()
    recorded["stratum"] = recorded[over].astype(str).agg("|".join, axis=1)
    groups = list(recorded[by].unique())
    common = recorded.groupby("stratum")[by].nunique()
    inside = recorded[recorded["stratum"].isin(common.index[common == len(groups)])]
    weight = inside["stratum"].value_counts(normalize=True)
    rows_of_groups = []
    for group in groups:
        in_strata = inside[inside[by] == group].groupby("stratum")["hit"]
        whole = recorded.loc[recorded[by] == group, "hit"]
        p, w = in_strata.mean(), weight[in_strata.mean().index]
        size, mean = in_strata.size(), (w * p).sum()
        of_all = inside.groupby("stratum")["hit"].agg(lambda hits: (hits.sum() + 0.5) / (len(hits) + 1))
        near = (size * p + 8 * of_all[p.index]) / (size + 8)  # what a small stratum borrows
        n = (w * near).sum() * (1 - (w * near).sum()) / (w**2 * near * (1 - near) / size).sum()
        middle, half_width = mean + Z**2 / 2 / n, Z * np.sqrt(mean * (1 - mean) / n + Z**2 / 4 / n**2)
        row = {"covered": len(inside) / len(recorded)}
        row |= {"by": by, "group": group, "n": len(whole), "events": whole.sum(), "crude": whole.mean()}
        row |= {"effective": n, "share": mean, "low": (middle - half_width) / (1 + Z**2 / n)}
        rows_of_groups.append(row | {"high": (middle + half_width) / (1 + Z**2 / n)})
    rows_of_groups = pd.DataFrame(rows_of_groups)
    mean = np.average(rows_of_groups["share"], weights=rows_of_groups["effective"])
    statistic = (rows_of_groups["effective"] * (rows_of_groups["share"] - mean) ** 2).sum() / (mean * (1 - mean))
    return rows_of_groups, {"statistic": statistic, "df1": len(groups) - 1, "p": chi2.sf(statistic, len(groups) - 1)}


def largest_mahalanobis_distance(rows, by):
    """Return the largest Mahalanobis distance of two groups' means of indicators, under their mean covariance."""
    recorded = rows.dropna()
    names = [name for name in recorded if name != by]
    indicators = pd.get_dummies(recorded[names[0]].cat.remove_unused_categories(), dtype=float)
    groups = [part.to_numpy() for _, part in indicators.groupby(recorded[by], observed=True)]
    distances = []
    for one, other in combinations(groups, 2):
        present = (one.sum(axis=0) + other.sum(axis=0)) > 0
        difference = (one.mean(axis=0) - other.mean(axis=0))[present][1:]
        spread = sum(np.cov(each[:, present].T, ddof=0)[1:, 1:] for each in (one, other)) / 2
        distances.append(np.sqrt(difference @ np.linalg.solve(spread, difference)))
    return max(distances)


# --- logistic models --------------------------------------------------------------------------------


def dummies(rows, reference):
    """Return indicator columns (variable, code) of some categories, without those of the reference, and a constant."""
    columns = {("intercept", ""): np.ones(len(rows))}
    for name, base in reference.items():
        for code in rows[name].cat.remove_unused_categories().cat.categories.drop(base):
            columns[name, code] = (rows[name] == code).to_numpy(float)
    return pd.DataFrame(columns, index=rows.index)


def logistic(y, x, offset=None, **more):
    """Fit statsmodels' Logit on rows, with Newton's method to the last digit."""
    model = Logit(np.asarray(y, float), np.asarray(x, float), offset=offset)
    return model.fit(method="newton", tol=1e-11, maxiter=100, disp=0, **more)


def table(fit, terms):
    """Return b, se, low, high and p of a fit as a frame indexed by its terms."""
    low, high = fit.conf_int().T
    frame = {"b": fit.params, "se": fit.bse, "low": low, "high": high, "p": fit.pvalues}
    return pd.DataFrame(frame, index=terms)


def firth(y, x):
    """Fit by Firth's modified score, row by row: estimates and covariance.

    The steps are those of a fit in which every row is there again with both outcomes, each of half its leverage.
    """
    y, x = np.asarray(y, float), np.asarray(x, float)
    b = np.zeros(x.shape[1])
    for _ in range(500):
        p = expit(x @ b)
        covariance = np.linalg.inv(x.T @ (x * (p * (1 - p))[:, None]))
        leverage = p * (1 - p) * ((x @ covariance) * x).sum(axis=1)
        score = x.T @ (y - p + leverage * (0.5 - p))
        step = np.linalg.solve(x.T @ (x * (p * (1 - p) * (1 + leverage))[:, None]), score)
        b += step / max(1, np.abs(step).max())
        if np.abs(step).max() < 1e-12:
            return b, covariance
    raise ArithmeticError("Firth's estimates did not settle")


def maximum_likelihood_or_firth(y, x, groups, min_per_group=1):
    """Return estimates and covariance by maximum likelihood, or Firth's where few of a group have the event, or not.

    groups: indicator columns, one for each group that has a coefficient or is what others are compared with
    min_per_group: fewer than this are few
    """
    y, events, n = np.asarray(y, float), np.asarray(y, float) @ groups, groups.sum(axis=0)
    if ((n > 0) & (np.minimum(events, n - events) < min_per_group)).any():
        return firth(y, x)
    fit = logistic(y, x)
    return fit.params, fit.cov_params()


def converged_or_firth(y, x):
    """Return estimates and covariance by maximum likelihood, or Firth's where Newton's method does not settle."""
    fit = logistic(y, x)
    if fit.mle_retvals["converged"]:
        return fit.params, fit.cov_params()
    q, r = np.linalg.qr(x)  # the penalty does not mind, and steps are better in directions at right angles
    b, covariance = firth(y, q)
    back = np.linalg.inv(r)
    return back @ b, back @ covariance @ back.T


def profile_limit(y, x, column, start):
    """Return one step of Newton's from a proposed profile-likelihood limit: the same value if that is the limit.

    With the coefficient constrained at the limit, twice the log-likelihood is below that of the best fit, `start`, by
    the quantile of chi-square; its slope in the coefficient is twice the score there.
    """
    fit, value = start
    others = np.delete(x, column, axis=1)
    constrained = logistic(y, others, x[:, column] * value, start_params=np.delete(fit.params, column))
    p = constrained.predict(others, offset=x[:, column] * value)
    deficit = 2 * (fit.llf - constrained.llf) - chi2.ppf(0.95, 1)
    return value + deficit / (2 * x[:, column] @ (y - p))


def standardized_probability(fit, x, other=None):
    """Return the mean probability of rows, with their own or other columns, and its slope in the estimates."""
    other = x if other is None else other
    p = fit.predict(other)
    return p.mean(), (p * (1 - p)) @ other / len(p)


def proportional_odds(rank, x):
    """Fit the proportional-odds model of ordered ranks 0, 1, ...: estimates of the terms and their errors.

    By Fisher's scoring on rows; the information is the expected one, the sum over rows and ranks of the squared slope
    of a probability over the probability. statsmodels' OrderedModel stops at six digits and has errors from the
    observed one.
    """
    ranks, n = rank.max() + 1, len(rank)
    b = np.zeros(ranks - 1 + x.shape[1])
    b[: ranks - 1] = [np.log((rank >= j).mean() / (rank < j).mean()) for j in range(1, ranks)]
    step = np.ones(1)
    while np.abs(step).max() > 1e-11:
        above = np.column_stack([np.ones(n), *(expit(b[j] + x @ b[ranks - 1 :]) for j in range(ranks - 1)), 0 * rank])
        score, information = 0, 0
        slope = []
        for j in range(ranks + 1):
            own = np.zeros((n, ranks - 1))
            if 0 < j < ranks:
                own[:, j - 1] = 1
            slope.append(np.hstack([own, x]) * (above[:, j] * (1 - above[:, j]))[:, None])
        for j in range(ranks):
            probability, gradient = above[:, j] - above[:, j + 1], slope[j] - slope[j + 1]
            score = score + (gradient[rank == j] / probability[rank == j, None]).sum(axis=0)
            information = information + gradient.T @ (gradient / probability[:, None])
        step = np.linalg.solve(information, score)
        b += step
    return b[ranks - 1 :], np.sqrt(np.diag(np.linalg.inv(information)))[ranks - 1 :]


def rubin(estimates, variances, n):
    """Combine estimates (imputations, terms) and their variances: b, se, df after Barnard and Rubin, and fmi."""
    m, within = len(estimates), np.mean(variances, axis=0)
    between = np.var(estimates, axis=0, ddof=1)
    total = within + (1 + 1 / m) * between
    lost = (1 + 1 / m) * between / total
    own = n - estimates.shape[1]
    df = 1 / (lost**2 / (m - 1) + 1 / ((own + 1) / (own + 3) * own * (1 - lost)))
    rise = (1 + 1 / m) * between / within
    return np.mean(estimates, axis=0), np.sqrt(total), df, (rise + 2 / (df + 3)) / (1 + rise)


def bell_mccaffrey(y, x, cluster):
    """Return robust errors of a logistic model by CR2 with Satterthwaite's degrees of freedom, from matrices of rows.

    Errors and rows are divided by the standard deviation that the model gives each row; then the working variance is
    the unit matrix, and each cluster's errors are multiplied by the inverse root of its block of (1 - hat matrix).
    """
    x = np.asarray(x, float)
    fit = logistic(y, x)
    p = fit.predict(x)
    root = np.sqrt(p * (1 - p))
    x, error = x * root[:, None], (y - p) / root
    inverse = np.linalg.inv(x.T @ x)
    meat, weights, cluster_number = 0, np.empty_like(x), pd.factorize(cluster)[0]
    for part in np.split(np.argsort(cluster_number, kind="stable"), np.cumsum(np.bincount(cluster_number))[:-1]):
        value, vector = np.linalg.eigh(np.eye(len(part)) - x[part] @ inverse @ x[part].T)
        inverse_root = (vector * np.where(value > 1e-10, value, np.inf) ** -0.5) @ vector.T
        weight = x[part].T @ inverse_root
        meat += np.outer(weight @ error[part], weight @ error[part])
        weights[part] = (inverse @ weight).T
    df = []
    for weight in weights.T:  # of one coefficient: a column of weights per cluster, Q, zero outside the cluster
        own = np.bincount(cluster_number, weight**2)
        products = np.column_stack([np.bincount(cluster_number, weight * column) for column in x.T])  # Q' X
        # (1 - hat matrix) is its own square, so that the products of two clusters' weights are Q' Q - Q' H Q
        across = (products @ inverse * products).sum(axis=1)
        squares = (own**2 - 2 * own * across).sum() + np.trace(
            np.linalg.matrix_power(inverse @ (products.T @ products), 2)
        )
        df.append((own - across).sum() ** 2 / squares)
    return fit.params, np.sqrt(np.diag(inverse @ meat @ inverse)), np.array(df)


def natural_spline(x, knots):
    """Return the columns of a natural cubic spline, x first: the basis of Hastie, Tibshirani and Friedman, (5.4)."""
    last, before = knots[-1], knots[-2]

    def d(knot):
        return (np.clip(x - knot, 0, None) ** 3 - np.clip(x - last, 0, None) ** 3) / (last - knot)

    return np.column_stack([x, *(d(knot) - d(before) for knot in knots[:-2])])


# --- predicted risks --------------------------------------------------------------------------------


def concordance(score, event):
    """Return for all pairs of a row with and one without the event whether the first scores higher; a tie is half."""
    cases, controls = score[event], score[~event]
    return (cases[:, None] > controls[None, :]) + 0.5 * (cases[:, None] == controls[None, :])


def delong(won):
    """Return the mean over pairs (of `concordance`, or of the difference of two) and DeLong's variance of it."""
    by_case, by_control = won.mean(axis=1), won.mean(axis=0)
    if min(won.shape) < 2:
        return won.mean(), np.nan
    return won.mean(), by_case.var(ddof=1) / len(by_case) + by_control.var(ddof=1) / len(by_control)


def area(score, event, z=Z):
    """Return the area under the ROC curve with DeLong's variance and limits; of few rows, with score limits."""
    value, variance = delong(concordance(score, event))
    assert abs(value - roc_auc_score(event, score)) < 1e-12
    half_width = z * np.sqrt(variance)
    low, high = np.clip([value - half_width, value + half_width], 0, 1)
    if 2 <= min(event.sum(), (~event).sum()) < 100:
        low, high = score_limits(value, variance, event.sum(), (~event).sum(), z)
    return {"auc": value, "auc_low": low, "auc_high": high, "auc_variance": variance}


def score_limits(value, variance, cases, controls, z):
    """Return the ends of the areas a with (a - value)^2 <= z^2 V(a), as roots of a polynomial.

    V is Newcombe's variance (2006, method 5), multiplied by DeLong's over it with the weight m / (m + 10) of the rarer
    kind's m.
    """
    a, half, pairs = Polynomial([0, 1]), (cases + controls) / 2 - 1, cases * controls
    below = (2 - a) * (1 + a)
    newcombe = a * (1 - a) * (below + half * ((1 - a) * (1 + a) + a * (2 - a)))  # times below and pairs
    rarer = min(cases, controls)
    ratio = variance * pairs * below(value) / newcombe(value) if variance > 0 else 1
    times = z**2 * (10 + rarer * ratio) / (10 + rarer)
    roots = ((a - value) ** 2 * below * pairs - times * newcombe).roots()
    roots = np.sort(roots[abs(roots.imag) < 1e-6].real)
    inside = roots[(roots > -1e-6) & (roots < 1 + 1e-6)]
    return min(inside[0], value), max(inside[-1], value)


def area_difference(first, second, event):
    """Return the area of the first score less that of the second, with DeLong's test of correlated areas."""
    value, variance = delong(concordance(first, event) - concordance(second, event))
    se = np.sqrt(variance)
    row = {"difference": value, "se": se, "low": value - Z * se, "high": value + Z * se, "z": value / se}
    return row | {"p": 2 * norm.sf(abs(value) / se)}


def reached(score, threshold):
    """Return which rows reach a threshold, or lack nothing but rounding."""
    return score > threshold - 1e-10


def youden(score, event, thresholds=WHOLE_PERCENTS):
    """Return the threshold at which sensitivity + specificity is largest; the lowest one, -inf where none is better."""
    sums = np.array([reached(score[event], cut).mean() - reached(score[~event], cut).mean() for cut in thresholds])
    best = int(np.flatnonzero(sums > sums.max() - 1e-12)[0])
    return thresholds[best] if sums[best] > 1e-12 else -np.inf


def threshold_for_portion(score, portion):
    """Return the lowest whole per cent that flags no more than a portion of the rows, and one of them at least."""
    if portion >= 1 - 1e-12:
        return -np.inf
    shares = [(cut, reached(score, cut).mean()) for cut in WHOLE_PERCENTS]
    return next((cut for cut, share in shares if 0 < share <= portion * (1 + 1e-12)), np.inf)


def classification(risk, event, threshold, confidence=0.95):
    """Return what flagging all rows at or above a threshold does, with Wilson's limits."""
    above, row = reached(risk, threshold), {"threshold": threshold}
    hits = {"flagged": above, "sensitivity": above[event], "specificity": ~above[~event]}
    for name, hit in (hits | {"ppv": event[above], "npv": ~event[~above]}).items():
        estimate = share(hit, confidence) if len(hit) else dict.fromkeys(("estimate", "low", "high"), np.nan)
        row |= {name: estimate["estimate"], f"{name}_low": estimate["low"], f"{name}_high": estimate["high"]}
    return row


def performance(risk, event, threshold, confidence=0.95):
    """Return all that is asked of predicted risks in some rows."""
    odds, n, k, z = np.log(risk / (1 - risk)), len(event), event.sum(), norm.ppf((1 + confidence) / 2)
    row = {"n": n, "events": k} | classification(risk, event, threshold, confidence)
    if not 0 < k < n:
        return row
    row |= area(risk, event, z)
    oe = k / risk.sum()
    factor = np.exp(z * np.sqrt(((event - risk * oe) ** 2).sum()) / k)
    row |= {"oe": oe, "oe_low": oe / factor, "oe_high": oe * factor}
    large = logistic(event, np.ones((n, 1)), odds)
    line = logistic(event, np.column_stack([np.ones(n), odds]))
    separated = odds[event].min() >= odds[~event].max() or odds[event].max() <= odds[~event].min()
    for name, fit, position in (("intercept", large, 0), *([] if separated else [("slope", line, 1)])):
        low, high = fit.conf_int(1 - confidence)[position]
        row |= {name: fit.params[position], f"{name}_low": low, f"{name}_high": high, f"{name}_se": fit.bse[position]}
    brier = brier_score_loss(event, risk)
    return row | {"brier": brier, "scaled_brier": 1 - brier / np.var(event)}


def smoothed(risk, event, points=100):
    """Return the smooth calibration curve and the distances from it, of rows.

    A natural spline of the log odds with Harrell's five knots, drawn from the 0.5th to the 99.5th percentile.
    """
    odds = np.log(risk / (1 - risk))
    knots = np.quantile(odds, [0.05, 0.275, 0.5, 0.725, 0.95])
    x = np.column_stack([np.ones(len(odds)), natural_spline(odds, knots)])
    b, spread = converged_or_firth(event, x)
    distance = np.abs(expit(x @ b) - risk)
    at = np.linspace(*np.quantile(odds, [0.005, 0.995]), points)
    basis = np.column_stack([np.ones(points), natural_spline(at, knots)])
    middle, half_width = basis @ b, Z * np.sqrt(((basis @ spread) * basis).sum(axis=1))
    curve = {"predicted": at, "observed": middle, "low": middle - half_width, "high": middle + half_width}
    e50, e90 = np.quantile(distance, [0.5, 0.9])
    return pd.DataFrame(curve).apply(expit), {"ici": distance.mean(), "e50": e50, "e90": e90}


def random_effects(estimates, variances):
    """Return the random-effects mean with its limits, after Paule and Mandel, and Hartung, Knapp, Sidik and Jonkman.

    The limits are never from a smaller error than without the correction of the latter four.
    """
    k = len(estimates)

    def mean(tau2):
        return np.average(estimates, weights=1 / (variances + tau2))

    def excess(tau2):
        return ((estimates - mean(tau2)) ** 2 / (variances + tau2)).sum() - (k - 1)

    tau2 = brentq(excess, 0, 10 * np.var(estimates) + 1, xtol=1e-15, rtol=1e-14) if excess(0) > 0 else 0.0
    plain = 1 / (1 / (variances + tau2)).sum()
    se = np.sqrt(plain * max(1.0, (excess(tau2) + k - 1) / (k - 1)))
    half_width = t.ppf(0.975, k - 1) * se
    return mean(tau2), mean(tau2) - half_width, mean(tau2) + half_width
