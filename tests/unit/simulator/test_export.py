"""The texts of the simulated export."""

import numpy as np
import pandas as pd

from hotline import paths
from hotline.codebook import codebook
from hotline.simulator import draws, export


def test_encode_writes_only_texts_of_the_codebook():
    rng, field = np.random.default_rng(1), codebook()["sex"]
    spelling = draws.read_numbers(paths.PUBLISHED).spelling
    written = export.encode(rng, pd.Series(["male", "female", None] * 2000), field, spelling).astype(object)
    texts_of_the_codebook = {*field.missing, *(text for code in field.codes for text in (code.zh, *code.synonyms))}
    texts = [text for text in written if isinstance(text, str)]
    assert {text.strip() for text in texts} == texts_of_the_codebook
    assert any(text != text.strip() for text in texts)
    assert pd.isna(written[2::3]).any() and not pd.isna(written[0::3]).any()


def test_corrupt_takes_its_share_of_valid_rows():
    rng, spelling = np.random.default_rng(1), draws.read_numbers(paths.PUBLISHED).spelling
    table = pd.DataFrame({"call_type": ["valid"] * 900 + ["test"] * 100})
    rows = draws.read_numbers(paths.PUBLISHED).rows
    fault = export.corrupt(rng, table, rows, spelling)
    assert fault.notna().sum() == round(rows.malformed * 1000) and fault[900:].isna().all()
    assert set(fault.dropna()) <= set(spelling.malformed)
