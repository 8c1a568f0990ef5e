"""What stands against a time, rule by rule, in words that people understand; and against the slow oracle."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.core import booking_policy, grid, hours
from gateway.core.availability import judge
from gateway.core.booking_policy import Policy
from gateway.core.errors import Invalid, SlotTaken
from gateway.core.facts import Candidate, Clash, Facts, Provision, Worker
from gateway.core.free import Question
from gateway.core.obstacle import Code, Obstacle
from tests.oracle import DAYS, Taken, World

NEW_YORK = "America/New_York"
# A Tuesday; in New York it is 07:00.
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
WEEK = {day: [{"start": "09:00", "end": "12:00"}, {"start": "13:00", "end": "17:00"}] for day in DAYS[:5]}
EXCEPTIONS = {"2026-11-26": [], "2026-11-27": WEEK["monday"][:1]}
ALICE = Worker(11, "Alice", True, json.dumps({**WEEK, "exceptions": EXCEPTIONS}))
HAIRCUT = Provision(31, "Haircut", True, 0, 60, "{}", True)
FACTS = Facts(NOW, True, NEW_YORK, Policy(), ALICE, HAIRCUT, True)


def daily(start: str, end: str) -> str:
    """The same hours every day, as the app stores them."""
    return json.dumps({day: [{"start": start, "end": end}] for day in DAYS})


def at(clock: str, minutes: int = 60, day: int = 24) -> Candidate:
    """A candidate by New York's clock, in November 2026."""
    start = datetime(2026, 11, day, int(clock[:2]) + 5, int(clock[3:]), tzinfo=UTC)
    return Candidate(11, 31, start, start + timedelta(minutes=minutes))


def clash(source: str, clock: str, minutes: int = 60, **more: Any) -> Clash:
    taken = at(clock, minutes)
    return Clash(source, taken.starts_at, taken.ends_at, more.pop("by_buffer", False), **more)


def told(facts: Facts, candidate: Candidate) -> list[tuple[str, str]]:
    return [(reason.code.value, reason.detail) for reason in judge(facts, candidate)]


def test_nothing_stands_against_a_free_time() -> None:
    assert told(FACTS, at("09:00")) == []
    assert told(FACTS, at("16:00")) == []


@pytest.mark.parametrize(
    ("candidate", "code", "detail"),
    [
        (at("08:30"), "HOURS", "Alice works 09:00-12:00 and 13:00-17:00 on Tuesdays."),
        (at("11:30"), "HOURS", "Alice works 09:00-12:00 and 13:00-17:00 on Tuesdays."),
        (at("16:30"), "HOURS", "Alice works 09:00-12:00 and 13:00-17:00 on Tuesdays."),
        (at("10:00", day=28), "HOURS", "Alice doesn't work on Saturdays."),
        (at("10:00", day=26), "EXCEPTION", "Alice doesn't work on 26 November 2026."),
        (at("13:00", day=27), "EXCEPTION", "Alice works 09:00-12:00 on 27 November 2026."),
    ],
)
def test_outside_of_hours(candidate: Candidate, code: str, detail: str) -> None:
    assert told(FACTS, candidate) == [(code, detail)]


def test_a_services_own_hours() -> None:
    offered = json.dumps({"tuesday": [{"start": "09:00", "end": "10:30"}]})
    facts = replace(FACTS, service=replace(HAIRCUT, availability=offered))
    assert told(facts, at("09:30")) == []
    assert told(facts, at("10:00")) == [("HOURS", "Haircut is offered 09:00-10:30 on Tuesdays.")]
    assert (
        told(replace(facts, service=replace(HAIRCUT, availability=offered, enforced=False)), at("10:00"))
        == []
    )


def test_over_midnight_into_the_next_day() -> None:
    days = {
        "tuesday": [{"start": "20:00", "end": "23:59"}],
        "wednesday": [{"start": "00:00", "end": "02:00"}],
    }
    facts = replace(FACTS, worker=replace(ALICE, availability=json.dumps(days)))
    assert told(facts, at("18:30", 30)) == [("HOURS", "Alice works 20:00-24:00 on Tuesdays.")]
    night = Candidate(
        11, 31, datetime(2026, 11, 25, 4, 30, tzinfo=UTC), datetime(2026, 11, 25, 5, 30, tzinfo=UTC)
    )
    assert told(facts, night) == []
    late = replace(
        night, starts_at=night.starts_at + timedelta(hours=2), ends_at=night.ends_at + timedelta(hours=2)
    )
    assert told(facts, late) == [("HOURS", "Alice works 00:00-02:00 on Wednesdays.")]


@pytest.mark.parametrize(
    ("change", "code", "detail"),
    [
        ({"active": False}, "INACTIVE", "This business takes no bookings."),
        ({"worker": replace(ALICE, active=False)}, "INACTIVE", "Alice takes no bookings."),
        ({"service": replace(HAIRCUT, active=False)}, "INACTIVE", "Haircut is not offered at present."),
        ({"assigned": False}, "NOT_ASSIGNED", "Alice doesn't do Haircut."),
        ({"zone": ""}, "UNREADABLE", "The time zone of this business is unknown."),
        (
            {"worker": replace(ALICE, availability='{"mondays": []}')},
            "UNREADABLE",
            "The working hours of Alice can't be read: 'mondays' is no day, or stands twice.",
        ),
        (
            {"service": replace(HAIRCUT, availability="[1]")},
            "UNREADABLE",
            "The hours of Haircut can't be read: not a list of days.",
        ),
        ({"service": replace(HAIRCUT, minutes=0)}, "UNREADABLE", "How long Haircut takes can't be read."),
        (
            {"service": replace(HAIRCUT, kind=2)},
            "UNREADABLE",
            "Only the booking system can count the free places of Haircut.",
        ),
        ({"now": NOW + timedelta(days=1)}, "PAST", "This time has passed."),
        ({"policy": Policy(notice_mins=180)}, "TOO_SOON", "Bookings are taken 3 hours ahead at the latest."),
        ({"policy": Policy(longest_mins=45)}, "HOURS", "A booking lasts 45 minutes at most."),
        ({"policy": Policy(shortest_mins=90)}, "HOURS", "A booking lasts 90 minutes at least."),
        (
            {"policy": Policy(most_a_day=3), "booked": 3},
            "DAY_FULL",
            "Alice has 3 of 3 bookings on 24 November 2026.",
        ),
        ({"clashes": (clash("booking", "09:30"),)}, "OVERLAP", "Alice is booked 09:30-10:30."),
        (
            {"policy": Policy(buffer_mins=15), "clashes": (clash("booking", "08:00", by_buffer=True),)},
            "BUFFER",
            "Alice is booked 08:00-09:00, and needs 15 minutes between bookings.",
        ),
        ({"clashes": (clash("block", "09:30"),)}, "BLOCK", "Alice has kept free 09:30-10:30."),
        (
            {"policy": Policy(buffer_mins=15), "clashes": (clash("block", "10:00", by_buffer=True),)},
            "BLOCK",
            "Alice has kept free 10:00-11:00, and needs 15 minutes after a booking.",
        ),
        (
            {"clashes": (clash("external", "09:30", 24 * 60),)},
            "EXTERNAL",
            "Alice has something in another calendar from 24 November 2026 09:30 to 25 November 2026 09:30.",
        ),
    ],
)  # fmt: skip
def test_each_rule_says_what_it_is(change: Mapping[str, Any], code: str, detail: str) -> None:
    assert told(replace(FACTS, **change), at("09:00")) == [(code, detail)]


def test_the_horizon_is_a_local_day() -> None:
    """Two days ahead of a Tuesday is Thursday, until midnight in New York and not in Greenwich."""
    facts = replace(
        FACTS,
        policy=Policy(furthest_days=2),
        worker=replace(ALICE, availability=daily("00:00", "23:59")),
    )
    last = Candidate(
        11, 31, datetime(2026, 11, 27, 4, 59, tzinfo=UTC), datetime(2026, 11, 27, 5, 59, tzinfo=UTC)
    )
    assert told(facts, last) == []
    first = replace(last, starts_at=last.starts_at + timedelta(minutes=1))
    assert told(facts, first) == [("TOO_FAR", "Bookings are taken 2 days ahead at the earliest.")]


def test_all_obstacles_are_told_in_a_fixed_order() -> None:
    facts = replace(
        FACTS,
        assigned=False,
        active=False,
        policy=Policy(buffer_mins=15, most_a_day=1),
        booked=1,
        clashes=(
            clash("block", "08:00"),
            clash("external", "08:00"),
            clash("booking", "08:00", by_buffer=True),
        ),
    )
    codes = [code for code, _ in told(facts, at("08:30", day=28))]
    assert codes == ["INACTIVE", "NOT_ASSIGNED", "HOURS", "DAY_FULL", "BUFFER", "EXTERNAL", "BLOCK"]
    assert codes == [code.value for code in Code if code.value in codes]


def test_what_has_passed_is_not_also_too_soon() -> None:
    facts = replace(FACTS, now=at("10:00").starts_at, policy=Policy(notice_mins=60))
    assert [code for code, _ in told(facts, at("09:00"))] == ["PAST"]
    waived = judge(facts, at("09:00"), waive={Code.PAST})
    assert [reason.code for reason in waived] == [Code.TOO_SOON]


def test_who_may_override_hours_and_notice_still_meets_the_rest() -> None:
    facts = replace(FACTS, policy=Policy(notice_mins=600), clashes=(clash("booking", "08:30"),))
    everything = judge(facts, at("08:30"))
    assert [reason.code for reason in everything] == [Code.TOO_SOON, Code.HOURS, Code.OVERLAP]
    overridden = judge(facts, at("08:30"), waive={Code.HOURS, Code.EXCEPTION, Code.TOO_SOON})
    assert [reason.code for reason in overridden] == [Code.OVERLAP]


def test_a_booking_that_is_moved_may_keep_its_length() -> None:
    facts = replace(FACTS, policy=Policy(longest_mins=30))
    assert told(replace(facts, kept=timedelta(minutes=60)), at("09:00")) == []
    assert [code for code, _ in told(replace(facts, kept=timedelta(minutes=60)), at("09:00", 61))] == [
        "HOURS"
    ]


def test_an_external_obstacle_names_its_calendar_and_when_it_was_read() -> None:
    read_at = NOW - timedelta(hours=3)
    facts = replace(
        FACTS,
        clashes=(
            clash("external", "09:45", calendar="Home", read_at=read_at),
            clash("external", "09:15", 30, calendar="Home", read_at=read_at),
            clash("external", "09:00", calendar="Choir"),
        ),
    )
    reasons = judge(facts, at("09:00"))
    assert [(reason.source, reason.read_at) for reason in reasons] == [("Choir", None), ("Home", read_at)]
    assert reasons[1].detail == "Alice has something in another calendar 09:15-09:45."


def test_a_taken_slot_carries_its_reasons() -> None:
    error = SlotTaken(
        (Obstacle(Code.PAST, "This time has passed."), Obstacle(Code.BLOCK, "Alice {has} kept it."))
    )
    assert str(error) == "This time can't be booked: This time has passed. Alice {has} kept it."
    assert error.status == 409
    assert [reason.code for reason in error.reasons] == [Code.PAST, Code.BLOCK]


@pytest.mark.parametrize(
    ("start", "end"),
    [
        (NOW, NOW),
        (NOW, NOW - timedelta(minutes=1)),
        (NOW, NOW + timedelta(days=32)),
        (datetime(1, 1, 1, tzinfo=UTC), datetime(1, 1, 2, tzinfo=UTC)),
        (datetime(9999, 12, 30, tzinfo=UTC), datetime(9999, 12, 31, tzinfo=UTC)),
    ],
)
def test_no_candidate_is_made_of_nonsense(start: datetime, end: datetime) -> None:
    with pytest.raises(Invalid):
        Candidate(11, 31, start, end)


# The policy

NUMBERS = st.none() | st.integers(-(2**31), 2**31 - 1) | st.integers(-5, 200)


@given(st.none() | st.booleans(), st.lists(NUMBERS, min_size=7, max_size=7))
def test_any_policy_row_makes_rules_that_can_be_kept(fixed: bool | None, values: list[int | None]) -> None:
    policy = booking_policy.read(values[0], fixed, *values[1:])
    assert 5 <= policy.step(1) <= 120 or not fixed
    assert policy.step(policy.length(1)) >= 5
    assert 0 <= policy.buffer_mins <= 1440
    assert policy.length(30) <= 10_080
    assert (
        policy.starts_before(NOW, NEW_YORK) is None or policy.starts_before(NOW, NEW_YORK) > NOW.timestamp()
    )


@pytest.mark.parametrize(
    ("row", "length", "step"),
    [
        ({"interval_mins": 15, "use_fixed_intervals": True}, 45, 15),
        ({"interval_mins": 1, "use_fixed_intervals": True}, 45, 5),
        ({"interval_mins": 500, "use_fixed_intervals": True}, 45, 120),
        ({"interval_mins": None, "use_fixed_intervals": True}, 45, 30),
        ({"interval_mins": 15, "use_fixed_intervals": False}, 45, 45),
        ({"min_duration_mins": 60}, 60, 60),
    ],
)
def test_how_far_apart_offered_times_are(row: dict[str, Any], length: int, step: int) -> None:
    policy = booking_policy.read(**row)
    assert policy.length(45) == length
    assert policy.step(length) == step


def test_a_business_without_a_policy_offers_every_half_hour() -> None:
    assert Policy().step(45) == 30


# Against the oracle

ZONES = [NEW_YORK, "Europe/Berlin", "Australia/Lord_Howe", "Asia/Kolkata", "America/Havana"]
# A day or two around it the clocks change somewhere.
DATES = [date(2026, 3, 8), date(2026, 11, 1), date(2026, 10, 4), date(2026, 10, 25), date(2026, 7, 1)]
CLOCKS = st.integers(0, 95).map(lambda quarter: f"{quarter // 4:02d}:{quarter % 4 * 15:02d}")
INTERVALS = st.lists(
    st.tuples(CLOCKS, CLOCKS | st.just("23:59")).filter(lambda pair: pair[0] < pair[1]), max_size=3
).map(lambda pairs: [{"start": start, "end": end} for start, end in pairs])
POLICIES = st.none() | st.fixed_dictionaries(
    {
        "use_fixed_intervals": st.booleans(),
        "interval_mins": st.sampled_from([None, 15, 20, 60]),
        "buffer_time_mins": st.sampled_from([None, 0, 10, 45]),
        "min_advance_mins": st.sampled_from([None, 0, 90, 1500]),
        "max_advance_days": st.sampled_from([None, 0, 1, 2]),
        "max_daily_bookings": st.sampled_from([None, 1, 2]),
        "min_duration_mins": st.sampled_from([None, 30, 75]),
        "max_duration_mins": st.sampled_from([None, 60]),
    }
)


@st.composite
def worlds(draw: st.DrawFn) -> World:
    day = draw(st.sampled_from(DATES))
    start = datetime(day.year, day.month, day.day, tzinfo=UTC) - timedelta(days=1)
    moments = st.integers(0, 3 * 288).map(lambda step: start + timedelta(minutes=5 * step))
    taken = st.builds(
        lambda source, since, steps: Taken(source, since, since + timedelta(minutes=5 * steps)),
        st.sampled_from(["booking", "booking", "block", "external"]),
        moments,
        st.integers(1, 40),
    )
    week = {name: draw(INTERVALS) for name in DAYS}
    days = st.sampled_from([(day + timedelta(days=n)).isoformat() for n in (-1, 0, 1)])
    return World(
        zone=draw(st.sampled_from(ZONES)),
        now=start + timedelta(hours=draw(st.integers(-48, 30))),
        staff={**week, "exceptions": draw(st.dictionaries(days, INTERVALS, max_size=1))},
        service=draw(st.just({}) | st.fixed_dictionaries(dict.fromkeys(DAYS, INTERVALS))),
        minutes=draw(st.sampled_from([15, 45, 60, 300])),
        policy=draw(POLICIES),
        taken=draw(st.lists(taken, max_size=6)),
        enforced=draw(st.booleans()),
    )


def facts_of(world: World, candidate: Candidate) -> Facts:
    """The facts that a database would give for this candidate."""
    policy = Policy() if world.policy is None else booking_policy.read(**world.policy)  # type: ignore[arg-type]
    buffer = timedelta(minutes=policy.buffer_mins)
    clashes, booked = [], 0
    for one in world.taken:
        after = buffer if one.source == "booking" else timedelta(0)
        if candidate.starts_at < one.end + after and candidate.ends_at + buffer > one.start:
            real = candidate.starts_at < one.end and candidate.ends_at > one.start
            clashes.append(Clash(one.source, one.start, one.end, not real))
        same_day = world.local(one.start).date() == world.local(candidate.starts_at).date()
        booked += one.source == "booking" and same_day
    return Facts(
        world.now, True, world.zone, policy, replace(ALICE, availability=json.dumps(world.staff)),
        replace(HAIRCUT, minutes=world.minutes, availability=json.dumps(world.service), enforced=world.enforced),
        True, tuple(clashes), booked,
    )  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(worlds(), st.data())
def test_every_judgement_is_the_oracles(world: World, data: st.DataObject) -> None:
    since = world.now.replace(minute=0)
    for _ in range(3):
        start = since + timedelta(minutes=5 * data.draw(st.integers(-200, 900)))
        minutes = data.draw(st.sampled_from([world.length, 30, 120]))
        candidate = Candidate(11, 31, start, start + timedelta(minutes=minutes))
        found = {reason.code.value for reason in judge(facts_of(world, candidate), candidate)}
        assert found == world.reasons(start, minutes)


def ticks(seconds: float) -> int:
    """As PostgreSQL keeps a moment."""
    return round(seconds * 1_000_000) - 946_684_800_000_000


def held_of(world: World, dice: Random) -> grid.Held:
    """What the database would tell of this world's taken time, in whatever order."""

    def times(booked: bool) -> grid.Times:
        taken = [one for one in world.taken if (one.source == "booking") is booked]
        taken = dice.sample(taken, len(taken))
        return grid.Times(
            [ticks(one.start.timestamp()) for one in taken], [ticks(one.end.timestamp()) for one in taken]
        )

    return grid.Held(times(True), times(False))


@settings(max_examples=150, deadline=None)
@given(worlds(), st.randoms(use_true_random=False))
def test_the_times_that_are_offered_are_the_oracles(world: World, dice: Random) -> None:
    held = held_of(world, dice)
    since, until = world.now, world.now + timedelta(days=2)
    facts = facts_of(world, Candidate(11, 31, since, until))
    plan = grid.plan([facts], Question((11,), 31, since, until), world.length)
    found = grid.starts(plan, {11: held}).get(11, [])
    assert found == [int(start.timestamp()) for start in world.slots(since, until)]


def test_a_full_day_has_no_starts() -> None:
    whole = daily("09:00", "11:00")
    facts = replace(FACTS, policy=Policy(most_a_day=1), worker=replace(ALICE, availability=whole))
    plan = grid.plan([facts], Question((11,), 31, NOW, NOW + timedelta(days=3)), 60)
    early = hours.begins(NEW_YORK, date(2026, 11, 25)) + 3 * 3600
    found = grid.starts(plan, {11: grid.Held(booked=grid.Times([ticks(early)], [ticks(early + 1800)]))})[11]
    assert [hours.local_day(NEW_YORK, start).day for start in found] == [24, 24, 24, 26, 26, 26]


def test_what_is_taken_without_an_end_leaves_what_is_before_it() -> None:
    facts = replace(FACTS, policy=Policy(), worker=replace(ALICE, availability=daily("09:00", "11:00")))
    plan = grid.plan([facts], Question((11,), 31, NOW, NOW + timedelta(days=3)), 60)
    noon = ticks(hours.begins(NEW_YORK, date(2026, 11, 25)) + 12 * 3600)
    ever, never = -(2**63), 2**63 - 1  # as PostgreSQL sends -infinity and infinity
    for start, end, days in ((noon, never, {24, 25}), (ever, noon, {26}), (ever, never, set())):
        found = grid.starts(plan, {11: grid.Held(others=grid.Times([start], [end]))})[11]
        assert {hours.local_day(NEW_YORK, start).day for start in found} == days


def test_too_many_positions_at_once_are_refused() -> None:
    always = daily("00:00", "23:59")
    workers = [replace(ALICE, id=number, availability=always) for number in range(100)]
    asked = [replace(FACTS, worker=worker, policy=Policy(fixed_step=5)) for worker in workers]
    question = Question(tuple(range(100)), 31, NOW, NOW + timedelta(days=92))
    with pytest.raises(Invalid, match="too much at once"):
        grid.plan(asked, question, 5)


@pytest.mark.parametrize(
    "wrong",
    [
        {"staff_ids": ()},
        {"staff_ids": tuple(range(101))},
        {"until": NOW},
        {"until": NOW + timedelta(days=93)},
        {"since": datetime(1, 1, 1, tzinfo=UTC), "until": datetime(1, 1, 2, tzinfo=UTC)},
        {"minutes": 0},
        {"minutes": 100_000},
    ],
    ids=str,
)
def test_questions_have_bounds(wrong: dict[str, Any]) -> None:
    with pytest.raises(Invalid):
        Question(
            **{"staff_ids": (11,), "service_id": 31, "since": NOW, "until": NOW + timedelta(days=1), **wrong}
        )
