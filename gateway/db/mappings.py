"""Which event of a connected account is which booking's, and which of them have to be looked after."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from gateway.core.connected import Mapping as Mapped
from gateway.core.remote import Stamp
from gateway.db import queries
from gateway.db.engine import Row, Session

_SQL = queries.load("mappings.sql")


def want(session: Session, business_id: int, booking_ids: Sequence[int], now: datetime) -> None:
    """These bookings have changed; every calendar that shows one of them, or shall, has to be made to agree."""
    if booking_ids and session.value(_SQL["has_connections"], business_id=business_id):
        session.run(_SQL["want"], business_id=business_id, ids=list(booking_ids), now=now)
        tell_app(session, booking_ids)


def want_all(session: Session, business_id: int, connection_id: int, now: datetime) -> None:
    """Everything that this connection shows or shall show has to be looked after; by others of its account too, since
    one of them shows each booking."""
    session.run(_SQL["want_all"], business_id=business_id, connection_id=connection_id, now=now)


def want_again(session: Session, business_id: int, connection_id: int) -> None:
    """Have other connections of the same account take over what this one showed, and will show no more: they look what
    it has left there before they add anything."""
    session.run(_SQL["want_again"], business_id=business_id, connection_id=connection_id)


def due(
    session: Session,
    business_id: int,
    connection_id: int,
    now: datetime,
    most: int,
    *,
    looked_only: bool = False,
) -> list[Mapped]:
    """What has to be looked after now, the nearest in time first; or only what was changed over there."""
    rows = session.all(
        _SQL["due"],
        business_id=business_id,
        connection_id=connection_id,
        now=now,
        most=most,
        looked_only=looked_only,
    )
    return [_mapping(row) for row in rows]


def get(session: Session, business_id: int, connection_id: int, booking_id: int) -> Mapped | None:
    row = session.one(
        _SQL["get"], business_id=business_id, connection_id=connection_id, booking_id=booking_id
    )
    return _mapping(row) if row else None


def receiving(
    session: Session, business_id: int, connection_id: int, booking_ids: Sequence[int]
) -> dict[int, tuple[int, str]]:
    """By booking, the calendar of this connection (our id, theirs) in which it shall be, if it shall be in one."""
    rows = session.all(
        _SQL["receiving"], business_id=business_id, connection_id=connection_id, ids=list(booking_ids)
    )
    return {booking_id: (calendar_id, remote_id) for booking_id, calendar_id, remote_id in rows}


def intend(session: Session, business_id: int, new: Mapped) -> None:
    """An event is about to be made under the name that this mapping has."""
    session.run(
        _SQL["intend"],
        **_key(business_id, new),
        calendar_id=new.calendar_id,
        remote_id=new.stamp.id,
        generation=new.generation,
    )


def adopt(
    session: Session,
    business_id: int,
    connection_id: int,
    calendar_id: int,
    left: Mapping[int, Stamp],
    gone: Collection[str],
) -> None:
    """Look after these events of bookings, found in a calendar, from now on; but for what somebody else looks after,
    and where none is wanted, or another one is there that is not `gone`."""
    if left:
        session.run(
            _SQL["adopt"],
            business_id=business_id,
            connection_id=connection_id,
            calendar_id=calendar_id,
            booking_ids=list(left),
            remote_ids=[stamp.id for stamp in left.values()],
            etags=[stamp.etag for stamp in left.values()],
            gone=list(gone),
        )


def doubled(
    session: Session, business_id: int, connection_id: int, calendar_id: int, there: Sequence[tuple[int, str]]
) -> list[tuple[int, str]]:
    """Those (booking, event) of which this connection looks after another event in the same calendar, and nobody else
    after any that reaches it."""
    rows = session.all(
        _SQL["doubled"],
        business_id=business_id,
        connection_id=connection_id,
        calendar_id=calendar_id,
        booking_ids=[booking_id for booking_id, _ in there],
        remote_ids=[remote_id for _, remote_id in there],
    )
    return [(booking_id, remote_id) for booking_id, remote_id in rows]


def unsure(session: Session, business_id: int, mapping: Mapped) -> None:
    """The event is about to be written over or taken away; until that is noted, nobody knows what is there."""
    session.run(_SQL["unsure"], **_key(business_id, mapping))


def doubt(session: Session, business_id: int, mapping: Mapped) -> None:
    """The event may have been written by somebody who is not served any more, whatever was agreed since."""
    session.run(
        _SQL["doubt"],
        **_key(business_id, mapping),
        calendar_id=mapping.calendar_id,
        remote_id=mapping.stamp.id,
        etag=mapping.stamp.etag,
        generation=mapping.generation,
    )


def agreed(
    session: Session, business_id: int, mapping: Mapped, stamp: Stamp, fingerprint: str, now: datetime
) -> None:
    """This is there now, and it is what was wanted when the mapping was read."""
    session.run(
        _SQL["agreed"],
        **_key(business_id, mapping),
        remote_id=stamp.id,
        etag=stamp.etag,
        kept=stamp.kept,
        fingerprint=fingerprint,
        wanted=mapping.wanted,
        looked=mapping.look,
        now=now,
    )


def settled(session: Session, business_id: int, mapping: Mapped) -> None:
    """Looked after, and all was as it should be."""
    session.run(_SQL["settled"], **_key(business_id, mapping), wanted=mapping.wanted, looked=mapping.look)


def forget(session: Session, business_id: int, mapping: Mapped) -> None:
    """There is no event any more, and none is wanted."""
    session.run(_SQL["forget"], **_key(business_id, mapping), wanted=mapping.wanted)


def lost(session: Session, business_id: int, mapping: Mapped) -> None:
    """There is no event any more, and one is wanted: a new one, under another name."""
    session.run(_SQL["lost"], **_key(business_id, mapping))


def differs(session: Session, business_id: int, mapping: Mapped, etag: str) -> None:
    """This version is there, and has to be written over."""
    session.run(_SQL["differs"], **_key(business_id, mapping), etag=etag)


def failed(session: Session, business_id: int, mapping: Mapped, words: str, not_before: datetime) -> None:
    """This one can't be put there as it is; the others go on."""
    session.run(_SQL["failed"], **_key(business_id, mapping), error=words, not_before=not_before)


def look(session: Session, business_id: int, calendar_id: int, seen: Mapping[str, str]) -> None:
    """Have those looked at of which another version (ETag by id; empty for a removal) is there than we know."""
    session.run(
        _SQL["look"],
        business_id=business_id,
        calendar_id=calendar_id,
        remote_ids=list(seen),
        etags=list(seen.values()),
    )


def unseen(
    session: Session,
    business_id: int,
    calendar_id: int,
    seen: Collection[str],
    now: datetime,
    before: datetime,
) -> list[str]:
    """The events of bookings to come that a whole reading, begun at `before`, has not shown."""
    key = {"business_id": business_id, "calendar_id": calendar_id}
    rows = session.all(_SQL["unseen"], **key, seen=list(seen), now=now, before=before)
    return [remote_id for (remote_id,) in rows]


def shown(
    session: Session, business_id: int, calendar_id: int, remote_ids: Collection[str], now: datetime
) -> list[str]:
    """Those of these events that show a booking to come."""
    key = {"business_id": business_id, "calendar_id": calendar_id}
    rows = session.all(_SQL["shown"], **key, remote_ids=list(remote_ids), now=now)
    return [remote_id for (remote_id,) in rows]


def ours(session: Session, business_id: int, calendar_id: int, remote_ids: Collection[str]) -> set[str]:
    rows = session.all(
        _SQL["ours"], business_id=business_id, calendar_id=calendar_id, remote_ids=list(remote_ids)
    )
    return {remote_id for (remote_id,) in rows}


def count(session: Session, business_id: int, connection_id: int, now: datetime) -> int:
    """How many events of bookings to come are there."""
    return int(session.value(_SQL["count"], business_id=business_id, connection_id=connection_id, now=now))


def sweep(session: Session, business_id: int, connection_id: int, now: datetime) -> int:
    """Have all events of bookings to come looked at; how many."""
    return session.run(_SQL["sweep"], business_id=business_id, connection_id=connection_id, now=now)


def drop(session: Session, business_id: int, connection_id: int) -> list[int]:
    """Forget all events of a connection, and leave them where they are; the bookings that they were of."""
    rows = session.all(_SQL["drop"], business_id=business_id, connection_id=connection_id)
    return [booking_id for (booking_id,) in rows]


def left_there(session: Session, business_id: int, connection_id: int) -> int:
    return int(session.value(_SQL["left_there"], business_id=business_id, connection_id=connection_id))


def tell_app(session: Session, booking_ids: Collection[int]) -> None:
    """Keep the booking app's own two columns about its bookings' events."""
    session.run(_SQL["tell_app"], ids=sorted(booking_ids))


def tell_rest(session: Session, business_id: int, now: datetime) -> None:
    """The same for what is told wrong of bookings to come, because nobody could tell it at its time."""
    session.run(_SQL["tell_rest"], business_id=business_id, now=now)


def _key(business_id: int, mapping: Mapped) -> dict[str, object]:
    return {
        "business_id": business_id,
        "booking_id": mapping.booking_id,
        "connection_id": mapping.connection_id,
    }


def _mapping(row: Row) -> Mapped:
    booking_id, connection_id, calendar_id, calendar, generation = row[:5]
    return Mapped(booking_id, connection_id, calendar_id, calendar, generation, Stamp(*row[5:8]), *row[8:])
