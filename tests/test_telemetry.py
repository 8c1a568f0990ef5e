"""The log never holds what opens a door."""

from __future__ import annotations

import io
import logging

import pytest

from gateway import telemetry
from gateway.core import secrets

TOKEN = secrets.make_token(bytes(range(20)))
PASSWORD = secrets.make_password(bytes(range(20))).text


@pytest.mark.parametrize(
    "secret",
    [
        f"/feeds/{TOKEN}.ics",
        f"/sign-in/{TOKEN}",
        f"dbk_{TOKEN}",
        f"dbd_{TOKEN}",
        f"?secret=dbd_{TOKEN}&",
        PASSWORD,
        "Basic YWxpY2U6c2VjcmV0",
        f"bearer dbk_{TOKEN}",
    ],
)
def test_secrets_are_left_out(secret: str) -> None:
    scrubbed = telemetry.scrub(f"before {secret} after")
    assert scrubbed.startswith("before ")
    assert scrubbed.endswith(" after")
    assert TOKEN not in scrubbed
    assert PASSWORD not in scrubbed
    assert "YWxpY2U6c2VjcmV0" not in scrubbed


def test_ordinary_lines_stay_as_they_are() -> None:
    for line in (
        "GET /dav/s11/bookings/booking-1001.ics took 3 ms for 2026-11-22",
        "by API key dbk_ab12 (till)",  # the letters by which a key is known
    ):
        assert telemetry.scrub(line) == line


def test_arguments_and_tracebacks_are_scrubbed_too() -> None:
    stream, root = io.StringIO(), logging.getLogger()
    before, level = root.handlers[:], root.level
    try:
        telemetry.log_to(stream)
        try:
            raise RuntimeError(f"at /feeds/{TOKEN}.ics")
        except RuntimeError:
            logging.getLogger("test").exception("for %s", PASSWORD)
    finally:
        root.handlers[:], root.level = before, level
    assert "RuntimeError" in stream.getvalue()
    assert TOKEN not in stream.getvalue()
    assert PASSWORD not in stream.getvalue()
