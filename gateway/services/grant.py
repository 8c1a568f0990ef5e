"""Give out what opens a door, and take it back: app passwords, feeds, API keys, sign-in links.

What is given out is shown once, and kept as a hash only. Where it is done on a page for the whole business, the log
tells `by` whom.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from gateway.core import clock, secrets, signed_link
from gateway.core.booking import Actor, Outcome
from gateway.core.errors import Invalid, NotYours
from gateway.core.language import N_, _, ngettext
from gateway.core.model import CalendarKind, Detail
from gateway.core.signed_link import SignedLink
from gateway.db import access, bookings, calendars, outbox, standing, synclog
from gateway.db.access import ApiKeyEntry, AppPasswordEntry, FeedEntry, StaffMember
from gateway.db.engine import Session
from gateway.services.deps import Deps
from gateway.services.sign_in import HASHER

# More devices than anyone has; a forgotten script that makes one a day is stopped here.
MOST_PASSWORDS = 50
MOST_KEYS = 50
SIGN_IN_LINK_LIFE = timedelta(minutes=15)
_LONGEST_LABEL = 100
# By the kind of key: what is told of one that isn't there, and of one that isn't the asker's.
_NO_SUCH: Mapping[str, str] = {
    "app_password": N_("no such app password"),
    "feed": N_("no such feed"),
    "api_key": N_("no such api key"),
}
_NO_SUCH_OF_YOURS: Mapping[str, str] = {
    "app_password": N_("no such app password of yours"),
    "feed": N_("no such feed of yours"),
}
_LINK_IS_SPENT = N_("this link was used or is too old; ask for a new one")


@dataclass(frozen=True, slots=True)
class Granted:
    """A new key to a door. `secret` is shown this once; `name` is what to sign in as, where there is such a thing."""

    id: int
    secret: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class Member:
    """A staff member who is signed in to the pages; `zone` is the IANA name of the zone of the business."""

    business_id: int
    id: int
    name: str
    email: str
    manages: bool = False
    business: str = ""
    zone: str = "UTC"

    @property
    def first_name(self) -> str:
        return self.name.split()[0] if self.name.split() else _("You")

    @property
    def initials(self) -> str:
        """At most two letters."""
        words = self.name.split()
        return "".join(word[0] for word in [*words[:1], *words[1:][-1:]]).upper()

    @property
    def zone_name(self) -> str:
        """As people say it: the city."""
        return self.zone.rpartition("/")[2].replace("_", " ")


def member(deps: Deps, business_id: int, staff_id: int) -> Member:
    """A staff member as they are now. Raises NotYours when they have left."""
    with deps.database.tenant(business_id, read_only=True) as session:
        found = _member(session, business_id, staff_id)
        manages = standing.manages(session, business_id, staff_id)
        business = bookings.business(session, business_id)
    zone = clock.zone_of(business.time_zone if business else "").key
    name = business.name if business else ""
    return Member(business_id, found.id, found.name, found.email, manages, name, zone)


def app_password(deps: Deps, business_id: int, staff_id: int, label: str) -> Granted:
    """A password for one device of a staff member. Raises NotYours, Invalid."""
    made = secrets.make_password(deps.chance(20))
    with deps.database.tenant(business_id) as session:
        member = _member(session, business_id, staff_id)
        if not member.email:
            words = _("{name} has no e-mail address to sign in with; give them one first.")
            raise Invalid(reason=words.format(name=member.name))
        if len(access.app_passwords(session, business_id, staff_id)) >= MOST_PASSWORDS:
            raise Invalid(reason=_too_many_passwords(member.name))
        hashed = HASHER.hash(made.secret)
        id_ = access.add_app_password(session, business_id, staff_id, _label(label), made.selector, hashed)
        return Granted(id_, made.text, member.email)


def feed(
    deps: Deps,
    business_id: int,
    kind: CalendarKind,
    staff_id: int | None,
    detail: Detail,
    label: str,
    by: Actor | None = None,
) -> Granted:
    """A secret address of a calendar at a level of detail. The calendar is made if no one had it so far."""
    token = secrets.make_token(deps.chance(20))
    with deps.database.tenant(business_id) as session:
        if staff_id is not None:
            _member(session, business_id, staff_id)
        calendar_id = access.calendar_id(session, business_id, kind, staff_id, detail)
        if calendar_id is None:
            calendar_id = calendars.add(session, business_id, kind, staff_id, detail)
            outbox.note_business(session, business_id)
        hashed = secrets.token_hash(token)
        id_ = access.add_feed(session, business_id, calendar_id, staff_id, _label(label), hashed)
        _note(session, by, "make_feed", staff_id, label=_label(label), detail=str(detail))
    return Granted(id_, f"{deps.settings.address}/feeds/{token}.ics")


def api_key(deps: Deps, business_id: int, scope: str, label: str, by: Actor | None = None) -> Granted:
    """A key for the booking app; `scope` is read or write. Raises Invalid."""
    if scope not in ("read", "write"):
        raise Invalid(reason="An API key's scope is read or write.")
    token = "dbk_" + secrets.make_token(deps.chance(20))
    with deps.database.tenant(business_id) as session:
        if len(access.api_keys(session, business_id)) >= MOST_KEYS:
            words = ngettext(
                "There is {n} API key already; revoke some first.",
                "There are {n} API keys already; revoke some first.",
                MOST_KEYS,
            )
            raise Invalid(reason=words.format(n=MOST_KEYS))
        hashed = secrets.token_hash(token)
        id_ = access.add_api_key(session, business_id, _label(label), token[:8], hashed, scope)
        _note(session, by, "make_key", label=_label(label), scope=scope)
    return Granted(id_, token)


def sign_in_link(deps: Deps, business_id: int, staff_id: int, by: Actor | None = None) -> Granted:
    """A one-time way into the pages, good for a quarter of an hour."""
    token = secrets.make_token(deps.chance(20))
    with deps.database.tenant(business_id) as session:
        member = _member(session, business_id, staff_id)
        hashed = secrets.token_hash(token)
        id_ = access.add_sign_in_link(session, business_id, staff_id, hashed, SIGN_IN_LINK_LIFE)
        _note(session, by, "invite", staff_id, name=member.name)
    return Granted(id_, f"{deps.settings.address}/sign-in/{token}", member.name)


def spend_sign_in_link(deps: Deps, token: str) -> tuple[int, int]:
    """(business id, staff id) of whoever holds this link, which is thereby used up. Raises NotYours."""
    holder = access.holder_of_token(deps.database, "sign_in_link", secrets.token_hash(token))
    if holder is None:
        raise NotYours(what=_LINK_IS_SPENT)
    business_id, link_id = holder
    with deps.database.tenant(business_id) as session:
        staff_id = access.use_sign_in_link(session, business_id, link_id)
    if staff_id is None:
        raise NotYours(what=_LINK_IS_SPENT)
    return business_id, staff_id


def spend_signed_link(deps: Deps, link: SignedLink) -> None:
    """Note that a link of the booking app was used; of two who come with it at once, one gets in. Raises NotYours."""
    with deps.database.tenant(link.business_id) as session:
        _member(session, link.business_id, link.staff_id)
        mark = signed_link.mark(link)
        if not access.note_signed_link(session, link.business_id, link.staff_id, mark, signed_link.LIFE):
            raise NotYours(
                what=N_("this link was used already; open the booking app and choose “Calendars” again")
            )


def revoke(deps: Deps, kind: str, business_id: int, id_: int, by: Actor | None = None) -> None:
    """Shut an 'app_password', 'feed' or 'api_key' for good, at once. Raises NotYours."""
    with deps.database.tenant(business_id) as session:
        staff_id, label = _named(session, kind, business_id, id_)
        _note(session, by, f"revoke_{kind}", staff_id, label=label)
        if not access.revoke(session, kind, business_id, id_):
            raise NotYours(what=_NO_SUCH[kind])


def revoke_own(deps: Deps, kind: str, member: Member, id_: int) -> None:
    """As `revoke`, for what is the member's own: an 'app_password' or a 'feed'. Raises NotYours."""
    own = app_passwords if kind == "app_password" else feeds
    if id_ not in {entry.id for entry in own(deps, member.business_id, member.id)}:
        raise NotYours(what=_NO_SUCH_OF_YOURS[kind])
    revoke(deps, kind, member.business_id, id_)


def app_passwords(deps: Deps, business_id: int, staff_id: int | None = None) -> list[AppPasswordEntry]:
    with deps.database.tenant(business_id, read_only=True) as session:
        return access.app_passwords(session, business_id, staff_id)


def feeds(deps: Deps, business_id: int, staff_id: int | None = None) -> list[FeedEntry]:
    with deps.database.tenant(business_id, read_only=True) as session:
        return access.feeds(session, business_id, staff_id)


def api_keys(deps: Deps, business_id: int) -> list[ApiKeyEntry]:
    with deps.database.tenant(business_id, read_only=True) as session:
        return access.api_keys(session, business_id)


def staff(deps: Deps, business_id: int) -> list[StaffMember]:
    """Everyone who may have a calendar, managers first."""
    with deps.database.tenant(business_id, read_only=True) as session:
        return access.staff(session, business_id)


def staff_named(deps: Deps, business_id: int, email: str) -> StaffMember:
    """The active staff member with this e-mail address. Raises NotYours, or Invalid when there are several."""
    with deps.database.tenant(business_id, read_only=True) as session:
        found = access.staff_by_email(session, business_id, email)
    if not found:
        raise NotYours(what=f"no active staff member of business {business_id} has this e-mail address")
    if len(found) > 1:
        raise Invalid(reason="Several staff members have this e-mail address; name one by --staff-id.")
    return found[0]


def _member(session: Session, business_id: int, staff_id: int) -> StaffMember:
    member = access.staff_member(session, business_id, staff_id)
    if member is None:
        words = _("business {business} has no active staff member {staff}")
        raise NotYours(what=words.format(business=business_id, staff=staff_id))
    return member


def _too_many_passwords(name: str) -> str:
    words = ngettext(
        "{name} has {n} app password; revoke some first.",
        "{name} has {n} app passwords; revoke some first.",
        MOST_PASSWORDS,
    )
    return words.format(name=name, n=MOST_PASSWORDS)


def _named(session: Session, kind: str, business_id: int, id_: int) -> tuple[int | None, str]:
    """Whose an open key to a door is, and what it is called."""
    if kind == "api_key":
        return None, next((one.label for one in access.api_keys(session, business_id) if one.id == id_), "")
    listed = access.feeds if kind == "feed" else access.app_passwords
    entries = listed(session, business_id, None)
    return next(((one.staff_id, one.label) for one in entries if one.id == id_), (None, ""))


def _note(session: Session, by: Actor | None, action: str, staff_id: int | None = None, **told: str) -> None:
    if by is not None:
        synclog.note(session, by, action, Outcome.ACCEPTED, staff_id=staff_id, after=told)


def _label(label: str) -> str:
    cleaned = " ".join(label.split())[:_LONGEST_LABEL]
    return cleaned or "unnamed"
