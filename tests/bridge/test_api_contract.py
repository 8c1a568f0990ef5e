"""The contract is true: it is sound OpenAPI, and no request, however odd, gets an answer that it doesn't describe."""

from __future__ import annotations

import json
import re
from copy import deepcopy
from dataclasses import replace
from typing import Any

import pytest
import schemathesis
from flask import Flask
from hypothesis import HealthCheck, given, settings
from schemathesis import GenerationMode
from schemathesis.config import SchemathesisConfig

from bridge.api import answers, limits, problems, schemas
from bridge.app import create_app
from gateway.services import grant
from gateway.services.deps import Deps

OPERATIONS = [
    ("GET", "/api/v1/availability"),
    ("GET", "/api/v1/busy"),
    ("GET", "/api/v1/explain"),
    ("POST", "/api/v1/bookings"),
    ("GET", "/api/v1/bookings/{booking_id}"),
    ("PATCH", "/api/v1/bookings/{booking_id}"),
    ("DELETE", "/api/v1/bookings/{booking_id}"),
    ("GET", "/api/v1/bookings/{booking_id}/sync"),
]
# What a schema allows may still make no sense (an end before its start: 400), or not fit what is there.
_MAY_REFUSE = ["400", "403", "404", "409", "412", "422"]
_SENSE = SchemathesisConfig.from_dict(
    {
        "generation": {"with-security-parameters": False},
        "checks": {
            "positive_data_acceptance": {"expected-statuses": ["2xx", *_MAY_REFUSE]},
            "negative_data_rejection": {"expected-statuses": ["401", "405", "406", "415", *_MAY_REFUSE]},
        },
    }
)
# Ids of the town, and of its neighbour; and a week in which something happens.
_PLAUSIBLE = {
    "staff_member_id": [11, 12, 21],
    "service_id": [31, 32, 41],
    "tenant_customer_id": [61, 71],
    "booking_id": [1001, 1002, 1003, 1004, 1005, 1006, 2001],
}
_THAT_WEEK = "^2026-(11-2[4-7]|12-0[1-4])T(1[4-9]:[03]0:00Z|09:15:00-05:00)$"

_LATER = "^2026-12-(0[5-9]|1[0-9])T(1[4-9]:[03]0:00Z|09:15:00-05:00)$"


@pytest.fixture
def app(deps: Deps, monkeypatch: pytest.MonkeyPatch) -> Flask:
    """Without limits: here they would only hide answers."""
    monkeypatch.setattr(limits, "STRANGERS_PER_MINUTE", 1_000_000)
    return create_app(replace(deps, settings=replace(deps.settings, api_requests_per_minute=1_000_000)))


@pytest.fixture
def contract(app: Flask) -> dict[str, Any]:
    answer = app.test_client().get("/api/v1/openapi.json")
    assert (answer.status_code, answer.content_type) == (200, "application/json")
    return dict(answer.get_json())


def test_the_contract_is_openapi_3_1(contract: dict[str, Any]) -> None:
    assert re.fullmatch(r"3\.1\.\d", contract["openapi"])
    schemathesis.openapi.from_dict(contract).validate()


def test_the_contract_has_every_operation_and_no_loose_end(contract: dict[str, Any]) -> None:
    found = [(method.upper(), path) for path, item in contract["paths"].items() for method in item]
    assert sorted(found) == sorted(OPERATIONS)
    for reference in re.findall(r'"\$ref": "#/([^"]+)"', json.dumps(contract)):
        place: Any = contract
        for part in reference.split("/"):
            place = place[part]


def test_the_contract_tells_every_refusal_with_an_example(contract: dict[str, Any]) -> None:
    for code, response in contract["components"]["responses"].items():
        told = response["content"]["application/problem+json"]["example"]
        assert told["code"] == code
        assert problems.KINDS[told["status"]][0] == code
        assert told["type"].endswith(code)
    for item in contract["paths"].values():
        for operation in item.values():
            assert {"400", "401", "404", "406", "429", "500", "503"} <= set(operation["responses"])
            assert operation["security"] == [{"key": []}]
            assert operation["summary"]


def test_every_body_has_an_example_that_fits(contract: dict[str, Any]) -> None:
    models = [schemas.BookingBody, schemas.ChangeBody]
    models += [answers.Availability, answers.Busy, answers.Explanation, answers.Booking, answers.Timeline]
    for model in models:
        [example] = contract["components"]["schemas"][model.__name__]["examples"]
        model.model_validate_json(json.dumps(example))
    for response in contract["components"]["responses"].values():
        answers.Problem.model_validate(response["content"][problems.TYPE]["example"])


def test_what_stands_in_an_address_is_never_null(contract: dict[str, Any]) -> None:
    for item in contract["paths"].values():
        for operation in item.values():
            for parameter in operation["parameters"]:
                assert "null" not in json.dumps(parameter["schema"]), parameter["name"]


def narrowed(contract: dict[str, Any], *, times: bool) -> dict[str, Any]:
    """The contract for someone who knows the town: the same answers, but questions that meet something."""
    told = deepcopy(contract)
    for item in told["paths"].values():
        for operation in item.values():
            for parameter in operation["parameters"]:
                _narrow(parameter["name"], parameter["schema"], times)
    for body in ("BookingBody", "ChangeBody"):
        fields = told["components"]["schemas"][body]["properties"]
        if times:
            fields.pop("end")
        for name, schema in fields.items():
            _narrow(name, schema.get("anyOf", [schema])[0], times)
    return told


def _narrow(name: str, schema: dict[str, Any], times: bool) -> None:
    if name in _PLAUSIBLE:
        schema.get("items", schema)["enum"] = _PLAUSIBLE[name]
    elif times and schema.get("format") == "date-time":
        schema["pattern"] = _LATER if name == "to" else _THAT_WEEK


@pytest.mark.parametrize(("method", "path"), OPERATIONS, ids=lambda part: str(part).removeprefix("/api/v1/"))
@pytest.mark.parametrize("kind", ["plausible", "allowed", "not allowed"])
def test_no_request_gets_an_answer_that_is_not_described(
    app: Flask,
    contract: dict[str, Any],
    deps: Deps,
    kind: str,
    method: str,
    path: str,
) -> None:
    told = contract if kind == "allowed" else narrowed(contract, times=kind == "plausible")
    mode = GenerationMode.NEGATIVE if kind == "not allowed" else GenerationMode.POSITIVE
    schema = schemathesis.openapi.from_dict(told, config=_SENSE)
    schema.app = app
    key = grant.api_key(deps, 1, "write", "fuzz").secret
    statuses = set()

    @settings(
        max_examples=60,
        derandomize=True,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(case=schema[path][method].as_strategy(generation_mode=mode))
    def ask(case: schemathesis.Case) -> None:
        answer = case.call_and_validate(headers={"Authorization": f"Bearer {key}"})
        assert b"Winter tyres" not in answer.content
        assert b"Mallory" not in answer.content
        statuses.add(answer.status_code)

    ask()
    if kind == "plausible":
        assert statuses & {200, 201}, statuses
