"""Why a time can't be booked: a word for machines, a sentence for people, and where we know it from."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from gateway.core.model import require_aware


class Code(StrEnum):
    """In the order in which they are told."""

    INACTIVE = "INACTIVE"
    NOT_ASSIGNED = "NOT_ASSIGNED"
    UNREADABLE = "UNREADABLE"
    PAST = "PAST"
    TOO_SOON = "TOO_SOON"
    TOO_FAR = "TOO_FAR"
    HOURS = "HOURS"
    EXCEPTION = "EXCEPTION"
    DAY_FULL = "DAY_FULL"
    OVERLAP = "OVERLAP"
    BUFFER = "BUFFER"
    EXTERNAL = "EXTERNAL"
    BLOCK = "BLOCK"


@dataclass(frozen=True, slots=True)
class Obstacle:
    """`detail` never holds a customer's name or an event's title. `source` and `read_at` say which calendar elsewhere
    stands in the way, and when we last read it; empty and None for what our own database knows."""

    code: Code
    detail: str
    source: str = ""
    read_at: datetime | None = None

    def __post_init__(self) -> None:
        require_aware(*([self.read_at] if self.read_at else []))
