"""What one person's apps keep in a booking's event: it stays theirs, stays there, and nobody else ever sees it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

import wsgi
from gateway.services import grant
from tests.caldav.client import C, D, InProcess, between
from tests.caldav.editing import (
    ALICES,
    BOBS,
    BOBS_HAIRCUT,
    HAIRCUT,
    TEAM,
    Row,
    Sight,
    added,
    alarm,
    edited,
    is_refused,
    outcomes,
    row,
    working,
)
from tests.conftest import Person, Town
from tests.essence import essence

BOBS_SEEN_BY_ALICE = "/dav/s11/staff-12/"
KEEPSAKES = {
    "alarm": alarm("Lay out the scissors"),
    "two alarms": alarm("Lay out the scissors") + alarm("Go", "PT0S"),
    "colour": "COLOR:turquoise\r\n",
    "private property": "X-APPLE-TRAVEL-DURATION;VALUE=DURATION:PT15M\r\n",
    "long private property": f'X-NOTE;X-P="a;b:c":{"wörd " * 60}\r\n',
}
every_keepsake = pytest.mark.parametrize("keepsake", KEEPSAKES.values(), ids=KEEPSAKES.keys())


@pytest.fixture
def town(the_town: Town) -> Town:
    return working(the_town)


@pytest.fixture
def seen(bob: InProcess, town: Town) -> Sight:
    """Bob's phone shows his calendar, with his haircut in it."""
    return Sight(bob, BOBS, BOBS_HAIRCUT)


@pytest.fixture
def feed(town: Town, bob: InProcess) -> Callable[[], str]:
    """What somebody reads who was given the secret address of Bob's calendar."""
    address = grant.feed(town.deps, 1, "bookings", 12, "full", "wall").secret

    def read() -> str:
        return bob("GET", "/feeds/" + address.rpartition("/feeds/")[2]).text

    return read


def unfolded(text: str) -> str:
    return text.replace("\r\n ", "")


def keep(seen: Sight, text: str) -> Sight:
    assert seen.put(added(seen.body, text)).status == 204
    return seen.look()


class TestKept:
    @every_keepsake
    def test_it_is_there_when_the_event_is_read_again(self, town: Town, seen: Sight, keepsake: str) -> None:
        token, etag = seen.token, seen.etag
        answer = seen.put(added(seen.body, keepsake))
        assert (answer.status, "ETag" in answer.headers) == (204, False)
        members = seen.client.sync(BOBS, token, props="<D:getetag/><C:calendar-data/>").members
        told = members[seen.path].found
        assert told[f"{D}getetag"].text not in (None, etag)
        assert keepsake.replace("\r\n", "\n") in unfolded_lf(told[f"{C}calendar-data"].text)
        assert keepsake in unfolded(seen.look().body)
        assert outcomes(town, 1005) == [], "it is nobody's business but theirs"

    @every_keepsake
    def test_every_way_of_reading_tells_the_same(self, seen: Sight, keepsake: str) -> None:
        keep(seen, keepsake)
        props = "<D:getetag/><C:calendar-data/>"
        window = between("20261126T000000Z", "20261127T000000Z")
        for members in (
            seen.client.multiget(BOBS, seen.path).members,
            seen.client.query(BOBS, window, props).members,
            seen.client.sync(BOBS, props=props).members,
        ):
            found = members[seen.path].found
            assert found[f"{D}getetag"].text == seen.etag == seen.client.etag(seen.path)
            assert found[f"{C}calendar-data"].text == seen.body.replace("\r\n", "\n")
        listed = seen.client.query(BOBS, window).members[seen.path].found[f"{D}getetag"].text
        assert listed == seen.etag

    @every_keepsake
    @pytest.mark.parametrize(
        "change",
        [
            "UPDATE bookings SET start_time = start_time + interval '1 h', end_time = end_time + interval '1 h'"
            " WHERE id = 1005",
            "UPDATE tenant_customers SET first_name = 'Mariana' WHERE id = 61",
            "UPDATE bookings SET status = 0 WHERE id = 1005",
            "UPDATE bookings SET staff_member_id = 11 WHERE id = 1005; UPDATE bookings SET staff_member_id = 12"
            " WHERE id = 1005",
        ],
        ids=["moved", "renamed", "unconfirmed", "given away and back"],
    )
    def test_it_outlives_every_rendering(self, town: Town, seen: Sight, keepsake: str, change: str) -> None:
        keep(seen, keepsake)
        for statement in change.split("; "):
            town.sql(statement)
            town.settle()
        before = seen.body
        assert keepsake in unfolded(seen.look().body)
        assert seen.body != before

    @every_keepsake
    def test_the_app_takes_it_away_again(self, town: Town, seen: Sight, keepsake: str) -> None:
        bare = seen.body
        keep(seen, keepsake)
        assert seen.put(unfolded(seen.body).replace(keepsake, "")).status == 204
        assert essence(seen.look().body) == essence(bare)
        assert town.sql("SELECT FROM daybridge.personal_objects") == []

    def test_it_outlives_a_refused_edit(self, town: Town, seen: Sight) -> None:
        keep(seen, alarm("Lay out the scissors"))
        assert seen.move("20261126T230000", "20261126T234500").status == 403
        seen.is_shown_again()
        assert seen.delete().status == 412, "what was refused has been told anew"
        assert seen.look().delete().status == 403
        seen.is_shown_again()
        assert "Lay out the scissors" in seen.look().body

    def test_it_comes_along_with_a_move(self, town: Town, seen: Sight) -> None:
        body = added(seen.body.replace("T110000", "T130000").replace("T114500", "T134500"), alarm("Sweep"))
        assert seen.put(body).status == 204
        assert row(town, 1005).span == "26 18:00-18:45"
        assert "Sweep" in seen.look().body
        assert "DTSTART;TZID=America/New_York:20261126T130000" in seen.body

    def test_sent_back_as_it_is_nothing_changes(self, town: Town, seen: Sight) -> None:
        keep(seen, alarm() + KEEPSAKES["long private property"])
        assert seen.put(seen.body).status == 204
        assert seen.client.etag(seen.path) == seen.etag
        assert list(seen.client.sync(BOBS, seen.token).members) == []

    def test_it_goes_with_the_booking(self, town: Town, seen: Sight) -> None:
        keep(seen, alarm())
        town.sql("DELETE FROM bookings WHERE id = 1005")
        assert seen.client("GET", seen.path).status == 404
        assert [member.status for member in seen.client.sync(BOBS, seen.token).members.values()] == [404]


def unfolded_lf(text: str | None) -> str:
    return (text or "").replace("\n ", "")


class TestSeenByNobodyElse:
    @every_keepsake
    def test_neither_the_manager_nor_a_feed(
        self, alice: InProcess, seen: Sight, feed: Callable[[], str], keepsake: str
    ) -> None:
        keep(seen, keepsake)
        for folder in (BOBS_SEEN_BY_ALICE, TEAM):
            assert keepsake not in unfolded(alice("GET", folder + BOBS_HAIRCUT).text)
            assert keepsake not in unfolded(alice("GET", folder).text)
        assert "Haircut" in feed()
        assert keepsake not in unfolded(feed())
        assert keepsake in unfolded(seen.client("GET", BOBS).text)

    def test_two_managers_keep_two_alarms_on_one_team_event(self, town: Town, alice: InProcess) -> None:
        town.sql("UPDATE users SET role = 1 WHERE id = 102")
        phones = {
            "Alice": (alice, TEAM),
            "Bob": (InProcess(wsgi.mount(town.deps), town.bob), "/dav/s12/team/"),
        }
        for name, (phone, folder) in phones.items():
            keep(Sight(phone, folder, HAIRCUT), alarm(f"{name}'s alarm"))
        town.sql("UPDATE bookings SET notes = 'New notes' WHERE id = 1001")
        for name, (phone, folder) in phones.items():
            body = phone("GET", folder + HAIRCUT).text
            assert "New notes" in body
            assert [other for other in phones if f"{other}'s alarm" in body] == [name]
        assert "alarm" not in alice("GET", ALICES + HAIRCUT).text

    def test_an_alarm_in_one_calendar_is_none_in_another(self, alice: InProcess, town: Town) -> None:
        keep(Sight(alice, ALICES, HAIRCUT), alarm())
        assert "VALARM" not in alice("GET", TEAM + HAIRCUT).text

    def test_a_colleague_to_whom_it_is_given_starts_anew(
        self, town: Town, alice: InProcess, seen: Sight
    ) -> None:
        keep(seen, alarm("Bob's"))
        town.sql("UPDATE bookings SET staff_member_id = 11 WHERE id = 1005")
        assert "VALARM" not in alice("GET", ALICES + BOBS_HAIRCUT).text

    def test_to_the_timeline_and_the_app_it_means_nothing(self, town: Town, seen: Sight) -> None:
        before = row(town, 1005)
        keep(seen, alarm() + KEEPSAKES["colour"])
        assert (row(town, 1005), outcomes(town, 1005)) == (before, [])


class TestNotKept:
    def test_reminders_by_mail_are_put_back(self, town: Town, seen: Sight) -> None:
        """A server might write to the customer because of one."""
        mail = (
            alarm()
            .replace("DISPLAY", "EMAIL")
            .replace("TRIGGER", "ATTENDEE:mailto:maria@example.com\r\nTRIGGER")
        )
        assert seen.put(added(seen.body, mail + alarm("Mine"))).status == 204
        body = seen.look().body
        assert ("maria@example.com" in body.partition("BEGIN:VALARM")[2], "Mine" in body) == (False, True)
        assert outcomes(town, 1005) == [("Bob Brandt", "caldav", "change", "restored")]

    @pytest.mark.parametrize(
        "text", [alarm() * 21, f"X-NOTE:{'x' * 20_000}\r\n"], ids=["too many alarms", "too long"]
    )
    def test_too_much_is_refused(self, town: Town, seen: Sight, text: str) -> None:
        is_refused(seen.put(added(seen.body, text)), {f"{C}max-resource-size"})
        assert town.sql("SELECT FROM daybridge.personal_objects") == []
        seen.is_shown_again()

    def test_too_much_undoes_the_move_that_came_with_it(self, town: Town, seen: Sight) -> None:
        body = seen.body.replace("T110000", "T130000").replace("T114500", "T134500")
        before: Row = row(town, 1005)
        is_refused(seen.put(added(body, alarm() * 21)), {f"{C}max-resource-size"})
        assert row(town, 1005) == before
        assert [outcome for *_, outcome in outcomes(town, 1005)] == ["refused"]
        seen.is_shown_again()

    def test_an_old_story_told_again_is_not_kept(self, seen: Sight) -> None:
        keep(seen, "X-ALT-DESC;FMTTYPE=text/html:<b>Maria</b>\r\nX-MINE:1\r\n")
        assert ("X-ALT-DESC" in seen.body, "X-MINE:1" in seen.body) == (False, True)

    def test_a_colour_is_no_title(self, town: Town, seen: Sight) -> None:
        assert seen.put(added(edited(seen.body, SUMMARY="Mine"), "COLOR:red\r\n")).status == 204
        seen.look()
        assert ("SUMMARY:Haircut" in seen.body, "COLOR:red" in seen.body) == (True, True)


def test_who_may_not_write_keeps_nothing(town: Town, mallory: InProcess, seen: Sight) -> None:
    person: Person = town.mallory
    assert mallory("PUT", seen.path, added(seen.body, alarm())).status == 404
    assert mallory("PUT", f"{person.home}staff-12/{BOBS_HAIRCUT}", added(seen.body, alarm())).status == 404
    assert town.sql("SELECT FROM daybridge.personal_objects") == []
