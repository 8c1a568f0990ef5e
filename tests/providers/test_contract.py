"""One suite over all providers: whatever `providers/port.py` promises, each of them keeps.

A provider comes with a harness: an account that nobody else uses, opened through the port, and its owner, who changes
it from the other side. What is said of times is asked of `core.foreign`, since that is who believes it.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from itertools import count

import pytest

from gateway.core import keys
from gateway.core.blocking import BlockRules
from gateway.core.errors import (
    CursorExpired,
    NeedsReconnect,
    NotAccepted,
    RemoteChanged,
    RemoteGone,
)
from gateway.core.remote import Grant, RemoteEvent, Reply, Showing, Stamp
from gateway.providers.port import Account, CalendarProvider
from tests.providers.harness import (
    BERLIN,
    EVENT,
    HOUR,
    KEY,
    TEN,
    VERIFIER,
    WINDOW,
    Harness,
    Theirs,
    agreed,
    hours,
    present,
    replayed,
    spans,
    told,
    unchanged,
)
from tests.providers.harness_caldav import Unending

# Putting


def test_putting_twice_makes_one_event(harness: Harness, there: CalendarProvider) -> None:
    first = there.put(harness.main, KEY, EVENT, None)
    second = there.put(harness.main, KEY, EVENT, None)
    assert first.id == second.id
    assert {id_: one.etag for id_, one in present(there, harness.main).items()} == {second.id: second.etag}


def test_an_event_whose_answer_was_lost_is_adopted(harness: Harness, there: CalendarProvider) -> None:
    harness.put_unheard(replace(EVENT, summary="Somewhat older"))
    stamp = there.put(harness.main, KEY, EVENT, None)
    [found] = present(there, harness.main).values()
    assert (found.id, found.etag) == (stamp.id, stamp.etag)
    assert found.wanted
    assert found.wanted.summary == EVENT.summary


def test_an_event_is_written_over_the_version_that_was_seen(
    harness: Harness, there: CalendarProvider
) -> None:
    first = there.put(harness.main, KEY, EVENT, None)
    later = replace(EVENT, starts_at=TEN + HOUR, ends_at=TEN + 3 * HOUR, summary="Colour", tentative=True)
    second = there.put(harness.main, first.id, later, first)
    assert second.id == first.id
    assert second.etag != first.etag
    found = there.read(harness.main, first.id)
    assert found.etag == second.etag
    assert found.wanted
    assert (found.wanted.starts_at, found.wanted.ends_at) == (later.starts_at, later.ends_at)
    assert (found.wanted.summary, found.wanted.tentative) == ("Colour", True)


def test_what_somebody_changed_meanwhile_is_not_written_over(
    harness: Harness, there: CalendarProvider
) -> None:
    stamp = there.put(harness.main, KEY, EVENT, None)
    harness.rename(stamp.id, "Not now")
    with unchanged(there, harness.main), pytest.raises(RemoteChanged):
        there.put(harness.main, stamp.id, EVENT, stamp)


def test_an_older_version_of_our_own_is_no_better(harness: Harness, there: CalendarProvider) -> None:
    first = there.put(harness.main, KEY, EVENT, None)
    there.put(harness.main, first.id, replace(EVENT, summary="Newer"), first)
    with unchanged(there, harness.main), pytest.raises(RemoteChanged):
        there.put(harness.main, first.id, EVENT, first)


def test_what_somebody_deleted_is_gone(harness: Harness, there: CalendarProvider) -> None:
    """For a new event too: its key is used up, and the next one needs another."""
    stamp = there.put(harness.main, KEY, EVENT, None)
    harness.remove(stamp.id)
    with pytest.raises(RemoteGone):
        there.put(harness.main, stamp.id, EVENT, stamp)
    if getattr(harness, "uses_up_keys", True):
        with pytest.raises(RemoteGone):
            there.put(harness.main, KEY, EVENT, None)
    with pytest.raises(RemoteGone):
        there.read(harness.main, stamp.id)
    assert present(there, harness.main) == {}
    again = there.put(harness.main, keys.event_key("contract", 7, 1), EVENT, None)
    assert list(present(there, harness.main)) == [again.id]


def test_a_key_that_we_used_up_ourselves(harness: Harness, there: CalendarProvider) -> None:
    there.delete(harness.main, there.put(harness.main, KEY, EVENT, None))
    if getattr(harness, "uses_up_keys", True):
        with pytest.raises(RemoteGone):
            there.put(harness.main, KEY, EVENT, None)
    else:
        again = there.put(harness.main, KEY, EVENT, None)
        assert list(present(there, harness.main)) == [again.id]


def test_writing_over_what_was_made_of_an_event_restores_it(
    harness: Harness, there: CalendarProvider
) -> None:
    """Whatever it has become, whole days too."""
    stamp = there.put(harness.main, KEY, EVENT, None)
    before = there.read(harness.main, stamp.id)
    harness.make_all_day(stamp.id, date(2026, 12, 3))
    harness.rename(stamp.id, "Day off")
    spoilt = there.read(harness.main, stamp.id)
    assert spoilt.wanted
    assert (spoilt.wanted.all_day, spoilt.wanted.summary, spoilt.tag) == (True, "Day off", EVENT.uid)
    again = there.put(harness.main, stamp.id, EVENT, Stamp(spoilt.id, spoilt.etag))
    assert there.read(harness.main, stamp.id) == replace(before, etag=again.etag)


# Deleting


def test_deleting_twice_is_fine(harness: Harness, there: CalendarProvider) -> None:
    stamp = there.put(harness.main, KEY, EVENT, None)
    there.delete(harness.main, stamp)
    there.delete(harness.main, stamp)
    assert present(there, harness.main) == {}


def test_what_somebody_changed_is_deleted_all_the_same(harness: Harness, there: CalendarProvider) -> None:
    stamp = there.put(harness.main, KEY, EVENT, None)
    harness.move(stamp.id, HOUR)
    there.delete(harness.main, stamp)
    assert present(there, harness.main) == {}


def test_what_somebody_deleted_and_what_never_was_there_may_be_deleted(
    harness: Harness, there: CalendarProvider
) -> None:
    stamp = there.put(harness.main, KEY, EVENT, None)
    harness.remove(stamp.id)
    there.delete(harness.main, stamp)
    there.delete(harness.main, Stamp(keys.event_key("contract", 8, 0), '"1"'))


# Reading one


@pytest.mark.parametrize("tentative", [False, True])
def test_what_was_put_can_be_read(harness: Harness, there: CalendarProvider, tentative: bool) -> None:
    event = replace(EVENT, tentative=tentative)
    stamp = there.put(harness.main, KEY, event, None)
    found = there.read(harness.main, stamp.id)
    assert (found.id, found.etag, found.series, found.gone) == (stamp.id, stamp.etag, stamp.id, False)
    assert found.tag == event.uid
    assert spans([found]) == hours(TEN)
    assert found.wanted
    assert (found.wanted.starts_at, found.wanted.ends_at) == (event.starts_at, event.ends_at)
    assert found.wanted.summary == event.summary
    assert found.wanted.description == event.description
    assert found.wanted.location == event.location
    assert found.wanted.tentative in (None, tentative)
    assert found.wanted.categories in (None, event.categories)
    assert found.wanted.url in (None, event.url)
    asks = ("all_day", "recurs", "cancelled", "declined", "free", "attendees", "additions")
    assert not any(getattr(found.wanted, name) for name in asks)


def test_a_time_that_the_clock_shows_twice_is_kept(harness: Harness, there: CalendarProvider) -> None:
    """Half past two in the night of 25 October, the second time."""
    second = datetime(2026, 10, 25, 1, 30, tzinfo=UTC)
    event = replace(EVENT, starts_at=second, ends_at=second + HOUR)
    found = there.read(harness.main, there.put(harness.main, KEY, event, None).id)
    assert found.wanted
    assert (found.wanted.starts_at, found.wanted.ends_at) == (second, second + HOUR)
    assert spans([found]) == hours(second)


def test_what_is_not_there_is_gone(harness: Harness, there: CalendarProvider) -> None:
    with pytest.raises(RemoteGone):
        there.read(harness.main, keys.event_key("contract", 8, 0))
    id_ = harness.add(Theirs())
    assert there.read(harness.main, id_).id == id_
    harness.remove(id_)
    with pytest.raises(RemoteGone):
        there.read(harness.main, id_)


# Reading what changed


def test_at_first_everything_is_told(harness: Harness, there: CalendarProvider) -> None:
    theirs = harness.add(Theirs())
    stamp = there.put(harness.main, KEY, EVENT, None)
    harness.remove(harness.add(Theirs(title="Not any more")))
    events, _ = told(there, harness.main)
    assert {one.id for one in events if not one.gone} == {theirs, stamp.id}
    assert {one.etag for one in events if one.id == stamp.id} == {stamp.etag}


def test_what_is_over_is_not_told_at_first(harness: Harness, there: CalendarProvider) -> None:
    long_ago = TEN - timedelta(days=900)
    harness.add(Theirs(long_ago, long_ago + HOUR))
    weekly = harness.add(Theirs(long_ago, long_ago + HOUR, rule="FREQ=WEEKLY"))
    assert {one.series for one in present(there, harness.main).values()} == {weekly}


def test_then_only_what_changed_is_told(harness: Harness, there: CalendarProvider) -> None:
    quiet, moved = harness.add(Theirs()), harness.add(Theirs())
    _, cursor = told(there, harness.main)
    assert told(there, harness.main, cursor)[0] == []
    harness.move(moved, HOUR)
    added = harness.add(Theirs(TEN + 5 * HOUR, TEN + 6 * HOUR))
    events, following = told(there, harness.main, cursor)
    assert {one.id for one in events} == {moved, added}
    assert spans([one for one in events if one.id == moved]) == hours(TEN + HOUR)
    assert quiet not in {one.id for one in events}
    assert told(there, harness.main, following)[0] == []
    assert {one.id for one in told(there, harness.main, cursor)[0]} == {moved, added}, (
        "asked again, told again"
    )


def test_the_echo_of_our_own_writing_is_known_by_its_etag(harness: Harness, there: CalendarProvider) -> None:
    _, cursor = told(there, harness.main)
    first = there.put(harness.main, KEY, EVENT, None)
    second = there.put(harness.main, first.id, replace(EVENT, summary="Colour"), first)
    events, following = told(there, harness.main, cursor)
    assert [(one.id, one.etag, one.tag) for one in events] == [(second.id, second.etag, EVENT.uid)]
    harness.move(first.id, HOUR)
    [moved] = told(there, harness.main, following)[0]
    assert moved.etag not in (first.etag, second.etag)
    assert moved.tag == EVENT.uid
    assert moved.wanted
    assert (moved.wanted.starts_at, moved.wanted.summary) == (TEN + HOUR, "Colour")


def test_a_removal_is_told_by_its_ids_alone(harness: Harness) -> None:
    there = harness.open(titles=True)
    theirs, ours = harness.add(Theirs()), there.put(harness.main, KEY, EVENT, None)
    _, cursor = told(there, harness.main)
    harness.remove(theirs)
    there.delete(harness.main, ours)
    events, _ = told(there, harness.main, cursor)
    assert {one.id: one.gone for one in events} == {theirs: True, ours.id: True}
    for one in events:
        assert (one.times, one.tag, one.wanted, one.title) == (b"", "", None, "")


def test_what_came_and_went_in_between_is_told_as_gone_or_not_at_all(
    harness: Harness, there: CalendarProvider
) -> None:
    _, cursor = told(there, harness.main)
    harness.remove(harness.add(Theirs()))
    assert all(one.gone for one in told(there, harness.main, cursor)[0])


def test_a_long_list_comes_in_pages(harness: Harness) -> None:
    harness.pages_of(2)
    there = harness.open()
    ids = [harness.add(Theirs(TEN + n * HOUR, TEN + (n + 1) * HOUR)) for n in range(5)]
    found: list[str] = []
    page = there.changes(harness.main, "", WINDOW)
    pages = 1
    while not page.last:
        assert len(page.events) <= 2
        found += [one.id for one in page.events]
        page, pages = there.changes(harness.main, page.cursor, WINDOW), pages + 1
    found += [one.id for one in page.events]
    assert sorted(found) == sorted(ids)
    assert pages >= 3
    for id_ in ids:
        harness.rename(id_, "All of them")
    events, _ = told(there, harness.main, page.cursor)
    assert {one.id for one in events} == set(ids)


def test_what_changes_while_pages_are_turned_is_not_lost(harness: Harness) -> None:
    """Between two pages, one that was told is moved, one is deleted, and one is new."""
    harness.pages_of(2)
    there = harness.open()
    ids = [harness.add(Theirs(TEN + n * HOUR, TEN + (n + 1) * HOUR)) for n in range(6)]
    page = there.changes(harness.main, "", WINDOW)
    events = list(page.events)
    harness.move(ids[0], timedelta(days=1))
    harness.remove(ids[1])
    harness.remove(ids[5])
    harness.add(Theirs(title="New"))
    rest, cursor = told(there, harness.main, page.cursor)
    known = replayed({}, events + rest)
    assert set(ids[2:5]) <= set(known), "nothing that was there all the time is missing"
    assert replayed(known, told(there, harness.main, cursor)[0]) == present(there, harness.main)


def test_a_cursor_that_is_too_old_has_expired(harness: Harness, there: CalendarProvider) -> None:
    id_ = harness.add(Theirs())
    _, cursor = told(there, harness.main)
    try:
        harness.expire_cursors()
    except Unending as error:
        pytest.skip(str(error))
    with pytest.raises(CursorExpired):
        there.changes(harness.main, cursor, WINDOW)
    events, cursor = told(there, harness.main)
    assert [one.id for one in events] == [id_]
    assert told(there, harness.main, cursor)[0] == []


@pytest.mark.parametrize("nonsense", ["nonsense", "[]", '["","nothing","here"]', '[false,-1,999,""]', "{}"])
def test_a_cursor_of_somebody_elses_has_expired(
    harness: Harness, there: CalendarProvider, nonsense: str
) -> None:
    with pytest.raises(CursorExpired):
        there.changes(harness.main, nonsense, WINDOW)


# When events are, and what they show


def test_a_series_with_a_moved_and_a_cancelled_instance(harness: Harness, there: CalendarProvider) -> None:
    """Weekly at ten, over the night in which the clocks change."""
    first = datetime(2026, 10, 13, 8, 0, tzinfo=UTC)
    week = timedelta(days=7)
    second, third, fourth = first + week, first + 2 * week + HOUR, first + 3 * week + HOUR
    id_ = harness.add(Theirs(first, first + HOUR, rule="FREQ=WEEKLY;COUNT=4"))
    _, cursor = told(there, harness.main)
    before = present(there, harness.main)
    assert spans(list(before.values())) == hours(first, second, third, fourth)
    harness.move_one(id_, second, 3 * HOUR)
    harness.cancel_one(id_, third)
    known = present(there, harness.main)
    assert {one.series for one in known.values()} == {id_}
    assert all(not one.gone for one in known.values()), (
        "an instance that is left out is a fact about its series"
    )
    assert spans(list(known.values())) == hours(first, second + 3 * HOUR, fourth)
    assert replayed(before, told(there, harness.main, cursor)[0]) == known
    _, cursor = told(there, harness.main)
    harness.remove(id_)
    assert replayed(known, told(there, harness.main, cursor)[0]) == {}


def test_a_series_is_written_over_as_a_whole(harness: Harness, there: CalendarProvider) -> None:
    id_ = harness.add(Theirs(TEN, TEN + HOUR, rule="FREQ=DAILY;COUNT=3"))
    harness.move(id_, HOUR)
    day = timedelta(days=1)
    starts = [TEN + HOUR + n * day for n in range(3)]
    assert spans(list(present(there, harness.main).values())) == hours(*starts)


def test_whole_days_are_days_of_the_business(harness: Harness, there: CalendarProvider) -> None:
    id_ = harness.add(Theirs(date(2026, 12, 24), date(2026, 12, 27), "Christmas"))
    found = there.read(harness.main, id_)
    midnight = datetime(2026, 12, 23, 23, 0, tzinfo=UTC)
    assert b"DTSTART;VALUE=DATE:20261224\r\n" in found.times
    assert spans([found]) == ((midnight, midnight + timedelta(days=3)),)
    assert spans([found], BlockRules(all_day=False)) == ()


@pytest.mark.parametrize("showing", [Showing.BUSY, Showing.FREE, Showing.OUT_OF_OFFICE, Showing.FOCUS])
def test_what_an_event_shows_of_its_time(harness: Harness, there: CalendarProvider, showing: Showing) -> None:
    if showing not in getattr(harness, "showings", Showing):
        pytest.skip("its calendars don't say so")
    found = there.read(harness.main, harness.add(Theirs(showing=showing)))
    assert found.showing is showing
    assert spans([found]) == (() if showing is Showing.FREE else hours(TEN))


@pytest.mark.parametrize("reply", [Reply.ACCEPTED, Reply.TENTATIVE, Reply.UNANSWERED, Reply.DECLINED])
def test_what_its_owner_answered(harness: Harness, there: CalendarProvider, reply: Reply) -> None:
    found = there.read(harness.main, harness.add(Theirs(reply=reply)))
    assert found.reply is reply
    assert spans([found]) == (() if reply is Reply.DECLINED else hours(TEN))
    assert spans([found], BlockRules(tentative=False)) == (hours(TEN) if reply is Reply.ACCEPTED else ())


def test_titles_are_told_only_if_they_are_asked_for(harness: Harness, there: CalendarProvider) -> None:
    id_ = harness.add(Theirs(title="Dentist"))
    for opened, title in ((there, ""), (harness.open(titles=True), "Dentist")):
        [listed] = told(opened, harness.main)[0]
        for found in (listed, opened.read(harness.main, id_)):
            assert (found.title, found.tag, found.wanted) == (title, "", None)
            assert b"Dentist" not in found.times


# Calendars


def test_the_calendars_of_the_account(harness: Harness, there: CalendarProvider) -> None:
    second = harness.add_calendar("Evenings")
    found = {one.id: one for one in there.calendars()}
    assert set(found) == {harness.main, second}
    assert [one.id for one in found.values() if one.primary] == [harness.main]
    assert all(one.writable for one in found.values())
    zones = ("Europe/Berlin", "America/New_York") if getattr(harness, "tells_zones", True) else ("", "")
    assert (found[harness.main].zone, found[second].zone) == zones
    assert found[second].name == "Evenings"


def test_calendars_are_apart(harness: Harness, there: CalendarProvider) -> None:
    second = harness.add_calendar("Evenings")
    first, other = (there.put(calendar, KEY, EVENT, None) for calendar in (harness.main, second))
    there.delete(harness.main, first)
    assert present(there, harness.main) == {}
    assert list(present(there, second)) == [other.id]


def test_a_calendar_that_is_gone(harness: Harness, there: CalendarProvider) -> None:
    second = harness.add_calendar("Evenings")
    stamp = there.put(second, KEY, EVENT, None)
    _, cursor = told(there, second)
    harness.drop_calendar(second)
    for known in ("", cursor):
        with pytest.raises(RemoteGone):
            there.changes(second, known, WINDOW)
    with pytest.raises(RemoteGone):
        there.read(second, stamp.id)
    with pytest.raises(RemoteGone):
        there.put(second, stamp.id, EVENT, stamp)
    there.delete(second, stamp)
    assert [one.id for one in there.calendars()] == [harness.main]


# Being called


def test_a_watch_may_be_ended_twice(harness: Harness, there: CalendarProvider) -> None:
    url = "http://127.0.0.1:9/api/calendar/webhooks/nobody"
    watch = there.watch(harness.main, "0b7f0a4e-8f0e-4a51-9d0c-3f5f5d9f7a11", url, "a secret")
    if watch is not None:
        assert watch.expires_at > harness.clock.now
        there.unwatch(watch)
        there.unwatch(watch)


# Being let in


def test_the_owner_comes_back_with_what_we_gave_them(asked: Harness) -> None:
    authority = asked.provider.authority
    url = authority.authorize_url(
        "st&te ü", VERIFIER, asked.redirect, consent=False, hint="someone@example.com"
    )
    assert VERIFIER not in url
    back = asked.visit(url)
    assert back["state"] == "st&te ü"
    grant = authority.exchange(back["code"], VERIFIER, asked.redirect)
    assert grant.expires_at > asked.clock.now
    assert grant.refresh_token
    assert authority.lacking(grant) == ()
    assert [one.primary for one in asked.provider.open(Account(1, 0, "", grant)).calendars()] == [True]
    for secret in (grant.access_token, grant.refresh_token):
        assert secret not in repr(grant)


def test_an_owner_who_does_not_agree(asked: Harness) -> None:
    url = asked.provider.authority.authorize_url("s", VERIFIER, asked.redirect, consent=True, hint="")
    back = asked.visit(url, agrees=False)
    assert (back["error"], back["state"]) == ("access_denied", "s")
    assert "code" not in back


@pytest.mark.parametrize("wrong", ["again", "verifier", "redirect", "late", "nonsense", "empty"])
def test_a_code_is_worth_something_once_and_to_us_alone(asked: Harness, wrong: str) -> None:
    authority, redirect = asked.provider.authority, asked.redirect
    url = authority.authorize_url("s", VERIFIER, redirect, consent=True, hint="")
    code, verifier = asked.visit(url)["code"], VERIFIER
    if wrong == "again":
        authority.exchange(code, verifier, redirect)
    if wrong == "late":
        asked.clock.now += timedelta(minutes=30)
    verifier = "w" * 64 if wrong == "verifier" else verifier
    redirect = "https://evil.example/" if wrong == "redirect" else redirect
    code = {"nonsense": "1.nonsense", "empty": ""}.get(wrong, code)
    with pytest.raises(NotAccepted):
        authority.exchange(code, verifier, redirect)


def test_a_grant_is_renewed(asked: Harness) -> None:
    grant = agreed(asked)
    asked.clock.now = grant.expires_at + timedelta(seconds=1)
    with pytest.raises(NeedsReconnect):
        asked.provider.open(Account(1, 1, "", grant)).calendars()
    fresh = asked.provider.authority.refresh(grant)
    assert fresh.expires_at > asked.clock.now
    assert fresh.scopes == grant.scopes
    assert (fresh.refresh_token != grant.refresh_token) is getattr(asked, "renews_lasting_tokens", False)
    assert asked.provider.open(Account(1, 1, "", fresh)).calendars()


def test_a_grant_that_was_given_back_is_worth_nothing(asked: Harness) -> None:
    if not getattr(asked, "takes_grants_back", True):
        pytest.skip("only its owner can take it back")
    authority, grant = asked.provider.authority, agreed(asked)
    other = agreed(asked)
    authority.revoke(grant)
    authority.revoke(grant)
    with pytest.raises(NeedsReconnect):
        authority.refresh(grant)
    opened = asked.provider.open(Account(1, 1, "", grant))
    for ask in (opened.calendars, lambda: opened.changes(asked.main, "", WINDOW)):
        with pytest.raises(NeedsReconnect):
            ask()
    assert asked.provider.open(Account(1, 1, "", other)).calendars()


def test_a_grant_of_nobody_is_worth_nothing(asked: Harness) -> None:
    made_up = Grant("1.made-up", "1.made-up", asked.clock.now + HOUR)
    with pytest.raises(NeedsReconnect):
        asked.provider.open(Account(1, 1, "", made_up)).calendars()
    with pytest.raises(NeedsReconnect):
        asked.provider.authority.refresh(made_up)
    asked.provider.authority.revoke(made_up)


def test_what_was_not_granted_is_said_in_words(asked: Harness) -> None:
    lacking = asked.provider.authority.lacking(replace(agreed(asked), scopes=frozenset()))
    assert lacking
    assert all(" " in words for words in lacking)


# Any number of changes


@dataclass
class Life:
    """What an owner, and we, may do to a calendar at random."""

    harness: Harness
    there: CalendarProvider
    dice: random.Random
    single: list[str] = field(default_factory=list)
    series: list[tuple[str, datetime]] = field(default_factory=list)
    ours: dict[int, Stamp] = field(default_factory=dict)
    bookings: Iterator[int] = field(default_factory=lambda: count(1))

    def step(self) -> None:
        ways = [self.add, self.add_series, self.put]
        ways += [self.move, self.rename, self.remove] if self.single else []
        ways += [self.cancel_one, self.move_one, self.move_series, self.remove_series] if self.series else []
        ways += [self.put_over, self.delete, self.take_away] if self.ours else []
        self.dice.choice(ways)()

    def moment(self) -> datetime:
        return TEN + timedelta(hours=self.dice.randrange(-600, 600))

    def add(self) -> None:
        when = self.moment()
        self.single.append(self.harness.add(Theirs(when, when + HOUR)))

    def add_series(self) -> None:
        when = self.moment()
        theirs = Theirs(when, when + HOUR, rule="FREQ=DAILY;COUNT=5")
        self.series.append((self.harness.add(theirs), when))

    def move(self) -> None:
        self.harness.move(self.dice.choice(self.single), self.dice.choice((-2, 3)) * HOUR)

    def rename(self) -> None:
        self.harness.rename(self.dice.choice(self.single), str(self.dice.random()))

    def remove(self) -> None:
        self.harness.remove(self.single.pop(self.dice.randrange(len(self.single))))

    def instance(self) -> tuple[str, datetime]:
        """Days are counted in Berlin, where the clocks may change in between."""
        id_, first = self.dice.choice(self.series)
        local = first.astimezone(BERLIN) + timedelta(days=self.dice.randrange(5))
        return id_, local.astimezone(UTC)

    def move_one(self) -> None:
        """Once each: what was cancelled can't be moved."""
        id_, when = self.instance()
        if (id_, when) not in self.touched:
            self.touched.add((id_, when))
            self.harness.move_one(id_, when, self.dice.choice((-1, 1)) * HOUR)

    def cancel_one(self) -> None:
        id_, when = self.instance()
        if (id_, when) not in self.touched:
            self.touched.add((id_, when))
            self.harness.cancel_one(id_, when)

    def move_series(self) -> None:
        at = self.dice.randrange(len(self.series))
        id_, when = self.series[at]
        self.harness.move(id_, HOUR)
        self.series[at] = (id_, when + HOUR)

    def remove_series(self) -> None:
        self.harness.remove(self.series.pop(self.dice.randrange(len(self.series)))[0])

    def put(self) -> None:
        number = next(self.bookings)
        event = replace(EVENT, uid=f"booking-{number}@contract")
        self.ours[number] = self.there.put(
            self.harness.main, keys.event_key("contract", number, 0), event, None
        )

    def put_over(self) -> None:
        number = self.dice.choice(list(self.ours))
        when = self.moment()
        event = replace(EVENT, uid=f"booking-{number}@contract", starts_at=when, ends_at=when + HOUR)
        stamp = self.ours[number]
        self.ours[number] = self.there.put(self.harness.main, stamp.id, event, stamp)

    def delete(self) -> None:
        self.there.delete(self.harness.main, self.ours.pop(self.dice.choice(list(self.ours))))

    def take_away(self) -> None:
        self.harness.remove(self.ours.pop(self.dice.choice(list(self.ours))).id)

    touched: set[tuple[str, datetime]] = field(default_factory=set)


@pytest.mark.parametrize("seed", range(6))
def test_what_was_told_bit_by_bit_is_what_is_told_at_once(harness: Harness, seed: int) -> None:
    dice = random.Random(seed)
    harness.pages_of(dice.choice((1, 3, 100)))
    there = harness.open()
    life = Life(harness, there, dice)
    known, cursor = dict[str, RemoteEvent](), ""
    for _ in range(8):
        for _ in range(dice.randrange(5)):
            life.step()
        events, cursor = told(there, harness.main, cursor)
        known = replayed(known, events)
    assert known == present(there, harness.main)
    assert {stamp.id: stamp.etag for stamp in life.ours.values()} == {
        id_: one.etag for id_, one in known.items() if one.tag
    }
