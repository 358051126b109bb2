"""The model card names the sample, the predictors, the limits and what has no score."""

from hotline.codebook import codebook
from hotline.models import model_card
from hotline.models.risk_model import Formula, LaterCalls, Line, RiskModel, Sample
from hotline.pipe_table import pipe_table

CODES = {"sex": {"male": 0.0, "female": 0.3}, "stage": {"primary": 0.0, "junior": 0.2, "senior": None}}
MODEL = RiskModel(
    outcome="at_risk",
    complete=Formula(intercept=-0.4, coefficients=CODES),
    gaps=Formula(intercept=-0.4, coefficients=CODES),
    later=LaterCalls(
        line=Line(intercept=0.1, slope=1.0, doubling=0.2),
        **{"calls": 900, "events": 300, "oe": 1.02, "oe_low": 0.95, "oe_high": 1.09, "refused": ""},
    ),
    threshold=0.35,
    strict_threshold=0.5,
    sample=Sample(
        **{"part": "all", "pupils": 180, "events": 60, "with_gaps": 40, "first_year": 2019, "last_year": 2022},
        **{"cases": 300, "complete": 0.6, "complete_caught": 0.55, "scored": 0.99, "caught": 0.98},
    ),
    simulated=True,
    codebook=codebook().sha256,
)


def test_card_says_what_it_must():
    table = pipe_table(["Measure", "Validation part"], [["AUC", "0.784"]])
    card = model_card.card(MODEL, codebook(), "at risk", {"How well it does": table}, {"Youden": 0.39})
    for words in (
        "# Model card: the risk of being at risk",
        "Simulated data",
        "no diagnosis",
        "180 cases of the years 2019 to 2022",
        "School stage (stage), known at intake",
        "No estimate, and so no score, for: School stage: Senior high.",
        "Of 300 cases on record 60.0% have every predictor recorded; 55.0% of all who were at risk are",
        "So 99.0% of all cases can have a score, 98.0% of all who were at risk; whatever the threshold, no more",
        "A case is the first assessed call about a pupil.",
        "Judged on 900 later calls, each of a caller to whom nothing was fitted, observed over expected events were",
        "by the name of its column alone",
        codebook().sha256[:12],
        "| AUC ",
        "Youden: 39%",
    ):
        assert words in card, words
    recorded = MODEL.model_copy(update={"simulated": False})
    assert "imulated" not in model_card.card(recorded, codebook(), "at risk", {}, {})


def test_card_says_that_later_calls_are_refused():
    later = MODEL.later.model_copy(update={"line": None, "refused": "there were too few"})
    said = model_card.card(MODEL.model_copy(update={"later": later}), codebook(), "at risk", {}, {})
    assert "**Later calls of a caller get no score**: there were too few." in said
