"""The practice calendar's pages: its owner agrees, looks and changes; nobody else finds anything there."""

from __future__ import annotations

import os
from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
from webtest import TestApp, TestResponse

from bridge.app import create_app
from gateway.core.model import Event
from gateway.core.remote import Page, Reply, Showing, Window
from gateway.db import connections
from gateway.db import practice as kept
from gateway.db.practice import PracticeStore
from gateway.providers import practice
from gateway.providers.port import Account, CalendarProvider
from gateway.providers.practice import translate
from gateway.providers.practice.authority import challenge
from gateway.services import accounts, connect, grant, project, serve
from gateway.services import practice as owners
from gateway.services.deps import Deps
from tests.bridge.conftest import WORKS
from tests.conftest import Person, Town

# Monday noon in Salem.
NOW = datetime(2026, 11, 23, 17, 0, tzinfo=UTC)
WINDOW = Window(NOW - timedelta(days=2), NOW + timedelta(days=400))
ADDRESS = "http://127.0.0.1:8080"
BACK = f"{ADDRESS}/oauth/calendar/practice/callback"
VERIFIER = "v" * 64
MINE = "/practice/practice-11"
HERE = (1, "practice-11", "practice-11")


@pytest.fixture
def deps(the_town: Town) -> Deps:
    def now() -> datetime:
        return NOW

    kind = practice.provider(PracticeStore(the_town.deps.database), ADDRESS, now, os.urandom)
    return replace(the_town.deps, now=now, providers={kind.name: kind})


@pytest.fixture
def as_(deps: Deps) -> Callable[[Person], TestApp]:
    """A browser in which someone is signed in."""
    served = create_app(deps)

    def signed_in(person: Person) -> TestApp:
        app = TestApp(served, extra_environ={"HTTP_ACCEPT": "text/html"})
        link = urlsplit(grant.sign_in_link(deps, person.business_id, person.staff_id).secret).path
        app.get(link).form.submit().follow()
        return app

    return signed_in


@dataclass(frozen=True)
class Owner:
    """A signed-in owner, and what Daybridge sees of their calendar."""

    app: TestApp
    there: CalendarProvider

    def page(self) -> TestResponse:
        return self.app.get(MINE)

    def submit(self, ending: str, **fields: Any) -> TestResponse:
        """Fill in the form that is sent to such an address."""
        form = next(form for form in self.page().forms.values() if form.action.endswith(ending))
        for name, value in fields.items():
            form[name] = value
        return form.submit()

    def add(self, **fields: Any) -> TestResponse:
        return self.submit("/add", **fields).follow()

    def told(self, cursor: str = "") -> Page:
        return self.there.changes("practice-11", cursor, WINDOW)


def asked(**other: str) -> str:
    told = {"state": "a state", "redirect_uri": BACK, "code_challenge": challenge(VERIFIER)}
    return f"/practice/agree?{urlencode({**told, **other})}"


def agree(app: TestApp) -> dict[str, str]:
    """What the callback is told."""
    answer = app.get(asked()).form.submit("answer", value="agree", status=303)
    assert answer.location.startswith(f"{BACK}?")
    return dict(parse_qsl(urlsplit(answer.location).query))


@pytest.fixture
def alice(the_town: Town, deps: Deps, as_) -> Owner:
    app = as_(the_town.alice)
    kind = deps.providers["practice"]
    given = kind.authority.exchange(agree(app)["code"], VERIFIER, BACK)
    return Owner(app, kind.open(Account(1, 1, "practice-11", given, titles=True)))


# Agreeing


def test_the_page_says_what_is_asked(the_town: Town, as_) -> None:
    page = as_(the_town.alice).get(asked())
    assert "Let Daybridge use your practice calendar?" in page
    assert "Alice Adler" in page
    assert "read when you are busy" in page
    assert "script" not in page.text
    assert " style=" not in page.text


def test_looking_at_the_question_agrees_to_nothing(the_town: Town, as_) -> None:
    app = as_(the_town.alice)
    app.get(asked())
    app.get(MINE, status=404)


def test_who_agrees_is_sent_back_with_a_code(the_town: Town, deps: Deps, as_) -> None:
    told = agree(as_(the_town.alice))
    assert told["state"] == "a state"
    given = deps.providers["practice"].authority.exchange(told["code"], VERIFIER, BACK)
    [found] = deps.providers["practice"].open(Account(1, 0, "", given)).calendars()
    assert (found.id, found.name) == ("practice-11", "Alice Adler’s practice calendar")
    assert (found.zone, found.writable, found.primary) == ("America/New_York", True, True)


def test_who_does_not_agree_is_sent_back_without(the_town: Town, as_) -> None:
    app = as_(the_town.alice)
    answer = app.get(asked()).form.submit("answer", value="no", status=303)
    assert dict(parse_qsl(urlsplit(answer.location).query)) == {"error": "access_denied", "state": "a state"}
    app.get(MINE, status=404)


def test_agreeing_again_keeps_what_is_there(alice: Owner) -> None:
    alice.add(title="Dentist", starts="2026-11-24T10:00", ends="2026-11-24T11:00")
    agree(alice.app)
    assert "Dentist" in alice.page()


@pytest.mark.parametrize(
    "address",
    [
        "https://evil.example/",
        f"{BACK}/..",
        f"{BACK}?x=1",
        BACK.replace("practice/callback", "google/callback"),
        BACK.replace("http://", "https://"),
        f"{ADDRESS}.evil.example/oauth/calendar/practice/callback",
        "//evil.example/oauth/calendar/practice/callback",
        "",
    ],
)
def test_answers_go_to_ourselves_only(the_town: Town, as_, address: str) -> None:
    app = as_(the_town.alice)
    assert "go back to Daybridge only" in app.get(asked(redirect_uri=address), status=400)
    form = app.get(asked()).form
    form["redirect_uri"].force_value(address)
    for answer in ("agree", "no"):
        refused = form.submit("answer", value=answer, status=400)
        assert "Location" not in refused.headers
    app.get(MINE, status=404)


@pytest.mark.parametrize("missing", ["state", "code_challenge"])
def test_half_a_question_is_none(the_town: Town, as_, missing: str) -> None:
    assert "Something of this address is missing" in as_(the_town.alice).get(
        asked(**{missing: ""}), status=400
    )


def test_a_state_is_text_and_nothing_else(the_town: Town, as_) -> None:
    app = as_(the_town.alice)
    state = "<b>&\r\nSet-Cookie: x=1"
    page = app.get(asked(state=state))
    assert "<b>&" not in page
    answer = page.form.submit("answer", value="no", status=303)
    assert "x=1" not in str(answer.headers.getall("Set-Cookie"))
    assert dict(parse_qsl(urlsplit(answer.location).query))["state"].startswith("<b>&")


# Strangers


def test_who_is_not_signed_in_finds_the_front_page(deps: Deps) -> None:
    app = TestApp(create_app(deps))
    for address in (asked(), MINE):
        assert app.get(address, status=303).location.endswith("/")
    for address in ("/practice/agree", f"{MINE}/add", f"{MINE}/event/x/delete"):
        token = app.get("/sign-in/x").form["csrf_token"].value
        assert app.post(address, {"csrf_token": token}, status=303).location.endswith("/")


def test_strangers_and_colleagues_find_nothing(the_town: Town, alice: Owner, as_) -> None:
    alice.add(title="Dentist", starts="2026-11-24T10:00", ends="2026-11-24T11:00")
    before = alice.told()
    [event] = before.events
    for person in (the_town.bob, the_town.mallory):
        app = as_(person)
        token = app.get(asked()).form["csrf_token"].value
        assert "Dentist" not in app.get(MINE, status=404)
        for act in ("add", f"event/{event.id}/move", f"event/{event.id}/rename", f"event/{event.id}/delete"):
            fields = {"csrf_token": token, "title": "x", "minutes": "15"}
            fields |= {"starts": "2026-11-24T10:00", "ends": "2026-11-24T11:00"}
            app.post(f"{MINE}/{act}", fields, status=404)
    assert alice.told() == before


def test_a_form_from_elsewhere_does_nothing(alice: Owner) -> None:
    alice.app.post(f"{MINE}/add", {"title": "x"}, status=400)
    alice.app.post("/practice/agree", {"answer": "agree"}, status=400)
    assert alice.told().events == ()


def test_without_practice_calendars_there_are_no_such_pages(the_town: Town, deps: Deps) -> None:
    bare = TestApp(create_app(replace(deps, providers={})))
    link = urlsplit(grant.sign_in_link(deps, 1, 11).secret).path
    bare.get(link).form.submit().follow()
    bare.get(asked(), status=404)
    bare.get(MINE, status=404)


# The calendar


def test_an_empty_calendar_says_so(alice: Owner) -> None:
    page = alice.page()
    assert "Nothing yet" in page
    form = next(form for form in page.forms.values() if form.action.endswith("/add"))
    assert (form["starts"].value, form["ends"].value) == ("2026-11-23T13:00", "2026-11-23T14:00")
    assert "script" not in page.text
    assert " style=" not in page.text


def test_an_event_is_added(alice: Owner) -> None:
    page = alice.add(title="  Dentist <b> ", starts="2026-11-24T10:00", ends="2026-11-24T11:30")
    assert "Dentist &lt;b&gt;" in page
    assert "Tuesday 24 November, 10:00 to 11:30" in page
    [event] = alice.told().events
    assert event.times == b"DTSTART:20261124T150000Z\r\nDTEND:20261124T163000Z\r\n"
    assert (event.title, event.showing, event.reply, event.tag) == (
        "Dentist <b>",
        Showing.BUSY,
        Reply.NONE,
        "",
    )


def test_whole_days_and_free_time(alice: Owner) -> None:
    """The times of day don't count then."""
    page = alice.add(
        title="Away", starts="2026-12-24T10:00", ends="2026-12-26T09:00", all_day=True, free=True
    )
    assert "Thursday 24 December to Saturday 26 December, all day" in page
    assert "shown as free" in page
    [event] = alice.told().events
    assert event.times == b"DTSTART;VALUE=DATE:20261224\r\nDTEND;VALUE=DATE:20261227\r\n"
    assert event.showing is Showing.FREE
    one_day = alice.add(title="Day off", starts="2026-12-30T10:00", ends="2026-12-30T10:00", all_day=True)
    assert "Wednesday 30 December, all day" in one_day


@pytest.mark.parametrize(
    ("starts", "ends", "words"),
    [
        ("2026-11-24T10:00", "2026-11-24T10:00", "has to end after it begins"),
        ("2026-11-24T10:00", "2026-11-24T09:00", "has to end after it begins"),
        ("", "2026-11-24T09:00", "on which day"),
        ("tomorrow", "2026-11-24T09:00", "on which day"),
        ("2026-11-24T10:00", "9999-12-31T23:59", "too far away"),
        ("0001-01-01T00:00", "2026-11-24T09:00", "too far away"),
    ],
)
def test_what_makes_no_event_is_refused_in_words(alice: Owner, starts: str, ends: str, words: str) -> None:
    answer = alice.app.post(
        f"{MINE}/add",
        {
            "csrf_token": alice.page().forms[0]["csrf_token"].value,
            "title": "x",
            "starts": starts,
            "ends": ends,
        },
        status=400,
    )
    assert words in answer
    assert alice.told().events == ()


def test_an_event_is_moved_renamed_and_deleted(alice: Owner) -> None:
    alice.add(title="Dentist", starts="2026-11-24T10:00", ends="2026-11-24T11:00")
    assert "10:15 to 11:15" in alice.submit("/move", minutes="15").follow()
    assert "Wednesday 25 November, 10:15 to 11:15" in alice.submit("/move", minutes="1440").follow()
    assert "Optician" in alice.submit("/rename", title="Optician").follow()
    first = alice.told()
    [event] = first.events
    assert event.times == b"DTSTART:20261125T151500Z\r\nDTEND:20261125T161500Z\r\n"
    assert event.title == "Optician"
    assert "Nothing yet" in alice.submit("/delete").follow()
    assert [one.gone for one in alice.told(first.cursor).events] == [True]


def test_whole_days_are_moved_by_whole_days(alice: Owner) -> None:
    alice.add(title="Away", starts="2026-12-24T10:00", ends="2026-12-24T10:00", all_day=True)
    form = next(form for form in alice.page().forms.values() if form.action.endswith("/move"))
    assert "15" not in [value for value, *_ in form["minutes"].options]
    form["minutes"].force_value("15")
    assert "by whole days" in form.submit(status=400)
    assert "Friday 25 December, all day" in alice.submit("/move", minutes="1440").follow()


@pytest.mark.parametrize("minutes", ["", "soon", "1e3", "9" * 30, "10000000", "-999999999"])
def test_how_far_an_event_may_be_moved(alice: Owner, minutes: str) -> None:
    alice.add(title="Dentist", starts="2026-11-24T10:00", ends="2026-11-24T11:00")
    before = alice.told()
    form = next(form for form in alice.page().forms.values() if form.action.endswith("/move"))
    form["minutes"].force_value(minutes)
    form.submit(status=400)
    assert alice.told() == before


def test_what_is_not_there_can_not_be_changed(alice: Owner) -> None:
    token = alice.page().forms[0]["csrf_token"].value
    for id_ in ("nothing", "%00", "%0d%0a", "a" * 3000):
        for act in ("move", "rename", "delete"):
            fields = {"csrf_token": token, "minutes": "15", "title": "x"}
            alice.app.post(f"{MINE}/event/{id_}/{act}", fields, status=404)


def test_a_series_is_shown_and_its_instances_are_left_out_one_by_one(alice: Owner, deps: Deps) -> None:
    ten = datetime(2026, 11, 24, 15, 0, tzinfo=UTC)
    times = translate.times(ten, ten + timedelta(hours=1))
    series = translate.Entry(f"{times}RRULE:FREQ=DAILY\r\n", "Walk")
    instance = translate.Entry(f"{times}RECURRENCE-ID:20261124T150000Z\r\n", "Walk far")
    with deps.database.tenant(1) as session:
        revision = kept.begin(session, HERE)
        kept.write(session, HERE, revision, "series", series.content)
        kept.write(session, HERE, revision, "series_1", instance.content, series="series")
    page = alice.page()
    assert "10:00 to 11:00, and again" in page
    assert not any(form.action.endswith("series/move") for form in page.forms.values())
    token = page.forms[0]["csrf_token"].value
    refused = alice.app.post(f"{MINE}/event/series/move", {"csrf_token": token, "minutes": "15"}, status=400)
    assert "This event repeats" in refused
    assert "Walk far" not in alice.submit("series_1/delete").follow()
    told = {one.id: one for one in alice.told().events}
    assert b"STATUS:CANCELLED" in told["series_1"].times
    assert told["series_1"].series == "series"


def test_a_booking_is_moved_and_stays_one(alice: Owner) -> None:
    starts = datetime(2026, 11, 24, 15, 0, tzinfo=UTC)
    event = Event(
        uid="booking-1001@here",
        starts_at=starts,
        ends_at=starts + timedelta(minutes=45),
        zone="America/New_York",
        tentative=False,
        summary="Haircut – Maria Santos",
        description="Customer: Maria Santos",
        location="1 Pier Road",
        categories=("Bookings",),
        url="",
    )
    stamp = alice.there.put("practice-11", "key", event, None)
    assert "a booking" in alice.page()
    alice.submit("/move", minutes="30")
    moved = alice.there.read("practice-11", stamp.id)
    assert moved.etag != stamp.etag
    assert moved.tag == event.uid
    assert moved.wanted
    assert moved.wanted.starts_at == starts + timedelta(minutes=30)
    assert moved.wanted.description == event.description


def test_past_events_are_not_shown(alice: Owner) -> None:
    assert "Nothing yet" in alice.add(title="Over", starts="2026-11-22T10:00", ends="2026-11-22T11:00")


def test_daybridge_is_asked_to_read_what_was_changed(alice: Owner, deps: Deps) -> None:
    """Each connection of this account, and no other."""

    def known(business_id: int, staff_id: int | None, provider: str, account: str) -> int:
        with deps.database.tenant(business_id) as session:
            return connections.make(session, business_id, staff_id, provider, account, account)

    own = {known(1, 11, "practice", "practice-11"), known(1, None, "practice", "practice-11")}
    others = {known(1, 12, "practice", "practice-12"), known(1, 11, "google", "practice-11")}
    next_door = known(2, 21, "practice", "practice-11")

    def woken() -> set[int]:
        with deps.database.owner() as session:
            rows = session.all(
                "SELECT id FROM daybridge.calendar_connections WHERE pull_asked_at IS NOT NULL"
            )
            session.run("UPDATE daybridge.calendar_connections SET pull_asked_at = NULL")
        return {id_ for (id_,) in rows}

    alice.page()
    assert woken() == set()
    alice.add(title="Dentist", starts="2026-11-24T10:00", ends="2026-11-24T11:00")
    assert woken() == own
    alice.submit("/move", minutes="15")
    assert woken() == own
    alice.submit("/rename", title="Optician")
    assert woken() == own
    alice.submit("/delete")
    assert woken() == own
    assert own.isdisjoint(others | {next_door})


# All of it together


def test_a_booking_goes_there_and_comes_back_changed(the_town: Town, deps: Deps, tmp_path: Path) -> None:
    """Connected by the way that every account is, served by the worker's turns, changed on the page."""
    seconds = count(1)
    deps = replace(
        deps,
        settings=replace(deps.settings, credentials_file=str(credentials(tmp_path))),
        now=lambda: NOW + timedelta(seconds=next(seconds)),
    )
    the_town.sql("UPDATE public.staff_members SET availability = %s::jsonb", WORKS)
    member = grant.member(deps, 1, 11)
    connection = connected(deps, member)

    def page() -> dict[str, owners.Shown]:
        for business_id, id_ in serve.due(deps):
            assert (business_id, id_) == (1, connection)
            serve.serve(deps, business_id, id_)
        project.project_everything(deps.database, deps.now)
        return {one.title: one for one in owners.calendar(deps, member, "practice-11").events}

    page()
    haircut = page()["Haircut – Maria Santos"]
    assert (haircut.when, haircut.booked) == ("Tuesday 24 November, 10:00 to 10:45", True)

    owners.move(deps, member, "practice-11", haircut.id, timedelta(minutes=30))
    two = datetime(2026, 11, 24, 14, 0)  # noqa: DTZ001  (on the clock of the business)
    owners.add(deps, member, "practice-11", owners.New("Dentist", two, two + timedelta(hours=1)))
    assert page()["Haircut – Maria Santos"].when == "Tuesday 24 November, 10:30 to 11:15"
    [(starts,)] = the_town.sql("SELECT start_time::text FROM bookings WHERE id = 1001")
    assert starts == "2026-11-24 15:30:00"
    [(blocked,)] = the_town.sql("SELECT lower(during) FROM daybridge.busy WHERE source = 'external'")
    assert blocked == datetime(2026, 11, 24, 19, 0, tzinfo=UTC)

    owners.delete(deps, member, "practice-11", haircut.id)
    page()
    assert page()["Haircut – Maria Santos"].id != haircut.id, "it comes back under a name of its own"
    assert the_town.sql("SELECT booking_id FROM daybridge.questions") == [(1001,)]


def credentials(folder: Path) -> Path:
    file = folder / "credentials.toml"
    file.write_text(f'[keys]\nencryption = ["{b64encode(os.urandom(32)).decode()}"]\n')
    file.chmod(0o600)
    return file


def connected(deps: Deps, member: grant.Member) -> int:
    owner = accounts.owner(deps, member)
    url = connect.begin(deps, owner, "practice", "a session", staff_id=member.id)
    query = dict(parse_qsl(urlsplit(url).query))
    question = owners.Asked(query["state"], query["redirect_uri"], query["code_challenge"])
    back = dict(parse_qsl(urlsplit(owners.agree(deps, member, question)).query))
    return connect.finish(deps, owner, "practice", "a session", connect.Return(back["state"], back["code"]))
