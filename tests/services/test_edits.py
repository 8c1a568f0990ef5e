"""Whatever an app sends for a booking's event: the booking follows or stays, the timeline says which, and the calendar
tells the truth again. What `explain` says of a time is what becomes of a move there.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.core.conditions import Conditions
from gateway.core.errors import Changed, NotEditable, NotYours, Refused, SlotTaken, UidTaken
from gateway.core.model import CalendarKind
from gateway.services import availability, collection, edits, timeline, verify
from gateway.services.edits import Stored, Wish
from tests.caldav.client import event
from tests.caldav.editing import SUNDAY, added, alarm, at, edited, sequence, working
from tests.conftest import Person, Town
from tests.essence import essence

TUESDAY = datetime(2026, 11, 24, 15, tzinfo=UTC)  # ten in New York
EARLIEST = datetime(2026, 11, 23, 13, tzinfo=UTC)


@pytest.fixture
def town(the_town: Town) -> Town:
    return working(at(the_town, SUNDAY))


@contextmanager
def visiting(town: Town, person: Person) -> Iterator[collection.Visit]:
    holder = town.deps.sign_ins.check(person.email, person.password, "192.0.2.1")
    assert holder
    with collection.visit(town.deps.database, holder, town.deps.now) as visit:
        yield visit


def wish(
    town: Town,
    href: str,
    person: Person | None = None,
    *,
    kind: str = "bookings",
    staff_id: int = 11,
    if_match: str = "",
) -> Wish:
    with visiting(town, person or town.alice) as visit:
        calendar = visit.calendar(CalendarKind(kind), None if kind == "team" else staff_id)
        return Wish(visit.visitor, calendar, href, Conditions(if_match))


def shown(town: Town, href: str) -> tuple[str, str]:
    """The body and the ETag that Alice's apps get."""
    with visiting(town, town.alice) as visit:
        [found] = visit.objects(visit.calendar(CalendarKind.BOOKINGS, 11), [href])
        return found.body.decode(), found.etag


def moment(when: datetime) -> str:
    return f"{when:%Y%m%dT%H%M%SZ}"


def span(town: Town, booking_id: int) -> tuple[datetime, datetime]:
    [(start, end)] = town.sql("SELECT start_time, end_time FROM bookings WHERE id = %s", booking_id)
    return start.replace(tzinfo=UTC), end.replace(tzinfo=UTC)  # type: ignore[attr-defined]


class TestMoves:
    """One town for all examples: each brings a booking of its own, and takes it away again."""

    minutes = st.integers(0, 60 * 24 * 4 // 15).map(lambda quarters: timedelta(minutes=15 * quarters))
    lengths = st.sampled_from([15, 45, 60, 90, 480, 1440]).map(lambda length: timedelta(minutes=length))

    @settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(after=minutes, length=lengths, title=st.booleans(), remind=st.booleans())
    def test_a_move_is_made_if_explain_says_that_the_time_is_free(
        self, town: Town, after: timedelta, length: timedelta, title: bool, remind: bool
    ) -> None:
        [(booking_id,)] = town.sql(
            "INSERT INTO bookings (business_id, staff_member_id, service_id, tenant_customer_id, start_time, end_time,"
            " status, created_at, updated_at) VALUES (1, 11, 31, 61, '2026-11-27 15:00', '2026-11-27 15:45', 1, now(),"
            " now()) RETURNING id"
        )
        assert isinstance(booking_id, int)
        href = f"booking-{booking_id}.ics"
        body, etag = shown(town, href)
        start = EARLIEST + after
        wanted = edited(body, DTSTART=moment(start), DTEND=moment(start + length))
        wanted = edited(wanted, SUMMARY="Mine") if title else wanted
        wanted = added(wanted, alarm()) if remind else wanted
        before = span(town, booking_id)
        free = availability.explain(
            town.deps, 1, 11, 31, start, minutes=length // timedelta(minutes=1), moving=booking_id
        ).free
        try:
            assert edits.put(town.deps, wish(town, href, if_match=etag), wanted.encode()) == Stored()
            assert free or span(town, booking_id) == before
            assert span(town, booking_id) == (start, start + length)
        except SlotTaken:
            assert not free
            assert span(town, booking_id) == before
        told, again = shown(town, href)
        assert again != etag or (span(town, booking_id) == before and not title and not remind)
        assert "Mine" not in told
        assert sequence(told) >= sequence(body)
        assert_chained(town, booking_id)
        town.sql("DELETE FROM bookings WHERE id = %s", booking_id)
        town.settle()
        assert verify.verify(town.deps.database, town.deps.now()).differences == []


def assert_chained(town: Town, booking_id: int) -> None:
    """What the timeline says was made, one after the other, is how the booking became what it is."""
    lines = timeline.of_booking(town.deps, 1, booking_id)
    made = [line for line in lines if line.outcome == "accepted"]
    assert all(one.after == two.before for one, two in pairwise(made))
    if made:
        start, end = span(town, booking_id)
        assert made[-1].after is not None
        assert (made[-1].after["start"], made[-1].after["end"]) == (start.isoformat(), end.isoformat())
    assert "Mine" not in json.dumps([[line.before, line.after, line.reasons] for line in lines], default=str)


class TestOneTransaction:
    def test_what_came_of_it(self, town: Town) -> None:
        body, etag = shown(town, "booking-1001.ics")
        later = edited(body, DTEND=moment(TUESDAY + timedelta(minutes=60)))
        made = edits.put(town.deps, wish(town, "booking-1001.ics", if_match=etag), later.encode())
        assert made == Stored(created=False, etag="")
        new = edits.put(town.deps, wish(town, "mine.ics"), event().encode())
        assert (new.created, new.etag) == (True, shown(town, "mine.ics")[1])
        again = edits.put(town.deps, wish(town, "mine.ics"), event(SUMMARY="x").encode())
        assert (again.created, again.etag) == (False, shown(town, "mine.ics")[1])

    def test_a_refusal_raises_and_leaves_all_but_the_revision(self, town: Town) -> None:
        body, etag = shown(town, "booking-1001.ics")
        past = edited(
            body, DTSTART=moment(SUNDAY - timedelta(hours=2)), DTEND=moment(SUNDAY - timedelta(hours=1))
        )
        with pytest.raises(NotEditable):
            edits.put(town.deps, wish(town, "booking-1001.ics"), past.encode())
        told, again = shown(town, "booking-1001.ics")
        assert (essence(told), sequence(told)) == (essence(body), sequence(body) + 1)
        assert again != etag

    def test_an_old_version_is_changed_by_nobody(self, town: Town) -> None:
        body, etag = shown(town, "booking-1001.ics")
        town.sql("UPDATE bookings SET notes = 'Anything else' WHERE id = 1001")
        for do in (
            lambda one: edits.put(town.deps, one, edited(body, SUMMARY="x").encode()),
            lambda one: edits.delete(town.deps, one),
        ):
            with pytest.raises(Changed):
                do(wish(town, "booking-1001.ics", if_match=etag))
        assert timeline.of_booking(town.deps, 1, 1001) == []

    def test_what_is_not_there_is_deleted_by_nobody(self, town: Town) -> None:
        with pytest.raises(NotYours):
            edits.delete(town.deps, wish(town, "nothing.ics"))

    def test_a_uid_that_is_taken_names_its_owner(self, town: Town) -> None:
        edits.put(town.deps, wish(town, "mine.ics"), event("x").encode())
        with pytest.raises(UidTaken) as taken:
            edits.put(town.deps, wish(town, "other.ics"), event("x").encode())
        assert taken.value.href == "mine.ics"

    @pytest.mark.parametrize("body", [b"", b"\xff", b"BEGIN:VCALENDAR", b"a:b\n" * 30_000])
    def test_nonsense_is_refused_and_noted_and_nothing_else(self, town: Town, body: bytes) -> None:
        with pytest.raises(Refused):
            edits.put(town.deps, wish(town, "booking-1001.ics"), body)
        [line] = timeline.of_booking(town.deps, 1, 1001)
        assert (line.outcome, line.after) == ("refused", None)
        assert verify.verify(town.deps.database, town.deps.now()).differences == []


class TestTimeline:
    def test_it_tells_who_did_what_from_where(self, town: Town) -> None:
        """A move that is refused, one that is made, a title put back, a deletion asked about: in this order."""
        href = "booking-1005.ics"
        body = edited(_team(town, href), SUMMARY="Secret title")
        steps = [
            (edited(body, DTSTART=moment(SUNDAY), DTEND=moment(SUNDAY + timedelta(hours=1))), NotEditable),
            (edited(body, DTSTART="20261126T180000Z", DTEND="20261126T184500Z"), None),
            (edited(body, DTSTART="20261126T180000Z", DTEND="20261126T184500Z"), None),
            (edited(body, STATUS="CANCELLED"), NotEditable),
        ]
        for sent, refused in steps:
            asked = wish(town, href, kind="team")
            if refused is None:
                edits.put(town.deps, asked, sent.encode())
            else:
                with pytest.raises(refused):
                    edits.put(town.deps, asked, sent.encode())
        lines = timeline.of_booking(town.deps, 1, 1005)
        assert [(line.action, line.outcome.value) for line in lines] == [
            ("change", "refused"),
            ("move", "accepted"),
            ("change", "restored"),
            ("change", "restored"),
            ("cancel", "asked"),
        ]
        assert {(line.who, line.via.value, line.staff_id) for line in lines} == {
            ("Alice Adler", "caldav", 12)
        }
        assert all(line.before for line in lines)
        assert "Secret" not in repr(lines)
        assert town.alice.password not in repr(lines)

    def test_another_business_reads_none_of_it(self, town: Town) -> None:
        with pytest.raises(NotYours):
            timeline.of_booking(town.deps, 2, 1005)


def _team(town: Town, href: str) -> str:
    with visiting(town, town.alice) as visit:
        [found] = visit.objects(visit.calendar(CalendarKind.TEAM, None), [href])
        return found.body.decode()
