"""Secrets at rest: only the right key opens them, only where they belong, and only unchanged."""

from __future__ import annotations

import base64
import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.core.errors import GatewayError, SetupError
from gateway.db.sealed import NotOpened, Seals


def key(number: int) -> str:
    return base64.b64encode(bytes([number]) * 32).decode()


def seals(*numbers: int) -> Seals:
    return Seals([key(number) for number in numbers], os.urandom)


HERE = "business_settings.delegate_secret:1"
SEALED = seals(1).seal(b"the secret", HERE)


@given(st.binary(max_size=500), st.text(st.characters(exclude_categories=["Cs"]), max_size=50))
def test_what_is_sealed_can_be_opened_again_where_it_belongs(secret: bytes, context: str) -> None:
    sealed = seals(1).seal(secret, context)
    assert seals(1).open(sealed, context) == secret
    with pytest.raises(NotOpened):
        seals(1).open(sealed, context + "2")


def test_it_holds_nothing_of_the_secret_and_is_never_the_same_twice() -> None:
    assert b"secret" not in SEALED
    assert len({seals(1).seal(b"the secret", HERE) for _ in range(50)}) == 50


@given(st.integers(0, len(SEALED) - 1), st.integers(1, 255))
def test_one_changed_byte_anywhere_is_noticed(place: int, by: int) -> None:
    changed = SEALED[:place] + bytes([SEALED[place] ^ by]) + SEALED[place + 1 :]
    with pytest.raises(NotOpened):
        seals(1, 2).open(changed, HERE)


@given(st.integers(0, len(SEALED) - 1))
def test_a_piece_of_it_is_noticed(length: int) -> None:
    with pytest.raises(NotOpened):
        seals(1).open(SEALED[:length], HERE)


@given(st.binary(max_size=200))
def test_anything_else_is_an_error_of_ours(junk: bytes) -> None:
    with pytest.raises(NotOpened):
        seals(1).open(junk, HERE)


def test_two_halves_of_two_secrets_make_none() -> None:
    other = seals(1).seal(b"the secret", HERE)
    with pytest.raises(NotOpened):
        seals(1).open(SEALED[:21] + other[21:], HERE)


@pytest.mark.parametrize(
    ("open_with", "words"),
    [((), "is not among"), ((2,), "is not among"), ((2, 3), "is not among")],
)
def test_without_its_key_it_says_what_is_missing(open_with: tuple[int, ...], words: str) -> None:
    with pytest.raises(NotOpened, match=words) as caught:
        seals(*open_with).open(SEALED, HERE)
    assert isinstance(caught.value, GatewayError)
    assert "[keys] encryption" in caught.value.remedy
    assert key(1) not in str(caught.value)


def test_a_later_release_s_form_is_not_taken_for_tampering() -> None:
    with pytest.raises(NotOpened, match="a way that this release doesn't know"):
        seals(1).open(b"\x02" + SEALED[1:], HERE)


def test_a_new_key_takes_over_without_a_gap() -> None:
    """Put the new key in front; what is there still opens; renew it; take the old key away."""
    both = seals(2, 1)
    assert both.open(SEALED, HERE) == b"the secret"
    assert not both.is_newest(SEALED)
    renewed = both.renew(SEALED, HERE)
    assert both.is_newest(renewed)
    assert seals(2).open(renewed, HERE) == b"the secret"
    with pytest.raises(NotOpened):
        seals(1).open(renewed, HERE)


def test_what_is_new_is_sealed_with_the_newest() -> None:
    assert seals(2).open(seals(2, 1).seal(b"x", HERE), HERE) == b"x"


def test_renewing_needs_the_right_place_too() -> None:
    with pytest.raises(NotOpened):
        seals(2, 1).renew(SEALED, "business_settings.delegate_secret:2")


def test_without_any_key_nothing_is_sealed() -> None:
    with pytest.raises(SetupError, match="no key to encrypt") as caught:
        seals().seal(b"x", HERE)
    assert "[keys] encryption" in caught.value.remedy


@pytest.mark.parametrize(
    "text",
    [
        "",
        "short",
        base64.b64encode(bytes(31)).decode(),
        base64.b64encode(bytes(33)).decode(),
        "é" * 44,
        "!" * 44,
        bytes(32).hex() + "=",
    ],
)
def test_what_is_no_key_is_named_by_its_place_and_never_shown(text: str) -> None:
    with pytest.raises(SetupError, match=r"Key 2 of \[keys\] encryption") as caught:
        Seals([key(1), text], os.urandom)
    assert not text or text not in str(caught.value)


def test_a_key_that_stands_twice_is_a_slip() -> None:
    with pytest.raises(SetupError, match="twice"):
        seals(1, 2, 1)
