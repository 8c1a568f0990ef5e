"""App passwords are checked, remembered, and never guessed."""

from __future__ import annotations

import pytest

from gateway.core.errors import Throttled
from gateway.core.model import Holder
from gateway.services import grant, sign_in
from gateway.services.sign_in import SignIns


class Clock:
    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def sign_ins(the_town, clock) -> SignIns:
    return SignIns(the_town.deps.database, clock, b"process")


def wrong(number: int) -> str:
    return "-".join(["aaaa"] * 4 + [f"{'abcdefghijkmnpqrstuvwxyz'[number]}aaa"])


def test_the_right_one_says_whose_it_is(the_town, sign_ins) -> None:
    alice = the_town.alice
    holder = sign_ins.check(alice.email, alice.password, "192.0.2.1")
    assert isinstance(holder, Holder)
    assert holder.business_id == alice.business_id


@pytest.mark.parametrize("name", ["ALICE@harbor.example", "Alice@Harbor.Example"])
def test_the_name_may_be_in_any_case(the_town, sign_ins, name: str) -> None:
    assert sign_ins.check(name, the_town.alice.password, "192.0.2.1")


@pytest.mark.parametrize(
    "name", ["", "bob@harbor.example", "mallory@motors.example", "%", "alice@harbor.exampl_"]
)
def test_a_password_opens_only_its_owners_calendars(the_town, sign_ins, name: str) -> None:
    assert sign_ins.check(name, the_town.alice.password, "192.0.2.1") is None


def test_a_right_one_is_hashed_once(the_town, sign_ins, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    verify = sign_in._matches
    monkeypatch.setattr(sign_in, "_matches", lambda *given: asked.append(1) or verify(*given))
    for _ in range(50):
        assert sign_ins.check(the_town.alice.email, the_town.alice.password, "192.0.2.1")
    assert len(asked) == 1


def test_ten_different_wrong_ones_are_too_many_from_one_address(the_town, sign_ins, clock) -> None:
    alice = the_town.alice
    for number in range(10):
        assert sign_ins.check(alice.email, wrong(number), "192.0.2.1") is None
    with pytest.raises(Throttled) as refused:
        sign_ins.check(alice.email, alice.password, "192.0.2.1")
    assert 0 < refused.value.fields["retry_after"] <= 301
    assert sign_ins.check(alice.email, alice.password, "192.0.2.2"), "her other address is not to blame"
    clock.now += 301
    assert sign_ins.check(alice.email, alice.password, "192.0.2.1")


def test_an_app_that_repeats_a_wrong_one_is_not_guessing(the_town, sign_ins) -> None:
    alice = the_town.alice
    for _ in range(50):
        assert sign_ins.check(alice.email, wrong(0), "192.0.2.1") is None
    assert sign_ins.check(alice.email, alice.password, "192.0.2.1")


def test_a_device_that_is_in_goes_on_while_a_stranger_guesses(the_town, sign_ins) -> None:
    alice = the_town.alice
    assert sign_ins.check(alice.email, alice.password, "192.0.2.1")
    for number in range(10):
        sign_ins.check(alice.email, wrong(number), "192.0.2.1")
    assert sign_ins.check(alice.email, alice.password, "192.0.2.1")


def test_forgotten_holders_are_verified_anew(the_town, sign_ins) -> None:
    alice = the_town.alice
    holder = sign_ins.check(alice.email, alice.password, "192.0.2.1")
    grant.revoke(the_town.deps, "app_password", alice.business_id, holder.password_id)
    assert sign_ins.check(alice.email, alice.password, "192.0.2.1") == holder, "only a visit knows"
    sign_ins.forget(holder)
    assert sign_ins.check(alice.email, alice.password, "192.0.2.1") is None
