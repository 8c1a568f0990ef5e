"""Which times a calendar object takes, against recurring-ical-events."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from gateway.core import intake
from gateway.core.expand import MOST_INSTANCES, Taken, taken
from gateway.core.moments import moment, timed, wall
from gateway.core.reading import calendar
from gateway.core.unacceptable import Unacceptable
from tests.core.ical_oracle import expected, samples, single
from tests.core.rule_strategy import goes_on, rules

SINCE, UNTIL = datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 2, 5, tzinfo=UTC)
BERLIN = "Europe/Berlin"


def event(*lines: str) -> list[str]:
    return ["BEGIN:VEVENT", "UID:a", "DTSTAMP:20260101T000000Z", *lines, "END:VEVENT"]


def body(*parts: list[str], around: tuple[str, ...] = ()) -> bytes:
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//X//Y//EN", *around]
    return "\r\n".join([*lines, *(line for part in parts for line in part), "END:VCALENDAR", ""]).encode()


def take(text: bytes, zone: str = BERLIN, since: datetime = SINCE, until: datetime = UNTIL) -> Taken:
    intake.check(text)
    return taken(text, zone=zone, since=since, until=until)


def told(text: bytes, zone: str = BERLIN) -> str:
    return " ".join(f"{start:%m%dT%H%M}-{end:%m%dT%H%M}" for start, end in take(text, zone).spans)


ONE = {
    "start and end": (("DTSTART:20260617T120000Z", "DTEND:20260617T130000Z"), "0617T1200-0617T1300"),
    "a length": (("DTSTART:20260617T120000Z", "DURATION:PT90M"), "0617T1200-0617T1330"),
    "no length": (("DTSTART:20260617T120000Z",), ""),
    "a day": (("DTSTART;VALUE=DATE:20260617",), "0616T2200-0617T2200"),
    "a day of 23 hours": (("DTSTART;VALUE=DATE:20260329",), "0328T2300-0329T2200"),
    "a day of 25 hours": (("DTSTART;VALUE=DATE:20261025",), "1024T2200-1025T2300"),
    "two days": (("DTSTART;VALUE=DATE:20260617", "DTEND;VALUE=DATE:20260619"), "0616T2200-0618T2200"),
    "two days by length": (("DTSTART;VALUE=DATE:20260617", "DURATION:P2D"), "0616T2200-0618T2200"),
    "floating": (("DTSTART:20260617T120000", "DTEND:20260617T130000"), "0617T1000-0617T1100"),
    "another zone": (("DTSTART;TZID=Asia/Kolkata:20260617T120000", "DURATION:PT1H"), "0617T0630-0617T0730"),
    "the lost hour": (("DTSTART;TZID=Europe/Berlin:20260329T023000", "DURATION:PT1H"), "0329T0130-0329T0230"),
    "the doubled hour": (
        ("DTSTART;TZID=Europe/Berlin:20261025T023000", "DURATION:PT15M"),
        "1025T0030-1025T0045",
    ),
    "over a night of 25 hours": (
        ("DTSTART;TZID=Europe/Berlin:20261024T220000", "DTEND;TZID=Europe/Berlin:20261025T060000"),
        "1024T2000-1025T0500",
    ),
    "transparent": (("DTSTART:20260617T120000Z", "DURATION:PT1H", "TRANSP:TRANSPARENT"), ""),
    "cancelled": (("DTSTART:20260617T120000Z", "DURATION:PT1H", "STATUS:CANCELLED"), ""),
    "free": (("DTSTART:20260617T120000Z", "DURATION:PT1H", "X-MICROSOFT-CDO-BUSYSTATUS:FREE"), ""),
    "tentative": (("DTSTART:20260617T120000Z", "DURATION:PT1H", "STATUS:TENTATIVE"), "0617T1200-0617T1300"),
    "long ago": (("DTSTART:20200617T120000Z", "DURATION:PT1H"), ""),
}


@pytest.mark.parametrize(("lines", "spans"), ONE.values(), ids=ONE)
def test_one_event(lines: tuple[str, ...], spans: str) -> None:
    assert told(body(event(*lines))) == spans


DAILY = ("DTSTART;TZID=Europe/Berlin:20260327T090000", "DURATION:PT1H", "RRULE:FREQ=DAILY;COUNT=4")
FIRST, SECOND, THIRD, FOURTH = (
    "0327T0800-0327T0900",
    "0328T0800-0328T0900",
    "0329T0700-0329T0800",
    "0330T0700-0330T0800",
)
WHICH = "RECURRENCE-ID;TZID=Europe/Berlin:20260328T090000"
AND_FUTURE = WHICH.replace("ID;", "ID;RANGE=THISANDFUTURE;")
CHANGES = {
    "nothing": ((), [FIRST, SECOND, THIRD, FOURTH]),
    "moved": (
        (WHICH, "DTSTART:20260401T100000Z", "DURATION:PT1H"),
        [FIRST, THIRD, FOURTH, "0401T1000-0401T1100"],
    ),
    "cancelled": ((WHICH, DAILY[0], DAILY[1], "STATUS:CANCELLED"), [FIRST, THIRD, FOURTH]),
    "no longer busy": ((WHICH, DAILY[0], DAILY[1], "TRANSP:TRANSPARENT"), [FIRST, THIRD, FOURTH]),
    "this and future later, and shorter": (
        (AND_FUTURE, "DTSTART;TZID=Europe/Berlin:20260328T110000", "DURATION:PT30M"),
        [FIRST, "0328T1000-0328T1030", "0329T0900-0329T0930", "0330T0900-0330T0930"],
    ),
    "this and future cancelled": ((AND_FUTURE, DAILY[0], DAILY[1], "STATUS:CANCELLED"), [FIRST]),
}


@pytest.mark.parametrize(("change", "spans"), CHANGES.values(), ids=CHANGES)
def test_an_override_stands_for_its_instance(change: tuple[str, ...], spans: list[str]) -> None:
    parts = [event(*DAILY), event(*change)] if change else [event(*DAILY)]
    assert told(body(*parts)) == " ".join(spans)
    assert told(body(*reversed(parts))) == " ".join(spans)


def test_exceptions_and_further_dates() -> None:
    lines = [
        "EXDATE:20260328T080000Z",
        "EXDATE;VALUE=DATE:20260330",
        "RDATE;VALUE=PERIOD:20260501T100000Z/PT2H",
    ]
    assert told(body(event(*DAILY, *lines))) == f"{FIRST} {THIRD} 0501T1000-0501T1200"


def test_an_override_alone_counts() -> None:
    assert told(body(event(WHICH, "DTSTART:20260401T100000Z", "DURATION:PT1H"))) == "0401T1000-0401T1100"


SOMEWHERE = """\
BEGIN:VTIMEZONE
TZID:Somewhere
BEGIN:DAYLIGHT
DTSTART:16010101T020000
RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU
TZOFFSETFROM:+0330
TZOFFSETTO:+0430
END:DAYLIGHT
BEGIN:STANDARD
DTSTART:16010101T030000
RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU
TZOFFSETFROM:+0430
TZOFFSETTO:+0330
END:STANDARD
END:VTIMEZONE""".splitlines()


def test_a_zone_of_the_clients_own() -> None:
    lines = ["DTSTART;TZID=Somewhere:20260328T120000", "DURATION:PT1H", "RRULE:FREQ=DAILY;COUNT=2"]
    assert told(body(SOMEWHERE, event(*lines))) == "0328T0830-0328T0930 0329T0730-0329T0830"


def test_a_known_zone_is_ours_whatever_the_client_says_of_it() -> None:
    lies = [line.replace("Somewhere", "Asia/Tokyo") for line in SOMEWHERE]
    assert told(body(lies, event("DTSTART;TZID=Asia/Tokyo:20260617T120000", "DURATION:PT1H"))) == (
        "0617T0300-0617T0400"
    )


def test_nothing_of_one_object_is_left_for_the_next() -> None:
    lines = event("DTSTART;TZID=Somewhere:20260617T120000", "DURATION:PT1H")
    other = [line.replace("30", "00") if "TZOFFSET" in line else line for line in SOMEWHERE]
    assert told(body(SOMEWHERE, lines)) == "0617T0730-0617T0830"
    assert told(body(other, lines)) == "0617T0800-0617T0900"


REACH = {
    "once": ((), "20260617T1000 20260617T1100", False),
    "for ever": (("RRULE:FREQ=DAILY",), None, True),
    "three times": (("RRULE:FREQ=DAILY;COUNT=3",), "20260617T1000 20260619T1100", True),
    "until": (("RRULE:FREQ=DAILY;UNTIL=20260701T100000Z",), "20260617T1000 20260701T1100", True),
    "until 9999": (("RRULE:FREQ=DAILY;UNTIL=99991231T235959Z",), None, True),
    "longer than anyone counts": (("RRULE:FREQ=DAILY;COUNT=1000000",), None, True),
    "another date": (("RDATE:20260801T100000Z",), "20260617T1000 20260801T1100", True),
}


@pytest.mark.parametrize(("lines", "reach", "recurs"), REACH.values(), ids=REACH)
def test_the_reach_holds_all_instances(lines: tuple[str, ...], reach: str | None, recurs: bool) -> None:
    """With a few days to spare, as clocks are changed."""
    found = take(body(event("DTSTART:20260617T100000Z", "DURATION:PT1H", "TRANSP:TRANSPARENT", *lines)))
    assert found.spans == ()
    assert found.recurs is recurs
    if reach is None:
        assert found.last is None
    else:
        first, last = (datetime.strptime(f"{each}Z", "%Y%m%dT%H%M%z") for each in reach.split())
        assert found.last is not None
        assert found.first == first
        assert timedelta(0) <= found.last - last <= timedelta(days=3)
        assert recurs or found.last == last


START = "DTSTART:18000101T100000Z"
TOO_MUCH = {
    "more than anyone has": (START, "DURATION:PT1H", "RRULE:FREQ=HOURLY;BYMINUTE=0,30"),
    "centuries over each other": (START, "DTEND:21990101T000000Z", "RRULE:FREQ=DAILY"),
    "counted for two centuries": (START, "DURATION:PT1H", *["RRULE:FREQ=DAILY;COUNT=90000"] * 2),
}


@pytest.mark.parametrize("lines", TOO_MUCH.values(), ids=TOO_MUCH)
def test_what_recurs_too_much_is_refused(lines: tuple[str, ...]) -> None:
    with pytest.raises(Unacceptable) as caught:
        take(body(event(*lines)))
    assert caught.value.precondition == intake.INSTANCES


def test_each_hour_of_a_year_is_taken() -> None:
    assert (
        len(take(body(event("DTSTART:20260101T000000Z", "DURATION:PT1H", "RRULE:FREQ=HOURLY"))).spans)
        == 9_600
    )
    assert MOST_INSTANCES > 9_600


# What is not read as recurring-ical-events does, and why.
OTHERWISE = {
    # It moves a floating start into the zone of an EXDATE or of the end.
    "event_with_recurrence.ics": "a floating start stays one, also if its EXDATE is in UTC",
    "issue_201_test_matrix.ics": "a floating start stays one, also if its end has a zone",
}


def test_real_calendars_take_the_same_times_or_are_refused() -> None:
    """Around the first start in each; each series in them on its own too."""
    compared = 0
    differing: set[str] = set()
    for sample in samples():
        for text in single(sample):
            try:
                intake.check(text)
            except Unacceptable:
                continue
            starts = [part.value("DTSTART") for part in calendar(text).parts("VEVENT")]
            since = timed(moment(starts[0])).replace(tzinfo=UTC) - timedelta(days=30)
            until = since + timedelta(days=400)
            for zone in (BERLIN, "America/St_Johns"):
                found = taken(text, zone=zone, since=since, until=until)
                compared += 1
                if found.spans != expected(text, zone, since, until):
                    differing.add(sample.name)
                assert all(found.first <= start for start, _ in found.spans)
                assert found.last is None or all(end <= found.last for _, end in found.spans)
    assert differing == OTHERWISE.keys()
    assert compared > 1_500


places = st.sampled_from(["Europe/Berlin", "Australia/Lord_Howe", "America/St_Johns", "Asia/Kolkata", "UTC"])
# Near the nights in which the clocks are changed as often as not.
starts = st.datetimes(datetime(2024, 1, 1), datetime(2026, 12, 1)) | st.builds(  # noqa: DTZ001
    lambda night, minutes: night + timedelta(minutes=minutes),
    st.sampled_from([datetime(2025, *day) for day in [(3, 30), (10, 26), (4, 6), (10, 5), (3, 9), (11, 2)]]),  # noqa: DTZ001
    st.integers(0, 59).map(lambda number: number * 5),
)


@st.composite
def series(draw: st.DrawFn) -> tuple[list[list[str]], str, datetime]:
    """The events of an object, its rule, and its start as the clock shows it."""
    start = draw(starts).replace(second=0, microsecond=0)
    kind = draw(st.sampled_from(["zoned", "zoned", "zoned", "floating", "day"]))
    param = {"zoned": f";TZID={draw(places)}", "floating": "", "day": ";VALUE=DATE"}[kind]
    form = "%Y%m%d" if kind == "day" else "%Y%m%dT%H%M%S"
    size = draw(
        st.sampled_from(["PT15M", "PT1H", "PT9H", "P1D", "P3D", "P40D"] if kind != "day" else ["P1D", "P3D"])
    )
    rule = draw(rules())
    if kind == "day":
        start = start.replace(hour=0, minute=0)
        assume("HOUR" not in rule and "MINUTE" not in rule)

    def line(name: str, when: datetime) -> str:
        return f"{name}{param}:{when:{form}}"

    near = st.integers(-2, 60).map(lambda days: start + timedelta(days=days))
    until = draw(st.none() | st.integers(0, 500))
    if until is not None and "COUNT" not in rule:
        rule += f";UNTIL={start + timedelta(days=until):{form}}" + ("Z" if kind == "zoned" else "")
    master = [line("DTSTART", start), f"DURATION:{size}", f"RRULE:{rule}"]
    master += [line("EXDATE", each) for each in draw(st.lists(near, max_size=3))]
    master += [line("RDATE", each) for each in draw(st.lists(near, max_size=2))]
    overrides = []
    for each in draw(st.lists(near, max_size=2, unique=True)):
        free = draw(st.sampled_from(["TRANSP:OPAQUE", "TRANSP:TRANSPARENT", "STATUS:CANCELLED"]))
        reach = draw(st.sampled_from(["", ";RANGE=THISANDFUTURE"]))
        moved = each + timedelta(days=draw(st.integers(-3, 3)))
        overrides.append(
            event(line(f"RECURRENCE-ID{reach}", each), line("DTSTART", moved), f"DURATION:{size}", free)
        )
    return [event(*master), *overrides], rule, start


@given(series(), places, st.integers(-30, 500), st.integers(1, 120))
@settings(max_examples=120, deadline=None)
def test_any_series_takes_what_recurring_ical_events_says(
    made: tuple[list[list[str]], str, datetime], zone: str, after: int, size: int
) -> None:
    parts, rule, start = made
    since = start.replace(tzinfo=UTC) + timedelta(days=after)
    until = since + timedelta(days=size)
    bare = ";".join(part for part in rule.split(";") if not part.startswith("UNTIL"))
    assume(goes_on(bare, start, max(start, wall(until)) + timedelta(days=60)))
    text = body(*parts)
    intake.check(text)
    try:
        theirs = expected(text, zone, since, until)
    except ValueError as impossible:
        # It won't have a BYHOUR that INTERVAL never meets.
        assert "empty set" in str(impossible)  # noqa: PT017
        return
    assert taken(text, zone=zone, since=since, until=until).spans == theirs


anything = st.sampled_from(
    """\
RDATE:20260617T120000Z/PT1H|RDATE:20260617T120000Z/20260617T110000Z|RDATE:20260617|RDATE:|RDATE:,|RDATE:17991231
EXDATE:20260617T120000Z/PT1H|EXDATE:21991231T235959|EXDATE;TZID=Asia/Tokyo:18000101T000000|DURATION:P200000D
RECURRENCE-ID:20260617T120000Z|RECURRENCE-ID;RANGE=THISANDFUTURE:18000101|RECURRENCE-ID;RANGE=X:21991231T000000Z
RRULE:FREQ=YEARLY;INTERVAL=999999999|RRULE:FREQ=HOURLY;INTERVAL=7;BYDAY=MO;BYHOUR=3|RRULE:FREQ=DAILY;UNTIL=00010101
RRULE:FREQ=YEARLY;UNTIL=99991231T235959Z|RRULE:FREQ=DAILY;UNTIL=99991231|RRULE:FREQ=WEEKLY;COUNT=999999999|RRULE:FREQ=YEARLY;BYWEEKNO=-53,53
RRULE:FREQ=MONTHLY;BYDAY=53MO;BYSETPOS=-366|DTEND:21991231T235959Z|DTSTART:18000101T000000|DTSTART:20260617
DTSTART;TZID=Somewhere:20260617T120000|DTEND;TZID=Somewhere:21991231T000000|SEQUENCE:x|SEQUENCE:9|TRANSP:X""".replace(
        "\n", "|"
    ).split("|")
)


@given(st.lists(st.lists(anything, max_size=6), min_size=1, max_size=3))
@settings(max_examples=160, deadline=None)
def test_what_passes_the_check_never_fails_otherwise(events: list[list[str]]) -> None:
    text = body(SOMEWHERE, *(event(*lines) for lines in events))
    try:
        intake.check(text)
        taken(text, zone=BERLIN, since=SINCE, until=UNTIL)
    except Unacceptable as refused:
        assert refused.precondition.startswith("C:")  # noqa: PT017
