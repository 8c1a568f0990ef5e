"""iOS and macOS: what they ask right after set-up, and what they keep about a calendar. Taken from their requests."""

from __future__ import annotations

from xml.etree.ElementTree import Element, fromstring

import pytest

from tests.caldav.client import CS, ICAL, C, D, InProcess, same

HOME = "/dav/s11/"
BOOKINGS = f"{HOME}bookings/"

# calaccessd's question about the home, depth 1.
LONG = """
<A:propfind xmlns:A="DAV:" xmlns:B="urn:ietf:params:xml:ns:caldav" xmlns:C="http://calendarserver.org/ns/"
            xmlns:D="http://apple.com/ns/ical/" xmlns:E="http://me.com/_namespace/"><A:prop>
<A:add-member/><C:allowed-sharing-modes/><D:autoprovisioned/><E:bulk-requests/><B:calendar-alarms/><D:calendar-color/>
<B:calendar-description/><B:calendar-free-busy-set/><D:calendar-order/><B:calendar-timezone/>
<A:current-user-privilege-set/><B:default-alarm-vevent-date/><B:default-alarm-vevent-datetime/><A:displayname/>
<C:getctag/><C:invite/><D:language-code/><D:location-code/><A:owner/><C:pre-publish-url/><C:publish-url/>
<C:push-transports/><C:pushkey/><A:quota-available-bytes/><A:quota-used-bytes/><D:refreshrate/><A:resource-id/>
<A:resourcetype/><B:schedule-calendar-transp/><B:schedule-default-calendar-URL/><C:source/>
<C:subscribed-strip-alarms/><C:subscribed-strip-attachments/><C:subscribed-strip-todos/>
<B:supported-calendar-component-set/><B:supported-calendar-component-sets/><A:supported-report-set/><A:sync-token/>
<C:xmpp-server/><C:xmpp-uri/></A:prop></A:propfind>"""

ALARM = (
    "BEGIN:VALARM\nX-WR-ALARMUID:4F1B\nUID:4F1B\nTRIGGER:-PT15M\nATTACH;VALUE=URI:Basso\nACTION:AUDIO\n"
    "X-APPLE-DEFAULT-ALARM:TRUE\nDESCRIPTION:a &lt; b &amp; c\nEND:VALARM\n"
)
SET_UP = {
    f"{ICAL}calendar-color": '<I:calendar-color symbolic-color="custom">#B14BC9FF</I:calendar-color>',
    f"{ICAL}calendar-order": "<I:calendar-order>3</I:calendar-order>",
    f"{D}displayname": "<D:displayname>Salon \U0001f487 &amp; more</D:displayname>",
    f"{C}default-alarm-vevent-datetime": (
        f"<C:default-alarm-vevent-datetime>{ALARM}</C:default-alarm-vevent-datetime>"
    ),
    f"{C}default-alarm-vevent-date": "<C:default-alarm-vevent-date/>",
    f"{C}calendar-timezone": "<C:calendar-timezone>BEGIN:VCALENDAR\nEND:VCALENDAR\n</C:calendar-timezone>",
}


def set_props(client: InProcess, path: str, *props: str, **headers: str) -> dict[int, set[str]]:
    answer = client.proppatch(path, f"<D:set><D:prop>{''.join(props)}</D:prop></D:set>", **headers)
    (member,) = answer.members.values()
    return {status: set(found) for status, found in member.props.items()}


def kept(client: InProcess, path: str, prop: str) -> Element | None:
    (member,) = client.propfind(path, prop).members.values()
    return next(iter(member.found.values()), None)


@pytest.mark.parametrize("headers", [{}, {"Brief": "t"}, {"Prefer": "return=minimal"}])
def test_the_long_question_about_the_home(alice: InProcess, headers: dict[str, str]) -> None:
    members = alice("PROPFIND", HOME, LONG, Depth="1", **headers).members
    calendars = {f"{HOME}{slug}/" for slug in ("bookings", "busy", "staff-12", "team")}
    assert members.keys() == calendars | {HOME}
    for href in calendars:
        found = members[href].found
        assert {kind.tag for kind in found[f"{D}resourcetype"]} == {f"{D}collection", f"{C}calendar"}
        assert [one.get("name") for one in found[f"{C}supported-calendar-component-set"]] == ["VEVENT"]
        assert found[f"{CS}getctag"].text
        assert found[f"{D}sync-token"].text
        assert found[f"{D}displayname"].text
        reports = {report[0][0].tag for report in found[f"{D}supported-report-set"]}
        assert {f"{C}calendar-query", f"{C}calendar-multiget", f"{D}sync-collection"} <= reports
        # Brevity leaves away what isn't there; without it each property gets its answer.
        assert bool(members[href].missing) != bool(headers)
        if not headers:
            assert len(found) + len(members[href].missing) == LONG.count("/>")
    assert {kind.tag for kind in members[HOME].found[f"{D}resourcetype"]} == {
        f"{D}collection",
        f"{D}principal",
    }


def test_only_ones_own_bookings_make_one_busy(alice: InProcess) -> None:
    members = alice.propfind(HOME, "C:schedule-calendar-transp", depth="1").members
    told = {
        href: one.found[f"{C}schedule-calendar-transp"][0].tag
        for href, one in members.items()
        if href != HOME
    }
    assert told.pop(BOOKINGS) == f"{C}opaque"
    assert set(told.values()) == {f"{C}transparent"}


@pytest.mark.parametrize("slug", ["bookings", "busy", "staff-12", "team"])
def test_what_is_set_up_is_kept_and_given_back(alice: InProcess, slug: str) -> None:
    path = f"{HOME}{slug}/"
    assert set_props(alice, path, *SET_UP.values()) == {200: set(SET_UP)}
    members = alice("PROPFIND", HOME, LONG, Depth="1").members
    found = members[path].found
    assert found[f"{ICAL}calendar-color"].text == "#B14BC9FF"
    assert found[f"{ICAL}calendar-color"].get("symbolic-color") == "custom"
    assert found[f"{ICAL}calendar-order"].text == "3"
    assert found[f"{D}displayname"].text == "Salon \U0001f487 & more"
    assert found[f"{C}default-alarm-vevent-datetime"].text == ALARM.replace("&lt;", "<").replace("&amp;", "&")
    assert not found[f"{C}default-alarm-vevent-date"].text
    untouched = members[BOOKINGS if slug != "bookings" else f"{HOME}team/"]
    assert f"{ICAL}calendar-color" in untouched.missing


@pytest.mark.parametrize("path", [HOME, "/dav/", f"{BOOKINGS}booking-1001.ics"])
def test_where_nothing_is_kept_each_property_is_refused_by_itself(alice: InProcess, path: str) -> None:
    assert set_props(alice, path, *SET_UP.values()) == {403: set(SET_UP)}
    assert set_props(alice, path, *SET_UP.values(), Brief="t") == {403: set(SET_UP)}


def test_a_colour_is_its_owners_alone(alice: InProcess, bob: InProcess) -> None:
    red, blue = (
        "<I:calendar-color>#FF0000FF</I:calendar-color>",
        "<I:calendar-color>#0000FFFF</I:calendar-color>",
    )
    # The same calendar: Bob's bookings, as he sees them and as his manager does.
    set_props(bob, "/dav/s12/bookings/", blue)
    assert kept(alice, f"{HOME}staff-12/", "I:calendar-color") is None
    set_props(alice, f"{HOME}staff-12/", red)
    assert getattr(kept(alice, f"{HOME}staff-12/", "I:calendar-color"), "text", "") == "#FF0000FF"
    assert getattr(kept(bob, "/dav/s12/bookings/", "I:calendar-color"), "text", "") == "#0000FFFF"


def test_a_name_that_is_taken_away_is_ours_again(alice: InProcess) -> None:
    set_props(alice, BOOKINGS, "<D:displayname>Mine</D:displayname>")
    answer = alice.proppatch(
        BOOKINGS, "<D:remove><D:prop><D:displayname/><I:calendar-color/></D:prop></D:remove>"
    )
    assert set(answer.members[BOOKINGS].props) == {200}
    assert getattr(kept(alice, BOOKINGS, "D:displayname"), "text", "") == "Bookings"


def test_the_last_word_in_one_patch_counts(alice: InProcess) -> None:
    one, two = ("<I:calendar-order>1</I:calendar-order>", "<I:calendar-order>2</I:calendar-order>")
    alice.proppatch(
        BOOKINGS,
        f"<D:set><D:prop>{one}</D:prop></D:set><D:remove><D:prop><I:calendar-order/></D:prop></D:remove>"
        f"<D:set><D:prop>{two}</D:prop></D:set>",
    )
    assert getattr(kept(alice, BOOKINGS, "I:calendar-order"), "text", "") == "2"


@pytest.mark.parametrize(
    "prop",
    [
        '<x xmlns="">no namespace <y/></x>',
        '<Z:x xmlns:Z="urn:z" xmlns:Q="urn:q" Q:a="1"><Q:y b="2"/><D:z/>tail</Z:x>',
        '<Z:x xmlns:Z="urn:z&quot;&lt;&amp;"><y xmlns=""><w/></y></Z:x>',
        '<Z:x xmlns:Z="urn:z" xml:lang="de">Gr\u00fc\u00dfe</Z:x>',
        "<Z:x xmlns:Z='urn:z'>&#13;&#10;&#9; kept </Z:x>",
    ],
)
def test_a_property_of_any_form_comes_back_as_it_was(alice: InProcess, prop: str) -> None:
    body = f'<D:propertyupdate xmlns:D="DAV:"><D:set><D:prop>{prop}</D:prop></D:set></D:propertyupdate>'
    assert set(alice("PROPPATCH", BOOKINGS, body).members[BOOKINGS].props) == {200}
    ask = f'<D:propfind xmlns:D="DAV:"><D:prop>{prop}</D:prop></D:propfind>'
    (found,) = alice("PROPFIND", BOOKINGS, ask, Depth="0").members[BOOKINGS].found.values()
    (meant,) = fromstring(f'<p xmlns:D="DAV:">{prop}</p>')
    assert same(found) == same(meant)


def test_a_language_that_was_said_around_a_property_is_kept_with_it(alice: InProcess) -> None:
    alice.proppatch(
        BOOKINGS,
        '<D:set><D:prop xml:lang="fr"><C:calendar-description>Salon</C:calendar-description></D:prop></D:set>',
    )
    found = kept(alice, BOOKINGS, "C:calendar-description")
    assert found is not None
    assert found.get("{http://www.w3.org/XML/1998/namespace}lang") == "fr"


def test_there_is_room_for_a_hundred_properties_and_no_more(alice: InProcess) -> None:
    many = [f'<Z:p{number} xmlns:Z="urn:z">x</Z:p{number}>' for number in range(100)]
    assert set(set_props(alice, BOOKINGS, *many)) == {200}
    assert set(set_props(alice, BOOKINGS, *many)) == {200}
    assert set(set_props(alice, BOOKINGS, "<I:calendar-order>1</I:calendar-order>")) == {403}
    assert kept(alice, BOOKINGS, "I:calendar-order") is None
    long_name = "x" * 3000
    assert set(set_props(alice, BOOKINGS, f"<{long_name} xmlns='urn:z'/>")) == {403}
    too_much = "x" * 70_000
    assert set(set_props(alice, BOOKINGS, f"<D:displayname>{too_much}</D:displayname>")) == {403}
