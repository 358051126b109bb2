"""Which variables may predict a level: only what is known before the level is judged. And who is held out."""

from hotline.errors import InputError

BLOCKS = ("individual", "family", "environment")
IN_TIME = ("dialling", "intake")
# What validation asks about besides the predictors. All notebooks that split the pupils ask for these, in this order,
# so that they split them alike.
BESIDE = ("region", "year")
LEAST = 20  # pupils with the event, and without, of whom something can be learnt
LATER, REGION = "Later year", "Another region"  # the kinds of samples that are held out


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
    Returns (names, {name: why not}). An export may lack a column, or have the same entry for everybody.
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
    return kept, useless


def held_out(book, cells, least=LEAST):
    """The last year and each region, to be held out in turn: ({(kind, name): mask of the cells}, {name: why not}).

    cells: with year, region, `events` and `others`. A sample is held out only if it and the others, who are to teach
    the model, have enough pupils with the event and without.
    """
    last, region = cells["year"].max(), cells["region"]
    held = [code for code in region.cat.categories if code != "missing" and (region == code).any()]
    samples = {(LATER, str(int(last))): cells["year"] == last}
    samples |= {(REGION, book.label("region", code)): region == code for code in held}
    kept, left_out = {}, {}
    for (kind, name), there in samples.items():
        few = [f"{where} have {events} with the event and {others} without"
               for where, part in (("it would", cells[there]), ("the others", cells[~there]))
               for events, others in [part[["events", "others"]].sum()] if min(events, others) < least]  # fmt: skip
        if few:
            left_out[name] = few[0]
        else:
            kept[kind, name] = there
    return kept, left_out


def refuse_few(parts, event, least=LEAST):
    """Raise InputError where a part has hardly anybody with the event, or hardly anybody without: no model comes of it.

    parts   {name: frame with the counts `events` and `others`};  event: its title;  least: pupils of each kind
    """
    for name, part in parts.items():
        events, others = (int(part[each].sum()) for each in ("events", "others"))
        if min(events, others) < least:
            raise InputError(
                f"{event}: of the pupils in the {name} part {events} have the event and {others} have not; a risk "
                f"model needs {least} of each at the least. Take more calls, or another outcome"
            )
