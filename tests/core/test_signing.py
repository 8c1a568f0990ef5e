"""What the booking app is promised about our requests, computed here a second time by hand."""

from __future__ import annotations

import hashlib
import re
import time
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.core import signing

GUIDE = (Path(__file__).parents[2] / "docs" / "delegate.md").read_text(encoding="utf-8")
NOW = datetime(2026, 11, 24, 18, 52, 7, 999_999, tzinfo=UTC)


def by_hand(secret: bytes, message: bytes) -> str:
    """HMAC as RFC 2104 writes it, without the library that we use."""
    key = hashlib.sha256(secret).digest() if len(secret) > 64 else secret
    key = key.ljust(64, b"\0")
    inner = hashlib.sha256(bytes(k ^ 0x36 for k in key) + message).digest()
    return hashlib.sha256(bytes(k ^ 0x5C for k in key) + inner).hexdigest()


def test_the_example_of_the_documentation() -> None:
    signed = signing.signature(
        "dbd_example", 1795546327, "5f0c2a3e-8f57-4f1c-9d8e-0c7d2b7f4a10", b'{"action":"cancel"}'
    )
    assert signed in GUIDE
    assert signed == "v1=97042d76d554d16ef75b12586304ead2331d8cbb9900ff8cc5e5b350a594c8d2"


@given(st.text(max_size=100), st.integers(0, 2**40), st.uuids(), st.binary(max_size=300))
def test_it_is_the_hmac_of_moment_id_and_body(secret, timestamp, request_id, body) -> None:
    secret = secret.encode("utf-8", "replace").decode()
    message = b"v1:" + str(timestamp).encode() + b"." + str(request_id).encode() + b"." + body
    assert signing.signature(secret, timestamp, str(request_id), body) == "v1=" + by_hand(
        secret.encode(), message
    )


WHOLE = ("secret", 1_795_546_327, "id", b"body")


@pytest.mark.parametrize(
    "other",
    [
        ("secres", *WHOLE[1:]),
        ("secret", 1_795_546_328, "id", b"body"),
        ("secret", 1_795_546_327, "ie", b"body"),
        ("secret", 1_795_546_327, "id", b"bodz"),
        ("secret", 1_795_546_327, "id", b""),
        ("secret", 17_955_463_271, "id", b"body"),
    ],
)
def test_each_part_counts(other) -> None:
    assert signing.signature(*other) != signing.signature(*WHOLE)


moments, ids, bodies = st.integers(0, 10**12), st.text("0123456789abcdef-", max_size=4), st.binary(max_size=6)


@given(st.tuples(moments, ids, bodies), st.tuples(moments, ids, bodies))
def test_what_is_signed_can_be_read_in_one_way_only(one, other) -> None:
    """Nothing can be moved from the id into the body, or from the moment into the id."""
    assert (signing.signature("s", *one) == signing.signature("s", *other)) == (one == other)


@pytest.mark.parametrize(("timestamp", "request_id"), [(-1, "id"), (0, "a.b"), (0, ".")])
def test_what_could_be_read_in_two_ways_is_not_signed(timestamp: int, request_id: str) -> None:
    with pytest.raises(ValueError, match="a request id with a dot"):
        signing.signature("s", timestamp, request_id, b"")


def test_the_headers_carry_what_the_signature_covers() -> None:
    sent = signing.headers("secret", NOW, "an-id", b"{}")
    assert dict(sent) == {
        "Daybridge-Request-Id": "an-id",
        "Daybridge-Timestamp": "1795546327",
        "Daybridge-Signature": signing.signature("secret", 1795546327, "an-id", b"{}"),
    }


def test_the_moment_is_the_same_in_every_zone() -> None:
    there = NOW.astimezone(timezone(timedelta(hours=-5)))
    assert signing.headers("s", there, "i", b"") == signing.headers("s", NOW, "i", b"")


def test_a_moment_without_a_zone_is_refused() -> None:
    with pytest.raises(TypeError, match="naive"):
        signing.headers("s", datetime(2026, 11, 24), "i", b"")  # noqa: DTZ001  # that is the point


@pytest.mark.parametrize(
    ("seconds", "change", "genuine"),
    [(0, {}, True), (299, {}, True), (-299, {}, True), (302, {}, False), (-302, {}, False)]
    + [(0, {name: "1"}, False) for name in signing.headers("s", NOW, "i", b"")],
)
def test_the_guide_s_python_does_what_the_guide_says(
    seconds: int, change: dict[str, str], genuine: bool
) -> None:
    [example] = re.findall(r"```python\n(.*?)```", GUIDE, re.DOTALL)
    scope: dict[str, object] = {}
    exec(example, scope)  # noqa: S102  # it is ours
    sent = signing.headers("dbd_x", datetime.fromtimestamp(time.time() - seconds, UTC), "an-id", b"{}")
    assert scope["is_genuine"]("dbd_x", {**sent, **change}, b"{}") is genuine
    assert scope["is_genuine"]("dbd_y", sent, b"{}") is False
    assert scope["is_genuine"]("dbd_x", sent, b"{ }") is False
