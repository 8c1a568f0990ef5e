"""Who is signed in with which browser: in, out, and out everywhere."""

from __future__ import annotations

from dataclasses import dataclass

from gateway.core import browser, clock, secrets, signed_link
from gateway.core.browser import Keys, Standing
from gateway.core.errors import NotYours
from gateway.core.language import N_
from gateway.core.signed_link import SignedLink
from gateway.db import browsers
from gateway.services import grant
from gateway.services.deps import Deps
from gateway.services.grant import Member
from gateway.settings import load_credentials

# More than anyone has; who signs in with one more is signed out with the one that was seen least lately.
MOST_BROWSERS = 30


@dataclass(frozen=True, slots=True)
class Pass:
    """What a cookie holds: whose browser, which, and its key."""

    business_id: int
    staff_id: int
    id: int
    key: str


@dataclass(frozen=True, slots=True)
class Browser:
    """One as its owner sees it, times in words."""

    id: int
    name: str
    opened: str
    seen: str


def enter(deps: Deps, token: str, agent: str) -> Pass:
    """Sign in by a link, which is thereby used up. Raises NotYours."""
    business_id, staff_id = grant.spend_sign_in_link(deps, token)
    return begin(deps, business_id, staff_id, agent)


def enter_signed(deps: Deps, link: SignedLink, agent: str) -> Pass:
    """Sign in by a link that the booking app has signed, which is thereby used up. Raises NotYours."""
    signed_link.require(link, load_credentials(deps.settings).sign_in, deps.now())
    grant.spend_signed_link(deps, link)
    return begin(deps, link.business_id, link.staff_id, agent)


def begin(deps: Deps, business_id: int, staff_id: int, agent: str) -> Pass:
    """A new browser of somebody whose right to be in has been seen."""
    key = secrets.make_token(deps.chance(20))
    with deps.database.tenant(business_id) as session:
        id_ = browsers.open_(
            session,
            business_id,
            staff_id,
            browser.name(agent),
            secrets.token_hash(key),
            deps.now(),
            MOST_BROWSERS,
        )
    return Pass(business_id, staff_id, id_, key)


def check(deps: Deps, shown: Pass) -> tuple[Member, Pass]:
    """Who that is, as they are now, and what the cookie is to hold from now on. Raises NotYours for whoever has left,
    was signed out, or shows a key that counts no more."""
    with deps.database.tenant(shown.business_id, read_only=True) as session:
        kept = browsers.find(session, shown.business_id, shown.id)
    if kept is None or kept.staff_id != shown.staff_id:
        raise NotYours(what=N_("this browser is signed out"))
    now, hashed = deps.now(), secrets.token_hash(shown.key)
    keys = Keys(kept.key_hash, kept.former_hash, kept.turned_at, kept.seen_at)
    found = browser.standing(keys, hashed, now)
    if found is Standing.OUT:
        raise NotYours(what=N_("this browser is signed out"))
    member = grant.member(deps, shown.business_id, shown.staff_id)
    if found is Standing.TURN:
        return member, _turned(deps, shown, hashed)
    if now - kept.seen_at > browser.SEEN_EVERY:
        with deps.database.tenant(shown.business_id) as session:
            browsers.seen(session, shown.business_id, shown.id, now)
    return member, shown


def listing(deps: Deps, member: Member) -> list[Browser]:
    """The member's browsers, the one that was seen last first."""
    here = deps.now().astimezone(clock.zone_of(member.zone))
    with deps.database.tenant(member.business_id, read_only=True) as session:
        found = browsers.of(session, member.business_id, member.id)
    return [
        Browser(
            one.id,
            browser.told(one.name),
            clock.lately(one.opened_at.astimezone(here.tzinfo), here),
            clock.ago(one.seen_at.astimezone(here.tzinfo), here),
        )
        for one in found
    ]


def leave(deps: Deps, member: Member, id_: int) -> None:
    """Sign out one of the member's own. Raises NotYours."""
    with deps.database.tenant(member.business_id) as session:
        if not browsers.close(session, member.business_id, member.id, id_):
            raise NotYours(what=N_("no such browser of yours"))


def leave_everywhere(deps: Deps, member: Member) -> None:
    with deps.database.tenant(member.business_id) as session:
        browsers.close_all(session, member.business_id, member.id)


def _turned(deps: Deps, shown: Pass, hashed: bytes) -> Pass:
    key = secrets.make_token(deps.chance(20))
    with deps.database.tenant(shown.business_id) as session:
        turned = browsers.turn(
            session, shown.business_id, shown.id, hashed, secrets.token_hash(key), deps.now()
        )
    return Pass(shown.business_id, shown.staff_id, shown.id, key) if turned else shown
