"""Sync tokens: a place in one calendar's history, and nothing else."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.core import sync
from gateway.core.errors import InvalidSyncToken
from gateway.core.model import Calendar, CalendarKind
from gateway.core.sync import Change, SyncToken

CALENDAR = Calendar(
    5, CalendarKind.BOOKINGS, 11, "Alice", "abc123", 40, 10, datetime(2026, 11, 22, tzinfo=UTC)
)
hrefs = st.text(
    st.characters(exclude_categories=("Cs", "Cc"), max_codepoint=0x2FFF), min_size=1, max_size=60
)  # fmt: skip


@given(st.integers(11, 40), st.integers(0, 40), hrefs)
def test_a_token_read_back_is_the_token(revision: int, first: int, href: str) -> None:
    for token in (SyncToken("abc123", revision), SyncToken("abc123", revision, first, href)):
        assert sync.parse(str(token), CALENDAR) == token


def test_an_empty_token_is_a_first_sync() -> None:
    assert sync.parse("", CALENDAR) is None


@pytest.mark.parametrize(
    "token",
    [
        "nonsense",
        "http://radicale.org/ns/sync/abc",
        "urn:daybridge:sync:abc123:-1",
        "urn:daybridge:sync:abc123:99999999999999999999999",
        "urn:daybridge:sync:def456:20",
        "urn:daybridge:sync:abc123:41",
        "urn:daybridge:sync:abc123:9",
        "urn:daybridge:sync:abc123:20:5",
        "urn:daybridge:sync:abc123:20\n",
    ],
)
def test_a_token_that_can_not_be_answered_is_refused(token: str) -> None:
    with pytest.raises(InvalidSyncToken):
        sync.parse(token, CALENDAR)


def test_a_first_listing_under_way_needs_no_older_tombstones() -> None:
    assert sync.parse("urn:daybridge:sync:abc123:3:12:x.ics", CALENDAR) == SyncToken("abc123", 3, 12, "x.ics")


def changes(*revisions: int) -> list[Change]:
    return [
        Change(f"{number}.ics", '"e"', deleted=False, revision=r, modified_at=CALENDAR.changed_at)
        for number, r in enumerate(revisions)
    ]


def test_a_whole_answer_ends_at_the_calendars_revision() -> None:
    assert sync.cut(changes(11, 12), None, CALENDAR, None) == sync.Changes(
        changes(11, 12), SyncToken("abc123", 40), more=False
    )


def test_an_answer_cut_short_names_the_last_object_and_where_the_first_listing_began() -> None:
    answer = sync.cut(changes(11, 11, 11), None, CALENDAR, 2)
    assert answer.more
    assert answer.token == SyncToken("abc123", 11, 40, "1.ics")
    following = sync.cut(changes(12, 12), answer.token, replace(CALENDAR, revision=45), 1)
    assert following.token == SyncToken("abc123", 12, 40, "0.ics")


def test_a_limit_that_is_just_enough_cuts_nothing() -> None:
    assert not sync.cut(changes(11, 12), None, CALENDAR, 2).more
