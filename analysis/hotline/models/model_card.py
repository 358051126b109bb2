"""The model card in words: what a risk model is for, what it was made from, how well it did, where not to use it."""

from collections.abc import Mapping

from hotline import text
from hotline.codebook import Codebook
from hotline.models.risk_model import RiskModel

SIMULATED = "**Simulated data: this model was developed on simulated calls. It says nothing about real pupils.**"
PURPOSE = """The model estimates, from what is known by the end of a call's intake, the risk that the counsellor will
find a pupil {phrase}. A hotline could use it to put follow-up calls in order when there are more of them than hands.

It is no diagnosis and replaces no counsellor: the outcome that it predicts is the counsellor's own judgement. It must
not be used to refuse or shorten a call, to rank pupils for a school or an office, or for callers unlike those it was
made from. A low risk is no reason to wait where a caller speaks of harm."""
LIMITS = """- The level is assessed in the conversation that supplies the predictors, by a counsellor who knows them.
- The model was made for the first assessed call about a pupil. Later calls have a recalibration of their own or no
  score, as said above; a number that siblings share makes the first call about the second of them a later one.
- A gap counts as it did where the model was made: on a hotline gaps are not random. Where a column is absent from an
  export, or counsellors begin to ask more, or less, the risks of rows with gaps are no longer right. A gap is one of
  the finished record: while a call lasts, more may be empty.
- Callers are no sample of pupils.
- Calibration drifts: compare predicted with observed shares every few months, and recalibrate as `07-validation` shows.
- We know of no study of what happens to pupils when a hotline follows such a model."""
USE = """`make score EXPORT=path MODEL=path/to/model.json` writes a line for each row of an export, in its order: which
kind of row it is (first or later call, complete or with gaps), the risk, whether it reaches either threshold of the
workload, or the reason why there is none. An earlier call counts if it is in the same export. A code that the
codebook does not know is reported by the name of its column alone, never by its text, which might identify a caller.
Before use on a hotline's calls, develop the model on its own records (`make paper EXPORT=path`) and read
`07-validation` made from them."""


def card(
    model: RiskModel,
    book: Codebook,
    phrase: str,
    tables: Mapping[str, str],
    thresholds: Mapping[str, float],
) -> str:
    """Return the model card as Markdown.

    Parameters
    ----------
    phrase
        The event in words, such as "at risk" (`Outcome.phrase`).
    tables
        {heading: pipe table}
    thresholds
        {name: threshold of risk}
    """
    phrase = text.escaped(phrase)
    parts = [f"# Model card: the risk of being {phrase}"]
    if model.simulated:
        parts.append(SIMULATED)
    parts += ["## What it is for", PURPOSE.format(phrase=phrase), "## What it is made from"]
    parts += _made_from(model, book, phrase)
    for heading, table in tables.items():
        parts += [f"## {heading}", table]
    parts += [
        "## Thresholds of risk",
        "\n".join(f"- {name}: {text.percent(threshold, 0)}" for name, threshold in thresholds.items()),
        "## Limits",
        LIMITS,
        "## How to use it",
        USE,
    ]
    return "\n\n".join(parts) + "\n"


def _made_from(model: RiskModel, book: Codebook, phrase: str) -> list[str]:
    """Return the paragraphs on the sample, the predictors, and the cases and codes without a score."""
    sample = model.sample
    used = [f"- {text.escaped(book[name].title)} ({name}), known at {book[name].known}" for name in model.variables]
    without = [f"{book[name].title}: {book.label(name, code)}" for name, terms in model.complete.coefficients.items()
               for code, b in terms.items() if b is None]  # fmt: skip
    parts = [
        f"A logistic model, fitted by maximum likelihood to {text.count(sample.pupils)} cases of the years "
        f"{sample.first_year} to {sample.last_year}, of whom {text.count(sample.events)} were {phrase} "
        f"({sample.part}). A case is the first assessed call about a pupil. Moment of prediction: {model.known_at}. "
        "Predictors:\n\n" + "\n".join(used),
        f"Of {text.count(sample.cases)} cases on record {text.percent(sample.complete)} have every predictor recorded; "
        f"{text.percent(sample.complete_caught)} of all who were {phrase} are among them. The others get their risk "
        "from a second formula, in which a gap is a code of its own; it was fitted to these cases and to "
        f"{text.count(sample.with_gaps)} with a gap. So {text.percent(sample.scored)} of all cases can have a score, "
        f"{text.percent(sample.caught)} of all who were {phrase}; whatever the threshold, no more can be found.",
        _of_later(model),
        "Below, *Found of all* refers to all cases, and alerts to all assessed calls, first and later ones; all other "
        "shares of the thresholds are those of cases with a score.",
    ]
    if without:
        parts.append(f"No estimate, and so no score, for: {text.escaped('; '.join(without))}.")
    parts.append(
        "The coefficients are in `model.json`, with the hash of the codebook to which its codes belong: "
        f"`{model.codebook[:12]}`."
    )
    return parts


def _of_later(model: RiskModel) -> str:
    """Return the paragraph on later calls."""
    later = model.later
    if later.refused:
        return f"**Later calls of a caller get no score**: {later.refused}."
    oe = text.interval(later.oe_low, later.oe_high, 2)
    return (
        "Later calls of a caller get the same log odds, recalibrated: an intercept, a slope, and more for each "
        f"doubling of the calls before. Judged on {text.count(later.calls)} later calls, each of a caller to whom "
        f"nothing was fitted, observed over expected events were {text.number(later.oe, 2)} ({oe})."
    )
