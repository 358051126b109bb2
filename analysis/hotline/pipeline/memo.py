"""Answers kept from one run to the next, for as long as what they follow from has the same content.

They make a run with nothing to do quick, and are nothing more: without `.cache/` everything is worked out again.
"""

import json
import os
from collections.abc import Callable

from hotline import paths


def kept(name: str, inputs: object, answer: Callable[[], object]) -> object:
    """Return what `answer` returns, or has returned when it was last asked about the same inputs.

    Parameters
    ----------
    name : of the file in .cache/ that keeps the answer; it keeps one
    inputs : all that the answer follows from, such as hashes of files; anything that JSON can hold
    answer : a function without arguments, whose result JSON can hold. An exception is not kept
    """
    file = paths.CACHE / f"{name}.json"
    try:
        record = json.loads(file.read_text(encoding="utf-8"))
        if record["inputs"] == inputs:
            return record["answer"]
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        pass  # nothing is kept yet, or what is there cannot be read: it is made again below
    record = json.loads(json.dumps({"inputs": inputs, "answer": answer()}))
    file.parent.mkdir(parents=True, exist_ok=True)
    scratch = file.with_name(f"{file.name}.{os.getpid()}")
    scratch.write_text(json.dumps(record), encoding="utf-8")
    scratch.replace(file)
    return record["answer"]
