"""Dates and times as people say them, on the clock of the business and as the reader's country writes them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from datetime import date as calendar_day
from datetime import time as wall_time
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_skeleton, format_time

from gateway.core import zones
from gateway.core.language import _, locale, ngettext
from gateway.core.model import require_aware

_A_MOMENT = 5


def zone_of(name: str) -> ZoneInfo:
    """The zone that the booking app calls so; UTC for a name that nobody knows."""
    try:
        return ZoneInfo(zones.resolve(name))
    except zones.UnknownZone:
        return ZoneInfo("UTC")


def day_and_time(moment: datetime, now: datetime) -> str:
    """ "Friday 27 November, 10:00", with the year where it isn't this one. Both in the zone that counts."""
    require_aware(moment, now)
    return _("{day}, {time}").format(day=_weekday_and_date(moment, now), time=_time(moment))


def span(starts_at: datetime, ends_at: datetime, now: datetime) -> str:
    """ "Friday 27 November, 10:00 to 10:45"; with both days where there are two."""
    until = _time(ends_at) if ends_at.date() == starts_at.date() else day_and_time(ends_at, now)
    return _("{since} to {until}").format(since=day_and_time(starts_at, now), until=until)


def lately(moment: datetime, now: datetime) -> str:
    """ "today at 12:40", "on Tuesday at 12:40" within a week, "on 12 November at 12:40" before."""
    require_aware(moment, now)
    if moment.date() == now.date():
        return _("today at {time}").format(time=_time(moment))
    return _("on {day} at {time}").format(day=_near_day(moment, now), time=_time(moment))


def beginning(moment: datetime, now: datetime) -> str:
    """As `lately`, for after "since": "today at 12:40", "Tuesday at 12:40", "12 November at 12:40"."""
    if moment.date() == now.date():
        return lately(moment, now)
    return _("{day} at {time}").format(day=_near_day(moment, now), time=_time(moment))


def ago(moment: datetime, now: datetime) -> str:
    """ "just now", "12 seconds ago", "4 minutes ago"; as `lately` from an hour on."""
    require_aware(moment, now)
    seconds = int((now - moment).total_seconds())
    if not 0 <= seconds < 3600:
        return lately(moment, now)
    if seconds < _A_MOMENT:
        return _("just now")
    if seconds < 60:
        return ngettext("{n} second ago", "{n} seconds ago", seconds).format(n=seconds)
    return ngettext("{n} minute ago", "{n} minutes ago", seconds // 60).format(n=seconds // 60)


def date(moment: datetime, now: datetime) -> str:
    """ "27 November", with the year where it isn't this one."""
    require_aware(moment, now)
    return _date(moment, now)


def day(moment: datetime, now: datetime) -> str:
    """ "Today, Tuesday 24 November", "Yesterday, …", or the day alone; with the year where it isn't this one."""
    require_aware(moment, now)
    near = {0: _("Today, {day}"), 1: _("Yesterday, {day}")}.get((now.date() - moment.date()).days, "{day}")
    return near.format(day=_weekday_and_date(moment, now))


def to_the_second(moment: datetime, now: datetime) -> str:
    """ "Today, 09:15:31", "Mon 23 Nov, 14:02:20", with the year where it isn't this one."""
    require_aware(moment, now)
    return _("{day}, {time}").format(day=_short_day(moment, now), time=seconds(moment))


def seconds(moment: datetime) -> str:
    """ "09:15:31"."""
    return format_time(moment, "medium", tzinfo=moment.tzinfo, locale=locale())


def time(moment: datetime) -> str:
    """ "09:15", or "9:15 AM" where that is how it is written."""
    require_aware(moment)
    return _time(moment)


def hour(of_day: int) -> str:
    """A full hour beside a drawing of days: "09:00", or "9 AM"."""
    full, pattern = wall_time(of_day), locale().time_formats["short"].pattern
    return format_time(full, "h a" if "a" in pattern else "short", locale=locale())


def _short_day(moment: datetime, now: datetime) -> str:
    if moment.date() == now.date():
        return _("Today")
    skeleton = "MMMd" if moment.year == now.year else "yMMMd"
    return f"{weekday(moment.date(), short=True)} {format_skeleton(skeleton, moment, locale=locale())}"


def _near_day(moment: datetime, now: datetime) -> str:
    """By its weekday alone where that names one day only."""
    near = timedelta() < now.date() - moment.date() < timedelta(days=7)
    return weekday(moment.date()) if near else _date(moment, now)


def _weekday_and_date(moment: datetime, now: datetime) -> str:
    return f"{weekday(moment.date())} {_date(moment, now)}"


def _date(moment: datetime, now: datetime) -> str:
    return day_and_month(moment.date()) if moment.year == now.year else whole_date(moment.date())


def _time(moment: datetime) -> str:
    return format_time(moment, "short", tzinfo=moment.tzinfo, locale=locale())


def whole_date(day: calendar_day) -> str:
    """ "27 November 2026"."""
    return format_date(day, "long", locale=locale())


def day_and_month(day: calendar_day) -> str:
    """ "27 November"."""
    return format_skeleton("MMMMd", day, locale=locale())


def days(first: calendar_day, last: calendar_day) -> str:
    """ "23 to 29 November 2026"; what both days have in common stands once, where the day stands before the month."""
    begins = day_and_month(first) if first.year == last.year else whole_date(first)
    if begins.startswith(f"{first.day} ") and (first.month, first.year) == (last.month, last.year):
        begins = str(first.day)
    return _("{since} to {until}").format(since=begins, until=whole_date(last))


def weekday(day: calendar_day, *, short: bool = False) -> str:
    return format_date(day, "EEE" if short else "EEEE", locale=locale())


def short_date(day: calendar_day) -> str:
    """ "27 Nov"."""
    return format_skeleton("MMMd", day, locale=locale())


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
    return (_("{time} (second time)") if moment.fold else _("{time} (first time)")).format(time=_time(moment))
