"""Where a round of reading begins: what there is, or what has changed, asked in whatever way the server knows.

sync-collection is asked first (RFC 6578). A server that doesn't know it, or whose token isn't taken back at once, is
asked for all versions instead, which are compared with those of the last time. A token that isn't taken later has
expired: servers say so with 403, 409, 412, 400 or 418, and some with 5xx.

Comparing has one blind spot: what came and went between two rounds was never there. So a booking's event that somebody
deletes before it was read once is missed at the next whole reading only.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from gateway.core.errors import CursorExpired, NotAccepted, RemoteChanged, RemoteGone, Unavailable
from gateway.providers.caldav.api import will_pass
from gateway.providers.caldav.cursor import MOST_KNOWN, Cursor
from gateway.providers.caldav.shelf import Shelf

# Instead of the versions of a calendar that has too many of them.
_UNCOUNTED: Final = {"": ""}
_NOT_KNOWN: Final = (NotAccepted, RemoteGone, RemoteChanged, Unavailable)


@dataclass(frozen=True, slots=True)
class Round:
    """What is to be fetched and told, and what was found to be gone."""

    cursor: Cursor
    gone: tuple[str, ...] = ()


def begin(shelf: Shelf, text: str, *, compare: bool) -> Round:
    """Begin a round or go on with it. With `compare`, the server isn't asked for tokens. Raises CursorExpired, and
    RemoteGone for a calendar that is gone."""
    if not text:
        return _first(shelf, compare=compare)
    try:
        cursor = Cursor.read(text)
    except ValueError:
        raise CursorExpired(host=shelf.host) from None
    if cursor.rest:
        return Round(cursor)
    if cursor.token:
        return _since(shelf, cursor)
    return _compared(shelf, cursor)


def _first(shelf: Shelf, *, compare: bool) -> Round:
    if not compare:
        try:
            found = shelf.changed("")
            if not found.more:
                shelf.changed(found.token)
            rest = tuple(sorted(found.versions))
            return Round(Cursor(token=found.token, rest=rest, whole=True, more=found.more))
        except _NOT_KNOWN:
            pass
    mark = shelf.mark()
    versions = shelf.all()
    known = versions if len(versions) <= MOST_KNOWN else _UNCOUNTED
    return Round(Cursor(mark=mark, known=known, rest=tuple(sorted(versions)), whole=True))


def _since(shelf: Shelf, cursor: Cursor) -> Round:
    try:
        found = shelf.changed(cursor.token)
    except _NOT_KNOWN as error:
        if isinstance(error, Unavailable) and will_pass(error):
            raise
        # If the calendar itself answers, it is the token that isn't taken; else this raises what is the matter.
        shelf.about()
        raise CursorExpired(host=shelf.host) from None
    following = replace(cursor, token=found.token, rest=tuple(sorted(found.versions)), more=found.more)
    # What came and went within one round is told as gone in the end.
    gone = () if cursor.whole else tuple(id_ for id_ in found.gone if id_ not in found.versions)
    return Round(following, gone)


def _compared(shelf: Shelf, cursor: Cursor) -> Round:
    mark = shelf.mark()
    if mark and mark == cursor.mark:
        return Round(cursor)
    versions = shelf.all()
    if len(versions) > MOST_KNOWN or _UNCOUNTED.items() <= cursor.known.items():
        raise CursorExpired(host=shelf.host)
    changed = tuple(sorted(id_ for id_, one in versions.items() if cursor.known.get(id_) != one))
    gone = tuple(sorted(cursor.known.keys() - versions.keys()))
    return Round(Cursor(mark=mark, known=versions, rest=changed), gone)
