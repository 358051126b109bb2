"""A paper comes of few calls, too: exports drawn at random from a simulated one, down to thirty rows.

Where an export holds too little for a step, a sentence takes the place of its tables. Whether a notebook breaks all the
same depends on who happens to be in it, so this draws several. It takes minutes: `make test-few` runs it, `make test`
does not.
"""

import random
import re

import pytest
from checkout import KEY, copy_of, files

pytestmark = pytest.mark.few
STEPS = 16  # of a paper on real records: no simulator, no recovery


@pytest.fixture(scope="module")
def simulated(fresh, tmp_path_factory):
    """A small copy in which there is the simulated export and nothing else."""
    checkout = copy_of(fresh.folder, tmp_path_factory.mktemp("few") / "compendium")
    checkout.make("simulate")
    return checkout


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("rows", [30, 100, 250, 450, 600, 800, 1500])
def test_a_paper_is_made_and_no_number_is_missing_in_silence(rows, seed, simulated):
    head, *lines = (simulated.folder / "data-raw/simulated/export.csv").read_text(encoding="utf-8").splitlines(True)
    drawn = sorted(random.Random(seed).sample(range(len(lines)), rows))
    export = simulated.folder / f"few-{rows}-{seed}.csv"
    export.write_text(head + "".join(lines[each] for each in drawn), encoding="utf-8")
    said = simulated.make("paper", f"EXPORT={export.name}", "UNPROTECTED=yes", KEY)
    derived = simulated.folder / "private/data-derived"
    assert len(list(derived.glob("*/values.json"))) == STEPS, said
    assert (simulated.folder / "private/paper/output/manuscript.pdf").is_file()
    for table in files(derived, "*/tables/*.md", least=50):
        assert not re.search(r"\bnan\b|\binf\b", table.read_text(encoding="utf-8").lower()), table
