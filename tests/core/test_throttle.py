"""Wrong passwords are counted, and nobody else pays for them."""

from __future__ import annotations

from gateway.core.throttle import Limit, Throttle


def test_the_limit_is_reached_by_failures_within_the_window() -> None:
    throttle = Throttle(Limit(failures=3, seconds=60))
    for moment in (0.0, 1.0, 2.0):
        assert throttle.wait("a", moment) == 0
        throttle.fail("a", moment)
    assert throttle.wait("a", 10.0) == 50.0
    assert throttle.wait("b", 10.0) == 0


def test_a_window_that_is_over_is_forgotten() -> None:
    throttle = Throttle(Limit(failures=1, seconds=60))
    throttle.fail("a", 0.0)
    assert throttle.wait("a", 60.0) == 0
    throttle.fail("a", 61.0)
    assert throttle.wait("a", 62.0) == 59.0


def test_success_clears_the_count() -> None:
    throttle = Throttle(Limit(failures=1, seconds=60))
    throttle.fail("a", 0.0)
    throttle.forget("a")
    assert throttle.wait("a", 1.0) == 0


def test_a_flood_of_names_does_not_fill_the_memory() -> None:
    throttle = Throttle(Limit(failures=1, seconds=60), most_keys=100)
    for number in range(10_000):
        throttle.fail(str(number), 0.0)
    assert throttle.wait("9999", 1.0) > 0
    assert throttle.wait("0", 1.0) == 0
