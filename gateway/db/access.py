"""Who may come in: app passwords, feeds, API keys and sign-in links. Secrets arrive here as hashes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from gateway.core.model import Calendar, CalendarKind, Detail
from gateway.db import queries
from gateway.db.engine import Database, Session

_SQL = queries.load("access.sql")


@dataclass(frozen=True, slots=True)
class PasswordRow:
    """A candidate for what was typed: whose it is, and the hash that decides."""

    business_id: int
    id: int
    staff_id: int
    secret_hash: str


@dataclass(frozen=True, slots=True)
class StaffMember:
    id: int
    name: str
    email: str


@dataclass(frozen=True, slots=True)
class AppPasswordEntry:
    """An app password as it may be shown: everything but the password."""

    id: int
    staff_id: int
    label: str
    created_at: datetime
    last_used_at: datetime | None


@dataclass(frozen=True, slots=True)
class FeedEntry:
    """A feed as it may be shown: everything but its address."""

    id: int
    staff_id: int | None
    label: str
    kind: CalendarKind
    detail: Detail
    created_at: datetime
    last_used_at: datetime | None


@dataclass(frozen=True, slots=True)
class ApiKeyEntry:
    """An API key as it may be shown: its first letters, never all of it."""

    id: int
    label: str
    prefix: str
    scope: str
    created_at: datetime
    last_used_at: datetime | None


@dataclass(frozen=True, slots=True)
class OpenApiKey:
    """An API key that someone shows, as it stands."""

    label: str
    prefix: str
    scope: str
    stale_use: bool


@dataclass(frozen=True, slots=True)
class OpenFeed:
    """A feed that someone asks for, with its calendar as it stands."""

    calendar: Calendar
    business_name: str
    waiting: bool
    stale_use: bool


def passwords_by_selector(database: Database, selector: str) -> list[PasswordRow]:
    with database.nobody() as session:
        return [PasswordRow(*row) for row in session.all(_SQL["passwords_by_selector"], selector=selector)]


def signs_in_as(session: Session, business_id: int, staff_id: int, name: str) -> bool:
    """Whether this staff member may sign in under this name: their e-mail address, in any case."""
    row = session.one(_SQL["staff_emails"], business_id=business_id, staff_id=staff_id)
    return bool(row and name and name.lower() in row)


def holder_of_token(database: Database, kind: str, token_hash: bytes) -> tuple[int, int] | None:
    """(business id, row id) of a feed, API key or sign-in link that is still good."""
    with database.nobody() as session:
        row = session.one(_SQL["holder_of_token"], kind=kind, token_hash=token_hash)
        return (row[0], row[1]) if row else None


def staff_member(session: Session, business_id: int, staff_id: int) -> StaffMember | None:
    row = session.one(_SQL["staff_member"], business_id=business_id, staff_id=staff_id)
    return StaffMember(*row) if row else None


def staff(session: Session, business_id: int) -> list[StaffMember]:
    """Everyone who may have a calendar, managers first."""
    return [StaffMember(*row) for row in session.all(_SQL["staff"], business_id=business_id)]


def staff_by_email(session: Session, business_id: int, email: str) -> list[StaffMember]:
    return [
        StaffMember(*row) for row in session.all(_SQL["staff_by_email"], business_id=business_id, email=email)
    ]


def add_app_password(
    session: Session, business_id: int, staff_id: int, label: str, selector: str, secret_hash: str
) -> int:
    return int(
        session.value(
            _SQL["add_app_password"],
            business_id=business_id,
            staff_id=staff_id,
            label=label,
            selector=selector,
            secret_hash=secret_hash,
        )
    )


def app_passwords(session: Session, business_id: int, staff_id: int | None) -> list[AppPasswordEntry]:
    rows = session.all(_SQL["app_passwords"], business_id=business_id, staff_id=staff_id)
    return [AppPasswordEntry(*row) for row in rows]


def feeds(session: Session, business_id: int, staff_id: int | None) -> list[FeedEntry]:
    rows = session.all(_SQL["feeds"], business_id=business_id, staff_id=staff_id)
    return [FeedEntry(r[0], r[1], r[2], CalendarKind(r[3]), Detail(r[4]), r[5], r[6]) for r in rows]


def api_keys(session: Session, business_id: int) -> list[ApiKeyEntry]:
    return [ApiKeyEntry(*row) for row in session.all(_SQL["api_keys"], business_id=business_id)]


def open_api_key(session: Session, business_id: int, key_id: int, token_hash: bytes) -> OpenApiKey | None:
    """A key with what it may do; None once it is revoked or its business is closed."""
    row = session.one(_SQL["open_api_key"], business_id=business_id, id=key_id, token_hash=token_hash)
    return OpenApiKey(*row) if row else None


def note_use(session: Session, kind: str, business_id: int, id_: int) -> None:
    """Remember that an 'app_password', a 'feed' or an 'api_key' was used."""
    session.run(_SQL[f"note_use_of_{kind}"], business_id=business_id, id=id_)


def revoke(session: Session, kind: str, business_id: int, id_: int) -> bool:
    """Shut an 'app_password', 'feed' or 'api_key' for good; False if there is no such open one."""
    return session.run(_SQL[f"revoke_{kind}"], business_id=business_id, id=id_) == 1


def calendar_id(
    session: Session, business_id: int, kind: CalendarKind, staff_id: int | None, detail: Detail
) -> int | None:
    row = session.one(
        _SQL["calendar_id"], business_id=business_id, kind=kind, staff_id=staff_id, detail=detail
    )
    return int(row[0]) if row else None


def add_feed(
    session: Session, business_id: int, calendar_id: int, staff_id: int | None, label: str, token_hash: bytes
) -> int:
    return int(
        session.value(
            _SQL["add_feed"],
            business_id=business_id,
            calendar_id=calendar_id,
            staff_id=staff_id,
            label=label,
            token_hash=token_hash,
        )
    )


def feed(session: Session, business_id: int, feed_id: int) -> OpenFeed | None:
    row = session.one(_SQL["feed"], business_id=business_id, id=feed_id)
    if row is None:
        return None
    id_, kind, staff_id, staff_name, epoch, revision, floor_revision, changed_at, business, waiting, stale = (
        row
    )
    calendar = Calendar(
        id_, CalendarKind(kind), staff_id, staff_name, epoch, revision, floor_revision, changed_at
    )
    return OpenFeed(calendar, business or "", waiting, stale)


def add_api_key(
    session: Session, business_id: int, label: str, prefix: str, token_hash: bytes, scope: str
) -> int:
    return int(
        session.value(
            _SQL["add_api_key"],
            business_id=business_id,
            label=label,
            prefix=prefix,
            token_hash=token_hash,
            scope=scope,
        )
    )


def add_sign_in_link(
    session: Session, business_id: int, staff_id: int, token_hash: bytes, life: timedelta
) -> int:
    """The database's clock says when it ends, as it is the one that will be asked whether it has."""
    return int(
        session.value(
            _SQL["add_sign_in_link"],
            business_id=business_id,
            staff_id=staff_id,
            token_hash=token_hash,
            life=life,
        )
    )


def note_signed_link(
    session: Session, business_id: int, staff_id: int, token_hash: bytes, life: timedelta
) -> bool:
    """Keep that a link was used, until nobody can use it any more anyway; False if that is known already."""
    values = {"token_hash": token_hash, "life": life}
    whose = {"business_id": business_id, "staff_id": staff_id}
    return session.one(_SQL["note_signed_link"], **values, **whose) is not None


def use_sign_in_link(session: Session, business_id: int, link_id: int) -> int | None:
    """Spend a sign-in link; the staff member it is for, or None if it was spent or is too old."""
    row = session.one(_SQL["use_sign_in_link"], business_id=business_id, id=link_id)
    return int(row[0]) if row else None


def adopt_connection(session: Session, staff_id: int, connection_id: int) -> None:
    """A staff member's first connection is the default one, where the app has a column for it that is ours to fill."""
    session.run(_SQL["adopt_connection"], staff_id=staff_id, connection_id=connection_id)
