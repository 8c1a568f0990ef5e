"""The library `caldav`, told as little as a person would tell it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
import requests
from caldav import DAVClient
from caldav.calendarobjectresource import CalendarObjectResource
from caldav.collection import Calendar, SynchronizableCalendarObjectCollection
from caldav.lib.error import AuthorizationError

from tests.conftest import LiveServer, Person

NEW_YORK = ZoneInfo("America/New_York")
CONFLICT, NOT_EDITABLE = "{urn:daybridge}booking-conflict", "{urn:daybridge}not-editable"
OBJECT = "{urn:ietf:params:xml:ns:caldav}valid-calendar-object-resource"
DATA = "{urn:ietf:params:xml:ns:caldav}valid-calendar-data"
COMPONENT = "{urn:ietf:params:xml:ns:caldav}supported-calendar-component"
INSTANCES = "{urn:ietf:params:xml:ns:caldav}max-instances"


def sign_in(live: LiveServer, person: Person, path: str = "/dav/") -> DAVClient:
    """Signed in with an address, a name and a password, and nothing else."""
    return DAVClient(url=live.address + path, username=person.email, password=person.password)


def ids(objects: Iterable[CalendarObjectResource]) -> list[str]:
    """Which bookings these are, by the number in their address."""
    return sorted(
        str(one.url).rpartition("/")[2].removeprefix("booking-").removesuffix(".ics") for one in objects
    )


def at(clock: str) -> datetime:
    """That time on the day of booking 1001, in UTC."""
    return datetime.fromisoformat(f"2026-11-24T{clock}+00:00")


class Copy:
    """A program's copy of Alice's calendar, kept by sync token."""

    def __init__(self, calendar: Calendar, live: LiveServer) -> None:
        self.calendar, self._live = calendar, live
        self._kept: SynchronizableCalendarObjectCollection = calendar.get_objects_by_sync_token(
            load_objects=True, disable_fallback=True
        )

    def event(self, name: str) -> CalendarObjectResource:
        """One of the copied events, as a person opens it."""
        return self._kept.objects_by_url()[self.calendar.url.join(f"{name}.ics").canonical()]

    def sync(self) -> tuple[list[str], list[str]]:
        """What came and what went. The copy is the server's truth then, and a further sync brings nothing."""
        came, went = self._kept.sync()
        held = {str(url): in_lines(one.data) for url, one in self._kept.objects_by_url().items()}
        assert held == {url: in_lines(self._served(url)) for url in held}
        assert sorted(held) == sorted(str(one.url.canonical()) for one in self.calendar.get_events())
        assert self._kept.sync() == ([], [])
        return ids(came), ids(went)

    def _served(self, url: str) -> str:
        alice = self._live.town.alice
        return requests.get(url, auth=(alice.email, alice.password), timeout=5).content.decode()


def in_lines(text: str) -> list[str]:
    """The library has its own mind about line ends."""
    return text.splitlines()


def on_tuesday(clock: str) -> datetime:
    """That time in New York, on the day of booking 1001."""
    return datetime.fromisoformat(f"2026-11-24T{clock}").replace(tzinfo=NEW_YORK)


def put_at(event: CalendarObjectResource, start: str, end: str) -> None:
    with event.edit_icalendar_component() as component:
        component.start, component.end = on_tuesday(start), on_tuesday(end)
    event.save()


def refused(do: Callable[[], object]) -> AuthorizationError:
    """The library's exception for a 403; the answer has a sentence for the person in it."""
    with pytest.raises(AuthorizationError) as error:
        do()
    assert error.value.status == 403
    assert "reason>" in str(error.value.body)
    return error.value
