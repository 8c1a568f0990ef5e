"""One AVAILABLE of a VAVAILABILITY (RFC 7953 3.1): a time of day, and on which days it comes.

Only what the booking app's weekly hours can say is taken; anything else is refused with a reason, since hours that are
nearly right would let customers book at the wrong time.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Final
from zoneinfo import ZoneInfo

from gateway.core.hours import MIDNIGHT, Shift
from gateway.core.language import _
from gateway.core.reading import Line, Part
from gateway.core.unacceptable import DATA, OBJECT, Unacceptable
from gateway.core.zones import UnknownZone, resolve

WEEKDAYS: Final = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
# Minutes a day has by RFC 7953; 23:59 is how the booking app writes midnight.
LAST_MINUTE: Final = MIDNIGHT - 1

_MOST_EXCLUDED: Final = 4_000
_MOMENT: Final = re.compile(r"([0-9]{8}T[0-9]{4})([0-9]{2})(Z?)")
_DURATION: Final = re.compile(
    r"\+?P(?:(?P<w>[0-9]{1,3})W|(?:(?P<d>[0-9]{1,4})D)?(?:T(?:(?P<h>[0-9]{1,4})H)?(?:(?P<m>[0-9]{1,6})M)?(?:0+S)?)?)"
)


@dataclass(frozen=True, slots=True, order=True)
class Moment:
    """A minute of the business's own clock, on the day with this ordinal number."""

    day: int
    minute: int

    def after(self, minutes: int) -> Moment:
        days, minute = divmod(self.minute + minutes, MIDNIGHT)
        return Moment(self.day + days, minute)


@dataclass(frozen=True, slots=True)
class Available:
    """A time of day, on each of these weekdays from a day on, or without weekdays on that one day only."""

    shift: Shift
    day: date
    weekdays: frozenset[int]
    uid: str
    instead_of: date | None
    left_out: frozenset[date]

    def on(self, day: date) -> bool:
        if not self.weekdays:
            return day == self.day
        return day >= self.day and day.weekday() in self.weekdays and day not in self.left_out


def inexpressible(reason: str) -> Unacceptable:
    return Unacceptable(OBJECT, reason)


def read(part: Part, zone: str) -> Available:
    """What an AVAILABLE says. Raises Unacceptable."""
    start, end = between(part, zone)
    if start is None or end is None:
        raise inexpressible(_("Each time of work needs a start and an end."))
    if part.all("RDATE"):
        raise inexpressible(_("Dates that are added one by one can't be kept; give each a time of its own."))
    weekdays, day = _weekdays(part, start), date.fromordinal(start.day)
    instead_of = _instead_of(part, zone)
    if instead_of and weekdays:
        raise inexpressible(_("A change of a single day can't come again every week."))
    return Available(_shift(start, end), day, weekdays, part.value("UID"), instead_of, _left_out(part, zone))


def between(part: Part, zone: str) -> tuple[Moment | None, Moment | None]:
    """From when to when a component reaches; a side that it leaves open is None. Raises Unacceptable."""
    names = ("DTSTART", "DTEND", "DURATION", "RRULE")
    starts, ends, lengths, rules = (part.all(name) for name in names)
    if max(map(len, (starts, ends, lengths, rules))) > 1 or (ends and lengths):
        raise Unacceptable(DATA, _("A component has one start, one end or duration, and one rule at most."))
    recurs = bool(rules)
    start = _moment(starts[0], zone, recurs=recurs) if starts else None
    end = _moment(ends[0], zone, recurs=recurs) if ends else None
    if lengths and start:
        end = start.after(_minutes(lengths[0].value))
    if start and end and end <= start:
        raise inexpressible(_("A time ends before it starts."))
    return start, end


def _moment(line: Line, zone: str, *, recurs: bool = False) -> Moment:
    return _told(line.value.strip(), line, zone, recurs=recurs)


def _told(value: str, line: Line, zone: str, *, recurs: bool) -> Moment:
    found = _MOMENT.fullmatch(value)
    if not found:
        raise Unacceptable(DATA, _("Times are written as 20261124T090000, with their time zone."))
    if found[2] != "00":
        raise inexpressible(_("Hours are kept in whole minutes."))
    try:
        wall = datetime.strptime(found[1], "%Y%m%dT%H%M").replace(tzinfo=UTC)
        if found[3]:
            wall = _from_utc(wall, zone, recurs=recurs)
        else:
            _check_zone(line.param("TZID"), zone)
    except (ValueError, OverflowError):
        raise Unacceptable(DATA, _("A date can't be read.")) from None
    return Moment(wall.toordinal(), wall.hour * 60 + wall.minute)


def _from_utc(moment: datetime, zone: str, *, recurs: bool) -> datetime:
    """A single moment is the same in any zone; what comes every week is so in none but its own."""
    if recurs and zone != "UTC":
        raise inexpressible(
            _("Weekly hours must be told in the business's time zone, {zone}, not in UTC.").format(zone=zone)
        )
    return moment.astimezone(ZoneInfo(zone))


def _check_zone(tzid: str, zone: str) -> None:
    try:
        known = resolve(tzid)
    except UnknownZone:
        known = ""
    if known != zone:
        told = _("Hours must be told in the business's time zone, {zone}, not in {other}.")
        missing = _("Hours must be told in the business's time zone, {zone}, which is missing.")
        raise inexpressible((told if tzid else missing).format(zone=zone, other=tzid[:80]))


def _minutes(written: str) -> int:
    found = _DURATION.fullmatch(written.strip().upper())
    week, day, hour, minute = (int(found[name] or 0) for name in "wdhm") if found else (0, 0, 0, 0)
    total = ((week * 7 + day) * 24 + hour) * 60 + minute
    if total == 0:
        raise Unacceptable(DATA, _("A duration can't be read, or isn't in whole minutes."))
    return total


def _shift(start: Moment, end: Moment) -> Shift:
    """Within one day, to midnight at the latest."""
    finish = end.minute + MIDNIGHT * (end.day - start.day)
    if finish > MIDNIGHT:
        raise inexpressible(
            _("Times of work end on the day that they begin on; split those that go past midnight.")
        )
    if start.minute >= LAST_MINUTE:
        raise inexpressible(_("A time of work can't begin in the last minute of a day."))
    return start.minute, MIDNIGHT if finish == LAST_MINUTE else finish


def _weekdays(part: Part, start: Moment) -> frozenset[int]:
    """On which days of the week a rule has it come; none without a rule."""
    for line in part.all("RRULE"):
        rule = dict(item.strip().partition("=")[::2] for item in line.value.upper().split(";"))
        frequency, by_day = rule.pop("FREQ", ""), rule.pop("BYDAY", "")
        rule.pop("WKST", "")
        if frequency not in ("WEEKLY", "DAILY") or rule.pop("INTERVAL", "1") != "1" or rule:
            raise inexpressible(
                _("Hours that come every week can be kept; those of some weeks or for a while only can't.")
            )
        if not by_day:
            return frozenset(range(7) if frequency == "DAILY" else [(start.day + 6) % 7])
        if not set(by_day.split(",")) <= set(WEEKDAYS):
            raise inexpressible(_("The days of a weekly rule are MO, TU, WE, TH, FR, SA and SU."))
        return frozenset(map(WEEKDAYS.index, by_day.split(",")))
    return frozenset()


def _instead_of(part: Part, zone: str) -> date | None:
    """The day that this one replaces of another AVAILABLE with the same UID."""
    for line in part.all("RECURRENCE-ID"):
        if line.param("RANGE") or not part.value("UID"):
            raise inexpressible(_("A change of a single day names its UID, and reaches no further."))
        return date.fromordinal(_moment(line, zone).day)
    return None


def _left_out(part: Part, zone: str) -> frozenset[date]:
    """The days on which it does not come after all."""
    days = [(value.strip(), line) for line in part.all("EXDATE") for value in line.value.split(",")]
    if len(days) > _MOST_EXCLUDED:
        raise inexpressible(_("At most {most} days can be left out.").format(most=f"{_MOST_EXCLUDED:,}"))
    return frozenset(date.fromordinal(_told(value, line, zone, recurs=False).day) for value, line in days)
