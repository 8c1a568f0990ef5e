"""A booking's own timeline, the oldest line first: what happened, how its events stand, and what can be done."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from gateway.core import clock, versions
from gateway.core.activity import Around, Span
from gateway.core.availability import Candidate
from gateway.core.booking import BookingRecord, LogEntry
from gateway.core.connection import State, Told, state
from gateway.core.errors import NotYours
from gateway.core.language import N_, _, ngettext
from gateway.core.model import BookingStatus
from gateway.core.versions import Version
from gateway.db import activity as stored
from gateway.db import connections, desk, synclog
from gateway.db.activity import Standing
from gateway.db.engine import Session
from gateway.services import accounts, availability
from gateway.services.activity import Line, Scene, numbered, scene
from gateway.services.deps import Deps
from gateway.services.grant import Member

PAGE: Final = 100
_MOST_JUDGED: Final = 3
_A_MOMENT: Final = timedelta(minutes=1)
_OPEN: Final = (BookingStatus.PENDING, BookingStatus.CONFIRMED)
# While these hold, nothing goes out however often somebody tries.
_HELD_BACK: Final = frozenset({State.RECONNECT_NEEDED, State.STOPPED, State.PAUSED, State.CONNECTING})


@dataclass(frozen=True, slots=True)
class Step:
    """A line, and the other version that can be taken instead of what counts: `would` says it in words, and `free`
    that nothing stands against its time at this moment, as far as that was looked up."""

    line: Line
    version: Version | None
    would: str
    when: str
    free: bool = False


@dataclass(frozen=True, slots=True)
class EventState:
    """How the booking's event stands in one account. `retry`: trying again can help. `held_by` is the account's own
    state where that keeps it back; `settable`: this member may set the account."""

    connection_id: int
    place: str
    account: str
    tone: str
    pill: str
    words: str
    retry: bool
    held_by: Told | None
    settable: bool


@dataclass(frozen=True, slots=True)
class Story:
    """`etag` is of the booking as it is told here; `later` is the id after which the timeline goes on, if it does."""

    booking_id: int
    name: str
    now: str
    etag: str
    steps: tuple[Step, ...]
    events: tuple[EventState, ...]
    later: int | None
    asked: bool


def story(deps: Deps, member: Member, booking_id: int, *, after: int = 0) -> Story:
    """What happened to a booking that is this member's to know. Raises NotYours."""
    business_id = member.business_id
    with deps.database.tenant(business_id, read_only=True) as session:
        record = require(session, member, booking_id)
        found = synclog.of_booking(session, business_id, booking_id, after=after, most=PAGE + 1)
        shown = found[:PAGE]
        known = scene(deps, session, member, shown)
        events = [
            _event(deps, session, known, one) for one in stored.events(session, business_id, booking_id)
        ]
        name = _name(session, known, record)
        whose = None if member.manages else member.id
        asked = any(one.booking_id == booking_id for one in desk.questions(session, business_id, whose))
        steps = _with_free(session, known, record, [_step(known, record, entry) for entry in shown])
    later = shown[-1].id if len(found) > PAGE else None
    now = _now(known.around, record)
    return Story(booking_id, name, now, record.etag, tuple(steps), tuple(events), later, asked)


def require(session: Session, member: Member, booking_id: int) -> BookingRecord:
    """A booking of this member's, or for a manager of the business. Raises NotYours: another's isn't there."""
    record = desk.record(session, member.business_id, booking_id)
    if not member.manages and record.staff_id != member.id:
        raise NotYours(what=N_("no such booking of yours"))
    return record


def takes(record: BookingRecord, version: Version | None, now: datetime) -> bool:
    """Whether this version is another one than what counts, and the booking could still become it."""
    if version is None or record.status not in _OPEN or record.starts_at <= now:
        return False
    if version.span is None:
        return True
    return version.span[0] > now and version.span != (record.starts_at, record.ends_at)


def _step(known: Scene, record: BookingRecord, entry: LogEntry) -> Step:
    around = known.around
    version = versions.other(entry)
    taken = version if takes(record, version, around.now) else None
    would = _times(around, *taken.span) if taken and taken.span else _("Cancelled")
    when = clock.to_the_second(around.here(entry.happened_at), around.now)
    return Step(known.line(entry), taken, would if taken else "", when)


def _with_free(session: Session, known: Scene, record: BookingRecord, steps: list[Step]) -> Iterator[Step]:
    """Looked up for the latest offers only: each costs as much as explaining a time."""
    offers = [one.version.span for one in steps if one.version and one.version.span][-_MOST_JUDGED:]
    free = {span for span in offers if _is_free(session, known, record, span)}
    return (replace(one, free=bool(one.version and one.version.span in free)) for one in steps)


def _is_free(session: Session, known: Scene, record: BookingRecord, span: Span) -> bool:
    if record.staff_id is None:
        return False
    wanted = Candidate(record.staff_id, record.service_id, *span)
    business_id, now = known.member.business_id, known.around.now
    return not availability.judge_in(session, business_id, wanted, now, moving=record.id)


def _now(around: Around, record: BookingRecord) -> str:
    return _times(around, record.starts_at, record.ends_at)


def _times(around: Around, starts_at: datetime, ends_at: datetime) -> str:
    return clock.span(around.here(starts_at), around.here(ends_at), around.now)


def _name(session: Session, known: Scene, record: BookingRecord) -> str:
    found = stored.subjects(session, known.member.business_id, [record.id]).get(record.id)
    parts = (found.service, found.customer) if found else ()
    return ", ".join(filter(None, parts)) or numbered(record.id)


def _event(deps: Deps, session: Session, known: Scene, one: Standing) -> EventState:
    connection = connections.get(session, known.member.business_id, one.connection_id)
    poll = timedelta(seconds=deps.settings.sync_poll_seconds)
    holds = state(connection.facts, deps.now(), poll) in _HELD_BACK
    told = accounts.told(deps, session, connection) if one.waits and holds else None
    settable = known.owns(connection.staff_id)
    place = known.around.places.get(one.connection_id, _("the calendar"))
    tone, pill, words = _standing(known.around, one, place, told)
    return EventState(
        one.connection_id,
        place,
        connection.account if settable else "",
        tone,
        pill,
        words,
        one.waits and told is None,
        told,
        settable,
    )


def _standing(around: Around, one: Standing, place: str, told: Told | None) -> tuple[str, str, str]:
    """(tone, pill, sentence)."""
    if told is not None:
        return "wait", _("Waits"), told.sentence
    if one.waits and one.last_error:
        return "bad", _("Not taken"), f"{_sentence(_(one.last_error))} {_tries(around, one)}"
    if one.waits and (until := _later(around, one)):
        return "wait", _("Waits"), _("The next try is {when}.").format(when=_soon(around, until))
    if one.waits:
        return "work", _("On its way"), _("{place} gets it in a moment.").format(place=place)
    if one.there and one.put_at:
        when = clock.lately(around.here(one.put_at), around.now)
        return "ok", _("There"), _("Put there {when}.").format(when=when)
    if one.there:
        return "ok", _("There"), _("It is there.")
    return "", _("Not there"), _("This account shows nothing of it.")


def _tries(around: Around, one: Standing) -> str:
    times = max(one.attempts, 1)
    tried = ngettext("Tried once", "Tried {n} times", times).format(n=times)
    until = _later(around, one)
    when = _soon(around, until) if until else _("in a moment")
    return _("{tried}; the next try is {when}.").format(tried=tried, when=when)


def _later(around: Around, one: Standing) -> datetime | None:
    """When it is tried again, where that isn't at once."""
    return one.not_before if one.not_before and one.not_before > around.now + _A_MOMENT else None


def _soon(around: Around, moment: datetime) -> str:
    here = around.here(moment)
    if here.date() == around.now.date():
        return _("at {time}").format(time=clock.time(here))
    return _("on {day}").format(day=clock.day_and_time(here, around.now))


def _sentence(text: str) -> str:
    return text if text.endswith(".") else f"{text}."
