"""How often the intervals of effect sizes hold the true value, at the study's own distributions.

    make coverage

Each table of counts that notebooks 03 to 05 take an effect size from is made a population: its shares are the truth.
Samples are drawn from it (multinomial), as large as the study and smaller, and so they are where there is no effect:
rows and columns independent, and, for numbers, each level's distribution shifted to the same mean, so that it keeps its
spread. Counted is how many of the study's intervals hold the effect of the population, and, of omega squared and
Cramer's V, how many of the noncentral ones. Writes bench/coverage.md. A quick look that leaves this file alone:

    make coverage DRAWS=100
"""

import sys
import time
from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from countstats import effect_intervals, effect_size, hypothesis_tests, tables
from countstats.prediction import roc
from countstats.shares import wilson
from hotline import paths, text
from hotline.codebook import codebook
from hotline.pipe_table import pipe_table
from hotline.run import current_run
from hotline.tally.query import tallies

NUMBERS = ("follow_ups", "earlier_calls", "call_length", "age", "waiting", "satisfaction")
CATEGORIES = ("prior_treatment", "bullying", "emotional_state", "stage", "month")
SIZES = (4000, 1000)  # besides the study's own
DRAWS, SEED = 1000, 12355
REPORT = paths.ROOT / "bench" / "coverage.md"

TITLE, SOURCE = "# Coverage of the intervals of effect sizes", "Made by `make coverage`."
ABOUT = """Simulated data. {draws} samples each, drawn from tables of the study as they are (*as recorded*), from the
products of their margins (*independent*), and with each level's distribution shifted to the same mean (*equal means*).
*Coverage*: the share of 95% intervals that hold the true effect; its standard error is {error}. *Noncentral*: the same
for intervals from the noncentral F and chi-square distributions. *Width ratio*: mean width over theirs.

An equal-tailed interval of what can't be negative holds a true zero in 97.5 of 100 samples. *Earlier calls*: a few
dozen cases of tens of thousands make most of the variance. A sample of a few thousand holds hardly any of them, and no
interval from it can allow for what it lacks."""

Interval = Callable[[np.ndarray], tuple[float, float]]


class Population(NamedTuple):
    """Shares of the cells of a table, the effect in it, and how an interval of the effect is made from counts.

    noncentral : the interval that the noncentral distribution gives, or None
    """

    effect: str
    variable: str
    which: str
    shares: np.ndarray
    truth: float
    interval: Interval
    noncentral: Interval | None = None


def independent(shares: np.ndarray) -> np.ndarray:
    """Return the table with the same margins in which rows and columns are independent."""
    return np.outer(shares.sum(axis=1), shares.sum(axis=0))


def with_equal_means(shares: np.ndarray, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return shares and values in which each row's distribution is shifted to the mean of zero."""
    groups, count = shares.shape
    shifted = values - (shares @ values / shares.sum(axis=1))[:, None]
    apart = np.zeros((groups, groups, count))
    apart[np.arange(groups), np.arange(groups)] = shares
    apart = apart.reshape(groups, -1)
    used = apart.sum(axis=0) > 0
    return apart[:, used], shifted.ravel()[used]


def eta_squared(table: np.ndarray, values: np.ndarray) -> float:
    """Return the share of the variance that lies between the rows."""
    n, means = table.sum(axis=1), table @ values / table.sum(axis=1)
    mean = n @ means / n.sum()
    return float(n @ (means - mean) ** 2 / (table.sum(axis=0) @ (values - mean) ** 2))


def noncentral_omega(table: np.ndarray, values: np.ndarray) -> tuple[float, float]:
    """Return the limits of omega squared from Fisher's F."""
    eta2, df1, df2 = eta_squared(table, values), len(table) - 1, table.sum() - len(table)
    return effect_size.noncentral_omega_squared(eta2 / (1 - eta2) * df2 / df1, df1, df2)


def without_empty(table: np.ndarray) -> np.ndarray:
    """Return a table without its empty rows and columns."""
    return table[table.sum(axis=1) > 0][:, table.sum(axis=0) > 0]


def of_number(variable: str, counts: pd.DataFrame) -> Iterator[Population]:
    """Yield the populations of a number's omega squared and pairs; counts : levels down, values across."""
    recorded, values = counts.to_numpy() / counts.to_numpy().sum(), counts.columns.to_numpy(float)
    for which, (shares, at) in {
        "as recorded": (recorded, values),
        "independent": (independent(recorded), values),
        "equal means": with_equal_means(recorded, values),
    }.items():
        yield Population(
            "ω²",
            variable,
            which,
            shares,
            eta_squared(shares, at) if which == "as recorded" else 0.0,
            lambda table, at=at: effect_intervals.omega_squared_limits(at, table),
            lambda table, at=at: noncentral_omega(table, at),
        )
    lowest, *_, highest = counts.to_numpy()
    area = roc.auc(values, highest, lowest).value
    for which, shares, truth in (("as recorded", recorded, area), ("independent", independent(recorded), 0.5)):
        yield Population(
            "pairs", variable, which, shares, truth, lambda table: roc.auc(values, table[-1], table[0]).with_limits[1:]
        )


def of_category(variable: str, counts: pd.DataFrame) -> Iterator[Population]:
    """Yield the populations of a category's V; counts : levels down, categories across."""
    recorded = counts.to_numpy() / counts.to_numpy().sum()
    for which, shares in {"as recorded": recorded, "independent": independent(recorded)}.items():
        truth = effect_size.cramers_v(counts).v if which == "as recorded" else 0.0
        yield Population(
            "V",
            variable,
            which,
            shares,
            truth,
            lambda table: effect_intervals.cramers_v_limits(without_empty(table)),
            lambda table: effect_size.noncentral_cramers_v(without_empty(table)),
        )


def of_trend(variable: str, counts: pd.DataFrame) -> Iterator[Population]:
    """Yield the populations of the slope of the share at risk, and of that share in the first category."""
    at_risk = np.array([counts.loc["well"], counts.drop(index="well").sum()])
    recorded = at_risk / at_risk.sum()

    def line(table: np.ndarray) -> tables.Trend:
        return tables.cochran_armitage(table[1], table.sum(axis=0))

    def limits(table: np.ndarray) -> tuple[float, float]:
        return line(table).low, line(table).high

    def of_first(table: np.ndarray) -> tuple[float, float]:
        n = table[:, 0].sum()
        return wilson(table[1, 0] / n, n)

    yield Population("slope", variable, "as recorded", recorded, line(at_risk).slope, limits)
    yield Population("slope", variable, "independent", independent(recorded), 0.0, limits)
    yield Population("share", variable, "as recorded", recorded, recorded[1, 0] / recorded[:, 0].sum(), of_first)


def of_response(counts: pd.DataFrame) -> Iterator[Population]:
    """Yield the populations of weighted kappa; counts : levels down, dispositions across."""
    fits = dict.fromkeys(counts.columns, "imbalance") | {"counselling": "well", "crisis": "high_risk"}
    need = counts.T.groupby(fits).sum().T[list(counts.index)].to_numpy()

    def kappa(table: np.ndarray) -> hypothesis_tests.Test:
        return hypothesis_tests.weighted_kappa(pd.DataFrame(table))

    for which, shares in {"as recorded": need / need.sum(), "independent": independent(need / need.sum())}.items():
        truth = kappa(need).effect if which == "as recorded" else 0.0
        yield Population("κ", "disposition", which, shares, truth, lambda table: (kappa(table).low, kappa(table).high))


def study_populations() -> Iterator[tuple[int, Population]]:
    """Yield the study's populations, with the number of its cases."""
    book = codebook()
    makers = dict.fromkeys(NUMBERS, of_number) | dict.fromkeys(CATEGORIES, of_category)
    makers |= {"academic_pressure": of_trend}
    names = [*makers, "disposition"]
    levels = list(book["level"].kept_codes)
    for name, cells in zip(names, tallies("cases", [["level", name] for name in names]), strict=True):
        recorded = cells[cells[name].notna() & (cells[name].astype(str) != "missing")]
        counts = recorded.pivot_table("n", "level", name, "sum", fill_value=0, observed=True).loc[levels]
        found = makers[name](name, counts) if name in makers else of_response(counts.rename(columns=str))
        yield from ((int(counts.to_numpy().sum()), population) for population in found)


def held(ends: ArrayLike, truth: float) -> tuple[float, float]:
    """Return the share of intervals that hold the truth, and their mean width; ends : one row of two per interval."""
    low, high = np.asarray(ends, float).T
    return float(np.mean((low <= truth) & (truth <= high))), float(np.mean(high - low))


def measure(population: Population, n: int, draws: int, rng: np.random.Generator) -> dict:
    """Draw samples and return a row of the table.

    Parameters
    ----------
    n
        Units in a sample.
    draws
        How many samples. One in which a level has fewer than two units is drawn again.
    """
    shares, samples = population.shares, []
    while len(samples) < draws:
        table = rng.multinomial(n, shares.ravel()).reshape(shares.shape)
        if (table.sum(axis=1) > 1).all():
            samples.append(table)
    coverage, width = held([population.interval(table) for table in samples], population.truth)
    row = {"effect": population.effect, "variable": population.variable, "population": population.which, "n": n}
    row |= {"truth": population.truth, "coverage": coverage, "noncentral": np.nan, "ratio": np.nan}
    if population.noncentral:
        other, other_width = held([population.noncentral(table) for table in samples], population.truth)
        row |= {"noncentral": other, "ratio": width / other_width}
    return row


def printed(row: dict) -> list[str]:
    """Return a row as texts."""
    numbers = [text.number(row["truth"], 5), *(text.number(row[name], 3) for name in ("coverage", "noncentral"))]
    return [*(row[name] for name in ("effect", "variable", "population")), text.count(row["n"]), *numbers,
            text.number(row["ratio"])]  # fmt: skip


def main(draws: int) -> None:
    """Measure everything, print it row by row, and write the report if it is the whole, and of simulated records."""
    started, rows = time.perf_counter(), []
    streams = np.random.SeedSequence(SEED)
    for own, population in study_populations():
        for n in (own, *SIZES):
            row = measure(population, n, draws, np.random.default_rng(streams.spawn(1)[0]))
            rows.append(printed(row))
            print("  ".join(f"{cell:<16}" for cell in rows[-1]), flush=True)
    headings = ["Effect", "Variable", "Population", "n", "True effect", "Coverage", "Noncentral", "Width ratio"]
    error = f"{np.sqrt(0.95 * 0.05 / draws):.3f}"
    report = [TITLE, ABOUT.format(draws=text.count(draws), error=error), pipe_table(headings, rows), SOURCE]
    print(f"{time.perf_counter() - started:.0f} s")
    if draws >= DRAWS and current_run().simulated:
        REPORT.write_text("\n\n".join(report) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else DRAWS)
