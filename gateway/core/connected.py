"""Connected accounts and their calendars, as they are kept."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from gateway.core.blocking import BlockRules
from gateway.core.connection import Facts
from gateway.core.decide import Base
from gateway.core.model import Detail
from gateway.core.remote import Stamp


@dataclass(frozen=True, slots=True)
class Connection:
    """An account that a staff member, or with `staff_id` None the business, has connected.

    `sealed` is what lets us in, encrypted; None before and after. `leaving`: our events there are being taken away.
    `approved`: its owner said that the large change which stopped it is right.
    """

    business_id: int
    id: int
    staff_id: int | None
    provider: str
    account: str
    account_key: str
    detail: Detail
    rules: BlockRules
    titles: bool
    sealed: bytes | None = field(repr=False)
    leaving: bool
    approved: bool
    failures: int
    pull_asked_at: datetime | None
    pulled_at: datetime | None
    listed_at: datetime | None
    facts: Facts


@dataclass(frozen=True, slots=True)
class ConnectedCalendar:
    """A calendar of an account. `cursor` is where reading goes on, empty while all of it has to be read; `round` counts
    how often that was, and `imported` the events read in the present round."""

    id: int
    remote_id: str
    name: str
    zone: str
    writable: bool
    main: bool
    listed: bool
    blocks: bool
    receives: bool
    cursor: str
    round: int
    imported: int
    read_at: datetime | None
    read_whole_at: datetime | None

    @property
    def is_read(self) -> bool:
        return self.listed and (self.blocks or self.receives)


@dataclass(frozen=True, slots=True)
class Mapping:
    """A booking's event in a connected account, as last agreed. `wanted` is how often it was asked for by now, and
    `wanted_at` since when a change of the booking waits, if one does; `calendar` is what its provider calls the place
    where it is, empty before the first attempt to put it there."""

    booking_id: int
    connection_id: int
    calendar_id: int | None
    calendar: str
    generation: int
    stamp: Stamp
    fingerprint: str
    wanted: int
    look: bool
    attempts: int
    wanted_at: datetime | None = None

    @property
    def base(self) -> Base | None:
        """What was agreed, if anything was ever put there or may have been."""
        return Base(self.stamp, self.fingerprint) if self.stamp.id else None


class LeaseLost(Exception):  # not an error of anybody's: somebody else goes on
    """Another worker serves this connection by now; what we were about to write down is theirs to find out."""
