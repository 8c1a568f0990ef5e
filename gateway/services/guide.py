"""What the help pages tell of this installation: its periods, its limits, and which accounts can be connected here.

All of it is taken from where it is decided, so that no page can say something else.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from gateway.core import brake, browser, edit
from gateway.core.booking import LONGEST_NOTES
from gateway.core.guide import span
from gateway.core.language import _
from gateway.providers.caldav import quirks
from gateway.services import connect, feed, grant, prune, watch
from gateway.services.deps import Deps

# Kinds of accounts that can call us; the others have to be asked.
_CALLS = ("google", "microsoft")


@dataclass(frozen=True, slots=True)
class Server:
    """A provider of password accounts that we know. `made_at` says where a password for us is made, empty where the
    account's own will do; `instead` what people do where no password helps."""

    title: str
    made_at: str
    instead: str


@dataclass(frozen=True, slots=True)
class Known:
    """Periods are in words ("15 minutes"), shares in percent.

    `server` is the address that calendar apps are given. `offered` are the kinds of accounts that can be connected, by
    name; `called` are those that call us when something changes, `wishes` what each asks its owner for.
    """

    server: str
    offered: frozenset[str]
    called: frozenset[str]
    titles: Mapping[str, str]
    wishes: Mapping[str, tuple[str, ...]]
    servers: tuple[Server, ...]
    poll: str
    ahead: str
    sign_in_link: str
    signed_in: str
    way_there: str
    undecided: str
    timeline: str
    tombstones: str
    repeats: str
    tallies: str
    feed_refresh: str
    longest: str
    longest_notes: int
    some_bookings: int
    share_of_bookings: int
    some_events: int
    share_of_events: int


def known(deps: Deps) -> Known:
    """The facts, as this installation is set up; nothing of any business."""
    settings = deps.settings
    return Known(
        server=f"{settings.address}/dav/",
        offered=frozenset(deps.providers),
        called=frozenset(name for name in _CALLS if watch.address(deps, name)),
        titles={name: _(kind.title) for name, kind in deps.providers.items()},
        wishes={
            name: connect.wishes(deps, name) for name in deps.providers if not connect.is_door(deps, name)
        },
        servers=tuple(Server(row.title, _(row.made_at), _(row.instead)) for row in quirks.PROVIDERS),
        poll=span(timedelta(seconds=settings.sync_poll_seconds)),
        ahead=span(timedelta(days=settings.sync_import_days_ahead)),
        sign_in_link=span(grant.SIGN_IN_LINK_LIFE),
        signed_in=span(browser.LIFE),
        way_there=span(connect.LIFE),
        undecided=span(prune.ONE_DECIDES_IN),
        timeline=span(prune.TIMELINE_IS_KEPT),
        tombstones=span(timedelta(days=settings.tombstone_days)),
        repeats=span(prune.KEYS_ARE_KEPT),
        tallies=span(prune.TALLIES_ARE_KEPT),
        feed_refresh=span(feed.REFRESH),
        longest=span(edit.LONGEST),
        longest_notes=LONGEST_NOTES,
        some_bookings=brake.OF_BOOKINGS.least,
        share_of_bookings=round(brake.OF_BOOKINGS.share * 100),
        some_events=brake.OF_OTHERS.least,
        share_of_events=round(brake.OF_OTHERS.share * 100),
    )
