"""The three levels in one model: ordinal and multinomial, with what can be told where one has no finite estimates."""

from statsmodels.stats.multitest import multipletests

from countstats.glm import multinomial, ordinal
from countstats.glm.solver import NoEstimate


def ordinal_model(x, counts, level=0.95):
    """The proportional-odds model and its test: (coefficients, test, by variable).

    x        a design matrix with (variable, code) columns, the intercept first
    counts   a column per level, from low to high
    The coefficients are those of the terms. test is the likelihood-ratio test of proportional odds (chi_square, df and
    p), and `by variable` the Wald tests of each variable's departures, with `p_holm` corrected after Holm over the
    variables. Each of the three is None where the model behind it has no finite estimates, and the tests where there
    are no more than two levels.
    """
    terms = x.iloc[:, 1:]
    try:
        common = ordinal.fit(terms, counts)
    except NoEstimate:
        return None, None, None
    coefficients = common.table(level).iloc[-terms.shape[1] :].set_axis(terms.columns)
    if counts.shape[1] < 3:  # a single cut, from which nothing can depart
        return coefficients, None, None
    try:
        test, by_variable = ordinal.departures(terms, counts, common)
    except NoEstimate:
        return coefficients, None, None
    return coefficients, test, by_variable.assign(p_holm=multipletests(by_variable["p"], method="holm")[1])


def multinomial_model(x, counts, level=0.95):
    """The coefficients of each level against the first: {level: table}, without intercepts.

    x, counts   as in `ordinal_model`; the tables are None where the model has no finite estimates
    """
    try:
        table = multinomial.fit(x, counts).table(level)
    except NoEstimate:
        return dict.fromkeys(counts.columns[1:])
    return {name: table.loc[name].iloc[1:].set_axis(x.columns[1:]) for name in counts.columns[1:]}
