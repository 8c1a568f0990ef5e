"""A booking database with as many bookings as asked for, all of one staff member."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from importlib import resources
from random import Random
from zoneinfo import ZoneInfo

import psycopg

from gateway.core.demo_business import DEMO_ZONE, demo_business
from gateway.core.demo_rows import DemoBooking, DemoBusiness
from gateway.core.model import BookingStatus, CalendarKind, Detail
from gateway.db import demo
from gateway.services import attach, grant, project
from gateway.services.deps import Deps

# Daniel of the demo business: five days a week, and not its manager.
_WHO = 1
_A_DAY, _A_WEEK, _FIRST_HOUR = 8, 40, 9
_LENGTH = timedelta(minutes=45)


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose calendar it is: where it lies below the server, and how to sign in."""

    business_id: int
    staff_id: int
    name: str
    password: str
    feed: str

    @property
    def calendar(self) -> str:
        return f"/dav/s{self.staff_id}/bookings/"


def week(today: date) -> tuple[date, date]:
    """The Monday of today and the next one: every size has 40 bookings in between, if it has so many."""
    monday = today - timedelta(days=today.weekday())
    return monday, monday + timedelta(days=7)


def make_tables(url: str) -> None:
    tables = resources.files("gateway.db").joinpath("booking_app.sql").read_text(encoding="utf-8")
    with psycopg.connect(url) as connection:
        connection.execute(tables.encode())


def add_business(url: str, size: int, today: date) -> tuple[int, int]:
    """The demo business with so many bookings of Daniel's; its id and his."""
    whole = demo_business(today, 0, Random(1))  # the same every time
    booked = tuple(_bookings(whole, size, today))
    # The app takes an e-mail address once, and these are made from first names.
    staff = tuple(replace(member, first_name=f"{member.first_name}{size}") for member in whole.staff)
    with psycopg.connect(url) as connection:
        cursor = connection.cursor()
        business_id = demo.seed(cursor, replace(whole, staff=staff, bookings=booked), datetime.now(UTC))
        cursor.execute("SELECT DISTINCT staff_member_id FROM bookings WHERE business_id = %s", (business_id,))
        [(staff_id,)] = cursor.fetchall()
    return business_id, int(staff_id)


def project_everything(deps: Deps) -> int:
    """Hook into the database and render every booking, as after `daybridge attach`; how many bookings that were."""
    attach.attach(deps.database)
    done = project.project_everything(deps.database, deps.now)
    # As autovacuum would within a minute or two; not while we measure.
    with psycopg.connect(deps.settings.database_url, autocommit=True) as connection:
        connection.execute("VACUUM (ANALYZE)")
    return done


def own(deps: Deps, business_id: int, staff_id: int) -> Owner:
    """Give out what opens the calendar and its feed."""
    password = grant.app_password(deps, business_id, staff_id, "bench")
    feed = grant.feed(deps, business_id, CalendarKind.BOOKINGS, staff_id, Detail.FULL, "bench")
    path = "/feeds/" + feed.secret.rpartition("/")[2]
    return Owner(business_id, staff_id, password.name, password.secret, path)


def _bookings(business: DemoBusiness, size: int, today: date) -> Iterator[DemoBooking]:
    """Eight on each weekday, for as many weeks around this one as it takes."""
    first = week(today)[0] - timedelta(weeks=(size // _A_WEEK) // 2)
    services = business.staff[_WHO].services
    for number in range(size):
        weeks, within = divmod(number, _A_WEEK)
        weekday, hour = divmod(within, _A_DAY)
        day = first + timedelta(weeks=weeks, days=weekday)
        starts_at = datetime(day.year, day.month, day.day, _FIRST_HOUR + hour, tzinfo=ZoneInfo(DEMO_ZONE))
        service = services[number % len(services)]
        yield DemoBooking(
            staff=_WHO,
            service=service,
            variant=None,
            customer=number % len(business.customers),
            starts_at=starts_at,
            ends_at=starts_at + _LENGTH,
            status=BookingStatus.COMPLETED if day < today else BookingStatus.CONFIRMED,
            price=business.services[service].price,
            notes="First visit; parks behind the building" if number % 7 == 0 else None,
        )
