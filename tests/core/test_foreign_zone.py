"""A time zone that a program defines itself means what dateutil and zoneinfo say it means."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from io import StringIO
from zoneinfo import ZoneInfo

import pytest
from dateutil.tz import resolve_imaginary, tzical
from hypothesis import example, given, settings
from hypothesis import strategies as st

from gateway.core import foreign_zone, zones
from gateway.core.intake import Unacceptable
from gateway.core.reading import Part, calendar

NAMES = sorted(zones.iana_names())
locals_ = st.integers(0, 58 * 365 * 86_400).map(
    lambda seconds: datetime(2001, 1, 2, tzinfo=UTC) + timedelta(seconds=seconds)
)


def zone(text: str) -> Part:
    (found,) = calendar(f"BEGIN:VCALENDAR\r\n{text}END:VCALENDAR\r\n".encode()).parts("VTIMEZONE")
    return found


def observance(lines: str) -> str:
    offsets = "TZOFFSETFROM:+0100\nTZOFFSETTO:+0200"
    autumn = "DTSTART:20001029T030000\nRRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU"
    standard = f"BEGIN:STANDARD\n{autumn}\nTZOFFSETFROM:+0200\nTZOFFSETTO:+0100\nEND:STANDARD\n"
    return f"BEGIN:VTIMEZONE\nTZID:X\n{standard}BEGIN:DAYLIGHT\n{lines}\n{offsets}\nEND:DAYLIGHT\nEND:VTIMEZONE\n"


@given(st.sampled_from(NAMES), locals_)
@settings(max_examples=300)
@example("Europe/London", datetime(2026, 3, 29, 1, 30, tzinfo=UTC))
@example("Europe/London", datetime(2026, 10, 25, 1, 30, tzinfo=UTC))
@example("Australia/Lord_Howe", datetime(2026, 10, 4, 2, 15, tzinfo=UTC))
@example("Pacific/Apia", datetime(2011, 12, 30, 12, tzinfo=UTC))
def test_our_own_definitions_are_read_as_they_were_meant(name: str, local: datetime) -> None:
    meant = local.replace(tzinfo=ZoneInfo(name)).astimezone(UTC)
    assert foreign_zone.instant(zone(zones.vtimezone(name)), local) == meant


RULES = [
    "FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU",
    "FREQ=YEARLY;BYMONTH=4;BYDAY=+1SU;UNTIL=20150401T000000Z",
    "FREQ=YEARLY;BYMONTH=9;BYDAY=SU;BYMONTHDAY=8,9,10,11,12,13,14;COUNT=20",
    "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=-1;UNTIL=20200101",
    "FREQ=YEARLY;INTERVAL=1;WKST=MO",
    "FREQ=YEARLY;BYMINUTE=0;BYHOUR=2;BYDAY=-2SA;BYMONTH=5",
]


@given(st.sampled_from(RULES), locals_)
@settings(max_examples=200)
def test_rules_are_read_as_dateutil_reads_them(rule: str, local: datetime) -> None:
    text = observance(f"DTSTART:20050327T020000\nRRULE:{rule}")
    theirs = tzical(StringIO(text)).get("X")
    meant = resolve_imaginary(local.replace(tzinfo=theirs)).astimezone(UTC)
    assert foreign_zone.instant(zone(text), local) == meant


@pytest.mark.parametrize(
    ("until", "hours"), [("20150405T010000Z", 2), ("20150405T005959Z", 1), ("20150405", 2), ("20150404", 1)]
)
def test_a_rule_holds_until_its_last_instant_which_is_told_in_utc(until: str, hours: int) -> None:
    """Where dateutil takes it for a local time (RFC 5545 3.3.10)."""
    rule = f"RRULE:FREQ=YEARLY;BYMONTH=4;BYDAY=1SU;UNTIL={until}"
    june = datetime(2015, 6, 17, tzinfo=UTC)
    text = observance(f"DTSTART:20050403T020000\n{rule}")
    assert foreign_zone.instant(zone(text), june) == june - timedelta(hours=hours)


BAD = {
    "days without a month": "DTSTART:20050327T020000\nRRULE:FREQ=YEARLY;BYDAY=SU",
    "every other year": "DTSTART:20050327T020000\nRRULE:FREQ=YEARLY;INTERVAL=2",
    "a day by its number in the year": "DTSTART:20050327T020000\nRRULE:FREQ=YEARLY;BYYEARDAY=90",
    "every day": "DTSTART:20050327T020000\nRRULE:FREQ=DAILY",
    "two months": "DTSTART:20050327T020000\nRRULE:FREQ=YEARLY;BYMONTH=3,4;BYDAY=SU",
    "a month that isn't": "DTSTART:20050327T020000\nRRULE:FREQ=YEARLY;BYMONTH=13",
    "more choices than days in a week": "DTSTART:20050327T020000\nRRULE:FREQ=YEARLY;BYMONTH=3;BYMONTHDAY="
    + ",".join(["1"] * 11),
    "more rules than years": "DTSTART:20050327T020000\n" + "RRULE:FREQ=YEARLY\n" * 200 + "RRULE:FREQ=YEARLY",
    "no rule at all": "DTSTART:20050327T020000\nRRULE:x",
    "a day that isn't": "DTSTART:20050230T020000",
    "no start": "COMMENT:x",
    "before all time": "DTSTART:00010101T000000",
    "more dates than anybody needs": "DTSTART:20050327T020000\nRDATE:"
    + ",".join(["20060327T020000"] * 6_000),
}


@pytest.mark.parametrize("lines", BAD.values(), ids=BAD)
def test_what_cannot_be_read_is_refused(lines: str) -> None:
    with pytest.raises(Unacceptable, match="time zone"):
        foreign_zone.instant(zone(observance(lines)), datetime(2026, 6, 17, tzinfo=UTC))


def test_a_day_that_never_comes_keeps_nobody_waiting() -> None:
    text = observance("DTSTART:16010101T020000\nRRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30")
    june = datetime(2026, 6, 17, tzinfo=UTC)
    assert foreign_zone.instant(zone(text), june) == june - timedelta(hours=1)


def test_a_definition_without_a_change_is_none() -> None:
    with pytest.raises(Unacceptable):
        foreign_zone.instant(Part("VTIMEZONE"), datetime(2026, 6, 17, tzinfo=UTC))
