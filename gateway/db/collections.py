"""Reading calendars as they are served: one query a question, nothing parsed and nothing rendered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from gateway.core.model import Calendar, CalendarKind, CalendarObject, Holder, Visitor
from gateway.core.sync import Change, SyncToken
from gateway.db import queries
from gateway.db.engine import Row, Session

_SQL = queries.load("collections.sql")

# More than any calendar holds, and still a bound.
_NO_LIMIT = 10_000_000
# A revision after every other: a first listing has no use for tombstones.
_NEVER = 2**62


def visitor(session: Session, holder: Holder) -> tuple[Visitor, bool, bool] | None:
    """Who the holder is at this moment, whether changes wait to be projected, and whether its last use is worth
    noting. None once the password is revoked or the person no longer works there."""
    row = session.one(_SQL["visitor"], business_id=holder.business_id, password_id=holder.password_id)
    if row is None:
        return None
    staff_id, name, email, manager, business_name, waiting, stale = row
    return Visitor(holder.business_id, business_name or "", staff_id, name, email, manager), waiting, stale


def calendar(session: Session, business_id: int, kind: CalendarKind, staff_id: int | None) -> Calendar | None:
    row = session.one(_SQL["calendar"], business_id=business_id, kind=kind, staff_id=staff_id)
    return _calendar(row) if row else None


def calendars(session: Session, visitor: Visitor) -> list[Calendar]:
    """All that a visitor may see, their own first."""
    rows = session.all(
        _SQL["calendars"],
        business_id=visitor.business_id,
        staff_id=visitor.staff_id,
        manager=visitor.manager,
    )
    return [_calendar(row) for row in rows]


@dataclass(frozen=True, slots=True)
class Shelf:
    """A calendar with the eyes of a reader, whose own apps keep things of their own; without `staff_id` of everyone."""

    session: Session
    business_id: int
    calendar_id: int
    staff_id: int | None = None

    def all(self, name: str, **values: object) -> list[Row]:
        return self.session.all(_SQL[name], **self._key(), **values)

    def with_bodies(self, name: str, **values: object) -> list[Row]:
        """Rows in PostgreSQL's binary form: written as text, each byte of a body would be two letters on the wire."""
        cursor = self.session.cursor
        return cursor.execute(_SQL[name].encode(), {**self._key(), **values}, binary=True).fetchall()

    def _key(self) -> dict[str, object]:
        return {
            "business_id": self.business_id,
            "calendar_id": self.calendar_id,
            "staff_id": self.staff_id,
        }


def listing(shelf: Shelf) -> list[tuple[str, str]]:
    """Every object's href and ETag."""
    return shelf.all("listing")


def listing_between(shelf: Shelf, since: datetime | None, until: datetime | None) -> list[tuple[str, str]]:
    """The href and ETag of what overlaps a span of time, without what recurs; an open side is None."""
    return shelf.all("listing_between", since=since, until=until)


def objects(shelf: Shelf, hrefs: Sequence[str]) -> list[CalendarObject]:
    return [CalendarObject(*row) for row in shelf.with_bodies("objects", hrefs=list(hrefs))]


def objects_between(
    shelf: Shelf, since: datetime | None, until: datetime | None, *, recurring_only: bool = False
) -> list[CalendarObject]:
    """What overlaps a span of time; of an object that recurs only first start and last end are looked at."""
    rows = shelf.with_bodies("objects_between", since=since, until=until, recurring_only=recurring_only)
    return [CalendarObject(*row) for row in rows]


def objects_with_uid(shelf: Shelf, part: str) -> list[CalendarObject]:
    """The objects whose UID contains a text, in any case."""
    return [CalendarObject(*row) for row in shelf.with_bodies("objects_with_uid", part=part)]


def bodies(shelf: Shelf) -> list[bytes]:
    """Every object as it is served, in order of time."""
    return [body for _, _, body in sorted(shelf.with_bodies("bodies"), key=lambda row: row[:2])]


def href_of_uid(session: Session, business_id: int, calendar_id: int, uid: str) -> str | None:
    row = session.one(_SQL["href_of_uid"], business_id=business_id, calendar_id=calendar_id, uid=uid)
    return str(row[0]) if row else None


def changes(shelf: Shelf, since: SyncToken | None, *, with_bodies: bool, limit: int | None) -> list[Change]:
    """What changed since a token, one more than `limit` if there is more; in order of (revision, href) if limited.

    Without a token: all that is present, and no tombstones.
    """
    suffix = "_with_bodies" if with_bodies else ""
    if since is None and limit is None:
        return list(map(Change._make, shelf.with_bodies(f"all_present{suffix}")))
    revision, href = _after(since)
    rows = shelf.with_bodies(
        f"changes{suffix}",
        revision=revision,
        href=href,
        first=since.first if since else _NEVER,
        most=_NO_LIMIT if limit is None else limit + 1,
    )
    return list(map(Change._make, rows))


def zone(session: Session, business_id: int) -> str:
    """The business's time zone, as the booking app has it."""
    row = session.one(_SQL["zone"], business_id=business_id)
    return str(row[0]) if row else "UTC"


def renew(session: Session, business_id: int, calendar_id: int, href: str) -> None:
    """Have an event written anew, so that every client fetches it again."""
    session.run(_SQL["renew"], business_id=business_id, calendar_id=calendar_id, href=href)


def set_patience(session: Session, milliseconds: int) -> None:
    """Wait no longer than this for any lock in this transaction."""
    session.one(_SQL["set_patience"], milliseconds=milliseconds)


def properties(session: Session, visitor: Visitor, calendar_ids: Sequence[int]) -> dict[int, dict[str, str]]:
    """What this person's apps keep about these calendars: by calendar, XML by Clark name."""
    rows = session.all(
        _SQL["properties"],
        business_id=visitor.business_id,
        staff_id=visitor.staff_id,
        calendar_ids=list(calendar_ids),
    )
    kept: dict[int, dict[str, str]] = {calendar_id: {} for calendar_id in calendar_ids}
    for calendar_id, name, value in rows:
        kept[calendar_id][name] = value
    return kept


def set_properties(
    session: Session, visitor: Visitor, calendar_id: int, values: Mapping[str, str | None]
) -> int:
    """Set properties, or remove those whose value is None; how many are kept afterwards."""
    key = {"business_id": visitor.business_id, "calendar_id": calendar_id, "staff_id": visitor.staff_id}
    for name, value in values.items():
        if value is None:
            session.run(_SQL["remove_property"], **key, name=name)
        else:
            session.run(_SQL["set_property"], **key, name=name, value=value)
    row = session.one(_SQL["count_properties"], **key)
    return int(row[0]) if row else 0


def _after(since: SyncToken | None) -> tuple[int, str]:
    """The place that everything asked for sorts behind. A complete revision ends where the next one begins."""
    if since is None:
        return 0, ""
    return (since.revision, since.href) if since.href else (since.revision + 1, "")


def _calendar(row: Row) -> Calendar:
    id_, kind, *rest = row
    return Calendar(id_, CalendarKind(kind), *rest)
