"""The library `caldav`, told as little as a person would tell it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from caldav import DAVClient
from caldav.calendarobjectresource import CalendarObjectResource

from tests.conftest import LiveServer, Person


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
