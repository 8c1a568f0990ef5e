"""The projection: calendars, and the objects they hold, as they are served."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from gateway.core import ics
from gateway.core.model import CalendarKind, Detail, EventRevision
from gateway.core.projection import Held, Plan, Put, Target, Written
from gateway.db import personal, queries
from gateway.db.engine import Session

_SQL = queries.load("projection.sql")


def installation(session: Session) -> str:
    """This installation's id, part of every UID."""
    return str(session.value(_SQL["installation"]))


def targets(session: Session, business_id: int) -> tuple[Target, ...]:
    rows = session.all(_SQL["targets"], business_id=business_id)
    return tuple(
        Target(id_, CalendarKind(kind), staff_id, Detail(detail)) for id_, kind, staff_id, detail in rows
    )


def add(session: Session, business_id: int, kind: CalendarKind, staff_id: int | None, detail: Detail) -> int:
    """Make a calendar unless it is there; its id."""
    key = {"business_id": business_id, "kind": kind, "staff_id": staff_id, "detail": detail}
    return int(session.value(_SQL["add_calendar"], **key))


def held(session: Session, business_id: int, booking_ids: Sequence[int]) -> tuple[Held, ...]:
    rows = session.all(_SQL["held"], business_id=business_id, ids=list(booking_ids))
    return tuple(Held(calendar_id, booking_id, href, mark) for calendar_id, booking_id, href, mark in rows)


def written(session: Session, business_id: int, booking_ids: Sequence[int]) -> dict[int, Written]:
    rows = session.all(_SQL["written"], business_id=business_id, ids=list(booking_ids))
    return {id_: Written(mark, EventRevision(sequence, modified)) for id_, mark, sequence, modified in rows}


def write(session: Session, business_id: int, plan: Plan) -> None:
    """Carry out a plan. Each calendar that it touches moves on by one revision, under its row's lock."""
    _write_revisions(session, business_id, plan.written)
    if not plan.calendars:
        return
    revisions: dict[int, int] = dict(
        session.all(_SQL["next_revisions"], business_id=business_id, calendar_ids=plan.calendars)
    )
    _write_objects(session, business_id, plan.puts, revisions)
    _bury(session, business_id, plan.removals, revisions)


def next_revision(session: Session, business_id: int, calendar_id: int) -> int:
    """Move a person's calendar on by one revision, and hold it until the transaction ends; the new revision.

    What else tells of their time, such as a feed with less detail, has changed with it.
    """
    rows = session.all(_SQL["next_revision"], business_id=business_id, calendar_id=calendar_id)
    revisions: dict[int, int] = dict(rows)
    return revisions[calendar_id]


def prune_tombstones(session: Session, business_id: int, before: datetime) -> None:
    """Forget deletions older than `before`; sync tokens from then are answered with `valid-sync-token`."""
    session.run(_SQL["prune_tombstones"], business_id=business_id, before=before)


def _write_revisions(session: Session, business_id: int, written: Mapping[int, Written]) -> None:
    if not written:
        return
    session.later(
        _SQL["write_revisions"],
        business_id=business_id,
        booking_ids=list(written),
        fingerprints=[w.fingerprint for w in written.values()],
        sequences=[w.revision.sequence for w in written.values()],
        modified=[w.revision.modified_at for w in written.values()],
    )


def _write_objects(
    session: Session, business_id: int, puts: Sequence[Put], revisions: Mapping[int, int]
) -> None:
    if not puts:
        return
    bodies = [ics.render(put.event, put.revision) for put in puts]
    session.run(
        _SQL["write_objects"],
        business_id=business_id,
        calendar_ids=[put.calendar_id for put in puts],
        hrefs=[put.href for put in puts],
        uids=[put.event.uid for put in puts],
        booking_ids=[put.booking_id for put in puts],
        etags=[ics.etag(body) for body in bodies],
        starts=[put.event.starts_at for put in puts],
        ends=[put.event.ends_at for put in puts],
        revisions=[revisions[put.calendar_id] for put in puts],
        fingerprints=[put.fingerprint for put in puts],
        modified=[put.revision.modified_at for put in puts],
        bodies=bodies,
    )
    names = [(put.calendar_id, put.href) for put in puts]
    personal.renew(session, business_id, dict(zip(names, bodies, strict=True)))


def _bury(session: Session, business_id: int, removals: Sequence[Held], revisions: Mapping[int, int]) -> None:
    if not removals:
        return
    session.run(
        _SQL["bury_objects"],
        business_id=business_id,
        calendar_ids=[held.calendar_id for held in removals],
        hrefs=[held.href for held in removals],
        revisions=[revisions[held.calendar_id] for held in removals],
    )
