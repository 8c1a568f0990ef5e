"""Who gets in: by an e-mail address as people type it and an app password as they paste it; and who has to wait."""

from __future__ import annotations

import base64
import time
from dataclasses import replace

import pytest

import wsgi
from gateway.services import grant
from gateway.services.deps import Deps
from gateway.services.sign_in import HASHER, SignIns
from tests.caldav.client import Answer, Client, D, InProcess, basic
from tests.conftest import Town

HOME = "/dav/s11/"


def ask(client: Client, authorization: str) -> Answer:
    client.headers = {"Authorization": authorization}
    return client.propfind("/dav/", "D:current-user-principal")


def principal(answer: Answer) -> list[str]:
    return answer.hrefs(f"{D}current-user-principal")


class Clock:
    """A clock that the test winds."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


def with_clock(the_town: Town) -> tuple[Deps, Clock]:
    clock = Clock()
    sign_ins = SignIns(the_town.deps.database, clock=clock, process_key=b"k" * 32)
    return replace(the_town.deps, sign_ins=sign_ins), clock


# --- Names and passwords ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name",
    ["alice@harbor.example", "ALICE@HARBOR.EXAMPLE", "Alice@Harbor.Example", " alice@harbor.example "],
)
def test_a_name_in_any_case(nobody: InProcess, the_town: Town, name: str) -> None:
    assert principal(ask(nobody, basic(name, the_town.alice.password))) == [HOME]


@pytest.mark.parametrize(
    "name", ["o'brien@example.com", "o\u2019brien+work@example.com", "bj\u00f6rn@example.com"]
)
def test_any_letter_in_a_name(nobody: InProcess, the_town: Town, name: str) -> None:
    the_town.sql("UPDATE staff_members SET email = %s WHERE id = 11", name)
    assert principal(ask(nobody, basic(name, the_town.alice.password))) == [HOME]
    assert principal(ask(nobody, basic(name.upper(), the_town.alice.password))) == [HOME]


def test_the_address_of_the_users_account_will_do_too(nobody: InProcess, the_town: Town) -> None:
    the_town.sql("UPDATE users SET email = 'adler@home.example' WHERE id = 101")
    for name in ("adler@home.example", "alice@harbor.example"):
        assert principal(ask(nobody, basic(name, the_town.alice.password))) == [HOME]


@pytest.mark.parametrize(
    "typed",
    [
        lambda password: password.replace("-", ""),
        lambda password: password.replace("-", " "),
        lambda password: password.upper(),
        lambda password: f" {password}\n",
        lambda password: password.replace("-", " - "),
    ],
)
def test_a_password_as_people_paste_it(nobody: InProcess, the_town: Town, typed: object) -> None:
    assert callable(typed)
    given = typed(the_town.alice.password)
    assert principal(ask(nobody, basic("alice@harbor.example", given))) == [HOME]


@pytest.mark.parametrize("scheme", ["Basic", "basic", "BASIC", "Basic "])
def test_the_scheme_in_any_case(nobody: InProcess, the_town: Town, scheme: str) -> None:
    encoded = basic("alice@harbor.example", the_town.alice.password).partition(" ")[2]
    assert principal(ask(nobody, f"{scheme} {encoded}")) == [HOME]


@pytest.mark.parametrize(
    ("name", "password"),
    [
        ("alice@harbor.example", "wrong"),
        ("alice@harbor.example", ""),
        ("alice@harbor.example", "abcd-efgh-ijkm-npqr-stuv"),
        ("nobody@harbor.example", "abcd-efgh-ijkm-npqr-stuv"),
        ("", ""),
        ("alice", "right"),
        ("bob@harbor.example", "right"),
        ("alice@harbor.example", "right but longer"),
        ("alice@harbor.example", "x" * 700),
    ],
)
def test_a_wrong_one_is_challenged_at_once(
    nobody: InProcess, the_town: Town, name: str, password: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Radicale would sleep before it says so, and a thread of ours with it."""
    slept: list[float] = []
    monkeypatch.setattr(time, "sleep", slept.append)
    answer = ask(nobody, basic(name, password.replace("right", the_town.alice.password)))
    assert slept == []
    assert answer.status == 401
    assert answer.headers["WWW-Authenticate"].startswith("Basic realm=")


def test_the_same_address_at_two_businesses_is_told_apart_by_the_password(
    nobody: InProcess, the_town: Town
) -> None:
    the_town.sql("UPDATE staff_members SET email = 'alice@harbor.example' WHERE id = 21")
    assert principal(ask(nobody, basic("alice@harbor.example", the_town.alice.password))) == ["/dav/s11/"]
    assert principal(ask(nobody, basic("alice@harbor.example", the_town.mallory.password))) == ["/dav/s21/"]
    assert principal(ask(nobody, basic("alice@harbor.example", the_town.alice.password))) == ["/dav/s11/"]


def test_passwords_with_the_same_first_letters_are_told_apart(nobody: InProcess, the_town: Town) -> None:
    made = replace(the_town.deps, chance=lambda n: b"\x00" * 4 + the_town.deps.chance(n - 4))
    granted = [
        grant.app_password(made, business, staff, "x") for business, staff in ((1, 11), (1, 12), (2, 21))
    ]
    assert len({one.secret[:4] for one in granted}) == 1
    for one, staff in zip(granted, (11, 12, 21), strict=True):
        assert principal(ask(nobody, basic(one.name, one.secret))) == [f"/dav/s{staff}/"]
    assert ask(nobody, basic(granted[0].name, granted[1].secret)).status == 401


def _encoded(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


MALFORMED = [
    "Basic",
    "Basic ",
    "Basic !!!!",
    "Basic YWxpY2U",
    "Basic YWxpY2U=",
    f"Basic {_encoded(b'no colon')}",
    f"Basic {_encoded(b':')}",
    f"Basic {_encoded(b': x')}",
    f"Basic {_encoded('björn@x.example:é'.encode('latin-1'))}",
    f"Basic {_encoded(bytes(range(256)))}",
    f"Basic {_encoded(b'a' * 5000 + b':b')}",
    f"Basic {_encoded(b'a' + bytes(1) + b'b:c' + bytes(1))}",
    "Basic \u00e9\u00fc",
    "Basic YTpi YTpi",
    "Bearer abc",
    "Digest username=alice",
    "Negotiate",
    "\u00e9",
    " ",
    ",",
]


@pytest.mark.parametrize("header", MALFORMED)
def test_a_header_that_can_not_be_read_is_challenged(nobody: InProcess, header: str) -> None:
    for method in ("PROPFIND", "REPORT", "GET", "PUT", "OPTIONS"):
        answer = nobody(method, HOME, Authorization=header)
        assert answer.status == 401, header
        assert answer.headers["WWW-Authenticate"].startswith("Basic realm=")


# --- Too many wrong ones ------------------------------------------------------------------------------------------


def guess(client: Client, number: int) -> Answer:
    """One wrong password after the other."""
    return ask(
        client,
        basic("alice@harbor.example", f"abcd-efgh-ijkm-npqr-{number:04}".replace("0", "s").replace("1", "t")),
    )


def test_after_ten_wrong_ones_an_account_has_to_wait_at_that_address(the_town: Town) -> None:
    deps, clock = with_clock(the_town)
    app = wsgi.mount(deps)
    phone, thief = InProcess(app, the_town.alice), InProcess(app)
    elsewhere = InProcess(app, address="198.51.100.7")
    assert phone.propfind(HOME, "D:getetag").status == 207
    assert [guess(thief, number).status for number in range(10)] == [401] * 10
    refused = guess(thief, 10)
    assert refused.status == 429
    assert 0 < int(refused.headers["Retry-After"]) <= 301
    assert "ALICE" not in refused.text.upper()
    # In another case it is the same account.
    assert ask(thief, basic("ALICE@harbor.example", "wrong")).status == 429
    # What was right a moment ago still is; others at this address, and she elsewhere, are not held up.
    assert phone.propfind(HOME, "D:getetag").status == 207
    assert ask(thief, basic("bob@harbor.example", the_town.bob.password)).status == 207
    assert ask(elsewhere, basic("alice@harbor.example", the_town.alice.password)).status == 207
    clock.now += 301
    assert guess(thief, 11).status == 401


def test_a_right_one_forgives_the_wrong_ones_before_it(the_town: Town) -> None:
    deps, _ = with_clock(the_town)
    phone = InProcess(wsgi.mount(deps))
    for turn in range(3):
        for number in range(8):
            assert guess(phone, 8 * turn + number).status == 401
        secret = grant.app_password(deps, 1, 11, "x").secret
        assert ask(phone, basic("alice@harbor.example", secret)).status == 207


def test_what_holds_no_password_is_never_held_up(the_town: Town) -> None:
    deps, _ = with_clock(the_town)
    phone = InProcess(wsgi.mount(deps))
    for number in range(150):
        assert phone("PROPFIND", HOME, **({} if number % 2 else {"Authorization": "Basic !!!"})).status == 401
    assert ask(phone, basic("alice@harbor.example", the_town.alice.password)).status == 207


def test_an_app_that_repeats_an_old_password_locks_nobody_out(the_town: Town) -> None:
    deps, _ = with_clock(the_town)
    app = wsgi.mount(deps)
    tablet, phone = InProcess(app, the_town.alice), InProcess(app)
    assert tablet.propfind(HOME, "D:getetag").status == 207
    the_town.sql("UPDATE daybridge.app_passwords SET revoked_at = now()")
    assert [tablet.propfind(HOME, "D:getetag").status for _ in range(30)] == [401] * 30
    secret = grant.app_password(deps, 1, 11, "x").secret
    assert ask(phone, basic("alice@harbor.example", secret)).status == 207


# --- What it costs ------------------------------------------------------------------------------------------------


def test_the_slow_comparison_is_made_once(alice: InProcess) -> None:
    hashed = HASHER.hash("x" * 16)
    began = time.process_time()
    for _ in range(5):
        HASHER.verify(hashed, "x" * 16)
    one = (time.process_time() - began) / 5
    assert alice.propfind(HOME, "D:getetag").status == 207
    began = time.process_time()
    for _ in range(40):
        alice.propfind(HOME, "D:getetag")
    assert (time.process_time() - began) / 40 < one / 2


def test_what_was_right_is_not_kept_in_readable_form(alice: InProcess, the_town: Town) -> None:
    alice.propfind(HOME, "D:getetag")
    kept = the_town.sql("SELECT selector, secret_hash FROM daybridge.app_passwords")
    secret = the_town.alice.password.replace("-", "")[4:]
    assert secret not in repr(vars(the_town.deps.sign_ins)) + repr(kept)
