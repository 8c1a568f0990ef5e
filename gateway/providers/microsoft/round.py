"""A page of what changed, completed: of an occurrence, a delta tells hardly more than when it is, and of nothing the
extended properties by which our own events are known (https://learn.microsoft.com/graph/delta-query-events).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from gateway.core.remote import RemoteEvent
from gateway.providers.microsoft import translate
from gateway.providers.microsoft.api import Api, quoted

Json = dict[str, Any]

_MASTER: Final = "seriesMaster"
_OCCURRENCE: Final = "occurrence"


@dataclass(frozen=True, slots=True)
class Told:
    """The events of a page, and how many of it could not be read."""

    events: tuple[RemoteEvent, ...]
    faults: int


class Round:
    """Completes a page with as few requests as there are series and events of ours in it."""

    def __init__(self, api: Api, calendar: str, *, titles: bool) -> None:
        self._api, self._calendar, self._titles = api, calendar, titles

    def told(self, items: list[Json]) -> Told:
        """Told twice in a page, the later word counts."""
        told = {one["id"]: one for one in items if isinstance(one.get("id"), str)}
        whole = self._ask([one["id"] for one in told.values() if _is_short(one)])
        masters = self._masters(told, whole)
        # One of ours that somebody let recur may be told by its occurrences alone.
        hidden = {
            id_: {**one, "id": id_} for id_, one in masters.items() if id_ not in told and translate.tag(one)
        }
        whole |= hidden
        found: list[RemoteEvent] = []
        faults = len(items) - sum(isinstance(one.get("id"), str) for one in items)
        for item in (told | hidden).values():
            try:
                found += self._events({**item, **(whole.get(item["id"]) or {})}, masters, item["id"] in whole)
            except translate.Unreadable:
                faults += 1
        return Told(tuple(found), faults)

    def _events(self, item: Json, masters: dict[str, Json], asked: bool) -> Iterator[RemoteEvent]:
        removed = "@removed" in item and not translate.tag(item)
        if removed or (_is_short(item) and not asked):  # the latter was deleted while we read
            yield RemoteEvent(item["id"], "", item["id"], gone=True)
            return
        if item.get("type") == _MASTER and not translate.tag(item):
            return  # its occurrences are told
        series = item.get("seriesMasterId")
        if not isinstance(series, str) or not series:
            yield translate.event(item, titles=self._titles)
            return
        master = masters.get(series)
        if master is None or translate.tag(master):
            return  # gone by now, or one of our own that somebody let recur
        complete = asked or item.get("type") != _OCCURRENCE
        yield translate.event(item, titles=self._titles, master=None if complete else master)

    def _masters(self, told: dict[str, Json], whole: dict[str, Json]) -> dict[str, Json]:
        """The series of all occurrences, from this page where they are in it."""
        named = dict.fromkeys(
            one["seriesMasterId"] for one in told.values() if isinstance(one.get("seriesMasterId"), str)
        )
        present = (id_ for id_ in named if id_ in told and "@removed" not in told[id_])
        here = {id_: {**told[id_], **whole.get(id_, {})} for id_ in present}
        missing = [id_ for id_ in named if id_ not in here]
        return here | self._ask(missing)

    def _ask(self, ids: list[str]) -> dict[str, Json]:
        """What is there of these, with the properties that make an event ours."""
        paths = (
            f"me/calendars/{quoted(self._calendar)}/events/{quoted(id_)}?$expand={_EXPAND}" for id_ in ids
        )
        answers = self._api.many(paths) if ids else []
        return {id_: one for id_, one in zip(ids, answers, strict=True) if one is not None}


_EXPAND: Final = quoted(translate.EXPAND)


def _is_short(item: Json) -> bool:
    """Whether there is more to know of it: it may be one of ours; or an exception that tells no more of itself than an
    occurrence does; or it left the window, which is told as if it had been deleted, and with a booking's event that
    makes a difference."""
    bare = item.get("type") == "exception" and "showAs" not in item
    return bare or "@removed" in item or translate.is_ours(item)
