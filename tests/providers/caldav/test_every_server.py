"""What every CalDAV server has to keep to, so that an event of ours may be written over without being read first."""

from __future__ import annotations

from dataclasses import replace

import pytest
from icalendar import Alarm, Component

from gateway.core.errors import NeedsReconnect, RemoteChanged
from gateway.core.remote import Stamp
from gateway.providers.port import Door
from tests.providers.harness import EVENT, HOUR, KEY, present
from tests.providers.harness_caldav import Caldav, wrong


@pytest.fixture(params=["radicale", "xandikos", "cyrus", "davical", "tokenless"])
def server(request: pytest.FixtureRequest) -> Caldav:
    return Caldav(request.getfixturevalue(f"{request.param}_world"))


def remind(event: Component) -> None:
    alarm = Alarm()
    alarm.add("ACTION", "DISPLAY")
    alarm.add("DESCRIPTION", "Soon")
    alarm.add("TRIGGER", -HOUR)
    event.add_component(alarm)


def test_a_reminder_makes_another_version_and_stays(server: Caldav) -> None:
    there, path = server.open(), f"{server.main}{KEY}.ics"
    stamp = there.put(server.main, KEY, EVENT, None)
    stamp = there.put(server.main, KEY, replace(EVENT, summary="New"), stamp)
    server.person.change(path, remind)
    with pytest.raises(RemoteChanged):
        there.put(server.main, KEY, replace(EVENT, summary="Unread"), stamp)
    seen = Stamp(KEY, there.read(server.main, KEY).etag)
    for title in ("Newer", "Newest"):
        seen = there.put(server.main, KEY, replace(EVENT, summary=title), seen)
    [event] = server.person.get(path).walk("VEVENT")
    assert str(event["SUMMARY"]) == "Newest"
    assert len(event.walk("VALARM")) == 1


def test_each_change_counts_on(server: Caldav) -> None:
    """A program takes an object with a SEQUENCE that doesn't grow for an old one (RFC 5545 3.8.7.4)."""
    there = server.open()
    stamp = there.put(server.main, KEY, EVENT, None)
    for title in ("New", "Newer", "Newest"):
        stamp = there.put(server.main, KEY, replace(EVENT, summary=title), stamp)
    [event] = server.person.get(f"{server.main}{KEY}.ics").walk("VEVENT")
    assert (str(event["SUMMARY"]), int(event["SEQUENCE"])) == ("Newest", 3)
    [found] = present(there, server.main).values()
    assert found.etag == stamp.etag


# Xandikos knows no passwords.
@pytest.mark.parametrize("server", ["radicale", "cyrus", "davical"], indirect=True)
def test_a_wrong_password_opens_nothing(server: Caldav) -> None:
    authority = server.provider.authority
    assert isinstance(authority, Door)
    with pytest.raises(NeedsReconnect):
        authority.enter(wrong(server.login))
