"""What the root, a principal, a calendar and an object say of themselves: one table from property to answer.

A property function gives the inner XML, or None where the resource has no such property. Sources: RFC 4918 15 (DAV),
RFC 3744 5 (principals, privileges), RFC 4791 5.2 and 6.2 (CalDAV), RFC 6578 4 (sync-token), RFC 7953 7 (working hours),
and calendarserver.org's caldav-ctag.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from email.utils import format_datetime
from urllib.parse import quote
from xml.etree.ElementTree import fromstring

from gateway.core import sync
from gateway.core.model import Calendar, CalendarKind, Visitor
from radicale_plugin.fastpath.xml import APPLE, CALDAV, CALENDARSERVER, DAV, clark, element, href, text
from radicale_plugin.places import principal

MAX_RESOURCE_SIZE = 1024 * 1024
COLLATIONS = ("i;ascii-casemap", "i;octet")


@dataclass(frozen=True, slots=True)
class Root:
    """The root of the CalDAV tree, as a visitor sees it."""

    base: str
    visitor: Visitor


@dataclass(frozen=True, slots=True)
class Principal:
    """A signed-in person, and the home of their calendars."""

    base: str
    visitor: Visitor


@dataclass(frozen=True, slots=True)
class Collection:
    """A calendar, with what the visitor's apps keep about it; `hours` are read only when they are asked for."""

    base: str
    visitor: Visitor
    calendar: Calendar
    kept: Mapping[str, str]
    hours: str = ""


Resource = Root | Principal | Collection
Answer = Callable[[Resource], str | None]


def _href(path: str) -> str:
    return f"<href>{href(path)}</href>"


def _home(resource: Resource) -> str:
    return _href(f"{resource.base}/{principal(resource.visitor.staff_id)}/")


def _resourcetype(resource: Resource) -> str:
    if isinstance(resource, Collection):
        return "<C:calendar /><collection />"
    return "<principal /><collection />" if isinstance(resource, Principal) else "<collection />"


def _displayname(resource: Resource) -> str | None:
    if isinstance(resource, Principal):
        return text(resource.visitor.name)
    if isinstance(resource, Collection):
        return text(calendar_name(resource.calendar, resource.visitor))
    return None


def calendar_name(calendar: Calendar, visitor: Visitor) -> str:
    """What a calendar is called until its reader gives it another name."""
    if calendar.kind is CalendarKind.TEAM:
        return f"Team – {visitor.business_name}"
    if calendar.kind is CalendarKind.BUSY:
        return "Busy elsewhere"
    return "Bookings" if calendar.staff_id == visitor.staff_id else f"{calendar.staff_name} – bookings"


def _user_addresses(resource: Resource) -> str | None:
    if not isinstance(resource, Principal):
        return None
    # Quoted as RFC 6068 2 has it, which is not how a path is.
    email = quote(resource.visitor.email, safe="@!$'*+")
    return (f"<href>mailto:{email}</href>" if email else "") + _home(resource)


def own(calendar: Calendar, visitor: Visitor) -> bool:
    """Whether this is where a person's bookings are, and their own events may be."""
    return calendar.kind is CalendarKind.BOOKINGS and calendar.staff_id == visitor.staff_id


def writable(calendar: Calendar, visitor: Visitor) -> bool:
    """Whether this person's calendar app may try to change something here."""
    return own(calendar, visitor) or (visitor.manager and calendar.kind is not CalendarKind.BUSY)


def _privileges(resource: Resource) -> str:
    granted = ["<read />", "<read-current-user-privilege-set />"]
    if isinstance(resource, Collection):
        granted += ["<C:read-free-busy />", "<write-properties />"]
        if own(resource.calendar, resource.visitor):
            granted += ["<write />", "<write-content />", "<bind />", "<unbind />"]
        elif writable(resource.calendar, resource.visitor):
            granted += ["<write-content />", "<unbind />"]
    return "".join(f"<privilege>{one}</privilege>" for one in granted)


def _reports(resource: Resource) -> str:
    if not isinstance(resource, Collection):
        return ""
    names = ("C:calendar-query", "C:calendar-multiget", "C:free-busy-query", "sync-collection")
    return "".join(f"<supported-report><report><{name} /></report></supported-report>" for name in names)


def _of_calendar(answer: Callable[[Calendar], str]) -> Answer:
    return lambda resource: answer(resource.calendar) if isinstance(resource, Collection) else None


def _transparency(resource: Resource) -> str | None:
    """Colleagues' bookings must not make the manager busy (RFC 6638 9.1)."""
    if not isinstance(resource, Collection):
        return None
    mine = own(resource.calendar, resource.visitor)
    return "<C:opaque />" if mine else "<C:transparent />"


def _hours(resource: Resource) -> str | None:
    return text(resource.hours) if isinstance(resource, Collection) and resource.hours else None


# The working hours behind a calendar, by the name in RFC 7953 and by Apple's own.
AVAILABILITY = (clark(CALDAV, "calendar-availability"), clark(CALENDARSERVER, "calendar-availability"))

LIVE: Mapping[str, Answer] = {
    clark(DAV, "resourcetype"): _resourcetype,
    clark(DAV, "displayname"): _displayname,
    clark(DAV, "owner"): lambda r: _home(r) if not isinstance(r, Root) else "",
    clark(DAV, "current-user-principal"): _home,
    clark(DAV, "principal-URL"): lambda r: _home(r) if not isinstance(r, Collection) else None,
    clark(DAV, "principal-collection-set"): lambda r: _href(f"{r.base}/"),
    clark(DAV, "current-user-privilege-set"): _privileges,
    clark(DAV, "supported-report-set"): _reports,
    clark(DAV, "getetag"): _of_calendar(lambda c: text(c.ctag)),
    clark(DAV, "getlastmodified"): _of_calendar(lambda c: format_datetime(c.changed_at, usegmt=True)),
    clark(DAV, "getcontenttype"): _of_calendar(lambda _: "text/calendar"),
    clark(DAV, "sync-token"): _of_calendar(lambda c: str(sync.current(c))),
    clark(CALENDARSERVER, "getctag"): _of_calendar(lambda c: text(c.ctag)),
    clark(CALDAV, "calendar-home-set"): lambda r: _home(r) if not isinstance(r, Collection) else None,
    clark(CALDAV, "calendar-user-address-set"): _user_addresses,
    clark(CALDAV, "supported-calendar-component-set"): _of_calendar(lambda _: '<C:comp name="VEVENT" />'),
    clark(CALDAV, "supported-calendar-data"): _of_calendar(
        lambda _: '<C:calendar-data content-type="text/calendar" version="2.0" />'
    ),
    clark(CALDAV, "supported-collation-set"): _of_calendar(
        lambda _: "".join(f"<C:supported-collation>{name}</C:supported-collation>" for name in COLLATIONS)
    ),
    clark(CALDAV, "max-resource-size"): _of_calendar(lambda _: str(MAX_RESOURCE_SIZE)),
    clark(CALDAV, "schedule-calendar-transp"): _transparency,
    **dict.fromkeys(AVAILABILITY, _hours),
}

# A person may call and describe a calendar as they like, and set their own hours; the rest of the table is the
# server's to say.
CHANGEABLE = frozenset(
    {
        *AVAILABILITY,
        clark(DAV, "displayname"),
        clark(CALDAV, "calendar-description"),
        clark(CALDAV, "calendar-timezone"),
        clark(CALDAV, "schedule-calendar-transp"),
        clark(APPLE, "calendar-color"),
        clark(APPLE, "calendar-order"),
    }
)
# Properties of these RFCs that we don't have, and that are no one's to make up either.
_ABSENT_DAV = (
    "creationdate getcontentlength getcontentlanguage lockdiscovery supportedlock acl acl-restrictions "
    "inherited-acl-set group group-membership group-member-set alternate-URI-set quota-available-bytes quota-used-bytes"
)
_ABSENT_CALDAV = "min-date-time max-date-time max-instances max-attendees-per-instance"
PROTECTED = (
    frozenset(LIVE) - CHANGEABLE
    | {clark(DAV, name) for name in _ABSENT_DAV.split()}
    | {clark(CALDAV, name) for name in _ABSENT_CALDAV.split()}
)

# RFC 4791 5.2, RFC 6578 4 and RFC 7953 7.2 ask that these stay out of allprop.
_NOT_IN_ALLPROP = frozenset({clark(CALDAV, "max-resource-size"), clark(DAV, "sync-token"), *AVAILABILITY})


def answer(resource: Resource, tag: str) -> str | None:
    """The whole property element, or None where there is none."""
    if isinstance(resource, Collection) and tag in resource.kept and tag not in AVAILABILITY:
        return resource.kept[tag]
    live = LIVE.get(tag)
    inner = live(resource) if live else None
    return None if inner is None else element(tag, inner)


def names(resource: Resource, *, all_: bool = False) -> list[str]:
    """The names of all properties that a resource has; those of an `allprop` answer with `all_`."""
    present = [tag for tag, live in LIVE.items() if live(resource) is not None]
    if isinstance(resource, Collection):
        present += [tag for tag in resource.kept if tag not in LIVE]
    return [tag for tag in present if not (all_ and tag in _NOT_IN_ALLPROP)]


def kept_text(resource: Collection, tag: str) -> str | None:
    """The text of a property that the visitor's apps keep, for Radicale's own code."""
    value = resource.kept.get(tag)
    return None if value is None else fromstring(value).text or ""  # noqa: S314  # we serialised it ourselves
