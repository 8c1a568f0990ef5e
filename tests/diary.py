"""The booking app's diary of one day, kept by plain SQL; and what must be true of the time that its bookings hold."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

import psycopg
import pytest

DAY = "2032-01-05"
# Services that several customers book together: an experience and an event.
BATH, RETREAT = 33, 34

_BOOK = """
    INSERT INTO public.bookings (business_id, staff_member_id, service_id, start_time, end_time, status, created_at,
                                 updated_at)
    VALUES (%s, %s, %s, %s, %s, %s, now(), now()) RETURNING id
"""


def at(hour: str) -> str:
    return f"{DAY} {hour}"


class Diary:
    """The app at one connection. Hours are those of one day, in UTC; staff members 11 and 12 are of business 1."""

    def __init__(self, connection: psycopg.Connection) -> None:
        self.connection = connection
        self.warnings: list[str] = []
        connection.add_notice_handler(self._hear)

    def _hear(self, notice: psycopg.errors.Diagnostic) -> None:
        if notice.severity_nonlocalized == "WARNING":
            self.warnings.append(notice.message_primary or "")

    def book(
        self,
        start: str,
        end: str,
        *,
        staff: int | None = 11,
        status: int | None = 1,
        service: int | None = 31,
        business: int | None = 1,
    ) -> int:
        values = (business, staff, service, at(start), at(end), status)
        return int(self.connection.execute(_BOOK.encode(), values).fetchone()[0])  # type: ignore[index]

    def move(self, booking: int, start: str, end: str) -> None:
        statement = "UPDATE bookings SET start_time = %s, end_time = %s WHERE id = %s"
        self.run(statement, at(start), at(end), booking)

    def set(self, booking: int, assignment: str) -> None:
        """`status = 2`, `staff_member_id = 12` and the like."""
        self.run(f"UPDATE bookings SET {assignment} WHERE id = %s", booking)

    def cancel(self, booking: int) -> None:
        self.set(booking, "status = 2")

    def run(self, statement: str, *values: object) -> int:
        return self.connection.execute(statement.encode(), values or None).rowcount

    def rows(self, statement: str, *values: object) -> list[tuple]:
        return self.connection.execute(statement.encode(), values or None).fetchall()

    def enforce(self, business: int = 1, how: str = "enforce") -> None:
        self.run(
            "INSERT INTO daybridge.business_settings (business_id, enforcement) VALUES (%s, %s)"
            " ON CONFLICT (business_id) DO UPDATE SET enforcement = EXCLUDED.enforcement",
            business, how,
        )  # fmt: skip

    def buffer(self, minutes: int | None) -> None:
        self.run("DELETE FROM booking_policies WHERE business_id = 1")
        self.run(
            "INSERT INTO booking_policies (business_id, buffer_time_mins, created_at, updated_at)"
            " VALUES (1, %s, now(), now())",
            minutes,
        )

    def held(self) -> dict[int, tuple[int, str, str]]:
        """By booking: whose time it holds, from when to when."""
        return {
            id_: (staff, start, end)
            for id_, staff, start, end in self.rows(
                "SELECT source_id, staff_member_id, to_char(lower(during) AT TIME ZONE 'UTC', 'HH24:MI'),"
                " to_char(upper(during) AT TIME ZONE 'UTC', 'HH24:MI') FROM daybridge.busy"
                " WHERE source = 'booking' AND lower(during) >= '2032-01-01'"
            )
        }

    def flagged(self) -> set[int]:
        """The bookings that are there although their time was taken."""
        return {id_ for (id_,) in self.rows("SELECT source_id FROM daybridge.busy WHERE conflict")}

    def noted(self) -> list[tuple[str, int, list[str]]]:
        """What the timeline says came by SQL: outcome, booking, reasons' codes."""
        rows = self.rows(
            "SELECT outcome, booking_id, reasons FROM daybridge.calendar_sync_logs WHERE via = 'sql' ORDER BY id"
        )
        return [(outcome, id_, [reason["code"] for reason in reasons]) for outcome, id_, reasons in rows]


def reasons(error: psycopg.errors.ExclusionViolation) -> list[tuple[str, str]]:
    """Why the database refused: code and what stands there."""
    return [(one["code"], one.get("source", "")) for one in json.loads(error.diag.message_detail or "[]")]


# Statements, to be refused


def refused(diary: Diary, statement: str) -> list[tuple[str, str]]:
    """The reasons for which a statement is refused; the transaction goes on as if it had never been."""
    with pytest.raises(psycopg.errors.ExclusionViolation) as raised, diary.connection.transaction():
        diary.run(statement)
    return reasons(raised.value)


def insert(start: str, end: str, *, staff: str = "11", service: str = "31", status: str = "1") -> str:
    return (
        "INSERT INTO bookings (business_id, staff_member_id, service_id, start_time, end_time, status, created_at,"
        f" updated_at) VALUES (1, {staff}, {service}, '{at(start)}', '{at(end)}', {status}, now(), now())"
    )


def changed(booking: int, assignment: str) -> str:
    return f"UPDATE bookings SET {assignment} WHERE id = {booking}"


def moved(booking: int, start: str, end: str) -> str:
    return changed(booking, f"start_time = '{at(start)}', end_time = '{at(end)}'")


# What must always be true


@dataclass(frozen=True)
class Stretch:
    id: int
    staff: tuple[int, int]
    start: datetime
    end: datetime
    session: tuple


def claimed(connection: psycopg.Connection) -> list[Stretch]:
    """The time that the app's bookings say is taken; worked out from their rows, with nothing of ours."""
    found = connection.execute(
        "SELECT b.id, b.business_id, b.staff_member_id, b.start_time, b.end_time, s.id, s.service_type"
        " FROM public.bookings b LEFT JOIN public.services s ON s.id = b.service_id"
        " WHERE b.status IN (0, 1, 3) AND b.business_id IS NOT NULL AND b.staff_member_id IS NOT NULL"
        " AND b.start_time > '1970-01-01' AND b.end_time < '3000-01-01' AND b.start_time < b.end_time"
    ).fetchall()
    return [
        Stretch(id_, (business, staff), start, end, (service, start) if kind in (1, 2) else (id_,))
        for id_, business, staff, start, end, service, kind in found
    ]


def overlaps(stretches: Iterable[Stretch], buffer: timedelta = timedelta(0)) -> list[tuple[int, int]]:
    """The pairs of one staff member's bookings, of different sessions, that are booked over each other."""
    by_staff: dict[tuple[int, int], list[Stretch]] = defaultdict(list)
    for one in stretches:
        by_staff[one.staff].append(one)
    found = []
    for mine in by_staff.values():
        mine.sort(key=lambda one: one.start)
        open_: list[Stretch] = []
        for one in mine:
            open_ = [before for before in open_ if before.end + buffer > one.start]
            found += [(before.id, one.id) for before in open_ if before.session != one.session]
            open_.append(one)
    return found


def troubles(connection: psycopg.Connection) -> list[str]:
    """What is wrong with the time that is held; empty if all is well."""
    wanted = {one.id: one for one in claimed(connection)}
    held = {
        id_: (business, staff, start, end, conflict)
        for id_, business, staff, start, end, conflict in connection.execute(
            "SELECT source_id, business_id, staff_member_id, lower(during) AT TIME ZONE 'UTC',"
            " upper(during) AT TIME ZONE 'UTC', conflict FROM daybridge.busy WHERE source = 'booking'"
        ).fetchall()
    }
    found = [f"{id_} holds time and should not" for id_ in held.keys() - wanted.keys()]
    found += [f"{id_} holds no time and should" for id_ in wanted.keys() - held.keys()]
    both = sorted(wanted.keys() & held.keys())
    found += [
        f"{id_} holds {held[id_]} for {wanted[id_]}"
        for id_ in both
        if held[id_][:4] != (*wanted[id_].staff, wanted[id_].start, wanted[id_].end)
    ]
    plain = [wanted[id_] for id_ in both if not held[id_][4]]
    found += [f"{one} and {other} both hold their time" for one, other in overlaps(plain)]
    for id_ in both:
        if held[id_][4] and not any(
            id_ in pair for pair in overlaps([*_near(plain, wanted[id_]), wanted[id_]])
        ):
            found.append(f"{id_} is flagged and overlaps nothing")
    return found


def _near(stretches: list[Stretch], one: Stretch) -> list[Stretch]:
    return [other for other in stretches if other.start < one.end and one.start < other.end]
