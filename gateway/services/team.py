"""The business as its managers see it: everyone with their accounts, and how well those are kept in step."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from gateway.core import clock, team
from gateway.core.booking import Actor, Via
from gateway.core.language import _
from gateway.core.team import Person, Slice, Standing
from gateway.db import team as rows
from gateway.services.accounts import title
from gateway.services.deps import Deps
from gateway.services.grant import Member


@dataclass(frozen=True, slots=True)
class Team:
    """`columns` are the kinds of accounts that anybody has or could connect; `own` are the business's accounts, `left`
    counts those of people who are gone. `troubled` counts the people who need help."""

    people: Slice[Person]
    columns: tuple[str, ...]
    own: tuple[Standing, ...]
    left: int
    troubled: int
    summary: str


def actor(member: Member) -> Actor:
    """A member as the one who changes something on a page."""
    return Actor(member.business_id, Via.PAGE, member.name, member.id, member.manages)


def look(deps: Deps, member: Member, *, asked: str = "", troubled: bool = False, page: int = 1) -> Team:
    """A page of the staff, the worst first; of those whose names have `asked` in them, or who are `troubled`."""
    with deps.database.tenant(member.business_id, read_only=True) as session:
        found = rows.people(session, member.business_id)
        accounts = rows.accounts(session, member.business_id)
    now, zone = deps.now(), clock.zone_of(member.zone)
    standings = [_standing(deps, one, now, zone) for one in accounts]
    everyone = _people(found, standings, now, zone)
    chosen = [one for one in team.found(everyone, asked) if one.needs_help or not troubled]
    here = {one.id for one in found}
    return Team(
        team.cut(team.worst_first(chosen), page),
        _columns(deps, standings),
        tuple(one for one in standings if one.staff_id is None),
        sum(one.staff_id is not None and one.staff_id not in here for one in standings),
        sum(one.needs_help for one in everyone),
        team.summary(everyone),
    )


def _standing(deps: Deps, one: rows.Account, now: datetime, zone: ZoneInfo) -> Standing:
    name = title(deps, one.provider)
    poll = timedelta(seconds=deps.settings.sync_poll_seconds)
    told, when = team.standing(one.facts, now, poll, zone, name, leaving=one.leaving)
    return Standing(one.id, one.staff_id, team.family(one.provider), name, one.account, told, when)


def _people(
    found: Sequence[rows.Member], standings: Sequence[Standing], now: datetime, zone: ZoneInfo
) -> list[Person]:
    theirs: dict[int | None, list[Standing]] = {}
    for one in standings:
        theirs.setdefault(one.staff_id, []).append(one)
    local = now.astimezone(zone)
    return [
        Person(
            one.id,
            one.name or _("Staff member {id}").format(id=one.id),
            one.devices,
            clock.ago(one.seen.astimezone(zone), local) if one.seen else "",
            tuple(theirs.get(one.id, ())),
        )
        for one in found
    ]


def _columns(deps: Deps, standings: Sequence[Standing]) -> tuple[str, ...]:
    there = {team.family(name) for name in deps.providers}
    there |= {one.family for one in standings if one.staff_id is not None}
    return tuple(name for name in team.FAMILIES if name in there)
