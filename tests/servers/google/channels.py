"""Push channels: who wants to hear of changes in which calendar, until when, and what they are sent."""

from __future__ import annotations

import re
import secrets
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any
from urllib.parse import quote, urlsplit

from tests.servers.google.behaviour import Behaviour
from tests.servers.google.courier import Courier, Notification
from tests.servers.google.grants import Pair
from tests.servers.google.refusal import Refusal, invalid, required

Json = dict[str, Any]


@dataclass(slots=True)
class Channel:
    id: str
    pair: Pair
    calendar_id: str
    resource_id: str
    resource_uri: str
    address: str
    token: str | None
    expires: datetime
    number: int = 0
    stopped: bool = False


@dataclass(slots=True)
class Channels:
    behaviour: Behaviour
    courier: Courier
    now: Callable[[], datetime]
    all: dict[str, Channel] = field(default_factory=dict)

    def watch(self, wanted: Json, calendar_id: str, pair: Pair, api: str) -> Json:
        """Open a channel; its first message is on the way before the answer is."""
        for name in ("id", "type", "address"):
            if not wanted.get(name):
                raise required(f"Required: {name}", name)
        self._check(wanted)
        expires = self._expiry(wanted)
        uri = f"{api}calendars/{quote(calendar_id, safe='@')}/events?alt=json"
        resource_id = f"r{zlib.crc32(f'{pair} {calendar_id}'.encode()):010d}"
        channel = Channel(
            wanted["id"], pair, calendar_id, resource_id, uri, wanted["address"], wanted.get("token"), expires
        )
        self.all[channel.id] = channel
        self._tell(channel, "sync")
        said = {"kind": "api#channel", "id": channel.id, "resourceId": resource_id, "resourceUri": uri}
        said |= {"token": channel.token} if channel.token else {}
        return said | {"expiration": str(int(expires.timestamp() * 1000))}

    def _check(self, wanted: Json) -> None:
        if not re.fullmatch(r"[A-Za-z0-9\-_+/=]{1,64}", wanted["id"]):
            raise invalid("Invalid channel id.", "channelIdInvalid", "id")
        if wanted["id"] in self.all:
            raise invalid(f"Channel id {wanted['id']} not unique", "channelIdNotUnique", "id")
        if wanted["type"] != "web_hook":
            raise invalid("Invalid channel type.", "channelTypeInvalid", "type")
        token = wanted.get("token") or ""
        if len(token) > 256:
            raise invalid("Channel token is too long.", "channelTokenTooLong", "token")
        if not (token.isascii() and token.isprintable()):
            raise invalid("Invalid channel token.", location="token")
        schemes = ("https", "http") if self.behaviour.allow_http else ("https",)
        if not _reachable(wanted["address"], schemes):
            raise invalid(f"WebHook callback must be HTTPS: {wanted['address']}", "push.webhookUrlNotHttps")

    def _expiry(self, wanted: Json) -> datetime:
        now = self.now()
        latest = now + timedelta(days=self.behaviour.channel_days)
        ttl = (wanted.get("params") or {}).get("ttl")
        if wanted.get("expiration") is not None:
            asked = datetime.fromtimestamp(int(wanted["expiration"]) / 1000, UTC)
        elif ttl is not None and str(ttl).isdigit():
            asked = now + timedelta(seconds=int(ttl))
        else:
            return latest
        if asked <= now:
            raise invalid("The expiration lies in the past.", location="expiration")
        return min(asked, latest)

    def stop(self, wanted: Json, pair: Pair) -> None:
        for name in ("id", "resourceId"):
            if not wanted.get(name):
                raise required(f"Required: {name}", name)
        channel = self.all.get(wanted["id"])
        if (
            not channel
            or not self._lives(channel)
            or channel.pair != pair
            or channel.resource_id != wanted["resourceId"]
        ):
            raise Refusal(404, "notFound", f"Channel '{wanted['id']}' not found for project")
        channel.stopped = True

    def changed(self, calendar_id: str) -> None:
        for channel in list(self.all.values()):
            if channel.calendar_id == calendar_id and self._lives(channel):
                self._tell(channel, "exists")

    def living(self) -> list[Channel]:
        return [channel for channel in self.all.values() if self._lives(channel)]

    def _lives(self, channel: Channel) -> bool:
        return not channel.stopped and channel.expires > self.now()

    def _tell(self, channel: Channel, state: str) -> None:
        channel.number += 1 if state == "sync" else 1 + secrets.randbelow(1000)
        headers = {
            "Accept": "*/*",
            "Content-Length": "0",
            "User-Agent": "APIs-Google; (+https://developers.google.com/webmasters/APIs-Google)",
            "X-Goog-Channel-ID": channel.id,
            "X-Goog-Message-Number": str(channel.number),
            "X-Goog-Resource-ID": channel.resource_id,
            "X-Goog-Resource-State": state,
            "X-Goog-Resource-URI": channel.resource_uri,
            "X-Goog-Channel-Expiration": format_datetime(channel.expires.astimezone(UTC), usegmt=True),
        }
        if channel.token:
            headers["X-Goog-Channel-Token"] = channel.token
        self.courier.send(Notification(channel.id, channel.address, state, channel.number, headers))


def _reachable(address: str, schemes: tuple[str, ...]) -> bool:
    try:
        parts = urlsplit(address)
        return parts.scheme in schemes and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False
