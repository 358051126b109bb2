"""A logistic model on cells: the table of counts in place of the table of units, and its design matrix.

Units that share all predictors share one predicted probability, so the likelihood needs only how many of them had the
event and how many had not. Coefficients and standard errors are those of one row per unit. What is not is everything
that statsmodels works out from its number of rows (`nobs` counts cells) or from a likelihood with binomial
coefficients in it: `measures` gives these from the units, so that cutting a cell in two changes nothing.

A table of cells has one column per predictor (categories of codes), `events` and `others` (integers).
"""

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.special import xlogy
from scipy.stats import chi2, norm
from statsmodels.stats.contingency_tables import Table2x2

from countstats.columns import COUNTS, MISSING
from countstats.estimates import ChiSquare

TERM = ["variable", "code"]
INTERCEPT = ("intercept", "")
# For GLM.fit: stop when no coefficient moves any more. statsmodels' own rule watches the deviance, which is
# flat near its minimum: it leaves standard errors with about five digits.
GLM_TOL = {"tol_criterion": "params", "tol": 1e-10}
MAX_JOINT_CODES = 64  # of the variables that share one code in a `Coded` design
NO_ESTIMATE = dict.fromkeys(("odds_ratio", "low", "high", "p"), np.nan)


def cells_of(counts: pd.DataFrame, variables: list[str], outcome: str, event: str = "yes") -> pd.DataFrame:
    """Return one row per cell of some variables, with `events` and `others`.

    Parameters
    ----------
    counts : a tally by the variables and the outcome: one row per cell and code of the outcome, with `n`
    variables : names of columns
    outcome : name of a column
    event : the code of the outcome that is counted as the event

    Raises
    ------
    ValueError : where the outcome of some units is missing
    """
    if (counts.loc[counts["n"] > 0, outcome] == MISSING).any():
        raise ValueError(f"'{outcome}' is not recorded for some; leave them out before fitting")
    happened = counts[outcome] == event
    both = counts.assign(events=counts["n"].where(happened, 0), others=counts["n"].where(~happened, 0))
    return collapse(both, variables)


def counts_by(counts: pd.DataFrame, variables: list[str], outcome: str) -> pd.DataFrame:
    """Return one row per cell of some variables, with a column of counts for each code of `outcome` that occurs.

    Parameters
    ----------
    counts, variables, outcome : as `cells_of` takes them
    """
    wide = counts.groupby([*variables, outcome], observed=True)["n"].sum().unstack(outcome, fill_value=0)
    return wide.rename_axis(columns=None).set_axis([str(code) for code in wide], axis=1).reset_index()


def collapse(cells: pd.DataFrame, variables) -> pd.DataFrame:
    """Return the cells of fewer variables: counts added up over the variables that are not named."""
    return cells.groupby(list(variables), observed=True, as_index=False)[COUNTS].sum()


def complete(cells: pd.DataFrame, variables) -> pd.DataFrame:
    """Return the cells in which every variable is recorded."""
    return cells[~(cells[list(variables)] == MISSING).any(axis=1)].reset_index(drop=True)


def design(cells: pd.DataFrame, reference: dict[str, str], dtype=float) -> pd.DataFrame:
    """Return the design matrix: an intercept and one 0/1 column per code other than the reference.

    Parameters
    ----------
    cells : one row per cell, the predictors as categories
    reference : {variable: code that the others are compared with}, in the order of the columns
    dtype : of the entries; an np.int8 takes an eighth of a float, for very many cells

    Returns
    -------
    DataFrame : (cells, terms); the columns are pairs (variable, code). A code that no cell has gets no column

    Raises
    ------
    ValueError : for a reference code that no cell has
    """
    columns = {INTERCEPT: np.ones(len(cells), dtype)}
    for variable, base in reference.items():
        places, codes = cells[variable].cat.codes.to_numpy(), cells[variable].cat.categories
        present = [place for place in np.unique(places) if place >= 0]
        _refuse_absent(base, codes[present], variable)
        for place in present:
            if codes[place] != base:
                columns[variable, codes[place]] = (places == place).astype(dtype)
    return pd.DataFrame(columns, index=cells.index).rename_axis(columns=TERM)


class Dense:
    """A design matrix that is written out.

    Parameters
    ----------
    x : numbers, (cells, terms): an array or a DataFrame
    """

    def __init__(self, x: ArrayLike):
        self.x = np.ascontiguousarray(x, dtype=float)
        self.shape = self.x.shape

    def times(self, b: np.ndarray) -> np.ndarray:
        """Multiply with coefficients, (terms,) or (terms, several): a row per cell."""
        return self.x @ b

    def transposed_times(self, values: np.ndarray) -> np.ndarray:
        """Multiply numbers per cell, (cells,) or (cells, several), with it: (terms,) or (several, terms)."""
        return values.T @ self.x

    def gram(self, weight: np.ndarray) -> np.ndarray:
        """Multiply it with itself, with a weight for each cell: (terms, terms)."""
        return self.x.T @ (self.x * weight[:, None])


class Coded:
    """A design matrix of categories that is never written out: an intercept and a 0/1 column for each code.

    Each row of such a matrix says no more than one code per variable does, and a million cells by fifty columns are
    half a gigabyte, of which a fit makes several copies. Here a few variables at a time share one joint code of at
    most `MAX_JOINT_CODES` values. A linear predictor is then a sum of looked-up numbers, and an information follows
    from the table of weights by each two of these codes, which fits into the processor's cache. Time grows with the
    number of cells, but not with that of the columns.

    Parameters
    ----------
    codes : one array per variable, the code of each cell as a whole number from 0
    positions : one array per variable, the column of each code; -1 for a code that has none, as a reference
    shape : how many rows and columns the matrix has; the intercept is the first column
    columns : names of the columns, (variable, code), where they have some

    Notes
    -----
    Why not a library: tabmat, which glum is built on, has products of categorical matrices, from where the idea comes,
    but makes one for each two variables in place of each two groups; scipy's sparse matrices would keep an index of
    eight bytes for every cell and variable.
    """

    def __init__(self, codes, positions, shape: tuple[int, int], columns: pd.MultiIndex | None = None):
        self.shape, self.columns = shape, columns
        self.parts = [_joint(group, codes, positions, shape) for group in _groups(positions)]
        self.parts[0][1][:, 0] = 1.0  # every cell has one code of the first group, and so one intercept

    def times(self, b: np.ndarray) -> np.ndarray:
        """Multiply with coefficients, (terms,) or (terms, several): a row per cell."""
        return sum((meaning @ b)[code] for code, meaning in self.parts)

    def transposed_times(self, values: np.ndarray) -> np.ndarray:
        """Multiply numbers per cell, (cells,) or (cells, several), with it: (terms,) or (several, terms)."""
        if values.ndim > 1:
            return np.array([self.transposed_times(column) for column in values.T])
        return sum(meaning.T @ np.bincount(code, values, len(meaning)) for code, meaning in self.parts)

    def gram(self, weight: np.ndarray) -> np.ndarray:
        """Multiply it with itself, with a weight for each cell: (terms, terms)."""
        out = np.zeros((self.shape[1], self.shape[1]))
        for place, (code, meaning) in enumerate(self.parts):
            out += meaning.T @ (np.bincount(code, weight, len(meaning))[:, None] * meaning)
            for other, of_other in self.parts[place + 1 :]:
                both = np.bincount(code * len(of_other) + other, weight, len(meaning) * len(of_other))
                block = meaning.T @ both.reshape(len(meaning), -1) @ of_other
                out += block + block.T
        return out


def coded(cells: pd.DataFrame, reference: dict[str, str]) -> Coded:
    """Return the matrix of `design` for very many cells: the same columns, never written out.

    Measured with 763,000 cells and 49 columns, a fit takes half a second and a tenth of a gigabyte; statsmodels' `GLM`
    takes 21 s and 3.4 GB for the dense matrix.

    Parameters
    ----------
    cells, reference : as `design` takes them

    Raises
    ------
    ValueError : for a reference code that no cell has
    """
    codes, positions, columns = [], [], [INTERCEPT]
    for variable, base in reference.items():
        column = cells[variable].cat.remove_unused_categories()
        present = list(column.cat.categories)
        _refuse_absent(base, present, variable)
        own = [code for code in present if code != base]
        codes.append(column.cat.codes.to_numpy())
        positions.append(np.array([len(columns) + own.index(code) if code != base else -1 for code in present]))
        columns += [(variable, code) for code in own]
    labels = pd.MultiIndex.from_tuples(columns, names=TERM)
    return Coded(codes, positions, (len(cells), len(columns)), labels)


def as_design(x: Dense | Coded | ArrayLike) -> Dense | Coded:
    """Return a matrix as one of the two designs that a model takes; what is one already stays as it is."""
    return x if isinstance(x, Dense | Coded) else Dense(x)


def _refuse_absent(base, present, variable):
    """Raise ValueError for a reference code that no cell has: there is nothing to compare with."""
    if base not in present:
        raise ValueError(f"no unit has the reference code '{base}' of '{variable}'")


def _groups(positions):
    """Return variables in groups, the product of whose numbers of codes is at most `MAX_JOINT_CODES`, by first fit."""
    groups = []
    for variable in sorted(range(len(positions)), key=lambda variable: -len(positions[variable])):
        for group in groups:
            if np.prod([len(positions[each]) for each in [*group, variable]]) <= MAX_JOINT_CODES:
                group.append(variable)
                break
        else:
            groups.append([variable])
    return groups or [[]]


def _joint(group, codes, positions, shape):
    """Return the joint code of some variables, one per cell, and its rows of the matrix: floats, (codes, terms)."""
    widths = [len(positions[variable]) for variable in group]
    joint = np.zeros(shape[0], np.int32)
    for variable, width in zip(group, widths, strict=True):
        joint = joint * width + codes[variable]
    meaning = np.zeros((int(np.prod(widths)), shape[1]))
    each = np.unravel_index(np.arange(len(meaning)), widths) if group else ()
    for variable, place in zip(group, each, strict=True):
        column = positions[variable][place]
        meaning[np.flatnonzero(column >= 0), column[column >= 0]] = 1.0
    return joint, meaning


def coefficients(result, matrix: pd.DataFrame, confidence: float = 0.95) -> pd.DataFrame:
    """Return the coefficients of a fitted GLM of statsmodels: b, se, low, high (Wald limits), p; one row per term.

    Parameters
    ----------
    result : the results of a GLM (binomial, logit) of (events, others) on `matrix`
    matrix : as `design` gives it

    Notes
    -----
    A term without events, without non-events, or compared with a reference that has none, has no finite estimate (the
    fit stopped on its way to infinity): its row is NaN.
    """
    b, se = np.asarray(result.params), np.asarray(result.bse)
    half_width = norm.ppf((1 + confidence) / 2) * se
    table = pd.DataFrame(
        {"b": b, "se": se, "low": b - half_width, "high": b + half_width, "p": np.asarray(result.pvalues)},
        index=matrix.columns,
    )
    table.loc[_infinite(result, matrix)] = np.nan
    return table


def _infinite(result, matrix):
    """Return which terms have no finite estimate: one boolean per column."""
    n = np.asarray(result.model.n_trials)
    events = np.rint(np.asarray(result.model.endog) * n)
    x = matrix.to_numpy()
    by_term = pd.DataFrame({"events": events @ x, "others": (n - events) @ x}, index=matrix.columns)
    terms = by_term.drop(INTERCEPT)
    base = by_term.loc[INTERCEPT] - terms.groupby(level=0, sort=False).sum()
    bare = base.index[(base <= 0).any(axis=1)]
    infinite = (terms <= 0).any(axis=1) | terms.index.get_level_values(0).isin(bare)
    return infinite.reindex(matrix.columns, fill_value=len(bare) > 0).to_numpy()


def odds_ratios(table: pd.DataFrame) -> pd.DataFrame:
    """Return `coefficients` on the scale of odds ratios: odds_ratio, low, high, p; without the intercept."""
    terms = table.drop(INTERCEPT)
    ratios = np.exp(terms[["b", "low", "high"]]).rename(columns={"b": "odds_ratio"})
    return ratios.assign(p=terms["p"])


def univariable(cells: pd.DataFrame, reference: dict[str, str], confidence: float = 0.95) -> pd.DataFrame:
    """Return the odds ratio of each code with nothing else in the model, next to its counts.

    With one categorical predictor the logistic model is a set of two-by-two tables, so no fit is needed.

    Parameters
    ----------
    cells, reference : as `design` takes them

    Returns
    -------
    DataFrame : one row per (variable, code) that occurs, the reference among them: n, events, odds_ratio, low, high
        (Wald limits), p. The reference has an odds ratio of 1 and no limits; where one of the four counts is zero,
        there is no estimate (NaN)
    """
    rows = {}
    for variable, base in reference.items():
        counts = collapse(cells, [variable]).set_index(variable)
        for code, pair in counts.iterrows():
            rows[variable, code] = {"n": pair.sum(), "events": pair["events"], "odds_ratio": float(code == base)}
            four = counts.loc[[code, base]]
            if code != base:
                rows[variable, code] |= _two_by_two(four, confidence) if (four > 0).all(axis=None) else NO_ESTIMATE
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis(TERM)


def _two_by_two(four, confidence):
    """Return the odds ratio, its Wald limits and p of four counts, none of them zero."""
    table = Table2x2(four.to_numpy(), shift_zeros=False)
    low, high = table.oddsratio_confint(1 - confidence)
    return {"odds_ratio": table.oddsratio, "low": low, "high": high, "p": table.log_oddsratio_pvalue()}


def measures(result) -> pd.Series:
    """Return how well a fitted binomial GLM of statsmodels does, counted in units: `measures_of` its fitted risks."""
    n = np.asarray(result.model.n_trials, dtype=float)
    events = np.rint(np.asarray(result.model.endog) * n)
    return measures_of(events, n - events, np.asarray(result.fittedvalues), int(result.df_model) + 1)


def measures_of(events: ArrayLike, others: ArrayLike, risk: ArrayLike, parameters: int) -> pd.Series:
    """Return how well fitted risks agree with counts, in units.

    Parameters
    ----------
    events, others, risk : one entry per cell
    parameters : the number of coefficients

    Returns
    -------
    Series : n, events, parameters, log_likelihood and null_log_likelihood (of single units, without binomial
        coefficients), aic, bic, and four pseudo R-squared: mcfadden, cox_snell, nagelkerke (Nagelkerke 1991, Biometrika
        78: 691-692) and tjur (Tjur 2009, doi 10.1198/tast.2009.08210: the mean risk of units with the event less that
        of the others)

    Raises
    ------
    ValueError : where all or no units have the event
    """
    events, others, risk = (np.asarray(each, dtype=float) for each in (events, others, risk))
    total, happened = (events + others).sum(), events.sum()
    if not 0 < happened < total:
        raise ValueError("a logistic model needs units with the event and units without it")
    fitted = (xlogy(events, risk) + xlogy(others, 1 - risk)).sum()
    null = xlogy(happened, happened / total) + xlogy(total - happened, 1 - happened / total)
    cox_snell = -np.expm1(2 * (null - fitted) / total)
    return pd.Series(
        {
            "n": total,
            "events": happened,
            "parameters": parameters,
            "log_likelihood": fitted,
            "null_log_likelihood": null,
            "aic": 2 * (parameters - fitted),
            "bic": parameters * np.log(total) - 2 * fitted,
            "mcfadden": 1 - fitted / null,
            "cox_snell": cox_snell,
            "nagelkerke": cox_snell / -np.expm1(2 * null / total),
            "tjur": events @ risk / happened - others @ risk / (total - happened),
        }
    )


def likelihood_ratio(smaller: pd.Series, larger: pd.Series) -> ChiSquare:
    """Test two nested models, each given by its `measures`, by their likelihood ratio.

    Raises
    ------
    ValueError : where they were not fitted to the same units, or the second is not the larger
    """
    same = smaller["n"] == larger["n"] and np.isclose(smaller["events"], larger["events"], rtol=1e-12)
    df = int(larger["parameters"] - smaller["parameters"])
    if not same or df < 1:
        raise ValueError("a likelihood-ratio test needs two nested models of the same units")
    statistic = 2 * (larger["log_likelihood"] - smaller["log_likelihood"])
    return ChiSquare(statistic, df, chi2.sf(statistic, df))


def split(cells: pd.DataFrame, share: float, rng: np.random.Generator) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Split the units behind the cells at random into development and validation: two tables of cells.

    Drawing m of N units without replacement and counting how many of each cell and outcome were drawn gives, by
    definition, the multivariate hypergeometric distribution; here the counts are drawn from it directly. So this is a
    split of single units, without having them. Cells left empty are dropped.

    Parameters
    ----------
    share : of the units that go to development; their number is rounded to a whole one
    """
    if not 0 < share < 1:
        raise ValueError(f"the share that goes to development must lie between 0 and 1, not {share}")
    counts = cells[COUNTS].to_numpy(np.int64)
    total = int(counts.sum())
    taken = rng.multivariate_hypergeometric(counts.ravel(), round(share * total), method="marginals")
    parts = taken.reshape(counts.shape), counts - taken.reshape(counts.shape)
    tables = (cells.assign(events=part[:, 0], others=part[:, 1])[part.sum(axis=1) > 0] for part in parts)
    return tuple(table.reset_index(drop=True) for table in tables)
