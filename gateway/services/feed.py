"""A secret address of a calendar, asked for by whoever knows it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from gateway.core import ics, secrets
from gateway.core.errors import NotYours
from gateway.core.model import CalendarKind
from gateway.db import access, collections
from gateway.db.access import OpenFeed
from gateway.db.engine import Database
from gateway.services.collection import bring_up_to_date

# How often a subscriber may ask again; most ask far less often, whatever we say.
REFRESH = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Feed:
    """A feed as it stands; its chunks are read only if the client doesn't have this ETag yet."""

    etag: str
    changed_at: datetime
    chunks: Callable[[], Iterator[bytes]]


def open_feed(database: Database, token: str, now: datetime) -> Feed:
    """The feed behind a token. Raises NotYours for one that is wrong, revoked, or of someone who has left."""
    holder = access.holder_of_token(database, "feed", secrets.token_hash(token))
    if holder is None:
        raise NotYours(what="no such calendar address")
    business_id, feed_id = holder
    found = _look(database, business_id, feed_id)
    if found.waiting:
        bring_up_to_date(database, business_id, now)
        found = _look(database, business_id, feed_id)
    if found.stale_use:
        with database.tenant(business_id) as session:
            access.note_use(session, "feed", business_id, feed_id)

    def chunks() -> Iterator[bytes]:
        with database.tenant(business_id, read_only=True) as session:
            bodies = collections.bodies(collections.Shelf(session, business_id, found.calendar.id))
        return ics.merge(bodies, name=_name(found), refresh=REFRESH)

    return Feed(_etag(found), found.calendar.changed_at, chunks)


def _look(database: Database, business_id: int, feed_id: int) -> OpenFeed:
    with database.tenant(business_id, read_only=True) as session:
        found = access.feed(session, business_id, feed_id)
    if found is None:
        raise NotYours(what="no such calendar address")
    return found


def _etag(found: OpenFeed) -> str:
    """Of the events and of the feed's own name, which stands in it too."""
    name = hashlib.sha256(_name(found).encode("utf-8", "replace")).hexdigest()[:8]
    return f'{found.calendar.ctag[:-1]}-{name}"'


def _name(found: OpenFeed) -> str:
    if found.calendar.kind is CalendarKind.TEAM:
        return f"Team – {found.business_name}"
    return f"{found.calendar.staff_name} – {found.business_name}"
