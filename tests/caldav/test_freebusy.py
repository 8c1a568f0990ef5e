"""Free/busy by CalDAV: straight from the table of taken time, nothing but time, and only for those who may see it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from caldav import DAVClient
from icalendar import Calendar

from tests.caldav.client import NAMESPACES, Answer, C, Client, D, InProcess
from tests.conftest import LiveServer, Town

HOME = "/dav/s11/"
BOOKINGS = f"{HOME}bookings/"
NOVEMBER = ("20261101T000000Z", "20261201T000000Z")

HAIRCUT = "BUSY:20261124T150000Z/20261124T154500Z"
COLOUR = "BUSY-TENTATIVE:20261125T190000Z/20261125T203000Z"
BOBS = "BUSY:20261126T160000Z/20261126T164500Z"


def asked(
    client: Client, path: str, start: str | None = NOVEMBER[0], end: str | None = NOVEMBER[1]
) -> Answer:
    sides = "".join(f' {side}="{at}"' for side, at in (("start", start), ("end", end)) if at)
    query = f"<C:free-busy-query {NAMESPACES}><C:time-range{sides}/></C:free-busy-query>"
    return client.report(path, query, Depth="1")


def periods(answer: Answer) -> list[str]:
    """What an answer says is taken."""
    assert answer.status == 200, answer.text
    lines = answer.text.replace("\r\n ", "").split("\r\n")
    return [line.removeprefix("FREEBUSY;FBTYPE=") for line in lines if line.startswith("FREEBUSY")]


def take(town: Town, source: str, start: str, end: str, staff_id: int = 11, source_id: int = 7) -> None:
    """Something that is no booking takes this time."""
    business_id = 2 if staff_id == 21 else 1
    town.sql(
        "INSERT INTO daybridge.busy (business_id, staff_member_id, source, source_id, during, session) "
        "VALUES (%s, %s, %s, %s, tstzrange(%s, %s), %s)",
        *(business_id, staff_id, source, source_id, f"{start}+00", f"{end}+00", f"{source} {source_id}"),
    )


def take_often(town: Town, times: int, minutes: int) -> None:
    """From the first of 2027 on, each half hour so many minutes."""
    town.sql(
        "INSERT INTO daybridge.busy (business_id, staff_member_id, source, source_id, during, session) "
        "SELECT 1, 11, 'external', n, tstzrange(t, t + make_interval(mins => %s)), 'external ' || n "
        "FROM generate_series(1, %s) n, "
        "LATERAL (SELECT timestamptz '2026-12-31 23:30+00' + n * interval '30 min') s (t)",
        *(minutes, times),
    )


def test_bookings_are_busy_and_pending_ones_perhaps(alice: InProcess) -> None:
    answer = asked(alice, BOOKINGS)
    assert periods(answer) == [HAIRCUT, COLOUR]
    assert answer.headers["Content-Type"].split(";")[0] == "text/calendar"
    (component,) = Calendar.from_ical(answer.body).subcomponents
    assert component.name == "VFREEBUSY"
    assert (component["DTSTART"].dt, component["DTEND"].dt) == (
        datetime(2026, 11, 1, tzinfo=UTC),
        datetime(2026, 12, 1, tzinfo=UTC),
    )


def test_nothing_is_told_but_time(alice: InProcess, the_town: Town) -> None:
    take(the_town, "block", "2026-11-24 18:00", "2026-11-24 19:00")
    (component,) = Calendar.from_ical(asked(alice, BOOKINGS).body).subcomponents
    assert set(component) == {"UID", "DTSTAMP", "DTSTART", "DTEND", "FREEBUSY"}


def test_blocks_and_other_calendars_take_time_too(alice: InProcess, the_town: Town) -> None:
    take(the_town, "block", "2026-11-24 18:00", "2026-11-24 19:00")
    take(the_town, "external", "2026-11-24 15:30", "2026-11-24 16:00")
    assert periods(asked(alice, BOOKINGS)) == [
        "BUSY:20261124T150000Z/20261124T160000Z",
        "BUSY:20261124T180000Z/20261124T190000Z",
        COLOUR,
    ]


def test_busy_elsewhere_is_what_other_calendars_say(alice: InProcess, the_town: Town) -> None:
    take(the_town, "block", "2026-11-24 18:00", "2026-11-24 19:00")
    take(the_town, "external", "2026-11-24 15:30", "2026-11-24 16:00")
    assert periods(asked(alice, f"{HOME}busy/")) == ["BUSY:20261124T153000Z/20261124T160000Z"]


def test_a_manager_asks_for_a_colleague_and_for_all(alice: InProcess, the_town: Town) -> None:
    take(the_town, "external", "2026-11-25 20:00", "2026-11-25 22:00", staff_id=12)
    take(the_town, "external", "2026-11-27 09:00", "2026-11-27 10:00", staff_id=21, source_id=8)
    assert periods(asked(alice, f"{HOME}staff-12/")) == ["BUSY:20261125T200000Z/20261125T220000Z", BOBS]
    assert periods(asked(alice, f"{HOME}team/")) == [
        HAIRCUT,
        "BUSY-TENTATIVE:20261125T190000Z/20261125T200000Z",
        "BUSY:20261125T200000Z/20261125T220000Z",
        BOBS,
    ]


def test_what_the_app_changes_is_told_at_once(alice: InProcess, the_town: Town) -> None:
    the_town.sql("UPDATE bookings SET status = 1 WHERE id = 1002")
    the_town.sql(
        "UPDATE bookings SET start_time = '2026-11-24 13:00', end_time = '2026-11-24 14:00' WHERE id = 1001"
    )
    assert periods(asked(alice, BOOKINGS)) == [
        "BUSY:20261124T130000Z/20261124T140000Z",
        "BUSY:20261125T190000Z/20261125T203000Z",
    ]
    the_town.sql("UPDATE bookings SET status = 2")
    assert periods(asked(alice, BOOKINGS)) == []


def test_a_booking_takes_its_own_time_and_not_its_buffer(alice: InProcess, the_town: Town) -> None:
    the_town.sql(
        "INSERT INTO booking_policies (business_id, buffer_time_mins, created_at, updated_at) "
        "VALUES (1, 30, now(), now())"
    )
    assert periods(asked(alice, BOOKINGS)) == [HAIRCUT, COLOUR]


def test_only_the_span_that_is_asked_for(alice: InProcess) -> None:
    assert periods(asked(alice, BOOKINGS, "20261124T153000Z", "20261125T193000Z")) == [
        "BUSY:20261124T153000Z/20261124T154500Z",
        "BUSY-TENTATIVE:20261125T190000Z/20261125T193000Z",
    ]
    assert periods(asked(alice, BOOKINGS, "20261124T154500Z", "20261125T190000Z")) == []


@pytest.mark.parametrize(
    ("start", "end", "covered"),
    [
        ("20261101T000000Z", None, ("20261101T000000Z", "20271102T000000Z")),
        (None, "20271102T000000Z", ("20261101T000000Z", "20271102T000000Z")),
    ],
)
def test_an_open_side_reaches_a_year(
    alice: InProcess, start: str | None, end: str | None, covered: tuple[str, str]
) -> None:
    answer = asked(alice, BOOKINGS, start, end)
    assert len(periods(answer)) == 3
    assert [f"DTSTART:{covered[0]}", f"DTEND:{covered[1]}"] == [
        line for line in answer.text.split("\r\n") if line.startswith(("DTSTART", "DTEND"))
    ]


@pytest.mark.parametrize(
    ("start", "end", "precondition"),
    [
        (None, None, f"{C}valid-filter"),
        ("20261201T000000Z", "20261101T000000Z", f"{C}valid-filter"),
        ("20261101", "20261201", f"{C}valid-filter"),
        ("20261101T000000Z", "20271102T000001Z", f"{D}number-of-matches-within-limits"),
        ("00010101T000000Z", "99991231T000000Z", f"{D}number-of-matches-within-limits"),
        ("99990201T000000Z", None, f"{C}valid-filter"),
        (None, "00010201T000000Z", f"{C}valid-filter"),
    ],
)
def test_a_span_that_can_t_be_answered_is_refused_and_said_why(
    alice: InProcess, start: str | None, end: str | None, precondition: str
) -> None:
    answer = asked(alice, BOOKINGS, start, end)
    assert (answer.status, answer.preconditions) == (403, {precondition})
    assert answer.reason


def test_the_ends_of_time_are_only_empty(alice: InProcess) -> None:
    for start, end in (("00010101T000000Z", "00010201T000000Z"), ("99991201T000000Z", "99991231T235959Z")):
        assert periods(asked(alice, BOOKINGS, start, end)) == []


def test_a_question_without_a_time_range_is_none(alice: InProcess) -> None:
    assert alice.report(BOOKINGS, f"<C:free-busy-query {NAMESPACES}/>").status == 400


def test_more_than_ten_thousand_periods_are_refused(alice: InProcess, the_town: Town) -> None:
    year = ("20270101T000000Z", "20271231T000000Z")
    take_often(the_town, 10_001, minutes=10)
    answer = asked(alice, BOOKINGS, *year)
    assert (answer.status, answer.preconditions) == (403, {f"{D}number-of-matches-within-limits"})
    the_town.sql("DELETE FROM daybridge.busy WHERE source_id = 10001 AND source = 'external'")
    assert len(periods(asked(alice, BOOKINGS, *year))) == 10_000


def test_many_stretches_that_are_one_are_no_trouble(alice: InProcess, the_town: Town) -> None:
    take_often(the_town, 12_000, minutes=40)
    assert periods(asked(alice, BOOKINGS, "20270101T000000Z", "20270201T000000Z")) == [
        "BUSY:20270101T000000Z/20270201T000000Z"
    ]


@pytest.mark.parametrize("path", [HOME, "/dav/", f"{BOOKINGS}booking-1001.ics"])
def test_only_calendars_are_asked(alice: InProcess, path: str) -> None:
    answer = asked(alice, path)
    assert (answer.status, answer.preconditions) == (403, {f"{D}supported-report"})


@pytest.mark.parametrize("path", [f"{BOOKINGS}nothing.ics", f"{HOME}staff-99/", f"{HOME}nothing/"])
def test_what_is_not_there_is_404(alice: InProcess, path: str) -> None:
    assert asked(alice, path).status == 404


@pytest.mark.parametrize(
    "slug", ["bookings/", "busy/", "staff-12/", "team/", "bookings/booking-1001.ics", ""]
)
def test_a_stranger_learns_nothing_of_her_time(bob: InProcess, mallory: InProcess, slug: str) -> None:
    for stranger in (bob, mallory):
        for start, end in (NOVEMBER, (None, None), ("20200101T000000Z", "20300101T000000Z")):
            answer = asked(stranger, HOME + slug, start, end)
            assert answer.status == 404
            assert "2026" not in answer.text


def test_a_colleague_who_is_no_manager_asks_for_himself_only(bob: InProcess, the_town: Town) -> None:
    assert periods(asked(bob, the_town.bob.bookings)) == [BOBS]
    assert asked(bob, "/dav/s12/team/").status == asked(bob, "/dav/s12/staff-11/").status == 404


def test_the_next_business_s_time_is_its_own(mallory: InProcess) -> None:
    assert periods(asked(mallory, "/dav/s21/team/")) == ["BUSY:20261124T090000Z/20261124T100000Z"]
    assert asked(mallory, "/dav/s21/staff-11/").status == 404


def test_the_caldav_library_reads_it(live: LiveServer) -> None:
    alice, start = live.town.alice, datetime(2026, 11, 1, tzinfo=UTC)
    take(live.town, "block", "2026-11-24 18:00", "2026-11-24 19:00")
    with DAVClient(url=f"{live.address}/dav/", username=alice.email, password=alice.password) as client:
        calendar = client.principal().calendar(name="Bookings")
        answer = calendar.freebusy_request(start, start + timedelta(days=30))
        told = answer.icalendar_component["FREEBUSY"]
    assert [(period.params["FBTYPE"], period.start.hour) for period in told] == [
        ("BUSY", 15),
        ("BUSY", 18),
        ("BUSY-TENTATIVE", 19),
    ]
