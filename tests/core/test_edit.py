"""What a changed event means for its booking: the table "What a calendar edit may do", a test for each cell."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import vobject
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from icalendar import Calendar

from gateway.core import edit, ics
from gateway.core.booking import LONGEST_NOTES
from gateway.core.edit import Edit, Held, Wanted
from gateway.core.errors import Refused
from gateway.core.event import NOTES_MARKER, SHORTENED_MARKER, from_booking
from gateway.core.model import Booking, BookingStatus, Business, Customer, Detail, Event, EventRevision
from gateway.core.rules import NOT_EDITABLE, EditRules, OnDelete, OnMove, OnNotes, Why, refusal
from gateway.core.unacceptable import OBJECT

NOW = datetime(2026, 6, 17, 8, tzinfo=UTC)
HOUR = timedelta(hours=1)
ZONE = "America/New_York"
BUSINESS = Business(1, "Harbor Hair", "Eastern Time (US & Canada)", "1 Pier Road, Salem")
BOOKING = Booking(
    id=4711,
    staff_id=11,
    staff_name="Dana",
    status=BookingStatus.CONFIRMED,
    starts_at=datetime(2026, 6, 17, 14, tzinfo=UTC),
    ends_at=datetime(2026, 6, 17, 15, tzinfo=UTC),
    service="Haircut",
    variant="Long",
    customer=Customer("Maria", "Santos", "maria@example.com", "+1 555 0100"),
    notes="Allergic to ammonia\nWindow seat",
    video_url="",
)
REVISION = EventRevision(3, datetime(2026, 6, 1, 8, 30, 15, tzinfo=UTC))
RULES = EditRules()
DELEGATING = EditRules(delegates=True)
CANCELLING = EditRules(on_delete=OnDelete.CANCEL)
EXPERIENCE, EVENT = 1, 2


def event_of(booking: Booking = BOOKING, detail: Detail = Detail.FULL) -> Event:
    return from_booking(booking, BUSINESS, detail, installation="here.example", team=False)


def held(booking: Booking = BOOKING, **facts: Any) -> Held:
    return Held(
        **{"status": booking.status, "starts_at": booking.starts_at, "ends_at": booking.ends_at} | facts
    )


def as_shown(event: Event) -> Wanted:
    return edit.read(ics.render(event, REVISION), zone=ZONE)


def wanted(**changes: Any) -> Wanted:
    return replace(as_shown(event_of()), **changes)


def decided(changed: Wanted, rules: EditRules = RULES, *, booking: Booking = BOOKING, **facts: Any) -> Edit:
    return edit.decide(held(booking, **facts), event_of(booking), changed, rules, NOW)


def why(found: Edit) -> Why:
    assert found.refusal is not None
    assert found == Edit(refusal=found.refusal), "refused as a whole"
    return found.refusal.code


def moved(by: timedelta = HOUR, longer: timedelta = timedelta(0)) -> Wanted:
    return wanted(starts_at=BOOKING.starts_at + by, ends_at=BOOKING.ends_at + by + longer)


def with_notes(notes: str) -> Wanted:
    head, _, _ = event_of().description.partition(f"{NOTES_MARKER}\n")
    return wanted(description=f"{head}{NOTES_MARKER}\n{notes}")


# Moved or resized


def test_a_moved_booking_gets_the_new_time() -> None:
    assert decided(moved(2 * HOUR)) == Edit(
        span=(datetime(2026, 6, 17, 16, tzinfo=UTC), datetime(2026, 6, 17, 17, tzinfo=UTC))
    )


@pytest.mark.parametrize("by", [-HOUR / 2, HOUR, timedelta(hours=23)])
def test_a_booking_is_made_shorter_or_longer(by: timedelta) -> None:
    assert decided(moved(timedelta(0), by)).span == (BOOKING.starts_at, BOOKING.ends_at + by)


def test_a_pending_booking_moves_too() -> None:
    pending = replace(BOOKING, status=BookingStatus.PENDING)
    later = replace(as_shown(event_of(pending)), starts_at=moved().starts_at, ends_at=moved().ends_at)
    assert decided(later, booking=pending) == Edit(span=decided(moved()).span)


@pytest.mark.parametrize("status", [BookingStatus.COMPLETED, BookingStatus.NO_SHOW])
def test_a_finished_booking_stays_where_it_was(status: BookingStatus) -> None:
    assert why(decided(moved(), status=status)) is Why.OVER


@pytest.mark.parametrize("status", [BookingStatus.CANCELLED, BookingStatus.BUSINESS_DELETED])
def test_a_cancelled_booking_does_not_move(status: BookingStatus) -> None:
    assert why(decided(moved(), status=status)) is Why.CANCELLED


def test_a_booking_that_has_begun_does_not_move() -> None:
    assert why(decided(moved(), starts_at=NOW)) is Why.OVER


def test_nothing_moves_into_the_past() -> None:
    assert why(decided(moved(NOW - BOOKING.starts_at))) is Why.PAST
    assert decided(moved(NOW - BOOKING.starts_at + timedelta(seconds=1))).span


def test_a_business_may_refuse_all_moves() -> None:
    assert why(decided(moved(), EditRules(moves=OnMove.REFUSE))) is Why.NO_MOVES


def test_a_booking_lasts_a_day_at_most() -> None:
    assert decided(moved(HOUR, 23 * HOUR)).span
    assert why(decided(moved(HOUR, 23 * HOUR + timedelta(seconds=1)))) is Why.TOO_LONG


@pytest.mark.parametrize("length", [timedelta(0), -HOUR])
def test_a_booking_without_a_length_is_none(length: timedelta) -> None:
    assert why(decided(wanted(ends_at=BOOKING.starts_at + length))) is Why.NO_LENGTH


def test_parts_of_a_second_are_no_move() -> None:
    late = timedelta(microseconds=999_999)
    precise = replace(BOOKING, starts_at=BOOKING.starts_at + late, ends_at=BOOKING.ends_at + late)
    assert decided(wanted(), booking=precise).nothing
    assert decided(moved(late)).nothing


def test_waiving_hours_is_for_the_desk_to_know_not_for_this_table() -> None:
    assert decided(moved(), EditRules(waive_hours=True, waive_notice=True)) == decided(moved())


# Deleted, cancelled, declined

DELETIONS: dict[str, Callable[[EditRules, Held], Edit]] = {
    "deleted": lambda rules, booking: edit.decide_deletion(booking, rules, NOW),
    "cancelled": lambda rules, booking: edit.decide(
        booking, event_of(), replace(moved(), cancelled=True), rules, NOW
    ),
    "declined": lambda rules, booking: edit.decide(
        booking, event_of(), wanted(declined=True, recurs=True), rules, NOW
    ),
}


@pytest.fixture(params=DELETIONS.values(), ids=DELETIONS)
def delete(request: pytest.FixtureRequest) -> Callable[[EditRules, Held], Edit]:
    deletion: Callable[[EditRules, Held], Edit] = request.param
    return deletion


Deletion = Callable[[EditRules, Held], Edit]


def test_a_deletion_asks_first(delete: Deletion) -> None:
    assert delete(RULES, held()) == Edit(ask_cancel=True)


def test_a_deletion_cancels_where_the_business_says_so(delete: Deletion) -> None:
    assert delete(CANCELLING, held()) == Edit(cancel=True)


def test_a_deletion_is_refused_where_the_business_says_so(delete: Deletion) -> None:
    assert why(delete(EditRules(on_delete=OnDelete.REFUSE), held())) is Why.NO_DELETES


@pytest.mark.parametrize("rules", [RULES, CANCELLING, EditRules(on_delete=OnDelete.REFUSE)])
@pytest.mark.parametrize(
    ("facts", "code"),
    [
        ({"status": BookingStatus.COMPLETED}, Why.OVER),
        ({"status": BookingStatus.NO_SHOW}, Why.OVER),
        ({"status": BookingStatus.CANCELLED}, Why.CANCELLED),
        ({"starts_at": NOW}, Why.OVER),
    ],
)
def test_what_is_over_is_not_cancelled(
    delete: Deletion, rules: EditRules, facts: dict[str, Any], code: Why
) -> None:
    assert why(delete(rules, held(**facts))) is code


# Bookings where the booking app must do more than change a row

MORE = {
    "a place at an event moves": ({"service_type": EVENT}, "move", Why.EVENT_MOVE),
    "a video meeting moves": ({"has_video": True}, "move", Why.VIDEO_MOVE),
    "a place at an event is cancelled": ({"service_type": EVENT}, "cancel", Why.GROUP_CANCEL),
    "a place in a group is cancelled": ({"service_type": EXPERIENCE}, "cancel", Why.GROUP_CANCEL),
    "a video meeting is cancelled": ({"has_video": True}, "cancel", Why.VIDEO_CANCEL),
    "an invoice is cancelled": ({"invoiced": True}, "cancel", Why.INVOICED_CANCEL),
}


@pytest.mark.parametrize(("facts", "what", "code"), MORE.values(), ids=MORE)
@pytest.mark.parametrize("on_delete", [OnDelete.ASK, OnDelete.CANCEL])
def test_more_than_a_row(facts: dict[str, Any], what: str, code: Why, on_delete: OnDelete) -> None:
    """With a delegate the app is asked; without one nobody is asked for what can't be done."""

    def deciding(rules: EditRules) -> Edit:
        if what == "move":
            return decided(moved(), rules, **facts)
        return edit.decide_deletion(held(**facts), rules, NOW)

    assert why(deciding(EditRules(on_delete=on_delete))) is code
    carried_out = deciding(EditRules(on_delete=on_delete, delegates=True))
    assert carried_out.needs_app == what
    assert replace(carried_out, needs_app=None) == (
        Edit(span=decided(moved()).span)
        if what == "move"
        else Edit(cancel=on_delete is OnDelete.CANCEL, ask_cancel=on_delete is OnDelete.ASK)
    )


@pytest.mark.parametrize("facts", [{"service_type": EXPERIENCE}, {"invoiced": True}])
def test_a_group_or_an_invoice_moves_without_the_app(facts: dict[str, Any]) -> None:
    assert decided(moved(), **facts) == decided(moved())


@pytest.mark.parametrize("facts", [{"service_type": EVENT}, {"has_video": True}, {"invoiced": True}])
def test_notes_never_need_the_app(facts: dict[str, Any]) -> None:
    assert decided(with_notes("New"), DELEGATING, **facts) == Edit(notes="New")


# Notes


def test_notes_below_the_marker_become_the_bookings() -> None:
    assert decided(with_notes("Prefers tea\n\nNo parfum")) == Edit(notes="Prefers tea\n\nNo parfum")


def test_notes_can_be_emptied() -> None:
    assert decided(with_notes("")) == Edit(notes="")


def test_notes_are_added_where_there_were_none() -> None:
    bare = replace(BOOKING, notes="")
    assert decided(with_notes("First"), booking=bare) == Edit(notes="First")


def test_notes_of_a_booking_that_is_over_can_be_written() -> None:
    assert decided(with_notes("Came late"), starts_at=NOW - HOUR) == Edit(notes="Came late")


def test_a_business_may_keep_its_notes() -> None:
    rules = EditRules(notes=OnNotes.RESTORE)
    assert decided(with_notes("New"), rules) == Edit(restored=("notes",))
    assert decided(with_notes("x" * (LONGEST_NOTES + 1)), rules) == Edit(restored=("notes",))


def test_too_long_notes_are_refused() -> None:
    assert decided(with_notes("x" * LONGEST_NOTES)).notes == "x" * LONGEST_NOTES
    assert why(decided(with_notes("x" * (LONGEST_NOTES + 1)))) is Why.LONG_NOTES


@pytest.mark.parametrize("description", ["", "All gone", "Allergic to ammonia\nWindow seat"])
def test_without_our_marker_no_notes_are_touched(description: str) -> None:
    assert decided(wanted(description=description)) == Edit(restored=("description",))


def test_blanks_at_the_ends_of_lines_are_no_edit() -> None:
    spaced = event_of().description.replace("\n", " \r\n") + "  \n"
    assert decided(wanted(description=spaced)).nothing


def test_a_second_marker_makes_it_unclear_what_is_notes() -> None:
    description = f"{NOTES_MARKER}\n{event_of().description}"
    assert decided(wanted(description=description)) == Edit(restored=("description",))


def test_a_marker_line_within_the_notes_is_notes() -> None:
    odd = replace(BOOKING, notes=f"One\n{NOTES_MARKER}\nTwo")
    event = event_of(odd)
    changed = replace(as_shown(event), description=event.description.replace("Two", "Three"))
    assert decided(changed, booking=odd) == Edit(notes=f"One\n{NOTES_MARKER}\nThree")


@pytest.mark.parametrize("line", ["", f"\n{NOTES_MARKER}\nmore"])
def test_shortened_notes_never_come_back(line: str) -> None:
    long = replace(BOOKING, notes="word " * 1_900)
    event = event_of(long)
    assert SHORTENED_MARKER in event.description
    changed = replace(as_shown(event), description=event.description + line)
    assert decided(changed, booking=long) == Edit(restored=("description",) if line else ())


@pytest.mark.parametrize("detail", [Detail.BUSY, Detail.SERVICE])
def test_a_calendar_that_tells_no_notes_takes_none(detail: Detail) -> None:
    event = event_of(detail=detail)
    changed = replace(as_shown(event), description=f"{NOTES_MARKER}\nNew")
    assert edit.decide(held(), event, changed, RULES, NOW) == Edit(restored=("description",))


# Anything else is put back

PUT_BACK: dict[str, dict[str, Any]] = {
    "title": {"summary": "Haircut – John Doe"},
    "description": {"description": event_of().description.replace("Maria", "John")},
    "location": {"location": "Elsewhere"},
    "attendees": {"attendees": ("mailto:maria@example.com",)},
    "categories": {"categories": ("Private",)},
    "link": {"url": "https://elsewhere.example/"},
    "status": {"tentative": True},
    "busy time": {"free": True},
    "attachments": {"additions": ("attachments",)},
}


@pytest.mark.parametrize("name", PUT_BACK)
def test_the_booking_does_not_follow(name: str) -> None:
    assert decided(wanted(**PUT_BACK[name])) == Edit(restored=(name,))


def test_what_a_calendar_cannot_tell_is_not_put_back() -> None:
    assert decided(wanted(url=None, categories=None, tentative=None)).nothing


def test_a_move_with_another_title_is_a_move() -> None:
    both = replace(moved(), summary="Mine")
    assert decided(both) == Edit(span=decided(moved()).span, restored=("title",))


@given(st.sets(st.sampled_from(sorted(PUT_BACK))), st.text(max_size=30))
@settings(max_examples=100)
def test_what_is_put_back_never_reaches_the_booking(names: set[str], words: str) -> None:
    changes = {key: value for name in names for key, value in PUT_BACK[name].items()}
    found = decided(replace(wanted(**changes), summary=words))
    assert found == Edit(restored=found.restored)
    assert not found.writes
    assert names - {"title"} <= set(found.restored)


@pytest.mark.parametrize(("change", "code"), [("recurs", Why.RECURS), ("all_day", Why.ALL_DAY)])
def test_no_booking_recurs_or_lasts_all_day(change: str, code: Why) -> None:
    made: dict[str, Any] = {change: True}
    found = decided(replace(with_notes("New"), **made))
    assert why(found) is code
    assert found.refusal is not None
    assert found.refusal.precondition == OBJECT


# Words


@pytest.mark.parametrize("code", Why)
def test_a_refusal_says_what_to_do_instead(code: Why) -> None:
    said = refusal(code)
    assert re.fullmatch(r"[A-Z][^.]+\. ([A-Z][^.]+\.)|[A-Z][^.]+ in the booking system\.", said.words)
    assert len(said.words) < 120
    assert said.precondition in (OBJECT, NOT_EDITABLE)


# The same event in other words


def lines_of(body: bytes) -> list[str]:
    return re.sub(r"\r\n[ \t]", "", body.decode()).removesuffix("\r\n").split("\r\n")


def body_of(lines: list[str], end: str = "\r\n") -> bytes:
    return "".join(f"{line}{end}" for line in lines).encode()


def within_event(lines: list[str], change: Callable[[list[str]], list[str]]) -> list[str]:
    first, last = lines.index("BEGIN:VEVENT") + 1, lines.index("END:VEVENT")
    return lines[:first] + change(lines[first:last]) + lines[last:]


def in_zone(lines: list[str], event: Event, name: str) -> list[str]:
    def line(prop: str, moment: datetime) -> str:
        local = moment.astimezone(ZoneInfo(name))
        if name == "UTC" or local.fold:
            return f"{prop}:{moment.astimezone(UTC):%Y%m%dT%H%M%SZ}"
        return f"{prop};TZID={name}:{local:%Y%m%dT%H%M%S}"

    rest = [each for each in lines if not each.startswith(("DTSTART", "DTEND"))]
    return [*rest, line("DTSTART", event.starts_at), line("DTEND", event.ends_at)]


def with_duration(lines: list[str], event: Event) -> list[str]:
    seconds = int((event.ends_at - event.starts_at).total_seconds())
    rest = [each for each in lines if not each.startswith("DTEND")]
    return [*rest, f"DURATION:PT{seconds // 60}M{seconds % 60}S"]


def lower_case(lines: list[str]) -> list[str]:
    return [re.sub(r"^[A-Z-]+", lambda name: name[0].lower(), line) for line in lines]


def folded(body: bytes) -> bytes:
    return body_of(["\r\n\t".join(re.findall(".{1,7}", line)) for line in lines_of(body)])


RESERIALISED: dict[str, Callable[[bytes, Event], bytes]] = {
    "as it was": lambda body, _: body,
    "in UTC": lambda body, event: body_of(within_event(lines_of(body), lambda x: in_zone(x, event, "UTC"))),
    "in Tokyo": lambda body, event: body_of(
        within_event(lines_of(body), lambda x: in_zone(x, event, "Asia/Tokyo"))
    ),
    "in Sydney": lambda body, event: body_of(
        within_event(lines_of(body), lambda x: in_zone(x, event, "Australia/Sydney"))
    ),
    "in a zone of its own name": lambda body, event: body.replace(
        f"TZID:{event.zone}\r\n".encode(), b"TZID:/my.example/2026/Salem\r\n"
    ).replace(f";TZID={event.zone}:".encode(), b';TZID="/my.example/2026/Salem":'),
    "with a duration": lambda body, event: body_of(
        within_event(lines_of(body), lambda x: with_duration(x, event))
    ),
    "folded": lambda body, _: folded(body),
    "not folded": lambda body, _: body_of(lines_of(body)),
    "line feeds": lambda body, _: body_of(lines_of(body), "\n"),
    "reversed": lambda body, _: body_of(within_event(lines_of(body), lambda x: x[::-1])),
    "lower case": lambda body, _: body_of(lower_case(lines_of(body))),
    "byte order mark": lambda body, _: b"\xef\xbb\xbf" + body,
    "by vobject": lambda body, _: vobject.readOne(body.decode()).serialize().encode(),
    "by icalendar": lambda body, _: Calendar.from_ical(body).to_ical(),
    "an alarm and a colour": lambda body, _: body.replace(
        b"END:VEVENT",
        b"COLOR:red\r\nBEGIN:VALARM\r\nACTION:DISPLAY\r\nTRIGGER:-PT5M\r\nEND:VALARM\r\nEND:VEVENT",
    ),
    "what programs write unasked": lambda body, _: body.replace(
        b"END:VEVENT", b"CLASS:PUBLIC\r\nPRIORITY:5\r\nCREATED:20260101T000000Z\r\nEND:VEVENT"
    ),
}
ZONES = [
    "America/New_York",
    "Europe/London",
    "Australia/Lord_Howe",
    "Asia/Kolkata",
    "Africa/Casablanca",
    "UTC",
]
words = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)
moments = st.integers(0, 59 * 365 * 86_400 * 10).map(
    lambda tenths: datetime(2001, 1, 1, tzinfo=UTC) + timedelta(seconds=tenths / 10)
)
bookings = st.builds(
    Booking,
    id=st.integers(1, 2**40),
    staff_id=st.just(11),
    staff_name=st.just("Dana"),
    status=st.sampled_from([BookingStatus.PENDING, BookingStatus.CONFIRMED, BookingStatus.COMPLETED]),
    starts_at=moments,
    ends_at=moments,
    service=words,
    variant=words,
    customer=st.builds(Customer, words, words, words, words),
    notes=words | st.sampled_from([f"a\n{NOTES_MARKER}\nb", "word " * 1_900, "a  \n b\n\n\tc"]),
    video_url=st.sampled_from(["", "https://meet.example/abc?d=e;f,g"]),
).flatmap(
    lambda booking: st.integers(1, 86_400).map(
        lambda length: replace(booking, ends_at=booking.starts_at + timedelta(seconds=length))
    )
)


@pytest.mark.parametrize("again", RESERIALISED.values(), ids=RESERIALISED)
@given(booking=bookings, zone=st.sampled_from(ZONES), detail=st.sampled_from(Detail))
@settings(max_examples=25)
# both of London's nights on which clocks change
@example(
    replace(
        BOOKING, starts_at=datetime(2026, 3, 29, 0, tzinfo=UTC), ends_at=datetime(2026, 3, 29, 2, tzinfo=UTC)
    ),
    "Europe/London",
    Detail.FULL,
)
@example(
    replace(
        BOOKING,
        starts_at=datetime(2026, 10, 25, 0, 30, tzinfo=UTC),
        ends_at=datetime(2026, 10, 25, 1, 30, tzinfo=UTC),
    ),
    "Europe/London",
    Detail.FULL,
)
def test_the_same_event_in_other_words_asks_for_nothing(
    again: Callable[[bytes, Event], bytes], booking: Booking, zone: str, detail: Detail
) -> None:
    event = replace(event_of(booking, detail), zone=zone)
    sent = again(ics.render(event, REVISION), event)
    ics.check(sent)
    found = edit.decide(held(booking), event, edit.read(sent, zone=zone), RULES, NOW)
    assert found.nothing, found


# An accepted edit, and the rendering that follows it


@given(
    booking=bookings,
    shift=st.integers(-400_000, 400_000),
    length=st.integers(1, 90_000),
    notes=words | st.just("x" * 9_000) | st.just(f"\n{NOTES_MARKER}\n"),
    summary=words,
    rules=st.builds(
        EditRules, moves=st.sampled_from(OnMove), notes=st.sampled_from(OnNotes), delegates=st.booleans()
    ),
    video=st.booleans(),
)
@settings(max_examples=90)
def test_after_an_accepted_edit_the_same_wish_asks_for_nothing_more(
    booking: Booking,
    shift: int,
    length: int,
    notes: str,
    summary: str,
    rules: EditRules,
    video: bool,
) -> None:
    event, now = event_of(booking), booking.starts_at - timedelta(days=2)
    starts_at = event.starts_at + timedelta(seconds=shift)
    changed = replace(
        event,
        starts_at=starts_at,
        ends_at=starts_at + timedelta(seconds=length),
        summary=summary,
        description=f"{event.description}\n{notes}",
    )
    wish = as_shown(changed)
    found = edit.decide(held(booking, has_video=video), event, wish, rules, now)
    assume(found.refusal is None)
    start, end = found.span or (booking.starts_at, booking.ends_at)
    kept = booking.notes if found.notes is None else found.notes
    after = replace(booking, starts_at=start, ends_at=end, notes=kept)
    again = edit.decide(held(after, has_video=video), event_of(after), wish, rules, now)
    assert again == Edit(restored=again.restored)


# Whatever a client sends

DIRTY = [
    "RRULE:FREQ=DAILY",
    "RDATE:20260618T120000Z",
    "EXDATE:20260617T140000Z",
    "DTSTART;VALUE=DATE:20260617",
    "DTEND;VALUE=DATE:20260618",
    "DTSTART;VALUE=DATE:20260617T120000",
    "DTEND:20260617T120000",
    "DTSTART:18000101T000000",
    "DTEND:21991231T235959Z",
    "DTEND;TZID=Pacific/Kiritimati:21991231T235959",
    "DURATION:P1DT2H",
    "DURATION:P",
    "DURATION:-PT1H",
    "DTSTART;TZID=EST5EDT:20260308T023000",
    'DTSTART;X="a;TZID=b";TZID="Europe/London":20261025T013000',
    "STATUS:CANCELLED",
    "STATUS:",
    "SUMMARY:\\",
    "DESCRIPTION:\\n\\n— notes —\\n\\",
    'DESCRIPTION;ALTREP="cid:x":a\\nb\\,c',
    "ATTENDEE;PARTSTAT=DECLINED:mailto:dana@example.com",
    "ATTENDEE:",
    'ORGANIZER;CN="a:b":mailto:x@example.com',
    "CATEGORIES:,,\\,",
    "CATEGORIES:",
    "TRANSP:transparent",
    "BEGIN:VALARM",
    "END:VALARM",
    "BEGIN:VEVENT",
    "END:VEVENT",
    "UID:booking-4711@here.example",
    "RECURRENCE-ID:20260617T140000Z",
    "TZID:Nowhere",
    "TZOFFSETTO:+9999",
    "TZOFFSETFROM:-9999",
    "RRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30",
    "RRULE:FREQ=YEARLY;BYSETPOS=1;BYMONTH=2;BYDAY=SU",
    "RDATE:00000000T000000",
    "",
]
edits = st.lists(
    st.tuples(st.sampled_from(["insert", "replace", "delete", "repeat", "swap"]), st.integers(0, 80)).flatmap(
        lambda pair: st.tuples(st.just(pair[0]), st.just(pair[1]), st.sampled_from(DIRTY) | words)
    ),
    max_size=6,
)


def mutated(lines: list[str], changes: list[tuple[str, int, str]]) -> list[str]:
    lines = list(lines)
    for what, where, line in changes:
        at = where % len(lines)
        if what == "insert":
            lines.insert(at, line)
        elif what == "replace":
            lines[at] = line
        elif what == "delete" and len(lines) > 1:
            del lines[at]
        elif what == "repeat":
            lines.insert(at, lines[at])
        else:
            lines[at], lines[-at] = lines[-at], lines[at]
    return lines


def is_storable(body: bytes) -> bool:
    try:
        ics.check(body)
    except Refused:
        return False
    return True


@given(changes=edits, own_zone=st.booleans(), rules=st.sampled_from([RULES, CANCELLING, DELEGATING]))
@settings(max_examples=120)
def test_whatever_may_be_stored_can_be_decided(
    changes: list[tuple[str, int, str]], own_zone: bool, rules: EditRules
) -> None:
    event = event_of()
    body = ics.render(event, REVISION)
    if own_zone:
        body = RESERIALISED["in a zone of its own name"](body, event)
    sent = body_of(mutated(lines_of(body), changes))
    assume(is_storable(sent))
    try:
        wish = edit.read(sent, zone=ZONE, owner="dana@example.com")
    except ics.Unacceptable:
        # The one thing that is asked of an object only here: what its own time zone means.
        assert own_zone
        return
    found = edit.decide(held(), event, wish, rules, NOW)
    assert found.refusal is None or found == Edit(refusal=found.refusal)
