"""Who is held out, so that a model is judged on pupils who did not shape it; and where too few are left for that."""

from countstats.glm.design import COUNTS
from hotline import text
from hotline.errors import NothingToEstimate

# What validation asks about besides the predictors. All notebooks that split the pupils ask for these, in this order,
# so that they split them alike.
BESIDE = ("region", "year")
LEAST = 20  # pupils with the event, and without, of whom something can be learnt
LATER, REGION = "Later year", "Another region"  # the kinds of samples that are held out


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
        few = [f"{where} have {text.count(events)} with the event and {text.count(others)} without"
               for where, part in (("it would", cells[there]), ("the others", cells[~there]))
               for events, others in [part[COUNTS].sum()] if min(events, others) < least]  # fmt: skip
        if few:
            left_out[name] = few[0]
        else:
            kept[kind, name] = there
    return kept, left_out


def refuse_few(parts, event, least=LEAST):
    """Raise NothingToEstimate where a part has hardly anybody with the event, or without: no model comes of it.

    parts   {name: frame with the counts `events` and `others`};  event: its title;  least: pupils of each kind
    """
    for name, part in parts.items():
        events, others = part[COUNTS].sum()
        if min(events, others) < least:
            raise NothingToEstimate(
                f"{event}: of the pupils in the {name} part {text.count(events)} have the event and "
                f"{text.count(others)} have not, and a risk model needs {least} of each at the least"
            )


def refuse_certain(risks, event):
    """Raise NothingToEstimate where a risk rounds to 0 or 1: the model has no finite estimates, and no calibration.

    risks   an array;  event: its title
    """
    if min(risks) <= 0 or max(risks) >= 1:
        raise NothingToEstimate(
            f"{event}: the risk model takes some pupils for certain, with a risk of 0 or 1, since the few of some "
            "categories all have the event, or all have not"
        )
