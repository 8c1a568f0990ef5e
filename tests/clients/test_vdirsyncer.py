"""vdirsyncer, as people use it who keep their calendar in files (khal, Emacs, a backup)."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from tests.clients import office
from tests.clients.desk import without_cr

pytestmark = pytest.mark.client

LUNCH = (
    b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//khal//EN\r\nBEGIN:VEVENT\r\nUID:lunch\r\nDTSTAMP:20261101T000000Z\r\n"
    b"DTSTART:20261124T180000Z\r\nDTEND:20261124T190000Z\r\nSUMMARY:Lunch\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
)


class TestCopying:
    def test_all_calendars_are_found_from_the_host_alone(self, desk):
        said = desk.discover()
        found = re.search(r"daybridge:\n((?:  - .*\n)+)", said)[1]
        assert sorted(line.strip("- ") for line in found.splitlines()) == [
            '"bookings" ("Bookings")',
            '"busy" ("Busy elsewhere")',
            '"staff-12" ("Bob Brandt – bookings")',
            '"team" ("Team – Harbor Hair")',
        ]

    def test_every_calendar_arrives_whole(self, desk):
        desk.discover()
        desk.sync()
        assert {
            calendar: sorted(desk.files(calendar)) for calendar in ("bookings", "busy", "staff-12", "team")
        } == {
            "bookings": ["1001", "1002", "1003"],
            "busy": [],
            "staff-12": ["1005", "1006"],
            "team": ["1001", "1002", "1003", "1005", "1006"],
        }
        for booking_id, path in desk.files("team").items():
            assert without_cr(path.read_bytes()) == without_cr(desk.served(booking_id, "team"))

    @pytest.mark.parametrize(
        ("path", "collections", "folder"),
        [("/dav/s11/bookings/", None, ""), ("/dav/", [["mine", "bookings", "bookings"]], "bookings")],
    )
    def test_one_calendar_by_its_address_or_its_name(self, desk, path, collections, folder):
        desk.discover(url=path, collections=collections)
        desk.sync()
        assert sorted(desk.files(folder)) == ["1001", "1002", "1003"]

    def test_a_second_sync_looks_at_the_list_and_reads_no_event(self, copied):
        said = copied.sync()
        assert "Copying" not in said
        assert "Deleting" not in said
        assert copied.asked
        assert all(request.startswith("PROPFIND ") for request in copied.asked)

    def test_a_moved_booking_and_no_other_is_read_again(self, copied):
        before = copied.files()["1002"].read_bytes()
        office.move(copied.town, 1001)
        said = copied.sync()
        assert re.findall(r"Copying \((\w+)\) item booking-(\d+)@", said) == [("updating", "1001")]
        assert b"DTSTART;TZID=America/New_York:20261124T110000" in copied.files()["1001"].read_bytes()
        assert without_cr(copied.files()["1001"].read_bytes()) == without_cr(copied.served("1001"))
        assert copied.files()["1002"].read_bytes() == before

    def test_a_new_booking_arrives_and_a_cancelled_one_goes(self, copied):
        office.book(copied.town, 1010, 11, "2026-11-27 15:00", "2026-11-27 15:45")
        office.cancel(copied.town, 1003)
        copied.sync()
        assert sorted(copied.files()) == ["1001", "1002", "1010"]

    def test_names_and_colours_travel_both_ways(self, copied):
        pair = 'metadata = ["displayname", "color"]\nconflict_resolution = "b wins"'
        copied.discover(collections=["bookings"], pair=pair)
        folder = copied.folder / "files/bookings"
        assert copied.run("metasync").returncode == 0
        assert (folder / "displayname").read_text(encoding="utf-8").strip() == "Bookings"
        (folder / "color").write_text("#aa00bb", encoding="utf-8")
        assert copied.run("metasync").returncode == 0
        copied.folder = copied.folder / "another computer"
        copied.folder.mkdir()
        copied.discover(collections=["bookings"], pair=pair)
        assert copied.run("metasync").returncode == 0
        color = copied.folder / "files/bookings/color"
        assert color.read_text(encoding="utf-8").strip() == "#aa00bb"

    def test_a_wrong_password_says_so(self, desk):
        """It is tried some twenty times in a row; none of them may make a later one with the right password fail."""
        right, desk.person = desk.person, replace(desk.person, password="aaaa-bbbb-cccc-dddd-eeee")
        desk.configure(collections=["bookings"])
        done = desk.run("discover")
        assert done.returncode == 1
        assert "401" in done.stdout or "Unauthorized" in done.stdout
        desk.person = right
        desk.discover(collections=["bookings"])


class TestAReadOnlyCopy:
    """Some tell vdirsyncer that the server can only be read; then no edit gets there."""

    def test_told_to_revert_edits_it_puts_everything_back(self, copied):
        copied.discover(collections=["bookings"], pair='partial_sync = "revert"', server="read_only = true")
        edit(copied.files()["1001"])
        copied.files()["1002"].unlink()
        (copied.folder / "files/bookings/lunch.ics").write_bytes(LUNCH)
        copied.sync()
        copied.sync()
        assert sorted(copied.files()) == ["1001", "1002", "1003"]
        assert without_cr(copied.files()["1001"].read_bytes()) == without_cr(copied.served("1001"))
        assert not [request for request in copied.asked if request.startswith(("PUT", "DELETE"))]

    def test_told_to_ignore_edits_it_leaves_them(self, copied):
        copied.discover(collections=["bookings"], pair='partial_sync = "ignore"', server="read_only = true")
        edited = edit(copied.files()["1001"])
        copied.sync()
        assert copied.files()["1001"].read_bytes() == edited


def edit(path: Path) -> bytes:
    """Give a copied event another title; the file as it is now."""
    path.write_bytes(path.read_bytes().replace(b"SUMMARY:", b"SUMMARY:Not "))
    return path.read_bytes()
