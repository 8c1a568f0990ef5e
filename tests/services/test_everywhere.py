"""The promises of connected accounts, kept with every provider alike: by the real engine, and over sockets.

What is particular to one provider is proved in tests/providers; what is common to their ports, in its contract. Here
bookings, people and workers meet, and what they end with has to be the same everywhere.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from gateway.core import keys
from gateway.core.blocking import BlockRules
from gateway.core.connection import State, state
from gateway.core.model import Event
from gateway.core.remote import RemoteEvent, Reply, Showing, Stamp
from gateway.db import calendars, connections
from gateway.providers.port import Account, CalendarProvider, Door, Provider
from gateway.services import accounts, connect, disconnect, preview, probe, serve
from gateway.services.accounts import Owner
from gateway.services.connect import NeedsConsent, Return
from gateway.services.deps import Deps
from gateway.services.let_in import Place, let_in
from tests.conftest import Town
from tests.providers.harness import ADDRESS, BERLIN, HOUR, Harness, Theirs, present
from tests.providers.harness_caldav import Caldav, CaldavWorld, Unending
from tests.providers.harness_google import Google, GoogleWorld
from tests.providers.harness_microsoft import Microsoft, MicrosoftWorld

DAY = timedelta(days=1)
SESSION = "the browser's own key"
ROUNDS = 40


class Counting:
    """A provider that counts what is written there."""

    def __init__(self, provider: CalendarProvider, writes: list[str]) -> None:
        self._provider, self._writes = provider, writes

    def __getattr__(self, name: str) -> object:
        return getattr(self._provider, name)

    def put(self, calendar: str, key: str, event: Event, seen: Stamp | None) -> Stamp:
        self._writes.append("put")
        return self._provider.put(calendar, key, event, seen)

    def delete(self, calendar: str, stamp: Stamp) -> None:
        self._writes.append("delete")
        self._provider.delete(calendar, stamp)


@dataclass
class World:
    """Harbor Hair, and one account of Alice's at a provider."""

    town: Town
    deps: Deps
    harness: Harness
    writes: list[str]

    @property
    def owner(self) -> Owner:
        return Owner(1, 11, "Alice", True)

    @property
    def ten(self) -> datetime:
        """Nine o'clock in UTC, about a week ahead: the clock of a provider goes on from test to test."""
        return (self.harness.clock.now + 7 * DAY).replace(hour=9, minute=0, second=0, microsecond=0)

    @property
    def compares(self) -> bool:
        """Whether versions are compared, because the server tells no changes: what is deleted there before we have read
        it once is noticed only when everything is read."""
        server = getattr(self.harness, "world", None)
        return server is not None and getattr(server, "forget_tokens", True) is None

    def connect(self, *, look_first: bool = False) -> int:
        name, door = self.harness.provider.name, self.harness.provider.authority
        if isinstance(door, Door):
            return connect.enter(
                self.deps, self.owner, name, self.harness.login, staff_id=11, look_first=look_first
            )
        if name == "practice":  # whose own page has no choice of accounts
            place, kind = Place(11), self.deps.providers[name]
            return let_in(self.deps, self.owner, kind, place, self.harness.grant, look_first=look_first)
        url = connect.begin(self.deps, self.owner, name, SESSION, staff_id=11)
        try:
            return self._finish(url, look_first)
        except NeedsConsent as again:
            return self._finish(again.url, look_first)

    def _finish(self, url: str, look_first: bool) -> int:
        told = self.harness.visit(url)
        back, name = Return(told["state"], told["code"]), self.harness.provider.name
        return connect.finish(self.deps, self.owner, name, SESSION, back, look_first=look_first)

    def settle(self) -> None:
        """What workers do, until nothing is due."""
        for _ in range(ROUNDS):
            self.town.settle()
            due = serve.due(self.deps)
            for business_id, connection_id in due:
                serve.serve(self.deps, business_id, connection_id)
            if not due:
                return
        raise AssertionError("there is no end to it")

    def later(self, by: timedelta = timedelta(seconds=301)) -> None:
        self.harness.clock.now += by
        self.settle()

    def book(self, start: datetime) -> int:
        [(id_,)] = self.town.sql(
            "INSERT INTO bookings (business_id, staff_member_id, service_id, tenant_customer_id, start_time, end_time,"
            " status, created_at, updated_at) VALUES (1, 11, 31, 61, %s, %s, 1, now(), now()) RETURNING id",
            start.replace(tzinfo=None), (start + HOUR).replace(tzinfo=None),
        )  # fmt: skip
        return int(str(id_))

    def row(self, booking: int) -> tuple[datetime, int]:
        [found] = self.town.sql(
            "SELECT start_time AT TIME ZONE 'UTC', status FROM bookings WHERE id = %s", booking
        )
        return found  # type: ignore[return-value]

    def change(self, booking: int, assignment: str) -> None:
        self.town.sql(f"UPDATE bookings SET {assignment} WHERE id = %s", booking)

    def event(self, booking: int) -> RemoteEvent | None:
        """What the account has of a booking; never twice."""
        with self.deps.database.tenant(1) as session:
            installation = calendars.installation(session)
        if self.harness.provider.name == "practice":
            self.harness.let_in_again()  # giving a grant back ends it for its owner too
        there = present(self.harness.open(), self.harness.main).values()
        found = [one for one in there if keys.booking_of(one.tag, installation) == booking]
        assert len(found) < 2, "a booking has two events"
        return found[0] if found else None

    def starts(self, booking: int) -> datetime | None:
        found = self.event(booking)
        return found.wanted.starts_at if found and found.wanted else None

    def busy(self) -> list[tuple[datetime, datetime]]:
        return self.town.sql(  # type: ignore[return-value]
            "SELECT lower(during), upper(during) FROM daybridge.busy WHERE source = 'external' ORDER BY 1, 2"
        )

    def state(self, connection: int) -> State:
        with self.deps.database.tenant(1, read_only=True) as session:
            found = connections.get(session, 1, connection)
        return state(found.facts, self.deps.now(), timedelta(seconds=300))


@pytest.fixture
def world(the_town: Town, harness: Harness, tmp_path: Path) -> World:
    return world_of(the_town, [harness], tmp_path)[0]


def world_of(the_town: Town, harnesses: list[Harness], tmp_path: Path) -> list[World]:
    """The same business, seen from each of these accounts."""
    secrets = tmp_path / "credentials.toml"
    secrets.touch(0o600)
    secrets.write_text(f'[keys]\nencryption = ["{base64.b64encode(bytes([7]) * 32).decode()}"]\n')
    writes: list[str] = []
    kinds = [counted(harness.provider, writes) for harness in harnesses]
    deps = replace(
        the_town.deps,
        settings=replace(the_town.deps.settings, credentials_file=str(secrets), public_url=ADDRESS),
        now=harnesses[0].clock,
        providers={kind.name: kind for kind in kinds},
    )
    the_town.sql("DELETE FROM bookings WHERE business_id = 1")
    the_town.sql(
        "UPDATE staff_members SET availability = (SELECT jsonb_object_agg(day,"
        ' \'[{"start": "00:00", "end": "23:59"}]\'::jsonb) FROM unnest(ARRAY[\'monday\', \'tuesday\','
        " 'wednesday', 'thursday', 'friday', 'saturday', 'sunday']) day) WHERE id = 11"
    )
    the_town.sql("UPDATE businesses SET time_zone = 'Europe/Berlin' WHERE id = 1")
    town = replace(the_town, deps=deps)
    return [World(town, deps, harness, writes) for harness in harnesses]


def counted(kind: Provider, writes: list[str]) -> Provider:
    def opened(account: Account) -> CalendarProvider:
        return Counting(kind.open(account), writes)  # type: ignore[return-value]

    return replace(kind, open=opened)


# From connecting to parting


def test_there_and_back(world: World) -> None:
    ten = world.ten
    world.harness.add(Theirs(ten, ten + HOUR))
    booking = world.book(ten + 3 * HOUR)
    connection = world.connect()
    world.settle()
    assert world.state(connection) is State.IN_STEP
    assert world.busy() == [(ten, ten + HOUR)]
    assert world.starts(booking) == ten + 3 * HOUR

    world.change(booking, "start_time = start_time + '1 hour', end_time = end_time + '1 hour'")
    world.settle()
    assert world.starts(booking) == ten + 4 * HOUR

    id_ = world.event(booking).id  # type: ignore[union-attr]
    world.harness.move(id_, HOUR)
    world.later()
    assert world.row(booking) == (ten + 5 * HOUR, 1)

    world.harness.move(id_, -5 * HOUR)  # onto an event of their own
    world.later()
    assert world.row(booking) == (ten + 5 * HOUR, 1)
    assert world.starts(booking) == ten + 5 * HOUR

    world.harness.rename(id_, "Lunch")
    world.later()
    assert "Lunch" not in world.event(booking).wanted.summary  # type: ignore[union-attr]

    world.change(booking, "status = 2")
    world.settle()
    assert world.event(booking) is None

    world.change(booking, "status = 1")
    world.settle()
    assert world.starts(booking) == ten + 5 * HOUR

    disconnect.begin(world.deps, world.owner, connection, remove=True)
    world.settle()
    assert world.state(connection) is State.DISCONNECTED
    assert world.event(booking) is None
    assert world.busy() == []


@pytest.mark.parametrize(("rule", "status"), [("cancel", 2), ("refuse", 1), ("ask", 1)])
def test_what_somebody_deletes_there(world: World, rule: str, status: int) -> None:
    ten = world.ten
    world.deps = replace(world.deps, settings=replace(world.deps.settings, writeback_on_delete=rule))
    booking = world.book(ten)
    world.connect()
    world.settle()
    if world.compares:
        world.later()
    world.harness.remove(world.event(booking).id)  # type: ignore[union-attr]
    world.later()
    assert world.row(booking) == (ten, status)
    assert (world.event(booking) is None) == (rule == "cancel")


def test_it_settles(world: World) -> None:
    """Whatever was done on both sides, the number of writes comes to an end."""
    ten = world.ten
    bookings = [world.book(ten + number * 2 * HOUR) for number in range(4)]
    world.harness.add(Theirs(ten + DAY, ten + DAY + HOUR, rule="FREQ=DAILY;COUNT=3"))
    world.connect()
    world.settle()
    assert world.writes.count("put") == 4
    world.harness.move(world.event(bookings[0]).id, timedelta(minutes=15))  # type: ignore[union-attr]
    world.harness.rename(world.event(bookings[1]).id, "Mine")  # type: ignore[union-attr]
    world.change(bookings[2], "end_time = end_time + '15 minutes'")
    for _ in range(3):
        world.later()
    world.writes.clear()
    for _ in range(3):
        world.later()
    world.later(8 * DAY)  # and a reading from the start
    assert world.writes == []


def test_connecting_again_doubles_nothing(world: World) -> None:
    ten = world.ten
    booking = world.book(ten)
    connection = world.connect()
    world.settle()
    assert world.connect() == connection
    world.settle()
    disconnect.begin(world.deps, world.owner, connection, remove=False)
    world.settle()
    assert world.event(booking)
    assert world.connect() == connection
    world.settle()
    world.later()
    assert world.starts(booking) == ten


def test_a_calendar_that_was_emptied_cancels_nothing(world: World) -> None:
    ten = world.ten
    bookings = [world.book(ten + number * 2 * HOUR) for number in range(8)]
    connection = world.connect()
    world.settle()
    if world.compares:
        world.later()
    for booking in bookings:
        world.harness.remove(world.event(booking).id)  # type: ignore[union-attr]
    world.later()
    assert world.state(connection) is State.STOPPED
    assert {world.row(booking)[1] for booking in bookings} == {1}


# What goes wrong there


@pytest.fixture
def faulty(world: World) -> World:
    """A world whose provider can be made to fail."""
    if not hasattr(world.harness, "server"):
        pytest.skip("its server can't be made to fail; tests/providers/caldav has a front that does")
    return world


def test_a_lost_answer_leaves_one_event(faulty: World) -> None:
    ten = faulty.ten
    faulty.connect()
    faulty.settle()
    faulty.harness.server.faults.lose_answer()
    booking = faulty.book(ten)
    faulty.later()
    faulty.later()
    assert faulty.starts(booking) == ten
    faulty.change(booking, "status = 2")
    faulty.harness.server.faults.lose_answer()
    faulty.later()
    faulty.later()
    assert faulty.event(booking) is None


def test_who_asks_us_to_wait_is_waited_for(faulty: World) -> None:
    ten = faulty.ten
    connection = faulty.connect()
    faulty.settle()
    faulty.harness.server.faults.throttle(times=1, retry_after=120)
    booking = faulty.book(ten)
    faulty.settle()
    assert faulty.state(connection) is State.PAUSED
    assert faulty.event(booking) is None
    faulty.later(timedelta(seconds=121))
    assert faulty.state(connection) is State.IN_STEP
    assert faulty.starts(booking) == ten


def test_who_shuts_us_out_is_told_and_what_waits_goes_out_afterwards(faulty: World) -> None:
    ten = faulty.ten
    faulty.harness.add(Theirs(ten, ten + HOUR))
    connection = faulty.connect()
    faulty.settle()
    shut_out(faulty.harness)
    booking = faulty.book(ten + 3 * HOUR)
    faulty.later(timedelta(hours=1, minutes=5))  # its access token has ended
    assert faulty.state(connection) is State.RECONNECT_NEEDED
    assert faulty.busy() == [(ten, ten + HOUR)], "the last copy goes on blocking"
    faulty.harness.let_in_again()
    assert faulty.connect() == connection
    faulty.settle()
    assert faulty.state(connection) is State.IN_STEP
    assert faulty.starts(booking) == ten + 3 * HOUR


def shut_out(harness: Harness) -> None:
    if isinstance(harness, Google):
        harness.server.revoke_grant(harness.main)
    else:
        harness.server.revoke(harness.email, "revoked")


def test_a_cursor_that_expired_loses_nothing(world: World) -> None:
    ten = world.ten
    booking = world.book(ten)
    gone = world.harness.add(Theirs(ten + DAY, ten + DAY + HOUR))
    world.connect()
    world.settle()
    try:
        world.harness.expire_cursors()
    except Unending as error:
        pytest.skip(str(error))
    world.harness.remove(gone)
    world.harness.add(Theirs(ten + 2 * DAY, ten + 2 * DAY + HOUR))
    world.later()
    assert world.busy() == [(ten + 2 * DAY, ten + 2 * DAY + HOUR)]
    assert world.row(booking) == (ten, 1)
    assert world.starts(booking) == ten


# What blocks


def test_a_busy_series_with_exceptions_blocks_the_same_everywhere(world: World) -> None:
    """Weekly, over the night on which clocks are put back and that on which they are put forward."""
    first = world.ten.replace(hour=8, minute=30)  # 9:30 in Berlin, in December
    series = world.harness.add(Theirs(first, first + HOUR, rule="FREQ=WEEKLY;COUNT=20"))
    world.harness.move_one(series, first + 7 * DAY, 2 * HOUR)
    world.harness.cancel_one(series, first + 14 * DAY)
    world.connect()
    world.settle()
    local = first.astimezone(BERLIN)
    wall = [(local + timedelta(weeks=n)).astimezone(UTC) for n in range(20)]
    expected = [one for number, one in enumerate(wall) if number not in (1, 2)] + [wall[1] + 2 * HOUR]
    assert world.busy() == sorted((one, one + HOUR) for one in expected)
    assert wall[18] - wall[0] == timedelta(weeks=18) - HOUR, "it goes over a change of the clocks"


@pytest.mark.parametrize("zone", ["Europe/Berlin", "Asia/Kolkata", "Australia/Adelaide"])
def test_a_calendar_full_of_everything_blocks_the_same_everywhere(world: World, zone: str) -> None:
    """Sundays at half past two in Berlin, a time that comes never on one night and twice on another; one of them moved,
    one cancelled, one lengthened, and one changed once we have read it; whole days on both nights, and invitations."""
    world.town.sql("UPDATE businesses SET time_zone = %s WHERE id = 1", zone)
    sunday = world.ten.astimezone(BERLIN) + (6 - world.ten.astimezone(BERLIN).weekday()) * DAY
    sundays = [sunday.replace(hour=2, minute=30) + timedelta(weeks=n) for n in range(50)]
    expected = {n: (one, one + HOUR) for n, one in enumerate(when.astimezone(UTC) for when in sundays)}
    series = world.harness.add(Theirs(expected[0][0], expected[0][1], rule="FREQ=WEEKLY;COUNT=50"))
    world.harness.move_one(series, expected[3][0], 2 * HOUR)
    world.harness.cancel_one(series, expected[4][0])
    world.harness.move_one(series, expected[5][0], timedelta(0), 3 * HOUR)
    nights = [date(2027, 3, 28), date(2027, 10, 31)]
    for night in nights:
        world.harness.add(Theirs(night, night + DAY))
    monday = expected[1][0] + DAY
    for number, reply in enumerate((Reply.ACCEPTED, Reply.TENTATIVE, Reply.DECLINED)):
        world.harness.add(Theirs(monday + 2 * number * HOUR, monday + (2 * number + 1) * HOUR, reply=reply))
    world.connect()
    world.settle()
    world.harness.move_one(series, expected[6][0], -HOUR, 2 * HOUR)
    world.later()
    expected[3] = (expected[3][0] + 2 * HOUR, expected[3][1] + 2 * HOUR)
    del expected[4]
    expected[5] = (expected[5][0], expected[5][0] + 3 * HOUR)
    expected[6] = (expected[6][0] - HOUR, expected[6][0] + HOUR)
    # Until half past three by the clocks: two hours later, where half past two comes twice and the first is meant. To
    # Windows it is the second, and Graph says so, in UTC.
    [late] = [n for n, when in enumerate(sundays) if when.date() == nights[1]]
    first, over = expected[late][0], expected[late][1] + HOUR
    expected[late] = (first + HOUR if isinstance(world.harness, Microsoft) else first, over)
    whole = [
        tuple(datetime.combine(one, time(), ZoneInfo(zone)) for one in (day, day + DAY)) for day in nights
    ]
    invited = [(monday, monday + HOUR), (monday + 2 * HOUR, monday + 3 * HOUR)]
    assert {when.date() for when in sundays} > set(nights)
    assert world.busy() == sorted([*expected.values(), *invited, *whole])  # type: ignore[list-item]


@pytest.mark.parametrize("zone", ["Europe/Berlin", "Asia/Kolkata", "Australia/Adelaide"])
def test_a_whole_day_is_a_day_at_the_business(world: World, zone: str) -> None:
    world.town.sql("UPDATE businesses SET time_zone = %s WHERE id = 1", zone)
    day = world.ten.date()
    world.harness.add(Theirs(day, day + DAY))
    world.connect()
    world.settle()
    start = datetime.combine(day, time(), ZoneInfo(zone)).astimezone(UTC)
    assert world.busy() == [(start, start + DAY)]


@pytest.mark.parametrize("reply", [Reply.ACCEPTED, Reply.TENTATIVE, Reply.UNANSWERED, Reply.DECLINED])
def test_invitations_block_by_their_answer(world: World, reply: Reply) -> None:
    ten = world.ten
    world.harness.add(Theirs(ten, ten + HOUR, reply=reply))
    connection = world.connect()
    world.settle()
    blocks = [(ten, ten + HOUR)]
    assert world.busy() == ([] if reply is Reply.DECLINED else blocks)
    view = accounts.view(world.deps, world.owner, connection)
    accounts.choose(
        world.deps,
        world.owner,
        connection,
        receives=None,
        blocks=[one.calendar.id for one in view.calendars if one.calendar.blocks],
        detail=view.connection.detail,
        rules=BlockRules(tentative=False),
        titles=False,
    )
    world.settle()
    assert world.busy() == (blocks if reply is Reply.ACCEPTED else [])


def test_what_is_free_blocks_nothing(world: World) -> None:
    ten = world.ten
    world.harness.add(Theirs(ten, ten + HOUR, showing=Showing.FREE))
    world.connect()
    world.settle()
    assert world.busy() == []


def test_the_second_time_of_an_hour_that_comes_twice(world: World) -> None:
    twice = datetime(2027, 10, 31, 1, 15, tzinfo=UTC)
    world.harness.add(Theirs(twice, twice + HOUR))
    world.connect()
    world.settle()
    assert world.busy() == [(twice, twice + HOUR)]


# Several at once


def test_several_providers_on_one_staff_member(
    the_town: Town,
    tmp_path: Path,
    google_world: GoogleWorld,
    microsoft_world: MicrosoftWorld,
    radicale_world: CaldavWorld,
) -> None:
    harnesses: list[Harness] = [Google(google_world), Microsoft(microsoft_world), Caldav(radicale_world)]
    latest = max(harnesses, key=lambda one: one.clock.now).clock.now
    for one in harnesses:
        one.clock.now = latest
    worlds = world_of(the_town, harnesses, tmp_path)
    first, ten = worlds[0], worlds[0].ten
    for number, one in enumerate(worlds):
        one.harness.add(Theirs(ten + number * HOUR, ten + (number + 1) * HOUR))
        one.connect()
    booking = first.book(ten + 5 * HOUR)
    first.settle()
    assert first.busy() == [(ten + n * HOUR, ten + (n + 1) * HOUR) for n in range(3)]
    assert [one.starts(booking) for one in worlds] == [ten + 5 * HOUR] * 3
    for number, one in enumerate(worlds, start=1):
        one.harness.move(one.event(booking).id, HOUR)  # type: ignore[union-attr]
        for each in harnesses:
            each.clock.now += timedelta(seconds=301)
        first.settle()
        assert first.row(booking) == (ten + (5 + number) * HOUR, 1)
        assert [each.starts(booking) for each in worlds] == [ten + (5 + number) * HOUR] * 3
    first.writes.clear()
    for _ in range(2):
        for each in harnesses:
            each.clock.now += timedelta(seconds=301)
        first.settle()
    assert first.writes == []


# Looking first, and testing


def test_what_would_change_is_what_changes(world: World) -> None:
    ten = world.ten
    world.harness.add(Theirs(ten, ten + HOUR))
    world.book(ten)
    world.book(ten + 5 * HOUR)
    connection = world.connect(look_first=True)
    found = preview.preview(world.deps, world.owner, connection)
    assert (found.adds, len(found.overlaps)) == (2, 1)
    world.later()
    assert (world.writes, world.busy()) == ([], [])


def test_a_calendar_can_be_tested(world: World) -> None:
    ten = world.ten
    world.harness.add(Theirs(ten, ten + HOUR))
    connection = world.connect()
    world.settle()
    busy = world.busy()
    found = probe.probe(world.deps, world.owner, connection, pause=lambda _: None)
    assert [one for one in found if one.ok is False] == []
    assert [one.name for one in found][-1] == "Taking away"
    world.later()
    assert world.busy() == busy
