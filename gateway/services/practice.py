"""A practice calendar as its owner sees it: agree that it is used, look at it, and change it as one would elsewhere.

It stands in for the page of another company. So it knows nothing of bookings: what Daybridge makes of a change here, it
finds out by reading the calendar, which it is asked to do each time.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from gateway.core import clock
from gateway.core.errors import Invalid, NotYours
from gateway.core.language import N_, _
from gateway.core.moments import YEARS
from gateway.core.remote import Showing
from gateway.core.secrets import make_token, token_hash
from gateway.core.wire import one_line
from gateway.db import bookings, connections, practice
from gateway.db.engine import Session
from gateway.db.practice import Agreed, Kept, Where
from gateway.providers.practice import NAME, translate
from gateway.providers.practice.authority import new_token
from gateway.providers.practice.translate import Entry
from gateway.services import connect
from gateway.services.deps import Deps
from gateway.services.grant import Member

_CODE_LIFE: Final = timedelta(minutes=1)
_CHALLENGE: Final = re.compile(r"[\w-]{43}", re.ASCII)
_LONGEST_STATE: Final = 500
_LONGEST_MOVE: Final = timedelta(days=366)
_HOUR: Final = timedelta(hours=1)
_DAY: Final = timedelta(days=1)
_NOTHING: Final = N_("no such practice calendar")


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody is sent here to agree to: where they go back, and what they take along."""

    state: str
    redirect: str
    challenge: str


@dataclass(frozen=True, slots=True)
class New:
    """An event that somebody writes into their calendar: from when to when on the clock of their business, or from
    which day to which."""

    title: str
    starts: datetime
    ends: datetime
    all_day: bool = False
    free: bool = False


@dataclass(frozen=True, slots=True)
class Shown:
    """An event as the page shows it. `booked`: one of the bookings' own. What recurs can't be moved as a whole."""

    id: str
    title: str
    when: str
    all_day: bool
    free: bool
    recurs: bool
    booked: bool


@dataclass(frozen=True, slots=True)
class Calendar:
    """A practice calendar with what lies ahead in it. `suggested` is when a new event may well be."""

    account: str
    name: str
    events: tuple[Shown, ...]
    suggested: tuple[datetime, datetime]


def account_of(member: Member) -> str:
    """What a staff member's practice account is called."""
    return f"practice-{member.id}"


def look(deps: Deps, asked: Asked) -> None:
    """Whether this may be asked of anybody. Raises NotYours, Invalid: an answer goes to ourselves and nobody else."""
    _require_practice(deps)
    if asked.redirect != connect.redirect(deps, NAME):
        raise Invalid(reason=N_("Answers go back to Daybridge only. Start again from your calendars page."))
    if not _CHALLENGE.fullmatch(asked.challenge) or not 0 < len(asked.state) <= _LONGEST_STATE:
        raise Invalid(
            reason=N_("Something of this address is missing. Start again from your calendars page.")
        )


def agree(deps: Deps, member: Member, asked: Asked) -> str:
    """Let Daybridge use the member's practice calendar, which is made if there is none; where to send them back.

    Raises what `look` does.
    """
    look(deps, asked)
    code = new_token(member.business_id, deps.chance)
    account, now = account_of(member), deps.now()
    agreed = Agreed(account, asked.challenge, asked.redirect, now + _CODE_LIFE)
    with deps.database.tenant(member.business_id) as session:
        zone = _zone(session, member.business_id)
        name = _("{name}’s practice calendar").format(name=member.name)
        practice.open_calendar(session, (member.business_id, account, account), name, zone.key)
        practice.agree(session, member.business_id, token_hash(code), agreed, now)
    return f"{asked.redirect}?{urlencode({'code': code, 'state': asked.state})}"


def refuse(deps: Deps, asked: Asked) -> str:
    """Where to send somebody back who doesn't agree. Raises what `look` does."""
    look(deps, asked)
    return f"{asked.redirect}?{urlencode({'error': 'access_denied', 'state': asked.state})}"


def calendar(deps: Deps, member: Member, account: str) -> Calendar:
    """What lies ahead. Raises NotYours."""
    where, now = _own(deps, member, account), deps.now()
    with deps.database.tenant(member.business_id, read_only=True) as session:
        zone = _zone(session, member.business_id)
        name = _name(session, where)
        found = [(one, translate.stored(one.content)) for one in practice.events(session, where)]
    here = now.astimezone(zone)
    ahead = [(one, entry) for one, entry in found if _is_ahead(entry, now)]
    ahead.sort(key=lambda pair: (pair[1].span, pair[0].id))
    shown = tuple(_shown(one, entry, zone, here) for one, entry in ahead)
    next_hour = here.replace(minute=0, second=0, microsecond=0, tzinfo=None) + _HOUR
    return Calendar(account, name, shown, (next_hour, next_hour + _HOUR))


def add(deps: Deps, member: Member, account: str, new: New) -> None:
    """Raises NotYours, Invalid."""
    with _changing(deps, member, account) as (session, where, revision):
        entry = _written(new, _zone(session, member.business_id))
        practice.write(session, where, revision, make_token(deps.chance(20)), entry.content)


def move(deps: Deps, member: Member, account: str, id_: str, by: timedelta) -> None:
    """Have an event begin and end somewhat later, or earlier. Raises NotYours, Invalid."""
    with _changing(deps, member, account) as (session, where, revision):
        kept, entry = _there(session, where, id_)
        if entry.recurs:
            raise Invalid(reason=N_("This event repeats; it can’t be moved here."))
        if entry.all_day and by % _DAY:
            raise Invalid(reason=N_("This event lasts all day; move it by whole days."))
        if abs(by) > _LONGEST_MOVE or not _is_in_reach(entry.span[0] + by):
            raise Invalid(reason=N_("That is too far away. Move it by less than a year."))
        _rewrite(session, where, revision, kept, translate.shifted(entry, by))


def rename(deps: Deps, member: Member, account: str, id_: str, title: str) -> None:
    """Raises NotYours, Invalid."""
    with _changing(deps, member, account) as (session, where, revision):
        kept, entry = _there(session, where, id_)
        _rewrite(session, where, revision, kept, replace(entry, title=_title(title)))


def delete(deps: Deps, member: Member, account: str, id_: str) -> None:
    """Take an event out of the calendar; of a series that goes on, an instance. Raises NotYours."""
    with _changing(deps, member, account) as (session, where, revision):
        kept, entry = _there(session, where, id_)
        if kept.series == kept.id:
            practice.remove(session, where, revision, id_)
        else:
            _rewrite(session, where, revision, kept, translate.without(entry))


@contextmanager
def _changing(deps: Deps, member: Member, account: str) -> Iterator[tuple[Session, Where, int]]:
    """A change of one's own calendar; whoever is connected to it is told, as a real provider would tell us."""
    where = _own(deps, member, account)
    with deps.database.tenant(member.business_id) as session:
        _name(session, where)
        yield session, where, practice.begin(session, where)
        for one in connections.of(session, member.business_id):
            if one.provider == NAME and one.account_key == account:
                connections.ask_pull(session, member.business_id, one.id, deps.now())


def _own(deps: Deps, member: Member, account: str) -> Where:
    _require_practice(deps)
    if account != account_of(member):
        raise NotYours(what=_NOTHING)
    return member.business_id, account, account


def _require_practice(deps: Deps) -> None:
    if NAME not in deps.providers:
        raise NotYours(what=N_("this installation has no practice calendars"))


def _name(session: Session, where: Where) -> str:
    """What the calendar is called. Raises NotYours where nobody has agreed to it yet."""
    business_id, account, id_ = where
    names = [one.name for one in practice.calendars(session, business_id, account) if one.id == id_]
    if not names:
        raise NotYours(what=_NOTHING)
    return names[0]


def _there(session: Session, where: Where, id_: str) -> tuple[Kept, Entry]:
    # What no id can hold, the database would take for a mistake of ours.
    kept = practice.event(session, where, id_) if id_.isprintable() else None
    if kept is None or kept.deleted:
        raise NotYours(what=N_("this event was deleted meanwhile"))
    return kept, translate.stored(kept.content)


def _rewrite(session: Session, where: Where, revision: int, kept: Kept, entry: Entry) -> None:
    practice.write(session, where, revision, kept.id, entry.content, series=kept.series, tag=kept.tag)


def _written(new: New, zone: ZoneInfo) -> Entry:
    if new.ends < new.starts or (new.ends == new.starts and not new.all_day):
        raise Invalid(reason=N_("An event has to end after it begins."))
    if not (_is_in_reach(new.starts) and _is_in_reach(new.ends)):
        raise Invalid(reason=N_("That is too far away."))
    if new.all_day:
        told = translate.times(new.starts.date(), new.ends.date() + _DAY)
    else:
        told = translate.times(new.starts.replace(tzinfo=zone), new.ends.replace(tzinfo=zone))
    showing = Showing.FREE if new.free else Showing.BUSY
    return Entry(times=told, title=_title(new.title), showing=showing, zone=zone.key)


def _is_in_reach(when: datetime) -> bool:
    return YEARS.start < when.year < YEARS.stop - 1


def _title(typed: str) -> str:
    return one_line(typed, translate.LONGEST_TITLE) or _("Untitled")


def _is_ahead(entry: Entry, now: datetime) -> bool:
    return not entry.cancelled and (entry.recurs or entry.span[1] > now)


def _shown(kept: Kept, entry: Entry, zone: ZoneInfo, now: datetime) -> Shown:
    return Shown(
        id=kept.id,
        title=one_line(entry.title, translate.LONGEST_TITLE) or _("Untitled"),
        when=_when(entry, zone, now),
        all_day=entry.all_day,
        free=entry.showing is Showing.FREE,
        recurs=entry.recurs,
        booked=bool(kept.tag),
    )


def _when(entry: Entry, zone: ZoneInfo, now: datetime) -> str:
    """In words. A day is a day wherever one is."""
    if not entry.all_day:
        start, end = entry.span
        return clock.span(start.astimezone(zone), end.astimezone(zone), now)
    start, end = replace(entry, zone="UTC").span
    first, last = (_day(when, now) for when in (start, max(start, end - _DAY)))
    days = first if first == last else _("{since} to {until}").format(since=first, until=last)
    return _("{days}, all day").format(days=days)


def _day(when: datetime, now: datetime) -> str:
    return f"{clock.weekday(when.date())} {clock.date(when, now)}"


def _zone(session: Session, business_id: int) -> ZoneInfo:
    business = bookings.business(session, business_id)
    return clock.zone_of(business.time_zone if business else "")
