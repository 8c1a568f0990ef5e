"""What is Alice's is nobody else's: not a colleague's, not another business's, and no longer hers once she has left."""

from __future__ import annotations

import pytest

import wsgi
from gateway.services import grant
from tests.caldav.client import (
    NAMESPACES,
    Answer,
    InProcess,
    basic,
    between,
    event,
    multiget,
    propfind,
    query,
    sync_collection,
)
from tests.conftest import Town

HOME = "/dav/s11/"
BOOKINGS = f"{HOME}bookings/"
ALICES_PATHS = [
    HOME,
    HOME.rstrip("/"),
    BOOKINGS,
    f"{HOME}busy/",
    f"{HOME}staff-12/",
    f"{HOME}team/",
    f"{BOOKINGS}booking-1001.ics",
    f"{HOME}staff-12/booking-1005.ics",
    f"{HOME}team/booking-1005.ics",
    f"{BOOKINGS}nothing.ics",
]
# Words that stand in Alice's calendars and in nobody else's.
HERS = ["Alice", "Adler", "Harbor", "Haircut", "Santos", "Chen", "latex", "Salem", "booking-100", "555-010"]

COLOUR = (
    f"<D:propertyupdate {NAMESPACES}><D:set><D:prop><I:calendar-color>#000000FF</I:calendar-color></D:prop></D:set>"
    "</D:propertyupdate>"
)
ALLPROP = f"<D:propfind {NAMESPACES}><D:allprop/></D:propfind>"
YEARS = '<C:time-range start="20260101T000000Z" end="20280101T000000Z"/>'
FREE_BUSY = f"<C:free-busy-query {NAMESPACES}>{YEARS}</C:free-busy-query>"
REQUESTS = [
    ("PROPFIND", ALLPROP, {"Depth": "0"}),
    ("PROPFIND", ALLPROP, {"Depth": "1"}),
    ("PROPFIND", "", {"Depth": "infinity"}),
    ("PROPFIND", propfind("D:getetag", "D:displayname", "CS:getctag", "D:sync-token"), {"Depth": "1"}),
    ("PROPPATCH", COLOUR, {}),
    ("REPORT", sync_collection(), {}),
    ("REPORT", query(between("20200101T000000Z", None), "<D:getetag/><C:calendar-data/>"), {}),
    ("REPORT", multiget(f"{BOOKINGS}booking-1001.ics", f"{HOME}team/booking-1005.ics"), {}),
    ("REPORT", FREE_BUSY, {}),
    ("REPORT", f"<D:expand-property {NAMESPACES}/>", {}),
    ("GET", "", {}),
    ("HEAD", "", {}),
    ("OPTIONS", "", {}),
    ("PUT", event(), {}),
    ("PUT", event(), {"If-None-Match": "*"}),
    ("DELETE", "", {}),
    ("DELETE", "", {"If-Match": "*"}),
    ("MKCALENDAR", "", {}),
    ("MOVE", "", {"Destination": "http://localhost/dav/s21/bookings/x.ics"}),
    ("COPY", "", {"Destination": "http://localhost/dav/s21/bookings/x.ics"}),
]


def tells_nothing(answer: Answer) -> None:
    told = answer.body.decode("utf-8", "replace") + " ".join(f"{k}: {v}" for k, v in answer.headers.items())
    assert not [word for word in HERS if word in told], told


@pytest.mark.parametrize("path", ALICES_PATHS)
@pytest.mark.parametrize("who", ["mallory", "bob"])
def test_a_stranger_finds_nothing_at_any_address_of_hers(
    request: pytest.FixtureRequest, who: str, path: str
) -> None:
    stranger = request.getfixturevalue(who)
    before = _state(request.getfixturevalue("the_town"))
    for method, body, headers in REQUESTS:
        answer = stranger(method, path, body, **headers)
        assert answer.status == 404, (method, answer.status, answer.text)
        tells_nothing(answer)
    assert _state(request.getfixturevalue("the_town")) == before


@pytest.mark.parametrize("path", ALICES_PATHS)
def test_nobody_gets_further_than_the_door(nobody: InProcess, path: str) -> None:
    for method, body, headers in REQUESTS:
        answer = nobody(method, path, body, **headers)
        assert answer.status == 401, (method, answer.status)
        assert "WWW-Authenticate" in answer.headers
        tells_nothing(answer)


@pytest.mark.parametrize("path", ALICES_PATHS)
def test_what_is_there_looks_like_what_is_not(mallory: InProcess, path: str) -> None:
    elsewhere = path.replace("s11", "s99").replace("staff-12", "staff-98")
    for method, body, headers in REQUESTS:
        here, there = (mallory(method, where, body, **headers) for where in (path, elsewhere))
        assert (here.status, here.body) == (there.status, there.body)


def test_a_multiget_in_ones_own_calendar_finds_no_one_elses_events(
    mallory: InProcess, bob: InProcess
) -> None:
    hers = [
        f"{BOOKINGS}booking-1001.ics",
        f"{HOME}team/booking-1005.ics",
        f"{BOOKINGS}../bookings/booking-1001.ics",
    ]
    for stranger in (mallory, bob):
        assert stranger.person
        own = stranger.person.bookings
        for href in (*hers, f"{own}booking-1001.ics", f"{own}../../s11/bookings/booking-1001.ics"):
            members = stranger.multiget(own, href).members
            assert {member.status for member in members.values()} == {404}
        answer = stranger.multiget(own, *hers)
        assert not any(word in answer.text for word in HERS if not word.startswith("booking"))


def test_her_sync_token_is_worth_nothing_elsewhere(alice: InProcess, mallory: InProcess) -> None:
    token = alice.sync(BOOKINGS).token
    assert mallory.sync("/dav/s21/bookings/", token).status == 403


def test_a_stranger_sees_his_own(mallory: InProcess) -> None:
    assert mallory.names("/dav/s21/bookings/") == {"booking-2001.ics"}
    answer = mallory.query("/dav/s21/bookings/", between("20200101T000000Z", None), "<C:calendar-data/>")
    assert "Winter tyres" in answer.text
    # The same customer is known at both places, and so is nothing but what is kept at this one.
    assert "latex" not in answer.text


# --- Managers and colleagues ------------------------------------------------------------------------------------


def calendars(client: InProcess) -> set[str]:
    assert client.person
    home = client.person.home
    return {href.removeprefix(home).strip("/") for href in client.propfind(home, depth="1").members} - {""}


def test_a_manager_sees_colleagues_and_the_team(alice: InProcess, bob: InProcess) -> None:
    assert calendars(alice) == {"bookings", "busy", "staff-12", "team"}
    assert alice.names(f"{HOME}staff-12/") == {"booking-1005.ics", "booking-1006.ics"}
    assert alice.names(f"{HOME}team/") == {
        f"booking-{number}.ics" for number in (1001, 1002, 1003, 1005, 1006)
    }
    assert calendars(bob) == {"bookings", "busy"}


@pytest.mark.parametrize(
    "slug",
    ["staff-21", "staff-11", "staff-99", "staff-0", "staff-012", "staff-12x", "staff-", "Team", "busy-12"],
)
def test_a_manager_sees_no_one_elses_business(alice: InProcess, slug: str) -> None:
    for method, body, headers in REQUESTS:
        if method == "MKCALENDAR":
            continue
        assert alice(method, f"{HOME}{slug}/", body, **headers).status == 404


def test_a_manager_does_not_see_a_colleagues_busy_time(alice: InProcess, the_town: Town) -> None:
    for path in ("/dav/s12/busy/", f"{HOME}staff-12/busy/", f"{HOME}busy-12/"):
        assert alice.propfind(path, "D:resourcetype").status == 404
    the_town.sql("UPDATE daybridge.calendars SET epoch = '12ab' WHERE kind = 'busy' AND staff_member_id = 12")
    assert "12ab" not in alice.propfind(HOME, "D:sync-token", "CS:getctag", depth="1").text


def test_bob_is_no_manager(bob: InProcess) -> None:
    for slug in ("team", "staff-11", "staff-12"):
        assert bob.propfind(f"/dav/s12/{slug}/", "D:resourcetype", depth="1").status == 404


# --- At the very next request -----------------------------------------------------------------------------------


def test_a_changed_role_counts_at_the_next_request(alice: InProcess, bob: InProcess, the_town: Town) -> None:
    assert calendars(alice) == {"bookings", "busy", "staff-12", "team"}
    the_town.sql("UPDATE users SET role = CASE id WHEN 101 THEN 2 WHEN 102 THEN 1 END WHERE id IN (101, 102)")
    assert calendars(alice) == {"bookings", "busy"}
    assert alice.propfind(f"{HOME}team/", "D:getetag", depth="1").status == 404
    assert calendars(bob) == {"bookings", "busy", "staff-11", "team"}


def test_whoever_has_left_is_out_at_the_next_request(
    alice: InProcess, bob: InProcess, the_town: Town
) -> None:
    assert bob.propfind("/dav/s12/", "D:getetag").status == 207
    the_town.sql("UPDATE staff_members SET active = false WHERE id = 12")
    assert bob.propfind("/dav/s12/", "D:getetag").status == 401
    assert calendars(alice) == {"bookings", "busy", "team"}
    assert alice.propfind(f"{HOME}staff-12/", "D:getetag", depth="1").status == 404


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE users SET active = false WHERE id = 102",
        "UPDATE businesses SET active = false WHERE id = 1",
        "UPDATE staff_members SET active = false WHERE id = 12",
        "DELETE FROM staff_members WHERE id = 12",
    ],
)
def test_every_way_of_leaving_is_one(bob: InProcess, the_town: Town, change: str) -> None:
    assert bob.propfind("/dav/s12/", "D:getetag").status == 207
    the_town.sql("DELETE FROM bookings WHERE staff_member_id = 12")
    the_town.sql("DELETE FROM services_staff_members WHERE staff_member_id = 12")
    the_town.sql(change)
    assert bob.propfind("/dav/s12/", "D:getetag").status == 401


def test_a_colleague_who_was_deleted_leaves_no_calendar_behind(alice: InProcess, the_town: Town) -> None:
    the_town.sql("UPDATE bookings SET staff_member_id = 11 WHERE staff_member_id = 12")
    the_town.sql("DELETE FROM services_staff_members WHERE staff_member_id = 12")
    the_town.sql("DELETE FROM staff_members WHERE id = 12")
    assert calendars(alice) == {"bookings", "busy", "team"}
    assert alice.propfind(f"{HOME}staff-12/", "D:getetag").status == 404
    assert "booking-1005.ics" in alice.names(BOOKINGS)


def test_a_revoked_password_is_wrong_at_the_next_request(alice: InProcess, the_town: Town) -> None:
    """It was right a moment ago, and remembered; and it is wrong in every process that remembers it."""
    other = InProcess(wsgi.mount(the_town.deps), the_town.alice)
    for client in (alice, other):
        assert client.propfind(HOME, "D:getetag").status == 207
    kept = grant.app_passwords(the_town.deps, 1, 11)
    second = grant.app_password(the_town.deps, 1, 11, "tablet")
    grant.revoke(the_town.deps, "app_password", 1, kept[0].id)
    for client in (alice, other):
        for method, body, headers in REQUESTS:
            assert client(method, HOME, body, **headers).status == 401
        client.headers = {"Authorization": basic(second.name, second.secret)}
        assert client.propfind(HOME, "D:getetag").status == 207


def test_what_bob_calls_a_calendar_is_his_alone(alice: InProcess, bob: InProcess) -> None:
    bob.proppatch(
        "/dav/s12/bookings/", "<D:set><D:prop><D:displayname>Bob's</D:displayname></D:prop></D:set>"
    )
    assert "Bob's" not in alice.propfind(f"{HOME}staff-12/", "D:displayname").text
    assert "Bob's" in bob.propfind("/dav/s12/bookings/", "D:displayname").text


def _state(the_town: Town) -> list[tuple[object, ...]]:
    """All that a request could have changed for Alice."""
    return [
        *the_town.sql("SELECT id, revision FROM daybridge.calendars ORDER BY id"),
        *the_town.sql(
            "SELECT calendar_id, href, etag, deleted FROM daybridge.calendar_objects ORDER BY 1, 2"
        ),
        *the_town.sql("SELECT calendar_id, staff_member_id, name, value FROM daybridge.calendar_properties"),
    ]
