"""Google's events, as Google sends them, in our words and back: times, who is busy, and what our own events say."""

from __future__ import annotations

import json
from collections import defaultdict
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from dateutil import rrule
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from gateway.core import intake
from gateway.core.expand import Taken, taken
from gateway.core.model import Event
from gateway.core.remote import RemoteEvent, Reply, Showing
from gateway.core.unacceptable import Unacceptable
from gateway.core.wire import clean
from gateway.providers.google import markup, translate
from gateway.providers.google.times import Unreadable
from tests.core.ical_oracle import expected

SINCE, UNTIL = datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 4, 1, tzinfo=UTC)
BERLIN = "Europe/Berlin"
SAMPLES = Path(__file__).parents[2] / "samples" / "google"


def page(name: str) -> dict:
    return json.loads((SAMPLES / f"{name}.json").read_text(encoding="utf-8"))


def read(name: str, *, titles: bool = False) -> list[RemoteEvent]:
    sample = page(name)
    told = translate.events(sample["items"], sample["timeZone"], titles=titles)
    assert told.faults == 0
    return list(told.events)


def series(events: list[RemoteEvent]) -> list[bytes]:
    """Calendar objects, as whoever keeps the events puts them together."""
    parts: dict[str, list[bytes]] = defaultdict(list)
    for one in events:
        if not one.gone:
            event = b"BEGIN:VEVENT\r\nUID:a\r\nDTSTAMP:20260101T000000Z\r\n" + one.times + b"END:VEVENT\r\n"
            parts[one.series].append(event)
    head = b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//X//Y//EN\r\n"
    return [head + b"".join(events) + b"END:VCALENDAR\r\n" for events in parts.values()]


def take(events: list[RemoteEvent], zone: str = BERLIN) -> list[Taken]:
    bodies = series(events)
    for body in bodies:
        intake.check(body)
    return [taken(body, zone=zone, since=SINCE, until=UNTIL) for body in bodies]


def told(events: list[RemoteEvent], zone: str = BERLIN) -> list[str]:
    """Each series' times, in UTC."""
    return [
        " ".join(f"{start:%m%dT%H%M}-{end:%m%dT%H%M}" for start, end in found.spans)
        for found in take(events, zone)
    ]


TIMES = {
    "single": ["1201T0830-1201T0915"],
    "all_day": ["1202T2300-1204T2300", "1205T2300-1206T2300"],
    "recurring": [
        "1102T0800-1102T0830 1110T1400-1110T1500 1207T0800-1207T0830 1214T0800-1214T0830 1221T0800-1221T0830"
        " 1228T0800-1228T0830"
    ],
    "recurring_all_day": ["1129T2300-1130T2300 0125T2300-0127T2300 0221T2300-0222T2300"],
    "added_dates": ["1110T1600-1110T1730 1111T1600-1111T1730 1117T1600-1117T1730 1201T1600-1201T1730"],
    "birthday": ["0227T2300-0228T2300 0227T2300-0228T2300"],
    "out_of_office": ["1220T2300-0101T2300"],
    "from_gmail": ["1210T0610-1210T0815"],
    # Of which nobody knows the zone: the calendar's.
    "unknown_zone": ["1104T0900-1104T1000 1111T0900-1111T1000 1118T0900-1118T1000", "1105T0900-1105T1000"],
    # Seattle's clocks are put back on 1 November, a week after Berlin's.
    "windows_zone": ["1028T1700-1028T1800 1104T1800-1104T1900 1111T1800-1111T1900"],
    "half_hour_zone": ["1108T0045-1108T0130 1115T0045-1115T0130", "1107T1945-1107T2000"],
    "clocks_change": [
        "1025T0130-1025T0145",
        "1025T0030-1025T0045",
        "1025T0050-1025T0110",
        "1023T2000-1024T0400 1024T2000-1025T0500 1025T2100-1026T0500",
        "0327T2100-0328T0500 0328T2100-0329T0400 0329T2000-0330T0400",
        # By the clock, as a series is told: it ends at ten past three.
        "1025T0050-1025T0210 1101T0150-1101T0210",
    ],
}


@pytest.mark.parametrize("name", TIMES)
def test_when_an_event_is(name: str) -> None:
    assert told(read(name)) == TIMES[name]


@pytest.mark.parametrize("name", sorted(path.stem for path in SAMPLES.glob("*.json")))
def test_all_who_read_calendars_understand_the_times(name: str) -> None:
    events = read(name)
    for body, found in zip(series(events), take(events), strict=True):
        assert found.spans == expected(body, BERLIN, SINCE, UNTIL)


@pytest.mark.parametrize("name", sorted(path.stem for path in SAMPLES.glob("*.json")))
def test_times_say_nothing_else(name: str) -> None:
    for one in read(name):
        names = {line.partition(b":")[0].partition(b";")[0] for line in one.times.split(b"\r\n")}
        assert names <= {b"", b"DTSTART", b"DTEND", b"DURATION", b"RRULE", b"RDATE", b"EXDATE", b"RECURRENCE-ID",
                         b"STATUS"}  # fmt: skip


BUSY = {
    "single": [(Showing.BUSY, Reply.NONE)],
    "all_day": [(Showing.BUSY, Reply.NONE), (Showing.FREE, Reply.NONE)],
    "tentative": [(Showing.BUSY, Reply.TENTATIVE), (Showing.BUSY, Reply.TENTATIVE), (Showing.BUSY, Reply.UNANSWERED)],
    "declined": [(Showing.BUSY, Reply.DECLINED)],
    # Whoever invites has nothing to answer.
    "accepted": [(Showing.BUSY, Reply.ACCEPTED), (Showing.BUSY, Reply.NONE)],
    "out_of_office": [(Showing.OUT_OF_OFFICE, Reply.NONE)],
    "focus_time": [(Showing.FOCUS, Reply.NONE)],
    "working_location": [(Showing.WORKING_LOCATION, Reply.NONE)],
    "birthday": [(Showing.BIRTHDAY, Reply.NONE)],
    "from_gmail": [(Showing.BUSY, Reply.NONE)],
}  # fmt: skip


@pytest.mark.parametrize("name", BUSY)
def test_how_its_owner_shows_it(name: str) -> None:
    assert [(one.showing, one.reply) for one in read(name)] == BUSY[name]


def test_out_of_office_that_is_shown_as_free_is_free() -> None:
    item = {**page("out_of_office")["items"][0], "transparency": "transparent"}
    assert translate.event(item, BERLIN, titles=False).showing is Showing.FREE


def test_a_kind_that_nobody_knows_yet_is_busy() -> None:
    item = {**page("single")["items"][0], "eventType": "siesta"}
    assert translate.event(item, BERLIN, titles=False).showing is Showing.BUSY


def test_who_belongs_to_whom() -> None:
    master, moved, out, _ = read("recurring")
    assert {one.series for one in (master, moved, out)} == {master.id}
    assert moved.id == f"{master.id}_20261109T080000Z"
    assert b"RECURRENCE-ID;TZID=Europe/Berlin:20261109T090000\r\n" in moved.times
    assert b"STATUS:CANCELLED" in out.times
    assert not out.gone


def test_a_deleted_event_tells_its_ids_and_nothing_else() -> None:
    first, second = read("deleted", titles=True)
    assert first == RemoteEvent(first.id, '"3520480712300002"', first.id, gone=True)
    assert second == RemoteEvent(second.id, second.etag, second.id, gone=True)


def test_titles_are_told_only_when_asked_for_and_never_of_private_events() -> None:
    assert [one.title for one in read("single")] == [""]
    assert [one.title for one in read("single", titles=True)] == ["Dentist"]
    assert [one.title for one in read("private", titles=True)] == [""]


def test_what_is_not_ours_says_nothing_that_we_keep() -> None:
    for path in SAMPLES.glob("*.json"):
        for one in read(path.stem):
            assert (one.wanted is None) == (one.tag == "")
            if not one.tag:
                assert "Dentist" not in repr(one)
                assert "chamber" not in repr(one)


@pytest.mark.parametrize(
    ("name", "zones"),
    [("unknown_zone", ["Nowhere/Lost City", ""]), ("windows_zone", [""]), ("half_hour_zone", ["", ""])],
)
def test_a_zone_that_nobody_knows_is_named_where_times_depend_on_it(name: str, zones: list[str]) -> None:
    assert [one.unknown_zone for one in read(name)] == zones


def test_what_an_event_of_ours_says() -> None:
    [one] = read("html_description")
    assert one.tag == "booking-17@harbor.example"
    wanted = one.wanted
    assert (wanted.starts_at, wanted.ends_at) == (
        datetime(2026, 12, 1, 13, tzinfo=UTC),
        datetime(2026, 12, 1, 14, tzinfo=UTC),
    )
    assert wanted.summary == "Haircut – Zoë Müller"
    assert wanted.description == (
        "Customer: Zoë Müller\nPhone: +49 30 1234\n\n— notes —\n"
        "Allergic to <strong> dyes & sprays. No link\n- towel\n- tea"
    )
    assert not any([wanted.all_day, wanted.recurs, wanted.free, wanted.declined, wanted.additions])
    assert wanted.tentative is False


def test_what_was_made_of_an_event_of_ours() -> None:
    edited, recurring = (one.wanted for one in read("ours_edited"))
    assert edited.tentative
    assert edited.free
    assert edited.attendees == ("guest",)
    assert edited.additions == ("attachments", "video link")
    assert recurring.recurs
    assert recurring.all_day
    assert recurring.declined
    assert recurring.starts_at == datetime(2026, 12, 1, 23, tzinfo=UTC)
    assert (recurring.url, recurring.categories) == (None, None)


def test_guests_that_google_left_out_are_guests() -> None:
    item = {**page("html_description")["items"][0], "attendeesOmitted": True}
    item["attendees"] = [{"self": True, "responseStatus": "accepted"}]
    assert translate.event(item, BERLIN, titles=False).wanted.attendees == ("guest",)


EVENT = Event(
    uid="booking-7@harbor.example",
    starts_at=datetime(2026, 12, 1, 13, tzinfo=UTC),
    ends_at=datetime(2026, 12, 1, 14, tzinfo=UTC),
    zone="America/New_York",
    tentative=False,
    summary="Haircut – Zoë",
    description="Customer: Zoë\n\n— notes —\n",
    location="Hauptstr. 5",
    categories=("Bookings", "Haircut"),
    url="https://zoom.us/j/1",
)


def test_a_new_event_invites_nobody_and_leaves_reminders_alone() -> None:
    assert translate.new_event(EVENT, "abc01") == {
        "id": "abc01",
        "summary": "Haircut – Zoë",
        "description": "Customer: Zoë\n\n— notes —\n",
        "location": "Hauptstr. 5",
        "start": {"dateTime": "2026-12-01T08:00:00-05:00", "timeZone": "America/New_York"},
        "end": {"dateTime": "2026-12-01T09:00:00-05:00", "timeZone": "America/New_York"},
        "status": "confirmed",
        "transparency": "opaque",
        "extendedProperties": {"private": {"daybridge": "booking-7@harbor.example"}},
        "source": {"title": "Video", "url": "https://zoom.us/j/1"},
    }


def test_a_change_takes_away_what_a_booking_never_is() -> None:
    body = translate.changed_event(EVENT)
    assert "id" not in body
    assert (body["start"]["date"], body["end"]["date"]) == (None, None)
    assert (body["recurrence"], body["conferenceData"]) == (None, None)
    assert (body["attendees"], body["attachments"]) == ([], [])
    for kept in ("reminders", "colorId", "visibility"):
        assert kept not in body


def test_a_link_that_is_gone_is_taken_away() -> None:
    plain = Event(**{name: getattr(EVENT, name) for name in Event.__slots__} | {"url": ""})
    assert translate.changed_event(plain)["source"] is None
    assert "source" not in translate.new_event(plain, "abc01")


texts = st.text(st.characters(codec="utf-8"), max_size=200).map(clean) | st.sampled_from(
    ["a < b & c > d", "<b>bold</b>", "1<br>2", "&amp;", "&nbsp;", "&#38;lt;", "<a href='x'>y</a>", "<!-- x -->",
     "mail <me@x.example>", "a\n\n b\n", "&lt;br&gt;", "<BR/>", "x\u00a0y <i>"]
)  # fmt: skip
zones = st.sampled_from(
    [BERLIN, "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "UTC", "Pacific/Apia"]
)
moments = st.integers(946_684_800, 2_840_140_800).map(lambda second: datetime.fromtimestamp(second, UTC))
bookings = st.builds(
    lambda start, minutes, **rest: Event(
        uid="booking-7@harbor.example", starts_at=start, ends_at=start + timedelta(minutes=minutes), **rest
    ),
    moments,
    st.integers(1, 2000),
    zone=zones,
    tentative=st.booleans(),
    summary=texts,
    description=texts,
    location=texts,
    categories=st.just(("Bookings",)),
    url=st.sampled_from(["", "https://zoom.us/j/1"]),
)


def sent_back(body: dict, zone: str) -> dict:
    """As Google gives it: times with the calendar's offset, empty and usual values left out."""
    said = json.loads(json.dumps({"etag": '"1"', **body}))
    for end in ("start", "end"):
        said[end].pop("date", None)
        moment = datetime.fromisoformat(said[end]["dateTime"]).astimezone(ZoneInfo(zone))
        said[end]["dateTime"] = moment.isoformat().replace("+00:00", "Z")
    return {name: value for name, value in said.items() if value not in ("", [], None, "opaque")}


@given(bookings, zones)
def test_what_we_write_comes_back_as_it_was(event: Event, zone: str) -> None:
    back = translate.event(sent_back(translate.new_event(event, "abc01"), zone), zone, titles=False)
    wanted = back.wanted
    assert (back.id, back.tag, back.etag) == ("abc01", event.uid, '"1"')
    assert (wanted.starts_at, wanted.ends_at) == (event.starts_at, event.ends_at)
    assert (wanted.summary, wanted.description, wanted.location) == (
        event.summary,
        event.description,
        event.location,
    )
    assert wanted.tentative == event.tentative
    assert not any([wanted.all_day, wanted.recurs, wanted.free, wanted.attendees, wanted.additions])
    [found] = take([back], zone)
    assert not found.spans or found.spans == ((event.starts_at, event.ends_at),)


@given(bookings, bookings, zones)
def test_a_change_leaves_nothing_of_what_was(before: Event, event: Event, zone: str) -> None:
    old = {**sent_back(translate.new_event(before, "abc01"), zone), "reminders": {"useDefault": False}}
    old["start"], old["end"], old["recurrence"] = (
        {"date": "2026-12-01"},
        {"date": "2026-12-02"},
        ["RRULE:FREQ=DAILY"],
    )
    old["extendedProperties"]["private"]["other"] = "x"
    new = sent_back(merged(old, translate.changed_event(event)), zone)
    wanted = translate.event(new, zone, titles=False).wanted
    assert (wanted.starts_at, wanted.ends_at) == (event.starts_at, event.ends_at)
    assert (wanted.all_day, wanted.recurs) == (False, False)
    assert wanted.description == event.description
    assert new["reminders"] == {"useDefault": False}
    assert new["extendedProperties"]["private"]["other"] == "x"


def merged(old: dict, patch: dict) -> dict:
    """PATCH, as https://developers.google.com/workspace/calendar/api/guides/performance#patch says."""
    new = {name: value for name, value in old.items() if patch.get(name, ...) is not None}
    for name, value in patch.items():
        if isinstance(value, dict):
            new[name] = merged(old.get(name) or {}, value)
        elif value is not None:
            new[name] = value
    return new


@given(texts)
def test_a_text_is_the_same_after_it_was_written_and_read(text: str) -> None:
    assert markup.read(markup.written(text)) == text


HTML = {
    "one<br>two": "one\ntwo",
    "<p>one</p><p>two</p>": "one\ntwo",
    "<p>one</p>\n<p>two</p>": "one\ntwo",
    "<p>one<br></p><p><br></p><div>two</div>": "one\n\ntwo",
    "one<ul><li>two</li><li>three</li></ul>four": "one\n- two\n- three\nfour",
    'see <a href="https://x.example/?a=1&amp;b=2">this</a>': "see this",
    "a&nbsp;&nbsp;b": "a  b",
    "a\u00a0b<br>c": "a b\nc",
    "5 &gt; 4 &amp; 3 &lt; 4": "5 > 4 & 3 < 4",
    "<html-blob>one<br/>two</html-blob>": "one\ntwo",
    "<span style='x'>one</span> <B>two</B>": "one two",
    "&lt;b&gt; is bold": "<b> is bold",
    "a < b > c": "a < b > c",
    "plain\ntext": "plain\ntext",
    "old lines\nnew<br>lines": "old lines\nnew\nlines",
}


@pytest.mark.parametrize("html", HTML)
def test_html_becomes_text(html: str) -> None:
    assert markup.read(html) == HTML[html]


def test_what_would_get_too_long_is_not_escaped() -> None:
    text = "<b>" + "&" * 5_000
    assert markup.written(text) == text


ITEM = {"id": "abc01", "etag": '"1"', "start": {"dateTime": "2026-12-01T09:30:00+01:00", "timeZone": BERLIN},
        "end": {"dateTime": "2026-12-01T10:15:00+01:00", "timeZone": BERLIN}}  # fmt: skip
FIRST = "1201T0830-1201T0915"

UNTOLD = {
    "no start": {"start": None},
    "an empty start": {"start": {}},
    "a start that is no object": {"start": "2026-12-01"},
    "a start that is no time": {"start": {"dateTime": "soon"}},
    "a start that is a number": {"start": {"dateTime": 7}},
    "no end": {"end": None},
    "a day and a time": {"end": {"date": "2026-12-02"}},
    "a year without calendars": {"start": {"dateTime": "0001-01-01T00:00:00Z"}},
    "the last year": {"start": {"dateTime": "9999-12-31T23:59:59-12:00"}},
    "an exception of nothing": {"recurringEventId": "series"},
    "no id": {"id": None},
    "an id that is none": {"id": 7},
}


@pytest.mark.parametrize("change", UNTOLD.values(), ids=UNTOLD)
def test_what_tells_no_time_is_counted_and_stops_nobody(change: dict) -> None:
    found = translate.events([{**ITEM, **change}, None, 7, [], ITEM], BERLIN, titles=True)
    assert [one.id for one in found.events] == ["abc01"]
    assert found.faults == 4
    with pytest.raises(Unreadable):
        translate.event({**ITEM, **change}, BERLIN, titles=True)


ODD = {
    "no offset": ({"start": {"dateTime": "2026-12-01T09:30:00", "timeZone": BERLIN}}, FIRST),
    "an offset without a zone": ({"start": {"dateTime": "2026-12-01T08:30:00Z"}}, FIRST),
    "parts of a second": ({"start": {"dateTime": "2026-12-01T09:30:00.000+01:00"}}, FIRST),
    "no length": ({"end": ITEM["start"]}, ""),
    "an end before the start": ({"end": {"dateTime": "2026-12-01T09:00:00+01:00"}}, ""),
    "a day that ends before it": (
        {"start": {"date": "2026-12-01"}, "end": {"date": "2026-11-30"}},
        "1130T2300-1201T2300",
    ),
    "recurrence that is no list": ({"recurrence": "RRULE:FREQ=DAILY"}, FIRST),
}


@pytest.mark.parametrize(("change", "times"), ODD.values(), ids=ODD)
def test_odd_times_are_told_as_far_as_they_go(change: dict, times: str) -> None:
    found = translate.events([{**ITEM, **change}], BERLIN, titles=True)
    assert found.faults == 0
    assert told(list(found.events)) == [times]


@pytest.mark.parametrize(
    "line",
    [
        "ATTACH:file:///etc/passwd", "DTSTART:20200101T000000Z", "X-EVIL:1", "RRULE", "", "EXDATE:soon",
        "EXDATE:20261201T083000Z/PT1H", "RDATE:20261205T093000/P1X", "RDATE;VALUE=PERIOD:x/y", 7, None,
        "EXDATE;TZID=Europe/Berlin:20261201T093000\r\nX-EVIL:1", "EXDATE:16000101T000000Z",
    ],
)  # fmt: skip
def test_a_line_that_cannot_be_read_is_left_out_and_counted(line: object) -> None:
    found = translate.events(
        [{**ITEM, "recurrence": [line, "RRULE:FREQ=DAILY;COUNT=2"]}], BERLIN, titles=True
    )
    assert found.faults == 1
    assert told(list(found.events)) == [f"{FIRST} 1202T0830-1202T0915"]


@pytest.mark.parametrize(
    "line",
    [
        "RRULE:FREQ=SOMETIMES", "RRULE:FREQ=SECONDLY", "RRULE:FREQ=DAILY;\r\nATTACH:x", "RRULE:FREQ=DAILY;COUNT=x",
        "RRULE:", "RRULE:FREQ=DAILY\nX-EVIL:1", "RRULE:FREQ=DAILY;BYHOUR=1,2;BYMINUTE=" + ",".join(map(str, range(60))),
    ],
)  # fmt: skip
def test_a_rule_that_nobody_follows_is_refused_by_whoever_expands_it(line: str) -> None:
    """So that people are told, and what is certain is held (core.foreign)."""
    found = translate.events([{**ITEM, "recurrence": [line]}], BERLIN, titles=True)
    assert found.faults == 1
    times = found.events[0].times
    assert times.count(b"\n") == times.count(b"\r\n") == 3
    with pytest.raises(Unacceptable):
        intake.check(series(list(found.events))[0])


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)
    | st.sampled_from(["cancelled", "2026-12-01", "2026-12-01T09:30:00Z", "RRULE:FREQ=DAILY", "a\r\nATTACH:x"]),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(st.sampled_from(["date", "dateTime", "timeZone", "private", "daybridge", "self"]), inner),
    max_leaves=6,
)  # fmt: skip
damaged = st.builds(
    lambda sample, change: {**sample, **change},
    st.sampled_from([item for path in sorted(SAMPLES.glob("*.json")) for item in page(path.stem)["items"]]),
    st.dictionaries(
        st.sampled_from(
            ["id", "etag", "status", "start", "end", "originalStartTime", "recurrence", "recurringEventId", "attendees",
             "organizer", "extendedProperties", "summary", "description", "location", "transparency", "eventType",
             "attendeesOmitted"]
        ),
        json_values,
        max_size=3,
    ),
)  # fmt: skip


@settings(max_examples=120)
@given(st.lists(damaged | json_values, max_size=3))
def test_nothing_that_google_could_say_stops_us(items: list) -> None:
    found = translate.events(items, BERLIN, titles=True)
    assert len(found.events) <= len(items)
    for one in found.events:
        assert one.gone or one.times.startswith(b"DTSTART")
        for line in one.times.split(b"\r\n"):
            assert b"\n" not in line
            assert b"ATTACH" not in line
        if not found.faults and not one.gone:
            take([one])


FIRST_OF_MARCH = datetime(2026, 3, 1)  # noqa: DTZ001  (on a clock of whatever zone)
simple_rules = st.builds(
    lambda freq, interval, days, count: ";".join(
        [
            f"FREQ={freq}",
            f"INTERVAL={interval}",
            f"COUNT={count}",
            *([f"BYDAY={','.join(days)}"] if days else []),
        ]
    ),
    st.sampled_from(["DAILY", "WEEKLY", "MONTHLY"]),
    st.integers(1, 3),
    st.lists(st.sampled_from(["MO", "TU", "FR", "SU"]), unique=True, max_size=2),
    st.integers(1, 12),
)


@settings(max_examples=70)
@given(
    simple_rules,
    zones,
    zones,
    st.integers(0, 252 * 24 * 4).map(lambda quarters: FIRST_OF_MARCH + timedelta(minutes=15 * quarters)),
    st.integers(5, 900),
    st.sets(st.integers(0, 11), max_size=3),
    st.sets(st.integers(0, 11), max_size=3),
)
def test_a_series_is_when_its_own_clocks_say(
    rule: str, own: str, calendar: str, start: datetime, minutes: int, out: set[int], moved: set[int]
) -> None:
    """Reckoned by dateutil, on the clock of the series' zone; told with the calendar's offsets."""
    zone = ZoneInfo(own)
    assume(local(start, zone).astimezone(UTC).astimezone(zone).replace(tzinfo=None) == start)
    starts = list(rrule.rrulestr(f"RRULE:{rule}", dtstart=start))
    assume(starts and starts[0] == start)
    # Nobody can say an instance's name in the hour that the clocks leave out.
    assume(all(local(at, zone).astimezone(UTC).astimezone(zone).replace(tzinfo=None) == at for at in starts))
    size = timedelta(minutes=minutes)
    items = [item("s", start, size, zone, calendar, recurrence=[f"RRULE:{rule}"])]
    spans = set()
    for number, at in enumerate(starts):
        begin = local(at, zone)
        if number in out:
            items.append({"id": f"s_{number}", "status": "cancelled", "recurringEventId": "s",
                          "originalStartTime": point(begin, calendar, own)})  # fmt: skip
        elif number in moved:
            there = begin.astimezone(UTC) + timedelta(hours=30)
            items.append({"id": f"s_{number}", "recurringEventId": "s",
                          "originalStartTime": point(begin, calendar, own), "start": point(there, calendar, own),
                          "end": point(there + size, calendar, own)})  # fmt: skip
            spans.add((there, there + size))
        else:
            end = local(at + size, zone).astimezone(UTC)
            begins = begin.astimezone(UTC)
            spans.add((begins, end if begins < end else begins + size))
    found = translate.events(items, calendar, titles=False)
    assert found.faults == 0
    [held] = take(list(found.events), calendar)
    assert set(held.spans) == {(a, b) for a, b in spans if a < UNTIL and b > SINCE}


def local(clock: datetime, zone: ZoneInfo) -> datetime:
    return clock.replace(tzinfo=zone)


def point(moment: datetime, calendar: str, own: str) -> dict:
    shown = moment.astimezone(UTC).astimezone(ZoneInfo(calendar)).isoformat().replace("+00:00", "Z")
    return {"dateTime": shown, "timeZone": own}


def item(id_: str, start: datetime, size: timedelta, zone: ZoneInfo, calendar: str, **more: object) -> dict:
    end = local(start + size, zone)
    assume(local(start, zone).astimezone(UTC) < end.astimezone(UTC))
    return {
        "id": id_,
        "start": point(local(start, zone), calendar, zone.key),
        "end": point(end, calendar, zone.key),
        **more,
    }


def test_a_day_of_a_moved_series_is_named_by_its_date() -> None:
    _, moved = read("recurring_all_day")
    assert moved.times.split(b"\r\n")[:3] == [
        b"DTSTART;VALUE=DATE:20270126",
        b"DTEND;VALUE=DATE:20270128",
        b"RECURRENCE-ID;VALUE=DATE:20270125",
    ]
    assert date(2027, 1, 25).weekday() == 0
