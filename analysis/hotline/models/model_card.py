"""The model card: what a risk model is for, what it was made from, how well it did and where not to use it."""

from hotline import text

PURPOSE = """The model estimates, from what is known by the end of a call's intake, the risk that the counsellor will
find a pupil {found}. A hotline could use it to put follow-up calls in order when there are more of them than hands.

It is no diagnosis and replaces no counsellor: the outcome that it predicts is the counsellor's own judgement. It must
not be used to refuse or shorten a call, to rank pupils for a school or an office, or for callers unlike those it was
made from. A low risk is no reason to wait where a caller speaks of harm."""
LIMITS = """- The level is judged in the same conversation that supplies the predictors, by a counsellor who knows them.
- Calls with a predictor not recorded have no score, and nobody among them is ever flagged. On a hotline gaps are not
  left by chance: the column *Scored* says which groups this leaves out more than others.
- Callers are no sample of pupils, and a case is the first assessed call of a number, stage and sex.
- Calibration drifts: compare predicted with observed shares every few months, and recalibrate as `07-validation` shows.
- Nobody has yet studied what happens to pupils when a hotline follows this model."""
SIMULATED = "**Simulated data: this model was developed on simulated calls. It says nothing about real pupils.**"


def pipe_table(frame):
    """A frame of texts as a pipe table of Markdown."""
    return frame.astype(str).to_markdown(index=False, disable_numparse=True)


def card(model, book, found, tables, thresholds):
    """Return the model card as Markdown.

    model       a RiskModel whose sample has cases, scored and caught; found: the event, such as "at risk"
    tables      {heading: frame of printed texts}
    thresholds  {name: threshold of risk}
    """
    sample = model.sample
    years = f"{sample.first_year} to {sample.last_year}"
    used = [f"- {book[name].title} ({name}), known at {book[name].known}" for name in model.variables]
    without = [f"{book[name].title}: {book.label(name, code)}" for name, terms in model.coefficients.items()
               for code, b in terms.items() if b is None]  # fmt: skip
    parts = [
        f"# Model card: the risk of being {found}",
        *([SIMULATED] if model.simulated else []),
        "## What it is for",
        PURPOSE.format(found=found),
        "## What it is made from",
        f"A logistic model, fitted by maximum likelihood to {text.count(sample.pupils)} cases of the years {years}, "
        f"of whom {text.count(sample.events)} were {found} ({sample.part}). Moment of prediction: "
        f"{model.known_at}. Predictors:\n\n" + "\n".join(used),
        f"Of {text.count(sample.cases)} cases on record {text.percent(sample.scored)} have every predictor "
        f"recorded. Only these could teach the model, and only such calls get a score: they hold "
        f"{text.percent(sample.caught)} of all who were {found}, and whatever the threshold, no more can be found. "
        "Below, *Found of all*, alerts per 1,000 and alerts per shift are told of all calls that come in; all other "
        "shares are those of calls with a score.",
        *([f"No estimate, and so no score, for: {'; '.join(without)}."] if without else []),
        f"The coefficients are in `model.json`, with the hash of the codebook whose codes they speak: "
        f"`{model.codebook[:12]}`.",
    ]
    for heading, frame in tables.items():
        parts += [f"## {heading}", pipe_table(frame)]
    chosen = [f"- {name}: {text.percent(limit)}" for name, limit in thresholds.items()]
    parts += [
        "## Thresholds of risk",
        "\n".join(chosen),
        "## What to beware of",
        LIMITS,
        "## How to use it",
        "`make score EXPORT=path MODEL=path/to/model.json` writes a line for each row of an export, in its order: the\n"
        "risk, whether it reaches the threshold, or the reason why there is none. A code that the codebook does not\n"
        "know is told by the name of its column alone, never by its text, which might tell of a caller. Before use on\n"
        "a hotline's calls, "
        "develop the model on its own records (`make paper EXPORT=path`) and read `07-validation` made from them.",
    ]
    return "\n\n".join(parts) + "\n"
