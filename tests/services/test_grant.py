"""Keys are given out once, kept as hashes, and taken back at once."""

from __future__ import annotations

import pytest

from gateway.core.errors import Invalid, NotYours
from gateway.core.model import CalendarKind, Detail
from gateway.services import grant
from gateway.services.feed import open_feed


def everything_kept(town) -> str:
    tables = ("app_passwords", "feeds", "api_keys", "sign_in_links")
    return "".join(str(town.sql(f"SELECT * FROM daybridge.{table}")) for table in tables)


def token(address: str) -> str:
    return address.rpartition("/")[2].removesuffix(".ics")


def test_no_secret_is_kept(the_town) -> None:
    deps = the_town.deps
    password = grant.app_password(deps, 1, 11, "phone")
    feed = grant.feed(deps, 1, CalendarKind.BOOKINGS, 11, Detail.FULL, "wall")
    key = grant.api_key(deps, 1, "read", "rails")
    link = grant.sign_in_link(deps, 1, 11)
    kept = everything_kept(the_town)
    for secret in (
        password.secret,
        password.secret.replace("-", "")[4:],
        token(feed.secret),
        token(link.secret),
    ):
        assert secret not in kept
    assert key.secret not in kept
    assert key.secret[:8] in kept, "enough to tell keys apart"


def test_what_is_listed_says_everything_but_the_secret(the_town) -> None:
    made = grant.app_password(the_town.deps, 1, 11, "  Alice's \n phone ")
    [entry] = [e for e in grant.app_passwords(the_town.deps, 1, 11) if e.id == made.id]
    assert (entry.label, entry.staff_id, entry.last_used_at) == ("Alice's phone", 11, None)


@pytest.mark.parametrize("staff_id", [21, 99, -1])
def test_nobody_gets_a_key_to_another_business(the_town, staff_id: int) -> None:
    for give in (
        lambda: grant.app_password(the_town.deps, 1, staff_id, "x"),
        lambda: grant.sign_in_link(the_town.deps, 1, staff_id),
        lambda: grant.feed(the_town.deps, 1, CalendarKind.BOOKINGS, staff_id, Detail.FULL, "x"),
    ):
        with pytest.raises(NotYours):
            give()


def test_who_has_left_gets_none(the_town) -> None:
    the_town.sql("UPDATE public.staff_members SET active = false WHERE id = 12")
    with pytest.raises(NotYours):
        grant.app_password(the_town.deps, 1, 12, "x")


def test_without_an_address_there_is_nothing_to_sign_in_with(the_town) -> None:
    the_town.sql("UPDATE public.staff_members SET email = '', user_id = NULL WHERE id = 12")
    with pytest.raises(Invalid, match="no e-mail address"):
        grant.app_password(the_town.deps, 1, 12, "x")


def test_there_is_an_end_to_devices(the_town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(grant, "MOST_PASSWORDS", 3)
    grant.app_password(the_town.deps, 1, 11, "second")
    grant.app_password(the_town.deps, 1, 11, "third")
    with pytest.raises(Invalid, match="revoke some"):
        grant.app_password(the_town.deps, 1, 11, "fourth")


def test_a_sign_in_link_works_once(the_town) -> None:
    link = grant.sign_in_link(the_town.deps, 1, 11)
    assert grant.spend_sign_in_link(the_town.deps, token(link.secret)) == (1, 11)
    with pytest.raises(NotYours):
        grant.spend_sign_in_link(the_town.deps, token(link.secret))


def test_a_sign_in_link_grows_old(the_town) -> None:
    link = grant.sign_in_link(the_town.deps, 1, 11)
    the_town.sql("UPDATE daybridge.sign_in_links SET expires_at = now()")
    with pytest.raises(NotYours):
        grant.spend_sign_in_link(the_town.deps, token(link.secret))


@pytest.mark.parametrize("kind", ["app_password", "feed", "api_key"])
def test_revoking_what_is_another_businesss_does_nothing(the_town, kind: str) -> None:
    deps = the_town.deps
    made = {
        "app_password": lambda: grant.app_password(deps, 1, 11, "x"),
        "feed": lambda: grant.feed(deps, 1, CalendarKind.TEAM, None, Detail.FULL, "x"),
        "api_key": lambda: grant.api_key(deps, 1, "read", "x"),
    }[kind]()
    with pytest.raises(NotYours):
        grant.revoke(deps, kind, 2, made.id)
    grant.revoke(deps, kind, 1, made.id)
    with pytest.raises(NotYours):
        grant.revoke(deps, kind, 1, made.id)


def test_a_feed_of_another_detail_is_filled_at_its_first_reading(the_town) -> None:
    deps = the_town.deps
    made = grant.feed(deps, 1, CalendarKind.BOOKINGS, 11, Detail.BUSY, "wall")
    body = b"".join(open_feed(deps.database, token(made.secret), deps.now()).chunks())
    assert body.count(b"BEGIN:VEVENT") == 3
    assert b"Maria" not in body
    assert b"Haircut" not in body
