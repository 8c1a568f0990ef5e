"""What must be true when all is quiet; each worked out from the rows and the model, with nothing of the product's."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from gateway.core.remote import Reply, Showing
from gateway.services import accounts, verify
from tests.diary import claimed, overlaps, troubles
from tests.simulation.appointments import Appointment, Span
from tests.simulation.company import Edit, Entry
from tests.simulation.stage import DAYS_AHEAD
from tests.simulation.world import World

# When a booking is there, under which title, and by whose connection.
Expected = tuple[Span, str, int | None]

_SHOWN = (0, 1, 3, 4)
_FREE = {Showing.FREE, Showing.WORKING_LOCATION, Showing.WORKING_ELSEWHERE, Showing.BIRTHDAY}
_UNSURE = {Reply.TENTATIVE, Reply.UNANSWERED}
_RAILS = {"Eastern Time (US & Canada)": "America/New_York"}


def problems(world: World) -> list[str]:
    return [
        *elsewhere(world),
        *_objects(world),
        *_settled(world),
        *_app(world),
        *_timeline(world),
        *_invented(world),
    ]


def elsewhere(world: World) -> list[str]:
    """What hangs on what was read and written at the provider's."""
    return [*_events(world), *_busy(world)]


# Rows


def _bookings(world: World) -> dict[int, dict[str, Any]]:
    names = (
        "id",
        "staff",
        "starts",
        "ends",
        "status",
        "service",
        "customer",
        "name",
        "event",
        "told",
        "notes",
        "reason",
    )
    rows = world.sql(
        "SELECT b.id, b.staff_member_id, b.start_time AT TIME ZONE 'UTC', b.end_time AT TIME ZONE 'UTC', b.status,"
        " s.name, c.first_name || ' ' || c.last_name, st.name, b.calendar_event_id, b.calendar_event_status,"
        " coalesce(b.notes, ''), b.cancellation_reason"
        " FROM bookings b JOIN services s ON s.id = b.service_id JOIN tenant_customers c ON c.id = b.tenant_customer_id"
        " JOIN staff_members st ON st.id = b.staff_member_id WHERE b.business_id = 1 ORDER BY b.id"
    )
    return {row[0]: dict(zip(names, row, strict=True)) for row in rows}


def _receivers(world: World) -> list[tuple[str, str, int | None, str]]:
    """(calendar, detail, whose, mailbox) of what receives; an account's calendar that is reached by several ways is
    there several times, the own one first."""
    return world.sql(
        "SELECT c.remote_id, k.detail, k.staff_member_id, k.account_key FROM daybridge.calendar_connections k"
        " JOIN daybridge.connection_calendars c ON c.connection_id = k.id AND c.receives AND c.listed"
        " WHERE k.connected_at IS NOT NULL AND k.closed_at IS NULL ORDER BY k.staff_member_id IS NULL, k.id"
    )


def wanted(world: World) -> dict[tuple[str, int], Expected]:
    """By calendar and booking, what shall be there: when, under which title, and by whose connection."""
    found: dict[tuple[str, int], Expected] = {}
    for remote_id, detail, staff, _ in _receivers(world):
        for id_, one in _bookings(world).items():
            if one["status"] in _SHOWN and staff in (None, one["staff"]):
                span = one["starts"], one["ends"]
                found.setdefault((remote_id, id_), (span, _title(one, detail, team=staff is None), staff))
    return found


def _title(one: dict[str, Any], detail: str, *, team: bool) -> str:
    if detail == "busy":
        return "Busy"
    whose = f"{one['name']}: " if team else ""
    whom = f" – {one['customer']}" if detail == "full" else ""
    return f"{whose}{one['service']}{whom}"


# Events at the provider's


def _events(world: World) -> Iterator[str]:
    expected, now = wanted(world), world.now()
    there = Counter[tuple[str, int]]()
    for mailbox in world.company.mailboxes.values():
        for calendar in mailbox.calendars.values():
            for entry in calendar.bookings():
                key = calendar.id, entry.booking_id
                there[key] += 1
                yield from _event(world, entry, key, expected.get(key), now)
    yield from (
        f"{key} is there {count} times" for key, count in there.items() if count > 1 and key in expected
    )
    for key, ((_, ends), title, _) in expected.items():
        if not there[key] and ends > now:
            yield f"{key} ({title}) is nowhere"


def _event(
    world: World, entry: Entry, key: tuple[str, int], expected: Expected | None, now: datetime
) -> Iterator[str]:
    shown, left = entry.says, world.may_be_left(key[0])
    if expected is None:
        if not left:
            yield f"{entry.id} of {key} is there and should not be"
    elif left and expected[0][1] <= now:
        pass  # what is over isn't looked after any more
    elif ((shown.starts_at, shown.ends_at), shown.summary) != expected[:2]:
        said = f"{shown.starts_at}-{shown.ends_at} {shown.summary}"
        yield f"{entry.id} of {key} shows {said}, not {expected}"
    elif shown.declined or shown.recurs or shown.all_day or "untagged" in shown.additions:
        yield f"{entry.id} of {key} is declined, recurs, lasts all day or has lost its mark"


# Calendar objects


def _objects(world: World) -> Iterator[str]:
    yield from (str(one) for one in verify.verify(world.stage.deps.database, world.now()).differences)
    held = {
        (staff, id_): (starts, ends)
        for staff, id_, starts, ends in world.sql(
            "SELECT c.staff_member_id, o.booking_id, o.starts_at, o.ends_at FROM daybridge.calendar_objects o"
            " JOIN daybridge.calendars c ON c.id = o.calendar_id AND c.kind = 'bookings' AND c.detail = 'full'"
            " WHERE o.business_id = 1 AND NOT o.deleted AND o.booking_id IS NOT NULL"
        )
    }
    shown = {
        (one["staff"], id_): (one["starts"], one["ends"])
        for id_, one in _bookings(world).items()
        if one["status"] in _SHOWN
    }
    if held != shown:
        yield f"calendar objects {held} for bookings {shown}"


# Time taken


def _busy(world: World) -> Iterator[str]:
    yield from troubles(world.stage.sql)
    if world.plan.enforced:
        yield from (f"{pair} are booked over each other" for pair in overlaps(claimed(world.stage.sql)))
    since, until = world.now(), world.now() + timedelta(days=DAYS_AHEAD - 2)
    held = {
        (source, staff, start, end)
        for source, staff, start, end in world.sql(
            "SELECT source, staff_member_id, lower(during), upper(during) FROM daybridge.busy"
            " WHERE business_id = 1 AND source <> 'booking'"
        )
        if end > since and start < until
    }
    wanted = {one for one in _expected(world, until) if one[3] > since}
    for one in sorted(held - wanted, key=str):
        yield f"held and should not be: {_words(one)}"
    for one in sorted(wanted - held, key=str):
        yield f"not held and should be: {_words(one)}"


def _words(one: tuple[str, int, datetime, datetime]) -> str:
    return f"{one[0]} of {one[1]}, {one[2].astimezone(UTC):%m-%d %H:%M}-{one[3].astimezone(UTC):%m-%d %H:%M}"


def _expected(world: World, until: datetime) -> Iterator[tuple[str, int, datetime, datetime]]:
    [(zone,)] = world.sql("SELECT time_zone FROM businesses WHERE id = 1")
    zone = _RAILS.get(zone, zone)
    for staff, blocks in world.blocks.items():
        for block in blocks.values():
            yield from (("block", staff, *span) for span in block.spans(zone, until))
    rows = world.sql(
        "SELECT k.staff_member_id, k.account_key, c.remote_id, k.tentative_blocks, k.all_day_blocks"
        " FROM daybridge.calendar_connections k JOIN daybridge.connection_calendars c ON c.connection_id = k.id"
        " WHERE k.closed_at IS NULL AND c.blocks AND k.staff_member_id IS NOT NULL"
    )
    for staff, name, remote_id, tentative, all_day in rows:
        for one in world.company.mailboxes[name].every[remote_id].appointments():
            if _blocks(one, tentative=tentative, all_day=all_day):
                yield from (("external", staff, *span) for span in one.spans(zone, until))


def _blocks(one: Appointment, *, tentative: bool, all_day: bool) -> bool:
    if one.showing in _FREE or one.reply is Reply.DECLINED:
        return False
    return (tentative or one.reply not in _UNSURE) and (all_day or not one.all_day)


# Ours


def _settled(world: World) -> Iterator[str]:
    for row in world.sql(
        "SELECT booking_id, connection_id, wanted, pushed, look, last_error FROM daybridge.calendar_event_mappings"
        " WHERE wanted > pushed OR look OR last_error <> ''"
    ):
        yield f"mapping not settled: {row}"
    for id_, _, _ in world.open_connections():
        told = accounts.view(world.deps, world.manager, id_).told
        if told.state != "in_step":
            yield f"connection {id_} is {told.state}: {told.sentence}"


def _app(world: World) -> Iterator[str]:
    """What the booking app is told in its own two columns."""
    there = {
        (entry.booking_id, entry.id)
        for mailbox in world.company.mailboxes.values()
        for calendar in mailbox.calendars.values()
        for entry in calendar.bookings()
    }
    expected = {id_ for _, id_ in wanted(world)}
    for id_, one in _bookings(world).items():
        told = one["event"], one["told"]
        if id_ in expected:
            # What is over isn't looked after any more.
            if one["ends"] > world.now() and (told[1] != 2 or (id_, told[0]) not in there):
                yield f"booking {id_} is told to be in {told}"
        elif told not in ((None, 0), (None, None)):
            yield f"booking {id_} is in no calendar and told to be in {told}"


# The timeline


def _timeline(world: World) -> Iterator[str]:
    """Nothing that a person did to a booking's event is dropped without a word."""
    rows = _bookings(world)
    for edit in world.company.obligations:
        lines = world.sql(
            "SELECT 1 FROM daybridge.calendar_sync_logs WHERE booking_id = %s AND id > %s"
            " AND (via = 'provider' OR action = 'take away') LIMIT 1",
            edit.booking_id, edit.mark,
        )  # fmt: skip
        if not lines and not _excused(world, edit, rows):
            yield f"nothing became of: {edit}"


def _excused(world: World, edit: Edit, rows: dict[int, dict[str, Any]]) -> bool:
    if edit.idle or edit.booking_id not in rows:
        return True
    one = rows[edit.booking_id]
    if edit.what == "move" and edit.span == (one["starts"], one["ends"]):
        return True
    turns = world.turns.get(edit.booking_id, [])
    before = [flag for mark, flag in turns if mark <= edit.mark]
    return any(mark >= edit.mark and not flag for mark, flag in turns) or (bool(before) and not before[-1])


def _invented(world: World) -> Iterator[str]:
    """Nothing becomes of what nobody did."""
    rows = world.sql(
        "SELECT id, booking_id, action, outcome, after FROM daybridge.calendar_sync_logs WHERE via = 'provider'"
        # Nobody can tell whose version was there, a person's or ours, and that is what the line says.
        """ AND NOT reasons @> '[{"code": "UNSURE"}]' ORDER BY id"""
    )
    for id_, booking_id, action, outcome, after in rows:
        edits = [one for one in world.edits if one.booking_id == booking_id and one.mark < id_]
        if action == "cancel" or outcome == "asked":
            edits = [one for one in edits if one.what in ("delete", "decline")]
        elif action == "move" and outcome == "accepted":
            span = tuple(datetime.fromisoformat(str(after[name])) for name in ("start", "end"))
            edits = [one for one in edits if one.span == span]
        if not edits:
            yield f"nobody did this: {action} of {booking_id}, {outcome}, {after}"


_ = ZoneInfo
