"""The simulated hotline, step by step: pupils, their level, calls, the desk, the talk, the form.

Each function draws the variables of one step from those of the steps before it, with the shares, odds ratios, times
and lengths of published.yml. The draws themselves are in `draws`. `rng` is always the batch's random generator.

A large export is made in batches, so that its size does not ask for more memory. A batch has callers of its
own and a random stream of its own; what all batches share (the calendar, how much a city calls) is `Setting`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import SimpleNamespace

import numpy as np
import pandas as pd
from scipy.special import expit

from hotline.codebook import Codebook
from hotline.simulator import draws

HOME_AND_SCHOOL = ["left_behind", "boarding", "academic_pressure", "parent_child", "peer_relation", "bullying"]
# All that the ticket system knows of an unanswered call.
UNANSWERED = ["caller", "kind", "city", "region", "call_start", "answered", "waiting"]
TELEPHONE_NUMBERS = 10**8  # numbers of eight digits
# What one caller makes of all calls at most; 01-clean takes a number of far more for no caller (`largest_caller`).
SHARE_OF_ONE_CALLER = 0.01
FEWEST_OF_ONE_CALLER = 40


@dataclass(frozen=True)
class Setting:
    """What all batches share.

    Attributes
    ----------
    numbers
        The values of published.yml.
    days
        The calendar, with some months before the first year: else no caller in January had called before.
    ordinary, examinations
        The share of calls on each day, shape (days,); the second for calls about academic pressure.
    by_hour
        The share of calls in each hour by level, shape (24, levels).
    seats
        The relative staffing of each hour, shape (24,).
    cities
        One row per city: region, use (its share of callers) and shift (of its log odds of no answer, and log seconds).
    telephones
        Start and step of the callers' telephone numbers.
    """

    numbers: SimpleNamespace
    days: pd.DatetimeIndex
    ordinary: np.ndarray
    examinations: np.ndarray
    by_hour: np.ndarray
    seats: np.ndarray
    cities: pd.DataFrame
    telephones: tuple[int, int]


def make_setting(
    rng: np.random.Generator,
    numbers: SimpleNamespace,
    book: Codebook,
    children: pd.Series,
    first_year: int,
    last_year: int,
) -> Setting:
    """Return the setting of a simulation.

    Parameters
    ----------
    numbers
        The values of published.yml, as `draws.read_numbers` returns them.
    children
        Number of children by city, shape (cities,).
    first_year, last_year
        The calendar years from which calls are exported, both included.
    """
    burn_in = pd.Timedelta(days=numbers.calendar.burn_in_days)
    days = pd.date_range(pd.Timestamp(first_year, 1, 1) - burn_in, f"{last_year}-12-31")
    region = pd.Series({code.code: code.group for code in book["city"].codes})
    cities = pd.DataFrame({"region": region[children.index]})
    use = children * cities["region"].map(numbers.caller.use_by_region)
    use *= draws.lognormal(rng, 1, numbers.caller.use_spread, len(use))
    cities["use"] = use / use.sum()
    cities["shift"] = rng.normal(0, numbers.answering.city_spread, len(cities))
    edges = [code.below for code in book["hour_band"].codes if code.below]
    return Setting(
        numbers,
        days,
        draws.day_weights(days, numbers.calendar),
        draws.day_weights(days, numbers.calendar, examinations=True),
        draws.hour_weights(numbers.hour),
        np.array(list(numbers.answering.seats.values()))[np.searchsorted(edges, range(24), side="right")],
        cities,
        # A step that shares no factor with the number of telephone numbers gives every caller another one.
        (int(rng.integers(TELEPHONE_NUMBERS)), 10 * int(rng.integers(10**6, 10**7)) + 1),
    )


def rows_by_kind(numbers: SimpleNamespace, rows: int) -> SimpleNamespace:
    """Return how many of an export's rows are of each kind.

    Returns
    -------
    types.SimpleNamespace
        wanted (calls that callers make of their own accord), duplicate, reconnect, redial, and no_caller, {type: rows}.
    """
    extra = {name: round(getattr(numbers.rows, name) * rows) for name in ("duplicate", "reconnect", "redial")}
    no_caller = {kind: round(share * rows) for kind, share in numbers.rows.no_caller.items()}
    return SimpleNamespace(no_caller=no_caller, wanted=rows - sum(no_caller.values()) - sum(extra.values()), **extra)


def draw_pupils(rng: np.random.Generator, setting: Setting, callers: int) -> pd.DataFrame:
    """Return the pupils about whom so many callers call, one row each, without their level.

    Siblings share `caller`, city and household, and stand one below the other. `day` is the day of the
    caller's first call, as a row of the calendar.
    """
    numbers, pupil = setting.numbers, vars(setting.numbers.pupil)
    city = pd.Categorical.from_codes(
        rng.choice(len(setting.cities), callers, p=setting.cities["use"]), setting.cities.index
    )
    people = pd.DataFrame({"city": city})
    people["region"] = region_of(setting, people["city"])
    people["kind"] = draws.nominal(rng, people, **numbers.rows.caller_kind)
    for name in ("district_type", "family_structure"):
        people[name] = draws.nominal(rng, people, **pupil[name])
    siblings = rng.random(callers) < numbers.caller.second_pupil
    people = people.loc[people.index.repeat(1 + siblings)].rename_axis("caller").reset_index()
    for name in ("sex", "stage", "age", "caller_relation"):
        people[name] = draws.nominal(rng, people, **pupil[name])
    for name in (*HOME_AND_SCHOOL, "prior_treatment"):
        people[name] = draws.ordinal(rng, people, **pupil[name])
    for name in ("problem", "problem_detail"):
        people[name] = draws.nominal(rng, people, **pupil[name])
    academic = (people["problem"] == "academic")[~people["caller"].duplicated()]
    shares = np.cumsum([setting.ordinary, setting.examinations], axis=1)
    uniform = rng.random(callers)
    first_day = np.where(academic, *(np.searchsorted(shares[row], uniform * shares[row, -1]) for row in (1, 0)))
    begun = setting.days[first_day[people["caller"]]]
    pandemic = (begun >= numbers.calendar.pandemic[0]) & (begun <= numbers.calendar.pandemic[1])
    people["period"] = pd.Categorical.from_codes(pandemic.astype(int), ["other", "pandemic"])
    return people.assign(day=first_day[people["caller"]])


def draw_level(rng: np.random.Generator, numbers: SimpleNamespace, pupils: pd.DataFrame) -> pd.Categorical:
    """Return the pupils' mental-health levels, from the ordinal model of published.yml."""
    departures = {"high_risk": vars(numbers.level_departures)}
    probabilities = draws.at_or_above(pupils, numbers.level.intercepts, vars(numbers.level_odds_ratios), departures)
    return draws.cumulative(rng, probabilities, numbers.level.shares)


def region_of(setting: Setting, city: pd.Series) -> pd.Categorical:
    """Return the region of each city of a categorical column."""
    regions = setting.cities["region"].astype("category")
    return pd.Categorical.from_codes(regions.cat.codes.to_numpy()[city.cat.codes], regions.cat.categories)


def most_calls(numbers: SimpleNamespace, rows: int) -> int:
    """Return how many calls one caller makes at most in an export of so many rows."""
    return min(numbers.caller.calls_most, max(FEWEST_OF_ONE_CALLER, int(SHARE_OF_ONE_CALLER * rows)))


def draw_calls(
    rng: np.random.Generator,
    setting: Setting,
    pupils: pd.DataFrame,
    wanted: int | None = None,
    most: int | None = None,
) -> pd.DataFrame:
    """Return the first `wanted` calls (all, if None) that the callers make within the calendar, one row each.

    No caller makes more than `most`; `calls_most` of published.yml, if None.

    Raises
    ------
    ValueError
        Where the callers make fewer calls than are wanted.
    """
    caller, numbers = setting.numbers.caller, setting.numbers
    first = pupils.index[~pupils["caller"].duplicated()]
    exponents = np.array([caller.calls_exponent[level] for level in pupils["level"].cat.categories])
    counts = np.minimum(rng.zipf(exponents[pupils["level"].cat.codes[first]]), most or caller.calls_most)
    who, day = draws.spread_calls(rng, pupils["day"].to_numpy()[first], counts, caller.gap_days)
    inside = (day < len(setting.days)) & (day >= numbers.calendar.burn_in_days)
    if wanted is not None and inside.sum() < wanted:
        raise ValueError(f"{len(first)} callers made {inside.sum()} calls; raise caller: drawn_per_call")
    who, day = who[inside][:wanted], day[inside][:wanted]
    siblings = np.diff(np.append(first, len(pupils))) - 1
    second = siblings[who] & (rng.random(len(who)) < caller.second_pupil_calls)
    rows = pupils.take(first.to_numpy()[who] + second).reset_index(drop=True)
    # Another voice of the household, on the same number.
    other = pd.Series(draws.nominal(rng, rows, **numbers.pupil.caller_relation))
    rows["caller_relation"] = rows["caller_relation"].mask(rng.random(len(rows)) < caller.another_voice, other)
    hour = draws.pick(rng, setting.by_hour.T[rows["level"].cat.codes])
    return rows.assign(day=day, call_start=draws.call_times(rng, setting.days[day], hour))


def add_load(setting: Setting, calls: pd.DataFrame) -> pd.DataFrame:
    """Return the calls with how busy the desk is.

    No caller waits because of what troubles them: all of it follows from demand over staffing at that hour, on
    that day, in that year, and from the place.

    Returns
    -------
    pandas.DataFrame
        The calls with load (a band), office (day or night), unanswered (probability of no answer) and slow (log of the
        factor by which the wait is longer).
    """
    answering, calendar = setting.numbers.answering, setting.numbers.calendar
    day, hour = setting.days[calls["day"]], calls["call_start"].dt.hour.to_numpy()
    demand = np.array(calendar.month)[day.month - 1] * np.array(calendar.weekday)[day.day_of_week]
    strain = np.log(demand * setting.by_hour[hour, 0] / setting.seats[hour])
    strain += np.log(calendar.growth / answering.seats_growth) * (day.year - setting.days[-1].year)
    strain = np.asarray(strain - strain.mean())
    shift = setting.cities["shift"].to_numpy()[calls["city"].cat.codes]
    score = answering.unanswered_load * strain + draws.log_odds(calls, {"region": answering.unanswered_region}) + shift
    slow = answering.waiting_load * strain + draws.log_odds(calls, {"region": answering.waiting_region}) + shift
    load = pd.cut(strain, [-np.inf, *answering.load_bands, np.inf], labels=["light", "usual", "heavy"])
    evening, morning = setting.numbers.hour.night
    night = pd.Categorical.from_codes(((hour >= evening) | (hour < morning)).astype(int), ["day", "night"])
    unanswered = expit(score - draws.threshold(score, answering.unanswered))
    return calls.assign(load=load, office=night, unanswered=unanswered, slow=slow)


def draw_answers(rng: np.random.Generator, calls: pd.DataFrame, answering: SimpleNamespace) -> pd.DataFrame:
    """Return the calls with `answered`, and the seconds `waiting` until that, or until the caller gave up.

    Parameters
    ----------
    calls
        Calls with unanswered and slow, as `add_load` returns them.
    answering
        The numbers of the topic `answering`.
    """
    usual, patience = answering.waiting, answering.patience
    waits = draws.lognormal(rng, usual["median"] * np.exp(calls["slow"]), usual["spread"], len(calls))
    gives_up = draws.lognormal(rng, patience["median"], patience["spread"], len(calls))
    answered = rng.random(len(calls)) > calls["unanswered"]
    seconds = np.where(answered, waits, gives_up).clip(1, answering.waiting_most).round()
    return calls.assign(answered=answered, waiting=seconds)


def later(calls: pd.DataFrame, seconds: pd.Series) -> pd.DataFrame:
    """Return the calls, each so many seconds later."""
    return calls.assign(call_start=calls["call_start"] + pd.to_timedelta(np.round(seconds), unit="s"))


def draw_desk(rng: np.random.Generator, setting: Setting, calls: pd.DataFrame, redial: int) -> pd.DataFrame:
    """Return the calls with `answered` and `waiting` (seconds), and so many `redial` by callers who try again."""
    answering = setting.numbers.answering
    rows = draw_answers(rng, add_load(setting, calls), answering)
    # No caller of the last day tries again, here and below: that could fall into the next year.
    again = rows[~rows["answered"] & (rows["day"] < len(setting.days) - 1)].sample(redial, random_state=rng)
    again = later(again, again["waiting"] + rng.integers(*answering.redial_after, redial))
    return pd.concat([rows, draw_answers(rng, again, answering)], ignore_index=True)


def typical_length(talk: SimpleNamespace) -> tuple[float, float]:
    """Return (median in seconds, SD of the log) of the lognormal curve with the mean and SD of `talk`, in minutes."""
    spread = np.sqrt(np.log1p((talk.length_sd / talk.length_mean) ** 2))
    return talk.length_mean * 60 / np.exp(spread**2 / 2), spread


def draw_talks(rng: np.random.Generator, setting: Setting, calls: pd.DataFrame, reconnect: int) -> pd.DataFrame:
    """Return the answered calls with their `length` in seconds, and so many `reconnect` after a dropped line."""
    numbers, talk = setting.numbers, setting.numbers.talk
    median, spread = typical_length(talk)
    talks = calls[calls["answered"]].copy()
    factors = {"level": talk.length_by_level, "caller_relation": talk.length_by_relation}
    longer = draws.log_odds(talks, factors | {"load": talk.length_by_load, "office": talk.length_by_office})
    talks["length"] = draws.lognormal(rng, median * np.exp(longer), spread, len(talks))
    talks["length"] = talks["length"].clip(*talk.length_limits).round()
    lost = talks[talks["day"] < len(setting.days) - 1].sample(reconnect, random_state=rng)
    back = later(lost, lost["waiting"] + lost["length"] + rng.integers(*numbers.answering.reconnect_after, reconnect))
    back = back.assign(unanswered=0.0, length=(lost["length"] * numbers.answering.reconnect_length).round())
    return pd.concat([talks, draw_answers(rng, back, numbers.answering)], ignore_index=True)


def draw_assessment(rng: np.random.Generator, setting: Setting, talks: pd.DataFrame) -> pd.DataFrame:
    """Return the talks with what the counsellor saw and did: `assessed` (the level, or not), ideation, disposition."""
    talk, usual = setting.numbers.talk, setting.numbers.answering.waiting["median"]
    long = np.log(talks["length"] / typical_length(talk)[0]).to_numpy()
    score = talk.not_assessed_length * long + draws.log_odds(talks, {"level": talk.not_assessed_level})
    level, codes = talks["level"].cat, ["not_assessed", *setting.numbers.level.shares]
    seen = np.where(draws.occurs(rng, score, talk.not_assessed), 0, level.codes + 1)
    talks = talks.assign(long=long, assessed=pd.Categorical.from_codes(seen, codes))
    for name in ("ideation", "emotional_state", "disposition"):
        talks[name] = draws.nominal(rng, talks, **getattr(talk, name))
    usually, soon = (talks["disposition"].map(each).astype(float) for each in (talk.follow_ups, talk.follow_up_days))
    talks["follow_ups"] = rng.poisson(usually)
    score = talk.satisfaction_waiting * np.log(talks["waiting"] / usual).to_numpy()
    talks["satisfaction"] = draws.ordinal(rng, talks, talk.satisfaction, score=score)
    days = draws.lognormal(rng, soon, talk.follow_up_days_spread, len(talks)).clip(upper=talk.follow_up_days_most)
    talks["follow_up_days"] = np.floor(days).where(talks["follow_ups"] > 0)
    return talks


def fill_in(rng: np.random.Generator, setting: Setting, talks: pd.DataFrame) -> pd.DataFrame:
    """Return the talks as the counsellor's form has them: adults without a school, and blanks."""
    numbers, adult = setting.numbers, (talks["kind"] == "adult").to_numpy()
    years = numbers.caller.adult_age
    ages = rng.normal(years["mean"], years["sd"], len(talks)).clip(years["least"], years["most"])
    talks["age"] = np.where(adult, ages.round(), talks["age"].astype(float))
    talks["stage"] = talks["stage"].cat.add_categories("adult").mask(adult, "adult")
    score = numbers.missing.length * talks["long"].to_numpy() + draws.log_odds(talks, {"level": numbers.missing.level})
    for name, share in numbers.missing.share.items():
        talks[name] = talks[name].mask(draws.occurs(rng, score, share))
    for name in ("caller_relation", *HOME_AND_SCHOOL):
        talks[name] = talks[name].mask(adult)
    for name in ("level", "ideation"):
        talks[name] = talks[name].mask(talks["assessed"] == "not_assessed")
    return talks.assign(call_type="valid")


def draw_no_caller(rng: np.random.Generator, setting: Setting, kinds: Mapping[str, int]) -> pd.DataFrame:
    """Return the calls that no caller made: tests of the line, silent, nuisance and misdialled calls.

    They are always answered: an unanswered call cannot be sorted.

    Parameters
    ----------
    kinds
        {call type: number of calls}.
    """
    numbers, n = setting.numbers, sum(kinds.values())
    window = np.arange(numbers.calendar.burn_in_days, len(setting.days))
    day = rng.choice(window, n, p=setting.ordinary[window] / setting.ordinary[window].sum())
    hour = rng.choice(24, n, p=setting.by_hour[:, 0])
    kind = np.repeat(list(kinds), list(kinds.values()))
    noise = pd.DataFrame(
        {"call_type": kind, "kind": kind, "call_start": draws.call_times(rng, setting.days[day], hour)}
    )
    city = rng.choice(len(setting.cities), n, p=setting.cities["use"])
    noise["city"] = pd.Categorical.from_codes(city, setting.cities.index)
    noise["region"] = region_of(setting, noise["city"])
    noise = draw_answers(rng, noise.assign(unanswered=0.0, slow=0.0), numbers.answering)
    length = numbers.answering.no_caller_length
    return noise.assign(length=draws.lognormal(rng, length["median"], length["spread"], n).round() + 1)


def as_recorded(
    rng: np.random.Generator,
    setting: Setting,
    talks: pd.DataFrame,
    rows: pd.DataFrame,
    noise: pd.DataFrame,
    before: int,
) -> pd.DataFrame:
    """Return all calls as the ticket system knows them, in order of time.

    Parameters
    ----------
    talks, rows, noise
        The answered calls with their form, all calls of callers (of which the unanswered are taken), and the calls that
        no caller made.
    before
        Number of rows written earlier.
    """
    numbers, first = setting.numbers, setting.numbers.rows.test_numbers + before
    unanswered = rows.loc[~rows["answered"], UNANSWERED]
    caller = np.concatenate([talks["caller"], unanswered["caller"]]) + first
    tests = rng.integers(0, numbers.rows.test_numbers, len(noise))
    others = np.where(noise["kind"] == "test", tests, caller.max() + 1 + np.arange(len(noise)))
    table = pd.concat([each.astype({"kind": object}) for each in (talks, unanswered, noise)], ignore_index=True)
    table["caller_number"] = (
        setting.telephones[0] + setting.telephones[1] * np.append(caller, others)
    ) % TELEPHONE_NUMBERS
    table = table.sort_values(["call_start", "caller_number"], ignore_index=True)
    elsewhere = (table["kind"] == "elsewhere") & table["city"].notna()
    table["city"] = table["city"].cat.add_categories("elsewhere").mask(elsewhere, "elsewhere")
    table["year"] = table["call_start"].dt.year.astype("category")
    growth, channel = numbers.caller.internet_growth, numbers.caller.channel
    newer = {str(year): growth ** (year - setting.days[-1].year) for year in table["year"].cat.categories}
    ratios = channel["odds_ratios"] | {"internet": channel["odds_ratios"]["internet"] | {"year": newer}}
    table["channel"] = draws.nominal(rng, table, channel["shares"], ratios)
    wait_over = table["call_start"] + pd.to_timedelta(table["waiting"], unit="s")
    table["answer_time"] = wait_over.where(table["answered"])
    table["call_end"] = wait_over + pd.to_timedelta(table["length"].fillna(0), unit="s")
    staff = pd.array(rng.integers(1, numbers.rows.counsellors + 1, len(table)), dtype="Int16")
    table["counsellor"] = pd.Series(staff).where(table["answered"])
    return table.assign(ticket_id=np.arange(before + 1, before + len(table) + 1))


def simulate(rng: np.random.Generator, setting: Setting, calls: int, before: int = 0) -> pd.DataFrame:
    """Return one batch of records before they are encoded, in order of time.

    Parameters
    ----------
    calls
        Rows of the batch, the duplicates among them; these are not made here.
    before
        Rows written by earlier batches; they keep ticket and telephone numbers distinct.

    Returns
    -------
    pandas.DataFrame
        One row per call. The columns are the codebook's, and others that only the simulator knows: `kind` of caller or
        call, `answered`.
    """
    n = rows_by_kind(setting.numbers, calls)
    pupils = draw_pupils(rng, setting, round(setting.numbers.caller.drawn_per_call * n.wanted))
    pupils["level"] = draw_level(rng, setting.numbers, pupils)
    made = draw_calls(rng, setting, pupils, n.wanted, most_calls(setting.numbers, calls))
    rows = draw_desk(rng, setting, made, n.redial)
    talks = fill_in(rng, setting, draw_assessment(rng, setting, draw_talks(rng, setting, rows, n.reconnect)))
    return as_recorded(rng, setting, talks, rows, draw_no_caller(rng, setting, n.no_caller), before)
