"""Connected accounts as their owners see and set them: how each stands, what it blocks, where bookings appear.

Staff have their own accounts; a manager those of everyone, and the business's own.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from gateway.core import clock, connection
from gateway.core.blocking import BlockRules
from gateway.core.booking import Actor, Via
from gateway.core.connected import ConnectedCalendar, Connection
from gateway.core.connection import Told
from gateway.core.errors import Invalid, NotYours
from gateway.core.language import N_, _
from gateway.core.model import Detail
from gateway.db import bookings, busy, connections, external, mappings, readings, standing
from gateway.db.engine import Session
from gateway.services import absorb
from gateway.services.deps import Deps
from gateway.services.grant import Member
from gateway.services.show import show

_AHEAD = timedelta(days=30)
# More than any calendar has, and still a bound.
_MOST_EVENTS = 100_000


@dataclass(frozen=True, slots=True)
class Owner:
    """A member with what they may set: `manages` the business, or only what is their own."""

    business_id: int
    staff_id: int
    name: str
    manages: bool

    @property
    def actor(self) -> Actor:
        return Actor(self.business_id, Via.PAGE, self.name, self.staff_id, self.manages)


@dataclass(frozen=True, slots=True)
class CalendarView:
    """A calendar of an account: how many stretches of time it blocks in the next 30 days."""

    calendar: ConnectedCalendar
    blocked: int
    read: str


@dataclass(frozen=True, slots=True)
class AccountView:
    """An account as a page shows it. `provider` is what people call it."""

    connection: Connection
    provider: str
    told: Told
    calendars: tuple[CalendarView, ...]
    events: int

    @property
    def blocks(self) -> bool:
        return self.connection.staff_id is not None and any(one.calendar.blocks for one in self.calendars)

    @property
    def receiving(self) -> CalendarView | None:
        return next((one for one in self.calendars if one.calendar.receives), None)


@dataclass(frozen=True, slots=True)
class Missing:
    """An event that was gone: when it was, and what it was called where its owner wanted titles read."""

    title: str
    when: str


@dataclass(frozen=True, slots=True)
class LargeChange:
    """What stopped a connection: so many of so many events were gone at once. `what` says whose: "bookings" or the
    owner's own "events"; of those `events` are some."""

    since: str
    what: str
    calendar: str
    gone: int
    of: int
    events: tuple[Missing, ...]


def owner(deps: Deps, member: Member) -> Owner:
    with deps.database.tenant(member.business_id, read_only=True) as session:
        manages = standing.manages(session, member.business_id, member.id)
    return Owner(member.business_id, member.id, member.name, manages)


def require(session: Session, owner: Owner, connection_id: int) -> Connection:
    """A connection that its owner may set. Raises NotYours: another's looks as if it weren't there."""
    found = connections.get(session, owner.business_id, connection_id)
    if not owner.manages and found.staff_id != owner.staff_id:
        raise NotYours(what=N_("no such connection"))
    return found


def listing(deps: Deps, owner: Owner, *, everyone: bool = False) -> list[AccountView]:
    """The owner's accounts; `everyone`: for a manager all of the business."""
    with deps.database.tenant(owner.business_id, read_only=True) as session:
        of = None if everyone and owner.manages else owner.staff_id
        found = connections.of(session, owner.business_id, of)
        return [_view(deps, session, one) for one in found]


def view(deps: Deps, owner: Owner, connection_id: int) -> AccountView:
    """One account, a closed one too. Raises NotYours."""
    with deps.database.tenant(owner.business_id, read_only=True) as session:
        return _view(deps, session, require(session, owner, connection_id))


def waits(deps: Deps, owner: Owner, connection_id: int) -> bool:
    """Whether its owner has yet to look at what it would change. Raises NotYours."""
    with deps.database.tenant(owner.business_id, read_only=True) as session:
        facts = require(session, owner, connection_id).facts
    return facts.let_in and not facts.granted and facts.closed_at is None


def choose(
    deps: Deps,
    owner: Owner,
    connection_id: int,
    *,
    receives: int | None,
    blocks: Collection[int],
    detail: Detail,
    rules: BlockRules,
    titles: bool,
) -> None:
    """Which calendar receives bookings (None: none of them), which block time, and how much is told there.

    Raises NotYours, Invalid.
    """
    business_id = owner.business_id
    with deps.database.tenant(business_id) as session:
        before = require(session, owner, connection_id)
        known = readings.calendars(session, business_id, connection_id)
        require_choice(known, receives, blocks)
        readings.choose(session, business_id, connection_id, receives, blocks)
        connections.set_rules(session, business_id, connection_id, detail, rules, titles=titles)
        if before.staff_id is not None:
            busy.lock_staff(session, business_id, [before.staff_id])
        for one in known:
            if one.blocks and one.id not in blocks:
                external.clear(session, business_id, one.id)
        if titles != before.titles:
            # What was read with titles is forgotten at once; what shall have them is read anew.
            external.forget_titles(session, business_id, connection_id)
            readings.read_anew(session, business_id, connection_id)
        after = connections.get(session, business_id, connection_id)
        if after.rules != before.rules:
            left = readings.calendars(session, business_id, connection_id)
            absorb.hold_anew(session, deps, after, left)
        if after.staff_id is not None:
            show(session, business_id, after.staff_id, deps.now())
        mappings.want_all(session, business_id, connection_id, deps.now())
        connections.ask_pull(session, business_id, connection_id, deps.now(), now_please=True)


def check_now(deps: Deps, owner: Owner, connection_id: int) -> None:
    """Have it read at once. Raises NotYours."""
    with deps.database.tenant(owner.business_id) as session:
        require(session, owner, connection_id)
        connections.ask_pull(session, owner.business_id, connection_id, deps.now(), now_please=True)


def large_change(deps: Deps, owner: Owner, connection_id: int) -> LargeChange:
    """What stopped a connection. Raises NotYours, also where nothing has."""
    with deps.database.tenant(owner.business_id, read_only=True) as session:
        require(session, owner, connection_id)
        stopped = connections.stop_found(session, owner.business_id, connection_id)
        if stopped is None:
            raise NotYours(what=N_("nothing waits for your word"))
        since, found = stopped
        calendar_id = int(str(found["calendar_id"]))
        names = {one.id: one.name for one in readings.calendars(session, owner.business_id, connection_id)}
        return LargeChange(
            _lately(deps, session, owner.business_id, since),
            str(found["what"]),
            names.get(calendar_id, ""),
            int(str(found["gone"])),
            int(str(found["of"])),
            tuple(_missing(deps, session, owner.business_id, calendar_id, found.get("some"))),
        )


def go_on(deps: Deps, owner: Owner, connection_id: int, *, believe: bool) -> None:
    """After a large change: believe it, or read again and see whether it is still so. Raises NotYours."""
    with deps.database.tenant(owner.business_id) as session:
        require(session, owner, connection_id)
        connections.go_on(session, owner.business_id, connection_id, approved=believe, now=deps.now())


def require_choice(
    known: Collection[ConnectedCalendar], receives: int | None, blocks: Collection[int]
) -> None:
    """Raises Invalid for calendars that aren't there, and for one that can't be written into."""
    listed = {one.id: one for one in known if one.listed}
    if not set(blocks) <= set(listed) or receives not in (None, *listed):
        raise Invalid(reason=N_("This account has no such calendar any more; reload the page."))
    if receives is not None and not listed[receives].writable:
        raise Invalid(
            reason=N_("Nothing can be written into this calendar; choose another one for your bookings.")
        )


def _view(deps: Deps, session: Session, one: Connection) -> AccountView:
    now, business_id = deps.now(), one.business_id
    views = tuple(
        CalendarView(
            calendar,
            external.blocked(session, business_id, calendar.id, now, now + _AHEAD) if calendar.blocks else 0,
            _ago(deps, session, business_id, calendar.read_at) if calendar.read_at else "",
        )
        for calendar in readings.calendars(session, business_id, one.id)
        if calendar.listed or calendar.blocks
    )
    events = mappings.count(session, business_id, one.id, now)
    return AccountView(one, title(deps, one.provider, one.account), told(deps, session, one), views, events)


def told(deps: Deps, session: Session, one: Connection) -> Told:
    """How a connection stands, in words."""
    facts, now = one.facts, deps.now()
    poll = timedelta(seconds=deps.settings.sync_poll_seconds)
    lasts = (
        facts.closed_at or facts.refused_at or facts.stopped_at or facts.read_at or facts.failing_since or now
    )
    until = facts.paused_until or now
    zone = clock.zone_of(_zone(session, one.business_id))
    return connection.told(
        facts,
        now,
        poll,
        provider=title(deps, one.provider, one.account),
        clock=clock.time(until.astimezone(zone)),
        since=clock.lately(lasts.astimezone(zone), now.astimezone(zone)),
    )


def title(deps: Deps, provider: str, account: str = "") -> str:
    """What people call it, by this account of it; its own name where this installation isn't set up for it any more."""
    known = deps.providers.get(provider)
    return _(known.title_of(account)) if known else provider.capitalize()


def _missing(
    deps: Deps, session: Session, business_id: int, calendar_id: int, keys: object
) -> Iterator[Missing]:
    zone = clock.zone_of(_zone(session, business_id))
    now = deps.now()
    wanted = set(keys) if isinstance(keys, list) else set()
    if wanted:
        for one in external.told(session, business_id, calendar_id, now, _MOST_EVENTS):
            if one.key in wanted:
                span = one.starts_at.astimezone(zone), one.ends_at.astimezone(zone)
                yield Missing(one.title, clock.span(*span, now.astimezone(zone)))


def _lately(deps: Deps, session: Session, business_id: int, moment: datetime) -> str:
    zone = clock.zone_of(_zone(session, business_id))
    return clock.lately(moment.astimezone(zone), deps.now().astimezone(zone))


def _ago(deps: Deps, session: Session, business_id: int, moment: datetime) -> str:
    zone = clock.zone_of(_zone(session, business_id))
    return clock.ago(moment.astimezone(zone), deps.now().astimezone(zone))


def _zone(session: Session, business_id: int) -> str:
    business = bookings.business(session, business_id)
    return business.time_zone if business else "UTC"
