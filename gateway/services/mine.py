"""What a staff member’s own page tells: where their bookings appear, what blocks their time, and what is asked."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from gateway.core import clock
from gateway.core.connection import CONNECT, LOOK, RECONNECT, REVIEW
from gateway.core.language import _
from gateway.core.told_rules import Example, examples
from gateway.db import mine as stored
from gateway.db.access import FeedEntry
from gateway.services import accounts, grant, questions, rules
from gateway.services.accounts import AccountView, Owner
from gateway.services.deps import Deps
from gateway.services.grant import Member
from gateway.services.questions import Question

# Who hasn't looked for so long is asked about.
_LONG_AGO = timedelta(days=60)
# What only its owner can mend.
_NEEDS_YOU = (RECONNECT, CONNECT, REVIEW, LOOK)


@dataclass(frozen=True, slots=True)
class Device:
    """A phone or a computer; `seen` says when it looked last, in words."""

    id: int
    label: str
    seen: str
    is_phone: bool


@dataclass(frozen=True, slots=True)
class Link:
    """A read-only address; `read` says when somebody looked last, in words."""

    entry: FeedEntry
    read: str


@dataclass(frozen=True, slots=True)
class Mine:
    """The whole page. `ahead` counts bookings of the next seven days."""

    owner: Owner
    accounts: list[AccountView]
    devices: list[Device]
    links: list[Link]
    questions: list[Question]
    examples: tuple[Example, ...]
    ahead: int

    @property
    def troubles(self) -> list[AccountView]:
        return [one for one in self.accounts if one.told.action in _NEEDS_YOU and not _is_over(one)]

    @property
    def receiving(self) -> list[AccountView]:
        return [one for one in self.accounts if one.receiving and not _is_over(one)]

    @property
    def reading(self) -> list[AccountView]:
        """Those that block time, and whatever has no other place on the page."""
        return [one for one in self.accounts if one.blocks or _is_over(one) or not one.receiving]

    @property
    def is_new(self) -> bool:
        return not (self.accounts or self.devices or self.links)


def mine(deps: Deps, member: Member) -> Mine:
    """Everything about this member, as it is now. Raises NotYours."""
    owner, now = accounts.owner(deps, member), deps.now()
    zone = clock.zone_of(member.zone)
    here = now.astimezone(zone)
    with deps.database.tenant(member.business_id, read_only=True) as session:
        ahead = stored.ahead(session, member.business_id, member.id, now, now + timedelta(days=7))
        chosen = rules.of(session, member.business_id, deps.settings)
    return Mine(
        owner,
        accounts.listing(deps, owner),
        [
            Device(one.id, one.label, _seen(one.last_used_at, here), _is_phone(one.label))
            for one in grant.app_passwords(deps, member.business_id, member.id)
        ],
        [
            Link(one, _read(one.last_used_at, here))
            for one in grant.feeds(deps, member.business_id, member.id)
        ],
        questions.waiting(deps, member),
        examples(chosen),
        ahead,
    )


def _is_over(one: AccountView) -> bool:
    return one.connection.facts.closed_at is not None


def _seen(moment: datetime | None, here: datetime) -> str:
    if moment is None:
        return _("Not seen yet")
    local = moment.astimezone(here.tzinfo)
    if here - local > _LONG_AGO:
        return _("Not seen since {date}. Still yours?").format(date=clock.date(local, here))
    return _("Looked {when}").format(when=clock.ago(local, here))


def _read(moment: datetime | None, here: datetime) -> str:
    if moment is None:
        return _("not read yet")
    return _("read {when}").format(when=clock.ago(moment.astimezone(here.tzinfo), here))


def _is_phone(label: str) -> bool:
    """By what people call it."""
    words = label.lower()
    return not any(word in words for word in ("mac", "pc", "laptop", "computer", "desk", "thunderbird"))
