"""What an object is refused for: the precondition that a client understands, and a sentence for people."""

from __future__ import annotations

from typing import ClassVar, Final

from gateway.core.errors import Refused

MAX_OCTETS: Final = 1_048_576

DATA: Final = "C:valid-calendar-data"
OBJECT: Final = "C:valid-calendar-object-resource"
SUPPORTED_DATA: Final = "C:supported-calendar-data"
COMPONENT: Final = "C:supported-calendar-component"
SIZE: Final = "C:max-resource-size"
INSTANCES: Final = "C:max-instances"


class Unacceptable(Refused):
    """{reason}"""

    status: ClassVar[int] = 403

    def __init__(self, precondition: str, reason: str) -> None:
        super().__init__(precondition=precondition, reason=reason)
        self.precondition = precondition
