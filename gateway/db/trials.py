"""What came of testing connected calendars; kept until the next test."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime

from gateway.core.finding import Finding
from gateway.db import queries
from gateway.db.engine import Session

_SQL = queries.load("trials.sql")


def keep(session: Session, business_id: int, id_: int, findings: Sequence[Finding], now: datetime) -> None:
    """Keep what came of a test, until the next one."""
    told = json.dumps([{"name": one.name, "ok": one.ok, "words": one.words} for one in findings])
    session.run(_SQL["keep"], business_id=business_id, id=id_, test=told, now=now)


def last(session: Session, business_id: int, id_: int) -> tuple[datetime, tuple[Finding, ...]] | None:
    """When it was last tested, and what came of it; None where it never was."""
    row = session.one(_SQL["last"], business_id=business_id, id=id_)
    if row is None:
        return None
    return row[0], tuple(Finding(one["name"], one["ok"], one["words"]) for one in row[1])


def failed(session: Session) -> list[tuple[str, int]]:
    """As the schema's owner: what the last tests of open connections found wrong, and how often."""
    return [(words, count) for words, count in session.all(_SQL["failed"])]
