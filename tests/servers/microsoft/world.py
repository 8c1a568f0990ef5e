"""Everything that this Microsoft knows, in one place and under one lock."""

from __future__ import annotations

import threading
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from tests.servers.google.grants import Client
from tests.servers.google.wire import Answer, HangUp
from tests.servers.google.world import Asked
from tests.servers.microsoft.behaviour import Behaviour
from tests.servers.microsoft.calendars import Calendar
from tests.servers.microsoft.consent import Visitor
from tests.servers.microsoft.courier import Courier
from tests.servers.microsoft.delta import Deltas
from tests.servers.microsoft.faults import Faults
from tests.servers.microsoft.grants import Grants
from tests.servers.microsoft.items import Item
from tests.servers.microsoft.limits import Limits
from tests.servers.microsoft.mailbox import Mailbox
from tests.servers.microsoft.subscriptions import Subscriptions


@dataclass
class World:
    now: Callable[[], datetime]
    behaviour: Behaviour
    client: Client
    lock: threading.RLock = field(default_factory=threading.RLock)
    mailboxes: dict[str, Mailbox] = field(default_factory=dict)
    visitor: Visitor = field(default_factory=Visitor)
    limits: Limits = field(default_factory=Limits)
    faults: Faults = field(default_factory=Faults)
    # Writes through Graph that took effect, by method; requests of all kinds, answered or not; and each in detail.
    writes: Counter[str] = field(default_factory=Counter)
    requests: Counter[str] = field(default_factory=Counter)
    journal: deque[Asked] = field(default_factory=lambda: deque(maxlen=200_000))

    def __post_init__(self) -> None:
        self.grants = Grants(self.behaviour, self.now, {self.client.id: self.client})
        self.deltas = Deltas(self.behaviour)
        self.courier = Courier(self.behaviour)  # type: ignore[arg-type]  # it needs only the notification_… of it
        self.subscriptions = Subscriptions(self.behaviour, self.courier, self.now)

    def mailbox(self, email: str, zone: str) -> Mailbox:
        """A new account with its default calendar."""
        if email in self.mailboxes:
            raise ValueError(f"{email} has an account")

        def changed(calendar: Calendar, item: Item, how: str) -> None:
            self.subscriptions.changed(made, calendar, item, how)

        made = self.mailboxes[email] = Mailbox(email, zone, self.behaviour, self.now, changed)
        made.add("Calendar", default=True)
        return made

    def linger(self, method: str) -> None:
        """Be slow, if that was ordered; without keeping others waiting."""
        with self.lock:
            slow = self.faults.take(method, "slow")
        if slow:
            self.faults.over.wait(slow.seconds)

    def trip(self, method: str) -> None:
        fault = self.faults.take(method, "fail", "lose_request")
        if fault and fault.kind == "lose_request":
            raise HangUp
        if fault:
            raise fault.refusal()

    def spoilt(self, method: str, said: Answer) -> Answer:
        """The answer to something that was done, if no mishap was ordered for it."""
        if self.faults.take(method, "lose_answer"):
            raise HangUp
        if self.faults.take(method, "malformed"):
            return Answer(said.status, said.body[: len(said.body) // 2] or b"{", said.headers)
        return said
