"""The practice calendar beyond the contract: who is let in, what it refuses, and many at once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest

from gateway.core.errors import NeedsReconnect, NotAccepted, RemoteChanged, RemoteGone
from gateway.core.remote import Stamp
from gateway.db import practice as kept
from gateway.providers.practice import translate
from tests.providers.practice.conftest import EVENT, NOW, WINDOW, Place

KEY = "a-key"


def test_nobody_calls_us(place: Place) -> None:
    """The page itself asks for a reading."""
    assert place.open().watch("mine", "id", "https://book.example/", "secret") is None


def test_a_token_opens_its_own_business_only(place: Place, next_door: Place) -> None:
    assert place.grant.access_token.startswith("1.")
    assert [one.id for one in place.open().calendars()] == ["mine"]
    with pytest.raises(NeedsReconnect):
        place.open(business_id=2).calendars()
    place.open().put("mine", KEY, EVENT, None)
    with pytest.raises(RemoteGone):
        next_door.open().read("mine", KEY)


@pytest.mark.parametrize(
    "token", ["", ".", "1", "1.", ".x", "x.y", "-1.x", "²" + ".x", "9" * 19 + ".x", "1.x\0"]
)
def test_what_is_no_token(place: Place, token: str) -> None:
    authority, grant = place.provider.authority, replace(place.grant, access_token=token, refresh_token=token)
    with pytest.raises(NotAccepted):
        authority.exchange(token, "v" * 64, "https://book.example/oauth/calendar/practice/callback")
    with pytest.raises(NeedsReconnect):
        authority.refresh(grant)
    authority.revoke(grant)
    with pytest.raises(NeedsReconnect):
        replace(place, grant=grant).open().calendars()


def test_what_lets_in_is_no_code_and_a_code_lets_nobody_in(place: Place) -> None:
    authority, token = place.provider.authority, place.grant.access_token
    with pytest.raises(NotAccepted):
        authority.exchange(token, "v" * 64, "")
    agreed = kept.Agreed("mine", "c" * 43, "there", NOW + timedelta(minutes=1))
    with place.database.tenant(1) as session:
        kept.agree(session, 1, b"hash of a code", agreed, NOW)
    assert place.store.holder(1, b"hash of a code") is None
    place.store.shut_out(1, b"hash of a code")
    assert place.store.spend(1, b"hash of a code") == agreed
    assert place.store.spend(1, b"hash of a code") is None


def test_codes_that_nobody_came_for_are_forgotten(place: Place) -> None:
    def agree(name: bytes, ends: timedelta) -> None:
        with place.database.tenant(1) as session:
            kept.agree(session, 1, name, kept.Agreed("mine", "c", "there", NOW + ends), NOW)

    agree(b"old", timedelta(minutes=-1))
    agree(b"new", timedelta(minutes=1))
    assert place.store.spend(1, b"old") is None
    assert place.store.spend(1, b"new")
    assert place.open().calendars(), "what lets in stays"


def test_a_calendar_that_is_only_read(place: Place) -> None:
    with place.database.tenant(1) as session:
        kept.open_calendar(session, (1, "mine", "holidays"), "Holidays", "UTC", writable=False)
    there = place.open()
    assert [(one.id, one.primary, one.writable) for one in there.calendars()] == [
        ("mine", True, True),
        ("holidays", False, False),
    ]
    with pytest.raises(NotAccepted):
        there.put("holidays", KEY, EVENT, None)
    assert there.changes("holidays", "", WINDOW).events == ()


def test_another_event_of_the_same_name_is_left_alone(place: Place) -> None:
    there = place.open()
    there.put("mine", KEY, replace(EVENT, uid="booking-8@here"), None)
    with pytest.raises(NotAccepted):
        there.put("mine", KEY, EVENT, None)
    assert there.read("mine", KEY).tag == "booking-8@here"


def test_a_version_that_nobody_knows_is_written_over(place: Place) -> None:
    there = place.open()
    stamp = there.put("mine", KEY, EVENT, None)
    assert there.put("mine", KEY, EVENT, Stamp(KEY, "")).etag != stamp.etag


def test_a_series_that_is_made_a_booking_again_loses_its_instances(place: Place) -> None:
    there = place.open()
    stamp = there.put("mine", KEY, EVENT, None)
    entry = translate.written(EVENT)
    series = replace(entry, times=f"{entry.times}RRULE:FREQ=DAILY\r\n")
    place.by_hand(lambda s, r: kept.write(s, place.where, r, KEY, series.content, tag=EVENT.uid))
    instance = translate.without(entry)
    place.by_hand(lambda s, r: kept.write(s, place.where, r, "an-instance", instance.content, series=KEY))
    spoilt = there.read("mine", KEY)
    assert spoilt.wanted
    assert spoilt.wanted.recurs
    cursor = there.changes("mine", "", WINDOW).cursor
    there.put("mine", stamp.id, EVENT, Stamp(KEY, spoilt.etag))
    told = {one.id: one.gone for one in there.changes("mine", cursor, WINDOW).events}
    assert told == {KEY: False, "an-instance": True}


# Many at once


def test_of_two_who_write_over_one_version_one_wins(place: Place) -> None:
    there = place.open()
    stamp = there.put("mine", KEY, EVENT, None)

    def write(number: int) -> bool:
        try:
            there.put("mine", KEY, replace(EVENT, summary=str(number)), stamp)
        except RemoteChanged:
            return False
        return True

    with ThreadPoolExecutor(6) as pool:
        assert sum(pool.map(write, range(6))) == 1


def test_many_who_make_one_event_make_one(place: Place) -> None:
    there = place.open()
    with ThreadPoolExecutor(6) as pool:
        stamps = list(pool.map(lambda _: there.put("mine", KEY, EVENT, None), range(6)))
    assert {stamp.id for stamp in stamps} == {KEY}
    [found] = there.changes("mine", "", WINDOW).events
    assert found.etag in {stamp.etag for stamp in stamps}


def test_who_reads_while_others_write_misses_nothing(place: Place) -> None:
    there = place.open()
    cursor, known = "", dict[str, str]()

    def write(number: int) -> None:
        there.put("mine", f"key-{number}", replace(EVENT, uid=f"booking-{number}@here"), None)

    with ThreadPoolExecutor(4) as pool:
        written = [pool.submit(write, number % 20) for number in range(80)]
        while not all(one.done() for one in written):
            page = there.changes("mine", cursor, WINDOW)
            known, cursor = known | {one.id: one.etag for one in page.events}, page.cursor
    page = there.changes("mine", cursor, WINDOW)
    known |= {one.id: one.etag for one in page.events}
    assert known == {one.id: one.etag for one in there.changes("mine", "", WINDOW).events}
    assert len(known) == 20
