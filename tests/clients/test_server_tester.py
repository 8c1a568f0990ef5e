"""caldav-server-tester against stock Radicale 3.9.0 and against us: what it can do, we can do.

Compared is reading: discovery, properties, searches, sync, free-busy. The tester's own events come into our calendar
from behind the counter (counter.py), so its searches run unchanged. Not compared, each for the reason given below:
writing, and what only recurring events or tasks could show. `well-known` can't be, for the tester doesn't ask a server
on this machine; test_servers.py does.
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
from tests.clients.conftest import serving
from tests.clients.counter import Counter
from tests.conftest import LiveServer, Town

pytestmark = [pytest.mark.client, pytest.mark.xdist_group("server tester")]

# What these look at is the answer to a PUT, which is 403 for every event: calendars are read-only in this version.
# The scheduling ones need a scheduling server, which neither is.
WRITING = {
    "CheckAttendeePartstat",
    "CheckCancelledRecurrenceException",
    "CheckDuplicateEvent",
    "CheckDuplicateUID",
    "CheckEventWithoutDtend",
    "CheckEventWithoutSummary",
    "CheckIfMatchOptional",
    "CheckMutable",
    "CheckNoUidConflict",
    "CheckPutEtag",
    "CheckRelatedTo",
    "CheckRescheduleRecurrenceSeries",
    "CheckTodoNoDtstartSearch",
    "CheckTodoTimeRangeStrict",
    "CheckTodoUncomplete",
}

# Features, or groups of them, that stock Radicale has and we have not, on purpose.
OUT_OF_SCOPE = {
    "create-calendar": "calendars are made by the booking system",
    "delete-calendar": "calendars are made by the booking system",
    "synchronous-write.create-calendar": "calendars are made by the booking system",
    "synchronous-write.delete-calendar": "calendars are made by the booking system",
    "url.encode-at.literal.collection": "calendars are made by the booking system, without an @ in their names",
    "save-load.todo": "bookings are events; there are no tasks",
    "save-load.journal": "bookings are events; there are no journals",
    "search.time-range.todo": "there are no tasks",
    "search.time-range.open": "asked of tasks only; test_caldav_library.py asks it of bookings",
    "search.recurrences": "bookings don't recur; recurring events come with personal blocks",
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
    """What we support, of what can be asked of calendars that are only read."""
    alice = town.alice
    with (
        serving(Counter(wsgi.mount(town.deps), town, alice)) as address,
        DAVClient(url=address, username=alice.email, password=alice.password) as client,
    ):
        checker = ServerQuirkChecker(client, debug_mode=None)
        checker.expected_features.set_feature("test-calendar.compatibility-tests", {"name": "Bookings"})
        EventsOnly(checker).run_check()
        checker._checks_run.add(checks.PrepareCalendar)
        for name in sorted(every_check() - WRITING):
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
    return Observed(of_stock(tmp_path_factory.mktemp("radicale")), of_ours(looked_at.town))


def excused(name: str) -> bool:
    return any(name == group or name.startswith(f"{group}.") for group in OUT_OF_SCOPE)


def checked_by(names: set[str]) -> set[str]:
    """The features that some checks look at."""
    return {feature for name in names for feature in getattr(checks, name).features_to_be_checked}


def test_whatever_stock_radicale_can_answer_we_can_answer(observed):
    assert {name for name in observed.missing if not excused(name)} - checked_by(WRITING) == set()


def test_the_list_of_what_we_leave_out_names_nothing_that_we_have(observed):
    assert not [
        group for group in OUT_OF_SCOPE if not any(name.startswith(group) for name in observed.missing)
    ]


def test_most_of_reading_was_compared(observed):
    both = {name for name, there in observed.stock.items() if there and observed.ours.get(name)}
    assert len(both) > 35
    assert both > {
        "freebusy-query",
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
