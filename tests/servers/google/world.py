"""Everything that this Google knows, in one place and under one lock."""

from __future__ import annotations

import secrets
import ssl
import threading
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from tests.servers.google.accounts import Account
from tests.servers.google.behaviour import Behaviour
from tests.servers.google.calendars import Calendar
from tests.servers.google.channels import Channels
from tests.servers.google.consent import Visitor
from tests.servers.google.courier import Courier
from tests.servers.google.faults import Faults
from tests.servers.google.grants import Client, Grants
from tests.servers.google.limits import Limits
from tests.servers.google.listing import Listing
from tests.servers.google.wire import Answer, HangUp


@dataclass(frozen=True, slots=True)
class Asked:
    """A line of the journal."""

    at: datetime
    method: str
    email: str | None
    status: int | None
    seconds: float


@dataclass(frozen=True, slots=True)
class Mail:
    """An invitation or a notice that Google would have sent to people."""

    event_id: str
    to: tuple[str, ...]
    occasion: str


@dataclass
class World:
    now: Callable[[], datetime]
    behaviour: Behaviour
    client: Client
    tls: ssl.SSLContext | None = None
    lock: threading.RLock = field(default_factory=threading.RLock)
    accounts: dict[str, Account] = field(default_factory=dict)
    calendars: dict[str, Calendar] = field(default_factory=dict)
    visitor: Visitor = field(default_factory=Visitor)
    limits: Limits = field(default_factory=Limits)
    faults: Faults = field(default_factory=Faults)
    # Writes through the API that took effect, by method; requests of all kinds, answered or not; and each in detail.
    writes: Counter[str] = field(default_factory=Counter)
    requests: Counter[str] = field(default_factory=Counter)
    journal: deque[Asked] = field(default_factory=lambda: deque(maxlen=200_000))
    mails: list[Mail] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.grants = Grants(self.behaviour, self.now, {self.client.id: self.client})
        self.listing = Listing(self.behaviour)
        self.courier = Courier(self.behaviour, self.tls)
        self.channels = Channels(self.behaviour, self.courier, self.now)

    def account(self, email: str, zone: str) -> Account:
        """A new account with its primary calendar."""
        if email in self.accounts:
            raise ValueError(f"{email} has an account")
        account = self.accounts[email] = Account(email, zone)
        account.add(self._calendar(email, email, zone, email), "owner")
        return account

    def second_calendar(self, owner: Account, summary: str, zone: str | None) -> Calendar:
        calendar_id = f"c_{secrets.token_hex(16)}@group.calendar.google.com"
        return self._calendar(calendar_id, summary, zone or owner.zone, owner.email)

    def _calendar(self, calendar_id: str, summary: str, zone: str, owner: str) -> Calendar:
        calendar = Calendar(calendar_id, summary, zone, owner, self.now, self._changed)
        self.calendars[calendar_id] = calendar
        return calendar

    def _changed(self, calendar: Calendar) -> None:
        self.channels.changed(calendar.id)

    def linger(self, method: str) -> None:
        """Be slow, if that was ordered; without keeping others waiting."""
        with self.lock:
            slow = self.faults.take(method, "slow")
        if slow:
            self.faults.over.wait(slow.seconds)

    def spoilt(self, method: str, said: Answer) -> Answer:
        """The answer to something that was done, if no mishap was ordered for it."""
        if self.faults.take(method, "lose_answer"):
            raise HangUp
        if self.faults.take(method, "malformed"):
            return Answer(said.status, said.body[: len(said.body) // 2] or b"{", said.headers)
        return said

    def reset_counters(self) -> None:
        with self.lock:
            self.writes.clear()
            self.requests.clear()
            self.journal.clear()
            self.mails.clear()
