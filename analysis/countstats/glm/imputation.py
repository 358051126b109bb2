"""Multiple imputation of categories on counts, by chained multinomial logits, and Rubin's rules.

Each variable with gaps has a multinomial logistic model in which all other variables stand with their main effects;
the gaps of all variables are drawn in turn, several times over (chained equations; van Buuren 2018, Flexible Imputation
of Missing Data, 2nd edition, chapter 4). Such models belong to one joint distribution, the log-linear one with all
pairs of variables (Besag 1974, J. R. Stat. Soc. B 36: 192-236), and a logistic model with main effects does so too. So
what is drawn fits the model that is estimated from it. The outcome must be among the variables.

On counts: where several units share a cell, one multinomial draw gives how many of them get each code. The models are
fitted twice: to the complete units, and then to all that have the variable, their other gaps filled once with the help
of the first; every imputation draws its coefficients from their normal approximation. The assumption: whether a value
is recorded does not depend on the value itself, given all that is recorded.

Why not a library: statsmodels' MICE and scikit-learn's IterativeImputer draw numbers, not categories, and take one row
per unit.
"""

from collections.abc import Iterator
from itertools import pairwise

import numpy as np
import pandas as pd
from scipy.stats import t

from countstats.columns import MISSING
from countstats.glm.design import Coded
from countstats.glm.multinomial import Multinomial
from countstats.glm.solver import Fit, maximise, solve

# The precision of a normal prior (standard deviation 3 of a log odds): with thousands of units it changes nothing,
# and it keeps the models finite where a category is rare (White, Daniel and Royston 2010, doi
# 10.1016/j.csda.2010.04.005).
PRIOR = 1 / 9
START_TOL = 0.1  # of the coefficients of the first fits: they only start the second ones
MAX_CELLS = 100_000  # that are worked on at once
CYCLES = (5, 3)  # rounds through all variables: to leave the first guess behind, and again before each imputation


def _precision(terms, logits):
    """Return the precision of the prior of each coefficient; intercepts have none."""
    return np.tile(np.append(0.0, np.full(terms - 1, PRIOR)), logits)


class _Shrunk(Multinomial):
    """A multinomial model with the weak prior on all its coefficients but the intercepts."""

    def __init__(self, x, counts):
        super().__init__(x, counts)
        self.precision = _precision(x.shape[1], self.logits)

    def value_and_score(self, b):
        value, score = super().value_and_score(b)
        return value - (self.precision * b**2).sum() / 2, score - self.precision * b

    def information(self, b):
        return super().information(b) + np.diag(self.precision)


class _Conditional:
    """The model of one variable given all others: fitted, or with coefficients drawn from what the fit leaves open.

    Parameters
    ----------
    codes : whole numbers, (rows, variables), no gaps
    n : units of each row
    place : which variable
    sizes : how many codes each variable has
    before : an earlier fit, from which this one is a step away; only a fit with one can be drawn from
    """

    def __init__(self, codes, n, place, sizes, before=None):
        self.place, self.sizes = place, sizes
        # A code that no unit has cannot be drawn and has no coefficients.
        self.present = np.flatnonzero(np.bincount(codes[:, place], n, sizes[place]) > 0)
        self.others = [each for each in range(len(sizes)) if each != place]
        if before is None or not np.array_equal(before.present, self.present):
            self.b = self._each_against_the_first(codes, n)
        else:
            self.b = before.b
        if before is not None:
            # One step from estimates that are themselves consistent is as good as all of them (Le Cam 1956, Proceedings
            # of the Third Berkeley Symposium 1: 129-156), and a fifth of the work.
            information, score = self._derivatives(codes, n)
            self.b = self.b + solve(information, score)
            self.root = np.linalg.cholesky(solve(information, np.eye(len(self.b))))

    def _design(self, codes):
        """Return the intercept and the codes of all other variables; the first code of each has no column."""
        ends = np.cumsum([1, *(self.sizes[each] - 1 for each in self.others)])
        positions = [np.append(-1, np.arange(*each)) for each in pairwise(ends)]
        return Coded([codes[:, each] for each in self.others], positions, (len(codes), ends[-1]))

    def _counts(self, codes, n, among):
        """Return the units of each row by the code of this variable, one of `among`."""
        return np.where(codes[:, [self.place]] == among, n[:, None], 0)

    def _derivatives(self, codes, n):
        """Return the information and the score at the coefficients, added up over `MAX_CELLS` rows at a time."""
        weak = _precision(len(self.b) // (len(self.present) - 1), len(self.present) - 1)
        information, score = np.diag(weak), -weak * self.b
        for start in range(0, len(codes), MAX_CELLS):
            rows = slice(start, start + MAX_CELLS)
            part = Multinomial(self._design(codes[rows]), self._counts(codes[rows], n[rows], self.present))
            information, score = information + part.information(self.b), score + part.value_and_score(self.b)[1]
        return information, score

    def _each_against_the_first(self, codes, n):
        """Fit each code against the first among the units that have one of the two.

        That is consistent as well, somewhat less efficient, and many times quicker than fitting all at once (Begg and
        Gray 1984, Biometrika 71: 11-18, doi 10.1093/biomet/71.1.11).
        """
        parts = []
        for place in range(1, len(self.present)):
            two = self.present[[0, place]]
            rows = np.isin(codes[:, self.place], two)
            pair = _Shrunk(self._design(codes[rows]), self._counts(codes[rows], n[rows], two))
            parts.append(maximise(pair, np.zeros(pair.x.shape[1]), tolerance=START_TOL))
        return np.concatenate(parts)

    def coefficients(self, rng: np.random.Generator | None = None) -> dict:
        """Return what each code of each other variable adds: {variable: (codes, logits)}, the intercepts as None."""
        b = self.b if rng is None else self.b + self.root @ rng.standard_normal(len(self.b))
        rows = b.reshape(len(self.present) - 1, -1).T
        rows = np.column_stack([np.zeros(len(rows)), rows])
        ends = np.cumsum([1, *(self.sizes[each] - 1 for each in self.others)])
        parts = zip(self.others, np.split(rows, ends)[1:], strict=False)
        return {None: rows[0]} | {each: np.vstack([np.zeros(rows.shape[1]), part]) for each, part in parts}


def _draw(rng, conditional, coefficients, codes, n, gaps):
    """Draw one variable where it is a gap; returns codes, n and gaps, in which rows may have been cut in parts."""
    rows = np.flatnonzero(gaps[:, conditional.place])
    eta = np.tile(coefficients[None], (len(rows), 1))
    for each in conditional.others:
        eta += coefficients[each][codes[rows, each]]
    probability = np.exp(eta - eta.max(axis=1, keepdims=True))
    counts = rng.multinomial(n[rows], probability / probability.sum(axis=1, keepdims=True))
    parts, code = np.nonzero(counts)
    keep = np.flatnonzero(~gaps[:, conditional.place])
    order = np.append(keep, rows[parts])
    codes, gaps, n = codes[order], gaps[order], np.append(n[keep], counts[parts, code])
    codes[len(keep) :, conditional.place] = conditional.present[code]
    return codes, n, gaps


def _chain(rng, conditionals, coefficients, cycles, codes, n, gaps):
    """Draw all variables in turn, several times over."""
    for _ in range(cycles):
        for conditional, each in zip(conditionals, coefficients, strict=True):
            codes, n, gaps = _draw(rng, conditional, each, codes, n, gaps)
    return codes, n, gaps


def impute(counts: pd.DataFrame, variables: list[str], number: int, rng: np.random.Generator) -> Iterator[pd.DataFrame]:
    """Yield `number` completed tables of counts.

    Parameters
    ----------
    counts : one row per cell of the variables, categories in which "missing" is a gap, and `n`, the units
    variables : their names, the outcome among them
    number : of imputations

    Yields
    ------
    DataFrame : the variables, without gaps, and `n`; a cell may take several rows

    Raises
    ------
    ValueError : where no unit is complete, or a variable has a single code: there is nothing to learn the gaps from
    """
    recorded = [counts[name].cat.categories.drop(MISSING, errors="ignore") for name in variables]
    codes = [each.get_indexer(counts[name]).astype(np.int16) for each, name in zip(recorded, variables, strict=True)]
    codes = np.column_stack(codes)
    n, gaps, sizes = counts["n"].to_numpy(), codes < 0, [len(each) for each in recorded]
    whole = ~gaps.any(axis=1)
    complete, complete_n = codes[whole], n[whole]
    for name, column in zip(variables, complete.T, strict=True):
        if len(np.unique(column[complete_n > 0])) < 2:
            raise ValueError(f"the complete units do not have two codes of '{name}'")
    places = np.flatnonzero(gaps.any(axis=0))
    first = [_Conditional(complete, complete_n, place, sizes) for place in places]
    start = codes[~whole].copy(), n[~whole], gaps[~whole]
    for place in places:  # a first guess: any code that occurs
        rows = start[2][:, place]
        start[0][rows, place] = rng.choice(np.unique(complete[:, place]), rows.sum())
    start = _chain(rng, first, [each.coefficients() for each in first], CYCLES[0], *start)
    second = []
    for place, before in zip(places, first, strict=True):
        has = ~start[2][:, place]
        both = np.vstack([complete, start[0][has]]), np.append(complete_n, start[1][has])
        second.append(_Conditional(*both, place, sizes, before))
    for _ in range(number):
        filled, filled_n, _ = _chain(rng, second, [each.coefficients(rng) for each in second], CYCLES[1], *start)
        together, together_n = np.vstack([complete, filled]), np.append(complete_n, filled_n)
        yield pd.DataFrame(
            {
                name: pd.Categorical.from_codes(column, categories=categories, ordered=True)
                for name, column, categories in zip(variables, together.T, recorded, strict=True)
            }
        ).assign(n=together_n)


def pool(fits: list[Fit], n: int, confidence: float = 0.95) -> pd.DataFrame:
    """Combine the fits to imputed tables by Rubin's rules.

    Parameters
    ----------
    fits : of each table, with the same terms
    n : units, for the degrees of freedom of a small sample (Barnard and Rubin 1999, Biometrika 86: 948-955, doi
        10.1093/biomet/86.4.948)

    Returns
    -------
    DataFrame : b, se, df, low, high, p and fmi (the fraction of missing information), one row per term

    Raises
    ------
    ValueError : for fewer than two fits
    """
    number = len(fits)
    if number < 2:
        raise ValueError("Rubin's rules need at least two imputations")
    estimates = pd.DataFrame([each.estimates for each in fits]).reset_index(drop=True)
    within = np.mean([np.diag(each.covariance) for each in fits], axis=0)
    between = (1 + 1 / number) * estimates.var(ddof=1).to_numpy()
    total = within + between
    share = between / total
    complete = n - estimates.shape[1]
    with np.errstate(divide="ignore"):
        large = (number - 1) / share**2
    observed = (complete + 1) / (complete + 3) * complete * (1 - share)
    df = 1 / (1 / large + 1 / observed)
    b, se = estimates.mean().to_numpy(), np.sqrt(total)
    half = t.ppf((1 + confidence) / 2, df) * se
    rise = share / (1 - share)
    columns = {
        "b": b,
        "se": se,
        "df": df,
        "low": b - half,
        "high": b + half,
        "p": 2 * t.sf(np.abs(b) / se, df),
    }
    return pd.DataFrame({**columns, "fmi": (rise + 2 / (df + 3)) / (rise + 1)}, index=fits[0].estimates.index)
