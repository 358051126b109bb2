"""Types of the notebooks' parameters, by name, with the values that each allows.

A parameters cell reads ``sparse: Count = 10  # help``, since papermill takes nothing but a name for a type; the cell
before it imports the names. `params` holds params.yml against them.
"""

from typing import Annotated, Literal

from pydantic import Field

OutcomeName = Literal["at_risk", "high_risk"]
CaseRule = Literal["caller-stage-sex", "caller", "call"]
PredictorsKnown = Literal["in-time", "at-intake"]
WithoutNumber = Literal["own-case", "leave-out"]
Text = str
InputFile = Annotated[str, "a path from the top of the checkout"]  # its content counts, not its name

Seed = Annotated[int, Field(ge=0, le=2**31 - 1)]
Year = Annotated[int, Field(ge=2000, le=2100)]
PlausibleYear = Annotated[int, Field(ge=1971, le=2100)]  # past 1970, where systems have their zero
Minutes = Annotated[int, Field(ge=0, le=120)]
Hours = Annotated[float, Field(ge=0.5, le=48)]
AdultAge = Annotated[int, Field(ge=12, le=25)]

Confidence = Annotated[float, Field(ge=0.5, le=0.999)]
Share = Annotated[float, Field(ge=0, le=1)]
DevelopmentShare = Annotated[float, Field(ge=0.5, le=0.9)]
Difference = Annotated[float, Field(ge=0, le=1)]
Margin = Annotated[float, Field(ge=0.001, le=1)]

Calls = Annotated[int, Field(ge=1000, le=10_000_000)]
Callers = Annotated[int, Field(ge=3000, le=100_000)]
Cells = Annotated[int, Field(ge=1000, le=1_000_000_000)]
Count = Annotated[int, Field(ge=1, le=1000)]
PerShift = Annotated[int, Field(ge=1, le=200)]
Rows = Annotated[int, Field(ge=1, le=20)]
Points = Annotated[int, Field(ge=3, le=100)]
Knots = Annotated[int, Field(ge=3, le=5)]

RandomTables = Annotated[int, Field(ge=99, le=999_999)]
Resamples = Annotated[int, Field(ge=20, le=10_000)]
Folds = Annotated[int, Field(ge=2, le=100)]
Replications = Annotated[int, Field(ge=10, le=10_000)]
Imputations = Annotated[int, Field(ge=2, le=100)]
