"""The one error tree.

A message is the class's docstring, filled with the fields that the error carries; so no message can hold a token or a
customer's data by accident. `Refused` is for whoever asked for something; its `status` is what the doors answer with.
`Refused` must not inherit ValueError: Radicale commits the transaction of a PUT that raised one.
"""

from typing import ClassVar


class GatewayError(Exception):
    """Something went wrong in Daybridge."""

    remedy: ClassVar[str] = ""

    def __init__(self, **fields: object) -> None:
        self.fields = fields
        text = (type(self).__doc__ or "").strip().split("\n\n")[0]
        super().__init__(" ".join(text.split()).format(**fields))


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


class InvalidSyncToken(Refused):
    """This sync token is from another time or another calendar; start over with an empty one."""

    status = 403


class Throttled(Refused):
    """Too many wrong passwords; try again in {retry_after} s."""

    status = 429


class DatabaseUnavailable(GatewayError):
    """The database doesn't answer: {reason}."""

    remedy = "Is PostgreSQL running, and is database_url right? `daybridge doctor` says more."


class SetupError(GatewayError):
    """{problem}"""

    def __init__(self, problem: str, remedy: str = "") -> None:
        super().__init__(problem=problem)
        self.remedy = remedy  # type: ignore[misc]  # each one has its own way out
