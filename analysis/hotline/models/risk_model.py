"""A fitted risk model as a small file: what it needs to know of a caller, and what each answer adds to the log odds.

The file is JSON. It names the hash of the codebook whose codes it speaks, so that it is never applied to others.
"""

import json
from dataclasses import asdict, dataclass

import numpy as np
from scipy.special import expit

from countstats.glm.design import INTERCEPT
from hotline import paths
from hotline.errors import InputError, NothingToEstimate
from hotline.run import current_run


@dataclass(frozen=True)
class RiskModel:
    """A logistic model of an outcome.

    coefficients   {variable: {code: log odds}}, nought for the reference, None for a code that has no estimate
    threshold      of risk, from which on a call is flagged; None where there is none
    sample         whom it was developed on: part, pupils, events, first_year, last_year; and of all cases on record
                   (cases) the share that can have a score (scored), and that of the cases with the event (caught)
    simulated      whether those were simulated
    codebook       SHA-256 of the codebook
    """

    outcome: str
    intercept: float
    coefficients: dict
    threshold: float | None
    sample: dict
    simulated: bool
    codebook: str
    known_at: str = "the end of intake, before the level is judged"

    @property
    def variables(self):
        """The predictors, in order."""
        return list(self.coefficients)

    def risk(self, codes):
        """The risk of each row of a frame of codes, an array; NaN where a code is missing or has no estimate."""
        odds = np.full(len(codes), self.intercept)
        for variable, terms in self.coefficients.items():
            odds += codes[variable].astype(object).map(terms).to_numpy(float, na_value=np.nan)
        return expit(odds)

    def write(self, path):
        """Write the model as JSON; numbers keep all their digits."""
        text = json.dumps(asdict(self), ensure_ascii=False, indent=1, allow_nan=False)
        path.write_text(text + "\n", encoding="utf-8")


def refuse_without_intercept(table):
    """Raise NothingToEstimate where a table of coefficients has no finite intercept: then nobody has a finite risk."""
    if not np.isfinite(table.loc[INTERCEPT, "b"]):
        raise NothingToEstimate(
            "the risk model has no finite intercept, since a reference category has no event, or nothing but events"
        )


def risk_model(table, reference, outcome, threshold, **about):
    """Make a RiskModel of fitted coefficients.

    table       as `countstats.glm.design.coefficients` gives it, NaN for a term without a finite estimate
    reference   {variable: code that counts nought}
    about       sample, simulated and codebook
    """
    refuse_without_intercept(table)
    b = table["b"]
    coefficients = {variable: {code: 0.0} for variable, code in reference.items()}
    for (variable, code), value in b.drop(INTERCEPT).items():
        coefficients[variable][code] = float(value) if np.isfinite(value) else None
    threshold = float(threshold) if np.isfinite(threshold) else None
    return RiskModel(outcome, float(b[INTERCEPT]), coefficients, threshold, **about)


def read(path):
    """Read a model. Raises InputError where there is none, or the file is something else."""
    where = paths.shown(path)
    if not path.is_file():
        raise InputError(f"{where}: there is no such model; `make 07-use` makes one, MODEL=path names one")
    try:
        model = RiskModel(**json.loads(path.read_text(encoding="utf-8")))
        usable = isinstance(model.intercept, float) and model.coefficients and isinstance(model.codebook, str)
        numbers = [each for terms in model.coefficients.values() for each in terms.values() if each is not None]
        limit = 0.5 if model.threshold is None else model.threshold
        usable = usable and isinstance(limit, float) and 0 <= limit <= 1
        if not usable or not np.isfinite([model.intercept, *numbers]).all():
            raise ValueError
    except (ValueError, TypeError, AttributeError) as error:
        raise InputError(f"{where}: not a model of this compendium; expected what `make 07-use` writes") from error
    return model


def check_codebook(model, where, sha256):
    """Raise InputError where a model speaks the codes of another codebook."""
    if model.codebook != sha256:
        raise InputError(
            f"{paths.shown(where)}: made with another codebook than {paths.shown(current_run().codebook)}, so that a "
            "code may mean something else.\n  Name the codebook that it was made with (CODEBOOK=path), or make the "
            "model again: make 07-use"
        )
