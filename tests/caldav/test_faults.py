"""What stock CalDAV servers get wrong, and clients notice. Ours has each of these right.

The numbers are those of the list of faults measured on Radicale 3.9.0; then come other servers, and what real clients
do. What an edit may do is told in test_edits, test_deletions and test_blocks; here, that it is answered properly.
"""

from __future__ import annotations

import http.client
import time
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import unquote

import pytest
import requests

from gateway.services import verify
from tests.caldav.client import (
    CS,
    DB,
    ICAL,
    NAMESPACES,
    Answer,
    C,
    D,
    InProcess,
    OverSocket,
    basic,
    between,
    calendar,
    event,
    multiget,
    propfind,
    sync_collection,
)
from tests.conftest import LiveServer, Town
from tests.essence import essence

NOT_EDITABLE = (f"{D}need-privileges", f"{DB}not-editable")
BOOKINGS = "/dav/s11/bookings/"
HAIRCUT = f"{BOOKINGS}booking-1001.ics"
NEW_YORK = (
    "BEGIN:VTIMEZONE\r\nTZID:America/New_York\r\nBEGIN:STANDARD\r\nDTSTART:20071104T020000\r\n"
    "RRULE:FREQ=YEARLY;BYMONTH=11;BYDAY=1SU\r\nTZOFFSETFROM:-0400\r\nTZOFFSETTO:-0500\r\nEND:STANDARD\r\n"
    "BEGIN:DAYLIGHT\r\nDTSTART:20070311T020000\r\nRRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=2SU\r\n"
    "TZOFFSETFROM:-0500\r\nTZOFFSETTO:-0400\r\nEND:DAYLIGHT\r\nEND:VTIMEZONE\r\n"
)


COLOUR = (
    f"<D:propertyupdate {NAMESPACES}><D:set><D:prop><I:calendar-color>#FF2968FF</I:calendar-color></D:prop></D:set>"
    "</D:propertyupdate>"
)


def is_refused(answer: Answer, *preconditions: str) -> None:
    assert answer.status == 403, (answer.status, answer.text)
    assert answer.preconditions == set(preconditions)
    assert len(answer.reason) > 20, "a person should be told why"


def is_no_server_error(answer: Answer) -> None:
    assert answer.status < 500, (answer.status, answer.text)


# --- Faults of stock Radicale -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "change",
    [
        "<D:set><D:prop><D:resourcetype><D:collection/></D:resourcetype></D:prop></D:set>",
        "<D:remove><D:prop><D:resourcetype/></D:prop></D:remove>",
    ],
)
def test_1_structural_properties_are_read_only(alice: InProcess, change: str) -> None:
    answer = alice.proppatch(BOOKINGS, change)
    member = answer.members[BOOKINGS]
    assert set(member.props) == {403}
    assert f"{D}cannot-modify-protected-property" in answer.text.replace("<error><", f"<error>{D}")
    still = alice.propfind(BOOKINGS, "D:resourcetype").prop(f"{D}resourcetype")
    assert {kind.tag for kind in still} == {f"{D}collection", f"{C}calendar"}
    assert "booking-1001.ics" in alice.names(BOOKINGS)


def test_2_a_first_sync_lists_no_past_deletions(alice: InProcess, the_town: Town) -> None:
    the_town.sql("DELETE FROM bookings WHERE id IN (1002, 1003)")
    members = alice.sync(BOOKINGS).members
    assert set(members) == {HAIRCUT}
    assert members[HAIRCUT].status == 0


@pytest.mark.parametrize(
    ("body", "precondition"),
    [
        (event().replace("VEVENT", "VTODO").replace("DTEND", "DUE"), "supported-calendar-component"),
        (event().replace("VEVENT", "VJOURNAL"), "supported-calendar-component"),
        (event().replace("VERSION:2.0", "VERSION:2.0\r\nMETHOD:REQUEST"), "valid-calendar-object-resource"),
        (event(DTEND="20261130T110000Z"), "valid-calendar-object-resource"),
        (event().replace("DTSTART:", "DTSTART;TZID=Nowhere:"), "valid-calendar-object-resource"),
    ],
    ids=["to-do", "journal", "method", "ends before it starts", "undefined zone"],
)
def test_3_what_no_calendar_may_hold_is_named(alice: InProcess, body: str, precondition: str) -> None:
    is_refused(alice("PUT", f"{BOOKINGS}new.ics", body), f"{C}{precondition}")


@pytest.mark.parametrize(
    "body",
    [b"", b"hello", b"BEGIN:VCALENDAR\r\nEND:VEVENT\r\n", event(SUMMARY="Caf\xe9").encode("latin-1")],
    ids=["nothing", "no calendar", "cut off", "not UTF-8"],
)
def test_4_invalid_icalendar_is_named(alice: InProcess, body: bytes) -> None:
    is_refused(alice("PUT", f"{BOOKINGS}new.ics", body), f"{C}valid-calendar-data")


def test_4_a_byte_order_mark_is_no_fault(alice: InProcess) -> None:
    body = b"\xef\xbb\xbf" + event().encode()
    assert alice("PUT", f"{BOOKINGS}new.ics", body).status == 201
    assert alice("GET", f"{BOOKINGS}new.ics").body == body


def test_5_no_etag_for_bytes_that_were_not_stored(alice: InProcess) -> None:
    assert "ETag" not in alice("PUT", HAIRCUT, event("booking")).headers
    taken = alice("PUT", HAIRCUT, alice("GET", HAIRCUT).body.replace(b"latex", b"wool"))
    assert (taken.status, "ETag" in taken.headers) == (204, False)


def test_5_a_true_etag_for_bytes_that_were(alice: InProcess) -> None:
    answer = alice("PUT", f"{BOOKINGS}new.ics", event())
    got = alice("GET", f"{BOOKINGS}new.ics")
    assert (answer.status, got.headers["ETag"], got.text) == (201, answer.headers["ETag"], event())


def test_6_proppatch_does_all_or_nothing(alice: InProcess) -> None:
    answer = alice.proppatch(
        BOOKINGS,
        "<D:set><D:prop><D:displayname>Mine</D:displayname><D:getetag>x</D:getetag></D:prop></D:set>",
    )
    props = answer.members[BOOKINGS].props
    assert (set(props[403]), set(props[424])) == ({f"{D}getetag"}, {f"{D}displayname"})
    assert alice.propfind(BOOKINGS, "D:displayname").prop(f"{D}displayname").text == "Bookings"


def test_7_structured_properties_keep_their_children(alice: InProcess) -> None:
    alice.proppatch(
        BOOKINGS,
        "<D:set><D:prop><C:schedule-calendar-transp><C:transparent/></C:schedule-calendar-transp></D:prop></D:set>",
    )
    kept = alice.propfind(BOOKINGS, "C:schedule-calendar-transp").prop(f"{C}schedule-calendar-transp")
    assert [child.tag for child in kept] == [f"{C}transparent"]


def test_8_the_principal_says_who_it_is(alice: InProcess) -> None:
    answer = alice.propfind("/dav/s11/", "C:calendar-user-address-set", "D:displayname")
    assert "mailto:alice@harbor.example" in answer.hrefs(f"{C}calendar-user-address-set")
    assert answer.prop(f"{D}displayname").text == "Alice Adler"


def test_9_the_root_names_the_principals_home_and_not_its_own_path(alice: InProcess) -> None:
    answer = alice.propfind("/dav/", "C:calendar-home-set", "D:principal-URL", depth="1")
    for member in answer.members.values():
        for tag in (f"{C}calendar-home-set", f"{D}principal-URL"):
            assert [href.text for href in member.found[tag]] == ["/dav/s11/"]


def test_10_only_what_is_there_is_claimed(alice: InProcess) -> None:
    claimed = {one.strip() for one in alice("OPTIONS", BOOKINGS).headers["DAV"].split(",")}
    assert claimed == {"1", "3", "calendar-access"}
    answer = alice.propfind("/dav/s11/", "D:current-user-privilege-set", depth="1")
    for member in answer.members.values():
        assert not list(member.found[f"{D}current-user-privilege-set"].iter(f"{D}all"))


@pytest.mark.parametrize("method", ["PROPFIND", "REPORT", "GET", "HEAD", "PROPPATCH", "PUT", "DELETE"])
def test_10_a_missing_collection_is_404(alice: InProcess, method: str) -> None:
    bodies = {
        "PROPFIND": propfind("D:getetag"),
        "REPORT": sync_collection(),
        "PROPPATCH": COLOUR,
        "PUT": event(),
    }
    for path in ("/dav/s11/nothing-here/", "/dav/s11/nothing-here/event.ics"):
        assert alice(method, path, bodies.get(method, "")).status == 404


@pytest.mark.parametrize("path", [HAIRCUT, BOOKINGS])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_11_what_a_client_has_already_is_304(alice: InProcess, path: str, method: str) -> None:
    first = alice(method, path)
    assert first.status == 200
    again = alice(method, path, If_None_Match=f'"other", W/{first.headers["ETag"]}')
    assert (again.status, again.body, again.headers["ETag"]) == (304, b"", first.headers["ETag"])
    assert alice(method, path, If_None_Match='"other"').status == 200


def test_12_a_limit_is_kept_and_the_rest_follows(alice: InProcess) -> None:
    seen: list[str] = []
    token = ""
    for _ in range(3):
        answer = alice.sync(BOOKINGS, token, limit=1)
        members = answer.members
        cut = members.pop(BOOKINGS, None)
        seen += members
        token = answer.token
        if cut is None:
            break
        assert cut.status == 507
        assert cut.error is not None
        assert cut.error[0].tag == f"{D}number-of-matches-within-limits"
    assert sorted(seen) == [f"{BOOKINGS}booking-{number}.ics" for number in (1001, 1002, 1003)]
    assert token == alice.propfind(BOOKINGS, "D:sync-token").prop(f"{D}sync-token").text


@pytest.mark.parametrize(
    "wish", [{"Prefer": "return=minimal"}, {"Prefer": "wait=1, return=minimal"}, {"Brief": "t"}]
)
def test_12_brevity_is_granted(alice: InProcess, wish: dict[str, str]) -> None:
    answer = alice.propfind(BOOKINGS, "D:getetag", "D:unheard-of", **wish)
    assert answer.members[BOOKINGS].missing == set()
    assert answer.headers["Preference-Applied"] == "return=minimal"
    report = alice.report(BOOKINGS, multiget(HAIRCUT, props="<D:getetag/><D:unheard-of/>"), **wish)
    assert report.members[HAIRCUT].missing == set()


@pytest.mark.parametrize(
    ("filter_", "precondition"),
    [
        ('<C:comp-filter name="VTIMEZONE"/>', "supported-filter"),
        ('<C:comp-filter name="VEVENT"><C:comp-filter name="X-ROOM"/></C:comp-filter>', "supported-filter"),
        ('<C:comp-filter name="VEVENT"><C:moon-phase/></C:comp-filter>', "supported-filter"),
        (
            '<C:comp-filter name="VEVENT"><C:prop-filter name="SUMMARY">'
            '<C:text-match collation="i;klingon">x</C:text-match></C:prop-filter></C:comp-filter>',
            "supported-collation",
        ),
        (between("20261201T000000", None), "valid-filter"),
        (between("20261201T000000Z", "20261130T000000Z"), "valid-filter"),
        ('<C:comp-filter name="VEVENT"><C:time-range/></C:comp-filter>', "valid-filter"),
        ("<C:comp-filter/>", "valid-filter"),
    ],
)
def test_12_a_filter_that_is_not_understood_is_named(
    alice: InProcess, filter_: str, precondition: str
) -> None:
    is_refused(alice.query(BOOKINGS, filter_), f"{C}{precondition}")


def test_13_expect_continue_and_chunked_bodies_work_over_the_wire(live: LiveServer) -> None:
    host = live.address.removeprefix("http://")
    headers = {
        "Authorization": basic(live.town.alice.email, live.town.alice.password),
        "Content-Type": "text/calendar",
        "Expect": "100-continue",
    }
    connection = http.client.HTTPConnection(host, timeout=10)
    body = event().replace("VEVENT", "VTODO").encode()
    for chunked in (False, True):
        length = {} if chunked else {"Content-Length": str(len(body))}
        sent = iter([body[:50], body[50:]]) if chunked else body
        connection.request("PUT", f"{BOOKINGS}new.ics", sent, {**headers, **length}, encode_chunked=chunked)
        answer = connection.getresponse()
        text = answer.read().decode()
        # The body has arrived whole: it was understood to be a to-do.
        assert (answer.status, "supported-calendar-component" in text) == (403, True), text
    connection.close()


@pytest.mark.parametrize(
    "body",
    [
        '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><x>&e;</x>',
        '<!DOCTYPE x [<!ENTITY e "ha">]><D:propfind xmlns:D="DAV:"><D:prop><D:e>&e;</D:e></D:prop></D:propfind>',
        "<D:propfind",
        "\x00",
        "<D:propfind xmlns:D='DAV:'/>",
        "<a>" * 5000 + "</a>" * 5000,
    ],
    ids=["external entity", "entity", "cut off", "no XML", "empty", "deep"],
)
@pytest.mark.parametrize("method", ["PROPFIND", "REPORT", "PROPPATCH"])
def test_14_xml_that_should_not_be_is_a_clients_fault(alice: InProcess, method: str, body: str) -> None:
    answer = alice(method, BOOKINGS, body, Depth="0")
    assert 400 <= answer.status < 500
    assert "root:" not in answer.text


def test_14_more_properties_than_anyone_needs_are_refused(alice: InProcess) -> None:
    """Each is answered for each object: a small question would have an answer of gigabytes."""
    many = "".join(f"<D:p{number}/>" for number in range(5000))
    for question in (propfind(many[1:-2]), multiget(HAIRCUT, props=many), sync_collection(props=many)):
        assert (
            alice("PROPFIND" if "propfind" in question else "REPORT", BOOKINGS, question, Depth="1").status
            == 400
        )


@pytest.mark.parametrize("depth", ["2", "-1", "one", "0,1"])
@pytest.mark.parametrize("method", ["PROPFIND", "REPORT"])
def test_14_a_depth_that_should_not_be_is_a_clients_fault(alice: InProcess, method: str, depth: str) -> None:
    body = propfind("D:getetag") if method == "PROPFIND" else sync_collection()
    assert alice(method, BOOKINGS, body, Depth=depth).status == 400


@pytest.mark.xdist_group("crowd")
def test_15_more_than_ten_thousand_events_can_be_read_with_their_data(
    crowd: Town, crowded: InProcess
) -> None:
    for answer in (
        crowded.sync(BOOKINGS, props="<D:getetag/><C:calendar-data/>"),
        crowded.query(BOOKINGS, '<C:comp-filter name="VEVENT"/>', props="<D:getetag/><C:calendar-data/>"),
    ):
        assert answer.status == 207
        assert answer.text.count("BEGIN:VEVENT") == len(crowded.names(BOOKINGS)) > 10_000


@pytest.mark.parametrize(
    "header",
    ["X-Script-Name", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Forwarded-Server", "X-Forwarded-For"],
)
def test_16_headers_that_strangers_can_set_are_not_believed(live: LiveServer, header: str) -> None:
    phone = OverSocket(live.address, live.town.alice)
    said = {header.replace("-", "_"): "//evil.example"}
    for path in ("/.well-known/caldav", "/dav/.well-known/caldav"):
        moved = phone("PROPFIND", path, propfind("D:getetag"), **said)
        assert (moved.status, moved.headers["Location"]) == (301, "/dav/")
    answer = phone.propfind("/dav/", "D:current-user-principal", **said)
    assert answer.hrefs(f"{D}current-user-principal") == ["/dav/s11/"]


def test_16_a_body_beyond_the_bound_is_not_read(phone: OverSocket) -> None:
    answer = phone("PUT", f"{BOOKINGS}new.ics", b"x" * (2 * 1024 * 1024 + 1))
    assert answer.status == 413


def test_16_an_event_beyond_the_announced_size_is_named(alice: InProcess) -> None:
    most = int(alice.propfind(BOOKINGS, "C:max-resource-size").prop(f"{C}max-resource-size").text or "0")
    is_refused(alice("PUT", f"{BOOKINGS}new.ics", event(SUMMARY="x" * most)), f"{C}max-resource-size")


@pytest.mark.parametrize("named", ["W/{}", '"old", {}', '"old",W/{}', "*"])
def test_17_weak_etags_and_lists_of_them_match(alice: InProcess, named: str) -> None:
    match = named.format(alice.etag(HAIRCUT))
    is_refused(alice("DELETE", HAIRCUT, If_Match=match), *NOT_EDITABLE)


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
def test_17_an_etag_that_has_passed_is_412(alice: InProcess, method: str) -> None:
    assert alice(method, HAIRCUT, event(), If_Match='"old"').status == 412
    assert alice(method, HAIRCUT, event(), If_None_Match="*").status == 412
    assert alice("PUT", f"{BOOKINGS}new.ics", event(), If_Match='"old"').status == 412


def test_18_nobody_waits_for_a_refusal(live: LiveServer) -> None:
    alice = OverSocket(live.address, live.town.alice)
    assert alice.propfind("/dav/", "D:getetag").status == 207
    stranger = OverSocket(live.address)
    asked = [
        lambda: stranger("PROPFIND", "/dav/"),
        lambda: stranger("PROPFIND", "/dav/", Authorization=basic("alice@harbor.example", "wrong")),
        lambda: alice("PUT", HAIRCUT, event()),
        lambda: alice.sync(BOOKINGS, "nonsense"),
        lambda: alice("PROPFIND", "/dav/s12/"),
        lambda: alice("LOCK", BOOKINGS),
    ]
    for ask, status in zip(asked, (401, 401, 403, 403, 404, 405), strict=True):
        began = time.perf_counter()
        assert ask().status == status
        assert time.perf_counter() - began < 0.4


def test_19_an_apostrophe_is_part_of_a_name(the_town: Town, alice: InProcess) -> None:
    the_town.sql("UPDATE staff_members SET email = 'o''brien@harbor.example' WHERE id = 11")
    alice.headers = {"Authorization": basic("o'brien@harbor.example", the_town.alice.password)}
    assert alice.propfind("/dav/", "D:current-user-principal").status == 207


@pytest.mark.parametrize(
    "name", ["a:b.ics", "o'brien.ics", "a,b.ics", "a*b.ics", "a%3Fb.ics", "%C3%A9.ics", 'a"b.ics']
)
def test_19_paths_may_hold_any_letter(alice: InProcess, name: str) -> None:
    assert alice("GET", BOOKINGS + name).status == 404
    assert alice.multiget(BOOKINGS, BOOKINGS + name).status == 207
    assert alice("PUT", BOOKINGS + name, event()).status == 201
    assert alice("GET", BOOKINGS + name).text == event()
    [told] = alice.multiget(BOOKINGS, BOOKINGS + name).members
    assert unquote(told) == unquote(BOOKINGS + name)
    assert alice("DELETE", BOOKINGS + name).status == 204


# --- Faults seen in the other servers ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("start", "end", "found"),
    [
        # 15:00 to 15:45 UTC, told as 10:00 to 10:45 in New York.
        ("20261124T154459Z", "20261124T160000Z", True),
        ("20261124T154500Z", "20261124T160000Z", False),
        ("20261124T140000Z", "20261124T150000Z", False),
        ("20261124T140000Z", "20261124T150001Z", True),
        ("20261124T100000Z", "20261124T104500Z", False),
    ],
)
def test_xandikos_times_in_a_zone_are_compared_as_instants(
    alice: InProcess, start: str, end: str, found: bool
) -> None:
    assert b"TZID=America/New_York" in alice("GET", HAIRCUT).body
    assert set(alice.query(BOOKINGS, between(start, end)).members) == ({HAIRCUT} if found else set())


def test_xandikos_many_at_once_are_all_answered(live: LiveServer) -> None:
    phones = [OverSocket(live.address, live.town.alice) for _ in range(8)]
    with ThreadPoolExecutor(8) as pool:
        statuses = set(pool.map(lambda phone: phone("DELETE", HAIRCUT).status, phones * 3))
    assert statuses == {403}


@pytest.mark.parametrize("token", ["nonsense", "http://radicale.org/ns/sync/abc", "urn:daybridge:sync:0:1"])
def test_xandikos_and_davical_a_wrong_sync_token_is_403(alice: InProcess, token: str) -> None:
    is_refused(alice.sync(BOOKINGS, token), f"{D}valid-sync-token")


def test_davical_each_href_of_a_multiget_gets_an_answer(alice: InProcess) -> None:
    missing = [f"{BOOKINGS}gone-{number}.ics" for number in range(3)]
    members = alice.multiget(BOOKINGS, missing[0], HAIRCUT, *missing[1:]).members
    assert {href: member.status for href, member in members.items()} == {
        **dict.fromkeys(missing, 404),
        HAIRCUT: 0,
    }


def test_davical_a_uid_is_there_once(alice: InProcess) -> None:
    uid = next(line[4:] for line in alice("GET", HAIRCUT).text.splitlines() if line.startswith("UID:"))
    answer = alice("PUT", f"{BOOKINGS}copy.ics", event(uid))
    is_refused(answer, f"{C}no-uid-conflict")
    conflict = answer.root.find(f"{C}no-uid-conflict")
    assert conflict is not None
    assert conflict.findtext(f"{D}href") == HAIRCUT


def test_cyrus_the_hour_that_comes_twice_is_taken(alice: InProcess) -> None:
    """1:30 on the first of November 2026 in New York is there twice; it is no fault to say so."""
    for start, end in (("013000", "014500"), ("003000", "013000"), ("013000", "023000")):
        body = event(DTSTART="", DTEND="").replace(
            "SUMMARY",
            f"DTSTART;TZID=America/New_York:20261101T{start}\r\nDTEND;TZID=America/New_York:20261101T{end}\r\nSUMMARY",
        )
        whole = body.replace("BEGIN:VEVENT", f"{NEW_YORK}BEGIN:VEVENT")
        assert alice("PUT", f"{BOOKINGS}new.ics", whole).status in (201, 204)
        assert alice("GET", f"{BOOKINGS}new.ics").text == whole


def test_cyrus_bookings_in_the_hour_that_comes_twice_are_served(alice: InProcess, the_town: Town) -> None:
    the_town.sql(
        "UPDATE bookings SET start_time = '2026-11-01 05:30', end_time = '2026-11-01 06:30' WHERE id = 1001"
    )
    inside = between("20261101T062900Z", "20261101T063000Z")
    assert set(alice.query(BOOKINGS, inside).members) == {HAIRCUT}
    assert not alice.query(BOOKINGS, between("20261101T063000Z", "20261101T080000Z")).members


# --- What real clients do ---------------------------------------------------------------------------------------


def test_thunderbird_asks_every_path_without_a_password_first(live: LiveServer) -> None:
    phone = OverSocket(live.address)
    for path in ("/", "/dav/", "/dav/s11/", BOOKINGS, HAIRCUT, "/dav/s99/nowhere/"):
        answer = phone.propfind(path, "D:current-user-principal")
        assert answer.status == 401
        assert answer.headers["WWW-Authenticate"].startswith("Basic realm=")


def test_thunderbird_sends_headers_of_a_browser(live: LiveServer) -> None:
    thunderbird = OverSocket(live.address, live.town.alice)
    thunderbird.headers |= {
        "Origin": "null",
        "Sec-Fetch-Site": "cross-site",
        "Sec-Fetch-Mode": "cors",
        "Sec-Fetch-Dest": "empty",
    }
    assert thunderbird.propfind("/dav/", "D:current-user-principal").status == 207
    assert thunderbird.sync(BOOKINGS).status == 207
    assert thunderbird("PUT", f"{BOOKINGS}new.ics", event()).status == 201
    is_refused(thunderbird("DELETE", HAIRCUT), *NOT_EDITABLE)


def test_requests_without_a_password_are_never_throttled(nobody: InProcess, alice: InProcess) -> None:
    for _ in range(300):
        assert nobody("PROPFIND", BOOKINGS).status == 401
    assert alice.propfind(BOOKINGS, "D:getetag").status == 207


def test_apple_gets_a_status_for_each_property_it_sets(alice: InProcess) -> None:
    answer = alice.proppatch(
        BOOKINGS,
        "<D:set><D:prop><I:calendar-color>#FF2968FF</I:calendar-color><I:calendar-order>3</I:calendar-order>"
        "<D:displayname>Work</D:displayname></D:prop></D:set>",
    )
    assert set(answer.members[BOOKINGS].found) == {
        f"{ICAL}calendar-color",
        f"{ICAL}calendar-order",
        f"{D}displayname",
    }


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
def test_after_a_refused_write_the_next_sync_brings_the_event_again(
    alice: InProcess, the_town: Town, method: str
) -> None:
    before, token, ctag = alice.etag(HAIRCUT), alice.sync(BOOKINGS).token, _ctag(alice)
    body = alice("GET", HAIRCUT).text
    into_the_past = body.replace("20261124T1", "20261120T1")
    is_refused(alice(method, HAIRCUT, into_the_past, If_Match=before), *NOT_EDITABLE)
    changed = alice.sync(BOOKINGS, token).members
    assert set(changed) == {HAIRCUT}
    after = changed[HAIRCUT].found[f"{D}getetag"].text
    assert after not in (None, before), "with the same ETag the client would keep its own edit"
    assert _ctag(alice) != ctag
    again = alice("GET", HAIRCUT)
    assert again.headers["ETag"] == after
    assert essence(again.text) == essence(body)
    assert verify.verify(the_town.deps.database, the_town.deps.now()).differences == []


def test_davx5_goes_on_with_the_other_events_after_a_refusal(alice: InProcess) -> None:
    """It stops the whole synchronisation at any 403 but one that names need-privileges; then it takes our version."""
    etag = alice.etag(HAIRCUT)
    uid = next(line[4:] for line in alice("GET", HAIRCUT).text.splitlines() if line.startswith("UID:"))
    answer = alice(
        "PUT", HAIRCUT, event(uid, DTSTART="20261121T120000Z", DTEND="20261121T130000Z"), If_Match=etag
    )
    is_refused(answer, *NOT_EDITABLE)
    denied = alice("PUT", "/dav/s11/busy/new.ics", event())
    is_refused(denied, f"{D}need-privileges")
    needed = denied.root.find(f"{D}need-privileges")
    assert needed is not None
    assert needed.findtext(f"{D}resource/{D}href") == "/dav/s11/busy/new.ics"
    assert needed.find(f"{D}resource/{D}privilege/{D}write-content") is not None


def test_evolution_and_davx5_ask_for_properties_that_are_not_there(alice: InProcess) -> None:
    answer = alice.multiget(
        BOOKINGS, HAIRCUT, props="<D:getetag/><C:calendar-data/><C:schedule-tag/><CS:created-by/>"
    )
    member = answer.members[HAIRCUT]
    assert set(member.found) == {f"{D}getetag", f"{C}calendar-data"}
    assert member.missing == {f"{C}schedule-tag", f"{CS}created-by"}


@pytest.mark.parametrize(
    ("path", "privileges"),
    [
        (BOOKINGS, {"write", "write-content", "bind", "unbind"}),
        ("/dav/s11/staff-12/", {"write-content", "unbind"}),
        ("/dav/s11/team/", {"write-content", "unbind"}),
        ("/dav/s11/busy/", set()),
    ],
)
def test_calendars_say_what_may_be_done_in_them(alice: InProcess, path: str, privileges: set[str]) -> None:
    granted = alice.propfind(path, "D:current-user-privilege-set").prop(f"{D}current-user-privilege-set")
    names = {privilege[0].tag.removeprefix(D) for privilege in granted}
    assert "read" in names
    assert names & {"write", "write-content", "bind", "unbind", "all"} == privileges


def test_a_calendar_that_can_only_be_read_takes_nothing(alice: InProcess) -> None:
    is_refused(alice("PUT", "/dav/s11/busy/new.ics", event()), f"{D}need-privileges")
    assert alice.names("/dav/s11/busy/") == set()


@pytest.mark.parametrize("path", ["/dav/s11/staff-12/", "/dav/s11/team/"])
def test_new_events_go_into_one_s_own_calendar_only(alice: InProcess, path: str) -> None:
    before = alice.names(path)
    is_refused(alice("PUT", f"{path}new.ics", event()), *NOT_EDITABLE)
    assert alice("DELETE", f"{path}nothing.ics").status == 404
    assert alice.names(path) == before


def test_an_event_that_is_not_there_can_not_be_deleted(alice: InProcess) -> None:
    assert alice("DELETE", f"{BOOKINGS}nothing.ics").status == 404


OUT_OF_SCOPE = [
    ("MKCALENDAR", "/dav/s11/new/", "", {403}),
    ("MKCALENDAR", BOOKINGS, "", {403, 405}),
    ("MKCOL", "/dav/s11/new/", "", {403}),
    ("DELETE", BOOKINGS, "", {403}),
    ("DELETE", "/dav/s11/", "", {403}),
    ("DELETE", "/dav/", "", {403}),
    ("PUT", BOOKINGS, calendar(""), {403, 405}),
    (
        "LOCK",
        HAIRCUT,
        '<D:lockinfo xmlns:D="DAV:"><D:lockscope><D:exclusive/></D:lockscope></D:lockinfo>',
        {405, 501},
    ),
    ("UNLOCK", HAIRCUT, "", {405, 501}),
    ("ACL", BOOKINGS, '<D:acl xmlns:D="DAV:"/>', {405, 501}),
    ("COPY", HAIRCUT, "", {403, 405}),
    ("MOVE", HAIRCUT, "", {403, 405}),
    ("SEARCH", "/dav/", "", {405, 501}),
    ("POST", BOOKINGS, "", {403, 405}),
    ("POST", f"{HAIRCUT}?action=attachment-add", "file", {403, 405}),
    ("POST", "/dav/s11/outbox/", "", {404, 405}),
    ("PROPFIND", "/dav/s11/inbox/", propfind("D:resourcetype"), {404}),
    ("PROPFIND", "/dav/s11/outbox/", propfind("D:resourcetype"), {404}),
    ("POST", BOOKINGS, f"<CS:share {NAMESPACES}/>", {403, 405}),
    ("REPORT", BOOKINGS, '<D:acl-principal-prop-set xmlns:D="DAV:"/>', {403}),
    ("REPORT", BOOKINGS, '<X:anything xmlns:X="urn:x"/>', {403}),
    ("REPORT", "/dav/s11/", sync_collection(), {403}),
    ("BREW", BOOKINGS, "", {405, 501}),
]


@pytest.mark.parametrize(("method", "path", "body", "allowed"), OUT_OF_SCOPE)
def test_what_is_out_of_scope_is_refused_cleanly(
    alice: InProcess, method: str, path: str, body: str, allowed: set[int]
) -> None:
    before = alice.propfind("/dav/s11/", "D:resourcetype", depth="1").members
    headers = {"Destination": "http://localhost:80/dav/s11/team/x.ics", "Overwrite": "F"}
    answer = alice(method, path, body, **headers)
    assert answer.status in allowed, (answer.status, answer.text)
    if answer.status == 405:
        assert "PROPFIND" in answer.headers["Allow"]
    assert before.keys() == alice.propfind("/dav/s11/", "D:resourcetype", depth="1").members.keys()
    assert "booking-1001.ics" in alice.names(BOOKINGS)


def test_quota_and_sharing_and_scheduling_are_not_pretended(alice: InProcess) -> None:
    asked = ["D:quota-available-bytes", "CS:invite", "C:schedule-inbox-URL", "C:schedule-outbox-URL", "D:acl"]
    assert len(alice.propfind("/dav/s11/", *asked).members["/dav/s11/"].missing) == len(asked)


def test_reports_that_clients_insist_on_are_answered_with_nothing(alice: InProcess) -> None:
    for name in ("expand-property", "principal-property-search", "principal-search-property-set"):
        answer = alice.report("/dav/s11/", f'<D:{name} xmlns:D="DAV:"/>')
        is_no_server_error(answer)
        assert b"response>" not in answer.body


def test_free_busy_is_told_by_the_hour_and_not_by_name(alice: InProcess) -> None:
    span = '<C:time-range start="20261124T000000Z" end="20261125T000000Z"/>'
    answer = alice.report(BOOKINGS, f"<C:free-busy-query {NAMESPACES}>{span}</C:free-busy-query>")
    assert (answer.status, answer.headers["Content-Type"].split(";")[0]) == (200, "text/calendar")
    assert "FREEBUSY;FBTYPE=BUSY:20261124T150000Z/20261124T154500Z" in answer.text.replace("\r\n ", "")
    assert "Maria" not in answer.text
    assert alice.report(BOOKINGS, f"<C:free-busy-query {NAMESPACES}/>").status == 400


def test_expand_tells_each_event_in_utc(alice: InProcess) -> None:
    window = 'start="20261124T000000Z" end="20261125T000000Z"'
    props = f"<D:getetag/><C:calendar-data><C:expand {window}/></C:calendar-data>"
    members = alice.query(BOOKINGS, between("20261124T000000Z", "20261125T000000Z"), props).members
    assert set(members) == {HAIRCUT}
    told = members[HAIRCUT].found[f"{C}calendar-data"].text or ""
    assert "DTSTART:20261124T150000Z" in told
    assert "VTIMEZONE" not in told


def test_a_phone_that_was_given_only_a_host_finds_the_calendars(live: LiveServer) -> None:
    phone = OverSocket(live.address, live.town.alice)
    for path in ("/.well-known/caldav", "/.well-known/caldav/"):
        for method in ("GET", "PROPFIND", "OPTIONS", "HEAD"):
            answer = phone(method, path)
            assert (answer.status, answer.headers["Location"]) == (301, "/dav/")
    assert phone.propfind("/", "D:current-user-principal").hrefs(f"{D}current-user-principal") == [
        "/dav/s11/"
    ]
    assert "calendar-access" in phone("OPTIONS", "/").headers["DAV"]
    assert requests.get(
        live.address + "/dav/", auth=(phone.person.email, phone.person.password), timeout=9
    ).ok


def test_our_own_words_are_in_our_own_namespace(alice: InProcess) -> None:
    assert alice("PUT", HAIRCUT, event()).root.find(f"{DB}reason") is not None


def _ctag(client: InProcess) -> str | None:
    return client.propfind(BOOKINGS, "CS:getctag").prop(f"{CS}getctag").text
