"""What happened, for who may know: a manager everything of the business, staff what is about themselves, the bookings
that are theirs by now, and their accounts. Newest first, page by page."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Final

from gateway.core import activity as words
from gateway.core import clock, deeds
from gateway.core.activity import Around, Told
from gateway.core.booking import LogEntry, Outcome
from gateway.core.language import N_, _
from gateway.core.quarters import bounds
from gateway.core.spreadsheet import harmless
from gateway.db import access
from gateway.db import activity as stored
from gateway.db.activity import Place, Sought, Subject
from gateway.db.engine import Session
from gateway.services.accounts import title
from gateway.services.deps import Deps
from gateway.services.grant import Member

PAGE: Final = 50
MOST_EXPORTED: Final = 10_000


@dataclass(frozen=True, slots=True)
class Filters:
    """What to show; None shows all. `before`: only lines with smaller ids. `staff_id` is for managers only. `customer`
    is a part of a name, `day` one on the business's clock."""

    staff_id: int | None = None
    connection_id: int | None = None
    booking_id: int | None = None
    outcome: Outcome | None = None
    before: int | None = None
    customer: str = ""
    day: date | None = None

    @property
    def chosen(self) -> bool:
        return self != Filters(before=self.before)


@dataclass(frozen=True, slots=True)
class Line:
    """A line as a page shows it; `at` is on the business's clock. `subject` says which booking or whose, empty for
    neither; `opens`: this member may look at the booking's own timeline."""

    entry: LogEntry
    told: Told
    at: datetime
    subject: str
    opens: bool

    @property
    def title(self) -> str:
        """ "Haircut, Maria Santos: moved to 15:30"."""
        what = self.told.what
        return f"{self.subject}: {what}" if self.subject else what[:1].upper() + what[1:]


@dataclass(frozen=True, slots=True)
class Day:
    """The lines of one day, by the business's clock; `name` as "Today, Tuesday 24 November"."""

    name: str
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Choice:
    """One thing that may be filtered by."""

    value: str
    name: str


@dataclass(frozen=True, slots=True)
class Choices:
    """What may be filtered by: people (none for who doesn't manage), accounts, and ends."""

    people: tuple[Choice, ...]
    accounts: tuple[Choice, ...]
    results: tuple[Choice, ...]


@dataclass(frozen=True, slots=True)
class Listing:
    """One page. `older` is the id below which the next one begins; None where there is nothing more. `day` is the one
    that was asked for, in words."""

    days: tuple[Day, ...]
    older: int | None
    choices: Choices
    day: str


@dataclass(frozen=True, slots=True)
class Scene:
    """What is known around the lines of one answer."""

    around: Around
    member: Member
    subjects: Mapping[int, Subject]
    accounts: Mapping[int, Place]

    def line(self, entry: LogEntry) -> Line:
        subject = self.subjects.get(entry.booking_id or 0)
        opens = subject is not None and self.owns(subject.staff_id)
        told = words.told(entry, self.around)
        return Line(entry, told, self.around.here(entry.happened_at), self.subject(entry), opens)

    def owns(self, staff_id: int | None) -> bool:
        return self.member.manages or staff_id == self.member.id

    def subject(self, entry: LogEntry) -> str:
        """Who a customer is stands only where the booking is this member's to know."""
        if entry.booking_id is None:
            return "" if entry.staff_id in (None, self.member.id) else self.name(entry.staff_id)
        known = self.subjects.get(entry.booking_id)
        if known is None or not self.owns(known.staff_id):
            return numbered(entry.booking_id)
        called = ", ".join(filter(None, (known.service, known.customer))) or numbered(entry.booking_id)
        return (
            called if known.staff_id in (None, self.member.id) else f"{called} · {self.name(known.staff_id)}"
        )

    def name(self, staff_id: int | None) -> str:
        return self.around.staff.get(staff_id or 0, _("Somebody who has left"))


def numbered(booking_id: int) -> str:
    """What a booking is called that has no other name."""
    return _("Booking {id}").format(id=booking_id)


def listing(deps: Deps, member: Member, filters: Filters) -> Listing:
    """One page of what this member may know and asks for."""
    with deps.database.tenant(member.business_id, read_only=True) as session:
        found = _found(deps, session, member, filters, PAGE + 1)
        shown = found[:PAGE]
        known = scene(deps, session, member, shown)
    older = shown[-1].id if len(found) > PAGE else None
    day = clock.whole_date(filters.day) if filters.day else ""
    return Listing(tuple(_days(map(known.line, shown), known.around.now)), older, _choices(known), day)


def export(deps: Deps, member: Member, filters: Filters) -> str:
    """The same as a table: comma-separated, the newest line first, `MOST_EXPORTED` lines at most."""
    with deps.database.tenant(member.business_id, read_only=True) as session:
        found = _found(deps, session, member, filters, MOST_EXPORTED)
        known = scene(deps, session, member, found)
    text = io.StringIO()
    table = csv.writer(text)
    table.writerow([harmless(_(name)) for name in _HEAD])
    table.writerows([harmless(cell) for cell in _row(known, entry)] for entry in found)
    return text.getvalue()


def scene(deps: Deps, session: Session, member: Member, entries: Sequence[LogEntry]) -> Scene:
    """What is known around these lines, as this transaction sees it."""
    business_id = member.business_id
    accounts = stored.places(session, business_id)
    around = Around(
        deps.now().astimezone(clock.zone_of(member.zone)),
        member.name,
        {one.id: one.name for one in access.staff(session, business_id)},
        {id_: title(deps, one.provider, one.account) for id_, one in accounts.items()},
    )
    ids = {entry.booking_id for entry in entries if entry.booking_id is not None}
    return Scene(around, member, stored.subjects(session, business_id, ids), accounts)


def _found(deps: Deps, session: Session, member: Member, filters: Filters, most: int) -> list[LogEntry]:
    """What a member may see is decided here, and nowhere else: who doesn't manage asks about themselves."""
    person = filters.staff_id if member.manages else member.id
    about = _about(session, member, filters)
    during = bounds(clock.zone_of(member.zone), filters.day) if filters.day else None
    sought = Sought(about, filters.outcome, filters.before, most, during)
    if filters.connection_id is not None:
        place = stored.places(session, member.business_id).get(filters.connection_id)
        if place is None:
            return []
        called = title(deps, place.provider)  # as edits are told, whatever the account is called
        return stored.lines_of_connection(
            session, member.business_id, place.connection_id, called, person, sought
        )
    if person is not None:
        return stored.lines_of_person(session, member.business_id, person, sought)
    return stored.lines(session, member.business_id, sought)


def _about(session: Session, member: Member, filters: Filters) -> tuple[int, ...] | None:
    """Which bookings: the one with that number, or those of a customer whose name this member may know."""
    if filters.booking_id is not None:
        return (filters.booking_id,)
    if not filters.customer:
        return None
    whose = None if member.manages else member.id
    return stored.of_customer(session, member.business_id, filters.customer, whose)


def _days(lines: Iterable[Line], now: datetime) -> list[Day]:
    """In the order of the lines; two that changed places at midnight don't part a day in two."""
    found: dict[str, list[Line]] = {}
    for line in lines:
        found.setdefault(clock.day(line.at, now), []).append(line)
    return [Day(name, tuple(of_it)) for name, of_it in found.items()]


def _choices(known: Scene) -> Choices:
    member, names = known.member, known.around.staff
    people = [Choice(str(id_), name) for id_, name in names.items()] if member.manages else []
    accounts = [
        Choice(str(one.connection_id), _account(known, one))
        for one in known.accounts.values()
        if known.owns(one.staff_id)
    ]
    results = [Choice(outcome.value, _(name)) for outcome, name in deeds.RESULTS.items()]
    return Choices(tuple(people), tuple(accounts), tuple(results))


def _account(known: Scene, one: Place) -> str:
    return ", ".join(filter(None, (known.around.places[one.connection_id], one.account)))


_HEAD: Final = (
    N_("When"), N_("What"), N_("Why"), N_("Who"), N_("Where from"), N_("Result"), N_("Person"), N_("Booking"),
    N_("Account"),
)  # fmt: skip


def _row(known: Scene, entry: LogEntry) -> tuple[str, ...]:
    line = known.line(entry)
    person = known.name(entry.staff_id) if entry.staff_id is not None else ""
    booking = "" if entry.booking_id is None else str(entry.booking_id)
    account = known.around.places.get(words.connection(entry) or 0, "")
    return (
        line.at.isoformat(timespec="seconds"),
        line.title,
        line.told.why,
        words.by(entry, replace(known.around, viewer="")),
        _(words.SOURCES[entry.via]),
        _(deeds.RESULTS[entry.outcome]),
        person,
        booking,
        account,
    )
