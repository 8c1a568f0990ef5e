"""A Microsoft account at the strict stand-in, with its owner, for the suite over all providers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import count
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit
from zoneinfo import ZoneInfo

import pytest
import requests

from gateway.core import keys
from gateway.core.errors import Unavailable
from gateway.core.model import Event
from gateway.core.remote import Grant, Reply, Showing
from gateway.providers import microsoft
from gateway.providers.microsoft import MicrosoftConfig
from gateway.providers.port import Account, CalendarProvider
from tests.providers.harness import HOUR
from tests.servers.microsoft import MicrosoftServer

BERLIN: Final = ZoneInfo("Europe/Berlin")
REDIRECT: Final = "https://book.example/oauth/calendar/microsoft/callback"
KEY: Final = keys.event_key("contract", 7, 0)
VERIFIER: Final = "v" * 64
_ANSWERS: Final = {
    Reply.ACCEPTED: "accepted",
    Reply.TENTATIVE: "tentativelyAccepted",
    Reply.UNANSWERED: "notResponded",
    Reply.DECLINED: "declined",
}
_SHOWN: Final = {Showing.FREE: "free", Showing.OUT_OF_OFFICE: "oof"}
_DAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


@dataclass
class MicrosoftWorld:
    server: MicrosoftServer
    clock: Any
    numbers: Iterator[int] = field(default_factory=lambda: count(1))


def config_of(server: MicrosoftServer) -> MicrosoftConfig:
    return MicrosoftConfig(
        client_id=server.client_id,
        client_secret=server.client_secret,
        instance_discovery=False,
        allow_private=True,
        **server.settings(),
    )


class Microsoft:
    """`test_contract.Harness`."""

    redirect = REDIRECT
    # Graph chooses the ids: a key that was used may make an event again.
    uses_up_keys = False
    # Microsoft has no address at which a grant could be given back.
    takes_grants_back = False
    renews_lasting_tokens = True
    # A mailbox's zone is among its settings, for which its owner would have to be asked as well.
    tells_zones = False
    showings = (Showing.BUSY, Showing.FREE, Showing.OUT_OF_OFFICE)

    def __init__(self, world: MicrosoftWorld) -> None:
        self.server, self.clock = world.server, world.clock
        self.email = f"person{next(world.numbers)}@example.com"
        self.owner = self.server.account(self.email, "Europe/Berlin")
        self.main = self.owner.calendar_id()
        self.server.faults.clear()
        self.server.behaviour.change({"page_limit": None, "notification_tries": 1, "handshake": False})
        self.provider = microsoft.provider(config_of(self.server), self.clock)
        self._grant: Grant | None = None

    def open(self, *, titles: bool = False) -> CalendarProvider:
        self._grant = self._grant or self._agreed()
        return self.provider.open(Account(1, 1, "", self._grant, titles))

    def let_in_again(self) -> None:
        """Whoever looks at it beside us has to be let in anew too."""
        self._grant = None

    def put_unheard(self, event: Event) -> None:
        opened = self.open()
        self.server.faults.lose_answer()
        with pytest.raises(Unavailable):
            opened.put(self.main, KEY, event, None)

    def add(self, theirs: Any) -> str:
        body = self._body(theirs)
        if theirs.reply is Reply.NONE:
            return str(self.owner.create(body)["id"])
        return str(self.owner.invited(body, "host@example.org", _ANSWERS[theirs.reply])["id"])

    def move(self, id_: str, by: timedelta) -> None:
        self.owner.move(id_, by)

    def rename(self, id_: str, title: str) -> None:
        self.owner.retitle(id_, title)

    def make_all_day(self, id_: str, day: date) -> None:
        self.owner.edit(id_, {"isAllDay": True, **_days(day, day + timedelta(days=1))})

    def remove(self, id_: str) -> None:
        self.owner.delete(id_)

    def move_one(self, id_: str, starts: datetime, by: timedelta, lasting: timedelta = HOUR) -> None:
        one = self.owner.move_one(id_, starts, by)
        if lasting != HOUR:
            self.owner.edit(one["id"], {"end": _point(starts + by + lasting)})

    def cancel_one(self, id_: str, starts: datetime) -> None:
        self.owner.cancel_one(id_, starts)

    def add_calendar(self, name: str) -> str:
        return self.owner.add_calendar(name)

    def drop_calendar(self, id_: str) -> None:
        self.owner.drop_calendar(id_)

    def expire_cursors(self) -> None:
        self.server.expire_delta_tokens()

    def pages_of(self, size: int) -> None:
        self.server.behaviour.change({"page_limit": size})

    def visit(self, url: str, *, agrees: bool = True) -> dict[str, str]:
        self.server.at_consent(self.email, denies=not agrees)
        answer = requests.get(url, allow_redirects=False, timeout=5)
        assert answer.headers["Location"].startswith(f"{self.redirect}?"), answer.text
        return dict(parse_qsl(urlsplit(answer.headers["Location"]).query))

    def _agreed(self) -> Grant:
        authority: Any = self.provider.authority
        url = authority.authorize_url("a-state", VERIFIER, self.redirect, consent=True, hint="")
        grant: Grant = authority.exchange(self.visit(url)["code"], VERIFIER, self.redirect)
        return grant

    def _body(self, theirs: Any) -> dict[str, Any]:
        body: dict[str, Any] = {"subject": theirs.title}
        body |= {"showAs": _SHOWN[theirs.showing]} if theirs.showing in _SHOWN else {}
        if not isinstance(theirs.starts, datetime):
            return body | {"isAllDay": True} | _days(theirs.starts, theirs.ends)
        for name, when in (("start", theirs.starts), ("end", theirs.ends)):
            body[name] = _point(when)
        return body | ({"recurrence": _recurrence(theirs)} if theirs.rule else {})


def _point(when: datetime) -> dict[str, str]:
    """By the clocks of Berlin, in UTC where those can't tell."""
    local = when.astimezone(BERLIN)
    if local.utcoffset() != local.replace(fold=1 - local.fold).utcoffset():
        return {"dateTime": f"{when:%Y-%m-%dT%H:%M:%S}", "timeZone": "UTC"}
    return {"dateTime": f"{local:%Y-%m-%dT%H:%M:%S}", "timeZone": "Europe/Berlin"}


def _days(first: date, after: date) -> dict[str, Any]:
    edges = {"start": first, "end": after}
    return {name: {"dateTime": f"{day}T00:00:00", "timeZone": "Europe/Berlin"} for name, day in edges.items()}


def _recurrence(theirs: Any) -> dict[str, Any]:
    """The simple rules of the suite, as Outlook has them."""
    rule = dict(part.split("=") for part in theirs.rule.split(";"))
    day = theirs.starts.astimezone(BERLIN)
    pattern: dict[str, Any] = {"type": rule["FREQ"].lower(), "interval": int(rule.get("INTERVAL", 1))}
    if rule["FREQ"] == "WEEKLY":
        pattern |= {"daysOfWeek": [_DAYS[day.weekday()]], "firstDayOfWeek": "monday"}
    span: dict[str, Any] = {"startDate": f"{day:%Y-%m-%d}", "recurrenceTimeZone": "Europe/Berlin"}
    if "COUNT" in rule:
        span |= {"type": "numbered", "numberOfOccurrences": int(rule["COUNT"])}
    else:
        span |= {"type": "noEnd"}
    return {"pattern": pattern, "range": span}
