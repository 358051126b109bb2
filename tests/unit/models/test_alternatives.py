"""Other analyses of the same question: each has a table, or a reason why there is none."""

import numpy as np
import pandas as pd
import pytest

from countstats.columns import COUNTS
from countstats.glm import design, logit
from hotline.models import alternatives
from hotline.report.tables import robustness


def counts():
    return pd.DataFrame(
        {
            "sex": pd.Categorical(["male", "male", "female", "female"]),
            "stage": pd.Categorical(["primary", "junior"] * 2, ["primary", "junior"]),
            "events": [50, 3, 40, 30],
            "others": [60, 70, 80, 0],
        }
    )


def test_age_designs_replace_the_stage_or_add_to_it():
    rng = np.random.default_rng(1)
    cells = pd.DataFrame({"sex": rng.choice(["male", "female"], 90), "age": np.tile(np.arange(7, 16), 10)})
    cells["stage"] = np.where(cells["age"] < 12, "primary", "junior")
    cells = cells.assign(events=rng.integers(1, 9, 90), others=rng.integers(1, 9, 90))
    cells[["sex", "stage"]] = cells[["sex", "stage"]].astype("category")
    reference = {"sex": "male", "stage": "primary"}
    designs, against = alternatives.age_designs(cells, reference, 4)
    found = logit.compare(designs, cells, against)
    pd.testing.assert_frame_equal(found, alternatives.compare_ages(cells, reference, 4))
    assert found["parameters"].tolist() == [3, 3, 5, 4]
    assert found["df"].dropna().tolist() == [2, 1]
    shown = robustness.age(found).printed()
    assert shown.iloc[2, 3].endswith("against age as a straight line") and shown.iloc[0, 3] == ""


def test_age_designs_are_empty_without_an_age():
    none = counts().iloc[:0]
    designs, against = alternatives.age_designs(none, {"sex": "male"}, 4)
    found = logit.compare(designs, none, against)
    assert "Too few pupils" in robustness.age(found).printed().iloc[0, 0]
    assert not len(found)


def gaps(ages, lengths=("under_5", "from_5", "missing", "from_5")):
    """A tally of four cells for an imputation."""
    return pd.DataFrame(
        {
            "sex": pd.Categorical(["male", "female", "missing", "female"], ["male", "female", "missing"]),
            "level": pd.Categorical(["well", "high_risk", "well", "high_risk"], ["well", "high_risk", "missing"]),
            "length_band": pd.Categorical(lengths, ["under_5", "from_5", "missing"]),
            "age": pd.array(ages, "Int64"),
            "n": [5, 4, 3, 2],
        }
    )


def test_with_auxiliaries_length_of_call_and_bands_of_age():
    found, used = alternatives.with_auxiliaries(gaps([9, 10, None, 11]), ["sex", "level"])
    assert used == ["sex", "level", "length_band", "age"]
    assert found[used].astype(str).to_numpy().tolist() == [
        ["male", "well", "under_5", "up to 9"],
        ["female", "high_risk", "from_5", "up to 11"],
        ["missing", "well", "missing", "missing"],
    ]
    assert found["n"].tolist() == [5, 6, 3]


@pytest.mark.parametrize(
    ("ages", "lengths", "auxiliary"),
    [
        ([None] * 4, ["under_5", "from_5", "from_5", "from_5"], ["length_band"]),  # no age recorded
        ([9, 10, 11, 19], ["missing", "from_5", "from_5", "from_5"], ["age"]),  # the one boy would be lost
        ([15] * 4, ["under_5"] * 4, []),  # the same for all
    ],
)
def test_with_auxiliaries_leaves_out_what_cannot_help(ages, lengths, auxiliary):
    found, used = alternatives.with_auxiliaries(gaps(ages, lengths), ["sex", "level"])
    assert used == ["sex", "level", *auxiliary] and found["n"].sum() == 14


def test_clustered_without_known_clusters_gives_a_reason():
    frame = counts().melt(["sex", "stage"], COUNTS, "at_risk", "n").replace({"events": "yes", "others": "no"})
    frame["counsellor"] = np.nan

    class Model:
        names, reference = ["sex", "stage"], {"sex": "male", "stage": "primary"}

        @staticmethod
        def keep(cells):
            return cells

    found = alternatives.clustered(Model, frame, "counsellor", "at_risk", None)
    assert found == alternatives.ClusteredFit(None, 0, 0, 0, "not in the export")
    assert found.size == "not in the export"


def levels():
    """A design of sex and stage with counts of the three levels."""
    grid = pd.MultiIndex.from_product([["male", "female"], ["primary", "junior", "senior"]], names=["sex", "stage"])
    cells = grid.to_frame(index=False).astype("category")
    cells["stage"] = cells["stage"].cat.reorder_categories(["primary", "junior", "senior"])
    x = design.matrix(cells, {"sex": "male", "stage": "primary"})
    rows = np.random.default_rng(5).integers(20, 90, (len(cells), 3))
    return x, pd.DataFrame(rows, columns=["well", "imbalance", "high_risk"])


def test_ordinal_and_multinomial_model_are_none_without_finite_estimates():
    x, counts = levels()
    model = alternatives.ordinal_model(x, counts)
    assert list(model.table.index) == list(x.columns[1:]) and model.test.df == 3
    assert (model.by_variable["p_holm"] >= model.by_variable["p"]).all()
    assert set(alternatives.multinomial_model(x, counts)) == {"imbalance", "high_risk"}
    bare = counts.copy()
    bare.loc[x["stage", "senior"] == 1, "high_risk"] = 0
    assert alternatives.multinomial_model(x, bare) == {"imbalance": None, "high_risk": None}
    model = alternatives.ordinal_model(x, bare)
    assert model.table is not None and model.test is None and model.by_variable is None
    assert alternatives.ordinal_model(x, counts[["well", "high_risk"]]).test is None, "a single cut"
