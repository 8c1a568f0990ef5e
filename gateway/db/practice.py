"""Practice calendars as they are kept: the pretend provider's side of the wire, which here is our own database.

`PracticeStore` is what that provider asks, in transactions of its own; the functions are for who changes a calendar as
its owner would, in a transaction of theirs. Whoever writes begins with `begin`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from gateway.core.errors import CursorExpired, NotAccepted, RemoteChanged, RemoteGone
from gateway.core.language import N_
from gateway.core.remote import RemoteCalendar, Stamp
from gateway.db import queries
from gateway.db.engine import Database, Row, Session

_SQL = queries.load("practice.sql")
_HOST: Final = "The practice calendar"

# A calendar: business, account, the calendar's id.
Where = tuple[int, str, str]


@dataclass(frozen=True, slots=True)
class Kept:
    """An event as it is kept; of a deleted one nothing but its ids is. `series`: what it is an instance of, or
    itself."""

    id: str
    etag: str
    series: str
    tag: str
    revision: int
    deleted: bool
    content: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Agreed:
    """What a code was given for: which account, to whom (RFC 7636's challenge), and where it was sent."""

    account: str
    challenge: str
    redirect: str
    expires_at: datetime


def open_calendar(session: Session, where: Where, name: str, zone: str, *, writable: bool = True) -> None:
    """Have such a calendar; one that is there stays as it is."""
    session.run(_SQL["open_calendar"], **_named(where), name=name, zone=zone, writable=writable)


def calendars(session: Session, business_id: int, account: str) -> list[RemoteCalendar]:
    """The calendars of an account, the main one first; none where nobody has opened it."""
    rows = session.all(_SQL["calendars"], business_id=business_id, account=account)
    return [RemoteCalendar(*row) for row in rows]


def begin(session: Session, where: Where) -> int:
    """The revision of a change; nobody else changes this calendar until the transaction ends. Raises RemoteGone."""
    return int(_begin(session, where)[0])


def event(session: Session, where: Where, id_: str) -> Kept | None:
    row = session.one(_SQL["event"], **_named(where), id=id_)
    return Kept(*row) if row else None


def events(session: Session, where: Where) -> list[Kept]:
    """Everything that is there now."""
    return [Kept(*row) for row in session.all(_SQL["events"], **_named(where))]


def write(
    session: Session,
    where: Where,
    revision: int,
    id_: str,
    content: Mapping[str, Any],
    *,
    series: str = "",
    tag: str = "",
) -> str:
    """Have an event with this content; its ETag."""
    told = json.dumps(dict(content))
    who = {"id": id_, "series": series or id_, "revision": revision, "tag": tag, "content": told}
    return str(session.value(_SQL["write"], **_named(where), **who))


def remove(session: Session, where: Where, revision: int, id_: str, *, parts: bool = False) -> None:
    """Delete an event with its instances, or (`parts`) these alone; what is deleted stays so."""
    session.run(_SQL["remove"], **_named(where), revision=revision, id=id_, parts=parts)


def expire(session: Session, where: Where) -> None:
    """Forget what was changed when: whoever wants to go on reading has to begin anew."""
    session.run(_SQL["expire"], **_named(where))


def agree(session: Session, business_id: int, code_hash: bytes, agreed: Agreed, now: datetime) -> None:
    """An owner has agreed; codes that nobody came for are forgotten."""
    session.run(_SQL["forget_codes"], business_id=business_id, now=now)
    session.run(
        _SQL["let_in"],
        business_id=business_id,
        token_hash=code_hash,
        account=agreed.account,
        challenge=agreed.challenge,
        redirect=agreed.redirect,
        expires_at=agreed.expires_at,
    )


class PracticeStore:
    """The accounts and calendars behind the pretend provider; each call is a transaction.

    Raises what a provider's answers mean: RemoteGone, RemoteChanged, NotAccepted, CursorExpired.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def spend(self, business_id: int, code_hash: bytes) -> Agreed | None:
        """What a code was given for; it is thereby used up."""
        with self._database.tenant(business_id) as session:
            row = session.one(_SQL["spend"], business_id=business_id, token_hash=code_hash)
            return Agreed(*row) if row else None

    def let_in(self, business_id: int, token_hash: bytes, account: str) -> None:
        """Let into this account whoever shows this token."""
        unused = {"challenge": "", "redirect": "", "expires_at": None}
        with self._database.tenant(business_id) as session:
            session.run(
                _SQL["let_in"], business_id=business_id, token_hash=token_hash, account=account, **unused
            )

    def shut_out(self, business_id: int, token_hash: bytes) -> None:
        with self._database.tenant(business_id) as session:
            session.run(_SQL["shut_out"], business_id=business_id, token_hash=token_hash)

    def holder(self, business_id: int, token_hash: bytes) -> str | None:
        """The account that this token lets into."""
        with self._database.tenant(business_id, read_only=True) as session:
            row = session.one(_SQL["holder"], business_id=business_id, token_hash=token_hash)
            return str(row[0]) if row else None

    def calendars(self, business_id: int, account: str) -> Sequence[RemoteCalendar]:
        with self._database.tenant(business_id, read_only=True) as session:
            return calendars(session, business_id, account)

    def put(self, where: Where, id_: str, tag: str, content: Mapping[str, Any], seen: Stamp | None) -> Stamp:
        """Write an event over the version seen, or as a new one; over one that is there with our tag as well."""
        with self._database.tenant(where[0]) as session:
            revision, writable = _begin(session, where)
            if not writable:
                raise NotAccepted(host=_HOST, reason=N_("nothing can be written into this calendar"))
            _require(event(session, where, id_), tag, seen)
            remove(session, where, revision, id_, parts=True)
            return Stamp(id_, write(session, where, revision, id_, content, tag=tag))

    def delete(self, where: Where, id_: str) -> None:
        """Raises RemoteGone only where the calendar itself is gone."""
        with self._database.tenant(where[0]) as session:
            remove(session, where, begin(session, where), id_)

    def read(self, where: Where, id_: str) -> Kept:
        with self._database.tenant(where[0], read_only=True) as session:
            found = event(session, where, id_)
        if found is None or found.deleted:
            raise RemoteGone(host=_HOST)
        return found

    def since(
        self, where: Where, place: tuple[int, str], most: int, *, whole: bool
    ) -> tuple[Sequence[Kept], int]:
        """So many events in the order of their changes, from behind a place (revision, id) on; and the calendar's
        revision at this moment. Of all that there is (`whole`), deleted ones are left out."""
        at, id_ = place
        with self._database.tenant(where[0], read_only=True) as session:
            revision, floor = _standing(session, where)
            if at > revision + 1 or (at <= floor and not whole):
                raise CursorExpired(host=_HOST)
            rows = session.all(_SQL["since"], **_named(where), revision=at, id=id_, most=most, whole=whole)
        return [Kept(*row) for row in rows], revision


def _begin(session: Session, where: Where) -> Row:
    row = session.one(_SQL["begin"], **_named(where))
    if row is None:
        raise RemoteGone(host=_HOST)
    return row


def _standing(session: Session, where: Where) -> Row:
    row = session.one(_SQL["standing"], **_named(where))
    if row is None:
        raise RemoteGone(host=_HOST)
    return row


def _require(found: Kept | None, tag: str, seen: Stamp | None) -> None:
    """Whether this event may be written. The calendar's lock is held, so that it stays so."""
    if found is None and seen is None:
        return
    if found is None or found.deleted:
        raise RemoteGone(host=_HOST)
    if seen is None and found.tag != tag:
        raise NotAccepted(host=_HOST, reason=N_("another event has the id that we chose"))
    if seen is not None and seen.etag not in ("", found.etag):
        raise RemoteChanged(host=_HOST)


def _named(where: Where) -> dict[str, object]:
    business_id, account, calendar = where
    return {"business_id": business_id, "account": account, "calendar": calendar}
