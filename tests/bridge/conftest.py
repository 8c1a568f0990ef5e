"""What the tests of the API stand on: Harbor Hair with hours, its keys, and a stranger's key."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from webtest import TestApp
from werkzeug.test import TestResponse

from bridge.app import create_app
from gateway.services import grant
from gateway.services.deps import Deps
from tests.conftest import Person, Town

# A Monday; all bookings of the town lie after it but two.
MONDAY = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
# Nine to five in New York is 14:00 to 22:00 in UTC.
WORKS = json.dumps(
    {
        day: [{"start": "09:00", "end": "17:00"}]
        for day in ("monday", "tuesday", "wednesday", "thursday", "friday")
    }
)


@dataclass(frozen=True)
class Api:
    """The API as one key sees it; every answer is looked at for what must always hold."""

    client: FlaskClient
    key: str

    def ask(self, method: str, path: str, *, key: str | None = None, **named: Any) -> TestResponse:
        headers = {"Authorization": f"Bearer {self.key if key is None else key}"} | named.pop("headers", {})
        answer = self.client.open(f"/api/v1{path}", method=method, headers=headers, **named)
        assert answer.headers["Cache-Control"] == "no-store"
        assert "Set-Cookie" not in answer.headers
        assert "Cookie" not in answer.headers.get("Vary", "")
        if answer.status_code >= 400:
            assert answer.content_type == "application/problem+json"
        return answer

    def get(self, path: str, **query: Any) -> TestResponse:
        return self.ask("GET", path, **({"query_string": query} if query else {}))

    def get_as(self, key: str) -> int:
        return self.ask("GET", "/bookings/1001", key=key).status_code

    def post(self, path: str, body: Any, **headers: str) -> TestResponse:
        return self.ask("POST", path, json=body, headers=_header(headers))

    def patch(self, path: str, body: Any, **headers: str) -> TestResponse:
        return self.ask("PATCH", path, json=body, headers=_header(headers))

    def delete(self, path: str, **headers: str) -> TestResponse:
        return self.ask("DELETE", path, headers=_header(headers))


def _header(named: dict[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in named.items()}


def refused(answer: TestResponse, status: int, words: str = "") -> dict[str, Any]:
    """The problem that an answer tells."""
    assert answer.status_code == status, answer.text
    told = answer.get_json(force=True)
    assert told["status"] == status
    assert words in told["detail"], told["detail"]
    return dict(told)


@pytest.fixture
def deps(the_town: Town) -> Deps:
    """Harbor Hair on a Monday morning: Alice and Bob work from nine to five, Mallory next door does too."""
    the_town.sql("UPDATE public.staff_members SET availability = %s::jsonb", WORKS)
    return replace(the_town.deps, now=lambda: MONDAY)


@pytest.fixture
def app(deps: Deps) -> Flask:
    return create_app(deps)


@pytest.fixture
def as_key(app: Flask, deps: Deps) -> Callable[..., Api]:
    """The API with a new key of a business."""

    def made(business_id: int = 1, scope: str = "write", label: str = "website") -> Api:
        return Api(app.test_client(), grant.api_key(deps, business_id, scope, label).secret)

    return made


@pytest.fixture
def api(as_key: Callable[..., Api]) -> Api:
    return as_key()


# The pages


def path(address: str) -> str:
    """Of an address of ours."""
    return "/" + address.split("/", 3)[3]


@pytest.fixture
def browser(the_town: Town) -> Callable[..., TestApp]:
    """A browser of its own each time; `chosen` are settings of the installation."""

    def made(**chosen: object) -> TestApp:
        deps = replace(the_town.deps, settings=replace(the_town.deps.settings, **chosen))  # type: ignore[arg-type]
        scheme = deps.settings.address.partition(":")[0]
        environ = {"HTTP_ACCEPT": "text/html", "wsgi.url_scheme": scheme}
        return TestApp(create_app(deps), extra_environ=environ)

    return made


@pytest.fixture
def link(the_town: Town) -> Callable[[int, int], str]:
    return lambda business_id, staff_id: path(grant.sign_in_link(the_town.deps, business_id, staff_id).secret)


@pytest.fixture
def as_(browser: Callable[..., TestApp], link: Callable[[int, int], str]) -> Callable[..., TestApp]:
    """A browser in which someone is signed in."""

    def signed_in(person: Person, **chosen: object) -> TestApp:
        app = browser(**chosen)
        app.get(link(person.business_id, person.staff_id)).form.submit().follow()
        return app

    return signed_in
