"""API keys are checked against the database each time, however well they are known."""

from __future__ import annotations

import pytest

from gateway.services import grant, keys
from gateway.services.keys import ApiKeys
from tests.conftest import Town


@pytest.fixture
def checked(the_town: Town) -> ApiKeys:
    return ApiKeys(the_town.deps.database)


def test_a_key_says_whose_it_is_and_what_it_may_do(the_town: Town, checked: ApiKeys) -> None:
    for business_id, scope in ((1, "read"), (2, "write")):
        granted = grant.api_key(the_town.deps, business_id, scope, "till")
        found = checked.check(granted.secret)
        assert found is not None
        assert (found.business_id, found.id, found.may_write) == (business_id, granted.id, scope == "write")
        assert found.name == f"API key {granted.secret[:8]} (till)"


def test_a_known_key_is_out_as_soon_as_it_is_revoked(the_town: Town, checked: ApiKeys) -> None:
    granted = grant.api_key(the_town.deps, 1, "read", "till")
    assert checked.check(granted.secret)
    grant.revoke(the_town.deps, "api_key", 1, granted.id)
    assert checked.check(granted.secret) is None


def test_a_known_key_is_not_taken_for_another_that_has_its_number_now(
    the_town: Town, checked: ApiKeys
) -> None:
    """As after a restored backup: the numbers are given out again."""
    old = grant.api_key(the_town.deps, 1, "write", "old")
    assert checked.check(old.secret)
    the_town.sql("DELETE FROM daybridge.api_keys")
    new = grant.api_key(the_town.deps, 1, "write", "new")
    the_town.sql("ALTER TABLE daybridge.api_keys ALTER COLUMN id DROP IDENTITY")
    the_town.sql("UPDATE daybridge.api_keys SET id = %s", old.id)
    assert checked.check(old.secret) is None
    assert checked.check(new.secret) is not None


def test_what_is_remembered_is_bounded(
    the_town: Town, checked: ApiKeys, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keys, "_REMEMBERED", 2)
    granted = [grant.api_key(the_town.deps, 1, "read", str(number)) for number in range(5)]
    for one in granted * 2:
        assert checked.check(one.secret)
        assert len(checked._holders) <= 2


@pytest.mark.parametrize(
    "token", ["", "dbk_", "dbk_" + "a" * 31, "dbk_" + "A" * 32, "abc_" + "a" * 32, "dbk_" + "a" * 32]
)
def test_what_is_no_key_is_none(checked: ApiKeys, token: str) -> None:
    assert checked.check(token) is None
