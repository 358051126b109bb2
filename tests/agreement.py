"""How many significant digits two numbers share: the measure of agreement in these tests."""

import math


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
