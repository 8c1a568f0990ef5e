"""Series: which recurrence lines are accepted, when a series happens, and what its occurrences are called."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Any, cast

from dateutil import rrule

from tests.servers.google import times
from tests.servers.google.refusal import Refusal, invalid

Json = dict[str, Any]

_LINE = re.compile(r"(RRULE|EXRULE|RDATE|EXDATE)((?:;[A-Z-]+=[^:;]+)*):(.+)")
_RULE_PARTS = frozenset(
    {"FREQ", "UNTIL", "COUNT", "INTERVAL", "WKST", "BYSECOND", "BYMINUTE", "BYHOUR", "BYDAY", "BYMONTHDAY"}
    | {"BYYEARDAY", "BYWEEKNO", "BYMONTH", "BYSETPOS"}
)
_INSTANCE = re.compile(r"([a-v0-9]{5,1024})_(\d{8}(?:T\d{6}Z)?)")
# An endless series is spread this far and no further.
HORIZON = timedelta(days=800)
MOST = 2500
_FIRST = datetime(1970, 1, 1, tzinfo=UTC)


def wrong(line: str) -> Refusal:
    return invalid(f"Invalid recurrence rule: {line}", location="recurrence")


def check(lines: list[str], starts: datetime, all_day: bool) -> None:
    """Refuses lines that make no series; `starts` is local and naive."""
    for line in lines:
        matched = _LINE.fullmatch(line)
        if not matched:
            raise wrong(line)
        if matched[1] in ("RRULE", "EXRULE"):
            _check_rule(line, matched[3], all_day)
    try:
        series(tuple(lines), starts, "UTC")
    except (ValueError, KeyError) as error:
        raise wrong(str(error)) from error


def _check_rule(line: str, rule: str, all_day: bool) -> None:
    pairs = [part.partition("=") for part in rule.split(";")]
    names = [name for name, _, _ in pairs]
    values = {name: value for name, _, value in pairs}
    if "FREQ" not in names or len(set(names)) < len(names) or not _RULE_PARTS.issuperset(names):
        raise wrong(line)
    if "UNTIL" in values and "COUNT" in values:
        raise wrong(line)
    until = r"\d{8}" if all_day else r"\d{8}T\d{6}Z"
    if "UNTIL" in values and not re.fullmatch(until, values["UNTIL"]):
        raise wrong(line)


@lru_cache(maxsize=2000)
def series(lines: tuple[str, ...], starts: datetime, zone: str) -> rrule.rruleset:
    """The series in local, naive time; the start always belongs to it."""
    made = rrule.rruleset(cache=True)
    made.rdate(starts)
    for line in lines:
        kind, parameters, value = _LINE.fullmatch(line).groups()  # type: ignore[union-attr]
        if kind in ("RRULE", "EXRULE"):
            rule = cast(rrule.rrule, rrule.rrulestr(_local_until(value, zone), dtstart=starts))
            made.rrule(rule) if kind == "RRULE" else made.exrule(rule)
            continue
        for text in value.split(","):
            moment = _listed(text, parameters, starts, zone)
            made.rdate(moment) if kind == "RDATE" else made.exdate(moment)
    return made


def _local_until(rule: str, zone: str) -> str:
    matched = re.search(r"UNTIL=(\d{8}T\d{6})Z", rule)
    if not matched:
        return rule
    until = datetime.strptime(matched[1] + "+0000", "%Y%m%dT%H%M%S%z").astimezone(times.zone(zone))
    return rule.replace(matched[0], f"UNTIL={until:%Y%m%dT%H%M%S}")


def _listed(text: str, parameters: str, starts: datetime, zone: str) -> datetime:
    """One date of an EXDATE or RDATE line, in the local time of the series."""
    if len(text) == 8:
        day = datetime.strptime(text, "%Y%m%d")  # noqa: DTZ007 - local time, as the whole series
        return day.replace(hour=starts.hour, minute=starts.minute, second=starts.second)
    moment = datetime.strptime(text.rstrip("Z"), "%Y%m%dT%H%M%S")  # noqa: DTZ007 - see above
    named = re.search(r"TZID=([^;:]+)", parameters)
    source = "UTC" if text.endswith("Z") else named[1] if named else zone
    aware = moment.replace(tzinfo=times.zone(source))
    return aware.astimezone(times.zone(zone)).replace(tzinfo=None)


def occurrences(
    master: Json, zone: str, after: datetime | None, before: datetime | None
) -> Iterator[datetime]:
    """When the series begins each of its occurrences that end after one time and begin before another.

    Those of an all-day series are midnights of the calendar's zone, and days are added to them; others are UTC.
    """
    first, length, own_zone = local(master, zone)
    all_day = "date" in master["start"]
    spread = series(tuple(master["recurrence"]), first, own_zone)
    last = before or max(after or _FIRST, first.replace(tzinfo=UTC)) + HORIZON
    begin = first if after is None else _naive(after, own_zone) - length - timedelta(hours=3)
    for count, moment in enumerate(spread.xafter(begin, inc=True)):
        aware = moment.replace(tzinfo=times.zone(own_zone))
        aware = aware if all_day else aware.astimezone(UTC)
        if aware >= last or count >= MOST:
            return
        if after is None or aware + length > after:
            yield aware


def _naive(moment: datetime, zone: str) -> datetime:
    return moment.astimezone(times.zone(zone)).replace(tzinfo=None)


def local(event: Json, zone: str) -> tuple[datetime, timedelta, str]:
    """An event's start in its own local time, its length, and the zone it lives in."""
    start, end = event["start"], event["end"]
    if "date" in start:
        first, last = (date.fromisoformat(moment["date"]) for moment in (start, end))
        return datetime(first.year, first.month, first.day), last - first, zone  # noqa: DTZ001 - local
    begins, ends = (datetime.fromisoformat(moment["dateTime"]) for moment in (start, end))
    own_zone = start.get("timeZone", zone)
    return _naive(begins, own_zone), ends - begins, own_zone


def happens(master: Json, zone: str, moment: datetime) -> bool:
    """Whether the series itself, exceptions aside, has an occurrence at that moment."""
    first, _, own_zone = local(master, zone)
    wanted = _naive(moment, own_zone)
    return series(tuple(master["recurrence"]), first, own_zone).after(wanted, inc=True) == wanted


def instance_id(master_id: str, moment: datetime, all_day: bool) -> str:
    if all_day:
        return f"{master_id}_{moment:%Y%m%d}"
    return f"{master_id}_{moment.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def parse_instance_id(event_id: str, zone: str) -> tuple[str, datetime] | None:
    """The series and the moment that an occurrence's id names; nothing for other ids."""
    matched = _INSTANCE.fullmatch(event_id)
    if not matched:
        return None
    master, text = matched.groups()
    try:
        if len(text) == 8:
            return master, times.midnight(date(int(text[:4]), int(text[4:6]), int(text[6:])), zone)
        return master, datetime.strptime(text, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    except ValueError:
        return None


def instance(master: Json, zone: str, moment: datetime) -> Json:
    """The occurrence at that moment, as long as nobody has changed it."""
    _, length, own_zone = local(master, zone)
    all_day = "date" in master["start"]
    made = {name: value for name, value in master.items() if name != "recurrence"}
    made |= {"id": instance_id(master["id"], moment, all_day), "recurringEventId": master["id"]}
    if all_day:
        begins = moment.astimezone(times.zone(zone)).date()
        made |= {"start": {"date": str(begins)}, "end": {"date": str(begins + length)}}
        return made | {"originalStartTime": {"date": str(begins)}}
    ends = moment + length
    made["start"] = {"dateTime": times.written(moment, zone), "timeZone": own_zone}
    made["end"] = {"dateTime": times.written(ends, zone), "timeZone": master["end"].get("timeZone", own_zone)}
    return made | {"originalStartTime": dict(made["start"])}
