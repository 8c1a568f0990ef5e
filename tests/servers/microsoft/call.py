"""One request to Graph on its way: whose it is, what it asks for, and how it wants to be answered."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from tests.servers.google.wire import Answer, Request, told
from tests.servers.microsoft.calendars import Calendar
from tests.servers.microsoft.items import Item
from tests.servers.microsoft.mailbox import Mailbox
from tests.servers.microsoft.preferences import Preferences
from tests.servers.microsoft.refusal import bad, conflict, denied
from tests.servers.microsoft.views import View, etag
from tests.servers.microsoft.world import World

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Call:
    world: World
    method: str
    path: dict[str, str]
    query: dict[str, str]
    prefer: Preferences
    mailbox: Mailbox
    request: Request
    base: str

    @property
    def view(self) -> View:
        return View(self.mailbox, self.prefer)

    @property
    def url(self) -> str:
        """This request's own address, without its query."""
        return f"{self.base}{self.request.url.path.partition('/v1.0/')[2]}"

    def calendar(self) -> Calendar:
        return (
            self.mailbox.calendar(self.path["calendar"]) if "calendar" in self.path else self.mailbox.default
        )

    def writable(self, calendar: Calendar) -> Calendar:
        if not calendar.can_edit:
            raise denied()
        return calendar

    def event(self) -> tuple[Calendar, Item]:
        within = self.calendar() if "calendar" in self.path else None
        return self.mailbox.locate(self.path["event"], within, lasting=self.prefer.lasting_ids)

    def require_match(self, item: Item) -> None:
        asked = self.request.says("if-match")
        if asked is None or asked == "*":
            return
        if not asked.startswith(('W/"', '"')):
            raise bad("The ETag value in If-Match is not valid.")
        if asked.removeprefix("W/") != etag(item).removeprefix("W/"):
            raise conflict()

    def body(self) -> Any:
        kind = (self.request.says("content-type") or "").partition(";")[0].strip()
        if kind != "application/json":
            raise bad("Write requests need a body with the content type application/json.", "RequestBodyRead")
        try:
            return json.loads(self.request.body)
        except ValueError:
            raise bad("Unable to read JSON request payload.") from None

    def says(self, status: int, said: Json, context: str = "") -> Answer:
        whole = {"@odata.context": f"{self.base}$metadata#{context}", **said} if context else said
        headers = {"Content-Type": "application/json;odata.metadata=minimal;odata.streaming=true"}
        return told(status, whole, headers | self.prefer.applied())
