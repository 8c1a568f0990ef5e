"""Who is free when, out of a real database: lists, explanations and judgements agree with each other and the oracle."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import psycopg
import pytest
from psycopg.types.json import Jsonb

from gateway.core.errors import Invalid, NotYours
from gateway.core.facts import Candidate
from gateway.core.obstacle import Code
from gateway.services import availability
from gateway.services.availability import Question, Source, Taken
from gateway.services.deps import Deps
from tests import elsewhere, oracle
from tests.conftest import Town
from tests.oracle import DAYS, World

# The Sunday before the sample week; in New York it is 07:00.
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
READ_AT = NOW - timedelta(minutes=1)
WEEKDAYS = {day: [{"start": "09:00", "end": "17:00"}] for day in DAYS[:5]}
TUESDAY = datetime(2026, 11, 24, 14, tzinfo=UTC)  # 09:00 in New York


@pytest.fixture
def town(the_town: Town) -> Town:
    """Harbor Hair, with Alice and Bob working from Monday to Friday, on the Sunday before."""
    the_town.sql("UPDATE staff_members SET availability = %s", Jsonb(WEEKDAYS))
    return replace(the_town, deps=at(the_town.deps, NOW))


def at(deps: Deps, now: datetime) -> Deps:
    return replace(deps, now=lambda: now)


def slots(town: Town, staff: Sequence[int] = (11,), days: int = 1, **more: Any) -> list[str]:
    """Free times of Tuesday, in New York's time."""
    since = TUESDAY.replace(hour=5)
    question = Question(tuple(staff), more.pop("service", 31), since, since + timedelta(days=days), **more)
    answer = availability.slots(town.deps, 1, question)
    local = [
        (staff_id, start - timedelta(hours=5), end - timedelta(hours=5))
        for staff_id, start, end in answer.each()
    ]
    return [f"{staff_id} {start:%d %H:%M}-{end:%H:%M}" for staff_id, start, end in local]


def why(town: Town, start: datetime, **more: Any) -> list[str]:
    explained = availability.explain(
        town.deps, 1, more.pop("staff", 11), more.pop("service", 31), start, **more
    )
    assert explained.free == (not explained.reasons)
    return [reason.code.value for reason in explained.reasons]


def policy(town: Town, **columns: object) -> None:
    town.sql("DELETE FROM booking_policies")
    names, places = ", ".join(["business_id", *columns]), ", ".join(["1", *["%s"] * len(columns)])
    town.sql(
        f"INSERT INTO booking_policies ({names}, created_at, updated_at) VALUES ({places}, now(), now())",
        *columns.values(),
    )


def external(town: Town, staff_id: int, start: datetime, end: datetime, business_id: int = 1) -> None:
    """An event of a connected calendar called Home."""
    with psycopg.connect(town.url, autocommit=True) as app:
        place = elsewhere.calendar(app, business_id, staff_id, "Home", READ_AT)
        elsewhere.event(app, business_id, place, staff_id, start, end)


def block(town: Town, staff_id: int, source_id: int, start: datetime, end: datetime) -> None:
    town.sql(
        "INSERT INTO daybridge.busy (business_id, staff_member_id, source, source_id, during, session)"
        " VALUES (1, %s, 'block', %s, tstzrange(%s, %s), 'block')",
        staff_id, source_id, start, end,
    )  # fmt: skip


def test_free_times_leave_out_what_is_taken(town: Town) -> None:
    """Alice has a booking on Tuesday from 10:00 to 10:45; a haircut takes 45 minutes."""
    found = slots(town)
    assert found[:4] == ["11 24 09:00-09:45", "11 24 11:00-11:45", "11 24 11:30-12:15", "11 24 12:00-12:45"]
    assert found[-1] == "11 24 16:00-16:45"


def test_several_staff_members_over_several_days(town: Town) -> None:
    found = slots(town, (12, 11), 2)
    assert found == [one for one in found if one.startswith("12")] + [
        one for one in found if one.startswith("11")
    ]
    assert "12 24 10:00-10:45" in found
    assert "11 24 10:00-10:45" not in found
    assert "11 25 09:00-09:45" in found


def test_times_begin_within_what_was_asked(town: Town) -> None:
    question = Question((12,), 31, TUESDAY + timedelta(minutes=1), TUESDAY + timedelta(hours=1))
    [one] = availability.slots(town.deps, 1, question).slots
    assert one.starts == [int((TUESDAY + timedelta(minutes=30)).timestamp())]
    assert one.minutes == 45


def test_other_lengths_and_the_policys_shortest(town: Town) -> None:
    assert slots(town, minutes=120)[0] == "11 24 11:00-13:00"
    policy(town, min_duration_mins=60)
    assert slots(town, minutes=20)[0] == "11 24 09:00-10:00"
    assert slots(town)[0] == "11 24 09:00-10:00"


def test_a_buffer_keeps_bookings_apart_and_nothing_else(town: Town) -> None:
    policy(town, buffer_time_mins=15, use_fixed_intervals=True, interval_mins=15)
    block(town, 11, 1, TUESDAY + timedelta(hours=4), TUESDAY + timedelta(hours=5))
    found = slots(town)
    assert found[0] == "11 24 09:00-09:45", "a quarter of an hour before the next booking"
    assert found[1] == "11 24 11:00-11:45", "a quarter of an hour after it"
    assert "11 24 12:00-12:45" in found, "the booking's own buffer ends where the block begins"
    assert "11 24 12:15-13:00" not in found
    assert "11 24 14:00-14:45" in found, "a block has no buffer"


def test_without_hours_there_are_no_free_times(town: Town) -> None:
    town.sql("UPDATE staff_members SET availability = NULL")
    assert slots(town) == []
    assert why(town, TUESDAY) == ["HOURS"]


@pytest.mark.parametrize(
    ("statement", "code"),
    [
        ("UPDATE businesses SET active = false", "INACTIVE"),
        ("UPDATE staff_members SET active = false", "INACTIVE"),
        ("UPDATE services SET active = false", "INACTIVE"),
        ("DELETE FROM services_staff_members", "NOT_ASSIGNED"),
        ("UPDATE businesses SET time_zone = 'Atlantis/Capital'", "UNREADABLE"),
        ('UPDATE staff_members SET availability = \'{"monday": "always"}\'', "UNREADABLE"),
        ("UPDATE services SET availability = '[7]'", "UNREADABLE"),
        ("UPDATE services SET service_type = 1", "UNREADABLE"),
        ("UPDATE services SET service_type = 2", "UNREADABLE"),
        ("UPDATE services SET duration = 0", "UNREADABLE"),
        ("UPDATE services SET duration = 2147483647", "UNREADABLE"),
    ],
)
def test_what_stands_against_every_time(town: Town, statement: str, code: str) -> None:
    town.sql(statement)
    assert slots(town, (11, 12), 7) == []
    assert code in why(town, TUESDAY, minutes=30)


def test_rows_that_the_app_should_never_write_do_no_harm(town: Town) -> None:
    policy(town, buffer_time_mins=-9, max_advance_days=2**31 - 1, max_daily_bookings=2**31 - 1, interval_mins=-1,
           min_advance_mins=-(2**31), min_duration_mins=-1, use_fixed_intervals=True)  # fmt: skip
    town.sql("INSERT INTO booking_policies (business_id, buffer_time_mins, created_at, updated_at)"
             " VALUES (1, 600, now(), now())")  # fmt: skip
    town.sql(
        "INSERT INTO daybridge.busy (business_id, staff_member_id, source, source_id, during, session) VALUES"
        " (1, 11, 'block', 7, '[2026-11-24 20:00Z, infinity)', 'x'), (1, 11, 'block', 8, '(,2026-11-24 14:00Z)', 'x')"
    )
    found = slots(town)
    assert found[0] == "11 24 09:00-09:45"
    assert found[-1] == "11 24 14:15-15:00"
    assert why(town, TUESDAY + timedelta(hours=7)) == ["BLOCK"]
    around = availability.busy(town.deps, 1, 11, TUESDAY - timedelta(days=1), TUESDAY + timedelta(days=1))
    assert [one.source for one in around.intervals] == ["block", "booking", "block"]


def test_a_booking_can_be_moved_into_its_own_way(town: Town) -> None:
    half_an_hour_later = datetime(2026, 11, 24, 15, 30, tzinfo=UTC)
    assert why(town, half_an_hour_later) == ["OVERLAP"]
    assert why(town, half_an_hour_later, moving=1001) == []


def test_a_booking_that_is_moved_keeps_its_length(town: Town) -> None:
    policy(town, max_duration_mins=30)
    assert why(town, TUESDAY + timedelta(hours=5)) == ["HOURS"]
    assert why(town, TUESDAY + timedelta(hours=5), moving=1001) == []
    assert why(town, TUESDAY + timedelta(hours=7, minutes=30), moving=1001) == ["HOURS"], "still 45 minutes"


def test_a_day_is_full_by_the_businesss_own_clock(town: Town) -> None:
    """Both of Wednesday's bookings begin on Thursday in Greenwich."""
    whole = Jsonb({day: [{"start": "00:00", "end": "23:59"}] for day in DAYS})
    town.sql("UPDATE staff_members SET availability = %s", whole)
    policy(town, max_daily_bookings=2)
    town.sql(
        "UPDATE bookings SET start_time = '2026-11-26 01:00', end_time = '2026-11-26 02:00' WHERE id = 1002"
    )
    town.sql(
        "UPDATE bookings SET start_time = '2026-11-26 03:00', end_time = '2026-11-26 04:00' WHERE id = 1003"
    )
    wednesday, thursday = datetime(2026, 11, 25, 12, tzinfo=UTC), datetime(2026, 11, 26, 12, tzinfo=UTC)
    assert why(town, wednesday) == ["DAY_FULL"]
    assert why(town, wednesday, moving=1002) == []
    assert why(town, thursday) == []
    assert {one[3:5] for one in slots(town, days=3)} == {"24", "26"}
    town.sql("UPDATE bookings SET status = 4 WHERE id = 1002")
    assert why(town, wednesday) == []


def test_an_external_event_bars_and_names_its_calendar(town: Town) -> None:
    external(town, 11, TUESDAY, TUESDAY + timedelta(minutes=30))
    explained = availability.explain(town.deps, 1, 11, 31, TUESDAY)
    [reason] = explained.reasons
    assert (reason.code, reason.source, reason.read_at) == (Code.EXTERNAL, "Home", READ_AT)
    [source] = explained.sources
    assert source == Source(source.connection_id, "Home", READ_AT, "in_step")
    answer = availability.slots(town.deps, 1, Question((11, 12), 31, TUESDAY, TUESDAY + timedelta(hours=1)))
    assert answer.sources == [source]
    assert answer.slots[0].starts == []
    assert (answer.as_of, answer.time_zone) == (NOW, "America/New_York")
    assert availability.busy(town.deps, 1, 12, NOW, NOW + timedelta(days=7)).sources == []


def test_busy_time_tells_when_and_not_what(town: Town) -> None:
    block(town, 11, 1, TUESDAY - timedelta(hours=2), TUESDAY)
    found = availability.busy(town.deps, 1, 11, TUESDAY - timedelta(hours=1), TUESDAY + timedelta(hours=24))
    assert found.intervals == [
        Taken(TUESDAY - timedelta(hours=1), TUESDAY, "block"),
        Taken(TUESDAY + timedelta(hours=1), TUESDAY + timedelta(hours=1, minutes=45), "booking"),
    ]
    assert found.as_of == NOW


def test_a_stranger_is_told_nothing(town: Town) -> None:
    """Mallory's business asks about Alice, and about a service and a booking of hers; Alice's about Mallory."""
    period = (TUESDAY, TUESDAY + timedelta(days=1))
    for business_id, staff_id, service_id in (
        (2, 11, 41),
        (2, 11, 31),
        (2, 21, 31),
        (1, 21, 31),
        (3, 11, 31),
    ):
        with pytest.raises(NotYours):
            availability.slots(town.deps, business_id, Question((staff_id,), service_id, *period))
        with pytest.raises(NotYours):
            availability.explain(town.deps, business_id, staff_id, service_id, TUESDAY)
    with pytest.raises(NotYours):
        availability.slots(town.deps, 1, Question((11, 21), 31, *period))
    with pytest.raises(NotYours):
        availability.busy(town.deps, 2, 11, *period)


def test_nothing_next_door_bars_anyone(town: Town) -> None:
    """Even a row that names a stranger's staff member bars only within its own business."""
    before = slots(town)
    external(town, 11, TUESDAY, TUESDAY + timedelta(days=1), business_id=2)
    assert slots(town) == before
    answer = availability.slots(town.deps, 1, Question((11,), 31, TUESDAY, TUESDAY + timedelta(days=1)))
    assert answer.sources == []


def test_a_policy_next_door_binds_no_one(town: Town) -> None:
    policy(town, max_advance_days=1)
    town.sql("UPDATE booking_policies SET business_id = 2")
    assert why(town, TUESDAY) == []


def test_the_judgement_in_an_open_transaction_sees_what_it_wrote(town: Town) -> None:
    candidate = Candidate(11, 31, TUESDAY, TUESDAY + timedelta(minutes=45))
    with town.deps.database.tenant(1) as session:
        assert availability.judge_in(session, 1, candidate, NOW) == ()
        session.run(
            "INSERT INTO daybridge.busy (business_id, staff_member_id, source, source_id, during, session)"
            " VALUES (1, 11, 'block', 9, tstzrange(%(since)s, %(until)s), 'x')",
            since=candidate.starts_at,
            until=candidate.ends_at,
        )
        assert [reason.code for reason in availability.judge_in(session, 1, candidate, NOW)] == [Code.BLOCK]
        late = replace(
            candidate, starts_at=TUESDAY.replace(hour=23), ends_at=TUESDAY.replace(hour=23, minute=45)
        )
        assert [reason.code for reason in availability.judge_in(session, 1, late, NOW)] == [Code.HOURS]
        assert availability.judge_in(session, 1, late, NOW, waive={Code.HOURS}) == ()
        assert availability.usual_length(session, 1, 31) == timedelta(minutes=45)


@pytest.mark.parametrize("minutes", [0, -5, 10_081])
def test_lengths_have_bounds(town: Town, minutes: int) -> None:
    with pytest.raises(Invalid):
        why(town, TUESDAY, minutes=minutes)


def test_no_detail_tells_who_comes(town: Town) -> None:
    explained = availability.explain(town.deps, 1, 11, 31, TUESDAY + timedelta(hours=1))
    assert [reason.detail for reason in explained.reasons] == ["Alice Adler is booked 10:00-10:45."]


# Against the oracle

ZONES = {  # as the booking app may have stored them; the clocks change on the days beside them
    "America/New_York": ("Eastern Time (US & Canada)", [date(2026, 3, 8), date(2026, 11, 1)]),
    "Europe/Berlin": ("Europe/Berlin", [date(2026, 3, 29), date(2026, 10, 25)]),
    "Australia/Lord_Howe": ("Australia/Lord_Howe", [date(2026, 4, 5), date(2026, 10, 4)]),
    "Asia/Kolkata": ("Chennai", [date(2026, 7, 1)]),
    "America/Havana": ("America/Havana", [date(2026, 3, 8), date(2026, 11, 1)]),
    "UTC": ("UTC", [date(2026, 2, 28)]),
}


def some_hours(dice: random.Random, day: date, *, overnight: bool) -> dict[str, object]:
    def clock() -> str:
        return f"{dice.randrange(24):02d}:{dice.choice((0, 15, 30, 45)):02d}"

    def intervals() -> list[dict[str, str]]:
        pairs = [(clock(), dice.choice([clock(), clock(), "23:59"])) for _ in range(dice.randrange(4))]
        pairs += [("00:00", "23:59")] * (dice.random() < 0.15)
        return [{"start": start, "end": end} for start, end in pairs if overnight or start < end]

    week: dict[str, object] = {name: intervals() for name in DAYS if dice.random() < 0.9}
    exceptions = {
        (day + timedelta(days=n)).isoformat(): intervals() for n in range(-1, 3) if dice.random() < 0.2
    }
    return {**week, "exceptions": exceptions} if exceptions else week


def some_world(dice: random.Random) -> World:
    zone = dice.choice(list(ZONES))
    day = dice.choice(ZONES[zone][1])
    start = datetime(day.year, day.month, day.day, tzinfo=UTC) - timedelta(days=1)
    numbers = {
        "use_fixed_intervals": [True, False],
        "interval_mins": [None, 3, 15, 20, 45],
        "buffer_time_mins": [None, 0, 10, 45, -5],
        "min_advance_mins": [None, 0, 90, 1500],
        "max_advance_days": [None, 0, 1, 2, 30],
        "max_daily_bookings": [None, 0, 1, 2, 3],
        "min_duration_mins": [None, 30, 75],
        "max_duration_mins": [None, None, 60, 300],
    }
    taken = []
    for _ in range(dice.randrange(9)):
        since = start + timedelta(minutes=5 * dice.randrange(1000))
        lasting = timedelta(minutes=5 * dice.randrange(1, 40))
        taken.append(
            oracle.Taken(dice.choice(("booking", "booking", "block", "external")), since, since + lasting)
        )
    return World(
        zone=zone,
        now=start + timedelta(minutes=dice.randrange(-2000, 1500), seconds=dice.choice((0, 17))),
        staff=some_hours(dice, day, overnight=False),
        service=dice.choice([{}, some_hours(dice, day, overnight=True)]),
        minutes=dice.choice([15, 45, 60, 240]),
        policy=dice.choice([None, *[{name: dice.choice(values) for name, values in numbers.items()}] * 3]),
        taken=taken,
        enforced=dice.random() < 0.7,
        active=dice.random() < 0.97,
        assigned=dice.random() < 0.97,
        kind=dice.choice([0] * 20 + [1]),
    )


def settle_down(connection: psycopg.Connection, world: World) -> None:
    """Make Alice's business that world, as the booking app and its neighbours would write it."""
    connection.execute("DELETE FROM bookings; DELETE FROM booking_policies; DELETE FROM services_staff_members;"
                       " DELETE FROM daybridge.busy; DELETE FROM daybridge.external_calendar_events")  # fmt: skip
    connection.execute("UPDATE businesses SET time_zone = %s WHERE id = 1", (ZONES[world.zone][0],))
    connection.execute(
        "UPDATE staff_members SET active = %s, availability = %s", (world.active, Jsonb(world.staff))
    )
    connection.execute(
        "UPDATE services SET availability = %s, enforce_service_availability = %s, duration = %s, service_type = %s",
        (Jsonb(world.service), world.enforced, world.minutes, world.kind),
    )
    if world.assigned:
        connection.execute("INSERT INTO services_staff_members (service_id, staff_member_id, created_at, updated_at)"
                           " VALUES (31, 11, now(), now())")  # fmt: skip
    if world.policy is not None:
        connection.execute(
            f"INSERT INTO booking_policies (business_id, {', '.join(world.policy)}, created_at, updated_at)"
            f" VALUES (1, {', '.join(['%s'] * len(world.policy))}, now(), now())".encode(),
            list(world.policy.values()),
        )
    for number, one in enumerate(world.taken, 1):
        if one.source == "booking":
            connection.execute(
                "INSERT INTO bookings (business_id, staff_member_id, service_id, start_time, end_time, status,"
                " created_at, updated_at) VALUES (1, 11, 32, %s, %s, %s, now(), now())",
                (one.start.replace(tzinfo=None), one.end.replace(tzinfo=None), (0, 1, 3)[number % 3]),
            )
        else:
            connection.execute(
                "INSERT INTO daybridge.busy (business_id, staff_member_id, source, source_id, during, session)"
                " VALUES (1, 11, %s, %s, tstzrange(%s, %s), 'x')",
                (one.source, number, one.start, one.end),
            )


@pytest.mark.parametrize("seed", range(4))
def test_lists_and_explanations_are_the_oracles(the_town: Town, seed: int) -> None:
    """Forty worlds each: the free times are exactly the oracle's; those explain free, the others with its reasons."""
    dice = random.Random(seed)
    listed = unlisted = 0
    with psycopg.connect(the_town.url, autocommit=True) as connection:
        for number in range(40):
            world = some_world(dice)
            settle_down(connection, world)
            deps = at(the_town.deps, world.now)
            since = world.now + timedelta(minutes=dice.randrange(-300, 1500))
            until = since + timedelta(minutes=dice.randrange(60, 3000))
            answer = availability.slots(deps, 1, Question((11,), 31, since, until))
            found = [start for _, start, _ in answer.each()]
            note = f"world {number} of seed {seed}: {world.zone} {world.now} {json.dumps(world.policy)}"
            grid = world.grid(since, until)
            assert found == [start for start in grid if not world.reasons(start)], note
            for start in dice.sample(grid, min(len(grid), 12)):
                explained = availability.explain(deps, 1, 11, 31, start)
                codes = {reason.code.value for reason in explained.reasons}
                assert codes == world.reasons(start), f"{note} at {start}"
                assert explained.free == (start in found), f"{note} at {start}"
                listed, unlisted = listed + explained.free, unlisted + (not explained.free)
    assert listed > 20, "a test that finds nothing free proves little"
    assert unlisted > 100
