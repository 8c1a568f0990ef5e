"""Passwords and tokens: readable for people, and as random as the chance they are made from."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.core import secrets


@given(st.binary(min_size=20, max_size=40))
def test_a_password_read_back_is_the_password(chance: bytes) -> None:
    made = secrets.make_password(chance)
    assert secrets.read_password(made.text) == made


@given(st.binary(min_size=20, max_size=20), st.sampled_from(["upper", "spaces", "bare"]))
def test_it_may_be_typed_in_any_way_a_person_would(chance: bytes, how: str) -> None:
    made = secrets.make_password(chance)
    typed = {
        "upper": made.text.upper(),
        "spaces": f" {made.text.replace('-', ' ')} ",
        "bare": made.text.replace("-", ""),
    }
    assert secrets.read_password(typed[how]) == made


@given(st.text(max_size=300))
def test_anything_else_is_no_password(typed: str) -> None:
    read = secrets.read_password(typed)
    assert read is None or len(read.selector + read.secret) == 20


def test_no_letter_looks_like_another() -> None:
    made = secrets.make_password(bytes(range(20))).text + secrets.make_password(bytes(range(12, 32))).text
    assert not set(made) & set("lo01")


def test_different_chance_makes_different_secrets() -> None:
    chances = [bytes([first, *range(19)]) for first in range(32)]
    assert len({secrets.make_password(chance).text for chance in chances}) == 32
    assert len({secrets.make_token(chance) for chance in chances}) == 32


@pytest.mark.parametrize("make", [secrets.make_password, secrets.make_token])
def test_too_little_chance_is_refused(make) -> None:
    with pytest.raises(ValueError, match="too little chance"):
        make(b"too short")


def test_a_token_has_all_its_160_bits() -> None:
    assert len(secrets.make_token(b"\xff" * 20)) == 32
    assert secrets.make_token(b"\xff" * 20) != secrets.make_token(b"\x7f" + b"\xff" * 19)


def test_even_a_token_that_is_no_text_has_a_hash() -> None:
    assert len(secrets.token_hash("\ud800")) == 32
