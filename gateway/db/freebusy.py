"""Taken time as calendar programs ask for it: no events, no names, only from when to when."""

from __future__ import annotations

from datetime import datetime

from gateway.core.freebusy import Stretch
from gateway.db import queries
from gateway.db.engine import Session

_SQL = queries.load("freebusy.sql")


def taken(
    session: Session,
    business_id: int,
    staff_id: int | None,
    since: datetime,
    until: datetime,
    *,
    external_only: bool,
    most: int,
) -> list[Stretch]:
    """A staff member's taken time, or everyone's together; at most so many stretches."""
    rows = session.all(
        _SQL["taken"],
        business_id=business_id,
        staff_id=staff_id,
        since=since,
        until=until,
        external_only=external_only,
        most=most,
    )
    return [Stretch(*row) for row in rows]
