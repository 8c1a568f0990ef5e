"""Questions about a database that others made: what is there, what we may do, and which rows are odd."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from gateway.db import hooks, queries
from gateway.db.engine import Session

_SQL = queries.load("inspection.sql")

_WHOLE = frozenset({"bigint", "integer", "smallint"})
_TEXT = frozenset({"character varying", "text", "citext", "character"})
_KINDS = {
    # A moment with a zone would be shifted by our reading it as UTC, so it is refused.
    **dict.fromkeys(
        ("start_time", "end_time", "created_at", "updated_at", "event_starts_at"),
        frozenset({"timestamp without time zone"}),
    ),
    **dict.fromkeys(
        (
            "active", "manager_override", "enforce_service_availability", "auto_confirm_bookings",
            "use_fixed_intervals",
        ),
        frozenset({"boolean"}),
    ),
    **dict.fromkeys(
        (
            "id", "status", "role", "service_type", "duration", "spots", "cancelled_by", "video_meeting_provider",
            "buffer_time_mins", "interval_mins", "max_advance_days", "max_daily_bookings", "max_duration_mins",
            "min_advance_mins", "min_duration_mins",
        ),
        _WHOLE,
    ),
    "availability": frozenset({"jsonb"}),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Rights:
    """Who we are to the database, and what that allows."""

    role: str
    database: str
    version: int
    superuser: bool
    makes_roles: bool
    makes_schemas: bool
    has_schema: bool
    owns_schema: bool
    replica: bool
    hides_tables: bool

    @property
    def newer_roles(self) -> bool:
        """Since PostgreSQL 16 whoever may make roles still needs to be given those that others made."""
        return self.version >= 160_000


@dataclass(frozen=True, slots=True)
class ApplicationRole:
    """The role daybridge_app: whether it could see past row-level security, and what we may do with it."""

    unbound: bool
    joined: bool
    joinable: bool


@dataclass(frozen=True, slots=True)
class Table:
    """A table of the app, or what stands in its place."""

    name: str
    kind: str
    readable: bool
    triggerable: bool
    ours: bool
    rows_hidden: bool


@dataclass(frozen=True, slots=True)
class Misfit:
    """A column that isn't there (`found` is empty), or isn't what it should be."""

    table: str
    column: str
    found: str
    wanted: str


@dataclass(frozen=True, slots=True)
class Odd:
    """How many rows are odd in some way, and the id of one of them."""

    kind: str
    count: int
    first: int


def rights(session: Session) -> Rights:
    return Rights(*session.all(_SQL["rights"])[0])


def application_role(session: Session, who: Rights) -> ApplicationRole | None:
    """The role that every transaction runs as; None when there is none yet."""
    row = session.one(_SQL["application_role"])
    if row is None:
        return None
    unbound, joined, admin = row
    return ApplicationRole(
        unbound, joined, who.superuser or admin or (who.makes_roles and not who.newer_roles)
    )


def tables(session: Session) -> dict[str, Table]:
    rows = session.all(_SQL["tables"], tables=list(_needed()))
    return {row[0]: Table(*row) for row in rows}


def misfits(session: Session) -> Iterator[Misfit]:
    """Columns that we read and that are missing or of another type, of tables that are there."""
    present: dict[str, dict[str, str]] = {}
    for table, column, kind in session.all(_SQL["columns"], tables=list(_needed())):
        present.setdefault(table, {})[column] = kind
    for table, columns in _needed().items():
        for column in columns if table in present else ():
            kind, kinds = present[table].get(column, ""), _kinds(column)
            if kind not in kinds:
                yield Misfit(table, column, kind, " or ".join(sorted(kinds & _USUAL)))


def odd_bookings(session: Session) -> list[Odd]:
    return [Odd(*row) for row in session.all(_SQL["odd_bookings"])]


def overlaps(session: Session) -> list[tuple[int, int, int]]:
    """(business, how many of its bookings overlap, one of them), the most first."""
    return [(business_id, count, first) for business_id, count, first in session.all(_SQL["overlaps"])]


def zones(session: Session) -> list[Odd]:
    """The time-zone names in use; "" stands for none."""
    return [Odd(*row) for row in session.all(_SQL["zones"])]


def staff_without_email(session: Session) -> Odd | None:
    count, first = session.one(_SQL["staff_without_email"]) or (0, None)
    return Odd("", count, first) if count else None


def sizes(session: Session) -> tuple[int, int, int]:
    """(businesses, bookings, bookings that a calendar shows)."""
    businesses, bookings, shown = session.one(_SQL["sizes"]) or (0, 0, 0)
    return businesses, bookings, shown


def unreadable(session: Session) -> list[tuple[int, int, int]]:
    """(business, how many of its bookings can't be shown, one of them)."""
    return [(business_id, count, first) for business_id, count, first in session.all(_SQL["unreadable"])]


def clock(session: Session) -> tuple[datetime, str]:
    """(the time, the version) of the database server."""
    now, version = session.all(_SQL["clock"])[0]
    return now, version


def oldest_note(session: Session) -> tuple[int, datetime | None]:
    """(how many changes wait to be projected, since when)."""
    count, since = session.one(_SQL["oldest_note"]) or (0, None)
    return count, since


_USUAL = frozenset(
    {"bigint", "integer", "character varying", "text", "boolean", "timestamp without time zone", "jsonb"}
)


def _needed() -> dict[str, tuple[str, ...]]:
    return {w.view: ("id", *w.columns) for w in hooks.WINDOWS}


def _kinds(column: str) -> frozenset[str]:
    if column.endswith("_id"):
        return _WHOLE
    return _KINDS.get(column, _TEXT)
