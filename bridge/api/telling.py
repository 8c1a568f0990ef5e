"""What the services answer, as JSON. A month of free times for a whole team has tens of thousands of lines, so they are
put together as text, and a moment that many share is written once."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import lru_cache

from flask import Response

from gateway.core.booking import BookingRecord, LogEntry
from gateway.core.free import Answer, Busy, Explanation, Source, StaffSlots
from gateway.core.obstacle import Obstacle


def written(body: str, status: int = 200) -> Response:
    return Response(body, status=status, mimetype="application/json")


class _Slots(dict[int, str]):
    """What slots of one length say of their times, by when they start, in seconds since 1970: each written once,
    however many staff members have it."""

    def __init__(self, seconds: int) -> None:
        self._seconds = seconds

    def __missing__(self, start: int) -> str:
        said = self[start] = f'"start":"{_moment(start)}","end":"{_moment(start + self._seconds)}"}}'
        return said


@lru_cache(maxsize=16_384)
def _moment(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat()


def availability(found: Answer) -> str:
    said = {minutes: _Slots(minutes * 60) for minutes in {one.minutes for one in found.slots}}
    slots = ",".join([_slots(one, said[one.minutes]) for one in found.slots if one.starts])
    return (
        f'{{"as_of":"{_utc(found.as_of)}","time_zone":{json.dumps(found.time_zone)},'
        f'"slots":[{slots}],"sources":{json.dumps(_sources(found.sources))}}}'
    )


def _slots(of: StaffSlots, said: _Slots) -> str:
    whose = f'{{"staff_member_id":{of.staff_id},'
    return whose + f",{whose}".join([said[start] for start in of.starts])


def busy(found: Busy) -> str:
    intervals = [
        {"start": _utc(one.starts_at), "end": _utc(one.ends_at), "source": one.source}
        for one in found.intervals
    ]
    return json.dumps(
        {"as_of": _utc(found.as_of), "intervals": intervals, "sources": _sources(found.sources)}
    )


def explanation(found: Explanation) -> str:
    return json.dumps(
        {
            "as_of": _utc(found.as_of),
            "free": found.free,
            "reasons": reasons(found.reasons),
            "sources": _sources(found.sources),
        }
    )


def reasons(found: Sequence[Obstacle]) -> list[dict[str, object]]:
    """As `explain` gives them, and a refusal too."""
    return [
        {"code": one.code, "detail": one.detail, "source": one.source, "read_at": _maybe(one.read_at)}
        for one in found
    ]


def booking(record: BookingRecord) -> str:
    return json.dumps(record.told())


def timeline(booking_id: int, entries: Sequence[LogEntry], following: str | None) -> str:
    return json.dumps(
        {"booking_id": booking_id, "entries": [_entry(one) for one in entries], "next": following}
    )


def _entry(entry: LogEntry) -> dict[str, object]:
    return {
        "id": entry.id,
        "at": _utc(entry.happened_at),
        "via": entry.via,
        "who": entry.who,
        "action": entry.action,
        "outcome": entry.outcome,
        "booking_id": entry.booking_id,
        "staff_member_id": entry.staff_id,
        "before": entry.before,
        "after": entry.after,
        "reasons": list(entry.reasons),
    }


def _sources(found: Sequence[Source]) -> list[dict[str, object]]:
    return [
        {
            "connection_id": one.connection_id,
            "calendar": one.calendar,
            "read_at": _maybe(one.read_at),
            "state": one.state,
        }
        for one in found
    ]


def _utc(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat()


def _maybe(moment: datetime | None) -> str | None:
    return _utc(moment) if moment else None
