"""What staff put into their own calendar: it is theirs byte for byte, takes their time, and tells others only that.

It is the Sunday before; Harbor Hair is in New York, five hours behind UTC, and open from nine to five.
"""

from __future__ import annotations

import random
from datetime import UTC, datetime

import pytest

import wsgi
from gateway.core.booking import Actor, NewBooking, Via
from gateway.core.errors import SlotTaken
from gateway.services import availability, blocks, bookings, grant, verify
from tests.caldav.client import C, D, InProcess, between, calendar, event
from tests.caldav.editing import (
    ALICES,
    BOBS,
    BOBS_HAIRCUT,
    HAIRCUT,
    NEEDED,
    NOT_EDITABLE,
    TEAM,
    Sight,
    edited,
    is_refused,
    working,
)
from tests.conftest import Town

MINE = f"{BOBS}mine.ics"
BOBS_SEEN_BY_ALICE = "/dav/s11/staff-12/"
SECRETS = ("Dentist", "root canal", "Room 3", "dr@example.com", "VALARM", "X-MOOD")
# A Monday, two to three in New York.
PRIVATE = event(
    DTSTART="20261130T190000Z",
    DTEND="20261130T200000Z",
    SUMMARY="Dentist",
    DESCRIPTION="root canal",
    LOCATION="Room 3",
    ATTENDEE="mailto:dr@example.com",
    X_MOOD="bad",
).replace("X_MOOD", "X-MOOD").replace(
    "END:VEVENT", "BEGIN:VALARM\r\nACTION:DISPLAY\r\nDESCRIPTION:Go\r\nTRIGGER:-PT1H\r\nEND:VALARM\r\nEND:VEVENT"
)  # fmt: skip
# A program's own zone, four hours behind UTC all the year.
ATLANTIS = (
    "BEGIN:VTIMEZONE\r\nTZID:Atlantis\r\nBEGIN:STANDARD\r\nDTSTART:19700101T000000\r\nTZOFFSETFROM:-0400\r\n"
    "TZOFFSETTO:-0400\r\nEND:STANDARD\r\nEND:VTIMEZONE\r\n"
)


@pytest.fixture
def town(the_town: Town) -> Town:
    return working(the_town)


def taken(town: Town, staff_id: int = 12) -> list[str]:
    """What blocks take of a staff member's time, in UTC."""
    found = town.sql(
        "SELECT to_char(lower(during) AT TIME ZONE 'UTC', 'MM-DD HH24:MI') || ' '"
        " || to_char(upper(during) AT TIME ZONE 'UTC', 'MM-DD HH24:MI') FROM daybridge.busy"
        " WHERE business_id = 1 AND staff_member_id = %s AND source = 'block' ORDER BY during",
        staff_id,
    )
    return [str(span) for (span,) in found]


def stored(town: Town) -> list[tuple[object, ...]]:
    """Everything that a refused write must not touch; ETags may change, so that apps fetch the truth again."""
    return [
        *town.sql(
            "SELECT href, uid, deleted, body FROM daybridge.calendar_objects ORDER BY calendar_id, href"
        ),
        *town.sql("SELECT href, staff_member_id, body, kept FROM daybridge.personal_objects ORDER BY href"),
        *town.sql("SELECT * FROM daybridge.blocks ORDER BY href"),
        *town.sql("SELECT * FROM daybridge.busy ORDER BY source, source_id, instance"),
    ]


def put(client: InProcess, body: str | bytes, path: str = MINE, **headers: str) -> str:
    """Its ETag."""
    answer = client("PUT", path, body, **headers)
    assert answer.status in (201, 204), (answer.status, answer.text)
    return answer.headers["ETag"]


def logged(town: Town) -> list[tuple[object, ...]]:
    return town.sql(
        "SELECT who, action, outcome, staff_member_id FROM daybridge.calendar_sync_logs ORDER BY id"
    )


class TestKeeping:
    def test_a_new_one_is_stored_byte_for_byte(self, town: Town, bob: InProcess) -> None:
        odd = PRIVATE.replace("\r\n", "\n").replace("Dentist", "Denti\n st, caf\u00e9").encode()
        answer = bob("PUT", MINE, odd, If_None_Match="*")
        assert (answer.status, answer.body) == (201, b"")
        got = bob("GET", MINE)
        assert (got.body, got.headers["ETag"]) == (odd, answer.headers["ETag"])
        assert got.headers["Content-Type"].startswith("text/calendar")
        assert verify.verify(town.deps.database, town.deps.now()).differences == []

    def test_it_changes_with_what_was_sent(self, town: Town, bob: InProcess) -> None:
        first = put(bob, PRIVATE)
        later = edited(PRIVATE, DTSTART="20261130T210000Z", DTEND="20261130T213000Z")
        answer = bob("PUT", MINE, later, If_Match=first)
        assert answer.status == 204
        assert (bob("GET", MINE).text, bob.etag(MINE)) == (later, answer.headers["ETag"])
        assert answer.headers["ETag"] != first
        assert taken(town) == ["11-30 21:00 11-30 21:30"]

    def test_it_goes_when_it_is_deleted(self, town: Town, bob: InProcess) -> None:
        token = bob.sync(BOBS).token
        etag = put(bob, PRIVATE)
        between_ = bob.sync(BOBS, token).token
        assert bob("DELETE", MINE, If_Match='"old"').status == 412
        assert bob("DELETE", MINE, If_Match=etag).status == 204
        assert (taken(town), bob("GET", MINE).status) == ([], 404)
        assert bob.sync(BOBS, between_).members[MINE].status == 404
        assert bob("DELETE", MINE).status == 404
        assert town.sql("SELECT FROM daybridge.personal_objects") == []
        assert town.sql("SELECT FROM daybridge.blocks") == []
        kept = town.sql("SELECT body FROM daybridge.calendar_objects WHERE href = 'mine.ics'")
        assert [bytes(body) for (body,) in kept] == [b""], "nothing of it stays"  # type: ignore[arg-type]

    @pytest.mark.parametrize(
        ("header", "status"),
        [({"If_None_Match": "*"}, 412), ({"If_Match": '"old"'}, 412), ({"If_Match": "{}"}, 204),
         ({"If_Match": "W/{}"}, 204), ({"If_Match": '"old", {}'}, 204), ({"If_Match": "*"}, 204),
         ({"If_None_Match": '"old"'}, 204), ({}, 204)],
    )  # fmt: skip
    def test_conditions_hold(self, town: Town, bob: InProcess, header: dict[str, str], status: int) -> None:
        etag = put(bob, PRIVATE)
        before = stored(town)
        conditions = {name: value.format(etag) for name, value in header.items()}
        answer = bob("PUT", MINE, edited(PRIVATE, SUMMARY="Other"), **conditions)
        assert answer.status == status
        assert (stored(town) == before) == (status == 412)

    def test_what_is_not_there_can_not_be_changed(self, town: Town, bob: InProcess) -> None:
        assert bob("PUT", MINE, PRIVATE, If_Match="*").status == 412
        assert "mine.ics" not in bob.names(BOBS)

    def test_every_way_of_reading_tells_it(self, bob: InProcess) -> None:
        token = bob.sync(BOBS).token
        etag = put(bob, PRIVATE)
        props = "<D:getetag/><C:calendar-data/>"
        window = between("20261130T190000Z", "20261130T191500Z")
        for answer in (
            bob.sync(BOBS, token, props=props),
            bob.multiget(BOBS, MINE),
            bob.query(BOBS, window, props),
            bob.query(BOBS, '<C:comp-filter name="VEVENT"><C:prop-filter name="SUMMARY"><C:text-match>dentist'
                      "</C:text-match></C:prop-filter></C:comp-filter>", props),
        ):  # fmt: skip
            assert list(answer.members) == [MINE]
            found = answer.members[MINE].found
            assert found[f"{D}getetag"].text == etag
            assert found[f"{C}calendar-data"].text == PRIVATE.replace("\r\n", "\n")
        assert MINE not in bob.query(BOBS, between("20261130T200000Z", "20261130T210000Z"), props).members

    @pytest.mark.parametrize(
        ("lines", "first", "last"),
        [
            ({}, "20261130T190000Z", "20261130T200000Z"),
            ({"TRANSP": "TRANSPARENT"}, "20261130T190000Z", "20261130T200000Z"),
            ({"DTEND": "", "DTSTART": ";VALUE=DATE:20261130"}, "20261130T050000Z", "20261201T050000Z"),
            (
                {"DTSTART": "20261130T190000", "DTEND": "20261130T200000"},
                "20261201T000000Z",
                "20261201T010000Z",
            ),
            ({"DTEND": ""}, "20261130T190000Z", "20261130T190001Z"),
        ],
        ids=["once", "free", "all day", "floating", "an instant"],
    )
    def test_one_is_found_from_its_first_second_to_its_last(
        self, bob: InProcess, lines: dict[str, str], first: str, last: str
    ) -> None:
        put(bob, edited(PRIVATE, **lines))
        assert MINE in bob.query(BOBS, between(first, last)).members
        assert MINE not in bob.query(BOBS, between("20261120T000000Z", first)).members
        assert MINE not in bob.query(BOBS, between(last, "20261210T000000Z")).members

    def test_a_recurring_one_is_found_where_it_happens(self, bob: InProcess) -> None:
        put(bob, edited(PRIVATE, RRULE="FREQ=WEEKLY"))
        for start, end, found in (
            ("20261130T190000Z", "20261130T200000Z", True),
            ("20270301T190000Z", "20270301T200000Z", True),
            ("20270302T000000Z", "20270306T000000Z", False),
            ("20261101T000000Z", "20261129T000000Z", False),
        ):
            assert (MINE in bob.query(BOBS, between(start, end)).members) is found, start

    def test_a_deleted_uid_is_free_for_another_name(self, town: Town, bob: InProcess) -> None:
        for number in range(3):
            path = f"{BOBS}{number}.ics"
            put(bob, PRIVATE, path, If_None_Match="*")
            assert bob("GET", path).text == PRIVATE
            assert bob("DELETE", path).status == 204
        put(bob, PRIVATE, f"{BOBS}0.ics")
        assert len(taken(town)) == 1

    def test_nobody_can_stand_in_the_way_of_a_deleted_uid(self, town: Town, bob: InProcess) -> None:
        put(bob, event("x"), f"{BOBS}a.ics")
        assert bob("DELETE", f"{BOBS}a.ics").status == 204
        put(bob, event("x#a.ics"), f"{BOBS}b.ics")
        put(bob, event("x"), f"{BOBS}c.ics")
        assert {"b.ics", "c.ics"} < bob.names(BOBS)

    def test_a_deleted_name_is_free_for_another_uid(self, bob: InProcess) -> None:
        put(bob, PRIVATE)
        bob("DELETE", MINE)
        put(bob, event("another"))
        assert bob("GET", MINE).text == event("another")

    def test_the_timeline_tells_when_and_never_what(self, town: Town, bob: InProcess) -> None:
        put(bob, PRIVATE)
        put(bob, edited(PRIVATE, SUMMARY="Dentist again"))
        bob("DELETE", MINE)
        told = [("Bob Brandt", action, "accepted", 12) for action in ("block", "change block", "unblock")]
        assert logged(town) == told
        whole = repr(town.sql("SELECT * FROM daybridge.calendar_sync_logs"))
        assert not [secret for secret in SECRETS if secret in whole]


class TestOthersSeeOnlyBusy:
    @pytest.fixture(autouse=True)
    def there(self, town: Town, bob: InProcess) -> None:
        put(bob, PRIVATE)

    def test_the_manager(self, alice: InProcess, bob: InProcess) -> None:
        path = BOBS_SEEN_BY_ALICE + "mine.ics"
        props = "<D:getetag/><C:calendar-data/>"
        answers = [
            alice("GET", path),
            alice("GET", BOBS_SEEN_BY_ALICE),
            alice.multiget(BOBS_SEEN_BY_ALICE, path),
            alice.sync(BOBS_SEEN_BY_ALICE, props=props),
            alice.query(BOBS_SEEN_BY_ALICE, between("20261130T190000Z", "20261130T191500Z"), props),
        ]
        for answer in answers:
            assert "SUMMARY:Busy" in answer.text
            assert not [secret for secret in SECRETS if secret in answer.text]
        assert alice.etag(path) == answers[0].headers["ETag"] != bob.etag(MINE)
        assert "20261130T190000Z" in answers[0].text

    def test_it_is_no_booking_of_the_team(self, alice: InProcess) -> None:
        assert "mine.ics" not in alice.names(TEAM)

    @pytest.mark.parametrize("detail", ["full", "service", "busy"])
    def test_a_feed(self, town: Town, bob: InProcess, detail: str) -> None:
        address = (
            "/feeds/"
            + grant.feed(town.deps, 1, "bookings", 12, detail, "wall").secret.rpartition("/feeds/")[2]
        )
        answer = bob("GET", address)
        assert (
            "SUMMARY:Busy\r\n"
            in answer.text.partition("DTSTART:20261130T190000Z")[2].partition("END:VEVENT")[0]
        )
        assert not [secret for secret in SECRETS if secret in answer.text]
        assert bob("GET", address, If_None_Match=answer.headers["ETag"]).status == 304
        bob("DELETE", MINE)
        later = bob("GET", address, If_None_Match=answer.headers["ETag"])
        assert (later.status, "20261130T190000Z" in later.text) == (200, False)

    def test_no_feed_of_anybody_else(self, town: Town, bob: InProcess) -> None:
        for kind, staff_id in (("team", None), ("bookings", 11)):
            address = grant.feed(town.deps, 1, kind, staff_id, "full", "wall").secret.rpartition("/feeds/")[2]
            assert "20261130T190000Z" not in bob("GET", "/feeds/" + address).text

    @pytest.mark.parametrize("folder", [BOBS, BOBS_SEEN_BY_ALICE, "/dav/s21/staff-12/"])
    def test_a_stranger_not_even_that(self, town: Town, mallory: InProcess, folder: str) -> None:
        before = stored(town)
        for method in ("GET", "PUT", "DELETE", "PROPFIND"):
            assert mallory(method, f"{folder}mine.ics", PRIVATE if method == "PUT" else "").status == 404
        assert stored(town) == before

    @pytest.mark.parametrize("method", ["PUT", "DELETE"])
    def test_only_its_owner_changes_it(self, town: Town, alice: InProcess, method: str) -> None:
        before = stored(town)
        is_refused(alice(method, BOBS_SEEN_BY_ALICE + "mine.ics", PRIVATE), NOT_EDITABLE, "colleague")
        assert stored(town) == before

    @pytest.mark.parametrize("folder", [BOBS_SEEN_BY_ALICE, TEAM])
    def test_nobody_takes_a_colleague_s_time(self, town: Town, alice: InProcess, folder: str) -> None:
        before = stored(town)
        is_refused(alice("PUT", f"{folder}new.ics", event("x")), NOT_EDITABLE, "own calendar")
        assert stored(town) == before

    def test_two_people_may_keep_the_same_event(self, town: Town, alice: InProcess) -> None:
        """They were both invited to it."""
        put(alice, PRIVATE, f"{ALICES}mine.ics")
        assert taken(town, 11) == taken(town, 12) == ["11-30 19:00 11-30 20:00"]


def zoned(start: str, end: str, zone: str) -> str:
    return edited(PRIVATE, DTSTART=f";TZID={zone}:{start}", DTEND=f";TZID={zone}:{end}")


ALL_DAY = edited(PRIVATE, DTSTART=";VALUE=DATE:20261201", DTEND=";VALUE=DATE:20261203")
THRICE = edited(PRIVATE, RRULE="FREQ=DAILY;COUNT=3")
TWO = ["11-30 19:00 11-30 20:00", "12-02 19:00 12-02 20:00"]


def overridden(master: str, override: str) -> str:
    inner = override[override.index("BEGIN:VEVENT") : override.index("END:VCALENDAR")]
    return master.replace("END:VCALENDAR", f"{inner}END:VCALENDAR")


class TestTakingTime:
    @pytest.mark.parametrize(
        ("body", "spans"),
        [
            (PRIVATE, ["11-30 19:00 11-30 20:00"]),
            (ALL_DAY, ["12-01 05:00 12-03 05:00"]),
            (edited(PRIVATE, DTSTART=";VALUE=DATE:20261201", DTEND=""), ["12-01 05:00 12-02 05:00"]),
            (edited(PRIVATE, DTSTART="20261130T140000", DTEND="20261130T150000"), ["11-30 19:00 11-30 20:00"]),
            (edited(PRIVATE, DTEND="", DURATION="PT90M"), ["11-30 19:00 11-30 20:30"]),
            (zoned("20261130T140000", "20261130T150000", "America/New_York"), ["11-30 19:00 11-30 20:00"]),
            (
                zoned("20261130T150000", "20261130T160000", "Atlantis").replace(
                    "BEGIN:VEVENT", f"{ATLANTIS}BEGIN:VEVENT"
                ),
                ["11-30 19:00 11-30 20:00"],
            ),
            (edited(PRIVATE, TRANSP="TRANSPARENT"), []),
            (edited(PRIVATE, STATUS="CANCELLED"), []),
            (edited(PRIVATE, DTEND=""), []),
            (THRICE, [TWO[0], "12-01 19:00 12-01 20:00", TWO[1]]),
            (edited(THRICE, EXDATE="20261201T190000Z"), TWO),
            (edited(PRIVATE, RDATE="20261202T190000Z"), TWO),
            (
                overridden(THRICE, edited(PRIVATE, RECURRENCE_ID="20261201T190000Z", DTSTART="20261204T120000Z",
                                          DTEND="20261204T121500Z")),
                [*TWO, "12-04 12:00 12-04 12:15"],
            ),
            (overridden(THRICE, edited(PRIVATE, RECURRENCE_ID="20261201T190000Z", TRANSP="TRANSPARENT")), TWO),
            (edited(PRIVATE, DTSTART="20010101T100000Z", DTEND="20010101T110000Z"), ["01-01 10:00 01-01 11:00"]),
        ],
        ids=["once", "all day", "one whole day", "floating", "with a length", "in a zone", "in a zone of its own",
             "free", "cancelled", "without a length", "thrice", "left out", "a date more", "one moved", "one free",
             "long ago"],
    )  # fmt: skip
    def test_exactly_what_it_says(self, town: Town, bob: InProcess, body: str, spans: list[str]) -> None:
        put(bob, body)
        assert taken(town) == spans
        assert bob("GET", MINE).text == body

    def test_through_the_change_of_clocks_on_the_wall(self, town: Town, bob: InProcess) -> None:
        put(
            bob,
            edited(
                zoned("20270308T090000", "20270308T100000", "America/New_York"), RRULE="FREQ=WEEKLY;COUNT=2"
            ),
        )
        assert taken(town) == ["03-08 14:00 03-08 15:00", "03-15 13:00 03-15 14:00"]

    def test_for_ever_is_as_far_as_the_horizon_and_further_each_day(self, town: Town, bob: InProcess) -> None:
        put(bob, edited(PRIVATE, RRULE="FREQ=DAILY"))
        held = taken(town)
        ahead = town.deps.settings.sync_import_days_ahead
        assert abs(len(held) - (ahead - 8)) <= 1
        assert held[0] == "11-30 19:00 11-30 20:00"

    def test_a_booking_can_not_be_made_over_it(self, town: Town, bob: InProcess) -> None:
        put(bob, PRIVATE)
        monday = datetime(2026, 11, 30, 19, 30, tzinfo=UTC)
        with pytest.raises(SlotTaken) as refused:
            bookings.book(town.deps, Actor(1, Via.API, "app"), NewBooking(12, 31, monday, None, 61))
        assert [reason.code for reason in refused.value.reasons] == ["BLOCK"]
        explained = availability.explain(town.deps, 1, 12, 31, monday)
        assert [reason.code for reason in explained.reasons] == ["BLOCK"]
        assert not [secret for secret in SECRETS if secret in repr(explained)]
        bob("DELETE", MINE)
        assert bookings.book(town.deps, Actor(1, Via.API, "app"), NewBooking(12, 31, monday, None, 61)).id

    def test_over_a_booking_it_is_taken_and_shown_as_a_conflict(self, town: Town, bob: InProcess) -> None:
        put(bob, edited(PRIVATE, DTSTART="20261126T160000Z", DTEND="20261126T170000Z"))
        assert taken(town) == ["11-26 16:00 11-26 17:00"]
        [(status,)] = town.sql("SELECT status FROM bookings WHERE id = 1005")
        assert status == 1
        answer = Sight(bob, BOBS, BOBS_HAIRCUT).move("20261126T113000", "20261126T121500")
        assert answer.status == 403
        assert Sight(bob, BOBS, BOBS_HAIRCUT).move("20261126T120000", "20261126T124500").status == 204

    def test_two_may_lie_over_each_other(self, town: Town, bob: InProcess) -> None:
        put(bob, PRIVATE)
        put(bob, event("second", DTSTART="20261130T193000Z", DTEND="20261130T203000Z"), f"{BOBS}second.ics")
        assert len(taken(town)) == 2

    def test_a_colleague_s_time_stays_free(self, town: Town, bob: InProcess) -> None:
        put(bob, PRIVATE)
        monday = datetime(2026, 11, 30, 19, 0, tzinfo=UTC)
        assert availability.explain(town.deps, 1, 11, 31, monday).free


class TestNothingIsCaptured:
    """A booking's name and UID are the booking's, whether it is there or not."""

    @pytest.mark.parametrize("name", [HAIRCUT, "booking-1004.ics", "booking-99999.ics", BOBS_HAIRCUT])
    def test_no_name_of_a_booking(self, town: Town, bob: InProcess, name: str) -> None:
        before = stored(town)
        answer = bob("PUT", BOBS + name, event("mine@phone"))
        if name == BOBS_HAIRCUT:
            assert answer.preconditions == {f"{C}no-uid-conflict"}
        else:
            is_refused(answer, NOT_EDITABLE, "booking system")
            assert stored(town) == before

    @pytest.mark.parametrize("booking_id", [1001, 1004, 99999, 2001])
    @pytest.mark.parametrize("change", [str, str.upper], ids=["as it is", "in capitals"])
    def test_no_uid_of_a_booking(self, town: Town, bob: InProcess, booking_id: int, change: object) -> None:
        before = stored(town)
        [(installation,)] = town.sql("SELECT id::text FROM daybridge.installation")
        uid = change(f"booking-{booking_id}@{installation}")  # type: ignore[operator]
        is_refused(bob("PUT", MINE, event(uid)), NOT_EDITABLE, "booking system")
        assert stored(town) == before

    def test_another_installation_s_booking_may_be_kept(self, bob: InProcess) -> None:
        put(bob, event("booking-1001@0b5c7f0e-0000-4000-8000-000000000000"))

    def test_a_cancelled_booking_does_not_come_back(self, town: Town, bob: InProcess) -> None:
        seen = Sight(bob, BOBS, BOBS_HAIRCUT)
        town.sql("UPDATE bookings SET status = 2 WHERE id = 1005")
        for path in (seen.path, MINE):
            is_refused(bob("PUT", path, seen.body), NOT_EDITABLE, "booking system")
        assert bob.names(BOBS) == {"booking-1006.ics"}

    def test_a_booking_that_is_there_is_named(self, bob: InProcess) -> None:
        answer = bob("PUT", MINE, Sight(bob, BOBS, BOBS_HAIRCUT).body)
        assert answer.preconditions == {f"{C}no-uid-conflict"}
        assert answer.root.findtext(f"{C}no-uid-conflict/{D}href") == BOBS + BOBS_HAIRCUT

    def test_a_uid_is_there_once(self, town: Town, bob: InProcess) -> None:
        put(bob, PRIVATE)
        before = stored(town)
        answer = bob("PUT", f"{BOBS}copy.ics", PRIVATE)
        assert (answer.status, answer.preconditions) == (403, {f"{C}no-uid-conflict"})
        assert answer.root.findtext(f"{C}no-uid-conflict/{D}href") == MINE
        assert bob("PUT", MINE, event("another")).preconditions == {f"{C}no-uid-conflict"}
        assert stored(town) == before

    def test_a_booking_made_meanwhile_is_shown_all_the_same(self, town: Town, bob: InProcess) -> None:
        put(bob, PRIVATE)
        town.sql("UPDATE bookings SET staff_member_id = 12 WHERE id = 1001")
        assert bob.names(BOBS) == {"mine.ics", HAIRCUT, BOBS_HAIRCUT, "booking-1006.ics"}


def secondly(rule: str) -> str:
    return edited(PRIVATE, RRULE=rule)


HOSTILE = {
    "nothing": ("", "valid-calendar-data"),
    "garbage": ("\x7fELF\x02", "valid-calendar-data"),
    "cut off": (PRIVATE[:-40], "valid-calendar-data"),
    "to-do": (PRIVATE.replace("VEVENT", "VTODO").replace("DTEND", "DUE"), "supported-calendar-component"),
    "nothing in it": (calendar(""), "valid-calendar-object-resource"),
    "method": (PRIVATE.replace("VERSION:2.0", "VERSION:2.0\r\nMETHOD:REQUEST"), "valid-calendar-object-resource"),
    "two UIDs": (overridden(PRIVATE, event("other")), "valid-calendar-object-resource"),
    "no UID": (event(UID=""), "valid-calendar-object-resource"),
    "version": (PRIVATE.replace("VERSION:2.0", "VERSION:1.0"), "supported-calendar-data"),
    "too large": (event(SUMMARY="x" * 1_100_000), "max-resource-size"),
    "before time": (edited(PRIVATE, DTSTART="00010101T000000Z", DTEND=""), "min-date-time"),
    "after time": (edited(PRIVATE, DTSTART="99991231T230000Z", DTEND=""), "max-date-time"),
    "every second": (secondly("FREQ=SECONDLY"), "max-instances"),
    "every minute": (secondly("FREQ=MINUTELY"), "max-instances"),
    "every second of each day": (
        secondly("FREQ=DAILY;BYHOUR=" + ",".join(map(str, range(24))) + ";BYMINUTE=" + ",".join(map(str, range(60)))),
        "max-instances",
    ),
    "every hour": (secondly("FREQ=HOURLY"), "max-instances"),
    "every hour, from next year": (
        edited(PRIVATE, DTSTART="20271220T190000Z", DTEND="20271220T191000Z", RRULE="FREQ=HOURLY"),
        "max-instances",
    ),
    "every hour, from later than we look": (
        edited(PRIVATE, DTSTART="20300101T190000Z", DTEND="20300101T191000Z", RRULE="FREQ=HOURLY"),
        "max-instances",
    ),
    "ten thousand and more": (secondly("FREQ=HOURLY;COUNT=20000"), "max-instances"),
    "no rule": (secondly("FREQ=SOMETIMES"), "valid-calendar-data"),
    "a long UID": (event("\u4e2d" * 999), "valid-calendar-object-resource"),
}  # fmt: skip


class TestWhatCanNotBeKept:
    @pytest.mark.parametrize(("body", "precondition"), HOSTILE.values(), ids=HOSTILE.keys())
    @pytest.mark.parametrize("there", [False, True], ids=["new", "instead"])
    def test_it_is_refused_by_name_and_changes_nothing(
        self, town: Town, bob: InProcess, body: str, precondition: str, there: bool
    ) -> None:
        if there:
            put(bob, PRIVATE)
        before = stored(town)
        is_refused(bob("PUT", MINE, body), {f"{C}{precondition}"})
        assert stored(town) == before

    def test_what_was_refused_is_told_again_at_the_next_sync(
        self, town: Town, alice: InProcess, bob: InProcess
    ) -> None:
        etag = put(bob, PRIVATE)
        for client, folder, body, text in (
            (bob, BOBS, secondly("FREQ=SECONDLY"), PRIVATE),
            (bob, BOBS, secondly("FREQ=SECONDLY"), PRIVATE),
            (alice, BOBS_SEEN_BY_ALICE, PRIVATE, alice("GET", BOBS_SEEN_BY_ALICE + "mine.ics").text),
        ):
            token, before = client.sync(folder).token, client.etag(folder + "mine.ics")
            assert client("PUT", folder + "mine.ics", body).status == 403
            members = client.sync(folder, token).members
            assert list(members) == [folder + "mine.ics"]
            got = client("GET", folder + "mine.ics")
            assert members[folder + "mine.ics"].found[f"{D}getetag"].text == got.headers["ETag"] != before
            assert got.text == text
        assert bob("PUT", MINE, PRIVATE, If_Match=etag).status == 412
        assert bob("PUT", MINE, PRIVATE, If_Match=bob.etag(MINE)).status == 204
        assert verify.verify(town.deps.database, town.deps.now()).differences == []

    def test_never_is_a_rule_too(self, town: Town, bob: InProcess) -> None:
        put(bob, secondly("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30"))
        assert len(taken(town)) <= 1

    def test_the_longest_uid_is_kept_found_and_given_back(self, bob: InProcess) -> None:
        chance = random.Random(5)  # what can't be pressed into less
        uid = "".join(chr(chance.randint(0x4E00, 0x9FFF)) for _ in range(333))
        for path in (MINE, f"{BOBS}{'y' * 1900}.ics"):
            put(bob, event(uid), path)
            assert bob("DELETE", path).status == 204
        put(bob, event(uid))

    @pytest.mark.parametrize("name", ["a%00b.ics", "%00"])
    def test_a_name_that_can_not_be_kept_is_none(self, town: Town, bob: InProcess, name: str) -> None:
        before = stored(town)
        assert bob("PUT", BOBS + name, PRIVATE).status == 400
        assert bob("DELETE", BOBS + name).status == 400
        assert stored(town) == before

    def test_a_calendar_has_room_for_so_many(
        self, town: Town, bob: InProcess, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(blocks, "MOST_BLOCKS", 2)
        for number in range(2):
            put(bob, event(f"{number}"), f"{BOBS}{number}.ics")
        before = stored(town)
        is_refused(bob("PUT", f"{BOBS}2.ics", event("2")), NOT_EDITABLE, "delete some")
        assert stored(town) == before
        put(bob, event("0", SUMMARY="Changed"), f"{BOBS}0.ics")
        bob("DELETE", f"{BOBS}1.ics")
        put(bob, event("2"), f"{BOBS}2.ics")

    @pytest.mark.parametrize("path", ["/dav/s12/busy/mine.ics", BOBS, "/dav/s12/", "/dav/"])
    def test_where_nothing_can_be_kept(self, town: Town, bob: InProcess, path: str) -> None:
        before = stored(town)
        is_refused(bob("PUT", path, PRIVATE), {NEEDED})
        assert stored(town) == before

    def test_should_we_fail_nothing_of_it_is_there(
        self, town: Town, bob: InProcess, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        put(bob, PRIVATE)
        before, told = stored(town), logged(town)

        def fails(*_: object, **__: object) -> None:
            raise RuntimeError("the power fails")

        monkeypatch.setattr(blocks.synclog, "note", fails)
        assert bob("PUT", MINE, edited(PRIVATE, SUMMARY="Changed")).status == 500
        assert bob("PUT", f"{BOBS}new.ics", event("new")).status == 500
        assert bob("DELETE", MINE).status == 500
        assert (stored(town), logged(town)) == (before, told)


def test_an_app_that_is_signed_out_keeps_nothing(town: Town, bob: InProcess) -> None:
    town.sql("UPDATE daybridge.app_passwords SET revoked_at = now() WHERE staff_member_id = 12")
    assert InProcess(wsgi.mount(town.deps), town.bob)("PUT", MINE, PRIVATE).status == 401
    assert town.sql("SELECT FROM daybridge.blocks") == []
