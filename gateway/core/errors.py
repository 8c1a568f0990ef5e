"""The one error tree.

A message is the class's docstring, filled with the fields that the error carries; so no message can hold a token or a
customer's data by accident. `Refused` is for whoever asked for something; its `status` is what the doors answer with.
`Refused` must not inherit ValueError: Radicale commits the transaction of a PUT that raised one.
"""

from typing import ClassVar

from gateway.core.language import _
from gateway.core.obstacle import Obstacle


class GatewayError(Exception):
    """Something went wrong in Daybridge."""

    remedy: ClassVar[str] = ""

    def __init__(self, **fields: object) -> None:
        self.fields = fields
        super().__init__(self._text().format(**fields))

    def said(self) -> str:
        """The message in the reader's language; as a string it is in English, for logs and programs."""
        fields = {name: _(value) if isinstance(value, str) else value for name, value in self.fields.items()}
        return _(self._text()).format(**fields)

    def _text(self) -> str:
        return " ".join((type(self).__doc__ or "").strip().split("\n\n")[0].split())


class Refused(GatewayError):
    """This can't be done."""

    status: ClassVar[int] = 400


class Invalid(Refused):
    """{reason}"""

    status = 400


class NotYours(Refused):
    """There is nothing here for you: {what}."""

    status = 404


class NotEditable(Refused):
    """{reason}"""

    status = 403


class SlotTaken(Refused):
    """This time can't be booked: {why}"""

    status = 409

    def __init__(self, reasons: tuple[Obstacle, ...]) -> None:
        super().__init__(why=" ".join(reason.detail for reason in reasons))
        self.reasons = reasons


class Changed(Refused):
    """This has changed since you read it; read it again, and decide anew."""

    status = 412


class UidTaken(Refused):
    """This event's UID belongs to another event of this calendar."""

    status = 409

    def __init__(self, href: str) -> None:
        super().__init__()
        self.href = href


class KeyReused(Refused):
    """This Idempotency-Key was used for another request; choose a new one for each thing that you ask for."""

    status = 422


class InvalidSyncToken(Refused):
    """This sync token is from another time or another calendar; start over with an empty one."""

    status = 403


class Throttled(Refused):
    """Too many wrong passwords; try again in {retry_after} s."""

    status = 429


class AppUnreachable(GatewayError):
    """The booking system can't be asked at the moment, so nothing was changed; try again in a few minutes."""

    def __init__(self, retry_after: int) -> None:
        super().__init__()
        self.retry_after = retry_after


class ProviderError(GatewayError):
    """{host} could not do what we asked.

    `permanent`: asking again gives the same. `retry_after`: how many seconds they want us to wait, if they said so.
    """

    permanent: ClassVar[bool] = False

    def __init__(self, *, host: str, retry_after: float | None = None, **fields: object) -> None:
        super().__init__(host=host, **fields)
        self.retry_after = retry_after


class Unavailable(ProviderError):
    """{host} can't be reached: {reason}."""


class RateLimited(ProviderError):
    """{host} asks us to wait before the next request."""


class RemoteChanged(ProviderError):
    """{host} has another version of this event than the one that we know."""


class RemoteGone(ProviderError):
    """{host} doesn't have this any more."""

    permanent = True


class CursorExpired(ProviderError):
    """{host} no longer knows from where we want to go on reading; everything has to be read again."""


class NeedsReconnect(ProviderError):
    """{host} doesn't let us in any more: {reason}."""

    permanent = True


class NotAccepted(ProviderError):
    """{host} doesn't accept this: {reason}."""

    permanent = True


class ForbiddenAddress(ProviderError):
    """Daybridge doesn't call this address ({host}): {reason}."""

    permanent = True


class DatabaseUnavailable(GatewayError):
    """The database doesn't answer: {reason}."""

    remedy = "Is PostgreSQL running, and is database_url right? `daybridge doctor` says more."


class SetupError(GatewayError):
    """{problem}"""

    def __init__(self, problem: str, remedy: str = "") -> None:
        super().__init__(problem=problem)
        self.remedy = remedy  # type: ignore[misc]  # each one has its own way out
