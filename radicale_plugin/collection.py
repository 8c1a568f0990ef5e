"""Radicale's collections over our calendars: what would read all objects by default is answered here."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from email.utils import format_datetime
from math import ceil, floor
from typing import Any
from xml.etree.ElementTree import Element

import vobject
from radicale import item as radicale_item
from radicale import xmlutils
from radicale.app.report import test_filter
from radicale.item import filter as radicale_filter
from radicale.storage import BaseCollection

from gateway.core import discretion, ics, sync
from gateway.core.errors import InvalidSyncToken, NotEditable
from gateway.core.model import Calendar, CalendarObject
from gateway.core.sync import SyncToken
from gateway.services.collection import Visit
from radicale_plugin import places, visits
from radicale_plugin.fastpath.filters import common
from radicale_plugin.fastpath.properties import Collection as Described
from radicale_plugin.fastpath.properties import calendar_name, kept_text
from radicale_plugin.fastpath.refusals import too_many
from radicale_plugin.fastpath.xml import CALDAV, clark

log = logging.getLogger(__name__)

# vobject fails at a rule or a list of dates that is empty.
_SAYS_NOTHING = re.compile(
    r"^(?:RRULE|EXRULE|RDATE|EXDATE)[^:\r\n]*:[ \t]*(?:\r?\n|$)(?![ \t])", re.MULTILINE | re.IGNORECASE
)
_ORDINARY = (
    "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Daybridge//EN\r\nBEGIN:VEVENT\r\nUID:a\r\n"
    "DTSTAMP:20260101T000000Z\r\nDTSTART:20260101T000000Z\r\nDTEND:20260101T010000Z\r\nSUMMARY:a\r\n"
    "BEGIN:VALARM\r\nACTION:DISPLAY\r\nDESCRIPTION:a\r\nTRIGGER:-PT5M\r\nEND:VALARM\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
)

_COMP = clark(CALDAV, "comp-filter")
_PROP = clark(CALDAV, "prop-filter")


class Home(BaseCollection):
    """The root or a principal: a collection that holds collections."""

    def __init__(self, path: str) -> None:
        self._path = path

    @property
    def path(self) -> str:
        return self._path

    @property
    def etag(self) -> str:
        return '"home"'

    def get_meta(self, key: str | None = None) -> Any:
        return {} if key is None else None

    def get_multi(self, hrefs: Iterable[str]) -> Iterable[tuple[str, radicale_item.Item | None]]:
        return ((href, None) for href in hrefs)

    def get_all(self) -> Iterable[radicale_item.Item]:
        return ()

    @property
    def last_modified(self) -> str:
        return format_datetime(datetime.fromtimestamp(0, UTC), usegmt=True)


class _Item(radicale_item.Item):
    """An object of which vobject reads what it can: programs write what it can't, and that is kept byte for byte."""

    @property
    def vobject_item(self) -> Any:
        if self._vobject_item is None:
            text = _SAYS_NOTHING.sub("", self.serialize())
            try:
                self._vobject_item = vobject.readOne(text)
            except Exception as error:  # noqa: BLE001  (vobject raises whatever its parsers do)
                log.warning("vobject can't read %s, only when it is: %s", self.href, type(error).__name__)
                self._vobject_item = vobject.readOne(discretion.shared(text.encode()).decode())
        return self._vobject_item

    def forget(self) -> None:
        """Let go of what was read: it takes a hundred times the room of the text."""
        self._vobject_item = None


class CalendarCollection(BaseCollection):
    """A calendar of the visitor."""

    def __init__(self, visit: Visit, calendar: Calendar) -> None:
        self._visit = visit
        self._calendar = calendar
        self._meta: dict[str, str] | None = None

    @property
    def path(self) -> str:
        visitor = self._visit.visitor
        return f"{places.principal(visitor.staff_id)}/{places.slug(self._calendar, visitor)}"

    @property
    def etag(self) -> str:
        return self._calendar.ctag

    @property
    def tag(self) -> str:
        return "VCALENDAR"

    @property
    def last_modified(self) -> str:
        return format_datetime(self._calendar.changed_at, usegmt=True)

    def sync(self, old_token: str = "") -> tuple[str, Iterable[str]]:
        """The token now, and lazily the hrefs that changed since `old_token`. ValueError is Radicale's word for a
        token that can't be answered."""
        try:
            since = sync.parse(old_token, self._calendar)
        except InvalidSyncToken as error:
            raise ValueError(str(error)) from error
        return str(sync.current(self._calendar)), self._changed(since)

    def _changed(self, since: SyncToken | None) -> Iterator[str]:
        found = self._visit.changes(self._calendar, since, with_bodies=False)
        yield from (change.href for change in found.changes)

    def get_multi(self, hrefs: Iterable[str]) -> Iterable[tuple[str, radicale_item.Item | None]]:
        asked = list(dict.fromkeys(hrefs))
        objects = _bounded(self._visit.objects(self._calendar, asked))
        found = {o.href: self._item(o) for o in objects}
        return [(href, found.get(href)) for href in asked]

    def get_all(self) -> Iterable[radicale_item.Item]:
        return map(self._item, self._visit.objects_between(self._calendar, None, None))

    def get_filtered(self, filters: Iterable[Element]) -> Iterable[tuple[radicale_item.Item, bool]]:
        """Candidates, and whether they are certain: narrowed by time or UID in SQL, judged by Radicale otherwise."""
        filters = list(filters)
        component, start, end, simple = radicale_filter.simplify_prefilters(filters, self.tag)
        if component not in (None, "VEVENT"):
            return []
        part = _part_of_uid(filters)
        if part is not None:
            found = self._visit.objects_with_uid(self._calendar, part)
        else:
            since, until = common((_moment(start), _moment(end)), visits.bounds().span)
            found = self._visit.objects_between(self._calendar, since, until)
        items = map(self._item, _bounded(found))
        return [(item, True) for item in (items if simple else _matching(items, filters))]

    def has_uid(self, uid: str) -> bool:
        return self._visit.href_of_uid(self._calendar, uid) is not None

    def get_meta(self, key: str | None = None) -> Any:
        if self._meta is None:
            self._meta = self._read_meta()
        return self._meta if key is None else self._meta.get(key)

    def _read_meta(self) -> dict[str, str]:
        visitor = self._visit.visitor
        kept = self._visit.properties([self._calendar])[self._calendar.id]
        described = Described("", visitor, self._calendar, kept)
        # Radicale has no word for a property without a namespace.
        told = [tag for tag in kept if tag.startswith("{")]
        meta = {xmlutils.make_human_tag(tag): kept_text(described, tag) or "" for tag in told}
        return {
            "tag": "VCALENDAR",
            "C:supported-calendar-component-set": "VEVENT",
            **meta,
            "D:displayname": meta.get("D:displayname") or calendar_name(self._calendar, visitor),
        }

    def set_meta(self, props: Mapping[str, str]) -> None:
        raise NotEditable(reason="Properties are set by PROPPATCH.")

    def upload(
        self, href: str, item: radicale_item.Item
    ) -> tuple[radicale_item.Item, radicale_item.Item | None]:
        raise NotEditable(reason="Bookings can't be changed from a calendar app yet.")

    def delete(self, href: str | None = None) -> None:
        raise NotEditable(reason="Bookings can't be changed from a calendar app yet.")

    def serialize(self, vcf_to_ics: bool = False, ShareActions: Any = None) -> str:  # noqa: N803  # Radicale's name
        name = calendar_name(self._calendar, self._visit.visitor)
        bodies = self._visit.bodies(self._calendar)
        return b"".join(ics.merge(bodies, name=name, refresh=None)).decode("utf-8")

    def _item(self, found: CalendarObject) -> _Item:
        """Everything that Radicale would otherwise parse the body for is given, so that it doesn't."""
        return _Item(
            collection_path=self.path,
            collection=self,
            href=found.href,
            last_modified=format_datetime(found.modified_at, usegmt=True),
            text=found.body.decode("utf-8"),
            etag=found.etag,
            uid=found.uid,
            name="VCALENDAR",
            component_name="VEVENT",
            time_range=(floor(found.starts_at.timestamp()), ceil(found.ends_at.timestamp())),
        )


def _matching(items: Iterable[_Item], filters: list[Element]) -> Iterator[_Item]:
    """Those that Radicale finds. One that it can't judge is not found, as long as the question itself makes sense."""
    for item in items:
        try:
            found = all(test_filter("VCALENDAR", item, one) for one in filters)
        except Exception as error:  # noqa: BLE001  (dateutil and vobject raise whatever they stumble upon)
            # An ordinary event: with this one too, it's the question's fault.
            all(test_filter("VCALENDAR", radicale_item.Item("", text=_ORDINARY), one) for one in filters)
            log.warning("Radicale can't search %s: %s", item.href, type(error).__name__)
            continue
        finally:
            item.forget()
        if found:
            yield item


def _moment(seconds: int) -> datetime | None:
    """POSIX seconds as Radicale gives them; its ends of time are an open side."""
    if seconds <= radicale_filter.TIMESTAMP_MIN or seconds >= radicale_filter.TIMESTAMP_MAX:
        return None
    return datetime.fromtimestamp(seconds, UTC)


def _bounded(found: list[CalendarObject]) -> list[CalendarObject]:
    if len(found) > visits.bounds().most:
        raise too_many("Too many events to look through; narrow the query by a time-range.")
    return found


def _part_of_uid(filters: list[Element]) -> str | None:
    """What a query says that an event's UID contains: the commonest search there is. Radicale judges what is found."""
    path = f"{_COMP}[@name='VCALENDAR']/{_COMP}[@name='VEVENT']/{_PROP}[@name='UID']/{clark(CALDAV, 'text-match')}"
    for match in (match for one in filters for match in one.iterfind(path)):
        if match.get("negate-condition", "no") == "no":
            return match.text or ""
    return None
