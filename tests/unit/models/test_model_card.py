"""The model card names the sample, the predictors, the limits and what has no score."""

from hotline.codebook import codebook
from hotline.models import model_card
from hotline.models.risk_model import RiskModel, Sample
from hotline.pipe_table import pipe_table

MODEL = RiskModel(
    outcome="at_risk",
    intercept=-0.4,
    coefficients={"sex": {"male": 0.0, "female": 0.3}, "stage": {"primary": 0.0, "junior": 0.2, "senior": None}},
    threshold=0.35,
    sample=Sample(
        part="all", pupils=180, events=60, first_year=2019, last_year=2022, cases=300, scored=0.6, caught=0.55
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
        "Of 300 cases on record 60.0% have every predictor recorded.",
        "55.0% of all who were at risk, and whatever the threshold, no more can be found.",
        "by the name of its column alone",
        codebook().sha256[:12],
        "| AUC ",
        "Youden: 39%",
    ):
        assert words in card, words
    recorded = MODEL.model_copy(update={"simulated": False})
    assert "imulated" not in model_card.card(recorded, codebook(), "at risk", {}, {})
