"""Which variables may predict a level: only what is known before the level is judged."""

from hotline.errors import InputError, NothingToEstimate

BLOCKS = ("individual", "family", "environment")
IN_TIME = ("dialling", "intake")


def predictors(book):
    """The study's predictors by block: {block: names}, read from the codebook.

    These are the categories that are known at intake and have a reference code. Age has none of its own
    beside the school stage, nor has the second level of the presenting problem.
    """
    chosen = {}
    for block in BLOCKS:
        names = book.select(block=block, known="intake", categorical=True)
        chosen[block] = [name for name in names if book[name].reference is not None]
    return chosen


def refuse_late(book, names):
    """Raise InputError for a predictor that is known too late, or that belongs to the outcome itself.

    What is learnt while the level is judged (the emotional state, ideation) or afterwards (disposition,
    follow-ups, length of the call) would let the answer in among the questions.
    """
    for name in names:
        field = book[name]
        if field.block == "outcome" or field.true_for:
            raise InputError(f'"{name}" is part of the outcome and cannot predict it')
        if field.known not in IN_TIME:
            raise InputError(f'"{name}" is known at {field.known}, too late to predict the level at intake')


def usable(book, counts, names):
    """Sort predictors into those that a model of these pupils can use and those that it cannot.

    counts   a tally by the predictors, with `n`
    Returns (names, {name: why not}). An export may lack a column, or have the same entry for everybody. Raises
    NothingToEstimate where that leaves no predictor.
    """
    kept, useless = [], {}
    for name in names:
        n = counts.groupby(name, observed=True)["n"].sum().drop("missing", errors="ignore")
        codes = n.index[n > 0]
        if not len(codes):
            useless[name] = "recorded for nobody"
        elif book[name].reference not in codes:
            useless[name] = f'nobody has the reference "{book.label(name, book[name].reference)}"'
        elif len(codes) == 1:
            useless[name] = "the same for everybody"
        else:
            kept.append(name)
    if not kept:
        listed = "; ".join(f"{book[name].title}: {why}" for name, why in useless.items())
        raise NothingToEstimate(f"no predictor of the level can be used ({listed})")
    return kept, useless
