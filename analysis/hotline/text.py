"""Numbers and words as they are printed. Small pure functions, used by tables, figures and named values alike."""

import math
import re
from typing import NamedTuple

DASH = "–"  # where there is no number; the note of a table says why
_LINE_BREAK = re.compile(r"\s*[\r\n\v\f\x85\u2028\u2029]\s*")
# What Markdown may take for its own: signs; a tag, an entity, and the dashes, dots and quotes of smart typography.
_MARKS = re.compile(r"""[\\`_{}\[\]@$|#"]|<(?=[A-Za-z/!?])|:(?=//)|&(?=#?\w+;)|-(?=-)|(?<=-)-|\.(?=\.)|(?<=\.)\.""")
_PAIRS = "*~^"  # these mean something in pairs; one alone, as in "F*", does not
_OPENING = re.compile(r"(?<!\w)'")  # no apostrophe
# How a text would begin another block: a list, a quotation, a definition, a division.
_BLOCK = re.compile(r"^(?:(\(?\w+)(?=[.)](?:\s|$))|(?=[-+*:](?:\s|$)|[>%]|:::))")


def count(n: float) -> str:
    """Print a whole number with thousands separated.

    >>> count(39512)
    '39,512'
    """
    return f"{int(n):,}"


def number(x: float | None, digits: int = 2) -> str:
    """Print a number with a fixed count of decimals and a true minus sign; a dash where there is none.

    >>> number(-3.14159)
    '−3.14'
    >>> number(float("nan"))
    '–'
    """
    if x is None or not math.isfinite(x):
        return DASH
    printed = f"{x:,.{digits}f}"
    if float(printed.replace(",", "")) == 0:
        printed = printed.lstrip("-")
    return printed.replace("-", "−")


def digits_of(error: float, most: int = 4) -> int:
    """Return with how many decimals a number is printed that is exact but for this error, as of random draws.

    The last decimal is no smaller than the error.

    >>> digits_of(0.0006), digits_of(0.0031), digits_of(2.0), digits_of(0.0), digits_of(float("nan"))
    (3, 2, 0, 4, 4)
    """
    if not (math.isfinite(error) and error > 0):
        return most
    return min(most, max(0, math.floor(-math.log10(error))))


def percent(share: float, digits: int = 1) -> str:
    """Print a share between 0 and 1 as a percentage.

    >>> percent(0.2345)
    '23.4%'
    """
    printed = number(share * 100, digits)
    return printed if printed == DASH else printed + "%"


def p_value(p: float) -> str:
    """Print a p-value to three decimals, and never as zero.

    >>> p_value(0.0344), p_value(1e-20), p_value(0.9999)
    ('0.034', '<0.001', '>0.999')
    """
    if not math.isfinite(p):
        return DASH
    if p < 0.001:
        return "<0.001"
    return ">0.999" if p > 0.999 else f"{p:.3f}"


def p_sentence(p: float) -> str:
    """Print a p-value with its sign, for running text.

    >>> p_sentence(0.0344), p_sentence(1e-20)
    ('p = 0.034', 'p < 0.001')
    """
    printed = p_value(p)
    return f"p {printed[0]} {printed[1:]}" if printed[0] in "<>" else f"p = {printed}"


def interval(low: float, high: float, digits: int = 2) -> str:
    """Print the two ends of an interval.

    >>> interval(1.207, 1.456)
    '1.21 to 1.46'
    """
    return f"{number(low, digits)} to {number(high, digits)}"


def estimate(x: float, low: float, high: float, digits: int = 2) -> str:
    """Print an estimate with its interval; a dash where there is no estimate.

    >>> estimate(1.33, 1.207, 1.456)
    '1.33 (1.21 to 1.46)'
    >>> estimate(float("nan"), float("nan"), float("nan"))
    '–'
    """
    printed = number(x, digits)
    return printed if printed == DASH else f"{printed} ({interval(low, high, digits)})"


def f_test(statistic: float, df1: float, df2: float, p: float) -> str:
    """Print an F test for running text; degrees of freedom that are not whole get one decimal.

    >>> f_test(474.123, 2, 9858.79, 1e-30)
    'F(2, 9858.8) = 474.1, p < 0.001'
    >>> f_test(0.5, 2, 57, 0.609)
    'F(2, 57) = 0.5, p = 0.609'
    """
    df1, df2 = (f"{df:.1f}".removesuffix(".0") for df in (df1, df2))
    return f"F({df1}, {df2}) = {number(statistic, 1)}, {p_sentence(p)}"


def chi_square(statistic: float, df: float, p: float, n: int | None = None) -> str:
    """Print a chi-square test for running text, with the number of cases where it is given; a dash without a test.

    >>> chi_square(476.04, 2, 1e-30, 38441)
    'χ²(2, N = 38,441) = 476.0, p < 0.001'
    >>> chi_square(3.84, 1, 0.05)
    'χ²(1) = 3.8, p = 0.050'
    """
    if not math.isfinite(statistic):
        return DASH
    cases = "" if n is None else f", N = {count(n)}"
    return f"χ²({int(df)}{cases}) = {number(statistic, 1)}, {p_sentence(p)}"


class Markdown(str):
    """A text that is Markdown already, so that `escaped` leaves it as it is."""


def escaped(text: str) -> Markdown:
    """Return a text as Markdown that shows it as it is: no character means anything, and a line break is a blank.

    The one place where texts become Markdown. It is called by whatever writes Markdown (`pipe_table`, the named values
    of the paper, the model card), never by who makes a table. An apostrophe within or behind a word stays one.

    >>> print(escaped("not_in_school [a] | F* (<0.001)"))
    not\\_in\\_school \\[a\\] \\| F* (<0.001)
    >>> print(escaped(Markdown("*n*")))
    *n*
    """
    if isinstance(text, Markdown):
        return text
    plain = _LINE_BREAK.sub(" ", str(text)).lstrip()
    marked = _MARKS.sub(r"\\\g<0>", plain)
    for mark in _PAIRS:
        if plain.count(mark) > 1:
            marked = marked.replace(mark, f"\\{mark}")
    if _OPENING.search(plain):
        marked = marked.replace("'", r"\'")
    return Markdown(marked)


def escaped_block(text: str) -> Markdown:
    """Return a text as Markdown of a paragraph of its own: as `escaped` does, and it begins no list or the like.

    >>> print(escaped_block("- a"), escaped_block("1. a"), escaped_block("-a"))
    \\- a 1\\. a -a
    """
    return Markdown(_BLOCK.sub(r"\1\\", escaped(text)))


def slug(step: str, between: str = "-") -> str:
    """Return a step's name without its number, as it stands in labels; with underscores, before the named values.

    >>> slug("06-logistic-at_risk"), slug("06-logistic-at_risk", "_")
    ('logistic-at-risk', 'logistic_at_risk')
    """
    return re.sub("[-_]", between, re.sub(r"^\d+-", "", step))


class Format(NamedTuple):
    """How the numbers of a kind are printed.

    digits : decimals;  factor : what a number is multiplied by first;  unit : what stands behind it
    signed : whether a plus is shown;  below_ten : decimals of numbers below ten, where they differ
    from_zero : whether it can't be negative: then a small number is not printed as zero, and zero without decimals
    """

    digits: int
    factor: int = 1
    unit: str = ""
    signed: bool = False
    below_ten: int | None = None
    from_zero: bool = False


# The kinds of quantity that an output may have. How a kind is printed stands here and nowhere else.
KINDS = {
    "count": Format(0),
    "share": Format(1, factor=100, unit="%"),
    "change": Format(0, factor=100, unit="%", signed=True),  # relative, from one time to another
    "points": Format(1, factor=100),  # a difference of shares, in percentage points
    "mean": Format(1),
    "amount": Format(1, below_ten=2),  # a mean next to others of another size
    "duration": Format(1),
    "rate": Format(2),
    "ratio": Format(2),  # of odds, of rates, of standard errors
    "difference": Format(2),
    "effect": Format(3, from_zero=True),  # a size of effect from 0 to 1: ω², Cramer's V, R²
    "performance": Format(3),  # of a risk model
    "coefficient": Format(4),
    "statistic": Format(1),
}
# Kinds with a form of their own: a p-value, a calendar year, and what is a sentence and not a number.
OTHER_KINDS = ("p", "year", "test", "text")

# Around an estimate and its interval, by language.
_BRACKETS = {"en": (" (", " to ", ")"), "zh": ("（", " 至 ", "）")}


def _in_style(style, x, digits):
    """Print a number times the factor of its kind, without unit and plus."""
    if style.from_zero and 0 <= x < 0.5 * 10**-digits:
        return f"<{number(10**-digits, digits)}" if x else "0"
    return number(style.factor * x, digits)


def _finite(x):
    """Return whether there is a number at all."""
    return x is not None and math.isfinite(x)


def quantity(
    kind: str,
    x: float | None,
    interval: tuple[float, float] | None = None,
    digits: int | None = None,
    language: str = "en",
) -> str:
    """Print a quantity of a kind, with its interval where it has one; a dash where there is no number.

    Parameters
    ----------
    kind : one of `KINDS`, or "p" or "year"
    x : the number
    interval : its two limits, or None; without finite limits the number stands alone
    digits : decimals, where the kind's own are too few or too many
    language : "en" or "zh"

    Examples
    --------
    >>> quantity("share", 0.1, (0.09, 0.11)), quantity("ratio", 1.33, (1.207, 1.456), language="zh")
    ('10.0% (9.0 to 11.0)', '1.33（1.21 至 1.46）')
    >>> quantity("count", 39512), quantity("p", 1e-20), quantity("change", 0.768), quantity("mean", float("nan"))
    ('39,512', '<0.001', '+77%', '–')
    >>> quantity("effect", 0.00003, (0, 0.0114)), quantity("effect", 0.32)
    ('<0.001 (0 to 0.011)', '0.320')
    """
    if not _finite(x):
        return DASH
    if kind == "p":
        return p_value(x)
    if kind == "year":
        return str(int(x))
    style = KINDS[kind]
    if digits is None:
        digits = style.digits if style.below_ten is None or x >= 10 else style.below_ten
    printed = _in_style(style, x, digits) + style.unit
    if style.signed and x > 0 and printed[0].isdigit():
        printed = f"+{printed}"
    if interval is None or not all(map(_finite, interval)):
        return printed
    before, between, after = _BRACKETS[language]
    low, high = (_in_style(style, end, digits) for end in interval)
    return f"{printed}{before}{low}{between}{high}{after}"
