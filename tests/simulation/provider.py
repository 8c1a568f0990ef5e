"""The company's accounts as we may use them: `providers.port`, in calm weather."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from gateway.core.errors import CursorExpired, NeedsReconnect, NotAccepted, RemoteChanged, RemoteGone
from gateway.core.model import Event
from gateway.core.remote import Grant, Page, RemoteCalendar, RemoteEvent, Reply, Stamp, Watch, Window
from gateway.core.wanted import Wanted
from gateway.providers.oauth import declined
from tests.simulation.appointments import Appointment
from tests.simulation.company import HOST, LIFE, Calendar, Company, Entry, Watching


class Client:
    """`port.CalendarProvider` for one mailbox, in calm weather."""

    def __init__(self, company: Company, name: str) -> None:
        self._company, self._mailbox = company, company.mailboxes[name]

    def calendars(self) -> list[RemoteCalendar]:
        self._enter()
        return [
            RemoteCalendar(one.id, one.name, "America/New_York", one.writable, one.main)
            for one in self._company.listed(self._mailbox)
        ]

    def put(self, calendar: str, key: str, event: Event, seen: Stamp | None) -> Stamp:
        place = self._calendar(calendar)
        if not place.writable:
            raise NotAccepted(host=HOST, reason="read only")
        if seen is None or not seen.etag:
            there = self._adopted(place, key if seen is None else seen.id, event)
        else:
            there = self._at(place, seen.id)
            if there.gone:
                self._company.see(there)
                raise RemoteGone(host=HOST)
            if there.etag != seen.etag:
                raise RemoteChanged(host=HOST)
            if seen.kept not in ("", seen.etag):
                raise AssertionError(f"{seen.kept} was kept of another version than {seen.etag}")
        return self._write(place, there, event)

    def delete(self, calendar: str, stamp: Stamp) -> None:
        self._enter()
        place = self._mailbox.calendars.get(calendar)
        there = _find(place, stamp.id) if place else None
        if place is None or there is None or there.gone:
            return
        there.gone, there.edits = True, []
        self._company.writes += 1
        place.touch(there)
        self._company.changed(place)

    def read(self, calendar: str, id_: str) -> RemoteEvent:
        there = self._at(self._calendar(calendar), id_)
        self._company.see(there)
        if there.gone:
            raise RemoteGone(host=HOST)
        return next(iter(_told(there, self._calendar(calendar))))

    def changes(self, calendar: str, cursor: str, window: Window) -> Page:
        place = self._calendar(calendar)
        if cursor.startswith("page "):
            return self._page(place, cursor)
        if not cursor:
            ids, start = self._listed(place, window), place.version
        elif int(cursor) < place.floor:
            raise CursorExpired(host=HOST)
        else:
            since = int(cursor)
            changed = [one for one in place.entries.values() if one.version > since]
            ids, start = [one.id for one in sorted(changed, key=lambda one: one.version)], place.version
            if self._company.lying:
                ids += [f"{one.id}\0gone" for one in place.bookings() if one.id not in ids]
                self._company.lying = False
        token = f"page {len(place.rounds)} 0 {'' if cursor else 'whole'}".rstrip()
        place.rounds[str(len(place.rounds))] = (ids, start)
        return self._page(place, token)

    def watch(self, calendar: str, id_: str, url: str, secret: str) -> Watch | None:
        self._calendar(calendar)
        self._company.watches.append(Watching(id_, secret, calendar))
        life = timedelta(hours=self._company.chance.choice([2, 150, 150, 150]))
        return Watch(id_, f"resource {id_}", self._company.now() + life)

    def unwatch(self, watch: Watch) -> None:
        self._enter()
        self._company.watches = [one for one in self._company.watches if one.id != watch.id]

    def _enter(self) -> None:
        if self._mailbox.revoked:
            raise NeedsReconnect(host=HOST, reason="its owner has shut us out")

    def _calendar(self, id_: str) -> Calendar:
        self._enter()
        if id_ not in self._mailbox.calendars:
            raise RemoteGone(host=HOST)
        return self._mailbox.calendars[id_]

    def _at(self, place: Calendar, id_: str) -> Entry:
        there = _find(place, id_)
        if there is None:
            raise RemoteGone(host=HOST)
        return there

    def _adopted(self, place: Calendar, key: str, event: Event) -> Entry:
        there = _find(place, key)
        if there is None or (there.gone and place.style != "google"):
            return Entry(key if place.style != "graph" else f"AAMk{place.version + 1}", key, tag=event.uid)
        if there.gone:
            raise RemoteGone(host=HOST)
        if there.tag != event.uid:
            raise NotAccepted(host=HOST, reason="another event is called so")
        return there

    def _write(self, place: Calendar, there: Entry, event: Event) -> Stamp:
        self._company.see(there)
        there.gone, there.tag = False, event.uid
        there.shown = there.base = Wanted(
            event.starts_at,
            event.ends_at,
            event.summary,
            event.description,
            event.location,
            tentative=event.tentative,
        )
        self._company.writes += 1
        place.touch(there)
        self._company.changed(place)
        return Stamp(there.id, there.etag, kept=there.etag)

    def _listed(self, place: Calendar, window: Window) -> list[str]:
        """What there is, but for what was over before the window."""
        if self._company.emptied:
            self._company.emptied = False
            return []
        there = [one for one in place.entries.values() if not one.gone]
        return [one.id for one in there if not self._is_over(one, window.since)]

    def _is_over(self, entry: Entry, moment: datetime) -> bool:
        if entry.appointment is None:
            return False
        if entry.number in entry.appointment.moved and not self._company.whole_parts:
            begin, length = entry.appointment.moved[entry.number or 0]
            return (begin + length).replace(tzinfo=UTC) < moment - timedelta(days=1)
        return entry.appointment.ended(moment)

    def _page(self, place: Calendar, cursor: str) -> Page:
        number, offset = cursor.split(" ")[1:3]
        whole = cursor.endswith("whole")
        ids, start = place.rounds[number]
        size = self._company.chance.choice([1, 3, 50, 50])
        here, after = ids[int(offset) : int(offset) + size], int(offset) + size
        here += here[: self._company.chance.randrange(8) == 0]  # some are told twice
        events = [told for id_ in here for told in self._present(place, id_) if not (whole and told.gone)]
        if after >= len(ids):
            return Page(tuple(events), str(start), last=True)
        return Page(tuple(events), f"page {number} {after}{' whole' if whole else ''}", last=False)

    def _present(self, place: Calendar, id_: str) -> Iterator[RemoteEvent]:
        name, _, lie = id_.partition("\0")
        if lie:
            yield RemoteEvent(name, "", name, gone=True)
        else:
            yield from _told(place.entries[name], place)


def _find(place: Calendar, id_: str) -> Entry | None:
    """By its id, or by what we called it when it was made."""
    if id_ in place.entries:
        return place.entries[id_]
    alive = [one for one in place.entries.values() if one.key == id_ and one.tag]
    return next((one for one in alive if not one.gone), alive[-1] if alive else None)


def _told(entry: Entry, place: Calendar) -> Iterator[RemoteEvent]:
    appointment = entry.appointment
    series = entry.key if entry.number is not None else entry.id
    if entry.gone:
        # Microsoft tells nothing but the id.
        yield RemoteEvent(entry.id, entry.etag, entry.id if place.style == "graph" else series, gone=True)
    elif appointment is None:
        shown = entry.shown
        tagged = entry.tag and shown is not None and "untagged" not in shown.additions
        lines = f"DTSTART:{_utc(shown.starts_at)}\r\nDTEND:{_utc(shown.ends_at)}\r\n" if shown else ""
        yield RemoteEvent(
            entry.id,
            entry.etag,
            series,
            whole=place.style == "caldav",
            times=lines.encode(),
            reply=Reply.DECLINED if shown and shown.declined else Reply.NONE,
            tag=entry.tag if tagged else "",
            wanted=shown if tagged else None,
        )
    elif entry.number is not None:
        part = appointment.instance_lines(entry.number)
        yield RemoteEvent(
            entry.id, entry.etag, series, times=part, showing=appointment.showing, reply=appointment.reply
        )
    else:
        yield from _told_appointment(entry, appointment, whole=place.style == "caldav")


def _told_appointment(entry: Entry, appointment: Appointment, *, whole: bool) -> Iterator[RemoteEvent]:
    main = RemoteEvent(
        entry.id,
        entry.etag,
        entry.id,
        whole=whole,
        times=appointment.lines(excluding=whole),
        showing=appointment.showing,
        reply=appointment.reply,
    )
    yield main
    for number in sorted(appointment.moved) if whole else ():
        if number not in appointment.dropped:
            yield replace(main, id=f"{entry.id}#{number}", times=appointment.instance_lines(number))


def _utc(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y%m%dT%H%M%SZ}"


class Gate:
    """`port.Authority`: a code is an account's name, and so is an access token."""

    def __init__(self, company: Company) -> None:
        self._company = company

    def authorize_url(self, state: str, verifier: str, redirect: str, *, consent: bool, hint: str) -> str:
        return state

    def declined(self, error: str, detail: str) -> str:
        return declined(error)

    def exchange(self, code: str, verifier: str, redirect: str) -> Grant:
        self._company.mailboxes[code].revoked = False
        return self._grant(code)

    def refresh(self, grant: Grant) -> Grant:
        if self._company.mailboxes[grant.access_token].revoked:
            raise NeedsReconnect(host=HOST, reason="its owner has shut us out")
        return self._grant(grant.access_token)

    def revoke(self, grant: Grant) -> None:
        """Two connections to one account have a grant each."""

    def lacking(self, grant: Grant) -> tuple[str, ...]:
        return ()

    def _grant(self, name: str) -> Grant:
        mailbox = self._company.mailboxes[name]
        mailbox.grants += 1
        return Grant(name, f"refresh {mailbox.grants}", self._company.now() + LIFE)
