"""A fitted risk model as a small file: the predictors it needs, and what each answer adds to the log odds.

The file is JSON. It names the hash of the codebook to which its codes belong, so that it is never applied to others.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import numpy as np
import pandas as pd
from pydantic import BaseModel, ConfigDict, Field, FiniteFloat, ValidationError
from scipy.special import expit

from countstats.glm.design import INTERCEPT
from hotline import paths
from hotline.codebook import Codebook
from hotline.errors import InputError, NothingToEstimate
from hotline.run import current_run

DECIMALS = 3  # of the log odds
Share = Annotated[float, Field(ge=0, le=1)]
# Of a variable or a code: the file may come from elsewhere, and a name becomes that of a file of scores.
Name = Annotated[str, Field(pattern="^[a-z][a-z0-9_]*$", max_length=100)]


class Sample(BaseModel):
    """The cases that a model was developed on, and what share of all cases can have a score.

    part : of the complete cases, in words
    pupils, events : how many cases it has, and how many with the event
    first_year, last_year : of the complete cases
    cases : on record, complete or not
    scored, caught : the share of these, and of those with the event, that are complete and so can have a score
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    part: str
    pupils: int
    events: int
    first_year: int
    last_year: int
    cases: int
    scored: Share
    caught: Share


class RiskModel(BaseModel):
    """A logistic model of an outcome.

    coefficients : {variable: {code: log odds}}, zero for the reference, None for a code that has no estimate
    threshold : risk from which on a call is flagged; None where there is none
    simulated : whether the sample was simulated
    codebook : SHA-256 of the codebook
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    outcome: Name
    intercept: FiniteFloat
    coefficients: Annotated[dict[Name, dict[str, FiniteFloat | None]], Field(min_length=1)]
    threshold: Share | None
    sample: Sample
    simulated: bool
    codebook: str
    known_at: str = "the end of intake, before the level is judged"

    @classmethod
    def of_fit(
        cls,
        table: pd.DataFrame,
        reference: Mapping[str, str],
        outcome: str,
        threshold: float,
        *,
        sample: Sample,
        simulated: bool,
        codebook: str,
    ) -> "RiskModel":
        """Return the model of fitted coefficients, rounded to three decimals.

        With all their digits and the thresholds of a curve they would give back the answers of single persons.

        Parameters
        ----------
        table
            As `countstats.glm.wald.coefficients` gives it, NaN for a term without a finite estimate.
        reference
            {variable: code whose log odds are zero}
        threshold
            Of risk, a whole per cent; infinite where there is none.

        Raises
        ------
        NothingToEstimate
            Where the intercept is not finite.
        """
        refuse_without_intercept(table)
        coefficients = {variable: {code: 0.0} for variable, code in reference.items()}
        for (variable, code), b in table["b"].drop(INTERCEPT).items():
            coefficients[variable][code] = round(float(b), DECIMALS) if np.isfinite(b) else None
        return cls(
            outcome=outcome,
            intercept=round(float(table.loc[INTERCEPT, "b"]), DECIMALS),
            coefficients=coefficients,
            threshold=float(threshold) if np.isfinite(threshold) else None,
            sample=sample,
            simulated=simulated,
            codebook=codebook,
        )

    @property
    def variables(self) -> list[str]:
        """The predictors, in order."""
        return list(self.coefficients)

    def risk(self, codes: pd.DataFrame) -> np.ndarray:
        """Return the risk of each row of a frame of codes; NaN where a code is missing or has no estimate."""
        log_odds = np.full(len(codes), self.intercept)
        for variable, terms in self.coefficients.items():
            log_odds += codes[variable].astype(object).map(terms).to_numpy(float, na_value=np.nan)
        return expit(log_odds)

    def write(self, path: Path) -> None:
        """Write the model as JSON."""
        content = json.dumps(self.model_dump(), ensure_ascii=False, indent=1, allow_nan=False)
        path.write_text(content + "\n", encoding="utf-8")


def refuse_without_intercept(table: pd.DataFrame) -> None:
    """Raise NothingToEstimate where a table of coefficients has no finite intercept: then no risk is finite."""
    if not np.isfinite(table.loc[INTERCEPT, "b"]):
        raise NothingToEstimate(
            "the risk model has no finite intercept, since a reference category has no event, or nothing but events"
        )


def read(path: Path) -> RiskModel:
    """Return the model of a file.

    Raises
    ------
    InputError
        Where there is no such file, or it is something else.
    """
    where = paths.shown(path)
    if not path.is_file():
        raise InputError(f"{where}: there is no such model; `make 07-use` makes one, MODEL=path names one")
    try:
        return RiskModel.model_validate_json(path.read_bytes())
    except ValidationError as error:
        raise InputError(f"{where}: not a model of this compendium; expected what `make 07-use` writes") from error


def check_codebook(model: RiskModel, where: Path, book: Codebook) -> None:
    """Raise InputError where a model was made with another codebook, or names what this one has not."""
    if model.codebook != book.sha256:
        raise InputError(
            f"{paths.shown(where)}: made with another codebook than {paths.shown(current_run().codebook)}, so that a "
            "code may mean something else.\n  Name the codebook that it was made with (CODEBOOK=path), or make the "
            "model again: make 07-use"
        )
    for name, terms in {model.outcome: {}, **model.coefficients}.items():
        if not book[name].categorical or set(terms) - set(book[name].kept_codes):
            raise InputError(
                f'{paths.shown(where)}: "{name}" has other codes in {paths.shown(current_run().codebook)}, so this was '
                "changed by hand. Make the model again: make 07-use"
            )
