"""Try once more to bring a booking's event into an account, at once, whatever it was put off for."""

from __future__ import annotations

from gateway.core.booking import Actor, Outcome, Via
from gateway.core.errors import NotYours
from gateway.core.language import N_
from gateway.db import activity as stored
from gateway.db import connections, synclog
from gateway.services import story
from gateway.services.deps import Deps
from gateway.services.grant import Member


def try_again(deps: Deps, member: Member, booking_id: int, connection_id: int) -> None:
    """Make what waits due now. What an account's provider asked us to wait for stays so. Where nothing waits any more,
    nothing changes. Raises NotYours."""
    business_id = member.business_id
    with deps.database.tenant(business_id) as session:
        record = story.require(session, member, booking_id)
        known = {one.connection_id for one in stored.events(session, business_id, booking_id)}
        if connection_id not in known:
            raise NotYours(what=N_("this account shows no such booking"))
        if not stored.make_due(session, business_id, booking_id, connection_id):
            return
        connections.ask_pull(session, business_id, connection_id, deps.now(), now_please=True)
        synclog.note(
            session,
            Actor(business_id, Via.PAGE, member.name, member.id, member.manages),
            "try again",
            Outcome.ACCEPTED,
            booking_id=booking_id,
            staff_id=record.staff_id,
            after={"connection_id": connection_id},
        )
