"""The codebook is the only place where a label stands: changed there, it is changed everywhere."""

import json

from checkout import copy_of


def test_a_label_changed_in_the_codebook_changes_everywhere(fresh, tmp_path):
    checkout = copy_of(fresh.folder, tmp_path / "compendium")
    checkout.edit(
        "data-raw/codebook.yaml",
        "code: vocational, en: Vocational, zh: 中职",
        "code: vocational, en: Trade school, zh: 职校",
    )
    checkout.make("02-describe")
    export = (checkout.folder / "data-raw/simulated/export.csv").read_text(encoding="utf-8-sig")
    assert ",职校," in export and ",中职," not in export, "the simulator writes the codebook's label"
    flow = json.loads((checkout.folder / "data-derived/01-clean/flow.json").read_text(encoding="utf-8"))
    unknown = next(each["rows"] for each in flow["stages"] if each["rule"] == "unknown-code")
    assert unknown < 0.005 * flow["rows"], "cleaning reads it"
    described = checkout.folder / "data-derived/02-describe"
    for file in ("tables/pupils.md", "tables/dictionary.md", "dictionary.html"):
        text = (described / file).read_text(encoding="utf-8")
        assert "Trade school" in text and "Vocational" not in text, file
