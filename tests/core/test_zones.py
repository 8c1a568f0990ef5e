"""A zone's name is what the booking app stored; its VTIMEZONE agrees with zoneinfo at every instant."""

from __future__ import annotations

import calendar
import re
import time
from bisect import bisect_right
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from icalendar import Calendar, Timezone

from gateway.core import zones
from gateway.core.errors import GatewayError
from gateway.core.rails_zones import RAILS_ZONES
from tests.pace import pace

NAMES = sorted(zones.iana_names())
FIRST, LAST = int(zones.FIRST.timestamp()), int(zones.LAST.timestamp())
HARD = (
    "America/New_York",
    "Europe/London",
    "Europe/Dublin",  # the winter is the exception
    "Australia/Lord_Howe",  # half an hour
    "Africa/Casablanca",  # by the moon
    "America/Sao_Paulo",  # abolished
    "Asia/Kolkata",
    "Asia/Kathmandu",
    "Pacific/Apia",  # skipped a day
    "America/St_Johns",
    "Asia/Gaza",
    "Africa/Cairo",  # the last Thursday's midnight, now and then in November
    "America/Nuuk",  # the Saturday before the last Sunday
    "Pacific/Chatham",
    "Antarctica/Troll",  # two hours
    "UTC",
    "Etc/GMT+5",
)


class Clock:
    """RFC 5545 3.6.5 once more, for this test only: the offset of the latest onset that has passed."""

    def __init__(self, text: str) -> None:
        parts = re.findall(
            r"BEGIN:(?:STANDARD|DAYLIGHT)\r\n(.*?)END:(?:STANDARD|DAYLIGHT)\r\n", text, re.DOTALL
        )
        onsets = sorted(onset for part in parts for onset in self.onsets(part))
        self.times = [at for at, _ in onsets]
        self.offsets = [offset for _, offset in onsets]

    def offset(self, at: int) -> timedelta:
        return self.offsets[bisect_right(self.times, at) - 1]

    def onsets(self, part: str) -> list[tuple[int, timedelta]]:
        lines = [line.split(":", 1) for line in part.split("\r\n") if line]
        values = {name: value for name, value in lines if name != "RDATE"}
        walls = [
            values["DTSTART"],
            *(day for name, value in lines if name == "RDATE" for day in value.split(",")),
        ]
        moments = [datetime.strptime(wall, "%Y%m%dT%H%M%S").replace(tzinfo=UTC) for wall in walls]
        if "RRULE" in values:
            moments = self.yearly(moments[0], dict(pair.split("=") for pair in values["RRULE"].split(";")))
        before, after = self.span(values["TZOFFSETFROM"]), self.span(values["TZOFFSETTO"])
        return [(int((moment - before).timestamp()), after) for moment in moments]

    @staticmethod
    def yearly(start: datetime, rule: dict[str, str]) -> list[datetime]:
        assert rule["FREQ"] == "YEARLY"
        month, nth, weekday = int(rule["BYMONTH"]), rule["BYDAY"][:-2], rule["BYDAY"][-2:]
        found = []
        for year in range(start.year, 2063):
            days = [start.replace(year=year, day=day, month=month) for day in month_days(year, month)]
            days = [day for day in days if "MOTUWETHFRSASU"[day.weekday() * 2 :][:2] == weekday]
            if nth:
                found.append(days[int(nth) - (int(nth) > 0)])
            else:
                found += [day for day in days if str(day.day) in rule["BYMONTHDAY"].split(",")]
        assert found[0] == start, "DTSTART must be the rule's first date"
        assert len({day.year for day in found}) == len(found)
        return found

    @staticmethod
    def span(text: str) -> timedelta:
        sign = -1 if text[0] == "-" else 1
        return sign * timedelta(hours=int(text[1:3]), minutes=int(text[3:5]))


def month_days(year: int, month: int) -> range:
    return range(1, calendar.monthrange(year, month)[1] + 1)


def truth(zone: str, at: int) -> timedelta | None:
    return datetime.fromtimestamp(at, ZoneInfo(zone)).utcoffset()


# Names


def test_rails_has_151_names_and_each_is_a_zone_here() -> None:
    assert len(RAILS_ZONES) == 151
    assert {zone for zone in RAILS_ZONES.values() if zone not in zones.iana_names()} == set()


@pytest.mark.parametrize(
    ("stored", "zone"),
    [
        ("Eastern Time (US & Canada)", "America/New_York"),
        ("Pacific Time (US & Canada)", "America/Los_Angeles"),
        ("Alaska", "America/Juneau"),
        ("Edinburgh", "Europe/London"),
        ("Kyiv", "Europe/Kyiv"),
        ("Astana", "Asia/Almaty"),
        ("Nuku'alofa", "Pacific/Tongatapu"),
        ("Europe/Berlin", "Europe/Berlin"),
        ("America/Argentina/Buenos_Aires", "America/Argentina/Buenos_Aires"),
        ("US/Eastern", "US/Eastern"),
        ("UTC", "UTC"),
        ("Etc/UTC", "UTC"),
        ("Zulu", "UTC"),
        ("Etc/GMT+5", "Etc/GMT+5"),
    ],
)
def test_iana_and_rails_names_are_known(stored: str, zone: str) -> None:
    assert zones.resolve(stored) == zone


HOSTILE = (
    "",
    " ",
    ".",
    "..",
    "/",
    "../../etc/passwd",
    "/etc/localtime",
    "Europe/Berlin/..",
    "Europe",
    "Europe/",
    "Europe/Berlin\0",
    "Europe/Berlin\r\nATTENDEE:mailto:a@b.c",
    "europe/berlin",
    "posix/Europe/Berlin",
    "right/Europe/Berlin",
    "posixrules",
    "localtime",
    "Factory",
    "leapseconds",
    "{0.__class__}",
    "\ud800",
    "x" * 1_000_000,
)


@pytest.mark.parametrize("name", HOSTILE, ids=lambda name: ascii(name)[:30])
@pytest.mark.parametrize("ask", [zones.resolve, zones.vtimezone, zones.present])
def test_any_other_name_is_unknown_and_nothing_worse(ask: object, name: str) -> None:
    assert callable(ask)
    with pytest.raises(zones.UnknownZone) as caught:
        ask(name)
    assert isinstance(caught.value, GatewayError)
    assert len(str(caught.value)) < 400


@given(st.text(max_size=300))
@settings(max_examples=100, deadline=None)
def test_no_text_makes_resolve_raise_anything_else(name: str) -> None:
    with suppress(zones.UnknownZone):
        assert zones.resolve(name) in zones.iana_names()


# VTIMEZONE


# Before New York's present rule began in 2007.
SPRINGS = (20000402, 20010401, 20020407, 20030406, 20040404, 20050403, 20060402)
AUTUMNS = (20001029, 20011028, 20021027, 20031026, 20041031, 20051030, 20061029)


def test_new_york_in_full() -> None:
    assert zones.vtimezone("America/New_York").split("\r\n") == [
        "BEGIN:VTIMEZONE",
        "TZID:America/New_York",
        "BEGIN:DAYLIGHT",
        "DTSTART:19990404T020000",
        *(f"RDATE:{day}T020000" for day in SPRINGS),
        "TZOFFSETFROM:-0500",
        "TZOFFSETTO:-0400",
        "TZNAME:EDT",
        "END:DAYLIGHT",
        "BEGIN:DAYLIGHT",
        "DTSTART:20070311T020000",
        "RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=2SU",
        "TZOFFSETFROM:-0500",
        "TZOFFSETTO:-0400",
        "TZNAME:EDT",
        "END:DAYLIGHT",
        "BEGIN:STANDARD",
        "DTSTART:19991031T020000",
        *(f"RDATE:{day}T020000" for day in AUTUMNS),
        "TZOFFSETFROM:-0400",
        "TZOFFSETTO:-0500",
        "TZNAME:EST",
        "END:STANDARD",
        "BEGIN:STANDARD",
        "DTSTART:20071104T020000",
        "RRULE:FREQ=YEARLY;BYMONTH=11;BYDAY=1SU",
        "TZOFFSETFROM:-0400",
        "TZOFFSETTO:-0500",
        "TZNAME:EST",
        "END:STANDARD",
        "END:VTIMEZONE",
        "",
    ]


def test_a_zone_without_changes_is_one_standard_observance() -> None:
    for zone in ("UTC", "Etc/GMT+5", "Asia/Kolkata"):
        text = zones.vtimezone(zone)
        assert (text.count("BEGIN:STANDARD"), text.count("BEGIN:DAYLIGHT")) == (1, 0)


def test_dublins_summer_is_the_daylight_time() -> None:
    """Contrary to tzdata, which few calendar programs follow there."""
    text = zones.vtimezone("Europe/Dublin")
    assert "TZOFFSETTO:+0100\r\nTZNAME:IST\r\nEND:DAYLIGHT" in text
    assert "TZOFFSETTO:+0000\r\nTZNAME:GMT\r\nEND:STANDARD" in text


@pytest.mark.parametrize("zone", HARD)
def test_the_hard_zones_are_right_every_three_hours(zone: str) -> None:
    clock = Clock(zones.vtimezone(zone))
    wrong = [at for at in range(FIRST, LAST, 3 * 3600) if clock.offset(at) != truth(zone, at)]
    assert wrong == []


def test_every_zone_is_right_at_its_changes_and_all_along() -> None:
    for zone in NAMES:
        clock = Clock(zones.vtimezone(zone))
        changes = [at for at in clock.times if FIRST < at < LAST]
        moments = [
            *range(FIRST, LAST, 11 * 86_400 + 17_762),
            *(at + by for at in changes for by in (-1, 0, 1)),
        ]
        wrong = [datetime.fromtimestamp(at, UTC) for at in moments if clock.offset(at) != truth(zone, at)]
        assert wrong == [], zone


@given(st.sampled_from(NAMES), st.integers(FIRST, LAST - 1))
@settings(max_examples=100, deadline=None)
def test_every_zone_is_right_at_any_instant(zone: str, at: int) -> None:
    assert Clock(zones.vtimezone(zone)).offset(at) == truth(zone, at)


@given(st.sampled_from(NAMES), st.integers(FIRST, LAST - 1))
@settings(max_examples=90, deadline=None)
def test_the_present_rule_is_right_since_it_began(zone: str, at: int) -> None:
    since, text = zones.present(zone)
    at = max(at, int(since.timestamp()))
    assert Clock(text).offset(at) == truth(zone, at)


def test_the_present_rule_is_short_where_there_is_one() -> None:
    for zone, year in (("America/New_York", 2007), ("Europe/Berlin", 2000), ("America/Sao_Paulo", 2019)):
        since, text = zones.present(zone)
        assert since.year == year
        assert len(text) < 400
        assert Clock(text).offset(int(since.timestamp())) == truth(zone, int(since.timestamp()))
    assert zones.present("Africa/Casablanca")[0].year > 2050


@pytest.mark.parametrize("zone", HARD)
def test_other_programs_read_it_alike(zone: str) -> None:
    """icalendar with dateutil's evaluation, which stops at 2038."""
    component = Timezone.from_ical(zones.vtimezone(zone))
    assert isinstance(component, Timezone)
    read = component.to_tz(lookup_tzid=False)
    for at in range(FIRST, int(datetime(2037, 1, 1, tzinfo=UTC).timestamp()), 23 * 86_400 + 7_200):
        assert datetime.fromtimestamp(at, read).utcoffset() == truth(zone, at)


def test_texts_are_whole_components_of_short_ascii_lines() -> None:
    for zone in NAMES:
        text = zones.vtimezone(zone)
        lines = text.split("\r\n")
        assert lines[0] == "BEGIN:VTIMEZONE"
        assert lines[-2:] == ["END:VTIMEZONE", ""]
        assert text.isascii()
        assert max(map(len, lines)) <= 75
        assert len(text) < 4_000, zone
    Calendar.from_ical("BEGIN:VCALENDAR\r\n" + zones.vtimezone("Asia/Gaza") + "END:VCALENDAR\r\n")


def test_a_text_is_made_fast_and_once() -> None:
    zones.vtimezone.cache_clear()
    start = time.process_time()
    for zone in HARD:
        zones.vtimezone(zone)
    assert (time.process_time() - start) / len(HARD) < 0.05 * pace()
    assert zones.vtimezone("America/New_York") is zones.vtimezone("America/New_York")
    assert zones.vtimezone.cache_info().maxsize is not None


def test_what_lies_outside_is_known_to_be_outside() -> None:
    assert zones.covers(zones.FIRST, datetime(2060, 12, 31, tzinfo=UTC))
    assert not zones.covers(datetime(1999, 12, 31, 23, 59, tzinfo=UTC))
    assert not zones.covers(datetime(2026, 1, 1, tzinfo=UTC), zones.LAST)
