"""The codebook with a change, as a file, and what is said of it."""

from pathlib import Path

import pytest
import yaml

from hotline import paths
from hotline.codebook import Codebook, read_codebook
from hotline.errors import InputError

LOADER, DUMPER = (getattr(yaml, f"C{each}", getattr(yaml, each)) for each in ("SafeLoader", "SafeDumper"))
SCHEMA = yaml.load((paths.DATA_RAW / "codebook.yaml").read_bytes(), Loader=LOADER)
# A coded variable as a holder may add it.
CHOICE = {
    "name": "choice",
    "header": "甲乙",
    "title": "Choice",
    "title_zh": "甲乙",
    "type": "string",
    "block": "call",
    "sensitivity": "plain",
    "known": "intake",
    "reference": "first",
    "codes": [{"code": "first", "en": "First", "zh": "甲"}, {"code": "second", "en": "Second", "zh": "乙"}],
}
# A number, and a day.
NUMBER = {key: CHOICE[key] for key in ("title", "title_zh", "block", "sensitivity", "known")} | {
    "name": "bmi",
    "header": "体质指数",
    "type": "number",
    "decimals": 1,
}
DAY = NUMBER | {"name": "visit", "header": "日子", "type": "date", "formats": ["%Y/%m/%d"]}
del DAY["decimals"]


def written(folder: Path, change=None, add=()) -> Path:
    """Write the codebook after `change(fields by name, schema)`, with more fields, and return the file."""
    schema = yaml.load(yaml.dump(SCHEMA, Dumper=DUMPER), Loader=LOADER)
    if change:
        change({field["name"]: field for field in schema["fields"]}, schema)
    schema["fields"] += add
    file = folder / "other.yaml"
    file.write_text(yaml.dump(schema, Dumper=DUMPER, allow_unicode=True, sort_keys=False), encoding="utf-8")
    return file


def book(folder: Path, change=None, add=()) -> Codebook:
    """Return the codebook after a change, with more fields."""
    return read_codebook(written(folder, change, add))


def said(folder: Path, change=None, add=()) -> str:
    """Return what is said of the codebook after a change that makes it wrong."""
    with pytest.raises(InputError) as raised:
        book(folder, change, add)
    return str(raised.value)
