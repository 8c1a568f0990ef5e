"""caldav-server-tester against stock Radicale 3.9.0 and against us: what it can do, we can do.

The tester stores its own events in Alice's calendar, as her app would store blocks, and looks at what comes of them:
reading, searching, sync, free-busy, and all of writing. Not compared, each for the reason given below: calendars that
a client makes, tasks and journals. `well-known` can't be, for the tester doesn't ask a server on this machine;
test_servers.py does.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from caldav import DAVClient
from caldav_server_tester import ServerQuirkChecker, checks
from radicale import config
from radicale.app import Application

import wsgi
from tests.caldav.editing import SUNDAY, at
from tests.clients.conftest import serving
from tests.conftest import LiveServer, Town

pytestmark = [pytest.mark.client, pytest.mark.xdist_group("server tester")]

# Features, or groups of them, that stock Radicale has and we have not, on purpose.
OUT_OF_SCOPE = {
    "create-calendar": "calendars are made by the booking system",
    "delete-calendar": "calendars are made by the booking system",
    "synchronous-write.create-calendar": "calendars are made by the booking system",
    "synchronous-write.delete-calendar": "calendars are made by the booking system",
    "url.encode-at.literal.collection": "calendars are made by the booking system, without an @ in their names",
    "save.duplicate-uid.cross-calendar": "asked of a second calendar that the tester would make",
    "save-load.todo": "bookings and blocks are events; there are no tasks",
    "save-load.journal": "bookings and blocks are events; there are no journals",
    "search.time-range.todo": "there are no tasks",
    "search.recurrences.includes-implicit.todo": "there are no tasks",
    "search.time-range.open": "asked of tasks only; test_caldav_library.py asks it of bookings",
}

# What was closed while calendars could only be read, and has to be there now.
OF_WRITING = {
    "save-load.event.no-dtend",
    "save-load.event.no-summary",
    "save-load.event.recurrences.exception.cancelled",
    "save-load.event.recurrences.exception.reschedule",
    "save-load.icalendar.related-to",
    "save-load.mutable",
    "save-load.mutable.attendee-partstat",
    "save-load.mutable.if-match-optional",
    "save.duplicate-event",
    "save.etag",
    "save.if-none-match",
    "save.no-uid-conflict",
}


class EventsOnly(checks.PrepareCalendar):
    """The tester's events, without the tasks and journals that our calendars refuse."""

    def _prepare_task_calendar(self, *_: object) -> bool:
        self.set_feature("save-load.todo", False)
        return False

    def _prepare_journal_calendar(self, *_: object) -> None:
        self.set_feature("save-load.journal", False)


def supported(checker: ServerQuirkChecker) -> dict[str, bool]:
    """What was looked at, and whether it is there. What the tester could not tell is left out."""
    seen = checker.features_checked
    levels = {name: seen.is_supported(name, str) for name in seen.dotted_feature_set_list(compact=False)}
    return {name: level in ("full", "quirk") for name, level in levels.items() if level != "unknown"}


def of_stock(folder: Path) -> dict[str, bool]:
    """What stock Radicale supports, of everything that the tester knows."""
    chosen = config.load()
    plain = {"auth": {"type": "none"}, "storage": {"filesystem_folder": str(folder)}, "web": {"type": "none"}}
    chosen.update({**plain, "logging": {"level": "critical"}}, "tests")
    with (
        serving(Application(chosen)) as address,
        DAVClient(url=address, username="alice", password="any") as client,
    ):
        checker = ServerQuirkChecker(client, debug_mode=None)
        checker.check_all()
        return supported(checker)


def of_ours(town: Town) -> dict[str, bool]:
    """What we support, of everything that the tester knows."""
    alice = town.alice
    with (
        serving(wsgi.mount(town.deps)) as address,
        DAVClient(url=address, username=alice.email, password=alice.password) as client,
    ):
        checker = ServerQuirkChecker(client, debug_mode=None)
        checker.expected_features.set_feature("test-calendar.compatibility-tests", {"name": "Bookings"})
        EventsOnly(checker).run_check()
        checker._checks_run.add(checks.PrepareCalendar)
        for name in sorted(every_check()):
            getattr(checks, name)(checker).run_check()
        return supported(checker)


def every_check() -> set[str]:
    return {name for name, thing in vars(checks).items() if isinstance(thing, type) and is_check(thing)}


def is_check(thing: type) -> bool:
    return issubclass(thing, checks.Check) and thing not in (checks.Check, checks.PrepareCalendar)


@dataclass(frozen=True)
class Observed:
    stock: dict[str, bool]
    ours: dict[str, bool]

    @property
    def missing(self) -> set[str]:
        """What stock Radicale supports and we don't, or what could not even be asked of us."""
        return {name for name, there in self.stock.items() if there and not self.ours.get(name, False)}


@pytest.fixture(scope="module")
def observed(looked_at: LiveServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Observed]:
    return Observed(of_stock(tmp_path_factory.mktemp("radicale")), of_ours(at(looked_at.town, SUNDAY)))


def excused(name: str) -> bool:
    return any(name == group or name.startswith(f"{group}.") for group in OUT_OF_SCOPE)


def test_whatever_stock_radicale_can_answer_we_can_answer(observed):
    assert {name for name in observed.missing if not excused(name)} == set()


def test_the_list_of_what_we_leave_out_names_nothing_that_we_have(observed):
    assert not [
        group for group in OUT_OF_SCOPE if not any(name.startswith(group) for name in observed.missing)
    ]


def test_nearly_everything_was_compared(observed):
    both = {name for name, there in observed.stock.items() if there and observed.ours.get(name)}
    assert len(both) > 55
    assert both > OF_WRITING | {
        "freebusy-query",
        "search.recurrences.expanded.event",
        "search.recurrences.includes-implicit.event",
        "search.text.substring",
        "search.time-range.event",
        "sync-token.delete",
        "propfind",
    }


def test_we_can_more_than_stock_radicale(observed):
    """RFC 6578 3.7: a sync in pages, from the first on."""
    more = {name for name, there in observed.ours.items() if there and not observed.stock.get(name, False)}
    assert more >= {
        "sync-token.limit",
        "sync-token.limit.initial-sync",
        "auth.www-authenticate.usable-scheme",
    }
