"""The bodies of what we ask, as the caldav library's elements write them. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

from caldav.elements import cdav, dav
from caldav.elements.base import BaseElement

from gateway.providers.caldav.multistatus import CALDAV, DAV, SERVER


def _empty(tag: str) -> type[BaseElement]:
    class Named(BaseElement):
        pass

    Named.tag = tag
    return Named


_Ctag: Final = _empty(f"{SERVER}getctag")
_DefaultCalendar: Final = _empty(f"{CALDAV}schedule-default-calendar-URL")
_TimeZoneId: Final = _empty(f"{CALDAV}calendar-timezone-id")
_ContentType: Final = _empty(f"{DAV}getcontenttype")


def principal() -> bytes:
    """Who we are there, and where their calendars are."""
    return _find(
        dav.CurrentUserPrincipal(), cdav.CalendarHomeSet(), cdav.CalendarUserAddressSet(), dav.ResourceType()
    )


def calendars() -> bytes:
    return _find(
        dav.ResourceType(),
        dav.DisplayName(),
        dav.CurrentUserPrivilegeSet(),
        cdav.SupportedCalendarComponentSet(),
        cdav.CalendarTimeZone(),
        _TimeZoneId(),
        _DefaultCalendar(),
    )


def calendar() -> bytes:
    """The zone of one, and whether anything in it has changed."""
    return _find(dav.ResourceType(), cdav.CalendarTimeZone(), _TimeZoneId(), _Ctag())


def versions() -> bytes:
    return _find(dav.GetEtag(), _ContentType(), dav.ResourceType())


def changed(token: str) -> bytes:
    """RFC 6578 3.2."""
    props = _with(dav.Prop(), dav.GetEtag(), _ContentType())
    return _written(
        _with(dav.SyncCollection(), _saying(dav.SyncToken, token), _saying(dav.SyncLevel, "1"), props)
    )


def objects(hrefs: Iterable[str]) -> bytes:
    """RFC 4791 7.9."""
    props = _with(dav.Prop(), dav.GetEtag(), cdav.CalendarData())
    return _written(_with(cdav.CalendarMultiGet(), props, *(_saying(dav.Href, href) for href in hrefs)))


def with_uid(uid: str) -> bytes:
    """RFC 4791 7.8.6: where an event is. Some servers also find those whose UID only begins like this."""
    named = _with(cdav.PropFilter("UID"), cdav.TextMatch(uid))
    events = _with(cdav.CompFilter("VCALENDAR"), _with(cdav.CompFilter("VEVENT"), named))
    props = _with(dav.Prop(), dav.GetEtag(), cdav.CalendarData())
    return _written(_with(cdav.CalendarQuery(), props, _with(cdav.Filter(), events)))


def _find(*props: BaseElement) -> bytes:
    return _written(_with(dav.Propfind(), _with(dav.Prop(), *props)))


def _saying(kind: Callable[[], BaseElement], text: str) -> BaseElement:
    element = kind()
    element.value = text
    return element


def _with(element: BaseElement, *children: BaseElement) -> BaseElement:
    element.append(list(children))
    return element


def _written(element: BaseElement) -> bytes:
    return str(element).encode()
