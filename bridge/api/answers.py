"""What answers look like. Only described by these models: the answers themselves are written by the views."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from gateway.core.obstacle import Code

State = Literal[
    "connecting",
    "importing",
    "in_step",
    "catching_up",
    "paused",
    "stale",
    "reconnect_needed",
    "stopped",
    "disconnected",
]
Status = Literal["pending", "confirmed", "cancelled", "completed", "no_show", "business_deleted"]
Id = Annotated[int, Field(examples=[11])]

REASON: Final[dict[str, Any]] = {
    "code": "OVERLAP",
    "detail": "There is another booking from 10:00 to 10:45.",
    "source": "",
    "read_at": None,
}
EXAMPLES: Final[Mapping[int, str]] = {
    400: "start has no offset from UTC; write it as 2026-11-24T10:00:00-05:00 or with a Z.",
    401: "Send a key that is good: Authorization: Bearer dbk_…",
    403: "This key may read only; make one with the scope write.",
    404: "There is nothing here for you: no booking 1001.",
    405: "This address can't be used that way.",
    406: "Every answer is application/json, or application/problem+json for an error.",
    409: "This time is taken.",
    412: "This booking was changed by someone else; read it again.",
    413: "A body may have at most 65536 bytes.",
    415: "Send the body as JSON, with Content-Type: application/json.",
    422: "This Idempotency-Key came with another request before.",
    429: "Too many requests; wait 12 s.",
    500: "Something broke on our side. It is in the log.",
    503: "The database doesn't answer; try again in a moment.",
}


_AT: Final = "2026-11-23T12:00:00+00:00"
_SPAN: Final[dict[str, Any]] = {"start": "2026-11-24T15:00:00+00:00", "end": "2026-11-24T15:45:00+00:00"}
_SOURCE: Final[dict[str, Any]] = {
    "connection_id": 3,
    "calendar": "Alice private",
    "read_at": "2026-11-23T11:58:00+00:00",
    "state": "in_step",
}


def _example(**said: Any) -> ConfigDict:
    return ConfigDict(json_schema_extra={"examples": [said]})


class _Told(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Slot(_Told):
    staff_member_id: Id
    start: datetime
    end: datetime


class Source(_Told):
    """A calendar that was looked at. One that can't be read goes on blocking with what was read last."""

    connection_id: Id
    calendar: str
    read_at: datetime | None
    state: State


class Availability(_Told):
    """Every time at which a booking could begin, as things stood at `as_of`."""

    model_config = _example(
        as_of=_AT, time_zone="America/New_York", slots=[{"staff_member_id": 11} | _SPAN], sources=[_SOURCE]
    )

    as_of: datetime
    time_zone: Annotated[str, Field(description="An IANA name.", examples=["America/New_York"])]
    slots: list[Slot]
    sources: list[Source]


class Interval(_Told):
    start: datetime
    end: datetime
    source: Literal["booking", "external", "block"]


class Busy(_Told):
    """When a staff member is taken; never by what."""

    model_config = _example(as_of=_AT, intervals=[_SPAN | {"source": "booking"}], sources=[_SOURCE])

    as_of: datetime
    intervals: list[Interval]
    sources: list[Source]


class Reason(_Told):
    """One thing that stands in the way. `read_at` is how old the knowledge is."""

    model_config = _example(**REASON)

    code: Code
    detail: str
    source: Annotated[str, Field(description="The calendar it is known from; empty for our own.")]
    read_at: datetime | None


class Explanation(_Told):
    """Whether a booking at this time would be taken now, and if not, everything that stands in its way."""

    model_config = _example(as_of=_AT, free=False, reasons=[REASON], sources=[_SOURCE])

    as_of: datetime
    free: bool
    reasons: list[Reason]
    sources: list[Source]


class Booking(_Told):
    model_config = _example(
        id=1001,
        staff_member_id=11,
        service_id=31,
        tenant_customer_id=61,
        status="confirmed",
        notes="",
        manager_override=False,
        **_SPAN,
    )

    id: Id
    staff_member_id: Id | None
    service_id: Id | None
    tenant_customer_id: Id | None
    start: datetime
    end: datetime
    status: Status
    notes: str
    manager_override: bool


class Entry(_Told):
    """One thing that happened to a booking, or was refused: who wanted it, where from, and what came of it."""

    id: Id
    at: datetime
    via: Literal["api", "caldav", "sql", "page", "provider", "system"]
    who: Annotated[str, Field(examples=["API key dbk_ab12 (website)"])]
    action: Annotated[str, Field(examples=["change"])]
    outcome: Literal["accepted", "refused", "restored", "observed", "skipped", "delegated", "asked"]
    booking_id: Id | None
    staff_member_id: Id | None
    before: dict[str, Any] | None
    after: dict[str, Any] | None
    reasons: list[dict[str, Any]]


class Timeline(_Told):
    """What happened to a booking, oldest first. `next` is the address of what follows, if anything does."""

    model_config = _example(
        booking_id=1001,
        entries=[
            {
                "id": 7,
                "at": _AT,
                "via": "api",
                "who": "API key dbk_ab12 (website)",
                "action": "move",
                "outcome": "refused",
                "booking_id": 1001,
                "staff_member_id": 11,
                "before": _SPAN | {"status": "confirmed"},
                "after": {"start": "2026-11-24T16:00:00+00:00"},
                "reasons": [{"code": "OVERLAP", "detail": REASON["detail"]}],
            }
        ],
        next=None,
    )

    booking_id: Id
    entries: list[Entry]
    next: str | None


class Problem(BaseModel):
    """RFC 9457. `code` is for programs; `detail` is for people and may change its words."""

    type: Annotated[str, Field(examples=["urn:daybridge:problem:time_taken"])]
    title: str
    status: int
    detail: str
    code: str
    reasons: list[Reason] | None = Field(None, description="With 409: what stands in the way.")
