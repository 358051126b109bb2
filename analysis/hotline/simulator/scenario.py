"""The simulated hotline, step by step: pupils, their level, calls, the desk, the talk, the form.

Each function draws the variables of one step from those of the steps before it, with the shares and odds
ratios of published.yml. The draws themselves are in `draws`.

A large export is made in batches, so that its size does not ask for more memory. A batch has callers of its
own and a random stream of its own; what all batches share (the calendar, how much a city calls) is `Setting`.
"""

from dataclasses import dataclass
from types import SimpleNamespace

import numpy as np
import pandas as pd
from scipy.special import expit

from hotline.simulator import draws as sim

HOME_AND_SCHOOL = ["left_behind", "boarding", "academic_pressure", "parent_child", "peer_relation", "bullying"]
NIGHT = (22, 8)  # the hours between which published.yml calls the office "night"
TRUNK = ["caller", "kind", "city", "region", "call_start", "answered", "waiting"]  # known of every call


@dataclass(frozen=True)
class Setting:
    """What all batches share.

    Attributes
    ----------
    numbers : the values of published.yml
    days : the calendar, with some months before the first year: else no caller in January had called before
    ordinary, examinations : the share of calls on each day; the second for calls about academic pressure
    by_hour : the share of calls in each hour, shape (24, levels)
    seats : the relative staffing of each hour, shape (24,)
    cities : one row per city: region, use (its share of callers) and shift (its own way of answering)
    telephones : (start, step) of the callers' telephone numbers
    """

    numbers: SimpleNamespace
    days: pd.DatetimeIndex
    ordinary: np.ndarray
    examinations: np.ndarray
    by_hour: np.ndarray
    seats: np.ndarray
    cities: pd.DataFrame
    telephones: tuple[int, int]


def setting(rng, numbers, book, children, first_year, last_year):
    """Return the Setting of a simulation; `children` is a Series of children by city."""
    burn_in = pd.Timedelta(days=numbers.calendar.burn_in_days)
    days = pd.date_range(pd.Timestamp(first_year, 1, 1) - burn_in, f"{last_year}-12-31")
    region = pd.Series({code.code: code.region for code in book["city"].codes})
    cities = pd.DataFrame({"region": region[children.index]})
    use = children * cities["region"].map(numbers.caller.use_by_region)
    use *= sim.lognormal(rng, 1, numbers.caller.use_spread, len(use))
    cities["use"] = use / use.sum()
    cities["shift"] = rng.normal(0, numbers.answering.city_spread, len(cities))
    edges = [code.below for code in book["hour_band"].codes if code.below]
    return Setting(
        numbers,
        days,
        sim.day_weights(days, numbers.calendar),
        sim.day_weights(days, numbers.calendar, examinations=True),
        sim.hour_weights(numbers.hour),
        np.array(list(numbers.answering.seats.values()))[np.searchsorted(edges, range(24), side="right")],
        cities,
        # A step that shares no factor with 10^8 gives every caller another number.
        (int(rng.integers(10**8)), 10 * int(rng.integers(10**6, 10**7)) + 1),
    )


def parts(numbers, calls):
    """Return how many of `calls` rows are of each sort; `wanted` are those that callers make of their own accord."""
    many = {name: round(getattr(numbers.rows, name) * calls) for name in ("duplicate", "reconnect", "redial")}
    no_caller = {kind: round(share * calls) for kind, share in numbers.rows.no_caller.items()}
    return SimpleNamespace(no_caller=no_caller, wanted=calls - sum(no_caller.values()) - sum(many.values()), **many)


def draw_pupils(rng, place, callers):
    """Return the pupils about whom so many callers call, one row each, without their level.

    Siblings share `caller`, city and household, and stand one below the other. `day` is the day of the
    caller's first call, as a row of the calendar.
    """
    numbers, pupil = place.numbers, vars(place.numbers.pupil)
    city = pd.Categorical.from_codes(rng.choice(len(place.cities), callers, p=place.cities["use"]), place.cities.index)
    people = pd.DataFrame({"city": city})
    people["region"] = by_city(place, people["city"])
    people["kind"] = sim.nominal(rng, people, **numbers.rows.caller_kind)
    for name in ("district_type", "family_structure"):
        people[name] = sim.nominal(rng, people, **pupil[name])
    siblings = rng.random(callers) < numbers.caller.second_pupil
    people = people.loc[people.index.repeat(1 + siblings)].rename_axis("caller").reset_index()
    for name in ("sex", "stage", "age", "caller_relation"):
        people[name] = sim.nominal(rng, people, **pupil[name])
    for name in (*HOME_AND_SCHOOL, "prior_treatment"):
        people[name] = sim.ordinal(rng, people, **pupil[name])
    for name in ("problem", "problem_detail"):
        people[name] = sim.nominal(rng, people, **pupil[name])
    academic = (people["problem"] == "academic")[~people["caller"].duplicated()]
    shares = np.cumsum([place.ordinary, place.examinations], axis=1)
    draws = rng.random(callers)
    first_day = np.where(academic, *(np.searchsorted(shares[row], draws * shares[row, -1]) for row in (1, 0)))
    begun = place.days[first_day[people["caller"]]]
    pandemic = (begun >= numbers.calendar.pandemic[0]) & (begun <= numbers.calendar.pandemic[1])
    people["period"] = pd.Categorical.from_codes(pandemic.astype(int), ["other", "pandemic"])
    return people.assign(day=first_day[people["caller"]])


def draw_level(rng, numbers, pupils):
    """Return the pupils' mental-health levels, from the ordinal model of published.yml."""
    departures = {"high_risk": vars(numbers.level_departures)}
    probabilities = sim.at_or_above(pupils, numbers.level.intercepts, vars(numbers.level_odds_ratios), departures)
    return sim.cumulative(rng, probabilities, numbers.level.shares)


def by_city(place, city):
    """Return the region of each city of a categorical column."""
    regions = place.cities["region"].astype("category")
    return pd.Categorical.from_codes(regions.cat.codes.to_numpy()[city.cat.codes], regions.cat.categories)


def draw_calls(rng, place, pupils, wanted=None):
    """Return the first `wanted` calls (all, if None) that the callers make within the calendar, one row each."""
    caller, numbers = place.numbers.caller, place.numbers
    first = pupils.index[~pupils["caller"].duplicated()]
    exponents = np.array([caller.calls_exponent[level] for level in pupils["level"].cat.categories])
    many = np.minimum(rng.zipf(exponents[pupils["level"].cat.codes[first]]), caller.calls_most)
    who, day = sim.spread_calls(rng, pupils["day"].to_numpy()[first], many, caller.gap_days)
    inside = (day < len(place.days)) & (day >= numbers.calendar.burn_in_days)
    if wanted is not None and inside.sum() < wanted:
        raise ValueError(f"{len(first)} callers made {inside.sum()} calls; raise caller: drawn_per_call")
    who, day = who[inside][:wanted], day[inside][:wanted]
    siblings = np.diff(np.append(first, len(pupils))) - 1
    second = siblings[who] & (rng.random(len(who)) < caller.second_pupil_calls)
    rows = pupils.take(first.to_numpy()[who] + second).reset_index(drop=True)
    # Another voice of the household, on the same number.
    other = pd.Series(sim.nominal(rng, rows, **numbers.pupil.caller_relation))
    rows["caller_relation"] = rows["caller_relation"].mask(rng.random(len(rows)) < caller.another_voice, other)
    hour = sim.pick(rng, place.by_hour.T[rows["level"].cat.codes])
    return rows.assign(day=day, call_start=sim.moments(rng, place.days[day], hour))


def add_load(place, calls):
    """Return the calls with how busy the desk is: `load`, `refused` (probability of no answer), `slow` (log seconds).

    No caller waits because of what troubles them: all three follow from demand over staffing at that hour, on
    that day, in that year, and from the place.
    """
    answering, calendar = place.numbers.answering, place.numbers.calendar
    day, hour = place.days[calls["day"]], calls["call_start"].dt.hour.to_numpy()
    demand = np.array(calendar.month)[day.month - 1] * np.array(calendar.weekday)[day.day_of_week]
    strain = np.log(demand * place.by_hour[hour, 0] / place.seats[hour])
    strain += np.log(calendar.growth / answering.seats_growth) * (day.year - place.days[-1].year)
    strain = np.asarray(strain - strain.mean())
    shift = place.cities["shift"].to_numpy()[calls["city"].cat.codes]
    score = answering.unanswered_load * strain + sim.log_odds(calls, {"region": answering.unanswered_region}) + shift
    slow = answering.waiting_load * strain + sim.log_odds(calls, {"region": answering.waiting_region}) + shift
    load = pd.cut(strain, [-np.inf, *answering.load_bands, np.inf], labels=["light", "usual", "heavy"])
    night = pd.Categorical.from_codes(((hour >= NIGHT[0]) | (hour < NIGHT[1])).astype(int), ["day", "night"])
    refused = expit(score - sim.threshold(score, answering.unanswered))
    return calls.assign(load=load, office=night, refused=refused, slow=slow)


def at_the_desk(rng, calls, answering):
    """Return the calls with `answered`, and the seconds `waiting` until that, or until the caller gave up."""
    usual, patience = answering.waiting, answering.patience
    waits = sim.lognormal(rng, usual["median"] * np.exp(calls["slow"]), usual["spread"], len(calls))
    gives_up = sim.lognormal(rng, patience["median"], patience["spread"], len(calls))
    answered = rng.random(len(calls)) > calls["refused"]
    seconds = np.where(answered, waits, gives_up).clip(1, answering.waiting_most).round()
    return calls.assign(answered=answered, waiting=seconds)


def later(calls, seconds):
    """Return the calls, moved on by so many seconds."""
    return calls.assign(call_start=calls["call_start"] + pd.to_timedelta(np.round(seconds), unit="s"))


def draw_desk(rng, place, calls, redial):
    """Return the calls with `answered` and `waiting`, and so many more of callers who try again within the hour."""
    answering = place.numbers.answering
    rows = at_the_desk(rng, add_load(place, calls), answering)
    # No caller of the last day tries again, here and below: that could fall into the next year.
    again = rows[~rows["answered"] & (rows["day"] < len(place.days) - 1)].sample(redial, random_state=rng)
    again = later(again, again["waiting"] + rng.integers(*answering.redial_after, redial))
    return pd.concat([rows, at_the_desk(rng, again, answering)], ignore_index=True)


def typical_length(talk):
    """Return (median in seconds, SD of the log) of the lognormal curve with the mean and SD of `talk`, in minutes."""
    spread = np.sqrt(np.log1p((talk.length_sd / talk.length_mean) ** 2))
    return talk.length_mean * 60 / np.exp(spread**2 / 2), spread


def draw_talks(rng, place, calls, reconnect):
    """Return the answered calls with their `length` in seconds, and so many more after a dropped line."""
    numbers, talk = place.numbers, place.numbers.talk
    median, spread = typical_length(talk)
    talks = calls[calls["answered"]].copy()
    factors = {"level": talk.length_by_level, "caller_relation": talk.length_by_relation}
    longer = sim.log_odds(talks, factors | {"load": talk.length_by_load, "office": talk.length_by_office})
    talks["length"] = sim.lognormal(rng, median * np.exp(longer), spread, len(talks))
    talks["length"] = talks["length"].clip(*talk.length_limits).round()
    lost = talks[talks["day"] < len(place.days) - 1].sample(reconnect, random_state=rng)
    back = later(lost, lost["waiting"] + lost["length"] + rng.integers(*numbers.answering.reconnect_after, reconnect))
    back = back.assign(refused=0.0, length=(lost["length"] * numbers.answering.reconnect_length).round())
    return pd.concat([talks, at_the_desk(rng, back, numbers.answering)], ignore_index=True)


def draw_assessment(rng, place, talks):
    """Return the talks with what the counsellor saw and did: `assessed` (the level, or not), ideation, disposition."""
    talk, usual = place.numbers.talk, place.numbers.answering.waiting["median"]
    long = np.log(talks["length"] / typical_length(talk)[0]).to_numpy()
    score = talk.not_assessed_length * long + sim.log_odds(talks, {"level": talk.not_assessed_level})
    level, codes = talks["level"].cat, ["not_assessed", *place.numbers.level.shares]
    seen = np.where(sim.occurs(rng, score, talk.not_assessed), 0, level.codes + 1)
    talks = talks.assign(long=long, assessed=pd.Categorical.from_codes(seen, codes))
    for name in ("ideation", "emotional_state", "disposition"):
        talks[name] = sim.nominal(rng, talks, **getattr(talk, name))
    usually, soon = (talks["disposition"].map(each).astype(float) for each in (talk.follow_ups, talk.follow_up_days))
    talks["follow_ups"] = rng.poisson(usually)
    score = talk.satisfaction_waiting * np.log(talks["waiting"] / usual).to_numpy()
    talks["satisfaction"] = sim.ordinal(rng, talks, talk.satisfaction, score=score)
    days = sim.lognormal(rng, soon, talk.follow_up_days_spread, len(talks)).clip(upper=talk.follow_up_days_most)
    talks["follow_up_days"] = np.floor(days).where(talks["follow_ups"] > 0)
    return talks


def fill_in(rng, place, talks):
    """Return the talks as the counsellor's form has them: adults without a school, and blanks."""
    numbers, adult = place.numbers, (talks["kind"] == "adult").to_numpy()
    years = numbers.caller.adult_age
    ages = rng.normal(years["mean"], years["sd"], len(talks)).clip(years["least"], years["most"])
    talks["age"] = np.where(adult, ages.round(), talks["age"].astype(float))
    talks["stage"] = talks["stage"].cat.add_categories("adult").mask(adult, "adult")
    score = numbers.missing.length * talks["long"].to_numpy() + sim.log_odds(talks, {"level": numbers.missing.level})
    for name, share in numbers.missing.share.items():
        talks[name] = talks[name].mask(sim.occurs(rng, score, share))
    for name in ("caller_relation", *HOME_AND_SCHOOL):
        talks[name] = talks[name].mask(adult)
    for name in ("level", "ideation"):
        talks[name] = talks[name].mask(talks["assessed"] == "not_assessed")
    return talks.assign(call_type="valid")


def draw_no_caller(rng, place, kinds):
    """Return the calls that no caller made: tests of the line, silent, nuisance and misdialled calls.

    `kinds` is {call type: number of calls}. They are always answered: an unanswered call cannot be sorted.
    """
    numbers, many = place.numbers, sum(kinds.values())
    window = np.arange(numbers.calendar.burn_in_days, len(place.days))
    day = rng.choice(window, many, p=place.ordinary[window] / place.ordinary[window].sum())
    hour = rng.choice(24, many, p=place.by_hour[:, 0])
    kind = np.repeat(list(kinds), list(kinds.values()))
    noise = pd.DataFrame({"call_type": kind, "kind": kind, "call_start": sim.moments(rng, place.days[day], hour)})
    draws = rng.choice(len(place.cities), many, p=place.cities["use"])
    noise["city"] = pd.Categorical.from_codes(draws, place.cities.index)
    noise["region"] = by_city(place, noise["city"])
    noise = at_the_desk(rng, noise.assign(refused=0.0, slow=0.0), numbers.answering)
    length = numbers.answering.no_caller_length
    return noise.assign(length=sim.lognormal(rng, length["median"], length["spread"], many).round() + 1)


def as_recorded(rng, place, talks, rows, noise, before):
    """Return all calls as the ticket system knows them, in order of time; `before` rows were written earlier."""
    numbers, first = place.numbers, place.numbers.rows.test_numbers + before
    unanswered = rows.loc[~rows["answered"], TRUNK]
    caller = np.concatenate([talks["caller"], unanswered["caller"]]) + first
    tests = rng.integers(0, numbers.rows.test_numbers, len(noise))
    others = np.where(noise["kind"] == "test", tests, caller.max() + 1 + np.arange(len(noise)))
    table = pd.concat([each.astype({"kind": object}) for each in (talks, unanswered, noise)], ignore_index=True)
    table["caller_number"] = (place.telephones[0] + place.telephones[1] * np.append(caller, others)) % 10**8
    table = table.sort_values(["call_start", "caller_number"], ignore_index=True)
    elsewhere = (table["kind"] == "elsewhere") & table["city"].notna()
    table["city"] = table["city"].cat.add_categories("elsewhere").mask(elsewhere, "elsewhere")
    table["year"] = table["call_start"].dt.year.astype("category")
    growth, channel = numbers.caller.internet_growth, numbers.caller.channel
    newer = {str(year): growth ** (year - place.days[-1].year) for year in table["year"].cat.categories}
    ratios = channel["odds_ratios"] | {"internet": channel["odds_ratios"]["internet"] | {"year": newer}}
    table["channel"] = sim.nominal(rng, table, channel["shares"], ratios)
    reached = table["call_start"] + pd.to_timedelta(table["waiting"], unit="s")
    table["answer_time"] = reached.where(table["answered"])
    table["call_end"] = reached + pd.to_timedelta(table["length"].fillna(0), unit="s")
    staff = pd.array(rng.integers(1, numbers.rows.counsellors + 1, len(table)), dtype="Int16")
    table["counsellor"] = pd.Series(staff).where(table["answered"])
    return table.assign(ticket_id=np.arange(before + 1, before + len(table) + 1))


def simulate(rng, place, calls, before=0):
    """Return one batch of records before they are encoded, in order of time; so many rows, but for the duplicates.

    The columns are the codebook's, and others that only the simulator knows: `kind` of caller or call, `answered`.
    `before` rows were written by earlier batches; they keep ticket and telephone numbers apart.
    """
    many = parts(place.numbers, calls)
    pupils = draw_pupils(rng, place, round(place.numbers.caller.drawn_per_call * many.wanted))
    pupils["level"] = draw_level(rng, place.numbers, pupils)
    rows = draw_desk(rng, place, draw_calls(rng, place, pupils, many.wanted), many.redial)
    talks = fill_in(rng, place, draw_assessment(rng, place, draw_talks(rng, place, rows, many.reconnect)))
    return as_recorded(rng, place, talks, rows, draw_no_caller(rng, place, many.no_caller), before)
