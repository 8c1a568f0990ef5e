"""When providers are asked again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from gateway.core.errors import RateLimited, Unavailable
from gateway.core.retry import LONGEST, pause

NOW = datetime(2026, 11, 27, 12, tzinfo=UTC)
BROKEN = Unavailable(host="google", reason="the connection broke off")
_CHANCE = st.floats(0, 1, exclude_max=True)


def waits(failures: int, error: Unavailable | RateLimited = BROKEN, chance: float = 0.0) -> float:
    return (pause(failures, error, NOW, chance).until - NOW).total_seconds()


def test_each_failure_doubles_the_wait() -> None:
    assert [waits(n) for n in (1, 2, 3, 4)] == [1, 2, 4, 8]


def test_those_who_failed_together_don_t_come_back_together() -> None:
    assert waits(5, chance=0.0) < waits(5, chance=0.5) < waits(5, chance=0.99) < waits(6, chance=0.99)


@given(st.integers(1, 10_000), _CHANCE)
def test_never_longer_than_six_hours_and_never_at_once(failures: int, chance: float) -> None:
    assert 1 <= waits(failures, chance=chance) <= LONGEST == 6 * 3600


@given(st.integers(1, 30), _CHANCE, st.floats(0, 86_400))
def test_what_they_ask_for_is_waited_for_in_full(failures: int, chance: float, asked: float) -> None:
    found = pause(failures, RateLimited(host="google", retry_after=asked), NOW, chance)
    assert found.until - NOW >= timedelta(seconds=asked) - timedelta(microseconds=1)
    assert found.theirs


def test_a_pause_is_theirs_only_if_they_asked_for_it() -> None:
    assert not pause(1, BROKEN, NOW, 0.0).theirs
    assert pause(1, Unavailable(host="google", reason="it answered 503", retry_after=60), NOW, 0.0).theirs
