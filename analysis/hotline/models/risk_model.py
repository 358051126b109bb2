"""A fitted risk model as a small file: the predictors it needs, and what each answer adds to the log odds.

The file is JSON. It names the hash of the codebook to which its codes belong, so that it is never applied to others.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from pydantic import BaseModel, ConfigDict, Field, FiniteFloat, ValidationError, model_validator
from scipy.special import expit

from countstats.glm.design import INTERCEPT
from hotline import paths
from hotline.codebook import MISSING, Codebook
from hotline.errors import InputError, NothingToEstimate
from hotline.run import current_run

FORM = 2  # of the file; another one is refused
DECIMALS = 3  # of the log odds
Share = Annotated[float, Field(ge=0, le=1)]
# Of a variable or a code: the file may come from elsewhere, and a name becomes that of a file of scores.
Name = Annotated[str, Field(pattern="^[a-z][a-z0-9_]*$", max_length=100)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Sample(_Part):
    """The cases that a model was developed on, and what share of all cases can have a score.

    part : of the cases, in words
    pupils, events : how many complete cases it has, and how many of them with the event
    with_gaps : how many cases with a gap it has besides
    first_year, last_year : of all cases
    cases : on record, complete or not
    complete, complete_caught : the share of these, and of those with the event, with every predictor recorded
    scored, caught : the share of these, and of those with the event, that can have a score
    """

    part: str
    pupils: int
    events: int
    with_gaps: int
    first_year: int
    last_year: int
    cases: int
    complete: Share
    complete_caught: Share
    scored: Share
    caught: Share


class Formula(_Part):
    """A logistic formula: the intercept, and what each code adds to the log odds.

    coefficients : {variable: {code: log odds}}, zero for the reference, None for a code that has no estimate; the code
        "missing" is a gap
    """

    intercept: FiniteFloat
    coefficients: Annotated[dict[Name, dict[str, FiniteFloat | None]], Field(min_length=1)]

    @classmethod
    def of_terms(cls, b: pd.Series, reference: Mapping[str, str]) -> "Formula":
        """Return the formula of fitted coefficients, with all their digits.

        Parameters
        ----------
        b
            By (variable, code), with the intercept; NaN for a term without a finite estimate.
        reference
            {variable: code whose log odds are zero}

        Raises
        ------
        NothingToEstimate
            Where the intercept is not finite.
        """
        refuse_without_intercept(b)
        coefficients = {variable: {code: 0.0} for variable, code in reference.items()}
        for (variable, code), value in b.drop(INTERCEPT).items():
            coefficients[variable][code] = float(value) if np.isfinite(value) else None
        return cls(intercept=float(b[INTERCEPT]), coefficients=coefficients)

    def rounded(self) -> "Formula":
        """Return the formula with three decimals.

        With all their digits and the thresholds of a curve they would give back the answers of single persons.
        """
        coefficients = {
            variable: {code: None if b is None else round(b, DECIMALS) for code, b in terms.items()}
            for variable, terms in self.coefficients.items()
        }
        return Formula(intercept=round(self.intercept, DECIMALS), coefficients=coefficients)

    def log_odds(self, codes: pd.DataFrame) -> np.ndarray:
        """Return the log odds of each row of a frame of codes; NaN where a code is missing or has no estimate."""
        total = np.full(len(codes), self.intercept)
        for variable, terms in self.coefficients.items():
            column = codes[variable].astype("category").cat
            of_code = [terms.get(code) for code in column.categories]
            total += np.array([*(np.nan if b is None else b for b in of_code), np.nan])[column.codes]
        return total


class Line(_Part):
    """A recalibration of later calls.

    intercept, slope : log odds become intercept + slope * log odds,
    doubling : and so much more for each doubling of 1 + the earlier calls of the number
    """

    intercept: FiniteFloat
    slope: FiniteFloat
    doubling: FiniteFloat

    def rounded(self) -> "Line":
        """Return the recalibration with three decimals."""
        return Line(**{name: round(value, DECIMALS) for name, value in self.model_dump().items()})

    def applied(self, log_odds: np.ndarray, earlier_calls: ArrayLike) -> np.ndarray:
        """Return the recalibrated log odds of later calls, shape (rows,)."""
        doublings = np.log2(1 + pd.Series(earlier_calls).to_numpy(float, na_value=np.nan))
        return self.intercept + self.slope * log_odds + self.doubling * doublings


class LaterCalls(_Part):
    """What the model says of later calls, those of a caller of whose case an earlier assessed call is on record.

    line : their recalibration; None where they are refused a score
    calls, events : on which it was judged, always of callers not used for it
    oe : observed over expected events there, with its limits; None where there is none
    refused : why later calls get no score; empty where they get one
    """

    line: Line | None
    calls: int
    events: int
    oe: FiniteFloat | None
    oe_low: FiniteFloat | None
    oe_high: FiniteFloat | None
    refused: str

    @model_validator(mode="after")
    def _either(self):
        if (self.line is None) != bool(self.refused):
            raise ValueError("later calls have either a recalibration or a reason for which they are refused")
        return self


class RiskModel(_Part):
    """A logistic model of an outcome.

    form : of the file
    complete : the formula of rows in which every predictor is recorded
    gaps : the formula of the others: a gap is a code of its own there
    later : what is done with later calls
    threshold : risk from which on a call is flagged, by the alerts of a shift on average; None where there is none
    strict_threshold : the same, by the alerts that most shifts keep to
    simulated : whether the sample was simulated
    codebook : SHA-256 of the codebook
    """

    form: Literal[2] = FORM
    outcome: Name
    complete: Formula
    gaps: Formula
    later: LaterCalls
    threshold: Share | None
    strict_threshold: Share | None
    sample: Sample
    simulated: bool
    codebook: str
    known_at: str = "the end of intake, before the level is judged"

    @model_validator(mode="after")
    def _of_the_same(self):
        if list(self.complete.coefficients) != list(self.gaps.coefficients):
            raise ValueError("both formulas need the same predictors")
        return self

    @property
    def variables(self) -> list[str]:
        """The predictors, in order."""
        return list(self.complete.coefficients)

    def risk(self, codes: pd.DataFrame, later: ArrayLike = False, earlier_calls: ArrayLike = 0) -> np.ndarray:
        """Return the risk of each row of a frame of codes; NaN where a code has no estimate, or the row is refused.

        Parameters
        ----------
        later, earlier_calls
            Whether the row is a later call, and how often its number had called before, each of shape (rows,).
        """
        log_odds, later = log_odds_of(codes, self.complete, self.gaps), np.broadcast_to(later, len(codes))
        line = self.later.line
        again = np.full(len(codes), np.nan) if line is None else line.applied(log_odds, earlier_calls)
        return expit(np.where(later, again, log_odds))

    def write(self, path: Path) -> None:
        """Write the model as JSON."""
        content = json.dumps(self.model_dump(), ensure_ascii=False, indent=1, allow_nan=False)
        path.write_text(content + "\n", encoding="utf-8")


def log_odds_of(codes: pd.DataFrame, complete: Formula, gaps: Formula) -> np.ndarray:
    """Return the log odds of each row: by `complete` where every predictor is recorded, else by `gaps`.

    A gap is the code "missing".
    A code that `complete` has no estimate for has none with a gap elsewhere either.
    """
    total = complete.log_odds(codes)
    unknown = np.zeros(len(codes), bool)
    for variable in complete.coefficients:
        unknown |= (codes[variable] == MISSING).to_numpy(bool)
    total[unknown] = gaps.log_odds(codes[unknown])
    return total


def as_threshold(limit: float) -> float | None:
    """Return a threshold of risk as the file has it: None where none keeps to the alerts."""
    return float(limit) if np.isfinite(limit) else None


def refuse_without_intercept(b: pd.Series) -> None:
    """Raise NothingToEstimate where coefficients have no finite intercept: then no risk is finite."""
    if not np.isfinite(b[INTERCEPT]):
        raise NothingToEstimate(
            "the risk model has no finite intercept, since a reference category has no event, or nothing but events"
        )


def read(path: Path) -> RiskModel:
    """Return the model of a file.

    Raises
    ------
    InputError
        Where there is no such file, or it is something else, or of an older form.
    """
    where = paths.shown(path)
    if not path.is_file():
        raise InputError(f"{where}: there is no such model; `make 07-use` makes one, MODEL=path names one")
    content = path.read_bytes()
    if _is_older(content):
        raise InputError(f"{where}: a model of an older form, for complete cases alone. Make it again: make 07-use")
    try:
        return RiskModel.model_validate_json(content)
    except ValidationError as error:
        raise InputError(f"{where}: not a model of this compendium; expected what `make 07-use` writes") from error


def _is_older(content: bytes) -> bool:
    """Whether a file is a model of the form without a number, in which one formula served all."""
    try:
        found = json.loads(content)
    except ValueError:
        return False
    return isinstance(found, dict) and "form" not in found and {"intercept", "coefficients"} <= set(found)


def check_codebook(model: RiskModel, where: Path, book: Codebook) -> None:
    """Raise InputError where a model was made with another codebook, or names what this one has not."""
    if model.codebook != book.sha256:
        raise InputError(
            f"{paths.shown(where)}: made with another codebook than {paths.shown(current_run().codebook)}, so that a "
            "code may mean something else.\n  Name the codebook that it was made with (CODEBOOK=path), or make the "
            "model again: make 07-use"
        )
    named = [(model.outcome, {}), *model.complete.coefficients.items(), *model.gaps.coefficients.items()]
    for name, terms in named:
        if not book[name].categorical or set(terms) - {*book[name].kept_codes, MISSING}:
            raise InputError(
                f'{paths.shown(where)}: "{name}" has other codes in {paths.shown(current_run().codebook)}, so this was '
                "changed by hand. Make the model again: make 07-use"
            )
