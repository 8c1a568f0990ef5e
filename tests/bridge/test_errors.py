"""What goes wrong in the house is told as what it is: the asker's to mend, or for later."""

from __future__ import annotations

import pytest
from webtest import TestApp

from bridge.app import create_app
from gateway import wiring
from gateway.core.errors import AppUnreachable, DatabaseUnavailable, GatewayError, SetupError
from gateway.settings import Settings

ERRORS: list[tuple[GatewayError, str]] = [
    (AppUnreachable(retry_after=37), "37"),
    (DatabaseUnavailable(reason="at db.internal"), "5"),
    (SetupError("Key 1 is wrong at db.internal.", "Mend it."), "60"),
]


@pytest.mark.parametrize(("error", "wait"), ERRORS, ids=lambda value: type(value).__name__)
@pytest.mark.parametrize(
    ("accept", "kind"),
    [("text/html", "text/html"), ("*/*", "text/html"), ("text/calendar", "text/plain")],
)
def test_what_can_be_tried_again_says_when(error: GatewayError, wait: str, accept: str, kind: str) -> None:
    answer = asked(error, "/somewhere", accept)
    assert (answer.status_int, answer.headers["Retry-After"]) == (503, wait)
    assert answer.content_type == kind
    assert "ry again" in answer
    assert "db.internal" not in answer


@pytest.mark.parametrize(("error", "wait"), ERRORS, ids=lambda value: type(value).__name__)
def test_programs_are_told_it_as_a_problem(error: GatewayError, wait: str) -> None:
    answer = asked(error, "/api/v1/somewhere", "application/json")
    assert (answer.status_int, answer.headers["Retry-After"]) == (503, wait)
    assert answer.content_type == "application/problem+json"
    assert answer.json["code"] == "unavailable"
    assert "db.internal" not in answer.text


def test_what_is_set_up_wrongly_stands_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    asked(SetupError("Key 1 is wrong.", "Mend it."), "/somewhere", "text/html")
    assert "Key 1 is wrong. Mend it." in caplog.text


def test_a_database_without_our_tables_is_for_later(database_url: str) -> None:
    """As between making a database and migrating it."""
    deps = wiring.build(Settings(database_url=database_url))
    client = TestApp(create_app(deps))
    for path in ("/api/v1/bookings/1", "/feeds/" + "a" * 32 + ".ics"):
        answer = client.get(path, headers={"Authorization": "Bearer dbk_" + "a" * 32}, status=503)
        assert int(answer.headers["Retry-After"]) > 0
    deps.database.close()


def asked(error: GatewayError, path: str, accept: str):
    app = create_app(wiring.build(Settings(database_url="postgresql://nobody@127.0.0.1:1/nothing")))

    def fails() -> str:
        raise error

    app.add_url_rule(path, "fails", fails)
    return TestApp(app).get(path, headers={"Accept": accept}, status="*")
