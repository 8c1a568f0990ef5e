"""What calendars shall show: decided without touching anything."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from gateway.core import projection
from gateway.core.model import Booking, BookingStatus, Business, CalendarKind, Customer, Detail
from gateway.core.projection import Held, Plan, Scene, Target, Written

START = datetime(2026, 11, 24, 15, 0, tzinfo=UTC)
NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
BUSINESS = Business(1, "Harbor Hair", "America/New_York", "1 Pier Road")
TARGETS = (
    Target(1, CalendarKind.TEAM, None, Detail.FULL),
    Target(2, CalendarKind.BOOKINGS, 11, Detail.FULL),
    Target(3, CalendarKind.BOOKINGS, 12, Detail.FULL),
    Target(4, CalendarKind.BUSY, 11, Detail.FULL),
    Target(5, CalendarKind.BOOKINGS, 11, Detail.BUSY),
)
BOOKING = Booking(
    id=7,
    staff_id=11,
    staff_name="Alice",
    status=BookingStatus.CONFIRMED,
    starts_at=START,
    ends_at=START + timedelta(minutes=45),
    service="Haircut",
    variant="",
    customer=Customer("Maria", "Santos", "maria@example.com", "555-0101"),
    notes="",
    video_url="",
)


def scene(
    *bookings: Booking, ids: tuple[int, ...] = (), after: Plan | None = None, before: Scene | None = None
) -> Scene:
    """The scene with these bookings, as it stands after a plan was carried out."""
    held: dict[tuple[int, int], Held] = (
        {(h.calendar_id, h.booking_id): h for h in before.held} if before else {}
    )
    written = dict(before.written) if before else {}
    if after:
        for gone in after.removals:
            del held[gone.calendar_id, gone.booking_id]
        for put in after.puts:
            held[put.calendar_id, put.booking_id] = Held(
                put.calendar_id, put.booking_id, put.href, put.fingerprint
            )
        written |= after.written
    return Scene(
        business=BUSINESS,
        installation="here",
        targets=TARGETS,
        booking_ids=ids or tuple(b.id for b in bookings),
        bookings={b.id: b for b in bookings},
        held=tuple(held.values()),
        written=written,
    )


def calendars_of(plan: Plan) -> set[int]:
    return {put.calendar_id for put in plan.puts}


def test_a_booking_appears_with_its_staff_member_and_the_team_but_not_in_busy() -> None:
    plan = projection.plan(scene(BOOKING), NOW)
    assert calendars_of(plan) == {1, 2, 5}
    assert {put.revision.sequence for put in plan.puts} == {0}


def test_repeated_it_finds_nothing_to_do() -> None:
    first = scene(BOOKING)
    plan = projection.plan(first, NOW)
    again = projection.plan(scene(BOOKING, after=plan, before=first), NOW + timedelta(hours=1))
    assert again == Plan((), (), {})


def test_a_reassigned_booking_leaves_the_one_and_appears_with_the_other() -> None:
    first = scene(BOOKING)
    plan = projection.plan(first, NOW)
    moved = projection.plan(
        scene(replace(BOOKING, staff_id=12, staff_name="Bob"), after=plan, before=first), NOW
    )
    assert {held.calendar_id for held in moved.removals} == {2, 5}
    assert calendars_of(moved) == {1, 3}
    assert {put.revision.sequence for put in moved.puts} == {1}


def test_what_a_calendar_does_not_tell_does_not_touch_it() -> None:
    first = scene(BOOKING)
    plan = projection.plan(first, NOW)
    noted = projection.plan(scene(replace(BOOKING, notes="Allergic"), after=plan, before=first), NOW)
    assert calendars_of(noted) == {1, 2}, "the calendar that only says busy stays as it is"


def test_a_cancelled_booking_goes_and_its_return_counts_as_a_change() -> None:
    first = scene(BOOKING)
    plan = projection.plan(first, NOW)
    cancelled = scene(replace(BOOKING, status=BookingStatus.CANCELLED), after=plan, before=first)
    gone = projection.plan(cancelled, NOW)
    assert {held.calendar_id for held in gone.removals} == {1, 2, 5}
    assert not gone.puts
    back = projection.plan(scene(BOOKING, after=gone, before=cancelled), NOW)
    assert {put.revision.sequence for put in back.puts} == {2}


def test_a_deleted_booking_goes() -> None:
    first = scene(BOOKING)
    plan = projection.plan(first, NOW)
    gone = projection.plan(scene(ids=(7,), after=plan, before=first), NOW)
    assert len(gone.removals) == 3


def test_a_booking_that_was_never_shown_leaves_no_trace() -> None:
    assert projection.plan(scene(replace(BOOKING, status=BookingStatus.CANCELLED)), NOW) == Plan((), (), {})


def test_every_staff_member_and_the_business_have_their_calendars() -> None:
    missing = list(projection.missing_calendars([11, 12], TARGETS))
    assert missing == [(CalendarKind.BUSY, 12, Detail.FULL)]


booking = st.builds(
    lambda staff, status, minutes, notes: replace(
        BOOKING, staff_id=staff, status=status, ends_at=START + timedelta(minutes=minutes), notes=notes
    ),
    st.sampled_from([11, 12, 13]),
    st.sampled_from(list(BookingStatus)),
    st.integers(-5, 90),
    st.sampled_from(["", "a", "b"]),
)


@given(st.lists(st.none() | booking, min_size=1, max_size=8))
def test_whatever_happens_each_plan_is_done_once_and_sequences_only_grow(
    history: list[Booking | None],
) -> None:
    now, stage, sequence = NOW, scene(ids=(7,)), -1
    for present in history:
        now += timedelta(minutes=1)
        rows = [present] if present else []
        stage = scene(*rows, ids=(7,), before=stage)
        plan = projection.plan(stage, now)
        stage = scene(*rows, ids=(7,), after=plan, before=stage)
        assert projection.plan(stage, now) == Plan((), (), {})
        for put in plan.puts:
            assert put.revision.sequence >= sequence
            sequence = put.revision.sequence
        written = stage.written.get(7)
        assert isinstance(written, Written | None)
