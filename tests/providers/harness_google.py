"""A Google account at the strict stand-in; its owner is `Human`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import count
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
import requests

from gateway.core.errors import (
    Unavailable,
)
from gateway.core.model import Event
from gateway.core.remote import Grant, Reply, Showing
from gateway.providers import google
from gateway.providers.google import GoogleConfig
from gateway.providers.port import Account, CalendarProvider
from tests.providers.harness import (
    ADDRESS,
    HOUR,
    KEY,
    Clock,
    Theirs,
    agreed,
)
from tests.servers.google import GoogleServer


@dataclass
class GoogleWorld:
    server: GoogleServer
    clock: Clock
    numbers: Iterator[int] = field(default_factory=lambda: count(1))


class Google:
    """Against the strict stand-in; its owner is `Human`."""

    redirect = f"{ADDRESS}/oauth/calendar/google/callback"

    def __init__(self, world: GoogleWorld) -> None:
        self.server, self.clock = world.server, world.clock
        self.main = f"person{next(world.numbers)}@example.com"
        self.owner = self.server.account(self.main, "Europe/Berlin")
        self.server.faults.clear()
        self.server.behaviour.change({"page_limit": None, "notification_tries": 1})
        config = GoogleConfig(
            client_id=self.server.client_id,
            client_secret=self.server.client_secret,
            allow_private=True,
            **self.server.settings(),
        )
        self.provider = google.provider(config, self.clock)
        self._grant: Grant | None = None

    def open(self, *, titles: bool = False) -> CalendarProvider:
        self._grant = self._grant or agreed(self)
        return self.provider.open(Account(1, 1, "", self._grant, titles))

    def let_in_again(self) -> None:
        """Whoever looks at it beside us has to be let in anew too."""
        self._grant = None

    def put_unheard(self, event: Event) -> None:
        opened = self.open()
        self.server.faults.lose_answer()
        with pytest.raises(Unavailable):
            opened.put(self.main, KEY, event, None)

    def add(self, theirs: Theirs) -> str:
        body = self._body(theirs)
        if theirs.reply is Reply.NONE:
            return str(self.owner.create(body)["id"])
        response = {Reply.UNANSWERED: "needsAction"}.get(theirs.reply, theirs.reply.value)
        return str(self.owner.invited(body, "host@example.org", response)["id"])

    def move(self, id_: str, by: timedelta) -> None:
        self.owner.move(id_, by)

    def rename(self, id_: str, title: str) -> None:
        self.owner.retitle(id_, title)

    def make_all_day(self, id_: str, day: date) -> None:
        days = {"start": day, "end": day + timedelta(days=1)}
        whole = {name: {"date": str(one), "dateTime": None, "timeZone": None} for name, one in days.items()}
        self.owner.edit(id_, whole)

    def remove(self, id_: str) -> None:
        self.owner.delete(id_)

    def move_one(self, id_: str, starts: datetime, by: timedelta, lasting: timedelta = HOUR) -> None:
        moved = {"start": starts + by, "end": starts + by + lasting}
        places = {name: {"dateTime": moment.isoformat()} for name, moment in moved.items()}
        self.owner.edit(f"{id_}_{starts:%Y%m%dT%H%M%SZ}", places)

    def cancel_one(self, id_: str, starts: datetime) -> None:
        self.owner.delete(f"{id_}_{starts:%Y%m%dT%H%M%SZ}")

    def add_calendar(self, name: str) -> str:
        return self.owner.add_calendar(name, "America/New_York")

    def drop_calendar(self, id_: str) -> None:
        self.owner.drop_calendar(id_)

    def expire_cursors(self) -> None:
        self.server.expire_sync_tokens()

    def pages_of(self, size: int) -> None:
        self.server.behaviour.change({"page_limit": size})

    def visit(self, url: str, *, agrees: bool = True) -> dict[str, str]:
        self.server.at_consent(self.main, denies=not agrees)
        answer = requests.get(url, allow_redirects=False, timeout=5)
        assert answer.headers["Location"].startswith(f"{self.redirect}?"), answer.text
        return dict(parse_qsl(urlsplit(answer.headers["Location"]).query))

    def _body(self, theirs: Theirs) -> dict[str, Any]:
        kinds: dict[Showing, dict[str, Any]] = {
            Showing.FREE: {"transparency": "transparent"},
            Showing.OUT_OF_OFFICE: {"eventType": "outOfOffice"},
            Showing.FOCUS: {"eventType": "focusTime"},
        }
        body: dict[str, Any] = {"summary": theirs.title, **kinds.get(theirs.showing, {})}
        for name, when in (("start", theirs.starts), ("end", theirs.ends)):
            if isinstance(when, datetime):
                body[name] = {"dateTime": when.isoformat(), "timeZone": "Europe/Berlin"}
            else:
                body[name] = {"date": str(when)}
        return body | ({"recurrence": [f"RRULE:{theirs.rule}"]} if theirs.rule else {})
