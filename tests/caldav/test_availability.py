"""Working hours as a property of one's calendar (RFC 7953): read, changed, refused with a reason, and never lost."""

from __future__ import annotations

import json
from typing import Any
from xml.sax.saxutils import escape

import pytest
from icalendar import Calendar

from tests.caldav.client import CS, ICAL, NAMESPACES, Answer, C, Client, D, InProcess
from tests.conftest import Town

HOME = "/dav/s11/"
BOOKINGS = f"{HOME}bookings/"
HOURS = f"{C}calendar-availability"
APPLES = f"{CS}calendar-availability"
PROTECTED = f"{D}cannot-modify-protected-property"

NINE_TO_FIVE = [{"start": "09:00", "end": "17:00"}]
STORED = {
    **dict.fromkeys(("monday", "tuesday", "wednesday", "thursday"), NINE_TO_FIVE),
    "friday": [{"start": "09:00", "end": "12:00"}, {"start": "13:00", "end": "23:59"}],
    "saturday": [],
    "sunday": [],
    "exceptions": {"2026-12-24": [], "2026-12-28": [{"start": "10:00", "end": "11:00"}]},
}
COLOUR = "<I:calendar-color>#112233FF</I:calendar-color>"


def have(town: Town, availability: object, staff_id: int = 11) -> None:
    """The app has these hours for someone, since long ago."""
    town.sql(
        "UPDATE staff_members SET availability = %s::jsonb, updated_at = '2026-01-02 03:04:05' WHERE id = %s",
        *(json.dumps(availability), staff_id),
    )


def had(town: Town, staff_id: int = 11) -> Any:
    return town.sql("SELECT availability FROM staff_members WHERE id = %s", staff_id)[0][0]


def touched(town: Town, staff_id: int = 11) -> bool:
    """Whether the app knows that its free times have to be worked out anew."""
    return bool(
        town.sql(
            "SELECT updated_at > (now() AT TIME ZONE 'UTC') - interval '1 hour' "
            "AND updated_at <= (clock_timestamp() AT TIME ZONE 'UTC') FROM staff_members WHERE id = %s",
            staff_id,
        )[0][0]
    )


def told(client: Client, path: str = BOOKINGS, prop: str = "C:calendar-availability") -> str | None:
    """The hours that a calendar tells; None where it tells none."""
    (member,) = client.propfind(path, prop).members.values()
    return next((found.text or "" for found in member.found.values()), None)


def mornings(days: str = "MO,TU", more: str = "", zone: str = "America/New_York") -> str:
    """Nine to twelve, as a client would write it."""
    rule = f"RRULE:FREQ=WEEKLY;BYDAY={days}{more}"
    moments = f"DTSTART;TZID={zone}:20260105T090000\r\nDTEND;TZID={zone}:20260105T120000"
    return (
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Phone//EN\r\nBEGIN:VAVAILABILITY\r\nUID:a\r\n"
        f"DTSTAMP:20261101T000000Z\r\nBEGIN:AVAILABLE\r\nUID:b\r\nSUMMARY:Work\r\n{moments}\r\n{rule}\r\n"
        "END:AVAILABLE\r\nEND:VAVAILABILITY\r\nEND:VCALENDAR\r\n"
    )


def set_hours(
    client: Client, text: str, path: str = BOOKINGS, others: str = "", name: str = "C:calendar-availability"
) -> Answer:
    return client.proppatch(path, f"<D:set><D:prop>{others}<{name}>{escape(text)}</{name}></D:prop></D:set>")


def statuses(answer: Answer) -> dict[int, set[str]]:
    (member,) = answer.members.values()
    return {status: set(props) for status, props in member.props.items()}


def refused(answer: Answer) -> tuple[set[str], str]:
    """What a refused property violates, and what a person reads."""
    (propstat,) = [
        one for one in answer.root.iter(f"{D}propstat") if "403" in (one.findtext(f"{D}status") or "")
    ]
    error = propstat.find(f"{D}error")
    assert error is not None
    return {child.tag for child in error}, propstat.findtext(f"{D}responsedescription") or ""


def timeline(town: Town) -> list[tuple[object, ...]]:
    return town.sql(
        "SELECT outcome, via, who, staff_member_id, before, after, reasons "
        "FROM daybridge.calendar_sync_logs WHERE action = 'change hours' ORDER BY id"
    )


class TestReading:
    @pytest.mark.parametrize("prop", ["C:calendar-availability", "CS:calendar-availability"])
    def test_the_hours_are_a_vavailability(self, alice: InProcess, the_town: Town, prop: str) -> None:
        have(the_town, STORED)
        text = told(alice, prop=prop) or ""
        parsed = Calendar.from_ical(text)
        assert [part.name for part in parsed.subcomponents] == ["VTIMEZONE", *["VAVAILABILITY"] * 3]
        assert "DTSTART;TZID=America/New_York" in text
        assert "RRULE:FREQ=WEEKLY;BYDAY=MO,TU,WE,TH" in text
        assert "DTSTAMP:20260102T030405Z" in text

    def test_only_who_asks_for_them_gets_them(self, alice: InProcess, the_town: Town) -> None:
        have(the_town, STORED)
        questions = (
            "<D:allprop/>",
            "<D:propname/>",
            "<D:allprop/><D:include><C:calendar-availability/></D:include>",
        )
        bodies = [f"<D:propfind {NAMESPACES}>{question}</D:propfind>" for question in questions]
        found = [alice("PROPFIND", BOOKINGS, body, Depth="0").members[BOOKINGS].found for body in bodies]
        assert [{HOURS, APPLES} & set(one) for one in found] == [set(), {HOURS, APPLES}, {HOURS}]

    def test_the_home_tells_one_s_own_and_a_manager_her_colleagues(
        self, alice: InProcess, bob: InProcess, the_town: Town
    ) -> None:
        have(the_town, STORED)
        have(the_town, {"monday": NINE_TO_FIVE}, staff_id=12)
        members = alice.propfind(HOME, "C:calendar-availability", depth="1").members
        texts = {href: member.found[HOURS].text or "" for href, member in members.items() if member.found}
        assert texts.keys() == {BOOKINGS, f"{HOME}staff-12/"}
        assert "BYDAY=MO\n" in texts[f"{HOME}staff-12/"]
        assert "UID:hours-12@" in texts[f"{HOME}staff-12/"]
        of_bob = bob.propfind("/dav/s12/", "C:calendar-availability", depth="1").members
        assert [href for href, member in of_bob.items() if member.found] == ["/dav/s12/bookings/"]

    @pytest.mark.parametrize("path", [f"{HOME}busy/", f"{HOME}team/", HOME, f"{BOOKINGS}booking-1001.ics"])
    def test_nothing_else_has_hours(self, alice: InProcess, the_town: Town, path: str) -> None:
        have(the_town, STORED)
        assert told(alice, path) is None

    @pytest.mark.parametrize("stored", [None, [], {"monday": "9-5"}, {"mondays": []}])
    def test_hours_that_are_not_there_or_make_no_sense_are_absent(
        self, alice: InProcess, the_town: Town, stored: object
    ) -> None:
        have(the_town, stored)
        assert told(alice) is None

    def test_never_at_work_is_something_to_tell(self, alice: InProcess, the_town: Town) -> None:
        have(the_town, {})
        text = told(alice) or ""
        assert ("BEGIN:VAVAILABILITY" in text, "BEGIN:AVAILABLE" in text) == (True, False)

    def test_in_a_zone_that_nobody_knows_nothing_is_told(self, alice: InProcess, the_town: Town) -> None:
        have(the_town, STORED)
        the_town.sql("UPDATE businesses SET time_zone = 'Middle/Earth' WHERE id = 1")
        assert told(alice) is None
        assert "time zone" in refused(set_hours(alice, mornings()))[1]

    def test_what_a_client_kept_under_this_name_before_doesn_t_hide_them(
        self, alice: InProcess, the_town: Town
    ) -> None:
        have(the_town, STORED)
        the_town.sql(
            "INSERT INTO daybridge.calendar_properties (business_id, calendar_id, staff_member_id, name, value) "
            "SELECT 1, id, 11, %s, '<calendar-availability>old</calendar-availability>' FROM daybridge.calendars "
            "WHERE kind = 'bookings' AND staff_member_id = 11",
            HOURS,
        )
        assert "BEGIN:VAVAILABILITY" in (told(alice) or "")


class TestChanging:
    @pytest.mark.parametrize("name", ["C:calendar-availability", "CS:calendar-availability"])
    def test_new_hours_go_into_the_app(self, alice: InProcess, the_town: Town, name: str) -> None:
        have(the_town, STORED)
        answer = set_hours(alice, mornings(), name=name)
        assert statuses(answer) == {200: {HOURS if name.startswith("C:") else APPLES}}
        morning = [{"start": "09:00", "end": "12:00"}]
        closed: dict[str, object] = {
            day: [] for day in ("wednesday", "thursday", "friday", "saturday", "sunday")
        }
        assert had(the_town) == {"monday": morning, "tuesday": morning, **closed, "exceptions": {}}
        assert touched(the_town)

    def test_what_was_read_can_be_written_back(self, alice: InProcess, the_town: Town) -> None:
        have(the_town, STORED)
        text = told(alice) or ""
        assert statuses(set_hours(alice, text)) == {200: {HOURS}}
        assert not touched(the_town)
        set_hours(alice, mornings())
        assert statuses(set_hours(alice, text)) == {200: {HOURS}}
        assert had(the_town) == STORED

    def test_hours_as_cdata(self, alice: InProcess, the_town: Town) -> None:
        value = f"<C:calendar-availability><![CDATA[{mornings('SU')}]]></C:calendar-availability>"
        answer = alice.proppatch(BOOKINGS, f"<D:set><D:prop>{value}</D:prop></D:set>")
        assert statuses(answer) == {200: {HOURS}}
        assert had(the_town)["sunday"] == [{"start": "09:00", "end": "12:00"}]

    def test_of_two_texts_the_later_one_counts(self, alice: InProcess, the_town: Town) -> None:
        first = f"<CS:calendar-availability>{mornings('SA')}</CS:calendar-availability>"
        assert statuses(set_hours(alice, mornings("SU"), others=first)) == {200: {HOURS, APPLES}}
        assert (had(the_town)["saturday"], len(had(the_town)["sunday"])) == ([], 1)

    def test_other_properties_are_set_with_them(self, alice: InProcess, the_town: Town) -> None:
        answer = set_hours(alice, mornings("SU"), others=COLOUR)
        assert statuses(answer) == {200: {HOURS, f"{ICAL}calendar-color"}}
        assert told(alice, prop="I:calendar-color") == "#112233FF"
        assert len(had(the_town)["sunday"]) == 1

    def test_a_colleague_changes_his_own(self, bob: InProcess, the_town: Town) -> None:
        have(the_town, STORED)
        assert statuses(set_hours(bob, mornings("SU"), "/dav/s12/bookings/")) == {200: {HOURS}}
        assert len(had(the_town, staff_id=12)["sunday"]) == 1
        assert had(the_town) == STORED

    def test_what_could_not_be_read_is_replaced_and_not_lost(self, alice: InProcess, the_town: Town) -> None:
        have(the_town, {"mondays": NINE_TO_FIVE})
        assert statuses(set_hours(alice, mornings())) == {200: {HOURS}}
        assert len(had(the_town)["monday"]) == 1
        assert "mondays" in str(timeline(the_town)[0][4])

    def test_the_timeline_tells_who_changed_what(self, alice: InProcess, the_town: Town) -> None:
        have(the_town, {"monday": NINE_TO_FIVE, "exceptions": {"2026-12-24": []}})
        set_hours(alice, mornings())
        ((outcome, via, who, staff_id, before, after, reasons),) = timeline(the_town)
        assert (outcome, via, who, staff_id, reasons) == ("accepted", "caldav", "Alice Adler", 11, [])
        assert isinstance(before, dict)
        assert isinstance(after, dict)
        assert (before["Monday"], before["exceptions"]) == ("09:00-17:00", 1)
        assert (after["Monday"], after["Tuesday"], after["exceptions"]) == ("09:00-12:00", "09:00-12:00", 0)

    def test_many_exceptions(self, alice: InProcess, the_town: Town) -> None:
        """More text than any other property may have."""
        days = {
            f"20{27 + n // 336}-{n // 28 % 12 + 1:02d}-{n % 28 + 1:02d}": NINE_TO_FIVE for n in range(500)
        }
        have(the_town, {**STORED, "exceptions": days})
        text = told(alice) or ""
        assert len(text) > 100_000
        set_hours(alice, mornings())
        assert statuses(set_hours(alice, text)) == {200: {HOURS}}
        assert had(the_town) == {**STORED, "exceptions": days}


class TestRefusing:
    @pytest.mark.parametrize(
        ("text", "precondition", "word"),
        [
            (mornings(more=";UNTIL=20271231T000000Z"), "valid-calendar-object-resource", "every week"),
            (mornings(zone="Europe/Berlin"), "valid-calendar-object-resource", "America/New_York"),
            ("tomorrow", "valid-calendar-data", ""),
            ("", "valid-calendar-data", ""),
            (mornings().replace("END:AVAILABLE", ""), "valid-calendar-data", ""),
        ],
    )
    def test_what_can_t_be_kept_is_refused_and_said_why(
        self, alice: InProcess, the_town: Town, text: str, precondition: str, word: str
    ) -> None:
        have(the_town, STORED)
        answer = set_hours(alice, text)
        assert statuses(answer) == {403: {HOURS}}
        preconditions, reason = refused(answer)
        assert preconditions == {f"{C}{precondition}"}
        assert reason
        assert word in reason
        assert had(the_town) == STORED
        assert not touched(the_town)
        ((outcome, *_, reasons),) = timeline(the_town)
        assert (outcome, reasons) == ("refused", [{"code": "HOURS", "detail": reason}])

    def test_all_of_it_or_nothing(self, alice: InProcess, the_town: Town) -> None:
        have(the_town, STORED)
        answer = set_hours(alice, mornings(zone="Europe/Berlin"), others=COLOUR)
        assert statuses(answer) == {403: {HOURS}, 424: {f"{ICAL}calendar-color"}}
        assert told(alice, prop="I:calendar-color") is None
        answer = set_hours(alice, mornings(), others="<D:resourcetype/>")
        assert statuses(answer) == {403: {f"{D}resourcetype"}, 424: {HOURS}}
        many = "".join(f'<X:p{n} xmlns:X="urn:x"/>' for n in range(101))
        assert 403 in statuses(set_hours(alice, mornings(), others=many))
        assert had(the_town) == STORED
        assert not touched(the_town)

    def test_hours_can_t_be_removed(self, alice: InProcess, the_town: Town) -> None:
        have(the_town, STORED)
        answer = alice.proppatch(
            BOOKINGS, f"<D:set><D:prop>{COLOUR}</D:prop></D:set>"
            "<D:remove><D:prop><C:calendar-availability/></D:prop></D:remove>",
        )  # fmt: skip
        assert statuses(answer) == {403: {HOURS}, 424: {f"{ICAL}calendar-color"}}
        preconditions, reason = refused(answer)
        assert preconditions == {PROTECTED}
        assert "not removed" in reason
        assert had(the_town) == STORED

    @pytest.mark.parametrize("slug", ["busy/", "staff-12/", "team/"])
    def test_in_calendars_that_are_not_one_s_own_hours_are_read_only(
        self, alice: InProcess, the_town: Town, slug: str
    ) -> None:
        have(the_town, STORED)
        have(the_town, STORED, staff_id=12)
        answer = set_hours(alice, mornings(), HOME + slug)
        assert statuses(answer) == {403: {HOURS}}
        preconditions, reason = refused(answer)
        assert preconditions == {PROTECTED}
        assert "one's own" in reason
        assert (had(the_town), had(the_town, staff_id=12)) == (STORED, STORED)

    @pytest.mark.parametrize("path", [HOME, "/dav/", f"{BOOKINGS}booking-1001.ics"])
    def test_nothing_else_takes_hours(self, alice: InProcess, the_town: Town, path: str) -> None:
        have(the_town, STORED)
        assert statuses(set_hours(alice, mornings(), path)) == {403: {HOURS}}
        assert had(the_town) == STORED

    @pytest.mark.parametrize(
        "slug", ["", "bookings/", "busy/", "staff-12/", "team/", "bookings/booking-1001.ics"]
    )
    def test_a_stranger_neither_reads_nor_changes_them(
        self, bob: InProcess, mallory: InProcess, the_town: Town, slug: str
    ) -> None:
        for staff_id in (11, 12, 21):
            have(the_town, STORED, staff_id)
        for stranger in (bob, mallory):
            for answer in (
                stranger.propfind(HOME + slug, "C:calendar-availability", "CS:calendar-availability"),
                set_hours(stranger, mornings(), HOME + slug),
                set_hours(stranger, "nonsense", HOME + slug),
            ):
                assert answer.status == 404
                assert "AVAILAB" not in answer.text
        assert [had(the_town, staff_id) for staff_id in (11, 12, 21)] == [STORED] * 3
        assert timeline(the_town) == []

    def test_who_has_left_has_no_hours(self, alice: InProcess, the_town: Town) -> None:
        have(the_town, STORED)
        the_town.sql("UPDATE staff_members SET active = false WHERE id = 11")
        assert set_hours(alice, mornings()).status == 401
        assert had(the_town) == STORED
