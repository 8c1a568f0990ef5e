"""What a request may say, and what an answer looks like. Requests are read by these; answers are only described.

Nothing unknown is taken: a misspelt field would otherwise be a booking without its notes, and nobody would notice.
"""

from __future__ import annotations

import re
from datetime import datetime
from functools import cache
from typing import Annotated, Any, Final, Literal, Self

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    WithJsonSchema,
    model_validator,
)
from pydantic_core import PydanticCustomError

from gateway.core.booking import LONGEST_NAME, LONGEST_NOTES
from gateway.core.facts import LONGEST_SERVICE_MINS
from gateway.core.free import MOST_STAFF

LARGEST_ID: Final = 2**63 - 1
LONGEST_REASON: Final = 500
MOST_ENTRIES: Final = 200
LONGEST_KEY: Final = 255

# RFC 3339 5.6 with an offset. The years are those in which a booking can lie; others are typing errors.
_DATE = r"20[0-9]{2}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])"
_TIME = r"([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\.[0-9]{1,6})?"
_OFFSET = r"([Zz]|[+-]([01][0-9]|2[0-3]):[0-5][0-9])"
_MOMENT = re.compile(f"({_DATE}[Tt]{_TIME})({_OFFSET})?")
_EXAMPLE = "2026-11-24T10:00:00-05:00"


def read_moment(said: object) -> datetime:
    """An RFC 3339 time with an offset, as sent. Raises PydanticCustomError with the remedy."""
    if isinstance(said, str) and (found := _MOMENT.fullmatch(said)):
        if not found[6]:
            raise PydanticCustomError("moment", f"has no offset from UTC; write it as {_EXAMPLE} or with a Z")
        try:
            return datetime.fromisoformat(said.upper())
        except ValueError:
            raise PydanticCustomError("moment", "is no day of the calendar") from None
    if isinstance(said, str) and _MOMENT.fullmatch(said.replace(" ", "+")):
        raise PydanticCustomError("moment", "has a space where its + was; in an address, write + as %2B")
    raise PydanticCustomError("moment", f"must be a time with an offset from UTC, such as {_EXAMPLE}")


def _whole(said: object) -> object:
    """A number in an address is its digits and nothing else: not 1_000, not 1.0, not a space."""
    if isinstance(said, str) and re.fullmatch(r"-?[0-9]{1,19}", said):
        return int(said)
    raise PydanticCustomError("whole", "must be a whole number of at most 19 digits")


Moment = Annotated[
    datetime,
    BeforeValidator(read_moment),
    WithJsonSchema(
        {
            "type": "string",
            "format": "date-time",
            "pattern": f"^{_DATE}[Tt]{_TIME}{_OFFSET}$",
            "example": _EXAMPLE,
        }
    ),
]
Id = Annotated[int, Field(ge=1, le=LARGEST_ID, examples=[11])]
# As in an address, where everything is text.
IdThere = Annotated[int, Field(ge=1, le=LARGEST_ID), BeforeValidator(_whole)]
Minutes = Annotated[int, Field(ge=1, le=LONGEST_SERVICE_MINS), BeforeValidator(_whole)]


# A text without NUL, which PostgreSQL can't keep.
_PLAIN: Final = r"^[^\x00]*$"
_ADDRESS: Final = r"^[^\s@\x00-\x1f<>,;]+@[^\s@\x00-\x1f<>,;]+$"
Notes = Annotated[str, Field(max_length=LONGEST_NOTES, pattern=_PLAIN)]
Name = Annotated[str, Field(max_length=LONGEST_NAME, pattern=_PLAIN)]


class _Model(BaseModel):
    """Its JSON Schema is made once; the framework asks for it at every request."""

    @classmethod
    def model_json_schema(cls, *args: Any, **named: Any) -> dict[str, Any]:
        return _schema(cls, args, tuple(named.items()))


@cache
def _schema(model: type[_Model], args: tuple[Any, ...], named: tuple[Any, ...]) -> dict[str, Any]:
    return super(_Model, model).model_json_schema(*args, **dict(named))


class _Asked(_Model):
    """Something that is asked."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Window(_Asked):
    since: Moment = Field(alias="from", description="Where the time asked about begins.")
    until: Moment = Field(alias="to", description="Where it ends; this moment is no longer part of it.")


class AvailabilityQuery(Window):
    staff_member_id: list[IdThere] = Field(
        min_length=1, max_length=MOST_STAFF, description="Whose time. Say it again for each staff member."
    )
    service_id: IdThere = Field(description="What for.")
    duration: Minutes | None = Field(
        None, description="How long, in minutes, where it is not the service's own length."
    )


class BusyQuery(Window):
    staff_member_id: IdThere = Field(description="Whose time.")


class ExplainQuery(_Asked):
    staff_member_id: IdThere = Field(description="Who would do it.")
    service_id: IdThere = Field(description="What.")
    start: Moment = Field(description="When it would begin.")
    duration: Minutes | None = Field(
        None, description="How long, in minutes, where it is not the service's own length."
    )


class TimelineQuery(_Asked):
    after: Annotated[int, Field(ge=0, le=LARGEST_ID), BeforeValidator(_whole)] = Field(
        0, description="Only what follows the entry with this id."
    )
    limit: Annotated[int, Field(ge=1, le=MOST_ENTRIES), BeforeValidator(_whole)] = Field(
        50, description="How many entries at most."
    )


class CancelQuery(_Asked):
    reason: Annotated[str, Field(max_length=LONGEST_REASON, pattern=_PLAIN)] = Field(
        "",
        description="Why, in a few words; kept with the booking. It stands in logs too, as all of an address.",
    )


class WriteHeaders(_Model):
    """What a write may say beside its body."""

    key: Annotated[str, Field(max_length=LONGEST_KEY, pattern=r"^[!-~]+$")] | None = Field(
        None,
        alias="Idempotency-Key",
        description="A word of your own for this write, such as a UUID. Sent again with the same request, it gives "
        "the first answer again and does nothing; with another request it is refused (422).",
    )


class ChangeHeaders(WriteHeaders):
    if_match: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)] | None = Field(
        None,
        alias="If-Match",
        description="The ETag that you know. If the booking is another by now, nothing is done (412).",
    )


class BookingPath(_Model):
    booking_id: int = Field(ge=0, le=10**18 - 1, description="The booking's id.")


class Customer(_Asked):
    """A customer: found by e-mail address, in any case, or made."""

    model_config = ConfigDict(strict=True)

    first_name: Annotated[Name, Field(min_length=1, examples=["Maria"])]
    last_name: Annotated[Name, Field(examples=["Santos"])]
    email: Annotated[str, Field(max_length=254, pattern=_ADDRESS, examples=["maria@example.com"])]
    phone: Annotated[str, Field(max_length=50, pattern=_PLAIN)] | None = None


def _given(name: str, kind: str) -> Any:
    """JSON Schema for: this field is there, and not null."""
    return {"required": [name], "properties": {name: {"type": kind}}}


class BookingBody(_Asked):
    """A booking that is wanted, for a customer whom you know by id, or for one whom you describe."""

    model_config = ConfigDict(
        strict=True,
        json_schema_extra={
            "oneOf": [_given("tenant_customer_id", "integer"), _given("customer", "object")],
            "examples": [
                {
                    "staff_member_id": 11,
                    "service_id": 31,
                    "start": _EXAMPLE,
                    "customer": {"first_name": "Maria", "last_name": "Santos", "email": "maria@example.com"},
                }
            ],
        },
    )

    staff_member_id: Id
    service_id: Id
    start: Moment
    end: Moment | None = Field(None, description="Without it, the booking is as long as its service.")
    tenant_customer_id: Id | None = None
    customer: Customer | None = None
    notes: Notes | None = None

    @model_validator(mode="after")
    def _has_one_customer(self) -> Self:
        if (self.tenant_customer_id is None) == (self.customer is None):
            raise PydanticCustomError("customer", "needs either tenant_customer_id or customer, and not both")
        return self


class ChangeBody(_Asked):
    """What shall be different; what is left out stays as it is. A new start alone keeps the booking's length."""

    model_config = ConfigDict(
        strict=True,
        json_schema_extra={
            "anyOf": [
                *(_given(name, "string") for name in ("start", "end", "notes", "status")),
                _given("staff_member_id", "integer"),
            ],
            "examples": [{"start": _EXAMPLE}],
        },
    )

    start: Moment | None = None
    end: Moment | None = None
    staff_member_id: Id | None = None
    notes: Notes | None = None
    status: Literal["pending", "confirmed"] | None = Field(None, description="To cancel, use DELETE.")

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if all(value is None for _, value in self):
            raise PydanticCustomError("change", "says nothing that shall be different")
        return self
