"""A day as 96 quarters of an hour, by what clocks show: also on the two nights of a year on which they are changed."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from gateway.core import clock, hours
from gateway.core.language import _

ROWS: Final = 96
_QUARTER: Final = timedelta(minutes=15)


def place(row: int, rows: int) -> str:
    """ "a1415 q3": from 14:15, three quarters of an hour."""
    return f"a{row // 4:02}{row % 4 * 15:02} q{rows}"


def monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def bounds(zone: ZoneInfo, day: date) -> tuple[datetime, datetime]:
    """The first instant of a day, and of the next; the same twice for a day that the zone skipped."""
    first, last = (hours.begins(zone.key, one) for one in (day, day + timedelta(days=1)))
    return datetime.fromtimestamp(first, UTC), datetime.fromtimestamp(last, UTC)


def rows(zone: ZoneInfo, since: datetime, until: datetime) -> tuple[int, int]:
    """The quarters that clocks show between two instants of one day: the first, and the one after the last."""
    shown = [moment.astimezone(zone) for moment in (since, until - timedelta(microseconds=1))]
    if shown[0].utcoffset() != shown[1].utcoffset():
        shown += [
            (since + _QUARTER * number).astimezone(zone) for number in range((until - since) // _QUARTER)
        ]
        shown += _edges(zone, since, until)
    found = [(one.hour * 60 + one.minute) // 15 for one in shown]
    return min(found), max(found) + 1


def _edges(zone: ZoneInfo, since: datetime, until: datetime) -> list[datetime]:
    """The last and the first minute that clocks show before and after they are changed between two instants."""
    changed = _change(zone, since, until)
    return [(changed + timedelta(minutes=by)).astimezone(zone) for by in (-1, 0)] if changed else []


def _change(zone: ZoneInfo, since: datetime, until: datetime) -> datetime | None:
    """When clocks are changed between two instants, to the minute."""
    before = since.astimezone(zone).utcoffset()
    if until.astimezone(zone).utcoffset() == before:
        return None
    low, high = since, until
    while high - low > timedelta(seconds=30):
        middle = low + (high - low) / 2
        low, high = (middle, high) if middle.astimezone(zone).utcoffset() == before else (low, middle)
    return high.replace(second=0, microsecond=0)


def odd(zone: ZoneInfo, day: date) -> str:
    """What clocks do on this day, where they do anything."""
    changed = _change(zone, *bounds(zone, day))
    if changed is None:
        return ""
    here = (changed - timedelta(minutes=1)).astimezone(zone)
    shown = here.replace(tzinfo=UTC) + timedelta(minutes=1)  # what clocks show, whatever the zone
    then = changed.astimezone(zone)
    return _("The clocks change from {before} to {after}.").format(
        before=clock.time(shown), after=clock.time(then)
    )
