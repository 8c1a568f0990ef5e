"""What takes people's time, in words that whoever looks may read.

Titles of blocks and of events elsewhere come out of the database for their owner only; what a booking is about is asked
for whoever's week is shown, and that is decided by who calls this.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from gateway.core import week_items as words
from gateway.core.language import _
from gateway.core.model import BookingStatus
from gateway.core.week_items import Item, Kind
from gateway.db import week as rows
from gateway.db.engine import Session
from gateway.services.accounts import title
from gateway.services.deps import Deps
from gateway.services.grant import Member


def items(
    deps: Deps, session: Session, member: Member, taken: Sequence[rows.Taken], gone: Sequence[rows.Taken]
) -> Iterator[Item]:
    """In words that this member may read. Bookings of theirs, or of anybody for who manages: no others come here."""
    business_id, viewer = member.business_id, member.id
    booked = rows.bookings(session, business_id, _ids(Kind.BOOKING, [*taken, *gone]))
    for one in gone:
        yield _booking(one, booked.get(one.source_id))
    external = rows.external(session, business_id, viewer, _ids(Kind.EXTERNAL, taken))
    blocks = rows.blocks(session, business_id, viewer, _ids(Kind.BLOCK, taken))
    titles = {id_: words.block_title(body) for id_, body in blocks.items()}
    for one in taken:
        if one.source == Kind.BOOKING:
            yield _booking(one, booked.get(one.source_id))
        elif one.source == Kind.BLOCK:
            whose = _("Your block") if one.staff_id == viewer else _("Own block")
            yield _item(one, titles.get(one.source_id) or _("Busy"), whose)
        else:
            yield _elsewhere(deps, one, external.get(one.source_id))


def _ids(kind: Kind, taken: Iterable[rows.Taken]) -> list[int]:
    return sorted({one.source_id for one in taken if one.source == kind})


def _booking(one: rows.Taken, booked: rows.Booked | None) -> Item:
    known = booked or rows.Booked("", "", "", BookingStatus.CONFIRMED)
    return _item(
        one,
        known.service or _("Booking"),
        words.whom(known.first_name, known.last_name),
        booking_id=one.source_id,
        status=known.status,
    )


def _elsewhere(deps: Deps, one: rows.Taken, event: rows.Elsewhere | None) -> Item:
    if event is None:
        return _item(one, _("Busy"), _("Another calendar"))
    note = ", ".join(filter(None, (title(deps, event.provider), event.calendar)))
    return _item(one, event.title or _("Busy"), note)


def _item(
    one: rows.Taken,
    called: str,
    note: str,
    *,
    booking_id: int | None = None,
    status: int = BookingStatus.CONFIRMED,
) -> Item:
    return Item(
        f"{one.source} {one.source_id} {one.instance}",
        one.staff_id,
        Kind(one.source),
        one.starts_at,
        one.ends_at,
        called,
        note,
        booking_id,
        one.session,
        one.conflict,
        status == BookingStatus.PENDING,
        status == BookingStatus.NO_SHOW,
    )
