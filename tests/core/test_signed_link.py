"""Links that the booking app signs: what is in them, and which are refused."""

from __future__ import annotations

import hmac
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256

import pytest

from gateway.core.errors import NotYours
from gateway.core.signed_link import LIFE, SignedLink, mark, read, require, signature

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
SECRET = "s" * 32
ID = "abcdefghijklmnop"
UNTIL = int((NOW + timedelta(minutes=10)).timestamp())
LINK = SignedLink(1, 11, UNTIL, ID, signature(SECRET, 1, 11, UNTIL, ID))
QUERY = {"business": "1", "staff": "11", "until": str(UNTIL), "id": ID, "signature": LINK.signature}


def test_it_is_signed_as_the_documents_say() -> None:
    told = f"daybridge-sign-in:v1:1.11.{UNTIL}.{ID}".encode()
    assert LINK.signature == "v1=" + hmac.new(SECRET.encode(), told, sha256).hexdigest()
    assert read(QUERY) == LINK
    require(LINK, SECRET, NOW)


@pytest.mark.parametrize(
    "change",
    [
        {"business_id": 2},
        {"staff_id": 12},
        {"until": UNTIL + 1},
        {"id": ID[::-1]},
        {"signature": "v1=" + "0" * 64},
    ],
    ids=lambda change: next(iter(change)),
)
def test_nothing_in_it_can_be_exchanged(change: dict[str, object]) -> None:
    with pytest.raises(NotYours, match="isn’t one of the booking app’s"):
        require(replace(LINK, **change), SECRET, NOW)  # type: ignore[arg-type]


def test_another_secret_or_none_signs_nothing() -> None:
    for secret in ("t" * 32, ""):
        with pytest.raises(NotYours):
            require(LINK, secret, NOW)
    with pytest.raises(NotYours):
        require(replace(LINK, signature=signature("", 1, 11, UNTIL, ID)), "", NOW)


def test_it_ends_when_it_says_and_never_later_than_in_a_quarter_of_an_hour() -> None:
    end = datetime.fromtimestamp(UNTIL, UTC)
    require(LINK, SECRET, end - timedelta(seconds=1))
    require(LINK, SECRET, end - LIFE)
    for moment in (end, end + timedelta(days=1), end - LIFE - timedelta(seconds=1)):
        with pytest.raises(NotYours, match="too old"):
            require(LINK, SECRET, moment)


@pytest.mark.parametrize(
    ("part", "told"),
    [
        ("business", ""),
        ("business", "1 "),
        ("business", "-1"),
        ("business", "١"),
        ("staff", "1" * 19),
        ("until", "1e9"),
        ("id", "short"),
        ("id", "a" * 65),
        ("id", "a.b.c.d.e.f.g.h.i"),
        ("signature", "v2=" + "0" * 64),
        ("signature", "v1=" + "A" * 64),
    ],
)
def test_what_can_not_be_one_is_none(part: str, told: str) -> None:
    with pytest.raises(NotYours):
        read(QUERY | {part: told})


def test_the_mark_tells_links_apart_by_business_and_id() -> None:
    assert mark(LINK) == mark(replace(LINK, until=1, signature="", staff_id=12))
    assert mark(LINK) != mark(replace(LINK, business_id=2))
    assert mark(LINK) != mark(replace(LINK, id=ID[::-1]))
