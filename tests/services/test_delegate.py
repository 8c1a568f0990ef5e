"""Asking the booking app: it can tell that we ask, is asked again only when that helps, and its word is what happens.

The app is a real server on loopback, which checks what it gets with code of its own.
"""

from __future__ import annotations

import base64
import hashlib
import json
import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.core.booking import Actor, BookingRecord, Outcome, Via
from gateway.core.errors import (
    AppUnreachable,
    GatewayError,
    Invalid,
    NotEditable,
    NotYours,
    Refused,
    SetupError,
)
from gateway.db import desk, synclog
from gateway.providers import line
from gateway.services import delegate
from gateway.services.delegate import Patience
from gateway.services.deps import Deps
from tests.conftest import Town
from tests.providers.certificates import Authority
from tests.providers.outside import Outside, Request, reply, starting, told

ALICE = Actor(1, Via.CALDAV, "Alice Adler", staff_id=11, manager=True)
BOOKING = 1002
SPAN = (datetime(2026, 11, 25, 20, tzinfo=UTC), datetime(2026, 11, 25, 21, 30, tzinfo=UTC))
YES = told(200, {"accepted": True})


class Clock:
    """Time that passes only when somebody sleeps."""

    def __init__(self) -> None:
        self.now = 1_000.0
        self.slept: list[float] = []

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


@dataclass
class BookingApp:
    """Answers with what stands in `answers`, the last of them again and again, and only to what is ours and new."""

    town: Town
    # Its own clock; whoever stands in another time gives it theirs.
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    answers: list[bytes | Callable[[Request], bytes]] = field(default_factory=lambda: [YES])
    secret: str = ""
    done: dict[str, bytes] = field(default_factory=dict)
    seen: list[Request] = field(default_factory=list)

    def __call__(self, request: Request) -> bytes:
        self.seen.append(request)
        if not self.is_genuine(request):
            return told(401, {"accepted": False, "reason": "not genuine"})
        request_id = request.headers["daybridge-request-id"]
        if request_id in self.done:
            return self.done[request_id]
        said = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        return said if isinstance(said, bytes) else said(request)

    def is_genuine(self, request: Request) -> bool:
        """RFC 2104 by hand, with the window of five minutes."""
        sent, request_id = request.headers["daybridge-timestamp"], request.headers["daybridge-request-id"]
        key = self.secret.encode().ljust(64, b"\0")
        message = f"v1:{sent}.{request_id}.".encode() + request.body
        inner = hashlib.sha256(bytes(k ^ 0x36 for k in key) + message).digest()
        expected = hashlib.sha256(bytes(k ^ 0x5C for k in key) + inner).hexdigest()
        age = abs(self.clock().timestamp() - int(sent))
        return request.headers["daybridge-signature"] == f"v1={expected}" and age <= 300

    def moves(self, request: Request) -> bytes:
        """Does as it is asked, and remembers it under the request's id."""
        asked = json.loads(request.body)
        self.town.sql(
            "UPDATE bookings SET start_time = %s::timestamptz AT TIME ZONE 'UTC',"
            " end_time = %s::timestamptz AT TIME ZONE 'UTC' WHERE id = %s",
            asked["wanted"]["start"],
            asked["wanted"]["end"],
            asked["booking"]["id"],
        )
        self.done[asked["id"]] = YES
        return YES

    @property
    def asked(self) -> list[dict[str, object]]:
        return [json.loads(request.body) for request in self.seen]


def key(number: int) -> str:
    return base64.b64encode(bytes([number]) * 32).decode()


def with_keys(deps: Deps, folder: Path, *numbers: int, private: bool = True) -> Deps:
    file = folder / f"credentials-{'-'.join(map(str, numbers))}.toml"
    file.touch(0o600)
    file.write_text(f"[keys]\nencryption = {json.dumps([key(number) for number in numbers])}\n")
    settings = replace(deps.settings, credentials_file=str(file), providers_allow_private_addresses=private)
    return replace(deps, settings=settings)


@pytest.fixture
def outside() -> Iterator[Callable[..., Outside]]:
    with starting() as start:
        yield start


@pytest.fixture
def deps(the_town, tmp_path: Path) -> Deps:
    return with_keys(the_town.deps, tmp_path, 1)


@pytest.fixture
def app(the_town, deps, outside) -> BookingApp:
    """Set up for Harbor Hair."""
    app = BookingApp(the_town)
    server: Outside = outside(app)
    app.secret = delegate.configure(deps, 1, f"{server.url}/daybridge?tenant=S3CR3T")
    return app


def ask(deps: Deps, *, cancel: bool = False, clock: Clock | None = None, **patience: float) -> None:
    clock = clock or Clock()
    waits = Patience(clock=clock, sleep=clock.sleep, **{"each": 20.0, "whole": 60.0, **patience})
    record = booking(deps)
    if cancel:
        delegate.ask(deps, ALICE, "cancel", record, None, patience=waits)
    else:
        delegate.ask(deps, ALICE, "move", record, SPAN, patience=waits)


def delegated(deps: Deps) -> list:
    with deps.database.tenant(1, read_only=True) as session:
        lines = synclog.of_booking(session, 1, BOOKING, after=0, most=100)
    return [entry for entry in lines if entry.outcome is Outcome.DELEGATED]


def booking(deps: Deps, business_id: int = 1, booking_id: int = BOOKING) -> BookingRecord:
    with deps.database.tenant(business_id, read_only=True) as session:
        return desk.record(session, business_id, booking_id)


# -- Accepted.


def test_the_app_moves_it_and_the_timeline_says_so(deps, app) -> None:
    before = booking(deps)
    app.answers = [app.moves]
    ask(deps)
    after = booking(deps)
    assert (after.starts_at, after.ends_at) == SPAN
    [entry] = delegated(deps)
    assert (entry.via, entry.who, entry.action, entry.staff_id) == (Via.CALDAV, "Alice Adler", "move", 11)
    assert entry.before["start"] == before.starts_at.isoformat()
    assert (entry.after["start"], entry.after["end"]) == (SPAN[0].isoformat(), SPAN[1].isoformat())
    assert "notes" not in {**entry.before, **entry.after}


def test_the_app_is_told_everything_it_needs(deps, app) -> None:
    ask(deps)
    [request], [asked] = app.seen, app.asked
    assert (request.method, request.target) == ("POST", "/daybridge?tenant=S3CR3T")
    assert request.headers["content-type"] == "application/json"
    assert str(UUID(asked.pop("id"))) == request.headers["daybridge-request-id"]
    sent_at = datetime.fromisoformat(asked.pop("sent_at"))
    assert abs(sent_at - datetime.now(UTC)) < timedelta(minutes=5)
    assert asked == {
        "business_id": 1,
        "action": "move",
        "booking": booking(deps).told(),
        "wanted": {"start": "2026-11-25T20:00:00+00:00", "end": "2026-11-25T21:30:00+00:00"},
        "actor": {"via": "caldav", "name": "Alice Adler", "staff_member_id": 11},
    }


def test_a_cancellation_wants_no_time(deps, app) -> None:
    ask(deps, cancel=True)
    [asked] = app.asked
    assert (asked["action"], asked["wanted"]) == ("cancel", None)
    [entry] = delegated(deps)
    assert (entry.action, entry.after["status"]) == ("cancel", "cancelled")


def test_yes_is_yes_with_any_status_of_success(deps, app) -> None:
    app.answers = [told(status, {"accepted": True, "more": 1}) for status in (200, 201, 202, 299)]
    for _ in range(4):
        ask(deps)
    assert len(delegated(deps)) == 4


def test_two_requests_have_two_ids(deps, app) -> None:
    ask(deps)
    ask(deps)
    assert len({asked["id"] for asked in app.asked}) == 2


def test_no_transaction_of_ours_is_open_while_the_app_works(the_town, deps, app) -> None:
    """The app locks the booking's row, and waits for nobody."""
    idle: list[object] = []

    def works(request: Request) -> bytes:
        with psycopg.connect(the_town.url, options="-c lock_timeout=1000") as connection:
            connection.execute("UPDATE bookings SET notes = 'x' WHERE id = 1002")
            idle.extend(
                connection.execute(
                    "SELECT state, query FROM pg_stat_activity WHERE datname = current_database()"
                    " AND pid <> pg_backend_pid() AND xact_start IS NOT NULL"
                ).fetchall()
            )
        return YES

    app.answers = [works]
    ask(deps)
    assert idle == []


# -- Refused.


REFUSALS = [
    (
        told(200, {"accepted": False, "reason": "It is paid; refund it first."}),
        "It is paid; refund it first.",
    ),
    (told(403, {"accepted": False, "reason": "Not yours."}), "Not yours."),
    (told(409, {"reason": "The room is taken."}), "The room is taken."),
    (told(422, {"reason": "  Too\n\n late.\t"}), "Too late."),
    (told(200, {"accepted": False}), "gave no reason"),
    (told(200, {"accepted": False, "reason": ["a", "list"]}), "gave no reason"),
    (told(200, {"accepted": False, "reason": " \n\x00 "}), "gave no reason"),
]


def test_no_is_told_in_the_app_s_own_words_and_it_is_not_asked_again(deps, app) -> None:
    for count, (answer, words) in enumerate(REFUSALS, start=1):
        app.answers = [answer]
        clock = Clock()
        with pytest.raises(NotEditable) as caught:
            ask(deps, clock=clock)
        assert words in str(caught.value)
        assert (len(app.seen), clock.slept) == (count, []), answer
    assert delegated(deps) == []


@given(st.text(max_size=400) | st.text("\u202e\u200f\u2028\x1b[31m\r\n ab<>&{}", max_size=400))
def test_a_reason_is_one_short_line_that_steers_nothing(reason: str) -> None:
    cleaned = delegate._clean(reason)
    assert len(cleaned) <= 300
    assert cleaned.isprintable()
    assert cleaned == " ".join(cleaned.split())
    cleaned.encode()
    assert str(NotEditable(reason=cleaned)) == cleaned


def test_a_long_reason_ends_with_a_sign_that_there_was_more() -> None:
    assert delegate._clean("word " * 100_000).endswith("word…")
    assert delegate._clean("a" * 300) == "a" * 300
    assert delegate._clean("a" * 301) == "a" * 299 + "…"


# -- Neither.


NEITHER = [
    reply(200, b""),
    reply(204),
    reply(200, b"<html>Welcome</html>"),
    reply(200, b'{"accepted": true'),
    reply(200, b"[" * 60_000),
    reply(200, b"\xff\xfe"),
    told(200, {}),
    told(200, {"accepted": "true"}),
    told(200, {"accepted": 1}),
    told(200, {"accepted": None, "reason": "x"}),
    told(200, [{"accepted": True}]),
    told(200, "accepted"),
    told(400, {"accepted": True}),
    told(400, {"accepted": False, "reason": "bad"}),
    told(401, {"accepted": False, "reason": "who?"}),
    told(404, {"accepted": False, "reason": "what?"}),
    told(403, {"accepted": False}),
    told(409, {"accepted": True, "reason": "both"}),
    reply(403, b"<html>Forbidden</html>"),
    told(302, {"accepted": True}, Location="/elsewhere"),
]


def test_what_is_neither_yes_nor_no_changes_nothing_and_is_not_asked_again(deps, app) -> None:
    for count, answer in enumerate(NEITHER, start=1):
        app.answers = [answer]
        clock = Clock()
        with pytest.raises(AppUnreachable) as caught:
            ask(deps, clock=clock)
        assert caught.value.retry_after == 30
        assert (len(app.seen), clock.slept) == (count, []), answer
    assert delegated(deps) == []


def test_a_redirect_is_not_followed(deps, app, outside) -> None:
    elsewhere = outside(lambda _: YES)
    app.answers = [reply(307, Location=elsewhere.url)]
    with pytest.raises(AppUnreachable):
        ask(deps)
    assert elsewhere.connections == 0


def test_who_asks_in_vain_is_no_one_who_was_refused() -> None:
    """The doors answer 503, and the calendar app keeps the edit; a refusal would make it throw the edit away."""
    error = AppUnreachable(retry_after=30)
    assert isinstance(error, GatewayError)
    assert not isinstance(error, Refused | ValueError)
    assert "try again" in str(error)


def test_an_app_that_knows_another_secret_does_nothing(deps, app) -> None:
    app.secret = "dbd_" + "a" * 32
    app.answers = [app.moves]
    before = booking(deps)
    with pytest.raises(AppUnreachable):
        ask(deps)
    assert booking(deps) == before


def test_what_was_overheard_can_not_be_changed(deps, app) -> None:
    ask(deps)
    [heard] = app.seen
    assert app.is_genuine(heard)
    later = str(int(heard.headers["daybridge-timestamp"]) + 1)
    for forged in (
        replace(heard, body=heard.body.replace(b"1002", b"1003")),
        replace(heard, headers=heard.headers | {"daybridge-timestamp": later}),
        replace(heard, headers=heard.headers | {"daybridge-request-id": "another"}),
    ):
        assert not app.is_genuine(forged)


def test_what_was_overheard_is_too_old_soon(the_town, deps, app) -> None:
    """And until then its id tells that it was there before."""
    past = datetime.now(UTC) - timedelta(minutes=6)
    with pytest.raises(AppUnreachable):
        ask(replace(deps, now=lambda: past))
    assert len(app.seen) == 1


# -- Asked again.


TROUBLES = {
    "500": reply(500),
    "502": reply(502, b"<html>"),
    "503": reply(503),
    "429": reply(429),
    "closed": b"",
    "closed in the middle": b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n{",
    "far too much": reply(200, b" " * 100_000 + b"{}"),
}


def test_after_a_passing_trouble_the_same_request_comes_again(deps, app) -> None:
    for count, (name, trouble) in enumerate(TROUBLES.items(), start=1):
        app.answers = [trouble, YES]
        clock = Clock()
        ask(deps, clock=clock)
        first, second = app.seen[-2:]
        assert (len(app.seen), clock.slept) == (2 * count, [0.5]), name
        assert first.body == second.body
        assert first.headers["daybridge-request-id"] == second.headers["daybridge-request-id"]
        assert app.is_genuine(second)
    assert len(delegated(deps)) == len(TROUBLES)


def test_an_answer_that_got_lost_is_given_again_and_nothing_is_done_twice(deps, app) -> None:
    moved: list[bytes] = []

    def moves_and_hangs_up(request: Request) -> bytes:
        moved.append(app.moves(request))
        return b""

    app.answers = [moves_and_hangs_up]
    ask(deps)
    assert (len(app.seen), len(moved)) == (2, 1)
    assert len(delegated(deps)) == 1


def test_an_app_that_hangs_is_left_to_itself(deps, app, outside) -> None:
    server = outside(None)
    server.play = server.hang
    delegate.configure(deps, 1, server.url)
    clock = Clock()
    with pytest.raises(AppUnreachable):
        ask(deps, clock=clock, each=0.2)
    assert clock.slept == [0.5, 1.0]
    assert delegated(deps) == []


def test_an_app_that_answers_late_is_asked_again(the_town, deps, outside) -> None:
    app = BookingApp(the_town)
    server = outside(app)
    app.secret = delegate.configure(deps, 1, server.url)
    app.answers = [server.hang, YES]
    ask(deps, each=1.0)
    assert len(app.seen) > 1
    assert len(delegated(deps)) == 1


def test_after_three_times_it_is_enough(deps, app) -> None:
    app.answers = [reply(503)]
    clock = Clock()
    with pytest.raises(AppUnreachable):
        ask(deps, clock=clock)
    assert (len(app.seen), clock.slept) == (3, [0.5, 1.0])
    assert len({asked["id"] for asked in app.asked}) == 1


def test_the_app_s_own_wish_to_wait_is_heeded(deps, app) -> None:
    for status in (429, 503):
        app.answers = [reply(status, Retry_After="4"), YES]
        clock = Clock()
        ask(deps, clock=clock, whole=12.0)
        assert clock.slept == [4.0]


def test_nobody_waits_for_an_app_that_wants_longer_than_a_person_would(deps, app) -> None:
    """The calendar app is told to come back then, within reason."""
    wishes = [("13", 30), ("12", 30), ("90", 90), ("86400", 600), ("999999999999999", 600)]
    for count, (wish, told_to_wait) in enumerate(wishes, start=1):
        app.answers = [reply(503, Retry_After=wish), YES]
        clock = Clock()
        with pytest.raises(AppUnreachable) as caught:
            ask(deps, clock=clock, whole=12.0)
        assert (len(app.seen), clock.slept) == (count, [])
        assert caught.value.retry_after == told_to_wait


def test_the_time_is_over_for_all_attempts_together(deps, app) -> None:
    app.answers = [reply(503, Retry_After="7")]
    clock = Clock()
    with pytest.raises(AppUnreachable):
        ask(deps, clock=clock, whole=12.0)
    assert (len(app.seen), clock.slept) == (2, [7.0])


def test_each_attempt_has_a_share_of_what_is_left() -> None:
    """Five seconds, or what the twelve have left; a person waits for no more."""
    clock, shares = Clock(), []

    def hang(timeout: float):
        shares.append(timeout)
        clock.now += timeout
        raise delegate.ProviderError(host="app.example")

    with pytest.raises(AppUnreachable):
        delegate._patiently(hang, Patience(clock=clock, sleep=clock.sleep))
    assert shares == [5.0, 5.0, 0.5]
    assert clock.now == 1_012.0


def test_nobody_there(deps, outside) -> None:
    server = outside(lambda _: YES)
    server.close()
    delegate.configure(deps, 1, server.url)
    with pytest.raises(AppUnreachable):
        ask(deps)
    assert delegated(deps) == []


# -- Whom to ask.


def kept(town: Town) -> str:
    return str(town.sql("SELECT * FROM daybridge.business_settings"))


def settings_of(deps: Deps, business_id: int) -> bool:
    with deps.database.tenant(business_id, read_only=True) as session:
        return delegate.is_set(session, business_id)


def test_it_is_set_until_it_is_removed(the_town, deps) -> None:
    the_town.sql("INSERT INTO daybridge.business_settings (business_id, enforcement) VALUES (1, 'enforce')")
    assert not settings_of(deps, 1)
    delegate.configure(deps, 1, "https://app.example/daybridge")
    assert settings_of(deps, 1)
    assert not settings_of(deps, 2)
    assert delegate.remove(deps, 1)
    assert not settings_of(deps, 1)
    assert not delegate.remove(deps, 1)
    assert the_town.sql(
        "SELECT business_id, enforcement, delegate_url, delegate_secret FROM daybridge.business_settings"
    ) == [(1, "enforce", None, None)]


def test_without_it_nobody_is_asked(deps) -> None:
    with pytest.raises(NotEditable, match="in the booking system itself"):
        ask(deps)


def test_the_secret_is_kept_sealed_and_each_time_another(the_town, deps) -> None:
    first = delegate.configure(deps, 1, "https://app.example/")
    second = delegate.configure(deps, 1, "https://app.example/")
    assert first != second
    assert all(len(secret) == 36 and secret.startswith("dbd_") for secret in (first, second))
    [(sealed,)] = the_town.sql("SELECT delegate_secret FROM daybridge.business_settings")
    assert first[4:].encode() not in sealed
    assert second[4:].encode() not in sealed


def test_one_business_s_secret_is_no_use_to_another(the_town, deps, app, caplog) -> None:
    the_town.sql(
        "INSERT INTO daybridge.business_settings (business_id, delegate_url, delegate_secret)"
        " SELECT 2, delegate_url, delegate_secret FROM daybridge.business_settings WHERE business_id = 1"
    )
    mallory = Actor(2, Via.CALDAV, "Mallory", staff_id=21)
    with pytest.raises(AppUnreachable):
        delegate.ask(deps, mallory, "move", booking(deps, 2, 2001), SPAN)
    assert app.seen == []
    assert "business 2 can't be asked" in caplog.text
    assert "belongs somewhere else" in caplog.text


def test_a_new_key_takes_over(the_town, deps, app, tmp_path: Path) -> None:
    ask(with_keys(the_town.deps, tmp_path, 2, 1))
    assert len(app.seen) == 1


def no_key(deps: Deps, folder: Path) -> Deps:
    file = folder / "no-key.toml"
    file.touch(0o600)
    file.write_text('[keys]\nencryption = ["aHVzaA=="]')
    return replace(deps, settings=replace(deps.settings, credentials_file=str(file)))


def open_to_all(deps: Deps, folder: Path) -> Deps:
    opened = with_keys(deps, folder, 1)
    Path(opened.settings.credentials_file).chmod(0o644)
    return opened


WITHOUT_A_KEY: dict[str, tuple[Callable[[Deps, Path], Deps], str]] = {
    "another": (lambda deps, folder: with_keys(deps, folder, 2), "is not among [keys] encryption"),
    "none": (with_keys, "is not among [keys] encryption"),
    "no file": (lambda deps, _: deps, "is not among [keys] encryption"),
    "no key": (no_key, "Key 1 of [keys] encryption is not 32 bytes"),
    "a file for all to read": (open_to_all, "chmod 600"),
}


@pytest.mark.parametrize(("lose", "why"), WITHOUT_A_KEY.values(), ids=WITHOUT_A_KEY.keys())
def test_without_the_key_it_is_for_later_and_the_operator_reads_why(
    the_town, app, tmp_path: Path, caplog, lose: Callable[[Deps, Path], Deps], why: str
) -> None:
    """It is nothing that whoever made the edit could mend, nor anything that they should lose it for."""
    with pytest.raises(AppUnreachable) as caught:
        ask(lose(the_town.deps, tmp_path))
    assert caught.value.retry_after == 600
    assert app.seen == []
    assert why in caplog.text
    assert "aHVzaA" not in caplog.text
    assert app.secret not in caplog.text


NO_ADDRESS = [
    "",
    "app.example",
    "ftp://app.example",
    "https://user:pw@app.example/",
    "https://app.example/#x",
    "https://",
    "https://app.example/" + "x" * 3000,
]


def test_what_can_not_be_asked_is_not_kept(the_town, deps) -> None:
    for url in NO_ADDRESS:
        with pytest.raises(Invalid, match="doesn't call this address"):
            delegate.configure(deps, 1, url)
    assert kept(the_town) == "[]"


def test_plain_http_is_for_ones_own_network(the_town, tmp_path: Path) -> None:
    strict = with_keys(the_town.deps, tmp_path, 1, private=False)
    with pytest.raises(Invalid, match="must begin with https"):
        delegate.configure(strict, 1, "http://app.example/")
    assert kept(the_town) == "[]"


def test_an_app_in_our_own_network_is_not_asked_where_that_is_not_allowed(
    the_town, tmp_path: Path, outside, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The address looks good when it is set, and is judged each time when it is called."""
    strict = with_keys(the_town.deps, tmp_path, 1, private=False)
    server = outside(lambda _: YES)
    monkeypatch.setattr(line, "resolve", lambda *_: ["127.0.0.1"])
    for host in ("app.example", "127.0.0.1", "[::ffff:127.0.0.1]"):
        delegate.configure(strict, 1, f"https://{host}:{server.port}/")
        clock = Clock()
        with pytest.raises(AppUnreachable):
            ask(strict, clock=clock)
        assert (server.connections, clock.slept) == (0, [])


def test_without_a_key_nothing_is_kept(the_town) -> None:
    with pytest.raises(SetupError, match="no key to encrypt"):
        delegate.configure(the_town.deps, 1, "https://app.example/")
    assert kept(the_town) == "[]"


def test_a_business_that_is_none_has_no_app(the_town, deps) -> None:
    for do in (
        lambda: delegate.configure(deps, 99, "https://app.example/"),
        lambda: delegate.remove(deps, 99),
        lambda: delegate.address(deps, 99),
    ):
        with pytest.raises(NotYours, match="no business 99"):
            do()
    assert kept(the_town) == "[]"
    assert choices(the_town) == []


def choices(town: Town) -> list[tuple[object, ...]]:
    return town.sql(
        "SELECT business_id, via, who, action, outcome, before, after FROM daybridge.calendar_sync_logs ORDER BY id"
    )


def test_the_timeline_says_who_is_asked_from_when_on_and_nothing_that_is_secret(the_town, deps) -> None:
    """An app may have put a key of its own into the path or the query of its address."""
    delegate.configure(deps, 1, "https://app.example:8443/S3CR3T?key=S3CR3T")
    delegate.configure(deps, 1, "https://other.example/S3CR3T")
    assert delegate.remove(deps, 1)
    assert not delegate.remove(deps, 1)
    by_operator = (1, "system", "operator")
    here, there = {"delegate": "https://app.example:8443"}, {"delegate": "https://other.example"}
    nobody = {"delegate": None}
    assert choices(the_town) == [
        (*by_operator, "set delegate", "accepted", nobody, here),
        (*by_operator, "set delegate", "accepted", here, there),
        (*by_operator, "remove delegate", "accepted", there, nobody),
    ]


def test_the_address_is_told_without_what_may_be_a_key(deps) -> None:
    assert delegate.address(deps, 1) == ""
    delegate.configure(deps, 1, " https://app.example:8443/daybridge?key=S3CR3T ")
    assert delegate.address(deps, 1) == "https://app.example:8443/daybridge"
    assert delegate.address(deps, 2) == ""


@pytest.mark.parametrize("trusted", [True, False])
def test_an_app_with_a_certificate_of_ones_own_authority_is_believed_by_those_who_name_it(
    deps, the_town, outside, tmp_path: Path, trusted: bool
) -> None:
    authority, app = Authority(tmp_path), BookingApp(the_town)
    bundle = str(authority.bundle) if trusted else ""
    deps = replace(deps, settings=replace(deps.settings, providers_ca_bundle=bundle))
    app.secret = delegate.configure(deps, 1, outside(app, authority.serving("127.0.0.1")).url)
    if trusted:
        ask(deps)
    else:
        with pytest.raises(AppUnreachable):
            ask(deps)
    assert len(app.seen) == (1 if trusted else 0)


def test_a_question_that_makes_no_sense_is_not_asked(deps, app) -> None:
    record = booking(deps)
    naive = (datetime(2026, 11, 25, 20), datetime(2026, 11, 25, 21))  # noqa: DTZ001  # that is the point
    with pytest.raises(ValueError, match="a move needs a time"):
        delegate.ask(deps, ALICE, "move", record, None)
    with pytest.raises(ValueError, match="a cancellation has none"):
        delegate.ask(deps, ALICE, "cancel", record, SPAN)
    with pytest.raises(TypeError, match="naive"):
        delegate.ask(deps, ALICE, "move", record, naive)
    assert app.seen == []


def test_nothing_secret_is_said_anywhere(the_town, deps, app, caplog) -> None:
    caplog.set_level(logging.DEBUG)
    app.answers = [reply(500), told(404, {}), YES]
    with pytest.raises(AppUnreachable):
        ask(deps)
    ask(deps)
    said = caplog.text + str(the_town.sql("SELECT * FROM daybridge.calendar_sync_logs"))
    assert app.secret not in said
    assert "S3CR3T" not in said
    assert app.seen[0].headers["daybridge-signature"][3:] not in said
    assert "asked in vain" in caplog.text
    assert "404" in caplog.text
