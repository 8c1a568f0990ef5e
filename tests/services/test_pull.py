"""A large account is read page by page: what its pages come to, and what is left where one of them fails."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from gateway.core.connection import State
from gateway.core.errors import Unavailable
from gateway.core.remote import Page, Window
from gateway.providers.port import CalendarProvider
from tests.conftest import Town
from tests.linked import Linked, event
from tests.servers.google import start as start_google

PAGES = 7


@dataclass
class Manner:
    """How an account tells its events: before which pages it breaks off, once each, and whether the last is empty."""

    breaks: set[int] = field(default_factory=set)
    ends_empty: bool = False


@dataclass
class OneByOne:
    """An account that tells each event on a page of its own."""

    inner: CalendarProvider
    manner: Manner
    events: list[Page] = field(default_factory=list)

    def __getattr__(self, name: str) -> object:
        return getattr(self.inner, name)

    def changes(self, calendar: str, cursor: str, window: Window) -> Page:
        if cursor and not cursor.startswith("page "):
            return self.inner.changes(calendar, cursor, window)
        if not cursor:
            whole = self.inner.changes(calendar, "", window)
            assert whole.last
            told = [(one,) for one in whole.events] + [()] * self.manner.ends_empty
            self.events = [Page(page, whole.cursor, last=False) for page in told]
        number = int(cursor.removeprefix("page ") or 0)
        if number in self.manner.breaks:
            self.manner.breaks.remove(number)
            raise Unavailable(host="Google", reason="it answered 503")
        following = number + 1
        if following == len(self.events):
            return replace(self.events[number], last=True)
        return replace(self.events[number], cursor=f"page {following}")


@pytest.fixture
def world(the_town: Town, tmp_path: Path) -> Iterator[Linked]:
    with start_google(allow_http=True) as google:
        yield Linked.build(the_town, google, tmp_path)


@pytest.fixture
def manner(world: Linked) -> Manner:
    """That of Alice's account, which holds some events."""
    chosen = Manner()
    kind = world.deps.providers["google"]
    opened = replace(kind, open=lambda account: OneByOne(kind.open(account), chosen))
    world.deps = replace(world.deps, providers={**world.deps.providers, "google": opened})
    alice = world.account()
    for number in range(PAGES):
        alice.create(event("Private", world.in_days(2 + number)))
    return chosen


def shown(world: Linked) -> int:
    """How many times of others Alice's calendar apps are told."""
    [(found,)] = world.town.sql(
        "SELECT count(*) FROM daybridge.calendar_objects o JOIN daybridge.calendars c ON c.id = o.calendar_id"
        " WHERE c.kind = 'busy' AND c.staff_member_id = 11 AND NOT o.deleted"
    )
    return int(str(found))


def steps(world: Linked) -> int:
    """How often that calendar has moved on."""
    [(found,)] = world.town.sql(
        "SELECT revision FROM daybridge.calendars WHERE kind = 'busy' AND staff_member_id = 11"
    )
    return int(str(found))


@pytest.mark.parametrize("ends_empty", [False, True])
def test_what_many_pages_hold_blocks_and_is_shown(world: Linked, manner: Manner, ends_empty: bool) -> None:
    manner.ends_empty = ends_empty
    connection = world.connect(world.owner(world.town.alice))
    before = steps(world)
    world.settle()
    assert world.state(connection) is State.IN_STEP
    assert (len(world.busy()), shown(world)) == (PAGES, PAGES)
    assert steps(world) - before == 4, "after the first page, the second, the fourth and the last"


@pytest.mark.parametrize("page", range(1, PAGES))
def test_what_was_read_before_a_page_failed_blocks_and_all_is_shown_in_the_end(
    world: Linked, manner: Manner, page: int
) -> None:
    manner.breaks.add(page)
    connection = world.connect(world.owner(world.town.alice))
    world.settle()
    assert world.state(connection) is not State.IN_STEP
    assert len(world.busy()) == page
    assert shown(world) >= page / 2
    world.later(minutes=30)
    assert world.state(connection) is State.IN_STEP
    assert (len(world.busy()), shown(world)) == (PAGES, PAGES)
