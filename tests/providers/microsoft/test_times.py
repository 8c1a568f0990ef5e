"""When Outlook's events are, and our times on the clocks that Graph is told: every hour of a year, those that there are
twice too."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.providers.microsoft import times
from gateway.providers.microsoft.times import Unreadable
from tests.servers.microsoft import zones

Json = dict[str, Any]

ZONES = (
    "Europe/Berlin",
    "America/New_York",
    "America/St_Johns",
    "Asia/Kolkata",
    "Australia/Lord_Howe",
    "Pacific/Apia",
    "Pacific/Chatham",
    "Africa/Casablanca",
    "UTC",
)


def item(start: str, end: str, **more: Any) -> Json:
    edges = {"start": start, "end": end}
    return {name: {"dateTime": when, "timeZone": "UTC"} for name, when in edges.items()} | more


def day(**more: Any) -> Json:
    """The eighth of December, a whole day of a series."""
    first, after = "2026-12-08T00:00:00.0000000", "2026-12-09T00:00:00.0000000"
    return item(first, after, isAllDay=True, seriesMasterId="AAMk=", **more)


# Our times in their words


@pytest.mark.parametrize(
    ("moment", "clock", "zone"),
    [
        # The night in which an hour is left out.
        ("2027-03-28T00:30", "2027-03-28T01:30:00", "Europe/Berlin"),
        ("2027-03-28T01:00", "2027-03-28T03:00:00", "Europe/Berlin"),
        # The night that has one twice.
        ("2026-10-24T23:30", "2026-10-25T01:30:00", "Europe/Berlin"),
        ("2026-10-25T00:00", "2026-10-25T00:00:00", "UTC"),
        ("2026-10-25T01:59", "2026-10-25T01:59:00", "UTC"),
        ("2026-10-25T02:00", "2026-10-25T03:00:00", "Europe/Berlin"),
    ],
)
def test_the_nights_in_which_clocks_are_changed(moment: str, clock: str, zone: str) -> None:
    at = datetime.fromisoformat(moment).replace(tzinfo=UTC)
    assert times.written(at, "Europe/Berlin") == {"dateTime": clock, "timeZone": zone}


@given(st.integers(0, 2 * 366 * 24 * 4), st.sampled_from(ZONES))
def test_what_is_written_is_the_same_moment_for_them(quarters: int, zone: str) -> None:
    moment = datetime(2026, 1, 1, tzinfo=UTC) + quarters * timedelta(minutes=15)
    assert zones.instant(*zones.moment(times.written(moment, zone), "start")) == moment


def test_the_moment_counts_and_not_the_zone_that_it_is_told_in() -> None:
    ten = datetime(2026, 12, 1, 10, tzinfo=ZoneInfo("Europe/Berlin"))
    assert times.written(ten, "America/New_York") == {
        "dateTime": "2026-12-01T04:00:00",
        "timeZone": "America/New_York",
    }


# Theirs in ours


@given(st.integers(0, 2 * 366 * 24 * 4), st.integers(0, 500))
def test_what_they_tell_is_read_to_the_second(quarters: int, minutes: int) -> None:
    start = datetime(2026, 1, 1, tzinfo=UTC) + quarters * timedelta(minutes=15)
    end = start + timedelta(minutes=minutes)
    read = {"start": zones.written(start, "UTC"), "end": zones.written(end, "UTC")}
    assert times.span(read) == (start, end)
    assert times.lines(read) == f"DTSTART:{start:%Y%m%dT%H%M%SZ}\r\nDTEND:{end:%Y%m%dT%H%M%SZ}\r\n".encode()


def test_a_part_of_a_second_is_none() -> None:
    read = item("2026-12-01T09:00:00.9999999", "2026-12-01T10:00:00Z")
    assert times.lines(read) == b"DTSTART:20261201T090000Z\r\nDTEND:20261201T100000Z\r\n"


def test_an_offset_counts_where_there_is_one() -> None:
    read = item("2026-12-08T09:00:00", "2026-12-08T10:00:00", seriesMasterId="AAMk=")
    for told in ("2026-12-01T09:00:00Z", "2026-12-01T10:00:00+01:00", "2026-12-01T04:00:00.0000000-05:00"):
        assert b"RECURRENCE-ID:20261201T090000Z\r\n" in times.lines({**read, "originalStart": told})


def test_an_occurrence_that_does_not_say_which_is_the_one_of_its_time() -> None:
    read = item("2026-12-08T09:00:00", "2026-12-08T10:00:00", seriesMasterId="AAMk=")
    assert b"RECURRENCE-ID:20261208T090000Z\r\n" in times.lines(read)
    assert b"RECURRENCE-ID;VALUE=DATE:20261208\r\n" in times.lines(day())


@pytest.mark.parametrize(
    ("told", "zone"),
    [
        ("2026-12-08T00:00:00Z", "Europe/Berlin"),
        ("2026-12-08T00:00:00Z", "America/New_York"),
        ("2026-12-07T23:00:00Z", "W. Europe Standard Time"),
        ("2026-12-08T05:00:00Z", "Eastern Standard Time"),
        ("2026-12-08T10:00:00Z", "Pacific/Honolulu"),
        ("2026-12-07T11:00:00Z", "Pacific/Auckland"),
        # Of a zone that nobody knows, the nearest midnight.
        ("2026-12-07T23:00:00Z", "Customized Time Zone 7"),
        ("2026-12-08T05:00:00Z", None),
    ],
)
def test_which_day_of_a_series_it_is(told: str, zone: str | None) -> None:
    """Midnight where it was written; read as UTC's, it would be another day's, and that one would be left out."""
    read = day(originalStart=told, originalStartTimeZone=zone)
    assert b"RECURRENCE-ID;VALUE=DATE:20261208\r\n" in times.lines(read)


def test_a_day_lasts_a_day_at_least() -> None:
    read = item("2026-12-01T00:00:00", "2026-12-01T00:00:00", isAllDay=True)
    assert times.lines(read) == b"DTSTART;VALUE=DATE:20261201\r\nDTEND;VALUE=DATE:20261202\r\n"


@pytest.mark.parametrize("told", ["", "2026-13-01T00:00:00Z", "1700-01-01T00:00:00Z", "0001-01-01T00:00:00Z"])
def test_which_occurrence_it_is_is_not_guessed(told: str) -> None:
    for read in (
        day(originalStart=told),
        item("2026-12-08T09:00:00", "2026-12-08T10:00:00", seriesMasterId="A"),
    ):
        with pytest.raises(Unreadable):
            times.lines({**read, "originalStart": told})


@pytest.mark.parametrize("zone", ["Pacific Standard Time", "Europe/Berlin", "", 7, [], {}])
def test_only_utc_was_asked_for(zone: object) -> None:
    read = item("2026-12-01T09:00:00", "2026-12-01T10:00:00")
    with pytest.raises(Unreadable):
        times.lines({**read, "end": {**read["end"], "timeZone": zone}})


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("Customized Time Zone 7", "Customized Time Zone 7"),
        ("Harbor\r\nTime\x00", "Harbor Time"),
        ("Z" * 200, "Z" * 79 + "…"),
        ("tzone://Microsoft/Custom", ""),
        ("Romance Standard Time", ""),
        ("Asia/Kolkata", ""),
        (None, ""),
        (7, ""),
    ],
)
def test_a_zone_that_nobody_knows_is_named_in_few_words(name: object, said: str) -> None:
    assert times.strange_zone({"originalStartTimeZone": name}) == said
