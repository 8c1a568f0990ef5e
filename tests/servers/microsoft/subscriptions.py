"""Subscriptions: who wants to hear of changes in which calendar, until when, and what they are sent.

https://learn.microsoft.com/graph/api/resources/subscription and …/change-notifications-lifecycle-events
"""

from __future__ import annotations

import http.client
import secrets
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote, urlsplit

from tests.servers.microsoft import zones
from tests.servers.microsoft.behaviour import Behaviour
from tests.servers.microsoft.calendars import Calendar
from tests.servers.microsoft.courier import Courier, Notification, post
from tests.servers.microsoft.discovery import TENANT
from tests.servers.microsoft.items import Item
from tests.servers.microsoft.mailbox import Mailbox
from tests.servers.microsoft.preferences import Preferences
from tests.servers.microsoft.refusal import Refusal, bad
from tests.servers.microsoft.views import View, etag

Json = dict[str, Any]

_LONGEST = timedelta(minutes=10_080)
_SHORTEST = timedelta(minutes=45)
_MOST_PER_MAILBOX = 1_000
_NEEDED = ("changeType", "notificationUrl", "resource", "expirationDateTime")
_KNOWN = frozenset({*_NEEDED, "clientState", "lifecycleNotificationUrl", "latestSupportedTlsVersion"})
_CHANGES = frozenset({"created", "updated", "deleted"})
LIFECYCLE = frozenset({"reauthorizationRequired", "subscriptionRemoved", "missed"})


@dataclass(slots=True)
class Subscription:
    id: str
    email: str
    calendar: str
    asked: Json
    expires: datetime
    lasting_ids: bool

    @property
    def changes(self) -> frozenset[str]:
        return frozenset(self.asked["changeType"].split(","))

    def shown(self, *, secret: bool = False) -> Json:
        """`clientState` is told when the subscription is made, and never again."""
        return {
            "id": self.id,
            "resource": self.asked["resource"],
            "applicationId": "24d3b144-21ae-4080-943f-7067b395b913",
            "changeType": self.asked["changeType"],
            "clientState": self.asked.get("clientState") if secret else None,
            "notificationUrl": self.asked["notificationUrl"],
            "notificationQueryOptions": None,
            "lifecycleNotificationUrl": self.asked.get("lifecycleNotificationUrl"),
            "expirationDateTime": zones.stamp(self.expires),
            "creatorId": "8ee44408-0679-472c-bc2a-692812af3437",
            "includeResourceData": None,
            "latestSupportedTlsVersion": self.asked.get("latestSupportedTlsVersion", "v1_2"),
            "encryptionCertificate": None,
            "encryptionCertificateId": None,
            "notificationUrlAppId": None,
        }


@dataclass(slots=True)
class Subscriptions:
    behaviour: Behaviour
    courier: Courier
    now: Callable[[], datetime]
    all: dict[str, Subscription] = field(default_factory=dict)

    def wanted(self, asked: Any, mailbox: Mailbox, prefer: Preferences) -> Subscription:
        """The subscription that a request asks for, checked; not open yet."""
        self._check(asked)
        calendar = _calendar(asked["resource"], mailbox)
        if sum(one.email == mailbox.email for one in self.living()) >= _MOST_PER_MAILBOX:
            raise Refusal(403, "ExtensionError", "The number of subscriptions for this mailbox is exceeded.")
        expires = self._expiry(asked["expirationDateTime"])
        return Subscription(
            str(uuid.uuid4()), mailbox.email, calendar.key, asked, expires, prefer.lasting_ids
        )

    def _check(self, asked: Any) -> None:
        if (
            not isinstance(asked, dict)
            or not asked.keys() <= _KNOWN
            or not all(isinstance(value, str) for value in asked.values())
        ):
            said = "Could not process subscription creation payload. Are all property names spelled and camelCased"
            raise bad(f"{said} properly?", "InvalidRequest")
        for name in _NEEDED:
            if not asked.get(name):
                raise bad(f"{name} is a required property for subscription creation", "InvalidRequest")
        kinds = asked["changeType"].split(",")
        if not _CHANGES.issuperset(kinds) or len(set(kinds)) < len(kinds):
            raise bad("The changeType is not supported.", "InvalidRequest")
        if len(asked.get("clientState", "")) > 128:
            raise bad("clientState is longer than 128 characters.", "InvalidRequest")
        if asked.get("latestSupportedTlsVersion", "v1_2") not in ("v1_0", "v1_1", "v1_2", "v1_3"):
            raise bad("The latestSupportedTlsVersion is unknown.", "InvalidRequest")
        for name in ("notificationUrl", "lifecycleNotificationUrl"):
            if name in asked:
                self._check_address(asked[name])

    def _check_address(self, address: str) -> None:
        schemes = ("https", "http") if self.behaviour.allow_http else ("https",)
        try:
            parts = urlsplit(address)
            fits = parts.scheme in schemes and bool(parts.hostname) and parts.port != 0 and not parts.fragment
        except ValueError:
            fits = False
        if not fits:
            raise bad("The notification endpoint must be a valid https address.", "InvalidRequest")

    def _expiry(self, text: str) -> datetime:
        now, asked = self.now(), zones.point(text, "expirationDateTime", offset=True)
        if asked <= now:
            raise bad("Subscription expiration can't be in the past.", "ExtensionError")
        if asked > now + _LONGEST:
            said = f"Subscription expiration can only be {_LONGEST.total_seconds() / 60:.0f} minutes in the future."
            raise bad(said, "ExtensionError")
        return max(asked, now + _SHORTEST)

    def shake_hands(self, subscription: Subscription) -> None:
        """Both addresses have to give back a token that they are sent, while the request waits."""
        if self.behaviour.handshake:
            names = ("notificationUrl", "lifecycleNotificationUrl")
            for address in {subscription.asked[name] for name in names if name in subscription.asked}:
                self._shake(address)

    def _shake(self, address: str) -> None:
        token = f"Validation: Testing client application reachability, ä&=+ {secrets.token_urlsafe(12)}"
        joint = "&" if urlsplit(address).query else "?"
        try:
            url = f"{address}{joint}validationToken={quote(token, safe='')}"
            heard = post(url, b"", "text/plain; charset=utf-8", self.behaviour.handshake_timeout)
        except TimeoutError:
            raise bad("Subscription validation request timed out.", "ValidationError") from None
        except (OSError, http.client.HTTPException):
            said = "Subscription validation request failed. Notification endpoint could not be reached."
            raise bad(said, "ValidationError") from None
        plain = heard.kind.partition(";")[0].strip() == "text/plain"
        if heard.status != 200 or not plain or heard.body != token.encode():
            said = "Subscription validation request failed. Must respond with 200 OK and the token as text/plain."
            raise bad(said, "ValidationError")

    def open(self, subscription: Subscription) -> None:
        self.all[subscription.id] = subscription

    def get(self, id_: str, email: str) -> Subscription:
        found = self.all.get(id_)
        if found is None or found.email != email or found.expires <= self.now():
            raise Refusal(404, "ResourceNotFound", "The object was not found.")
        return found

    def renewed(self, found: Subscription, asked: Any) -> datetime:
        """Until when, for a PATCH; nothing else can be changed."""
        if not isinstance(asked, dict) or asked.keys() != {"expirationDateTime"}:
            raise bad("Only expirationDateTime can be changed.", "InvalidRequest")
        if not isinstance(asked["expirationDateTime"], str):
            raise bad("expirationDateTime is not a date.", "InvalidRequest")
        return self._expiry(asked["expirationDateTime"])

    def living(self) -> list[Subscription]:
        return [one for one in self.all.values() if one.expires > self.now()]

    def changed(self, mailbox: Mailbox, calendar: Calendar, item: Item, how: str) -> None:
        for one in self.living():
            if (one.email, one.calendar) == (mailbox.email, calendar.key) and how in one.changes:
                self._send(one, one.asked["notificationUrl"], how, self._value(one, mailbox, item, how))

    def _value(self, one: Subscription, mailbox: Mailbox, item: Item, how: str) -> Json:
        id_ = View(mailbox, Preferences(lasting_ids=one.lasting_ids)).id(item.key, item.place)
        where = f"Users/{mailbox.oid}/Events/{id_}"
        data = {
            "@odata.type": "#Microsoft.Graph.Event",
            "@odata.id": where,
            "@odata.etag": etag(item),
            "id": id_,
        }
        return {"changeType": how, "resource": where, "resourceData": data}

    def lifecycle(self, email: str, what: str) -> int:
        """Tell every subscription of a person's; how many that were."""
        if what not in LIFECYCLE:
            raise ValueError(f"there is no lifecycle event {what}")
        told = [
            one for one in self.living() if one.email == email and one.asked.get("lifecycleNotificationUrl")
        ]
        for one in told:
            self._send(one, one.asked["lifecycleNotificationUrl"], what, {"lifecycleEvent": what})
            if what == "subscriptionRemoved":
                del self.all[one.id]
        return len(told)

    def _send(self, one: Subscription, address: str, state: str, value: Json) -> None:
        said = {
            "subscriptionId": one.id,
            "clientState": one.asked.get("clientState"),
            "tenantId": TENANT,
            "subscriptionExpirationDateTime": zones.stamp(one.expires),
            **value,
        }
        number = len(self.courier.sent) + 1
        self.courier.send(Notification(address, address, state, number, {}, subscription=one.id, value=said))


def _calendar(resource: str, mailbox: Mailbox) -> Calendar:
    """`me/events` is the default calendar's alone (reported: microsoft-graph-docs #21978)."""
    parts = resource.strip("/").split("/")
    if parts[:1] == ["users"] and parts[1:2] in ([mailbox.oid], [mailbox.email]):
        parts = ["me", *parts[2:]]
    if parts in (["me", "events"], ["me", "calendar", "events"]):
        return mailbox.default
    if len(parts) == 4 and [parts[0], parts[1], parts[3]] == ["me", "calendars", "events"]:
        return mailbox.calendar(parts[2])
    raise bad(f"The resource '{resource}' can't be subscribed to.", "ExtensionError")
