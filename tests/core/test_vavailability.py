"""Weekly hours go into a VAVAILABILITY and come back as they were; what they can't be is refused, and said why."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, time
from types import MappingProxyType

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from icalendar import Calendar
from recurring_ical_events import of

from gateway.core import hours as weekly
from gateway.core.hours import MIDNIGHT, NEVER, Hours, Shifts
from gateway.core.unacceptable import DATA, OBJECT, SIZE, Unacceptable
from gateway.core.vavailability import MAX_OCTETS, read, render, stored

ZONE = "America/New_York"
TODAY = date(2026, 11, 24)  # a Tuesday
MODIFIED = datetime(2026, 11, 20, 8, 30, tzinfo=UTC)

NINE_TO_FIVE: Shifts = ((540, 1020),)
OFFICE = Hours(week=(NINE_TO_FIVE,) * 5 + ((),) * 2)


def rendered(hours: Hours, zone: str = ZONE) -> str:
    return render(hours, zone, uid="hours-11@harbor", modified=MODIFIED)


def calendar(*components: str) -> str:
    return "\r\n".join(["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//x//y//EN", *components, "END:VCALENDAR"])


def availability(*lines: str) -> str:
    return "\r\n".join(
        ["BEGIN:VAVAILABILITY", "UID:a", "DTSTAMP:20261101T000000Z", *lines, "END:VAVAILABILITY"]
    )


def available(start: str, end: str, *lines: str, uid: str = "b", tzid: str = ";TZID=America/New_York") -> str:
    moments = [f"DTSTART{tzid}:{start}", f"DTEND{tzid}:{end}"]
    return "\r\n".join(["BEGIN:AVAILABLE", f"UID:{uid}", *moments, *lines, "END:AVAILABLE"])


WEEKDAYS = "RRULE:FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR"
MORNINGS = available("20260105T090000", "20260105T120000", WEEKDAYS)
WEEK = availability(MORNINGS)
NINE_TO_NOON: Shifts = ((540, 720),)


def hours_of(*components: str, zone: str = ZONE) -> Hours:
    return read(calendar(*components), zone, TODAY)


def refusal(*components: str, zone: str = ZONE) -> Unacceptable:
    with pytest.raises(Unacceptable) as refused:
        hours_of(*components, zone=zone)
    assert refused.value.status == 403
    return refused.value


class TestWriting:
    def test_a_time_of_day_is_told_once_for_all_days_that_have_it(self) -> None:
        hours = Hours(week=(((540, 720), (780, 1020)), NINE_TO_NOON, (), (), (), (), ((0, MIDNIGHT),)))
        text = rendered(hours)
        assert text.count("BEGIN:AVAILABLE") == 3
        assert "DTSTART;TZID=America/New_York:20010101T090000" in text
        assert "DTEND;TZID=America/New_York:20010101T120000\r\nRRULE:FREQ=WEEKLY;BYDAY=MO,TU\r\n" in text
        assert "DTEND;TZID=America/New_York:20010108T000000\r\nRRULE:FREQ=WEEKLY;BYDAY=SU\r\n" in text

    def test_the_first_day_is_one_that_the_rule_names(self) -> None:
        parsed = Calendar.from_ical(rendered(Hours(week=((), (), NINE_TO_FIVE, (), (), NINE_TO_NOON, ()))))
        assert [part["DTSTART"].dt.weekday() for part in parsed.walk("AVAILABLE")] == [5, 2]

    def test_an_exception_is_a_day_that_goes_before_the_week(self) -> None:
        text = rendered(Hours(OFFICE.week, {date(2026, 12, 24): NINE_TO_NOON}))
        exception = text.split("BEGIN:VAVAILABILITY\r\n")[2]
        assert exception.split("\r\n")[:6] == [
            "UID:20261224-hours-11@harbor",
            "DTSTAMP:20261120T083000Z",
            "BUSYTYPE:BUSY-UNAVAILABLE",
            "PRIORITY:5",
            "DTSTART;TZID=America/New_York:20261224T000000",
            "DTEND;TZID=America/New_York:20261225T000000",
        ]
        assert exception.count("BEGIN:AVAILABLE") == 1

    def test_days_off_in_a_row_are_one_holiday(self) -> None:
        off = [date(2026, 12, 30), date(2026, 12, 31), date(2027, 1, 1), date(2027, 1, 3)]
        text = rendered(Hours(OFFICE.week, {**dict.fromkeys(off, ()), date(2027, 1, 2): NINE_TO_NOON}))
        assert text.count("PRIORITY:5") == 3
        assert "20261230T000000\r\nDTEND;TZID=America/New_York:20270102T000000" in text

    def test_the_zone_is_defined(self) -> None:
        (zone,) = Calendar.from_ical(rendered(OFFICE)).walk("VTIMEZONE")
        assert zone["TZID"] == ZONE
        assert "VTIMEZONE" not in rendered(OFFICE, "UTC")
        assert "DTSTART:20010101T090000Z" in rendered(OFFICE, "UTC")

    def test_each_component_has_a_uid_of_its_own(self) -> None:
        hours = Hours(OFFICE.week, {date(2026, 12, 24): ((540, 600), (660, 720)), date(2026, 12, 26): ()})
        parsed = Calendar.from_ical(rendered(hours))
        uids = [part["UID"] for part in parsed.walk() if part.name in ("VAVAILABILITY", "AVAILABLE")]
        assert len(set(uids)) == len(uids) == 6

    def test_no_line_is_longer_than_a_line_may_be(self) -> None:
        text = render(OFFICE, ZONE, uid=f"hours-11@{'x' * 200}", modified=MODIFIED)
        assert max(len(line) for line in text.split("\r\n")) <= 75


class TestTheAppsJson:
    def test_it_is_as_the_apps_own_validation_wants_it(self) -> None:
        hours = Hours((((540, 720), (780, MIDNIGHT)), *((),) * 5, ((0, MIDNIGHT),)), {date(2026, 12, 24): ()})
        assert json.loads(stored(hours)) == {
            "monday": [{"start": "09:00", "end": "12:00"}, {"start": "13:00", "end": "23:59"}],
            "tuesday": [],
            "wednesday": [],
            "thursday": [],
            "friday": [],
            "saturday": [],
            "sunday": [{"start": "00:00", "end": "23:59"}],
            "exceptions": {"2026-12-24": []},
        }


class TestReading:
    @pytest.mark.parametrize("zone", ["America/Montreal"])
    def test_the_weekly_example_of_the_rfc(self, zone: str) -> None:
        """Its rule names other days than the one that it begins on."""
        example = availability(
            "ORGANIZER:mailto:bernard@example.com",
            "BUSYTYPE:BUSY-UNAVAILABLE",
            "PRIORITY:1",
            available(
                "20111002T090000",
                "20111002T170000",
                "SUMMARY:Monday to Friday from 9:00 to 17:00",
                WEEKDAYS,
                "LOCATION:Montreal",
                tzid=f";TZID={zone}",
            ),
        )
        assert hours_of(example, zone=zone) == OFFICE

    def test_a_rule_without_days_means_the_day_it_begins_on(self) -> None:
        hours = hours_of(availability(available("20260107T090000", "20260107T120000", "RRULE:FREQ=WEEKLY")))
        assert hours == Hours(week=((), (), NINE_TO_NOON, (), (), (), ()))

    def test_every_day(self) -> None:
        daily = available("20260107T090000", "20260107T120000", "RRULE:FREQ=DAILY;INTERVAL=1")
        assert hours_of(availability(daily)) == Hours(week=(NINE_TO_NOON,) * 7)

    def test_shifts_in_any_order_and_over_each_other(self) -> None:
        parts = [
            available("20260105T130000", "20260105T170000", "RRULE:FREQ=WEEKLY", uid="1"),
            available("20260105T090000", "20260105T110000", "RRULE:FREQ=WEEKLY;WKST=SU", uid="2"),
            available("20260105T100000", "20260105T120000", "RRULE:FREQ=WEEKLY;BYDAY=MO", uid="3"),
        ]
        assert hours_of(availability(*parts)) == Hours(week=(((540, 720), (780, 1020)), *((),) * 6))

    def test_an_availability_without_times_is_no_work_at_all(self) -> None:
        assert hours_of(availability()) == NEVER

    @pytest.mark.parametrize("end", ["20260106T000000", "20260105T235900"])
    def test_midnight(self, end: str) -> None:
        late = availability(available("20260105T180000", end, "RRULE:FREQ=WEEKLY"))
        assert hours_of(late).week[0] == ((1080, MIDNIGHT),)

    @pytest.mark.parametrize(
        ("length", "end"),
        [("PT8H", 480), ("PT7H30M", 450), ("PT90M", 90), ("P1D", MIDNIGHT), ("+PT1H0S", 60)],
    )
    def test_a_duration_instead_of_an_end(self, length: str, end: int) -> None:
        part = available("20260105T000000", "", "RRULE:FREQ=WEEKLY")
        lasting = part.replace(f"DTEND;TZID={ZONE}:", f"DURATION:{length}")
        assert hours_of(availability(lasting)).week[0] == ((0, end),)

    def test_a_day_left_out_is_a_day_off(self) -> None:
        part = available(
            "20260105T090000",
            "20260105T120000",
            WEEKDAYS,
            f"EXDATE;TZID={ZONE}:20261224T090000,20261225T090000",
            f"EXDATE;TZID={ZONE}:20261226T090000",
        )
        # The 26th is a Saturday, which the rule doesn't have anyway.
        assert hours_of(availability(part)).exceptions == {date(2026, 12, 24): (), date(2026, 12, 25): ()}

    def test_a_day_with_more_keeps_what_the_week_gives_it(self) -> None:
        extra = available("20261224T140000", "20261224T160000", uid="c")
        assert hours_of(availability(MORNINGS, extra)).exceptions == {
            date(2026, 12, 24): ((540, 720), (840, 960))
        }

    def test_a_day_told_in_utc_is_a_day_of_the_business(self) -> None:
        extra = available("20261227T140000Z", "20261227T160000Z", uid="c", tzid="")
        assert hours_of(availability(MORNINGS, extra)).exceptions == {date(2026, 12, 27): ((540, 660),)}

    def test_a_changed_day(self) -> None:
        changed = available(
            "20261224T100000", "20261224T110000", f"RECURRENCE-ID;TZID={ZONE}:20261224T090000"
        )
        moved = available("20261227T100000", "20261227T110000", f"RECURRENCE-ID;TZID={ZONE}:20261228T090000")
        assert hours_of(availability(MORNINGS, changed, moved)).exceptions == {
            date(2026, 12, 24): ((600, 660),),
            date(2026, 12, 27): ((600, 660),),
            date(2026, 12, 28): (),
        }

    def test_a_holiday_goes_before_the_week(self) -> None:
        moments = [f"DTSTART;TZID={ZONE}:20261224T000000", f"DTEND;TZID={ZONE}:20261226T000000"]
        open_ = available("20261225T100000", "20261225T110000")
        holiday = availability("PRIORITY:1", *moments, open_)
        assert hours_of(WEEK, holiday).exceptions == {
            date(2026, 12, 24): (),
            date(2026, 12, 25): ((600, 660),),
        }

    def test_weeks_with_hours_of_their_own(self) -> None:
        moments = [f"DTSTART;TZID={ZONE}:20261221T000000", f"DTEND;TZID={ZONE}:20261228T000000"]
        afternoon = available("20261221T140000", "20261221T160000", "RRULE:FREQ=WEEKLY;BYDAY=MO,WE")
        found = hours_of(WEEK, availability("PRIORITY:2", *moments, afternoon))
        days = {date(2026, 12, 21 + n): ((840, 960),) if n in (0, 2) else () for n in range(7)}
        assert (found.week, found.exceptions) == (hours_of(WEEK).week, days)

    def test_the_higher_priority_wins(self) -> None:
        def span(priority: int, first: str, last: str, *parts: str) -> str:
            moments = [f"DTSTART;TZID={ZONE}:{first}T000000", f"DTEND;TZID={ZONE}:{last}T000000"]
            return availability(f"PRIORITY:{priority}", *moments, *parts)

        special = span(1, "20261225", "20261226", available("20261225T100000", "20261225T110000"))
        assert hours_of(special, span(3, "20261224", "20261227"), WEEK).exceptions == {
            date(2026, 12, 24): (),
            date(2026, 12, 25): ((600, 660),),
            date(2026, 12, 26): (),
        }

    def test_hours_that_begin_on_their_next_day_hold_at_once(self) -> None:
        monday = available("20261130T090000", "20261130T120000", "RRULE:FREQ=WEEKLY")
        assert hours_of(availability(monday)).week[0] == NINE_TO_NOON

    def test_the_app_s_name_of_the_zone_is_the_same_zone(self) -> None:
        quoted = ';TZID="Eastern Time (US & Canada)"'
        part = available("20260105T090000", "20260105T120000", "RRULE:FREQ=WEEKLY", tzid=quoted)
        assert hours_of(availability(part)).week[0] == NINE_TO_NOON

    def test_unix_line_ends_and_folded_lines(self) -> None:
        text = calendar(WEEK).replace("\r\n", "\n").replace("BYDAY=MO", "BY\n DAY=MO")
        assert read(f"\n{text}\n", ZONE, TODAY) == hours_of(WEEK)


def weekly_time(**changed: str) -> str:
    told = {
        "start": "20260105T090000",
        "end": "20260105T120000",
        "rule": "RRULE:FREQ=WEEKLY",
        "more": "X-A:b",
    }
    told |= changed
    tzid = told.pop("tzid", f";TZID={ZONE}")
    return availability(available(told["start"], told["end"], told["rule"], told["more"], tzid=tzid))


SPAN = (f"DTSTART;TZID={ZONE}:20261224T000000", f"DTEND;TZID={ZONE}:20261226T000000")

INEXPRESSIBLE = {
    "another zone": ([weekly_time(tzid=";TZID=Europe/Berlin")], "time zone"),
    "no zone": ([weekly_time(tzid="")], "time zone"),
    "a zone of one's own": ([weekly_time(tzid=";TZID=Customized")], "time zone"),
    "weekly in UTC": ([weekly_time(tzid="", start="20260105T090000Z", end="20260105T120000Z")], "UTC"),
    "over midnight": ([weekly_time(start="20260105T220000", end="20260106T060000")], "midnight"),
    "two days long": ([weekly_time(end="20260107T000000")], "midnight"),
    "the last minute": ([weekly_time(start="20260105T235900", end="20260106T000000")], "last minute"),
    "backwards": ([weekly_time(end="20260105T080000")], "before it starts"),
    "seconds": ([weekly_time(end="20260105T120030")], "whole minutes"),
    "until": ([weekly_time(rule="RRULE:FREQ=WEEKLY;UNTIL=20271231T000000Z")], "every week"),
    "count": ([weekly_time(rule="RRULE:FREQ=WEEKLY;COUNT=10")], "every week"),
    "every second week": ([weekly_time(rule="RRULE:FREQ=WEEKLY;INTERVAL=2")], "every week"),
    "monthly": ([weekly_time(rule="RRULE:FREQ=MONTHLY;BYDAY=1MO")], "every week"),
    "by month": ([weekly_time(rule="RRULE:FREQ=WEEKLY;BYMONTH=6")], "every week"),
    "the first Monday": ([weekly_time(rule="RRULE:FREQ=WEEKLY;BYDAY=1MO")], "days of a weekly rule"),
    "dates added": ([weekly_time(more=f"RDATE;TZID={ZONE}:20261226T090000")], "one by one"),
    "from now on": (
        [weekly_time(rule="X-B:c", more=f"RECURRENCE-ID;RANGE=THISANDFUTURE;TZID={ZONE}:20261228T090000")],
        "single day",
    ),
    "later": ([weekly_time(start="20270104T090000", end="20270104T120000")], "begin later"),
    "all of it later": (
        [availability(f"DTSTART;TZID={ZONE}:20270104T000000", MORNINGS)],
        "begin later",
    ),
    "only for a while": ([availability(*SPAN, MORNINGS)], "without an end"),
    "no hours": ([], "without an end"),
    "two weeks": ([WEEK, WEEK], "without an end"),
    "an end and no beginning": ([WEEK, availability("PRIORITY:1", SPAN[1])], "midnight"),
    "from noon": (
        [WEEK, availability("PRIORITY:1", SPAN[0].replace("T000000", "T120000"), SPAN[1])],
        "midnight",
    ),
    "a holiday no higher than the week": ([WEEK, availability(*SPAN)], "PRIORITY"),
    "two holidays at once": ([WEEK, *[availability("PRIORITY:1", *SPAN)] * 2], "PRIORITY"),
    "maybe free": ([availability("BUSYTYPE:BUSY-TENTATIVE", MORNINGS)], "BUSYTYPE"),
    "no end": ([availability(f"BEGIN:AVAILABLE\r\nDTSTART;TZID={ZONE}:20260105T090000\r\nEND:AVAILABLE")], "end"),
    "an event": ([WEEK, "BEGIN:VEVENT\r\nUID:x\r\nEND:VEVENT"], "VAVAILABILITY"),
    "a lifetime of exceptions": (
        [WEEK, availability("PRIORITY:1", SPAN[0], f"DTEND;TZID={ZONE}:20661226T000000")],
        "4,000",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", INEXPRESSIBLE)
def test_what_the_app_can_t_store_is_refused_and_said_why(name: str) -> None:
    components, word = INEXPRESSIBLE[name]
    refused = refusal(*components)
    assert refused.precondition == OBJECT
    assert word in str(refused)


SENSELESS = {
    "nothing": "",
    "a word": "hours",
    "no calendar": WEEK,
    "cut off": calendar(WEEK).removesuffix("END:VCALENDAR"),
    "cut off and closed": calendar(WEEK).replace("END:AVAILABLE\r\n", ""),
    "two calendars": calendar(WEEK) + "\r\n" + calendar(WEEK),
    "a line that is none": calendar(WEEK).replace("UID:a", "UID a"),
    "no such day": calendar(weekly_time(start="20260230T090000", end="20260230T120000")),
    "no such hour": calendar(weekly_time(start="20260105T250000", end="20260105T260000")),
    "a date": calendar(weekly_time(tzid=";VALUE=DATE", start="20260105", end="20260106")),
    "a duration of nothing": calendar(
        availability(
            f"BEGIN:AVAILABLE\r\nDTSTART;TZID={ZONE}:20260105T090000\r\nDURATION:PT0M\r\nEND:AVAILABLE"
        )
    ),
    "two starts": calendar(weekly_time(more=f"DTSTART;TZID={ZONE}:20260106T090000")),
    "two rules": calendar(weekly_time(more="RRULE:FREQ=DAILY")),
    "the end of time": calendar(weekly_time(tzid="", start="99991231T230000Z", end="99991231T233000Z", rule="X-A:b"))
    .replace("99991231T23", "00010101T00"),
    "priority ten": calendar(availability("PRIORITY:10", MORNINGS)),
}  # fmt: skip


@pytest.mark.parametrize("name", SENSELESS)
def test_what_is_no_calendar_is_refused_as_such(name: str) -> None:
    with pytest.raises(Unacceptable) as refused:
        read(SENSELESS[name], ZONE, TODAY)
    assert refused.value.precondition == (OBJECT if name == "two calendars" else DATA)


def test_too_much_is_refused_before_it_is_read() -> None:
    with pytest.raises(Unacceptable) as refused:
        read("X" * (MAX_OCTETS + 1), ZONE, TODAY)
    assert refused.value.precondition == SIZE


def test_days_left_out_by_the_thousand_are_refused() -> None:
    def without(*days: date) -> str:
        left_out = ",".join(f"{day:%Y%m%d}T090000" for day in days)
        rule = ["RRULE:FREQ=DAILY", f"EXDATE;TZID={ZONE}:{left_out}"]
        return available("20010101T090000", "20010101T100000", *rule)

    days = [date.fromordinal(TODAY.toordinal() + number) for number in range(4_002)]
    assert len(hours_of(availability(without(*days[:4_000]))).exceptions) == 4_000
    refusal(availability(without(*days[:4_001])))
    refusal(availability(without(*days[:2_001]), without(*days[2_001:])))


@st.composite
def shifts(draw: st.DrawFn) -> Shifts:
    """In order and apart, as `hours.parse` gives them; some to midnight."""
    count = draw(st.sampled_from([0, 0, 1, 1, 2, 3]))
    marks = sorted(draw(st.sets(st.integers(0, 1438), min_size=2 * count, max_size=2 * count)))
    found = [(marks[2 * n], marks[2 * n + 1]) for n in range(count)]
    if found and draw(st.booleans()):
        found[-1] = (found[-1][0], MIDNIGHT)
    return tuple(found)


some_days = st.one_of(st.dates(), st.dates(date(2026, 11, 1), date(2027, 1, 31)))
all_hours = st.builds(
    lambda week, exceptions: Hours(tuple(week), MappingProxyType(exceptions)),
    st.lists(shifts(), min_size=7, max_size=7),
    st.dictionaries(some_days, shifts(), max_size=8),
)
zones = st.sampled_from(
    [ZONE, "UTC", "Europe/Berlin", "Africa/Casablanca", "Australia/Lord_Howe", "Asia/Kathmandu"]
)


@settings(max_examples=100, deadline=None)
@given(all_hours, zones)
def test_what_is_written_reads_as_it_was(hours: Hours, zone: str) -> None:
    assert read(rendered(hours, zone), zone, TODAY) == hours


@settings(max_examples=100, deadline=None)
@given(all_hours)
def test_what_is_stored_reads_as_it_was(hours: Hours) -> None:
    assert weekly.of_staff(stored(hours)) == hours


@settings(max_examples=100, deadline=None)
@given(
    st.text(max_size=300)
    | st.lists(st.sampled_from(calendar(WEEK).split("\r\n")), max_size=25).map("\r\n".join)
)
def test_whatever_comes_is_read_or_refused(text: str) -> None:
    try:
        hours = read(text, ZONE, TODAY)
    except Unacceptable:
        return
    assert weekly.of_staff(stored(hours)) == hours


def as_events(text: str) -> str:
    """A week's AVAILABLEs as events, which more programs know how to expand."""
    inner = text.replace("BEGIN:VAVAILABILITY\r\n", "").replace("END:VAVAILABILITY\r\n", "")
    lines = inner.replace("AVAILABLE", "VEVENT").split("\r\n")
    return "\r\n".join(line for line in lines if not line.startswith(("BUSYTYPE", "UID:hours-11")))


def clock(minute: int) -> time:
    return time(minute // 60 % 24, minute % 60)


@settings(max_examples=25, deadline=None)
@given(all_hours)
def test_another_program_sees_the_same_week(hours: Hours) -> None:
    events = of(Calendar.from_ical(as_events(rendered(Hours(hours.week)))))
    found = [(one["DTSTART"].dt, one["DTEND"].dt) for one in events.between((2026, 12, 7), (2026, 12, 14))]
    assert sorted((start.weekday(), start.time(), end.time()) for start, end in found) == [
        (day, clock(start), clock(end)) for day, shifts in enumerate(hours.week) for start, end in shifts
    ]
