"""Keys are changed while everything goes on, and an older one may go when it is said that it may."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis
from hypothesis import strategies as st

from gateway.core.errors import SetupError
from gateway.db import delegation
from gateway.db.sealed import Seals
from gateway.services import delegate, seals
from gateway.services.deps import Deps
from gateway.services.seals import Rotation
from tests.conftest import Town
from tests.services.test_delegate import with_keys

URL = "https://app.example/daybridge"


def stored(town: Town) -> list[tuple[object, ...]]:
    return town.sql("SELECT business_id, delegate_secret FROM daybridge.business_settings ORDER BY 1")


def opened(deps: Deps) -> dict[int, str]:
    with deps.database.owner() as session:
        found = delegation.everyone(session)
    keys = seals.keys(deps)
    return {one: keys.open(sealed, delegation.context_of(one)).decode() for one, sealed in found}


def test_the_old_key_may_go_once_everything_is_encrypted_anew(the_town: Town, tmp_path: Path) -> None:
    old, both, new = (with_keys(the_town.deps, tmp_path, *keys) for keys in ((1,), (2, 1), (2,)))
    secrets = {business_id: delegate.configure(old, business_id, URL) for business_id in (1, 2)}
    steps: list[tuple[int, int]] = []
    assert seals.rotate(both, lambda *step: steps.append(step)) == Rotation(2, 2, keys=2, left=0)
    assert steps == [(1, 2), (2, 2)]
    assert opened(new) == secrets, "they are the same secrets as before"
    with pytest.raises(SetupError):
        seals.rotate(old)


def test_a_second_time_changes_nothing(the_town: Town, tmp_path: Path) -> None:
    old, both = (with_keys(the_town.deps, tmp_path, *keys) for keys in ((1,), (2, 1)))
    delegate.configure(old, 1, URL)
    seals.rotate(both)
    delegate.configure(old, 2, URL)
    before = stored(the_town)
    assert seals.rotate(both) == Rotation(1, 2, keys=2, left=0), "the one that came since"
    assert stored(the_town)[0] == before[0]
    settled = stored(the_town)
    assert seals.rotate(both) == Rotation(0, 2, keys=2, left=0)
    assert stored(the_town) == settled


@hypothesis(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    first=st.sampled_from([1, 2, 3]),
    second=st.sampled_from([1, 2, 3]),
    known=st.permutations([1, 2, 3]).flatmap(lambda keys: st.integers(0, 3).map(lambda n: keys[:n])),
)
def test_either_everything_is_under_the_newest_key_or_nothing_is_changed(
    the_town: Town, tmp_path: Path, first: int, second: int, known: list[int]
) -> None:
    secrets = {
        business_id: delegate.configure(with_keys(the_town.deps, tmp_path, key), business_id, URL)
        for business_id, key in ((1, first), (2, second))
    }
    before, deps = stored(the_town), with_keys(the_town.deps, tmp_path, *known)
    if {first, second} <= set(known):
        assert seals.rotate(deps).left == 0
        assert opened(with_keys(the_town.deps, tmp_path, known[0])) == secrets
    else:
        with pytest.raises(SetupError, match="Nothing was changed"):
            seals.rotate(deps)
        assert stored(the_town) == before


def test_a_secret_that_can_not_be_opened_is_named_with_the_way_out(the_town: Town, tmp_path: Path) -> None:
    delegate.configure(with_keys(the_town.deps, tmp_path, 2), 1, URL)
    delegate.configure(with_keys(the_town.deps, tmp_path, 1), 2, URL)
    with pytest.raises(SetupError) as caught:
        seals.rotate(with_keys(the_town.deps, tmp_path, 3, 2))
    assert str(caught.value).startswith(
        "Nothing was changed: 1 of 2 stored secrets can't be opened, that of business 2 among them: "
        "the key that it was sealed with is not among [keys] encryption"
    )
    assert "daybridge rules delegate --business-id 2 --url" in caught.value.remedy
    delegate.remove(the_town.deps, 2)
    assert seals.rotate(with_keys(the_town.deps, tmp_path, 3, 2)) == Rotation(1, 1, keys=2, left=0)


def test_what_is_set_meanwhile_stays_and_is_counted(the_town: Town, tmp_path: Path) -> None:
    """As by another machine, whose credentials file has the old key only."""
    old, both = (with_keys(the_town.deps, tmp_path, *keys) for keys in ((1,), (2, 1)))
    secrets = {business_id: delegate.configure(old, business_id, URL) for business_id in (1, 2)}

    def meanwhile(done: int, _: int) -> None:
        if done == 1:
            secrets[1] = delegate.configure(old, 1, URL)

    assert seals.rotate(both, meanwhile) == Rotation(2, 2, keys=2, left=1)
    assert opened(both) == secrets
    assert seals.rotate(both) == Rotation(1, 2, keys=2, left=0)


def test_what_has_got_the_newest_key_meanwhile_is_not_encrypted_again(the_town: Town, tmp_path: Path) -> None:
    old, both = (with_keys(the_town.deps, tmp_path, *keys) for keys in ((1,), (2, 1)))
    for business_id in (1, 2):
        delegate.configure(old, business_id, URL)

    def meanwhile(done: int, _: int) -> None:
        if done == 1:
            delegate.configure(both, 2, URL)

    assert seals.rotate(both, meanwhile) == Rotation(1, 2, keys=2, left=0)


def test_a_secret_that_is_set_in_that_very_moment_is_not_lost(
    the_town: Town, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old, both = (with_keys(the_town.deps, tmp_path, *keys) for keys in ((1,), (2, 1)))
    delegate.configure(old, 1, URL)
    latest: list[str] = []
    renew = Seals.renew

    def between(self: Seals, sealed: bytes, context: str) -> bytes:
        latest.append(delegate.configure(both, 1, URL))
        return renew(self, sealed, context)

    monkeypatch.setattr(Seals, "renew", between)
    assert seals.rotate(both) == Rotation(0, 1, keys=2, left=0)
    assert opened(both) == {1: latest[0]}


def test_with_nothing_stored_there_is_nothing_to_do(the_town: Town, tmp_path: Path) -> None:
    assert seals.rotate(with_keys(the_town.deps, tmp_path)) == Rotation(0, 0, keys=0, left=0)


@pytest.mark.parametrize("keys", [(), (2,)], ids=["no key", "another key"])
def test_without_the_key_nothing_is_changed(the_town: Town, tmp_path: Path, keys: tuple[int, ...]) -> None:
    delegate.configure(with_keys(the_town.deps, tmp_path, 1), 1, URL)
    before = stored(the_town)
    with pytest.raises(SetupError, match="is not among"):
        seals.rotate(with_keys(the_town.deps, tmp_path, *keys))
    assert stored(the_town) == before
