"""`explain` and a booking attempt never disagree: ten thousand times, each asked first and then really tried.

Every world is a business of its own making: a zone and a night on which its clocks change, hours with exceptions,
rules, services, bookings, blocks and events of another calendar, some of it as no app should ever write it. Half of the
bookings that are made stay, so that each attempt meets what the ones before it left behind.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta

import psycopg
import pytest
from psycopg.types.json import Jsonb

from gateway.core.booking import Actor, BookingChange, BookingRecord, NewBooking, Via
from gateway.core.errors import Invalid, NotYours, SlotTaken
from gateway.core.obstacle import Code, Obstacle
from gateway.services import availability, bookings
from gateway.services.deps import Deps
from tests import elsewhere
from tests.conftest import Town
from tests.oracle import DAYS

SEEDS, WORLDS, TRIES, MOVES = 4, 40, 63, 4

CLASHES = {Code.OVERLAP, Code.BUFFER, Code.EXTERNAL, Code.BLOCK}
NIGHTS = {  # the clocks change on these days
    "Eastern Time (US & Canada)": [date(2026, 3, 8), date(2026, 11, 1)],
    "Europe/Berlin": [date(2026, 3, 29), date(2026, 10, 25)],
    "Australia/Lord_Howe": [date(2026, 4, 5), date(2026, 10, 4)],
    "America/Havana": [date(2026, 3, 8), date(2026, 11, 1)],
    "Chennai": [date(2026, 7, 1)],
    "UTC": [date(2026, 2, 28)],
}
POLICY = {
    "buffer_time_mins": [None, 0, 10, 30, 45, -5],
    "min_advance_mins": [None, 0, 0, 90, 1500],
    "max_advance_days": [None, 0, 1, 2, 30],
    "max_daily_bookings": [None, 0, 0, 2, 4],
    "min_duration_mins": [None, 0, 30, 75],
    "max_duration_mins": [None, None, None, 60, 300],
}
UNREADABLE_HOURS = [{"monday": "always"}, [7], {"someday": []}, {"friday": [{"start": "9", "end": "17:00"}]}]
ALICE, BOB, MALLORY = 11, 12, 21
HAIRCUT, COLOUR, CLASS, ODD, OIL_CHANGE = 31, 32, 33, 34, 41
MARIA = 61
DESK = Actor(1, Via.API, "API key dbk_test")

Answer = BookingRecord | tuple[Obstacle, ...] | type[Exception]


@dataclass
class World:
    """One business as it stands, and the app's own connection into it."""

    app: psycopg.Connection
    deps: Deps
    dice: random.Random
    day: date
    enforces: bool
    shortest: int
    minutes: dict[int, int]
    edges: list[datetime] = field(default_factory=list)


@dataclass(frozen=True)
class Try:
    """What somebody would like; without `minutes` it lasts as long as it lasts."""

    staff_id: int
    service_id: int
    start: datetime
    minutes: int | None

    @property
    def end(self) -> datetime | None:
        return None if self.minutes is None else self.start + timedelta(minutes=self.minutes)


def told(do: Callable[[], BookingRecord | tuple[Obstacle, ...]]) -> Answer:
    try:
        return do()
    except SlotTaken as refused:
        return refused.reasons
    except (Invalid, NotYours) as refused:
        return type(refused)


# What a world is made of


def hours(dice: random.Random, day: date) -> object:
    if dice.random() < 0.015:
        return dice.choice(UNREADABLE_HOURS)

    def shifts() -> list[dict[str, str]]:
        one, other = sorted(f"{dice.randrange(24):02d}:{dice.choice((0, 15, 30)):02d}" for _ in range(2))
        kinds = [[("07:00", "21:00")], [("06:00", "12:00"), ("13:00", "22:00")], *[[("00:00", "23:59")]] * 3]
        kinds += [[(one, other)]] * (one < other) + [[]] * (dice.random() < 0.5)
        return [{"start": start, "end": end} for start, end in dice.choice(kinds)]

    week: dict[str, object] = {name: shifts() for name in DAYS if dice.random() < 0.95}
    near = [day + timedelta(days=number) for number in range(-1, 3)]
    return {**week, "exceptions": {one.isoformat(): shifts() for one in near if dice.random() < 0.2}}


def make(app: psycopg.Connection, deps: Deps, dice: random.Random) -> World:
    zone = dice.choice(list(NIGHTS))
    day = dice.choice(NIGHTS[zone])
    now = datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(minutes=dice.randrange(-2500, 700))
    now += timedelta(microseconds=dice.choice((0, 0, 17_000_001)))
    policy = {name: dice.choice(values) for name, values in POLICY.items()} if dice.random() < 0.8 else {}
    minutes = {
        HAIRCUT: dice.choice((15, 45, 60)),
        COLOUR: dice.choice((45, 90, 240)),
        CLASS: 60,
        ODD: dice.choice((30, 30, 30, 0, 1440, 1441, 2**31 - 1)),
    }
    _write_business(app, dice, "Atlantis/Capital" if dice.random() < 0.03 else zone, policy)
    _write_staff_and_services(app, dice, day, minutes)
    enforces = dice.random() < 0.6
    shortest = max(policy.get("min_duration_mins") or 0, 0)
    world = World(app, replace(deps, now=lambda: now), dice, day, enforces, shortest, minutes, [now])
    _write_taken(world, policy.get("buffer_time_mins") or 0)
    app.execute(
        "INSERT INTO daybridge.business_settings (business_id, enforcement) VALUES (1, %s)"
        " ON CONFLICT (business_id) DO UPDATE SET enforcement = excluded.enforcement",
        ("enforce" if enforces else "observe",),
    )
    return world


def _write_business(
    app: psycopg.Connection, dice: random.Random, zone: str, policy: dict[str, int | None]
) -> None:
    app.execute("DELETE FROM daybridge.business_settings; DELETE FROM bookings; DELETE FROM booking_policies;"
                " DELETE FROM services_staff_members; DELETE FROM daybridge.calendar_connections;"
                " DELETE FROM daybridge.busy; DELETE FROM daybridge.outbox")  # fmt: skip
    app.execute(
        "UPDATE businesses SET time_zone = %s, active = %s WHERE id = 1", (zone, dice.random() < 0.98)
    )
    if policy:
        app.execute(
            f"INSERT INTO booking_policies (business_id, {', '.join(policy)}, created_at, updated_at)"
            f" VALUES (1, {', '.join(['%s'] * len(policy))}, now(), now())".encode(),
            list(policy.values()),
        )


def _write_staff_and_services(
    app: psycopg.Connection, dice: random.Random, day: date, minutes: dict[int, int]
) -> None:
    for staff_id in (ALICE, BOB):
        app.execute(
            "UPDATE staff_members SET availability = %s, active = %s WHERE id = %s",
            (Jsonb(hours(dice, day)), dice.random() < 0.96, staff_id),
        )
    for service_id, length in minutes.items():
        app.execute(
            "UPDATE services SET duration = %s, availability = %s, enforce_service_availability = %s, active = %s,"
            " service_type = %s WHERE id = %s",
            (length, Jsonb({} if service_id == HAIRCUT else hours(dice, day)), dice.random() < 0.7,
             service_id != ODD or dice.random() < 0.7, dice.choice((1, 2)) if service_id == CLASS else 0, service_id),
        )  # fmt: skip
    done = [(one, who) for one in minutes for who in (ALICE, BOB) if dice.random() < 0.92]
    for one, who in done:
        app.execute("INSERT INTO services_staff_members (service_id, staff_member_id, created_at, updated_at)"
                    " VALUES (%s, %s, now(), now())", (one, who))  # fmt: skip


def _write_taken(world: World, buffer: int) -> None:
    """Bookings of every kind (also such as take no time), blocks, and events of Alice's calendar at home."""
    dice, midnight = world.dice, datetime(world.day.year, world.day.month, world.day.day, tzinfo=UTC)
    home = elsewhere.calendar(world.app, 1, 11, "Home", datetime(2026, 1, 1, tzinfo=UTC))
    for number in range(1, dice.randrange(2, 16)):
        start = midnight + timedelta(minutes=15 * dice.randrange(-96, 288))
        end = start + timedelta(minutes=15 * dice.randrange(1, 10))
        margin = timedelta(minutes=buffer)
        world.edges += [start, end, end + margin, start - margin, start - margin - timedelta(minutes=45)]
        _write_one(world, number, home, start, end)


def _write_one(world: World, number: int, home: tuple[int, int], start: datetime, end: datetime) -> None:
    app, dice = world.app, world.dice
    kind, staff_id = dice.choice(("booking", "booking", "block", "external")), dice.choice((ALICE, BOB))
    if kind == "booking":
        service_id = dice.choice((HAIRCUT, COLOUR, CLASS, None))
        for _ in range(2 if service_id == CLASS else 1):
            insert(app, staff_id, service_id, start, end, dice.choice((0, 1, 1, 1, 2, 3, 4)))
        return
    if kind == "external":
        elsewhere.event(app, 1, home, staff_id, start, end)
        return
    app.execute(
        "INSERT INTO daybridge.busy (business_id, staff_member_id, source, source_id, during, session)"
        " VALUES (1, %s, %s, %s, tstzrange(%s, %s), %s)",
        (staff_id, kind, number, start, end, f"{kind} {number}"),
    )


def insert(
    app: psycopg.Connection, staff_id: int, service_id: int | None, start: datetime, end: datetime, status: int = 1
) -> object:  # fmt: skip
    """A booking as the booking app writes it; its id."""
    return app.execute(
        "INSERT INTO bookings (business_id, staff_member_id, service_id, tenant_customer_id, start_time, end_time,"
        " status, created_at, updated_at) VALUES (1, %s, %s, 61, %s, %s, %s, now(), now()) RETURNING id",
        (staff_id, service_id, start.replace(tzinfo=None), end.replace(tzinfo=None), status),
    ).fetchall()[0][0]


# What is tried in it


def tries(world: World) -> Iterator[Try]:
    dice = world.dice
    midnight = datetime(world.day.year, world.day.month, world.day.day, tzinfo=UTC)
    for _ in range(TRIES):
        anywhere = midnight + timedelta(minutes=5 * dice.randrange(-200, 800))
        near = dice.choice(world.edges) + timedelta(minutes=dice.choice((0, 0, 0, -5, 5, 30)))
        start = dice.choice((anywhere, near))
        staff_id, service_id = (
            dice.choice((ALICE, BOB)),
            dice.choices((HAIRCUT, COLOUR, CLASS, ODD), (55, 31, 7, 7))[0],
        )
        minutes = dice.choices((None, 15, 40, 240, 1440), (50, 20, 20, 7, 1))[0]
        yield dice.choices((Try(staff_id, service_id, start, minutes), nonsense(dice, start)), (96, 4))[0]


def nonsense(dice: random.Random, start: datetime) -> Try:
    """What has no answer: someone else's staff or service, a length or a year in which nobody books."""
    year = start.replace(year=dice.choice((1970, 2999)), month=6, day=1)
    lengths = [Try(ALICE, HAIRCUT, start, minutes) for minutes in (0, 1441, 10_080)]
    strangers = [Try(MALLORY, HAIRCUT, start, None), Try(ALICE, OIL_CHANGE, start, None)]
    return dice.choice((Try(ALICE, HAIRCUT, year, None), *lengths, *strangers))


def explained(world: World, one: Try, moving: int | None = None, service_id: int | None = 0) -> Answer:
    def ask() -> tuple[Obstacle, ...]:
        service = one.service_id if service_id == 0 else service_id
        answer = availability.explain(
            world.deps, 1, one.staff_id, service, one.start, one.minutes, moving=moving
        )
        assert answer.free == (not answer.reasons)
        return answer.reasons

    return told(ask)


def held_by_sql(world: World, one: Try) -> bool:
    """Whether the app's own INSERT finds its time taken: refused where overlaps are, noted where they are observed."""
    minutes = one.minutes or max(min(max(world.minutes[one.service_id], 1), 1440), world.shortest)
    try:
        with world.app.transaction(force_rollback=True):
            made = insert(
                world.app, one.staff_id, one.service_id, one.start, one.start + timedelta(minutes=minutes)
            )
            observed = world.app.execute(
                "SELECT count(*) FROM daybridge.calendar_sync_logs WHERE booking_id = %s AND outcome = 'observed'",
                (made,),
            ).fetchall()[0][0]
        assert not (world.enforces and observed), "enforced, and yet it was let through"
        return bool(observed)
    except psycopg.errors.ExclusionViolation:
        assert world.enforces
        return True


def attempt(world: World, one: Try, seen: Counter[str]) -> None:
    said = explained(world, one)
    if (
        isinstance(said, tuple)
        and one.service_id != CLASS
        and world.dice.random() < (0.4 if world.enforces else 0.2)
    ):
        seen["enforced" if world.enforces else "observed"] += 1
        assert held_by_sql(world, one) == any(reason.code in CLASHES for reason in said), (one, said)
    wish = NewBooking(one.staff_id, one.service_id, one.start, one.end, MARIA)
    got = told(lambda: bookings.book(world.deps, DESK, wish))
    if isinstance(got, BookingRecord):
        assert said == (), (one, got)
        seen["booked"] += 1
        if world.dice.random() < 0.5:
            world.app.execute("DELETE FROM bookings WHERE id = %s", (got.id,))
        else:
            seen["kept"] += 1
            world.edges += [got.starts_at, got.ends_at]
    else:
        assert got == said, one
        assert got != (), one
        seen.update({reason.code for reason in said} if isinstance(said, tuple) else [said.__name__])


def move(world: World, seen: Counter[str]) -> None:
    """Bookings of all kinds are moved, to another staff member too."""
    movable = world.app.execute("SELECT id, staff_member_id, service_id, start_time FROM bookings WHERE"
                                " status IN (0, 1) ORDER BY id").fetchall()  # fmt: skip
    picked = world.dice.sample(movable, min(len(movable), MOVES))
    for (id_, staff_id, service_id, was), one in zip(picked, tries(world), strict=False):
        there = replace(one, staff_id=world.dice.choice((staff_id, staff_id, one.staff_id)))
        if there.staff_id == staff_id and there.start == was.replace(tzinfo=UTC):
            continue
        said = explained(world, there, moving=id_, service_id=service_id)
        change = BookingChange(there.start, there.end, there.staff_id)
        got = told(lambda id_=id_, change=change: bookings.change(world.deps, DESK, id_, change))  # type: ignore[misc]
        assert (() if isinstance(got, BookingRecord) else got) == said, (id_, there)
        seen["moved" if isinstance(got, BookingRecord) else "not moved"] += 1


@pytest.mark.parametrize("seed", range(SEEDS))
def test_what_is_explained_is_what_happens(the_town: Town, seed: int) -> None:
    """The same answer, code for code and word for word; and SQL is barred by exactly what takes somebody's time."""
    dice, seen, asked = random.Random(seed), Counter[str](), 0
    with psycopg.connect(the_town.url, autocommit=True) as app:
        for id_, name in ((CLASS, "Class"), (ODD, "Odd")):
            app.execute("INSERT INTO services (id, business_id, name, duration, price, created_at, updated_at)"
                        " VALUES (%s, 1, %s, 30, 10, now(), now())", (id_, name))  # fmt: skip
        for _ in range(WORLDS):
            world = make(app, the_town.deps, dice)
            for one in tries(world):
                attempt(world, one, seen)
                asked += 1
            move(world, seen)
    assert asked == WORLDS * TRIES
    assert {code for code in Code if not seen[code]} == set(), "a code that never came up proves nothing"
    assert min(seen["Invalid"], seen["NotYours"], seen["moved"], seen["not moved"]) >= 5, seen
    assert seen["kept"] >= asked // 20, seen
    assert min(seen["enforced"], seen["observed"]) >= asked // 30, seen


def test_these_are_ten_thousand_attempts() -> None:
    assert SEEDS * WORLDS * TRIES >= 10_000
