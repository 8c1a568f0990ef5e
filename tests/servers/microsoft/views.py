"""What is shown of an event, a calendar and a person."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from tests.servers.microsoft import draft, markup, names, zones
from tests.servers.microsoft.calendars import Calendar
from tests.servers.microsoft.items import Item
from tests.servers.microsoft.mailbox import Mailbox
from tests.servers.microsoft.preferences import Preferences

Json = dict[str, Any]

_NONE_YET = "0001-01-01T00:00:00Z"
_BARE = ("@odata.type", "@odata.etag", "id", "seriesMasterId", "type", "start", "end")


def etag(item: Item) -> str:
    return f'W/"{names.change_key(item.revision)}"'


@dataclass(frozen=True, slots=True)
class View:
    """How one client sees one mailbox."""

    mailbox: Mailbox
    prefer: Preferences

    def id(self, key: str, place: int) -> str:
        return names.event(key, place, lasting=self.prefer.lasting_ids)

    def event(self, item: Item) -> Json:
        """All properties, except extended ones, which have to be asked for."""
        content: Json = {name: item.content.get(name, default) for name, default in draft.DEFAULTS.items()}
        return {
            **self._head(item),
            **content,
            **self._origin(item),
            "bodyPreview": markup.preview(content["body"]),
            "body": markup.told(content["body"], self.prefer.body),
            "location": _location(content["location"]),
            "locations": [_location(one) for one in content["locations"]],
            "organizer": content["organizer"] or _person(self.mailbox.email),
            "recurrence": item.recurrence,
            "onlineMeetingUrl": None,
            "hasAttachments": False,
            "isDraft": False,
            "start": self._edge(item, "start"),
            "end": self._edge(item, "end"),
        }

    def _head(self, item: Item) -> Json:
        modified = item.modified or item.birth.created
        shown = self.id(item.key, item.place)
        return {
            "@odata.etag": etag(item),
            "id": shown,
            "createdDateTime": zones.stamp(item.birth.created),
            "lastModifiedDateTime": zones.stamp(modified),
            "changeKey": names.change_key(item.revision),
            "type": item.type,
            "seriesMasterId": self.id(item.series, item.place) if item.series else None,
            "iCalUId": item.birth.uid + (item.key.partition(".")[2].replace("-", "")),
            "webLink": f"https://outlook.office365.com/owa/?itemid={quote(shown, safe='')}&exvsurl=1",
            "occurrenceId": f"OID.{self.id(item.series, item.place)}.{item.day}" if item.series else None,
        }

    def _origin(self, item: Item) -> Json:
        echo = zones.windows if self.mailbox.behaviour.zone_echo == "windows" else str
        first, last = item.shown_zones
        said: Json = {"originalStartTimeZone": echo(first), "originalEndTimeZone": echo(last)}
        said |= {"transactionId": item.birth.transaction or None}
        return said | ({"originalStart": f"{item.original:%Y-%m-%dT%H:%M:%SZ}"} if item.original else {})

    def _edge(self, item: Item, name: str) -> Json:
        span = item.span
        if span.all_day:
            return zones.midnight((span.start if name == "start" else span.end).date(), self.prefer.zone)
        return zones.written(span.begins if name == "start" else span.ends, self.prefer.zone)

    def delta(self, item: Item) -> Json:
        """As a delta tells it: of an occurrence hardly anything, which is not in the documents.

        https://github.com/microsoftgraph/microsoft-graph-docs/issues/7632
        """
        bare = item.type == "occurrence" or (
            item.type == "exception" and self.mailbox.behaviour.bare_exceptions
        )
        if bare:
            said = {"@odata.type": "#microsoft.graph.event", **self._head(item)}
            said |= {name: self._edge(item, name) for name in ("start", "end")}
            return {name: said[name] for name in _BARE}
        return {"@odata.type": "#microsoft.graph.event", **self.event(item)}

    def removed(self, key: str, place: int) -> Json:
        return {
            "@odata.type": "#microsoft.graph.event",
            "id": self.id(key, place),
            "@removed": {"reason": "deleted"},
        }


def extended(item: Item, wanted: Iterable[str]) -> Json:
    """The extended properties of those ids; nothing at all if there is none."""
    shown = [{"id": one, "value": item.properties[one]} for one in wanted if one in item.properties]
    return {"singleValueExtendedProperties": shown} if shown else {}


def _location(given: Mapping[str, Any]) -> Json:
    name = given.get("displayName") or ""
    made: Json = {"displayName": name, "locationType": "default", "uniqueIdType": "unknown"}
    made |= {"uniqueId": name, "uniqueIdType": "private"} if name else {"address": {}, "coordinates": {}}
    return made | {key: value for key, value in given.items() if value is not None}


def _person(email: str) -> Json:
    name = email.partition("@")[0].replace(".", " ").title()
    return {"emailAddress": {"name": name, "address": email}}


def calendar(shown: Calendar) -> Json:
    key = names.change_key(1)
    return {
        "id": names.calendar(shown.key),
        "name": shown.name,
        "color": "auto",
        "hexColor": "",
        "isDefaultCalendar": shown.default,
        "changeKey": key,
        "canShare": shown.can_edit,
        "canViewPrivateItems": shown.can_edit,
        "canEdit": shown.can_edit,
        "allowedOnlineMeetingProviders": ["teamsForBusiness"],
        "defaultOnlineMeetingProvider": "teamsForBusiness",
        "isTallyingResponses": shown.default,
        "isRemovable": not shown.default,
        "owner": _person(shown.owner)["emailAddress"],
    }


def me(mailbox: Mailbox) -> Json:
    name = _person(mailbox.email)["emailAddress"]["name"]
    return {
        **dict.fromkeys(("jobTitle", "mobilePhone", "officeLocation", "preferredLanguage")),
        "businessPhones": [],
        "displayName": name,
        "givenName": name.partition(" ")[0],
        "surname": name.partition(" ")[2] or None,
        "mail": mailbox.email,
        "userPrincipalName": mailbox.email,
        "id": mailbox.oid,
    }
