"""The list of work that both routes do, in names, and the measure of memory."""

import resource
from pathlib import Path

LEVELS = ("well", "imbalance", "high_risk")
OUTCOME = "at_risk"
CATEGORIES = (
    "channel",
    "caller_relation",
    "sex",
    "stage",
    "prior_treatment",
    "problem",
    "emotional_state",
    "family_structure",
    "parent_child",
    "left_behind",
    "academic_pressure",
    "peer_relation",
    "bullying",
    "boarding",
    "district_type",
    "city",
    "length_band",
    "month",
    "weekday",
    "hour_band",
    "region",
)
NUMBERS = ("age", "call_length", "waiting", "earlier_calls", "follow_ups", "satisfaction")
ANOVAS = ("call_length", "waiting", "age")
CHI_SQUARES = CATEGORIES[:10]
# The references of the logistic models; "not recorded" is a category of its own.
SIX = {
    "sex": "male",
    "stage": "primary",
    "city": "guangzhou",
    "year": 2019,
    "hour_band": "afternoon",
    "problem": "academic",
}
EIGHT = SIX | {"caller_relation": "pupil", "length_band": "under_5"}
# Further predictors, for models of ever more cells.
GROWING = EIGHT | {
    "family_structure": "two_parents",
    "parent_child": "good",
    "academic_pressure": "low",
    "peer_relation": "good",
    "month": "1",
    "weekday": "1",
    "emotional_state": "calm",
}

MILLION = 1_200_000  # cells that the notebooks' own model is fitted to, at most


def most_memory() -> float:
    """Return the most memory that this process has used, in MiB.

    On Linux from /proc: `getrusage` would count what the parent used before it became this process.
    """
    status = Path("/proc/self/status")
    if status.exists():
        (line,) = (line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


def forget_most_memory() -> None:
    """Let `most_memory` begin again from what the process holds now; on Linux only, elsewhere it goes on."""
    counters = Path("/proc/self/clear_refs")
    if counters.exists():
        counters.write_text("5")
