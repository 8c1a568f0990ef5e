"""Editing with vdirsyncer: what it does with each answer, and that its folder and the server agree again in the end.

A PUT that was refused (403) or came too late (412) leaves the edit on the disk. The server's version counts as changed
from then on, so the next sync finds both sides changed and does what its owner has set: here that the server wins.
"""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from tests.caldav.editing import SUNDAY, Row, at, codes, outcomes, row, working
from tests.clients import office
from tests.clients.conftest import desk_of
from tests.clients.desk import Desk, without_cr
from tests.clients.office import busy, busy_with, questions
from tests.clients.training import CANCELLED, MOVED, WEEKLY, body
from tests.conftest import Town

pytestmark = pytest.mark.client

KEPT = Row("24 15:00-15:45", 1, "Allergic to latex", None, 11, None, None)
SERVER_WINS = 'conflict_resolution = "b wins"'
ALARM = b"BEGIN:VALARM\nACTION:DISPLAY\nTRIGGER:-PT15M\nDESCRIPTION:Soon\nEND:VALARM\n"


@pytest.fixture
def the_town(the_town: Town) -> Town:
    return working(the_town)


@pytest.fixture
def copied(copied: Desk) -> Desk:
    copied.discover(collections=["bookings"], pair=SERVER_WINS)
    return copied


def replied(outcome: str, action: str = "change") -> list[tuple[str, str, str, str]]:
    return [("Alice Adler", "caldav", action, outcome)]


def edit(copied: Desk, name: str, **lines: str) -> None:
    """Write other lines into a copied event."""
    path = copied.files()[name]
    text = path.read_bytes().decode()
    head, begin, inner = text.partition("BEGIN:VEVENT")
    for line, value in lines.items():
        inner, found = re.subn(rf"^{line}[;:].*$", f"{line}{value}", inner, count=1, flags=re.MULTILINE)
        assert found, line
    path.write_bytes(f"{head}{begin}{inner}".encode())


def move(copied: Desk, start: str, end: str, name: str = "1001") -> None:
    """To other times on its day, in New York."""
    zone = ";TZID=America/New_York:20261124T"
    edit(copied, name, DTSTART=f"{zone}{start}00", DTEND=f"{zone}{end}00")


def write(copied: Desk, name: str, text: bytes) -> None:
    (copied.folder / f"files/bookings/{name}.ics").write_bytes(text)


def refused(copied: Desk) -> None:
    """A sync in which something is refused: vdirsyncer says so, and its exit status too."""
    done = copied.run("sync")
    assert done.returncode == 1
    assert "403" in done.stdout, done.stdout


class TestABooking:
    def test_moved_it_is_rescheduled(self, copied):
        move(copied, "1100", "1145")
        copied.sync()
        assert copied.writes() == ["PUT /dav/s11/bookings/booking-1001.ics"]
        assert row(copied.town, 1001).span == "24 16:00-16:45"
        assert busy_with(copied.town, "booking", 1001) == "1124T1600-1124T1645"
        assert outcomes(copied.town, 1001) == replied("accepted", "move")
        copied.settles()
        assert row(copied.town, 1001).span == "24 16:00-16:45"

    def test_moved_by_a_program_that_names_zones_as_windows_does(self, copied):
        zone = ";TZID=Eastern Standard Time:20261124T"
        edit(copied, "1001", DTSTART=f"{zone}110000", DTEND=f"{zone}114500")
        copied.sync()
        assert row(copied.town, 1001).span == "24 16:00-16:45"
        copied.settles()
        assert b"DTSTART;TZID=America/New_York:20261124T110000" in copied.files()["1001"].read_bytes()

    def test_resized_it_is_rescheduled(self, copied):
        move(copied, "1000", "1115")
        copied.sync()
        assert row(copied.town, 1001).span == "24 15:00-16:15"
        copied.settles()

    def test_deleted_it_comes_back_and_its_owner_is_asked(self, copied):
        copied.files()["1001"].unlink()
        refused(copied)
        assert row(copied.town, 1001) == KEPT
        assert questions(copied.town) == [1001]
        copied.settles()
        assert sorted(copied.files()) == ["1001", "1002", "1003"]
        assert outcomes(copied.town, 1001) == replied("asked", "cancel")

    def test_deleted_where_the_business_lets_staff_cancel_it_is_cancelled(self, the_town, tmp_path):
        chosen = at(the_town, SUNDAY, writeback_on_delete="cancel")
        with desk_of(chosen, tmp_path) as desk:
            desk.discover(collections=["bookings"], pair=SERVER_WINS)
            desk.sync()
            desk.files()["1001"].unlink()
            desk.sync()
            assert desk.writes() == ["DELETE /dav/s11/bookings/booking-1001.ics"]
            assert row(the_town, 1001).status == office.CANCELLED
            assert busy_with(the_town, "booking", 1001) == ""
            desk.settles()
            assert sorted(desk.files()) == ["1002", "1003"]

    @pytest.mark.parametrize(
        ("start", "end", "code"),
        [("1200", "1245", "OVERLAP"), ("1800", "1845", "HOURS")],
        ids=["over another booking", "outside hours"],
    )
    def test_where_it_can_t_be_it_isn_t(self, copied, start, end, code):
        office.book(copied.town, 1010, 11, "2026-11-24 17:00", "2026-11-24 17:45")
        copied.sync()
        taken = busy(copied.town)
        move(copied, start, end)
        refused(copied)
        assert (row(copied.town, 1001), busy(copied.town)) == (KEPT, taken)
        assert outcomes(copied.town, 1001) == replied("refused")
        assert codes(copied.town, 1001) == [code]
        copied.settles()
        assert b"DTSTART;TZID=America/New_York:20261124T100000" in copied.files()["1001"].read_bytes()
        assert outcomes(copied.town, 1001) == replied("refused")

    def test_a_refused_edit_hinders_no_other_event(self, copied):
        move(copied, "1800", "1845")
        write(copied, "training", body(WEEKLY))
        office.move(copied.town, 1003)
        copied.run("sync")
        assert b"DTSTART;TZID=America/New_York:20261201T100000" in copied.files()["1003"].read_bytes()
        assert busy(copied.town, "block") != ""

    def test_without_a_rule_for_conflicts_the_owner_is_asked_and_nothing_is_lost(self, copied):
        """vdirsyncer's own default: both versions stay until the owner has chosen."""
        copied.discover(collections=["bookings"])
        move(copied, "1800", "1845")
        edited = copied.files()["1001"].read_bytes()
        refused(copied)
        done = copied.run("sync")
        assert done.returncode == 1
        assert "conflict" in done.stdout.lower()
        assert copied.writes() == []
        assert copied.files()["1001"].read_bytes() == edited
        assert row(copied.town, 1001) == KEPT
        copied.discover(collections=["bookings"], pair=SERVER_WINS)
        copied.settles()

    def test_moved_by_the_booking_system_too_the_booking_system_was_first(self, copied):
        """Seen before the sync, it's a conflict, and nothing is written."""
        move(copied, "1400", "1445")
        office.move(copied.town, 1001)
        copied.sync()
        assert copied.writes() == []
        assert row(copied.town, 1001).span == "24 16:00-16:45"
        copied.settles()

    def test_moved_by_the_booking_system_during_the_sync_it_isn_t_changed(self, copied):
        """Between the listing and the PUT: If-Match doesn't, and vdirsyncer is told 412."""
        move(copied, "1400", "1445")
        copied.before["PUT"] = lambda: office.move(copied.town, 1001)
        done = copied.run("sync")
        assert done.returncode == 1
        assert "Precondition" in done.stdout or "PreconditionFailed" in done.stdout
        assert row(copied.town, 1001).span == "24 16:00-16:45"
        assert outcomes(copied.town, 1001) == []
        copied.settles()
        assert b"DTSTART;TZID=America/New_York:20261124T110000" in copied.files()["1001"].read_bytes()

    def test_its_title_is_put_back(self, copied):
        edit(copied, "1001", SUMMARY=":Something else")
        copied.sync()
        assert row(copied.town, 1001) == KEPT
        assert outcomes(copied.town, 1001) == replied("restored")
        copied.settles()
        assert b"SUMMARY:Haircut" in copied.files()["1001"].read_bytes()
        assert outcomes(copied.town, 1001) == replied("restored")

    def test_a_reminder_is_kept_also_when_the_booking_moves(self, copied):
        path = copied.files()["1001"]
        path.write_bytes(path.read_bytes().replace(b"END:VEVENT", ALARM + b"END:VEVENT"))
        copied.sync()
        copied.settles()
        assert b"TRIGGER:-PT15M" in copied.files()["1001"].read_bytes()
        office.move(copied.town, 1001)
        copied.settles()
        assert b"TRIGGER:-PT15M" in copied.files()["1001"].read_bytes()
        assert b"DTSTART;TZID=America/New_York:20261124T110000" in copied.files()["1001"].read_bytes()


class TestABlock:
    def test_new_changed_and_deleted(self, copied):
        write(copied, "training", body(WEEKLY))
        copied.sync()
        assert copied.writes() == ["PUT /dav/s11/bookings/training.ics"]
        assert busy(copied.town, "block").split()[0] == "1123T1700-1123T1800"
        copied.settles()
        assert without_cr(copied.served("training")) == without_cr(body(WEEKLY))
        write(
            copied,
            "training",
            body(
                WEEKLY.replace("T120000", "T130000").replace(
                    "DTEND;TZID=America/New_York:20261123T130000",
                    "DTEND;TZID=America/New_York:20261123T140000",
                )
            ),
        )
        copied.sync()
        copied.settles()
        assert busy(copied.town, "block").split()[0] == "1123T1800-1123T1900"
        copied.files()["training"].unlink()
        copied.sync()
        assert copied.writes() == ["DELETE /dav/s11/bookings/training.ics"]
        assert busy(copied.town, "block") == ""
        copied.settles()
        assert [outcome for *_, outcome in office.log(copied.town)] == ["accepted"] * 3

    def test_recurring_with_one_moved_and_one_cancelled(self, copied):
        write(copied, "training", body(WEEKLY, MOVED, CANCELLED))
        copied.sync()
        assert busy(copied.town, "block") == "1123T1700-1123T1800 1201T1300-1201T1330 1214T1700-1214T1800"
        copied.settles()

    def test_whole_days(self, copied):
        day = WEEKLY.replace(";TZID=America/New_York:20261123T120000", ";VALUE=DATE:20261224")
        day = day.replace(";TZID=America/New_York:20261123T130000", ";VALUE=DATE:20261227")
        write(copied, "training", body(day.replace("RRULE:FREQ=WEEKLY;COUNT=4\n", "")))
        copied.sync()
        assert busy(copied.town, "block") == "1224T0500-1227T0500"
        copied.settles()

    def test_changed_in_two_places_at_once_the_server_s_is_kept(self, copied, tmp_path):
        write(copied, "training", body(WEEKLY))
        copied.sync()
        other = replace(copied, folder=tmp_path / "another computer", asked=copied.asked)
        other.folder.mkdir()
        other.discover(collections=["bookings"], pair=SERVER_WINS)
        other.sync()
        write(other, other.files()["training"].stem, body(WEEKLY.replace("COUNT=4", "COUNT=2")))
        other.sync()
        write(copied, "training", body(WEEKLY.replace("COUNT=4", "COUNT=3")))
        copied.settles()
        other.settles()
        assert busy(copied.town, "block") == "1123T1700-1123T1800 1130T1700-1130T1800"

    @pytest.mark.parametrize(
        "text",
        [
            body("BEGIN:VTODO\nUID:training\nDTSTAMP:20261101T000000Z\nSUMMARY:Tax\nEND:VTODO"),
            b"Lunch at noon",
            body(WEEKLY.replace("20261123T", "20261323T")),
            body(WEEKLY.replace("WEEKLY;COUNT=4", "SECONDLY")),
            body("METHOD:REQUEST", WEEKLY),
        ],
        ids=["task", "garbage", "no date", "each second", "invitation"],
    )
    def test_what_can_t_be_kept_is_refused_each_time_and_hinders_nothing(self, copied, text):
        write(copied, "training", text)
        taken = busy(copied.town)
        for _ in range(2):
            refused(copied)
            assert len(copied.writes()) == 1
        assert busy(copied.town) == taken
        office.move(copied.town, 1003)
        copied.run("sync")
        assert b"DTSTART;TZID=America/New_York:20261201T100000" in copied.files()["1003"].read_bytes()
        (copied.folder / "files/bookings/training.ics").unlink()
        copied.settles()
