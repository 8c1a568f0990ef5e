"""Dates and times as people say them, on the clock of the business."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from datetime import date as calendar_day
from zoneinfo import ZoneInfo

from gateway.core import zones
from gateway.core.model import require_aware

_A_MOMENT = 5
# In English, whatever language the machine speaks: strftime would ask it.
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip


def zone_of(name: str) -> ZoneInfo:
    """The zone that the booking app calls so; UTC for a name that nobody knows."""
    try:
        return ZoneInfo(zones.resolve(name))
    except zones.UnknownZone:
        return ZoneInfo("UTC")


def day_and_time(moment: datetime, now: datetime) -> str:
    """ "Friday 27 November, 10:00", with the year where it isn't this one. Both in the zone that counts."""
    require_aware(moment, now)
    return f"{_DAYS[moment.weekday()]} {_date(moment, now)}, {_time(moment)}"


def span(starts_at: datetime, ends_at: datetime, now: datetime) -> str:
    """ "Friday 27 November, 10:00 to 10:45"; with both days where there are two."""
    until = _time(ends_at) if ends_at.date() == starts_at.date() else day_and_time(ends_at, now)
    return f"{day_and_time(starts_at, now)} to {until}"


def lately(moment: datetime, now: datetime) -> str:
    """ "today at 12:40", "on Tuesday at 12:40" within a week, "on 12 November at 12:40" before."""
    require_aware(moment, now)
    if moment.date() == now.date():
        return f"today at {_time(moment)}"
    if timedelta() < now.date() - moment.date() < timedelta(days=7):
        return f"on {_DAYS[moment.weekday()]} at {_time(moment)}"
    return f"on {_date(moment, now)} at {_time(moment)}"


def ago(moment: datetime, now: datetime) -> str:
    """ "just now", "12 seconds ago", "4 minutes ago"; as `lately` from an hour on."""
    require_aware(moment, now)
    seconds = int((now - moment).total_seconds())
    if not 0 <= seconds < 3600:
        return lately(moment, now)
    if seconds < _A_MOMENT:
        return "just now"
    count, unit = (seconds, "second") if seconds < 60 else (seconds // 60, "minute")
    return f"{count} {unit} ago" if count == 1 else f"{count} {unit}s ago"


def date(moment: datetime, now: datetime) -> str:
    """ "27 November", with the year where it isn't this one."""
    require_aware(moment, now)
    return _date(moment, now)


def day(moment: datetime, now: datetime) -> str:
    """ "Today, Tuesday 24 November", "Yesterday, …", or the day alone; with the year where it isn't this one."""
    require_aware(moment, now)
    near = {0: "Today, ", 1: "Yesterday, "}.get((now.date() - moment.date()).days, "")
    return f"{near}{_DAYS[moment.weekday()]} {_date(moment, now)}"


def to_the_second(moment: datetime, now: datetime) -> str:
    """ "Today, 09:15:31", "Mon 23 Nov, 14:02:20", with the year where it isn't this one."""
    require_aware(moment, now)
    year = "" if moment.year == now.year else f" {moment.year}"
    date = f"{_DAYS[moment.weekday()][:3]} {moment.day} {_MONTHS[moment.month - 1][:3]}{year}"
    return f"{'Today' if moment.date() == now.date() else date}, {_time(moment)}:{moment.second:02}"


def _date(moment: datetime, now: datetime) -> str:
    year = "" if moment.year == now.year else f" {moment.year}"
    return f"{moment.day} {_MONTHS[moment.month - 1]}{year}"


def _time(moment: datetime) -> str:
    return f"{moment.hour:02}:{moment.minute:02}"


def days(first: calendar_day, last: calendar_day) -> str:
    """ "23 to 29 November 2026"; what both days have in common stands once."""
    month = "" if (first.month, first.year) == (last.month, last.year) else f" {_MONTHS[first.month - 1]}"
    year = "" if first.year == last.year else f" {first.year}"
    return f"{first.day}{month}{year} to {last.day} {_MONTHS[last.month - 1]} {last.year}"


def weekday(day: calendar_day) -> str:
    return _DAYS[day.weekday()]


def month(day: calendar_day) -> str:
    return _MONTHS[day.month - 1]


def at_wall(zone: ZoneInfo, day: calendar_day, minute: int) -> tuple[datetime, ...]:
    """When clocks in a zone show this minute of a day: once, never where they skip it, or twice. In UTC."""
    shown = datetime(day.year, day.month, day.day, minute // 60, minute % 60, tzinfo=zone)
    first, second = shown.astimezone(UTC), shown.replace(fold=1).astimezone(UTC)
    if first == second:
        return (first,)
    # Where the clock skips it, the two readings stand the other way round.
    return (first, second) if first < second else ()


def told_time(moment: datetime) -> str:
    """ "01:30"; where clocks show it twice, "01:30 (first time)" or "01:30 (second time)"."""
    require_aware(moment)
    if moment.replace(fold=0).utcoffset() == moment.replace(fold=1).utcoffset():
        return _time(moment)
    return f"{_time(moment)} ({'second' if moment.fold else 'first'} time)"
