"""Random draws and raw spellings for the simulator: small functions that take a generator and numbers.

Every draw comes from the one generator `rng` that the caller seeds, in the order in which the functions are
called, so that the same seed gives the same export byte for byte. Every number comes from published.yml.
"""

from functools import reduce
from types import SimpleNamespace

import numpy as np
import pandas as pd
import yaml
from scipy.optimize import brentq
from scipy.special import expit, softmax

from hotline.errors import InputError

STATUS = ("published", "borrowed", "derived", "assumed")
# ASCII digits to the full-width digits of Chinese typing.
FULL_WIDTH = str.maketrans("0123456789", "０１２３４５６７８９")


def read_numbers(path):
    """Return the values of published.yml as ``numbers.topic.name``.

    A name that is not a word, such as "sex:problem", is reached with ``vars(numbers.topic)``. Raises
    InputError where an entry lacks its value, its status or a source that the file lists.
    """
    content = yaml.load(path.read_bytes(), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    sources, topics = content["sources"], {}
    for topic, entries in content.items():
        if topic == "sources" or not isinstance(entries, dict):
            continue
        for name, entry in entries.items():
            if "value" not in entry or entry.get("status") not in STATUS or entry.get("source") not in sources:
                raise InputError(
                    f'{path.name}: "{topic}: {name}" needs a value, a status (one of {", ".join(STATUS)}) '
                    "and a source from the list at its head"
                )
        topics[topic] = SimpleNamespace(**{name: entry["value"] for name, entry in entries.items()})
    return SimpleNamespace(**topics)


# --- how variables hang together ---------------------------------------------------------------------


def log_odds(frame, odds_ratios):
    """Return the sum of the log odds ratios of every row's codes, shape (rows,).

    `odds_ratios` is {variable: {code: odds ratio}}; a code that is not named counts as 1. A variable
    "a:b" is the interaction of a and b, and its codes are written "code of a:code of b".
    """
    total = np.zeros(len(frame))
    for variable, ratios in odds_ratios.items():
        codes = reduce(lambda one, other: one + ":" + other, [frame[name] for name in variable.split(":")])
        total += codes.map({code: np.log(ratio) for code, ratio in ratios.items()}).fillna(0.0).to_numpy(float)
    return total


def nominal(rng, frame, shares, odds_ratios=None, by=None):
    """Draw one code per row from unordered categories.

    `shares` is {code: share}, or {group: {code: share}} where `by` names the variable with the groups.
    `odds_ratios`, {code: {variable: {code: odds ratio}}}, multiply the share of a code in the rows that
    they name: a multinomial logit. Returns an array of codes, shape (rows,).
    """
    if by is None:
        shares, by_row = {"all": shares}, np.full(len(frame), "all", dtype=object)
    else:
        by_row = frame[by]
    weights = pd.DataFrame(shares).T.fillna(0.0).reindex(by_row)
    codes, weights = weights.columns.to_numpy(), weights.to_numpy(float, copy=True)
    for code, ratios in (odds_ratios or {}).items():
        weights[:, codes == code] *= np.exp(log_odds(frame, ratios))[:, None]
    return codes[pick(rng, weights)]


def pick(rng, weights):
    """Return for every row of weights, shape (rows, k), the number of a column drawn in their proportion."""
    edges = np.cumsum(weights, axis=1)
    return (rng.random(len(weights))[:, None] * edges[:, -1:] >= edges).sum(axis=1)


def threshold(score, share):
    """Return the c for which ``expit(score - c)`` has the mean `share`: the intercept of a logit, reversed."""
    return brentq(lambda c: expit(score - c).mean() - share, score.min() - 30, score.max() + 30, xtol=1e-9)


def ordinal(rng, frame, shares, odds_ratios=None, score=0.0):
    """Draw one code per row from ordered categories: a proportional-odds model.

    `shares`, {code: share} from low to high, hold for all rows together; the thresholds are solved for
    them. `odds_ratios` and `score` (log odds, shape (rows,)) move a row up. With two codes this is
    a logistic model. Returns an array of codes, shape (rows,).
    """
    score = log_odds(frame, odds_ratios or {}) + score
    above = 1 - np.cumsum(list(shares.values()))[:-1]
    latent = score + rng.logistic(size=len(frame))
    rank = sum((latent > threshold(score, share)).astype(int) for share in above)
    return np.array(list(shares))[rank]


def chance(rng, score, share):
    """Return for every row whether a thing happens whose log odds are `score` plus what gives `share` overall."""
    return rng.random(len(score)) < expit(score - threshold(score, share))


def stereotype(rng, score, shares, scale):
    """Draw a level per row from Anderson's stereotype model: log odds = intercept + scale * score.

    The intercepts are solved so that `shares`, {level: share}, hold over all rows; the first level is the
    base. `scale` is {level: factor}. Source: Anderson (1984), J. R. Stat. Soc. B 46: 1-30.
    """
    target = np.array(list(shares.values()))
    slopes = np.array([scale[level] for level in shares])
    intercepts = np.log(target)
    for _ in range(200):  # each round moves an intercept by how far its share is off, on the log scale
        probability = softmax(intercepts + slopes * score[:, None], axis=1)
        step = np.log(target / probability.mean(axis=0))
        intercepts += step
        if np.abs(step).max() < 1e-9:
            break
    return np.array(list(shares))[pick(rng, probability)]


# --- time ----------------------------------------------------------------------------------------------


def lognormal(rng, median, spread, size):
    """Draw right-skewed positive numbers with a median and an SD of the log."""
    return median * np.exp(spread * rng.standard_normal(size))


def day_weights(days, calendar, examinations=False):
    """Return the share of calls that falls on each day: growth x month x weekday.

    `days` is a DatetimeIndex; with `examinations` the months of examinations weigh more.
    """
    weights = calendar.growth ** ((days - days[0]).days / 365.25)
    weights = weights * np.array(calendar.month)[days.month - 1] * np.array(calendar.weekday)[days.day_of_week]
    if examinations:
        weights = weights * np.array([calendar.examinations.get(month, 1.0) for month in days.month])
    weights = np.asarray(weights, dtype=float)
    return weights / weights.sum()


def hour_weights(hour):
    """Return the share of calls in each hour of the day by level, shape (24, levels), levels in their order.

    A von Mises curve over the day with an evening peak; the tilt makes a level commoner around the late centre.
    """
    angle = 2 * np.pi * (np.arange(24) + 0.5) / 24

    def bell(centre, concentration):
        curve = np.exp(concentration * np.cos(angle - 2 * np.pi * centre / 24))
        return curve / curve.sum()

    base = (1 - hour.evening_weight) * bell(hour.centre, hour.concentration)
    base += hour.evening_weight * bell(hour.evening_centre, hour.evening_concentration)
    late = np.cos(angle - 2 * np.pi * hour.late_centre / 24)
    weights = base[:, None] * np.exp(late[:, None] * np.array(list(hour.late_tilt.values())))
    return weights / weights.sum(axis=0)


def moments(rng, days, hours):
    """Return the times of calls, at a random second of an hour of a day; both arrays have one entry per call."""
    return days + pd.to_timedelta(hours * 3600 + rng.integers(0, 3600, len(hours)), unit="s")


def spread_calls(rng, first_day, many, gap):
    """Return (caller, day) of every call: the callers' row numbers and whole days since the calendar's start.

    A caller's first call is on `first_day`; the others follow after lognormal gaps, never two on one day.
    `many`, shape (callers,), is the number of calls of each.
    """
    caller = np.repeat(np.arange(len(many)), many)
    days = lognormal(rng, gap["median"] / np.sqrt(many[caller]), gap["spread"], len(caller))
    days = np.maximum(1, np.round(days)).astype(int)
    opening = np.cumsum(many) - many
    days[opening] = 0
    elapsed = np.cumsum(days)
    return caller, first_day[caller] + elapsed - elapsed[opening][caller]


def busy(rng, calls, hours, calendar, answering, seats):
    """Return the calls with `refused`, the probability that nobody takes them, and `slow`, a shift of log seconds.

    Both follow from the load, demand over staffing at that moment, and from the place. `hours` and `seats`,
    shape (24,), are the share of calls and the relative staffing by hour.
    """
    month, weekday, hour, year = (
        getattr(calls["call_start"].dt, part) for part in ("month", "day_of_week", "hour", "year")
    )
    demand = np.array(calendar.month)[month - 1] * np.array(calendar.weekday)[weekday] * hours[hour]
    strain = np.log(demand / seats[hour]) + np.log(calendar.growth / answering.seats_growth) * (year - year.min())
    strain = (strain - strain.mean()).to_numpy(float)
    cities = np.unique(calls["city"])
    city = calls["city"].map(dict(zip(cities, rng.normal(0, answering.city_spread, len(cities)), strict=True)))
    score = answering.unanswered_load * strain + log_odds(calls, {"region": answering.unanswered_region}) + city
    slow = answering.waiting_load * strain + log_odds(calls, {"region": answering.waiting_region}) + city
    return calls.assign(refused=expit(score - threshold(score, answering.unanswered)), slow=slow)


def at_the_desk(rng, calls, answering):
    """Return the calls with `answered`, and with the time `waiting` until that, or until the caller gave up.

    `calls` has `refused`, the probability that nobody takes the call, and `slow`, a shift of the log seconds.
    """
    usual, patience = answering.waiting, answering.patience
    waits = lognormal(rng, usual["median"] * np.exp(calls["slow"]), usual["spread"], len(calls))
    gives_up = lognormal(rng, patience["median"], patience["spread"], len(calls))
    answered = rng.random(len(calls)) > calls["refused"]
    seconds = np.where(answered, waits, gives_up).clip(1, answering.waiting_most).round()
    return calls.assign(answered=answered, waiting=pd.to_timedelta(seconds, unit="s"))


def without_caller(rng, kinds, starts, cities, answering):
    """Return the calls that no caller made: tests of the line, silent, nuisance and misdialled calls.

    `kinds` is {call type: number of calls}; `starts` and `cities`, one per call, say when and whence. They
    are always taken: what nobody takes cannot be sorted.
    """
    kind = np.repeat(list(kinds), list(kinds.values()))
    noise = pd.DataFrame({"call_type": kind, "kind": kind, "call_start": starts, "city": cities})
    noise = at_the_desk(rng, noise.assign(refused=0.0, slow=0.0), answering)
    length = answering.no_caller_length
    return noise.assign(length=lognormal(rng, length["median"], length["spread"], len(noise)).round() + 1)


# --- the raw face ----------------------------------------------------------------------------------------


def spell(rng, codes, field, face):
    """Write codes as the export does: the Chinese label, now and then a synonym, spaces or a text for missing.

    `codes` is a Series with None for missing; texts other than the codes of `field` (numbers) stay as they are.
    Returns an array of texts.
    """
    written = codes.astype(object).to_numpy(copy=True)
    missing = codes.isna().to_numpy()
    for code in field.codes:
        rows = np.flatnonzero(codes == code.code)
        written[rows] = code.zh
        if code.synonyms:
            other = rows[rng.random(len(rows)) < face.synonym]
            written[other] = rng.choice(np.array(code.synonyms, dtype=object), len(other))
    written[missing] = ""
    if field.missing:
        said = np.flatnonzero(missing)[rng.random(missing.sum()) < face.missing_text]
        written[said] = rng.choice(np.array(field.missing, dtype=object), len(said))
    spaced = (rng.random(len(written)) < face.space) & ~missing
    written[spaced] = " " + written[spaced] + " "
    return written


def spell_times(times, formats, chosen):
    """Write times in the forms of the codebook; `chosen`, shape (rows,), numbers each row's form."""
    written = np.full(len(times), "", dtype=object)
    for number, form in enumerate(formats):
        rows = np.flatnonzero((chosen == number) & times.notna().to_numpy())
        written[rows] = times.iloc[rows].dt.strftime(form).to_numpy(object)
    return written


def raw_face(rng, table, fault, book, face):
    """Return the export: texts under the codebook's headings, spelt and spoilt as a ticket system would.

    `table` has the codebook's variables, and `answered`; `fault`, one per row, names what is wrong with a row
    (a key of `face.malformed`) or is None.
    """
    table, hours = table.copy(), {name: pd.Timedelta(hours=n) for name, n in face.wrong_hours.items()}
    table.loc[fault == "answer", "answer_time"] = table["call_start"] - hours["backwards"]
    table.loc[fault == "end", "call_end"] = table["answer_time"] - hours["backwards"]
    table.loc[fault == "long", "call_end"] = table["answer_time"] + hours["long"]
    forms = rng.choice(len(book["call_start"].formats), len(table), p=face.time_formats)
    export = pd.DataFrame(index=table.index)
    for field in (each for each in book if each.header):
        column = table[field.name]
        if field.type == "integer":
            column = column.map("{:.0f}".format, na_action="ignore")
        if field.formats:
            export[field.header] = spell_times(column, field.formats, forms)
        elif field.block == "record" and not field.codes:
            export[field.header] = column.fillna("")
        else:
            # Nobody fills in the form of a call that nobody took.
            spelt = spell(rng, column, field, face)
            export[field.header] = np.where(column.isna() & ~table["answered"], "", spelt)
    age, start = book["age"].header, book["call_start"].header
    wide = (rng.random(len(export)) < face.full_width) & table["age"].notna()
    export.loc[wide, age] = export.loc[wide, age].str.translate(FULL_WIDTH)
    export.loc[fault == "start", start] = rng.choice(face.wrong_start, (fault == "start").sum())
    export.loc[fault == "age", age] = rng.choice(face.wrong_age, (fault == "age").sum())
    for row in fault.index[fault == "code"]:
        export.loc[row, book[rng.choice(face.wrong_code_in)].header] = rng.choice(face.wrong_code)
    return export
