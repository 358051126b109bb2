"""The dataclasses of an entry of codebook.yaml, whose keys are explained at the head of that file."""

import dataclasses
from dataclasses import dataclass
from decimal import Decimal
from typing import ClassVar, Literal

MISSING = "missing"
# Those types of a Table Schema that cleaning can read.
Type = Literal["string", "integer", "number", "datetime", "date"]
Block = Literal["individual", "family", "environment", "time", "call", "platform", "outcome", "record"]
Sensitivity = Literal["identifier", "sensitive", "personal", "plain"]
Known = Literal["dialling", "intake", "assessment", "after"]
Normalise = Literal["telephone", "text"]
NO_OTHER_KEYS = {"extra": "forbid"}  # read by pydantic


@dataclass(frozen=True)
class Code:
    """One value of a category.

    Attributes
    ----------
    code : the value in the cleaned tables
    en, zh : its labels; `zh` is also what the export writes
    synonyms : other texts that an export may write for it
    exclude : the rule under which a row with this code leaves the study
    group : the code of the coarser variable in which this one lies
    below : of a band, the number from which on the next band begins, in the unit of the variable that is banded
    """

    __pydantic_config__: ClassVar = NO_OTHER_KEYS

    code: str
    en: str
    zh: str
    synonyms: tuple[str, ...] = ()
    exclude: str | None = None
    group: str | None = None
    below: int | Decimal | None = None


@dataclass(frozen=True)
class Constraints:
    """What a Table Schema demands of every row; its names are the standard's.

    Attributes
    ----------
    minimum, maximum : the smallest and the largest number, or the first and the last day, as written
    required : whether the cell must be recorded
    unique : whether no two rows may have the same value
    pattern : a regular expression (RE2) that the whole text matches
    enum : the only texts allowed
    minLength, maxLength : of the text, in characters
    """

    __pydantic_config__: ClassVar = NO_OTHER_KEYS

    minimum: str | None = None
    maximum: str | None = None
    required: bool = False
    unique: bool = False
    pattern: str | None = None
    enum: tuple[str, ...] = ()
    minLength: int | None = None
    maxLength: int | None = None


@dataclass(frozen=True)
class Field:
    """One variable; its keys are explained at the head of codebook.yaml."""

    __pydantic_config__: ClassVar = NO_OTHER_KEYS

    name: str
    type: Type
    title: str
    title_zh: str
    block: Block
    sensitivity: Sensitivity
    known: Known
    description: str = ""
    header: str | None = None
    needed: bool = False
    unit: str = ""
    decimals: int | None = None
    ordered: bool = False
    reference: str | None = None
    formats: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    withheld: tuple[str, ...] = ()
    normalise: Normalise = "telephone"
    country_code: str = ""
    codes: tuple[Code, ...] = ()
    constraints: Constraints = Constraints()
    bands_of: str | None = None
    group_of: str | None = None
    true_for: dict[str, tuple[str, ...]] = dataclasses.field(default_factory=dict)

    @property
    def categorical(self) -> bool:
        """Whether the variable has a fixed list of codes."""
        return bool(self.codes)

    @property
    def numeric(self) -> bool:
        """Whether the variable is a number: an integer, or one with decimals."""
        return self.type in ("integer", "number") and not self.codes

    @property
    def kept_codes(self) -> tuple[str, ...]:
        """The codes that can occur after cleaning, in order: those without a rule that excludes them."""
        return tuple(code.code for code in self.codes if code.exclude is None)

    @property
    def name_with_unit(self) -> str:
        """The title with its unit, for axes and table heads: ``Waiting time (s)``."""
        return f"{self.title} ({self.unit})" if self.unit else self.title

    @property
    def limits(self) -> tuple[int | None, int | None]:
        """The smallest and the largest number allowed, as they are stored; None where there is no limit."""
        both = self.constraints.minimum, self.constraints.maximum
        return tuple(None if limit is None or not self.numeric else self.stored(limit) for limit in both)

    @property
    def scale(self) -> int:
        """How many of what is stored make one in the unit of the variable: 10 where it has one decimal."""
        return 10 ** (self.decimals or 0)

    def stored(self, number: object) -> int:
        """Return how a number is stored: as a whole number of units of the last decimal.

        >>> Field("bmi", "number", "BMI", "体质指数", "individual", "personal", "intake", decimals=1).stored("20.5")
        205

        Raises ValueError for what is no number, or has more decimals than are stored.
        """
        try:
            exact = Decimal(str(number)) * self.scale
            if exact != exact.to_integral_value():
                raise ValueError(f"more than {self.decimals or 0} decimals")
            return int(exact)
        except ArithmeticError as error:  # no number, or one without end
            raise ValueError("not a number") from error
