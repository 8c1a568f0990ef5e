"""Calls that come in, and the place at which reading goes on: what is kept or sent by others may be anything."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.core.notice import Call, Handshake, Notice, What
from gateway.core.remote import Window
from gateway.providers.microsoft import cursor
from gateway.providers.microsoft.cursor import Cursor
from gateway.providers.microsoft.notices import hear

TEN = datetime(2026, 12, 1, 9, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


# Where reading goes on


def test_a_cursor_keeps_the_window_that_it_began_with() -> None:
    window = Window(TEN, TEN + timedelta(days=400))
    _, until = cursor.edges(window)
    text = str(Cursor(until, "https://graph.example/x"))
    assert Cursor.read(text, window).link == "https://graph.example/x"
    later = Window(TEN, window.until + timedelta(days=29))
    assert Cursor.read(text, later)
    with pytest.raises(ValueError, match="too early"):
        Cursor.read(text, Window(TEN, window.until + timedelta(days=31)))


@pytest.mark.parametrize(
    "text", ["", "7", "{}", "[]", '["a"]', '["a","b"]', "[1,2]", '["2027-01-01","b"]', "[" * 9_999]
)
def test_no_cursor_of_ours(text: str) -> None:
    with pytest.raises((ValueError, TypeError, RecursionError)):
        Cursor.read(text, Window(TEN, TEN + HOUR))


# What it says when it calls


def call(body: bytes, **query: str) -> Call:
    return Call({}, query, body)


def test_it_wants_its_own_word_back() -> None:
    assert hear(call(b"", watch="w", validationToken="Validation: ä&=+")) == Handshake("Validation: ä&=+")
    for odd in ("x" * 3_000, "a\r\nb", "\x00"):
        assert hear(call(b"", validationToken=odd)) == ()


def test_it_says_what_has_happened() -> None:
    body = (
        b'{"value": [{"subscriptionId": "s", "clientState": "S3CR3T", "changeType": "updated"},'
        b'{"clientState": "S3CR3T", "lifecycleEvent": "missed"},'
        b'{"clientState": "S3CR3T", "lifecycleEvent": "subscriptionRemoved"},'
        b'{"clientState": "S3CR3T", "lifecycleEvent": "reauthorizationRequired"}, 7, {}]}'
    )
    changed, ending = Notice("w", "S3CR3T"), Notice("w", "S3CR3T", What.ENDING)
    assert hear(call(body, watch="w")) == (changed, changed, ending, ending, Notice("w", ""))


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b'{"value": 7}', b'{"value": [7]}', b"\xff", b"[" * 100_000]
)
def test_what_anybody_sends_says_nothing(body: bytes) -> None:
    assert hear(call(body, watch="w")) == ()


def test_a_call_has_an_end() -> None:
    heard = hear(call(b'{"value": [' + b"{}," * 5_000 + b"{}]}", watch="w"))
    assert heard == (Notice("w", ""),) * 1_000


@pytest.mark.parametrize("odd", [b"[]", b"{}", b"7", b"null", b'["missed"]'])
def test_a_word_that_is_none_is_no_reason_to_stumble(odd: bytes) -> None:
    body = b'{"value": [{"lifecycleEvent": ' + odd + b', "clientState": ' + odd + b"}]}"
    assert hear(call(body, watch="w")) == (Notice("w", ""),)


said = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.just("subscriptionRemoved"),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["value", "clientState", "lifecycleEvent"]), inner)
    ),
)


@given(said | st.builds(lambda values: {"value": values}, st.lists(said)))
def test_whatever_is_sent_is_heard(what: object) -> None:
    heard = hear(call(json.dumps(what).encode(), watch="w"))
    assert isinstance(heard, tuple)
    for one in heard:
        assert isinstance(one, Notice)
        assert one.watch == "w"
