"""A booking's event is deleted, cancelled or declined in a calendar app, and the business has a say in it.

Where the booking app has to do more than change a row, it is asked to; without an address for that the edit is refused.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

import wsgi
from gateway.services import delegate, rules
from tests.caldav.client import Answer, InProcess
from tests.caldav.editing import (
    ALICES,
    BOBS,
    BOBS_HAIRCUT,
    COLOURING,
    HAIRCUT,
    NOT_EDITABLE,
    TEAM,
    Row,
    Sight,
    at,
    edited,
    is_refused,
    moved,
    outcomes,
    row,
    story,
    working,
)
from tests.conftest import Town
from tests.providers.outside import starting, told
from tests.services.test_delegate import BookingApp, with_keys

KEPT = Row("24 15:00-15:45", 1, "Allergic to latex", None, 11, None, None)
CANCELLED = replace(KEPT, status=2, override=True, cancelled_by=101, reason="Deleted in a calendar")

# What a client may send to have a booking cancelled.
WAYS: dict[str, Callable[[Sight], Answer]] = {
    "deleted": lambda seen: seen.delete(),
    "status": lambda seen: seen.put(edited(seen.body, STATUS="CANCELLED")),
    "declined": lambda seen: seen.put(
        edited(seen.body, ATTENDEE=";PARTSTAT=DECLINED:mailto:alice@harbor.example")
    ),
    "moved and cancelled": lambda seen: seen.put(
        edited(moved(seen.body, "20261124T130000", "20261124T134500"), STATUS="CANCELLED")
    ),
}
every_way = pytest.mark.parametrize("way", WAYS.values(), ids=WAYS.keys())


@pytest.fixture
def town(the_town: Town) -> Town:
    return working(the_town)


@pytest.fixture
def seen(alice: InProcess, town: Town) -> Sight:
    return Sight(alice, ALICES, HAIRCUT)


def on_delete(town: Town, choice: str) -> None:
    rules.choose(town.deps, 1, on_delete=choice)


def questions(town: Town) -> list[tuple[object, ...]]:
    return town.sql(
        "SELECT booking_id, staff_member_id, via, who FROM daybridge.questions ORDER BY booking_id"
    )


class TestAsking:
    @every_way
    def test_unless_told_otherwise_the_person_is_asked(
        self, town: Town, seen: Sight, way: Callable[[Sight], Answer]
    ) -> None:
        answer = way(seen)
        is_refused(answer, NOT_EDITABLE, f"{town.deps.settings.address}/manage/settings/calendars")
        assert (row(town, 1001), questions(town)) == (KEPT, [(1001, 11, "caldav", "Alice Adler")])
        assert outcomes(town, 1001) == [("Alice Adler", "caldav", "cancel", "asked")]
        seen.is_shown_again()

    def test_asked_twice_it_is_one_question(self, town: Town, seen: Sight) -> None:
        for _ in range(2):
            is_refused(seen.look().delete(), NOT_EDITABLE)
            seen.is_shown_again()
        assert len(questions(town)) == 1
        assert len(outcomes(town, 1001)) == 2

    def test_the_question_goes_with_the_booking(self, town: Town, seen: Sight) -> None:
        seen.delete()
        on_delete(town, "cancel")
        assert seen.look().delete().status == 204
        assert questions(town) == []

    def test_a_manager_s_deletion_asks_about_the_colleague_s_booking(
        self, town: Town, alice: InProcess
    ) -> None:
        is_refused(Sight(alice, TEAM, BOBS_HAIRCUT).delete(), NOT_EDITABLE)
        assert questions(town) == [(1005, 12, "caldav", "Alice Adler")]


class TestCancelling:
    @every_way
    def test_the_booking_is_cancelled_and_never_deleted(
        self, town: Town, seen: Sight, way: Callable[[Sight], Answer]
    ) -> None:
        on_delete(town, "cancel")
        assert way(seen).status == 204
        assert row(town, 1001) == CANCELLED
        assert outcomes(town, 1001) == [("Alice Adler", "caldav", "cancel", "accepted")]
        assert (story(town, 1001)[0].after or {})["status"] == "cancelled"
        assert {
            href: member.status for href, member in seen.client.sync(ALICES, seen.token).members.items()
        } == {seen.path: 404}

    def test_it_goes_from_every_calendar(self, town: Town, alice: InProcess, bob: InProcess) -> None:
        on_delete(town, "cancel")
        assert Sight(bob, BOBS, BOBS_HAIRCUT).delete().status == 204
        assert (row(town, 1005).status, row(town, 1005).cancelled_by) == (2, 102)
        for phone, folder in ((bob, BOBS), (alice, TEAM), (alice, "/dav/s11/staff-12/")):
            assert BOBS_HAIRCUT not in phone.names(folder)
            assert phone("GET", folder + BOBS_HAIRCUT).status == 404

    @pytest.mark.parametrize("folder", [TEAM, "/dav/s11/staff-12/"])
    def test_a_manager_cancels_a_colleague_s(self, town: Town, alice: InProcess, folder: str) -> None:
        on_delete(town, "cancel")
        assert Sight(alice, folder, BOBS_HAIRCUT).delete().status == 204
        assert (row(town, 1005).status, row(town, 1005).cancelled_by) == (2, 101)

    def test_its_time_is_free_again(self, town: Town, alice: InProcess, seen: Sight) -> None:
        on_delete(town, "cancel")
        seen.delete()
        assert Sight(alice, ALICES, COLOURING).move("20261124T100000", "20261124T113000").status == 204

    def test_a_manager_s_decline_is_none_of_a_colleague_s(self, town: Town, alice: InProcess) -> None:
        """In somebody else's event their own answer says nothing about who does the work."""
        on_delete(town, "cancel")
        seen = Sight(alice, TEAM, BOBS_HAIRCUT)
        declined = edited(seen.body, ATTENDEE=";PARTSTAT=DECLINED:mailto:alice@harbor.example")
        assert seen.put(declined).status == 204
        assert row(town, 1005).status == 1
        seen.is_shown_again()

    def test_a_second_deletion_finds_nothing(self, town: Town, seen: Sight) -> None:
        on_delete(town, "cancel")
        assert [seen.delete().status for _ in range(2)] == [204, 404]
        assert len(outcomes(town, 1001)) == 1


class TestRefusing:
    @every_way
    def test_a_business_may_want_none_of_it(
        self, town: Town, seen: Sight, way: Callable[[Sight], Answer]
    ) -> None:
        on_delete(town, "refuse")
        is_refused(way(seen), NOT_EDITABLE, "booking system")
        assert (row(town, 1001), questions(town)) == (KEPT, [])
        assert [outcome for *_, outcome in outcomes(town, 1001)] == ["refused"]
        seen.is_shown_again()

    @pytest.mark.parametrize("choice", ["ask", "cancel", "refuse"])
    @pytest.mark.parametrize("status", [3, 4])
    def test_what_is_over_is_not_cancelled(self, town: Town, seen: Sight, status: int, choice: str) -> None:
        town.sql("UPDATE bookings SET status = %s WHERE id = 1001", status)
        on_delete(town, choice)
        is_refused(seen.look().delete(), NOT_EDITABLE)
        assert (row(town, 1001), questions(town)) == (replace(KEPT, status=status), [])
        seen.is_shown_again()

    @pytest.mark.parametrize("choice", ["ask", "cancel"])
    def test_nor_is_what_has_begun(self, town: Town, choice: str) -> None:
        on_delete(town, choice)
        later = at(town, datetime(2026, 11, 24, 15, 30, tzinfo=UTC))
        seen = Sight(InProcess(wsgi.mount(later.deps), town.alice), ALICES, HAIRCUT)
        is_refused(seen.delete(), NOT_EDITABLE)
        assert (row(town, 1001), questions(town)) == (KEPT, [])


def video(town: Town) -> None:
    town.sql("UPDATE bookings SET video_meeting_url = 'https://meet.example/x' WHERE id = 1001")


def place_at_an_event(town: Town) -> None:
    town.sql("UPDATE services SET service_type = 2 WHERE id = 31")


def place_at_a_session(town: Town) -> None:
    town.sql("UPDATE services SET service_type = 1 WHERE id = 31")


def invoice(town: Town) -> None:
    town.sql("CREATE TABLE invoices (id bigserial PRIMARY KEY, booking_id bigint)")
    town.sql("INSERT INTO invoices (booking_id) VALUES (1001)")


KINDS = [video, place_at_an_event, place_at_a_session, invoice]


@pytest.fixture
def with_app(town: Town, tmp_path: Path) -> Iterator[BookingApp]:
    """Harbor Hair's booking app can be asked, and says yes to everything."""
    with starting() as start:
        # It checks that what it gets was signed a moment ago, by its clock.
        app = BookingApp(replace(town, deps=with_keys(town.deps, tmp_path, 1)), clock=town.deps.now)
        app.secret = delegate.configure(app.town.deps, 1, f"{start(app).url}/daybridge")
        yield app


def asking(with_app: BookingApp, town: Town) -> InProcess:
    return InProcess(wsgi.mount(with_app.town.deps), town.alice)


class TestMoreThanARow:
    @pytest.mark.parametrize("kind", KINDS)
    @pytest.mark.parametrize("choice", ["ask", "cancel"])
    def test_without_a_booking_app_to_ask_it_is_not_cancelled(
        self, town: Town, seen: Sight, kind: Callable[[Town], None], choice: str
    ) -> None:
        kind(town)
        on_delete(town, choice)
        is_refused(seen.look().delete(), NOT_EDITABLE, "booking system")
        assert (row(town, 1001), questions(town)) == (KEPT, [])
        seen.is_shown_again()

    @pytest.mark.parametrize(("kind", "status"), [(video, 403), (place_at_an_event, 403), (invoice, 204)])
    def test_nor_moved_but_for_what_is_only_paid(
        self, town: Town, seen: Sight, kind: Callable[[Town], None], status: int
    ) -> None:
        kind(town)
        assert seen.look().move("20261124T130000", "20261124T134500").status == status
        assert row(town, 1001).span == ("24 18:00-18:45" if status == 204 else "24 15:00-15:45")

    def test_somebody_else_s_invoice_is_none(self, town: Town, seen: Sight) -> None:
        invoice(town)
        town.sql("UPDATE invoices SET booking_id = 1002")
        on_delete(town, "cancel")
        assert seen.delete().status == 204

    @pytest.mark.parametrize("kind", KINDS)
    def test_the_booking_app_cancels_it(
        self, town: Town, with_app: BookingApp, kind: Callable[[Town], None]
    ) -> None:
        kind(town)
        on_delete(town, "cancel")
        seen = Sight(asking(with_app, town), ALICES, HAIRCUT)
        with_app.answers = [
            lambda _: (town.sql("UPDATE bookings SET status = 2 WHERE id = 1001") and b"") or YES
        ]
        assert seen.delete().status == 204
        assert [(one["action"], one["wanted"]) for one in with_app.asked] == [("cancel", None)]
        assert outcomes(town, 1001) == [("Alice Adler", "caldav", "cancel", "delegated")]
        assert HAIRCUT not in seen.client.names(ALICES)

    def test_the_person_is_asked_before_the_app_is(self, town: Town, with_app: BookingApp) -> None:
        video(town)
        seen = Sight(asking(with_app, town), ALICES, HAIRCUT)
        is_refused(seen.delete(), NOT_EDITABLE, "/manage/settings/calendars")
        assert (with_app.asked, questions(town)) == ([], [(1001, 11, "caldav", "Alice Adler")])
        seen.is_shown_again()

    def test_the_booking_app_moves_it(self, town: Town, with_app: BookingApp) -> None:
        video(town)
        seen = Sight(asking(with_app, town), ALICES, HAIRCUT)
        with_app.answers = [with_app.moves]
        assert seen.move("20261124T130000", "20261124T134500").status == 204
        assert row(town, 1001).span == "24 18:00-18:45"
        assert outcomes(town, 1001) == [("Alice Adler", "caldav", "move", "delegated")]
        assert list(seen.client.sync(ALICES, seen.token).members) == [seen.path]

    def test_what_the_booking_app_refuses_is_told_in_its_words(
        self, town: Town, with_app: BookingApp
    ) -> None:
        video(town)
        on_delete(town, "cancel")
        seen = Sight(asking(with_app, town), ALICES, HAIRCUT)
        with_app.answers = [
            told(409, {"accepted": False, "reason": "The deposit would be lost; call Maria."})
        ]
        is_refused(seen.delete(), NOT_EDITABLE, "The deposit would be lost; call Maria.")
        assert row(town, 1001) == KEPT
        assert outcomes(town, 1001) == [("Alice Adler", "caldav", "cancel", "refused")]
        seen.is_shown_again()

    @pytest.mark.parametrize("said", [told(500, {}), told(200, {"accepted": "maybe"}), b""])
    def test_without_a_clear_answer_it_is_for_later(
        self, town: Town, with_app: BookingApp, said: bytes
    ) -> None:
        video(town)
        on_delete(town, "cancel")
        seen = Sight(asking(with_app, town), ALICES, HAIRCUT)
        with_app.answers = [said]
        answer = seen.delete()
        assert (answer.status, int(answer.headers["Retry-After"]) > 0) == (503, True)
        assert (row(town, 1001), outcomes(town, 1001), questions(town)) == (KEPT, [], [])
        assert seen.client.etag(seen.path) == seen.etag

    def test_nor_when_nobody_is_there(self, town: Town, with_app: BookingApp) -> None:
        video(town)
        seen = Sight(asking(with_app, town), ALICES, HAIRCUT)
        with socket.create_server(("127.0.0.1", 0)) as listening:
            port = listening.getsockname()[1]
        delegate.configure(with_app.town.deps, 1, f"http://127.0.0.1:{port}/")
        answer = seen.move("20261124T130000", "20261124T134500")
        assert (answer.status, int(answer.headers["Retry-After"]) > 0) == (503, True)
        assert (row(town, 1001), seen.client.etag(seen.path)) == (KEPT, seen.etag)

    def test_the_app_is_asked_while_nothing_is_held(self, town: Town, with_app: BookingApp) -> None:
        """It may want the very rows that we judged by."""
        video(town)
        on_delete(town, "cancel")
        seen = Sight(asking(with_app, town), ALICES, HAIRCUT)
        busy: list[object] = []

        def looks(_: object) -> bytes:
            busy.extend(
                town.sql(
                    "SELECT query FROM pg_stat_activity WHERE datname = current_database()"
                    " AND application_name = 'daybridge' AND state = 'idle in transaction'"
                )
            )
            return YES

        with_app.answers = [looks]
        assert seen.delete().status == 204
        assert busy == []


YES = told(200, {"accepted": True})
