"""An event deleted in a calendar becomes a question on the page; whoever may answer it decides, and nobody else."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from webtest import TestApp
from webtest.response import TestResponse

from bridge.app import create_app
from gateway.core.booking import Actor, Via
from gateway.db import desk
from gateway.services import delegate, grant
from tests.conftest import Person, Town
from tests.providers.outside import starting, told
from tests.services.test_delegate import BookingApp, with_keys

PAGE = "/manage/settings/calendars"
# A Monday noon; Alice's 1001 is tomorrow at ten in New York, Bob's 1005 on Thursday at eleven.
MONDAY = datetime(2026, 11, 23, 17, 0, tzinfo=UTC)


@pytest.fixture
def town(the_town: Town) -> Town:
    return replace(the_town, deps=replace(the_town.deps, now=lambda: MONDAY))


@pytest.fixture
def as_(town: Town) -> Callable[[Person], TestApp]:
    """A browser in which someone is signed in."""
    return lambda person: browser(town, person)


def browser(town: Town, person: Person) -> TestApp:
    made = TestApp(create_app(town.deps), extra_environ={"HTTP_ACCEPT": "text/html"})
    link = grant.sign_in_link(town.deps, person.business_id, person.staff_id).secret
    made.get("/" + link.split("/", 3)[3]).form.submit().follow()
    return made


def delete_in_calendar(town: Town, person: Person, name: str, booking_id: int) -> None:
    """What remains of a deletion that has to be asked about."""
    with town.deps.database.tenant(person.business_id) as session:
        actor = Actor(person.business_id, Via.CALDAV, name, staff_id=person.staff_id)
        desk.ask(session, actor, booking_id, person.staff_id)
    town.sql("UPDATE daybridge.questions SET asked_at = '2026-11-23 16:40+00'")


def asked(page: TestResponse) -> list[str]:
    return [banner.h3.get_text() for banner in page.html.select("section[aria-labelledby=asked] .banner")]


def answer(page: TestResponse, booking_id: int, word: str) -> TestResponse:
    [form] = [one for one in page.forms.values() if one.action.endswith(f"question/{booking_id}/{word}")]
    return form.submit(expect_errors=True)


def status(town: Town, booking_id: int) -> object:
    return town.sql("SELECT status FROM bookings WHERE id = %s", booking_id)[0][0]


def logged(town: Town, booking_id: int) -> list[tuple[object, ...]]:
    return town.sql(
        "SELECT via, who, action, outcome FROM daybridge.calendar_sync_logs WHERE booking_id = %s ORDER BY id",
        booking_id,
    )


def test_without_a_question_the_page_asks_nothing(town: Town, as_) -> None:
    assert "Cancel" not in as_(town.alice).get(PAGE)


def test_the_question_says_what_and_when_on_the_clock_of_the_business(town: Town, as_) -> None:
    delete_in_calendar(town, town.bob, "Bob Brandt", 1005)
    page = as_(town.bob).get(PAGE)
    assert page.html.find(id="asked").get_text() == "You deleted an appointment in your calendar. Cancel it?"
    assert asked(page) == ["Haircut, Thursday 26 November, 11:00"]
    assert "You deleted it today at 11:40." in page
    assert "Maria" not in page, "the page tells the customer's name to nobody who looks over a shoulder"


def test_the_page_begins_with_what_is_asked(town: Town, as_) -> None:
    delete_in_calendar(town, town.bob, "Bob Brandt", 1005)
    page = as_(town.bob).get(PAGE)
    [first] = page.html.select(".strip .todo li")
    assert page.html.h2.get_text() == "One thing needs you"
    assert "Haircut, Thursday 26 November, 11:00. It is still on." in first.get_text()
    assert page.html.find(id=first.a["href"].removeprefix("#")).get_text().startswith("Haircut")


def test_cancelling_cancels_the_booking_and_asks_no_more(town: Town, as_) -> None:
    delete_in_calendar(town, town.bob, "Bob Brandt", 1005)
    bob = as_(town.bob)
    page = answer(bob.get(PAGE), 1005, "cancel").follow()
    assert asked(page) == []
    [row] = town.sql("SELECT status, cancelled_by, manager_override FROM bookings WHERE id = 1005")
    assert row == (2, 102, True)
    assert logged(town, 1005) == [("page", "Bob Brandt", "cancel", "accepted")]
    assert town.sql("SELECT count(*) FROM daybridge.busy WHERE source_id = 1005") == [(0,)]


def test_keeping_keeps_the_booking_and_asks_no_more(town: Town, as_) -> None:
    delete_in_calendar(town, town.bob, "Bob Brandt", 1005)
    before = town.sql("SELECT * FROM bookings WHERE id = 1005")
    page = answer(as_(town.bob).get(PAGE), 1005, "keep").follow()
    assert asked(page) == []
    assert town.sql("SELECT * FROM bookings WHERE id = 1005") == before
    assert logged(town, 1005) == [("page", "Bob Brandt", "keep", "accepted")]


@pytest.mark.parametrize(("word", "then"), [("keep", 1), ("cancel", 2)])
def test_a_button_pressed_twice_is_one_answer(town: Town, as_, word: str, then: int) -> None:
    delete_in_calendar(town, town.bob, "Bob Brandt", 1005)
    page = as_(town.bob).get(PAGE)
    assert answer(page, 1005, word).status_int == 303
    assert answer(page, 1005, word).status_int == 303
    assert status(town, 1005) == then
    assert len(logged(town, 1005)) == 1


@pytest.mark.parametrize(
    ("first", "second", "words", "then"),
    [("keep", "cancel", "the booking stays", 1), ("cancel", "keep", "has been cancelled", 2)],
)
def test_the_first_answer_counts(town: Town, as_, first: str, second: str, words: str, then: int) -> None:
    """Of a staff member and a manager who look at the same question."""
    delete_in_calendar(town, town.bob, "Bob Brandt", 1005)
    bobs, alices = as_(town.bob).get(PAGE), as_(town.alice).get(PAGE)
    answer(bobs, 1005, first)
    late = answer(alices, 1005, second)
    assert late.status_int == 403
    assert words in late
    assert status(town, 1005) == then
    assert logged(town, 1005)[-1] == ("page", "Alice Adler", second, "refused")


def test_a_manager_answers_for_everyone_and_is_told_whose_it_is(town: Town, as_) -> None:
    delete_in_calendar(town, town.bob, "Bob Brandt", 1005)
    delete_in_calendar(town, town.alice, "Alice Adler", 1001)
    page = as_(town.alice).get(PAGE)
    assert page.html.find(id="asked").get_text().endswith("Cancel them?")
    assert sorted(asked(page)) == [
        "Haircut, Thursday 26 November, 11:00 · Bob Brandt",
        "Haircut, Tuesday 24 November, 10:00",
    ]
    assert "Bob Brandt deleted it today at 11:40." in page
    answer(page, 1005, "cancel")
    assert status(town, 1005) == 2
    assert logged(town, 1005) == [("page", "Alice Adler", "cancel", "accepted")]


def test_a_colleagues_booking_and_a_strangers_are_not_there(town: Town, as_) -> None:
    delete_in_calendar(town, town.alice, "Alice Adler", 1001)
    for person in (town.bob, town.mallory):
        browser = as_(person)
        page = browser.get(PAGE)
        assert asked(page) == []
        token = page.forms[0]["csrf_token"].value
        for booking_id in (1001, 2**62):
            for word in ("cancel", "keep"):
                browser.post(f"{PAGE}/question/{booking_id}/{word}", {"csrf_token": token}, status=404)
    assert status(town, 1001) == 1
    assert town.sql("SELECT count(*) FROM daybridge.questions") == [(1,)]


def test_nobody_who_is_not_signed_in_answers_and_no_page_from_elsewhere(town: Town, as_) -> None:
    delete_in_calendar(town, town.bob, "Bob Brandt", 1005)
    stranger = TestApp(create_app(town.deps))
    for browser, code in ((as_(town.bob), 400), (stranger, 400)):
        browser.post(f"{PAGE}/question/1005/cancel", status=code)
    token = stranger.get("/sign-in/" + "a" * 32).form["csrf_token"].value
    assert stranger.post(f"{PAGE}/question/1005/cancel", {"csrf_token": token}, status=303).location.endswith(
        "/"
    )
    assert status(town, 1005) == 1


def test_looking_at_the_address_of_an_answer_answers_nothing(town: Town, as_) -> None:
    delete_in_calendar(town, town.bob, "Bob Brandt", 1005)
    as_(town.bob).get(f"{PAGE}/question/1005/cancel", status=405)
    assert status(town, 1005) == 1


def test_a_booking_that_nobody_asked_about_is_not_cancelled_from_here(town: Town, as_) -> None:
    browser = as_(town.bob)
    token = browser.get(PAGE).forms[0]["csrf_token"].value
    browser.post(f"{PAGE}/question/1005/cancel", {"csrf_token": token}, status=403)
    assert status(town, 1005) == 1


def test_a_booking_that_has_begun_is_asked_about_no_more(town: Town, as_) -> None:
    delete_in_calendar(town, town.bob, "Bob Brandt", 1005)
    page = as_(town.bob).get(PAGE)
    town.sql(
        "UPDATE bookings SET start_time = '2026-11-23 16:30', end_time = '2026-11-23 17:30' WHERE id = 1005"
    )
    late = answer(page, 1005, "cancel")
    assert late.status_int == 403
    assert "already started" in late
    assert status(town, 1005) == 1
    assert asked(as_(town.bob).get(PAGE)) == []


@pytest.mark.parametrize(
    ("since_then", "words"),
    [
        ("UPDATE services SET service_type = 1", "group session"),
        ("UPDATE bookings SET video_meeting_url = 'https://video.example/1'", "video meeting"),
        (
            "CREATE TABLE invoices (booking_id bigint); INSERT INTO invoices SELECT id FROM bookings",
            "with an invoice",
        ),
    ],
)
def test_what_takes_more_than_a_row_is_left_to_the_booking_app(
    town: Town, as_, since_then: str, words: str
) -> None:
    delete_in_calendar(town, town.bob, "Bob Brandt", 1005)
    page = as_(town.bob).get(PAGE)
    town.sql(since_then)
    late = answer(page, 1005, "cancel")
    assert late.status_int == 403
    assert words in late
    assert status(town, 1005) == 1
    assert len(asked(as_(town.bob).get(PAGE))) == 1, "it can still be kept"


# Where the booking app has to do more than change a row, and can be asked to.

Kind = Callable[[Town], None]


def video(town: Town) -> None:
    town.sql("UPDATE bookings SET video_meeting_url = 'https://video.example/1' WHERE id = 1005")


def group(town: Town) -> None:
    town.sql("UPDATE services SET service_type = 1 WHERE id = 31")


def invoice(town: Town) -> None:
    town.sql("CREATE TABLE invoices (booking_id bigint); INSERT INTO invoices VALUES (1005)")


every_kind = pytest.mark.parametrize("kind", [video, group, invoice])
YES = told(200, {"accepted": True})
NO = told(409, {"accepted": False, "reason": "The deposit would be lost; call Maria."})


@pytest.fixture
def booking_app(town: Town, tmp_path: Path) -> Iterator[BookingApp]:
    """Harbor Hair's booking app can be asked, and cancels what it is asked to."""
    with starting() as start:
        # It checks that what it gets was signed a moment ago, by its own clock.
        deps = replace(with_keys(town.deps, tmp_path, 1), now=lambda: datetime.now(UTC))
        app = BookingApp(replace(town, deps=deps))
        app.secret = delegate.configure(deps, 1, f"{start(app).url}/daybridge")
        app.answers = [lambda _: cancelled(town, YES)]
        yield app


def cancelled(town: Town, said: bytes) -> bytes:
    """The booking app has done it, and says this."""
    town.sql("UPDATE bookings SET status = 2 WHERE id = 1005")
    return said


@pytest.fixture
def bob(town: Town, booking_app: BookingApp) -> TestApp:
    """Bob's browser, before the question about his booking, in the present of the booking app."""
    town.sql(
        "UPDATE bookings SET start_time = start_time + interval '10 years', end_time = end_time + interval '10 years'"
        " WHERE id = 1005"
    )
    delete_in_calendar(town, town.bob, "Bob Brandt", 1005)
    return browser(booking_app.town, town.bob)


@every_kind
def test_the_booking_app_cancels_what_only_it_can_cancel(
    town: Town, bob: TestApp, booking_app: BookingApp, kind: Kind
) -> None:
    kind(town)
    page = answer(bob.get(PAGE), 1005, "cancel").follow()
    assert asked(page) == []
    [request] = booking_app.asked
    assert (request["action"], request["wanted"]) == ("cancel", None)
    assert request["actor"] == {"via": "page", "name": "Bob Brandt", "staff_member_id": 12}
    assert status(town, 1005) == 2
    assert logged(town, 1005) == [("page", "Bob Brandt", "cancel", "delegated")]
    assert town.sql("SELECT count(*) FROM daybridge.questions") == [(0,)]


def test_a_change_of_one_row_is_ours_though_the_app_can_be_asked(
    town: Town, bob: TestApp, booking_app: BookingApp
) -> None:
    answer(bob.get(PAGE), 1005, "cancel")
    assert (status(town, 1005), booking_app.asked) == (2, [])
    assert logged(town, 1005) == [("page", "Bob Brandt", "cancel", "accepted")]


@every_kind
def test_what_the_booking_app_refuses_is_told_in_its_words_and_can_be_kept(
    town: Town, bob: TestApp, booking_app: BookingApp, kind: Kind
) -> None:
    kind(town)
    booking_app.answers = [NO]
    refused = answer(bob.get(PAGE), 1005, "cancel")
    assert refused.status_int == 403
    assert "The deposit would be lost; call Maria." in refused
    assert status(town, 1005) == 1
    assert logged(town, 1005) == [("page", "Bob Brandt", "cancel", "refused")]
    assert asked(answer(bob.get(PAGE), 1005, "keep").follow()) == []
    assert status(town, 1005) == 1


@every_kind
@pytest.mark.parametrize("said", [told(404, {}), told(200, {"accepted": "maybe"})])
def test_without_a_clear_answer_the_question_stays_for_later(
    town: Town, bob: TestApp, booking_app: BookingApp, kind: Kind, said: bytes
) -> None:
    kind(town)
    booking_app.answers = [said]
    later = answer(bob.get(PAGE), 1005, "cancel")
    assert later.status_int == 503
    assert int(later.headers["Retry-After"]) > 0
    assert "try again in a few minutes" in later
    assert (status(town, 1005), logged(town, 1005)) == (1, [])
    assert len(asked(bob.get(PAGE))) == 1


def test_without_the_key_to_its_secret_the_question_stays_too(
    town: Town, bob: TestApp, booking_app: BookingApp
) -> None:
    video(town)
    page = bob.get(PAGE)
    Path(booking_app.town.deps.settings.credentials_file).write_text("[keys]\nencryption = []")
    later = answer(page, 1005, "cancel")
    assert later.status_int == 503
    assert "try again in a few minutes" in later
    assert (status(town, 1005), booking_app.seen) == (1, [])
    assert len(asked(bob.get(PAGE))) == 1


def test_the_app_is_asked_while_nothing_of_ours_is_held(
    town: Town, bob: TestApp, booking_app: BookingApp
) -> None:
    """It may want the very row that we judged by, and the question is there until it has said yes."""
    video(town)
    found: list[object] = []

    def looks(_: object) -> bytes:
        found.extend(
            town.sql(
                "SELECT query FROM pg_stat_activity WHERE datname = current_database()"
                " AND application_name = 'daybridge' AND state LIKE 'idle in transaction%%' AND %s = 1",
                1,
            )
        )
        found.append(town.sql("SELECT count(*) FROM daybridge.questions"))
        return YES

    booking_app.answers = [looks]
    assert answer(bob.get(PAGE), 1005, "cancel").status_int == 303
    assert found == [[(1,)]]


def test_a_button_pressed_again_while_the_app_is_at_work_is_one_answer(
    town: Town, bob: TestApp, booking_app: BookingApp
) -> None:
    """The second request finds the booking changed since; to the person it is what they wanted."""
    video(town)
    changed = told(409, {"accepted": False, "reason": "It was changed meanwhile."})
    booking_app.answers = [lambda _: cancelled(town, changed)]
    page = bob.get(PAGE)
    assert answer(page, 1005, "cancel").status_int == 303
    assert answer(page, 1005, "cancel").status_int == 303
    assert len(booking_app.seen) == 1
    assert logged(town, 1005) == []


def test_what_nobody_may_answer_for_is_not_asked_of_the_app(
    town: Town, bob: TestApp, booking_app: BookingApp
) -> None:
    video(town)
    stranger = browser(booking_app.town, town.mallory)
    token = stranger.get(PAGE).forms[0]["csrf_token"].value
    stranger.post(f"{PAGE}/question/1005/cancel", {"csrf_token": token}, status=404)
    town.sql("DELETE FROM daybridge.questions")
    token = bob.get(PAGE).forms[0]["csrf_token"].value
    assert bob.post(f"{PAGE}/question/1005/cancel", {"csrf_token": token}, status=403)
    assert (status(town, 1005), booking_app.seen) == (1, [])


def test_what_the_booking_system_cancelled_itself_is_asked_about_no_more(town: Town, as_) -> None:
    delete_in_calendar(town, town.bob, "Bob Brandt", 1005)
    town.sql("UPDATE bookings SET status = 2 WHERE id = 1005")
    assert asked(as_(town.bob).get(PAGE)) == []


def test_what_people_wrote_is_text(town: Town, as_) -> None:
    town.sql("UPDATE services SET name = '<b>Cut' WHERE id = 31")
    delete_in_calendar(town, town.bob, "<i>Bob", 1005)
    page = as_(town.bob).get(PAGE)
    assert "<b>Cut" not in page.text
    assert "<i>Bob" not in page.text
    assert asked(page) == ["<b>Cut, Thursday 26 November, 11:00"]


def test_the_page_needs_no_script_and_no_style_of_its_own(town: Town, as_) -> None:
    delete_in_calendar(town, town.bob, "Bob Brandt", 1005)
    page = as_(town.bob).get(PAGE)
    assert not page.html.select("script, style, [style], [onclick]")
