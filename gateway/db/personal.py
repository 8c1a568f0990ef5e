"""What one staff member's apps get instead of an object that others see too."""

from __future__ import annotations

from collections.abc import Mapping

from gateway.core import ics
from gateway.core.personal import merge
from gateway.db import queries
from gateway.db.engine import Session

_SQL = queries.load("personal.sql")


def write(
    session: Session,
    business_id: int,
    calendar_id: int,
    staff_id: int,
    href: str,
    etag: str,
    body: bytes,
    kept: str = "",
) -> None:
    session.run(
        _SQL["write"],
        business_id=business_id,
        calendar_id=calendar_id,
        staff_id=staff_id,
        href=href,
        etag=etag,
        body=body,
        kept=kept,
    )


def remove(session: Session, business_id: int, calendar_id: int, staff_id: int, href: str) -> None:
    session.run(
        _SQL["remove"], business_id=business_id, calendar_id=calendar_id, staff_id=staff_id, href=href
    )


def kept(session: Session, business_id: int, calendar_id: int, staff_id: int, href: str) -> str:
    """What this staff member's apps keep in an object, as content lines; empty if nothing."""
    row = session.one(
        _SQL["kept"], business_id=business_id, calendar_id=calendar_id, staff_id=staff_id, href=href
    )
    return str(row[0]) if row else ""


def renew(session: Session, business_id: int, bodies: Mapping[tuple[int, str], bytes]) -> None:
    """These objects, by (calendar, href), were written anew: put back what their readers' apps keep in them."""
    rows = session.all(
        _SQL["kept_in"],
        business_id=business_id,
        calendar_ids=[calendar_id for calendar_id, _ in bodies],
        hrefs=[href for _, href in bodies],
    )
    for calendar_id, href, staff_id, lines in rows:
        body = merge(bodies[calendar_id, href], lines)
        write(session, business_id, calendar_id, staff_id, href, ics.etag(body), body, lines)
