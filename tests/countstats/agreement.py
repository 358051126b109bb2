"""How many significant digits two numbers share: the measure of agreement in these tests.

The fixture `agrees` checks that and keeps the worst of each method, which a run of the tests shows at its end.
"""

import math

import numpy as np
import pytest


def digits(value, reference):
    """Agreeing significant digits (log relative error, 0 to 15) of a computed value with its reference.

    Against a reference of zero the error is taken absolutely, since a relative one is not defined there.
    A value that is not finite agrees with nothing but itself.
    """
    value, reference = float(value), float(reference)
    if value == reference:
        return 15.0
    error = abs(value - reference) / (abs(reference) or 1.0)
    return max(0.0, min(15.0, -math.log10(error))) if math.isfinite(error) else 0.0


@pytest.fixture
def agrees(record_property):
    """Return agrees(method, value, reference, least): fail where they share fewer than `least` digits.

    Value and reference are numbers, or as many of them, of which the worst pair counts.
    """

    def check(method, value, reference, least):
        pairs = list(zip(np.ravel(value), np.ravel(reference), strict=True))
        worst = min(pairs, key=lambda pair: digits(*pair))
        found = digits(*worst)
        record_property("agreement", [method, found])
        assert found >= least, f"{method}: {worst[0]!r} and {worst[1]!r} share {found:.1f} digits; expected {least}"

    return check


def pytest_terminal_summary(terminalreporter):
    """List the worst agreement of each method that was compared with R, NIST or rows in this run."""
    worst = {}
    for report in terminalreporter.stats.get("passed", []):
        for name, value in report.user_properties:
            if name == "agreement":
                worst[value[0]] = min(worst.get(value[0], 15.0), value[1])
    if worst:
        terminalreporter.section("agreeing digits, the worst of each method")
        for method, found in sorted(worst.items()):
            terminalreporter.line(f"{found:5.1f}  {method}")
