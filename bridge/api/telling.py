"""What the services answer, as JSON. A month of free times for a whole team has tens of thousands of lines, so they are
put together as text, and a moment that many share is written once."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime

from flask import Response

from gateway.core.booking import BookingRecord, LogEntry
from gateway.core.free import Answer, Busy, Explanation, Source, StaffSlots
from gateway.core.obstacle import Obstacle


def written(body: str, status: int = 200) -> Response:
    return Response(body, status=status, mimetype="application/json")


class _Moments(dict[int, str]):
    """Moments, as seconds since 1970, as JSON texts in UTC; each written once."""

    def __missing__(self, seconds: int) -> str:
        said = self[seconds] = f'"{datetime.fromtimestamp(seconds, UTC).isoformat()}"'
        return said


def availability(found: Answer) -> str:
    said = _Moments()
    slots = ",".join([slot for one in found.slots for slot in _slots(one, said)])
    return (
        f'{{"as_of":"{_utc(found.as_of)}","time_zone":{json.dumps(found.time_zone)},'
        f'"slots":[{slots}],"sources":{json.dumps(_sources(found.sources))}}}'
    )


def _slots(of: StaffSlots, said: _Moments) -> list[str]:
    whose, length = f'{{"staff_member_id":{of.staff_id},"start":', of.minutes * 60
    return [f'{whose}{said[start]},"end":{said[start + length]}}}' for start in of.starts]


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
