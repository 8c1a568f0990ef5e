"""One request to the Calendar API on its way: judged by the document, the token and the caller's role."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tests.servers.google import views
from tests.servers.google.accounts import Account, Entry
from tests.servers.google.calendars import Author
from tests.servers.google.document import Method
from tests.servers.google.grants import Access
from tests.servers.google.refusal import forbidden, not_found
from tests.servers.google.wire import Request
from tests.servers.google.world import World

Json = dict[str, Any]

_AUTH = "https://www.googleapis.com/auth/calendar."


@dataclass(frozen=True, slots=True)
class Call:
    world: World
    method: Method
    path: dict[str, str]
    query: Json
    body: Json
    request: Request
    access: Access
    account: Account
    api: str

    def entry(self) -> Entry:
        """The calendar that is meant, with the role that the token allows in it."""
        entry = self.account.entry(self.path["calendarId"])
        held = self.access.scopes & self.method.scopes
        if all(scope in _NARROW for scope in held):
            return self._narrowed(entry, {_NARROW[scope] for scope in held})
        return entry

    def _narrowed(self, entry: Entry, ways: set[str]) -> Entry:
        if "owned" in ways and entry.role == "owner":
            return entry
        if "freebusy" in ways:
            return Entry(entry.email, entry.calendar, "freeBusyReader", entry.revision)
        raise (
            not_found()
            if "owned" not in ways
            else forbidden("insufficientPermissions", "Insufficient Permission")
        )

    def writable(self) -> Entry:
        entry = self.entry()
        if not views.at_least(entry.role, "writerWithoutPrivateAccess"):
            raise forbidden("requiredAccessLevel", "You need to have writer access to this calendar.")
        return entry

    @property
    def author(self) -> Author:
        if_match = self.request.says("if-match")
        return Author(self.account.email, if_match, self.world.behaviour.revives)


# Scopes that reach some calendars only, or show them in part.
_NARROW = {
    f"{_AUTH}app.created": "created",
    f"{_AUTH}events.owned": "owned",
    f"{_AUTH}events.owned.readonly": "owned",
    f"{_AUTH}events.freebusy": "freebusy",
    f"{_AUTH}events.public.readonly": "public",
}
