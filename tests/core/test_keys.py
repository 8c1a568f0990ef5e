"""What a booking's event is called elsewhere."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from gateway.core import event
from gateway.core.keys import booking_of, event_key

HERE, ELSEWHERE = "5f0c6f0a-0000-4000-8000-000000000001", "5f0c6f0a-0000-4000-8000-000000000002"
_IDS = st.integers(1, 10**18 - 1)


@given(_IDS, st.integers(0, 99))
def test_google_takes_it_as_an_id(booking_id: int, generation: int) -> None:
    """https://developers.google.com/workspace/calendar/api/v3/reference/events: base32hex, 5 to 1024 letters."""
    assert re.fullmatch("[a-v0-9]{40}", event_key(HERE, booking_id, generation))


@given(_IDS, st.integers(0, 99))
def test_it_is_the_same_each_time_and_nobody_else_s(booking_id: int, generation: int) -> None:
    key = event_key(HERE, booking_id, generation)
    assert key == event_key(HERE, booking_id, generation)
    others = {event_key(HERE, booking_id + 1, generation), event_key(HERE, booking_id, generation + 1)}
    assert key not in others | {event_key(ELSEWHERE, booking_id, generation)}


@given(_IDS)
def test_a_mark_leads_back_to_its_booking_in_this_installation_only(booking_id: int) -> None:
    mark = event.uid(booking_id, HERE)
    assert booking_of(mark, HERE) == booking_id
    assert booking_of(mark, ELSEWHERE) is None
    assert booking_of("", HERE) is None
