"""What a signed-in person may do, in Radicale's letters. Called once for every object it lists, so: no look-up here."""

from __future__ import annotations

from collections.abc import Set as AbstractSet

from radicale.rights import BaseRights

from gateway.core.errors import NotYours
from radicale_plugin import places, visits


class Rights(BaseRights):
    """R reads a home, r reads a calendar. Writing never comes this way: `app` answers it before Radicale asks."""

    def authorization(self, user: str, user_groups: AbstractSet[str], path: str) -> str:
        visit = visits.current()
        if visit is None or not user:
            return ""
        try:
            place = places.find(path, visit.visitor)
        except NotYours:
            return ""
        return "r" if place.slug else "R"
