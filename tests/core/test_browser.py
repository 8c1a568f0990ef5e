"""Whether a browser is still signed in, and what it is called."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from gateway.core.browser import GRACE, KEY_LIFE, LIFE, Keys, Standing, name, standing

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
KEYS = Keys(b"new", b"old", NOW - timedelta(hours=1), NOW)
MOMENT = timedelta(seconds=1)


def test_its_key_lets_it_in() -> None:
    assert standing(KEYS, b"new", NOW) is Standing.IN


def test_another_key_does_not() -> None:
    assert standing(KEYS, b"made up", NOW) is Standing.OUT


def test_after_a_day_it_gets_another_key() -> None:
    assert standing(replace(KEYS, turned_at=NOW - KEY_LIFE), b"new", NOW) is Standing.IN
    assert standing(replace(KEYS, turned_at=NOW - KEY_LIFE - MOMENT), b"new", NOW) is Standing.TURN


def test_the_key_before_counts_a_moment_longer() -> None:
    turned = replace(KEYS, turned_at=NOW - GRACE)
    assert standing(turned, b"old", NOW) is Standing.IN
    assert standing(turned, b"old", NOW + MOMENT) is Standing.OUT
    assert standing(replace(turned, former=None), b"old", NOW) is Standing.OUT


def test_who_was_not_seen_for_long_is_out() -> None:
    assert standing(replace(KEYS, seen_at=NOW - LIFE), b"new", NOW) is Standing.IN
    assert standing(replace(KEYS, seen_at=NOW - LIFE - MOMENT), b"new", NOW) is Standing.OUT


@pytest.mark.parametrize(
    ("agent", "called"),
    [
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 19_1 like Mac OS X) Version/19.1 Mobile Safari/604.1",
            "Safari on iPhone",
        ),
        ("Mozilla/5.0 (Linux; Android 16; Pixel 9) Chrome/142.0 Mobile Safari/537.36", "Chrome on Android"),
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/142.0 Safari/537.36 Edg/142.0", "Edge on Windows"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:145.0) Gecko Firefox/145.0", "Firefox on Mac"),
        ("curl/8", "A browser"),
        ("", "A browser"),
    ],
)
def test_it_is_called_by_program_and_machine(agent: str, called: str) -> None:
    assert name(agent) == called
