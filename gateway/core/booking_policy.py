"""The rules of a business for its bookings, out of whatever its row in booking_policies says."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil
from typing import Final

from gateway.core import hours

LONGEST_BUFFER: Final = 1_440
LONGEST_NOTICE: Final = 525_600
FURTHEST_DAYS: Final = 3_660
LONGEST_LENGTH: Final = 1_440
MOST_A_DAY: Final = 10_000
# Without a policy, bookings begin on these minutes; and never closer together than the shortest step.
USUAL_STEP: Final = 30
SHORTEST_STEP: Final = 5
LONGEST_STEP: Final = 120


@dataclass(frozen=True, slots=True)
class Policy:
    """What holds, with nonsense taken out: 0 means "no limit", as in the booking app.

    `fixed_step` is 0 where bookings follow each other at their own length.
    """

    buffer_mins: int = 0
    notice_mins: int = 0
    furthest_days: int = 0
    most_a_day: int = 0
    shortest_mins: int = 0
    longest_mins: int = 0
    fixed_step: int = USUAL_STEP

    def length(self, minutes: int) -> int:
        """How long a booking is that should take so many minutes."""
        return max(minutes, self.shortest_mins)

    def too_long(self, minutes: float) -> bool:
        return 0 < self.longest_mins < minutes

    def step(self, length: int) -> int:
        """The minutes from one time that is offered to the next."""
        return self.fixed_step or max(length, SHORTEST_STEP)

    def first_start(self, now: datetime) -> int:
        """The first second at which a booking may begin, counted from the epoch."""
        return ceil((now + timedelta(minutes=self.notice_mins)).timestamp())

    def starts_before(self, now: datetime, zone: str) -> int | None:
        """The local midnight before which a booking must begin; None without a limit."""
        if not self.furthest_days:
            return None
        today = hours.local_day(zone, now.timestamp())
        return hours.begins(zone, today + timedelta(days=self.furthest_days + 1))


def read(
    interval_mins: int | None = None,
    use_fixed_intervals: bool | None = None,
    buffer_time_mins: int | None = None,
    min_advance_mins: int | None = None,
    max_advance_days: int | None = None,
    max_daily_bookings: int | None = None,
    min_duration_mins: int | None = None,
    max_duration_mins: int | None = None,
) -> Policy:
    """The columns of booking_policies as a policy. A business without a row has `Policy()`."""
    interval = USUAL_STEP if interval_mins is None else interval_mins
    return Policy(
        buffer_mins=_within(buffer_time_mins, LONGEST_BUFFER),
        notice_mins=_within(min_advance_mins, LONGEST_NOTICE),
        furthest_days=_within(max_advance_days, FURTHEST_DAYS),
        most_a_day=_within(max_daily_bookings, MOST_A_DAY),
        shortest_mins=_within(min_duration_mins, LONGEST_LENGTH),
        longest_mins=max(max_duration_mins or 0, 0),
        fixed_step=min(max(interval, SHORTEST_STEP), LONGEST_STEP) if use_fixed_intervals else 0,
    )


def _within(value: int | None, most: int) -> int:
    return min(max(value or 0, 0), most)
